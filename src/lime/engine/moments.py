"""Weighted moments of interpretable features and model outputs: all that selection and fitting need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lime.engine.lazy import cached_property
from lime.engine.panels import Panels
from lime.engine.precision import UNITS_OFF, rounding_of
from lime.engine.ridge import ridge

BLOCK_CELLS = 4_000_000
"""Cells of a block of Z that are turned to float64 at a time: 32 MB, whatever n and d are."""

FLAT, FLAT_IN_SINGLE = 1e-12, 2e-6
"""Share of the weights below which a feature's variation is rounding of their sums; and in single precision."""

FULL_GRAM_AT_MOST = 128
"""Up to this many features the whole Gram matrix costs less than asking for parts of it one by one."""


class Moments:
    """Weighted first and second moments of Z and y about their weighted means, computed as they are asked for.

    Parameters
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features of the samples.
    y : ndarray of float, shape (n, k)
        Model outputs.
    weights : ndarray of float, shape (n,)
        Weights of the samples, not all 0.

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
    y : ndarray of float, shape (n, k)
        ``y - y_mean``.
    """

    def __init__(
        self, z: NDArray[np.bool_] | NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
    ):
        self.z, self.weights = z, weights
        self.is_binary = z.dtype == np.bool_
        self.n, self.d = z.shape
        # Of samples in pairs of opposites one of each tells both: products take half the work.
        self._folded = self.d > FULL_GRAM_AT_MOST and _in_opposite_pairs(z)
        rows = z[::2] if self._folded else z
        # A Z of which columns are asked for one by one is turned to float once, unless it is too large for that: then
        # it stays as narrow as it came, and is turned block by block.
        self._rows = rows.astype(np.float64) if self.d > FULL_GRAM_AT_MOST and rows.size <= BLOCK_CELLS else rows
        self.total = float(weights.sum())
        # From the first sample on: differences of numbers that are alike are exact, and those of equal numbers 0.
        self.y = y - y[:1]
        shift = weights @ self.y / self.total
        self.y_mean = y[0] + shift
        self.y -= shift
        self.y_square = np.array([self.weighted_y(k) @ y for k, y in enumerate(self.y.T)])
        # Of an output that never varies rounding would leave a trace that looks like an effect. (Where the mean square
        # is above the bound, so is the largest.)
        most = 2.0 * UNITS_OFF * float(np.finfo(np.float32).eps) * np.abs(self.y_mean)
        if (self.y_square <= self.total * np.square(most)).any():
            flat = self._size <= rounding_of(y)
            self.y[:, flat], self.y_square[flat], self._size[flat] = 0.0, 0.0, 0.0

    @property
    def has_few_samples(self) -> bool:
        """Whether there are so many features, and so few samples, that algebra goes by the samples."""
        return self.goes_by_samples(self.d)

    def goes_by_samples(self, m: int) -> bool:
        """Whether a fit on m of the features is one of a matrix of samples by samples, which is the smaller one.

        Parameters
        ----------
        m : int
            Number of features.

        Returns
        -------
        bool
        """
        return goes_by_samples(self.n, m)

    def ridge(self, output: int, alpha: float) -> NDArray[np.float64]:
        """Coefficients of all features in one ridge fit, exact enough to rank features by them.

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
        return self.approximate_ridge(output, alpha)[0]

    def approximate_ridge(
        self, output: int, alpha: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The same, with the features' moments with the output and their sums of squares that it was made from.

        Parameters
        ----------
        output : int
            Column of y.
        alpha : float
            Penalty, at least 0.

        Returns
        -------
        coefficients, cross, diagonal : ndarray of float, shape (d,)
        """
        if not self.has_few_samples:
            gram, cross = self.gram_float32()
            return ridge(gram, cross[:, output], alpha), cross[:, output], gram.diagonal()
        every = np.arange(self.d)
        dual = ridge(self.inner(every), self.root * self.y[:, output], alpha)
        return self.turned(every, dual[:, None])[:, 0], self.cross[:, output], self.diagonal

    def inner(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """Products of the samples with each other over some centred features, times the roots of both weights.

        What `gram_of` is for features, this is for samples: the smaller matrix where there are fewer of them.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (n, n)
        """
        result = np.zeros((self.n, self.n))
        for part in self._parts(features):
            rows = self.centred_rows(part)
            result += rows @ rows.T
        return result

    def turned(self, features: NDArray[np.intp], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of some samples' centred features, each sample times the root of its weight and a number.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.
        vectors : ndarray of float, shape (n, k)
            The numbers, for k sums.

        Returns
        -------
        ndarray of float, shape (m, k)
        """
        result = np.empty((len(features), vectors.shape[1]))
        end = 0
        for part in self._parts(features):
            start, end = end, end + len(part)
            np.matmul(self.centred_rows(part).T, vectors, out=result[start:end])
        return result

    def centred_rows(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """Some centred features, each sample times the root of its weight.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (n, m)
            0 where a feature is constant.
        """
        rows = self.z[:, features] - self.z_mean[features]
        rows *= self.root[:, None]
        rows[:, self.diagonal[features] == 0.0] = 0.0
        return rows

    def centred(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """The same, a row for each feature.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (m, n)
            0 where a feature is constant.
        """
        if not self._is_small:
            return np.ascontiguousarray(self.centred_rows(features).T)
        result: NDArray[np.float64] = np.take(self._scaled, features, axis=0)
        result -= np.multiply.outer(self.z_mean[features], self.root)
        result[self.diagonal[features] == 0.0] = 0.0
        return result

    def _parts(self, features: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        """Features in parts of at most a block's cells."""
        step = max(1, BLOCK_CELLS // self.n)
        return [features[start : start + step] for start in range(0, len(features), step)]

    def weighted_y(self, output: int) -> NDArray[np.float64]:
        """``w (y - y_mean)`` of one output.

        Parameters
        ----------
        output : int
            Column of y.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        result: NDArray[np.float64] = self.weights * self.y[:, output]
        return result

    @cached_property
    def _size(self) -> NDArray[np.float64]:
        """Largest deviation of each output from its mean, shape (k,)."""
        result: NDArray[np.float64] = np.maximum.reduce(np.abs(self.y))
        return result

    @property
    def _is_small(self) -> bool:
        """Whether a product of all features with themselves costs little more than that of its largest part alone."""
        return self.d <= FULL_GRAM_AT_MOST and self.z.size <= BLOCK_CELLS

    @cached_property
    def _products(self) -> NDArray[np.float64]:
        """Weighted products of features, ones and outputs with each other, shape (d + 1 + k, d + 1 + k)."""
        result: NDArray[np.float64] = self._scaled @ self._scaled.T
        return result

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        """Weighted sums of the features, and of their products with the outputs, shape (d, 1 + k)."""
        if self._is_small:
            return self._products[: self.d, self.d :]
        return self._product(np.column_stack([self.weights, self.weights[:, None] * self.y]))

    @cached_property
    def z_mean(self) -> NDArray[np.float64]:
        """Weighted means of the features, shape (d,)."""
        result: NDArray[np.float64] = self._sums[:, 0] / self.total
        return result

    @cached_property
    def cross(self) -> NDArray[np.float64]:
        """``sum w (z - z_mean) (y - y_mean)``, shape (d, k)."""
        # The weighted residuals of y sum to 0, so that centring z as well would change nothing.
        result = self._sums[:, 1:].copy()
        # A feature that never varies moves nothing; rounding would leave it a trace of a weight.
        result[self.diagonal == 0.0] = 0.0
        return result

    def gram_float32(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`gram` and `cross`, of few binary features in single precision.

        That is enough to rank features by, since rounding moves a weight by a millionth of its sampling error or less,
        and takes half the time.

        Returns
        -------
        gram : ndarray of float, shape (d, d)
            As `gram`.
        cross : ndarray of float, shape (d, k)
            As `cross`.
        """
        if not (self.is_binary and self._is_small) or "_products" in self.__dict__:
            return self.gram, self.cross
        # Relative to the largest weight and answer, so that no product leaves the range of single precision.
        most, size = self.weights.max(), np.where(self._size > 0.0, self._size, 1.0)
        panels = Panels(self.d + 1 + self.y.shape[1], self.n)
        scaled = panels.rows
        scaled[: self.d] = self.z.T
        scaled[self.d] = 1.0
        scaled[self.d + 1 :] = (self.y / size).T
        scaled *= np.sqrt((self.weights / most).astype(np.float32))
        products = panels.products(self.d + 1)
        products *= most
        # Their own sum of the weights, not `total`: a feature that is always 1 has the very row of the ones.
        total, d = float(products[self.d, self.d]), self.d
        gram, still = about_means(products[:d, :d], products[:d, d] / total, total, FLAT_IN_SINGLE)
        cross = products[:d, d + 1 :] * size
        cross[still] = 0.0
        return gram, cross

    @cached_property
    def root(self) -> NDArray[np.float64]:
        """Square roots of the weights, shape (n,)."""
        result: NDArray[np.float64] = np.sqrt(self.weights)
        return result

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        """Features, a row of ones and the outputs, each sample times the root of its weight, shape (d + 1 + k, n)."""
        result = np.empty((self.d + 1 + self.y.shape[1], self.n))
        result[: self.d] = self.z.T
        result[: self.d] *= self.root
        result[self.d] = self.root
        np.multiply(self.y.T, self.root, out=result[self.d + 1 :])
        return result

    def scaled(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """Some features and a row of ones, each sample times the root of its weight.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (m + 1, n)
            The ones last.
        """
        if "_scaled" in self.__dict__:
            return np.take(self._scaled, np.append(features, self.d), axis=0)
        result = np.empty((len(features) + 1, self.n))
        np.multiply(np.take(self.z, features, axis=1).T, self.root, out=result[:-1])
        result[-1] = self.root
        return result

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
            result[result < FLAT * self.total] = 0.0
            return result
        result = self._products.diagonal()[: self.d].copy() if self._is_small else np.zeros(self.d)
        for rows in [] if self._is_small else self._blocks():
            block = self._rows[rows].astype(np.float64, copy=False)
            result += np.einsum("i,ij,ij->j", self.weights[rows], block, block, optimize=True)
        result -= self.total * np.square(self.z_mean)
        # What cancellation leaves of a constant column is noise: call it 0.
        result[result < FLAT * self.total * np.square(self.z_mean)] = 0.0
        return result

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """Weighted Gram matrix of the centred features, shape (d, d)."""
        every = np.arange(self.d)
        return self._centred(self._products[: self.d, : self.d].copy(), every) if self._is_small else self._gram(every)

    def gram_of(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        """The Gram matrix's rows and columns at some features, without computing the rest of it.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (m, m)
        """
        if self.d <= FULL_GRAM_AT_MOST or "gram" in self.__dict__:
            return self.gram[np.ix_(features, features)]
        return self._gram(features)

    def _gram(self, features: NDArray[np.intp]) -> NDArray[np.float64]:
        everything = np.array_equal(features, np.arange(self.d))
        result = np.zeros((len(features), len(features)))
        root = np.sqrt(self.weights[::2] + self.weights[1::2]) if self._folded else self.root
        for rows in self._blocks():
            part = self._rows[rows] if everything else self._rows[rows][:, features]
            scaled = part * root[rows, None]
            result += scaled.T @ scaled
        if self._folded:
            kept = self._kept[features]  # since (1 - z)(1 - z)' is 1 - z 1' - 1 z' + z z'
            result += self.weights[1::2].sum() - kept[:, None] - kept
        return self._centred(result, features)

    def _centred(self, products: NDArray[np.float64], features: NDArray[np.intp]) -> NDArray[np.float64]:
        """Weighted products of some features, shape (m, m), about the features' means; changed in place."""
        mean = self.z_mean[features]
        products -= self.total * np.outer(mean, mean)
        return _without(products, self.diagonal[features] == 0.0)

    @cached_property
    def _kept(self) -> NDArray[np.float64]:
        """Sums over the pairs of the first's features, each weighted as its opposite is, shape (d,)."""
        weights = np.zeros((self.n, 1))
        weights[::2, 0] = self.weights[1::2]
        return self._product(weights)[:, 0]

    def column(self, feature: int) -> NDArray[np.float64]:
        """One column of the Gram matrix.

        Parameters
        ----------
        feature : int
            Column of z.

        Returns
        -------
        ndarray of float, shape (d,)
        """
        if self.d <= FULL_GRAM_AT_MOST or "gram" in self.__dict__:
            return self.gram[:, feature]
        product = self._product((self.weights * self.z[:, feature])[:, None])[:, 0]
        result: NDArray[np.float64] = product - self.total * self.z_mean[feature] * self.z_mean
        return result


def goes_by_samples(n: int, m: int) -> bool:
    """Whether m features are so many more than n samples that a matrix of samples by samples is the one to solve.

    Parameters
    ----------
    n, m : int
        Numbers of samples and of features.

    Returns
    -------
    bool
    """
    return m > max(FULL_GRAM_AT_MOST, n)


def about_means(
    products: NDArray[np.float64], mean: NDArray[np.float64], total: float, flat: float = FLAT
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Weighted products of binary features with each other, about their means; changed in place.

    Parameters
    ----------
    products : ndarray of float, shape (m, m)
        Weighted sums of products.
    mean : ndarray of float, shape (m,)
        Weighted means of the features.
    total : float
        Sum of the weights.
    flat : float
        Share of the weights below which a feature counts as constant.

    Returns
    -------
    products : ndarray of float, shape (m, m)
        0 where a feature is constant.
    still : ndarray of bool, shape (m,)
        Which are.
    """
    products -= np.multiply.outer(total * mean, mean)
    still = products.diagonal() < flat * total
    return _without(products, still), still


def _without(products: NDArray[np.float64], still: NDArray[np.bool_]) -> NDArray[np.float64]:
    if still.any():
        products[still], products[:, still] = 0.0, 0.0
    return products


def _in_opposite_pairs(z: NDArray[np.bool_] | NDArray[np.float64]) -> bool:
    """Whether each second sample is 1 where the one before it is 0, and 0 where that is 1."""
    return z.dtype == np.bool_ and len(z) % 2 == 0 and bool((z[::2] != z[1::2]).all())
