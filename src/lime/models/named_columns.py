"""Predictions whose columns have names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    """Names that came with a model's predictions; None where none did.

    Parameters
    ----------
    answers : ndarray of float, shape (n, k) or (k,)
        As `coerce_predictions` gives them.

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


def marked_single(array: NDArray[Any]) -> NDArray[Any]:
    """Predictions that `was_single` tells from others.

    Parameters
    ----------
    array : ndarray of float, shape (n, 2)

    Returns
    -------
    ndarray of float, shape (n, 2)
    """
    view = array.view(NamedColumns)
    view.single = True
    return view


def column_names(predictions: Any) -> list[str] | None:
    """Names of a frame's columns; None where it has none, or only their numbers.

    Parameters
    ----------
    predictions : object
        What the model returned.

    Returns
    -------
    list of str, or None
    """
    if isinstance(predictions, NamedColumns):
        return predictions.names
    names = getattr(predictions, "column_names", None)  # of pyarrow
    if names is None and hasattr(predictions, "to_numpy"):
        names = getattr(predictions, "columns", None)
    if names is None:
        return None
    names = list(names)
    numbered = names == list(range(len(names))) or names == [f"column_{i}" for i in range(len(names))]  # as polars does
    return None if numbered or len(set(map(str, names))) < len(names) else [str(name) for name in names]
