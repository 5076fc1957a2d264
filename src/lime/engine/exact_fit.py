"""From exact weights of all features to an explanation: which features stay, the intercept, the fit.

The features are uncorrelated under the distribution, so that a fit on some of them has the weights of the fit on all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lime.engine.measures import Expectations, Held
from lime.engine.registry import Selector
from lime.engine.selection import FORWARD_AT_MOST, METHODS
from lime.engine.trees import Unreadable

Floats = NDArray[np.float64]

FEATURES_AT_ONCE = 64
"""Features whose values in the samples are held at once."""


class Exact(Protocol):
    """Something of which exact weights are known."""

    def expectations(self, codes: NDArray[np.intp], numbers: Floats, kernel_width: float) -> Expectations:
        """Weights and means of rows."""


class ExactPairs(Exact, Protocol):
    """Something of which exact weights are known among some samples too."""

    def expectations(
        self, codes: NDArray[np.intp], numbers: Floats, kernel_width: float, held: Held | None = None
    ) -> Expectations:
        """Weights and means of rows."""


def added(parts: Sequence[Exact], codes: NDArray[np.intp], numbers: Floats, kernel_width: float) -> Expectations:
    """Weights and means of the sum of some functions."""
    first, *rest = (part.expectations(codes, numbers, kernel_width) for part in parts)
    for other in rest:
        first.weights[:] += other.weights
        first.mean[:] += other.mean
    return first


def pair_sizes(
    parts: Sequence[ExactPairs],
    codes: NDArray[np.intp],
    numbers: Floats,
    kernel_width: float,
    features: NDArray[np.intp],
) -> Floats:
    """Weights of the products of features of one row, shape (m, m, k): by how much one moves the weight of another.

    Parameters
    ----------
    parts : sequence of ExactPairs
    codes, numbers : ndarray, shape (1, d)
    kernel_width : float
    features : ndarray of int, shape (m,)
        Columns in bins or categories.
    """
    rows = []
    for feature in features.tolist():
        agreeing, other = (
            np.sum([part.expectations(codes, numbers, kernel_width, (feature, agrees)).weights[0] for part in parts], 0)
            for agrees in (True, False)
        )
        rows.append((agreeing - other)[features])
    return np.stack(rows)


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
    weights: Floats, variance: Floats, instance: Floats, num_features: int, method: str | Selector
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
    method : str or callable
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


@dataclass(frozen=True)
class Fits:
    """Fits of n rows to one output, on m features each.

    Attributes
    ----------
    features : ndarray of int, shape (n, m)
    coefficients : ndarray of float, shape (n, m)
    intercept, local_prediction, score : ndarray of float, shape (n,)
    contributions : ndarray of float, shape (n, m)
        What each feature adds to the value at the means of all features, which is `baseline`, shape (n,).
    """

    features: NDArray[np.intp]
    coefficients: Floats
    intercept: Floats
    local_prediction: Floats
    score: Floats
    contributions: Floats
    baseline: Floats


def fit_features(found: Expectations, output: int, features: NDArray[np.intp], instance: Floats, left: Floats) -> Fits:
    """Fits of rows to one output, row by row with the same digits whatever rows come together.

    Parameters
    ----------
    found : Expectations
    output : int
    features : ndarray of int, shape (n, m)
        The features that are kept.
    instance : ndarray of float, shape (n, d)
        The rows' own interpretable features.
    left : ndarray of float, shape (n,)
        What `left_over` gave.
    """
    weights = found.weights[:, :, output]
    parts = np.square(weights) * found.z_variance
    kept, center, own, part = (
        np.take_along_axis(one, features, axis=1) for one in (weights, found.z_mean, instance, parts)
    )
    intercept = found.mean[:, output] - _total(kept * center)
    total = _total(parts) + left
    score = np.where(total > 0.0, _total(part) / np.where(total > 0.0, total, 1.0), 1.0)
    local, added_up = intercept + _total(kept * own), kept * (own - center)
    return Fits(features, kept, intercept, local, score, added_up, local - _total(added_up))


def left_over(
    found: Expectations,
    output: int,
    z: Callable[[int], NDArray[Any]],
    predictions: Floats,
    sample_weights: Floats,
) -> Floats:
    """Mean square of what a linear fit on all features misses, shape (n,).

    Parameters
    ----------
    found : Expectations
        Of n rows.
    output : int
    z : callable
        From the number of a feature to its values in the samples, shape (n, s).
    predictions : ndarray of float, shape (s,)
        The model's predictions for the samples.
    sample_weights : ndarray of float, shape (n, s)
        The kernel's.
    """
    weights = np.ascontiguousarray(found.weights[:, :, output])
    start = found.mean[:, output] - _total(weights * found.z_mean)
    residuals = predictions - start[:, None]
    # Parts of a fixed size, and products row by row: a row has the same digits in any company.
    for first in range(0, weights.shape[1], FEATURES_AT_ONCE):
        features = range(first, min(first + FEATURES_AT_ONCE, weights.shape[1]))
        part = np.empty((len(residuals), len(features), len(predictions)))
        for place, feature in enumerate(features):
            part[:, place] = z(feature)
        some = np.ascontiguousarray(weights[:, None, features.start : features.stop])
        residuals -= np.matmul(some, part)[:, 0]
    np.square(residuals, out=residuals)
    residuals *= sample_weights
    result: Floats = _total(residuals) / _total(sample_weights)
    return result


def _total(values: Floats) -> Floats:
    result: Floats = np.add.reduce(np.ascontiguousarray(values), axis=1)
    return result
