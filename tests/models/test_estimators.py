"""Models whose predictions go by another name than `predict_proba`; the libraries are fakes with their interfaces."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, RidgeClassifier
from sklearn.preprocessing import StandardScaler

from lime.models.estimators import predict_of, way_out

BATCH = np.arange(6.0).reshape(3, 2)


def model(home: str, name: str, **members: Any) -> Any:
    """An object of a class that stands in a module of another library."""
    return type(name, (), {"__module__": home, **members})()


@pytest.mark.parametrize("home", ["lightgbm.basic", "statsmodels.base.wrapper"])
def test_a_plain_predict_is_taken(home: str) -> None:
    name = "Booster" if home.startswith("lightgbm") else "ResultsWrapper"
    found = predict_of(model(home, name, predict=lambda self, rows: rows[:, 0]), "regression")
    assert found is not None
    np.testing.assert_array_equal(found(BATCH), BATCH[:, 0])


def test_a_booster_of_xgboost_is_given_its_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Any, dict[str, Any]]] = []

    def matrix(batch: Any, **how: Any) -> Any:
        made.append((batch, how))
        return batch

    library = types.ModuleType("xgboost")
    library.DMatrix = matrix  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xgboost", library)
    booster = model(
        "xgboost.core", "Booster", predict=lambda self, rows: np.asarray(rows)[:, 1], feature_names=["a", "b"]
    )
    found = predict_of(booster, "classification")
    assert found is not None
    np.testing.assert_array_equal(found(BATCH), BATCH[:, 1])
    found(pd.DataFrame(BATCH, columns=["a", "b"]))
    assert [how for _, how in made] == [{"feature_names": ["a", "b"]}, {"enable_categorical": True}]


def test_catboost_gives_probabilities_where_it_classifies() -> None:
    def predict(self: Any, rows: Any, prediction_type: str = "RawFormulaVal") -> str:
        return prediction_type

    either = model("catboost.core", "CatBoost", predict=predict)
    found = predict_of(either, "classification")
    assert found is not None
    assert found(BATCH) == "Probability"
    assert predict_of(either, "regression") is None, "its own predict is asked as any other"
    regressor = model("catboost.core", "CatBoost", predict=predict, _estimator_type="regressor")
    assert predict_of(regressor, "classification") is None


def test_a_pipeline_of_spacy_gives_its_categories() -> None:
    language = model(
        "spacy.language",
        "Language",
        pipe=lambda self, texts: [types.SimpleNamespace(cats={"n": len(t)}) for t in texts],
    )
    found = predict_of(language, "classification")
    assert found is not None
    assert found(["a", "abc"]) == [{"n": 1}, {"n": 3}]


def test_others_are_left_alone() -> None:
    assert predict_of(LinearRegression(), "regression") is None
    assert predict_of(LinearRegression, "regression") is None
    assert predict_of(len, "regression") is None


@pytest.mark.parametrize(
    ("thing", "mode", "part"),
    [
        (BATCH, "classification", "predictions are not enough"),
        (pd.Series([0.1, 0.9]), "classification", "predictions are not enough"),
        ("model.pkl", "classification", "load the model first"),
        (Path("model.pkl"), "regression", "load the model first"),
        (LinearRegression, "regression", "pass an instance of the class"),
        (KMeans(), "classification", "a clusterer has no probabilities"),
        (IsolationForest(), "classification", "model.score_samples"),
        (LinearRegression(), "classification", 'a regressor is explained with mode="regression"'),
        (RidgeClassifier(), "classification", "CalibratedClassifierCV"),
        (model("own", "Own", predict=lambda self, rows: rows), "classification", "it has predict"),
        (StandardScaler(), "regression", "it only transforms"),
    ],
)
def test_the_way_out_of_what_cannot_be_asked(thing: Any, mode: str, part: str) -> None:
    assert part in way_out(thing, mode)


def test_nothing_is_told_where_nothing_is_known() -> None:
    assert way_out(3, "classification") == ""
