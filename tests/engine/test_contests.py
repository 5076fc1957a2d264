"""The choices between features that a selection rests on."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.contests import find_contests, forward_contests, weight_contest
from lime.engine.moments import Moments

WEIGHTS = np.array([3.0, -0.5, 2.0, -1.0])
ERRORS = np.array([0.1, 0.3, 0.2, 0.4])


def test_the_weakest_that_is_kept_against_the_strongest_of_the_others() -> None:
    found = weight_contest(WEIGHTS, ERRORS, np.array([0, 2]))
    assert (found.chosen, found.other, found.gap) == (2, 3, 1.0)
    assert found.error == pytest.approx(np.sqrt(0.2**2 + 0.4**2))


def test_features_that_have_nothing_in_common_are_taken_by_what_they_pull() -> None:
    variances = np.array([1.0, 4.0, 0.25, 1.0])
    first, second = forward_contests(np.diag(variances), np.array([0, 2]), WEIGHTS, ERRORS)
    # The root of the gain of a feature by itself is the size of its weight times its deviation.
    pulls, errors = np.abs(WEIGHTS) * np.sqrt(variances), ERRORS * np.sqrt(variances)
    for found, kept in ((first, 0), (second, 2)):
        assert found.chosen == kept
        assert pulls[found.other] == pulls[[1, 3]].max()
        assert found.gap == pytest.approx(pulls[kept] - pulls[found.other])
        assert found.error == pytest.approx(np.hypot(errors[kept], errors[found.other]))


def test_the_square_of_a_gain_is_what_a_step_takes_from_the_residuals() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200, 5))
    z -= z.mean(axis=0)
    y = z @ np.array([2.0, 1.0, 0.5, 0.2, 0.1])
    found = forward_contests(z.T @ z, np.array([0, 1]), np.linalg.lstsq(z, y, rcond=None)[0], np.full(5, 0.1))

    def left(features: list[int]) -> float:
        return float(np.square(y - z[:, features] @ np.linalg.lstsq(z[:, features], y, rcond=None)[0]).sum())

    for before, one in (([], found[0]), ([0], found[1])):
        gains = [np.sqrt(left(before) - left([*before, j])) for j in (one.chosen, one.other)]
        assert one.gap == pytest.approx(gains[0] - gains[1], rel=1e-6)
    by_samples = forward_contests(
        z, np.array([0, 1]), np.linalg.lstsq(z, y, rcond=None)[0], np.full(5, 0.1), by_samples=True
    )
    for one, other in zip(found, by_samples, strict=True):
        assert (one.chosen, one.other) == (other.chosen, other.other)
        np.testing.assert_allclose([one.gap, one.error], [other.gap, other.error], rtol=1e-8)


@pytest.mark.parametrize(("method", "count"), [("forward_selection", 2), ("highest_weights", 1), ("lasso_path", 1)])
def test_a_contest_for_each_choice_and_none_where_all_are_kept(method: str, count: int) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(100, 4))
    moments = Moments(z, (z @ WEIGHTS)[:, None], np.ones(100))
    common = {"weights": WEIGHTS, "errors": ERRORS}
    some = find_contests(moments, 0, np.ones(4), 2, method, chosen=np.array([0, 2]), **common)
    assert len(some) == count
    assert find_contests(moments, 0, np.ones(4), 4, method, chosen=np.arange(4), **common) == []
