"""Fits that are judged on samples that took no part in them, part by part of the sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FOLDS = 5


def folds_of(n: int, groups: NDArray[np.intp] | None, folds: int = FOLDS) -> NDArray[np.intp]:
    """Parts of a sample, each replicate in one of them, shape (n,); samples that are independent go round by round.

    Parameters
    ----------
    n : int
        Samples.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    folds : int
        How many parts there are at most.
    """
    if groups is None:
        # A fixed shuffle: samples may come in an order.
        return np.random.default_rng(0).permutation(n) % folds
    _, place = np.unique(groups, return_inverse=True)
    found: NDArray[np.intp] = place.ravel() % min(folds, int(place.max()) + 1 if n else 1)
    if n and found.max() == 0:  # one replicate alone: its samples are parted as they come
        return np.arange(n) % folds
    return found


Learn = Callable[[NDArray[np.intp]], Callable[[NDArray[np.intp]], Floats]]
"""From the samples to learn from to a function that predicts others."""


def left_out(fit: Learn, parts: NDArray[np.intp]) -> Floats:
    """Return for each sample what a fit to the other parts predicts.

    Parameters
    ----------
    fit : callable
        From the samples to learn from to a function that predicts others, shape (m, ...).
    parts : ndarray of int, shape (n,)
        See `folds_of`.

    Returns
    -------
    ndarray of float, shape (n, ...)
    """
    found: Floats | None = None
    for part in np.unique(parts):
        inside = np.flatnonzero(parts == part)
        predicted = fit(np.flatnonzero(parts != part))(inside)
        if found is None:
            found = np.empty((len(parts), *predicted.shape[1:]))
        found[inside] = predicted
    assert found is not None
    return found


def r_squared(y: Floats, predicted: Floats, weights: Floats) -> float:
    """R² of predictions (n,) of y (n,); 1 where y does not vary."""
    total = float(weights.sum())
    mean = float(weights @ y) / total
    varied = float(weights @ np.square(y - mean))
    missed = float(weights @ np.square(y - predicted))
    flat = varied <= total * (1e-12 * max(abs(mean), 1e-300)) ** 2
    return 1.0 if flat else 1.0 - missed / varied


def simplest(losses: Sequence[Floats], weights: Floats, parts: NDArray[np.intp], least: float = 0.0) -> int:
    """Return the first of some fits, simplest first, that is as good as the best by one standard error.

    Parameters
    ----------
    losses : sequence of ndarray of float, shape (n,)
        Squared error of each sample by each fit.
    weights : ndarray of float, shape (n,)
    parts : ndarray of int, shape (n,)
        Errors are compared part by part.
    least : float
        Difference of mean losses that makes none, however well it is known.

    Returns
    -------
    int
    """
    names = np.unique(parts)
    mass = np.array([weights[parts == part].sum() for part in names])
    names, mass = names[mass > 0.0], mass[mass > 0.0]
    means = np.array([[weights[parts == part] @ loss[parts == part] for part in names] / mass for loss in losses])
    share = mass / mass.sum()
    average = means @ share
    best = int(np.argmin(average))
    behind = means - means[best]
    gap = behind @ share
    spread = np.sqrt(np.square(behind - gap[:, None]) @ share / max(len(names) - 1, 1))
    return int(np.argmax(gap <= np.maximum(spread, least)))
