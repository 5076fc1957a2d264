"""Moments of which those of the features are known."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.balanced import binomial_sizes, coins
from lime.engine.known_moments import KnownMoments
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.moments import Moments

D = 5
DISTRIBUTION = MaskSizeDistribution(binomial_sizes(D), np.exp(-np.linspace(0.0, 2.0, D + 1)))
COEFFICIENTS = np.column_stack([np.arange(1.0, 6.0), np.array([0.0, 1.0, 0.0, -1.0, 0.0])])


@pytest.fixture
def known() -> KnownMoments:
    rng = np.random.default_rng(0)
    z = coins(200, D, rng).z
    samples = Moments(z, rng.normal(size=(200, 2)), DISTRIBUTION.kernel[D - z.sum(axis=1)])
    return KnownMoments(DISTRIBUTION, COEFFICIENTS, samples)


def test_those_of_the_features_are_the_distributions(known: KnownMoments) -> None:
    covariance = known.total * DISTRIBUTION.gram(D)
    np.testing.assert_allclose(known.gram, covariance)
    np.testing.assert_allclose(known.gram_of(np.array([3, 0])), covariance[np.ix_([3, 0], [3, 0])])
    np.testing.assert_allclose(known.column(2), covariance[:, 2])
    np.testing.assert_allclose(known.diagonal, np.diag(covariance))
    np.testing.assert_array_equal(known.z_mean, np.full(D, DISTRIBUTION.mean))
    gram, cross = known.gram_float32()
    np.testing.assert_allclose(gram, covariance)
    np.testing.assert_allclose(cross, covariance @ COEFFICIENTS)


@pytest.mark.parametrize("alpha", [0.0, 3.0])
@pytest.mark.parametrize("output", [0, 1])
def test_a_ridge_fit_is_the_one_of_the_whole_matrix(known: KnownMoments, output: int, alpha: float) -> None:
    expected = np.linalg.solve(known.gram + alpha * np.eye(D), known.cross[:, output])
    np.testing.assert_allclose(known.ridge(output, alpha), expected, atol=1e-10)
    np.testing.assert_allclose(known.approximate_ridge(output, alpha)[0], expected, atol=1e-10)


def test_without_a_penalty_the_estimates_come_back(known: KnownMoments) -> None:
    np.testing.assert_allclose(known.ridge(0, 0.0), COEFFICIENTS[:, 0], atol=1e-10)
