"""Weights with the help of the distribution of masks and of a cheap model, against all masks written down."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t

from lime.engine.assisted import Assisted, assist
from lime.engine.balanced import binomial_sizes, coins
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.moments import Moments

D, N = 8, 400
KERNEL = np.exp(-np.linspace(0.0, 3.0, D + 1))
DISTRIBUTION = MaskSizeDistribution(binomial_sizes(D), KERNEL)
SLOPES = np.linspace(-1.0, 1.0, D)
EVERY = np.array(list(product([False, True], repeat=D)))


def linear(z: NDArray[np.bool_]) -> NDArray[np.float64]:
    return 2.0 + z @ SLOPES


def curved(z: NDArray[np.bool_]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-(z @ SLOPES + 2.0 * z[:, 0] * z[:, 7])))


def helped(f: object, seed: int = 0, bounded: bool = False) -> Assisted | None:
    rng = np.random.default_rng(seed)
    z = coins(N, D, rng).z
    y = np.asarray(f(z))[:, None]  # type: ignore[operator]
    return assist(Moments(z, y, KERNEL[D - z.sum(axis=1)]), None, DISTRIBUTION, bounded, rng)


def exact(features: list[int]) -> NDArray[np.float64]:
    """The fit of `curved` on some features, by least squares over all masks."""
    root = np.sqrt(KERNEL[D - EVERY.sum(axis=1)])
    design = np.column_stack([np.ones(len(EVERY)), EVERY[:, features]])
    return np.linalg.lstsq(root[:, None] * design, root * curved(EVERY), rcond=None)[0]


def test_a_linear_model_is_found_exactly_and_what_is_left_out_goes_to_the_others() -> None:
    found = helped(linear)
    assert found is not None
    every = found.surrogate(0, np.arange(D), np.ones(D))
    np.testing.assert_allclose(every.coefficients, SLOPES, atol=1e-9)
    assert every.intercept == pytest.approx(2.0, abs=1e-9)
    assert found.held_out_score(0) == pytest.approx(1.0, abs=1e-9)
    some = found.surrogate(0, np.array([7, 0]), np.ones(D))
    np.testing.assert_allclose(
        some.coefficients, SLOPES[[7, 0]] + DISTRIBUTION.share_of_rest(2) * SLOPES[1:7].sum(), atol=1e-9
    )


def test_intervals_cover_the_fit_on_all_masks() -> None:
    every_fit = [helped(curved, seed, bounded=True) for seed in range(60)]
    for features in (list(range(D)), [0, 7]):
        truth, inside, gaps = exact(features)[1:], [], []
        for found in every_fit:
            assert found is not None
            fitted = found.surrogate(0, np.array(features), np.ones(D))
            gaps.append(fitted.coefficients - truth)
            inside.append(np.abs(gaps[-1]) <= t.ppf(0.975, fitted.degrees) * fitted.standard_errors)
        # 60 seeds: were the features of a seed one, the share of 95 % would have a standard error of 0.028.
        assert np.mean(inside) > 0.95 - 3 * 0.028
        error_of_mean = np.std(gaps, axis=0, ddof=1) / np.sqrt(60)
        assert (np.abs(np.mean(gaps, axis=0)) < 4 * error_of_mean).all(), "on average it is the fit on all masks"


def test_the_two_classes_are_one_estimate_with_two_signs() -> None:
    rng = np.random.default_rng(0)
    z = coins(N, D, rng).z
    p = curved(z)
    found = assist(Moments(z, np.column_stack([1.0 - p, p]), KERNEL[D - z.sum(axis=1)]), None, DISTRIBUTION, True, rng)
    assert found is not None
    one, other = (found.surrogate(k, np.arange(D), np.ones(D)) for k in (0, 1))
    np.testing.assert_allclose(one.coefficients, -other.coefficients, atol=1e-12)
    np.testing.assert_allclose(one.standard_errors, other.standard_errors, rtol=1e-9)
    assert one.prediction + other.prediction == pytest.approx(1.0, abs=1e-12)


def test_where_there_is_no_distribution_to_help_nothing_is_estimated() -> None:
    assert helped(lambda z: np.full(len(z), 0.5)) is None, "nothing varies"
    rng = np.random.default_rng(0)
    single = Moments(coins(20, 1, rng).z, rng.normal(size=(20, 1)), np.ones(20))
    assert assist(single, None, MaskSizeDistribution(binomial_sizes(1), np.ones(2)), False, rng) is None
