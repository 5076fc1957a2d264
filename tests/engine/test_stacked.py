"""Fits of several rows at once agree with the formulas, and each has the digits that it has alone."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.stacked import (
    alike,
    best_penalties,
    first_of_groups,
    fits_through,
    left_out_through,
    principal,
    products,
)

S, M, N = 4, 5, 60


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    return rng.normal(size=(S, M, N)), rng.normal(size=(S, N)), rng.random((S, N)) + 0.1


def test_ridge_fits_are_those_of_the_normal_equations(given):
    x, y, weights = given
    shares = weights / weights.sum(axis=1, keepdims=True)
    along, squares, vectors = principal(x, np.matmul(x, x.transpose(0, 2, 1)))
    varies = np.ones(S, dtype=bool)
    found = best_penalties(along, squares, vectors, y, shares, varies=varies, least=1e-6)
    for k in range(S):
        gram = x[k] @ x[k].T + found.penalty[k] * np.eye(M)
        assert found.coefficients[k] == pytest.approx(np.linalg.solve(gram, x[k] @ y[k]), rel=1e-9)
        leverage = np.einsum("mn,mn->n", x[k], np.linalg.solve(gram, x[k]))
        assert found.room[k] == pytest.approx(1.0 - leverage - shares[k], rel=1e-9)


def test_fits_through_a_point_and_what_is_left_out(given):
    moved, change, weights = given
    alpha = np.array([0.1, 1.0, 2.0, 5.0])
    found = fits_through(moved, change, alpha)
    for k in range(S):
        gram = moved[k] @ moved[k].T + alpha[k] * np.eye(M)
        assert found.coefficients[k] == pytest.approx(np.linalg.solve(gram, moved[k] @ change[k]), rel=1e-9)
        for out in (0, 7):
            rest = np.arange(N) != out
            gram = moved[k][:, rest] @ moved[k][:, rest].T + alpha[k] * np.eye(M)
            beta = np.linalg.solve(gram, moved[k][:, rest] @ change[k][rest])
            assert found.left_out[k, out] == pytest.approx(change[k, out] - moved[k][:, out] @ beta, rel=1e-8)
    # The same in values, where samples count differently.
    value = left_out_through(moved, weights, change, np.zeros(S), alpha)
    k, rest = 2, np.arange(N) != 3
    weighted = moved[k][:, rest] * weights[k][rest]
    gram = weighted @ moved[k][:, rest].T + alpha[k] * np.eye(M)
    beta = np.linalg.solve(gram, weighted @ change[k][rest])
    assert value[k, 3] == pytest.approx(moved[k][:, 3] @ beta, rel=1e-8)


def test_a_row_alone_has_the_same_digits(given):
    moved, change, _ = given
    alpha = np.array([0.1, 1.0, 2.0, 5.0])
    every = fits_through(moved, change, alpha)
    for k in range(S):
        alone = fits_through(moved[k : k + 1], change[k : k + 1], alpha[k : k + 1])
        assert (alone.coefficients[0] == every.coefficients[k]).all()
        assert (alone.errors()[0] == every.errors()[k]).all()
        assert products(moved[:, 0], moved[:, 1])[k] == products(moved[k : k + 1, 0], moved[k : k + 1, 1])[0]


def test_features_that_vary_together_are_one_group_by_way_of_others():
    gram = np.eye(4)[None].repeat(2, axis=0)
    gram[0, 0, 2] = gram[0, 2, 0] = 0.99
    gram[0, 2, 3] = gram[0, 3, 2] = -0.99
    together = alike(gram, 0.98)
    assert first_of_groups(together).tolist() == [[0, 1, 0, 0], [0, 1, 2, 3]]
    assert not alike(np.zeros((1, 3, 3)), 0.98).any()
