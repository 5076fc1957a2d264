"""Cheap models of a model's predictions for masks, cross-fitted: what they predict well needs no model call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.special import expit, logit, softmax

from lime.engine.moments import goes_by_samples
from lime.engine.probabilities import within_unit
from lime.engine.ridge import ridge

Array = NDArray[np.float64]

FOLDS = 5

SAMPLES_A_FEATURE = 2.5
"""Effective samples for each feature below which least squares on all features is not to be trusted."""

PENALTIES = (1e-6, 0.03, 0.1, 0.3, 1.0)
"""Ridge penalties of linear models to choose from, as shares of the mean of the Gram matrix's diagonal."""

NEEDS_PENALTY = 10
"""Effective samples for each column from which on shrinking a linear model gains nothing: the first penalty does."""

MOST_OPERATIONS_BEYOND_LINEAR = 1e8
"""The same for models that are not linear in z; 5000 samples of 141 features come to it."""

FREE_CELLS, FREE_OPERATIONS, FREE_SAMPLES = 4e6, 3e8, 40_000
"""Bounds on the samples that cost no model call: their cells, ``n d^2``, and their number."""

FREE_SAMPLES_A_FEATURE = 8
"""Fewest of them for each feature; where the bounds leave fewer, only models that are linear in z assist."""

STEPS, FOLD_STEPS = 5, 2
"""Gauss-Newton steps of a sigmoid on all samples, and from there on the samples of four folds of five."""


SUM_OFF = 1e-3
"""How far probabilities may be from adding up to 1: single and half precision are."""

MOST_CLASSES = 16
"""Classes that a softmax tells apart; the least likely of more are one."""

LEAST_PROBABILITIES = (1e-12, 1e-3)
"""What is taken for the logarithm of a smaller probability: next to nothing for models that give logarithms their due,
more for those that give 0."""


@dataclass(frozen=True)
class CheapModel:
    """A cheap model of one output.

    Attributes
    ----------
    held_out : ndarray of float, shape (n,)
        Its cross-fitted predictions for the samples.
    predict : callable
        Its mean over the folds, elsewhere.
    linear : ndarray of float, shape (d + 1,), or None
        Its intercept and slopes where it is linear in z.
    """

    held_out: Array
    predict: Callable[[Array], Array]
    linear: Array | None = None


@dataclass(frozen=True)
class Training:
    """One output of the model on the samples, as cheap models learn it.

    Attributes
    ----------
    z : ndarray of float, shape (n, d)
        Masks.
    y : ndarray of float, shape (n,)
        Predictions.
    weights : ndarray of float, shape (n,)
        Weights of the samples.
    fold : ndarray of int, shape (n,)
        The fold of each sample, below `FOLDS`.
    mean : float
        Probability that a unit is kept.
    classes : ndarray of float, shape (n, c), or None
        Probabilities of all classes, those of the output itself first; None where there are no three.
    """

    z: Array
    y: Array
    weights: Array
    fold: NDArray[np.intp]
    mean: float
    classes: Array | None = None


FitModel = Callable[[Training], CheapModel | None]
"""Fits a cheap model; None where that fails."""

_Basis = Callable[[Array, float], Array]


def candidates(
    n: int, d: int, effective: float, bounded: bool, y: Array, *, several: bool = False
) -> list[tuple[str, FitModel]]:
    """Cheap models that are worth fitting to one output.

    Parameters
    ----------
    n, d : int
        Numbers of samples and of features.
    effective : float
        Effective number of samples.
    bounded : bool
        Whether the outputs are probabilities, so that a sigmoid may fit them.
    y : ndarray of float, shape (n,)
        The model's predictions.
    several : bool
        Whether the probabilities of three or more classes are known, so that a softmax may fit them.

    Returns
    -------
    list of (str, callable)
        Names, and functions that fit.
    """
    found: list[tuple[str, FitModel]] = []
    if effective < NEEDS_PENALTY * d:
        found.append(("shrunk", partial(_fit_linear, _plain_basis)))
    enough = free_count(d) >= FREE_SAMPLES_A_FEATURE * d and effective >= SAMPLES_A_FEATURE * (d + 1)
    if not enough or n * d * d > MOST_OPERATIONS_BEYOND_LINEAR:
        return found
    found.append(("size", partial(_fit_linear, _size_basis)))
    found.append(("scaled", partial(_fit_linear, _scaled_basis)))
    if bounded and within_unit(y):
        found.append(("sigmoid", partial(_fit_sigmoid, _plain_basis)))
        found.append(("scaled sigmoid", partial(_fit_sigmoid, _scaled_basis)))
    if several:
        found.append(("softmax", partial(_fit_softmax, _plain_basis)))
        found.append(("scaled softmax", partial(_fit_softmax, _scaled_basis)))
    return found


def classes_of(predictions: Array, column: int) -> Array | None:
    """Probabilities of the classes that a softmax tells apart.

    Parameters
    ----------
    predictions : ndarray of float, shape (n, k)
        Of all outputs.
    column : int
        Which of them is explained.

    Returns
    -------
    ndarray of float, shape (n, c), or None
        The explained one first; of many classes the least likely ones together, last. None where these are no
        probabilities of three or more classes.
    """
    k = predictions.shape[1]
    if k < 3 or not within_unit(predictions) or np.abs(predictions.sum(axis=1) - 1.0).max() > SUM_OFF:
        return None
    order = np.argsort(-predictions.mean(axis=0), kind="stable")
    order = np.append(column % k, order[order != column % k])
    found = predictions[:, order[:MOST_CLASSES]]
    if k <= MOST_CLASSES:
        return found
    return np.column_stack([found, np.maximum(1.0 - found.sum(axis=1), 0.0)])


def free_count(d: int) -> int:
    """How many samples that cost no model call are worth their time.

    Parameters
    ----------
    d : int
        Number of features.

    Returns
    -------
    int
    """
    return int(min(FREE_SAMPLES, FREE_CELLS / d, FREE_OPERATIONS / d**2))


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


def _fit_linear(basis_of: _Basis, data: Training) -> CheapModel | None:
    """Ridge regression on a basis whose first column is 1; one Gram matrix a fold serves all fits and penalties."""
    if basis_of is _plain_basis and goes_by_samples(*data.z.shape):
        return _fit_linear_by_samples(data)
    y, weights, fold, mean = data.y, data.weights, data.fold, data.mean
    basis = basis_of(data.z, mean)
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
    return CheapModel(best, lambda fresh: basis_of(fresh, mean) @ average, linear)


def _fit_linear_by_samples(data: Training) -> CheapModel:
    """`_fit_linear` on the features themselves where they outnumber the samples: one matrix of samples by samples."""
    z, y, weights, fold = data.z, data.y, data.weights, data.fold
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
    return CheapModel(best, lambda fresh: intercept + fresh @ slopes, np.append(intercept, slopes))


def _fit_sigmoid(basis_of: _Basis, data: Training) -> CheapModel | None:
    """``expit(basis @ theta)`` by Gauss-Newton, started from a linear fit of the logit where that is steep."""
    y, weights, fold, mean = data.y, data.weights, data.fold, data.mean
    x = basis_of(data.z, mean)
    near = np.clip(y, 1e-3, 1.0 - 1e-3)
    try:
        start = _solve(x, weights * np.square(near * (1.0 - near)), logit(near))
        on_all = _gauss_newton(x, y, weights, start, STEPS)
        fits = [_gauss_newton(x, y, weights * (fold != k), on_all, FOLD_STEPS) for k in range(FOLDS)]
    except linalg.LinAlgError:
        return None
    held_out = np.empty(len(y))
    for k, one in enumerate(fits):
        part = fold == k
        held_out[part] = expit(x[part] @ one)
    every = np.column_stack(fits)
    return CheapModel(held_out, lambda fresh: expit(basis_of(fresh, mean) @ every).mean(axis=1))


def _fit_softmax(basis_of: _Basis, data: Training) -> CheapModel | None:
    """The first column of ``softmax(basis @ theta)``, from linear fits of the logarithms about their mean.

    Where a model is a softmax of functions that are linear in what is kept, such as a logistic regression on pixels
    that turn black, it fits without a residual.
    """
    y, weights, fold, mean, classes = data.y, data.weights, data.fold, data.mean, data.classes
    assert classes is not None
    x = basis_of(data.z, mean)
    parts = [fold == k for k in range(FOLDS)]
    found, least = None, np.inf
    for steep in (False, True):
        own = weights * np.square(y * (1.0 - y)) if steep else weights
        scaled = x * own[:, None]
        grams = [scaled[part].T @ x[part] for part in parts]
        gram = sum(grams)
        tiny = 1e-9 * float(np.trace(gram)) / len(gram)
        for smallest in LEAST_PROBABILITIES:
            logarithms = np.log(np.maximum(classes, smallest))
            logarithms -= logarithms.mean(axis=1, keepdims=True)
            crosses = [scaled[part].T @ logarithms[part] for part in parts]
            cross = sum(crosses)
            try:
                fits = [ridge(gram - one, cross - left, tiny) for one, left in zip(grams, crosses, strict=True)]
            except linalg.LinAlgError:
                continue
            held_out = np.empty(len(y))
            for part, one in zip(parts, fits, strict=True):
                held_out[part] = softmax(x[part] @ one, axis=1)[:, 0]
            loss = float(weights @ np.square(y - held_out))
            if loss < least:
                found, least = (held_out, fits), loss
    if found is None:
        return None
    held_out, fits = found

    def predict(fresh: Array) -> Array:
        basis = basis_of(fresh, mean)
        result: Array = np.mean([softmax(basis @ one, axis=1)[:, 0] for one in fits], axis=0)
        return result

    return CheapModel(held_out, predict)


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
