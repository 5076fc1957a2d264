"""Feature selection: which interpretable features an explanation keeps, all from the weighted moments."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path, lars_path_gram

from lime.engine.moments import WHOLE_AT_MOST, Moments
from lime.engine.ridge import ridge

METHODS = ("auto", "forward_selection", "lasso_path", "highest_weights", "none")
HIGHEST_WEIGHTS_ALPHA = 0.01
FORWARD_AT_MOST = 6
BASIS_AT_FIRST = 64
DRAWS_A_FEATURE = 2
"""Fewest draws a feature at which a joint fit ranks better than each feature on its own."""


def check_method(method: str) -> str:
    """Return `method` if it is the name of a selection method.

    Parameters
    ----------
    method : str
        What was given.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    ValueError
        If it is not; the message lists the names.
    """
    if method not in METHODS:
        raise ValueError(f"feature_selection={method!r} is unknown: expected one of {', '.join(map(repr, METHODS))}")
    return method


def select(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    method: str,
    penalty: float = 1.0,
    uncorrelated: bool = False,
) -> NDArray[np.intp]:
    """Ids of the features to keep for one model output.

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    num_features : int
        How many to keep at most; ``'none'`` ignores it.
    method : str
        One of `METHODS`; ``'auto'`` is forward selection up to six features and the highest weights above.
    penalty : float
        Factor on the ridge penalty of ``'highest_weights'``.
    uncorrelated : bool
        Whether the design draws the features independently of each other, so that many of them, or few draws,
        call for `screened_weights` in place of `highest_weights`.

    Returns
    -------
    ndarray of int, shape (m,)
        In the order in which they were chosen.

    Raises
    ------
    ValueError
        If the method is unknown.
    """
    check_method(method)
    if method == "none":
        return np.arange(moments.d)
    num_features = min(num_features, moments.d)
    if method == "auto":
        method = "forward_selection" if num_features <= FORWARD_AT_MOST else "highest_weights"
    if method == "forward_selection":
        return forward_selection(moments, output, num_features)
    if method == "lasso_path":
        return lasso_path(moments, output, num_features)
    alpha = HIGHEST_WEIGHTS_ALPHA * penalty
    if uncorrelated and (moments.d > WHOLE_AT_MOST or moments.n < DRAWS_A_FEATURE * moments.d):
        return screened_weights(moments, output, instance, num_features, alpha)
    return highest_weights(moments, output, instance, num_features, alpha)


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


def contests(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    method: str,
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
    if method == "forward_selection" or (method == "auto" and num_features <= FORWARD_AT_MOST):
        every = np.arange(moments.d)
        if moments.has_few_draws:
            return forward_contests(moments.centred_rows(every), chosen, weights, errors, by_draws=True)
        return forward_contests(moments.gram_of(every), chosen, weights, errors)
    # The lasso keeps what explains much, which grows with a feature's deviation; the highest weights what adds much.
    unit = np.sqrt(moments.diagonal / moments.total) if method == "lasso_path" else np.asarray(instance, float)
    return [weight_contest(weights * unit, errors * np.abs(unit), chosen)]


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
    by_draws: bool = False,
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
    by_draws : bool
        Whether `gram` holds a root of that matrix instead: the centred draws (n, d) times the roots of their weights.

    Returns
    -------
    list of Contest
        In the order of the steps, fewer where what is left does not vary.
    """
    rest = np.setdiff1d(np.arange(len(weights)), chosen)
    left = np.array(gram)

    def times(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = left.T @ (left @ vector) if by_draws else left @ vector
        return result

    def squares() -> NDArray[np.float64]:
        return np.einsum("ij,ij->j", left, left) if by_draws else left.diagonal().copy()

    def row(feature: int) -> NDArray[np.float64]:
        return left.T @ left[:, feature] if by_draws else left[feature].copy()

    floor = 1e-10 * squares()
    found: list[Contest] = []
    for best in chosen:
        spread = squares()
        usable = spread > floor
        if not usable[best]:
            break  # what is left does not vary: the order from here on is that of the columns
        root = np.sqrt(spread, where=usable, out=np.ones_like(spread))
        pull = np.where(usable, times(weights) / root, 0.0)
        other = int(rest[np.argmax(np.abs(pull[rest]))])
        own, others = row(best), row(other)
        direction = np.sign(pull[best]) * own / root[best] - np.sign(pull[other]) * others / root[other]
        gap = float(abs(pull[best]) - abs(pull[other]))
        found.append(Contest(int(best), other, gap, float(np.sqrt(np.square(direction) @ np.square(errors)))))
        left -= np.outer(left[:, best].copy(), own / spread[best])
    return found


def forward_selection(moments: Moments, output: int, num_features: int) -> NDArray[np.intp]:
    """Greedy selection: each step adds the feature that raises the weighted R^2 of least squares the most.

    One step is one column of the Gram matrix and a rank-one update of a partial Cholesky factor (the sweep of
    orthogonal least squares, Chen et al. 1989), where refitting every candidate would cost d fits.

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    num_features : int
        How many to keep, at most d.

    Returns
    -------
    ndarray of int, shape (num_features,)
        In the order in which they were chosen.
    """
    cross = moments.cross[:, output].copy()
    remaining = moments.diagonal.copy()
    floor = 1e-10 * moments.diagonal
    # It grows with the steps that it is needed for, at most one a draw: past these all that is left is rounding.
    basis = np.zeros((moments.d, min(num_features, BASIS_AT_FIRST)))
    chosen: list[int] = []
    free = np.ones(moments.d, dtype=bool)
    step = 0
    for _ in range(num_features):
        usable = free & (remaining > floor)
        gain = np.where(free, 0.0, -1.0)
        np.divide(np.square(cross), remaining, out=gain, where=usable)
        best = int(np.argmax(gain))
        chosen.append(best)
        free[best] = False
        if not usable[best]:
            continue
        if step == basis.shape[1]:
            basis = np.concatenate([basis, np.zeros_like(basis)], axis=1)
        root = np.sqrt(remaining[best])
        direction = (moments.column(best) - basis[:, :step] @ basis[best, :step]) / root
        basis[:, step] = direction
        cross -= direction * (cross[best] / root)
        remaining -= np.square(direction)
        step += 1
    return np.asarray(chosen, dtype=np.intp)


def highest_weights(
    moments: Moments, output: int, instance: NDArray[np.float64], num_features: int, alpha: float
) -> NDArray[np.intp]:
    """The features with the largest ``|coefficient * instance|`` in a ridge fit on all of them.

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    num_features : int
        How many to keep, at most d.
    alpha : float
        Ridge penalty, at least 0.

    Returns
    -------
    ndarray of int, shape (num_features,)
        Largest first.
    """
    return largest(moments.ridge(output, alpha) * instance, num_features)


def lasso_path(moments: Moments, output: int, num_features: int) -> NDArray[np.intp]:
    """The non-zero features at the last point of the lasso path that has at most `num_features` of them.

    The path is that of least angle regression (Efron, Hastie, Johnstone & Tibshirani 2004).

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    num_features : int
        How many to keep, at most d.

    Returns
    -------
    ndarray of int, shape (m,)
        Rising; none where no feature moves the output.
    """
    varying = np.flatnonzero(moments.diagonal > 0)
    if not varying.size or not moments.cross[varying, output].any():
        return np.empty(0, dtype=np.intp)
    with warnings.catch_warnings():
        # Features that move together are dropped from the path; that is what is wanted of it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        cross = moments.cross[varying, output].copy()
        if moments.goes_by_draws(len(varying)):
            rows, target = moments.centred_rows(varying), moments.root * moments.y[:, output]
            _, _, coefficients = lars_path(rows, target, Xy=cross, Gram=None, copy_X=False, method="lasso")
        else:
            gram = moments.gram_of(varying).copy()
            _, _, coefficients = lars_path_gram(Xy=cross, Gram=gram, n_samples=moments.n, method="lasso")
    nonzero = varying
    for point in range(coefficients.shape[1] - 1, 0, -1):
        nonzero = varying[np.flatnonzero(coefficients[:, point])]
        if len(nonzero) <= num_features:
            break
    return nonzero


def marginal_weights(
    moments: Moments, output: int, instance: NDArray[np.float64], num_features: int
) -> NDArray[np.intp]:
    """The features with the largest ``|coefficient * instance|`` where each is fitted on its own.

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    num_features : int
        How many to keep, at most d.

    Returns
    -------
    ndarray of int, shape (num_features,)
        Largest first.
    """
    coefficients = np.zeros(moments.d)
    np.divide(moments.cross[:, output], moments.diagonal, out=coefficients, where=moments.diagonal > 0)
    return largest(coefficients * instance, num_features)


def screened_weights(
    moments: Moments, output: int, instance: NDArray[np.float64], num_features: int, alpha: float
) -> NDArray[np.intp]:
    """`highest_weights` among the features that come first in `marginal_weights`.

    Right where the design draws the features independently of each other: the limit is the same, and with few
    draws a feature a joint fit of all would follow the noise (Fan & Lv 2008, sure independence screening).

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    num_features : int
        How many to keep, at most d.
    alpha : float
        Ridge penalty, at least 0.

    Returns
    -------
    ndarray of int, shape (num_features,)
        Largest first.
    """
    screened = marginal_weights(moments, output, instance, max(WHOLE_AT_MOST, 4 * num_features))
    if moments.n < DRAWS_A_FEATURE * len(screened):
        return screened[:num_features]
    coefficients = ridge(moments.gram_of(screened), moments.cross[screened, output], alpha)
    return screened[largest(coefficients * instance[screened], num_features)]


def largest(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Positions of the largest absolute values, largest first, ties in their order.

    Parameters
    ----------
    values : ndarray of float, shape (d,)
        In any unit.
    count : int
        How many of them.

    Returns
    -------
    ndarray of int, shape (min(count, d),)
    """
    return np.argsort(-np.abs(values), kind="stable")[:count]
