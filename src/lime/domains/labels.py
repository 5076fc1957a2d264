"""Which outputs of a model to explain: by position, by the class's name, or the top ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole
from lime.results.naming import position_of_name

__all__ = [
    "UNSAID",
    "UNSAID_OF_MANY",
    "Unsaid",
    "keep_labels",
    "labels_to_explain",
    "output_position",
    "resolve_labels",
    "top_outputs",
]


class Unsaid(tuple[int, ...]):
    """Labels that nobody asked for: equal to `(1,)`, 0.2.0.1's default, and yet told from a `(1,)` that was given."""

    quiet: bool = False


UNSAID = Unsaid((1,))
"""The default of `labels`: with more than two classes a reader is told where it is not the top class."""

UNSAID_OF_MANY = Unsaid((1,))
"""The same for each of many rows, of which nobody wants to read it once a row."""
UNSAID_OF_MANY.quiet = True


def keep_labels(labels: Any) -> Any:
    """The same labels in a form that can be read several times, as a growing sample needs it; a generator cannot."""
    return tuple(labels) if isinstance(labels, Iterator) else labels


def resolve_labels(
    labels: Any,
    top_labels: Any,
    prediction: NDArray[np.float64],
    mode: str,
    names: Sequence[str] | None = None,
) -> tuple[list[int], bool]:
    """Which outputs to explain, and whether they are the top ones of the model's prediction.

    Parameters
    ----------
    labels : iterable of int or str, int, str or None
        Outputs by position, which may count from the end as Python's do, or classes by name; may be None when
        `top_labels` is given.
    top_labels : int, optional
        Take the outputs with the highest predictions instead, at most as many as there are; a negative number is how
        many of the lowest to leave out, as in lime 0.2.0.1.
    prediction : ndarray of float, shape (k,)
        The model's prediction for the instance.
    mode : {"classification", "regression"}
        A regression with one output has nothing to choose from.
    names : sequence of str, optional
        Names of the k classes.

    Returns
    -------
    list of int
        Without a label twice, and as they were given: -1 stays -1, the key by which programs read it.
    bool

    Raises
    ------
    ValueError
        If neither is given, a label is no output of the model, or `top_labels` is no whole number.
    """
    k = len(prediction)
    if mode == "regression" and k == 1:
        return [0], False
    count = _count_of_top(top_labels)
    if count:
        highest = top_outputs(prediction, count)
        return [int(label) for label in highest if np.isfinite(prediction[label])], True
    if labels is None:
        raise ValueError("labels=None and top_labels=None: expected one of them to say what to explain")
    if isinstance(labels, Unsaid) and mode == "regression":
        return [0], False  # the output that lime 0.2.0.1 explained
    alone = isinstance(labels, str) or not isinstance(labels, Iterable)
    wanted = [output_position(label, k, names) for label in ([labels] if alone else list(labels))]
    return list(dict.fromkeys(wanted)), False


def labels_to_explain(
    labels: Any,
    top_labels: Any,
    prediction: NDArray[np.float64],
    mode: str,
    names: Sequence[str] | None = None,
) -> tuple[list[int], bool, list[str]]:
    """What `resolve_labels` returns, and sentences about a choice that a reader may not have meant.

    Parameters
    ----------
    labels, top_labels, prediction, mode, names
        As for `resolve_labels`.

    Returns
    -------
    wanted : list of int
    top : bool
    notes : list of str
    """
    wanted, top = resolve_labels(labels, top_labels, prediction, mode, names)
    k = len(prediction)

    def called(label: int) -> str:
        if names is None:
            return f"class {label}"
        return names[label] if label < len(names) else f"class {label}"

    if mode == "regression" and k == 1:
        return wanted, top, []
    if top:
        unused = labels is not None and not isinstance(labels, Unsaid)
        given = resolve_labels(labels, None, prediction, mode, names)[0] if unused else None
        return wanted, top, _notes_beside_top(labels, top_labels, wanted, given, k)
    if not wanted:
        return wanted, top, ["labels is empty: nothing is explained. Pass top_labels=1 for the top class."]
    if not isinstance(labels, Unsaid) or labels.quiet:
        return wanted, top, []
    if mode == "regression":
        note = f"The model has {k} outputs and labels was not given: output 0 is explained, as in lime 0.2.0.1."
        return wanted, top, [note]
    highest = int(np.argmax(_ranked(prediction)))
    if k <= 2 or highest in wanted:
        return wanted, top, []
    note = (
        f"labels was not given, so the second class, {called(wanted[0])}, is explained. The model's top class here is "
        f"{called(highest)}: pass top_labels=1 to explain it."
    )
    return wanted, top, [note]


def top_outputs(predictions: NDArray[np.float64], top_labels: Any) -> NDArray[np.intp]:
    """The outputs with the highest predictions, the highest first; see `resolve_labels`.

    Parameters
    ----------
    predictions : ndarray of float, shape (..., k)
    top_labels : int

    Returns
    -------
    ndarray of int, shape (..., l)
    """
    return np.argsort(_ranked(predictions))[..., -_count_of_top(top_labels) :][..., ::-1]


def _ranked(prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predictions in which NaN and infinities come last."""
    return np.where(np.isfinite(prediction), prediction, -np.inf)


def notes_on_unknown(
    predictions: NDArray[np.float64], prediction: NDArray[np.float64], mode: str, names: Sequence[str] | None
) -> list[str]:
    """A sentence about outputs that hold NaN or infinities, which are left out.

    Parameters
    ----------
    predictions : ndarray of float, shape (n, k)
    prediction : ndarray of float, shape (k,)
        The model's prediction for the instance.
    mode : {"classification", "regression"}
    names : sequence of str, optional
        Names of the k classes.

    Returns
    -------
    list of str
        Empty where all are finite.
    """
    unknown = np.flatnonzero(~(np.isfinite(predictions).all(axis=0) & np.isfinite(prediction)))
    if not len(unknown):
        return []
    noun = "outputs" if len(unknown) > 1 else "output"
    called = f"{noun} {', '.join(map(str, unknown))}" if mode == "regression" or names is None else ""
    called = called or ", ".join(str((names or ())[int(label)]) for label in unknown)
    return [f"The model's predictions for {called} hold NaN or infinite values: they were ignored and not explained."]


def _notes_beside_top(
    labels: Any,
    top_labels: Any,
    top: list[int],
    given: list[int] | None,
    k: int,
) -> list[str]:
    """Sentences about top labels that are counted from below, or that take the place of labels that were given."""
    notes = []
    if _count_of_top(top_labels) < 0:
        notes.append(
            f"top_labels={top_labels!r} is negative: all classes but the {-_count_of_top(top_labels)} lowest are "
            "explained."
        )
    if given is not None and {label % k for label in given} != set(top):
        notes.append(
            f"labels={_shown(labels)} has no effect beside top_labels={top_labels!r}: the top classes are explained. "
            "Pass top_labels=None to explain the labels."
        )
    return notes


def _count_of_top(top_labels: Any) -> int:
    """`top_labels` as an int, 0 where there is none."""
    if top_labels is None or isinstance(top_labels, bool | np.bool_):
        return int(bool(top_labels))
    is_count = is_whole(top_labels) or (isinstance(top_labels, float | np.floating) and float(top_labels).is_integer())
    if not is_count:
        raise ValueError(f"top_labels={top_labels!r}: expected a whole number of labels, or None")
    return int(top_labels)


def output_position(label: Any, k: int, names: Sequence[str] | None, argument: str = "labels") -> int:
    """The position of an output, as it was given, or that of the class of this name.

    Parameters
    ----------
    label : int or str
        A position, which may count from the end, or a class's name.
    k : int
        How many outputs the model has.
    names : sequence of str, optional
        Of the classes.
    argument : str
        Where it came from, for the message.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the model has no such output.
    """
    if isinstance(label, str) and names is not None:
        try:
            return position_of_name(label, names)
        except KeyError as error:
            raise ValueError(f"{argument} holds {label!r}: {error.args[0]}") from None
    if is_whole(label) and -k <= label < k:
        return int(label)
    if k == 1 and is_whole(label) and label == 1:
        raise ValueError(
            f"{argument} holds 1, but the model predicts one column with values beyond 0 and 1, which is no "
            'probability of a second class: pass predict_proba, explain a score or a regressor with mode="regression", '
            "or explain the column as it is with labels=(0,)"
        )
    known = "" if names is None or list(names) == [str(i) for i in range(k)] else f", or a name of {_shown(names)}"
    hint = ""
    if names is not None and str(label) in names:
        hint = f"; whole numbers are positions, and names are strings: pass {str(label)!r} for the class of that name"
    least = -k if is_whole(label) and label < 0 else 0
    raise ValueError(
        f"{argument} holds {label!r}, but the model has {k} outputs: expected whole numbers from {least} to "
        f"{k - 1}{known}{hint}"
    )


def _shown(labels: Any) -> str:
    text = repr(list(labels)) if isinstance(labels, Iterable) and not isinstance(labels, str) else repr(labels)
    return text if len(text) <= 200 else text[:200] + "..."
