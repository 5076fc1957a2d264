"""The ridge penalty that predicts best what was left out, and features whose weights cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments
from lime.engine.restricted import LEAST_ROOM
from lime.engine.selection import HIGHEST_WEIGHTS_ALPHA, select

PENALTIES = tuple(float(one) for one in 10.0 ** np.arange(-6.0, 0.51, 0.5))
"""Penalties that are tried, as multiples of the features' mean sum of squares."""

LEAST = 1e-6
"""Smallest penalty: no more than singular systems need."""

INSEPARABLE = 0.95
"""Size of a correlation in the neighbourhood from which on the weights of two features cannot be told apart."""


@dataclass(frozen=True)
class LeftOut:
    """A ridge fit whose penalty predicts best what is left out, sample by sample.

    Attributes
    ----------
    penalty : float
        The smallest that is tried, or a multiple of the features' mean weighted sum of squares.
    predictions : ndarray of float, shape (n,)
        The value at each sample of the fit to all others, less the weighted mean of the output.
    """

    penalty: float
    predictions: NDArray[np.float64]


def leave_one_out(moments: Moments, output: int, features: NDArray[np.intp], least: float = LEAST) -> LeftOut:
    """The ridge fit with the smallest weighted leave-one-out error.

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
    LeftOut
    """
    y = moments.root * moments.y[:, output]
    x = moments.z[:, features] - moments.z_mean[features]
    weighted = x * moments.root[:, None]
    turned, squares, vectors = _principal(weighted)
    size = float(squares.sum()) / max(len(features), 1)
    varies = size > 0.0 and moments.y_square[output] > 0.0
    tried = [max(least, one * size) for one in PENALTIES] if varies else [least]
    penalties = np.array(list(dict.fromkeys(tried)))
    shrunk = 1.0 / (squares[:, None] + penalties)
    along = shrunk * (turned.T @ y)[:, None]
    room = np.square(turned) @ shrunk + (moments.weights / moments.total)[:, None]
    np.maximum(1.0 - room, LEAST_ROOM, out=room)
    missed = (y[:, None] - turned @ along) / room
    best = int(np.argmin(np.square(missed).sum(axis=0)))
    # In the samples' own unit; what has no weight is predicted by a fit that it has no part in anyway.
    plain = moments.y[:, output] - x @ (vectors @ along[:, best])
    return LeftOut(float(penalties[best]), moments.y[:, output] - plain / room[:, best])


def leave_one_out_penalty(moments: Moments, output: int, features: NDArray[np.intp], least: float = LEAST) -> float:
    """The ridge penalty with the smallest weighted leave-one-out error; see `leave_one_out`.

    Parameters
    ----------
    moments : Moments
    output : int
        Which output.
    features : ndarray of int, shape (m,)
        In the fit.
    least : float
        Smallest penalty, above 0.

    Returns
    -------
    float
    """
    return leave_one_out(moments, output, features, least).penalty


def _principal(
    x: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Rows (n, m) along r principal directions, shape (n, r), their sums of squares (r,), and the directions (m, r)."""
    n, m = x.shape
    if m <= n:
        squares, vectors = np.linalg.eigh(x.T @ x)
        return x @ vectors, np.maximum(squares, 0.0), vectors
    squares, own = np.linalg.eigh(x @ x.T)
    kept = squares > squares[-1] * n * np.finfo(np.float64).eps
    squares, own = squares[kept], own[:, kept]
    root = np.sqrt(squares)
    return own * root, squares, x.T @ (own / root)


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
