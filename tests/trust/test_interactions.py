"""`lime.trust.interactions`: the report, and the warnings of pairs that matter."""

from __future__ import annotations

import copy
import importlib
import pickle

import numpy as np
import pytest

from lime import Explanation, LimeTabularExplainer, LimeTextExplainer
from lime.engine.base import LimeBase
from lime.trust import interactions

# ---- of an explanation


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(300, 6))


@pytest.fixture(scope="module")
def explainer(rows):
    return LimeTabularExplainer(rows, mode="regression", feature_names=list("abcdef"), random_state=0)


def together(x):
    edges = np.array([-0.6, 0.7])
    return 1.0 * (x[:, 0] > edges[1]) + (x[:, 1] > edges[1]) + 4.0 * (x[:, 0] > 0.7) * (x[:, 1] > 0.7) + 0.5 * x[:, 2]


@pytest.fixture
def explained(explainer):
    return explainer.explain_instance(np.array([2.0, 2.0, 0, 0, 0, 0]), together, num_features=5, num_samples=2000)


def test_report_and_warning_of_a_pair_that_matters(explained):
    report = explained.interactions()
    first = report.pairs[0]
    assert {first.first_name[0], first.second_name[0]} == {"a", "b"}
    assert first.found
    assert first.matters
    assert first.low < first.size < first.high
    assert report.n_requested == len(report.pairs) == 10
    assert report.score < report.score_with
    (said,) = [one for one in explained.warnings if "work together" in one]
    assert first.first_name in said
    assert first.second_name in said
    assert max(map(len, str(report).splitlines())) <= 80
    frame = report.to_frame("pandas")
    assert {"first", "second", "size", "standard_error", "low", "high", "p_value", "q_value"} <= set(frame.columns)
    assert report.to_dict()["table"][0]["share"] == pytest.approx(first.share)
    assert "<table" in report._repr_html_()
    assert len(report.plot().get_yticklabels()) == 10
    narrower = interactions(explained, top=3, level=0.5)
    assert narrower.n_requested == 3
    assert narrower.pairs[0].high - narrower.pairs[0].low < first.high - first.low


def test_additive_models_give_no_warning(explainer):
    exp = explainer.explain_instance(np.zeros(6), lambda x: (x > 0) @ np.arange(6.0), num_samples=1000)
    assert not [one for one in exp.warnings if "work together" in one]
    assert not exp.interactions().material
    assert "none is found" in exp.interactions().summary()


def test_classes_of_a_short_text_and_their_labels():
    def predict(texts):
        p = np.array([0.1 + 0.8 * ("not" in t.split() and "good" in t.split()) for t in texts])
        return np.column_stack([1 - p, p])

    exp = LimeTextExplainer(class_names=["bad", "fine"], random_state=0).explain_instance(
        "this was not good", predict, labels=(0, 1)
    )
    for label, sign in ((0, -1), (1, 1)):
        report = exp.interactions(label)
        assert report.exact
        assert {report.pairs[0].first_name, report.pairs[0].second_name} == {"not", "good"}
        assert report.pairs[0].size == pytest.approx(0.8 * sign)
        assert "without sampling error" in report.summary()
    assert sum("work together for" in one for one in exp.warnings) == 2
    with pytest.raises(KeyError, match="label 7 was not explained"):
        exp.interactions(7)


def test_a_test_of_pairs_is_kept_and_told_from_then_on(explained, monkeypatch):
    explained.warnings.append("mine")
    assert not [one for one in explained.warnings if "work together" in one]
    report = explained.interactions()
    assert explained.warnings[-2] == "mine"
    assert "work together" in explained.warnings[-1]
    monkeypatch.setattr(importlib.import_module("lime.trust.interactions"), "pair_effects", _computes)
    assert explained.interactions() is report
    assert explained.trust()["interactions"].sentence == report.summary()
    assert len([one for one in explained.warnings if "work together" in one]) == 1
    monkeypatch.undo()
    # Other arguments give another report, which takes the place of the first.
    assert explained.interactions(top=2, rate=1e-300, method="by") is not report
    assert explained.findings[1]["interactions"].numbers["n_requested"] == 1
    explained.interactions()
    assert explained.findings[1]["interactions"].numbers["n_requested"] == 10
    assert len([one for one in explained.warnings if "work together" in one]) == 1


def _computes(*_args, **_kwargs):
    raise AssertionError("this computes")


def test_what_is_known_of_pairs_is_stored_and_more_is_refused(explained):
    untested = Explanation.from_json(explained.to_json())
    assert "interactions" not in untested.trust()
    with pytest.raises(ValueError, match="the model's predictions are gone"):
        untested.interactions()
    report = explained.interactions()
    assert "work together" in explained.warnings[-1]
    stored = Explanation.from_json(explained.to_json())
    with pytest.raises(ValueError, match="the model's predictions are gone"):
        stored.interactions()
    for other in (stored, pickle.loads(pickle.dumps(explained)), copy.deepcopy(explained)):
        assert other.warnings == explained.warnings
        assert other.trust()["interactions"].sentence == report.summary()
        assert other.as_html() == explained.as_html()
    assert pickle.loads(pickle.dumps(explained)).interactions() == report
    with pytest.raises(ValueError, match="the model's predictions are gone"):
        copy.copy(explained).interactions(top=3)
    assert explained.interactions(top=3).found  # the first keeps its own samples
    assert "fit_data" not in explained.to_json()
    assert len(pickle.dumps(explained)) < 20_000


def test_a_base_of_the_users_own_leaves_no_predictions(rows):
    class Own(LimeBase):
        pass

    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0)
    explainer.base = Own(explainer.base.kernel_fn)
    exp = explainer.explain_instance(rows[0], together, num_samples=200)
    assert not [one for one in exp.warnings if "work together" in one]
    with pytest.raises(ValueError, match="predictions are gone"):
        exp.interactions()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"top": 1}, "top=1: expected a whole number of at least 2"),
        ({"level": 1.0}, "level=1.0: expected a number between 0 and 1"),
        ({"rate": 0.0}, "rate=0.0: expected a number between 0 and 1"),
        ({"method": "none"}, "method='none': expected 'bh' or 'by'"),
    ],
)
def test_wrong_arguments_are_named(explained, arguments, said):
    with pytest.raises(ValueError, match=said):
        interactions(explained, **arguments)
