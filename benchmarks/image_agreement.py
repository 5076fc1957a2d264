"""Check that our image weights and those of lime 0.2.0.1 estimate the same quantity: at 100,000 samples they agree
within noise.

z = (ours - theirs) / sqrt(our standard error^2 + theirs^2), where theirs is the sandwich error of independent draws
for the fit they made and ours is what the explanation reports. If both aim at one target, z is about standard normal.
Weights are compared on the segments that both chose.

    python benchmarks/image_agreement.py [--samples 100000] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from typing import Any

import numpy as np

from image_cases import DATA, KINDS, save_cases
from processes import SIDES, Worker, format_table

NUM_FEATURES = (100_000, 5)


def compare(place: dict[str, Any], samples: int, workers: dict[str, Worker]) -> dict[str, Any]:
    """Explain one image on both sides and return the z values of the segments that both chose."""
    for seed, worker in enumerate(workers.values()):
        worker.send(explain={**place, "num_samples": samples, "errors": True, "seeds": [seed]})
    found = {side: worker.receive()[0] for side, worker in workers.items()}
    table = {
        side: {i: (w, e) for i, w, e in zip(one["ids"], one["weights"], one["errors"], strict=True)}
        for side, one in found.items()
    }
    ours, peer = table["ours"], table["peer"]
    both = sorted(set(ours) & set(peer))
    gaps = np.array([[ours[i][0] - peer[i][0], np.hypot(ours[i][1], peer[i][1])] for i in both])
    largest = max(abs(w) for w, _ in peer.values())
    # A model that does not vary has no noise to compare with.
    varied = gaps[:, 1] > 1e-9 * max(largest, 1e-9)
    return {
        **place,
        "both": len(both),
        "changed": len(ours) - len(both),
        "largest": largest,
        "gap": float(np.abs(gaps[:, 0]).max()),
        "z": (gaps[varied, 0] / gaps[varied, 1]).tolist(),
    }


def main() -> None:
    """Run every image, model and number of features and print how the two sides agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--only", default="", help="only data and models whose name contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = save_cases(folder)
        workers = {side: Worker("image.py", side) for side in SIDES}
        try:
            for worker in workers.values():
                worker.ask(cases=path)
            results = [
                compare(
                    {"data": data, "model": model, "image": image, "num_features": features},
                    arguments.samples,
                    workers,
                )
                for data in DATA
                for model in KINDS
                if arguments.only in f"{data} {model}"
                for image in range(arguments.images)
                for features in NUM_FEATURES
            ]
        finally:
            for worker in workers.values():
                worker.close()
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    rows = [
        [
            f"{r['data']} {r['model']}",
            "all" if r["num_features"] > 1000 else str(r["num_features"]),
            str(r["both"]),
            str(r["changed"]),
            f"{r['largest']:.1e}",
            f"{r['gap']:.1e}",
            f"{np.sqrt(np.mean(np.square(r['z']))):.2f}" if r["z"] else "-",
            f"{np.abs(r['z']).max():.2f}" if r["z"] else "-",
        ]
        for r in results
    ]
    header = ["data model", "features", "compared", "chosen otherwise", "largest weight", "largest gap", "rms z"]
    print(format_table([*header, "max |z|"], rows))
    z = np.concatenate([r["z"] for r in results])
    print(
        f"{len(z)} weights: rms z {np.sqrt(np.mean(z**2)):.3f}, mean z {z.mean():+.3f}, max |z| {np.abs(z).max():.2f}"
    )


if __name__ == "__main__":
    main()
