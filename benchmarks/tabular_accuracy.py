"""Compare the sampling error of our weights with that of lime 0.2.0.1 at equal numbers of samples.

Error: the root-mean-square distance of all weights (feature_selection="none") to the very-large-sample
weights, over rows, seeds and features. The target is our explanation from 400,000 samples under a seed used
nowhere else; lime 0.2.0.1 at 200,000 samples must agree with it within its noise, and the table says
whether it does (rms z near 1).

    python benchmarks/tabular_accuracy.py [--rows 3] [--seeds 10] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cases import Case, make_case
from processes import Worker, format_table

DATA = ("wine", "cancer")
MODELS = ("forest", "boosting", "mlp")
SIZES = (256, 1000, 5000)
TARGET_SAMPLES, TARGET_SEED = 400_000, 987_654
CHECK_SAMPLES, CHECK_SEED = 200_000, 123_456
BOUNDS = {1000: 0.7, 5000: 0.6}


def dense(explanation: dict[str, Any], columns: int, key: str = "weights") -> np.ndarray:
    """Return an answer's numbers by column; every column must be there."""
    out = np.full(columns, np.nan)
    out[explanation["ids"]] = explanation[key]
    if key == "weights" and np.isnan(out).any():
        raise RuntimeError(f"feature_selection='none' left out columns {np.flatnonzero(np.isnan(out)).tolist()}")
    return out


def measure(case: Case, rows: int, seeds: int, folder: Path, sides: dict[str, Worker]) -> dict[str, Any]:
    """Return both sides' errors at every size, and how the two large-sample answers agree."""
    path = case.save(folder)
    for side, worker in sides.items():
        if (difference := worker.ask(case=path)) > 1e-6:
            raise RuntimeError(f"the model of {case.name} answers differently on the side {side}: {difference}")
    common = {"feature_selection": "none", "num_features": case.columns, "discretize": True}
    squares: dict[str, dict[int, list[np.ndarray]]] = {side: {n: [] for n in SIZES} for side in sides}
    z_values: list[np.ndarray] = []
    share: list[float] = []
    for row in range(rows):
        large = {**common, "row": row, "errors": True}
        sides["ours"].send(explain={**large, "num_samples": TARGET_SAMPLES, "seeds": [TARGET_SEED]})
        sides["peer"].send(explain={**large, "num_samples": CHECK_SAMPLES, "seeds": [CHECK_SEED]})
        (ours,), (peer,) = sides["ours"].receive(), sides["peer"].receive()
        target = dense(ours, case.columns)
        noise = np.hypot(dense(peer, case.columns, "errors"), dense(ours, case.columns, "errors"))
        z_values.append((dense(peer, case.columns) - target) / noise)
        share.append(float(np.sqrt(np.mean(dense(ours, case.columns, "errors") ** 2))))
        for n in SIZES:
            request = {**common, "row": row, "num_samples": n, "seeds": list(range(seeds))}
            for worker in sides.values():
                worker.send(explain=request)
            for side, worker in sides.items():
                squares[side][n] += [(dense(a, case.columns) - target) ** 2 for a in worker.receive()]
    rmse = {side: {n: float(np.sqrt(np.mean(squares[side][n]))) for n in SIZES} for side in sides}
    z = np.concatenate(z_values)
    return {
        "name": case.name,
        "rmse": rmse,
        "ratio": {n: rmse["ours"][n] / rmse["peer"][n] for n in SIZES},
        "target_error": float(np.sqrt(np.mean(np.square(share)))),
        "check_rms_z": float(np.sqrt(np.mean(z**2))),
        "check_max_z": float(np.abs(z).max()),
    }


def as_text(cells: list[dict[str, Any]]) -> str:
    """Return the cells and their summary as tables."""
    rows = [
        [
            c["name"],
            str(n),
            f"{c['rmse']['peer'][n]:.6g}",
            f"{c['rmse']['ours'][n]:.6g}",
            f"{c['ratio'][n]:.3f}",
            f"{c['target_error']:.2g}",
            f"{c['check_rms_z']:.2f}",
            f"{c['check_max_z']:.2f}",
        ]
        for n in SIZES
        for c in cells
    ]
    header = [
        "data model",
        "n",
        "peer rmse",
        "ours rmse",
        "ratio",
        "target's error",
        "check rms z",
        "check max |z|",
    ]
    summary = []
    for n in SIZES:
        ratios = [c["ratio"][n] for c in cells]
        bound = BOUNDS.get(n)
        median = statistics.median(ratios)
        summary.append(
            [
                f"n = {n}",
                f"{median:.3f}",
                f"{bound}" if bound else "-",
                ("yes" if median <= bound else "NO") if bound else "-",
                f"{max(ratios):.3f}",
                "1.05",
                "yes" if max(ratios) <= 1.05 else "NO",
            ]
        )
    titles = ["ratio ours / peer", "median", "at most", "held", "largest", "at most", "held"]
    return format_table(header, rows) + "\n\n" + format_table(titles, summary)


def main() -> None:
    """Run every data set and model and print the errors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3, help="rows explained of each table")
    parser.add_argument("--seeds", type=int, default=10, help="seeds a row and size")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    cells = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Worker("weights.py", "peer") as peer,
        Worker("weights.py", "ours") as ours,
    ):
        for data in DATA:
            for kind in MODELS:
                case = make_case(data, kind, arguments.rows)
                cells.append(measure(case, arguments.rows, arguments.seeds, Path(folder), {"peer": peer, "ours": ours}))
    print(json.dumps(cells, indent=1) if arguments.json else as_text(cells))


if __name__ == "__main__":
    main()
