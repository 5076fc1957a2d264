"""The numbers of predictions: what of them is rounding, and the unit of their squares."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.precision import UNITS_OFF, rounding_of, unit_of


def test_rounding_is_that_of_the_precision_that_the_numbers_have() -> None:
    single = np.array([0.1, 0.7], dtype=np.float32).astype(np.float64)
    y = np.column_stack([single, [0.1, 0.7], [3.0, 4.0]])
    expected = UNITS_OFF * np.array([0.7 * 2.0**-23, 0.7 * 2.0**-52, 4.0 * 2.0**-52])
    np.testing.assert_allclose(rounding_of(y), expected, rtol=1e-6)


@pytest.mark.parametrize("size", [1e-280, 1e-31, 1e31, 1e280])
def test_numbers_whose_squares_are_none_have_a_power_of_two_for_a_unit(size: float) -> None:
    y = np.array([[size, 1.0], [-size / 3, 0.5]])
    units = unit_of(y)
    assert units[1] == 1.0
    assert np.frexp(units[0])[0] == 0.5, "a power of two"
    assert 0.5 <= size / units[0] <= 2.0
    np.testing.assert_array_equal(y / units * units, y)


def test_zeros_and_usual_numbers_are_counted_as_they_are() -> None:
    np.testing.assert_array_equal(unit_of(np.array([[0.0, 1e-20, 1e20]])), np.ones(3))
    assert unit_of(np.array([0.25, -3.0])) == 1.0
