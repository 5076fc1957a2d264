"""From exact weights of all features to an explanation: which features stay, the intercept, the fit.

The features are uncorrelated under the law, so that a fit on some of them has the weights of the fit on all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lime.engine.exact_law import Expectations
from lime.engine.selection import FORWARD_AT_MOST, METHODS
from lime.engine.trees import Unreadable

Floats = NDArray[np.float64]


class Exact(Protocol):
    """Something of which exact weights are known."""

    def expectations(self, codes: NDArray[np.intp], numbers: Floats, kernel_width: float) -> Expectations:
        """Weights and means of rows."""


def added(parts: Sequence[Exact], codes: NDArray[np.intp], numbers: Floats, kernel_width: float) -> Expectations:
    """Weights and means of the sum of some functions."""
    first, *rest = (part.expectations(codes, numbers, kernel_width) for part in parts)
    for other in rest:
        first.weights[:] += other.weights
        first.mean[:] += other.mean
    return first


def check_selection(method: Any) -> None:
    """Refuse a selector of a user's own, which needs samples.

    Raises
    ------
    Unreadable
        If it is not one of ours.
    """
    if method not in METHODS:
        raise Unreadable("a feature_selection of your own looks at samples")


def chosen_features(
    weights: Floats, variance: Floats, instance: Floats, num_features: int, method: str
) -> NDArray[np.intp]:
    """Features to keep of n rows, in the order in which they are chosen, shape (n, m).

    Parameters
    ----------
    weights : ndarray of float, shape (n, d)
        Of one output.
    variance : ndarray of float, shape (n, d)
        Of the interpretable features.
    instance : ndarray of float, shape (n, d)
        The rows' own interpretable features.
    num_features : int
        Most features.
    method : str
        How to select.
    """
    n, d = weights.shape
    if method == "none":
        return np.tile(np.arange(d), (n, 1))
    if method == "auto":
        method = "forward_selection" if num_features <= FORWARD_AT_MOST else "highest_weights"
    if method == "forward_selection":
        rank = np.square(weights) * variance
    else:
        rank = np.abs(weights * instance) if method == "highest_weights" else np.abs(weights) * variance
    order: NDArray[np.intp] = np.argsort(-rank, axis=1, kind="stable")[:, : min(num_features, d)]
    return order


def r_squared(explained: float | Floats, full: float | Floats, left: float | Floats) -> Floats:
    """R^2 from exact variances and what samples say of the rest.

    Parameters
    ----------
    explained, full : float or ndarray of float, shape (n,)
        Variance of the output that the fit explains, and that a fit on all features does.
    left : float or ndarray of float, shape (n,)
        Mean square of what the fit on all features leaves, over samples with the kernel's weights.
    """
    total = np.asarray(full + left, dtype=np.float64)
    result: Floats = np.where(total > 0.0, explained / np.where(total > 0.0, total, 1.0), 1.0)
    return result
