"""The distribution of a table's columns with the kernel, as exact expectations need it.

The kernel is an exponential of the squared Euclidean distance, so that the distribution of the neighbourhood times the
kernel is again a product over columns. Of each column two measures are all that is needed: A, its probabilities, and D,
the weight that a linear fit gives to being in a set, ``E[(z - m) 1(x in set)] / Var z``. For a feature that says
whether a sample agrees with the row, D is the probability where it does less that where it does not. These two
conditional probabilities are kept apart until the last step: under a narrow kernel one of them hardly counts in A,
and differences of their sum would have lost its digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from lime.engine.measures import Floats, Measures, Pair, either, measures_of_number

SURE = 1e-12
"""Share of all other bins up to which there is no other, beyond rounding."""

LEAST_KEPT = 1e-100
"""Least weight of a sample that disagrees: what a kernel leaves below it counts for nothing, and divides by nothing."""

MOST_WHOLE = 4096
"""Most whole numbers of a column that are counted one by one; with more of them rounding is no matter."""

REACH = 9.0
"""Standard deviations beyond which a normal has no weight in double precision."""

NODES = 48
"""Points of a Gauss rule for the mean of a smooth function in a bin, or over a normal."""

Function = Callable[[Floats], Floats]
"""From numbers (p,), NaN where they are missing, to m functions of them, shape (p, m)."""


@dataclass(frozen=True)
class CodedColumn:
    """A column in bins or categories: its interpretable feature says whether a sample has the row's code.

    Attributes
    ----------
    probability : ndarray of float, shape (b,)
        Of each code.
    mean, std, low, high : ndarray of float, shape (b,)
        A normal cut off at its bounds; std is 0 where the code stands for one value, the mean: NaN is missing.
    below, above : ndarray of float, shape (b,)
        Normal probabilities of the bounds.
    whole : bool
        Whether numbers are rounded to whole ones, and kept within the bounds.
    """

    probability: Floats
    mean: Floats
    std: Floats
    low: Floats
    high: Floats
    below: Floats
    above: Floats
    whole: bool = False

    @classmethod
    def of_values(cls, values: Floats, probability: Floats) -> CodedColumn:
        """A column of single values."""
        values, still = np.asarray(values, dtype=np.float64), np.zeros(len(values))
        return cls(np.asarray(probability, dtype=np.float64), values, still, values, values, still, still + 1.0)

    @property
    def single(self) -> NDArray[np.bool_]:
        """Which codes stand for one value."""
        result: NDArray[np.bool_] = np.isnan(self.mean) | (self.low == self.high) | (self.std == 0.0)
        return result

    @property
    def values_of(self) -> Floats | None:
        """The value of each code where each stands for one, else None."""
        if not self.single.all():
            return None
        return np.where(np.isnan(self.mean), np.nan, np.where(self.low == self.high, self.low, self.mean))

    @property
    def span(self) -> tuple[float, float]:
        """Least and largest number."""
        ends = np.concatenate([self.low, self.high])
        ends = ends[~np.isnan(ends)]
        return (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 0.0)

    def distribution(self, thresholds: Floats) -> Floats:
        """Probability of a number below each threshold given each code, shape (m, b)."""
        at, low, high = thresholds[:, None], self.low, self.high
        if self.whole:
            at = np.ceil(at) - 1.0  # the last whole number below
            share = self._share(at + 0.5)
            inside = np.where(at >= high, 1.0, np.where(at < low, 0.0, share))
        else:
            inside = np.where(at > high, 1.0, np.where(at <= low, 0.0, self._share(at)))
        value = np.where(low == high, low, self.mean)
        result: Floats = np.where(np.isnan(self.mean), 0.0, np.where(self.single, value < thresholds[:, None], inside))
        return result

    def _share(self, at: Floats) -> Floats:
        wide = np.where(self.std > 0.0, self.std, 1.0)
        room = self.above - self.below
        with np.errstate(invalid="ignore"):
            share = (ndtr((at - self.mean) / wide) - self.below) / np.where(room > 0.0, room, 1.0)
        return np.clip(share, 0.0, 1.0)

    @property
    def numbers(self) -> Floats:
        """Mean of the numbers of each code, shape (b,); 0 where it is missing."""
        result = np.where(np.isnan(self.mean), 0.0, np.where(self.low == self.high, self.low, self.mean))
        for code in np.flatnonzero(~self.single):
            result[code] = self._mean_in(int(code))
        return result

    def _mean_in(self, code: int) -> float:
        mean, std, low, high = (float(one[code]) for one in (self.mean, self.std, self.low, self.high))
        room = float(self.above[code] - self.below[code])
        if self.whole and high - low < MOST_WHOLE:
            steps = np.arange(low, high + 1.0)
            share = np.diff(self.distribution(np.append(steps, high + 1.0))[:, code])
            first = 1.0 - share.sum()  # what is clipped to the least
            return float(steps @ share + steps[0] * first)
        if room <= 0.0:
            return min(max(mean, low), high)
        bounds = (np.array([low, high]) - mean) / std
        density = np.exp(-0.5 * np.square(bounds)) / np.sqrt(2.0 * np.pi)
        return float(mean + std * (density[0] - density[1]) / room)

    def means_by_code(self, function: Function) -> Floats:
        """Mean of functions given each code, shape (m, b): by a Gauss rule where a code stands for many numbers."""
        single, low, high = self.single, self.low, self.high
        only = np.where(np.isnan(self.mean), np.nan, np.where(low == high, low, self.mean))
        found = np.empty((function(only[:1]).shape[1], len(only)))
        found[:, single] = function(only[single]).T
        for code in np.flatnonzero(~single):
            points, share = self._nodes_in(int(code))
            found[:, code] = share @ function(points)
        return found

    def _nodes_in(self, code: int) -> tuple[Floats, Floats]:
        """Numbers that stand for all of a code, and their shares."""
        mean, std, low, high = (float(one[code]) for one in (self.mean, self.std, self.low, self.high))
        first, last = max(low, mean - REACH * std), min(high, mean + REACH * std)
        if self.whole and last - first < MOST_WHOLE:
            steps = np.arange(np.floor(first), np.ceil(last) + 1.0)
            share = np.diff(self.distribution(np.append(steps, steps[-1] + 1.0))[:, code])
            share[0] += 1.0 - share.sum()  # what is clipped to the least
            return steps, share
        if not first < last:  # the bin is in a tail that has no weight
            return np.array([min(max(mean, low), high)]), np.ones(1)
        at, weight = np.polynomial.legendre.leggauss(NODES)
        points = first + (last - first) * 0.5 * (at + 1.0)
        exponent = -0.5 * np.square((points - mean) / std)
        weight = weight * np.exp(exponent - exponent.max())
        return points, weight / weight.sum()

    def averages(self, of_codes: Floats, codes: NDArray[np.intp], kernel_width: float) -> tuple[Floats, Floats]:
        """Integrals over A and D, (m, v), of functions whose means given each code are known, (m, b)."""
        seen = _Agreement.of(self.probability / self.probability.sum(), codes, kernel_width)
        agreeing, others = seen.measures(of_codes)
        return seen.near * agreeing + seen.far * others, agreeing - others

    def measures(self, codes: NDArray[np.intp], kernel_width: float) -> Measures:
        """What rows of some codes (v,) see; -1 is a value that is never sampled."""
        seen = _Agreement.of(self.probability / self.probability.sum(), codes, kernel_width)
        gone = np.isnan(self.mean)[None].astype(np.float64)
        return Measures(
            below=lambda thresholds: seen.measures(self.distribution(thresholds)),
            numbers=_first(seen.measures(1.0 - gone)),
            missing=_first(seen.measures(gone)),
            each=seen.measures(np.eye(len(self.probability))) if self.single.all() else None,
            number=_first(seen.measures(self.numbers[None])),
            mean=seen.near,
            variance=seen.near * seen.far,
            agrees=np.ones(len(codes), dtype=bool),
            near=seen.near,
            far=seen.far,
        )


@dataclass(frozen=True)
class _Agreement:
    """Codes of probabilities `p` (b,) as seen by rows of some codes (v,).

    `rest` (b,) is the probability of all codes but each, added up without a difference.
    """

    p: Floats
    rest: Floats
    codes: NDArray[np.intp]
    near: Floats
    far: Floats
    alone: NDArray[np.bool_]

    @classmethod
    def of(cls, p: Floats, codes: NDArray[np.intp], kernel_width: float) -> _Agreement:
        never, at = codes < 0, np.maximum(codes, 0)
        rest = _others(p[None])[0]
        alone = ~never & (rest[at] <= SURE)
        with np.errstate(under="ignore"):
            kept = max(float(np.exp(-0.5 / kernel_width**2)), LEAST_KEPT)  # of a sample that disagrees
        own = np.where(never, 0.0, p[at])
        other = np.where(never, 1.0, np.where(alone, 0.0, rest[at] * kept))
        return cls(p, rest, codes, own / (own + other), other / (own + other), alone)

    def measures(self, of_codes: Floats) -> Pair:
        """Means of functions where a sample agrees and where it does not, from those given each code, (m, b)."""
        at = np.maximum(self.codes, 0)
        weighted = of_codes * self.p
        inverse = np.divide(1.0, self.rest, out=np.zeros(self.rest.shape), where=self.rest > 0.0)
        others = (_others(weighted) * inverse)[:, at]
        agreeing = of_codes[:, at]
        # Where there is no other, or nothing agrees, the one is as good as the other.
        never = self.codes < 0
        if never.any():
            every = np.add.reduce(np.ascontiguousarray(weighted), axis=1)[:, None]
            others = np.where(never, every, others)
            agreeing = np.where(never, every, agreeing)
        return agreeing, np.where(self.alone, agreeing, others)


def _others(values: Floats) -> Floats:
    """Sums over all columns but each, (m, b), without a difference."""
    none = np.zeros((len(values), 1))
    before = np.cumsum(values[:, :-1], axis=1)
    after = np.cumsum(values[:, :0:-1], axis=1)[:, ::-1]
    result: Floats = np.concatenate([none, before], axis=1) + np.concatenate([after, none], axis=1)
    return result


def _first(pair: Pair) -> Pair:
    return pair[0][0], pair[1][0]


@dataclass(frozen=True)
class NumberColumn:
    """A column that is not cut: a normal, missing at some share; its interpretable feature is the standardised number.

    Attributes
    ----------
    std : float
        Of the draws.
    missing : float
        Share of missing values. Next to a number, a missing one counts as the mean.
    whole : bool
        Whether numbers are rounded to whole ones.
    offset, unit : float
        The interpretable feature is the number less the offset, over the unit.
    center : float or None
        Mean of the draws; None where it is the row's own number.
    middle : float
        Mean of the draws around a row whose number is missing.
    """

    std: float
    missing: float
    whole: bool
    offset: float
    unit: float
    center: float | None
    middle: float

    @property
    def span(self) -> tuple[float, float]:
        """Numbers that may be drawn, in double precision; those around rows far from the training data included."""
        middle, reach = (self.middle, 1e4) if self.center is None else (self.center, 40.0)
        return middle - reach * self.std, middle + reach * self.std

    @property
    def values_of(self) -> None:
        """None: numbers are not few."""
        return

    def measures(self, rows: Floats, kernel_width: float) -> Measures:
        """What rows with some numbers (v,) see, NaN where they are missing."""
        if np.isnan(rows).all():
            return self._as_code(rows, kernel_width)
        if not np.isnan(rows).any():
            return self._as_number(rows, kernel_width)
        lost = np.isnan(rows)
        return either(lost, self._as_code(rows, kernel_width), self._as_number(np.where(lost, 0.0, rows), kernel_width))

    def integrals(self, function: Function, rows: Floats, kernel_width: float) -> tuple[Floats, Floats]:
        """Integrals of functions over A and D as seen by rows with some numbers (v,), shapes (m, v)."""
        lost = np.isnan(rows)
        column, codes = self._coded(rows)
        whole, pull = column.averages(column.means_by_code(function), codes, kernel_width)
        if lost.all():
            return whole, pull
        measures = self._as_number(np.where(lost, 0.0, rows), kernel_width)
        missing = function(np.array([np.nan]))[0]
        for place in np.flatnonzero(~lost):
            gone, gone_pull = (float(one[place]) for one in measures.missing)
            whole[:, place], pull[:, place] = gone * missing, gone_pull * missing
            if measures.nodes is not None:
                points, share, force = (one[:, place].copy() for one in measures.nodes)
                values = function(points)
                whole[:, place] += share @ values
                pull[:, place] += force @ values
        return whole, pull

    def _as_code(self, rows: Floats, kernel_width: float) -> Measures:
        """Around a missing value a sample is alike, or not."""
        column, codes = self._coded(rows)
        return column.measures(codes, kernel_width)

    def _coded(self, rows: Floats) -> tuple[CodedColumn, NDArray[np.intp]]:
        """The column as numbers and missing values, and the code of the missing ones for each row."""
        p = np.array([1.0 - self.missing, self.missing])
        codes = np.full(len(rows), 1 if self.missing > 0.0 else -1, dtype=np.intp)
        center = self.middle if self.center is None else self.center
        column = CodedColumn(
            p,
            np.array([center, np.nan]),
            np.array([self.std, 0.0]),
            np.array([-np.inf if self.std > 0.0 else center, np.nan]),
            np.array([np.inf if self.std > 0.0 else center, np.nan]),
            np.array([0.0, 0.0]),
            np.array([1.0, 1.0]),
            self.whole,
        )
        return column, codes

    def _as_number(self, rows: Floats, kernel_width: float) -> Measures:
        centers = np.broadcast_to(rows if self.center is None else self.center, rows.shape)
        own = (rows - self.offset) / self.unit
        if self.missing >= 1.0:
            whole, nothing = np.ones(len(rows)), np.zeros(len(rows))
            return measures_of_number(
                lambda t: (np.zeros((len(t), len(rows))), np.zeros((len(t), len(rows)))),
                (whole, nothing),
                (nothing, nothing),
                mean=nothing,
                variance=nothing,
            )
        if self.whole and 0.0 < 2.0 * REACH * self.std < MOST_WHOLE:
            return self._counted(centers, own, kernel_width)
        return self._smooth(centers, own, kernel_width)

    def _mixed(self, closeness: Floats, own: Floats, kernel_width: float) -> tuple[Floats, Floats]:
        """Shares of numbers and of missing values, from the logarithm of the kernel's mean over the numbers."""
        if self.missing == 0.0:
            return np.ones(len(own)), np.zeros(len(own))
        gap = np.log(self.missing) - 0.5 * np.square(own / kernel_width) - np.log1p(-self.missing) - closeness
        return expit(-gap), expit(gap)

    def _smooth(self, centers: Floats, own: Floats, kernel_width: float) -> Measures:
        mean, spread = (centers - self.offset) / self.unit, self.std / self.unit
        wide = kernel_width**2 + spread**2
        middle = (mean * kernel_width**2 + own * spread**2) / wide
        std = spread * kernel_width / np.sqrt(wide)
        closeness = 0.5 * np.log(kernel_width**2 / wide) - 0.5 * np.square(mean - own) / wide
        share, gone = self._mixed(closeness, own, kernel_width)
        average, above = share * middle, gone * middle  # of z, and how far numbers are above it
        variance = share * std**2 + share * gone * np.square(middle)
        inverse = np.divide(1.0, variance, out=np.zeros(len(own)), where=variance > 0.0)

        def below(thresholds: Floats) -> tuple[Floats, Floats]:
            at = (np.ceil(thresholds) - 0.5 if self.whole else thresholds)[:, None]
            if std == 0.0:
                inside = np.where(centers < thresholds[:, None], 1.0, 0.0)
                density = np.zeros(inside.shape)
            else:
                place = ((at - self.offset) / self.unit - middle) / std
                inside = ndtr(place)
                density = np.exp(-0.5 * np.square(np.clip(place, -40.0, 40.0))) / np.sqrt(2.0 * np.pi)
            return share * inside, share * (above * inside - std * density) * inverse

        number = self.offset + self.unit * middle
        # E[(z - m) x] over the numbers, with x = offset + unit z.
        product = share * (self.unit * std**2 + above * number)
        at, chance = np.polynomial.hermite_e.hermegauss(NODES)
        z, chance = middle + std * at[:, None], chance / chance.sum()
        weight = np.multiply.outer(chance, share)
        return measures_of_number(
            below,
            (gone, -average * gone * inverse),
            (share * number, product * inverse),
            mean=average,
            variance=variance,
            nodes=(self.offset + self.unit * z, weight, weight * (z - average) * inverse),
        )

    def _counted(self, centers: Floats, own: Floats, kernel_width: float) -> Measures:
        """Whole numbers, one by one."""
        reach = np.ceil(REACH * self.std) + 1.0
        steps = np.rint(centers)[:, None] + np.arange(-reach, reach + 1.0)  # (v, s)
        place = (steps - centers[:, None]) / self.std
        chance = ndtr(place + 0.5 / self.std) - ndtr(place - 0.5 / self.std)
        z = (steps - self.offset) / self.unit
        exponent = -0.5 * np.square((z - own[:, None]) / kernel_width)
        most = exponent.max(axis=1, keepdims=True)
        with np.errstate(under="ignore"):
            weight = chance * np.exp(exponent - most)
        total = weight.sum(axis=1)
        share, gone = self._mixed(np.log(total) + most[:, 0], own, kernel_width)
        weight *= (share / total)[:, None]
        # From the likeliest number on: where a narrow kernel leaves hardly another, differences keep their digits.
        start = z[np.arange(len(own)), weight.argmax(axis=1)]
        start = np.where(gone > 0.5, 0.0, start)
        z -= start[:, None]
        average = (weight * z).sum(axis=1) - gone * start
        pull, pull_gone = weight * (z - average[:, None]), gone * (-start - average)
        variance = np.maximum((pull * z).sum(axis=1) - pull_gone * start, 0.0)
        inverse = np.divide(1.0, variance, out=np.zeros(len(own)), where=variance > 0.0)
        pull *= inverse[:, None]
        sums = [np.concatenate([np.zeros((len(own), 1)), np.cumsum(one, axis=1)], axis=1) for one in (weight, pull)]

        def below(thresholds: Floats) -> tuple[Floats, Floats]:
            count = np.clip(np.ceil(thresholds)[:, None] - steps[:, 0], 0.0, steps.shape[1]).astype(np.intp)
            every = np.arange(len(own))
            return sums[0][every, count], sums[1][every, count]

        return measures_of_number(
            below,
            (gone, pull_gone * inverse),
            ((weight * steps).sum(axis=1), (pull * steps).sum(axis=1)),
            mean=average + start,
            variance=variance,
            nodes=(steps.T, weight.T, pull.T),
        )


ExactColumn = CodedColumn | NumberColumn
