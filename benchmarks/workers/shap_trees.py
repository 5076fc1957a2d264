"""Explain many rows of a model of trees with shap's TreeExplainer, and say how long it took.

Requests are those of `exact.py`. The rows are explained together, as shap does it, and the time of making the
explainer counts.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import shap
from exact_models import make
from serve import serve

state: dict[str, Any] = {}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do what a request asks for."""
    if "case" in request:
        state["x"], state["model"], _ = make(request["case"])
        shap.TreeExplainer(state["model"]).shap_values(state["x"][:2], check_additivity=False)
        return {"version": shap.__version__}
    x, rows = state["x"], request["rows"]
    data = np.resize(x, (rows, x.shape[1]))
    begun = time.process_time()
    shap.TreeExplainer(state["model"]).shap_values(data, check_additivity=False)
    return {"rows": rows, "seconds": time.process_time() - begun}


if __name__ == "__main__":
    serve(answer)
