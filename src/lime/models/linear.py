"""Linear models of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime.engine.trees import LinearArrays, ModelColumns, Unreadable
from lime.models.arrays import ModelArrays, Output, Part

REGRESSORS = (
    "LinearRegression",
    "Ridge",
    "RidgeCV",
    "Lasso",
    "LassoCV",
    "ElasticNet",
    "ElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskElasticNet",
    "Lars",
    "LarsCV",
    "LassoLars",
    "LassoLarsCV",
    "LassoLarsIC",
    "OrthogonalMatchingPursuit",
    "OrthogonalMatchingPursuitCV",
    "BayesianRidge",
    "ARDRegression",
    "HuberRegressor",
    "QuantileRegressor",
    "SGDRegressor",
    "PassiveAggressiveRegressor",
    "TheilSenRegressor",
    "LinearSVR",
)
CLASSIFIERS = (
    "LogisticRegression",
    "LogisticRegressionCV",
    "SGDClassifier",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "LinearSVC",
    "Perceptron",
    "PassiveAggressiveClassifier",
    "LinearDiscriminantAnalysis",
)
LOG_ODDS = ("LogisticRegression", "LogisticRegressionCV", "SGDClassifier", "LinearDiscriminantAnalysis")


def read_linear(model: Any, method: str) -> ModelArrays:
    """A linear model; the log-odds of a classifier whose probabilities are their logistic function."""
    name = type(model).__name__
    weights = model.coef_.toarray() if hasattr(model.coef_, "toarray") else np.asarray(model.coef_)
    coefficients = np.atleast_2d(weights).T.astype(np.float64)
    base = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64).ravel(), coefficients.shape[1]).copy()
    output: Output = "value"
    if method == "predict_proba":
        if name not in LOG_ODDS or (name == "SGDClassifier" and model.loss != "log_loss"):
            raise Unreadable(f"probabilities of {name} are no logistic function of a linear one")
        if coefficients.shape[1] > 1 and name == "SGDClassifier":
            raise Unreadable("probabilities of one classifier for each class have no log-odds that are linear")
        output = "margin"
    elif name in CLASSIFIERS and method != "decision_function":
        raise Unreadable(f"{name}.{method} returns labels")
    columns = ModelColumns.same(len(coefficients))
    return ModelArrays((Part(LinearArrays(coefficients, base), columns),), output)
