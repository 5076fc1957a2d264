"""Explain images with whichever lime this interpreter imports, for times and for weights.

Requests: ``{"cell": {...}}`` makes an image, its segments and a model that costs nothing, and a small warm-up call;
``{"time": seed}`` makes one call and answers its seconds; ``{"cases": path}`` loads images and models; ``{"explain":
{...}}`` answers the weights by segment of every requested seed.
"""

from __future__ import annotations

import inspect
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sandwich import plain_draw_errors, watch
from serve import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from image_cases import features
from lime.lime_image import LimeImageExplainer

state: dict[str, Any] = {}


def costless(images: np.ndarray) -> np.ndarray:
    """Answer two columns that depend on four pixels: no more work than an answer must be."""
    height, width = images.shape[1:3]
    x = np.asarray(images[:, [0, height // 2, height // 3, -1], [0, width // 2, -1, width // 3], 0], dtype=np.float64)
    p = 0.2 + x @ np.array([1e-3, 4e-4, 2e-4, 6e-4])
    return np.column_stack([1.0 - p, p])


def make_segments(side: int, count: int) -> np.ndarray:
    """Cut a square of `side` pixels into about `count` round segments, the nearest of random points each."""
    points = np.random.default_rng(1).uniform(0, side, size=(count, 2))
    rows, columns = np.mgrid[:side, :side]
    nearest, best = np.zeros((side, side), dtype=np.int64), np.full((side, side), np.inf)
    for number, (row, column) in enumerate(points):
        distance = (rows - row) ** 2 + (columns - column) ** 2
        nearer = distance < best
        nearest[nearer], best[nearer] = number, distance[nearer]
    return np.unique(nearest, return_inverse=True)[1].reshape(side, side)


def prepare(cell: dict[str, Any]) -> str:
    """Make what one cell explains, and warm up."""
    side = cell["side"]
    noise = np.random.default_rng(0).integers(0, 256, size=(side, side, 3))
    segments = make_segments(side, cell["segments"])
    state.update(image=noise.astype(cell["dtype"]), segments=segments, samples=cell["samples"])
    state["explainer"] = LimeImageExplainer(random_state=0)
    call(20)
    return str(sys.modules["lime"].__file__)


def call(samples: int) -> None:
    """Make one call."""
    settings: dict[str, Any] = {"top_labels": 2, "num_samples": samples, "hide_color": None}
    state["explainer"].explain_instance(
        state["image"], costless, segmentation_fn=lambda image: state["segments"], **settings
    )


def time_call() -> float:
    """Make one call and return its seconds."""
    start = time.perf_counter()
    call(state["samples"])
    return time.perf_counter() - start


def explain(request: dict[str, Any], seed: int) -> dict[str, Any]:
    """Explain one image once."""
    case = state["cases"][request["data"]]
    model = case["models"][request["model"]]
    segments = case["segments"][request["image"]]
    explainer = LimeImageExplainer(random_state=seed)
    ours = "sampling_method" in inspect.signature(explainer.explain_instance).parameters
    fits = watch(explainer.base) if request.get("errors") and not ours else []
    explanation = explainer.explain_instance(
        case["shown"][request["image"]],
        lambda images: model.predict_proba(features(images)),
        top_labels=1,
        hide_color=case["hide_color"],
        num_features=request.get("num_features", 100_000),
        num_samples=request["num_samples"],
        batch_size=1000,
        segmentation_fn=lambda image: segments,
    )
    assert explanation.top_labels is not None
    label = explanation.top_labels[0]
    pairs = explanation.local_exp[label]
    ids = [int(i) for i, _ in pairs]
    result: dict[str, Any] = {"label": int(label), "ids": ids, "weights": [float(w) for _, w in pairs]}
    if ours:
        intervals = explanation.confidence_intervals(label)
        result["intervals"] = [[float(end) for end in intervals[i]] for i in ids]
    if request.get("errors"):
        if ours:
            result["errors"] = [float(explanation.standard_errors[label][i]) for i in ids]
        else:
            result["errors"] = plain_draw_errors(fits[-1], explainer.base.kernel_fn, ids).tolist()
    return result


def answer(request: dict[str, Any]) -> Any:
    """Answer one request."""
    if "cell" in request:
        return prepare(request["cell"])
    if "time" in request:
        return time_call()
    if "cases" in request:
        state["cases"] = joblib.load(request["cases"])
        return sorted(state["cases"])
    return [explain(request["explain"], seed) for seed in request["explain"]["seeds"]]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(answer)
