"""Weighted moments of interpretable features and model outputs: all that selection and fitting need."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

BLOCK_CELLS = 4_000_000
"""Cells of a block of Z that are turned to float64 at a time: 32 MB, whatever n and d are."""

FLAT = 1e-12
"""Largest deviation from the mean, as a share of it, that is rounding and not variation."""

WHOLE_AT_MOST = 128
"""Up to this many features the whole Gram matrix costs less than asking for parts of it one by one."""


class Moments:
    """Weighted first and second moments of Z and y about their weighted means, computed as they are asked for.

    Parameters
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features of the draws.
    y : ndarray of float, shape (n, k)
        Model outputs.
    weights : ndarray of float, shape (n,)
        Weights of the draws, not all 0.

    Attributes
    ----------
    total : float
        Sum of the weights.
    z_mean, y_mean : ndarray of float, shapes (d,) and (k,)
        Weighted means.
    cross : ndarray of float, shape (d, k)
        ``sum w (z - z_mean) (y - y_mean)``.
    y_square : ndarray of float, shape (k,)
        ``sum w (y - y_mean)^2``.
    """

    def __init__(
        self, z: NDArray[np.bool_] | NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
    ):
        self.z, self.weights = z, weights
        self.is_binary = z.dtype == np.bool_
        self.n, self.d = z.shape
        # Of draws in pairs of opposites one of each tells both: products take half the work.
        self._folded = self.d > WHOLE_AT_MOST and _in_opposite_pairs(z)
        rows = z[::2] if self._folded else z
        # A Z of which columns are asked for one by one is turned to float once, unless it is too large for that: then
        # it stays as narrow as it came, and is turned block by block.
        self._rows = rows.astype(np.float64) if self.d > WHOLE_AT_MOST and rows.size <= BLOCK_CELLS else rows
        self.total = float(weights.sum())
        self.y_mean = weights @ y / self.total
        self.y = y - self.y_mean
        # Of an output that never varies rounding would leave a trace that looks like an effect.
        self.y[:, np.abs(self.y).max(axis=0) <= FLAT * np.abs(self.y_mean)] = 0.0
        products: NDArray[np.float64] | None = None
        if self.d <= WHOLE_AT_MOST and z.size <= BLOCK_CELLS:
            # A product of a small matrix with itself costs little more than that of its largest part alone.
            products = self._scaled @ self._scaled.T
            sums = products[: self.d, self.d :]
            self.y_square = products.diagonal()[self.d + 1 :].copy()
        else:
            weighted_y = weights[:, None] * self.y
            self.y_square = np.einsum("ik,ik->k", weighted_y, self.y)
            sums = self._product(np.column_stack([weights, weighted_y]))
        self.z_mean = sums[:, 0] / self.total
        # The weighted residuals of y sum to 0, so that centring z as well would change nothing.
        self.cross = sums[:, 1:].copy()
        # A feature that never varies moves nothing; rounding would leave it a trace of a weight.
        self.cross[self.diagonal == 0.0] = 0.0
        if products is not None:
            self.gram = self._about_means(products[: self.d, : self.d].copy(), np.arange(self.d))

    @cached_property
    def root(self) -> NDArray[np.float64]:
        """Square roots of the weights, shape (n,)."""
        result: NDArray[np.float64] = np.sqrt(self.weights)
        return result

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        """Features, a row of ones and the outputs, each draw times the root of its weight, shape (d + 1 + k, n)."""
        result = np.empty((self.d + 1 + self.y.shape[1], self.n))
        result[: self.d] = self.z.T
        result[: self.d] *= self.root
        result[self.d] = self.root
        np.multiply(self.y.T, self.root, out=result[self.d + 1 :])
        return result

    def scaled(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """Some features and a row of ones, each draw times the root of its weight, shape (m + 1, n)."""
        if "_scaled" in self.__dict__:
            return np.take(self._scaled, np.append(features, self.d), axis=0)
        result = np.empty((len(features) + 1, self.n))
        np.multiply(np.take(self.z, features, axis=1).T, self.root, out=result[:-1])
        result[-1] = self.root
        return result

    def _about_means(self, products: NDArray[np.float64], features: NDArray[np.intp]) -> NDArray[np.float64]:
        """Weighted products of some features, shape (m, m), about the features' means; changed in place."""
        mean = self.z_mean[features]
        products -= self.total * np.outer(mean, mean)
        still = self.diagonal[features] == 0.0
        if still.any():
            products[still], products[:, still] = 0.0, 0.0
        return products

    def _product(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """``z.T @ right`` for a `right` of shape (n, m), with at most one block of z in float64."""
        result = np.zeros((self.d, right.shape[1]))
        if self._folded:
            result += right[1::2].sum(axis=0)
            right = right[::2] - right[1::2]
        for rows in self._blocks():
            result += self._rows[rows].astype(np.float64, copy=False).T @ right[rows]
        return result

    def _blocks(self) -> list[slice]:
        n = len(self._rows)
        step = n if self._rows.dtype == np.float64 else max(1, BLOCK_CELLS // max(1, self.d))
        return [slice(start, start + step) for start in range(0, n, step)]

    @cached_property
    def diagonal(self) -> NDArray[np.float64]:
        """Weighted sums of squares of the centred features, shape (d,)."""
        if self.is_binary:
            result = self.total * self.z_mean * (1.0 - self.z_mean)
            result[result < 1e-12 * self.total] = 0.0
            return result
        result = np.zeros(self.d)
        for rows in self._blocks():
            block = self._rows[rows].astype(np.float64, copy=False)
            result += np.einsum("i,ij,ij->j", self.weights[rows], block, block, optimize=True)
        result -= self.total * np.square(self.z_mean)
        # What cancellation leaves of a constant column is noise: call it 0.
        result[result < 1e-12 * self.total * np.square(self.z_mean)] = 0.0
        return result

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """Weighted Gram matrix of the centred features, shape (d, d)."""
        return self.gram_of(np.arange(self.d))

    def gram_of(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """The Gram matrix's rows and columns at `features`, shape (m, m), without computing the rest of it."""
        everything = np.array_equal(features, np.arange(self.d))
        if not everything and (self.d <= WHOLE_AT_MOST or "gram" in self.__dict__):
            return self.gram[np.ix_(features, features)]
        result = np.zeros((len(features), len(features)))
        root = np.sqrt(self.weights[::2] + self.weights[1::2]) if self._folded else self.root
        for rows in self._blocks():
            part = self._rows[rows] if everything else self._rows[rows][:, features]
            scaled = part * root[rows, None]
            result += scaled.T @ scaled
        if self._folded:
            kept = self._kept[features]  # since (1 - z)(1 - z)' is 1 - z 1' - 1 z' + z z'
            result += self.weights[1::2].sum() - kept[:, None] - kept
        return self._about_means(result, features)

    @cached_property
    def _kept(self) -> NDArray[np.float64]:
        """Sums over the pairs of the first's features, each weighted as its opposite is, shape (d,)."""
        weights = np.zeros((self.n, 1))
        weights[::2, 0] = self.weights[1::2]
        return self._product(weights)[:, 0]

    def column(self, feature: int) -> NDArray[np.float64]:
        """Column `feature` of the Gram matrix, shape (d,)."""
        if self.d <= WHOLE_AT_MOST or "gram" in self.__dict__:
            return self.gram[:, feature]
        product = self._product((self.weights * self.z[:, feature])[:, None])[:, 0]
        result: NDArray[np.float64] = product - self.total * self.z_mean[feature] * self.z_mean
        return result


def _in_opposite_pairs(z: NDArray[np.bool_] | NDArray[np.float64]) -> bool:
    """Whether each second draw is 1 where the one before it is 0, and 0 where that is 1."""
    return z.dtype == np.bool_ and len(z) % 2 == 0 and bool((z[::2] != z[1::2]).all())
