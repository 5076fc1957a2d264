"""Weights of one instance that are known without samples, and the surrogate that they make on some of the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.exact_fit import chosen_features, fit_features, left_over
from lime.engine.interactions import ROUNDING, PairEffects
from lime.engine.measures import Expectations
from lime.engine.surrogate import Surrogate
from lime.engine.targets import Target

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
    total : int
        How many outputs the model has.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    pairs : callable, optional
        From features (m,) to the weights of their products, (m, m, k); None where these are not known.
    """

    expectations: Expectations
    outputs: tuple[int, ...]
    total: int
    instance: Floats
    pairs: Callable[[NDArray[np.intp]], Floats] | None = None

    def of_target(self, target: Target) -> KnownWeights:
        """What is known of a sum of outputs, as the only output.

        Parameters
        ----------
        target : Target
            With `coefficients`.
        """
        assert target.coefficients is not None
        found, parts = self.expectations, np.array([target.coefficients[output] for output in self.outputs])
        summed = Expectations(
            (found.weights @ parts)[..., None], (found.mean @ parts)[..., None], found.z_mean, found.z_variance
        )
        pairs = self.pairs
        of_sum = None if pairs is None else lambda features: (pairs(features) @ parts)[..., None]
        return KnownWeights(summed, (0,), 1, self.instance, of_sum)

    def pair_effects(
        self, label: int, features: NDArray[np.intp], z: NDArray[Any], predictions: Floats, sample_weights: Floats
    ) -> PairEffects:
        """What the products of some features add to the fit on all of them; see `surrogate` for the arguments."""
        assert self.pairs is not None
        found, output = self.expectations, self._place(label)
        left = left_over(found, output, lambda feature: z[:, feature][None], predictions, sample_weights[None])
        variance = found.z_variance[0]
        straight = float(np.square(found.weights[0, :, output]) @ variance)
        total = straight + float(left[0])
        one, other = np.triu_indices(len(features), 1)
        pairs, product = features[np.stack([one, other], axis=1)], variance[features[one]] * variance[features[other]]
        sizes = self.pairs(features)[one, other, output]
        adds, varies = np.square(sizes) * product, product > 0.0
        surely = (adds > ROUNDING * total)[varies]
        none = np.zeros(int(varies.sum()))
        p_values = np.where(surely, 0.0, 1.0)
        shares = adds[varies] / total if total else none
        return PairEffects(
            pairs=pairs[varies],
            inseparable=pairs[~varies],
            sizes=sizes[varies],
            errors=none,
            degrees=np.inf,
            counts=np.full(len(none), np.inf),
            p_values=p_values,
            q_values=p_values,
            shares=shares,
            score=straight / total if total else 1.0,
            score_with=min(1.0, straight / total + float(shares.sum())) if total else 1.0,
            columns=int((variance > 0.0).sum()),
        )

    def select(self, label: int, num_features: int, method: Any) -> NDArray[np.intp]:
        """Ids of the features that are kept for one output."""
        found = self.expectations
        weights = found.weights[:, :, self._place(label)]
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
        found, output = self.expectations, self._place(label)
        instance = self.instance[None]
        left = left_over(found, output, lambda feature: z[:, feature][None], predictions, sample_weights[None])
        fits = fit_features(found, output, features[None], instance, left)
        return Surrogate(
            features=features,
            coefficients=fits.coefficients[0],
            intercept=float(fits.intercept[0]),
            score=float(fits.score[0]),
            held_out_score=np.nan,
            prediction=float(fits.local_prediction[0]),
            standard_errors=np.zeros(len(features)),
            degrees=np.inf,
        )

    def _place(self, label: int) -> int:
        """Where an output stands; it may count from the end."""
        return self.outputs.index(label if label >= 0 else label + self.total)
