"""How far several explanations of one instance agree: pure functions over sets, orders and intervals."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np
from scipy import stats

Interval = tuple[float, float]
_Thing = TypeVar("_Thing")

PERSISTENCE = 0.9
"""Persistence p of rank-biased overlap: the ten first places carry about 86% of its weight (Webber et al. 2010)."""

ROUNDING = 1e-9
"""Share of the size of two intervals' bounds by which they may miss each other and still meet: exact weights are
intervals of no width, and two runs round them differently."""


def variables_index(chosen: Sequence[frozenset[int]]) -> float:
    """Variables stability index: mean over pairs of runs of the share of common features (Visani et al. 2020).

    Parameters
    ----------
    chosen : sequence of frozenset of int
        The features of each run, at least two runs. Where two runs differ in their number of features, the larger
        one counts; two runs without any agree.

    Returns
    -------
    float
        In [0, 1].
    """
    return _mean_over_pairs(lambda a, b: len(a & b) / max(len(a), len(b)) if a or b else 1.0, chosen)


def overlap_share(intervals: Sequence[Interval]) -> float:
    """Share of pairs of intervals that overlap; NaN for fewer than two intervals."""
    if len(intervals) < 2:
        return float("nan")
    return _mean_over_pairs(lambda a, b: float(_overlap(a, b)), intervals)


def coefficients_index(intervals: Sequence[Sequence[Interval]]) -> float:
    """Coefficients stability index: share of overlapping pairs, averaged over features (Visani et al. 2020).

    Parameters
    ----------
    intervals : sequence of sequence of (low, high)
        For each feature the intervals of the runs in which it appears; a feature with fewer than two tells nothing.

    Returns
    -------
    float
        In [0, 1]; NaN where no feature has two intervals.
    """
    shares = [overlap_share(own) for own in intervals if len(own) >= 2]
    return float(np.mean(shares)) if shares else float("nan")


def jaccard(chosen: Sequence[frozenset[int]]) -> float:
    """Mean over pairs of runs of the features in both as a share of those in either; 1 for two empty ones."""
    return _mean_over_pairs(lambda a, b: len(a & b) / len(a | b) if a | b else 1.0, chosen)


def rank_biased_overlap(first: Sequence[Hashable], second: Sequence[Hashable], p: float = PERSISTENCE) -> float:
    """Extrapolated rank-biased overlap of two orders without ties (Webber, Moffat & Zobel 2010, equation 32).

    Parameters
    ----------
    first, second : sequence of hashable
        Orders, the most important first; they may differ in length.
    p : float
        Persistence in (0, 1): how much the next place counts beside the one before.

    Returns
    -------
    float
        In [0, 1]; 1 for equal orders and for two empty ones, 0 where nothing is common.
    """
    short, long = sorted((list(first), list(second)), key=len)
    if not long:
        return 1.0
    if not short:
        return 0.0
    s, n = len(short), len(long)
    common = [len(set(short[:depth]) & set(long[:depth])) for depth in range(1, n + 1)]
    total = sum(common[depth - 1] / depth * p**depth for depth in range(1, n + 1))
    total += sum(common[s - 1] * (depth - s) / (s * depth) * p**depth for depth in range(s + 1, n + 1))
    tail = ((common[n - 1] - common[s - 1]) / n + common[s - 1] / s) * p**n
    return min(1.0, (1.0 - p) / p * total + tail)


def mean_rank_biased_overlap(orders: Sequence[Sequence[Hashable]], p: float = PERSISTENCE) -> float:
    """Mean of `rank_biased_overlap` over pairs of runs."""
    return _mean_over_pairs(lambda a, b: rank_biased_overlap(a, b, p), orders)


def kendall(sizes: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """Mean over pairs of runs of Kendall's tau-b between the sizes of the weights.

    Parameters
    ----------
    sizes : ndarray of float, shape (runs, features)
        Absolute weights; 0 where a run does not have a feature.

    Returns
    -------
    float
        In [-1, 1]. A run whose sizes are all the same has no order: such pairs do not count, and where there is no
        other the result is NaN.
    """
    ordered = [row for row in sizes if len(row) > 1 and row.min() < row.max()]
    if len(ordered) < 2:
        return float("nan")
    return _mean_over_pairs(lambda a, b: float(stats.kendalltau(a, b).statistic), ordered)


def _mean_over_pairs(measure: Callable[[_Thing, _Thing], float], things: Sequence[_Thing]) -> float:
    if len(things) < 2:
        raise ValueError(f"{len(things)} runs came: expected at least 2 to compare")
    return float(np.mean([measure(a, b) for a, b in combinations(things, 2)]))


def _overlap(a: Interval, b: Interval) -> bool:
    slack = ROUNDING * max(map(abs, (*a, *b)))
    return a[0] <= b[1] + slack and b[0] <= a[1] + slack
