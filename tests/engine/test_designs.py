"""Designs: uniform in the cube, unbiased replicate by replicate, with intervals that cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from lime.engine import designs, kernels, surrogate
from lime.engine.moments import Moments


def test_each_replicate_is_unbiased_by_itself():
    # E exp(u1 + u2) = (e - 1)^2; the mean over 300 seeds must be within 4 of its own standard errors.
    means = np.array([
        np.exp(designs.sobol(64, 2, np.random.default_rng(seed)).u.sum(axis=1)).reshape(8, 8).mean(axis=1)
        for seed in range(300)
    ])  # fmt: skip
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    assert (np.abs(means.mean(axis=0) - (math.e - 1) ** 2) < 4 * error).all()


def test_sobol_past_its_dimensions_is_plain():
    assert designs.sobol(16, 21_202, np.random.default_rng(0)).groups is None


def coverage(design, n, d, seeds, f):
    """Share of 95 % intervals that hold the exact weight, over seeds and features of a product law."""
    share, inside = 0.3, []
    every = np.array(list(np.ndindex(*[2] * d)), dtype=bool)
    chance = np.prod(np.where(every, share, 1 - share), axis=1)
    weight = np.exp(-0.5 * (d - every.sum(axis=1)) / (0.75**2 * d)) * chance
    exact = LinearRegression().fit(every, f(every), sample_weight=weight).coef_
    for seed in range(seeds):
        points = design(n, d, np.random.default_rng(seed))
        z = points.u < share
        w = kernels.exponential_kernel(kernels.distances_to(z, np.ones(d), "euclidean"), 0.75 * np.sqrt(d))
        fitted = surrogate.fit(Moments(z, f(z)[:, None], w), 0, np.arange(d), np.ones(d), 0.0, groups=points.groups)
        half = stats.t.ppf(0.975, fitted.degrees) * fitted.standard_errors
        inside.append(np.abs(fitted.coefficients - exact) <= half)
    return np.mean(inside)


@pytest.mark.parametrize("design", [designs.sobol, designs.independent, designs.latin_hypercube])
@pytest.mark.parametrize(("n", "d"), [(255, 8), (1999, 8), (1999, 3)])
def test_intervals_cover_what_they_promise(design, n, d):
    def f(z):
        return 1 / (1 + np.exp(-(z[:, 0] + 2.0 * z[:, 1] * z[:, 2] - 1.5 * z[:, -1] * z[:, 0])))

    # 200 seeds of at least 3 features: the standard error of the share is below .016 even if the
    # features of a seed were one, so that .93 - 2.5 * .016 is the least that a true 95 % would show.
    assert 0.91 <= coverage(design, n, d, 200, f) <= 0.995


@pytest.mark.parametrize("design", [designs.sobol, designs.latin_hypercube, designs.independent])
@pytest.mark.parametrize(("n", "d"), [(4999, 13), (999, 3), (10, 4), (1, 1), (255, 30)])
def test_designs_fill_the_open_cube_uniformly(design, n, d):
    points = design(n, d, np.random.default_rng(5))
    assert points.u.shape == (n, d)
    assert ((points.u > 0) & (points.u < 1)).all()
    if points.groups is not None:
        assert np.bincount(points.groups).min() >= n // points.replicates
        assert (np.diff(points.groups) >= 0).all()
    if n >= 999:
        assert max(stats.kstest(column, "uniform").statistic for column in points.u.T) < 1.95 / np.sqrt(n)
