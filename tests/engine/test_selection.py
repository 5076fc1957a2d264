"""Selection of features against the searches that it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, lars_path

from lime.engine import selection
from lime.engine.moments import Moments
from regression_samples import problem


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("binary", [True, False])
def test_forward_selection_is_the_greedy_search_it_stands_for(seed, binary):
    z, y, w = problem(seed, n=150, binary=binary)
    moments = Moments(z, y, w)
    used: list[int] = []
    for _ in range(6):
        scores = {}
        for j in set(range(z.shape[1])) - set(used):
            x = z[:, [*used, j]].astype(float)
            scores[j] = LinearRegression().fit(x, y[:, 0], w).score(x, y[:, 0], w)
        used.append(max(scores, key=lambda j: scores[j]))
    assert selection.forward_selection(moments, 0, 6).tolist() == used


def test_forward_selection_survives_copies_and_constants():
    z, y, w = problem(n=100, d=4)
    z = np.column_stack([z, z[:, 0], np.ones(100, bool), np.zeros(100, bool)])
    chosen = selection.forward_selection(Moments(z, y, w), 0, 7)
    assert sorted(chosen.tolist()) == list(range(7))
    assert set(chosen[-3:].tolist()) & {5, 6}, "what adds nothing comes last"


@pytest.mark.parametrize("seed", range(5))
def test_lasso_path_is_scikit_learns(seed):
    z, y, w = problem(seed)
    x = (z - np.average(z, axis=0, weights=w)) * np.sqrt(w)[:, None]
    target = (y[:, 0] - np.average(y[:, 0], weights=w)) * np.sqrt(w)
    _, _, path = lars_path(x, target, method="lasso")
    for count in (1, 3, 5):
        expected = [np.flatnonzero(c) for c in path.T if 0 < np.count_nonzero(c) <= count][-1]
        assert selection.lasso_path(Moments(z, y, w), 0, count).tolist() == expected.tolist()


def test_highest_weights_and_marginal_weights_agree_where_there_is_much_data():
    rng = np.random.default_rng(1)
    z = rng.random((20_000, 8)) < 0.4
    y = (z @ np.array([3.0, -2.5, 2.0, -1.5, 1.0, -0.7, 0.4, 0.0]))[:, None]
    moments = Moments(z, y, np.ones(len(z)))
    ones = np.ones(8)
    assert selection.highest_weights(moments, 0, ones, 5, 0.01).tolist() == [0, 1, 2, 3, 4]
    assert selection.marginal_weights(moments, 0, ones, 5).tolist() == [0, 1, 2, 3, 4]
    assert selection.highest_weights(moments, 0, np.array([0.0] * 4 + [1.0] * 4), 2, 0.01).tolist() == [4, 5]


def test_screening_finds_what_a_joint_fit_of_all_finds():
    rng = np.random.default_rng(2)
    z = rng.random((3000, 400)) < 0.3
    y = (z[:, :6] @ np.array([3.0, -2.5, 2.0, -1.5, 1.2, -1.0]) + rng.normal(size=3000))[:, None]
    moments, ones = Moments(z, y, np.ones(3000)), np.ones(400)
    joint = selection.highest_weights(moments, 0, ones, 6, 0.01)
    assert selection.select(moments, 0, ones, 6, "highest_weights", uncorrelated=True).tolist() == joint.tolist()
    few = Moments(z[:150], y[:150], np.ones(150))
    assert set(selection.select(few, 0, ones, 2, "highest_weights", uncorrelated=True).tolist()) <= set(range(6))


def test_auto_changes_its_method_above_six():
    z, y, w = problem()
    moments, ones = Moments(z, y, w), np.ones(9)
    assert selection.select(moments, 0, ones, 6, "auto").tolist() == selection.forward_selection(moments, 0, 6).tolist()
    assert (
        selection.select(moments, 0, ones, 7, "auto").tolist()
        == selection.highest_weights(moments, 0, ones, 7, 0.01).tolist()
    )
    assert selection.select(moments, 0, ones, 3, "none").tolist() == list(range(9))
