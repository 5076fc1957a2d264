"""`lime.Explainer`: what it finds out by itself, and what it says where it cannot."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lime
from lime.domains.front.detect import is_one, kind_of_data, task_of

WINE = load_wine()
FRAME = pd.DataFrame(WINE.data, columns=WINE.feature_names)
FOREST = RandomForestClassifier(20, random_state=0).fit(FRAME, WINE.target_names[WINE.target])


def greeting(texts):
    p = np.array([0.9 if "hello" in text else 0.1 for text in texts])
    return np.column_stack([1 - p, p])


def brightness(images):
    p = np.array([image[:8].mean() / 255 for image in images])
    return np.column_stack([p, 1 - p])


PICTURE = (np.indices((16, 16)).sum(axis=0)[..., None] * np.array([8, 4, 2])).astype(np.uint8)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (FRAME, "table"),
        (pl.DataFrame({"a": [1.0, 2.0]}), "table"),
        (pa.table({"a": [1.0, 2.0]}), "table"),
        (WINE.data, "table"),
        (sparse.csr_matrix(WINE.data), "table"),
        ([[1.0, 2.0], [3.0, 4.0]], "table"),
        ([{"a": 1.0}, {"a": 2.0}], "table"),
        (["a text", "another"], "text"),
        (pd.Series(["a text", "another"]), "text"),
        (np.array(["a text", "another"]), "text"),
        (np.zeros((5, 4, 3)), "series"),
        (np.zeros((5, 8, 8, 3)), "image"),
        ([PICTURE, PICTURE], "image"),
        (None, None),
        (np.zeros(5), None),
    ],
)
def test_the_kind_of_data(data, kind):
    assert kind_of_data(data) == kind


@pytest.mark.parametrize(
    ("model", "task"),
    [
        (FOREST, "classification"),
        (FOREST.predict_proba, "classification"),
        (make_pipeline(StandardScaler(), LogisticRegression()).fit(WINE.data, WINE.target), "classification"),
        (RandomForestRegressor(5, random_state=0).fit(WINE.data, WINE.target), "regression"),
        (lambda rows: np.asarray(rows)[:, 0], "regression"),
        (lambda rows: np.full((len(rows), 3), 1 / 3), "classification"),
        (lambda rows: np.log(np.full((len(rows), 3), 1 / 3)), "classification"),
        (lambda rows: np.full((len(rows), 2), 7.0), "regression"),
    ],
)
def test_the_task(model, task):
    assert task_of(model, FRAME, "table") == task


@pytest.mark.parametrize(
    ("instance", "kind", "one"),
    [
        (FRAME.iloc[0], "table", True),
        (WINE.data[0], "table", True),
        (dict(FRAME.iloc[0]), "table", True),
        ([1.0, 2.0], "table", True),
        ((1.0, "a"), "table", True),
        (FRAME[:1], "table", False),
        (WINE.data[:2], "table", False),
        ([[1.0, 2.0]], "table", False),
        ([{"a": 1.0}], "table", False),
        (pl.DataFrame({"a": [1.0]}), "table", False),
        (pa.table({"a": [1.0]}), "table", False),
        ("a text", "text", True),
        (["a text"], "text", False),
        (PICTURE, "image", True),
        ([PICTURE], "image", False),
        (PICTURE[None], "image", False),
        (np.zeros((4, 3)), "series", True),
        (np.zeros((2, 4, 3)), "series", False),
    ],
)
def test_one_instance_or_several(instance, kind, one):
    assert is_one(instance, kind) is one


def test_a_row_and_a_frame_with_the_top_class_of_each():
    explain = lime.Explainer(FOREST, FRAME, num_samples=300)
    alone = explain(FRAME.iloc[0])
    assert isinstance(alone, lime.Explanation)
    assert alone.label_name(alone.explained_labels()[0]) == FOREST.predict(FRAME[:1])[0]
    several = explain(FRAME[::60])
    assert isinstance(several, lime.Explanations)
    named = [exp.label_name(exp.explained_labels()[0]) for exp in several]
    assert named == list(FOREST.predict(FRAME[::60]))
    assert several[0].as_list(several[0].explained_labels()[0]) == alone.as_list(alone.explained_labels()[0])


def test_a_regression_finds_its_task():
    data = load_diabetes()
    explain = lime.Explainer(RandomForestRegressor(10, random_state=0).fit(data.data, data.target), data.data)
    assert explain.mode == "regression"
    assert explain(data.data[0], num_samples=200).mode == "regression"


def test_texts_and_images_need_no_data():
    explain = lime.Explainer(greeting, num_samples=100)
    assert explain.kind is None
    assert "first instance" in repr(explain)
    exp = explain("hello there world")
    assert explain.kind == "text"
    assert exp.as_list(exp.explained_labels()[0])[0][0] == "hello"
    assert isinstance(explain(["hello you", "no greeting"]), lime.Explanations)
    seen = lime.Explainer(brightness, num_samples=50, progress_bar=False)(PICTURE)
    assert isinstance(seen, lime.ImageExplanation)
    assert len(seen.explained_labels()) == 1


def test_series():
    data = np.random.default_rng(0).normal(size=(60, 4, 2))
    explain = lime.Explainer(lambda x: np.asarray(x)[:, -1, 0], data, num_samples=200)
    assert (explain.kind, explain.mode) == ("series", "regression")
    exp = explain(data[0])
    assert "t-0" in exp.as_list()[0][0]
    assert len(explain(data[:3])) == 3


def test_settings_of_the_constructor_of_calls_and_of_one_call():
    explain = lime.Explainer(FOREST, FRAME, discretize_continuous=False, num_features=3, labels=[2], num_samples=200)
    assert isinstance(explain.explainer, lime.LimeTabularExplainer)
    assert explain.explainer.discretizer is None
    assert explain(FRAME.iloc[0]).explained_labels() == [2]
    assert len(explain(FRAME.iloc[0]).as_list(2)) == 3
    assert len(explain(FRAME.iloc[0], num_features=5).as_list(2)) == 5
    with_workers = explain(FRAME[:4], n_jobs=2)
    assert len(with_workers) == 4


def test_the_same_call_gives_the_same_numbers():
    first, second = (lime.Explainer(FOREST, FRAME, num_samples=200)(FRAME.iloc[5]) for _ in range(2))
    assert first.local_exp == second.local_exp


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((FOREST, FRAME), {"kernel_widht": 3}, "kernel_widht=3: LimeTabularExplainer has no such setting"),
        ((FOREST, FRAME), {"kind": "video"}, "kind='video': expected one of table, text, image, series"),
        ((FOREST,), {"kind": "table"}, "data=None: expected the training data of the table"),
        ((FOREST, np.zeros(4)), {}, "data is ndarray, which does not tell what an instance is"),
    ],
)
def test_what_is_wrong_is_said(arguments, settings, message):
    with pytest.raises((TypeError, ValueError), match=message):
        lime.Explainer(*arguments, **settings)


def test_an_instance_that_tells_nothing():
    with pytest.raises(ValueError, match="the instance is int"):
        lime.Explainer(greeting)(3)


def test_it_says_what_it_does():
    explain = lime.Explainer(FOREST, FRAME, num_features=4)
    assert repr(explain).startswith("<Explainer of RandomForestClassifier: <LimeTabularExplainer: 13 columns")
    page = explain._repr_html_()
    assert "classification" in page
    assert "num_features" in page
    assert "LimeTabularExplainer" in page
    assert "od280/od315_of_diluted_wines" in page  # the columns that it knows


def test_what_one_call_says_goes_before_everything():
    explain = lime.Explainer(FOREST, FRAME, num_samples=200)
    exp = explain(FRAME.iloc[0], labels=[2])
    assert exp.explained_labels() == [2]
    assert not any("labels" in sentence for sentence in exp.diagnostics())
    assert explain(FRAME.iloc[0], top_labels=2).explained_labels()[0] == exp.predict_proba.argmax()
    assert not explain(FRAME.iloc[0], anchored=False).anchored
    assert explain(FRAME.iloc[0]).anchored


def test_samplers_that_fit_alone_are_taken_as_they_are():
    said = lime.Explainer(FOREST, FRAME, num_samples=200, sampling_method="auto")
    assert "neighborhood='auto'" in repr(said)  # what it would do anyway
    with lime.config_context(sampling_method="classic"):
        exp = lime.Explainer(greeting, num_samples=50)("hello there world")
    assert exp.sampling_method == "classic"
    assert not exp.anchored
    exact = lime.Explainer(FOREST, FRAME, sampling_method="exact")(FRAME.iloc[0])
    assert exact.exact
    assert not exact.anchored


def test_a_first_instance_that_is_refused_leaves_the_door_open():
    explain = lime.Explainer(greeting, kernel_width=-1.0, num_samples=50, feature_selection="no such")
    for _ in range(2):
        with pytest.raises(ValueError, match="no such"):
            explain("hello there")
    assert explain.kind is None
