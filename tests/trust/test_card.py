from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from markupsafe import escape

from lime import Explanation, LimeTabularExplainer, LimeTextExplainer
from lime.trust import card

CHEAP = ["fit", "instance", "intervals", "order", "samples", "interactions"]


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(200, 5))


@pytest.fixture(scope="module")
def explainer(rows):
    return LimeTabularExplainer(rows, mode="regression", feature_names=list("abcde"), random_state=0)


class Model:
    def __init__(self):
        self.asked = 0

    def predict(self, x):
        self.asked += len(x)
        return x @ np.array([3.0, 2.0, 1.0, 0.5, 0.0]) + x[:, 0] * x[:, 1]


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def explained(explainer, rows, model):
    return explainer.explain_instance(rows[0], model, num_samples=600)


def test_cheap_parts_ask_nothing_and_agree_with_the_explanation(explained, model):
    asked = model.asked
    found = explained.trust()
    assert model.asked == asked
    assert [one.key for one in found.findings] == CHEAP
    assert found["fit"].numbers == {"score": explained.scores[1], "held_out_score": explained.held_out_scores[1]}
    assert explained.held_out_scores[1] < explained.scores[1]
    gap = abs(explained.model_preds[1] - explained.local_preds[1])
    assert found["instance"].numbers["difference"] == pytest.approx(gap)
    intervals = explained.confidence_intervals()
    sure = sum(low > 0 or high < 0 for low, high in intervals.values())
    assert found["intervals"].numbers["exclude_zero"] == sure
    assert found["intervals"].value == f"{sure} of 5 exclude 0"
    assert found["order"].numbers["steps"] == 4
    assert found["samples"].numbers["effective"] == pytest.approx(600 * explained.effective_samples)
    assert found["interactions"].numbers["tested"] == 10
    assert "off_data" not in found
    with pytest.raises(KeyError, match="'off_data' is not on this card"):
        found["off_data"]
    assert not hasattr(found, "score")
    assert "training_data" in found.open[-1]


def test_the_order_counts_steps_whose_intervals_do_not_overlap():
    class Words:
        def map_exp_ids(self, pairs, **_):
            return [(f"f{i}", w) for i, w in pairs]

    exp = Explanation(Words(), mode="classification", class_names=["no", "yes"])
    exp.local_exp[1] = [(0, 1.0), (1, -0.9), (2, 0.1), (3, 0.05)]
    exp.standard_errors[1] = {0: 0.2, 1: 0.05, 2: 0.01, 3: 0.2}
    found = card(exp)
    assert found["order"].numbers == {"steps": 3, "separated": 1}
    assert found["intervals"].numbers["exclude_zero"] == 3
    widths = [2 * 1.959964 * e / w for w, e in ((1.0, 0.2), (0.9, 0.05), (0.1, 0.01), (0.05, 0.2))]
    assert found["intervals"].numbers["median_relative_width"] == pytest.approx(np.median(widths))
    assert "fit" not in found
    assert "interactions" not in found
    assert "does not hold the samples" in found.open[0]


def test_the_same_in_text_page_frame_and_json(explained):
    found = explained.trust()
    text, page = str(found), explained.as_html()
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    content = explained.to_dict()["trust"][0]
    assert content == found.to_dict() == json.loads(found.to_json())
    assert found.to_frame("pandas")["value"].tolist() == [one.value for one in found.findings]
    for one in found.findings:
        assert one.sentence in flat
        assert one.value in flat
        assert escape(one.value) in page
        assert escape(one.sentence) in page
        assert content["findings"][one.key]["sentence"] == one.sentence
    assert "<details" in page
    assert found.title in page
    assert "<dl" in found._repr_html_()


def test_a_stored_explanation_has_the_same_card(explained):
    found = explained.trust().to_dict()
    for other in (Explanation.from_json(explained.to_json()), pickle.loads(pickle.dumps(explained))):
        assert other.trust().to_dict() == found
        assert other.held_out_scores == explained.held_out_scores


def test_explanations_stored_before_there_were_cards_are_read(explained):
    content = explained.to_dict()
    del content["trust"]
    for entry in content["labels"]:
        del entry["held_out_score"]
    old = Explanation.from_dict(content)
    assert [one.key for one in old.trust().findings] == [key for key in CHEAP if key != "interactions"]
    assert "left out" not in old.trust()["fit"].value


def test_what_asks_the_model_again_is_there_only_when_asked_for(explained, explainer, rows, model):
    asked = model.asked
    found = explained.trust(
        explainer=explainer, instance=rows[0], predict_fn=model, training_data=rows, repeats=2, num_samples=600
    )
    assert {one.key for one in found.findings} == {*CHEAP, "fresh", "repeats", "off_data"}
    assert model.asked == asked + 3 * 600 + 5000 + len(rows)  # fresh, twice repeated; draws and rows compared
    assert not found.open
    assert max(map(len, str(found).splitlines())) <= 80
    assert abs(found["fresh"].numbers["score"] - explained.scores[1]) < 0.1
    assert 0 <= found["off_data"].numbers["share"] <= 1
    json.loads(found.to_json())


def test_what_is_missing_is_named(explained, explainer, rows, model):
    with pytest.raises(ValueError, match="explainer and instance: expected"):
        explained.trust(predict_fn=model)
    with pytest.raises(ValueError, match="predict_fn: expected"):
        explained.trust(explainer=explainer, instance=rows[0], repeats=3)
    with pytest.raises(ValueError, match="training_data without explainer"):
        explained.trust(training_data=rows)
    with pytest.raises(ValueError, match="repeats=-1"):
        explained.trust(repeats=-1)


def test_all_masks_asked_about_and_a_text_without_words():
    def predict(texts):
        p = np.array([0.2 + 0.3 * ("good" in text) for text in texts])
        return np.column_stack([1 - p, p])

    explainer = LimeTextExplainer(class_names=["no", "yes"], random_state=0)
    found = explainer.explain_instance("a good <b>day</b>", predict).trust()
    assert found["intervals"].value == "exact"
    assert "order" not in found
    empty = explainer.explain_instance("...", predict)
    assert "interactions" not in empty.trust()
    assert Explanation.from_json(empty.to_json()).trust().to_dict() == empty.trust().to_dict()


def test_words_are_escaped(rows):
    names = ["<script>alert(1)</script>", "b", "c", "d", "e"]
    explainer = LimeTabularExplainer(rows, mode="regression", feature_names=names, random_state=0)
    exp = explainer.explain_instance(rows[0], lambda x: 9.0 * (x[:, 0] > 0) * (x[:, 1] > 0), num_samples=600)
    assert "<script" in exp.trust()["interactions"].sentence
    assert "<script" not in exp.as_html()
    assert "<script" not in exp.trust()._repr_html_()
    assert "<script" not in exp.interactions()._repr_html_()


def test_what_was_measured_stays_with_the_explanation(explained, explainer, rows, model):
    asked = {"explainer": explainer, "instance": rows[0], "predict_fn": model, "training_data": rows, "repeats": 2}
    found = explained.trust(**asked)
    calls = model.asked
    assert explained.trust() == found
    page, content = explained.as_html(), explained.to_dict()
    assert model.asked == calls
    for one in found.findings:
        assert escape(one.sentence) in page
    assert content["trust"] == [found.to_dict()]
    assert str(Explanation.from_json(explained.to_json()).trust()) == str(found)
    assert str(pickle.loads(pickle.dumps(explained)).trust()) == str(found)


def test_what_is_measured_again_is_the_explanation_at_hand(rows):
    def predict(x):
        p = 1 / (1 + np.exp(-x[:, 0] - x[:, 1]))
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(rows, random_state=0)
    exp = explainer.explain_instance(rows[0], predict, labels=(0,), num_samples=300, num_features=2)
    found = exp.trust(explainer=explainer, instance=rows[0], predict_fn=predict, repeats=3)
    assert found["repeats"].numbers["num_model_calls"] == 3 * 300
    assert "300 samples and at most 2 features" in found["repeats"].sentence


def test_a_label_that_is_named_must_have_been_explained(rows):
    explainer = LimeTabularExplainer(rows, random_state=0)
    exp = explainer.explain_instance(rows[0], lambda x: np.tile([0.2, 0.8], (len(x), 1)), labels=(0,), num_samples=200)
    for ask in (exp.trust, exp.interactions):
        with pytest.raises(KeyError, match="label 1 was not explained"):
            ask(1)
    assert exp.trust().label == 0


def test_settings_without_a_model_are_refused(explained, explainer, rows, model):
    with pytest.raises(TypeError, match="explaner came without predict_fn"):
        explained.trust(explaner=explainer)
    with pytest.raises(TypeError, match="explain_instance has no such setting"):
        explained.trust(explainer=explainer, instance=rows[0], predict_fn=model, samples=3)
    with pytest.raises(TypeError, match="expected an Explanation"):
        card("explanation")  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [0.5, 0.7, 0.9])
def test_a_model_that_does_not_vary_has_nothing_to_fit(rows, answer):
    # 0.9 and 0.7 are no sums of few powers of two: means of many of them differ from them by rounding.
    explainer = LimeTabularExplainer(rows, random_state=0)
    model = lambda x: np.tile([1 - answer, answer], (len(x), 1))  # noqa: E731
    exp = explainer.explain_instance(rows[0], model, num_samples=300)
    found = exp.trust(explainer=explainer, instance=rows[0], predict_fn=model, training_data=rows)
    assert (found["fit"].value, found["fresh"].value) == ("nothing to fit", "nothing to fit")
    assert found["intervals"].value == "all at 0"
    assert "does not behave differently" in found["off_data"].sentence


def test_all_masks_of_a_short_text_leave_nothing_to_chance():
    def count(texts):
        p = np.array([0.3 * ("good" in text) + 0.1 * ("movie" in text) for text in texts])
        return np.column_stack([1 - p, p])

    exp = LimeTextExplainer(random_state=0).explain_instance("good movie", count)
    found = exp.trust()
    assert (found["intervals"].value, found["samples"].value) == ("exact", "all there are")
    assert "left out" not in found["fit"].sentence
    assert exp.exact
    assert Explanation.from_json(exp.to_json()).trust()["samples"].value == "all there are"


def test_the_card_warns_of_a_model_that_answers_draws_differently(rows):
    rng = np.random.default_rng(1)
    data = np.repeat(rng.integers(0, 2, size=(400, 1)), 3, axis=1) + rng.normal(size=(400, 3)) * 0.02
    data = np.column_stack([data, rng.normal(size=400)])

    def attack(x):  # on the data's diagonal by the first column, off it by the last
        on = np.ptp(np.round(x[:, :3]), axis=1) == 0
        p = np.where(on, x[:, 0] > 0.5, x[:, 3] > 0).astype(float)
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(data, discretize_continuous=False, random_state=0)
    exp = explainer.explain_instance(data[0], attack, num_samples=2000)
    found = exp.trust(explainer=explainer, instance=data[0], predict_fn=attack, training_data=data)
    assert found["off_data"].value.endswith("predictions differ")
    assert any("behaves differently on the data" in sentence for sentence in exp.warnings)
