"""Faithfulness and stability of attributions as OpenXAI measures them (Agarwal et al. 2022), formulas from the paper.

PGI and PGU: mean change of the prediction when the most, or the least, important k columns are moved by normal noise,
as a mean over k. RIS and ROS: largest relative change of an attribution for a nearby row of the same predicted class,
over the relative change of the row, or of the prediction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NOISE = 0.1
"""Standard deviation of the noise, in those of the columns."""

MOVED, NEARBY = 50, 3
"""Draws of the noise for each k, and nearby rows."""

LEAST = 1e-4
"""Least size of a denominator, as in the paper's code."""


def gaps(
    attribution: np.ndarray,
    row: np.ndarray,
    scale: np.ndarray,
    predict: Callable[[np.ndarray], np.ndarray],
    least: bool = False,
) -> float:
    """PGI, or PGU with `least`, over all k below the number of columns."""
    rng = np.random.default_rng(0)
    order = np.argsort(np.abs(attribution) if least else -np.abs(attribution), kind="stable")
    noise = NOISE * scale * rng.standard_normal((MOVED, len(row)))
    blocks = []
    for k in range(1, len(row)):
        moved = np.zeros(len(row))
        moved[order[:k]] = 1.0
        blocks.append(row + noise * moved)
    found = predict(np.vstack([row, *blocks]))
    return float(np.abs(found[1:] - found[0]).mean())


def nearby(row: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Rows near one, for RIS and ROS."""
    rng = np.random.default_rng(1)
    return row + 0.5 * NOISE * scale * rng.standard_normal((NEARBY, len(row)))


def relative(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Size of the relative change of each of some vectors against one."""
    base = np.where(np.abs(one) < LEAST, LEAST, one)
    result: np.ndarray = np.linalg.norm((others - one) / base, axis=1)
    return result


def instability(own: np.ndarray, others: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    """Largest relative change of attributions (m, d) over that of rows, or of predictions: RIS, or ROS."""
    if not len(others):
        return float("nan")
    return float(np.max(relative(own, others) / np.maximum(relative(before, after), LEAST)))
