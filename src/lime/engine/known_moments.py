"""Moments whose part about the features is known from the distribution of the masks, without a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lime.engine.lazy import cached_property
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.moments import Moments

Array = NDArray[np.float64]


class KnownMoments(Moments):
    """Moments of which those of the features are the distribution's, and those with the outputs are estimated.

    Parameters
    ----------
    distribution : MaskSizeDistribution
        What the weighted samples follow.
    coefficients : ndarray of float, shape (d, k)
        Estimated weights of all features.
    samples : Moments
        The samples themselves; the sum of their weights sets the scale.
    """

    def __init__(self, distribution: MaskSizeDistribution, coefficients: Array, samples: Moments) -> None:
        self.distribution = distribution
        self.n, self.d, self.total, self.is_binary = samples.n, distribution.d, samples.total, samples.is_binary
        self.z, self.weights, self.y = samples.z, samples.weights, samples.y
        self.y_mean, self.y_square = samples.y_mean, samples.y_square
        self.z_mean = np.full(distribution.d, distribution.mean)
        self.cross = self.total * distribution.times(coefficients)
        self.diagonal = np.full(distribution.d, self.total * distribution.variance)

    @cached_property
    def gram(self) -> Array:
        """The distribution's covariances of all features times the sum of the weights, shape (d, d)."""
        return self.gram_of(np.arange(self.d))

    def gram_of(self, features: NDArray[np.intp]) -> Array:
        """The distribution's covariances times the sum of the weights.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.

        Returns
        -------
        ndarray of float, shape (m, m)
        """
        return self.total * self.distribution.gram(len(features))

    def goes_by_samples(self, m: int) -> bool:
        """Never, since the moments are not those of the samples.

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
        return self.distribution.solve(self.cross[:, output, None] / self.total, alpha / self.total)[:, 0]

    def approximate_ridge(self, output: int, alpha: float) -> tuple[Array, Array, Array]:
        """The same, with what it was made from; see `Moments.approximate_ridge`.

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

    def gram_float32(self) -> tuple[Array, Array]:
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
        result = np.full(self.d, self.total * self.distribution.covariance)
        result[feature] = self.total * self.distribution.variance
        return result
