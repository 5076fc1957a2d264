"""What numbers that a classifier answers are: probabilities, their logarithms, labels or scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-5
"""How far rounding takes single precision from 0 and 1. Doubles get no less: many of them were single before."""

SUM_ROUNDING = 1e-3
"""The same for the sum over the classes."""

HALF_ROUNDING = {"float16": 2.0**-8, "bfloat16": 2.0**-5}
"""Four steps of the halved precisions next to 1, for a number and for a sum."""


def rounding_of(values: NDArray[np.float64], single: float = ROUNDING) -> float:
    """How far rounding may take probabilities of the precision that all of some numbers have.

    Parameters
    ----------
    values : ndarray of float
        Their own type tells nothing: what a network answers in half precision reaches us as doubles.
    single : float
        What is right for single and double precision.

    Returns
    -------
    float
    """
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(values, dtype=np.float32)
        # The coarser first: nearly all of its numbers are numbers of the other too.
        if np.array_equal(floats, values) and not (floats.view(np.uint32) & 0xFFFF).any():
            return max(single, HALF_ROUNDING["bfloat16"])
        if np.array_equal(values.astype(np.float16), values):
            return max(single, HALF_ROUNDING["float16"])
    return single


def within_unit(values: NDArray[np.float64]) -> bool:
    """Whether numbers are between 0 and 1, but for rounding: the one judge of what may be a probability.

    Parameters
    ----------
    values : ndarray of float

    Returns
    -------
    bool
    """
    beyond = max(-float(values.min()), float(values.max()) - 1.0)
    return beyond <= ROUNDING or beyond <= rounding_of(values)


def sums_to_one(values: NDArray[np.float64]) -> bool:
    """Whether each row adds up to 1, but for rounding.

    Parameters
    ----------
    values : ndarray of float, shape (n, k)

    Returns
    -------
    bool
    """
    off = float(np.abs(values.sum(axis=1) - 1.0).max())
    return off <= SUM_ROUNDING or off <= rounding_of(values, SUM_ROUNDING)


def are_log_probabilities(values: NDArray[np.float64]) -> bool:
    """Whether numbers are logarithms of probabilities: none above 0, and their exponentials sum to 1.

    Parameters
    ----------
    values : ndarray of float, shape (n, k)
        May hold -inf, the logarithm of 0.

    Returns
    -------
    bool
        False for a single column, which cannot be told.
    """
    highest = float(values.max())
    if values.shape[1] < 2 or not highest <= max(HALF_ROUNDING.values()) or highest > rounding_of(values):
        return False
    off = float(np.abs(np.exp(values).sum(axis=1) - 1.0).max())
    return off <= max(SUM_ROUNDING, 4 * rounding_of(values))  # exponentials widen what rounding did to logarithms


def are_labels(values: NDArray[np.float64]) -> bool:
    """Whether all numbers are 0 or 1 and both occur in a column, as labels do where probabilities are expected.

    Parameters
    ----------
    values : ndarray of float, shape (n, k)

    Returns
    -------
    bool
    """
    for some in (values[:1], values):  # of probabilities the first row tells
        if not ((some == 0.0) | (some == 1.0)).all():
            return False
    return bool((values != values[:1]).any())
