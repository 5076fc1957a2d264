"""``sampling_method="auto"`` takes exact weights where it can, and says which way it took and why; other doors too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

import lime
from lime import Explanation, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer, config_context
from wald import agrees, wald

RNG = np.random.default_rng(0)
X = RNG.normal(size=(250, 4))
Y = (X[:, 0] + X[:, 1] * (X[:, 2] > 0.0) + 0.5 * RNG.normal(size=250) > 0.0).astype(int)
FOREST = RandomForestClassifier(8, random_state=0).fit(X, Y)
BOOSTED = GradientBoostingClassifier(n_estimators=8, random_state=0).fit(X, Y)


def explainer(**settings: Any) -> LimeTabularExplainer:
    return LimeTabularExplainer(X, random_state=0, **settings)


def function(rows: Any) -> Any:
    return FOREST.predict_proba(rows)


@pytest.mark.parametrize(
    ("model", "made", "asked", "reason"),
    [
        (FOREST, {}, {}, "exact weights: the model could be read"),
        (BOOSTED, {}, {"link": "logit"}, "exact weights: the model could be read"),
        (BOOSTED, {}, {}, "no exact weights: the model's probabilities are no sums"),
        (function, {}, {}, "no exact weights: nothing is known of what a function does"),
        (FOREST, {}, {"anchored": True}, "no exact weights: an anchored surrogate"),
        (FOREST, {}, {"distance_metric": "manhattan"}, "no exact weights: under distance_metric='manhattan'"),
        (FOREST, {"kernel_width": "auto"}, {}, "no exact weights: kernel_width='auto'"),
        (FOREST, {"neighborhood": "rows"}, {}, "no exact weights: under neighborhood='rows'"),
    ],
    ids=["forest", "log-odds", "boosting", "function", "anchored", "metric", "width", "rows"],
)
def test_the_way_is_taken_and_told(model: Any, made: dict[str, Any], asked: dict[str, Any], reason: str) -> None:
    asked = {"sampling_method": "auto", "num_samples": 300, **asked}
    alone = explainer(**made).explain_instance(X[0], model, **asked)
    assert alone.sampling_reason.startswith(reason)
    assert alone.exact == reason.startswith("exact")
    assert ("no exact weights" in " ".join(str(alone).split())) != alone.exact
    assert Explanation.from_json(alone.to_json()).sampling_reason == alone.sampling_reason
    (together,) = explainer(**made).explain_instances(X[:1], model, **asked)
    assert together.sampling_reason == alone.sampling_reason
    assert together.local_exp == alone.local_exp
    assert together.sampling_method == alone.sampling_method


def test_why_not_exact_asks_without_a_call() -> None:
    assert explainer().why_not_exact(FOREST) is None
    assert "pass link='logit'" in str(explainer().why_not_exact(BOOSTED))
    assert explainer().why_not_exact(BOOSTED, link="logit") is None
    assert "model_regressor" in str(explainer().why_not_exact(FOREST, model_regressor=LinearSVC()))
    with pytest.raises(TypeError, match="no_such"):
        explainer().why_not_exact(FOREST, no_such=1)


def test_a_model_that_gives_other_predictions_than_its_trees_is_sampled_with_the_reason() -> None:
    class Bent(RandomForestClassifier):
        def predict_proba(self, rows: Any) -> Any:
            return np.square(super().predict_proba(rows)) @ np.eye(2) / 2.0 + 0.25

    Bent.__module__ = "sklearn.ensemble._forest"
    Bent.__name__ = "RandomForestClassifier"
    bent = Bent(5, random_state=0).fit(X, Y)
    exp = explainer().explain_instance(X[0], bent, sampling_method="auto", num_samples=300)
    assert not exp.exact
    assert "differ by up to" in exp.sampling_reason
    (row,) = explainer().explain_instances(X[:1], bent, sampling_method="auto", num_samples=300)
    assert row.sampling_reason == exp.sampling_reason
    assert row.local_exp == exp.local_exp


def test_the_setting_for_all_calls_holds_for_tables_alone() -> None:
    with config_context(sampling_method="exact"):
        assert explainer().explain_instance(X[0], FOREST).exact
        assert explainer().explain_instances(X[:2], FOREST)[0].exact
        assert not explainer(neighborhood="rows").explain_instance(X[0], FOREST).exact
        with pytest.raises(ValueError, match="pass the model itself"):
            explainer().explain_instance(X[0], function)
        texts = LimeTextExplainer(random_state=0)
        said = texts.explain_instance("a good film", lambda batch: np.full((len(batch), 2), 0.5), num_samples=50)
        assert said.sampling_method != "exact"


def test_the_front_door_takes_exact_weights_where_columns_are_independent() -> None:
    exp = lime.Explainer(FOREST, X, sampling_method="auto", neighborhood="independent")(X[0])
    assert exp.exact
    assert not exp.anchored
    near = lime.Explainer(FOREST, X, sampling_method="auto", num_samples=300)(X[0])
    assert near.anchored
    assert "not independent" in near.sampling_reason
    plain = lime.Explainer(function, X, sampling_method="auto", neighborhood="independent", num_samples=300)(X[0])
    assert plain.anchored
    assert "function" in plain.sampling_reason


def as_rows(series: Any) -> Any:
    return np.asarray(series).reshape(len(series), -1)


@pytest.mark.parametrize("discretize", [True, False])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_series_behind_a_step_that_writes_them_as_rows_are_exact(discretize: bool, kind: type) -> None:
    series = np.random.default_rng(1).normal(size=(80, 4, 3)).astype(kind)
    model = make_pipeline(
        FunctionTransformer(as_rows), StandardScaler(), RandomForestClassifier(8, max_depth=5, random_state=0)
    ).fit(series, (series[:, -1, 0] > series[:, 0, 1]).astype(int))
    explain = RecurrentTabularExplainer(series, random_state=0, discretize_continuous=discretize)
    exact = explain.explain_instance(series[0], model, num_features=12, sampling_method="exact")
    assert exact.exact
    weights = np.zeros(12)
    for feature, weight in exact.local_exp[1]:
        weights[feature] = weight
    drawn = explain.explain_instance(series[0], model, num_features=12, num_samples=12_000, sampling_method="gaussian")
    assert agrees(*wald(drawn, weights))
    (many,) = explain.explain_instances(series[:1], model, num_features=12, sampling_method="exact")
    assert many.local_exp == exact.local_exp


def mixed(rows: Any) -> Any:
    return np.asarray(rows) @ np.ones((4, 1))


def test_a_function_that_mixes_columns_is_refused() -> None:
    model = make_pipeline(FunctionTransformer(mixed), RandomForestClassifier(3, random_state=0)).fit(X, Y)
    assert "FunctionTransformer" in str(explainer().why_not_exact(model))


@pytest.mark.parametrize(
    "inner", [RandomForestClassifier(8, max_depth=4, random_state=0), LinearSVC()], ids=["forest", "line"]
)
def test_one_sigmoid_is_exact_in_log_odds(inner: Any) -> None:
    model = CalibratedClassifierCV(inner, ensemble=False, cv=3).fit(X, Y)
    exact = explainer().explain_instance(X[0], model, link="logit", sampling_method="exact")
    drawn = explainer().explain_instance(X[0], model, link="logit", num_samples=12_000, sampling_method="gaussian")
    weights = np.zeros(4)
    for feature, weight in exact.local_exp[1]:
        weights[feature] = weight
    assert agrees(*wald(drawn, weights))
    several = CalibratedClassifierCV(inner, cv=3).fit(X, Y)
    assert "method='sigmoid' and ensemble=False" in str(explainer().why_not_exact(several, link="logit"))
