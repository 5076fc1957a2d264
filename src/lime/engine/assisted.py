"""The model-assisted estimator: what is known of the law, and what a cheap model predicts, is not left to the draws.

With masks whose size alone matters to their law, the weights of a surrogate on all features tell those on any subset
(`SizeLaw.share_of_rest`), so that the effects of the features left out add no noise. And where a cheap model g of
the answers predicts well, the weights are those of g, which costs no model call and is averaged over as many draws
as wanted, plus those of f - g, which are small: the difference estimator of survey sampling (Saerndal, Swensson &
Wretman 1992), cross-fitted so that every f - g comes from a g that did not see the draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import expit, logit

from lime.engine import errors, masks
from lime.engine.law import SizeLaw
from lime.engine.moments import Moments
from lime.engine.selection import ridge
from lime.engine.surrogate import Surrogate, is_flat

Array = NDArray[np.float64]

FOLDS = 5
MARGIN = 0.9
"""Share of the cross-validated residuals of the linear fit that another model must not exceed to be taken."""

DRAWS_A_FEATURE = 2.5
"""Effective draws for each feature below which a fit on all features is not to be trusted."""

MOST_OPERATIONS = 1e8
"""``n d^2`` above which fitting takes longer than it is worth."""

FREE_CELLS, FREE_OPERATIONS, FREE_DRAWS = 4e6, 3e8, 40_000
"""Bounds on the draws that cost no model call: their cells, ``n d^2``, and their number."""

STEPS, FOLD_STEPS = 5, 2
"""Gauss-Newton steps of a sigmoid on all draws, and from there on the draws of four folds of five."""


class LawMoments(Moments):
    """Moments of which those of the features are the law's, and those with the outputs are estimated.

    Parameters
    ----------
    law : SizeLaw
    total : float
        Sum of the weights of the draws, which sets the scale.
    coefficients : ndarray of float, shape (d, k)
        Estimated weights of all features.
    draws : Moments
        The draws themselves.
    """

    def __init__(self, law: SizeLaw, coefficients: Array, draws: Moments) -> None:
        self.law = law
        self.n, self.d, self.total = draws.n, law.d, draws.total
        self.z, self.weights, self.y = draws.z, draws.weights, draws.y
        self.y_mean, self.y_square = draws.y_mean, draws.y_square
        self.z_mean = np.full(law.d, law.mean)
        self.cross = self.total * law.times(coefficients)
        self.diagonal = np.full(law.d, self.total * law.variance)

    def gram_of(self, features: NDArray[np.intp]) -> Array:
        """The law's covariances times the sum of the weights, shape (m, m)."""
        return self.total * self.law.gram(len(features))

    def column(self, feature: int) -> Array:
        """One column of them, shape (d,)."""
        result = np.full(self.d, self.total * self.law.covariance)
        result[feature] = self.total * self.law.variance
        return result


@dataclass(frozen=True)
class _Regression:
    """A weighted linear regression on all features, ready for any output.

    `influence @ (w * e)` is how draws with residuals e move the weights.
    """

    z: Array
    z_mean: Array
    weights: Array
    inverse: Array

    @classmethod
    def of(cls, z: NDArray[np.bool_] | Array, weights: Array) -> _Regression:
        mean = weights @ z / weights.sum()
        centred = z - mean
        scaled = centred * np.sqrt(weights)[:, None]
        gram = scaled.T @ scaled
        tiny = 1e-9 * float(np.trace(gram)) / len(gram)
        return cls(centred, mean, weights, ridge(gram, np.eye(len(gram)), tiny))

    def leverage(self) -> Array:
        own: Array = np.einsum("ij,ij->i", self.z @ self.inverse, self.z)
        result: Array = self.weights * (1.0 / self.weights.sum() + own)
        return result

    def fit(self, y: Array) -> tuple[Array, Array, Array]:
        """Weights (d, k), weighted means (k,) and residuals (n, k) of outputs (n, k)."""
        mean = self.weights @ y / self.weights.sum()
        centred = y - mean
        coefficients = self.inverse @ (self.z.T @ (self.weights[:, None] * centred))
        return coefficients, mean, centred - self.z @ coefficients

    def influence(self, residual: Array, features: NDArray[np.intp], share: float) -> Array:
        """What each draw moves the weights on some features alone by, shape (n, m)."""
        rest = self.inverse.sum(axis=1) - self.inverse[:, features].sum(axis=1)
        turned = self.inverse[:, features] + share * rest[:, None]
        result: Array = (self.z @ turned) * (self.weights * residual)[:, None]
        return result


@dataclass(frozen=True)
class Assisted:
    """Estimates for several outputs, from which the weights on any selected features follow.

    Attributes
    ----------
    moments : LawMoments
        For the selection of features.
    names : list of str
        The model that assisted each output: ``'linear'``, ``'size'``, ``'scaled'``, ``'sigmoid'`` or
        ``'scaled sigmoid'``.
    """

    moments: LawMoments
    names: list[str]
    _law: SizeLaw
    _draws: Moments
    _groups: NDArray[np.intp] | None
    _regression: _Regression
    _coefficients: Array
    _means: Array
    _left_out: Array
    _free: list[tuple[_Regression, Array] | None]

    def held_out_score(self, output: int) -> float:
        """Leave-one-out R^2 of the fit on all features."""
        left = self._draws.weights @ np.square(self._left_out[:, output])
        return 1.0 - float(left) / float(self._draws.y_square[output])

    def surrogate(self, output: int, features: NDArray[np.intp], instance: Array) -> Surrogate:
        """The surrogate of one output on the selected features; parameters as in `lime.engine.surrogate.fit`."""
        draws, weights = self._draws, self._draws.weights
        share = self._law.share_of_rest(len(features)) if len(features) else 0.0
        every = self._coefficients[:, output]
        coefficients = every[features] + share * (every.sum() - every[features].sum())
        intercept = float(self._means[output] - self._law.mean * coefficients.sum())
        residual = draws.y[:, output] + draws.y_mean[output] - intercept - draws.z[:, features] @ coefficients
        total = float(draws.y_square[output])
        influence = self._regression.influence(self._left_out[:, output], features, share)
        degrees = draws.n - draws.d - 1
        if self._groups is None:
            variance = np.square(errors.independent_errors(influence, np.ones(len(influence))))
        else:
            clustered, degrees = errors.clustered_errors(influence, np.ones(len(influence)), self._groups)
            variance = np.square(clustered)
        free = self._free[output]
        if free is not None:
            regression, left = free
            pairs = regression.influence(left, features, share)
            pairs = pairs[::2] + pairs[1::2]
            variance += np.einsum("ij,ij->j", pairs, pairs)
        return Surrogate(
            features=features,
            coefficients=coefficients,
            intercept=intercept,
            score=1.0 - float(weights @ np.square(residual)) / total,
            held_out_score=float("nan"),
            prediction=intercept + float(instance[features] @ coefficients),
            standard_errors=np.sqrt(variance),
            degrees=float(degrees),
        )


def assist(
    draws: Moments,
    groups: NDArray[np.intp] | None,
    law: SizeLaw,
    bounded: bool,
    rng: np.random.Generator,
) -> Assisted | None:
    """Estimate the weights of all features with the help of the law and of a cheap model.

    Parameters
    ----------
    draws : Moments
        Masks, answers and weights; the weights are those of the design times the kernel's.
    groups : ndarray of int, shape (n,), optional
        Pairs of draws.
    law : SizeLaw
        What the weighted draws follow.
    bounded : bool
        Whether the outputs are probabilities, so that a sigmoid may fit them.
    rng : numpy.random.Generator
        For draws that cost no model call.

    Returns
    -------
    Assisted or None
        None where there are too few draws for a fit on all features, or so many that it takes too long.
    """
    n, d = draws.n, draws.d
    effective = draws.total**2 / float(np.square(draws.weights).sum())
    if d < 2 or effective < DRAWS_A_FEATURE * (d + 1) or n * d * d > MOST_OPERATIONS:
        return None
    if law.variance - law.covariance <= 1e-12 or any(is_flat(draws, j) for j in range(draws.y.shape[1])):
        return None
    z = draws.z.astype(np.float64)
    y = draws.y + draws.y_mean
    regression = _Regression.of(z, draws.weights)
    room = np.maximum(1.0 - regression.leverage(), 1e-6)[:, None]
    coefficients, means, residual = regression.fit(y)
    means = means + (law.mean - regression.z_mean) @ coefficients
    left_out = residual / room
    names = ["linear"] * y.shape[1]
    free: list[tuple[_Regression, Array] | None] = [None] * y.shape[1]
    fold = (np.arange(n) if groups is None else groups) % FOLDS
    sample: tuple[Array, _Regression] | None = None
    for output in range(y.shape[1]):
        best, bound = None, MARGIN * float(draws.weights @ np.square(left_out[:, output]))
        for name, make in _candidates(d, effective, bounded and _is_probability(y[:, output])):
            model = make(z, y[:, output], draws.weights, fold, law.mean)
            if model is None:
                continue
            fitted = regression.fit((y[:, output] - model.held_out)[:, None])
            left = fitted[2] / room
            size = float(draws.weights @ np.square(left[:, 0]))
            if size < bound:
                best, bound = (name, model, fitted, left), size
        if best is None:
            continue
        name, model, (slope, mean, _), left = best
        if sample is None:
            sample = _free_sample(law, rng)
        free_z, free_regression = sample
        base, base_mean, base_residual = free_regression.fit(model.predict(free_z)[:, None])
        names[output], free[output] = name, (free_regression, base_residual[:, 0])
        coefficients[:, output] = slope[:, 0] + base[:, 0]
        means[output] = (
            mean[0]
            + float((law.mean - regression.z_mean) @ slope[:, 0])
            + base_mean[0]
            + float((law.mean - free_regression.z_mean) @ base[:, 0])
        )
        left_out[:, output] = left[:, 0]
    moments = LawMoments(law, coefficients, draws)
    return Assisted(moments, names, law, draws, groups, regression, coefficients, means, left_out, free)


def _is_probability(y: Array) -> bool:
    return bool(y.min() >= 0.0 and y.max() <= 1.0)


def _free_sample(law: SizeLaw, rng: np.random.Generator) -> tuple[Array, _Regression]:
    """Draws from the law that no model is asked about, in pairs, and the regression on them."""
    count = int(min(FREE_DRAWS, FREE_CELLS / law.d, FREE_OPERATIONS / law.d**2))
    drawn = masks.pairs(count, law.draws, law.probabilities, rng)
    kernel = law.kernel[law.d - np.count_nonzero(drawn.z, axis=1)]
    z = drawn.z.astype(np.float64)
    return z, _Regression.of(z, drawn.weights * kernel)


@dataclass(frozen=True)
class _Model:
    """A cheap model of one output: its cross-fitted predictions for the draws, and its mean over folds elsewhere."""

    held_out: Array
    predict: Callable[[Array], Array]


_Basis = Callable[[Array, float], Array]
_Make = Callable[[Array, Array, Array, NDArray[np.intp], float], _Model | None]


def _candidates(d: int, effective: float, bounded: bool) -> list[tuple[str, _Make]]:
    found: list[tuple[str, _Make]] = []
    if effective >= 2 * DRAWS_A_FEATURE * (d + 2):
        found.append(("size", partial(_fit_linear, _size_basis)))
    found.append(("scaled", partial(_fit_linear, _scaled_basis)))
    if bounded:
        found.append(("sigmoid", partial(_fit_sigmoid, _plain_basis)))
        found.append(("scaled sigmoid", partial(_fit_sigmoid, _scaled_basis)))
    return found


def _plain_basis(z: Array, mean: float) -> Array:
    """Columns 1 and z, shape (n, d + 1)."""
    return np.hstack([np.ones((len(z), 1)), z])


def _size_basis(z: Array, mean: float) -> Array:
    """Columns 1, z, s^2, s^3 and z s with s the standardised number of units kept, shape (n, 2 d + 3)."""
    d = z.shape[1]
    s = ((z.sum(axis=1) - d * mean) / np.sqrt(d))[:, None]
    return np.hstack([np.ones_like(s), z, s**2, s**3, z * s])


def _scaled_basis(z: Array, mean: float) -> Array:
    """Columns 1, s, s^2 and z over the root of the share of units kept, shape (n, d + 3).

    Many models of text scale a document's features to length 1, which grows as the root of what is kept.
    """
    d = z.shape[1]
    kept = z.sum(axis=1, keepdims=True)
    s = (kept - d * mean) / np.sqrt(d)
    return np.hstack([np.ones_like(s), s, s**2, z / np.sqrt(np.maximum(kept, 1.0) / d)])


def _fit_linear(
    basis_of: _Basis, z: Array, y: Array, weights: Array, fold: NDArray[np.intp], mean: float
) -> _Model | None:
    """Least squares on a basis; one Gram matrix a fold serves all fits."""
    basis = basis_of(z, mean)
    scaled = basis * weights[:, None]
    parts = [fold == k for k in range(FOLDS)]
    grams = [scaled[part].T @ basis[part] for part in parts]
    crosses = [scaled[part].T @ y[part] for part in parts]
    gram, cross = sum(grams), sum(crosses)
    tiny = 1e-6 * float(np.trace(gram)) / len(cross)
    fits = [ridge(gram - own, cross - left, tiny) for own, left in zip(grams, crosses, strict=True)]
    held_out = np.empty(len(y))
    for part, one in zip(parts, fits, strict=True):
        held_out[part] = basis[part] @ one
    average = np.mean(fits, axis=0)
    return _Model(held_out, lambda fresh: basis_of(fresh, mean) @ average)


def _fit_sigmoid(
    basis_of: _Basis, z: Array, y: Array, weights: Array, fold: NDArray[np.intp], mean: float
) -> _Model | None:
    """``expit(basis @ theta)`` by Gauss-Newton, started from a linear fit of the logit where that is steep."""
    x = basis_of(z, mean)
    near = np.clip(y, 1e-3, 1.0 - 1e-3)
    try:
        start = _solve(x, weights * np.square(near * (1.0 - near)), logit(near))
        whole = _gauss_newton(x, y, weights, start, STEPS)
        fits = [_gauss_newton(x, y, weights * (fold != k), whole, FOLD_STEPS) for k in range(FOLDS)]
    except linalg.LinAlgError:
        return None
    held_out = np.empty(len(y))
    for k, one in enumerate(fits):
        part = fold == k
        held_out[part] = expit(x[part] @ one)
    every = np.column_stack(fits)
    return _Model(held_out, lambda fresh: expit(basis_of(fresh, mean) @ every).mean(axis=1))


def _gauss_newton(x: Array, y: Array, weights: Array, start: Array, steps: int) -> Array:
    """Weighted least squares of ``expit(x @ theta)``; a step that does not help is halved, then given up."""
    theta, value = start, expit(x @ start)
    loss = float(weights @ np.square(y - value))
    for _ in range(steps):
        slope = value * (1.0 - value)
        step = _solve(x, weights * np.square(slope), (y - value) / np.maximum(slope, 1e-6))
        for _ in range(4):
            trial = expit(x @ (theta + step))
            trial_loss = float(weights @ np.square(y - trial))
            if trial_loss < loss:
                break
            step = 0.5 * step
        else:
            break
        settled = loss - trial_loss < 1e-6 * loss
        theta, value, loss = theta + step, trial, trial_loss
        if settled:
            break
    return theta


def _solve(x: Array, weights: Array, y: Array) -> Array:
    scaled = x * weights[:, None]
    gram = scaled.T @ x
    tiny = 1e-6 * float(np.trace(gram)) / len(gram)
    return ridge(gram, scaled.T @ y, tiny)
