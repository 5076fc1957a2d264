"""How near rows are."""

from __future__ import annotations

import numpy as np

from lime.engine.nearness import near_weights, reach


def test_reach_is_the_distance_of_a_share_of_the_rows() -> None:
    distances = np.arange(1.0, 101.0)
    assert reach(distances, 0.2) == 20.0
    assert reach(distances, 0.01) == 10.0  # of few rows nothing can be told
    assert reach(distances[:4], 0.2) == 4.0
    assert reach(np.array([0.0] * 50 + [3.0, 2.0]), 0.1) == 2.0
    assert reach(np.zeros(7), 0.1) == 1.0


def test_weights_fall_as_a_normal_with_that_width() -> None:
    distances = np.linspace(0.0, 10.0, 101)
    np.testing.assert_allclose(near_weights(distances, 0.2), np.exp(-0.5 * np.square(distances / 2.0)))
