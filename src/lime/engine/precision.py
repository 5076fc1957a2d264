"""The numbers of predictions: what of them is rounding, and the unit in which squares of them are numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNITS_OFF = 8
"""Units in the last place by which a model that always predicts the same may differ from itself."""

FARTHEST_EXPONENT = 100
"""Powers of two from which on outputs are counted in another unit: squares of larger or smaller ones times the weights
may leave the range of numbers."""


def rounding_of(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far predictions of a model that always predicts the same may be apart, in the precision that they have.

    Parameters
    ----------
    y : ndarray of float, shape (n, k)
        Predictions. Those that single precision holds exactly, and that are not whole, came in single precision.

    Returns
    -------
    ndarray of float, shape (k,)
    """
    with np.errstate(over="ignore"):
        single = (y == y.astype(np.float32)).all(axis=0) & (y != np.rint(y)).any(axis=0)
    eps = np.where(single, np.finfo(np.float32).eps, np.finfo(np.float64).eps)
    result: NDArray[np.float64] = UNITS_OFF * eps * np.abs(y).max(axis=0)
    return result


def unit_of(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """A power of two for each output to count it in: 1, except where squares would leave the range of numbers.

    Dividing by it and multiplying by it are exact.

    Parameters
    ----------
    y : ndarray of float, shape (n, k) or (n,)
        Predictions.

    Returns
    -------
    ndarray of float, shape (k,) or ()
    """
    _, exponent = np.frexp(np.abs(y).max(axis=0))
    far = (np.abs(exponent) > FARTHEST_EXPONENT) & (exponent != 0)
    result: NDArray[np.float64] = np.ldexp(1.0, np.where(far, exponent - 1, 0))
    return result
