"""The regression on the chosen features alone: its moments, and how the samples move its weights.

A few binary features make few patterns: with ten of them, each of 5000 samples is one of 1024. What a regression on
them needs of the samples are then sums over those of one pattern, and everything else is arithmetic of patterns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments, about_means
from lime.engine.ridge import ridge
from lime.engine.stacked import LEAST_ROOM
from lime.engine.standard_errors import MANY_REPLICATES, independent_errors, sums_of_groups

PATTERNS_AT_MOST = 0.25
"""Patterns, as a share of the samples, up to which going by patterns pays."""


class Restricted(Protocol):
    """Moments of chosen features about their means, and what the samples say of the weights' errors.

    Attributes
    ----------
    mean : ndarray of float, shape (m,)
    """

    mean: NDArray[np.float64]

    @property
    def diagonal(self) -> NDArray[np.float64]:
        """Weighted sums of squares of the features about their means, shape (m,)."""

    def cross(self, output: int) -> NDArray[np.float64]:
        """Moments of the features with one output, shape (m,)."""

    def fit(self, output: int, alpha: float) -> tuple[NDArray[np.float64], float]:
        """Coefficients of a ridge fit of one output, shape (m,), and the square of what it explains, about the mean."""

    def sandwich_errors(
        self, output: int, coefficients: NDArray[np.float64], alpha: float, groups: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float]:
        """What the samples move the weights by, each for its own residual.

        Residuals are divided by 1 - h with leverages h, as in HC3: variances at few samples would be too small without.

        Returns
        -------
        independent : ndarray of float, shape (m,)
            Standard errors as if all samples were independent.
        sums : ndarray of float, shape (replicates, m), or None
            Sums over each of the `groups`.
        left_out : float
            Weighted sum of the squared leave-one-out residuals.
        """


def restrict(moments: Moments, features: NDArray[np.intp]) -> Restricted:
    """Return the regression on some features, by patterns where these are few."""
    if moments.is_binary and 2 ** len(features) <= PATTERNS_AT_MOST * moments.n:
        return _ByPattern(moments, features)
    if moments.goes_by_samples(len(features)):
        return _ByFewSamples(moments, features)
    return _BySample(moments, features)


class _ByFewSamples:
    """More features than samples: every matrix is as wide as the samples, by A^-1 X' = X' (X X' + alpha I)^-1."""

    def __init__(self, moments: Moments, features: NDArray[np.intp]) -> None:
        self._moments, self._features = moments, features
        self.mean, self._inner = moments.z_mean[features], moments.inner(features)

    @property
    def diagonal(self) -> NDArray[np.float64]:
        return self._moments.diagonal[self._features]

    def cross(self, output: int) -> NDArray[np.float64]:
        result: NDArray[np.float64] = self._moments.cross[self._features, output]
        return result

    def fit(self, output: int, alpha: float) -> tuple[NDArray[np.float64], float]:
        dual = ridge(self._inner, self._moments.root * self._moments.y[:, output], alpha)
        coefficients = self._moments.turned(self._features, dual[:, None])[:, 0]
        return coefficients, float(np.square(self._inner @ dual).sum())

    def sandwich_errors(
        self, output: int, coefficients: NDArray[np.float64], alpha: float, groups: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float]:
        moments, inner = self._moments, self._inner
        solved = ridge(inner, np.eye(len(inner)), alpha)
        dual = solved @ (moments.root * moments.y[:, output])
        residual = moments.root * moments.y[:, output] - inner @ dual
        leverage = np.einsum("ij,ij->i", solved, inner) + moments.weights / moments.total
        residual /= np.maximum(1.0 - leverage, LEAST_ROOM)
        directions = moments.turned(self._features, solved)
        independent = independent_errors(directions.T, residual)
        sums = None if groups is None else sums_of_groups(directions.T, residual, groups)
        return independent, sums, float(residual @ residual)


class _BySample:
    """Any features."""

    def __init__(self, moments: Moments, features: NDArray[np.intp]) -> None:
        self._moments, self._features = moments, features
        self.mean, self.gram = moments.z_mean[features], moments.gram_of(features)

    @property
    def diagonal(self) -> NDArray[np.float64]:
        return self.gram.diagonal()

    def cross(self, output: int) -> NDArray[np.float64]:
        result: NDArray[np.float64] = self._moments.cross[self._features, output]
        return result

    def fit(self, output: int, alpha: float) -> tuple[NDArray[np.float64], float]:
        return _fit(self.gram, self.cross(output), alpha)

    def sandwich_errors(
        self, output: int, coefficients: NDArray[np.float64], alpha: float, groups: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float]:
        moments, mean = self._moments, self.mean
        scaled = moments.scaled(self._features)
        solved = _inverse(self.gram, alpha)
        # Centred features are never written out: in every product the row of ones carries the means.
        residual = moments.root * moments.y[:, output] - np.append(coefficients, -mean @ coefficients) @ scaled
        directions = np.column_stack([solved, -solved @ mean]) @ scaled
        leverage = np.einsum("ji,ji->i", directions, scaled[:-1])
        leverage += scaled[-1] * (scaled[-1] / moments.total - mean @ directions)
        residual /= np.maximum(1.0 - leverage, LEAST_ROOM)
        independent = independent_errors(directions.T, residual)
        sums = None if groups is None else sums_of_groups(directions.T, residual, groups)
        return independent, sums, float(residual @ residual)


class _ByPattern:
    """A few binary features."""

    def __init__(self, moments: Moments, features: NDArray[np.intp]) -> None:
        self._moments = moments
        self._patterns = patterns = _all_patterns(len(features))
        self._of = _numbers(moments.z, features)
        weight = np.bincount(self._of, moments.weights, patterns.shape[1])
        products = (patterns * weight) @ patterns.T
        self.mean = products.diagonal() / moments.total  # a square of zeros and ones is what it was
        self.gram, self._still = about_means(products, self.mean, moments.total)

    @property
    def diagonal(self) -> NDArray[np.float64]:
        return self.gram.diagonal()

    def cross(self, output: int) -> NDArray[np.float64]:
        moved = np.bincount(self._of, self._moments.weighted_y(output), self._patterns.shape[1])
        result: NDArray[np.float64] = self._patterns @ moved
        result[self._still] = 0.0
        return result

    def fit(self, output: int, alpha: float) -> tuple[NDArray[np.float64], float]:
        return _fit(self.gram, self.cross(output), alpha)

    def sandwich_errors(
        self, output: int, coefficients: NDArray[np.float64], alpha: float, groups: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float]:
        moments, centred = self._moments, self._patterns - self.mean[:, None]
        directions = _inverse(self.gram, alpha) @ centred
        leverage = np.einsum("jc,jc->c", directions, centred)
        leverage += 1.0 / moments.total
        # A dozen passes over the samples are most of the work: each writes where the one before it wrote.
        room = leverage.take(self._of)
        room *= moments.weights
        np.subtract(1.0, room, out=room)
        np.maximum(room, LEAST_ROOM, out=room)
        residual = (coefficients @ centred).take(self._of)
        np.subtract(moments.y[:, output], residual, out=residual)
        residual /= room
        pull = moments.weights * residual
        of_pattern = np.bincount(self._of, np.square(pull), len(leverage))
        independent = np.sqrt(np.square(directions) @ of_pattern)
        return independent, self._sums(directions, pull, groups), float(pull @ residual)

    def _sums(
        self, directions: NDArray[np.float64], pull: NDArray[np.float64], groups: NDArray[np.intp] | None
    ) -> NDArray[np.float64] | None:
        if groups is None:
            return None
        if groups.ndim == 2:
            return sums_of_groups(directions.T[self._of], pull, groups)
        count, replicates = directions.shape[1], int(groups[-1]) + 1
        if replicates >= MANY_REPLICATES:
            return sums_of_groups(directions.T[self._of], pull, groups)
        cells = groups * count
        cells += self._of
        together = np.bincount(cells, pull, replicates * count)
        result: NDArray[np.float64] = together.reshape(replicates, count) @ directions.T
        return result


def _fit(gram: NDArray[np.float64], cross: NDArray[np.float64], alpha: float) -> tuple[NDArray[np.float64], float]:
    coefficients = ridge(gram, cross, alpha) if len(cross) else np.empty(0)
    return coefficients, float(coefficients @ gram @ coefficients)


def _inverse(gram: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    return ridge(gram, np.eye(len(gram)), alpha) if len(gram) else np.empty((0, 0))


@lru_cache(maxsize=16)
def _all_patterns(m: int) -> NDArray[np.float64]:
    """All columns of m zeros and ones, shape (m, 2^m): in column i the bits of i."""
    result: NDArray[np.float64] = ((np.arange(2**m) >> np.arange(m)[:, None]) & 1).astype(np.float64)
    result.flags.writeable = False
    return result


@lru_cache(maxsize=16)
def _powers(m: int) -> NDArray[np.float32]:
    """1, 2, 4 and so on, shape (m,)."""
    result = np.exp2(np.arange(m, dtype=np.float32))
    result.flags.writeable = False
    return result


def _numbers(z: NDArray[Any], features: NDArray[np.intp]) -> NDArray[np.intp]:
    """The number of each sample's pattern, shape (n,)."""
    # In single precision whole numbers are exact far beyond any number of patterns, and a product is fast.
    return (_powers(len(features)) @ z.T[features].astype(np.float32)).astype(np.intp)
