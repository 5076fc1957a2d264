"""Designs for masks that keep each unit with probability 1/2, independently of the others.

A sample of plain coins carries two kinds of noise into the weights: what the units have in common with each other by
chance, and every effect of the model that is even around the middle. Folded Hadamard blocks have neither: within a
block all units are balanced and uncorrelated, and each mask comes with its complement (a two-level orthogonal array
of strength 3; Hedayat, Sloane & Stufken 1999, "Orthogonal Arrays", chapter 7).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard
from scipy.stats import binom

from lime.engine.masks import Masks

WHOLE_ORDER = 1024
"""Order of a Hadamard matrix that is small beside any samples of as many units."""


def binomial_sizes(d: int) -> NDArray[np.float64]:
    """Probabilities of removing 0 .. d units where each leaves with probability 1/2.

    Parameters
    ----------
    d : int
        Number of units.

    Returns
    -------
    ndarray of float, shape (d + 1,)
    """
    result: NDArray[np.float64] = binom.pmf(np.arange(d + 1), d, 0.5)
    return result


def coins(n: int, d: int, rng: np.random.Generator) -> Masks:
    """Independent samples, each of fair coins.

    Parameters
    ----------
    n : int
        Number of samples.
    d : int
        Number of units.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Masks
        Without groups.
    """
    z = rng.integers(0, 2, size=(n, d), dtype=np.uint8).astype(bool)
    return Masks(z, np.ones(n))


def blocks(n: int, d: int, rng: np.random.Generator) -> Masks:
    """Folded Hadamard blocks, as many as n samples hold, the last of them in part.

    For each block d columns of a Hadamard matrix are chosen at random, with random signs, and its rows come in random
    order, each followed by its complement. Every sample alone is d fair coins.

    Parameters
    ----------
    n : int
        Number of samples; one fewer come back where it is odd.
    d : int
        Number of units.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Masks
        Its groups are the pairs of a mask and its complement.
    """
    half = n // 2
    order = 1 << (d - 1).bit_length()
    z = np.empty((2 * half, d), dtype=bool)
    for start in range(0, half, order):
        rows = rng.permutation(order)[: half - start]
        columns = rng.permutation(order)[:d]
        signs = rng.integers(0, 2, size=d, dtype=np.uint8).astype(bool)
        z[2 * start : 2 * (start + len(rows)) : 2] = _signs_of(rows, columns, order) ^ signs
    np.logical_not(z[::2], out=z[1::2])
    return Masks(z, np.ones(2 * half), np.repeat(np.arange(half), 2))


def _signs_of(rows: NDArray[np.intp], columns: NDArray[np.intp], order: int) -> NDArray[np.bool_]:
    """Where rows and columns of the Hadamard matrix of an order, a power of 2, meet in a 1 and not in a -1.

    Above `WHOLE_ORDER` it is the Kronecker product of two smaller ones, and never as a whole in memory.
    """
    if order <= WHOLE_ORDER:
        result: NDArray[np.bool_] = (hadamard(order, dtype=np.int8) > 0)[np.ix_(rows, columns)]
        return result
    low = WHOLE_ORDER
    outer = _signs_of(rows // low, columns // low, order // low)
    both: NDArray[np.bool_] = outer == _signs_of(rows % low, columns % low, low)
    return both
