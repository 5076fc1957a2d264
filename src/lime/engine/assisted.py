"""The model-assisted estimator: the samples need not estimate what is known, or what a cheap model predicts.

Where the distribution of masks depends on their size alone, the weights of a surrogate on all features determine those
on any subset (`MaskSizeDistribution.share_of_rest`), so that the effects of the features left out add no noise. And
where a cheap model g of the predictions f is good, the weights are those of g, which costs no model call and is
averaged over as many samples as wanted, plus those of f - g, which are small: the difference estimator of survey
sampling (Saerndal, Swensson & Wretman 1992), cross-fitted so that every f - g comes from a g that did not see the
sample.

The weights of f - g come either from least squares on the samples, or from the known covariances of the distribution:
with few samples a feature, least squares inflates the variance by about 1 / (1 - d / n), and known covariances do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine import masks
from lime.engine.cheap_models import (
    FOLDS,
    SAMPLES_A_FEATURE,
    CheapModel,
    FitModel,
    Training,
    candidates,
    classes_of,
    free_count,
)
from lime.engine.known_moments import KnownMoments
from lime.engine.lazy import cached_property
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.moments import Moments
from lime.engine.regressions import KnownCovariances, LeastSquares
from lime.engine.standard_errors import clustered_errors, independent_errors, quantile
from lime.engine.support import CHANCE, own_reach, support_of
from lime.engine.surrogate import Surrogate, is_flat

Array = NDArray[np.float64]

MARGIN = 0.95
"""Share of the cross-validated residuals of the linear fit that another model must not exceed to be taken."""

MOST_OPERATIONS = 1e9
"""``n d^2`` above which fitting takes longer than it is worth."""

NOTHING_LEFT = 1e-12
"""Share of an output's variation that a linear fit may leave for no other model to be looked for."""

ROUNDING = 1e-12
"""Largest difference, as a share of the numbers, that is rounding."""


@dataclass(frozen=True)
class _Estimate:
    """Weights of all features for one output, the output's mean, and what moves them: residuals of the samples."""

    name: str
    regression: LeastSquares | KnownCovariances
    coefficients: Array
    mean: float
    left: Array
    free: tuple[LeastSquares, Array] | None = None

    def mirrored(self, total: float) -> _Estimate:
        """That of an output which is `total` less this one, as the other of two classes is."""
        free = None if self.free is None else (self.free[0], -self.free[1])
        return _Estimate(self.name, self.regression, -self.coefficients, total - self.mean, -self.left, free)


@dataclass(frozen=True)
class Assisted:
    """Estimates for several outputs, from which the weights on any selected features follow.

    Attributes
    ----------
    moments : KnownMoments
        For the selection of features.
    """

    moments: KnownMoments
    _distribution: MaskSizeDistribution
    _samples: Moments
    _groups: NDArray[np.intp] | None
    _estimates: list[_Estimate]

    @property
    def names(self) -> list[str]:
        """The model that assisted each output: linear, shrunk, size, scaled, (scaled) sigmoid or softmax."""
        return [estimate.name for estimate in self._estimates]

    def ranks_by(self, output: int) -> KnownMoments:
        """The moments that features are selected by.

        Parameters
        ----------
        output : int
            Which output.

        Returns
        -------
        KnownMoments
        """
        return self.moments

    def improves(self, output: int, fitted: Surrogate) -> bool:
        """Whether the estimate of an output is better than a fit of it.

        Parameters
        ----------
        output : int
            Which output; one that varies.
        fitted : Surrogate
            Of the output, from the samples alone.

        Returns
        -------
        bool
        """
        return self.held_out_score(output) > fitted.held_out_score

    def held_out_score(self, output: int) -> float:
        """Cross-validated R² of the fit on all features.

        Parameters
        ----------
        output : int
            Which output; one that varies.

        Returns
        -------
        float
            At most 1.
        """
        left = self._samples.weights @ np.square(self._estimates[output].left)
        return 1.0 - float(left) / float(self._samples.y_square[output])

    def surrogate(self, output: int, features: NDArray[np.intp], instance: Array) -> Surrogate:
        """The surrogate of one output on the selected features.

        See `lime.engine.surrogate.fit`, whose place this takes.

        Parameters
        ----------
        output : int
            Which output.
        features : ndarray of int, shape (m,)
            The selected features.
        instance : ndarray of float, shape (d,)
            The instance's interpretable features.

        Returns
        -------
        Surrogate
            Its held-out score is NaN: `held_out_score` has that of all features.
        """
        samples, weights, estimate = self._samples, self._samples.weights, self._estimates[output]
        share = self._distribution.share_of_rest(len(features)) if len(features) else 0.0
        every = estimate.coefficients
        coefficients = every[features] + share * (every.sum() - every[features].sum())
        intercept = float(estimate.mean - self._distribution.mean * coefficients.sum())
        residual = samples.y[:, output] + samples.y_mean[output] - intercept - samples.z[:, features] @ coefficients
        total = float(samples.y_square[output])
        directions = estimate.regression.directions(features, share)
        weighted = weights * estimate.left
        degrees = samples.n - 1 if estimate.regression.known else samples.n - samples.d - 1
        if self._groups is None:
            variance = np.square(independent_errors(directions, weighted))
        else:
            clustered, degrees = clustered_errors(directions, weighted, self._groups)
            variance = np.square(clustered)
        if estimate.free is not None:
            regression, left = estimate.free
            two_by_two = np.repeat(np.arange(len(left) // 2), 2)
            free, _ = clustered_errors(regression.directions(features, share), regression.weights * left, two_by_two)
            variance += np.square(free)
        found = np.sqrt(variance)
        support = support_of(samples, features, samples.diagonal[features])
        if support is not None:
            found *= own_reach(support.counts, degrees) / quantile(1.0 - 0.5 * CHANCE, degrees)
            found[support.counts <= 0.0] = np.inf
        return Surrogate(
            features=features,
            coefficients=coefficients,
            intercept=intercept,
            score=1.0 - float(weights @ np.square(residual)) / total,
            held_out_score=float("nan"),
            prediction=intercept + float(instance[features] @ coefficients),
            standard_errors=found,
            degrees=float(degrees),
            support=support,
        )


def assist(
    samples: Moments,
    groups: NDArray[np.intp] | None,
    distribution: MaskSizeDistribution,
    bounded: bool,
    rng: np.random.Generator,
    *,
    every: tuple[Array, list[int]] | None = None,
) -> Assisted | None:
    """Estimate the weights of all features with the help of the distribution and of a cheap model.

    Parameters
    ----------
    samples : Moments
        Masks, answers and weights; the weights are those of the design times the kernel's.
    groups : ndarray of int, shape (n,), optional
        Pairs of samples.
    distribution : MaskSizeDistribution
        What the weighted samples follow.
    bounded : bool
        Whether the outputs are probabilities, so that a sigmoid may fit them.
    rng : numpy.random.Generator
        For samples that cost no model call.
    every : tuple of ndarray of float, shape (n, k), and list of int, optional
        All outputs of the model, and which of them are the samples'; a softmax may then fit several classes.

    Returns
    -------
    Assisted or None
        None where the distribution does not help, or where samples and features are so many that it takes longer than
        the samples are worth: above `MOST_OPERATIONS`, and above `MOST_OPERATIONS_BEYOND_LINEAR` with many samples for
        each feature.
    """
    n, d = samples.n, samples.d
    if d < 2 or n < 2 * FOLDS or n * d * d > MOST_OPERATIONS:
        return None
    if distribution.variance - distribution.covariance <= 1e-12:
        return None
    if any(is_flat(samples, output) for output in range(samples.y.shape[1])):
        return None
    z = samples.z.astype(np.float64)
    effective = samples.total**2 / float(np.square(samples.weights).sum())
    classes = [None] * samples.y.shape[1] if every is None else [classes_of(every[0], one) for one in every[1]]
    tried = [
        candidates(n, d, effective, bounded, y, several=bounded and one is not None)
        for y, one in zip((samples.y + samples.y_mean).T, classes, strict=True)
    ]
    if not any(tried):
        return None
    regressions: list[LeastSquares | KnownCovariances] = [KnownCovariances.of(z, samples.weights, distribution)]
    if effective >= SAMPLES_A_FEATURE * (d + 1):
        regressions.append(LeastSquares.of(z, samples.weights))
    fold = (np.arange(n) if groups is None else groups) % FOLDS
    estimator = _Estimator(distribution, regressions, _FreeSamples(distribution, rng))
    outputs = (samples.y + samples.y_mean).T
    estimates: list[_Estimate] = []
    for output, found in enumerate(tried):
        twin = next((other for other in range(output) if _sum_is_fixed(outputs[other], outputs[output])), None)
        if twin is None:
            training = Training(z, outputs[output], samples.weights, fold, distribution.mean, classes[output])
            estimates.append(estimator.estimate(training, found))
        else:
            estimates.append(estimates[twin].mirrored(float(outputs[twin, 0] + outputs[output, 0])))
    coefficients = np.column_stack([estimate.coefficients for estimate in estimates])
    return Assisted(KnownMoments(distribution, coefficients, samples), distribution, samples, groups, estimates)


@dataclass(frozen=True)
class _Estimator:
    """What the estimates of all outputs have in common."""

    distribution: MaskSizeDistribution
    regressions: list[LeastSquares | KnownCovariances]
    free: _FreeSamples

    def estimate(self, data: Training, tried: list[tuple[str, FitModel]]) -> _Estimate:
        """The estimate of one output with the smallest cross-validated residuals."""
        y, weights = data.y, data.weights
        best, bound = self._linear(y, self.regressions[-1]), np.inf
        if not self.regressions[-1].known:
            bound = MARGIN * float(weights @ np.square(best.left))
        chosen: tuple[str, CheapModel, LeastSquares | KnownCovariances] | None = None
        nothing = NOTHING_LEFT * float(weights @ np.square(y - weights @ y / weights.sum()))
        for name, fit in tried if bound > nothing else ():
            model = fit(data)
            for regression in self.regressions if model is not None else ():
                assert model is not None
                size = float(weights @ np.square(regression.fit(y - model.held_out)[2]))
                if size < bound:
                    chosen, bound = (name, model, regression), size
        return best if chosen is None else self._with_help(y, *chosen)

    def _with_help(
        self, y: Array, name: str, model: CheapModel, regression: LeastSquares | KnownCovariances
    ) -> _Estimate:
        """The estimate of the cheap model, and of what it leaves."""
        distribution = self.distribution
        rest = self._linear(y - model.held_out, regression)
        if model.linear is not None:
            slopes = model.linear[1:]
            mean = float(model.linear[0]) + distribution.mean * float(slopes.sum())
            return _Estimate(name, regression, slopes + rest.coefficients, mean + rest.mean, rest.left)
        known = self._linear(model.predict(self.free.z), self.free.regression)
        return _Estimate(
            name,
            regression,
            known.coefficients + rest.coefficients,
            known.mean + rest.mean,
            rest.left,
            (self.free.regression, known.left),
        )

    def _linear(self, y: Array, regression: LeastSquares | KnownCovariances) -> _Estimate:
        coefficients, mean, left = regression.fit(y)
        mean += float((self.distribution.mean - regression.z_mean) @ coefficients)
        return _Estimate("linear", regression, coefficients, mean, left)


def _sum_is_fixed(one: Array, other: Array) -> bool:
    """Whether two outputs add up to the same number for every sample, beyond rounding."""
    total = one + other
    return bool(np.ptp(total) <= ROUNDING * max(float(np.abs(one).max()), float(np.abs(other).max())))


class _FreeSamples:
    """Samples of the distribution that cost no model call, in pairs, and the regression on them; made when needed."""

    def __init__(self, distribution: MaskSizeDistribution, rng: np.random.Generator) -> None:
        self._distribution, self._rng = distribution, rng

    @cached_property
    def _drawn(self) -> masks.Masks:
        sizes = self._distribution
        return masks.pairs(free_count(sizes.d), sizes.draws, sizes.probabilities, self._rng)

    @cached_property
    def z(self) -> Array:
        return self._drawn.z.astype(np.float64)

    @cached_property
    def regression(self) -> LeastSquares:
        kernel = self._distribution.kernel[self._distribution.d - np.count_nonzero(self._drawn.z, axis=1)]
        return LeastSquares.of(self.z, self._drawn.weights * kernel)
