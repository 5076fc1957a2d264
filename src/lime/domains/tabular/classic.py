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
    laws: Sequence[ColumnDistribution],
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
    laws : sequence of ColumnDistribution, length m
        Laws of the columns that vary.
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
    for law in laws:
        if not isinstance(law, Binned | Discrete | Normal):
            raise ValueError(
                "sampling_method='classic' with column_distributions: lime 0.2.0.1 had none; expected another sampler"
            )
    shape = (n, len(laws))
    values, codes = np.empty(shape), np.zeros(shape, dtype=np.intp)
    if discretizer is None:
        center = [law.center if isinstance(law, Normal) else 0.0 for law in laws]
        values = state.normal(0, 1, n * len(laws)).reshape(shape) * scale + np.array(center)
    for j in order:
        law = laws[j]
        assert isinstance(law, Binned | Discrete)
        # What RandomState.choice does with probabilities, without the values.
        at = np.searchsorted(law.cumulative / law.cumulative[-1], state.random_sample(n), side="right")
        codes[:, j] = law.numbers[at] if isinstance(law, Binned) else at
        values[:, j] = codes[:, j] if isinstance(law, Binned) else law.values[at]
    values, codes = values[1:], codes[1:]
    if discretizer is not None:
        values = np.asarray(discretizer.undiscretize(values), dtype=np.float64)
    _beyond(state, laws, values, codes)
    return Draws(values, codes, None, loose=True)


def _beyond(
    state: np.random.RandomState,
    laws: Sequence[ColumnDistribution],
    values: NDArray[np.float64],
    codes: NDArray[np.intp],
) -> None:
    """Draw, in place, what 0.2.0.1 knows nothing of: missing values, and integer columns that stay whole."""
    for j, law in enumerate(laws):
        if isinstance(law, Normal) and law.missing > 0:
            gone = state.random_sample(len(values)) >= 1.0 - law.missing
            values[gone, j], codes[gone, j] = np.nan, 1
        if isinstance(law, Normal | Binned) and law.whole:
            np.rint(values[:, j], out=values[:, j])
        if isinstance(law, Binned) and law.whole:
            at = np.searchsorted(law.numbers, codes[:, j])
            np.clip(values[:, j], law.low[at], law.high[at], out=values[:, j])
