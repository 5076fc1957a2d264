"""What lime 0.2.0.1 explains though it is odd: NaN in other classes, names of odd forms, a single column."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer
from lime.explanation import Explanation

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(120, 3))
SERIES = RNG.normal(size=(120, 3, 2))
PICTURE = RNG.uniform(size=(8, 8, 3))
HALVES = np.repeat([[0] * 4 + [1] * 4], 8, axis=0)
KINDS = ["table", "series", "text", "image"]
NAMES = ["low", "high", "odd"]


def explain(kind, model, labels=(1,), top_labels=None, **given):
    """The explanation of one instance by one of the four explainers."""
    settings: dict[str, Any] = {"labels": labels, "top_labels": top_labels}
    if kind == "table":
        return LimeTabularExplainer(ROWS, random_state=0, **given).explain_instance(
            ROWS[0], model, num_samples=200, **settings
        )
    if kind == "series":
        return RecurrentTabularExplainer(SERIES, random_state=0, **given).explain_instance(
            SERIES[0], model, num_samples=200, **settings
        )
    if kind == "text":
        return LimeTextExplainer(random_state=0, **given).explain_instance("a good film", model, **settings)
    return LimeImageExplainer(random_state=0, **given).explain_instance(
        PICTURE, model, segmentation_fn=HALVES, hide_color=0, progress_bar=False, **settings
    )


def probabilities(batch):
    """Of two classes, for rows, series, texts or pictures."""
    if isinstance(batch, list):
        found = np.array([3.0 * ("good" in text) - 1.0 + len(text) / 100 for text in batch])
    else:
        batch = np.asarray(batch)
        found = batch[:, :, :4].mean(axis=(1, 2, 3)) if batch.ndim == 4 else batch.reshape(len(batch), -1)[:, 0]
    p = 1 / (1 + np.exp(-found))
    return np.column_stack([1 - p, p])


def said(exp, words):
    return any(words in sentence for sentence in exp.warnings)


def three(batch, odd=np.nan):
    """Two probabilities and a third class without a number."""
    two = np.asarray(probabilities(batch))
    return np.c_[two, np.full(len(two), odd)]


@pytest.mark.parametrize("kind", KINDS)
class TestEachExplainer:
    @pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
    def test_a_class_that_is_not_explained_is_ignored(self, kind, odd):
        exp = explain(kind, lambda batch: three(batch, odd), labels=(1,), class_names=NAMES)
        plain = explain(kind, probabilities, labels=(1,))
        assert exp.local_exp == plain.local_exp
        assert said(exp, "predictions for odd hold NaN or infinite")
        again = Explanation.from_json(exp.to_json())
        np.testing.assert_array_equal(again.predict_proba, exp.predict_proba)

    def test_it_is_no_top_class(self, kind):
        for count in (1, 2, 3):
            exp = explain(kind, three, top_labels=count)
            assert sorted(exp.top_labels) in ([0], [1], [0, 1])
            assert len(exp.top_labels) == min(count, 2)

    def test_it_is_refused_where_it_is_explained(self, kind):
        with pytest.raises(ValueError, match=r"NaN or infinite values of odd for \d+ of \d+ inputs .*first is input 0"):
            explain(kind, three, labels=(1, 2), class_names=NAMES)

    def test_outputs_of_a_regression(self, kind):
        exp = explain(kind, three, labels=(1,), mode="regression")
        assert said(exp, "predictions for output 2 hold NaN")

    def test_minus_infinity_that_is_explained_names_the_way_out(self, kind):
        def model(batch):
            p = probabilities(batch)[:, 0]
            with np.errstate(divide="ignore"):
                return np.log(np.c_[p, p > p.mean()])

        assert explain(kind, model, labels=(0,)).local_exp
        with pytest.raises(ValueError, match="pass predict_proba instead of predict_log_proba"):
            explain(kind, model, labels=(1,))

    def test_labels_beside_probabilities(self, kind):
        def pair(batch):
            p = probabilities(batch)
            return [p.argmax(axis=1), [dict(enumerate(row)) for row in p.tolist()]]

        exp = explain(kind, pair)
        assert exp.local_exp == explain(kind, probabilities).local_exp
        assert list(exp.class_names) == ["0", "1"]

    def test_one_text_as_names_of_classes_is_taken_by_its_letters(self, kind):
        exp = explain(kind, probabilities, class_names="ny")
        assert list(exp.class_names) == ["n", "y"]
        assert said(exp, "class_names='ny' is one text")

    def test_keys_of_a_dict_have_an_order(self, kind):
        exp = explain(kind, probabilities, class_names={"no": 1, "yes": 2}.keys())
        assert list(exp.class_names) == ["no", "yes"]

    def test_a_mapping_with_a_gap(self, kind):
        exp = explain(kind, probabilities, class_names={0: "neg", 2: "pos"})
        assert said(exp, "lacks class 1")
        assert not said(explain(kind, probabilities, class_names={0: "neg", 1: "pos"}), "lacks")

    def test_a_label_below_the_first_names_the_range(self, kind):
        with pytest.raises(ValueError, match="from -3 to 2"):
            explain(kind, lambda batch: three(batch, 0.0), labels=[-4])

    def test_a_single_column_and_class_0(self, kind):
        def single(batch):
            return probabilities(batch)[:, 1:]

        assert said(explain(kind, single, labels=[0]), "single column")
        assert not said(explain(kind, single, labels=[1]), "single column")
        assert not said(explain(kind, probabilities, labels=[0]), "single column")

    def test_every_way_of_display_takes_it(self, kind):
        exp = explain(kind, three, labels=(1,))
        json.loads(exp.to_json())
        assert exp.as_html()
        assert repr(exp)


@pytest.mark.parametrize("method", ["auto", "classic"])
def test_one_row_and_many(method):
    explainer = LimeTabularExplainer(ROWS, class_names=NAMES, random_state=0)
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 200}
    if method == "classic":
        settings["sampling_method"] = "gaussian"
    many = explainer.explain_instances(ROWS[:3], three, n_jobs=1, progress_bar=False, **settings)
    assert len(many) == 3
    assert all(said(exp, "predictions for odd hold NaN") for exp in many)
    with pytest.raises(Exception, match="NaN or infinite values"):
        explainer.explain_instances(ROWS[:3], three, n_jobs=1, progress_bar=False, **{**settings, "labels": (2,)})


def test_a_single_column_in_many_rows_and_batches():
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    settings: dict[str, Any] = {"labels": (0,), "num_samples": 200, "n_jobs": 1, "progress_bar": False}
    for size in (None, 50):
        many = explainer.explain_instances(
            ROWS[:2], lambda batch: probabilities(batch)[:, 1:], batch_size=size, **settings
        )
        assert all(said(exp, "single column") for exp in many)


class Pipeline:
    """As transformers has it."""

    task = "text-classification"
    model = type("Net", (), {"config": type("Config", (), {"id2label": {0: "NEG", 1: "POS"}})})()

    def __call__(self, inputs, top_k, batch_size):
        return [[{"label": "NEG", "score": 0.25}, {"label": "POS", "score": 0.75}] for _ in inputs]


Pipeline.__module__ = "transformers.pipelines.base"


@pytest.mark.parametrize("data", [ROWS, pd.DataFrame(ROWS, columns=["a", "b", "c"])])
def test_a_pipeline_of_texts_on_a_table_is_told_so(data):
    row = data.iloc[0] if hasattr(data, "iloc") else data[0]
    with pytest.raises(Exception, match=r"pipeline of texts .* LimeTextExplainer"):
        LimeTabularExplainer(data, random_state=0).explain_instance(row, Pipeline(), num_samples=50)
    assert explain("text", Pipeline()).class_names == ["NEG", "POS"]
