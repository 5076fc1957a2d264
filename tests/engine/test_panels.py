"""Products of rows in single precision, cut into panels."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.panels import PANELS_AT_MOST, Panels


@pytest.mark.parametrize("m", [1, 2, 7, PANELS_AT_MOST, PANELS_AT_MOST + 1])
@pytest.mark.parametrize("n", [1, 16, 1023, 5000])
def test_products_are_exact_to_six_digits(m: int, n: int) -> None:
    rows = np.random.default_rng(m * n).normal(size=(m, n)).astype(np.float32)
    panels = Panels(m, n)
    assert panels.rows.shape == (m, n)
    panels.rows[:] = rows
    whole = rows.astype(float) @ rows.astype(float).T
    for first in {1, m // 2, m} - {0}:
        np.testing.assert_allclose(panels.products(first), whole[:first], rtol=0, atol=2e-6 * n)


def test_equal_numbers_lose_nothing() -> None:
    panels = Panels(2, 100_000)
    panels.rows[:] = np.float32(1.1)
    expected = 100_000 * float(np.float32(1.1)) ** 2
    np.testing.assert_allclose(panels.products(2), np.full((2, 2), expected), rtol=1e-5)


def test_each_row_begins_with_a_line_of_the_cache() -> None:
    panels = Panels(5, 333)
    assert all(panels.rows[i].__array_interface__["data"][0] % 64 == 0 for i in range(5))
