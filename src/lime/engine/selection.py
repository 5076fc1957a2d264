"""Feature selection: which interpretable features an explanation keeps, all from the weighted moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path, lars_path_gram

from lime.engine.moments import FULL_GRAM_AT_MOST, Moments
from lime.engine.quiet import without_warnings
from lime.engine.registry import SELECTION_METHODS, SELECTORS, find, registered
from lime.engine.ridge import ridge
from lime.engine.support import own_reach, pooled_errors, support_of

METHODS = SELECTION_METHODS
HIGHEST_WEIGHTS_ALPHA = 0.01
FORWARD_AT_MOST = 6
BASIS_AT_FIRST = 64
SAMPLES_A_FEATURE = 2
"""Fewest samples a feature at which a joint fit ranks better than each feature on its own."""


def check_method(method: Any) -> Any:
    """Return `method` if it is the name of a selection method, or a function.

    Parameters
    ----------
    method : str or callable
        What was given.

    Returns
    -------
    str or callable
        The same.

    Raises
    ------
    ValueError
        If it is not; the message lists the names.
    """
    known = (*METHODS, *registered(SELECTORS))
    if not callable(method) and method not in known:
        names = ", ".join(map(repr, known))
        raise ValueError(f"feature_selection={method!r} is unknown: expected one of {names}, or a function")
    return method


def own_selector(method: Any) -> Callable[..., Any] | None:
    """The selector of a user's own that is meant, by name or itself; None where it is one of ours.

    Parameters
    ----------
    method : str or callable
        See `lime.register_selector`.

    Returns
    -------
    callable or None
    """
    return find(SELECTORS, method) if isinstance(method, str) else method


def _own_choice(chosen: Any, num_features: int, d: int) -> NDArray[np.intp]:
    """What a user's selector chose, refused where these are no features."""
    ids = np.asarray(chosen)
    are_ids = ids.ndim == 1 and (ids.dtype.kind in "iu" or not ids.size)
    if (
        not are_ids
        or len(ids) > num_features
        or len(np.unique(ids)) < len(ids)
        or (ids.size and not (ids.min() >= 0 and ids.max() < d))
    ):
        raise ValueError(
            f"feature_selection returned {chosen!r}: expected at most {num_features} different ids from 0 to {d - 1}"
        )
    return ids.astype(np.intp)


def select(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    method: Any,
    *,
    penalty: float = 1.0,
    uncorrelated: bool = False,
    cautious: bool = False,
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
    method : str or callable
        One of `METHODS`, or a user's own. ``'auto'`` is forward selection up to six features and the highest
        weights above.
    penalty : float
        Factor on the ridge penalty of ``'highest_weights'``.
    uncorrelated : bool
        Whether the design draws the features independently of each other, so that many of them, or few samples,
        call for `screened_weights` in place of `highest_weights`.
    cautious : bool
        Whether a feature with few samples on one side is ranked by what is left of its weight when its error is taken
        off. Such weights come out large by chance; with more samples nothing is taken off.

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
    num_features = min(num_features, moments.d)
    own = own_selector(method)
    if own is not None:
        return _own_choice(own(moments, output, instance, num_features), num_features, moments.d)
    if method == "none":
        return np.arange(moments.d)
    if is_forward(method, num_features):
        return forward_selection(moments, output, num_features)
    if method == "lasso_path":
        return lasso_path(moments, output, num_features)
    alpha = HIGHEST_WEIGHTS_ALPHA * penalty
    if uncorrelated and (moments.d > FULL_GRAM_AT_MOST or moments.n < SAMPLES_A_FEATURE * moments.d):
        return screened_weights(moments, output, instance, num_features, alpha, cautious=cautious)
    return highest_weights(moments, output, instance, num_features, alpha, cautious=cautious)


def is_forward(method: Any, num_features: int) -> bool:
    """Whether a method selects features one after the other.

    Parameters
    ----------
    method : str or callable
        See `select`.
    num_features : int
        How many to keep at most.

    Returns
    -------
    bool
    """
    if not isinstance(method, str):
        return False
    return method == "forward_selection" or (method == "auto" and num_features <= FORWARD_AT_MOST)


def needed_weights(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    method: Any,
    *,
    chosen: NDArray[np.intp],
    coefficients: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How large the weight of each chosen feature must be for it to be chosen, the others being what they are.

    It goes by what a fit on the chosen features leaves of the others, each on its own.

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
        How they were selected, cautiously; see `select`.
    chosen : ndarray of int, shape (m,)
        What it gave.
    coefficients : ndarray of float, shape (m,)
        Of the fit on the chosen features.

    Returns
    -------
    ndarray of float, shape (m,)
        0 where nothing was left out.
    """
    rest = np.setdiff1d(np.arange(moments.d), chosen)
    rest = rest[moments.diagonal[rest] > 0.0]
    if method == "none" or not len(rest):
        return np.zeros(len(chosen))
    left, diagonal = moments.cross[:, output].copy(), moments.diagonal
    for feature, coefficient in zip(chosen.tolist(), coefficients, strict=True):
        left -= coefficient * moments.column(feature)
    tiny = np.finfo(np.float64).tiny
    own = np.maximum(diagonal[chosen], tiny)
    needed: NDArray[np.float64]
    if is_forward(method, num_features):
        needed = np.sqrt((np.square(left[rest]) / diagonal[rest]).max() / own)
        return needed
    if method == "lasso_path":
        needed = np.abs(left[rest]).max() / own
        return needed
    weights = np.zeros(moments.d)
    np.divide(left, diagonal, out=weights, where=diagonal > 0.0)
    unexplained = float(moments.y_square[output] - coefficients @ moments.cross[chosen, output])
    unsure = _times(_unsure(moments, np.arange(moments.d), diagonal, unexplained), instance)
    taken = np.zeros(moments.d) if unsure is None else unsure
    strongest = (np.abs(weights * instance) - taken)[rest].max()
    needed = np.maximum(strongest + taken[chosen], 0.0) / np.maximum(np.abs(instance[chosen]), tiny)
    return needed


def forward_selection(moments: Moments, output: int, num_features: int) -> NDArray[np.intp]:
    """Greedy selection: each step adds the feature that raises the weighted R² of least squares the most.

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
    return pick_forward(moments.cross[:, output], moments.diagonal, moments.column, num_features)


def pick_forward(
    cross: NDArray[np.float64],
    diagonal: NDArray[np.float64],
    column: Callable[[int], NDArray[np.float64]],
    num_features: int,
) -> NDArray[np.intp]:
    """The same from the moments of d features.

    Parameters
    ----------
    cross, diagonal : ndarray of float, shape (d,)
        Their moments with the output, and their sums of squares.
    column : callable
        Gives a column of their Gram matrix.
    num_features : int
        How many to keep, at most d.

    Returns
    -------
    ndarray of int, shape (num_features,)
    """
    cross, remaining, floor, d = cross.copy(), diagonal.copy(), 1e-10 * diagonal, len(diagonal)
    # It grows with the steps that it is needed for, at most one a sample: past these all that is left is rounding.
    basis = np.zeros((d, min(num_features, BASIS_AT_FIRST)))
    chosen: list[int] = []
    free = np.ones(d, dtype=bool)
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
        direction = (column(best) - basis[:, :step] @ basis[best, :step]) / root
        basis[:, step] = direction
        cross -= direction * (cross[best] / root)
        remaining -= np.square(direction)
        step += 1
    return np.asarray(chosen, dtype=np.intp)


def highest_weights(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    alpha: float,
    *,
    cautious: bool = False,
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
    cautious : bool
        See `select`.

    Returns
    -------
    ndarray of int, shape (num_features,)
        Largest first.
    """
    coefficients, cross, diagonal = moments.approximate_ridge(output, alpha)
    unsure = None
    if cautious:
        left = _left_by(moments.y_square[output], cross, coefficients, alpha)
        unsure = _unsure(moments, np.arange(moments.d), diagonal, left)
    return largest(coefficients * instance, num_features, _times(unsure, instance))


def _unsure(
    moments: Moments, features: NDArray[np.intp], diagonal: NDArray[np.float64], left: float
) -> NDArray[np.float64] | None:
    """What the errors of weights take off them where features have few samples on one side, shape (m,); None if none.

    `diagonal` (m,) are the features' weighted sums of squares, `left` is the output's after the fit.
    """
    support = support_of(moments, features, diagonal)
    if support is None:
        return None
    pooled = pooled_errors(support, max(left, 0.0) / moments.total, diagonal)
    found: NDArray[np.float64] = support.doubts * own_reach(support.counts, np.inf) * pooled
    found[support.counts <= 0.0] = np.inf
    return found


def _left_by(square: float, cross: NDArray[np.float64], coefficients: NDArray[np.float64], alpha: float) -> float:
    """The weighted sum of squares of an output that a ridge fit leaves, from its normal equations."""
    return float(square - coefficients @ (cross + alpha * coefficients))


def _times(unsure: NDArray[np.float64] | None, instance: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if unsure is None else np.where(np.isinf(unsure), unsure, unsure * np.abs(instance))


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
    # Features that move together are dropped from the path; that is what is wanted of it.
    with without_warnings(ConvergenceWarning):
        cross = moments.cross[varying, output].copy()
        if moments.goes_by_samples(len(varying)):
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
    moments: Moments, output: int, instance: NDArray[np.float64], num_features: int, *, cautious: bool = False
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
    cautious : bool
        See `select`.

    Returns
    -------
    ndarray of int, shape (num_features,)
        Largest first.
    """
    coefficients, unsure, cross = np.zeros(moments.d), None, moments.cross[:, output]
    np.divide(cross, moments.diagonal, out=coefficients, where=moments.diagonal > 0)
    if cautious:
        unsure = _unsure(moments, np.arange(moments.d), moments.diagonal, float(moments.y_square[output]))
    return largest(coefficients * instance, num_features, _times(unsure, instance))


def screened_weights(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    alpha: float,
    *,
    cautious: bool = False,
) -> NDArray[np.intp]:
    """`highest_weights` among the features that come first in `marginal_weights`.

    Right where the design draws the features independently of each other: the limit is the same, and with few
    samples a feature a joint fit of all would follow the noise (Fan & Lv 2008, sure independence screening).

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
    cautious : bool
        See `select`.

    Returns
    -------
    ndarray of int, shape (num_features,)
        Largest first.
    """
    screened = marginal_weights(moments, output, instance, max(FULL_GRAM_AT_MOST, 4 * num_features), cautious=cautious)
    if moments.n < SAMPLES_A_FEATURE * len(screened):
        return screened[:num_features]
    gram, cross, unsure = moments.gram_of(screened), moments.cross[screened, output], None
    coefficients = ridge(gram, cross, alpha)
    if cautious:
        left = _left_by(moments.y_square[output], cross, coefficients, alpha)
        unsure = _unsure(moments, screened, gram.diagonal(), left)
    return screened[largest(coefficients * instance[screened], num_features, _times(unsure, instance[screened]))]


def largest(values: NDArray[np.float64], count: int, unsure: NDArray[np.float64] | None = None) -> NDArray[np.intp]:
    """Positions of the largest absolute values, largest first, ties in their order.

    Parameters
    ----------
    values : ndarray of float, shape (d,)
        In any unit.
    count : int
        How many of them.
    unsure : ndarray of float, shape (d,), optional
        What to take off each absolute value first.

    Returns
    -------
    ndarray of int, shape (min(count, d),)
    """
    below = -np.abs(values) if unsure is None else unsure - np.abs(values)
    return np.argsort(below, kind="stable")[:count]
