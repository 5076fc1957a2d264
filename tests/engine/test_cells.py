"""Splits behind the steps of a pipeline, brought back to the numbers of the table."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.cells import brought_back, cells_of
from lime.engine.exact_columns import CodedColumn, NumberColumn
from lime.engine.trees import AFFINE, ANY, STEPS, CategorySet, ModelColumns, TreeArrays, Unreadable


def number() -> NumberColumn:
    return NumberColumn(2.0, 0.0, False, 1.0, 2.0, 1.0, 1.0)


def stump(threshold: float, sets: tuple[CategorySet, ...] = ()) -> TreeArrays:
    blank = np.array([-1, -1])
    return TreeArrays.of_one(
        np.append(1, blank),
        np.append(2, blank),
        np.append(0, blank),
        np.append(threshold, [np.nan, np.nan]),
        np.array([[0.0], [1.0], [2.0]]),
        category=np.append(0 if sets else -1, blank),
        sets=sets,
    )


def test_thresholds_are_brought_back_to_the_last_digit() -> None:
    def scaled(rows: np.ndarray) -> np.ndarray:
        return (rows - 0.1) / 0.3

    thresholds = np.random.default_rng(0).normal(size=50)
    found = brought_back({0: (np.zeros(50, dtype=int), thresholds)}, [number()], scaled)[0]
    assert (scaled(found) >= thresholds).all()
    assert (scaled(np.nextafter(found, -np.inf)) < thresholds).all()


def test_a_threshold_that_no_sample_reaches_is_nowhere() -> None:
    asked = {0: (np.zeros(2, dtype=int), np.array([1e9, -1e9]))}
    assert brought_back(asked, [number()], lambda rows: rows)[0].tolist() == [np.inf, -np.inf]


def test_steps_are_cells() -> None:
    columns = ModelColumns(np.array([0]), np.array([STEPS]), {0: np.array([0.0, 1.0])})
    middle = cells_of(stump(0.5), columns, [number()], lambda rows: ((rows >= 0.0) & (rows < 1.0)).astype(float))[0]
    assert middle.left is not None
    assert middle.left[0].tolist()[:3] == [True, False, True]


def test_single_values_are_asked_one_by_one() -> None:
    law = CodedColumn.of_values(np.array([0.0, 1.0, 2.0]), np.full(3, 1.0 / 3.0))
    columns = ModelColumns(np.array([0]), np.array([ANY]), {})
    found = cells_of(stump(0.5), columns, [law], lambda rows: (rows == 1.0).astype(float))[0]
    assert found.is_single
    assert found.left is not None
    assert found.left[0].tolist() == [True, False, True]


def test_what_is_no_rising_number_is_refused() -> None:
    for shape, words in ((ANY, "something else"), (AFFINE, "categories")):
        sets = (CategorySet(np.array([1.0])),) if shape == AFFINE else ()
        columns = ModelColumns(np.array([0]), np.array([shape]), {})
        with pytest.raises(Unreadable, match=words):
            cells_of(stump(0.5, sets), columns, [number()], lambda rows: rows)
