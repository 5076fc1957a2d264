"""One sample of rows in several representations: bins, or numbers whose weights are slopes."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.discretize import BaseDiscretizer, QuartileDiscretizer
from lime.domains.tabular.neighborhoods.kept import KeptRows
from lime.domains.tabular.numbers import alike_of, numbers_of
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
    values : ndarray of float, shape (n, m) or (n, d)
        Of the row's columns, or of all.

    Returns
    -------
    z : ndarray, shape (n, m)
        Of bool for bins.
    own : ndarray of float, shape (m,)
    """
    rows, at = distribution.complete(values, row), row.columns
    if name != "bins":
        return numbers_of(distribution, row, rows[:, at])
    cuts = distribution.cuts
    assert cuts is not None
    codes, own = cuts.discretize(rows.copy())[:, at], cuts.discretize(row.values.copy())[at]
    return alike_of(distribution, row, codes, own), np.ones(len(own))
