"""The weighted distribution of masks where their size alone matters: its moments are known, without a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lime.engine.lazy import cached_property


class MaskSizeDistribution:
    """Masks that remove s of d units with probability proportional to ``draws[s] * kernel[s]``.

    Which s units leave is uniform, so that the features are exchangeable: all have one variance, and all pairs one
    covariance (Garreau & von Luxburg 2020 and Mardaoui & Garreau 2021 take the limit of lime's weights from them).

    Parameters
    ----------
    draws : ndarray of float, shape (d + 1,)
        Probabilities of removing 0 .. d units.
    kernel : ndarray of float, shape (d + 1,)
        Kernel weights of such masks.

    Attributes
    ----------
    d : int
        Number of units.
    probabilities : ndarray of float, shape (d + 1,)
        Of the sizes under the distribution and the kernel together.
    """

    def __init__(self, draws: NDArray[np.float64], kernel: NDArray[np.float64]) -> None:
        self.d = len(draws) - 1
        self.draws, self.kernel = draws, kernel
        product = draws * kernel
        self.probabilities: NDArray[np.float64] = product / product.sum()
        self._kept = np.arange(self.d, -1, -1.0)

    @cached_property
    def mean(self) -> float:
        """Probability that a unit is kept."""
        return float(self.probabilities @ self._kept) / self.d

    @cached_property
    def variance(self) -> float:
        """Variance of one feature."""
        return self.mean * (1.0 - self.mean)

    @cached_property
    def covariance(self) -> float:
        """Covariance of two features."""
        if self.d < 2:
            return 0.0
        both = float(self.probabilities @ (self._kept * (self._kept - 1.0))) / (self.d * (self.d - 1.0))
        return both - self.mean**2

    def gram(self, m: int) -> NDArray[np.float64]:
        """Covariance matrix of any m features.

        Parameters
        ----------
        m : int
            How many, at most d.

        Returns
        -------
        ndarray of float, shape (m, m)
        """
        matrix = np.full((m, m), self.covariance)
        np.fill_diagonal(matrix, self.variance)
        return matrix

    def times(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """The covariance matrix of all features times some vectors.

        Parameters
        ----------
        vectors : ndarray of float, shape (d, k)
            One a column.

        Returns
        -------
        ndarray of float, shape (d, k)
        """
        total = vectors.sum(axis=0, keepdims=True)
        result: NDArray[np.float64] = (self.variance - self.covariance) * vectors + self.covariance * total
        return result

    @property
    def inverse(self) -> tuple[float, float]:
        """Of the inverse covariance matrix: what its diagonal has beyond the rest, and the rest."""
        return self._inverse(0.0)

    def _inverse(self, alpha: float) -> tuple[float, float]:
        own = self.variance - self.covariance + alpha
        return 1.0 / own, -self.covariance / (own + self.d * self.covariance) / own

    def solve(self, vectors: NDArray[np.float64], alpha: float = 0.0) -> NDArray[np.float64]:
        """Undo `times`.

        Parameters
        ----------
        vectors : ndarray of float, shape (d, k)
            One a column.
        alpha : float
            What is added to the diagonal of the covariance matrix.

        Returns
        -------
        ndarray of float, shape (d, k)
            What `times` makes `vectors` of.
        """
        own, common = self._inverse(alpha)
        result: NDArray[np.float64] = own * vectors + common * vectors.sum(axis=0, keepdims=True)
        return result

    def share_of_rest(self, m: int) -> float:
        """What each of m selected features takes over of the sum of the coefficients that were left out.

        The best linear fit on some features S of ``z @ b`` has ``b_S + share * sum(b outside of S)``.

        Parameters
        ----------
        m : int
            How many features are selected, at least 1.

        Returns
        -------
        float
        """
        return self.covariance / (self.variance + (m - 1) * self.covariance)
