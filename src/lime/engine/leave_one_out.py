"""The ridge penalty that predicts best what was left out, and features whose weights cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments
from lime.engine.selection import HIGHEST_WEIGHTS_ALPHA, select
from lime.engine.stacked import Penalized, alike, best_penalties, first_of_groups, principal

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
    # In one order, so that whoever asks again in another one gets the same digits.
    features = np.sort(features)
    found = _best_penalty(moments, output, features, least)
    coefficients, z = found.coefficients[0], np.take(moments.z.T, features, axis=0)
    # In the samples' own unit; what has no weight is predicted by a fit that it has no part in anyway.
    fitted = coefficients @ z - coefficients @ moments.z_mean[features]
    y = moments.y[:, output]
    return LeftOut(float(found.penalty[0]), y - (y - fitted) / found.room[0])


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
    return float(_best_penalty(moments, output, np.sort(features), least).penalty[0])


def _best_penalty(moments: Moments, output: int, features: NDArray[np.intp], least: float) -> Penalized:
    """The penalty that predicts best what is left out, and its fit."""
    along, squares, vectors = _principal(moments, features)
    return best_penalties(
        along,
        squares,
        vectors,
        (moments.root * moments.y[:, output])[None],
        (moments.weights / moments.total)[None],
        varies=np.array([moments.y_square[output] > 0.0]),
        least=least,
    )


def _principal(
    moments: Moments, features: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Samples along principal directions, as `principal` has them for a stack of one."""
    x = moments.centred(features)
    m, n = x.shape
    if m <= n:
        return principal(x[None], moments.gram_of(features)[None])
    squares, own = np.linalg.eigh(x.T @ x)
    kept = squares > squares[-1] * n * np.finfo(np.float64).eps
    squares, own = squares[kept], own[:, kept]
    root = np.sqrt(squares)
    return np.ascontiguousarray((own * root).T)[None], squares[None], (x @ (own / root))[None]


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
    return groups_of(alike(moments.gram_of(features)[None], threshold)[0])


def groups_of(together: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of features of which each varies together with another one of the group, as `inseparable` has them.

    Parameters
    ----------
    together : ndarray of bool, shape (m, m)
        Which features vary together.

    Returns
    -------
    list of list of int
    """
    if np.count_nonzero(together) <= len(together):
        return []  # each with itself
    groups: dict[int, list[int]] = {}
    for feature, first in enumerate(first_of_groups(together[None])[0].tolist()):
        groups.setdefault(first, []).append(feature)
    return [group for group in groups.values() if len(group) > 1]
