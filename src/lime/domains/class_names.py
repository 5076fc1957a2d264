"""Names of classes: in what forms they come, in what order they stand, and whether a model contradicts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set, ValuesView
from typing import Any

from lime.engine.inspection import is_whole
from lime.engine.wording import counted

DICT_KEYS: Any = type({}.keys())
"""Keys of a dict stand in the order in which they were put in; those of other mappings may have none."""


def check_class_names(class_names: Any) -> Any:
    """Return `class_names` if they can be names in an order, an iterator as a list.

    Parameters
    ----------
    class_names : sequence, mapping or None
        What was given.

    Returns
    -------
    sequence, mapping or None

    Raises
    ------
    ValueError
        If it has no order, or holds no names.
    """
    if isinstance(class_names, DICT_KEYS):
        return list(class_names)
    if isinstance(class_names, Set):
        kind = type(class_names).__name__
        raise ValueError(
            f"class_names is a {kind}, which has no order of its own: expected a list with the names in the order of "
            "the model's columns, such as list(model.classes_)"
        )
    if class_names is None or isinstance(class_names, Mapping):
        return class_names
    # A numpy array around a set has no dimension, and cannot be gone through.
    if not isinstance(class_names, Iterable) or getattr(class_names, "ndim", 1) == 0:
        raise ValueError(f"class_names={class_names!r}: expected a sequence of names, one for each class")
    return list(class_names) if isinstance(class_names, Iterator | ValuesView) else class_names


def names_in_order(class_names: Any, known: Sequence[str] | None = None) -> list[str]:
    """Names in the order of the model's columns.

    Parameters
    ----------
    class_names : sequence or mapping
        A mapping goes from columns to names, from names to columns, or from the classes that the model knows to names.
    known : sequence of str, optional
        The classes that the model knows.

    Returns
    -------
    list of str
        A column that a mapping leaves out is called by its number.

    Raises
    ------
    ValueError
        If a mapping is of no such form, or `class_names` is none of these.
    """
    class_names = check_class_names(class_names)
    if not isinstance(class_names, Mapping):
        return [str(name) for name in class_names]
    by_column = {_number(key): str(name) for key, name in class_names.items()}
    by_name = {_number(column): str(name) for name, column in class_names.items()}
    if known is not None and not _are_columns(by_column, len(known)):
        by_class = {str(key): str(name) for key, name in class_names.items()}
        if set(by_class) == set(known) and not _are_columns(by_name, len(known)):
            return [by_class[one] for one in known]
    for columns in (by_column, by_name):
        numbers = [column for column in columns if column is not None and column >= 0]
        if len(numbers) == len(class_names) and numbers:
            return [columns.get(column, str(column)) for column in range(max(numbers) + 1)]
    raise ValueError(
        f"class_names={dict(class_names)!r}: expected a mapping from the model's columns, 0, 1, ..., to names, or "
        "from names to columns"
    )


def suspicions(class_names: Any, k: int, known: Sequence[str] | None) -> list[str]:
    """Sentences about a form of `class_names` that may not have been meant.

    Parameters
    ----------
    class_names : sequence or mapping
        As `names_in_order` takes it.
    k : int
        How many classes the model has.
    known : sequence of str, or None
        The classes that the model knows.

    Returns
    -------
    list of str
        About one text, whose letters are names, and about a mapping that leaves classes out.
    """
    if isinstance(class_names, str):
        return [
            (
                f"class_names={class_names!r} is one text: its letters are taken as the names of the classes, as in "
                "lime 0.2.0.1. Pass a list of names instead."
            )
        ]
    if not isinstance(class_names, Mapping) or (known is not None and {str(key) for key in class_names} == set(known)):
        return []
    for numbers in ({_number(key) for key in class_names}, {_number(column) for column in class_names.values()}):
        columns = [column for column in numbers if column is not None and column >= 0]
        if len(columns) == len(class_names) and columns:
            absent = [str(column) for column in range(min(k, max(columns))) if column not in columns]
            if len(absent) == 1:
                return [f"class_names is a mapping that lacks class {absent[0]}: this class is called by its number."]
            if absent:
                lacking = ", ".join(absent)
                return [f"class_names is a mapping that lacks classes {lacking}: these are called by their numbers."]
            return []
    return []


def contradiction(names: Sequence[str], known: Sequence[str] | None) -> list[str]:
    """A sentence where names are those that the model knows its classes by, in another order.

    Parameters
    ----------
    names : sequence of str
        In the order in which they were given.
    known : sequence of str, or None
        In the order of the model's columns; None where it does not tell.

    Returns
    -------
    list of str
        Empty where nothing is to be said.
    """
    if known is None:
        return []
    given, own = [_plain(name) for name in names], [_plain(name) for name in known]
    moved = any(i >= len(own) or own[i] != name for i, name in enumerate(given))
    if not given or not moved or len(set(own)) < len(own) or not set(given) <= set(own):
        return []
    return [
        (
            f"class_names are the model's classes in another order: they say {', '.join(names)}, and the model's "
            f"columns are {', '.join(known)}. Names stand at wrong classes: pass them in the model's order."
        )
    ]


def _number(thing: Any) -> int | None:
    """The column that a key or a value of a mapping stands for; JSON makes texts of such keys."""
    if is_whole(thing):
        return int(thing)
    return int(thing) if isinstance(thing, str) and thing.isdecimal() else None


def _are_columns(columns: Mapping[int | None, str], k: int) -> bool:
    return set(columns) == set(range(k))


def _plain(name: str) -> str:
    """A name without what writing it changes: case, blanks, the point of a whole float."""
    short = str(name).strip().casefold()
    return short.removesuffix(".0")


def names_of_outputs(class_names: Any, known: list[str] | None, k: int) -> tuple[list[str], list[str]]:
    """Names of a model's k classes.

    Parameters
    ----------
    class_names : object
        What a user gave; None where nothing was given.
    known : list of str or None
        Those that the model or its predictions tell.
    k : int
        How many outputs the model has.

    Returns
    -------
    names : list of str
        In the order of the model's columns.
    notes : list of str
        Sentences where names that were given do not fit the model.
    """
    names, notes = known or [], []
    if class_names is not None:
        names = names_in_order(class_names, known)
        notes = [*suspicions(class_names, k, known), *contradiction(names, known)]
        if len(names) != k:
            notes.append(
                f"class_names has {counted(len(names), 'name')}, but the model has "
                f"{counted(k, 'class', 'classes')}: names may stand at wrong classes."
            )
    return names[:k] + [str(label) for label in range(len(names), k)], notes
