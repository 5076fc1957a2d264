"""The tilted copula: LIME's normal distribution and kernel, with the dependence of the training columns put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from lime.domains.protocols import Sampling
from lime.domains.tabular.neighborhoods.protocols import Neighbors, Place, points_of, unit_errors_of
from lime.engine.copula import Dependence, dependence_of, uniforms_around

SPREAD = 0.5
"""Width of the kernel in normal scores, in units of the root of the number of columns."""

KNOTS = 1000
"""Most points of a column's quantile table."""

ATOM = 0.005
"""Share of the rows from which on a number that comes up again is one that is drawn again."""


@dataclass(frozen=True, eq=False)
class Quantiles:
    """The distribution of one column, both ways: from shares to values, and from values to shares.

    Attributes
    ----------
    shares, values : ndarray of float, shape (m,)
        Knots, both rising: a value stands at two shares where it comes up often. Of categories each value ends at its
        share.
    missing : float
        Share of the missing, which lie below all values.
    categories : bool
        Whether values are categories, in an order of their own, with nothing between them.
    """

    shares: NDArray[np.float64]
    values: NDArray[np.float64]
    missing: float = 0.0
    categories: bool = False

    @classmethod
    def of_numbers(cls, column: NDArray[np.float64]) -> Quantiles:
        """Learn a numeric column (n,), in which NaN is missing."""
        known = column[~np.isnan(column)]
        n, missing = len(column), 1.0 - len(known) / len(column)
        kinds, counts = np.unique(known, return_counts=True)
        ends = missing + np.cumsum(counts) / n
        starts = ends - counts / n
        often = counts > max(1.0, ATOM * n)
        # A value that comes up often stands at both ends of its share, others in the middle of theirs.
        shares = np.concatenate([np.where(often, starts, (starts + ends) / 2.0), ends[often]])
        values = np.concatenate([kinds, kinds[often]])
        held = np.concatenate([often, np.ones(int(often.sum()), dtype=bool)])
        order = np.lexsort((shares, values))
        shares, values, held = shares[order], values[order], held[order]
        if len(values) > KNOTS:
            taken = np.zeros(len(values), dtype=bool)
            taken[np.linspace(0, len(values) - 1, KNOTS).astype(np.intp)] = True
            shares, values = shares[taken | held], values[taken | held]
        return cls(shares, values, missing)

    @classmethod
    def of_categories(cls, column: NDArray[np.float64], along: NDArray[np.float64] | None) -> Quantiles:
        """Learn a column of categories (n,), in the order of their means of `along` (n,), or by number where None."""
        kinds, at, counts = np.unique(column, return_inverse=True, return_counts=True)
        order = np.arange(len(kinds))
        if along is not None:
            order = np.argsort(np.bincount(at, along, len(kinds)) / counts, kind="stable")
        return cls(np.cumsum(counts[order]) / len(column), kinds[order], 0.0, True)

    def ends(self, column: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the share of each value (n,) begins and ends; a category that is not known has them all."""
        if self.categories:
            gone = np.isnan(self.values)
            place = {value: k for k, value in enumerate(self.values.tolist()) if value == value}
            at = np.array([place.get(value, -1) for value in column.tolist()], dtype=np.intp)
            if gone.any():
                at[np.isnan(column)] = int(np.argmax(gone))
            starts = np.append(0.0, self.shares[:-1])
            unknown = at < 0
            return np.where(unknown, 0.0, starts[at]), np.where(unknown, 1.0, self.shares[at])
        if not len(self.values):
            return np.zeros(len(column)), np.ones(len(column))
        low = np.searchsorted(self.values, column, side="left")
        high = np.searchsorted(self.values, column, side="right") - 1
        between = np.interp(column, self.values, self.shares)
        last = len(self.values) - 1
        found = high >= low
        start = np.where(found, self.shares[np.minimum(low, last)], between)
        end = np.where(found, self.shares[np.maximum(high, 0)], between)
        gone = np.isnan(column)
        return np.where(gone, 0.0, start), np.where(gone, self.missing, end)

    def at(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at shares (n,)."""
        if self.categories:
            found = np.minimum(np.searchsorted(self.shares, u, side="right"), len(self.values) - 1)
            return self.values[found]
        if not len(self.values):
            return np.full(len(u), np.nan)
        values = np.interp(u, self.shares, self.values)
        result: NDArray[np.float64] = np.where(u < self.missing, np.nan, values)
        return result


@dataclass(frozen=True, eq=False)
class Copula:
    """What the tilted copula needs of training data: tables of quantiles and the dependence of the columns, no row.

    Attributes
    ----------
    columns : tuple of Quantiles
    dependence : Dependence
    rows : int
        That it was learned from.
    spread : float
        Width of the kernel in normal scores, in units of the root of the number of columns.
    unit_errors : ndarray of float, shape (d,), or None
        Relative standard errors of the columns' standard deviations.
    """

    columns: tuple[Quantiles, ...]
    dependence: Dependence
    rows: int
    spread: float = SPREAD
    unit_errors: NDArray[np.float64] | None = None

    @classmethod
    def learn(cls, matrix: NDArray[np.float64], categorical: Any, spread: float = SPREAD) -> Copula:
        """Learn it from training rows.

        Parameters
        ----------
        matrix : ndarray of float, shape (n, d)
            In the table's own matrix form.
        categorical : collection of int
            Columns of categories.
        spread : float
        """
        n, d = matrix.shape
        rng = np.random.default_rng(0)
        inside = rng.random((n, d))
        columns: list[Quantiles | None] = [None] * d
        scores = np.zeros((n, d))
        numeric = [j for j in range(d) if j not in categorical]
        for j in numeric:
            columns[j] = Quantiles.of_numbers(matrix[:, j])
            scores[:, j] = _scores(columns[j], matrix[:, j], inside[:, j], n)
        along = _first_component(scores[:, numeric]) if numeric else None
        for j in sorted(set(range(d)).difference(numeric)):
            columns[j] = Quantiles.of_categories(matrix[:, j], along)
            scores[:, j] = _scores(columns[j], matrix[:, j], inside[:, j], n)
        known = tuple(one for one in columns if one is not None)
        return cls(known, dependence_of(scores), n, spread, unit_errors_of(matrix, categorical))

    def draw(self, place: Place, sampling: Sampling) -> Neighbors:
        """Rows around an instance; the kernel is in the distribution, so that all of them count alike.

        Columns that are held fixed are a condition: the others are drawn as they are where those have these values.
        """
        center = np.array(
            [
                _scores(column, np.array([value]), 0.5, self.rows)[0]
                for column, value in zip(self.columns, place.row.values.tolist(), strict=True)
            ]
        )
        at, varying = place.row.columns, place.distribution.varying
        dependence, mean = self.dependence, None
        if varying:
            dependence, mean = dependence.given(center, np.array(varying.fixed, dtype=np.intp), at)
        points = points_of(sampling, sampling.size, len(at))
        width = self.spread * float(np.sqrt(len(at)))
        u = uniforms_around(dependence, center[at], width, points.u, mean)
        values = np.empty(u.shape[::-1]).T
        for k, j in enumerate(at.tolist()):
            column = self.columns[j]
            values[:, k] = column.at(u[:, k])
            if not column.categories and getattr(place.columns[k], "whole", False):
                np.rint(values[:, k], out=values[:, k])
        return Neighbors(values, replicates=points.groups, sequences=True, unit_errors=self.unit_errors)


def _scores(quantiles: Quantiles | None, column: NDArray[np.float64], inside: ArrayLike, n: int) -> NDArray[np.float64]:
    """Normal scores of values (n,), at a place inside the share of each."""
    assert quantiles is not None
    start, end = quantiles.ends(column)
    share = start + np.asarray(inside) * (end - start)
    result: NDArray[np.float64] = ndtri(np.clip(share, 0.5 / n, 1.0 - 0.5 / n))
    return result


def _first_component(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (n, m) along the direction in which they vary most, shape (n,)."""
    found = dependence_of(scores)
    result: NDArray[np.float64] = scores @ found.vectors[:, -1]
    return result
