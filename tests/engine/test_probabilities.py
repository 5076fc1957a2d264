"""What numbers that a classifier answers are."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.probabilities import are_labels, are_log_probabilities, sums_to_one, within_unit

P = np.array([[0.2, 0.8], [0.9, 0.1], [0.333, 0.667]])


def test_probabilities_and_their_logarithms() -> None:
    assert within_unit(P)
    assert sums_to_one(P)
    assert are_log_probabilities(np.log(P))
    assert are_log_probabilities(np.array([[0.0, -np.inf], [np.log(0.5), np.log(0.5)]]))
    assert not are_log_probabilities(P)
    assert not are_log_probabilities(np.log(P[:, :1])), "one column cannot be told"
    assert not are_log_probabilities(np.log(0.9 * P)), "their exponentials sum to 0.9"


@pytest.mark.parametrize("outside", [[1.001, -0.001], [1.001, 0.0], [0.5, -0.001]])
def test_what_lies_beyond_rounding_is_no_probability(outside: list[float]) -> None:
    assert not within_unit(np.array([outside, [0.3, 0.7]]))
    assert within_unit(np.clip([outside], -1e-6, 1.0 + 1e-6))


def test_halved_precision_may_be_further_off() -> None:
    steps = np.array([[1.0 + 2.0**-8, 0.5]])  # two steps of float16 above 1
    assert within_unit(steps)
    assert not within_unit(steps + 1e-4), "no number of half precision"
    assert sums_to_one(np.array([[0.5, 0.5 + 2.0**-9]]))
    assert not sums_to_one(np.array([[0.5, 0.5 + 2.0**-9 + 1e-4]]))


def test_labels_stand_where_a_column_has_both() -> None:
    assert are_labels(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert not are_labels(np.array([[0.0, 1.0], [0.0, 1.0]])), "a model that is certain"
    assert not are_labels(np.array([[0.0, 1.0], [1.0, 0.5]]))
