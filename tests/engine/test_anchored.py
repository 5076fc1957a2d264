"""The surrogate that goes through the model's prediction."""

import numpy as np
import pytest

from lime.engine.anchored import WeightedSamples, contributions_to, fit_through, left_out_through, means_of


def a_neighbourhood(n=400, d=4, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, d))
    y = z @ np.array([1.0, -2.0, 0.0, 0.5]) + 0.3 * z[:, 0] * z[:, 1]
    return WeightedSamples(z, y, rng.uniform(0.1, 1.0, n))


def test_it_is_the_least_squares_fit_among_those_that_go_through_the_instance():
    samples, at, prediction = a_neighbourhood(), np.array([0.5, -1.0, 0.2, 0.0]), 1.7
    every = np.arange(4)
    fitted = fit_through(samples, every, at, prediction, alpha=0.0)
    root = np.sqrt(samples.weights)
    expected = np.linalg.lstsq((samples.z - at) * root[:, None], (samples.y - prediction) * root, rcond=None)[0]
    np.testing.assert_allclose(fitted.coefficients, expected, rtol=1e-10)
    assert fitted.intercept + at @ fitted.coefficients == pytest.approx(prediction, abs=1e-12)
    residuals = samples.y - fitted.intercept - samples.z @ fitted.coefficients
    mean = np.average(samples.y, weights=samples.weights)
    total = samples.weights @ (samples.y - mean) ** 2
    assert fitted.score == pytest.approx(1 - samples.weights @ residuals**2 / total, abs=1e-12)


def test_a_linear_model_is_found_exactly():
    samples = a_neighbourhood()
    line = WeightedSamples(samples.z, 2.0 + samples.z @ np.array([1.0, 0, 3, 0]), samples.weights)
    at = np.array([1.0, 1.0, 1.0, 1.0])
    fitted = fit_through(line, np.array([0, 2]), at, 6.0, alpha=0.0)
    np.testing.assert_allclose(fitted.coefficients, [1.0, 3.0], atol=1e-12)
    np.testing.assert_allclose(fitted.standard_errors, 0.0, atol=1e-12)
    assert fitted.score == pytest.approx(1.0)
    assert fitted.held_out_score == pytest.approx(1.0)


def test_what_is_left_out_is_predicted_by_the_fit_to_all_others():
    samples, at, every = a_neighbourhood(n=30), np.array([0.5, -1.0, 0.2, 0.0]), np.array([0, 1, 3])
    found = left_out_through(samples, every, at, 1.7, alpha=0.3)
    for k in range(30):
        rest = np.delete(np.arange(30), k)
        others = WeightedSamples(samples.z[rest], samples.y[rest], samples.weights[rest])
        fitted = fit_through(others, every, at, 1.7, alpha=0.3)
        assert found[k] == pytest.approx(fitted.intercept + samples.z[k, every] @ fitted.coefficients, abs=1e-10)


def test_contributions_and_baseline_make_the_prediction():
    samples, at = a_neighbourhood(), np.array([0.5, -1.0, 0.2, 0.0])
    fitted = fit_through(samples, np.array([1, 3]), at, 0.25)
    base = means_of(samples, np.array([1, 3]))
    np.testing.assert_array_equal(fitted.means, base)
    value, contributions = contributions_to(fitted.coefficients, at[[1, 3]], base, fitted.prediction)
    assert value + contributions.sum() == pytest.approx(0.25, abs=1e-15)
    assert value == pytest.approx(fitted.intercept + base @ fitted.coefficients, abs=1e-12)


def test_intervals_cover_the_weights_of_the_infinite_neighbourhood():
    # The plane through (at, prediction) that is nearest to y over normal z is known: E uu' b = E u v.
    at, prediction = np.array([0.5, -1.0]), 1.0
    second = np.eye(2) + np.outer(at, at)
    # y = z0 - 2 z1 + z0^2: E u v with u = z - at, v = y - prediction.
    mean_u, mean_v = -at, 1.0 - prediction
    cross = np.array([1.0, -2.0]) + mean_u * mean_v
    truth = np.linalg.solve(second, cross)
    covered = 0
    for seed in range(300):
        z = np.random.default_rng(seed).normal(size=(200, 2))
        y = z[:, 0] - 2 * z[:, 1] + z[:, 0] ** 2
        fitted = fit_through(WeightedSamples(z, y, np.ones(200)), np.arange(2), at, prediction, alpha=0.0)
        covered += np.abs(fitted.coefficients - truth) <= 1.96 * fitted.standard_errors  # type: ignore[assignment]
    # 300 runs of 95%: three standard deviations are 11 runs.
    assert (covered >= 285 - 12).all()  # type: ignore[attr-defined]
    assert (covered <= 299).all()  # type: ignore[attr-defined]


def test_replicates_are_what_is_independent():
    rng = np.random.default_rng(1)
    z = np.repeat(rng.normal(size=(40, 2)), 10, axis=0)  # ten equal samples tell no more than one
    y = z[:, 0] ** 2 + z[:, 1]
    groups = np.repeat(np.arange(40), 10)
    at = np.zeros(2)
    alone = fit_through(WeightedSamples(z, y, np.ones(400)), np.arange(2), at, 0.0)
    together = fit_through(WeightedSamples(z, y, np.ones(400), groups), np.arange(2), at, 0.0)
    ratio = together.standard_errors / alone.standard_errors
    # Between 40 groups the error is known to 1/sqrt(78) of itself, a ninth; four of those either way.
    assert (np.abs(ratio / np.sqrt(10) - 1) < 0.45).all()


def test_a_flat_model_and_no_weight_at_all():
    z = np.random.default_rng(0).normal(size=(20, 2))
    flat = fit_through(WeightedSamples(z, np.full(20, 0.3), np.ones(20)), np.arange(2), np.zeros(2), 0.3)
    np.testing.assert_array_equal(flat.coefficients, 0.0)
    assert flat.score == flat.held_out_score == 1.0
    nothing = WeightedSamples(z, z[:, 0], np.zeros(20))
    np.testing.assert_array_equal(means_of(nothing, np.arange(2)), 0.0)
    np.testing.assert_array_equal(fit_through(nothing, np.arange(2), np.zeros(2), 0.0).coefficients, 0.0)
