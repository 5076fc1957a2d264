"""Standard errors of surrogate weights that are valid for the design that drew the neighbourhood.

All of them are sandwich estimates: the inverse Gram matrix around the variance of the weighted residual scores.
They speak of sampling alone, not of the misfit of a linear surrogate or of the choice of the neighbourhood.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

PRIOR_DEGREES = 9
"""What the gain that the weights of one fit have in common is worth beside a weight's own replicates."""

POOL_AT_LEAST = 5
"""Fewest weights whose errors are pooled; below, a pooled error would only pretend to know more."""

POOL_WITH_REST = 10
"""With fewer weights than this, the features that were not selected are pooled with them."""

POOL_AT_MOST = 64
"""Features up to which that is cheap enough to do."""

MANY_REPLICATES = 30
"""From this many on, the replicates themselves tell each error well enough."""


def independent_errors(directions: NDArray[np.float64], residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """HC3 standard errors where every sample is independent of the others (MacKinnon & White 1985).

    Parameters
    ----------
    directions : ndarray of float, shape (n, m)
        Where each sample moves the weights to, for each unit of its residual: ``A^-1 z``.
    residuals : ndarray of float, shape (n,)
        Leverage-corrected residuals. The weight of a sample is in either of the two, or its root in both.

    Returns
    -------
    ndarray of float, shape (m,)
        In the unit of the weights.
    """
    result: NDArray[np.float64] = np.sqrt(np.square(residuals) @ np.square(directions))
    return result


def clustered_errors(
    directions: NDArray[np.float64], residuals: NDArray[np.float64], groups: NDArray[np.intp]
) -> tuple[NDArray[np.float64], int]:
    """Standard errors and degrees of freedom where only whole groups of samples are independent.

    The sums over a group take the place of single samples (Liang & Zeger 1986), with the small-sample factor
    R / (R - 1) for R groups.

    Parameters
    ----------
    directions : ndarray of float, shape (n, m)
        Where each sample moves the weights to, for each unit of its residual: ``A^-1 z``.
    residuals : ndarray of float, shape (n,)
        Of the samples. The weight of a sample is in either of the two, or its root in both.
    groups : ndarray of int, shape (n,)
        The group of each sample: from 0, in order, none left out.

    Returns
    -------
    errors : ndarray of float, shape (m,)
        In the unit of the weights.
    degrees : int
        Degrees of freedom, R - 1.
    """
    return errors_between(sums_of_groups(directions, residuals, groups))


def sums_of_groups(
    directions: NDArray[np.float64], residuals: NDArray[np.float64], groups: NDArray[np.intp]
) -> NDArray[np.float64]:
    """What each group of samples moves the weights by.

    Parameters
    ----------
    directions : ndarray of float, shape (n, m)
        Where each sample moves the weights to, for each unit of its residual: ``A^-1 z``.
    residuals : ndarray of float, shape (n,)
        Of the samples. The weight of a sample is in either of the two, or its root in both.
    groups : ndarray of int, shape (n,) or (n, 2)
        The group of each sample: from 0, in order, none left out; or the two groups that each was made from, in any
        order, of which either moves the weights by what the sample does.

    Returns
    -------
    ndarray of float, shape (replicates, m)
    """
    if groups.ndim == 2:
        moved = np.zeros((int(groups.max()) + 1, directions.shape[1]))
        for column in groups.T:
            np.add.at(moved, column, directions * residuals[:, None])
        return moved
    replicates = int(groups[-1]) + 1
    if replicates >= MANY_REPLICATES:
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        return np.add.reduceat(directions * residuals[:, None], starts, axis=0)
    edges = np.searchsorted(groups, np.arange(replicates + 1)).tolist()
    sums = np.empty((replicates, directions.shape[1]))
    for group, (a, b) in enumerate(pairwise(edges)):
        sums[group] = directions[a:b].T @ residuals[a:b]
    return sums


def errors_between(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Standard errors and degrees of freedom from the sums over R groups.

    Parameters
    ----------
    sums : ndarray of float, shape (R, m)
        What each group moves the weights by; at least two groups.

    Returns
    -------
    errors : ndarray of float, shape (m,)
        In the unit of the weights.
    degrees : int
        Degrees of freedom, R - 1.
    """
    replicates = len(sums)
    centred = sums - np.add.reduce(sums) / replicates
    variance = np.add.reduce(np.square(centred)) * (replicates / (replicates - 1))
    return np.sqrt(variance), replicates - 1


def moderated_errors(
    clustered: NDArray[np.float64],
    independent: NDArray[np.float64],
    degrees: int,
    supported: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Standard errors from a few replicates, steadied by what the weights have in common.

    With R replicates the variance of one weight is known to R - 1 degrees of freedom only. What a design gains
    over independent samples, the ratio of the two variances, is much alike for all weights of one fit: the mean
    ratio enters each variance as a prior worth `PRIOR_DEGREES` (the moderated t of Smyth 2004, "Linear models and
    empirical Bayes methods for assessing differential expression", with the prior's worth fixed, since a dozen
    weights cannot tell it: estimated, it left the intervals a few per cent short).

    Parameters
    ----------
    clustered, independent : ndarray of float, shape (m,)
        Standard errors between replicates, and as if all samples were independent.
    degrees : int
        Degrees of freedom of `clustered`.
    supported : ndarray of bool, shape (m,), optional
        Which weights have many samples on either side of their feature; all where None. The others, which a design
        helps less, have no say in the mean ratio where enough are left without them.

    Returns
    -------
    errors : ndarray of float, shape (m,)
        Those between replicates where fewer than `POOL_AT_LEAST` can be pooled.
    degrees : float
        Degrees of freedom that they now have, at most those of all weights together.
    """
    known = (clustered > 0) & (independent > 0)
    count = int(np.count_nonzero(known))
    if count < POOL_AT_LEAST:
        return clustered, float(degrees)
    ratio = np.zeros(len(known))
    np.divide(clustered, independent, out=ratio, where=known)
    ratio *= ratio
    together = PRIOR_DEGREES + degrees
    common = np.add.reduce(ratio) / count
    if supported is not None and np.count_nonzero(voting := known & supported) >= POOL_AT_LEAST:
        common = ratio[voting].mean()
    steadied = independent * np.sqrt((PRIOR_DEGREES * common + degrees * ratio) / together)
    errors: NDArray[np.float64] = steadied if count == len(known) else np.where(known, steadied, clustered)
    return errors, float(min(together, degrees * count))


@lru_cache(maxsize=64)
def quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t at a probability; of the normal where the degrees of freedom are infinite."""
    return float(ndtri(probability) if np.isinf(degrees) else stdtrit(degrees, probability))
