"""Feature selection: which interpretable features an explanation keeps, all from the weighted moments."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path_gram

from lime.engine.moments import WHOLE_AT_MOST, Moments

METHODS = ("auto", "forward_selection", "lasso_path", "highest_weights", "none")
HIGHEST_WEIGHTS_ALPHA = 0.01
FORWARD_AT_MOST = 6


def check_method(method: str) -> str:
    """Return `method` if it is the name of a selection method.

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
        Whether the design draws the features independently of each other. With fewer than two draws a feature,
        ``'highest_weights'`` then takes each weight from its own feature alone: the limit is the same, and a
        joint fit would follow the noise (Fan & Lv 2008, sure independence screening).

    Returns
    -------
    ndarray of int, shape (m,)
        In the order in which they were chosen.
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
    if uncorrelated and moments.n < 2 * moments.d:
        return marginal_weights(moments, output, instance, num_features)
    alpha = HIGHEST_WEIGHTS_ALPHA * penalty
    # Two draws a feature that is drawn independently keep the system so well conditioned that single precision
    # ranks wide tables alike, at half the cost.
    single = uncorrelated and moments.d > WHOLE_AT_MOST
    return highest_weights(moments, output, instance, num_features, alpha, single)


def forward_selection(moments: Moments, output: int, num_features: int) -> NDArray[np.intp]:
    """Greedy selection: each step adds the feature that raises the weighted R^2 of least squares the most.

    One step is one column of the Gram matrix and a rank-one update of a partial Cholesky factor (the sweep of
    orthogonal least squares, Chen et al. 1989), where refitting every candidate would cost d fits.
    """
    cross = moments.cross[:, output].copy()
    remaining = moments.diagonal.copy()
    floor = 1e-10 * moments.diagonal
    basis = np.zeros((moments.d, num_features))
    chosen: list[int] = []
    free = np.ones(moments.d, dtype=bool)
    for step in range(num_features):
        usable = free & (remaining > floor)
        gain = np.where(free, 0.0, -1.0)
        np.divide(np.square(cross), remaining, out=gain, where=usable)
        best = int(np.argmax(gain))
        chosen.append(best)
        free[best] = False
        if not usable[best]:
            continue
        root = np.sqrt(remaining[best])
        direction = (moments.column(best) - basis[:, :step] @ basis[best, :step]) / root
        basis[:, step] = direction
        cross -= direction * (cross[best] / root)
        remaining -= np.square(direction)
    return np.asarray(chosen, dtype=np.intp)


def highest_weights(
    moments: Moments,
    output: int,
    instance: NDArray[np.float64],
    num_features: int,
    alpha: float,
    single_precision: bool = False,
) -> NDArray[np.intp]:
    """The features with the largest ``|coefficient * instance|`` in a ridge fit on all of them."""
    gram = moments.single_gram() if single_precision else moments.gram
    coefficients = ridge(gram, moments.cross[:, output].astype(gram.dtype), alpha)
    return largest(coefficients * instance, num_features)


def marginal_weights(
    moments: Moments, output: int, instance: NDArray[np.float64], num_features: int
) -> NDArray[np.intp]:
    """The features with the largest ``|coefficient * instance|`` where each is fitted on its own."""
    coefficients = np.zeros(moments.d)
    np.divide(moments.cross[:, output], moments.diagonal, out=coefficients, where=moments.diagonal > 0)
    return largest(coefficients * instance, num_features)


def lasso_path(moments: Moments, output: int, num_features: int) -> NDArray[np.intp]:
    """The non-zero features at the last point of the lasso path that has at most `num_features` of them."""
    varying = np.flatnonzero(moments.diagonal > 0)
    if not varying.size or not moments.cross[varying, output].any():
        return np.empty(0, dtype=np.intp)
    with warnings.catch_warnings():
        # Features that move together are dropped from the path; that is what is wanted of it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, _, coefficients = lars_path_gram(
            Xy=moments.cross[varying, output].copy(),
            Gram=moments.gram_of(varying).copy(),
            n_samples=moments.n,
            method="lasso",
        )
    nonzero = varying
    for point in range(coefficients.shape[1] - 1, 0, -1):
        nonzero = varying[np.flatnonzero(coefficients[:, point])]
        if len(nonzero) <= num_features:
            break
    return nonzero


def largest(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Positions of the `count` largest absolute values, largest first, ties in their order."""
    return np.argsort(-np.abs(values), kind="stable")[:count]


def ridge(gram: NDArray[Any], cross: NDArray[Any], alpha: float) -> NDArray[Any]:
    """Solve ``(gram + alpha I) b = cross``; without a penalty, the least-norm solution.

    Parameters
    ----------
    gram : ndarray of float, shape (m, m)
        Symmetric, positive semi-definite.
    cross : ndarray of float, shape (m,) or (m, k)
        Right-hand sides.
    alpha : float
        Penalty, at least 0.
    """
    if alpha <= 0.0:
        return np.asarray(np.linalg.lstsq(gram, cross, rcond=None)[0])
    system = gram.copy()
    system.flat[:: len(gram) + 1] += alpha
    return np.asarray(np.linalg.solve(system, cross))
