"""The tilted Gaussian copula: LIME's normal distribution and kernel with the dependence of the data put in.

In normal scores u the data has the distribution N(0, R), R the correlation of the scores. That density times LIME's
kernel, exp(-|u - u0|^2 / 2 v^2), is again a normal distribution: N(m, S) with ``S = (R^-1 + I / v^2)^-1`` and ``m = S
u0 / v^2``. Samples from it need no weights, since the kernel is in the distribution. With R = I it is LIME's own
distribution, in scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

SHRINKAGE = 0.05
"""Share of the identity in the correlation of scores: no column is then a function of the others."""


@dataclass(frozen=True)
class Dependence:
    """Correlation of normal scores, by its eigenvalues and eigenvectors.

    Attributes
    ----------
    values : ndarray of float, shape (d,)
        Above 0.
    vectors : ndarray of float, shape (d, d)
        One in each column.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]

    def tilt(self, center: NDArray[np.float64], width: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and root of the normal distribution around a point.

        Parameters
        ----------
        center : ndarray of float, shape (d,)
            Normal scores of the instance.
        width : float
            Of the kernel, in scores; above 0.

        Returns
        -------
        mean : ndarray of float, shape (d,)
        root : ndarray of float, shape (d, d)
            The distribution is that of ``mean + root @ g`` with g standard normal.
        """
        spread = self.values * width**2 / (self.values + width**2)
        mean = self.vectors @ (spread * (self.vectors.T @ center)) / width**2
        return mean, self.vectors * np.sqrt(spread)

    def given(
        self, scores: NDArray[np.float64], known: NDArray[np.intp], open_: NDArray[np.intp]
    ) -> tuple[Dependence, NDArray[np.float64]]:
        """The law of some columns where those of others are known: its dependence, and its mean.

        Parameters
        ----------
        scores : ndarray of float, shape (d,)
            Normal scores, of which those of the known columns count.
        known, open_ : ndarray of int
            Columns; what is in neither is left out of account.

        Returns
        -------
        dependence : Dependence
            Of the m open columns about their mean; no correlation any more, but the covariance of their scores.
        mean : ndarray of float, shape (m,)
        """
        whole = (self.vectors * self.values) @ self.vectors.T
        covariance, mean = whole[np.ix_(open_, open_)], np.zeros(len(open_))
        if len(known):
            slopes = np.linalg.solve(whole[np.ix_(known, known)], whole[np.ix_(known, open_)]).T
            covariance = covariance - slopes @ whole[np.ix_(known, open_)]
            mean = slopes @ scores[known]
        values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
        return Dependence(np.maximum(values, 1e-9), vectors), mean


def dependence_of(scores: NDArray[np.float64], shrinkage: float = SHRINKAGE) -> Dependence:
    """Learn the dependence of columns from their normal scores.

    Parameters
    ----------
    scores : ndarray of float, shape (n, d)
        Finite. A column of one value is independent of the others.
    shrinkage : float
        Share of the identity, above 0.

    Returns
    -------
    Dependence
    """
    centred = scores - scores.mean(axis=0)
    size = np.sqrt(np.square(centred).sum(axis=0))
    standard = np.divide(centred, size, out=np.zeros_like(centred), where=size > 1e-9)
    correlation = (1.0 - shrinkage) * (standard.T @ standard)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    return Dependence(np.maximum(values, shrinkage * 0.5), vectors)


def uniforms_around(
    dependence: Dependence,
    center: NDArray[np.float64],
    width: float,
    u: NDArray[np.float64],
    mean: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Turn independent uniform numbers into dependent ones around a point.

    Parameters
    ----------
    dependence : Dependence
    center : ndarray of float, shape (d,)
        Normal scores of the instance.
    width : float
        Of the kernel, in scores.
    u : ndarray of float, shape (n, d)
        Points in the open unit cube.
    mean : ndarray of float, shape (d,), optional
        Of the scores before the kernel; 0 when None.

    Returns
    -------
    ndarray of float, shape (n, d)
        In the unit cube: shares of the columns' distributions.
    """
    shift, root = dependence.tilt(center if mean is None else center - mean, width)
    shift = shift if mean is None else shift + mean
    # The eigenvalues rise: the first points of a sequence are the most even, so that they go to the widest directions.
    result: NDArray[np.float64] = ndtr(ndtri(u) @ root[:, ::-1].T + shift)
    return result
