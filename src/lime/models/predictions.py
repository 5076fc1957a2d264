"""A model's prediction to a batch, turned into an array of numbers or refused; and what such numbers are."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.probabilities import are_log_probabilities, within_unit
from lime.models.named_columns import column_names, marked_single, named_columns, names_of_columns, was_single
from lime.models.networks import logits_of
from lime.models.predictions_by_class import matrix_of_classes, rows_of_classes, without_labels


def coerce_predictions(answer: Any, n: int, mode: str, argument: str = "predict_fn") -> NDArray[np.float64]:
    """Turn a model's prediction to `n` inputs into an array, or refuse it with one sentence.

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
    array = as_classes(read_predictions(answer, n, argument), mode, argument)
    refuse_unknown(array, argument, range(array.shape[1]))
    return array


def as_classes(array: NDArray[np.float64], mode: str, argument: str = "predict_fn") -> NDArray[np.float64]:
    """Answers by outputs, where single columns are read as a mode reads them.

    In classification a single column p is the probability of the second of two classes: [1 - p, p]. One of shape
    (n, 1) beyond 0 and 1 is a score, which lime 0.2.0.1 explains as its class 0, and stays as it is.

    Parameters
    ----------
    array : ndarray of float, shape (n,) or (n, k)
        As `read_predictions` gives it.
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
        return both if flat else marked_single(both)
    if flat:
        raise ValueError(
            f"{argument} returned one column with values from {column.min():.4g} to {column.max():.4g}: expected the "
            "probability of the second class, between 0 and 1; pass predict_proba instead of predict or "
            'decision_function, or explain a score or a regressor with mode="regression"'
        )
    return column


def read_predictions(answer: Any, n: int, argument: str) -> NDArray[np.float64]:
    """The numbers of a model's prediction to `n` inputs, of shape (n,) or (n, k), at least one column of them finite.

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
        As `coerce_predictions`.
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
    answer = without_labels(logits_of(answer), n)
    found = rows_of_classes(answer, n)
    if found is not None:
        return matrix_of_classes(*found, argument)
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
    return named_columns(array, column_names(answer)) if array.ndim == 2 else array


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


def join_predictions(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
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
    return marked_single(joined) if all(map(was_single, parts)) else joined


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
