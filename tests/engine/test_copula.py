"""The tilted copula: its law in closed form against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from lime.engine.copula import dependence_of, uniforms_around
from lime.engine.designs import independent, sobol


def correlated_scores(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal(np.zeros(3), [[1.0, 0.8, 0.0], [0.8, 1.0, 0.3], [0.0, 0.3, 1.0]], size=n)


def test_its_law_is_that_of_the_data_times_the_kernel() -> None:
    """Against draws of the data's law that are weighted by the kernel, as the definition has it."""
    found = dependence_of(correlated_scores(4000))
    center, width = np.array([1.0, -0.5, 0.7]), 0.9
    u = uniforms_around(found, center, width, independent(40_000, 3, np.random.default_rng(1)).u)
    drawn = ndtri(u)
    # The same by weights: N(0, R) with R as it was learned.
    root = found.vectors * np.sqrt(found.values)
    plain = np.random.default_rng(2).standard_normal((400_000, 3)) @ root.T
    weights = np.exp(-0.5 * np.square(plain - center).sum(axis=1) / width**2)
    weights /= weights.sum()
    mean = weights @ plain
    covariance = (plain - mean).T @ ((plain - mean) * weights[:, None])
    # 40,000 draws, and about as many effective ones of 400,000: errors of 0.005 each, five of them together.
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.035)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.035)


def test_without_dependence_it_is_the_product_of_two_normals() -> None:
    scores = np.random.default_rng(0).standard_normal((20_000, 2))
    mean, root = dependence_of(scores).tilt(np.array([2.0, -1.0]), 1.0)
    # N(0, 1) times exp(-(u - u0)^2 / 2): mean u0 / 2 and variance 1 / 2; correlations of 20,000 are within 0.02.
    np.testing.assert_allclose(mean, [1.0, -0.5], atol=0.03)
    np.testing.assert_allclose(root @ root.T, 0.5 * np.eye(2), atol=0.03)


def test_a_column_of_one_value_is_independent_of_the_others() -> None:
    scores = correlated_scores(500)
    scores[:, 2] = 0.3
    found = dependence_of(scores)
    assert (found.values > 0.0).all()
    correlation = (found.vectors * found.values) @ found.vectors.T
    np.testing.assert_allclose(correlation[2, :2], 0.0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2])
def test_hardly_any_row_gives_a_law_all_the_same(n: int) -> None:
    found = dependence_of(correlated_scores(n))
    u = uniforms_around(found, np.zeros(3), 0.8, sobol(64, 3, np.random.default_rng(0)).u)
    assert np.isfinite(u).all()
    assert ((u > 0.0) & (u < 1.0)).all()


def test_even_points_give_more_accurate_means() -> None:
    found = dependence_of(correlated_scores(4000))
    center = np.array([1.0, -0.5, 0.7])

    def error(design) -> float:
        means = [
            ndtri(uniforms_around(found, center, 0.9, design(1024, 3, np.random.default_rng(seed)).u)).mean(axis=0)
            for seed in range(20)
        ]
        return float(np.std(means, axis=0).max())

    assert error(sobol) < 0.3 * error(independent)
