"""Products of two features, and squares, beside the features themselves: which pairs, and their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.cross_fitting import folds_of, simplest

Floats = NDArray[np.float64]

MOST_PAIRS = 5
PAIRED_AT_MOST = 8
"""Features of which pairs are looked at."""

LEAST_GAIN = 0.01
"""R² that a pair adds at least where nothing is estimated."""


@dataclass(frozen=True)
class Product:
    """The product of two features about two centres; a square where both are the same.

    Attributes
    ----------
    first, second : int
        Columns.
    about_first, about_second : float
    """

    first: int
    second: int
    about_first: float
    about_second: float

    def column(self, z: Floats) -> Floats:
        """Its values for samples (n, d), shape (n,)."""
        found: Floats = (z[:, self.first] - self.about_first) * (z[:, self.second] - self.about_second)
        return found


def with_products(z: Floats, products: Sequence[Product]) -> Floats:
    """Features (n, d), and products of them beside, shape (n, d + p)."""
    return np.column_stack([z, *(one.column(z) for one in products)]) if products else z


def choose_pairs(
    z: Floats, y: Floats, weights: Floats, groups: NDArray[np.intp] | None, *, exact: bool = False
) -> tuple[list[tuple[int, int]], Floats | None]:
    """Find the pairs of features whose product helps to predict samples that took no part in the fit.

    Pairs are added one by one, the one that gains most first; how many is the least number within one standard error
    of the best.

    Parameters
    ----------
    z : ndarray of float, shape (n, m)
        Few features.
    y : ndarray of float, shape (n,)
    weights : ndarray of float, shape (n,)
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    exact : bool
        Whether the samples are all that there are.

    Returns
    -------
    pairs : list of (int, int)
    left_out : ndarray of float, shape (n,), or None
        What fits with so many pairs to other samples predict; None where nothing is estimated.
    """
    m = z.shape[1]
    means = weights @ z / weights.sum()
    pairs = [(i, j) for i in range(m) for j in range(i + 1, m)]
    columns = np.column_stack(
        [np.ones(len(z)), z - means, *((z[:, i] - means[i]) * (z[:, j] - means[j]) for i, j in pairs)]
    )
    path = _path(columns, y, weights, m)
    if exact:
        losses = [np.square(columns[:, used] @ beta - y) for used, beta in path]
        total = float(weights.sum())
        varied = float(weights @ np.square(y - weights @ y / total)) / total
        chosen = simplest(losses, weights, np.zeros(len(y), dtype=np.intp), least=LEAST_GAIN * varied)
        return [pairs[k - 1 - m] for k in path[chosen][0][1 + m :]], None
    parts = folds_of(len(y), groups)
    predicted = np.empty((len(y), len(path)))
    for part in np.unique(parts):
        inside, rest = parts == part, parts != part
        others = _path(columns[rest], y[rest], weights[rest], m)
        for k in range(len(path)):
            used, beta = others[min(k, len(others) - 1)]
            predicted[inside, k] = columns[np.ix_(inside, used)] @ beta
    chosen = simplest([np.square(predicted[:, k] - y) for k in range(len(path))], weights, parts)
    return [pairs[k - 1 - m] for k in path[chosen][0][1 + m :]], predicted[:, chosen]


def _path(columns: Floats, y: Floats, weights: Floats, m: int) -> list[tuple[list[int], Floats]]:
    """Fits with 0, 1, 2, ... pairs: the columns used, and their coefficients."""
    weighted = columns * weights[:, None]
    gram, cross = weighted.T @ columns, weighted.T @ y
    ridge = np.asarray(1e-9 * np.diag(gram) + 1e-12, dtype=np.float64)
    used = list(range(1 + m))
    fits = [(list(used), _solve(gram, cross, ridge, used))]
    while len(used) < min(1 + m + MOST_PAIRS, columns.shape[1]):
        beta = fits[-1][1]
        free = [k for k in range(1 + m, columns.shape[1]) if k not in used]
        # What is left of each candidate beside the columns in use, and how much of the residuals goes with it.
        inverse = np.linalg.pinv(gram[np.ix_(used, used)], hermitian=True)
        left = cross[free] - gram[np.ix_(free, used)] @ beta
        alone = gram[free, free] - np.einsum("ij,jk,ik->i", gram[np.ix_(free, used)], inverse, gram[np.ix_(free, used)])
        usable = alone > 1e-8 * np.maximum(gram[free, free], 1e-300)
        gain = np.where(usable, np.square(left) / np.where(usable, alone, 1.0), 0.0)
        if not gain.max() > 0.0:
            break
        used.append(free[int(np.argmax(gain))])
        fits.append((list(used), _solve(gram, cross, ridge, used)))
    return fits


def _solve(gram: Floats, cross: Floats, ridge: Floats, used: list[int]) -> Floats:
    penalised = gram[np.ix_(used, used)] + np.diag(ridge[used])
    return np.asarray(np.linalg.lstsq(penalised, cross[used], rcond=None)[0], dtype=np.float64)
