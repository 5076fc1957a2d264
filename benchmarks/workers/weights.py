"""Explain rows of a saved case with whichever lime this interpreter imports: weights and their errors.

Requests: ``{"case": path}`` loads a case and checks the model's copy; ``{"explain": {...}}`` answers the
weights, and the standard errors where asked for, of every requested seed.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import joblib
import numpy as np
from sandwich import plain_draw_errors, watch
from serve import serve
from sklearn.linear_model import LinearRegression

from lime.lime_tabular import LimeTabularExplainer

case: dict[str, Any] = {}


def load(path: str) -> float:
    """Read a case and return by how much the model's copy differs from the original."""
    case.clear()
    case.update(joblib.load(path))
    model = case["model"]
    case["predict"] = model.predict_proba if case["mode"] == "classification" else model.predict
    return float(np.abs(case["predict"](case["rows"]) - case["answers"]).max())


def explain(request: dict[str, Any], seed: int) -> dict[str, Any]:
    """Explain one row once."""
    explainer = LimeTabularExplainer(
        case["train"],
        mode=case["mode"],
        categorical_features=case["categorical"] or None,
        kernel_width=request.get("kernel_width"),
        feature_selection=request["feature_selection"],
        discretize_continuous=request["discretize"],
        random_state=seed,
    )
    row, label = case["rows"][request["row"]], case["labels"][request["row"]]
    settings = {
        "labels": (label,),
        "num_features": request["num_features"],
        "num_samples": request["num_samples"],
    }
    if request.get("least_squares"):
        settings["model_regressor"] = LinearRegression()
    ours = "sampling_method" in inspect.signature(explainer.explain_instance).parameters
    # The release reports no error: watch what it fits, and work out the error of independent draws.
    fits = watch(explainer.base) if request.get("errors") and not ours else []
    explanation = explainer.explain_instance(row, case["predict"], **settings)
    pairs = explanation.local_exp[label]
    ids = [int(i) for i, _ in pairs]
    result: dict[str, Any] = {"ids": ids, "weights": [float(v) for _, v in pairs]}
    if request.get("errors"):
        if ours:
            if settings.pop("model_regressor", None) is not None:
                explanation = explainer.explain_instance(row, case["predict"], **settings)
            errors = explanation.standard_errors[label]
            result["errors"] = [float(errors[i]) for i in ids]
        else:
            result["errors"] = plain_draw_errors(fits[-1], explainer.base.kernel_fn, ids).tolist()
    return result


def answer(request: dict[str, Any]) -> Any:
    """Answer one request."""
    if "case" in request:
        return load(request["case"])
    return [explain(request["explain"], seed) for seed in request["explain"]["seeds"]]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer)
