"""The choices between features that a selection rests on, and how certain each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments
from lime.engine.selection import is_forward


@dataclass(frozen=True)
class Contest:
    """A choice between two features that a selection rests on.

    Attributes
    ----------
    chosen, other : int
        A feature that is kept, and the strongest rival among those that are not.
    gap : float
        By how much the first comes before the second, in the unit in which the selection ranks.
    error : float
        Standard error of the gap.
    """

    chosen: int
    other: int
    gap: float
    error: float


def find_contests(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    method: Any,
    *,
    chosen: NDArray[np.intp],
    weights: NDArray[np.float64],
    errors: NDArray[np.float64],
) -> list[Contest]:
    """The choices that a selection rests on, none where every feature was kept.

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    num_features : int
        How many were kept at most.
    method : str
        How they were selected; see `select`.
    chosen : ndarray of int, shape (m,)
        What it gave.
    weights, errors : ndarray of float, shape (d,)
        Weights of all features in one fit, and their standard errors.

    Returns
    -------
    list of Contest
    """
    if len(chosen) == moments.d:
        return []
    if is_forward(method, num_features):
        every = np.arange(moments.d)
        if moments.has_few_samples:
            return forward_contests(moments.centred_rows(every), chosen, weights, errors, by_samples=True)
        return forward_contests(moments.gram_of(every), chosen, weights, errors)
    # The lasso keeps what explains much, which grows with a feature's deviation; the highest weights what adds much.
    unit = np.sqrt(moments.diagonal / moments.total) if method == "lasso_path" else np.asarray(instance, float)
    known = np.isfinite(errors)
    sizes = np.where(known, np.where(known, errors, 0.0) * np.abs(unit), np.inf)
    return [weight_contest(weights * unit, sizes, chosen)]


def weight_contest(weights: NDArray[np.float64], errors: NDArray[np.float64], chosen: NDArray[np.intp]) -> Contest:
    """Pit the smallest of the weights that are kept against the largest of the others.

    Parameters
    ----------
    weights, errors : ndarray of float, shape (d,)
        Weights of all features in one fit, and their standard errors.
    chosen : ndarray of int, shape (m,)
        The features that are kept, fewer than d.

    Returns
    -------
    Contest
        The errors of the two are taken as uncorrelated.
    """
    rest = np.setdiff1d(np.arange(len(weights)), chosen)
    weakest = int(chosen[np.argmin(np.abs(weights[chosen]))])
    strongest = int(rest[np.argmax(np.abs(weights[rest]))])
    gap = float(abs(weights[weakest]) - abs(weights[strongest]))
    return Contest(weakest, strongest, gap, float(np.hypot(errors[weakest], errors[strongest])))


def forward_contests(
    gram: NDArray[np.float64],
    chosen: NDArray[np.intp],
    weights: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    by_samples: bool = False,
) -> list[Contest]:
    """Each step of a forward selection, against the strongest of the features that it never takes.

    A step goes by the gain ``r_j^2 / P_jj`` with ``r = P c``, where P is the Gram matrix of what the features taken
    so far leave of the others and c the weights of all features in one fit: its root is linear in c, so that its
    error follows from theirs (taken as uncorrelated).

    Parameters
    ----------
    gram : ndarray of float, shape (d, d)
        Weighted Gram matrix of the centred features.
    chosen : ndarray of int, shape (m,)
        In the order in which they were taken.
    weights, errors : ndarray of float, shape (d,)
        Weights of all features in one fit, and their standard errors.
    by_samples : bool
        Whether `gram` holds a root of that matrix instead: the centred samples (n, d) times the roots of their weights.

    Returns
    -------
    list of Contest
        In the order of the steps, fewer where what is left does not vary.
    """
    rest = np.setdiff1d(np.arange(len(weights)), chosen)
    left = np.array(gram)
    errors = np.where(np.isfinite(errors), errors, 0.0)  # a feature in which all samples are alike pulls at nothing

    def times(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = left.T @ (left @ vector) if by_samples else left @ vector
        return result

    def squares() -> NDArray[np.float64]:
        return np.einsum("ij,ij->j", left, left) if by_samples else left.diagonal().copy()

    def row(feature: int) -> NDArray[np.float64]:
        return left.T @ left[:, feature] if by_samples else left[feature].copy()

    floor = 1e-10 * squares()
    found: list[Contest] = []
    for best in chosen:
        remaining = squares()
        usable = remaining > floor
        if not usable[best]:
            break  # what is left does not vary: the order from here on is that of the columns
        root = np.sqrt(remaining, where=usable, out=np.ones_like(remaining))
        pull = np.where(usable, times(weights) / root, 0.0)
        other = int(rest[np.argmax(np.abs(pull[rest]))])
        own, others = row(best), row(other)
        direction = np.sign(pull[best]) * own / root[best] - np.sign(pull[other]) * others / root[other]
        gap = float(abs(pull[best]) - abs(pull[other]))
        found.append(Contest(int(best), other, gap, float(np.sqrt(np.square(direction) @ np.square(errors)))))
        left -= np.outer(left[:, best].copy(), own / remaining[best])
    return found
