"""The ridge penalty that predicts best what was left out, and features whose weights cannot be told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments
from lime.engine.restricted import restrict
from lime.engine.selection import HIGHEST_WEIGHTS_ALPHA, select

PENALTIES = tuple(float(one) for one in 10.0 ** np.arange(-5.0, 0.51, 0.5))
"""Penalties that are tried, as multiples of the features' mean sum of squares."""

LEAST = 1e-6
"""Smallest penalty: no more than singular systems need."""

INSEPARABLE = 0.95
"""Size of a correlation in the neighbourhood from which on the weights of two features cannot be told apart."""


def leave_one_out_penalty(moments: Moments, output: int, features: NDArray[np.intp], least: float = LEAST) -> float:
    """The ridge penalty with the smallest weighted leave-one-out error.

    Parameters
    ----------
    moments : Moments
        Of correlated features, such as those of training rows.
    output : int
        Which output.
    features : ndarray of int, shape (m,)
        In the fit.
    least : float
        Smallest penalty, above 0.

    Returns
    -------
    float
        `least`, or a multiple of the features' mean weighted sum of squares.
    """
    if not len(features):
        return least
    part = restrict(moments, features)
    size = float(np.mean(part.diagonal))
    if size == 0.0 or moments.y_square[output] == 0.0:
        return least
    best, found = least, np.inf
    for penalty in dict.fromkeys([least, *(max(least, one * size) for one in PENALTIES)]):
        coefficients, _ = part.fit(output, penalty)
        left_out = part.sandwich_errors(output, coefficients, penalty, None)[2]
        if left_out < found * (1.0 - 1e-9):
            best, found = penalty, left_out
    return best


def select_correlated(moments: Moments, output: int, num_features: int, method: Any) -> NDArray[np.intp]:
    """Ids of the features to keep, of features that vary together.

    Weights are ranked by their own size, at the penalty that predicts best: with next to none, features that vary
    together would have large weights of opposite signs.

    Parameters
    ----------
    moments : Moments
    output : int
        Which output.
    num_features : int
        How many at most.
    method : str or callable
        See `lime.engine.selection.select`.

    Returns
    -------
    ndarray of int, shape (m,)
    """
    factor = leave_one_out_penalty(moments, output, np.arange(moments.d)) / HIGHEST_WEIGHTS_ALPHA
    return select(moments, output, np.ones(moments.d), num_features, method, penalty=factor)


def inseparable(moments: Moments, features: NDArray[np.intp], threshold: float = INSEPARABLE) -> list[list[int]]:
    """Groups of features that vary together in the neighbourhood, so that their weights cannot be told apart.

    Parameters
    ----------
    moments : Moments
    features : ndarray of int, shape (m,)
        Those to look at.
    threshold : float
        Size of the weighted correlation from which on two features belong to one group.

    Returns
    -------
    list of list of int
        Positions in `features`, each group in order; a feature is in at most one.
    """
    gram = moments.gram_of(features)
    size = np.sqrt(gram.diagonal())
    room = np.outer(size, size)
    together = np.abs(np.divide(gram, room, out=np.zeros_like(gram), where=room > 0.0)) >= threshold
    groups: list[list[int]] = []
    free = set(range(len(features)))
    while free:
        start = min(free)
        group, waiting = {start}, [start]
        while waiting:
            more = set(np.flatnonzero(together[waiting.pop()]).tolist()) - group
            group |= more
            waiting += sorted(more)
        free -= group
        if len(group) > 1:
            groups.append(sorted(group))
    return groups
