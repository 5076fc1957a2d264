"""Moments of samples: those of the centred data, in any order, in blocks, and to single precision."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from lime.engine import surrogate
from lime.engine.moments import Moments
from regression_samples import problem


@pytest.mark.parametrize("binary", [True, False])
def test_moments_are_those_of_the_centred_data(binary):
    z, y, w = problem(binary=binary)
    moments = Moments(z, y, w)
    zc = z - np.average(z, axis=0, weights=w)
    yc = y - np.average(y, axis=0, weights=w)
    np.testing.assert_allclose(moments.gram, zc.T @ (w[:, None] * zc), atol=1e-9)
    np.testing.assert_allclose(moments.cross, zc.T @ (w[:, None] * yc), atol=1e-9)
    np.testing.assert_allclose(moments.diagonal, np.diag(moments.gram), atol=1e-9)
    np.testing.assert_allclose(Moments(z, y, w).column(3), moments.gram[:, 3], atol=1e-9)
    np.testing.assert_allclose(
        Moments(z, y, w).gram_of(np.array([4, 1])), moments.gram[np.ix_([4, 1], [4, 1])], atol=1e-9
    )


@pytest.mark.parametrize("binary", [True, False])
def test_every_order_of_the_features_is_that_order(binary):
    z, y, w = problem(d=4, binary=binary)
    moments = Moments(z, y, w)
    zc = z - np.average(z, axis=0, weights=w)
    for order in ([2, 0, 3, 1], [3, 2, 1, 0], [0, 1, 2, 3]):
        expected = zc[:, order].T @ (w[:, None] * zc[:, order])
        np.testing.assert_allclose(moments.gram_of(np.array(order)), expected, atol=1e-9)
        fitted = surrogate.fit(moments, 0, np.array(order), np.ones(4))
        peer = Ridge(1.0).fit(z[:, order].astype(float), y[:, 0], sample_weight=w)
        np.testing.assert_allclose(fitted.coefficients, peer.coef_, atol=1e-9)


@pytest.mark.parametrize("cells", [10**9, 50])
def test_opposite_pairs_give_the_moments_of_all_draws(monkeypatch, cells):
    z, y, w = problem(n=400, d=9)
    z[1::2] = ~z[::2]
    expected = Moments(z, y, w)
    monkeypatch.setattr("lime.engine.moments.FULL_GRAM_AT_MOST", 0)
    monkeypatch.setattr("lime.engine.moments.BLOCK_CELLS", cells)
    folded = Moments(z, y, w)
    assert folded._folded
    some = np.array([4, 1])
    np.testing.assert_allclose(folded.gram_of(some), expected.gram_of(some), atol=1e-9)
    np.testing.assert_allclose(folded.column(3), expected.gram[:, 3], atol=1e-9)
    np.testing.assert_allclose(folded.gram, expected.gram, atol=1e-9)
    np.testing.assert_allclose(folded.cross, expected.cross, atol=1e-9)
    np.testing.assert_allclose(folded.z_mean, expected.z_mean)
    z[0, 0] ^= True
    assert not Moments(z, y, w)._folded


def test_blocks_change_nothing(monkeypatch):
    z, y, w = problem()
    whole = Moments(z, y, w)
    monkeypatch.setattr("lime.engine.moments.BLOCK_CELLS", 50)
    parts = Moments(z, y, w)
    np.testing.assert_allclose(parts.gram, whole.gram, atol=1e-9)
    np.testing.assert_allclose(parts.cross, whole.cross, atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e-120, 1e150])
@pytest.mark.parametrize("weight", [1.0, 1e-100])
def test_rough_moments_are_the_moments_to_single_precision(scale, weight):
    z, y, w = problem(n=3000)
    z[:, 4], z[:, 5] = True, False
    moments = Moments(z, scale * y, weight * w)
    gram, cross = moments.gram_float32()
    exact = Moments(z, scale * y, weight * w)
    np.testing.assert_allclose(gram, exact.gram, rtol=0, atol=1e-6 * weight * w.sum())
    np.testing.assert_allclose(cross, exact.cross, rtol=0, atol=1e-6 * weight * scale * w.sum() * np.abs(y).max())
    assert (gram[4:6] == 0).all()
    assert (cross[4:6] == 0).all()
    for one, other in zip(exact.gram_float32(), (exact.gram, exact.cross), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("d", [1, 2, 5, 12, 31, 32, 33, 34, 40])
@pytest.mark.parametrize("n", [1, 15, 900, 1024, 4999, 20_000])
def test_a_feature_that_never_varies_leaves_no_trace_in_single_precision(n, d):
    # Weights of a few levels, as a kernel gives them: rounding always falls to the same side, and adds up.
    rng = np.random.default_rng(n + d)
    z = np.asfortranarray(rng.random((n, d)) < 0.3)
    z[:, d // 2], z[:, -1] = False, True
    w = np.exp(-0.1 * rng.integers(3, 6, n))
    y = rng.normal(size=(n, 2)) + z[:, :1]
    moments, exact = Moments(z, y, w), Moments(z, y, w)
    gram, cross = moments.gram_float32()
    still = exact.diagonal == 0.0
    assert still[-1]
    assert not gram[still].any()
    assert not gram[:, still].any()
    assert not cross[still].any()
    np.testing.assert_allclose(gram, exact.gram, rtol=0, atol=3e-6 * w.sum())
    np.testing.assert_allclose(cross, exact.cross, rtol=0, atol=3e-6 * w.sum() * np.abs(exact.y).max(initial=0.0))
