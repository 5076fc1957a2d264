"""Data and models of `exact_speed.py`, the same in every interpreter that takes part."""

from __future__ import annotations

from typing import Any

from sklearn.datasets import load_breast_cancer, make_regression
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)


def make(case: dict[str, Any]) -> tuple[Any, Any, str]:
    """Rows, a fitted model, and what it does."""
    if case["kind"] == "cancer":
        x, y = load_breast_cancer(return_X_y=True)
        return x, RandomForestClassifier(case["trees"], random_state=0).fit(x, y), "classification"
    x, y = make_regression(case["samples"], case["columns"], n_informative=10, noise=1.0, random_state=0)
    trees, depth = case["trees"], case.get("depth")
    kinds: dict[str, Any] = {
        "boosting": lambda: GradientBoostingRegressor(n_estimators=trees, max_depth=depth, random_state=0),
        "histogram": lambda: HistGradientBoostingRegressor(max_iter=trees, early_stopping=False, random_state=0),
        "extra": lambda: ExtraTreesRegressor(trees, max_depth=depth, random_state=0),
    }
    return x, kinds[case["kind"]]().fit(x, y), "regression"
