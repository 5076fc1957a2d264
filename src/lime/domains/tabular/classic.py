"""Neighbourhoods of tables in lime 0.2.0.1's stream of random numbers, draw for draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.columns import Binned, ColumnDistribution, Discrete, Draws, Normal
from lime.domains.tabular.discretize import BaseDiscretizer


def draw(
    state: np.random.RandomState,
    n: int,
    columns: Sequence[ColumnDistribution],
    *,
    order: Sequence[int],
    scale: NDArray[np.float64],
    discretizer: BaseDiscretizer | None,
) -> Draws:
    """Draw the neighbourhood that lime 0.2.0.1 draws from the same state of the same stream.

    Without bins, standard normal numbers come first, for all columns and row by row; then a uniform number a row for
    each column of bins or categories, one column after the other; then what fills the bins, from the discretizer's
    own stream. Each column is drawn for the instance as well, whose draws are thrown away.

    Parameters
    ----------
    state : RandomState
        The explainer's stream; it is advanced.
    n : int
        Number of rows with the instance.
    columns : sequence of ColumnDistribution, length m
        Distributions of the columns that vary.
    order : sequence of int
        Positions of the columns of bins or categories in the order in which they are drawn.
    scale : ndarray of float, shape (m,)
        Standard deviations of the columns that are not cut.
    discretizer : BaseDiscretizer or None
        Fills the bins.

    Returns
    -------
    Draws
        n - 1 draws, all independent.
    """
    for column in columns:
        if not isinstance(column, Binned | Discrete | Normal):
            raise ValueError(
                "sampling_method='classic' with column_distributions: lime 0.2.0.1 had none; expected another sampler"
            )
    shape = (n, len(columns))
    values, codes = np.empty(shape), np.zeros(shape, dtype=np.intp)
    if discretizer is None:
        center = [column.center if isinstance(column, Normal) else 0.0 for column in columns]
        values = state.normal(0, 1, n * len(columns)).reshape(shape) * scale + np.array(center)
    for j in order:
        column = columns[j]
        assert isinstance(column, Binned | Discrete)
        # What RandomState.choice does with probabilities, without the values.
        at = np.searchsorted(column.cumulative / column.cumulative[-1], state.random_sample(n), side="right")
        codes[:, j] = column.numbers[at] if isinstance(column, Binned) else at
        values[:, j] = codes[:, j] if isinstance(column, Binned) else column.values[at]
    values, codes = values[1:], codes[1:]
    if discretizer is not None:
        values = np.asarray(discretizer.undiscretize(values), dtype=np.float64)
    _beyond(state, columns, values, codes)
    return Draws(values, codes, None, loose=True)


def _beyond(
    state: np.random.RandomState,
    columns: Sequence[ColumnDistribution],
    values: NDArray[np.float64],
    codes: NDArray[np.intp],
) -> None:
    """Draw, in place, what 0.2.0.1 knows nothing of: missing values, and integer columns that stay whole."""
    for j, column in enumerate(columns):
        if isinstance(column, Normal) and column.missing > 0:
            gone = state.random_sample(len(values)) >= 1.0 - column.missing
            values[gone, j], codes[gone, j] = np.nan, 1
        if isinstance(column, Normal | Binned) and column.whole:
            np.rint(values[:, j], out=values[:, j])
        if isinstance(column, Binned) and column.whole:
            at = np.searchsorted(column.numbers, codes[:, j])
            np.clip(values[:, j], column.low[at], column.high[at], out=values[:, j])
