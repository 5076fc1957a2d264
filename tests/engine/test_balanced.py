"""Masks of fair coins: independent ones, and blocks in which units are balanced and uncorrelated."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from lime.engine.balanced import binomial_sizes, blocks, coins


def test_sizes_are_those_of_fair_coins() -> None:
    np.testing.assert_allclose(binomial_sizes(4), np.array([1, 4, 6, 4, 1]) / 16, atol=1e-15)


@pytest.mark.parametrize(("d", "order"), [(1, 1), (2, 2), (5, 8), (16, 16)])
def test_a_whole_block_is_an_orthogonal_array_of_strength_3(d: int, order: int) -> None:
    drawn = blocks(2 * order, d, np.random.default_rng(3))
    signs = 2.0 * drawn.z - 1.0
    np.testing.assert_array_equal(signs.sum(axis=0), 0.0)
    np.testing.assert_array_equal(signs.T @ signs, 2 * order * np.eye(d))
    thirds = np.einsum("ni,nj,nk->ijk", signs, signs, signs)
    np.testing.assert_array_equal(thirds, 0.0)
    np.testing.assert_array_equal(drawn.z[::2], ~drawn.z[1::2])
    assert drawn.groups is not None
    np.testing.assert_array_equal(drawn.groups, np.arange(2 * order) // 2)


def test_an_odd_number_of_draws_loses_one() -> None:
    assert blocks(7, 3, np.random.default_rng(0)).z.shape == (6, 3)


@pytest.mark.parametrize("design", [coins, blocks])
def test_each_draw_alone_is_fair_coins(design: object) -> None:
    # The first draws of 4096 seeds: each of the 8 masks of three units is as likely as any other.
    firsts = [design(4, 3, np.random.default_rng(seed)).z[0] @ [4, 2, 1] for seed in range(4096)]  # type: ignore[operator]
    assert chisquare(np.bincount(firsts, minlength=8)).pvalue > 1e-4
