"""Weighted linear regressions on all features."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.regressions import KnownCovariances, LeastSquares

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(60, 4))
Y = Z @ np.array([1.0, -2.0, 0.0, 0.5]) + RNG.normal(size=60)
W = RNG.uniform(0.2, 1.0, 60)


def test_least_squares_are_scikit_learns_with_leave_one_out_residuals() -> None:
    coefficients, mean, left = LeastSquares.of(Z, W).fit(Y)
    peer = LinearRegression().fit(Z, Y, W)
    np.testing.assert_allclose(coefficients, peer.coef_, atol=1e-7)
    assert mean == pytest.approx(np.average(Y, weights=W))
    for i in range(0, 60, 7):
        rest = np.arange(60) != i
        without = LinearRegression().fit(Z[rest], Y[rest], W[rest])
        assert left[i] == pytest.approx(Y[i] - without.predict(Z[[i]])[0], abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_directions_are_how_a_sample_moves_the_weights(share: float) -> None:
    features = np.array([2, 0])
    found = LeastSquares.of(Z, W)
    directions = found.directions(features, share)

    def weights(y: np.ndarray) -> np.ndarray:
        every = found.fit(y)[0]
        return every[features] + share * (every.sum() - every[features].sum())

    for i in (0, 31):
        moved = Y + 0.5 * (np.arange(60) == i)
        np.testing.assert_allclose(weights(moved) - weights(Y), 0.5 * W[i] * directions[i], atol=1e-9)


def test_known_covariances_are_those_of_all_masks() -> None:
    draws, kernel = np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.0, 0.8, 0.5, 0.2])
    distribution = MaskSizeDistribution(draws, kernel)
    every = np.array(list(product([0.0, 1.0], repeat=3)))
    removed = (3 - every.sum(axis=1)).astype(int)
    weights = draws[removed] * kernel[removed] / np.array([1.0, 3.0, 3.0, 1.0])[removed]
    y = every[:, 0] * every[:, 1] + every[:, 2]
    found = KnownCovariances.of(every, weights, distribution)
    coefficients, mean, left = found.fit(y)
    # Where all masks are there with their weights, the samples' covariances are the known ones.
    np.testing.assert_allclose(coefficients, LinearRegression().fit(every, y, weights).coef_, atol=1e-10)
    np.testing.assert_allclose(left, y - mean, atol=1e-12)
    features = np.array([1])
    moved = found.fit(y + (np.arange(8) == 5))[0] - coefficients
    expected = moved[features] + 0.4 * (moved.sum() - moved[features].sum())
    total = weights.sum()
    # A sample moves the mean of the output too, which the known means of the features turn into nothing.
    direction = found.directions(features, 0.4)[5] * weights[5]
    np.testing.assert_allclose(expected, direction, atol=1e-10 + 1e-12 * total)
