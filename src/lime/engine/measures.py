"""The two measures of a column by which expectations are computed, and the expectations themselves.

See `lime.engine.exact_columns`, which makes the measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Pair = tuple[Floats, Floats]
"""Integrals of functions over the two measures of a column, each of shape (..., v)."""


Held = tuple[int, bool]
"""A column in bins or categories, and whether samples are held to the row's own one, or to all others."""


@dataclass(frozen=True)
class Expectations:
    """What is known without a sample of n rows, d columns and k outputs.

    Attributes
    ----------
    weights : ndarray of float, shape (n, d, k)
        Of a linear fit on all interpretable features.
    mean : ndarray of float, shape (n, k)
        Of the outputs.
    z_mean, z_variance : ndarray of float, shape (n, d)
        Of the interpretable features.
    """

    weights: Floats
    mean: Floats
    z_mean: Floats
    z_variance: Floats

    def row(self, place: int) -> Expectations:
        """What is known of one row."""
        at = slice(place, place + 1)
        return Expectations(self.weights[at], self.mean[at], self.z_mean[at], self.z_variance[at])


@dataclass(frozen=True)
class Measures:
    """Two measures of a column, each for v variants: codes that rows have, or rows.

    They are A and D themselves where the feature is a number; where it says whether a sample agrees with the row, they
    are the probabilities where it does, and where it does not.

    Attributes
    ----------
    below : callable
        ``below(t)`` gives the measures of the numbers below thresholds (m,), each of shape (m, v).
    numbers : tuple of ndarray of float, shapes (v,)
        Of all numbers.
    missing : tuple of ndarray of float, shapes (v,)
        Of missing values.
    each : tuple of ndarray of float, shapes (c, v), or None
        Of each single value where a column has few; see `values_of`.
    number : tuple of ndarray of float, shapes (v,)
        The integral of the numbers themselves, missing ones left out.
    mean, variance : ndarray of float, shape (v,)
        Of the interpretable feature z.
    agrees : ndarray of bool, shape (v,)
        Whether the feature says that a sample agrees.
    near, far : ndarray of float, shape (v,)
        The probabilities that it does and does not; 1 and 0 where the feature is a number.
    nodes : tuple of ndarray of float, shapes (p, v), or None
        Numbers with their weights under A and D, by which smooth functions are integrated; missing values are apart.
    """

    below: Callable[[Floats], Pair]
    numbers: Pair
    missing: Pair
    each: Pair | None
    number: Pair
    mean: Floats
    variance: Floats
    agrees: NDArray[np.bool_]
    near: Floats
    far: Floats
    nodes: tuple[Floats, Floats, Floats] | None = None

    def held(self, agrees: bool) -> Measures:
        """The measures given that a sample agrees, or that it does not."""
        near, far = (np.full(self.near.shape, float(one)) for one in (agrees, not agrees))
        return replace(self, near=near, far=far, mean=near, variance=np.zeros(near.shape))

    def probability(self, pair: Pair) -> Floats:
        """A of what has these measures."""
        result: Floats = self.near * pair[0] + self.far * pair[1]
        return result

    def slope(self, pair: Pair) -> Floats:
        """D of what has these measures."""
        return np.where(self.agrees, pair[0] - pair[1], pair[1])

    def rates(self, whole: Pair, left: Pair) -> Pair:
        """``A(L) / A(I)`` and its derivative ``(D(L) - r D(I)) / A(I)``, from the measures of I and of L."""
        chance = self.probability(whole)
        reached = chance > 0.0
        # Where no sample goes it does not matter which way.
        inverse = np.divide(1.0, chance, out=np.zeros(chance.shape), where=reached)
        r = np.where(reached, np.clip(self.probability(left) * inverse, 0.0, 1.0), 0.5)
        slope = left[1] - r * whole[1]
        if self.agrees.any():
            # The same, without the difference of two numbers that a narrow kernel makes alike.
            slope = np.where(self.agrees, (left[0] * whole[1] - left[1] * whole[0]) * inverse, slope)
        return r, slope * inverse


def measures_of_number(
    below: Callable[[Floats], Pair],
    missing: Pair,
    number: Pair,
    *,
    mean: Floats,
    variance: Floats,
    nodes: tuple[Floats, Floats, Floats] | None = None,
) -> Measures:
    """Measures A and D of a feature that is a number."""
    v = len(mean)
    return Measures(
        below=below,
        numbers=(1.0 - missing[0], -missing[1]),
        missing=missing,
        each=None,
        number=number,
        mean=mean,
        variance=variance,
        agrees=np.zeros(v, dtype=bool),
        near=np.ones(v),
        far=np.zeros(v),
        nodes=nodes,
    )


def either(which: NDArray[np.bool_], one: Measures, other: Measures) -> Measures:
    """The measures `one` where `which` (v,) is true, else the other."""

    def pick(pair: Pair, rest: Pair) -> Pair:
        return np.where(which, pair[0], rest[0]), np.where(which, pair[1], rest[1])

    return Measures(
        below=lambda thresholds: pick(one.below(thresholds), other.below(thresholds)),
        numbers=pick(one.numbers, other.numbers),
        missing=pick(one.missing, other.missing),
        each=None,
        number=pick(one.number, other.number),
        mean=np.where(which, one.mean, other.mean),
        variance=np.where(which, one.variance, other.variance),
        agrees=np.where(which, one.agrees, other.agrees),
        near=np.where(which, one.near, other.near),
        far=np.where(which, one.far, other.far),
    )
