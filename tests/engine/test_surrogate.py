"""Fits of selected features against those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge

from lime.engine import designs, selection, surrogate
from lime.engine.moments import Moments
from regression_samples import problem


def test_held_out_score_is_that_of_leaving_each_draw_out():
    z, y, w = problem(n=60, d=5)
    chosen = np.arange(5)
    fitted = surrogate.fit(Moments(z, y, w), 0, chosen, np.ones(5), alpha=0.0)
    x, target = z.astype(float), y[:, 0]
    left_out = []
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        peer = LinearRegression().fit(x[rest], target[rest], w[rest])
        left_out.append(w[i] * (target[i] - peer.predict(x[[i]])[0]) ** 2)
    total = np.sum(w * (target - np.average(target, weights=w)) ** 2)
    assert fitted.held_out_score == pytest.approx(1 - np.sum(left_out) / total, abs=1e-9)


def test_a_model_that_does_not_vary_has_no_weights():
    z, _, w = problem()
    fitted = surrogate.fit(Moments(z, np.full((len(z), 1), 0.7), w), 0, np.arange(9), np.ones(9))
    np.testing.assert_allclose(fitted.coefficients, 0, atol=1e-12)
    np.testing.assert_allclose(fitted.standard_errors, 0, atol=1e-12)
    assert fitted.score == 1.0
    assert fitted.intercept == pytest.approx(0.7)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 25.0])
@pytest.mark.parametrize("binary", [True, False])
def test_fit_is_scikit_learns_ridge(alpha, binary):
    z, y, w = problem(binary=binary)
    chosen = np.array([5, 0, 2])
    instance = np.ones(z.shape[1])
    fitted = surrogate.fit(Moments(z, y, w), 1, chosen, instance, alpha)
    x = z[:, chosen].astype(float)
    peer = (Ridge(alpha) if alpha else LinearRegression()).fit(x, y[:, 1], sample_weight=w)
    np.testing.assert_allclose(fitted.coefficients, peer.coef_, atol=1e-10)
    assert fitted.intercept == pytest.approx(peer.intercept_, abs=1e-10)
    assert fitted.score == pytest.approx(peer.score(x, y[:, 1], sample_weight=w), abs=1e-10)
    assert fitted.prediction == pytest.approx(peer.predict(instance[None, chosen])[0], abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(1, 8), st.integers(0, 2**16), st.sampled_from(selection.METHODS))
def test_any_small_neighbourhood_gives_finite_numbers(n, d, seed, method):
    rng = np.random.default_rng(seed)
    z = rng.random((n, d)) < rng.choice([0.0, 0.5, 1.0], d)
    y = rng.choice([0.0, 1.0], (n, 1))
    moments = Moments(z, y, rng.uniform(0.1, 1, n))
    chosen = selection.select(moments, 0, np.ones(d), 3, method)
    assert len(set(chosen.tolist())) == len(chosen) <= max(3, d)
    fitted = surrogate.fit(moments, 0, chosen, np.ones(d), groups=designs.independent(n, d, rng).groups)
    assert np.isfinite(fitted.coefficients).all()
    # Of a feature in which all draws are alike nothing is known, unless there is nothing to explain.
    alike = (moments.diagonal[chosen] == 0.0) & (not surrogate.is_flat(moments, 0))
    assert (np.isfinite(fitted.standard_errors) == ~alike).all()
    assert fitted.score <= 1 + 1e-12
