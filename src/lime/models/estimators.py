"""Models whose predictions go by another name than `predict_proba`, and what is said of those that have none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np


def predict_of(model: Any, mode: str) -> Callable[[Any], Any] | None:
    """The function on batches of a model whose one way to predict is plain, though it has no `predict_proba`.

    Boosters of XGBoost and LightGBM, CatBoost's model of any kind, results of statsmodels, pipelines of spaCy.

    Parameters
    ----------
    model : object
        What a user passes for a model.
    mode : {"classification", "regression"}
        What it is to do.

    Returns
    -------
    callable or None
    """
    if isinstance(model, type):
        return None
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(model).__mro__}
    if ("xgboost", "Booster") in kinds:
        return partial(_ask_booster, model)
    if ("spacy", "Language") in kinds:
        return partial(_categories_of, model)
    plain: Callable[..., Any] | None = getattr(model, "predict", None)
    if plain is None:
        return None
    if ("lightgbm", "Booster") in kinds:
        return plain
    if any(home == "statsmodels" and name.endswith(("Results", "ResultsWrapper")) for home, name in kinds):
        return plain
    if ("catboost", "CatBoost") in kinds and mode == "classification" and not hasattr(model, "predict_proba"):
        return None if _is(model, "regressor") else partial(plain, prediction_type="Probability")
    return None


def _ask_booster(booster: Any, batch: Any) -> Any:
    matrix = sys.modules["xgboost"].DMatrix
    if hasattr(batch, "columns"):
        return booster.predict(matrix(batch, enable_categorical=True))
    names = booster.feature_names if np.ndim(batch) == 2 else None
    return booster.predict(matrix(batch, feature_names=names))


def _categories_of(language: Any, batch: Any) -> list[Any]:
    return [doc.cats for doc in language.pipe(batch)]


def way_out(model: Any, mode: str) -> str:
    """What to pass in place of a model that cannot be asked, to follow the sentence that says so.

    Parameters
    ----------
    model : object
        What a user passed for a model.
    mode : {"classification", "regression"}
        What it was to do.

    Returns
    -------
    str
        Empty where nothing can be told.
    """
    if isinstance(model, np.ndarray | list | tuple) or hasattr(model, "to_numpy"):
        return "; its predictions are not enough, since the model must predict rows that do not occur in the data"
    if isinstance(model, str | bytes) or hasattr(model, "__fspath__"):
        return "; load the model first"
    if isinstance(model, type):
        return "; pass an instance of the class, fitted"
    if _is(model, "clusterer"):
        return (
            '; a clusterer has no probabilities: explain a distance with mode="regression" and a function such as '
            "lambda rows: model.transform(rows)[:, 0]"
        )
    if _is(model, "outlier_detector"):
        return '; an outlier detector has scores: explain them with mode="regression" and model.score_samples'
    if mode == "classification" and _is(model, "regressor"):
        return '; a regressor is explained with mode="regression"'
    if callable(getattr(model, "decision_function", None)):
        return (
            "; it has a decision_function: wrap it in sklearn's CalibratedClassifierCV for probabilities, or explain "
            'its score with mode="regression" and model.decision_function'
        )
    if mode == "classification" and callable(getattr(model, "predict", None)):
        return (
            '; it has predict: a regressor is explained with mode="regression", and a classifier needs a function '
            "that returns the probability of each class"
        )
    if mode == "regression" and callable(getattr(model, "transform", None)):
        return "; it only transforms: pass the model that predicts"
    return ""


def _is(model: Any, kind: str) -> bool:
    """Whether scikit-learn takes a model for one of a kind."""
    if getattr(model, "_estimator_type", None) == kind:
        return True
    try:
        return bool(getattr(model.__sklearn_tags__(), "estimator_type", None) == kind)
    except Exception:  # of older and of foreign models
        return False
