"""Explain many rows of a model of trees with whichever lime this interpreter imports, and say how long it took.

Requests: ``{"case": {...}}`` makes data, model and explainer and warms up; ``{"rows": n, "method": m}`` explains n
rows, one by one with lime 0.2.0.1, together with ours, and answers seconds of this process's own time.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from serve import serve
from sklearn.datasets import load_breast_cancer, make_regression
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

import lime
from lime.lime_tabular import LimeTabularExplainer

state: dict[str, Any] = {}


def prepare(case: dict[str, Any]) -> dict[str, Any]:
    """Make data, model and explainer of a case, and warm up."""
    mode = "regression"
    if case["name"] == "cancer":
        x, y = load_breast_cancer(return_X_y=True)
        model: Any = RandomForestClassifier(100, random_state=0).fit(x, y)
        mode = "classification"
    else:
        x, y = make_regression(case["samples"], case["columns"], n_informative=10, noise=1.0, random_state=0)
        kinds: dict[str, Any] = {
            "boosting": lambda: GradientBoostingRegressor(n_estimators=100, random_state=0),
            "histogram": lambda: HistGradientBoostingRegressor(max_iter=case["trees"], random_state=0),
            "deep": lambda: ExtraTreesRegressor(case["trees"], random_state=0),
        }
        model = kinds[case["name"]]().fit(x, y)
    explainer = LimeTabularExplainer(x, mode=mode, random_state=0)
    state.update(x=x, model=model, explainer=explainer, mode=mode)
    explain(4, None)
    return {"version": getattr(lime, "__version__", "0.2.0.1")}


def ours() -> bool:
    """Whether this is our package."""
    return hasattr(LimeTabularExplainer, "explain_instances")


def explain(rows: int, method: str | None) -> dict[str, Any]:
    """Explain rows of the data, over and over where there are too few."""
    x, model, explainer = state["x"], state["model"], state["explainer"]
    data = np.resize(x, (rows, x.shape[1])) if rows > len(x) else x[:rows]
    begun = time.process_time()
    if ours():
        settings = {} if method is None else {"sampling_method": method}
        explainer.explain_instances(data, model, labels=(1,), **settings)
    else:
        predict = model.predict_proba if state["mode"] == "classification" else model.predict
        for row in data:
            explainer.explain_instance(row, predict, labels=(1,))
    return {"rows": rows, "seconds": time.process_time() - begun}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do what a request asks for."""
    if "case" in request:
        return prepare(request["case"])
    return explain(request["rows"], request.get("method"))


if __name__ == "__main__":
    serve(answer)
