"""Answers taken apart into rows, and put together."""

import numpy as np
import pandas as pd
import pytest

from lime.models.named_columns import names_of_columns
from lime.models.prediction_rows import PredictionRow, join_rows, split_predictions

VALUES = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])


@pytest.mark.parametrize("answer", [VALUES, VALUES.tolist(), VALUES[:, 0], VALUES[:, :1]])
def test_numbers_keep_their_shape(answer):
    rows = split_predictions(answer, 3)
    np.testing.assert_array_equal(join_rows(rows), answer)
    np.testing.assert_array_equal(join_rows(rows[::-1]), np.asarray(answer)[::-1])


def test_a_frame_keeps_its_names():
    rows = split_predictions(pd.DataFrame(VALUES, columns=["no", "yes"]), 3)
    assert names_of_columns(join_rows(rows[:1])) == ["no", "yes"]


@pytest.mark.parametrize(
    "answer",
    [
        [{"no": a, "yes": b} for a, b in VALUES],
        [[{"label": "no", "score": a}, {"label": "yes", "score": b}] for a, b in VALUES],
        [[("no", a), ("yes", b)] for a, b in VALUES],
    ],
)
def test_rows_that_name_their_classes_are_dicts(answer):
    assert join_rows(split_predictions(answer, 3)) == [{"no": a, "yes": b} for a, b in VALUES.tolist()]


def test_classes_that_are_numbers_stay_numbers():
    assert join_rows(split_predictions([{np.int64(1): 0.25, np.int64(0): 0.75}], 1)) == [{1: 0.25, 0: 0.75}]


def test_names_in_another_order_are_put_in_that_of_the_first():
    one, other = PredictionRow(VALUES[0], ("no", "yes")), PredictionRow(VALUES[0], ("yes", "no"))
    np.testing.assert_array_equal(join_rows([one, other]), [[0.25, 0.75], [0.75, 0.25]])


def test_other_columns_are_refused():
    one, other = PredictionRow(VALUES[0], ("no", "yes")), PredictionRow(VALUES[0], ("no", "maybe"))
    with pytest.raises(ValueError, match="columns no, maybe for one input and columns no, yes for another"):
        join_rows([one, other])


def test_what_is_no_answer_is_refused():
    with pytest.raises(ValueError, match="for 2 inputs"):
        split_predictions(VALUES, 2)
