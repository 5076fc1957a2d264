"""A surrogate that is held to the model's prediction at the instance, so that contributions add up to it.

The weighted fit of y - f(x) on z - z(x) without an intercept is the plane through the instance that comes nearest to
the samples. It gives away the freedom of one number. Baseline and contributions then make the model's own prediction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine import stacked
from lime.engine.stacked import Through, fits_through
from lime.engine.standard_errors import MANY_REPLICATES, clustered_errors, moderated_errors
from lime.engine.surrogate import ALPHA, Surrogate


@dataclass(frozen=True)
class WeightedSamples:
    """A neighbourhood with one output of the model.

    Attributes
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features.
    y : ndarray of float, shape (n,)
        The model's predictions.
    weights : ndarray of float, shape (n,)
        What each sample counts.
    replicates : ndarray of int, shape (n,) or (n, 2), or None
        Independent replicates of the design, in order, or the two that each sample was made from; None where all
        samples are independent.
    """

    z: NDArray[np.bool_] | NDArray[np.float64]
    y: NDArray[np.float64]
    weights: NDArray[np.float64]
    replicates: NDArray[np.intp] | None = None


def fit_through(
    samples: WeightedSamples,
    features: NDArray[np.intp],
    instance: NDArray[np.float64],
    prediction: float,
    *,
    alpha: float = ALPHA,
) -> Surrogate:
    """Fit a ridge surrogate through the model's prediction for the instance.

    With u = z - z(x), v = y - f(x) and weights W: b = (u'Wu + alpha I)^-1 u'Wv; the intercept is f(x) - z(x)'b.

    Parameters
    ----------
    samples : WeightedSamples
    features : ndarray of int, shape (m,)
        The selected features.
    instance : ndarray of float, shape (d,)
        The instance's interpretable features.
    prediction : float
        The model's prediction for the instance, f(x).
    alpha : float
        Penalty on the squared coefficients.

    Returns
    -------
    Surrogate
        Its `prediction` is `prediction`. Standard errors are HC3's, or those between replicates.
    """
    at = instance[features]
    root = np.sqrt(samples.weights)
    plain = np.take(samples.z.T, features, axis=0).astype(np.float64, copy=False)  # (m, n)
    moved = (plain - at[:, None]) * root
    change = (samples.y - prediction) * root
    fits = fits_through(moved[None], change[None], np.array([alpha]))
    coefficients, residuals, left_out = fits.coefficients[0], fits.residuals[0], fits.left_out[0]
    found, degrees = _errors(fits, samples.replicates)
    total = _spread(samples)
    return Surrogate(
        features=features,
        coefficients=coefficients,
        intercept=float(prediction - at @ coefficients),
        score=1.0 if total == 0.0 else 1.0 - float(residuals @ residuals) / total,
        held_out_score=1.0 if total == 0.0 else 1.0 - float(left_out @ left_out) / total,
        prediction=float(prediction),
        standard_errors=found,
        degrees=degrees,
        means=_means(plain, samples.weights),
    )


def left_out_through(
    samples: WeightedSamples,
    features: NDArray[np.intp],
    instance: NDArray[np.float64],
    prediction: float,
    *,
    alpha: float = ALPHA,
) -> NDArray[np.float64]:
    """The value at each sample of the fit through the instance to all other samples.

    Parameters
    ----------
    samples : WeightedSamples
    features : ndarray of int, shape (m,)
        Those in the fit.
    instance : ndarray of float, shape (d,)
        The instance's interpretable features.
    prediction : float
        The model's prediction for the instance.
    alpha : float
        Penalty on the squared coefficients.

    Returns
    -------
    ndarray of float, shape (n,)
        With residuals r of the fit to all, and the leverage h of each sample, ``y - r / (1 - h)``.
    """
    features = np.sort(features)  # in one order, so that whoever asks again in another one gets the same digits
    plain = np.take(samples.z.T, features, axis=0).astype(np.float64, copy=False)
    moved = plain - instance[features][:, None]
    given = moved[None], samples.weights[None], samples.y[None], np.array([prediction]), np.array([alpha])
    result: NDArray[np.float64] = stacked.left_out_through(*given)[0]
    return result


def contributions_to(
    coefficients: NDArray[np.float64],
    instance: NDArray[np.float64],
    baseline: NDArray[np.float64],
    prediction: float,
) -> tuple[float, NDArray[np.float64]]:
    """Split a prediction into what a baseline has, and what each feature of the instance adds.

    Parameters
    ----------
    coefficients : ndarray of float, shape (m,)
        Of a surrogate.
    instance, baseline : ndarray of float, shape (m,)
        Interpretable features of the instance, and of what it is compared with: a neighbourhood's means, or another
        row's.
    prediction : float
        The surrogate's value at the instance.

    Returns
    -------
    baseline_value : float
        The surrogate's value at the baseline.
    contributions : ndarray of float, shape (m,)
        ``coefficients * (instance - baseline)``. With `baseline_value` they sum to `prediction`, to rounding.
    """
    contributions = coefficients * (instance - baseline)
    return float(prediction - contributions.sum()), contributions


def means_of(samples: WeightedSamples, features: NDArray[np.intp]) -> NDArray[np.float64]:
    """Weighted means of some interpretable features, shape (m,); 0 where nothing counts."""
    return _means(np.take(samples.z.T, features, axis=0).astype(np.float64, copy=False), samples.weights)


def _means(z: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted means of interpretable features (m, n), shape (m,); 0 where nothing counts."""
    total = float(weights.sum())
    if total == 0.0:
        return np.zeros(len(z))
    result: NDArray[np.float64] = z @ weights / total
    return result


def _errors(fits: Through, replicates: NDArray[np.intp] | None) -> tuple[NDArray[np.float64], float]:
    """Standard errors and their degrees of freedom."""
    independent, (m, n) = fits.errors()[0], fits.directions.shape[1:]
    if replicates is None:
        return independent, float(max(1, n - m))
    clustered, degrees = clustered_errors(fits.directions[0].T, fits.residuals[0], replicates)
    if degrees >= MANY_REPLICATES:
        return clustered, float(degrees)
    return moderated_errors(clustered, independent, degrees)


def _spread(samples: WeightedSamples) -> float:
    """Weighted sum of squares of the predictions about their mean; exactly 0 where all are alike."""
    counted = samples.y[samples.weights > 0]
    if not len(counted) or (counted == counted[0]).all():
        return 0.0
    mean = float(samples.weights @ samples.y / samples.weights.sum())
    return float(samples.weights @ np.square(samples.y - mean))
