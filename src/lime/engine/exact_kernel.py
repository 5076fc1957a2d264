"""Exact LIME weights of sums of products over columns: kernel ridge regression with a product kernel.

Under a law that is a product over columns, the mean of ``sum_i a_i prod_j k_j(x_j, c_ij)`` is
``sum_i a_i prod_j A_ij``, and the weight of column j is ``sum_i a_i D_ij prod_l!=j A_il``, with A and D the integrals
of the one-dimensional kernels over the measures of `lime.engine.exact_columns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.exact_columns import CodedColumn, ExactColumn
from lime.engine.measures import Expectations

Floats = NDArray[np.float64]

MOST_CELLS = 4_000_000
"""Numbers of a block of a kernel's matrix that are worked on at a time."""


@dataclass(frozen=True)
class ProductKernel:
    """``prod_j (1 + tau k_j) / (1 + tau)``, with k_j a bell curve of a number, or whether two values are the same.

    With a large tau it is a product of bell curves, with a small one nearly a sum of functions of single columns.

    Attributes
    ----------
    scales : ndarray of float, shape (d,)
        Standard deviations of the bell curves; 0 where values are the same or not.
    tau : float
        Infinite for the bell curves themselves.
    """

    scales: Floats
    tau: float

    def factor(self, j: int, x: Floats, centers: Floats) -> Floats:
        """The kernel of one column between numbers (n,) and (m,), shape (n, m); a missing one is like no number."""
        if self.scales[j] > 0.0:
            x, centers = x / self.scales[j], centers / self.scales[j]
            close = np.subtract.outer(x, centers)
            np.square(close, out=close)
            close *= -0.5
            np.exp(close, out=close)
        else:
            close = np.equal.outer(x, centers).astype(np.float64)
        lost, others = np.isnan(x), np.isnan(centers)
        if lost.any():
            close[lost] = others
        if others.any():
            close[:, others] = lost[:, None]
        if np.isfinite(self.tau):
            close *= self.tau
            close += 1.0
            close /= 1.0 + self.tau
        return close

    def matrix(self, x: Floats, centers: Floats) -> Floats:
        """The kernel between rows (n, d) and (m, d), shape (n, m)."""
        result = np.ones((len(x), len(centers)))
        step = max(1, MOST_CELLS // max(1, len(centers)))
        for start in range(0, len(x), step):
            part = slice(start, start + step)
            for j in range(x.shape[1]):
                result[part] *= self.factor(j, x[part, j], centers[:, j])
        return result


class ExactKernel:
    """Exact weights of a sum of kernels, for many rows.

    Parameters
    ----------
    kernel : ProductKernel
    centers : ndarray of float, shape (m, d)
        Rows of the table.
    coefficients : ndarray of float, shape (m, k)
        Of the kernels around them, for k outputs.
    base : ndarray of float, shape (k,)
        What is added.
    laws : sequence of ExactColumn
        Of the table's columns.
    """

    def __init__(
        self, kernel: ProductKernel, centers: Floats, coefficients: Floats, base: Floats, laws: Sequence[ExactColumn]
    ) -> None:
        self.kernel, self.centers, self.coefficients, self.base, self.laws = kernel, centers, coefficients, base, laws
        self._by_code = {
            j: law.means_by_code(lambda x, j=j: kernel.factor(j, x, centers[:, j]))  # type: ignore[misc]
            for j, law in enumerate(laws)
            if isinstance(law, CodedColumn)
        }

    def expectations(self, codes: NDArray[np.intp], numbers: Floats, kernel_width: float) -> Expectations:
        """Weights and means of rows; see `lime.engine.exact_trees.ExactTrees.expectations`."""
        n, d = codes.shape
        k = len(self.base)
        result = Expectations(np.zeros((n, d, k)), np.tile(self.base, (n, 1)), np.empty((n, d)), np.empty((n, d)))
        seen = [self._seen(j, codes[:, j], numbers[:, j], kernel_width, result) for j in range(d)]
        for row in range(n):
            whole = np.array([one[:, variant[row]] for one, _, variant in seen])  # (d, m)
            pull = np.array([one[:, variant[row]] for _, one, variant in seen])
            before, after = np.ones((d + 1, whole.shape[1])), np.ones((d + 1, whole.shape[1]))
            np.cumprod(whole, axis=0, out=before[1:])
            np.cumprod(whole[::-1], axis=0, out=after[1:])
            result.mean[row] += before[-1] @ self.coefficients
            result.weights[row] = (pull * before[:-1] * after[-2::-1]) @ self.coefficients
        return result

    def _seen(
        self, j: int, codes: NDArray[np.intp], numbers: Floats, kernel_width: float, result: Expectations
    ) -> tuple[Floats, Floats, NDArray[np.intp]]:
        """A and D of the kernels of a column, (m, v) each, and which of the v each row (n,) sees."""
        law = self.laws[j]
        if isinstance(law, CodedColumn):
            occurring, variant = np.unique(codes, return_inverse=True)
            measures, variant = law.measures(occurring, kernel_width), variant.ravel()
            whole, pull = law.averages(self._by_code[j], occurring, kernel_width)
        else:
            measures, variant = law.measures(numbers, kernel_width), np.arange(len(numbers))

            def function(x: Floats) -> Floats:
                return self.kernel.factor(j, x, self.centers[:, j])

            whole, pull = law.integrals(function, numbers, kernel_width)
        result.z_mean[:, j], result.z_variance[:, j] = measures.mean[variant], measures.variance[variant]
        return whole, pull, variant
