"""Explanation as an object: labels, lists, records, intervals, copies."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest
from scipy import stats

from explanation_samples import FakeMapper, fill, house, review, wine
from lime.exceptions import LimeError
from lime.explanation import DomainMapper, Explanation, id_generator


def test_signatures_of_0_2_0_1():
    def names(function):
        return [
            (p.name, p.default) for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD
        ]

    empty = inspect.Parameter.empty
    assert names(Explanation) == [
        ("domain_mapper", empty),
        ("mode", "classification"),
        ("class_names", None),
        ("random_state", None),
    ]
    assert names(Explanation.as_list)[1:] == [("label", 1)]
    assert names(Explanation.as_pyplot_figure)[1:] == [("label", 1), ("figsize", (4, 4))]
    shown = [("labels", None), ("predict_proba", True), ("show_predicted_value", True)]
    assert names(Explanation.as_html)[1:] == shown
    assert names(Explanation.show_in_notebook)[1:] == shown
    assert names(Explanation.save_to_file)[1:] == [("file_path", empty), *shown]


def test_fresh_explanation_has_the_attributes():
    exp = Explanation(DomainMapper())
    assert (exp.mode, exp.local_exp, exp.intercept, exp.top_labels, exp.predict_proba) == (
        "classification",
        {},
        {},
        None,
        None,
    )
    exp = Explanation(DomainMapper(), mode="regression")
    assert (exp.predicted_value, exp.min_value, exp.max_value, exp.dummy_label) == (None, 0.0, 1.0, 1)
    assert "nothing explained" in repr(exp)
    assert "nothing explained" in str(exp)
    assert exp._repr_html_() is None
    with pytest.raises(KeyError, match="holds none yet"):
        exp.as_list()


def test_unknown_mode_is_refused():
    with pytest.raises(LimeError, match="mode='ranking'"):
        Explanation(DomainMapper(), mode="ranking")


def test_as_list_has_plain_words_and_floats():
    exp = wine()
    exp.domain_mapper.features = [np.str_(name) for name in exp.domain_mapper.features]
    pairs = exp.as_list()
    assert pairs[0] == ("flavanoids <= 1.20", -0.2381)
    assert {(type(name), type(weight)) for name, weight in pairs} == {(str, float)}
    assert exp.as_map() is exp.local_exp
    assert exp.as_map()[1][0][1].dtype == np.float64


def test_as_list_hands_keywords_to_the_mapper():
    class Positions(DomainMapper):
        def map_exp_ids(self, exp, positions=False):
            return [(f"w{i}_{i}" if positions else f"w{i}", weight) for i, weight in exp]

    exp = Explanation(Positions())
    fill(exp, 1, [0.5, 0.1])
    assert exp.as_list(positions=True)[0][0] == "w0_0"
    assert exp.as_list()[0][0] == "w0"
    figure = exp.as_pyplot_figure(positions=True)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "w0_0"


def test_labels_and_defaults():
    exp = wine(labels=(2, 0))
    assert exp.available_labels() == [2, 0]
    assert exp.as_list() == exp.as_list(label=2) == exp.as_list(label=None)
    assert exp.as_list(label=np.int64(0)) != exp.as_list()
    with pytest.raises(KeyError, match=r"label 7 was not explained; the explained labels are \[2, 0\]"):
        exp.as_list(label=7)
    exp.top_labels = [0, 2]
    assert exp.available_labels() == [0, 2]
    assert exp.resolve_label() == 0


def test_regression_with_one_output_has_one_answer():
    exp = house()
    assert exp.as_list() == exp.as_list(label=0) == exp.as_list(label=None)
    assert exp.as_list()[0] == ("rooms > 6.00", 31250.0)
    with pytest.raises(NotImplementedError, match="classification"):
        exp.available_labels()


def test_regression_with_two_outputs_has_two():
    exp = Explanation(FakeMapper(["a", "b"], ["a", "b"], [1, 2]), mode="regression", class_names=["north", "east"])
    fill(exp, 0, [0.5, -0.25])
    fill(exp, 1, [0.1, 0.9])
    assert exp.explained_labels() == [0, 1]
    assert exp.as_list(label=0)[0] == ("a", 0.5)
    assert exp.as_list(label=1)[0] == ("b", 0.9)
    assert exp.label_name(1) == "east"


def test_class_names_may_be_an_array_or_missing():
    exp = wine()
    exp.class_names = np.array(["x", "y", "z"])
    assert exp.label_name(2) == "z"
    exp.class_names = None
    assert exp.label_name(2) == "class 2"


def test_records_hold_plain_values():
    exp = wine()
    exp.domain_mapper.values[0] = np.float32(0.5)
    exp.domain_mapper.highs[0] = np.float64(1.2)
    first = exp.records()[0]
    assert first == {
        "feature": "flavanoids <= 1.20",
        "index": 0,
        "name": "flavanoids",
        "value": 0.5,
        "low": None,
        "high": 1.2,
        "weight": -0.2381,
        "standard_error": pytest.approx(0.002 + 0.035 * 0.2381),
        "contribution": None,
        "label": 1,
    }
    assert {type(value) for record in exp.records() for value in record.values()} <= {
        str,
        int,
        float,
        type(None),
    }
    exp.standard_errors[1] = {0: float("nan")}
    assert [record["standard_error"] for record in exp.records()] == [None] * 10


def test_confidence_intervals_are_students():
    exp = wine()
    low, high = exp.confidence_intervals()[1]
    reach = stats.t.ppf(0.975, 7) * exp.standard_errors[1][1]
    assert (low, high) == (pytest.approx(0.2164 - reach), pytest.approx(0.2164 + reach))
    exp.degrees_of_freedom[1] = float("inf")
    low, high = exp.confidence_intervals(level=0.5)[1]
    assert high - low == pytest.approx(2 * stats.norm.ppf(0.75) * exp.standard_errors[1][1])
    assert list(exp.confidence_intervals()) == [i for i, _ in exp.local_exp[1]]


def test_confidence_intervals_only_where_an_error_is_known():
    exp = wine()
    exp.standard_errors[1] = {0: 0.1, 1: float("nan")}
    assert list(exp.confidence_intervals()) == [0]
    exp.standard_errors[1] = {}
    assert exp.confidence_intervals() == {}


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, float("nan")])
def test_confidence_level_is_checked(level):
    with pytest.raises(ValueError, match="level="):
        wine().confidence_intervals(level=level)


@pytest.mark.parametrize("make", [wine, house, review])
def test_copies_and_pickles_are_equal_and_independent(make):
    exp = make()
    exp.my_note = {"seen": [1]}
    for twin in (copy.deepcopy(exp), pickle.loads(pickle.dumps(exp))):
        assert twin.as_list() == exp.as_list()
        assert str(twin) == str(exp)
        assert twin.my_note == exp.my_note
        twin.local_exp[1].clear()
        twin.my_note["seen"].append(2)
        assert exp.local_exp[1]
        assert exp.my_note == {"seen": [1]}


def test_mappers_of_users_need_only_map_exp_ids():
    class Bare:
        def map_exp_ids(self, exp, **kwargs):
            return [(f"node {i}", weight) for i, weight in exp]

    for mapper in (Bare(), type("Derived", (Bare, DomainMapper), {})()):
        exp = Explanation(mapper)
        fill(exp, 1, [0.5, -0.25], errors=[0.1, 0.1])
        assert exp.records()[1]["name"] == "node 1"
        assert exp.records()[1]["value"] is None
        assert "node 1" in str(exp)
        assert "node 1" in exp.as_html()
        assert str(Explanation.from_json(exp.to_json())) == str(exp)


def test_base_mapper():
    mapper = DomainMapper()
    assert mapper.map_exp_ids([(3, 0.5)]) == [(3, 0.5)]
    assert mapper.visualize_instance_html([(3, 0.5)], 1, "div", "exp") == ""
    assert mapper.describe(3) == {
        "feature": "3",
        "index": 3,
        "name": "3",
        "value": None,
        "low": None,
        "high": None,
    }
    assert mapper.instance_features() == []
    exp = Explanation(mapper)
    fill(exp, 1, [0.5])
    assert exp.as_list() == [(0, 0.5)]


def test_id_generator():
    first = id_generator(random_state=np.random.RandomState(3))
    assert first == id_generator(random_state=np.random.RandomState(3))
    assert len(first) == 15
    assert len(id_generator(size=4)) == 4
    assert first.isalnum()


def test_repr_is_one_line():
    assert repr(wine()) == "<Explanation of a classification; 'grignolino': 10 features, R² 0.71>"
    assert len(repr(wine(labels=(0, 1, 2)))) < 200


def opposites(intercepts):
    exp = Explanation(FakeMapper(["a", "b"], ["a", "b"], [1, 2]), mode="regression", class_names=["buy", "sell"])
    fill(exp, 0, [0.5, -0.25], intercept=intercepts[0])
    fill(exp, 1, [-0.5, 0.25], intercept=intercepts[1])
    return exp


def test_two_opposite_outputs_are_no_mirror():
    exp = opposites((0.25, -0.25))
    assert exp.explained_labels() == [0, 1]
    assert exp.as_list(0)[0] == ("a", 0.5)
    assert exp.as_list(1)[0] == ("a", -0.5)
    # Centred outputs have the same intercept, but still not the same answers.
    assert opposites((0.0, 0.0)).explained_labels() == [0, 1]
    assert Explanation.from_json(exp.to_json()).explained_labels() == [0, 1]


def test_the_mirror_is_flagged_or_known_by_equal_intercepts_and_negated_weights():
    exp = opposites((0.25, -0.25))
    assert exp.mirrored is False
    exp.mirrored = True
    assert exp.explained_labels() == [1]
    assert exp.as_list(0) == exp.as_list(1)
    assert Explanation.from_json(exp.to_json()).mirrored is True
    by_hand = house()
    assert by_hand.mirrored is False
    assert by_hand.explained_labels() == [1]
    by_hand.local_preds, by_hand.model_preds = {}, {}
    assert by_hand.explained_labels() == [1]
    by_hand.intercept[0] += 1.0
    assert by_hand.explained_labels() == [0, 1]
