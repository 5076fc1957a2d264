"""Proximity: distances of samples from the instance, and the kernel that turns them into weights."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import PAIRWISE_BOOLEAN_FUNCTIONS

from lime.engine.inspection import raised_in
from lime.engine.warn import warn_user

BOOLEAN_METRICS = frozenset(PAIRWISE_BOOLEAN_FUNCTIONS)

SMALLEST = 1e-150
"""Least weight that the nearest sample must have: squares of smaller ones are no numbers any more."""

LARGEST = 1e150
"""Largest weight: squares of larger ones are infinite."""

SMALLEST_WIDTH = 1e-100
"""Width from which on its square, and the inverse of that, are numbers of full precision."""

Kernel = Callable[..., ArrayLike]


def exponential_kernel(d: NDArray[np.float64], kernel_width: float) -> NDArray[np.float64]:
    """Weight ``sqrt(exp(-d^2 / kernel_width^2))`` of a sample at distance `d` (Ribeiro et al. 2016).

    Parameters
    ----------
    d : ndarray of float, shape (n,)
        Distances from the instance.
    kernel_width : float
        Width in the unit of `d`; at one width the weight is exp(-1/2).

    Returns
    -------
    ndarray of float, shape (n,)
        Weights in (0, 1].
    """
    width = float(kernel_width)
    if SMALLEST_WIDTH <= width <= 1.0 / SMALLEST_WIDTH:
        exponent: NDArray[np.float64] = np.square(d)
        exponent *= -0.5 / width**2
        return np.exp(exponent)
    # The square of such a width is no number; that of the ratio may be infinite, and the weight is 0 then.
    with np.errstate(over="ignore"):
        return np.exp(-0.5 * np.square(np.asarray(d, dtype=np.float64) / width))


def kernel_weights(kernel_fn: Callable[[Any], ArrayLike], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Call a kernel for the weights of samples, and refuse weights that no fit can use.

    Parameters
    ----------
    kernel_fn : callable
        Turns distances, shape (n,), into weights, shape (n,).
    distances : ndarray of float, shape (n,)
        Of the samples from the instance.

    Returns
    -------
    ndarray of float, shape (n,)
        At least 0.

    Raises
    ------
    ValueError
        If the kernel's answer has another shape than `distances`, is negative, not finite, above `LARGEST`, or below
        `SMALLEST` for every sample.
    """
    weights = ask_kernel(kernel_fn, distances)
    if weights.shape != distances.shape:
        raise ValueError(
            f"kernel returned weights of shape {weights.shape} for distances of shape {distances.shape}; "
            "expected one weight for each distance"
        )
    most = weights.max(initial=0.0)
    if not (weights.min(initial=0.0) >= 0.0 and most < np.inf):  # neither is true of NaN
        raise ValueError("kernel returned negative or non-finite weights; expected numbers >= 0")
    if most > LARGEST:
        raise ValueError(f"kernel returned weights up to {most:.3g}; expected at most {LARGEST:g}: divide them by that")
    if most < SMALLEST:
        raise ValueError(
            "kernel gave weight 0, or nearly 0, to every sample of the neighbourhood; expected a kernel_width that is "
            f"not far below the distances, whose median is {float(np.median(distances)):.3g}"
        )
    return weights


def ask_kernel(kernel_fn: Callable[[Any], ArrayLike | None], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights as a kernel gives them; it may change the distances that it is handed, which are a copy.

    Parameters
    ----------
    kernel_fn : callable
        Turns distances, shape (n,), into weights. Where it gives None, all samples count alike, as in lime 0.2.0.1.
    distances : ndarray of float, shape (n,)
        Of the samples from the instance.

    Returns
    -------
    ndarray of float
        Of the kernel's shape, unchecked.
    """
    distances = np.asarray(distances)
    with raised_in("kernel", "kernel(distances, kernel_width)", f"weights of shape {distances.shape}"):
        weights = kernel_fn(distances.copy())
    if weights is None:
        warn_user("kernel returned None: all samples weigh the same; expected weights")
        return np.ones(distances.shape)
    return np.asarray(weights, dtype=np.float64)


def weights_of_squares(kernel_fn: Callable[[Any], ArrayLike], steps: NDArray[Any], d: int) -> NDArray[np.float64]:
    """Weights of samples at Euclidean distances that are roots of whole numbers, from one weight for each such number.

    Parameters
    ----------
    kernel_fn : callable
        ``kernel_fn(distances)`` -> weights; our own is asked about d + 1 distances, any other about all of them, since
        it may look at these together.
    steps : ndarray of int, shape (n,) or (s, n)
        Squared distances, from 0 to d; or those of several instances' samples.
    d : int
        Number of features.

    Returns
    -------
    ndarray of float, of the shape of `steps`

    Raises
    ------
    ValueError
        As `kernel_weights`.
    """
    if isinstance(kernel_fn, partial) and kernel_fn.func is exponential_kernel and not kernel_fn.args:
        weights = _weights_by_square(d, float(kernel_fn.keywords["kernel_width"]))
        if weights[steps.min(axis=-1).max()] >= SMALLEST:  # it falls with the distance
            return weights.take(steps)
    if steps.ndim > 1:
        return np.stack([weights_of_squares(kernel_fn, one, d) for one in steps])
    return kernel_weights(kernel_fn, np.sqrt(steps, dtype=np.float64))


@lru_cache(maxsize=64)
def _weights_by_square(d: int, kernel_width: float) -> NDArray[np.float64]:
    """Weights at the distances sqrt(0) .. sqrt(d), shape (d + 1,)."""
    result = exponential_kernel(np.sqrt(np.arange(d + 1.0)), kernel_width)
    result.flags.writeable = False
    return result


def disagreements(z: NDArray[np.bool_]) -> NDArray[Any]:
    """How many features of each sample differ from the instance's.

    Parameters
    ----------
    z : ndarray of bool, shape (n, d)
        Whether a sample agrees with the instance in each feature.

    Returns
    -------
    ndarray of int, shape (n,)
        Squared Euclidean distances from the instance.
    """
    result: NDArray[Any] = z.shape[1] - _ones(z)
    return result


def distances_to(
    z: NDArray[Any], instance: NDArray[np.float64], metric: str | Callable[..., float]
) -> NDArray[np.float64]:
    """Distance of every sample from the instance.

    Parameters
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features of the samples. Where they are bools, the Euclidean distance takes the
        instance's to be all 1.
    instance : ndarray of float, shape (d,)
        Those of the instance.
    metric : str or callable
        Any metric that :func:`sklearn.metrics.pairwise_distances` knows.

    Returns
    -------
    ndarray of float, shape (n,)
        In the unit of the metric, at least 0.

    Raises
    ------
    ValueError
        If the metric is unknown, where the message lists what was expected, or gives negative numbers or NaN.
    """
    if metric == "euclidean":
        if z.dtype == np.bool_:
            # z is 1 where a sample agrees with the instance, whose own z is all ones: count what disagrees.
            return np.asarray(np.sqrt(disagreements(z), dtype=np.float64))
        # The difference is formed before squaring: the expanded square loses half the digits nearby.
        gap = z - instance
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", gap, gap)), dtype=np.float64)
    binary = z.dtype == np.bool_ and isinstance(metric, str) and metric in BOOLEAN_METRICS
    dtype = np.bool_ if binary else np.float64
    own = raised_in("distance_metric", "distance_metric(one, other)", "a number") if callable(metric) else nullcontext()
    try:
        with own:
            result = pairwise_distances(z.astype(dtype), instance.reshape(1, -1).astype(dtype), metric=metric)
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"distance_metric={metric!r} is not usable: expected 'euclidean', another metric name of "
            f"sklearn.metrics.pairwise_distances, or a callable ({error})"
        ) from error
    distances: NDArray[np.float64] = np.asarray(result, dtype=np.float64).ravel()
    if not (distances >= 0).all():
        raise ValueError(f"distance_metric={metric!r} gave negative distances or NaN: expected numbers of at least 0")
    return distances


def _ones(z: NDArray[np.bool_]) -> NDArray[Any]:
    """How many entries of each row of `z` (n, d) are true, shape (n,)."""
    if z.flags.f_contiguous and z.shape[1] <= 255:
        return np.asarray(np.add.reduce(z.view(np.uint8), axis=1, dtype=np.uint8))
    # In single precision whole numbers are exact far beyond any number of columns, and a product is fast.
    return np.asarray(z.astype(np.float32) @ np.ones(z.shape[1], dtype=np.float32)).astype(np.int32)


def effective_share(weights: NDArray[np.float64]) -> float:
    """Effective share of the sample, ``(sum w)^2 / (n sum w^2)``, in (0, 1] (Kish 1965).

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        At least 0, and one of them above.

    Returns
    -------
    float
    """
    return float(effective_shares(weights[None])[0])


def effective_shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """`effective_share` of the samples of several instances.

    Parameters
    ----------
    weights : ndarray of float, shape (s, n)
        At least 0, and one of each row above.

    Returns
    -------
    ndarray of float, shape (s,)
    """
    total = weights.sum(axis=1)
    squares = np.matmul(weights[:, None, :], weights[:, :, None])[:, 0, 0]
    result: NDArray[np.float64] = total * total / (weights.shape[1] * squares)
    return result
