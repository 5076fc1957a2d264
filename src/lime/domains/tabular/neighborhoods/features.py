"""Rows of any origin as the method sees them around an instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lime.domains.protocols import Samples, Sampling
from lime.domains.tabular.columns import ColumnDistribution, Draws
from lime.domains.tabular.neighborhoods.protocols import Neighbors, Place
from lime.engine.kernels import distances_to
from lime.engine.nearness import reach
from lime.engine.stopping import look_sizes


def codes_of_rows(
    columns: Sequence[ColumnDistribution], values: NDArray[np.float64], bins: NDArray[np.float64] | None
) -> NDArray[np.intp]:
    """Codes of rows' values, column by column.

    Parameters
    ----------
    columns : sequence of ColumnDistribution
        d of them.
    values : ndarray of float, shape (n, d)
    bins : ndarray of float, shape (n, d), or None
        Numbers of the values' bins, where columns are cut.

    Returns
    -------
    ndarray of int, shape (n, d)
        -1 is a bin or category that the column never has.
    """
    # Columns stand in one piece: whatever is done with them goes column by column.
    codes = np.empty(values.shape[::-1], dtype=np.intp).T
    for j, column in enumerate(columns):
        if column.is_number:
            codes[:, j] = np.isnan(values[:, j])
            continue
        kinds, at = np.unique(values[:, j] if bins is None else bins[:, j], return_inverse=True)
        codes[:, j] = np.array([column.code_of(kind, kind) for kind in kinds.tolist()], dtype=np.intp)[at]
    return codes


def sampled(place: Place, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (n, d), or (n, m) as they are, at the columns that are sampled, shape (n, m)."""
    whole = values.shape[1] == len(place.row.values)
    return values[:, place.row.columns] if whole and place.distribution.varying else values


def interpret(place: Place, values: NDArray[np.float64], groups: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
    """Interpretable features of rows around an instance.

    Parameters
    ----------
    place : Place
    values : ndarray of float, shape (n, d)
        Rows, in the table's own matrix form.
    groups : ndarray of int, shape (n,), optional
        Replicates.

    Returns
    -------
    ndarray of float, shape (n, d)
        Of bool where no column is a number.
    """
    z: NDArray[np.float64] = place.distribution.interpret(_coded(place, values, groups), place.row, place.own)
    return z


def _coded(place: Place, values: NDArray[np.float64], groups: NDArray[np.intp] | None = None) -> Draws:
    """Rows at the columns that are sampled, with the codes of their values."""
    bins = place.distribution.bins(place.distribution.complete(values, place.row))
    values = sampled(place, values)
    codes = codes_of_rows(place.columns, values, None if bins is None else bins[:, place.row.columns])
    return Draws(values, codes, groups)


def distances_from(
    place: Place, values: NDArray[np.float64], metric: str | Callable[..., float] = "euclidean"
) -> NDArray[np.float64]:
    """Distances of rows from an instance.

    Parameters
    ----------
    place : Place
    values : ndarray of float, shape (n, d)
        Rows, in the table's own matrix form.
    metric : str or callable
        The Euclidean one is of the values themselves, in standard deviations, where another category is at distance 1
        and what is missing at the mean, whether or not features are bins; another metric is of the features.

    Returns
    -------
    ndarray of float, shape (n,)
    """
    if metric != "euclidean":
        return distances_to(interpret(place, values), place.own.features, metric)
    distribution, at, values = place.distribution, place.row.columns, sampled(place, values)
    means, stds = distribution.means[at], distribution.stds[at]
    own = place.row.values[at]
    categorical = np.array([int(j) in distribution.categorical for j in at], dtype=bool)
    scale = np.where(stds > 0.0, stds, 1.0)
    gap = np.where(np.isnan(values), means, values) / scale
    gap -= np.where(np.isnan(own), means, own) / scale
    if categorical.any():
        one, other = values[:, categorical], own[categorical]
        gap[:, categorical] = (one != other) & ~(np.isnan(one) & np.isnan(other))
    for group in distribution.varying.groups:
        for k in np.flatnonzero(at == group.first):
            gap[:, k] = group.codes(values[:, k]) != group.codes(own[[k]])
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", gap, gap)))


def samples_of(place: Place, neighbors: Neighbors, sampling: Sampling) -> Samples:
    """Rows around an instance as samples of the method.

    Parameters
    ----------
    place : Place
    neighbors : Neighbors
    sampling : Sampling
        How they were wanted.

    Returns
    -------
    Samples
    """
    coded, n = _coded(place, neighbors.values, neighbors.replicates), len(neighbors.values)
    z = place.distribution.interpret(coded, place.row, place.own)
    distances = np.zeros(n)
    if neighbors.kernel:
        if neighbors.share is None:
            distances = distances_to(z, place.own.features, sampling.metric)
        else:
            distances = distances_from(place, neighbors.values, sampling.metric)
            distances *= place.usual_width / reach(distances, neighbors.share)
    stages = None
    if sampling.in_stages:
        # What is no sequence is looked at as a whole.
        stages = look_sizes(z.shape[1], n) if neighbors.sequences else [n]
    return Samples(
        z,
        distances,
        replicates=neighbors.replicates,
        weights=neighbors.weights,
        design=neighbors.design,
        values=coded.values,
        cells=place.distribution.cells(coded.codes, place.row),
        stages=stages,
        sequences=neighbors.sequences,
        metric=sampling.metric,
        constant=place.own.constant,
        correlated=True,
        partners=neighbors.partners,
        unit_errors=_unit_errors(place, neighbors),
    )


def _unit_errors(place: Place, neighbors: Neighbors) -> NDArray[np.float64] | None:
    """Those of the sampled columns: only numbers have a unit that was learned."""
    found = neighbors.unit_errors
    return None if found is None else found[place.row.columns] * place.own.is_number
