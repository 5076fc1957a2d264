"""How few samples stand on the rarer side of a feature, and what that does to the error of its weight.

A weight is a difference of two means: of the samples that agree with the instance in a feature, and of those that do
not. Where few stand on one side its error is that of a mean of few, however many samples there are in all: it is known
badly, no design makes it smaller, and among many such features the one that came out largest did so by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from lime.engine.moments import BLOCK_CELLS, Moments
from lime.engine.standard_errors import quantile

FEW = 30
"""Samples on one side below which a reader is told."""

ENOUGH = 100
"""Samples on one side from which a mean tells its own error, and is treated like any other."""

EVEN_SHARE = 0.1
"""Share of all samples on one side from which the gain of an even design counts in full. Read off runs on
images of digits, so their coverage is no independent evidence: at a hundredth nothing is left of it, at a twentieth
half."""

PRIOR_DEGREES = 3
"""What the residuals of all samples are worth beside those of one side, in degrees of freedom. Measured for sides that
vary up to three times as much as the whole, for skewed ones, and for answers of 0 and 1."""

CHANCE = 0.05
"""Share of intervals that may miss, at which widths are matched."""

CERTAIN = 1e9
"""Degrees of freedom that are as good as endlessly many."""

SOON = 10
"""Doubts, turned over, from which having been chosen counts in full."""

HALVINGS = 40
"""Steps in which the end of an interval is found."""


@dataclass(frozen=True)
class Support:
    """How many samples decide on each of some features.

    Attributes
    ----------
    counts : ndarray of float, shape (m,)
        Samples of equal pull on the weight: all of them for a balanced feature, those on the rarer side for a rare one;
        infinite where that is more than `ENOUGH` for certain, 0 where all samples are alike.
    pulls : ndarray of float, shape (m,)
        Sums of the squared pulls, ``sum w^2 (z - mean)^2``; 0 where `counts` are infinite.
    """

    counts: NDArray[np.float64]
    pulls: NDArray[np.float64]

    @property
    def doubts(self) -> NDArray[np.float64]:
        """1 for a feature without samples on one side, falling to 0 at `ENOUGH` of them, shape (m,)."""
        result: NDArray[np.float64] = np.clip(1.0 - self.counts / ENOUGH, 0.0, 1.0)
        return result


def support_of(moments: Moments, features: NDArray[np.intp], diagonal: NDArray[np.float64]) -> Support | None:
    """Count the samples that decide on some features.

    Parameters
    ----------
    moments : Moments
        The samples and their weights.
    features : ndarray of int, shape (m,)
        Columns of z.
    diagonal : ndarray of float, shape (m,)
        Weighted sums of squares of these, about their means.

    Returns
    -------
    Support or None
        None where all have enough, which costs next to nothing to find out.
    """
    weights = moments.weights
    typical = float(weights @ weights) / moments.total
    places = np.flatnonzero(diagonal < ENOUGH * typical)
    if not len(places):
        return None
    counts, pulls = np.full(len(features), np.inf), np.zeros(len(features))
    most = float(weights.max())  # relative to it, so that no power of a weight leaves the range of numbers
    relative = weights / most
    step = max(1, BLOCK_CELLS // max(1, moments.n))
    for start in range(0, len(places), step):
        some = places[start : start + step]
        pull = moments.z[:, features[some]].astype(np.float64)
        pull -= weights @ pull / moments.total
        pull *= relative[:, None]
        np.square(pull, out=pull)
        pulls[some] = pull.sum(axis=0)
        counts[some] = np.square(pulls[some]) / np.maximum(np.einsum("ij,ij->j", pull, pull), np.finfo(float).tiny)
    pulls *= most * most
    still = places[diagonal[places] <= 0.0]
    counts[still], pulls[still] = 0.0, 0.0
    return Support(counts, pulls)


def pooled_errors(support: Support, variance: float, diagonal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard errors where both sides of a feature vary as much as all samples do.

    Parameters
    ----------
    support : Support
        Of m features.
    variance : float
        Of the residuals of all samples.
    diagonal : ndarray of float, shape (m,)
        What the pulls are divided by: weighted sums of squares of the features, with the penalty.

    Returns
    -------
    ndarray of float, shape (m,)
        0 for a feature with samples enough.
    """
    result: NDArray[np.float64] = np.sqrt(variance * support.pulls)
    np.divide(result, diagonal, out=result, where=diagonal > 0.0)
    return result


def own_reach(counts: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """How many standard errors an interval reaches to each side where few samples decide.

    Parameters
    ----------
    counts : ndarray of float, shape (m,)
        Samples on the rarer side; see `Support`.
    degrees : float
        Most degrees of freedom.

    Returns
    -------
    ndarray of float, shape (m,)
        Quantiles of Student's t.
    """
    return np.asarray(stdtrit(_freedom(counts, degrees), 1.0 - 0.5 * CHANCE), dtype=np.float64)


def _freedom(counts: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """One less than the samples on the rarer side, and what the residuals of all are worth, shape (m,)."""
    own: NDArray[np.float64] = np.maximum(counts, 1.0) - 1.0 + PRIOR_DEGREES
    return np.minimum(own, min(degrees, CERTAIN))


@dataclass(frozen=True)
class ErrorKinds:
    """Errors of the same weights under several assumptions, each of shape (m,).

    Attributes
    ----------
    design : ndarray of float
        Standard errors that the design gives.
    independent, pooled : ndarray of float
        As if all samples were independent; as if in addition both sides varied alike, see `pooled_errors`.
    bias : ndarray of float
        By how much a penalty draws each weight to 0.
    """

    design: NDArray[np.float64]
    independent: NDArray[np.float64]
    pooled: NDArray[np.float64]
    bias: NDArray[np.float64]


def honest_errors(kinds: ErrorKinds, degrees: float, support: Support, samples: int) -> NDArray[np.float64]:
    """Standard errors whose intervals cover for features with few samples on one side as well.

    Parameters
    ----------
    kinds : ErrorKinds
        Of the weights of m features.
    degrees : float
        Degrees of freedom with which intervals are made of the result.
    support : Support
        Of the features.
    samples : int
        Their number, on which the gain of an even design depends.

    Returns
    -------
    ndarray of float, shape (m,)
        Infinite where no sample stands on one side. They are larger than the deviation over runs by as much as it takes
        for intervals with `degrees` to reach as far as those with the degrees that the rarer side has.
    """
    doubts = support.doubts
    own: NDArray[np.float64] = np.square(kinds.independent)
    own += doubts * np.maximum(np.square(kinds.pooled) - own, 0.0)
    even = np.minimum(1.0, support.counts / max(FEW, EVEN_SHARE * samples))
    variance = even * np.square(kinds.design) + (1.0 - even) * own + np.square(kinds.bias)
    result: NDArray[np.float64] = (
        np.sqrt(variance) * own_reach(support.counts, degrees) / quantile(1.0 - 0.5 * CHANCE, degrees)
    )
    result[support.counts <= 0.0] = np.inf
    return result


def errors_of_chosen(
    errors: NDArray[np.float64],
    degrees: float,
    weights: NDArray[np.float64],
    needed: NDArray[np.float64],
    support: Support,
) -> NDArray[np.float64]:
    """Widen standard errors of weights that are shown because they came out large, where few samples decide on them.

    Of many features with few samples those are chosen whose weights chance made large, and the intervals of the chosen
    ones would cover less often than they say. The interval is that of Weinstein, Fithian & Benjamini (2013), in its
    equal-tailed form: given that the weight exceeds what it took to be chosen, it covers as often as it says. Where a
    weight is far beyond that it is the usual one; just above it, it reaches past 0.

    Parameters
    ----------
    errors : ndarray of float, shape (m,)
        See `honest_errors`.
    degrees : float
        Degrees of freedom of the errors.
    weights, needed : ndarray of float, shape (m,)
        The chosen weights, and the size from which on each of them is chosen.
    support : Support
        Of the features.

    Returns
    -------
    ndarray of float, shape (m,)
        No smaller than `errors`, and equal to them for features with samples enough.
    """
    result = errors.copy()
    some = np.flatnonzero((support.doubts > 0.0) & np.isfinite(errors) & (errors > 0.0) & (needed > 0.0))
    if not len(some):
        return result
    plain, freedom = quantile(1.0 - 0.5 * CHANCE, degrees), _freedom(support.counts[some], degrees)
    usual = stdtrit(freedom, 1.0 - 0.5 * CHANCE)
    unit = errors[some] * plain / usual
    size = np.abs(weights[some]) / unit
    least = np.minimum(needed[some] / unit, size)
    low, high = -least - size - usual, size - usual
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        chosen = stdtr(freedom, middle - least) + stdtr(freedom, -least - middle)
        above = stdtr(freedom, middle - size) > 0.5 * CHANCE * chosen
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    share = np.minimum(1.0, SOON * support.doubts[some])
    half = usual + share * np.maximum(size - low - usual, 0.0)
    result[some] = unit * half / plain
    return result
