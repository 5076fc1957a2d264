"""A picture of twenty segments, a model that is linear in them, and one that keeps what it is given."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(11)
PICTURE = RNG.integers(0, 256, size=(32, 40, 3)).astype(np.float64)
GRID = (np.arange(32) // 8)[:, None] * 5 + np.arange(40) // 8
QUIET: dict[str, Any] = {"progress_bar": False, "segmentation_fn": GRID, "hide_color": 0}


def two(p: Any) -> np.ndarray:
    return np.column_stack([1 - np.asarray(p), p])


def shown(images: np.ndarray, grid: np.ndarray = GRID) -> np.ndarray:
    """Which segments of a picture are shown: z (n, d), for hidden ones that are black."""
    flat = images.reshape(len(images), grid.size, -1).astype(np.float64).sum(axis=2)
    return np.stack([flat[:, grid.ravel() == label].sum(axis=1) > 0 for label in np.unique(grid)], axis=1)


SLOPES = RNG.normal(size=20) * 0.04


def linear(images: np.ndarray) -> np.ndarray:
    return two(0.5 + shown(images) @ SLOPES)


def weights(exp: Any, label: int = 1) -> np.ndarray:
    found = dict(exp.local_exp[label])
    return np.array([found[i] for i in sorted(found)])


# -- what models are given

SEEN: list[np.ndarray] = []


def watching(images: Any) -> np.ndarray:
    SEEN.append(np.array(images))
    return two(np.clip(images.reshape(len(images), -1).astype(float).mean(axis=1) / 1e5, 0, 1))
