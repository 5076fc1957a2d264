"""Time single calls of ``explain_instance`` of whichever lime this interpreter imports.

Requests: ``{"cell": {...}}`` prepares a cell (data, explainer, model, one small warm-up call) and answers
the package's version; ``{"time": seed}`` makes one call and answers its seconds; ``{"predict": n}`` answers
the seconds of the model alone on n rows of a neighbourhood; ``{"memory": true}`` answers this process's
peak resident bytes.
"""

from __future__ import annotations

import resource
import sys
import time
import warnings
from typing import Any

import numpy as np
from serve import serve

import lime
from lime.lime_tabular import LimeTabularExplainer

state: dict[str, Any] = {}


def costless(x: np.ndarray) -> np.ndarray:
    """Answer two columns that depend on the first input column: no more work than an answer must be."""
    p = 0.5 + 0.1 * np.clip(x[:, 0], -4.0, 4.0)
    return np.column_stack([1.0 - p, p])


def normal_table(columns: int) -> np.ndarray:
    """Return 1000 rows of independent standard normal columns."""
    return np.random.default_rng(0).normal(size=(1000, columns))


def prepare(cell: dict[str, Any]) -> dict[str, Any]:
    """Make the explainer, the model and the row of one cell, and warm up."""
    if cell["model"] == "costless":
        data = normal_table(cell["columns"])
        row, predict = data[0], costless
        names, classes = None, None
    else:
        from sklearn.datasets import load_wine
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.model_selection import train_test_split

        wine = load_wine()
        data, test, target, _ = train_test_split(wine.data, wine.target, random_state=0, stratify=wine.target)
        model = RandomForestClassifier(random_state=0).fit(data, target)
        row, predict = test[0], model.predict_proba
        names, classes = list(wine.feature_names), list(wine.target_names)
    state.update(
        explainer=LimeTabularExplainer(data, feature_names=names, class_names=classes, random_state=0),
        row=row,
        predict=predict,
        settings={"num_features": cell["num_features"], "num_samples": cell["num_samples"]},
    )
    explain = state["explainer"].explain_instance
    # Small warm-up: everything is imported and every code path has run; the large call stays to be measured.
    explain(row, predict, num_features=cell["num_features"], num_samples=256)
    version = getattr(lime, "__version__", "0.2.0.1")
    return {"version": version, "file": lime.__file__}


def time_call() -> dict[str, float]:
    """Make one call and return its seconds, and those that the model took of it."""
    inside = 0.0

    def predict(x: np.ndarray) -> np.ndarray:
        nonlocal inside
        began = time.perf_counter()
        answer = state["predict"](x)
        inside += time.perf_counter() - began
        return answer  # type: ignore[no-any-return]

    start = time.perf_counter()
    state["explainer"].explain_instance(state["row"], predict, **state["settings"])
    return {"seconds": time.perf_counter() - start, "model_seconds": inside}


def time_model() -> float:
    """Return the seconds of the bare model on the rows of the last neighbourhood, in one batch.

    The rows are those that the explainer itself sent, since a tree's cost depends on where its rows fall.
    """
    if "neighbourhood" not in state:
        kept: list[np.ndarray] = []

        def predict(x: np.ndarray) -> np.ndarray:
            kept.append(np.asarray(x))
            return state["predict"](x)  # type: ignore[no-any-return]

        state["explainer"].explain_instance(state["row"], predict, **state["settings"])
        state["neighbourhood"] = np.concatenate(kept)[: state["settings"]["num_samples"]]
    start = time.perf_counter()
    state["predict"](state["neighbourhood"])
    return time.perf_counter() - start


def answer(request: dict[str, Any]) -> Any:
    """Answer one request."""
    if "cell" in request:
        return prepare(request["cell"])
    if "time" in request:
        return time_call()
    if "predict" in request:
        return time_model()
    # ru_maxrss counts KiB on Linux and bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer)
