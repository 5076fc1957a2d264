"""Errors of fits to few correlated rows: what a penalty takes, and the unit of the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lime.domains.tabular.neighborhoods.protocols import unit_errors_of
from lime.engine.few_rows import shrinkage, with_shrinkage, with_units
from lime.engine.moments import Moments
from lime.engine.surrogate import fit


def test_what_a_penalty_takes_is_told_to_second_order() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3))
    z -= z.mean(axis=0)
    right, gram = np.array([1.0, -2.0, 0.5]), z.T @ z
    for alpha in (0.1, 1.0, 5.0):
        found = np.linalg.solve(gram + alpha * np.eye(3), gram @ right)
        taken = right - found
        assert np.abs(taken).max() > 0.0
        once = alpha * np.linalg.solve(gram + alpha * np.eye(3), found)
        told = shrinkage(gram, found, alpha)
        assert np.linalg.norm(told - taken) < np.linalg.norm(once - taken)
    assert shrinkage(gram, right, 1e-9) == pytest.approx(np.zeros(3), abs=1e-9)


def test_errors_grow_by_it_and_degrees_are_bounded_by_the_effective_samples() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(100, 2))
    moments = Moments(z, (z[:, 0] + 0.1 * rng.normal(size=100))[:, None], np.ones(100))
    fitted = fit(moments, 0, np.arange(2), np.zeros(2), 5.0)
    found = with_shrinkage(fitted, moments.gram, 5.0, effective=40.0)
    taken = shrinkage(moments.gram, fitted.coefficients, 5.0)
    assert fitted.standard_errors is not None
    assert found.standard_errors == pytest.approx(np.hypot(fitted.standard_errors, taken))
    assert found.degrees == 37.0
    assert with_shrinkage(fitted, moments.gram, 5.0).degrees == fitted.degrees
    units = with_units(fitted, np.array([0.5, 0.0]))
    assert units.standard_errors is not None
    assert units.standard_errors[0] == pytest.approx(np.hypot(fitted.standard_errors[0], 0.5 * fitted.coefficients[0]))
    assert units.standard_errors[1] == fitted.standard_errors[1]


def test_the_error_of_a_standard_deviation() -> None:
    rng = np.random.default_rng(0)
    n, runs = 200, 2000
    draws: list[Any] = [rng.standard_normal, lambda size: rng.exponential(size=size), rng.random]
    for draw in draws:
        spreads = draw((runs, n)).std(axis=1)
        matrix = np.stack([draw(20 * n)] * 2, axis=1)
        found = unit_errors_of(matrix, [1]) * np.sqrt(20.0)
        # The standard deviation of 2000 has an error of 1.6 %, the kurtosis of 4000 exponentials one of 20 %.
        assert found[0] == pytest.approx(spreads.std() / spreads.mean(), rel=0.15)
        assert found[1] == 0.0
    odd = np.array([[1.0, np.nan, 1e300], [1.0, np.nan, -1e300], [1.0, 3.0, 0.0]])
    assert unit_errors_of(odd, [])[:2].tolist() == [0.0, 0.0]
    assert 0.0 < unit_errors_of(odd, [])[2] < 1.0
