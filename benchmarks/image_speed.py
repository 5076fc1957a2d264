"""Time our image explainer against lime 0.2.0.1, call by call in turn, and print the ratios.

A square image of noise, its segments given, 1000 samples, and a model that costs nothing, so that the time is the
explainer's own. lime 0.2.0.1 needs floats: bytes of ours are compared with its floats. Both sides live in processes
of their own, warmed up, and take turns; the ratio of a cell is the median of the ratios of neighbouring calls.

    python benchmarks/image_speed.py [--repeats 3] [--samples 1000] [--segments 64] [--only "512"] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

from processes import SIDES, Worker, format_table

CELLS: list[dict[str, Any]] = [
    {"name": "224 x 224, float64", "side": 224, "dtype": {"ours": "float64", "peer": "float64"}, "bound": 1 / 10},
    {"name": "512 x 512, float64", "side": 512, "dtype": {"ours": "float64", "peer": "float64"}, "bound": 1 / 20},
    {"name": "512 x 512, uint8", "side": 512, "dtype": {"ours": "uint8", "peer": "float64"}, "bound": 1 / 60},
]


def measure(cell: dict[str, Any], workers: dict[str, Worker], arguments: argparse.Namespace) -> dict[str, Any]:
    """Time one cell on each side in turn."""
    for side, worker in workers.items():
        request = {"side": cell["side"], "dtype": cell["dtype"][side]}
        worker.ask(cell={**request, "samples": arguments.samples, "segments": arguments.segments})
    seconds: dict[str, list[float]] = {side: [] for side in workers}
    for turn in range(arguments.repeats):
        for side, worker in workers.items():
            seconds[side].append(worker.ask(time=turn))
    ratios = [ours / peer for ours, peer in zip(seconds["ours"], seconds["peer"], strict=True)]
    return {**cell, **seconds, "ratios": ratios, "ratio": statistics.median(ratios)}


def as_text(results: list[dict[str, Any]], samples: int) -> str:
    """Return the results as a table."""
    rows = [
        [
            r["name"],
            *(f"{1e3 * statistics.median(r[side]):.0f}" for side in SIDES),
            f"{r['ratio']:.4f}",
            f"{min(r['ratios']):.4f}..{max(r['ratios']):.4f}",
            f"1/{1 / r['ratio']:.1f}",
            f"{r['bound']:.4f}",
            "yes" if r["ratio"] <= r["bound"] else "NO",
        ]
        for r in results
    ]
    return format_table(
        [f"{samples} samples", "peer ms", "ours ms", "ratio", "range", "as 1/x", "at most", "held"], rows
    )


def main() -> None:
    """Run the cells that the command line asks for and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="calls a side and cell")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--segments", type=int, default=64)
    parser.add_argument("--only", default="", help="only cells whose name contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    workers = {side: Worker("image.py", side) for side in SIDES}
    try:
        results = [measure(c, workers, arguments) for c in CELLS if arguments.only in c["name"]]
    finally:
        for worker in workers.values():
            worker.close()
    print(json.dumps(results, indent=1) if arguments.json else as_text(results, arguments.samples))


if __name__ == "__main__":
    main()
