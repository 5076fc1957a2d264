"""Ridge regression from the matrix and the right-hand sides of its normal equations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack


def ridge(gram: NDArray[np.float64], cross: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Solve ``(gram + alpha I) b = cross``; without a penalty, the least-norm solution.

    Parameters
    ----------
    gram : ndarray of float, shape (m, m)
        Symmetric, positive semi-definite.
    cross : ndarray of float, shape (m,) or (m, k)
        Right-hand sides.
    alpha : float
        Penalty, at least 0.

    Returns
    -------
    ndarray of float, of the shape of `cross`
    """
    if alpha <= 0.0:
        return np.asarray(np.linalg.lstsq(gram, cross, rcond=None)[0])
    system = gram.copy()
    system.reshape(-1)[:: len(gram) + 1] += alpha  # a copy lies in one piece
    # By the factor of Cholesky; called directly, since wrappers take longer than a small system.
    _, solution, singular = lapack.dposv(system, cross)
    return np.asarray(np.linalg.solve(system, cross) if singular else solution)
