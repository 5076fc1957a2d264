"""Weighted linear regressions on all features: by least squares, or with covariances that are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.lazy import cached_property
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.ridge import ridge

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LeastSquares:
    """A weighted linear regression on all features, ready for any output: least squares on the samples.

    Attributes
    ----------
    z : ndarray of float, shape (n, d)
        Features about their weighted means.
    z_mean : ndarray of float, shape (d,)
        These means.
    weights : ndarray of float, shape (n,)
        Weights of the samples.
    inverse : ndarray of float, shape (d, d)
        Inverse of the weighted Gram matrix.
    """

    z: Array
    z_mean: Array
    weights: Array
    inverse: Array
    known = False

    @classmethod
    def of(cls, z: NDArray[np.bool_] | Array, weights: Array) -> LeastSquares:
        """Least squares on the samples.

        Parameters
        ----------
        z : ndarray of bool or float, shape (n, d)
            Features.
        weights : ndarray of float, shape (n,)
            Weights of the samples.

        Returns
        -------
        LeastSquares
        """
        mean = weights @ z / weights.sum()
        centred = z - mean
        scaled = centred * np.sqrt(weights)[:, None]
        gram = scaled.T @ scaled
        tiny = 1e-9 * float(np.trace(gram)) / len(gram)
        return cls(centred, mean, weights, ridge(gram, np.eye(len(gram)), tiny))

    def fit(self, y: Array) -> tuple[Array, float, Array]:
        """Fit one output.

        Parameters
        ----------
        y : ndarray of float, shape (n,)
            Of the model, for the samples.

        Returns
        -------
        coefficients : ndarray of float, shape (d,)
        mean : float
            Weighted mean of the output.
        left : ndarray of float, shape (n,)
            Leave-one-out residuals.
        """
        mean = float(self.weights @ y / self.weights.sum())
        centred = y - mean
        coefficients = self.inverse @ (self.z.T @ (self.weights * centred))
        return coefficients, mean, (centred - self.z @ coefficients) / self._room

    @cached_property
    def _room(self) -> Array:
        """1 less the leverage of each sample."""
        own = np.einsum("ij,ij->i", self.z @ self.inverse, self.z)
        result: Array = np.maximum(1.0 - self.weights * (1.0 / self.weights.sum() + own), 1e-6)
        return result

    def directions(self, features: NDArray[np.intp], share: float) -> Array:
        """Where each sample moves the weights on some features alone to, for its weighted residual.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.
        share : float
            See `MaskSizeDistribution.share_of_rest`.

        Returns
        -------
        ndarray of float, shape (n, m)
        """
        rest = self.inverse.sum(axis=1) - self.inverse[:, features].sum(axis=1)
        turned = self.inverse[:, features] + share * rest[:, None]
        result: Array = self.z @ turned
        return result


@dataclass(frozen=True)
class KnownCovariances:
    """The same with known covariances of the features: only those with the output are estimated from the samples.

    Attributes
    ----------
    z : ndarray of float, shape (n, d)
        Features about their known means.
    z_mean : ndarray of float, shape (d,)
        These means.
    weights : ndarray of float, shape (n,)
        Weights of the samples.
    distribution : MaskSizeDistribution
        What the weighted samples follow.
    """

    z: Array
    z_mean: Array
    weights: Array
    distribution: MaskSizeDistribution
    known = True

    @classmethod
    def of(cls, z: Array, weights: Array, distribution: MaskSizeDistribution) -> KnownCovariances:
        """That of a distribution.

        Parameters
        ----------
        z : ndarray of float, shape (n, d)
            Features.
        weights : ndarray of float, shape (n,)
            Weights of the samples.
        distribution : MaskSizeDistribution
            What the weighted samples follow.

        Returns
        -------
        KnownCovariances
        """
        return cls(z - distribution.mean, np.full(distribution.d, distribution.mean), weights, distribution)

    def fit(self, y: Array) -> tuple[Array, float, Array]:
        """Fit one output.

        Parameters
        ----------
        y : ndarray of float, shape (n,)
            Of the model, for the samples.

        Returns
        -------
        coefficients : ndarray of float, shape (d,)
        mean : float
            Weighted mean of the output.
        left : ndarray of float, shape (n,)
            The output about its mean, since nothing was fitted to the samples.
        """
        total = self.weights.sum()
        mean = float(self.weights @ y / total)
        centred = y - mean
        coefficients = self.distribution.solve((self.z.T @ (self.weights * centred))[:, None])[:, 0] / total
        return coefficients, mean, centred

    def directions(self, features: NDArray[np.intp], share: float) -> Array:
        """Where each sample moves the weights on some features alone to, for its weighted residual.

        Parameters
        ----------
        features : ndarray of int, shape (m,)
            Columns of z.
        share : float
            See `MaskSizeDistribution.share_of_rest`.

        Returns
        -------
        ndarray of float, shape (n, m)
        """
        own, common = self.distribution.inverse
        chosen, every = self.z[:, features], self.z.sum(axis=1)
        others = own * (every - chosen.sum(axis=1)) + (self.distribution.d - len(features)) * common * every
        result: Array = own * chosen + (common * every + share * others)[:, None]
        result /= self.weights.sum()
        return result
