"""Exact weights of linear functions: of numbers, values and steps, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.exact_columns import CodedColumn, NumberColumn
from lime.engine.exact_linear import ExactLinear
from lime.engine.trees import AFFINE, ANY, RISING, LinearArrays, ModelColumns, Unreadable

LINE = LinearArrays(np.array([[2.0], [-3.0]]), np.array([0.5]))


def number(missing: float = 0.0) -> NumberColumn:
    return NumberColumn(2.0, missing, False, 1.0, 2.0, 1.0, 1.0)


def test_numbers_have_their_coefficients_in_units_of_the_feature() -> None:
    exact = ExactLinear(LINE, ModelColumns.same(2), [number(), number()], lambda rows: rows)
    found = exact.expectations(np.zeros((3, 2), dtype=int), np.zeros((3, 2)), 1.2)
    assert found.weights[:, :, 0] == pytest.approx(np.tile([4.0, -6.0], (3, 1)))
    intercept = found.mean[:, 0] - (found.weights[:, :, 0] * found.z_mean).sum(axis=1)
    assert intercept == pytest.approx(0.5 + 2.0 - 3.0)


def test_values_have_the_difference_to_the_others() -> None:
    law = CodedColumn.of_values(np.array([0.0, 1.0, 4.0]), np.array([0.5, 0.3, 0.2]))
    exact = ExactLinear(LINE, ModelColumns.same(2), [law, law], lambda rows: rows)
    found = exact.expectations(np.array([[2, 0]]), np.zeros((1, 2)), 1.0)
    others = (0.3 * 1.0 + 0.2 * 4.0) / 0.5
    assert found.weights[0, :, 0] == pytest.approx([2.0 * (4.0 - 0.3 / 0.8), -3.0 * (0.0 - others)])


def test_a_line_is_found_behind_scaling() -> None:
    columns = ModelColumns(np.array([1, 0]), np.array([AFFINE, AFFINE]), {})
    exact = ExactLinear(LINE, columns, [number(), number()], lambda rows: (rows[:, ::-1] - 5.0) / 4.0)
    found = exact.expectations(np.zeros((1, 2), dtype=int), np.zeros((1, 2)), 1.2)
    assert found.weights[0, :, 0] == pytest.approx([-1.5, 1.0])


def test_missing_numbers_count_with_what_takes_their_place() -> None:
    def filled(rows: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(rows), 7.0, rows)

    columns = ModelColumns(np.array([0, 1]), np.array([AFFINE, AFFINE]), {})
    exact = ExactLinear(LINE, columns, [number(0.3), number()], filled)
    found = exact.expectations(np.zeros((1, 2), dtype=int), np.array([[2.0, 0.0]]), 1.1)
    rng = np.random.default_rng(0)
    rows = 1.0 + 2.0 * rng.normal(size=400_000)
    rows[rng.random(len(rows)) < 0.3] = np.nan
    z = np.nan_to_num((rows - 1.0) / 2.0)
    w = np.exp(-0.5 * np.square((z - 0.5) / 1.1))
    w /= w.sum()
    f = 2.0 * filled(rows)
    slope = w @ ((z - w @ z) * f) / (w @ np.square(z - w @ z))
    assert found.weights[0, 0, 0] == pytest.approx(slope, abs=0.03)


@pytest.mark.parametrize(("shape", "words"), [(RISING, "bends"), (ANY, "something else")])
def test_curves_are_refused(shape: int, words: str) -> None:
    columns = ModelColumns(np.array([0, 1]), np.array([shape, shape]), {})
    with pytest.raises(Unreadable, match=words):
        ExactLinear(LINE, columns, [number(), number()], np.exp)
