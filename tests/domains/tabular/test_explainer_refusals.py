"""What the tabular explainer takes with a warning, what it refuses, and models that answer wrongly."""

from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from lime.lime_tabular import (
    LimeTabularExplainer,
)
from table_samples import WINE, two_columns


class TestWhatWasWrong:
    """The list of 0.2.0.1's faults, as far as tables are concerned."""

    def test_a_bin_with_one_value_yields_it(self):
        rng = np.random.default_rng(0)
        x = np.column_stack([np.full(200, 7.0), rng.choice([0.0, 1.0, 2.0], 200), rng.normal(size=200)])
        seen = []
        LimeTabularExplainer(x, random_state=0).explain_instance(
            x[0], lambda r: seen.append(r) or two_columns(np.zeros(len(r)))
        )
        assert (seen[0][:, 0] == 7).all()
        assert set(np.unique(seen[0][:, 1])) == {0.0, 1.0, 2.0}

    def test_a_constant_column_without_bins(self):
        x = np.column_stack([np.full(200, 7.0), np.random.default_rng(0).normal(size=200)])
        seen = []
        exp = LimeTabularExplainer(x, discretize_continuous=False, random_state=0).explain_instance(
            x[0], lambda r: seen.append(r) or two_columns((r[:, 1] > 0) * 1.0)
        )
        assert (seen[0][:, 0] == 7).all()
        assert dict(exp.local_exp[1])[0] == 0

    def test_small_numbers_have_distinct_bins(self):
        x = np.random.default_rng(0).uniform(0, 0.004, (200, 1))
        explainer = LimeTabularExplainer(x, feature_names=["a"])
        names = explainer.discretizer.names[0]
        assert len(set(names)) == 4
        assert all(float(part) > 0 for name in names for part in name.replace("a", "").split() if part[0].isdigit())

    def test_pickle_and_deepcopy(self, wine_explainer, forest):
        exp = wine_explainer.explain_instance(WINE.data[0], forest)
        for copied in (pickle.loads(pickle.dumps(wine_explainer)), copy.deepcopy(wine_explainer)):
            assert copied.explain_instance(WINE.data[0], forest).local_exp == exp.local_exp

    def test_sample_around_instance_is_not_ignored_in_silence(self):
        with pytest.warns(UserWarning, match="sample_around_instance=True has no effect"):
            LimeTabularExplainer(WINE.data, sample_around_instance=True)
        with pytest.warns(UserWarning, match="discretizer has no effect"):
            LimeTabularExplainer(WINE.data, discretizer="decile", discretize_continuous=False)

    def test_top_labels_beyond_the_classes_means_all(self, wine_explainer, forest):
        exp = wine_explainer.explain_instance(
            WINE.data[0], forest, labels=None, top_labels=sys.maxsize, num_samples=100
        )
        assert sorted(exp.local_exp) == [0, 1, 2]

    def test_a_subset_of_features_costs_no_refits(self, wine_explainer, forest):
        few = wine_explainer.explain_instance(WINE.data[0], forest, num_features=3)
        assert len(few.local_exp[1]) == 3


class TestAnswers:
    ROWS = np.random.default_rng(0).normal(size=(100, 3))

    @pytest.mark.parametrize(
        "wrap",
        [
            lambda p: p,
            lambda p: p[:, None],
            lambda p: two_columns(p),
            lambda p: p.tolist(),
            lambda p: two_columns(p).tolist(),
            lambda p: pd.DataFrame(two_columns(p)),
            lambda p: pd.Series(p),
            lambda p: pl.DataFrame(two_columns(p)),
            lambda p: two_columns(p).astype("float32"),
            lambda p: two_columns(p).astype(object),
        ],
    )
    def test_every_shape(self, wrap):
        def p(rows):
            return 1 / (1 + np.exp(-rows[:, 0]))

        explainer = LimeTabularExplainer(self.ROWS, random_state=0)
        plain = explainer.explain_instance(self.ROWS[0], lambda r: two_columns(p(r)), num_samples=300)
        other = explainer.explain_instance(self.ROWS[0], lambda r: wrap(p(r)), num_samples=300)
        assert dict(other.local_exp[1]) == pytest.approx(dict(plain.local_exp[1]), rel=1e-5)
        assert len(other.predict_proba) == 2

    @pytest.mark.parametrize("wrap", [lambda y: y, lambda y: y[:, None], lambda y: y.tolist(), pd.Series])
    def test_every_shape_in_regression(self, wrap):
        explainer = LimeTabularExplainer(self.ROWS, mode="regression", random_state=0)
        exp = explainer.explain_instance(self.ROWS[0], lambda r: wrap(5 * r[:, 0]), num_samples=300)
        assert exp.local_exp[1][0][0] == 0

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (lambda r: np.zeros((len(r) - 1, 2)), r"predict_fn returned .* shape \(299, 2\) for 300 inputs"),
            (lambda r: np.full((len(r), 2), np.nan), "NaN or infinite values for 300 of 300"),
            (lambda r: np.full(len(r), 3), "one column with values from 3 to 3"),
            (lambda r: ["a"] * len(r), "not made of numbers"),
            (lambda r: np.zeros((len(r), 2, 2)), r"shape \(300, 2, 2\)"),
            (lambda r: np.zeros((len(r), 0)), "at least one column"),
            (lambda r: [[1.0], [1.0, 2.0]] * (len(r) // 2), "different lengths"),
            (lambda r: np.zeros((len(r), 2), dtype=complex), "complex128"),
            (lambda r: None, "not made of numbers|shape"),
        ],
    )
    def test_wrong_answers_are_refused(self, answer, words):
        explainer = LimeTabularExplainer(self.ROWS, random_state=0)
        with pytest.raises((ValueError, TypeError), match=words):
            explainer.explain_instance(self.ROWS[0], answer, num_samples=300)

    def test_scores_that_are_no_distribution_are_said(self):
        explainer = LimeTabularExplainer(self.ROWS, random_state=0)
        exp = explainer.explain_instance(self.ROWS[0], lambda r: r[:, :2], num_samples=300)
        assert any("not probabilities" in s for s in exp.warnings)
        exp = explainer.explain_instance(self.ROWS[0], lambda r: np.full((len(r), 3), 0.9), num_samples=300)
        assert any("do not sum to 1" in s for s in exp.warnings)

    def test_a_model_is_enough(self, forest, wine_explainer):
        by_model = wine_explainer.explain_instance(WINE.data[0], forest, num_samples=200)
        by_method = wine_explainer.explain_instance(WINE.data[0], forest.predict_proba, num_samples=200)
        assert by_model.local_exp == by_method.local_exp


class TestModelsThatMisbehave:
    ROWS = np.random.default_rng(0).normal(size=(100, 3))

    def ask(self, model, **settings):
        explainer = LimeTabularExplainer(self.ROWS, discretize_continuous=False, random_state=0)
        return explainer.explain_instance(self.ROWS[0], model, num_samples=300, batch_size=50, **settings).local_exp

    @staticmethod
    def good(rows):
        return two_columns(1 / (1 + np.exp(-rows[:, 0])))

    def test_one_that_overwrites_its_input(self):
        def spoils(rows):
            answer = self.good(rows)
            rows[:] = np.arange(len(rows))[:, None]
            return answer

        assert self.ask(spoils) == self.ask(self.good)

    def test_one_that_answers_into_one_buffer(self):
        buffer = np.empty((50, 2))

        def reuses(rows):
            buffer[: len(rows)] = self.good(rows)
            return buffer[: len(rows)]

        assert self.ask(reuses) == self.ask(self.good)

    @pytest.mark.parametrize("value", [1 / 3, 1e9 + 0.1])
    def test_one_that_never_varies(self, value):
        explainer = LimeTabularExplainer(self.ROWS, mode="regression", random_state=0)
        exp = explainer.explain_instance(self.ROWS[0], lambda rows: np.full(len(rows), value), num_samples=300)
        assert {weight for _, weight in exp.local_exp[1]} == {0.0}
        assert set(exp.standard_errors[1].values()) == {0.0}
        assert exp.intercept[1] == pytest.approx(value)

    def test_outputs_that_are_each_others_negation_stay_two(self):
        explainer = LimeTabularExplainer(self.ROWS, mode="regression", random_state=0)
        exp = explainer.explain_instance(
            self.ROWS[0], lambda rows: np.column_stack([rows[:, 0], -rows[:, 0]]), labels=(0, 1), num_samples=300
        )
        assert exp.as_list(0)[0][1] == -exp.as_list(1)[0][1] == exp.local_exp[0][0][1]
        assert exp.ranges[0] == tuple(-x for x in reversed(exp.ranges[1]))


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"mode": "ranking"}, "mode='ranking'.*'classification' or 'regression'"),
            ({"feature_selection": "best"}, "feature_selection='best'.*'forward_selection'"),
            ({"discretizer": "percentile"}, "discretizer='percentile'.*'quartile'"),
            ({"discretizer": "entropy"}, "training_labels"),
            ({"kernel_width": 0}, "kernel_width=0"),
            ({"kernel_width": float("nan")}, "kernel_width=nan"),
            ({"kernel": "round"}, "kernel='round'"),
            ({"feature_names": ["a"]}, "feature_names"),
            ({"training_data_stats": {"means": {}}}, "training_data_stats lacks .*'mins'"),
            ({"training_data_stats": {}}, "training_data_stats lacks"),
            ({"training_data_stats": 3}, "training_data_stats=3"),
            ({"class_names": 5}, "class_names=5"),
            ({"random_state": "a"}, "random_state='a'"),
            ({"random_state": -1}, "random_state=-1"),
            ({"categorical_names": 3}, "categorical_names=3"),
            ({"discretizer": "entropy", "training_labels": [1, 2]}, r"training_labels has shape \(2,\) for 178"),
            ({"discretizer": "entropy", "training_labels": np.linspace(0, 1, 178)}, "training_labels are not classes"),
        ],
    )
    def test_constructor(self, arguments, words):
        with pytest.raises(ValueError, match=words):
            LimeTabularExplainer(WINE.data, **arguments)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"labels": (7,)}, "labels holds 7, but the model has 3 outputs"),
            ({"labels": ("a",)}, "labels holds 'a'"),
            ({"labels": None}, "labels=None and top_labels=None"),
            ({"top_labels": 1.5}, "top_labels=1.5"),
            ({"top_labels": "2"}, "top_labels='2'"),
            ({"labels": [-4]}, "labels holds -4"),
            ({"distance_metric": lambda a, b: -1.0}, "negative distances"),
            ({"num_features": 0}, "num_features=0"),
            ({"num_features": 2.5}, "num_features=2.5"),
            ({"num_samples": 0}, "num_samples=0"),
            ({"num_samples": "many"}, "num_samples='many'"),
            ({"distance_metric": "nearness"}, "distance_metric='nearness'"),
            ({"sampling_method": "dice"}, "sampling_method='dice'.*'auto', 'sobol'"),
            ({"batch_size": 0}, "batch_size=0"),
        ],
    )
    def test_call(self, wine_explainer, forest, arguments, words):
        with pytest.raises(ValueError, match=words):
            wine_explainer.explain_instance(WINE.data[0], forest, **arguments)

    @pytest.mark.parametrize("row", [WINE.data[0, :5], WINE.data[:2], np.zeros((13, 1)), 3.0, "wine", None])
    def test_rows_of_another_width(self, wine_explainer, forest, row):
        with pytest.raises((ValueError, TypeError), match="data_row"):
            wine_explainer.explain_instance(row, forest)

    @pytest.mark.parametrize("predict_fn", [None, 3, "model", RandomForestClassifier])
    def test_what_is_no_model(self, wine_explainer, predict_fn):
        with pytest.raises(TypeError, match=r"predict_fn is .*expected a function"):
            wine_explainer.explain_instance(WINE.data[0], predict_fn)

    @pytest.mark.parametrize("regressor", ["ridge", LinearRegression, object()])
    def test_what_is_no_regressor(self, wine_explainer, forest, regressor):
        with pytest.raises(TypeError, match="model_regressor="):
            wine_explainer.explain_instance(WINE.data[0], forest, model_regressor=regressor)

    def test_a_boolean_metric_brings_no_warning(self, wine_explainer, forest):
        assert wine_explainer.explain_instance(WINE.data[0], forest, distance_metric="jaccard").local_exp

    def test_names_that_do_not_fit(self, forest):
        with pytest.warns(UserWarning, match=r"categorical_names has names for \[9\]"):
            LimeTabularExplainer(WINE.data, categorical_names={9: ["a"]})
        exp = LimeTabularExplainer(WINE.data, class_names=["a", "b"]).explain_instance(WINE.data[0], forest)
        assert exp.class_names == ["a", "b", "2"]
        assert any("class_names has 2 names, but the model has 3 classes" in s for s in exp.warnings)

    def test_a_model_without_probabilities(self, wine_explainer):
        with pytest.raises(TypeError, match="predict_proba"):
            wine_explainer.explain_instance(WINE.data[0], LinearRegression())

    def test_errors_of_the_model_pass_through(self, wine_explainer):
        def broken(rows):
            raise ZeroDivisionError("in the model")

        with pytest.raises(ZeroDivisionError, match="in the model"):
            wine_explainer.explain_instance(WINE.data[0], broken)
