"""A weighted regression problem with interactions and noise."""

from __future__ import annotations

import numpy as np


def problem(seed: int = 0, n: int = 400, d: int = 9, k: int = 2, binary: bool = True):
    rng = np.random.default_rng(seed)
    z = rng.random((n, d)) < rng.uniform(0.2, 0.8, d) if binary else rng.normal(size=(n, d))
    beta = rng.normal(size=(d, k))
    y = z @ beta + 0.5 * (z[:, [0]] * z[:, [1]]) + 0.3 * rng.normal(size=(n, k))
    return z, y, rng.uniform(0.2, 1.0, n)
