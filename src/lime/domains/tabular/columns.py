"""The distribution of a single column: how a uniform number becomes a value, and which bin or category it is in.

Columns are drawn independently of each other, so that these distributions are all there is to know about a tabular
neighbourhood.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from lime.engine.designs import rows_of
from lime.engine.lazy import cached_property

SMALLEST_STD = 1e-11
"""What lime 0.2.0.1 gives as the standard deviation of a bin that holds one value; here that is 0."""

COMPARE_AT_MOST = 10
"""Most bins of a column that are found by comparing with each edge."""

WORKERS = min(4, os.cpu_count() or 1)
"""Threads that draw the columns of a table together."""

SHARED_CELLS = 500_000
"""Cells of a table from which threads are worth starting."""

BLOCK_CELLS = 500_000
"""Cells that are transposed at a time: columns are drawn one by one, but models want rows."""


class ColumnDistribution(Protocol):
    """How a uniform number becomes a value of a column, and which bin or category that is."""

    @property
    def is_number(self) -> bool:
        """Whether the interpretable feature is the number itself; else it counts whether codes agree."""

    @property
    def is_discrete(self) -> bool:
        """Whether each code stands for a single value."""

    @property
    def largest_code(self) -> int:
        """No code is larger."""

    def code_of(self, value: float, number: float) -> int:
        """Code of a value that is in the bin of this number; -1 where it is never sampled."""

    def is_constant(self, code: int) -> bool:
        """Whether the column has one value in the training data, which this code stands for."""

    def draw(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Values and codes of uniform numbers, shapes (n,)."""


def holds_one_value(std: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether bins of these standard deviations hold one value; statistics that come from 0.2.0.1 say so in its way."""
    result: NDArray[np.bool_] = (std == 0.0) | (std == SMALLEST_STD)
    return result


@dataclass(frozen=True)
class BinStatistics:
    """What is known of all bins of a column, by number.

    Attributes
    ----------
    means, stds, lows, highs : sequence of float
    """

    means: Sequence[float]
    stds: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


@dataclass(frozen=True)
class Binned:
    """A numeric column cut into bins: a bin by its training frequency, inside it a truncated normal.

    Attributes
    ----------
    numbers : ndarray of int, shape (b,)
        Numbers of the bins that occur.
    cumulative, frequency : ndarray of float, shape (b,)
        Cumulated share of the training rows, and the share itself.
    mean, std, low, high, below, above : ndarray of float, shape (b,)
        Moments, bounds, and the normal probabilities of the bounds; NaN in a bin of missing values.
    whole : bool
        Whether draws are whole numbers.
    """

    numbers: NDArray[np.intp]
    cumulative: NDArray[np.float64]
    frequency: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    below: NDArray[np.float64]
    above: NDArray[np.float64]
    whole: bool = False

    @classmethod
    def of(
        cls,
        numbers: ArrayLike,
        frequencies: ArrayLike,
        statistics: BinStatistics,
        *,
        whole: bool = False,
    ) -> Binned:
        """ColumnDistribution from bins that occur, their frequencies, and the statistics of all bins by number.

        With `whole`, draws are whole numbers of the bin that they are drawn for: rounding alone would move one
        just above an edge to the bin below.
        """
        taken = np.asarray(numbers, dtype=np.intp)
        frequency = np.asarray(frequencies, dtype=np.float64)
        mean, std, low, high = (
            np.append(np.asarray(stats, dtype=np.float64), [np.nan, np.nan])[np.minimum(taken, len(statistics.means))]
            for stats in (statistics.means, statistics.stds, statistics.lows, statistics.highs)
        )
        single = holds_one_value(std)
        wide = np.where(single, 1.0, std)
        below, above = ndtr((low - mean) / wide), ndtr((high - mean) / wide)
        if whole:
            low, high = np.where(taken == 0, np.ceil(low), np.floor(low) + 1.0), np.floor(high)
        low, high = np.where(single, mean, low), np.where(single, mean, high)
        return cls(
            taken,
            np.cumsum(frequency),
            frequency,
            mean,
            std,
            low,
            high,
            below,
            above,
            whole,
        )

    is_number = False

    @property
    def largest_code(self) -> int:
        """Largest number of a bin."""
        return int(self.numbers.max(initial=0))

    @cached_property
    def occurring(self) -> frozenset[int]:
        """Numbers of the bins that occur, to look one up."""
        return frozenset(self.numbers.tolist())

    def code_of(self, value: float, number: float) -> int:
        """Code of a value that is in the bin of this number; -1 where that is never drawn."""
        code = int(number)
        return code if code in self.occurring else -1

    def draw(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Values and bin numbers of uniform numbers, shapes (n,)."""
        share, at = self.shares(u)
        return self.values(ndtri(share, out=share), at), self.numbers.take(at)

    def shares(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Normal probabilities of uniform numbers, and the position of the bin that each is in."""
        at = _positions(self.cumulative, u)
        # below + v * (above - below) with v = (u - start) / frequency, the constants of a bin folded into two.
        slope = (self.above - self.below) / self.frequency
        offset = self.below - (self.cumulative - self.frequency) * slope
        share = slope.take(at)
        share *= u
        share += offset.take(at)
        return share, at

    def values(self, normal: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
        """Scale standard normal numbers, in place, to the bins at the given positions."""
        normal *= self.std.take(at)
        normal += self.mean.take(at)
        if self.whole:
            np.rint(normal, out=normal)
        np.maximum(normal, self.low.take(at), out=normal)
        np.minimum(normal, self.high.take(at), out=normal)
        return normal

    def is_constant(self, code: int) -> bool:
        """Whether all draws are in one bin, whichever bin the row is in."""
        return len(self.numbers) == 1

    @property
    def is_discrete(self) -> bool:
        """Whether every bin yields one single value."""
        return bool((np.isnan(self.mean) | (self.low == self.high)).all())


@dataclass(frozen=True)
class Discrete:
    """A column of categories, drawn with their training frequencies.

    Attributes
    ----------
    values : ndarray of float, shape (c,)
        What a category is in the table's matrix; NaN is missing.
    cumulative : ndarray of float, shape (c,)
        Cumulated training frequencies.
    """

    values: NDArray[np.float64]
    cumulative: NDArray[np.float64]

    @classmethod
    def of(cls, values: Sequence[Any], frequencies: ArrayLike) -> Discrete:
        """ColumnDistribution from the categories that occur and their frequencies."""
        return cls(np.asarray(values, dtype=np.float64), np.cumsum(np.asarray(frequencies, dtype=np.float64)))

    is_number = False

    @property
    def largest_code(self) -> int:
        """One more than the last position."""
        return len(self.values)

    @cached_property
    def _places(self) -> dict[float, int]:
        """Position of each category that is not missing."""
        return {value: place for place, value in reversed(list(enumerate(self.values.tolist()))) if value == value}

    def code_of(self, value: float, number: float) -> int:
        """Code of a value, whatever the `number` of its bin; -1 where it is never drawn."""
        if value == value:
            return self._places.get(value, -1)
        missing = np.isnan(self.values)
        return int(np.argmax(missing)) if missing.any() else -1

    def draw(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Values and positions among the categories, shapes (n,)."""
        at = _positions(self.cumulative, u)
        return self.values.take(at), at

    def is_constant(self, code: int) -> bool:
        """Whether all draws are of one category, whichever the row has."""
        return len(self.values) == 1

    @property
    def is_discrete(self) -> bool:
        """Always true."""
        return True


@dataclass(frozen=True)
class Normal:
    """A numeric column that is not cut: a normal, missing at its training frequency.

    Attributes
    ----------
    center, std : float
        Of the draws.
    missing : float
        Share of the draws that are missing.
    whole : bool
        Whether draws are rounded to whole numbers.
    """

    center: float
    std: float
    missing: float = 0.0
    whole: bool = False

    is_number = True
    largest_code = 1

    def code_of(self, value: float, number: float) -> int:
        """0 for a number, 1 where it is missing, -1 where that is never drawn; bins play no part."""
        if value == value:
            return 0
        return 1 if self.missing > 0.0 else -1

    def draw(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Values, and 1 where they are missing, shapes (n,)."""
        if self.missing >= 1.0:
            return np.full(len(u), np.nan), np.ones(len(u), dtype=np.intp)
        gone = u >= 1.0 - self.missing
        with np.errstate(invalid="ignore"):
            value = self.center + self.std * ndtri(np.minimum(u / (1.0 - self.missing), 1.0))
        if self.whole:
            np.rint(value, out=value)
        value[gone] = np.nan
        return value, gone.astype(np.intp)

    def is_constant(self, code: int) -> bool:
        """Whether all draws are alike as seen from a value of this code; next to a number, missing is the mean."""
        return self.missing >= 1.0 if code == 1 else self.std == 0.0

    @property
    def is_discrete(self) -> bool:
        """Whether the column has a single value, or two with missing."""
        return self.std == 0.0


def _positions(cumulative: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which step of a cumulated distribution each uniform number falls on."""
    if len(cumulative) > COMPARE_AT_MOST:
        return np.minimum(np.searchsorted(cumulative, u, side="right"), len(cumulative) - 1)
    # A handful of comparisons of whole columns is faster than as many binary searches.
    at = np.zeros(len(u), dtype=np.int8)
    for edge in cumulative[:-1]:
        at += (u >= edge).view(np.int8)
    return at.astype(np.intp)


@dataclass(frozen=True)
class Own:
    """A column with a distribution of a user's own; see `lime.register_column_distribution`.

    Attributes
    ----------
    quantile : callable
        ``quantile(u)`` -> values of uniform numbers, both of shape (n,); NaN is missing.
    bin_of : callable or None
        From values to the numbers of their bins, where the column is cut; else the values are numbers themselves.
    whole : bool
        Whether samples are rounded to whole numbers.
    """

    quantile: Callable[[NDArray[np.float64]], ArrayLike]
    bin_of: Callable[[Any], Any] | None
    largest_code: int
    whole: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the interpretable feature is the number itself."""
        return self.bin_of is None

    @property
    def is_discrete(self) -> bool:
        """Never known."""
        return False

    def is_constant(self, code: int) -> bool:
        """Never known."""
        return False

    def code_of(self, value: float, number: float) -> int:
        """Code of a value that is in the bin of this number."""
        if self.bin_of is not None:
            return int(number)
        return 0 if value == value else 1

    def draw(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Values and codes of uniform numbers, shapes (n,)."""
        values = np.array(self.quantile(u), dtype=np.float64)
        if values.shape != u.shape:
            raise ValueError(
                f"a column distribution returned quantiles of shape {values.shape}: expected {u.shape}, one for each "
                "uniform number"
            )
        if self.whole:
            np.rint(values, out=values)
        codes = np.isnan(values) if self.bin_of is None else self.bin_of(values)
        return values, np.asarray(codes, dtype=np.intp)


def codes_of(
    distributions: Sequence[ColumnDistribution], values: NDArray[np.float64], bins: NDArray[np.float64] | None
) -> NDArray[np.intp]:
    """Codes of a row's values; `bins` are the numbers of their bins, where columns are cut. -1 is never drawn."""
    plain = values.tolist()
    numbers = plain if bins is None else bins.tolist()
    return np.array(
        [
            distribution.code_of(value, number)
            for distribution, value, number in zip(distributions, plain, numbers, strict=True)
        ],
        dtype=np.intp,
    )


@dataclass(frozen=True)
class Draws:
    """A neighbourhood of a table before any instance is looked at.

    Attributes
    ----------
    values : ndarray of float, shape (n, d)
        The draws in the table's own matrix form.
    codes : ndarray of int, shape (n, d)
        Bin or category of each; see the distributions' `draw`.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    loose : bool
        Whether draws of equal codes may have different values even where the distributions know a single one.
    """

    values: NDArray[np.float64]
    codes: NDArray[np.integer[Any]]
    groups: NDArray[np.intp] | None
    loose: bool = False

    def at(self, rows: NDArray[np.intp] | slice) -> Draws:
        """Some of the draws, as arrays of their own."""
        groups = None if self.groups is None else self.groups[rows]
        return Draws(self.values[rows].copy(), rows_of(self.codes, rows), groups, self.loose)


def draw(distributions: Sequence[ColumnDistribution], u: NDArray[np.float64], groups: NDArray[np.intp] | None) -> Draws:
    """Turn points of the unit cube into draws, column by column; `u` (n, d) is overwritten with the values."""
    n, d = u.shape
    # The draws of a column stand next to each other, as whatever is done with them goes column by column, in the
    # narrowest type: it is read again for every row.
    codes = np.empty(
        (d, n),
        dtype=np.min_scalar_type(-1 - max((distribution.largest_code for distribution in distributions), default=0)),
    ).T
    step = max(1, min(BLOCK_CELLS // max(1, n), -(-d // WORKERS) if n * d >= SHARED_CELLS else d))

    def fill(start: int) -> None:
        stop = min(d, start + step)
        columns = np.ascontiguousarray(u[:, start:stop].T)
        numbers = np.empty(columns.shape, dtype=codes.dtype)
        binned = [distribution for distribution in distributions[start:stop] if isinstance(distribution, Binned)]
        if len(binned) == stop - start:
            # One call for all quantiles of the block: they are most of the work, and need no interpreter.
            positions = []
            for j, distribution in enumerate(binned):
                columns[j], at = distribution.shares(columns[j])
                positions.append(at)
            ndtri(columns, out=columns)
            for j, (distribution, at) in enumerate(zip(binned, positions, strict=True)):
                distribution.values(columns[j], at)
                numbers[j] = distribution.numbers.take(at)
        else:
            for j, any_law in enumerate(distributions[start:stop]):
                columns[j], numbers[j] = any_law.draw(columns[j])
        u[:, start:stop] = columns.T
        codes[:, start:stop] = numbers.T

    if n * d < SHARED_CELLS:
        for start in range(0, d, step):
            fill(start)
    else:
        # Quantiles are computed outside the interpreter's lock, so that threads share them.
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(fill, range(0, d, step)))
    return Draws(u, codes, groups)
