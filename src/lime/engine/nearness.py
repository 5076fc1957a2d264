"""How near rows are: bandwidths by share of the rows, and the weights that a kernel gives at them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_ROWS = 10
"""Rows that a bandwidth reaches at least, where there are as many: fewer tell nothing of a slope."""


def reach(distances: NDArray[np.float64], share: float, least: int = LEAST_ROWS) -> float:
    """Distance within which a share of the rows lies.

    Parameters
    ----------
    distances : ndarray of float, shape (n,)
        Of the rows from the instance, at least 0; at least one row.
    share : float
        Above 0, at most 1.
    least : int
        Rows that it reaches at least.

    Returns
    -------
    float
        Above 0: where so many rows lie on the instance itself, that of the nearest row that does not; 1 where none is.
    """
    ordered = np.sort(distances)
    found = float(ordered[rows_within(len(ordered), share, least) - 1])
    if found > 0.0:
        return found
    beyond = ordered[ordered > 0.0]
    return float(beyond[0]) if len(beyond) else 1.0


def rows_within(n: int, share: float, least: int = LEAST_ROWS) -> int:
    """How many of n rows a share of them is, and `least` where there are so many."""
    return min(n, max(least, int(np.ceil(share * n))))


def near_weights(distances: NDArray[np.float64], share: float, least: int = LEAST_ROWS) -> NDArray[np.float64]:
    """Gaussian weights of rows whose bandwidth is the distance within which a share of them lies.

    Parameters
    ----------
    distances : ndarray of float, shape (n,)
        Of the rows from the instance.
    share : float
        Above 0, at most 1.
    least : int
        Rows that the bandwidth reaches at least.

    Returns
    -------
    ndarray of float, shape (n,)
        Between 0 and 1.
    """
    result: NDArray[np.float64] = np.exp(-0.5 * np.square(distances / reach(distances, share, least)))
    return result
