"""Words that are held fixed, and words that leave together."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from lime import LimeTextExplainer
from lime.testing import check_explainer

TEXT = "A good film about New York, not a bad film; good."


class Model:
    """Likes some words, and keeps what it was handed."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.seen.extend(texts)
        parts = {"good": 0.2, "bad": -0.1, "New": 0.05, "York": 0.1, "film": 0.05}
        p = np.array([0.5 + sum(size * (word in text) for word, size in parts.items()) for text in texts])
        return np.column_stack([1 - p, p])


def explain(model: Model | None = None, **settings: Any) -> Any:
    return LimeTextExplainer(random_state=0, **settings).explain_instance(TEXT, model or Model(), num_features=20)


def words(exp: Any) -> set[str]:
    return {word for word, _ in exp.as_list()}


def test_fixed_words_stay_in_every_sample() -> None:
    model = Model()
    exp = explain(model, fixed=["FILM", "New York"])
    assert words(exp) == {"A", "good", "about", "not", "a", "bad"}
    assert all(text.count("film") == 2 and "New York" in text for text in model.seen)


def test_a_span_holds_one_occurrence() -> None:
    model = Model()
    exp = explain(model, fixed=(2, 6))
    assert all(text.lstrip("A ").startswith("good") for text in model.seen)
    assert "good" in words(exp)  # the other one, at the end
    assert any(text.count("good") == 1 for text in model.seen)


def test_a_pattern_holds_what_it_matches() -> None:
    model = Model()
    assert words(explain(model, fixed=re.compile(r"good|not a"))) == {"A", "film", "about", "New", "York", "bad"}
    assert all(text.count("good") == 2 for text in model.seen)


def test_features_says_what_may_leave() -> None:
    assert words(explain(features=["good", "bad"])) == {"good", "bad"}
    assert words(explain(features=["good", "bad"], bow=False)) == {"good", "bad"}


def test_fixed_words_are_the_stop_words_that_they_were() -> None:
    assert explain(fixed=["film", "a"]).as_list() == explain(stop_words=["film", "a"]).as_list()


def test_words_of_a_group_leave_together_and_have_one_weight() -> None:
    model = Model()
    exp = explain(model, groups={"place": ["New York"], "verdict": [re.compile("good|bad")]})
    assert {"place", "verdict"} < words(exp)
    assert all(("New" in text) == ("York" in text) for text in model.seen)
    assert all((text.count("good"), text.count("bad")) in ((2, 1), (0, 0)) for text in model.seen)
    weights = dict(exp.as_list())
    assert weights["place"] == pytest.approx(0.15, abs=0.01)
    assert weights["verdict"] == pytest.approx(0.1, abs=0.01)


def test_a_group_is_opened() -> None:
    explainer = LimeTextExplainer(random_state=0, groups={"place": ["New York"], "verdict": ["good", "bad"]})
    opened = explainer.open_group("place").explain_instance(TEXT, Model(), num_features=20)
    weights = dict(opened.as_list())
    assert {"New", "York", "verdict"} < set(weights)
    assert weights["New"] == pytest.approx(0.05, abs=0.01)
    assert weights["York"] == pytest.approx(0.1, abs=0.01)
    with pytest.raises(KeyError, match="'time' is no group of this explainer: expected one of place, verdict"):
        explainer.open_group("time")


def test_what_a_text_does_not_have_is_no_feature() -> None:
    assert explain(fixed=["Paris"], groups={"place": ["Rome"]}).as_list() == explain().as_list()
    exp = explain(features=["Paris"])
    assert exp.as_list() == []
    assert "there is nothing to explain" in exp.warnings[0]


def test_the_page_marks_all_words_of_a_group() -> None:
    exp = explain(groups={"place": ["New York", "good"]})
    pieces = exp.domain_mapper.instance_block(exp)["pieces"]
    assert "".join(piece["text"] for piece in pieces) == TEXT
    (feature,) = {feature for feature, _ in exp.local_exp[1] if exp.domain_mapper.describe(feature)["name"] == "place"}
    assert [piece["text"] for piece in pieces if piece["feature"] == feature] == ["good", "New", "York", "good"]


def test_every_door() -> None:
    explainer = LimeTextExplainer(
        random_state=0, groups={"place": ["New York"]}, fixed=[re.compile("film"), "about", (0, 1)]
    )
    report = check_explainer(explainer, TEXT, Model())
    assert [one.name for one in report if one.status != "passed"] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fixed": "film", "features": "good"}, "fixed and features were both given"),
        ({"features": []}, "features is empty: expected at least one word"),
        ({"fixed": [3]}, "fixed has 3: expected a word, a span"),
        ({"fixed": [(5, 2)]}, r"fixed has \(5, 2\): expected a word, a span"),
        ({"groups": {"a": []}}, r"groups\['a'\] is empty: expected at least one word"),
        ({"groups": {"a": ["bad"], "b": ["Bad"]}}, "the word 'bad' is in the groups 'a' and 'b'"),
        ({"groups": ["bad"]}, "expected a mapping from a name to words"),
    ],
)
def test_one_sentence_for_what_is_wrong(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LimeTextExplainer(**settings)


def test_groups_that_meet_in_a_text_are_refused() -> None:
    with pytest.raises(ValueError, match="the word 'good' is in the groups 'a' and 'b'"):
        explain(groups={"a": ["good"], "b": [re.compile("go+d")]})
