"""Name the words by which whichever lime this interpreter imports explains texts.

Requests: ``{"case": path}`` loads texts and models; ``{"explain": {...}}`` explains the requested texts and answers
the words of each explanation, and the seconds all of them took.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import joblib
from serve import serve

from lime.lime_text import LimeTextExplainer

state: dict[str, Any] = {}


def explain(request: dict[str, Any]) -> dict[str, Any]:
    """Explain texts by their strongest words, all with the settings both sides have by default."""
    case = state["case"]
    model = case["models"][request["model"]]
    words = []
    start = time.perf_counter()
    for number in request["texts"]:
        explainer = LimeTextExplainer(random_state=request["seed"])
        explanation = explainer.explain_instance(
            case["texts"][number],
            model.predict_proba,
            num_features=request["num_features"],
            num_samples=request["num_samples"],
        )
        words.append([str(word) for word, _ in explanation.as_list()])
    return {"words": words, "seconds": time.perf_counter() - start}


def answer(request: dict[str, Any]) -> Any:
    """Answer one request."""
    if "case" in request:
        state["case"] = joblib.load(request["case"])
        return len(state["case"]["texts"])
    return explain(request["explain"])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer)
