"""Measure how often the 95 % intervals of our image weights contain the very-large-sample weight.

The target of a weight is our full fit to a very large sample under a seed used nowhere else. Only this package takes
part: the release reports no intervals.

    python benchmarks/image_coverage.py [--seeds 20] [--images 2] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from typing import Any

import numpy as np

from image_cases import DATA, KINDS, save_cases
from processes import Worker, format_table

SIZES = (256, 500, 1000)
FLAT = 1e-4
"""Largest weight of a model that does not vary around an image."""


def cover(place: dict[str, Any], size: int, target: dict[int, float], seeds: int, worker: Worker) -> dict[str, Any]:
    """Explain one image under every seed and count the intervals that hold the target."""
    hits, widths, squares = [], [], []
    for one in worker.ask(explain={**place, "num_samples": size, "seeds": list(range(seeds))}):
        for i, weight, (low, high) in zip(one["ids"], one["weights"], one["intervals"], strict=True):
            hits.append(low <= target[i] <= high)
            widths.append(high - low)
            squares.append((weight - target[i]) ** 2)
    rmse = float(np.sqrt(np.mean(squares)))
    ratio = float(np.mean(widths)) / (3.92 * rmse) if rmse else float("nan")
    return {**place, "n": size, "intervals": len(hits), "coverage": float(np.mean(hits)), "width": ratio}


def main() -> None:
    """Run every image, model and size and print the coverage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--large", type=int, default=200_000, help="samples of the target")
    parser.add_argument("--only", default="", help="only data and models whose name contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder, Worker("image.py", "ours") as worker:
        worker.ask(cases=save_cases(folder))
        for data in DATA:
            for model in KINDS:
                if arguments.only not in f"{data} {model}":
                    continue
                for image in range(arguments.images):
                    place = {"data": data, "model": model, "image": image}
                    (large,) = worker.ask(explain={**place, "num_samples": arguments.large, "seeds": [987_654]})
                    target = dict(zip(large["ids"], large["weights"], strict=True))
                    if max(map(abs, target.values())) > FLAT:
                        results += [cover(place, n, target, arguments.seeds, worker) for n in SIZES]
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    rows = [
        [
            f"{r['data']} {r['model']}",
            str(r["image"]),
            str(r["n"]),
            str(r["intervals"]),
            f"{r['coverage']:.3f}",
            f"{r['width']:.2f}",
            "yes" if 0.93 <= r["coverage"] <= 0.99 else "NO",
        ]
        for r in results
    ]
    print(format_table(["data model", "image", "n", "intervals", "covered", "width/3.92rmse", ".93-.99"], rows))
    pooled = np.average([r["coverage"] for r in results], weights=[r["intervals"] for r in results])
    inside = sum(0.93 <= r["coverage"] <= 0.99 for r in results)
    print(f"over everything: {pooled:.4f}; cells within .93 to .99: {inside} of {len(results)}")


if __name__ == "__main__":
    main()
