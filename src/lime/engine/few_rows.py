"""What the error of a fit to few correlated rows has beside their scatter: shrinkage, and what weights leave of n."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lime.engine.stacked import shrinkages
from lime.engine.surrogate import Surrogate

__all__ = ["shrinkage", "with_shrinkage", "with_units"]


def shrinkage(gram: NDArray[np.float64], coefficients: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """How far a ridge penalty is likely to have drawn coefficients towards 0.

    A ridge fit expects ``b - alpha (G + alpha I)^-1 b`` where b is right. What it found stands for b, with what it
    lacks by the same formula added once (Hoerl & Kennard 1970; the almost unbiased ridge of Singh et al. 1986).

    Parameters
    ----------
    gram : ndarray of float, shape (m, m)
        Weighted sums of products of the features, about their means or about the instance.
    coefficients : ndarray of float, shape (m,)
        Of the ridge fit.
    alpha : float
        Its penalty.

    Returns
    -------
    ndarray of float, shape (m,)
        In the unit of the coefficients.
    """
    result: NDArray[np.float64] = shrinkages(gram[None], coefficients[None], np.array([alpha]))[0]
    return result


def with_shrinkage(
    fitted: Surrogate, gram: NDArray[np.float64], alpha: float, effective: float | None = None
) -> Surrogate:
    """The same fit with errors that count how far the penalty drew its coefficients towards 0.

    Parameters
    ----------
    fitted : Surrogate
    gram : ndarray of float, shape (m, m)
    alpha : float
        As for `shrinkage`.
    effective : float, optional
        Samples of equal weight that the samples count as; bounds the degrees of freedom. None where replicates tell
        these.

    Returns
    -------
    Surrogate
    """
    if fitted.standard_errors is None:
        return fitted
    errors = np.hypot(fitted.standard_errors, shrinkage(gram, fitted.coefficients, alpha))
    degrees = fitted.degrees
    if effective is not None:
        degrees = min(degrees, max(1.0, effective - len(fitted.coefficients) - 1.0))
    return replace(fitted, standard_errors=errors, degrees=degrees)


def with_units(fitted: Surrogate, relative: NDArray[np.float64]) -> Surrogate:
    """The same fit with errors that count those of the features' units.

    Parameters
    ----------
    fitted : Surrogate
    relative : ndarray of float, shape (m,)
        Relative standard error of the unit of each feature, such as the standard deviation of a training sample.

    Returns
    -------
    Surrogate
    """
    if fitted.standard_errors is None:
        return fitted
    return replace(fitted, standard_errors=np.hypot(fitted.standard_errors, relative * fitted.coefficients))
