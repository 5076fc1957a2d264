"""Explain texts with whichever lime this interpreter imports, for times and for weights.

Requests: ``{"case": path}`` loads texts and a model; ``{"cell": {...}}`` chooses the text, the model and the settings,
and makes a small warm-up call; ``{"time": seed}`` makes one call and answers its seconds; ``{"explain": {...}}``
answers the weights by word of every requested seed; ``{"estimate": {...}}`` the weights of all units and their errors.
"""

from __future__ import annotations

import inspect
import re
import time
import warnings
from typing import Any

import joblib
import numpy as np
from sandwich import plain_draw_errors, watch
from serve import serve

from lime.lime_text import LimeTextExplainer

state: dict[str, Any] = {}


def costless(texts: list[str]) -> np.ndarray:
    """Answer two columns that depend on the lengths of the texts: no more work than an answer must be."""
    p = 0.25 + 1e-5 * np.fromiter(map(len, texts), dtype=float, count=len(texts))
    return np.column_stack([1.0 - p, p])


def choose(cell: dict[str, Any]) -> dict[str, Any]:
    """Take the text, the model and the settings of a cell, and warm up."""
    if cell["model"] == "costless":
        text, predict = " ".join(f"word{i}" for i in range(cell["words"])), costless
    else:
        text, predict = state["case"]["texts"][cell["text"]], state["case"]["models"][cell["model"]].predict_proba
    state.update(text=text, predict=predict, settings=cell["settings"])
    LimeTextExplainer(random_state=0).explain_instance(text, predict, **{**cell["settings"], "num_samples": 300})
    return {"words": len(set(text.split()))}


def time_call(seed: int) -> dict[str, float]:
    """Make one call and return its seconds."""
    explainer = LimeTextExplainer(random_state=seed)
    start = time.perf_counter()
    explainer.explain_instance(state["text"], state["predict"], **state["settings"])
    return {"seconds": time.perf_counter() - start}


def explain(request: dict[str, Any]) -> list[dict[str, float]]:
    """Explain one text with every seed, and return the weights by word."""
    text, model = state["case"]["texts"][request["text"]], state["case"]["models"][request["model"]]
    found = []
    for seed in request["seeds"]:
        explainer = LimeTextExplainer(random_state=seed, feature_selection="none")
        explanation = explainer.explain_instance(text, model.predict_proba, num_samples=request["num_samples"])
        found.append({str(word): float(weight) for word, weight in explanation.as_list()})
    return found


def tokens(text: str) -> list[str]:
    """Cut a text into words and single signs: a splitter that is a function."""
    return re.findall(r"\w+|[^\w\s]", text)


def estimate(request: dict[str, Any]) -> dict[str, Any]:
    """Explain one text by all of its units; answer their weights and standard errors, and what estimated them."""
    text, model = state["case"]["texts"][request["text"]], state["case"]["models"][request["model"]]
    settings = dict(request["settings"])
    if settings.pop("callable", False):
        settings["split_expression"] = tokens
    explainer = LimeTextExplainer(random_state=request["seed"], feature_selection="none", **settings)
    ours = "sampling_method" in inspect.signature(explainer.explain_instance).parameters
    # The release reports no error: watch what it fits, and work out the error of independent draws.
    fits = [] if ours else watch(explainer.base)
    explanation = explainer.explain_instance(text, model.predict_proba, num_samples=request["num_samples"])
    pairs = sorted((int(i), float(weight)) for i, weight in explanation.local_exp[1])
    ids = [i for i, _ in pairs]
    if ours:
        found = explanation.standard_errors[1]
        errors, estimator = [float(found[i]) for i in ids], explanation.estimators[1]
    else:
        errors, estimator = plain_draw_errors(fits[-1], explainer.base.kernel_fn, ids).tolist(), "plain"
    return {"weights": [weight for _, weight in pairs], "errors": errors, "estimator": estimator}


def answer(request: dict[str, Any]) -> Any:
    """Answer one request."""
    if "case" in request:
        state["case"] = joblib.load(request["case"])
        return len(state["case"]["texts"])
    if "cell" in request:
        return choose(request["cell"])
    if "time" in request:
        return time_call(request["time"])
    if "estimate" in request:
        return estimate(request["estimate"])
    return explain(request["explain"])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer)
