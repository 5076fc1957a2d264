"""``surrogate=``: pairs, a tree and rules: right on models that are of their kind, and open through every door."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

import lime
from lime import (
    Explanation,
    Explanations,
    LimeError,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    LimeTimeSeriesExplainer,
    RecurrentTabularExplainer,
)
from lime.testing import check_explainer
from lime.trust import fidelity
from segment_samples import GRID, PICTURE, shown, two

ROWS = np.random.default_rng(0).normal(size=(300, 4))
SURROGATES = ["pairs", "tree", "rules"]


def kept(exp: Explanation) -> Any:
    return exp.surrogates[1]


def stepped(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.asarray(x)
    return np.where(x[:, 0] > 0.5, np.where(x[:, 1] > -0.2, 10.0, 4.0), 1.0)


def of_rows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return two(0.1 + 0.08 * stepped(x))


def bilinear(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 + 2.0 * x[:, 0] - x[:, 1] + 3.0 * x[:, 0] * x[:, 2]


def of_texts(texts: list[str]) -> NDArray[np.float64]:
    return two([0.1 + 0.7 * ("good" in text and "film" in text) for text in texts])


def of_images(images: NDArray[np.float64]) -> NDArray[np.float64]:
    seen = shown(np.asarray(images))
    return two(0.1 + 0.6 * (seen[:, 3] & seen[:, 8]))


def of_series(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.asarray(x, dtype=float).reshape(len(x), -1)
    return two(1.0 / (1.0 + np.exp(-x[:, 0] * x[:, -1])))


SERIES = np.random.default_rng(2).normal(size=(60, 4, 2))
CASES: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "table": (LimeTabularExplainer(ROWS, random_state=0), ROWS[0], of_rows, {}),
    "rows": (LimeTabularExplainer(ROWS, random_state=0, neighborhood="rows"), ROWS[0], of_rows, {}),
    "text": (LimeTextExplainer(random_state=0), "a good film but long and dull near the end", of_texts, {}),
    "image": (
        LimeImageExplainer(random_state=0),
        PICTURE,
        of_images,
        {"segmentation_fn": GRID, "progress_bar": False, "hide_color": 0},
    ),
    "series": (RecurrentTabularExplainer(SERIES, random_state=0), SERIES[0], of_series, {}),
    "timeseries": (LimeTimeSeriesExplainer(random_state=0), SERIES[0], of_series, {}),
}


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("name", CASES)
def test_every_door_opens(name: str, surrogate: str) -> None:
    if surrogate == "rules" and name in ("series", "rows", "image"):
        surrogate = "tree"  # the same fit, shown otherwise
    explainer, instance, model, settings = CASES[name]
    report = check_explainer(explainer, instance, model, surrogate=surrogate, raise_error=False, **settings)
    assert not [f"{one.name}: {one.message}" for one in report.failed]


def test_a_tree_finds_the_steps_of_a_stepped_model() -> None:
    explainer = LimeTabularExplainer(ROWS, mode="regression", feature_names=list("abcd"), random_state=0)
    row = np.array([1.0, 0.5, 0.0, 0.0])
    exp = explainer.explain_instance(row, stepped, surrogate="tree", num_samples=4000)
    tree = kept(exp)
    assert exp.local_preds[1] == pytest.approx(10.0, abs=0.1)
    assert exp.held_out_scores[1] > 0.98
    assert {feature for feature in tree.feature if feature >= 0} == {0, 1}
    others = np.array([[1.0, 0.5, 3.0, -3.0], [1.0, -1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    assert exp.surrogate(others) == pytest.approx(stepped(others), abs=0.2)
    assert exp.surrogate(row[None]) == pytest.approx([exp.local_preds[1]])
    bounds = [float(words.split("<=")[1]) for words in tree.below if words]
    assert sorted(bounds)[-1] == pytest.approx(0.5, abs=0.05)
    assert exp.intercept[1] + sum(weight for _, weight in exp.local_exp[1]) == pytest.approx(exp.local_preds[1])
    assert exp.standard_errors[1] == {}
    assert exp.confidence_intervals() == exp.contribution_intervals() == {}


def test_rules_tell_coverage_fidelity_and_what_would_change_the_class() -> None:
    explainer = LimeTabularExplainer(ROWS, feature_names=list("abcd"), class_names=["low", "high"], random_state=0)
    exp = explainer.explain_instance(np.array([1.0, 0.5, 0.0, 0.0]), of_rows, surrogate="rules", num_samples=4000)
    rules = kept(exp)
    first, *others = rules.rules()
    assert first.holds
    assert not any(one.holds for one in others)
    assert sum(one.coverage for one in rules.rules()) == pytest.approx(1.0)
    assert rules.fidelity > 0.98
    text = str(exp)
    assert "coverage" in text
    assert "On samples that took no part in the fit its top class is the model's in" in text
    said = rules.counterfactual(1)
    assert said.startswith(("Were a <= 0.", "Were b <= -0."))
    assert "the surrogate would say low (" in said
    assert said in " ".join(text.split())
    assert said.split(" <=")[0] in exp.as_html()
    assert "the surrogate would say low" in exp.plot().get_xlabel().replace("\n", " ")


def test_one_tree_speaks_of_all_classes() -> None:
    def three(x: NDArray[np.float64]) -> NDArray[np.float64]:
        step = np.select([x[:, 0] > 0.5, x[:, 0] > -0.5], [0, 1], 2)
        return 0.1 + 0.7 * np.eye(3)[step]

    explainer = LimeTabularExplainer(ROWS, class_names=["x", "y", "z"], random_state=0)
    exp = explainer.explain_instance(np.array([2.0, 0, 0, 0]), three, top_labels=3, surrogate="tree", num_samples=3000)
    trees: list[Any] = list(exp.surrogates.values())
    assert len(trees) == 3
    assert all(one.feature == trees[0].feature for one in trees)
    # In the row's third, so that the way to y is shorter than that to z.
    assert "the surrogate would say y" in trees[0].counterfactual(0)
    assert sum(exp.local_preds.values()) == pytest.approx(1.0, abs=1e-6)


def test_pairs_of_a_bilinear_model() -> None:
    explainer = LimeTabularExplainer(ROWS, mode="regression", discretize_continuous=False, random_state=0)
    row = np.array([1.0, -1.0, 0.5, 0.0])
    for anchored in (False, True):
        exp = explainer.explain_instance(row, bilinear, surrogate="pairs", num_samples=3000, anchored=anchored)
        (term,) = exp.pair_terms()
        scale = explainer.scaler.scale_
        assert (term.first, term.second) in ((0, 2), (2, 0))
        assert term.weight / scale[0] / scale[2] == pytest.approx(3.0, abs=0.02)
        assert term.standard_error is not None
        low, high = exp.interval_of(term)
        assert low < term.weight < high
        assert exp.held_out_scores[1] > 0.999
        others = np.array([[0.3, 0.2, -1.0, 0.0], [2.0, 0.0, 1.0, 1.0]])
        assert exp.surrogate(others) == pytest.approx(bilinear(others), abs=0.1)
        parts = sum(exp.contributions().values()) + term.contribution
        assert exp.baseline_value + parts == pytest.approx(exp.local_preds[1])
    assert exp.local_preds[1] == exp.model_preds[1]
    assert exp.records()[-1]["feature"] == term.name == "0 × 2" if term.first == 0 else "2 × 0"
    assert exp.records()[-1]["index"] == -1
    assert term.name in str(exp)
    assert "×" in exp.as_html()


def test_where_no_pair_helps_none_is_taken() -> None:
    explainer = LimeTabularExplainer(ROWS, mode="regression", discretize_continuous=False, random_state=0)
    exp = explainer.explain_instance(ROWS[0], lambda x: x @ [1.0, 2.0, 3.0, 0.0], surrogate="pairs", num_samples=500)
    assert exp.pair_terms() == ()
    assert "No pair of features" in str(exp)


def test_texts_and_pictures_by_what_is_hidden() -> None:
    exp = CASES["text"][0].explain_instance(CASES["text"][1], of_texts, surrogate="rules")
    words = " ".join(kept(exp).lines(1))
    assert "good is kept and film is kept" in words or "film is kept and good is kept" in words
    assert "Over all samples that there are" in kept(exp).sentences(1)[0]
    (term,) = CASES["text"][0].explain_instance(CASES["text"][1], of_texts, surrogate="pairs").pair_terms(1)
    assert set(term.name.split(" × ")) == {"good", "film"}
    assert term.weight == pytest.approx(0.7, abs=1e-6)
    explainer, picture, model, settings = CASES["image"]
    exp = explainer.explain_instance(picture, model, surrogate="tree", labels=(1,), top_labels=None, **settings)
    assert {feature for feature in kept(exp).feature if feature >= 0} == {3, 8}


def test_frames_with_categories_and_dates() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "job": rng.choice(["nurse", "clerk", "cook"], 300),
            "since": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, 300), unit="D"),
            "rooms": rng.integers(1, 9, 300),
        }
    )

    def model(data: pd.DataFrame) -> NDArray[np.float64]:
        late = (pd.to_datetime(data["since"]) > pd.Timestamp("2021-06-01")).to_numpy()
        return np.where(data["job"].to_numpy() == "nurse", 5.0, 0.0) + 3.0 * late + 2.0 * (data["rooms"].to_numpy() > 4)

    row = frame.iloc[[0]].assign(job="nurse", since=pd.Timestamp("2022-01-01"), rooms=8).iloc[0]
    exp = LimeTabularExplainer(frame, mode="regression", random_state=0).explain_instance(
        row, model, surrogate="tree", num_samples=3000
    )
    words = {word for pair in zip(kept(exp).below, kept(exp).above, strict=True) for word in pair}
    assert {"job is nurse", "job is not nurse", "rooms <= 4", "rooms > 4"} <= words
    assert any(word.startswith("since <= 2021-") for word in words)
    assert exp.surrogate(frame.iloc[:50]) == pytest.approx(model(frame.iloc[:50]), abs=1.0)


def test_the_held_out_fit_does_not_flatter() -> None:
    rng = np.random.default_rng(4)
    noise = {row.tobytes(): value for row, value in zip(ROWS, rng.normal(size=len(ROWS)), strict=True)}
    explainer = LimeTabularExplainer(ROWS, mode="regression", random_state=0, neighborhood="rows")

    def model(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([noise.get(np.ascontiguousarray(row).tobytes(), 0.0) for row in np.asarray(x)])

    for surrogate in ("pairs", "tree"):
        exp = explainer.explain_instance(ROWS[0], model, surrogate=surrogate)
        assert exp.held_out_scores[1] < 0.1
        assert exp.local_fit[1].score < 0.2
        assert fidelity(explainer, ROWS[0], model, exp).score > -0.1


def test_it_is_stored_and_comes_back() -> None:
    for surrogate in SURROGATES:
        exp = CASES["table"][0].explain_instance(ROWS[0], of_rows, surrogate=surrogate, num_samples=500)
        back = Explanation.from_json(exp.to_json())
        assert back.surrogates == exp.surrogates
        assert str(back) == str(exp)
        assert back.plot().get_xlabel() == exp.plot().get_xlabel()
        assert Explanations.of([exp])[0].surrogates == exp.surrogates
        broken = json.loads(exp.to_json())
        del broken["surrogates"][0][1]["kind"], broken["checksum"]
        with pytest.raises(LimeError, match="damaged"):
            Explanation.from_dict(broken)
    many = CASES["table"][0].explain_instances(ROWS[:3], of_rows, surrogate="rules", num_samples=500)
    alone = CASES["table"][0].explain_instance(ROWS[2], of_rows, surrogate="rules", num_samples=500)
    assert kept(many[2]).rules() == kept(alone).rules()


def test_the_front_door_and_targets() -> None:
    explain = lime.Explainer(of_rows, ROWS, mode="classification", surrogate="rules")
    exp = explain(ROWS[0])
    assert "coverage" in str(exp)
    assert not exp.anchored
    assert explain(ROWS[0], surrogate="pairs").anchored
    contrast = explain(ROWS[0], target=(1, 0))
    assert kept(contrast).names == ("1 rather than 0",)
    assert "instead of" in kept(contrast).counterfactual(1)


def test_few_features_and_a_flat_model() -> None:
    explainer = CASES["table"][0]
    exp = explainer.explain_instance(ROWS[0], of_rows, surrogate="tree", num_features=1, num_samples=2000)
    assert len(exp.local_exp[1]) == 1
    for surrogate in SURROGATES:
        flat = explainer.explain_instance(ROWS[0], lambda x: np.full((len(x), 2), 0.5), surrogate=surrogate)
        assert all(weight == 0.0 for _, weight in flat.local_exp[1])
        assert str(flat)
    one = LimeTextExplainer(random_state=0).explain_instance("good", of_texts, surrogate="pairs")
    assert one.pair_terms(1) == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"surrogate": "forest"}, "surrogate='forest': expected one of 'linear', 'pairs', 'tree', 'rules', 'auto'"),
        ({"surrogate": None}, "surrogate=None"),
        ({"surrogate": "tree", "anchored": True}, "cannot be held to one prediction"),
        ({"surrogate": "pairs", "model_regressor": Ridge()}, "a model_regressor"),
        ({"surrogate": "rules", "sampling_method": "classic"}, "numbers of lime 0.2.0.1"),
        ({"surrogate": "tree", "sampling_method": "exact"}, "is fitted to samples"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CASES["table"][0].explain_instance(ROWS[0], of_rows, num_samples=100, **settings)
