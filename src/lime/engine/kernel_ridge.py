"""Kernel ridge regression of a model's predictions, with residuals of samples that took no part in the fit.

Up to `MOST_LEFT_OUT` samples each is left out in turn, which takes one inverse: with ``M = (K + lam I)^-1`` and
``a = M y`` the residual of a sample that was left out is ``a_i / M_ii``, and the mean of all those fits has the
coefficients ``a - M e / n``. With more samples, kernels around some of them are fitted in folds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from lime.engine.exact_kernel import ProductKernel

Floats = NDArray[np.float64]

MOST_LEFT_OUT = 2000
"""Samples up to which each is left out by itself."""

CENTERS, FOLDS = 1500, 10
"""Kernels that are fitted to more samples than that, and in how many parts these are left out."""

TRIED = 400
"""Samples on which kernels and penalties are compared."""

PRODUCTS = (0.35, 0.7, 1.4, 2.8)
"""Widths of a product of bell curves, as shares of the root of the number of columns, in standard deviations."""

SUMS = ((1.0, 0.8), (1.0, 1.6), (1.0, 3.2), (0.1, 0.8), (0.1, 1.6), (0.1, 3.2))
"""``tau`` and width of kernels that are nearly a sum over columns."""

PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)

TINY = 1e-10
"""Of the kernel's matrix around centres, for the equations to have one solution in floating point."""


@dataclass(frozen=True)
class KernelRidge:
    """A fit of one output.

    Attributes
    ----------
    kernel : ProductKernel
    centers : ndarray of float, shape (m, d)
    coefficients : ndarray of float, shape (m,)
        Mean over the fits.
    base : float
        What is added.
    left : ndarray of float, shape (n,)
        What the fits leave of samples that took no part in them.
    """

    kernel: ProductKernel
    centers: Floats
    coefficients: Floats
    base: float
    left: Floats


def fit_kernel_ridge(x: Floats, y: Floats, single: NDArray[np.bool_]) -> KernelRidge:
    """Fit one output, with the kernel and the penalty that leave least of samples left out.

    Parameters
    ----------
    x : ndarray of float, shape (n, d)
        Samples of a table; NaN is missing.
    y : ndarray of float, shape (n,)
        The model's predictions.
    single : ndarray of bool, shape (d,)
        Columns of few values, which are the same or not.

    Returns
    -------
    KernelRidge

    Raises
    ------
    LinAlgError
        If the samples' numbers are beyond arithmetic.
    """
    n, best, least = len(x), None, np.inf
    some = _spread_out(n, TRIED)
    part = y[some] - y[some].mean()
    for kernel in _kernels(x, single):
        for penalty, loss in zip(PENALTIES, _losses(kernel.matrix(x[some], x[some]), part), strict=True):
            if loss < least:
                best, least = (kernel, penalty), loss
    if best is None:
        raise linalg.LinAlgError("no kernel leaves a number")
    return (_fit_each_left_out if n <= MOST_LEFT_OUT else _fit_in_folds)(x, y, *best)


def _losses(matrix: Floats, y: Floats) -> list[float]:
    """Sums of squares that a kernel leaves of samples left out, by penalty."""
    values, vectors = linalg.eigh(matrix, check_finite=False, driver="evd", overwrite_a=True)
    turned, squares = vectors.T @ y, np.square(vectors)
    found = []
    for penalty in PENALTIES:
        inverse = 1.0 / (np.maximum(values, 0.0) + penalty)
        left = (vectors @ (inverse * turned)) / (squares @ inverse)
        found.append(float(left @ left))
    return found


def _spread_out(n: int, count: int) -> NDArray[np.intp]:
    """Positions of at most `count` of n samples, alike from all of them."""
    return np.unique(np.linspace(0, n - 1, min(n, count)).astype(np.intp))


def _kernels(x: Floats, single: NDArray[np.bool_]) -> list[ProductKernel]:
    deviation, d = _deviations(x), x.shape[1]
    found = [ProductKernel(np.where(single, 0.0, deviation * share * np.sqrt(d)), np.inf) for share in PRODUCTS]
    return [*found, *(ProductKernel(np.where(single, 0.0, deviation * width), tau) for tau, width in SUMS)]


def _deviations(x: Floats) -> Floats:
    """Standard deviations of the columns; 1 where one does not vary."""
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, x, 0.0)
    middle = np.where(known, x - filled.sum(axis=0) / count, 0.0)
    found: Floats = np.sqrt(np.square(middle).sum(axis=0) / count)
    return np.where(found > 0.0, found, 1.0)


def _fit_each_left_out(x: Floats, y: Floats, kernel: ProductKernel, penalty: float) -> KernelRidge:
    n, base = len(x), float(y.mean())
    matrix = kernel.matrix(x, x)
    matrix.flat[:: n + 1] += penalty
    factor = linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
    inverse, _ = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse)
    inverse = lower + np.tril(lower, -1).T
    coefficients = inverse @ (y - base)
    left = coefficients / inverse.diagonal()
    return KernelRidge(kernel, x, coefficients - inverse @ left / n, base, left)


def _fit_in_folds(x: Floats, y: Floats, kernel: ProductKernel, penalty: float) -> KernelRidge:
    n, base = len(x), float(y.mean())
    centers = x[_spread_out(n, CENTERS)]
    features, around = kernel.matrix(x, centers), kernel.matrix(centers, centers)
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    parts = [features[fold == k] for k in range(FOLDS)]
    grams = [part.T @ part for part in parts]
    crosses = [part.T @ (y[fold == k] - base) for k, part in enumerate(parts)]
    whole = np.sum(grams, axis=0) + penalty * around
    whole.flat[:: len(centers) + 1] += TINY * float(np.trace(whole))
    total = np.sum(crosses, axis=0)
    left, average = np.empty(n), np.zeros(len(centers))
    for k, part in enumerate(parts):
        solved = linalg.solve(whole - grams[k], total - crosses[k], assume_a="pos", check_finite=False)
        left[fold == k] = y[fold == k] - base - part @ solved
        average += solved * (len(part) / n)
    return KernelRidge(kernel, centers, average, base, left)
