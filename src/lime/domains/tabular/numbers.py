"""Rows as numbers in standard deviations, shown in bins or not: what trees and curves are fitted to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.mapper import RowWords
from lime.domains.tabular.table import Table
from lime.domains.tabular.training_distribution import Row, TrainingDistribution

Floats = NDArray[np.float64]


def is_numeric(distribution: TrainingDistribution, row: Row) -> NDArray[np.bool_]:
    """Which of a row's columns are numbers by nature, shape (m,)."""
    others = distribution.categorical.union(group.first for group in distribution.varying.groups)
    return np.array([int(j) not in others for j in row.columns], dtype=bool)


def numbers_of(distribution: TrainingDistribution, row: Row, values: Floats) -> tuple[Floats, Floats]:
    """Return features of rows and of the instance: standardised numbers, and for categories whether they agree.

    Parameters
    ----------
    distribution : TrainingDistribution
    row : Row
        The instance.
    values : ndarray of float, shape (n, m)
        Of the row's columns.

    Returns
    -------
    z : ndarray of float, shape (n, m)
    own : ndarray of float, shape (m,)
    """
    at, numeric = row.columns, is_numeric(distribution, row)
    center, scale, own = distribution.means[at], scales_of(distribution, row), row.values[at]
    with np.errstate(invalid="ignore"):
        z = (values - center) / scale
    alike = alike_of(distribution, row, values, own)
    z = np.where(numeric, np.nan_to_num(z), alike)  # a missing number is neither above nor below the mean
    return z, np.where(numeric, np.nan_to_num((own - center) / scale), 1.0)


def alike_of(distribution: TrainingDistribution, row: Row, values: Floats, own: Floats) -> NDArray[np.bool_]:
    """Return where values (n, m) of a row's columns are the row's `own`: equal, both missing, or in a group's cell.

    Parameters
    ----------
    distribution : TrainingDistribution
    row : Row
    values : ndarray of float, shape (n, m)
        Values, or numbers of bins.
    own : ndarray of float, shape (m,)
    """
    alike: NDArray[np.bool_] = (values == own) | (np.isnan(values) & np.isnan(own))
    for group in distribution.varying.groups:
        for place in np.flatnonzero(row.columns == group.first):
            alike[:, place] = group.codes(values[:, place]) == group.codes(own[[place]])
    return alike


def scales_of(distribution: TrainingDistribution, row: Row) -> Floats:
    """Standard deviations of a row's columns, 1 where there is none, shape (m,)."""
    stds = distribution.stds[row.columns]
    return np.where(stds > 0.0, stds, 1.0)


def conditions(
    distribution: TrainingDistribution, row: Row, words: RowWords, place: int, threshold: float
) -> tuple[str, str]:
    """Return the words for a column up to a threshold of `numbers_of`, and above it.

    Parameters
    ----------
    distribution : TrainingDistribution
    row : Row
    words : RowWords
        Of the row.
    place : int
        Among the row's columns.
    threshold : float
    """
    j = int(row.columns[place])
    name = words.name(j)
    if words.group(j) is not None:
        shown = words.shown(j)
        return f"{name} is not as in {shown}", f"{name} is as in {shown}"
    if j in distribution.categorical:
        value = "missing" if words.is_missing(j) else words.native(j)
        return f"{name} is not {value}", f"{name} is {value}"
    bound = float(distribution.means[j] + threshold * scales_of(distribution, row)[place])
    text = written_bound(distribution, j, bound)
    return f"{name} <= {text}", f"{name} > {text}"


def written_bound(distribution: TrainingDistribution, j: int, bound: float) -> str:
    """Return a number between two values of a column as a reader of the table would write it."""
    table = distribution.table
    if isinstance(table, Table):
        scale = table.storage[j].scale
        if scale is not None:
            return scale.texts(np.array([bound]))[0]
        if table.columns[j].is_integer:
            bound = float(np.floor(bound))
    return f"{bound:,.0f}" if abs(bound) >= 10_000 else f"{bound:.4g}"
