"""Designs for masks: which units of an instance a sample keeps, where only their number matters to the distribution.

The distribution: a sample removes s of d units, s with a given probability, which ones uniformly. Every design returns
samples together with the weights that make weighted sums over them estimate expectations under that distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

SAMPLES_A_UNIT_FOR_PAIRS = 8
"""Below this many samples a unit, complementary pairs lose to plain samples."""

FEWEST_FOR_PAIRS = 4
"""Samples that make two pairs: what errors take, since only whole pairs are independent of each other."""

CELLS_AT_ONCE = 2**18
"""Random numbers that are drawn and sorted at a time: as many as a processor's cache holds."""


@dataclass(frozen=True)
class Masks:
    """Samples of a design.

    Attributes
    ----------
    z : ndarray of bool, shape (n, d)
        Whether a sample keeps a unit.
    weights : ndarray of float, shape (n,)
        Probability under the distribution over that under the design, up to a common factor; mean about 1.
    groups : ndarray of int, shape (n,), or None
        Pairs of samples, numbered from 0 in order; None where all samples are independent.
    exact : bool
        Whether these are all masks with their probabilities, so that sums over them have no sampling error.
    """

    z: NDArray[np.bool_]
    weights: NDArray[np.float64]
    groups: NDArray[np.intp] | None = None
    exact: bool = False

    def first(self, size: int) -> Masks:
        """The first few of them.

        Parameters
        ----------
        size : int
            How many.

        Returns
        -------
        Masks
        """
        groups = None if self.groups is None else self.groups[:size]
        return Masks(self.z[:size], self.weights[:size], groups, self.exact)


def join(parts: list[Masks]) -> Masks:
    """Samples of several designs, one after the other, as one sample; their pairs stay pairs.

    Parameters
    ----------
    parts : list of Masks
        Not exact ones; all in pairs, or none.

    Returns
    -------
    Masks
    """
    groups: NDArray[np.intp] | None = None
    if parts[0].groups is not None:
        counts = np.cumsum([0, *(len(part.z) // 2 for part in parts)])
        groups = np.concatenate([part.groups + start for part, start in zip(parts, counts, strict=False)])
    return Masks(np.concatenate([part.z for part in parts]), np.concatenate([part.weights for part in parts]), groups)


def uniform_sizes(d: int) -> NDArray[np.float64]:
    """Probabilities of removing 0 .. d units: uniform on 1 .. d.

    Parameters
    ----------
    d : int
        Number of units, at least 1.

    Returns
    -------
    ndarray of float, shape (d + 1,)
    """
    target = np.full(d + 1, 1.0 / d)
    target[0] = 0.0
    return target


def plain(
    n: int, target: NDArray[np.float64], proposal: NDArray[np.float64], rng: np.random.Generator, stratify: bool = True
) -> Masks:
    """Samples of which each stands for itself.

    Parameters
    ----------
    n : int
        Number of samples.
    target, proposal : ndarray of float, shape (d + 1,)
        Probabilities of removing 0 .. d units: those that are meant, and those to draw from.
    rng : numpy.random.Generator
        Where its random numbers come from.
    stratify : bool
        Whether the sizes are a systematic sample of the proposal instead of an independent one.

    Returns
    -------
    Masks
        Without groups.
    """
    d = len(target) - 1
    sizes = systematic(n, proposal, rng) if stratify else rng.choice(d + 1, size=n, p=proposal)
    return Masks(_subsets(sizes, d, rng), target[sizes] / proposal[sizes])


def pairs(n: int, target: NDArray[np.float64], proposal: NDArray[np.float64], rng: np.random.Generator) -> Masks:
    """Masks and their complements, with systematic sizes (antithetic pairs; the sizes of `proposal` made symmetric).

    What a model does that is odd around the middle, all linear effects among it, cancels within a pair.

    Parameters
    ----------
    n : int
        Number of samples; one fewer come back where it is odd.
    target, proposal : ndarray of float, shape (d + 1,)
        As in `plain`.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Masks
        Its groups are the pairs.
    """
    d = len(target) - 1
    half = n // 2
    symmetric = 0.5 * (proposal + proposal[::-1])
    sizes = systematic(half, symmetric, rng)
    z = np.empty((2 * half, d), dtype=bool)
    z[::2] = _subsets(sizes, d, rng)
    np.logical_not(z[::2], out=z[1::2])
    ratio = np.zeros(d + 1)
    np.divide(target, symmetric, out=ratio, where=symmetric > 0)
    weights = np.empty(2 * half)
    weights[::2], weights[1::2] = ratio[sizes], ratio[d - sizes]
    return Masks(z, weights, np.repeat(np.arange(half), 2))


def enumeration(target: NDArray[np.float64]) -> Masks:
    """All masks that have a probability, each with its own: sums over them are exact.

    Parameters
    ----------
    target : ndarray of float, shape (d + 1,)
        Probabilities of removing 0 .. d units; d small enough for 2^d masks.

    Returns
    -------
    Masks
        With at most 2^d samples, weights of mean 1, and `exact`.
    """
    d = len(target) - 1
    codes = np.arange(2**d, dtype=np.int64)
    z = (codes[:, None] >> np.arange(d)) & 1 == 0
    removed = d - z.sum(axis=1)
    subsets = np.array([comb(d, s) for s in range(d + 1)], dtype=np.float64)
    weights = (target / subsets)[removed]
    kept = weights > 0
    return Masks(z[kept], weights[kept] * (kept.sum() / weights[kept].sum()), exact=True)


def systematic(n: int, probabilities: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.intp]:
    """A systematic sample of whole numbers: one random start, then equal steps of probability.

    Parameters
    ----------
    n : int
        How many to draw.
    probabilities : ndarray of float, shape (m,)
        Of 0 .. m - 1, up to a common factor.
    rng : numpy.random.Generator
        Where its one random number comes from.

    Returns
    -------
    ndarray of int, shape (n,)
        Rising, from 0 to m - 1.
    """
    edges = np.cumsum(probabilities)
    points = (np.arange(n) + rng.random()) * (edges[-1] / max(1, n))
    last = int(np.flatnonzero(probabilities)[-1])
    result: NDArray[np.intp] = np.minimum(np.searchsorted(edges, points, side="right"), last)
    return result


def _subsets(sizes: NDArray[np.intp], d: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """One mask for each size, which removes that many of d units, any set of them as likely as any other.

    A mask removes the units with the smallest of d random numbers, several times as fast as a shuffle of each row.
    """
    z = np.empty((len(sizes), d), dtype=bool)
    step = max(1, CELLS_AT_ONCE // d)
    for start in range(0, len(sizes), step):
        removed = sizes[start : start + step]
        keys = rng.integers(0, 2**32, size=(len(removed), d), dtype=np.uint32)
        ranked = np.sort(keys, axis=1)
        least = np.take_along_axis(ranked, np.minimum(removed, d - 1)[:, None], axis=1)
        block = z[start : start + step]
        np.greater_equal(keys, least, out=block)
        block[removed == d] = False
        # Where the last number to leave and the first to stay are equal, too few leave: shuffle those.
        tied = np.flatnonzero(np.count_nonzero(block, axis=1) != d - removed)
        if len(tied):
            block[tied] = rng.permuted(np.arange(d) >= removed[tied, None], axis=1)
    return z
