"""Do deletion, infidelity and sensitivity agree with captum's and Quantus' on the same model, inputs and weights?

    LIME_METRICS_PYTHON=path/to/python python benchmarks/trust_faithfulness.py

The interpreter that `LIME_METRICS_PYTHON` names has torch, captum, quantus and joblib; no lime is needed there.
Explanations are made here, and handed over as arrays with the inputs; what is compared is what becomes of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from peer import HERE, SOURCE, peer_environment

sys.path.insert(0, str(SOURCE))

from lime import LimeImageExplainer, LimeTabularExplainer, trust

COLUMNS, SIDE, MASKS, MOVES = 8, 5, 200, 10


def network(rng: np.random.Generator, inputs: int) -> dict[str, Any]:
    """Weights of a small network; `workers/metrics.py` has the same one in torch."""
    return {
        "first": rng.normal(size=(inputs, 12)) / np.sqrt(inputs),
        "bias": rng.normal(size=12),
        "second": rng.normal(size=12),
    }


def answers(weights: dict[str, Any], x: np.ndarray) -> np.ndarray:
    hidden = np.tanh(x.reshape(len(x), -1) @ weights["first"] + weights["bias"])
    p = 1 / (1 + np.exp(-hidden @ weights["second"]))
    return np.column_stack([1 - p, p])


def of_rows(seed: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Tasks on a row, each with our figures: infidelity towards a baseline row, and sensitivity."""
    rng = np.random.default_rng(seed)
    weights = network(rng, COLUMNS)
    training = rng.normal(rng.normal(size=COLUMNS), rng.uniform(0.5, 2.0, COLUMNS), size=(500, COLUMNS))
    row, baseline = training[0], training[1]
    predict = partial(answers, weights)
    explainer = LimeTabularExplainer(training, discretize_continuous=False, random_state=seed)
    exp = explainer.explain_instance(row, predict, num_features=5)
    masks = rng.random((MASKS, COLUMNS)) < 0.5
    ours = trust.infidelity(explainer, row, predict, exp, baseline=baseline, masks=masks)
    center, scale = explainer.scaler.mean_, explainer.scaler.scale_
    task = {
        **weights,
        "measure": "infidelity",
        "weights": vector(exp, COLUMNS),
        "masks": masks,
        "z": (row - center) / scale,
        "changes": (row - baseline) / scale,
        "center": center,
        "scale": scale,
    }
    found = [(task, {"value": ours.value, "normalized": ours.normalized})]

    moved: list[np.ndarray] = []

    def perturb(instance: np.ndarray, moves: np.random.Generator) -> np.ndarray:
        moved.append(instance + moves.uniform(-0.5, 0.5, COLUMNS))
        return moved[-1]

    report = trust.sensitivity(
        explainer, row, predict, exp, samples=MOVES, perturb=perturb, random_state=seed, num_features=5
    )
    nearby = [explainer.explain_instance(one, predict, num_features=5, labels=(1,)) for one in moved]
    task = {
        "measure": "sensitivity",
        "rows": np.vstack([row, *moved]),
        "explanations": np.array([vector(one, COLUMNS) for one in [exp, *nearby]]),
    }
    return [*found, (task, {"maximum": report.maximum})]


def of_image(seed: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Deletion on an image whose pixels are its segments."""
    rng = np.random.default_rng(seed)
    weights = network(rng, SIDE * SIDE)
    image = rng.uniform(0.2, 1.0, size=(SIDE, SIDE))
    predict = partial(answers, weights)
    explainer = LimeImageExplainer(random_state=seed)
    settings: dict[str, Any] = {
        "hide_color": 0,
        "segmentation_fn": np.arange(SIDE * SIDE).reshape(SIDE, SIDE),
        "top_labels": None,
        "labels": (1,),
        "progress_bar": False,
    }
    exp = explainer.explain_instance(image, predict, **settings)
    ours = trust.deletion(explainer, image, predict, exp, **settings)
    task = {**weights, "measure": "deletion", "image": image, "weights": vector(exp, SIDE * SIDE)}
    # Quantus' curve begins after the first pixel, and its area is a sum over steps of one.
    curve = ours.predictions[1:]
    return [(task, {"curve": curve, "auc": float(np.trapezoid(curve))})]


def vector(exp: Any, d: int) -> np.ndarray:
    found = np.zeros(d)
    for i, weight in exp.local_exp[1]:
        found[i] = weight
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="models and instances of each kind (default 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    arguments = parser.parse_args()
    python = os.environ.get("LIME_METRICS_PYTHON")
    if not python:
        parser.error(
            "LIME_METRICS_PYTHON is not set: expected an interpreter that has torch, captum, quantus and joblib"
        )
    pairs = [pair for seed in range(arguments.seeds) for pair in (*of_rows(seed), *of_image(seed))]
    with tempfile.TemporaryDirectory() as folder:
        tasks, theirs = Path(folder, "tasks.joblib"), Path(folder, "answers.joblib")
        joblib.dump([task for task, _ in pairs], tasks)
        worker = [python, str(HERE / "workers" / "metrics.py"), str(tasks), str(theirs)]
        subprocess.run(worker, check=True, env=peer_environment())
        answered = joblib.load(theirs)
    rows = [
        {
            "measure": task["measure"],
            "figure": name,
            "ours": float(np.mean(ours[name])),
            "theirs": float(np.mean(theirs[name])),
            "largest_difference": float(np.abs(np.asarray(ours[name]) - np.asarray(theirs[name])).max()),
        }
        for (task, ours), theirs in zip(pairs, answered, strict=True)
        for name in ours
    ]
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f"{'measure':12} {'figure':11} {'ours':>12} {'theirs':>12} {'largest difference':>20}")
    for row in rows:
        print(
            f"{row['measure']:12} {row['figure']:11} {row['ours']:12.6f} {row['theirs']:12.6f} "
            f"{row['largest_difference']:20.2e}"
        )
    print(f"largest of all: {max(row['largest_difference'] for row in rows):.1e}")


if __name__ == "__main__":
    main()
