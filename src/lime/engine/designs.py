"""Sampling designs: points in the unit cube that a domain turns into samples of its distribution.

A design is a function ``(n, d, rng) -> Points``. A new design is one more function and one more entry in
`UNIT_DESIGNS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from lime.engine.quiet import without_warnings
from lime.engine.standard_errors import POOL_AT_LEAST, POOL_AT_MOST, POOL_WITH_REST

REPLICATES = 4
"""Independent replicates of a quasi-Monte-Carlo design.

Fewer are more accurate, more know their own error better. With the pooling of `lime.engine.standard_errors`, four come
within about a tenth of the accuracy of one at the default number of samples, and their 95% intervals cover.
"""

REPLICATES_OF_FEW = 2
"""The same for few points, where each replicate would be too small to be even, and the gain of the design is alike
enough over the weights that two replicates tell it."""

FEW = 2048
"""Points below which they are few."""

REPLICATES_ALONE = 8
"""The same where there are too few weights to pool over: Student's t with seven degrees of freedom stands alone."""

SMALLEST_REPLICATE = 8
"""Below this many points a replicate, low discrepancy is an empty word: plain samples then."""

SOBOL_BITS = 24
"""Digits of a point: a grid far finer than any error of sampling, for 16 million points a replicate; the scramble's
cost grows with their square."""


@dataclass(frozen=True)
class Points:
    """Points of a design.

    Attributes
    ----------
    u : ndarray of float, shape (n, d)
        Points in the open unit cube, uniform in each column.
    groups : ndarray of int, shape (n,), or None
        Which independent replicate a point belongs to; None where every point is independent of all others.
    """

    u: NDArray[np.float64]
    groups: NDArray[np.intp] | None

    @property
    def replicates(self) -> int:
        """Number of independent replicates; 0 where the points themselves are independent."""
        return 0 if self.groups is None else int(self.groups[-1]) + 1


UnitDesign = Callable[[int, int, np.random.Generator], Points]


def independent(n: int, d: int, rng: np.random.Generator) -> Points:
    """Independent uniform points in the unit cube.

    Parameters
    ----------
    n : int
        Number of points.
    d : int
        Number of dimensions.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Points
        Without groups.
    """
    return Points(rng.random((n, d)), None)


def sobol(n: int, d: int, rng: np.random.Generator) -> Points:
    """Scrambled Sobol points in a few replicates (Matousek 1998 for the scrambling, Owen 1997 for the errors).

    One linear matrix scramble is shared and each replicate shifted by its own random digits. Given the scramble,
    the replicates are independent and each is unbiased, so that the spread between them tells the error of their
    union; and a shift costs next to nothing. Past the number of dimensions for which direction numbers exist, and
    for very few points, the design is `independent`.

    Parameters
    ----------
    n : int
        Number of points.
    d : int
        Number of dimensions.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Points
        Its groups are the replicates.
    """
    replicates = _replicates(n, d)
    if n < replicates * SMALLEST_REPLICATE or d > qmc.Sobol.MAXDIM or n > 2**SOBOL_BITS:
        return independent(n, d, rng)
    sizes = _sizes(n, replicates)
    # The balance of a power of two, which scipy warns of, is worth less than the samples that it would leave unused.
    with without_warnings(UserWarning):
        # A number, since a generator would be copied, which takes as long as the points.
        net = qmc.Sobol(d, bits=SOBOL_BITS, rng=int(rng.integers(2**63))).random(int(sizes.max()))
    digits = np.multiply(net, 2.0**SOBOL_BITS, out=net).astype(np.int32)
    shifts = rng.integers(0, 2**SOBOL_BITS, size=(replicates, d), dtype=np.int32)
    u = np.empty((n, d))
    for start, size, shift in zip(np.cumsum(sizes) - sizes, sizes, shifts, strict=True):
        # Some pairs of dimensions are far less even than others. With an order of its own, each replicate has other
        # columns in them: the error averages out, and what is left of it shows in the spread.
        own = digits[:size][:, rng.permutation(d)]
        # Half a step keeps the points off 0, where a normal has no quantile.
        np.add(own ^ shift, 0.5, out=u[start : start + size])
    u *= 2.0**-SOBOL_BITS
    return Points(u, np.repeat(np.arange(replicates), sizes))


def latin_hypercube(n: int, d: int, rng: np.random.Generator) -> Points:
    """Latin hypercube samples (McKay et al. 1979) in a few independent replicates.

    Parameters
    ----------
    n : int
        Number of points.
    d : int
        Number of dimensions.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Points
        Its groups are the replicates; `independent` ones where two points for each are too many.
    """
    replicates = _replicates(n, d)
    if n < replicates * 2:
        return independent(n, d, rng)
    sizes = _sizes(n, replicates)
    samples = [qmc.LatinHypercube(d, rng=rng).random(int(size)) for size in sizes]
    return Points(np.concatenate(samples), np.repeat(np.arange(replicates), sizes))


def first_samples(groups: NDArray[np.intp] | None, n: int, size: int) -> NDArray[np.intp]:
    """Positions, in order, of the first samples of a design, taken alike from all replicates.

    The first points of a sequence of low discrepancy are one of their own, so that a sample can grow.

    Parameters
    ----------
    groups : ndarray of int, shape (n,), or None
        As `Points` has them.
    n : int
        Number of points.
    size : int
        How many of them to take.

    Returns
    -------
    ndarray of int, shape (min(n, size),)
    """
    if groups is None or size >= n:
        return np.arange(min(n, size))
    replicates = int(groups[-1]) + 1
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    sizes = _sizes(size, replicates)
    return np.concatenate([np.arange(start, start + own) for start, own in zip(starts, sizes, strict=True)])


def rows_of(array: NDArray[Any], rows: NDArray[np.intp] | slice) -> NDArray[Any]:
    """Some rows of an array, as an array of their own that lies in memory as it does.

    Parameters
    ----------
    array : ndarray, shape (n, d)
        Of any layout.
    rows : ndarray of int, shape (m,), or slice
        Which.

    Returns
    -------
    ndarray, shape (m, d)
    """
    if array.flags.f_contiguous:
        return np.asfortranarray(array[rows]) if isinstance(rows, slice) else np.take(array.T, rows, axis=1).T
    return array[rows].copy()


def _replicates(n: int, d: int) -> int:
    """How many replicates: what few weights cannot tell together, more replicates must."""
    if d < POOL_AT_LEAST:
        return REPLICATES_ALONE
    return REPLICATES_OF_FEW if n < FEW and POOL_WITH_REST <= d <= POOL_AT_MOST else REPLICATES


def _sizes(n: int, replicates: int) -> NDArray[np.intp]:
    edges = np.linspace(0, n, replicates + 1).astype(np.intp)
    return edges[1:] - edges[:-1]


UNIT_DESIGNS: dict[str, UnitDesign] = {
    "sobol": sobol,
    "gaussian": independent,
    "lhs": latin_hypercube,
}
"""Designs by the name that a user types; 'gaussian' is the name of plain independent samples in lime's past."""
