"""The weighted distribution of masks against all masks, written down one by one."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from lime.engine.mask_sizes import MaskSizeDistribution


def every_mask(draws: NDArray[np.float64], kernel: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    d = len(draws) - 1
    z = np.array(list(product([0.0, 1.0], repeat=d)))
    removed = (d - z.sum(axis=1)).astype(int)
    share = np.array([draws[s] * kernel[s] / comb(d, s) for s in removed])
    return z, share / share.sum()


@pytest.mark.parametrize("d", [2, 3, 6])
def test_moments_are_those_of_all_masks(d: int) -> None:
    rng = np.random.default_rng(d)
    draws, kernel = rng.dirichlet(np.ones(d + 1)), rng.uniform(0.1, 1.0, d + 1)
    found = MaskSizeDistribution(draws, kernel)
    z, share = every_mask(draws, kernel)
    mean = share @ z
    covariance = (z - mean).T @ (share[:, None] * (z - mean))
    assert found.mean == pytest.approx(mean[0], abs=1e-12)
    np.testing.assert_allclose(found.gram(d), covariance, atol=1e-12)
    vectors = rng.normal(size=(d, 3))
    np.testing.assert_allclose(found.times(vectors), covariance @ vectors, atol=1e-12)
    np.testing.assert_allclose(found.solve(found.times(vectors)), vectors, atol=1e-9)
    penalised = np.linalg.solve(covariance + 0.5 * np.eye(d), vectors)
    np.testing.assert_allclose(found.solve(vectors, 0.5), penalised, atol=1e-10)
    own, rest = found.inverse
    np.testing.assert_allclose(own * np.eye(d) + rest, np.linalg.inv(covariance), rtol=1e-8)


def test_selected_features_take_over_a_share_of_the_rest() -> None:
    rng = np.random.default_rng(0)
    draws, kernel = rng.dirichlet(np.ones(6)), rng.uniform(0.1, 1.0, 6)
    found = MaskSizeDistribution(draws, kernel)
    z, share = every_mask(draws, kernel)
    weights = rng.normal(size=5)
    root = np.sqrt(share)[:, None]
    design = np.column_stack([np.ones(len(z)), z[:, :2]])
    best = np.linalg.lstsq(root * design, root[:, 0] * (z @ weights), rcond=None)[0][1:]
    np.testing.assert_allclose(best, weights[:2] + found.share_of_rest(2) * weights[2:].sum(), atol=1e-10)


def test_a_single_unit_has_no_pairs() -> None:
    found = MaskSizeDistribution(np.array([0.5, 0.5]), np.array([1.0, 0.25]))
    assert (found.mean, found.variance, found.covariance) == (0.8, pytest.approx(0.16), 0.0)
