"""Submodular pick: rows that together cover what matters (Ribeiro et al. 2016, section 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_random_state

__all__ = ["pick_rows"]


def pick_rows(
    rows: NDArray[np.int64],
    features: NDArray[np.int64],
    weights: NDArray[np.float64],
    k: int,
    random_state: int | np.random.RandomState | None = 0,
) -> NDArray[np.int64]:
    """Choose `k` rows greedily by the importance of the features that they add.

    Parameters
    ----------
    rows, features : ndarray of int, shape (n,)
        Where a weight stands; no pair twice.
    weights : ndarray of float, shape (n,)
        Only their size counts; a weight of 0 covers nothing.
    k : int
        At most as many as there are rows with weight.
    random_state : int, RandomState or None
        Decides between rows that add the same.

    Returns
    -------
    ndarray of int, shape (min(k, rows with weight),)
        In the order of their choice. Where all features are covered, a new round begins.
    """
    there = weights != 0
    names, row = np.unique(rows[there], return_inverse=True)
    importance = np.sqrt(np.bincount(features[there], np.abs(weights[there])))
    n, d = len(names), len(importance)
    covers = sparse.csr_array((np.ones(int(there.sum())), (row.ravel(), features[there])), shape=(n, d))
    luck = check_random_state(random_state).permutation(n)
    open_rows = np.ones(n, dtype=bool)
    missing = importance.copy()
    chosen: list[int] = []
    while len(chosen) < min(k, n):
        gain = covers @ missing
        best = float(gain[open_rows].max())
        if best <= 0.0:
            missing = importance.copy()
            continue
        # Sums of the same numbers in another order differ in their last digits.
        ties = np.flatnonzero(open_rows & (gain >= best * (1.0 - 1e-12)))
        one = int(ties[np.argmin(luck[ties])])
        chosen.append(one)
        open_rows[one] = False
        missing[covers.indices[covers.indptr[one] : covers.indptr[one + 1]]] = 0.0
    return np.asarray(names[chosen], dtype=np.int64)
