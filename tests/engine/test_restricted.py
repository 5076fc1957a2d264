"""Fits on few features by their patterns."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine import restricted
from lime.engine.moments import Moments
from regression_samples import problem


def test_few_features_are_fitted_by_their_patterns_as_by_every_draw():
    z, y, w = problem(n=3000, d=12)
    z[:, 7] = True  # says nothing, and has no weight
    moments = Moments(z, y, w)
    for groups in (None, np.arange(3000) // 300, np.arange(3000) // 50):
        for features in (np.array([3]), np.array([7, 2, 11, 0]), np.arange(9), np.empty(0, dtype=int)):
            by_pattern, by_draw = restricted.restrict(moments, features), restricted._BySample(moments, features)
            assert isinstance(by_pattern, restricted._ByPattern)
            np.testing.assert_allclose(by_pattern.mean, by_draw.mean)
            np.testing.assert_allclose(by_pattern.gram, by_draw.gram, atol=1e-9)
            np.testing.assert_allclose(by_pattern.cross(1), by_draw.cross(1), atol=1e-9)
            weights = np.linspace(-1, 1, len(features))
            found, expected = (part.sandwich_errors(1, weights, 1.0, groups) for part in (by_pattern, by_draw))
            np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
            assert found[2] == pytest.approx(expected[2])
            if groups is not None:
                np.testing.assert_allclose(found[1], expected[1], atol=1e-11)
    many = restricted.restrict(moments, np.arange(10))
    assert isinstance(many, restricted._BySample), "1024 patterns of 3000 draws"
