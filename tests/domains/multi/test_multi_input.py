"""Instances of several parts: one surrogate over texts, rows, pictures and series."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest

import lime
from lime import (
    LimeImageExplainer,
    LimeMultiInputExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    LimeTimeSeriesExplainer,
    MultiInputExplanation,
)
from lime.results.image import ImageExplanation
from lime.results.timeseries import TimeSeriesExplanation
from lime.testing import check_explainer

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RNG.normal(size=200), "b": RNG.normal(size=200), "c": RNG.choice(["x", "y"], 200)})
PICTURE = np.zeros((20, 20, 3))
PICTURE[:10, :10, 0] = 1.0
QUARTERS = np.add.outer(np.arange(20) // 10 * 2, np.arange(20) // 10)
WAVE = np.sin(np.arange(40) / 5)
SETTINGS = {"photo": {"segmentation_fn": QUARTERS, "hide_color": 0}}
INSTANCE = {"title": "a good day, not a bad one", "row": FRAME.iloc[0], "photo": PICTURE, "wave": WAVE}


def parts(*names: str) -> dict[str, Any]:
    every = {
        "title": LimeTextExplainer(),
        "row": LimeTabularExplainer(FRAME),
        "photo": LimeImageExplainer(),
        "wave": LimeTimeSeriesExplainer(num_segments=4),
    }
    return {name: every[name] for name in names or every}


def of_title(texts: Any) -> np.ndarray:
    return np.array([1.0 * ("good" in one) - 0.5 * ("bad" in one) for one in texts])


def of_row(rows: Any) -> np.ndarray:
    return np.array([0.8 * row["a"] - 0.4 * (row["c"] == "x") for row in rows])


def model(instances: list[dict[str, Any]]) -> np.ndarray:
    """A sum of what each part says."""
    total = np.zeros(len(instances))
    if "title" in instances[0]:
        total += of_title([one["title"] for one in instances])
    if "row" in instances[0]:
        total += of_row([one["row"] for one in instances])
    if "photo" in instances[0]:
        total += np.array([2.0 * one["photo"][:10, :10, 0].mean() for one in instances])
    if "wave" in instances[0]:
        total += np.array([one["wave"][:10].mean() for one in instances])
    return total


def explain(*names: str, instance: Any = None, num_samples: int = 4000, **settings: Any) -> MultiInputExplanation:
    chosen = parts(*names)
    own = {name: value for name, value in SETTINGS.items() if name in chosen}
    explainer = LimeMultiInputExplainer(chosen, mode="regression", settings=own, random_state=0, **settings)
    given = {name: INSTANCE[name] for name in chosen} if instance is None else instance
    return explainer.explain_instance(given, model, num_features=30, num_samples=num_samples)


def test_one_surrogate_ranks_the_features_of_all_parts() -> None:
    exp = explain()
    names = [name for name, _ in exp.as_list()]
    assert names[:2] == ["photo: segment 0, top left", "title: good"]
    found = {one["feature"]: one for one in exp.records()}
    own = FRAME["c"][0]
    truth = {"photo: segment 0, top left": 2.0, "title: good": 1.0, "title: bad": -0.5}
    truth[f"row: c={own}"] = -0.4 if own == "x" else 0.4
    for name, weight in truth.items():
        assert abs(found[name]["weight"] - weight) < 4 * found[name]["standard_error"] < 0.2
    assert {one["part"] for one in exp.records()} == {"title", "row", "photo", "wave"}


def test_of_an_additive_model_a_part_weighs_what_it_weighs_alone() -> None:
    exp = explain("title", "row", num_samples=20_000)
    texts = LimeTextExplainer(mode="regression", random_state=0)
    rows = LimeTabularExplainer(FRAME, mode="regression", random_state=0)
    alone = {
        "title": texts.explain_instance(INSTANCE["title"], of_title, num_features=30),
        "row": rows.explain_instance(
            INSTANCE["row"], lambda some: of_row(some.to_dict("records")), num_features=30, num_samples=20_000
        ),
    }
    for name, other in alone.items():
        own = exp.part(name)
        errors = own.standard_errors[1]
        for feature, weight in other.local_exp[1]:
            error = np.hypot(errors[feature], other.standard_errors[1][feature])
            assert abs(dict(own.local_exp[1])[feature] - weight) < 4 * error + 2e-3  # what the penalty pulls


def test_intervals_cover() -> None:
    chosen = parts("title", "row")
    given = {name: INSTANCE[name] for name in chosen}

    def curved(instances: list[dict[str, Any]]) -> np.ndarray:
        total = model(instances)
        return np.column_stack([1 / (1 + np.exp(total)), 1 / (1 + np.exp(-total))])

    def run(seed: int, size: int) -> Any:
        explainer = LimeMultiInputExplainer(chosen, random_state=seed)
        return explainer.explain_instance(given, curved, num_features=30, num_samples=size)

    truth = dict(run(1000, 40_000).local_exp[1])
    hits = []
    for seed in range(40):
        exp = run(seed, 800)
        intervals = exp.confidence_intervals(1, level=0.95)
        hits += [low <= truth[feature] <= high for feature, (low, high) in intervals.items()]
    assert len(hits) == 40 * len(truth)
    # Three standard deviations of a share of 0.95 among 40 independent runs, whatever hangs together within one.
    assert np.mean(hits) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 40)


def test_few_units_are_all_asked_about() -> None:
    exp = explain("photo", "wave")
    assert exp.sampling_method == "enumeration"
    assert exp.exact
    assert exp.num_model_calls == 2 ** (4 + 4)
    assert max(exp.standard_errors[1].values()) == 0.0
    assert dict(exp.as_list())["photo: segment 0, top left"] == pytest.approx(2.0, abs=1e-6)


def test_part_totals_add_up_to_what_the_surrogate_says() -> None:
    exp = explain()
    totals = exp.part_totals()
    assert list(totals) == ["title", "row", "photo", "wave"]
    assert exp.baseline_values[1] + sum(totals.values()) == pytest.approx(exp.local_preds[1])
    assert "By part, against the baseline" in str(exp)
    assert f"title  {totals['title']:+.4f}" in str(exp)


def test_each_part_is_an_explanation_of_its_own_kind() -> None:
    exp = explain()
    assert isinstance(exp.part("photo"), ImageExplanation)
    assert [name for name, _ in exp.part("title").as_list()][:2] == ["good", "bad"]
    wave = exp.part("wave")
    assert isinstance(wave, TimeSeriesExplanation)
    assert wave.weights_by_step().shape == (40,)
    assert sum(len(exp.part(name).as_list()) for name in exp.parts) == len(exp.as_list())
    with pytest.raises(KeyError, match="'body' is no part of this explanation: expected one of title, row"):
        exp.part("body")


def test_page_json_and_plots_show_each_part_in_its_own_form() -> None:
    exp = explain()
    page = exp.as_html()
    for mark in ('aria-label="The part title"', "<mark", "The instance", "data:image", "lime-curve"):
        assert mark in page
    again = lime.Explanation.from_json(exp.to_json())
    assert isinstance(again, MultiInputExplanation)
    assert isinstance(again.part("photo"), ImageExplanation)
    assert again.as_list() == exp.as_list()
    assert again.part_totals() == exp.part_totals()
    assert str(again) == str(exp)
    assert 'aria-label="The part title"' in again.as_html()
    axes = exp.plot_parts()
    assert [ax.get_title(loc="left").split(":")[0] for ax in axes] == ["title", "row", "photo", "wave"]
    assert len(exp.plot().patches) >= len(exp.as_list())
    plt.close("all")


@pytest.mark.parametrize("form", ["rows", "batches", "tuple", "arguments"])
def test_the_model_gets_instances_as_it_was_trained(form: str) -> None:
    seen: list[Any] = []

    def of_batches(texts: Any, rows: Any) -> np.ndarray:
        assert isinstance(texts, list)
        assert isinstance(rows, pd.DataFrame)
        return of_title(texts) + of_row(rows.to_dict("records"))

    def takes(*given: Any) -> np.ndarray:
        seen.append(given)
        if form == "rows":
            return model(given[0])
        if form == "batches":
            return of_batches(given[0]["title"], given[0]["row"])
        return of_batches(*(given[0] if form == "tuple" else given))

    explainer = LimeMultiInputExplainer(parts("title", "row"), inputs=form, mode="regression", random_state=0)
    exp = explainer.explain_instance((INSTANCE["title"], INSTANCE["row"]), takes, num_samples=300, num_features=30)
    assert exp.as_list() == explain("title", "row", num_samples=300).as_list()
    assert len(seen[0]) == (2 if form == "arguments" else 1)


@pytest.mark.parametrize("data", [FRAME[["a", "b"]].to_numpy(), pl.DataFrame(FRAME[["a", "b"]])])
def test_rows_come_one_by_one_as_their_library_has_them(data: Any) -> None:
    seen: list[Any] = []

    def takes(instances: list[dict[str, Any]]) -> np.ndarray:
        seen.extend(one["row"] for one in instances)
        return np.array([one["row"]["a"] if isinstance(one["row"], dict) else one["row"][0] for one in instances])

    explainer = LimeMultiInputExplainer({"row": LimeTabularExplainer(data)}, mode="regression", random_state=0)
    explainer.explain_instance({"row": data[0]}, takes, num_samples=50)
    assert all(isinstance(one, dict if isinstance(data, pl.DataFrame) else np.ndarray) for one in seen)


def test_a_pair_of_texts() -> None:
    def entails(pairs: list[dict[str, str]]) -> np.ndarray:
        p = np.array([0.9 if "dog" in one["text"] and "animal" in one["text_pair"] else 0.2 for one in pairs])
        return np.column_stack([1 - p, p])

    explainer = LimeMultiInputExplainer({"text": LimeTextExplainer(), "text_pair": LimeTextExplainer()}, random_state=0)
    exp = explainer.explain_instance({"text": "a dog sleeps", "text_pair": "an animal rests"}, entails)
    assert {name for name, _ in exp.as_list()[:2]} == {"text: dog", "text_pair: animal"}
    assert exp.exact


def test_short_texts_stay_whole_in_some_samples() -> None:
    seen: list[str] = []

    def takes(instances: list[dict[str, Any]]) -> np.ndarray:
        seen.extend(one["title"] for one in instances[1:])
        return np.array([("good" in one["title"]) + one["row"]["a"] for one in instances])

    explainer = LimeMultiInputExplainer(parts("title", "row"), mode="regression", random_state=0)
    given = {"title": "good day", "row": FRAME.iloc[0]}
    exp = explainer.explain_instance(given, takes, num_samples=1000, num_features=30)
    assert 0.2 < np.mean([text == "good day" for text in seen]) < 0.8
    found = {one["feature"]: one for one in exp.records()}
    assert found["title: good"]["standard_error"] < 0.1
    assert abs(found["title: good"]["weight"] - 1.0) < 4 * found["title: good"]["standard_error"]


def test_a_missing_part_is_said_and_has_no_weight() -> None:
    seen: list[Any] = []

    def takes(instances: list[dict[str, Any]]) -> np.ndarray:
        seen.extend(one["photo"] for one in instances)
        return of_title([one["title"] for one in instances])

    explainer = LimeMultiInputExplainer(parts("title", "photo"), mode="regression", random_state=0)
    exp = explainer.explain_instance({"title": INSTANCE["title"], "photo": None}, takes)
    assert seen
    assert all(one is None for one in seen)
    assert list(exp.parts) == ["title"]
    assert "The instance has no photo: the model was given None there, and it has no weight." in exp.diagnostics()
    nothing = explainer.explain_instance({"title": None, "photo": None}, lambda some: np.zeros(len(some)))
    assert nothing.as_list() == []
    assert any("nothing to explain" in sentence for sentence in nothing.diagnostics())


@pytest.mark.parametrize("names", [("title", "row", "photo", "wave"), ("title",), ("photo", "wave")])
def test_every_door(names: tuple[str, ...]) -> None:
    own = {name: value for name, value in SETTINGS.items() if name in names}
    explainer = LimeMultiInputExplainer(parts(*names), mode="regression", settings=own, random_state=0)
    report = check_explainer(explainer, {name: INSTANCE[name] for name in names}, model)
    assert [one.name for one in report if one.status != "passed"] == []


def test_parts_with_what_is_fixed_and_grouped() -> None:
    chosen = {
        "title": LimeTextExplainer(groups={"verdict": ["good", "bad"]}),
        "row": LimeTabularExplainer(FRAME, fixed="a", groups={"rest": ["b", "c"]}),
    }
    explainer = LimeMultiInputExplainer(chosen, mode="regression", random_state=0)
    exp = explainer.explain_instance({name: INSTANCE[name] for name in chosen}, model, num_features=30)
    names = {name for name, _ in exp.as_list()}
    assert "title: verdict" in names
    assert sum(name.startswith("row: ") for name in names) == 1


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"parts": {}}, ValueError, "expected a mapping from names to explainers, at least one"),
        ({"parts": {"title": "text"}}, TypeError, r"parts\['title'\] is str: expected an explainer of one kind"),
        ({"parts": {1: LimeTextExplainer()}}, ValueError, "parts has the name 1: expected a str"),
        ({"inputs": "list"}, ValueError, "inputs='list': expected one of 'rows', 'batches', 'tuple', 'arguments'"),
        ({"settings": {"body": {}}}, ValueError, "settings has 'body', which is no part"),
        ({"settings": {"photo": {"num_samples": 3}}}, ValueError, "which is for all parts together"),
        ({"settings": {"photo": {"color": 3}}}, TypeError, "explain_instance has no such setting"),
        ({"parts": {"a": LimeTextExplainer(kernel_width="auto")}}, ValueError, "which suits one part alone"),
        (
            {"parts": {"a": LimeTabularExplainer(FRAME, neighborhood="near")}},
            ValueError,
            "has neighborhood='near': expected one of 'independent'",
        ),
    ],
)
def test_one_sentence_for_a_wrong_explainer(settings: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        LimeMultiInputExplainer(**{"parts": parts("title", "photo"), **settings})


@pytest.mark.parametrize(
    ("instance", "kind", "message"),
    [
        ({"title": "a"}, ValueError, "the instance lacks the part 'row': expected a mapping with title, row, and None"),
        ({**INSTANCE}, ValueError, "the instance has 'photo', which is no part of the explainer"),
        (("a",), ValueError, "the instance has 1 part: expected title, row"),
        ("a text", TypeError, "the instance is str: expected a mapping with title, row"),
        ({"title": 3, "row": FRAME.iloc[0]}, TypeError, "expected a str"),
    ],
)
def test_one_sentence_for_a_wrong_instance(instance: Any, kind: type[Exception], message: str) -> None:
    explainer = LimeMultiInputExplainer(parts("title", "row"), mode="regression")
    with pytest.raises(kind, match=message):
        explainer.explain_instance(instance, model)


def test_numbers_of_lime_0_2_0_1_are_refused() -> None:
    explainer = LimeMultiInputExplainer(parts("title"), mode="regression")
    with pytest.raises(ValueError, match="classic"):
        explainer.explain_instance({"title": "a b"}, model, sampling_method="classic")
