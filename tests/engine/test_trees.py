"""Trees as arrays: how they are walked, joined and cut down to some outputs."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.trees import CategorySet, LinearArrays, TreeArrays, join


def stump(threshold: float, values: tuple[float, float], column: int = 0, output: int = -1, k: int = 1) -> TreeArrays:
    leaves = np.zeros((3, k))
    leaves[1:, max(output, 0)] = values
    blank = np.array([-1, -1])
    return TreeArrays.of_one(
        np.append(1, blank),
        np.append(2, blank),
        np.append(column, blank),
        np.array([threshold, np.nan, np.nan]),
        leaves,
        missing_left=np.array([True, False, False]),
        output=output,
    )


def test_what_is_below_a_threshold_or_missing_goes_left() -> None:
    rows = np.array([[0.9], [1.0], [np.nan]])
    assert stump(1.0, (5.0, 7.0)).predict(rows).ravel().tolist() == [5.0, 7.0, 5.0]


def test_a_sum_is_the_sum_of_its_parts() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 2))
    parts = [stump(0.0, (1.0, 2.0)), stump(0.5, (-1.0, 3.0), column=1).scaled(0.5)]
    whole = join(parts, np.array([10.0]))
    assert whole.predict(rows) == pytest.approx(10.0 + sum(part.predict(rows) for part in parts))
    moved = whole.in_columns(np.array([1, 0]))
    assert moved.predict(rows[:, ::-1]) == pytest.approx(whole.predict(rows))


def test_outputs_keep_the_trees_that_they_need() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 1))
    whole = join([stump(0.0, (1.0, 2.0), output=o, k=3) for o in (0, 1, 2)], np.array([0.1, 0.2, 0.3]))
    some = whole.for_outputs([2, 0])
    assert len(some.roots) == 2
    assert some.predict(rows) == pytest.approx(whole.predict(rows)[:, [2, 0]])


@pytest.mark.parametrize(("known", "unknown_left"), [(None, False), (np.array([0.0, 1.0, 2.0]), True)])
def test_categories_that_a_split_does_not_know(known: np.ndarray | None, unknown_left: bool) -> None:
    split = CategorySet(np.array([1.0]), known)
    found = split.goes_left(np.array([1.0, 2.0, 9.0, np.nan]), np.ones(4, dtype=bool))
    assert found.tolist() == [True, False, unknown_left, True]


def test_linear_functions() -> None:
    line = LinearArrays(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -0.5]))
    rows = np.array([[1.0, 1.0], [0.0, 2.0]])
    assert line.predict(rows).tolist() == [[4.5, 5.5], [6.5, 7.5]]
    assert line.for_outputs([1]).predict(rows).ravel().tolist() == [5.5, 7.5]
