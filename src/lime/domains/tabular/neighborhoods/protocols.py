"""What a neighbourhood of rows is: where it is drawn, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.domains.protocols import Sampling
from lime.domains.tabular.columns import ColumnDistribution
from lime.domains.tabular.training_distribution import Interpreted, Row, TrainingDistribution
from lime.engine.designs import UNIT_DESIGNS, Points

INDEPENDENT = "independent"
NAMES = (INDEPENDENT, "rows", "copula", "near", "gaussian", "auto")
"""Neighbourhoods by the name that a user types."""

SOBOL = "sobol"

WITHOUT_KERNEL = ("copula", "near")
"""Neighbourhoods that the kernel does not weight: nearness is in how they are drawn."""


class _Unsaid(int):
    """Equal to True, lime 0.2.0.1's default, and yet told from a True that was given."""

    def __repr__(self) -> str:
        return "True"


UNSAID_BINS: Any = _Unsaid(1)
"""The default of ``discretize_continuous``: bins where columns are independent, slopes in other neighbourhoods."""


@runtime_checkable
class RowNeighborhood(Protocol):
    """A neighbourhood of a user's own: an object with this one method, given as ``neighborhood=``."""

    def around(self, row: Any, size: int, rng: np.random.Generator) -> Any:
        """Rows around a row.

        Parameters
        ----------
        row : table of one row
            The instance, in the form of the training data: a frame of one row, an array of shape (1, d), or a series of
            shape (1, timesteps, features).
        size : int
            How many rows are wanted; there may be more or fewer.
        rng : numpy.random.Generator
            Where random numbers come from: with a seed they are the same at each call.

        Returns
        -------
        table, or tuple of (table, array_like)
            Rows in the form of the training data, weighted by the explainer's kernel; or these rows with a weight for
            each, and then the kernel plays no part.
        """


@dataclass(frozen=True)
class Place:
    """Where a neighbourhood is drawn.

    Attributes
    ----------
    distribution : TrainingDistribution
    row : Row
        The instance.
    own : Interpreted
        Its interpretable features.
    columns : list of ColumnDistribution
    weigh : callable
        The explainer's kernel: distances (n,) -> weights (n,).
    usual_width : float
        The kernel's width where none is given: bandwidths that are told as a share of rows are scaled to it.
    """

    distribution: TrainingDistribution
    row: Row
    own: Interpreted
    columns: list[ColumnDistribution]
    weigh: Callable[[Any], ArrayLike]
    usual_width: float


@dataclass(frozen=True)
class Neighbors:
    """Rows around an instance, before the model has seen them.

    Attributes
    ----------
    values : ndarray of float, shape (n, d)
        In the table's own matrix form.
    share : float or None
        Share of the rows within the usual width of the kernel; None where distances are in the features' own unit.
    kernel : bool
        Whether rows are weighted by their distance; else the kernel is in how they were drawn.
    weights : ndarray of float, shape (n,), or None
        What a row stands for beside that.
    replicates : ndarray of int, shape (n,), or None
        Independent parts of the sample, in order.
    partners : ndarray of int, shape (n,), or None
        Part that a row was made from beside its own, by the same numbers.
    sequences : bool
        Whether the first rows of each replicate are a sample of their own.
    design : str
        How they were drawn, as an explanation tells it.
    unit_errors : ndarray of float, shape (d,), or None
        Relative standard errors of the columns' standard deviations, in which weights are told; 0 for categories. None
        where the errors of the samples count them already.
    """

    values: NDArray[np.float64]
    share: float | None = None
    kernel: bool = False
    weights: NDArray[np.float64] | None = None
    replicates: NDArray[np.intp] | None = None
    partners: NDArray[np.intp] | None = None
    sequences: bool = False
    design: str = SOBOL
    unit_errors: NDArray[np.float64] | None = None


class Neighborhood(Protocol):
    """One of ours: draws rows around a place."""

    def draw(self, place: Place, sampling: Sampling) -> Neighbors:
        """Rows around an instance."""


def unit_errors_of(matrix: NDArray[np.float64], categorical: Collection[int]) -> NDArray[np.float64]:
    """Relative standard errors of columns' standard deviations over training samples.

    Weights are by standard deviation, and so share its error: ``sqrt((k - 1) / 4n)`` of n values with kurtosis k.

    Parameters
    ----------
    matrix : ndarray of float, shape (n, d)
        Training rows; NaN is missing.
    categorical : collection of int
        Columns of categories, which have none.

    Returns
    -------
    ndarray of float, shape (d,)
    """
    found = np.zeros(matrix.shape[1])
    for j in range(matrix.shape[1]):
        known = matrix[~np.isnan(matrix[:, j]), j]
        if j in categorical or len(known) < 2:
            continue
        away = known - known.mean()
        largest = float(np.abs(away).max())
        if largest == 0.0:
            continue
        squares = np.square(away / largest)
        kurtosis = float(np.square(squares).mean()) / float(squares.mean()) ** 2
        found[j] = np.sqrt(max(kurtosis - 1.0, 0.0) / (4.0 * len(known)))
    return found


def points_of(sampling: Sampling, size: int, d: int) -> Points:
    """Points of the sampler that is asked for, ours or a user's own.

    Parameters
    ----------
    sampling : Sampling
        With random numbers.
    size, d : int
        How many points, and of how many columns.

    Returns
    -------
    Points
    """
    assert sampling.rng is not None
    own = sampling.own_points(d) if size == sampling.size else None
    if own is not None:
        return own
    name = str(sampling.method)
    return UNIT_DESIGNS[name if name in UNIT_DESIGNS else SOBOL](size, d, sampling.rng)
