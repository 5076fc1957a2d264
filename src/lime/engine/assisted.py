"""The model-assisted estimator: what is known of the law, and what a cheap model predicts, is not left to the draws.

With masks whose size alone matters to their law, the weights of a surrogate on all features tell those on any subset
(`SizeLaw.share_of_rest`), so that the effects of the features left out add no noise. And where a cheap model g of
the answers predicts well, the weights are those of g, which costs no model call and is averaged over as many draws
as wanted, plus those of f - g, which are small: the difference estimator of survey sampling (Saerndal, Swensson &
Wretman 1992), cross-fitted so that every f - g comes from a g that did not see the draw.

The weights of f - g come either from least squares on the draws, or from the covariances that the law has: with few
draws a feature, least squares inflates the variance by about 1 / (1 - d / n), and the law does not.
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
from lime.engine.lazy import cached_property
from lime.engine.moments import Moments, goes_by_draws
from lime.engine.probabilities import within_unit
from lime.engine.ridge import ridge
from lime.engine.support import CHANCE, own_reach, support_of
from lime.engine.surrogate import Surrogate, is_flat

Array = NDArray[np.float64]

FOLDS = 5
MARGIN = 0.95
"""Share of the cross-validated residuals of the linear fit that another model must not exceed to be taken."""

DRAWS_A_FEATURE = 2.5
"""Effective draws for each feature below which least squares on all features is not to be trusted."""

PENALTIES = (1e-6, 0.03, 0.1, 0.3, 1.0)
"""Ridge penalties of linear models to choose from, as shares of the mean of the Gram matrix's diagonal."""

NEEDS_PENALTY = 10
"""Effective draws for each column from which on shrinking a linear model gains nothing: the first penalty does."""

MOST_OPERATIONS = 1e9
"""``n d^2`` above which fitting takes longer than it is worth."""

MOST_OPERATIONS_BEYOND_LINEAR = 1e8
"""The same for models that are not linear in z; 5000 draws of 141 features come to it."""

FREE_CELLS, FREE_OPERATIONS, FREE_DRAWS = 4e6, 3e8, 40_000
"""Bounds on the draws that cost no model call: their cells, ``n d^2``, and their number."""

FREE_DRAWS_A_FEATURE = 8
"""Fewest of them for each feature; where the bounds leave fewer, only models that are linear in z assist."""

NOTHING_LEFT = 1e-12
"""Share of an output's variation that a linear fit may leave for no other model to be looked for."""

ROUNDING = 1e-12
"""Largest difference, as a share of the numbers, that is rounding."""

STEPS, FOLD_STEPS = 5, 2
"""Gauss-Newton steps of a sigmoid on all draws, and from there on the draws of four folds of five."""


class LawMoments(Moments):
    """Moments of which those of the features are the law's, and those with the outputs are estimated.

    Parameters
    ----------
    law : SizeLaw
        What the weighted draws follow.
    coefficients : ndarray of float, shape (d, k)
        Estimated weights of all features.
    draws : Moments
        The draws themselves; the sum of their weights sets the scale.
    """

    def __init__(self, law: SizeLaw, coefficients: Array, draws: Moments) -> None:
        self.law = law
        self.n, self.d, self.total, self.is_binary = draws.n, law.d, draws.total, draws.is_binary
        self.z, self.weights, self.y = draws.z, draws.weights, draws.y
        self.y_mean, self.y_square = draws.y_mean, draws.y_square
        self.z_mean = np.full(law.d, law.mean)
        self.cross = self.total * law.times(coefficients)
        self.diagonal = np.full(law.d, self.total * law.variance)

    @cached_property
    def gram(self) -> Array:
        """The law's covariances of all features times the sum of the weights, shape (d, d)."""
        return self.gram_of(np.arange(self.d))

    def gram_of(self, features: NDArray[np.intp]) -> Array:
        """The law's covariances times the sum of the weights.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (m, m)
        """
        return self.total * self.law.gram(len(features))

    def goes_by_draws(self, m: int) -> bool:
        """Never, since the moments are not those of the draws.

        Parameters
        ----------
        m : int
            Number of features.

        Returns
        -------
        bool
        """
        return False

    def ridge(self, output: int, alpha: float) -> Array:
        """Coefficients of all features in one ridge fit, without a matrix of features.

        Parameters
        ----------
        output : int
            Column of y.
        alpha : float
            Penalty, at least 0.

        Returns
        -------
        ndarray of float, shape (d,)
        """
        return self.law.solve(self.cross[:, output, None] / self.total, alpha / self.total)[:, 0]

    def rough_fit(self, output: int, alpha: float) -> tuple[Array, Array, Array]:
        """The same, with what it was made from; see `Moments.rough_fit`.

        Parameters
        ----------
        output : int
            Column of y.
        alpha : float
            Penalty, at least 0.

        Returns
        -------
        coefficients, cross, diagonal : ndarray of float, shape (d,)
            Weights, moments with the output, and sums of squares.
        """
        return self.ridge(output, alpha), self.cross[:, output], self.diagonal

    def rough(self) -> tuple[Array, Array]:
        """`gram` and `cross`: nothing would be saved.

        Returns
        -------
        gram : ndarray of float, shape (d, d)
            As `gram`.
        cross : ndarray of float, shape (d, k)
            As `cross`.
        """
        return self.gram, self.cross

    def column(self, feature: int) -> Array:
        """One column of them.

        Parameters
        ----------
        feature : int
            Column of z.

        Returns
        -------
        ndarray of float, shape (d,)
        """
        result = np.full(self.d, self.total * self.law.covariance)
        result[feature] = self.total * self.law.variance
        return result


@dataclass(frozen=True)
class _Regression:
    """A weighted linear regression on all features, ready for any output: least squares on the draws."""

    z: Array
    z_mean: Array
    weights: Array
    inverse: Array
    known = False

    @classmethod
    def of(cls, z: NDArray[np.bool_] | Array, weights: Array) -> _Regression:
        """Least squares on the draws."""
        mean = weights @ z / weights.sum()
        centred = z - mean
        scaled = centred * np.sqrt(weights)[:, None]
        gram = scaled.T @ scaled
        tiny = 1e-9 * float(np.trace(gram)) / len(gram)
        return cls(centred, mean, weights, ridge(gram, np.eye(len(gram)), tiny))

    def fit(self, y: Array) -> tuple[Array, float, Array]:
        """Weights (d,), weighted mean and left-out residuals (n,) of an output (n,)."""
        mean = float(self.weights @ y / self.weights.sum())
        centred = y - mean
        coefficients = self.inverse @ (self.z.T @ (self.weights * centred))
        return coefficients, mean, (centred - self.z @ coefficients) / self._room

    @cached_property
    def _room(self) -> Array:
        """1 less the leverage of each draw."""
        own = np.einsum("ij,ij->i", self.z @ self.inverse, self.z)
        result: Array = np.maximum(1.0 - self.weights * (1.0 / self.weights.sum() + own), 1e-6)
        return result

    def directions(self, features: NDArray[np.intp], share: float) -> Array:
        """Where each draw moves the weights on some features alone to, for its weighted residual, shape (n, m)."""
        rest = self.inverse.sum(axis=1) - self.inverse[:, features].sum(axis=1)
        turned = self.inverse[:, features] + share * rest[:, None]
        result: Array = self.z @ turned
        return result


@dataclass(frozen=True)
class _ByLaw:
    """The same with the law's covariances around what the draws say of the output, and no matrix of features."""

    z: Array
    z_mean: Array
    weights: Array
    law: SizeLaw
    known = True

    @classmethod
    def of(cls, z: Array, weights: Array, law: SizeLaw) -> _ByLaw:
        """That of a law."""
        return cls(z - law.mean, np.full(law.d, law.mean), weights, law)

    def fit(self, y: Array) -> tuple[Array, float, Array]:
        """Weights (d,), weighted mean and what is left of an output (n,): nothing was fitted to the draws."""
        total = self.weights.sum()
        mean = float(self.weights @ y / total)
        centred = y - mean
        coefficients = self.law.solve((self.z.T @ (self.weights * centred))[:, None])[:, 0] / total
        return coefficients, mean, centred

    def directions(self, features: NDArray[np.intp], share: float) -> Array:
        """Where each draw moves the weights on some features alone to, for its weighted residual, shape (n, m)."""
        own, common = self.law.inverse
        chosen, every = self.z[:, features], self.z.sum(axis=1)
        others = own * (every - chosen.sum(axis=1)) + (self.law.d - len(features)) * common * every
        result: Array = own * chosen + (common * every + share * others)[:, None]
        result /= self.weights.sum()
        return result


@dataclass(frozen=True)
class _Estimate:
    """Weights of all features for one output, the output's mean, and what moves them: residuals of the draws."""

    name: str
    regression: _Regression | _ByLaw
    coefficients: Array
    mean: float
    left: Array
    free: tuple[_Regression, Array] | None = None

    def mirrored(self, total: float) -> _Estimate:
        """That of an output which is `total` less this one, as the other of two classes is."""
        free = None if self.free is None else (self.free[0], -self.free[1])
        return _Estimate(self.name, self.regression, -self.coefficients, total - self.mean, -self.left, free)


@dataclass(frozen=True)
class Assisted:
    """Estimates for several outputs, from which the weights on any selected features follow.

    Attributes
    ----------
    moments : LawMoments
        For the selection of features.
    """

    moments: LawMoments
    _law: SizeLaw
    _draws: Moments
    _groups: NDArray[np.intp] | None
    _estimates: list[_Estimate]

    @property
    def names(self) -> list[str]:
        """The model that assisted each output: linear, shrunk, size, scaled, sigmoid or scaled sigmoid."""
        return [estimate.name for estimate in self._estimates]

    def held_out_score(self, output: int) -> float:
        """Cross-validated R^2 of the fit on all features.

        Parameters
        ----------
        output : int
            Which output; one that varies.

        Returns
        -------
        float
            At most 1.
        """
        left = self._draws.weights @ np.square(self._estimates[output].left)
        return 1.0 - float(left) / float(self._draws.y_square[output])

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
        draws, weights, estimate = self._draws, self._draws.weights, self._estimates[output]
        share = self._law.share_of_rest(len(features)) if len(features) else 0.0
        every = estimate.coefficients
        coefficients = every[features] + share * (every.sum() - every[features].sum())
        intercept = float(estimate.mean - self._law.mean * coefficients.sum())
        residual = draws.y[:, output] + draws.y_mean[output] - intercept - draws.z[:, features] @ coefficients
        total = float(draws.y_square[output])
        directions = estimate.regression.directions(features, share)
        moved = weights * estimate.left
        degrees = draws.n - 1 if estimate.regression.known else draws.n - draws.d - 1
        if self._groups is None:
            variance = np.square(errors.independent_errors(directions, moved))
        else:
            clustered, degrees = errors.clustered_errors(directions, moved, self._groups)
            variance = np.square(clustered)
        if estimate.free is not None:
            regression, left = estimate.free
            two_by_two = np.repeat(np.arange(len(left) // 2), 2)
            free, _ = errors.clustered_errors(
                regression.directions(features, share), regression.weights * left, two_by_two
            )
            variance += np.square(free)
        found = np.sqrt(variance)
        support = support_of(draws, features, draws.diagonal[features])
        if support is not None:
            found *= own_reach(support.counts, degrees) / errors.quantile(1.0 - 0.5 * CHANCE, degrees)
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
        None where the features have no law to help, or are so many, as are the draws, that it takes longer than the
        draws are worth: above `MOST_OPERATIONS`, and above `MOST_OPERATIONS_BEYOND_LINEAR` with many draws a feature.
    """
    n, d = draws.n, draws.d
    if d < 2 or n < 2 * FOLDS or n * d * d > MOST_OPERATIONS:
        return None
    if law.variance - law.covariance <= 1e-12 or any(is_flat(draws, j) for j in range(draws.y.shape[1])):
        return None
    z = draws.z.astype(np.float64)
    effective = draws.total**2 / float(np.square(draws.weights).sum())
    candidates = [_candidates(n, d, effective, bounded, y) for y in (draws.y + draws.y_mean).T]
    if not any(candidates):
        return None
    regressions: list[_Regression | _ByLaw] = [_ByLaw.of(z, draws.weights, law)]
    if effective >= DRAWS_A_FEATURE * (d + 1):
        regressions.append(_Regression.of(z, draws.weights))
    fold = (np.arange(n) if groups is None else groups) % FOLDS
    free = _FreeDraws(law, rng)
    outputs = (draws.y + draws.y_mean).T
    estimates: list[_Estimate] = []
    for output, found in enumerate(candidates):
        twin = next((other for other in range(output) if _sum_is_fixed(outputs[other], outputs[output])), None)
        estimates.append(
            _estimate(z, outputs[output], draws.weights, fold, law, regressions, free, found)
            if twin is None
            else estimates[twin].mirrored(float(outputs[twin, 0] + outputs[output, 0]))
        )
    coefficients = np.column_stack([estimate.coefficients for estimate in estimates])
    return Assisted(LawMoments(law, coefficients, draws), law, draws, groups, estimates)


def _estimate(
    z: Array,
    y: Array,
    weights: Array,
    fold: NDArray[np.intp],
    law: SizeLaw,
    regressions: list[_Regression | _ByLaw],
    free: _FreeDraws,
    candidates: list[tuple[str, _Make]],
) -> _Estimate:
    """The estimate of one output with the smallest cross-validated residuals."""
    best, bound = _without_help(y, law, regressions[-1]), np.inf
    if not regressions[-1].known:
        bound = MARGIN * float(weights @ np.square(best.left))
    chosen: tuple[str, _Model, _Regression | _ByLaw] | None = None
    nothing = NOTHING_LEFT * float(weights @ np.square(y - weights @ y / weights.sum()))
    for name, make in candidates if bound > nothing else ():
        model = make(z, y, weights, fold, law.mean)
        for regression in regressions if model is not None else ():
            assert model is not None
            size = float(weights @ np.square(regression.fit(y - model.held_out)[2]))
            if size < bound:
                chosen, bound = (name, model, regression), size
    if chosen is None:
        return best
    name, model, regression = chosen
    rest = _without_help(y - model.held_out, law, regression)
    if model.linear is not None:
        slopes = model.linear[1:]
        mean = float(model.linear[0]) + law.mean * float(slopes.sum())
        return _Estimate(name, regression, slopes + rest.coefficients, mean + rest.mean, rest.left)
    known = _without_help(model.predict(free.z), law, free.regression)
    return _Estimate(
        name,
        regression,
        known.coefficients + rest.coefficients,
        known.mean + rest.mean,
        rest.left,
        (free.regression, known.left),
    )


def _without_help(y: Array, law: SizeLaw, regression: _Regression | _ByLaw) -> _Estimate:
    coefficients, mean, left = regression.fit(y)
    mean += float((law.mean - regression.z_mean) @ coefficients)
    return _Estimate("linear", regression, coefficients, mean, left)


def _sum_is_fixed(one: Array, other: Array) -> bool:
    """Whether two outputs add up to the same number for every draw, beyond rounding."""
    total = one + other
    return bool(np.ptp(total) <= ROUNDING * max(float(np.abs(one).max()), float(np.abs(other).max())))


def _free_count(d: int) -> int:
    return int(min(FREE_DRAWS, FREE_CELLS / d, FREE_OPERATIONS / d**2))


class _FreeDraws:
    """Draws from the law that no model is asked about, in pairs, and the regression on them; made when needed."""

    def __init__(self, law: SizeLaw, rng: np.random.Generator) -> None:
        self._law, self._rng = law, rng

    @cached_property
    def _drawn(self) -> masks.Masks:
        return masks.pairs(_free_count(self._law.d), self._law.draws, self._law.probabilities, self._rng)

    @cached_property
    def z(self) -> Array:
        return self._drawn.z.astype(np.float64)

    @cached_property
    def regression(self) -> _Regression:
        kernel = self._law.kernel[self._law.d - np.count_nonzero(self._drawn.z, axis=1)]
        return _Regression.of(self.z, self._drawn.weights * kernel)


@dataclass(frozen=True)
class _Model:
    """A cheap model of one output: its cross-fitted predictions for the draws, and its mean over folds elsewhere.

    `linear` holds its intercept and slopes where it is linear in z.
    """

    held_out: Array
    predict: Callable[[Array], Array]
    linear: Array | None = None


_Basis = Callable[[Array, float], Array]
_Make = Callable[[Array, Array, Array, NDArray[np.intp], float], _Model | None]


def _candidates(n: int, d: int, effective: float, bounded: bool, y: Array) -> list[tuple[str, _Make]]:
    found: list[tuple[str, _Make]] = []
    if effective < NEEDS_PENALTY * d:
        found.append(("shrunk", partial(_fit_linear, _plain_basis)))
    enough = _free_count(d) >= FREE_DRAWS_A_FEATURE * d and effective >= DRAWS_A_FEATURE * (d + 1)
    if not enough or n * d * d > MOST_OPERATIONS_BEYOND_LINEAR:
        return found
    found.append(("size", partial(_fit_linear, _size_basis)))
    found.append(("scaled", partial(_fit_linear, _scaled_basis)))
    if bounded and within_unit(y):
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
    """Ridge regression on a basis whose first column is 1; one Gram matrix a fold serves all fits and penalties."""
    if basis_of is _plain_basis and goes_by_draws(*z.shape):
        return _fit_linear_by_draws(z, y, weights, fold)
    basis = basis_of(z, mean)
    scaled = basis * weights[:, None]
    parts = [fold == k for k in range(FOLDS)]
    grams = [scaled[part].T @ basis[part] for part in parts]
    crosses = [scaled[part].T @ y[part] for part in parts]
    gram, cross = sum(grams), sum(crosses)
    scale = float(np.trace(gram)) / len(cross)
    effective = float(weights.sum()) ** 2 / float(np.square(weights).sum())
    best, least, average = np.empty(0), np.inf, np.empty(0)
    for penalty in PENALTIES if effective < NEEDS_PENALTY * basis.shape[1] else PENALTIES[:1]:
        free_intercept = np.diag(np.append(0.0, np.full(len(cross) - 1, penalty * scale)))
        fits = [
            ridge(gram - own + free_intercept, cross - left, 1e-9 * scale)
            for own, left in zip(grams, crosses, strict=True)
        ]
        held_out = np.empty(len(y))
        for part, one in zip(parts, fits, strict=True):
            held_out[part] = basis[part] @ one
        loss = float(weights @ np.square(y - held_out))
        if loss < least:
            best, least, average = held_out, loss, np.mean(fits, axis=0)
    linear = average if basis_of is _plain_basis else None
    return _Model(best, lambda fresh: basis_of(fresh, mean) @ average, linear)


def _fit_linear_by_draws(z: Array, y: Array, weights: Array, fold: NDArray[np.intp]) -> _Model:
    """`_fit_linear` on the features themselves where they are more than the draws: one matrix of draws by draws."""
    n, d = z.shape
    inner, root = z @ z.T, np.sqrt(weights)
    inner *= np.outer(root, root)
    scale = float(weights @ (1.0 + np.einsum("ij,ij->i", z, z))) / (d + 1)
    tiny = 1e-9 * scale  # on the intercept too
    best, least = np.empty(0), np.inf
    duals, intercept = np.empty(0), 0.0
    for penalty in PENALTIES:
        alpha = penalty * scale + tiny
        held_out, sums, constants = np.empty(n), np.zeros(n), []
        for k in range(FOLDS):
            train, out = fold != k, fold == k
            right = root[train, None] * np.column_stack([np.ones(n), y])[train]
            solved = ridge(inner[np.ix_(train, train)], right, alpha)
            ones, own = root[train] @ solved
            constants.append(float(own / (ones + tiny / alpha)))
            dual = solved[:, 1] - constants[-1] * solved[:, 0]
            held_out[out] = constants[-1] + z[out] @ (z[train].T @ (root[train] * dual))
            sums[train] += root[train] * dual
        loss = float(weights @ np.square(y - held_out))
        if loss < least:
            best, least, duals, intercept = held_out, loss, sums / FOLDS, float(np.mean(constants))
    slopes = z.T @ duals
    return _Model(best, lambda fresh: intercept + fresh @ slopes, np.append(intercept, slopes))


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
