"""Explain many rows of a model of trees with whichever lime this interpreter imports, and say how long it took.

Requests: ``{"case": {...}}`` makes data, model and explainer and warms up; ``{"rows": n, "method": m}`` explains n
rows, one by one with lime 0.2.0.1, together with ours, and answers seconds of this process's own time.
"""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np
from exact_models import make
from serve import serve

import lime
from lime.lime_tabular import LimeTabularExplainer

state: dict[str, Any] = {}


def prepare(case: dict[str, Any]) -> dict[str, Any]:
    """Make data, model and explainer of a case, and warm up."""
    x, model, mode = make(case)
    explainer = LimeTabularExplainer(x, mode=mode, random_state=0)
    state.update(x=x, model=model, explainer=explainer, mode=mode)
    explain(4, None)
    return {"version": getattr(lime, "__version__", "0.2.0.1")}


def ours() -> bool:
    """Whether this is our package."""
    return hasattr(LimeTabularExplainer, "explain_instances")


def weigh(data: Any) -> None:
    """Weights alone, as an array: read the model, and compute."""
    from lime.domains.tabular.exact_columns import codes_of_rows, exact_columns_of, exact_parts
    from lime.engine.exact_fit import added
    from lime.models.arrays import ModelArrays
    from lime.models.reading import read_model

    distribution = state["explainer"].training_distribution
    read = read_model(state["model"], state["mode"])
    assert isinstance(read, ModelArrays)
    parts = exact_parts(read, distribution, exact_columns_of(distribution), [read.outputs - 1])
    codes, _ = codes_of_rows(distribution, data, distribution.bins(data))
    added(parts, codes, data, 0.75 * np.sqrt(data.shape[1]))


def explain(rows: int, method: str | None) -> dict[str, Any]:
    """Explain rows of the data, over and over where there are too few."""
    x, model, explainer = state["x"], state["model"], state["explainer"]
    data = np.resize(x, (rows, x.shape[1])) if rows > len(x) else x[:rows]
    begun = time.process_time()
    if method == "weights":
        weigh(data)
    elif ours():
        settings = {} if method is None else {"sampling_method": method}
        explainer.explain_instances(data, model, labels=(1,), **settings)
    else:
        predict = model.predict_proba if state["mode"] == "classification" else model.predict
        for row in data:
            explainer.explain_instance(row, predict, labels=(1,))
    seconds = time.process_time() - begun
    return {"rows": rows, "seconds": seconds, "kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do what a request asks for."""
    if "case" in request:
        return prepare(request["case"])
    return explain(request["rows"], request.get("method"))


if __name__ == "__main__":
    serve(answer)
