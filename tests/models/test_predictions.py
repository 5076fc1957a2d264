"""Answers of models in all forms, and the judges of their numbers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lime.engine.probabilities import are_labels, are_log_probabilities, sums_to_one, within_unit
from lime.models.named_columns import names_of_columns
from lime.models.predictions import coerce_predictions, join_predictions
from lime.models.predictions_by_class import in_order_of

P = np.array([[0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])


def as_dicts(p, names=("NEG", "POS")):
    """Dicts whose keys stand in the order of their values, as those of pipelines do."""
    return [dict(sorted(zip(names, row, strict=True), key=lambda pair: -pair[1])) for row in p.tolist()]


def as_scores(p):
    return [[{"label": name, "score": value} for name, value in row.items()] for row in as_dicts(p)]


@pytest.mark.parametrize(
    "answer",
    [
        as_dicts(P),
        tuple(as_dicts(P)),
        np.array(as_dicts(P), dtype=object),
        pd.Series(as_dicts(P)),
        as_scores(P),
        [list(row.items()) for row in as_dicts(P)],
        (
            [[f"__label__{name}" for name in row] for row in as_dicts(P)],
            [np.array([*row.values()]) for row in as_dicts(P)],
        ),
        ([list(row) for row in as_dicts(P)], np.array([[*row.values()] for row in as_dicts(P)])),
        {"NEG": P[:, 0], "POS": P[:, 1:]},
        pd.DataFrame(P, columns=["NEG", "POS"]),
        pd.DataFrame(P, columns=["NEG", "POS"]).convert_dtypes(),
        pl.DataFrame(P, schema=["NEG", "POS"]),
        pa.table({"NEG": P[:, 0], "POS": P[:, 1]}),
    ],
)
def test_named_answers_keep_their_names(answer):
    read = coerce_predictions(answer, 3, "classification")
    np.testing.assert_allclose(read, P)
    assert names_of_columns(read) == ["NEG", "POS"]
    assert names_of_columns(read[0]) == ["NEG", "POS"]


def test_the_order_of_named_classes_is_that_of_every_batch():
    numbered = [{f"LABEL_{i}": 1.0 if i == k else 0.0 for i in (10, 2, 1)} for k in (2, 10)]
    for rows in (numbered, numbered[::-1], numbered[:1]):
        assert names_of_columns(coerce_predictions(rows, len(rows), "classification")) == [
            "LABEL_1",
            "LABEL_2",
            "LABEL_10",
        ]
    by_number = coerce_predictions([{10: 0.2, 9: 0.8}], 1, "classification")
    np.testing.assert_allclose(by_number, [[0.8, 0.2]])
    wanted = coerce_predictions(in_order_of(as_dicts(P), 3, ["POS", "NEG"]), 3, "classification")
    np.testing.assert_allclose(wanted, P[:, ::-1])
    assert in_order_of(P, 3, ["POS", "NEG"]) is P
    joined = join_predictions([coerce_predictions(as_dicts(P), 3, "classification")] * 2)
    assert names_of_columns(joined) == ["NEG", "POS"]


def test_one_fasttext_answer_to_one_text():
    read = coerce_predictions((("__label__pos", "__label__neg"), np.array([0.9, 0.1])), 1, "classification")
    np.testing.assert_allclose(read, [[0.1, 0.9]])


def test_one_class_is_called_one():
    with pytest.raises(ValueError, match=r"only one of its classes \(POS\)"):
        coerce_predictions([[{"label": "POS", "score": 0.9}]] * 3, 3, "classification")


PAIRS = [
    [np.array([1, 1, 0]), P],
    (["b", "b", "a"], P.tolist()),
    (np.array(["b", "b", "a"]), pd.DataFrame(P)),
    [np.array([1, 1, 0]), [{0: a, 1: b} for a, b in P]],
    [["b", "b", "a"], [{"b": b, "a": a} for a, b in P]],
]


@pytest.mark.parametrize("answer", PAIRS)
def test_of_labels_and_probabilities_the_probabilities_are_taken(answer):
    read = coerce_predictions(answer, 3, "classification")
    np.testing.assert_allclose(read, P)
    if isinstance(answer[1], list) and isinstance(answer[1][0], dict):
        assert names_of_columns(read) == sorted(map(str, answer[1][0]))


def test_a_pair_for_two_inputs_and_for_one():
    np.testing.assert_allclose(coerce_predictions((np.array([1, 0]), P[:2]), 2, "classification"), P[:2])
    np.testing.assert_allclose(coerce_predictions((np.array([1]), P[:1]), 1, "classification"), P[:1])
    np.testing.assert_allclose(coerce_predictions([[0, 1], [1, 0]], 2, "classification"), [[0, 1], [1, 0]])


def test_two_outputs_of_numbers_are_no_pair():
    with pytest.raises((ValueError, TypeError)):
        coerce_predictions((np.array([0.3, 1.2, 0.1]), P), 3, "regression")


def test_minus_infinity_among_numbers_below_zero_names_the_way_out():
    with np.errstate(divide="ignore"):
        answer = np.log(np.c_[P[:, 0], [0.0, 1.0, 0.0]])
    with pytest.raises(ValueError, match=r"-inf, the logarithm of 0, for 2 of 3 .*pass predict_proba instead of"):
        coerce_predictions(answer, 3, "classification")


@pytest.mark.parametrize(
    "answer",
    [
        [row[0] for row in as_scores(P)],
        [row[:1] for row in as_scores(P)],
        [row[0] for row in as_scores(P)][:1] * 3,
        [{"NEG": 0.2, "POS": 0.8}, {"NEG": 0.9}, {"POS": 0.5}],
        ([["__label__pos"]] * 3, [np.array([0.9])] * 3),
    ],
)
def test_some_of_the_classes_are_refused_with_the_way_out(answer):
    with pytest.raises(ValueError, match=r"only (some|one) of its classes .* top_k=None"):
        coerce_predictions(answer, 3, "classification")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ({"a": P, "b": P}, ValueError, r"dict of 2 outputs \(a, b\).*one output"),
        ([{"a": "x", "b": "y"}] * 3, TypeError, "dicts whose values are not numbers"),
        ([0.2, 0.8], ValueError, "a prediction for one input"),
        ([[0.2, 0.8]], ValueError, "a prediction for one input"),
        (P.T, ValueError, "Transpose"),
        (None, TypeError, "returned None.*return"),
        (np.ma.masked_greater(P, 0.85), ValueError, "NaN or infinite values for 1 of 3"),
        (pd.DataFrame(P).astype("Float64").mask(P > 0.85), ValueError, "NaN or infinite values for 1 of 3"),
        (pl.DataFrame({"a": [0.2, None, 0.5], "b": P[:, 1]}), ValueError, "NaN or infinite values for 1 of 3"),
        ([[0.2, 0.8], [None, 0.1], [0.5, 0.5]], ValueError, "NaN or infinite values for 1 of 3"),
        (
            np.array([[0.0, -np.inf], [-np.inf, 0.0], np.log([0.5, 0.5])]),
            ValueError,
            "-inf cannot be fitted.*exponentiate",
        ),
        (np.array([3.0, 0.5, -1.0]), ValueError, 'mode="regression"'),
        (P.astype(complex), TypeError, "complex128"),
        (P.astype(str), TypeError, "predict_proba"),
        (np.array(["cat", "dog", "cat"]), TypeError, "predict_proba"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_one_sentence(answer, error, words):
    with pytest.raises(error, match=words):
        coerce_predictions(answer, 3, "classification")


@pytest.mark.parametrize(
    "answer",
    [
        P.astype(bool),
        P.astype(np.longdouble),
        np.vectorize(Decimal)(P),
        np.ma.asarray(P),
        P[:, :, None],
        P[:, None, :],
        {"probabilities": P},
        {"logits": P, "hidden": None},
    ],
)
def test_numbers_of_any_type_are_numbers(answer):
    read = coerce_predictions(answer, 3, "classification")
    assert read.shape == (3, 2)
    assert read.dtype == np.float64


def test_a_single_column_is_a_class_or_a_score():
    over = np.array([0.2, 1.0, 0.5], dtype=np.float32) + np.float32(1.2e-7)
    for answer in (over, over[:, None], over.astype(float).tolist()):
        read = coerce_predictions(answer, 3, "classification")
        assert read.min() >= 0
        assert read.max() <= 1
    score = coerce_predictions(np.array([[3.0], [0.5], [-1.0]]), 3, "classification")
    np.testing.assert_array_equal(score, [[3.0], [0.5], [-1.0]])
    joined = join_predictions([score, coerce_predictions([0.25], 1, "classification")])
    np.testing.assert_array_equal(joined, [[3.0], [0.5], [-1.0], [0.25]])


@pytest.mark.parametrize(
    ("values", "is_one"),
    [
        (P, True),
        (P + 1e-7, True),
        (np.array([[0.0, 1.0000001]]), True),
        (np.array([[0.0, 1.001953125]]), True),  # one step of half precision above 1
        (np.array([[0.298828125, 1.0078125]]), True),  # one of bfloat16
        (np.array([[0.2, 1.001]]), False),
        (np.array([[-0.5, 1.5]]), False),
    ],
)
def test_one_judge_of_probabilities(values, is_one):
    assert within_unit(values) is is_one


def test_sums_know_rounding():
    half = np.random.default_rng(0).dirichlet(np.ones(50), 200).astype(np.float16).astype(float)
    assert sums_to_one(half)
    assert sums_to_one(P)
    assert not sums_to_one(P * 1.01)
    assert not sums_to_one(np.full((3, 3), 0.9))


def test_log_probabilities_and_labels_are_told():
    assert are_log_probabilities(np.log(P))
    assert are_log_probabilities(np.log(P.astype(np.float16)).astype(float))
    assert not are_log_probabilities(-P)
    assert not are_log_probabilities(np.log(P[:, :1]))
    assert are_labels(np.array([[0.0], [1.0]]))
    assert are_labels(np.eye(3))
    assert not are_labels(np.array([[0.0, 1.0], [0.5, 0.5]]))
    assert not are_labels(np.array([[0.0, 1.0], [0.0, 1.0]]))
