"""A sampler of somebody else's for tables: Halton points with a random shift, in four replicates."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from lime.extending import Points


def halton(n: int, d: int, rng: np.random.Generator) -> Points:
    """Points of the unit cube whose replicates are independent, so that their spread tells the error."""
    replicates = 4
    sizes = np.diff(np.linspace(0, n, replicates + 1).astype(int))
    points = [qmc.Halton(d, rng=np.random.default_rng(rng.integers(2**63))).random(int(size)) for size in sizes]
    u = np.clip(np.concatenate(points), 1e-9, 1 - 1e-9)
    return Points(u, np.repeat(np.arange(replicates), sizes))
