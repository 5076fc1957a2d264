"""Compare the error of our image weights with that of lime 0.2.0.1's at the same number of samples.

The error is the root-mean-square difference of all weights to those of a very large sample of ours under another
seed, over seeds; a ratio is ours divided by theirs. Images are digits, whose pixels are the segments, and patches of
photographs, cut by slic; models a random forest, an MLP and a logistic regression.

    python benchmarks/image_accuracy.py [--samples 500] [--seeds 5] [--images 2] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from typing import Any

import numpy as np

from image_cases import DATA, KINDS, save_cases
from processes import SIDES, Worker, format_table

FLAT = 1e-4
"""Largest weight of a model that does not vary around an image, so that it is left out of the ratios."""


def as_dict(found: dict[str, Any]) -> dict[int, float]:
    """Weights by segment."""
    return dict(zip(found["ids"], found["weights"], strict=True))


def compare(place: dict[str, Any], arguments: argparse.Namespace, workers: dict[str, Worker]) -> dict[str, Any]:
    """Measure both sides on one image and model."""
    (large,) = workers["ours"].ask(explain={**place, "num_samples": arguments.large, "seeds": [12345]})
    target = as_dict(large)
    request = {**place, "num_samples": arguments.samples, "seeds": list(range(arguments.seeds))}
    errors = {}
    for worker in workers.values():
        worker.send(explain=request)
    for side, worker in workers.items():
        found = [as_dict(one) for one in worker.receive()]
        errors[side] = float(np.sqrt(np.mean([(one[i] - target[i]) ** 2 for one in found for i in target])))
    largest = max(map(abs, target.values()))
    # Where a model does not vary around an image there is nothing to compare.
    ratio = errors["ours"] / errors["peer"] if largest > FLAT else None
    return {**place, "segments": len(target), "largest": largest, **errors, "ratio": ratio}


def main() -> None:
    """Run all images and models and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--large", type=int, default=100_000, help="samples of the target")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = save_cases(folder)
        workers = {side: Worker("image.py", side) for side in SIDES}
        try:
            for worker in workers.values():
                worker.ask(cases=path)
            results = [
                compare({"data": data, "model": model, "image": image}, arguments, workers)
                for data in DATA
                for model in KINDS
                for image in range(arguments.images)
            ]
        finally:
            for worker in workers.values():
                worker.close()
    ratios = [r["ratio"] for r in results if r["ratio"] is not None]
    if arguments.json:
        print(json.dumps({"cells": results, "median": statistics.median(ratios), "largest": max(ratios)}, indent=1))
        return
    rows = [
        [
            f"{r['data']} {r['model']}",
            str(r["image"]),
            str(r["segments"]),
            f"{r['largest']:.1e}",
            f"{r['peer']:.2e}",
            f"{r['ours']:.2e}",
            "flat" if r["ratio"] is None else f"{r['ratio']:.3f}",
        ]
        for r in results
    ]
    header = ["data model", "image", "segments", "largest weight", "peer rmse", "ours rmse", "ratio"]
    print(format_table(header, rows))
    print(f"median {statistics.median(ratios):.3f} (at most 0.75), largest {max(ratios):.3f} (at most 1.05)")


if __name__ == "__main__":
    main()
