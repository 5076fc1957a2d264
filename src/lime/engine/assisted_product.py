"""The model-assisted estimator for tables: what a cheap model predicts is computed, and samples estimate what is left.

Where columns are sampled independently of each other, the weights of some cheap models g are known exactly
(`exact_kernel`, `exact_trees`). The weights of the model f are then those of g, plus those of f - g, which are small:
the difference estimator of survey sampling (Saerndal, Swensson & Wretman 1992). Each residual comes from a g that did
not see the sample; in sample they would be too small, and the weights those of g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lime.engine import surrogate
from lime.engine.anchored import WeightedSamples, fit_through
from lime.engine.lazy import cached_property
from lime.engine.measures import Expectations
from lime.engine.moments import Moments
from lime.engine.regressions import LeastSquares
from lime.engine.support import Support
from lime.engine.surrogate import ALPHA, Surrogate

Floats = NDArray[np.float64]

HALF = 0.5
"""Share of the squared residuals of the linear fit that a cheap model may leave, at most, to be taken. An even design
helps a linear fit more than it helps what a cheap model leaves, so that less would not do."""

SAMPLES_A_FEATURE = 4
"""Fewest samples for each feature; with fewer nothing is cross-fitted."""


@dataclass(frozen=True)
class Helper:
    """A cheap model of one output, as one row sees it.

    Attributes
    ----------
    name : str
    left : ndarray of float, shape (n,)
        What it leaves of samples that it did not see.
    known : Expectations
        Its weights for one row, of one output.
    """

    name: str
    left: Floats
    known: Expectations

    def over(self, unit: float) -> Helper:
        """That of the output divided by a number."""
        known = replace(self.known, weights=self.known.weights / unit, mean=self.known.mean / unit)
        return Helper(self.name, self.left / unit, known)


@dataclass(frozen=True)
class RowSamples:
    """The samples of a row as they are fitted.

    Attributes
    ----------
    moments : Moments
        Of the predictions of some outputs.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    alpha : float
        Ridge penalty.
    anchors : ndarray of float, shape (k,), or None
        The model's predictions for the instance, to which surrogates are held.
    """

    moments: Moments
    groups: NDArray[np.intp] | None
    alpha: float
    anchors: Floats | None = None


class AssistedByProduct:
    """Estimates for several outputs, each with the help that leaves least, or without.

    Parameters
    ----------
    samples : RowSamples
    helpers : sequence of sequence of Helper
        Those of each output.
    """

    def __init__(self, samples: RowSamples, helpers: Sequence[Sequence[Helper]]) -> None:
        moments = samples.moments
        self._samples = samples
        self._estimates: list[_Estimate | None] = [None] * len(helpers)
        if moments.n < SAMPLES_A_FEATURE * (moments.d + 1):
            return
        regression = LeastSquares.of(moments.z, moments.weights)
        for output, some in enumerate(helpers):
            helper = _best(regression, moments, output, some)
            if helper is not None:
                self._estimates[output] = _Estimate(samples, output, helper)

    @property
    def names(self) -> list[str]:
        """What assisted each output: kernel ridge or trees; plain where nothing did."""
        return ["plain" if one is None else one.helper.name for one in self._estimates]

    def improves(self, output: int, fitted: Surrogate) -> bool:
        """Whether the estimate of an output is better than that from the samples alone."""
        return self._estimates[output] is not None

    def ranks_by(self, output: int) -> Moments:
        """The moments that features are selected by."""
        estimate = self._estimates[output]
        return self._samples.moments if estimate is None else estimate.moments

    def surrogate(self, output: int, features: NDArray[np.intp], instance: Floats) -> Surrogate:
        """The surrogate of one output on the selected features; see `lime.engine.surrogate.fit`.

        Parameters
        ----------
        output : int
            One that is assisted.
        features : ndarray of int, shape (m,)
        instance : ndarray of float, shape (d,)
        """
        estimate = self._estimates[output]
        assert estimate is not None
        return estimate.surrogate(features, instance)


def _best(regression: LeastSquares, moments: Moments, output: int, helpers: Sequence[Helper]) -> Helper | None:
    """The helper that leaves least of an output beside a linear function, if that is little enough."""
    if surrogate.is_flat(moments, output):
        return None

    def left_of(y: Floats) -> float:
        return float(moments.weights @ np.square(regression.fit(y)[2]))

    bound = HALF * left_of(moments.y[:, output])
    best = None
    for helper in helpers:
        left = left_of(helper.left)
        if left <= bound:
            best, bound = helper, left
    return best


@dataclass(frozen=True)
class _Estimate:
    """Weights of all features for one output: those of the helper, and of what it leaves."""

    samples: RowSamples
    output: int
    helper: Helper

    @cached_property
    def _left(self) -> Moments:
        moments = self.samples.moments
        return Moments(moments.z, self.helper.left[:, None], moments.weights)

    @cached_property
    def _rest(self) -> Surrogate:
        """The fit of what is left, with the larger of the errors between replicates and of independent samples."""
        every, nowhere = np.arange(self._left.d), np.zeros(self._left.d)
        found = surrogate.fit(self._left, 0, every, nowhere, self.samples.alpha, groups=self.samples.groups)
        if self.samples.groups is None:
            return found
        alone = surrogate.fit(self._left, 0, every, nowhere, self.samples.alpha)
        return _with_larger_errors(found, alone)

    @cached_property
    def coefficients(self) -> Floats:
        """Of all features, shape (d,)."""
        result: Floats = self.helper.known.weights[0, :, 0] + self._rest.coefficients
        return result

    @cached_property
    def mean(self) -> float:
        """Of the output."""
        moved = self.helper.known.z_mean[0] - self._left.z_mean
        return float(self.helper.known.mean[0, 0] + self._left.y_mean[0] + moved @ self._rest.coefficients)

    @cached_property
    def moments(self) -> Moments:
        """Moments of the features as they are known, and with the output as they are estimated."""
        left = self._left.y_square[0] - self._rest.coefficients @ self._left.cross[:, 0]
        known = self.helper.known
        return _ProductMoments(self.samples.moments, self.output, self.coefficients, known, float(max(left, 0.0)))

    def surrogate(self, features: NDArray[np.intp], instance: Floats) -> Surrogate:
        moments, known = self.samples.moments, self.helper.known
        plain = surrogate.fit(moments, self.output, features, instance, self.samples.alpha, groups=self.samples.groups)
        means = known.z_mean[0, features]
        rest = self._rest
        errors, degrees, support = rest.standard_errors, rest.degrees, rest.support
        assert errors is not None
        coefficients, errors = self.coefficients[features], errors[features]
        intercept = float(self.mean - coefficients @ means)
        if self.samples.anchors is not None:
            coefficients, errors, degrees = self._anchored(features, instance)
            intercept = float(self.samples.anchors[self.output] - coefficients @ instance[features])
        y = moments.y[:, self.output] + moments.y_mean[self.output]
        missed = y - intercept - moments.z[:, features] @ coefficients
        total = float(moments.y_square[self.output])
        return replace(
            plain,
            coefficients=coefficients,
            intercept=intercept,
            score=1.0 - float(moments.weights @ np.square(missed)) / total,
            prediction=intercept + float(coefficients @ instance[features]),
            standard_errors=errors,
            degrees=degrees,
            support=None if support is None else Support(support.counts[features], support.pulls[features]),
            means=means,
        )

    def _anchored(self, features: NDArray[np.intp], instance: Floats) -> tuple[Floats, Floats, float]:
        """Coefficients, their errors and degrees of the surrogate that goes through the model's prediction.

        It is linear in the output: that of the helper, held to the prediction, is known, and that of what is left is
        fitted through 0.
        """
        assert self.samples.anchors is not None
        known, moments = self.helper.known, self.samples.moments
        variance, moved = known.z_variance[0, features], known.z_mean[0, features] - instance[features]
        gap = known.mean[0, 0] - self.samples.anchors[self.output]
        gram = np.diag(variance) + np.outer(moved, moved)
        exact = np.linalg.pinv(gram, hermitian=True) @ (variance * known.weights[0, features, 0] + moved * gap)
        some = WeightedSamples(moments.z, self.helper.left, moments.weights, self.samples.groups)
        rest = fit_through(some, features, instance, 0.0, alpha=self.samples.alpha)
        if self.samples.groups is not None:
            alone = fit_through(replace(some, replicates=None), features, instance, 0.0, alpha=self.samples.alpha)
            rest = _with_larger_errors(rest, alone)
        assert rest.standard_errors is not None
        return exact + rest.coefficients, rest.standard_errors, rest.degrees


def _with_larger_errors(found: Surrogate, other: Surrogate) -> Surrogate:
    """A fit with the larger of its own errors and those of another; fewer of the two's degrees of freedom."""
    assert found.standard_errors is not None
    assert other.standard_errors is not None
    errors = np.maximum(found.standard_errors, other.standard_errors)
    return replace(found, standard_errors=errors, degrees=min(found.degrees, other.degrees))


class _ProductMoments(Moments):
    """Moments of one output in which those of the features, which are uncorrelated, are known."""

    def __init__(self, samples: Moments, output: int, coefficients: Floats, known: Expectations, left: float) -> None:
        self.n, self.d, self.total, self.is_binary = samples.n, samples.d, samples.total, samples.is_binary
        self.z, self.weights, self.y, self.y_mean = samples.z, samples.weights, samples.y, samples.y_mean
        self.z_mean, self.diagonal = known.z_mean[0], samples.total * known.z_variance[0]
        cross = self.diagonal * coefficients
        self.cross = np.repeat(cross[:, None], samples.y.shape[1], axis=1)
        self.y_square = np.full(samples.y.shape[1], float(cross @ coefficients) + left)

    @cached_property
    def gram(self) -> Floats:
        """The features' covariances times the sum of the weights, shape (d, d)."""
        return np.diag(self.diagonal)

    def gram_of(self, features: NDArray[np.intp]) -> Floats:
        """Those of some features, shape (m, m)."""
        return np.diag(self.diagonal[features])

    def goes_by_samples(self, m: int) -> bool:
        """Never, since the moments are not those of the samples."""
        return False

    def approximate_ridge(self, output: int, alpha: float) -> tuple[Floats, Floats, Floats]:
        """Coefficients of a ridge fit on all features, and what it was made from; see `Moments`."""
        room = self.diagonal + alpha
        coefficients = np.divide(self.cross[:, output], room, out=np.zeros(self.d), where=room > 0.0)
        return coefficients, self.cross[:, output], self.diagonal

    def gram_float32(self) -> tuple[Floats, Floats]:
        """`gram` and `cross`: nothing would be saved."""
        return self.gram, self.cross

    def column(self, feature: int) -> Floats:
        """One column of the covariances, shape (d,)."""
        result = np.zeros(self.d)
        result[feature] = self.diagonal[feature]
        return result


__all__ = ["ALPHA", "AssistedByProduct", "Helper", "RowSamples"]
