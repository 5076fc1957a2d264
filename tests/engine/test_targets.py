"""Targets: one number made of a model's predictions."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from lime.engine.targets import MARGIN, Target, contrast, is_class, is_contrast, of_function, read_values

PREDICTIONS = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]])


def test_a_contrast_is_the_difference_of_two_outputs():
    found = contrast(1, 0, PREDICTIONS[0], ["cat", "dog", "cow"])
    assert found.values(PREDICTIONS) == pytest.approx([0.3, -0.6])
    assert found.name == "dog rather than cat"
    assert found.outputs == (0, 1)
    assert "dog 0.5" in found.detail
    with pytest.raises(ValueError, match="3 outputs, and this one has 2"):
        found.values(PREDICTIONS[:, :2])


def test_an_output_that_does_not_count_may_be_missing():
    holes = PREDICTIONS.copy()
    holes[:, 2] = np.nan
    assert np.isfinite(contrast(1, 0, PREDICTIONS[0], "abc").values(holes)).all()


def test_a_function_has_its_own_name_and_changes_nothing():
    def expected_loss(predictions):
        predictions *= 2
        return predictions[:, 0]

    found = of_function(expected_loss)
    given = PREDICTIONS.copy()
    assert found.values(given) == pytest.approx([0.4, 1.4])
    assert (given == PREDICTIONS).all()
    assert found.name == "expected loss"
    assert found.outputs is None
    assert of_function(lambda predictions: predictions[:, 0]).name == "the target"
    assert of_function(functools.partial(np.sum, axis=1)).name == "sum"


def test_what_is_stored_has_no_code_and_says_so():
    stored = of_function(lambda predictions: predictions[:, 0]).without_code()
    assert stored.function is None
    with pytest.raises(ValueError, match="is not known any more"):
        stored.values(PREDICTIONS)
    kept = Target("a", (1.0, 0.0, 0.0))
    assert kept.without_code() is kept


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 2)), r"shape \(2, 2\) for 2 predictions"),
        (np.zeros(3), r"shape \(3,\)"),
        ([np.nan, 1.0], "NaN or infinite"),
        ("words", "returned str"),
    ],
)
def test_what_is_no_number_for_each_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        read_values(values, 2, "loss")


def test_one_column_is_as_good_as_none():
    assert read_values([[1.0], [2.0]], 2, "loss").tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("target", "single", "pair"), [
    (1, True, False),
    ("cat", True, False),
    (MARGIN, False, False),
    (("cat", "dog"), False, True),
    ([0, 2], False, True),
    ((0, 1, 2), False, False),
    (max, False, False),
])  # fmt: skip
def test_what_a_user_gives_is_told_apart(target, single, pair):
    assert is_class(target) is single
    assert is_contrast(target) is pair
