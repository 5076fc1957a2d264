"""A batch's predictions taken apart into one for each input, to be kept or put in another order, and put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.models.named_columns import named_columns, names_of_columns
from lime.models.predictions import read_predictions
from lime.models.predictions_by_class import by_class


@dataclass(frozen=True)
class PredictionRow:
    """A model's prediction to one input.

    Attributes
    ----------
    values : ndarray of float, shape () or (k,)
    names : tuple, or None
        What the k columns are called; keys of a dict as they were.
    is_dict : bool
        Whether the model named its classes in each row, so that their order is free.
    """

    values: NDArray[np.float64]
    names: tuple[Any, ...] | None = None
    is_dict: bool = False


def split_predictions(answer: Any, n: int, argument: str = "predict_fn") -> list[PredictionRow]:
    """Take the answer to `n` inputs apart.

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
    list of PredictionRow, of length n

    Raises
    ------
    TypeError, ValueError
        If it is no answer to them; see `lime.models.predictions.read_predictions`.
    """
    array = read_predictions(answer, n, argument)
    dicts = by_class(answer, n)
    if dicts is not None:
        return [PredictionRow(_floats(row), tuple(map(_plain, row)), True) for row in dicts]
    names = names_of_columns(array) if array.ndim == 2 else None
    own = None if names is None else tuple(names)
    return [PredictionRow(np.array(row, dtype=np.float64), own) for row in np.asarray(array)]


def join_rows(rows: Sequence[PredictionRow], argument: str = "predict_fn") -> Any:
    """Put answers to single inputs together.

    Parameters
    ----------
    rows : sequence of PredictionRow
        At least one.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    ndarray of float, shape (n,) or (n, k), or list of dict
        In the form in which the model gave them.

    Raises
    ------
    ValueError
        If they do not have the same columns.
    """
    if all(row.is_dict and row.names is not None for row in rows):
        return [dict(zip(row.names or (), row.values.tolist(), strict=True)) for row in rows]
    first = rows[0]
    parts = []
    for row in rows:
        if row.values.shape != first.values.shape or set(row.names or ()) != set(first.names or ()):
            raise ValueError(
                f"{argument} returned {_columns(row)} for one input and {_columns(first)} for another: expected the "
                "same columns each time"
            )
        names = row.names or ()
        same = names == (first.names or ())
        parts.append(row.values if same else row.values[[names.index(name) for name in first.names or ()]])
    array = np.stack(parts)
    return array if first.names is None else named_columns(array, [str(name) for name in first.names])


def _columns(row: PredictionRow) -> str:
    return f"columns {', '.join(map(str, row.names))}" if row.names else f"an answer of shape {row.values.shape}"


def _floats(row: Mapping[Any, Any]) -> NDArray[np.float64]:
    return np.array([float(value) for value in row.values()], dtype=np.float64)


def _plain(key: Any) -> Any:
    """A class as a text file can hold it."""
    key = key.item() if isinstance(key, np.generic) else key
    return key if isinstance(key, str | int | float) else str(key)
