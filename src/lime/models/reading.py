"""The one door to the readers: from what a user passes for a model to arrays, or to the reason why not."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lime.engine.trees import ModelColumns, Unreadable
from lime.models import linear, sklearn_trees
from lime.models.arrays import ModelArrays, Refusal, together
from lime.models.columnwise import Preprocessing, Write, columns_of
from lime.models.wrapped import WrappedModel

MARGIN = "margin"
MARGINS = ({"output_margin": True}, {"raw_score": True}, {"prediction_type": "RawFormulaVal"})
"""Arguments with which XGBoost, LightGBM and CatBoost answer with the sum of their leaves."""

METHODS = ("predict_proba", "predict", "decision_function")

INNER = ("best_estimator_", "estimator_")
"""Where searches and thresholds keep the model that answers."""

WRAPPERS = (
    "GridSearchCV",
    "RandomizedSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "TunedThresholdClassifierCV",
    "FixedThresholdClassifier",
)


@dataclass(frozen=True)
class Rows:
    """What is known of the rows that a model takes: labels of their columns, and how a matrix is written as such."""

    names: Sequence[Any] | None = None
    write: Write | None = None


def read_model(
    predict_fn: Any, mode: str = "classification", names: Sequence[Any] | None = None, write: Write | None = None
) -> ModelArrays | Refusal:
    """Read a model of trees, or a linear one, into arrays.

    Parameters
    ----------
    predict_fn : model or bound method
        What a user passes for a model.
    mode : {"classification", "regression"}
        Which of a model's methods is meant.
    names : sequence, optional
        Labels of the table's columns, where the model takes a frame.
    write : callable, optional
        From a matrix to rows in the form that the model takes.

    Returns
    -------
    ModelArrays or Refusal
    """
    try:
        model, method = model_of(predict_fn, mode)
        return _read(model, method, Rows(names, write))
    except Unreadable as error:
        return Refusal(str(error))


def model_of(predict_fn: Any, mode: str) -> tuple[Any, str]:
    """The model, and the name of the method that is asked.

    Raises
    ------
    Unreadable
        If it is a function.
    """
    margin = False
    while isinstance(
        predict_fn, WrappedModel
    ):  # what is kept of its predictions, or how it is asked, is no matter here
        predict_fn = predict_fn.model
    if isinstance(predict_fn, functools.partial) and not predict_fn.args:
        margin = predict_fn.keywords in MARGINS
        predict_fn = predict_fn.func if margin or not predict_fn.keywords else predict_fn
    owner, name = getattr(predict_fn, "__self__", None), getattr(predict_fn, "__name__", None)
    if owner is not None and name in METHODS:
        return owner, MARGIN if margin else name
    method = "predict_proba" if mode == "classification" else "predict"
    if not isinstance(predict_fn, type) and any(callable(getattr(predict_fn, one, None)) for one in METHODS):
        return predict_fn, method if hasattr(predict_fn, method) else "predict"
    raise Unreadable(
        f"nothing is known of what a function does inside: pass the model itself, or its method, such as model.{method}"
    )


def _read(model: Any, method: str, rows: Rows) -> ModelArrays:
    homes = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(model).__mro__}
    packages = {home for home, _ in homes}
    name = type(model).__name__
    if packages & {"xgboost"}:
        from lime.models.xgboost_trees import read_xgboost

        return read_xgboost(model, method)
    if packages & {"lightgbm"}:
        from lime.models.lightgbm_trees import read_lightgbm

        return read_lightgbm(model, method)
    if packages & {"catboost"}:
        from lime.models.catboost_trees import read_catboost

        return read_catboost(model, method)
    if type(model).__module__.partition(".")[0] != "sklearn":
        raise Unreadable(f"models of type {name} are not read")
    if method not in METHODS or not callable(getattr(model, method, None)):
        raise Unreadable(f"{name} has no {method}")
    return _read_sklearn(model, name, method, rows)


def _read_sklearn(model: Any, name: str, method: str, rows: Rows) -> ModelArrays:
    if name in WRAPPERS:
        inner = next(getattr(model, one) for one in INNER if hasattr(model, one))
        return _read(inner, method, rows)
    if name == "FrozenEstimator":
        return _read(model.estimator, method, rows)
    if name == "Pipeline":
        return _read_pipeline(model, method, rows)
    if method == "predict" and hasattr(model, "classes_"):
        raise Unreadable(f"{name}.predict returns labels, and not probabilities")
    if name in sklearn_trees.SINGLE_TREES:
        return sklearn_trees.read_tree(model)
    if name in sklearn_trees.FORESTS:
        return sklearn_trees.read_forest(model)
    if name in sklearn_trees.BOOSTED:
        return sklearn_trees.read_boosted(model, method)
    if name in sklearn_trees.HISTOGRAM:
        return sklearn_trees.read_histogram(model, method)
    if name in (*linear.REGRESSORS, *linear.CLASSIFIERS):
        return linear.read_linear(model, method)
    if name in ("VotingClassifier", "VotingRegressor"):
        return _read_voting(model, method, rows)
    if name in ("BaggingClassifier", "BaggingRegressor"):
        return _read_bagging(model, method)
    if name == "CalibratedClassifierCV":
        return _read_calibrated(model, rows)
    raise Unreadable(f"models of type {name} are not read")


def _read_pipeline(model: Any, method: str, rows: Rows) -> ModelArrays:
    steps = [step for _, step in model.steps[:-1]]
    final = _read(model.steps[-1][1], method, Rows())
    steps = [step for step in steps if step is not None and not (isinstance(step, str) and step == "passthrough")]
    if not steps:
        return final
    width = len(rows.names) if rows.names is not None else int(steps[0].n_features_in_)
    before = columns_of(steps, width, rows.names, rows.write)
    transform = Preprocessing(steps)
    return replace(final, parts=tuple(_after(part, before, transform) for part in final.parts))


def _after(part: Any, before: ModelColumns, transform: Preprocessing) -> Any:
    """A part whose rows are the outcome of a transformation."""
    at = part.columns.source
    if len(at) and at.max() >= len(before.source):
        raise Unreadable("the pipeline gives columns of which it is not known what they are")
    # Whatever the model does with its column comes on top of what the pipeline did.
    shape = np.maximum(before.shape[at], part.columns.shape)
    edges = {j: before.edges[int(f)] for j, f in enumerate(at) if int(f) in before.edges}
    inner = part.transform
    whole = transform if inner is None else lambda rows: inner(transform(rows))
    return replace(part, columns=ModelColumns(before.source[at], shape, edges), transform=whole)


def _read_voting(model: Any, method: str, rows: Rows) -> ModelArrays:
    if type(model).__name__ == "VotingClassifier" and (model.voting != "soft" or method != "predict_proba"):
        raise Unreadable("a VotingClassifier counts votes, unless voting='soft'")
    parts = [_read(one, method, rows) for one in model.estimators_]
    if any(one.output == "margin" for one in parts):
        raise Unreadable("the vote is a mean of probabilities that are no sums of leaves")
    every = [1.0] * len(model.estimators) if model.weights is None else model.weights
    given = [weight for weight, (_, one) in zip(every, model.estimators, strict=True) if not isinstance(one, str)]
    total = float(sum(given))
    return together(parts, [weight / total for weight in given])


def _read_calibrated(model: Any, rows: Rows) -> ModelArrays:
    """Log-odds of a sigmoid are a line in the score that it is put on; those of several sigmoids, or of steps, not."""
    parts = model.calibrated_classifiers_
    if len(parts) != 1 or parts[0].method != "sigmoid" or len(model.classes_) != 2:
        raise Unreadable(
            "a calibrated model bends the probabilities of its parts; with two classes, method='sigmoid' and "
            "ensemble=False its log-odds could be read"
        )
    (calibrator,) = parts[0].calibrators
    inner = parts[0].estimator
    score = "decision_function" if hasattr(inner, "decision_function") else "predict_proba"
    read = _read(inner, score, rows)
    if read.output == "margin":
        raise Unreadable("a calibrated model bends the probabilities of its parts")
    slope, shift = -float(calibrator.a_), -float(calibrator.b_)
    of_second = [replace(part, arrays=part.arrays.for_outputs([read.outputs - 1])) for part in read.parts]
    moved = [part.scaled(slope) for part in of_second]
    moved[0] = replace(moved[0], arrays=replace(moved[0].arrays, base=moved[0].arrays.base + shift))
    return ModelArrays(tuple(moved), "margin", read.single)


def _read_bagging(model: Any, method: str) -> ModelArrays:
    if method == "predict_proba" and any(len(one.classes_) != model.n_classes_ for one in model.estimators_):
        raise Unreadable("a part of the bagging has seen fewer classes than the others")
    parts = []
    for one, columns in zip(model.estimators_, model.estimators_features_, strict=True):
        read = _read(one, method, Rows())
        if read.output == "margin":
            raise Unreadable("the bagging takes means of probabilities that are no sums of leaves")
        parts.append(replace(read, parts=tuple(_of_columns(part, np.asarray(columns)) for part in read.parts)))
    return together(parts, [1.0 / len(parts)] * len(parts))


def _of_columns(part: Any, columns: Any) -> Any:
    """A part that was trained on some of the columns."""
    shape, inner = part.columns.shape, part.transform
    source = columns[part.columns.source]
    if inner is None:

        def chosen(rows: Any) -> Any:
            return np.asarray(rows, dtype=np.float64)[:, columns]
    else:

        def chosen(rows: Any) -> Any:
            return inner(np.asarray(rows)[:, columns])

    return replace(part, columns=ModelColumns(source, shape, part.columns.edges), transform=chosen)


__all__ = ["ModelArrays", "Refusal", "model_of", "read_model"]
