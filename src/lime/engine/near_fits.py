"""Fits to near training rows for many instances at once, each through the model's prediction for its instance.

What one instance alone takes step by step (`lime.engine.moments`, `leave_one_out`, `anchored`, `local_fit`) is taken
here by all of them together, with the same digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.leave_one_out import INSEPARABLE, LEAST
from lime.engine.moments import FLAT
from lime.engine.precision import UNITS_OFF
from lime.engine.ridge import ridge
from lime.engine.selection import HIGHEST_WEIGHTS_ALPHA, is_forward, pick_forward
from lime.engine.stacked import (
    Penalized,
    alike,
    best_penalties,
    fits_through,
    left_out_through,
    principal,
    products,
    shrinkages,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NearRows:
    """Instances, and what each sees of the same n rows.

    Attributes
    ----------
    z : ndarray of float, shape (d, n) or (s, d, n)
        Interpretable features of the rows; one for all instances where they do not depend on these.
    own : ndarray of float, shape (s, d)
        Those of the instances.
    weights : ndarray of float, shape (s, n)
        What each row counts.
    near : ndarray of float, shape (s, n)
        What it counts where the fit is judged.
    y : ndarray of float, shape (s, n)
        Predictions of one output for the rows.
    prediction : ndarray of float, shape (s,)
        Those for the instances.
    """

    z: Floats
    own: Floats
    weights: Floats
    near: Floats
    y: Floats
    prediction: Floats


@dataclass(frozen=True)
class NearFits:
    """Fits of s instances on m features each.

    Attributes
    ----------
    features : ndarray of int, shape (s, m)
        In the order of their choice.
    coefficients, errors, contributions : ndarray of float, shape (s, m)
    intercept, score, held_out, baseline : ndarray of float, shape (s,)
    deviation : ndarray of float, shape (s,)
        Weighted standard deviation of the predictions.
    together : ndarray of bool, shape (s, m, m)
        Which of the features vary together.
    local_score, local_error, local_rows : ndarray of float, shape (s,)
        See `lime.engine.local_fit.LocalFit`.
    flat : ndarray of bool, shape (s,)
        Whether predictions vary so little that the other numbers mean nothing.
    """

    features: NDArray[np.intp]
    coefficients: Floats
    errors: Floats
    contributions: Floats
    intercept: Floats
    score: Floats
    held_out: Floats
    baseline: Floats
    deviation: Floats
    together: NDArray[np.bool_]
    local_score: Floats
    local_error: Floats
    local_rows: Floats
    flat: NDArray[np.bool_]


@dataclass(frozen=True)
class _Sums:
    """Weighted moments about the means, as `lime.engine.moments.Moments` has them."""

    shares: Floats
    total: Floats
    root: Floats
    y: Floats
    y_mean: Floats
    y_square: Floats
    x: Floats
    mean: Floats
    gram: Floats
    cross: Floats
    diagonal: Floats

    @classmethod
    def of(cls, rows: NearRows) -> _Sums:
        (s, n), d = rows.y.shape, rows.own.shape[1]
        total, root = rows.weights.sum(axis=1), np.sqrt(rows.weights)
        y = rows.y - rows.y[:, :1]
        shift = products(rows.weights, y) / total
        y -= shift[:, None]
        scaled = np.empty((s, d + 2, n))
        np.multiply(rows.z, root[:, None, :], out=scaled[:, :d])
        scaled[:, d] = root
        np.multiply(y, root, out=scaled[:, d + 1])
        found = np.matmul(scaled, scaled.transpose(0, 2, 1))
        mean = found[:, :d, d] / total[:, None]
        diagonal = np.diagonal(found, axis1=1, axis2=2)[:, :d] - total[:, None] * np.square(mean)
        still = diagonal < FLAT * total[:, None] * np.square(mean)
        diagonal[still] = 0.0
        still = diagonal == 0.0
        cross = found[:, :d, d + 1].copy()
        cross[still] = 0.0
        gram = found[:, :d, :d] - total[:, None, None] * (mean[:, :, None] * mean[:, None, :])
        gram[still[:, :, None] | still[:, None, :]] = 0.0
        x = scaled[:, :d]
        for one, means, roots in zip(x, mean, root, strict=True):
            one -= np.multiply.outer(means, roots)
        x[still] = 0.0
        y_square = products(rows.weights * y, y)
        return cls(
            rows.weights / total[:, None],
            total,
            root,
            y,
            rows.y[:, 0] + shift,
            y_square,
            x,
            mean,
            gram,
            cross,
            diagonal,
        )

    def best_penalties(self, x: Floats, gram: Floats) -> Penalized:
        """The penalties that predict best what is left out, with some centred features (s, m, n) and their gram."""
        along, squares, vectors = principal(x, gram)
        return best_penalties(
            along, squares, vectors, self.root * self.y, self.shares, varies=self.y_square > 0.0, least=LEAST
        )


def fit_near(rows: NearRows, num_features: int, method: str) -> NearFits:
    """Select features for each instance and fit them.

    Parameters
    ----------
    rows : NearRows
        With at least as many rows as features.
    num_features : int
        How many to keep at most.
    method : str
        ``'none'``, ``'forward_selection'``, ``'highest_weights'`` or ``'auto'``; see `lime.engine.selection.select`.

    Returns
    -------
    NearFits
    """
    sums = _Sums.of(rows)
    every = np.arange(len(rows.y))[:, None]
    features = _selected(sums, num_features, method)

    ordered = np.sort(features, axis=1)
    gram = sums.gram[every[:, :, None], ordered[:, :, None], ordered[:, None, :]]
    x = np.take_along_axis(sums.x, ordered[:, :, None], axis=1)
    best = sums.best_penalties(x, gram)
    own = np.take_along_axis(rows.own, ordered, axis=1)
    away = _taken(rows.z, ordered) - own[:, :, None]
    local = _judged(left_out_through(away, rows.weights, rows.y, rows.prediction, best.penalty), rows)

    at = np.take_along_axis(rows.own, features, axis=1)
    plain = _taken(rows.z, features)
    moved = (plain - at[:, :, None]) * sums.root[:, None, :]
    change = (rows.y - rows.prediction[:, None]) * sums.root
    through = fits_through(moved, change, best.penalty)
    spread = _spread(rows, sums.total)
    means = np.matmul(plain, rows.weights[:, :, None])[:, :, 0] / sums.total[:, None]
    contributions = through.coefficients * (at - means)
    chosen = sums.gram[every[:, :, None], features[:, :, None], features[:, None, :]]
    off = np.take_along_axis(sums.mean, features, axis=1) - at
    about = chosen + sums.total[:, None, None] * (off[:, :, None] * off[:, None, :])
    errors = np.hypot(through.errors(), shrinkages(about, through.coefficients, best.penalty))
    return NearFits(
        features=features,
        coefficients=through.coefficients,
        errors=errors,
        contributions=contributions,
        intercept=rows.prediction - products(at, through.coefficients),
        score=1.0 - products(through.residuals, through.residuals) / spread,
        held_out=1.0 - products(through.left_out, through.left_out) / spread,
        baseline=rows.prediction - contributions.sum(axis=1),
        deviation=np.sqrt(sums.y_square / sums.total),
        together=alike(chosen, INSEPARABLE),
        local_score=local[0],
        local_error=local[1],
        local_rows=local[2],
        flat=_is_flat(sums),
    )


def _selected(sums: _Sums, num_features: int, method: str) -> NDArray[np.intp]:
    """The features that are kept, shape (s, m); see `lime.engine.leave_one_out.select_correlated`."""
    s, d = sums.mean.shape
    count = min(num_features, d)
    if method == "none":
        return np.tile(np.arange(d), (s, 1))
    if is_forward(method, count):
        return np.stack(
            [
                pick_forward(cross, diagonal, gram.__getitem__, count)
                for cross, diagonal, gram in zip(sums.cross, sums.diagonal, sums.gram, strict=True)
            ]
        )
    best = sums.best_penalties(sums.x, sums.gram)
    factors = best.penalty / HIGHEST_WEIGHTS_ALPHA
    coefficients = np.stack(
        [
            ridge(gram, cross, HIGHEST_WEIGHTS_ALPHA * factor)
            for gram, cross, factor in zip(sums.gram, sums.cross, factors.tolist(), strict=True)
        ]
    )
    return np.argsort(-np.abs(coefficients), axis=1, kind="stable")[:, :count]


def _taken(z: Floats, features: NDArray[np.intp]) -> Floats:
    """Some features of each instance, shape (s, m, n)."""
    return z[features] if z.ndim == 2 else np.take_along_axis(z, features[:, :, None], axis=1)


def _judged(predicted: Floats, rows: NearRows) -> tuple[Floats, Floats, Floats]:
    """R², error and rows of equal weight of `lime.engine.local_fit.local_fit`, each of shape (s,)."""
    mass = rows.near / rows.near.sum(axis=1)[:, None]
    missed = products(mass, np.square(rows.y - predicted))
    mean = products(mass, rows.y)
    varied = products(mass, np.square(rows.y - mean[:, None]))
    flat = varied <= np.square(1e-12 * np.maximum(np.abs(mean), 1e-300))
    score = np.where(flat, np.nan, 1.0 - missed / np.where(flat, 1.0, varied))
    return score, np.sqrt(missed), 1.0 / np.square(mass).sum(axis=1)


def _spread(rows: NearRows, total: Floats) -> Floats:
    """Weighted sums of squares of the predictions about their means, shape (s,); 1 where they are next to nothing."""
    mean = products(rows.weights, rows.y) / total
    found = products(rows.weights, np.square(rows.y - mean[:, None]))
    return np.where(found > 0.0, found, 1.0)


def _is_flat(sums: _Sums) -> NDArray[np.bool_]:
    """Whether predictions may be no more than rounding: `Moments` looks closer."""
    most = 2.0 * UNITS_OFF * float(np.finfo(np.float32).eps) * np.abs(sums.y_mean)
    result: NDArray[np.bool_] = (sums.y_square <= sums.total * np.square(most)) | (sums.y_square <= 0.0)
    return result
