"""Masks: every size as asked for, every set of units as likely as any other."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from lime.engine import masks


class Tied:
    """A generator whose whole numbers are all equal, so that their order says nothing."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def integers(self, low: int, high: int, size: Any, dtype: Any) -> np.ndarray:
        return np.zeros(size, dtype=dtype)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rng, name)


@pytest.mark.parametrize("make", [np.random.default_rng, Tied])
def test_all_sets_of_a_size_are_equally_likely(make: Any) -> None:
    law = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    z = masks.plain(20_000, law, law, make(0)).z
    assert (z.sum(axis=1) == 3).all()
    sets = [np.flatnonzero(~row).tolist() for row in z]
    counts = [sets.count(list(pair)) for pair in combinations(range(5), 2)]
    assert sum(counts) == 20_000
    assert chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("d", [1, 2, 7, 300])
def test_sizes_are_those_of_the_design(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "CELLS_AT_ONCE", 1000)
    law = masks.uniform_sizes(d)
    drawn = masks.plain(40 * d, law, law, np.random.default_rng(1))
    removed = d - drawn.z.sum(axis=1)
    # A systematic sample of a uniform law: each size as often as any other, but for one.
    assert np.abs(np.bincount(removed, minlength=d + 1)[1:] - 40).max() <= 1
    both = masks.pairs(40 * d, law, law, np.random.default_rng(2))
    np.testing.assert_array_equal(both.z[::2], ~both.z[1::2])
