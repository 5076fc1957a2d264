"""Sampling designs: points in the unit cube that a domain turns into draws from its law.

A design is a function ``(n, d, rng) -> Points``. A new design is one more function and one more entry in
`UNIT_DESIGNS`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

SCRAMBLES = 4
"""Independent scrambles a quasi-Monte-Carlo design is made of, where the errors of several weights can be pooled.

Fewer scrambles are more accurate, more scrambles know their own error better. With the pooling of
`lime.engine.errors` four come within about a tenth of the accuracy of one at the default number of samples,
and their 95 % intervals cover.
"""

SCRAMBLES_ALONE = 8
"""The same where there are too few weights to pool over: Student's t with seven degrees of freedom stands alone."""

SMALLEST_SCRAMBLE = 8
"""Below this many points a scramble, low discrepancy is an empty word: plain draws then."""


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
    """`n` independent uniform points in `d` dimensions."""
    return Points(rng.random((n, d)), None)


def sobol(n: int, d: int, rng: np.random.Generator) -> Points:
    """Scrambled Sobol points in a few independent scrambles (Owen 1997; Matousek 1998 for the scrambling).

    Each scramble is unbiased by itself, so that the spread between them tells the error of their union.
    Past the number of dimensions for which direction numbers exist, and for very few points, the design is
    `independent`.
    """
    scrambles = SCRAMBLES if d >= 5 else SCRAMBLES_ALONE
    if n < scrambles * SMALLEST_SCRAMBLE or d > qmc.Sobol.MAXDIM:
        return independent(n, d, rng)

    def scramble(size: int, generator: np.random.Generator) -> NDArray[np.float64]:
        with warnings.catch_warnings():
            # The balance of a power of two is worth less than the samples that it would leave unused.
            warnings.filterwarnings("ignore", message="The balance properties of Sobol")
            return qmc.Sobol(d, rng=generator).random(size)

    return _replicate(scramble, n, d, scrambles, rng)


def latin_hypercube(n: int, d: int, rng: np.random.Generator) -> Points:
    """Latin hypercube samples (McKay et al. 1979) in a few independent replicates."""
    scrambles = SCRAMBLES if d >= 5 else SCRAMBLES_ALONE
    if n < scrambles * 2:
        return independent(n, d, rng)

    def sample(size: int, generator: np.random.Generator) -> NDArray[np.float64]:
        return qmc.LatinHypercube(d, rng=generator).random(size)

    return _replicate(sample, n, d, scrambles, rng)


def _replicate(
    sample: Callable[[int, np.random.Generator], NDArray[np.float64]],
    n: int,
    d: int,
    replicates: int,
    rng: np.random.Generator,
) -> Points:
    sizes = np.diff(np.linspace(0, n, replicates + 1).astype(np.intp))
    u = np.empty((n, d))
    start = 0
    for size, generator in zip(sizes, rng.spawn(replicates), strict=True):
        u[start : start + size] = sample(int(size), generator)
        start += size
    return Points(u, np.repeat(np.arange(replicates), sizes))


UNIT_DESIGNS: dict[str, UnitDesign] = {
    "sobol": sobol,
    "gaussian": independent,
    "lhs": latin_hypercube,
}
"""Designs by the name that a user types; 'gaussian' is the name of plain independent draws in lime's past."""
