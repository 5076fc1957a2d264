"""Penalties chosen by leaving out, and features whose weights cannot be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.leave_one_out import inseparable, leave_one_out, leave_one_out_penalty, select_correlated
from lime.engine.local_fit import local_fit
from lime.engine.moments import Moments
from lime.engine.standard_errors import sums_of_groups


def collinear(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((n, 1))
    z = np.hstack([common + 0.05 * rng.standard_normal((n, 3)), rng.standard_normal((n, 2))])
    return z, z[:, 0] + z[:, 3] + 0.5 * rng.standard_normal(n)


def test_the_penalty_is_the_best_of_those_that_are_tried_by_brute_force() -> None:
    z, y = collinear(60, 0)
    weights = np.random.default_rng(1).uniform(0.2, 1.0, 60)
    moments = Moments(z, y[:, None], weights)
    every = np.arange(5)
    chosen = leave_one_out_penalty(moments, 0, every)

    def left_out(alpha: float) -> float:
        missed = 0.0
        for k in range(60):
            rest = np.arange(60) != k
            part = Moments(z[rest], y[rest, None], weights[rest])
            centred = z[rest] - part.z_mean
            gram = (centred * weights[rest, None]).T @ centred + alpha * np.eye(5)
            b = np.linalg.solve(gram, (centred * weights[rest, None]).T @ (y[rest] - part.y_mean[0]))
            missed += weights[k] * (y[k] - part.y_mean[0] - (z[k] - part.z_mean) @ b) ** 2
        return missed

    size = float(moments.diagonal.mean())
    tried = size * 10.0 ** np.arange(-6.0, 0.51, 0.5)
    assert chosen == pytest.approx(min(tried, key=left_out))
    assert chosen > 1e-4 * size  # three columns are all but one, and noise


def test_the_penalty_predicts_better_than_next_to_none_where_columns_are_alike() -> None:
    gains = []
    for seed in range(40):
        z, y = collinear(25, seed)
        moments = Moments(z, y[:, None], np.ones(25))
        z_new, y_new = collinear(500, 1000 + seed)

        def error(alpha: float, moments=moments, z_new=z_new, y_new=y_new) -> float:
            b = moments.ridge(0, alpha)
            return float(np.mean(np.square(y_new - moments.y_mean[0] - (z_new - moments.z_mean) @ b)))

        gains.append(error(1e-6) - error(leave_one_out_penalty(moments, 0, np.arange(5))))
    assert np.mean(gains) > 2.0 * np.std(gains) / np.sqrt(40)


def test_an_output_that_does_not_vary_has_the_least_penalty() -> None:
    z, _ = collinear(20, 0)
    assert leave_one_out_penalty(Moments(z, np.ones((20, 1)), np.ones(20)), 0, np.arange(5), 1e-3) == 1e-3
    assert leave_one_out_penalty(Moments(z, np.ones((20, 1)), np.ones(20)), 0, np.arange(0)) == 1e-6


def test_columns_that_vary_together_are_one_group() -> None:
    z, y = collinear(400, 0)
    z[:, 4] = -z[:, 3]
    moments = Moments(z, y[:, None], np.ones(400))
    assert inseparable(moments, np.arange(5)) == [[0, 1, 2], [3, 4]]
    assert inseparable(moments, np.array([3, 0, 2])) == [[1, 2]]
    assert inseparable(moments, np.array([0, 3])) == []


def test_a_feature_is_selected_by_its_weight_wherever_the_instance_is() -> None:
    """An instance in the middle of a column, where its standardised value is 0, takes no weight from the column."""
    z, y = collinear(400, 0)
    moments = Moments(z, (y + 3.0 * z[:, 4])[:, None], np.ones(400))
    assert select_correlated(moments, 0, 1, "highest_weights").tolist() == [4]
    assert set(select_correlated(moments, 0, 2, "forward_selection").tolist()) == {4, 3}


@pytest.mark.parametrize("n", [40, 8])
def test_predictions_of_what_is_left_out_by_brute_force(n: int) -> None:
    """Also with fewer samples than features, and of samples that have no weight in the fit."""
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((n, 12)), rng.standard_normal(n)
    weights = rng.uniform(0.2, 1.0, n)
    weights[3] = 0.0
    moments = Moments(z, y[:, None], weights)
    found = leave_one_out(moments, 0, np.arange(12))
    for k in range(n):
        rest = np.arange(n) != k
        part = Moments(z[rest], y[rest, None], weights[rest])
        centred = z[rest] - part.z_mean
        gram = (centred * weights[rest, None]).T @ centred + found.penalty * np.eye(12)
        b = np.linalg.solve(gram, (centred * weights[rest, None]).T @ (y[rest] - part.y_mean[0]))
        expected = part.y_mean[0] + (z[k] - part.z_mean) @ b
        assert moments.y_mean[0] + found.predictions[k] == pytest.approx(expected, abs=1e-6)
    # Noise cannot be predicted, however well it is fitted.
    assert local_fit(moments.y_mean[0] + found.predictions, y, np.ones(n)).score < 0.1


def test_a_straight_function_is_predicted_where_it_is_left_out() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((50, 3))
    y = 2.0 + z @ [1.0, -2.0, 0.5]
    moments = Moments(z, y[:, None], rng.random(50))
    found = leave_one_out(moments, 0, np.arange(3))
    np.testing.assert_allclose(moments.y_mean[0] + found.predictions, y, atol=1e-5)


def test_samples_made_of_two_groups_move_the_weights_for_both() -> None:
    rng = np.random.default_rng(0)
    directions, residuals = rng.standard_normal((5, 2)), rng.standard_normal(5)
    groups = np.array([[0, 1], [0, 2], [1, 0], [1, 2], [1, 0]])
    moved = directions * residuals[:, None]
    expected = [moved[[0, 1, 2, 4]].sum(axis=0), moved[[0, 2, 3, 4]].sum(axis=0), moved[[1, 3]].sum(axis=0)]
    np.testing.assert_allclose(sums_of_groups(directions, residuals, groups), expected)
