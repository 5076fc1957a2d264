"""Predictions that name their classes by dicts or pairs, as transformers, fastText and ONNX sessions give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.models.named_columns import named_columns
from lime.models.networks import logits_of

ALL_LABELS = "pass top_k=None to a pipeline of transformers, k=-1 to fastText, or the pipeline itself as the model"


def without_labels(answer: Any, n: int) -> Any:
    """The probabilities of a pair of `n` labels and probabilities, as ONNX sessions give it; any other as it is."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return answer
    labels, values = answer
    if not _is_list(labels) or len(labels) != n or any(map(_is_no_label, labels)):
        return answer
    if _is_list(values):
        rows = len(values) == n and n > 0
        if rows and all(isinstance(one, Mapping) for one in values):
            return values
        return values if rows and all(_is_list(one) and not _are_texts(one) for one in values) else answer
    shape = tuple(getattr(values, "shape", ()))
    return values if len(shape) == 2 and shape[0] == n else answer


def _is_no_label(thing: Any) -> bool:
    """Whether it is neither a text nor a whole number: other numbers may be what is to be explained."""
    return not isinstance(thing, str | int | np.integer | np.bool_)


def by_class(answer: Any, n: int) -> list[dict[Any, Any]] | None:
    """The classes and numbers of each input, where an answer names its classes by dicts or pairs; None for any other.

    Parameters
    ----------
    answer : object
        What the model returned.
    n : int
        How many inputs it was asked about.

    Returns
    -------
    list of dict, or None
    """
    found = rows_of_classes(without_labels(logits_of(answer), n), n)
    return None if found is None else found[0]


def rows_of_classes(answer: Any, n: int) -> tuple[list[dict[Any, Any]], bool] | None:
    """Classes and numbers of each input, and whether they came in pairs, where an answer names its classes."""
    if hasattr(answer, "to_numpy") and getattr(answer, "dtype", None) == np.object_:
        answer = answer.to_numpy()
    if isinstance(answer, tuple | list) and len(answer) == 2 and not isinstance(answer[0], Mapping):
        labels, values = answer
        if n == 1 and _are_texts(labels) and len(labels) == np.size(values):
            labels, values = [labels], [np.ravel(values)]
        if _is_list(labels) and _is_rows(values) and len(labels) == len(values) == n and all(map(_are_texts, labels)):
            pairs = zip(labels, values, strict=True)
            return [dict(zip(map(_short, one), np.ravel(p).tolist(), strict=True)) for one, p in pairs], True
    if not _is_list(answer) or len(answer) != n:
        return None
    rows, in_pairs = [], True
    for one in answer:
        row = _classes_of_row(one)
        if row is None:
            return None
        in_pairs = not (isinstance(one, Mapping) and row.keys() == one.keys())
        rows.append(row)
    return rows, in_pairs


def _classes_of_row(row: Any) -> dict[Any, Any] | None:
    if isinstance(row, Mapping):
        return {row["label"]: row["score"]} if set(row) == {"label", "score"} else dict(row)
    if not _is_list(row) or not len(row):
        return None
    if all(isinstance(one, Mapping) and "label" in one and "score" in one for one in row):
        return {one["label"]: one["score"] for one in row}
    if all(isinstance(one, tuple | list) and len(one) == 2 and isinstance(one[0], str) for one in row):
        return {_short(label): score for label, score in row}
    return None


def _is_list(thing: Any) -> bool:
    return isinstance(thing, tuple | list) or (isinstance(thing, np.ndarray) and thing.ndim == 1)


def _is_rows(thing: Any) -> bool:
    return isinstance(thing, tuple | list) or (isinstance(thing, np.ndarray) and thing.ndim == 2)


def _are_texts(thing: Any) -> bool:
    return _is_list(thing) and len(thing) > 0 and all(isinstance(one, str) for one in thing)


def _short(label: str) -> str:
    return label.removeprefix("__label__")  # what fastText puts before each


def matrix_of_classes(rows: list[dict[Any, Any]], in_pairs: bool, argument: str) -> NDArray[np.float64]:
    """A matrix of rows that name their classes, columns in the order of the names: it is that of every batch."""
    first = rows[0].keys()
    odd = next((row for row in rows if row.keys() != first), None)
    if odd is not None or (in_pairs and len(first) == 1):
        part = "some" if odd is not None else "one"
        seen = ", ".join(map(str, first)) + (
            "" if odd is None else f" for one input and {', '.join(map(str, odd))} for another"
        )
        raise ValueError(
            f"{argument} returned only {part} of its classes ({seen}): expected every class with its probability for "
            f"each input; {ALL_LABELS}"
        )
    names = sorted(first, key=_natural)
    try:
        values = np.array([[float(row[name]) for name in names] for row in rows])
    except (TypeError, ValueError):
        raise TypeError(
            f"{argument} returned dicts whose values are not numbers: expected the probability of each class"
        ) from None
    return named_columns(values, [str(name) for name in names])


def _natural(name: Any) -> tuple[Any, ...]:
    """Order of names: numbers by size, also those inside of texts, so that LABEL_2 stands before LABEL_10."""
    if isinstance(name, int | float | np.number):
        return 0, float(name), ()
    parts = re.split(r"([0-9]+)", str(name))
    return 1, 0.0, tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def in_order_of(answer: Any, n: int, names: Sequence[str]) -> Any:
    """An answer that names its classes by dicts or pairs as a matrix in the order of `names`; any other as it is.

    Parameters
    ----------
    answer : object
        What the model returned.
    n : int
        How many inputs it was asked about.
    names : sequence of str
        Those of all classes, in the order that is wanted.

    Returns
    -------
    object
        In one of the forms that `coerce_predictions` takes.
    """
    found = rows_of_classes(without_labels(answer, n), n)
    if found is None or any({str(name) for name in row} != set(names) for row in found[0]):
        return answer
    rows = [{str(name): value for name, value in row.items()} for row in found[0]]
    try:
        return named_columns(np.array([[float(row[name]) for name in names] for row in rows]), list(names))
    except (TypeError, ValueError):
        return answer  # which is refused where it is read
