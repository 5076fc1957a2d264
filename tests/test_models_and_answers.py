"""What a model is and what it answers, asked through all four explainers."""

from __future__ import annotations

import sys
import threading
import types
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer
from lime.cli.job import user_errors
from lime.exceptions import LimeError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(120, 3))
SERIES = RNG.normal(size=(120, 3, 2))
PICTURE = RNG.uniform(size=(8, 8, 3))
HALVES = np.repeat([[0] * 4 + [1] * 4], 8, axis=0)
TEXT = "a good film"

WITHOUT_WEIGHTS = [
    DecisionTreeRegressor(max_depth=2),
    make_pipeline(StandardScaler(), Lasso(0.01)),
    GridSearchCV(Ridge(), {"alpha": [1.0]}),
]

FRAMES = {
    "integers": pd.DataFrame({"a": RNG.integers(0, 9, 99), "b": RNG.integers(0, 9, 99)}),
    "booleans": pd.DataFrame({"a": RNG.random(99) < 0.5, "b": RNG.normal(size=99)}),
    "nullable": pd.DataFrame({"a": RNG.integers(0, 9, 99), "b": pd.array(RNG.integers(0, 9, 99), dtype="Int64")}),
    "pyarrow": pd.DataFrame({"a": [1, 2, 3] * 33, "b": RNG.normal(size=99)}).convert_dtypes(dtype_backend="pyarrow"),
}

ORDERS = [(["good", "bad"], True), (["bad", "good"], False), (["Bad ", "GOOD"], False), (["B", "G"], False)]

KINDS = ["table", "series", "text", "image"]


def explain(kind, model, **given):
    """The explanation of one instance by one of the four explainers."""
    settings = {
        key: given.pop(key) for key in ("labels", "top_labels", "model_regressor", "num_samples") if key in given
    }
    if kind == "table":
        return LimeTabularExplainer(ROWS, random_state=0, **given).explain_instance(
            ROWS[0], model, **{"num_samples": 200, **settings}
        )
    if kind == "series":
        return RecurrentTabularExplainer(SERIES, random_state=0, **given).explain_instance(
            SERIES[0], model, **{"num_samples": 200, **settings}
        )
    if kind == "text":
        return LimeTextExplainer(random_state=0, **given).explain_instance(TEXT, model, **settings)
    return LimeImageExplainer(random_state=0, **given).explain_instance(
        PICTURE, model, segmentation_fn=HALVES, hide_color=0, progress_bar=False, **{"top_labels": None, **settings}
    )


def score(batch):
    """One number for each row, series, text or picture, on both sides of 0."""
    if isinstance(batch, list):
        return np.array([3.0 * ("good" in text) - 1.0 + len(text) / 100 for text in batch])
    batch = np.asarray(batch)
    if batch.ndim == 4:
        return batch[:, :, :4].mean(axis=(1, 2, 3)) * 8 - 2.0
    return batch.reshape(len(batch), -1)[:, 0] * 2


def probabilities(batch):
    p = 1 / (1 + np.exp(-score(batch)))
    return np.column_stack([1 - p, p])


def as_dicts(batch):
    """As pipelines answer: the likeliest class first."""
    rows = [{"no": float(a), "yes": float(b)} for a, b in probabilities(batch)]
    return [dict(sorted(row.items(), key=lambda pair: -pair[1])) for row in rows]


def said(exp, words):
    return any(words in sentence for sentence in exp.warnings)


@pytest.mark.parametrize("kind", KINDS)
class TestAnswersInAllDomains:
    def test_log_probabilities_are_explained_with_the_way_out(self, kind):
        exp = explain(kind, lambda batch: np.log(probabilities(batch)))
        assert said(exp, "log-probabilities")
        assert said(exp, "exponentiate")
        assert exp.predict_proba.max() < 0

    def test_infinite_logarithms_are_refused(self, kind):
        def model(batch):
            with np.errstate(divide="ignore"):
                return np.log(np.column_stack([score(batch) < 0, score(batch) >= 0]).astype(float))

        with pytest.raises(ValueError, match="-inf cannot be fitted; pass predict_proba"):
            explain(kind, model)

    @pytest.mark.parametrize("columns", [1, 2, 3])
    def test_labels_in_place_of_probabilities_are_said(self, kind, columns):
        def labels(batch):
            hard = (score(batch) > 0).astype(int)
            return hard if columns == 1 else np.eye(columns)[hard]

        exp = explain(kind, labels)
        assert said(exp, "predicts labels, pass predict_proba")
        smooth = explain(kind, probabilities)
        assert not said(smooth, "labels")
        assert not said(explain(kind, lambda batch: (score(batch) > 0) * 1.0, mode="regression"), "labels")

    def test_rounding_of_any_precision_is_no_warning(self, kind):
        for dtype in (np.float16, np.float32):
            rounded = explain(kind, lambda batch, dtype=dtype: probabilities(batch).astype(dtype))
            over = explain(kind, lambda batch: (probabilities(batch) + 1.2e-7).astype(np.float32))
            for exp in (rounded, over):
                assert not said(exp, "not probabilities")
                assert not said(exp, "do not sum")

    def test_one_flat_column_of_scores_names_the_mode(self, kind):
        with pytest.raises(ValueError, match='mode="regression"'):
            explain(kind, score)

    def test_a_column_of_scores_is_explained_as_it_was(self, kind):
        def column(batch):
            return score(batch)[:, None]

        with pytest.raises(ValueError, match=r'labels holds 1.*mode="regression"'):
            explain(kind, column)
        exp = explain(kind, column, labels=(0,))
        value = explain(kind, score, mode="regression")
        assert dict(exp.local_exp[0]) == pytest.approx(dict(value.local_exp[1]))
        assert said(exp, 'mode="regression"')

    def test_named_answers_name_the_classes(self, kind):
        plain = explain(kind, probabilities)
        by_dict = explain(kind, as_dicts)
        assert list(by_dict.class_names) == ["no", "yes"]
        assert dict(by_dict.local_exp[1]) == pytest.approx(dict(plain.local_exp[1]))
        other = explain(kind, as_dicts, class_names=["yes", "no"], labels=(0,))
        assert list(other.class_names) == ["yes", "no"]
        assert dict(other.local_exp[0]) == pytest.approx(dict(plain.local_exp[1]))
        frame = explain(kind, lambda batch: pl.DataFrame(probabilities(batch), schema=["no", "yes"]))
        assert list(frame.class_names) == ["no", "yes"]

    def test_names_in_another_order_than_a_frame_are_said(self, kind):
        def frame(batch):
            return pd.DataFrame(probabilities(batch), columns=["no", "yes"])

        assert said(explain(kind, frame, class_names=["yes", "no"]), "columns are no, yes")
        assert not said(explain(kind, frame, class_names=["bad", "good"]), "order")

    def test_names_as_a_mapping_stand_in_order(self, kind):
        mappings = [{0: "bad", 1: "good"}, {"1": "good", "0": "bad"}, {"good": 1, "bad": 0}]
        for names in (*mappings, mappings[0].values(), iter(["bad", "good"])):  # type: ignore[attr-defined]
            exp = explain(kind, probabilities, class_names=names)
            assert list(exp.class_names) == ["bad", "good"]
            assert not said(exp, "class_names")

    def test_names_without_an_order_are_refused(self, kind):
        names = {"bad", "good"}
        for given in (names, frozenset(names), np.array(names)):
            with pytest.raises(ValueError, match=r"class_names.*(no order|sequence)"):
                explain(kind, probabilities, class_names=given)

    def test_masked_answers_are_refused(self, kind):
        with pytest.raises(ValueError, match="NaN or infinite"):
            explain(kind, lambda batch: np.ma.masked_greater(probabilities(batch), 0.6))

    def test_errors_of_the_model_say_what_it_was_given(self, kind):
        def model(batch):
            raise AttributeError("no such thing")

        with pytest.raises(AttributeError, match="no such thing") as caught:
            explain(kind, model)
        (note,) = caught.value.__notes__
        assert "batch of" in note
        shapes = {"table": "(200, 3)", "series": "(200, 3, 2)", "text": "list of str", "image": "8, 8, 3)"}
        assert shapes[kind] in note
        with pytest.raises(LimeError, match=r"the model raised AttributeError: no such thing \(the"), user_errors():
            explain(kind, model)

    def test_an_answer_for_one_input_names_the_slip(self, kind):
        with pytest.raises(ValueError, match="a prediction for one input"):
            explain(kind, lambda batch: [0.5] if len(batch) == 2 else [0.2, 0.8])

    @pytest.mark.parametrize("regressor", WITHOUT_WEIGHTS, ids=str)
    def test_a_surrogate_without_weights_is_refused_before_the_first_call(self, kind, regressor):
        def never(batch):
            raise AssertionError("the model was asked")

        with pytest.raises(TypeError, match="model_regressor=") as caught:
            explain(kind, never, model_regressor=regressor)
        assert "coef_" in str(caught.value)
        assert not hasattr(regressor, "tree_")
        assert explain(kind, probabilities, model_regressor=Lasso(0.01)).local_exp[1]


def test_names_contradicted_by_classes_are_said():
    frame = pd.DataFrame(ROWS, columns=list("abc"))
    y = np.where(frame.a > 0, "good", "bad")
    model = RandomForestClassifier(10, random_state=0).fit(frame, y)
    for predict in (model, model.predict_proba, partial(model.predict_proba)):
        for names, odd in ORDERS:
            exp = LimeTabularExplainer(frame, class_names=names, random_state=0).explain_instance(
                frame.iloc[0], predict, num_samples=100
            )
            assert said(exp, "class_names are the model's classes in another order") is odd
            assert said(exp, "the model's columns are bad, good") is odd
    by_class = LimeTabularExplainer(frame, class_names={"good": "fine", "bad": "poor"}, random_state=0)
    assert by_class.explain_instance(frame.iloc[0], model, num_samples=100).class_names == ["poor", "fine"]


def test_too_few_and_too_many_names_are_said():
    for names in (["a"], ["a", "b", "c"], {1: "b", 2: "c"}):
        assert said(explain("table", probabilities, class_names=names), "but the model has 2 classes")
    with pytest.raises(ValueError, match="expected a mapping from the model's columns"):
        explain("table", probabilities, class_names={"a": "b"})


def test_scores_of_one_column_settle_too():
    """The instance and some stages may look like probabilities, and later stages not."""

    def column(batch):
        return np.asarray(batch)[:, :1] * 0.4 + 0.5

    sampled = LimeTabularExplainer(ROWS, random_state=0)
    near = int(np.argmin(np.abs(ROWS[:, 0])))
    for samples in ("auto", 300):
        exp = sampled.explain_instance(ROWS[near], column, labels=(0,), num_samples=samples)
        assert len(exp.predict_proba) == 1
        assert said(exp, "There is one column")
        many = sampled.explain_instances(ROWS[near : near + 1], column, labels=(0,), num_samples=samples)
        assert many[0].class_names == ["0"]


class TestErrorsFromWorkers:
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_notes_come_along(self, jobs):
        def fails_on_rows(batch):
            if len(batch) < 50:
                raise ValueError("rows like these")
            return probabilities(batch)

        explainer = LimeTabularExplainer(ROWS, random_state=0)
        with pytest.raises(ValueError, match="rows like these") as caught:
            explainer.explain_instances(ROWS[:4], fails_on_rows, n_jobs=jobs, num_samples=100)
        first, last = caught.value.__notes__
        assert "batch of" in first
        assert "row 0 of the data" in last

    def test_notes_of_errors_that_do_not_travel(self):
        class Odd(Exception):
            def __init__(self, one, two):
                super().__init__(f"{one} and {two}")

        def model(texts):
            raise Odd(1, 2)

        with pytest.raises(LimeError, match="Odd: 1 and 2") as caught:
            LimeTextExplainer(random_state=0).explain_instances([TEXT] * 4, model, n_jobs=2)
        assert any("list of str" in note for note in caught.value.__notes__)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_model_that_cannot_be_sent_is_named(self, kind):
        lock = threading.Lock()

        def model(batch):
            with lock:
                return probabilities(batch)

        explainer, data = {
            "table": (LimeTabularExplainer(ROWS, random_state=0), ROWS[:4]),
            "series": (RecurrentTabularExplainer(SERIES, random_state=0), SERIES[:4]),
            "text": (LimeTextExplainer(random_state=0), [TEXT] * 4),
            "image": (LimeImageExplainer(random_state=0), [PICTURE] * 4),
        }[kind]
        more = {"segmentation_fn": HALVES, "num_samples": 20} if kind == "image" else {"num_samples": 50}
        with pytest.raises(TypeError, match=r"predict_fn cannot be sent to workers .*lock.*n_jobs=1"):
            explainer.explain_instances(data, model, n_jobs=2, **more)

    def test_a_setting_that_cannot_be_sent_is_named(self):
        lock = threading.Lock()

        def metric(a, b):
            with lock:
                return float(np.abs(a - b).sum())

        with pytest.raises(TypeError, match="distance_metric cannot be sent to workers"):
            LimeTabularExplainer(ROWS, random_state=0).explain_instances(
                ROWS[:4], probabilities, n_jobs=2, num_samples=50, distance_metric=metric
            )


def test_a_surrogate_is_refused_before_many_rows():
    def never(batch):
        raise AssertionError("the model was asked")

    for errors in ("raise", "record"):
        with pytest.raises(TypeError, match="model_regressor="):
            LimeTextExplainer().explain_instances([TEXT], never, errors=errors, model_regressor=DecisionTreeRegressor())


def test_errors_of_our_own_preparation_carry_no_note_of_the_model():
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - whatever it says
        LimeTabularExplainer(ROWS, random_state=0).explain_instance(ROWS[0, :2], probabilities)
    assert not getattr(caught.value, "__notes__", [])


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (LinearRegression(), 'a regressor is explained with mode="regression"'),
        (LinearSVC(), "CalibratedClassifierCV"),
        (KMeans(2, n_init=1), "a clusterer has no probabilities"),
        (IsolationForest(n_estimators=3), "score_samples"),
        (LinearSVC, "pass an instance of the class"),
        ("model.pkl", "load the model first"),
        (np.zeros(3), "its predictions are not enough"),
    ],
)
def test_models_without_probabilities_name_the_way_out(model, words):
    if hasattr(model, "fit") and not isinstance(model, type):
        model.fit(ROWS, (ROWS[:, 0] > 0).astype(int))
    with pytest.raises(TypeError, match=words):
        explain("table", model)


def fake(home, name, **methods):
    """An object that says that it comes from another library."""
    return type(name, (), {"__module__": home, **methods})()


def test_boosters_and_results_are_asked_by_their_own_predict(monkeypatch):
    plain = explain("table", probabilities)

    class DMatrix:
        def __init__(self, data, feature_names=None, enable_categorical=False):
            self.data = data

    monkeypatch.setitem(sys.modules, "xgboost", types.SimpleNamespace(DMatrix=DMatrix))
    second = [
        fake(
            "xgboost.core", "Booster", feature_names=None, predict=lambda self, matrix: probabilities(matrix.data)[:, 1]
        ),
        fake("lightgbm.basic", "Booster", predict=lambda self, rows: probabilities(rows)[:, 1]),
        fake(
            "statsmodels.discrete.discrete_model",
            "BinaryResultsWrapper",
            predict=lambda self, rows: probabilities(rows)[:, 1],
        ),
    ]
    for model in second:
        assert dict(explain("table", model).local_exp[1]) == pytest.approx(dict(plain.local_exp[1]))
    regression = fake("lightgbm.basic", "Booster", predict=lambda self, rows: score(rows))
    with pytest.raises(ValueError, match='mode="regression"'):
        explain("table", regression)

    def by_type(self, rows, prediction_type="RawFormulaVal"):
        return probabilities(rows) if prediction_type == "Probability" else score(rows)

    catboost = fake("catboost.core", "CatBoost", predict=by_type)
    assert dict(explain("table", catboost).local_exp[1]) == pytest.approx(dict(plain.local_exp[1]))


def test_a_language_of_spacy_answers_with_its_categories():
    def pipe(self, texts):
        return [types.SimpleNamespace(cats=row) for row in as_dicts(texts)]

    exp = explain("text", fake("spacy.language", "Language", pipe=pipe, __call__=lambda self, text: text))
    assert list(exp.class_names) == ["no", "yes"]


class TestPipelinesOfTransformers:
    @staticmethod
    def pipeline(task):
        model = types.SimpleNamespace(config=types.SimpleNamespace(id2label={0: "no", 1: "yes"}))

        def call(self, texts, top_k, batch_size):
            return [[{"label": k, "score": v} for k, v in row.items()] for row in as_dicts(texts)]

        return fake("transformers.pipelines.base", "Pipeline", task=task, model=model, __call__=call)

    @pytest.mark.parametrize(
        "task", ["token-classification", "zero-shot-classification", "video-classification", "fill-mask"]
    )
    def test_other_tasks_are_refused_by_name(self, task):
        with pytest.raises(TypeError, match=f"pipeline for '{task}': expected one for text-classification"):
            explain("text", self.pipeline(task))

    @pytest.mark.parametrize("task", ["text-classification", "sentiment-analysis"])
    def test_those_that_classify_are_asked(self, task):
        plain, exp = explain("text", probabilities), explain("text", self.pipeline(task))
        assert dict(exp.local_exp[1]) == pytest.approx(dict(plain.local_exp[1]))
        assert exp.class_names == ["no", "yes"]


class TestNetworksOnTables:
    """Keras's interface by a stand-in; real networks are asked where their libraries are."""

    @staticmethod
    def network(seen, kind="Dense", dtype="float32", names=("x",), shape=(None, 2)):
        def predict(self, batch):
            seen.append(batch)
            count = len(next(iter(batch.values())) if isinstance(batch, dict) else batch)
            p = np.linspace(0.1, 0.9, count)
            return np.column_stack([1 - p, p])

        inputs = [types.SimpleNamespace(name=name, dtype=dtype, shape=shape) for name in names]
        return fake(
            "keras.src.models.model", "Model", predict_on_batch=predict, inputs=inputs, layers=[type(kind, (), {})()]
        )

    @pytest.mark.parametrize("name", list(FRAMES))
    def test_they_get_one_matrix_of_floats(self, name):
        seen, frame = [], FRAMES[name]
        LimeTabularExplainer(frame, random_state=0).explain_instance(frame.iloc[0], self.network(seen), num_samples=50)
        for batch in seen:
            assert isinstance(batch, np.ndarray)
            assert batch.dtype in (np.float32, np.float64)

    @pytest.mark.parametrize("given", [{"kind": "Embedding"}, {"dtype": "int32"}])
    def test_whole_numbers_stay_where_they_are_embedded(self, given):
        for name in ("integers", "nullable"):
            seen, frame = [], FRAMES[name]
            network = self.network(seen, **given)
            LimeTabularExplainer(frame, random_state=0).explain_instance(frame.iloc[0], network, num_samples=50)
            assert {batch.dtype.kind for batch in seen} == {"i"}

    def test_several_inputs_get_their_columns_by_name(self):
        seen, frame = [], FRAMES["booleans"]
        network = self.network(seen, names=("b", "a"), shape=(None, 1))
        LimeTabularExplainer(frame, random_state=0).explain_instance(frame.iloc[0], network, num_samples=50)
        assert set(seen[0]) == {"a", "b"}
        assert {column.shape[1] for column in seen[0].values()} == {1}

    def test_texts_come_in_the_shape_of_the_input(self):
        for shape, dimensions in (((None, 1), 2), ((None,), 1)):
            seen = []
            explain("text", self.network(seen, dtype="string", shape=shape))
            assert seen[0].ndim == dimensions
            assert isinstance(seen[0].flat[0], str)

    def test_texts_in_a_column_are_refused_without_a_note_of_the_model(self):
        frame = pd.DataFrame({"a": list("xyz") * 33, "b": RNG.normal(size=99)})
        with pytest.raises(TypeError, match="is a network, which takes numbers, and a column holds") as caught:
            LimeTabularExplainer(frame, random_state=0).explain_instance(
                frame.iloc[0], self.network([]), num_samples=50
            )
        assert not getattr(caught.value, "__notes__", [])


def test_a_likely_slip_is_named_by_what_the_model_was_given():
    frame = pd.DataFrame(ROWS, columns=list("abc"))

    def wants_codes(rows):
        raise ValueError("Found unknown categories [1.5] in column 0 during transform")

    def notes(data, model):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the model's own
            LimeTabularExplainer(data, random_state=0).explain_instance(
                data[0] if data is ROWS else data.iloc[0], model
            )
        return " ".join(caught.value.__notes__)

    assert "categorical_features" in notes(ROWS, wants_codes)
    assert "training_data is a frame" in notes(ROWS, lambda rows: rows["a"])
    assert "frame.to_numpy()" in notes(frame, lambda rows: rows[:, 0])
    assert "a: float64, b: float64, c: float64" in notes(frame, lambda rows: rows[:, 0])
    flat = lambda rows: LogisticRegression().fit(ROWS, ROWS[:, 0] > 0).predict_proba(rows[0])  # noqa: E731
    assert "both dimensions" in notes(ROWS, flat)
