"""Measures of columns: held to a side, rates of parts, picked one by one."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.exact_columns import CodedColumn, NumberColumn
from lime.engine.measures import Expectations, either

CODED = CodedColumn.of_values(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.2, 0.3]))
NUMBER = NumberColumn(2.0, 0.0, False, 1.0, 2.0, 1.5, 1.5)


def test_what_is_held_has_one_side_alone() -> None:
    found = CODED.measures(np.array([0, 1]), 1.0)
    assert found.near + found.far == pytest.approx(1.0)
    for agrees in (True, False):
        held = found.held(agrees)
        assert held.near.tolist() == [float(agrees)] * 2
        assert held.far.tolist() == [float(not agrees)] * 2
        assert held.variance.tolist() == [0.0, 0.0]
    # Given that a sample agrees with the value 0, it is below 0.5; given that it does not, it is not.
    at = np.array([0.5])
    assert found.held(True).probability(found.below(at))[0, 0] == pytest.approx(1.0)
    assert found.held(False).probability(found.below(at))[0, 0] == pytest.approx(0.0)


def test_rates_are_shares_of_the_whole() -> None:
    found = CODED.measures(np.array([0, 1, 2]), 1.0)
    whole, left = found.below(np.array([1.5])), found.below(np.array([0.5]))
    rate, slope = found.rates((whole[0][0], whole[1][0]), (left[0][0], left[1][0]))
    chance, reached = found.probability(left)[0], found.probability(whole)[0]
    assert rate == pytest.approx(chance / reached)
    assert slope == pytest.approx((found.slope(left)[0] - rate * found.slope(whole)[0]) / reached)


def test_each_variant_has_the_measures_that_were_picked_for_it() -> None:
    rows = np.array([0.3, 2.0])
    one, other = NUMBER.measures(rows, 0.7), NUMBER.measures(rows, 2.0)
    found = either(np.array([True, False]), one, other)
    assert found.mean.tolist() == [one.mean[0], other.mean[1]]
    at = np.array([0.0, 1.0])
    assert found.below(at)[0][:, 0] == pytest.approx(one.below(at)[0][:, 0])
    assert found.below(at)[1][:, 1] == pytest.approx(other.below(at)[1][:, 1])


def test_expectations_of_one_row_are_of_one_row() -> None:
    rng = np.random.default_rng(0)
    found = Expectations(rng.random((3, 2, 4)), rng.random((3, 4)), rng.random((3, 2)), rng.random((3, 2))).row(1)
    assert found.weights.shape == (1, 2, 4)
    assert found.mean.shape == (1, 4)
