"""Explain many rows with whichever lime this interpreter imports, and say how long it took.

Requests: ``{"case": {...}}`` makes data, model and explainer and warms up; ``{"rows": n, "n_jobs": j}`` explains n
rows, one by one with lime 0.2.0.1, together with ours, and answers seconds; ``{"memory": true}`` answers this
process's peak resident bytes.
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
from lime.lime_image import LimeImageExplainer
from lime.lime_tabular import LimeTabularExplainer
from lime.lime_text import LimeTextExplainer

state: dict[str, Any] = {}


class Slow:
    """A model that takes a given time for each input, whatever else the machine does."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, x: Any) -> np.ndarray:
        time.sleep(self.seconds * len(x))
        p = 0.5 + 0.3 * np.tanh(np.asarray(x, dtype=float)[:, 0])
        return np.column_stack([1.0 - p, p])


class Opaque:
    """A model of texts that no short-cut sees into and that keeps one core busy."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def __call__(self, texts: list[str]) -> np.ndarray:
        p = np.empty(len(texts))
        for i, text in enumerate(texts):
            score = 0
            for _ in range(self.rounds):
                score = sum(map(ord, text)) + score // 2
            p[i] = 0.3 + 0.4 * ("good" in text) + (score % 7) / 100.0
        return np.column_stack([1.0 - p, p])


class OpaqueToPictures:
    """A model of pictures that keeps one core busy with each."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def __call__(self, pictures: Any) -> np.ndarray:
        p = np.empty(len(pictures))
        for i, picture in enumerate(pictures):
            pixels, score = picture.ravel().tolist(), 0.0
            for _ in range(self.rounds):
                score = sum(pixels) + score / 2.0
            p[i] = 0.5 + 0.3 * np.tanh(score / len(pixels) - 1.0)
        return np.column_stack([1.0 - p, p])


def tiles(picture: np.ndarray) -> np.ndarray:
    """Sixteen square segments."""
    side = len(picture) // 4
    return np.kron(np.arange(16).reshape(4, 4), np.ones((side, side), dtype=int))


def prepare(case: dict[str, Any]) -> dict[str, Any]:
    """Make data, model and explainer of a case, and warm up."""
    settings: dict[str, Any] = {}
    if case["name"] == "texts":
        words = [f"word{k}" for k in range(400)] + ["good"] * 20
        rng = np.random.default_rng(0)
        data: Any = [" ".join(rng.choice(words, 40)) for _ in range(case["rows"])]
        explainer: Any = LimeTextExplainer(random_state=0)
        model: Any = Opaque(case["rounds"])
        settings["num_samples"] = case["num_samples"]
    elif case["name"] == "images":
        data = list(np.random.default_rng(0).random((case["rows"], 16, 16, 3)))
        explainer = LimeImageExplainer(random_state=0)
        model = OpaqueToPictures(case["rounds"])
        settings.update(num_samples=case["num_samples"], segmentation_fn=tiles, hide_color=0, top_labels=1)
    else:
        from sklearn.datasets import load_breast_cancer

        cancer = load_breast_cancer()
        data = cancer.data
        explainer = LimeTabularExplainer(data, feature_names=list(cancer.feature_names), random_state=0)
        if case["name"] == "slow":
            model = Slow(case["seconds"])
        else:
            from sklearn.ensemble import RandomForestClassifier

            forest = RandomForestClassifier(random_state=0).fit(data, cancer.target)
            model = forest.predict_proba
            if case["name"] == "door" and hasattr(lime, "Explainer"):
                state["door"] = lime.Explainer(forest, data)
        if "rows" in case:
            data = np.resize(data, (case["rows"], data.shape[1]))
    state.update(data=data, explainer=explainer, model=model, settings=settings)
    if "door" in state:
        state["door"](data[:40])  # the neighbourhood is chosen, and training rows are predicted, once for a model
    elif case["name"] != "slow":
        explainer.explain_instance(data[0], model, **{**settings, "num_samples": 256})
    return {"version": getattr(lime, "__version__", "0.2.0.1"), "rows": len(data)}


def explain(rows: int, n_jobs: int) -> dict[str, float]:
    """Explain the first rows: the seconds that passed, those of this process's own time, and how many rows."""
    explainer, data = state["explainer"], state["data"][:rows]
    began, own = time.perf_counter(), time.process_time()
    if "door" in state:
        state["door"](data, n_jobs=n_jobs)
    elif hasattr(explainer, "explain_instances"):
        explainer.explain_instances(data, state["model"], n_jobs=n_jobs, **state["settings"])
    else:
        for row in data:
            explainer.explain_instance(row, state["model"], **state["settings"])
    return {"seconds": time.perf_counter() - began, "own": time.process_time() - own, "rows": len(data)}


def answer(request: dict[str, Any]) -> Any:
    """Answer one request."""
    if "case" in request:
        return prepare(request["case"])
    if "rows" in request:
        return explain(request["rows"], request["n_jobs"])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer)
