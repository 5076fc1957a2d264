"""One sample of rows in several representations: bins, or numbers whose weights are slopes."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.discretize import BaseDiscretizer, QuartileDiscretizer
from lime.domains.tabular.neighborhoods.kept import KeptRows
from lime.domains.tabular.numbers import numbers_of
from lime.domains.tabular.training_distribution import Row, TrainingDistribution

Floats = NDArray[np.float64]

_CUTS: WeakKeyDictionary[KeptRows, BaseDiscretizer] = WeakKeyDictionary()
"""Beside the explainers, since they can be worked out again."""


def cuts_of(kept: KeptRows, categorical: list[int], names: list[str]) -> BaseDiscretizer:
    """Return the quartiles of kept training rows, for explainers that do not cut their columns themselves.

    Parameters
    ----------
    kept : KeptRows
    categorical : list of int
        Columns of categories.
    names : list of str
        Of all columns.
    """
    found = _CUTS.get(kept)
    if found is None:
        found = _CUTS[kept] = QuartileDiscretizer(kept.matrix, categorical, names, random_state=0)
    return found


def features_as(
    name: str, distribution: TrainingDistribution, row: Row, values: Floats
) -> tuple[NDArray[np.bool_] | Floats, Floats]:
    """Return features of rows and of the instance in one representation.

    Parameters
    ----------
    name : {"bins", "slopes", "curves"}
    distribution : TrainingDistribution
    row : Row
        The instance, of a dense table.
    values : ndarray of float, shape (n, d)

    Returns
    -------
    z : ndarray, shape (n, d)
        Of bool for bins.
    own : ndarray of float, shape (d,)
    """
    if name != "bins":
        return numbers_of(distribution, row, values)
    cuts = distribution.cuts
    assert cuts is not None
    codes, own = cuts.discretize(values.copy()), cuts.discretize(row.values.copy())
    return (codes == own) | (np.isnan(codes) & np.isnan(own)), np.ones(len(own))
