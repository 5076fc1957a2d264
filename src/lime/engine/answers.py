"""A model's answer to a batch, turned into an array of numbers or refused; and what such numbers are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.networks import logits_of
from lime.engine.probabilities import are_log_probabilities, within_unit

ALL_LABELS = "pass top_k=None to a pipeline of transformers, k=-1 to fastText, or the pipeline itself as the model"


class NamedColumns(np.ndarray[Any, np.dtype[np.float64]]):
    """Answers whose columns came with names: those of a frame, or keys of dicts.

    Attributes
    ----------
    names : list of str or None
        One for each column.
    single : bool
        Whether they were one column (n, 1), the probability of the second class.
    """

    names: list[str] | None = None
    single: bool = False

    def __array_finalize__(self, source: Any) -> None:
        """Parts and copies keep the names."""
        self.names = getattr(source, "names", None)
        self.single = getattr(source, "single", False)


def names_of_columns(answers: NDArray[np.float64]) -> list[str] | None:
    """Names that came with a model's answers; None where none did.

    Parameters
    ----------
    answers : ndarray of float, shape (n, k) or (k,)
        As `coerce_answer` gives them.

    Returns
    -------
    list of str, or None
        One for each of the k columns.
    """
    names = getattr(answers, "names", None)
    return names if names is not None and len(names) == answers.shape[-1] else None


def named_columns(array: NDArray[Any], names: list[str] | None) -> NDArray[Any]:
    """Answers with names for their columns; as they are without.

    Parameters
    ----------
    array : ndarray of float, shape (n, k)
    names : list of str or None

    Returns
    -------
    ndarray of float, shape (n, k)
        See `names_of_columns`.
    """
    if names is None:
        return array
    view = array.view(NamedColumns)
    view.names = names
    return view


def was_single(answers: NDArray[Any]) -> bool:
    """Whether a model answered with one column (n, 1), the probability of the second of two classes.

    Parameters
    ----------
    answers : ndarray of float, shape (n, 2) or (2,)
        As `as_classes` gives them.

    Returns
    -------
    bool
    """
    return getattr(answers, "single", False)


def _marked_single(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view(NamedColumns)
    view.single = True
    return view


def coerce_answer(answer: Any, n: int, mode: str, argument: str = "predict_fn") -> NDArray[np.float64]:
    """Turn a model's answer to `n` inputs into an array, or refuse it with one sentence.

    Accepts shapes (n,), (n, 1) and (n, k) as an array, nested lists, a frame or a tensor; dicts of classes and
    probabilities and pairs of both, whose columns come in the order of the classes' names; see `as_classes` for
    single columns.

    Parameters
    ----------
    answer : array, list, frame, tensor or mapping
        What the model returned.
    n : int
        How many inputs it was asked about.
    mode : {"classification", "regression"}
        How a single column is read.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    ndarray of float, shape (n, k)
        `names_of_columns` tells the names that came with it.

    Raises
    ------
    TypeError
        If the answer does not consist of numbers.
    ValueError
        If its shape does not fit, or it holds NaN, infinities or masked values.
    """
    array = as_classes(read_answer(answer, n, argument), mode, argument)
    refuse_unknown(array, argument, range(array.shape[1]))
    return array


def as_classes(array: NDArray[np.float64], mode: str, argument: str = "predict_fn") -> NDArray[np.float64]:
    """Answers by outputs, where single columns are read as a mode reads them.

    In classification a single column p is the probability of the second of two classes: [1 - p, p]. One of shape
    (n, 1) beyond 0 and 1 is a score, which lime 0.2.0.1 explains as its class 0, and stays as it is.

    Parameters
    ----------
    array : ndarray of float, shape (n,) or (n, k)
        As `read_answer` gives it.
    mode : {"classification", "regression"}
        What the model does.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    ndarray of float, shape (n, k)

    Raises
    ------
    ValueError
        If values of shape (n,) are no probabilities in classification.
    """
    flat, column = array.ndim == 1, array.reshape(len(array), -1)
    if mode != "classification" or column.shape[1] != 1:
        return column
    if within_unit(column):
        p = np.clip(np.asarray(column)[:, 0], 0.0, 1.0)
        names = names_of_columns(column)
        both = named_columns(np.column_stack([1.0 - p, p]), None if names is None else [f"not {names[0]}", names[0]])
        return both if flat else _marked_single(both)
    if flat:
        raise ValueError(
            f"{argument} returned one column with values from {column.min():.4g} to {column.max():.4g}: expected the "
            "probability of the second class, between 0 and 1; pass predict_proba instead of predict or "
            'decision_function, or explain a score or a regressor with mode="regression"'
        )
    return column


def read_answer(answer: Any, n: int, argument: str) -> NDArray[np.float64]:
    """The numbers of a model's answer to `n` inputs, of shape (n,) or (n, k), at least one column of them finite.

    Parameters
    ----------
    answer : array, list, frame, tensor or mapping
        What the model returned.
    n : int
        How many inputs it was asked about.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    ndarray of float

    Raises
    ------
    TypeError, ValueError
        As `coerce_answer`.
    """
    array = _numbers_of(answer, n, argument)
    refuse_unknown(array, argument)
    return array


def _numbers_of(answer: Any, n: int, argument: str) -> NDArray[np.float64]:
    """The same, where no column need be finite."""
    if inspect.iscoroutine(answer):
        answer.close()
        raise TypeError(
            f"{argument} returned a coroutine, which must be awaited: pass the async def function itself, or "
            f"lime.remote({argument})"
        )
    answer = _without_labels(logits_of(answer), n)
    found = _rows_of_classes(answer, n)
    if found is not None:
        return _by_class(*found, argument)
    if isinstance(answer, Mapping):
        return _joined(answer, n, argument)
    array = _as_float_array(answer, argument)
    if array.ndim == 0 and n == 1:
        array = array.reshape(1)
    if array.ndim > 2 and array.shape[0] == n and sum(size != 1 for size in array.shape[1:]) <= 1:
        array = array.reshape(n, -1)
    if array.ndim not in (1, 2) or array.shape[0] != n:
        raise ValueError(
            f"{argument} returned predictions of shape {array.shape} for {n} inputs: "
            f"expected shape ({n},), ({n}, 1) or ({n}, k){_slip(array, n)}"
        )
    if array.ndim == 2 and array.shape[1] == 0:
        raise ValueError(f"{argument} returned predictions of shape {array.shape}: expected at least one column")
    return named_columns(array, _column_names(answer)) if array.ndim == 2 else array


def _slip(array: NDArray[np.float64], n: int) -> str:
    """What may have gone wrong where an answer is not of `n` rows."""
    if array.ndim == 3 and array.shape[1] == n:
        return " (a list with one array for each output? Explain one output at a time)"
    if array.ndim == 2 and array.shape[1] == n:
        return " (one row for each class? Transpose it)"
    if n > 1 and (array.ndim == 0 or len(array) == 1 or (array.ndim == 1 and len(array) < n)):
        return " (a prediction for one input? The function gets a batch, and must return one for each of its inputs)"
    return ""


def refuse_unknown(
    answers: NDArray[np.float64], argument: str, labels: Sequence[int] | None = None, names: Sequence[str] | None = None
) -> None:
    """Refuse answers whose columns to be explained hold NaN or infinities.

    Parameters
    ----------
    answers : ndarray of float, shape (n, k)
    argument : str
        Name of the argument that the model came as, for messages.
    labels : sequence of int, optional
        The columns to be explained. Where it is None they are not known yet, and one wholly finite column is enough:
        lime 0.2.0.1 explains a column whatever the others hold.
    names : sequence of str, optional
        What the columns are called.

    Raises
    ------
    ValueError
        With the count of inputs and the first of them.
    """
    n = len(answers)
    matrix = np.asarray(answers).reshape(n, -1)
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(matrix))
    columns: NDArray[np.bool_] = np.asarray(finite.all(axis=0))
    if columns.any() if labels is None else columns[list(labels)].all():
        return
    odd = list(range(len(columns))) if labels is None else [label for label in labels if not columns[label]]
    rows = np.flatnonzero(~finite[:, odd].all(axis=1))
    sure = not np.isnan(matrix).any() and are_log_probabilities(matrix)
    if sure or float(matrix.max()) <= 0.0:  # the maximum of NaN is no number
        what = "log-probabilities" if sure else "only numbers of 0 or less, as log-probabilities are"
        raise ValueError(
            f"{argument} returned {what}, and -inf, the logarithm of 0, for {len(rows)} of {n} inputs: "
            "-inf cannot be fitted; pass predict_proba instead of predict_log_proba, or exponentiate"
        )
    about = "" if names is None or labels is None else f" of {', '.join(str(names[label]) for label in odd)}"
    raise ValueError(
        f"{argument} returned NaN or infinite values{about} for {len(rows)} of {n} inputs "
        f"(the first is input {rows[0]} of its batch): expected finite numbers"
    )


def join_answers(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Answers to several batches one under another, columns that have names under those of the same name.

    A class that a single column (n, 1) stands for is [1 - p, p] in a batch without scores beyond 0 and 1, and one
    column in others: all become that column.

    Parameters
    ----------
    parts : sequence of ndarray of float
        Shapes (n,) and (n, k), in any mixture with one number of columns.

    Returns
    -------
    ndarray of float
    """
    if len(parts) == 1:
        return parts[0]
    if any(part.ndim == 2 for part in parts):
        parts = [part.reshape(len(part), -1) for part in parts]
        if min(part.shape[1] for part in parts) == 1:
            parts = [part[:, -1:] for part in parts]
    names = getattr(parts[0], "names", None)
    joined = named_columns(np.concatenate([np.asarray(part) for part in parts]), names)
    return _marked_single(joined) if all(map(was_single, parts)) else joined


def _as_float_array(answer: Any, argument: str) -> NDArray[np.float64]:
    if hasattr(answer, "detach"):  # a torch tensor, wherever it lives
        answer = answer.detach().cpu()
        answer = answer.float().numpy() if hasattr(answer, "float") else answer.numpy()
    elif hasattr(answer, "to_numpy"):
        answer = answer.to_numpy()
    elif hasattr(answer, "toarray"):
        answer = answer.toarray()
    elif isinstance(answer, list) and answer and hasattr(answer[0], "detach"):
        answer = [item.detach().cpu().numpy() for item in answer]
    try:
        array = np.ma.asarray(answer) if isinstance(answer, np.ma.MaskedArray) else np.asarray(answer)
    except ValueError as error:
        raise ValueError(f"{argument} returned rows of different lengths: expected a rectangular array") from error
    if answer is None:
        raise TypeError(f"{argument} returned None, which is not made of numbers: does the function lack its return?")
    if array.dtype.kind in "USOT":
        try:
            if array.dtype.kind != "O":
                raise ValueError
            array = _without_missing(array).astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                f"{argument} returned an object of type {type(answer).__name__} that is not made of numbers: expected "
                "probabilities (predict_proba, not predict) or numeric predictions"
            ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{argument} returned values of dtype {array.dtype}: expected real numbers")
    if isinstance(array, np.ma.MaskedArray):
        return np.ma.filled(array.astype(np.float64), np.nan)
    return array.astype(np.float64, copy=False)


def _without_missing(array: NDArray[Any]) -> NDArray[Any]:
    """Objects with NaN in place of None, of the missing value of pandas and of numpy's masked one."""
    kinds = {"NoneType", "NAType", "NaTType", "MaskedConstant"}
    missing = np.array([type(one).__name__ in kinds for one in array.flat], dtype=bool).reshape(array.shape)
    return np.where(missing, np.nan, array) if missing.any() and not missing.all() else array


def _column_names(answer: Any) -> list[str] | None:
    """Names of a frame's columns; None where it has none, or only their numbers."""
    if isinstance(answer, NamedColumns):
        return answer.names
    names = getattr(answer, "column_names", None)  # of pyarrow
    if names is None and hasattr(answer, "to_numpy"):
        names = getattr(answer, "columns", None)
    if names is None:
        return None
    names = list(names)
    numbered = names == list(range(len(names))) or names == [f"column_{i}" for i in range(len(names))]  # as polars does
    return None if numbered or len(set(map(str, names))) < len(names) else [str(name) for name in names]


def _joined(answer: Mapping[Any, Any], n: int, argument: str) -> NDArray[np.float64]:
    """One matrix of a mapping from classes to columns of numbers."""
    if len(answer) == 1:
        return _numbers_of(next(iter(answer.values())), n, argument)
    names, columns = [str(name) for name in answer], []
    for name, values in answer.items():
        shape = tuple(getattr(values, "shape", np.shape(values)))
        if shape not in ((n,), (n, 1)):
            raise ValueError(
                f"{argument} returned a dict of {len(answer)} outputs ({', '.join(names)}), and {name!r} is of shape "
                f"{shape}: expected one column of {n} probabilities for each class; return the one output that is to "
                "be explained"
            )
        columns.append(_numbers_of(values, n, argument).reshape(n))
    return named_columns(np.column_stack(columns), names)


def _without_labels(answer: Any, n: int) -> Any:
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
    found = _rows_of_classes(_without_labels(logits_of(answer), n), n)
    return None if found is None else found[0]


def _rows_of_classes(answer: Any, n: int) -> tuple[list[dict[Any, Any]], bool] | None:
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


def _by_class(rows: list[dict[Any, Any]], in_pairs: bool, argument: str) -> NDArray[np.float64]:
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
        In one of the forms that `coerce_answer` takes.
    """
    found = _rows_of_classes(_without_labels(answer, n), n)
    if found is None or any({str(name) for name in row} != set(names) for row in found[0]):
        return answer
    rows = [{str(name): value for name, value in row.items()} for row in found[0]]
    try:
        return named_columns(np.array([[float(row[name]) for name in names] for row in rows]), list(names))
    except (TypeError, ValueError):
        return answer  # which is refused where it is read
