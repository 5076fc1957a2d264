"""``target=``: a class, a contrast, the margin, a function; the same in every data type and through every door."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

import lime
from lime import (
    Explanation,
    Explanations,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    LimeTimeSeriesExplainer,
    RecurrentTabularExplainer,
)
from lime.testing import check_explainer
from lime.trust import deletion, fidelity, out_of_distribution, sensitivity
from segment_samples import GRID, PICTURE

ROWS = np.random.default_rng(0).normal(size=(80, 3))
CLASSES = ["bird", "cat", "dog"]


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def of_rows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return softmax(np.column_stack([0.4 * x[:, 2], x[:, 0] + 0.3 * x[:, 1], 0.8 * x[:, 1] - 0.5]))


def of_texts(texts: list[str]) -> NDArray[np.float64]:
    return softmax(np.array([[0.2, 1.5 * ("meow" in text), 1.0 * ("bark" in text)] for text in texts]))


def of_images(images: NDArray[np.float64]) -> NDArray[np.float64]:
    flat = np.asarray(images, dtype=float).reshape(len(images), -1) / 255.0
    third = flat.shape[1] // 3
    return softmax(10.0 * np.column_stack([flat[:, k * third : (k + 1) * third].mean(axis=1) for k in range(3)]))


def of_series(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.asarray(x, dtype=float).reshape(len(x), -1)
    return softmax(np.column_stack([x[:, 0], x[:, -1], x.mean(axis=1)]))


def entropy(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-(predictions * np.log(np.maximum(predictions, 1e-12))).sum(axis=1))


SERIES = np.random.default_rng(2).normal(size=(60, 4, 2))
CASES: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "table": (LimeTabularExplainer(ROWS, class_names=CLASSES, random_state=0), ROWS[0], of_rows, {}),
    "rows": (
        LimeTabularExplainer(ROWS, class_names=CLASSES, random_state=0, neighborhood="rows"),
        ROWS[0],
        of_rows,
        {},
    ),
    "text": (LimeTextExplainer(class_names=CLASSES, random_state=0), "a meow and a bark by night", of_texts, {}),
    "image": (
        LimeImageExplainer(random_state=0),
        PICTURE,
        of_images,
        {"segmentation_fn": GRID, "progress_bar": False},
    ),
    "series": (RecurrentTabularExplainer(SERIES, class_names=CLASSES, random_state=0), SERIES[0], of_series, {}),
    "timeseries": (LimeTimeSeriesExplainer(class_names=CLASSES, random_state=0), SERIES[0], of_series, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_weights_of_a_contrast_are_the_difference_of_the_two_classes(name: str) -> None:
    explainer, instance, model, settings = CASES[name]
    settings = {**settings, "num_samples": 300, "num_features": 100}
    explainer.feature_selection = "none"
    apart = explainer.explain_instance(instance, model, labels=(1, 2), top_labels=None, **settings)
    exp = explainer.explain_instance(instance, model, target=(1, 2), **settings)
    explainer.feature_selection = "auto"
    first, second = dict(apart.local_exp[1]), dict(apart.local_exp[2])
    if name == "rows":  # each fit has a penalty of its own there, chosen by leaving out
        assert all(abs(weight - (first[i] - second[i])) < 0.05 for i, weight in exp.local_exp[1])
    elif name in ("table", "series", "timeseries") or apart.estimators[1] == apart.estimators[2] == "plain":
        assert all(abs(weight - (first[i] - second[i])) < 1e-9 for i, weight in exp.local_exp[1])
    said = model(np.asarray(instance)[None] if name != "text" else [instance])[0]
    assert exp.model_preds[1] == pytest.approx(said[1] - said[2])
    assert exp.standard_errors[1].keys() == dict(exp.local_exp[1]).keys()
    names = CLASSES if name != "image" else ["1", "1", "2"]
    assert exp.label_name(1) == exp.target.name == f"{names[1]} rather than {names[2]}"


DOORS = [
    *((name, (1, 2)) for name in CASES),
    ("table", "margin"),
    ("image", "margin"),
    ("rows", entropy),
    ("text", entropy),
]


@pytest.mark.parametrize(("name", "target"), DOORS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_every_door_opens(name: str, target: Any) -> None:
    explainer, instance, model, settings = CASES[name]
    report = check_explainer(explainer, instance, model, target=target, raise_error=False, **settings)
    assert not [f"{one.name}: {one.message}" for one in report.failed]


def test_the_interval_of_a_contrast_covers() -> None:
    truth = LimeTabularExplainer(ROWS, class_names=CLASSES, random_state=1, feature_selection="none")
    exact = dict(truth.explain_instance(ROWS[0], of_rows, target=("cat", "dog"), num_samples=200_000).local_exp[1])
    covered = total = 0
    for seed in range(60):
        explainer = LimeTabularExplainer(ROWS, class_names=CLASSES, random_state=seed, feature_selection="none")
        exp = explainer.explain_instance(ROWS[0], of_rows, target=("cat", "dog"), num_samples=400)
        for i, (low, high) in exp.confidence_intervals().items():
            covered, total = covered + (low <= exact[i] <= high), total + 1
    # 180 intervals of 95 %: fewer than 88 % are 4 standard deviations away.
    assert total == 180
    assert covered / total > 0.88


def test_a_class_is_its_label() -> None:
    explainer, instance, model, _ = CASES["table"]
    by_label = explainer.explain_instance(instance, model, labels=(2,), num_samples=100)
    for target in ("dog", 2, -1):
        exp = explainer.explain_instance(instance, model, target=target, num_samples=100)
        assert [float(w) for _, w in exp.local_exp[exp.resolve_label(None)]] == [
            float(w) for _, w in by_label.local_exp[2]
        ]
        assert exp.mode == "classification"


def test_the_margin_is_that_of_the_instance_for_each_row() -> None:
    explainer, _, model, _ = CASES["table"]
    exps = explainer.explain_instances(ROWS[:10], model, target="margin", num_samples=100)
    for row, exp in zip(ROWS, exps, strict=False):
        said = model(row[None])[0]
        first, second = np.argsort(-said)[:2]
        assert exp.target.coefficients[first] == 1.0
        assert exp.target.coefficients[second] == -1.0
        assert exp.model_preds[1] == pytest.approx(said[first] - said[second])
        assert exp.label_name(1) == f"{CLASSES[first]} rather than {CLASSES[second]}, the runner-up"


def test_a_function_of_the_predictions() -> None:
    explainer, instance, model, _ = CASES["table"]
    exp = explainer.explain_instance(instance, model, target=entropy, num_samples=2000)
    direct = LimeTabularExplainer(ROWS, mode="regression", random_state=0).explain_instance(
        instance, lambda x: entropy(of_rows(x)), num_samples=2000
    )
    assert exp.as_list() == direct.as_list()
    assert exp.model_preds[1] == direct.model_preds[1]
    assert "What moves entropy" in str(exp)


def test_outputs_of_a_regression() -> None:
    model = LinearRegression().fit(ROWS, ROWS @ np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]]))
    explainer = LimeTabularExplainer(ROWS, mode="regression", discretize_continuous=False, random_state=0)
    exp = explainer.explain_instance(ROWS[0], model, target=(0, 1), num_samples=2000)
    slopes = {i: weight / explainer.scaler.scale_[i] for i, weight in exp.local_exp[1]}
    assert slopes == pytest.approx({0: 1.0, 1: 1.0, 2: -3.0}, abs=0.01)
    assert "Why output 0 rather than output 1" in str(exp)
    late = explainer.explain_instance(ROWS[0], model, target=lambda p: np.quantile(p, 0.9, axis=1), num_samples=200)
    assert late.model_preds[1] == pytest.approx(np.quantile(model.predict(ROWS[:1])[0], 0.9))


def test_exact_contrasts() -> None:
    wine = load_wine()
    forest = RandomForestClassifier(20, random_state=0).fit(wine.data, wine.target)
    explainer = LimeTabularExplainer(wine.data, class_names=list(wine.target_names), random_state=0)
    settings: dict[str, Any] = {"sampling_method": "exact", "num_features": 13}
    both = explainer.explain_instance(wine.data[0], forest, labels=(0, 1), **settings)
    for target in ((0, 1), ("class_0", "class_1"), "margin"):
        exp = explainer.explain_instance(wine.data[0], forest, target=target, **settings)
        first, second = dict(both.local_exp[0]), dict(both.local_exp[1])
        assert all(weight == pytest.approx(first[i] - second[i], abs=1e-12) for i, weight in exp.local_exp[1])
        assert exp.exact
    many = explainer.explain_instances(wine.data[:3], forest, target=(0, 1), **settings)
    assert dict(many[0].local_exp[1]) == pytest.approx({i: first[i] - second[i] for i in first}, abs=1e-12)
    for door in (explainer.explain_instance, explainer.explain_instances):
        rows = wine.data[0] if door == explainer.explain_instance else wine.data[:2]
        with pytest.raises(ValueError, match=r"sampling_method='exact': a target that is a function"):
            door(rows, forest, target=entropy, **settings)


def test_it_is_shown_and_stored() -> None:
    explainer, instance, model, _ = CASES["table"]
    exp = explainer.explain_instance(instance, model, target=("cat", "dog"), num_samples=300, anchored=True)
    said = model(instance[None])[0]
    assert "Why cat rather than dog" in str(exp)
    assert f"(cat {said[1]:.3g}, dog {said[2]:.3g})" in str(exp)
    assert "Why cat rather than dog" in exp.as_html()
    for kind in ("bars", "waterfall"):
        assert exp.plot(kind=kind).get_title().replace("\n", " ") == "Why cat rather than dog"
    back = Explanation.from_json(exp.to_json())
    assert back.target == exp.target
    assert str(back) == str(exp)
    assert "Why cat rather than dog" in back.as_html()
    assert Explanations.of([exp])[0].target == exp.target
    other = explainer.explain_instance(instance, model, target=entropy, num_samples=100)
    for stored in (pickle.loads(pickle.dumps(other)), Explanation.from_json(other.to_json())):
        assert stored.target.name == "entropy"
        with pytest.raises(ValueError, match="pass target= again"):
            stored.target.values(np.full((1, 3), 1 / 3))
    many = explainer.explain_instances(ROWS[:4], model, target=entropy, num_samples=100)
    assert "What moves entropy" in many.plot(kind="bar").get_title() + many.as_html()


def test_diagnostics_are_of_the_same_number() -> None:
    explainer, instance, model, _ = CASES["table"]
    exp = explainer.explain_instance(instance, model, target=(1, 2), num_samples=300)
    said = model(instance[None])[0]
    curve = deletion(explainer, instance, model, exp, random_orders=2)
    assert curve.predictions[0] == pytest.approx(said[1] - said[2])
    assert fidelity(explainer, instance, model, exp, num_samples=300).label_name == "cat rather than dog"
    assert sensitivity(explainer, instance, model, exp, samples=2, num_samples=300).label_name == "cat rather than dog"
    report = out_of_distribution(explainer, ROWS, instance, predict_fn=model, target=exp.target, num_samples=200)
    assert report.label_name == "cat rather than dog"
    card = exp.trust(explainer=explainer, instance=instance, predict_fn=model, training_data=ROWS, repeats=2)
    assert "cat rather than dog" in str(card)


def test_the_fit_near_real_rows_is_that_of_the_target() -> None:
    explainer, instance, model, _ = CASES["rows"]
    exp = explainer.explain_instance(instance, model, target=entropy)
    truth = entropy(of_rows(ROWS))
    assert exp.local_fit[1].error < truth.std()
    again = lime.trust.local_fit(explainer, ROWS, exp, instance, model)
    assert again[1].error < truth.std()


def test_the_front_door_takes_it() -> None:
    explain = lime.Explainer(of_rows, ROWS, mode="classification", class_names=CLASSES, target=("cat", "dog"))
    exp = explain(ROWS[0])
    assert exp.label_name(1) == "cat rather than dog"
    assert exp.baseline_value + sum(exp.contributions().values()) == pytest.approx(exp.model_preds[1])
    assert [one.label_name(1) for one in explain(ROWS[:2])] == ["cat rather than dog"] * 2
    assert explain(ROWS[0], target="margin").label_name(1).endswith("the runner-up")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": ("cat", "cat")}, "contrast of a class with itself"),
        ({"target": (1, "cat")}, "contrast of a class with itself"),
        ({"target": ("cat", "cow")}, "target holds 'cow'"),
        ({"target": (0, 7)}, "target holds 7"),
        ({"target": "cow"}, "'cow'"),
        ({"target": (1, 2, 3)}, "expected a class by name or number"),
        ({"target": True}, "expected a class by name or number"),
        ({"target": 0.5}, "expected a class by name or number"),
        ({"target": np.mean}, r"returned an array of shape \(\)"),
        ({"target": lambda p: p}, r"returned an array of shape \(\d+, 3\)"),
        ({"target": lambda p: ["x"] * len(p)}, "expected one number for each prediction"),
        ({"target": lambda p: p[:, 0] / 0.0}, "NaN or infinite"),
        ({"target": 1, "labels": (0,)}, "expected one of the two"),
        ({"target": (0, 1), "top_labels": 1}, "expected one of the two"),
    ],
)
def test_what_is_no_target_is_refused(settings: dict[str, Any], message: str) -> None:
    explainer, instance, model, _ = CASES["table"]
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match=message):
        explainer.explain_instance(instance, model, num_samples=50, **settings)
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match=message):
        explainer.explain_instances(ROWS[:2], model, num_samples=50, **settings)


def test_a_single_column_has_no_contrast() -> None:
    explainer = LimeTabularExplainer(ROWS, mode="regression", random_state=0)
    with pytest.raises(ValueError, match="the model predicts one column"):
        explainer.explain_instance(ROWS[0], lambda x: x[:, 0] * 5.0, target=(0, 1), num_samples=50)


# ---- scorers


def test_a_detection_is_explained_by_its_segments() -> None:
    image = np.zeros((16, 16, 3))
    image[4:8, 4:8] = 1.0
    quarters = (np.arange(16) // 8)[:, None] * 2 + np.arange(16) // 8

    def detect(images: NDArray[np.float64]) -> list[dict[str, Any]]:
        return [
            {
                "boxes": [[4, 4, 8, 8], [10, 10, 12, 12]],
                "scores": [one[4:8, 4:8].mean(), 0.9],
                "labels": ["cat", "dog"],
            }
            for one in images
        ]

    score = lime.targets.box_confidence(detect, (4, 4, 8, 9), label="cat")
    assert score(image[None]) == pytest.approx([0.8])  # confidence 1, overlap 16 / 20
    assert lime.targets.box_confidence(detect, (4, 4, 8, 8), label="dog")(image[None]) == [0.0]
    assert lime.targets.box_confidence(detect, (40, 40, 48, 48))(image[None]) == [0.0]
    explainer = LimeImageExplainer(mode="regression", random_state=0)
    exp = explainer.explain_instance(image, score, segmentation_fn=quarters, hide_color=0, progress_bar=False)
    assert dict(exp.local_exp[1])[0] == pytest.approx(0.8, abs=1e-3)
    assert sum(abs(weight) for i, weight in exp.local_exp[1] if i) == pytest.approx(0.0, abs=1e-3)


def test_the_share_of_a_class() -> None:
    maps = np.array([[[1, 1], [2, 0]], [[0, 0], [0, 0]]])
    assert lime.targets.class_share(lambda images: maps, 1)(maps).tolist() == [0.5, 0.0]
    where = np.array([[True, False], [True, False]])
    assert lime.targets.class_share(lambda images: maps, 1, where=where)(maps).tolist() == [0.5, 0.0]
    soft = np.stack([maps == k for k in range(3)], axis=-1) * 0.5
    assert lime.targets.class_share(lambda images: soft, 1)(maps).tolist() == [0.25, 0.0]
    with pytest.raises(ValueError, match="expected"):
        lime.targets.class_share(lambda images: maps.ravel(), 1)(maps)


def test_similarity_to_templates() -> None:
    score = lime.targets.similarity(
        lambda texts: np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), [[1.0, 0.0], [1.0, 1.0]]
    )
    assert score(["a", "b", "c"]) == pytest.approx([1.0, np.sqrt(0.5), 0.0])


def test_scorers_are_pickled_and_checked() -> None:
    score = lime.targets.box_confidence(list, (0, 0, 1, 1))
    assert pickle.loads(pickle.dumps(score)).detect is list
    for box, message in (((1, 1, 1, 2), "area above 0"), ((1, 2, 3), "boxes have shape")):
        with pytest.raises(ValueError, match=message):
            lime.targets.box_confidence(list, box)
    with pytest.raises(ValueError, match="least_overlap"):
        lime.targets.box_confidence(list, (0, 0, 1, 1), least_overlap=2)
    with pytest.raises(ValueError, match="tells no labels"):
        lime.targets.box_confidence(lambda x: [([[0, 0, 1, 1]], [1.0])], (0, 0, 1, 1), label=1)([0])
