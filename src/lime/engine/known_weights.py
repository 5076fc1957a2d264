"""Weights of one instance that are known without samples, and the surrogate that they make on some of the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.exact_fit import chosen_features, r_squared
from lime.engine.exact_law import Expectations
from lime.engine.surrogate import Surrogate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class KnownWeights:
    """What is known of one instance.

    Attributes
    ----------
    expectations : Expectations
        Of one row.
    outputs : tuple of int
        Which of the model's outputs these are, in order.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    """

    expectations: Expectations
    outputs: tuple[int, ...]
    instance: Floats

    def select(self, label: int, num_features: int, method: Any) -> NDArray[np.intp]:
        """Ids of the features that are kept for one output."""
        found = self.expectations
        weights = found.weights[:, :, self.outputs.index(label)]
        chosen = chosen_features(weights, found.z_variance, self.instance[None], num_features, method=method)
        features: NDArray[np.intp] = chosen[0]
        return features

    def surrogate(
        self, label: int, features: NDArray[np.intp], z: NDArray[Any], predictions: Floats, sample_weights: Floats
    ) -> Surrogate:
        """The fit of one output on some features.

        Parameters
        ----------
        label : int
            Which output.
        features : ndarray of int, shape (m,)
        z : ndarray, shape (n, d)
            Interpretable features of samples, which tell what a linear function misses.
        predictions : ndarray of float, shape (n,)
            The model's predictions for them.
        sample_weights : ndarray of float, shape (n,)
        """
        found, output = self.expectations, self.outputs.index(label)
        weights, center, spread = found.weights[0, :, output], found.z_mean[0], found.z_variance[0]
        mean = float(found.mean[0, output])
        residuals = predictions - mean - (z - center) @ weights
        left = float(sample_weights @ np.square(residuals) / sample_weights.sum())
        parts = np.square(weights) * spread
        intercept = mean - float(weights[features] @ center[features])
        return Surrogate(
            features=features,
            coefficients=weights[features],
            intercept=intercept,
            score=float(r_squared(parts[features].sum(), parts.sum(), left)),
            held_out_score=np.nan,
            prediction=intercept + float(weights[features] @ self.instance[features]),
            standard_errors=np.zeros(len(features)),
            degrees=np.inf,
        )
