"""Fits of several rows at once: each array has a first axis more, along which the rows stand.

A row alone is a stack of one and takes the same steps, so that it has the same digits in any company.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PENALTIES = tuple(float(one) for one in 10.0 ** np.arange(-6.0, 0.51, 0.5))
"""Penalties that are tried, as multiples of the features' mean sum of squares."""

LEAST_ROOM = 1e-6
"""Least share of a residual that a sample's own pull on the fit may leave; below it the sample is fitted exactly."""

FULL_LEVERAGE = 1.0 - 1e-9
"""Leverage from which on a sample decides its own fitted value, so that its residual tells nothing."""

ROUNDING = 1e-15
"""Share of the largest eigenvalue below which another one is rounding."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Penalized:
    """Ridge fits of s rows on m features, with the penalty that predicts best what is left out.

    Attributes
    ----------
    penalty : ndarray of float, shape (s,)
        The smallest that is tried, or a multiple of the features' mean weighted sum of squares.
    coefficients : ndarray of float, shape (s, m)
    room : ndarray of float, shape (s, n)
        What each sample's pull on its own fitted value leaves of its residual.
    """

    penalty: Floats
    coefficients: Floats
    room: Floats


def best_penalties(
    along: Floats,
    squares: Floats,
    vectors: Floats,
    y: Floats,
    shares: Floats,
    *,
    varies: NDArray[np.bool_],
    least: float,
) -> Penalized:
    """The penalties with the smallest weighted leave-one-out errors.

    Parameters
    ----------
    along : ndarray of float, shape (s, r, n)
        Samples along r principal directions, times the roots of their weights. It is overwritten.
    squares : ndarray of float, shape (s, r)
        Their sums of squares.
    vectors : ndarray of float, shape (s, m, r)
        The directions.
    y : ndarray of float, shape (s, n)
        Outputs less their means, times the roots of the weights.
    shares : ndarray of float, shape (s, n)
        Weights, as shares of their sum.
    varies : ndarray of bool, shape (s,)
        Whether an output varies.
    least : float
        Smallest penalty, above 0.
    """
    size = squares.sum(axis=1) / max(vectors.shape[1], 1)
    tried = np.maximum(least, np.multiply.outer(size, np.array(PENALTIES)))
    penalties = np.where((varies & (size > 0.0))[:, None], tried, least)
    shrunk = 1.0 / (squares[:, None, :] + penalties[:, :, None])  # (s, penalties, r)
    turned = shrunk * np.matmul(along, y[:, :, None])[:, None, :, 0]
    # All that is as long as the samples, for each penalty, is written where it stands.
    missed = np.matmul(turned, along)
    np.subtract(y[:, None, :], missed, out=missed)
    room = np.matmul(shrunk, np.square(along, out=along))
    room += shares[:, None, :]
    np.subtract(1.0, room, out=room)
    np.maximum(room, LEAST_ROOM, out=room)
    missed /= room
    np.square(missed, out=missed)
    best = np.argmin(missed.sum(axis=2), axis=1)
    rows = np.arange(len(best))
    return Penalized(
        penalty=penalties[rows, best],
        coefficients=np.matmul(vectors, turned[rows, best][:, :, None])[:, :, 0],
        room=room[rows, best],
    )


def principal(x: Floats, gram: Floats) -> tuple[Floats, Floats, Floats]:
    """Samples along the principal directions of features that are no more than the samples.

    Parameters
    ----------
    x : ndarray of float, shape (s, m, n)
        Centred features, times the roots of the weights.
    gram : ndarray of float, shape (s, m, m)
        Their products with each other.

    Returns
    -------
    along : ndarray of float, shape (s, m, n)
    squares : ndarray of float, shape (s, m)
        Sums of squares.
    vectors : ndarray of float, shape (s, m, m)
        The directions, one a column.
    """
    squares, vectors = np.linalg.eigh(gram)
    return np.matmul(vectors.transpose(0, 2, 1), x), np.maximum(squares, 0.0), vectors


@dataclass(frozen=True)
class Through:
    """Fits of s rows through the model's predictions for them.

    Attributes
    ----------
    coefficients : ndarray of float, shape (s, m)
    directions : ndarray of float, shape (s, m, n)
        Where each sample moves the weights to, for each unit of its residual.
    residuals, left_out : ndarray of float, shape (s, n)
        Times the roots of the weights; those of fits without the sample.
    """

    coefficients: Floats
    directions: Floats
    residuals: Floats
    left_out: Floats

    def errors(self) -> Floats:
        """HC3 standard errors where all samples are independent, shape (s, m)."""
        squares = np.square(self.left_out)[:, None, :]
        result: Floats = np.sqrt(np.matmul(squares, np.square(self.directions).transpose(0, 2, 1))[:, 0, :])
        return result


def fits_through(moved: Floats, change: Floats, alpha: Floats) -> Through:
    """Ridge fits without an intercept.

    Parameters
    ----------
    moved : ndarray of float, shape (s, m, n)
        Features less the instance's, times the roots of the weights.
    change : ndarray of float, shape (s, n)
        Predictions less the instance's, times the roots of the weights.
    alpha : ndarray of float, shape (s,)
        Penalties on the squared coefficients.
    """
    m = moved.shape[1]
    sizes, vectors = np.linalg.eigh(np.matmul(moved, moved.transpose(0, 2, 1)) + alpha[:, None, None] * np.eye(m))
    largest = np.abs(sizes).max(axis=1, initial=0.0)
    inverses = np.divide(1.0, sizes, out=np.zeros_like(sizes), where=np.abs(sizes) > ROUNDING * largest[:, None])
    inverse = np.matmul(vectors * inverses[:, None, :], vectors.transpose(0, 2, 1))
    coefficients = np.matmul(inverse, np.matmul(moved, change[:, :, None]))[:, :, 0]
    directions = np.matmul(inverse, moved)
    residuals = change - np.matmul(coefficients[:, None, :], moved)[:, 0, :]
    leverage = np.add.reduce(moved * directions, axis=1)
    left_out = residuals / np.maximum(1.0 - leverage, 1.0 - FULL_LEVERAGE)
    return Through(coefficients, directions, residuals, left_out)


def left_out_through(moved: Floats, weights: Floats, y: Floats, prediction: Floats, alpha: Floats) -> Floats:
    """The value at each sample of the fit through the instance to all other samples, shape (s, n).

    With residuals r of the fit to all, and the leverage h of each sample, ``y - r / (1 - h)``.

    Parameters
    ----------
    moved : ndarray of float, shape (s, m, n)
        Features less the instance's.
    weights, y : ndarray of float, shape (s, n)
        What each sample counts, and its prediction.
    prediction : ndarray of float, shape (s,)
        The model's for the instance.
    alpha : ndarray of float, shape (s,)
        Penalties on the squared coefficients.
    """
    m = moved.shape[1]
    weighted = moved * weights[:, None, :]
    gram = np.matmul(weighted, moved.transpose(0, 2, 1))
    inverse = np.linalg.pinv(gram + alpha[:, None, None] * np.eye(m), hermitian=True)
    change = y - prediction[:, None]
    coefficients = np.matmul(inverse, np.matmul(weighted, change[:, :, None]))
    residuals = change - np.matmul(coefficients.transpose(0, 2, 1), moved)[:, 0, :]
    leverage = np.add.reduce(weighted * np.matmul(inverse, moved), axis=1)
    result: Floats = y - residuals / np.maximum(1.0 - leverage, 1.0 - FULL_LEVERAGE)
    return result


def shrinkages(gram: Floats, coefficients: Floats, alpha: Floats) -> Floats:
    """`lime.engine.few_rows.shrinkage` of each row: gram (s, m, m), coefficients (s, m) and penalties (s,)."""
    inverse = np.linalg.pinv(gram + alpha[:, None, None] * np.eye(gram.shape[1]), hermitian=True)
    found, scale = coefficients[:, :, None], alpha[:, None, None]
    lacking = scale * np.matmul(inverse, found)
    result: Floats = (scale * np.matmul(inverse, found + lacking))[:, :, 0]
    return result


def alike(gram: Floats, threshold: float) -> NDArray[np.bool_]:
    """Which features vary together.

    Parameters
    ----------
    gram : ndarray of float, shape (s, m, m)
        Products of centred features with each other.
    threshold : float
        Size of the correlation from which on two do.

    Returns
    -------
    ndarray of bool, shape (s, m, m)
    """
    size = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
    room = size[:, :, None] * size[:, None, :]
    result: NDArray[np.bool_] = np.abs(np.divide(gram, room, out=np.zeros_like(gram), where=room > 0.0)) >= threshold
    return result


def first_of_groups(together: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The first feature of the group that each is in: those that vary with one another, directly or by way of others.

    Parameters
    ----------
    together : ndarray of bool, shape (s, m, m)
        Which features vary together.

    Returns
    -------
    ndarray of int, shape (s, m)
    """
    m = together.shape[1]
    every = np.arange(m)
    # Each takes the first number that it sees, until none sees a smaller one.
    found = np.broadcast_to(every, together.shape[:2])
    itself = np.eye(m, dtype=bool)
    while True:
        seen = np.where(together | itself, found[:, None, :], m).min(axis=2, initial=m)
        if (seen == found).all():
            return np.asarray(found)
        found = seen


def products(left: Floats, right: Floats) -> Floats:
    """Inner products (s,) of two stacks of vectors (s, n)."""
    result: Floats = np.matmul(left[:, None, :], right[:, :, None])[:, 0, 0]
    return result
