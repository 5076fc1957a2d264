"""Time our text explainer against lime 0.2.0.1, call by call in turn, and print the ratios.

Posts 10 and 3 of the 20-newsgroups test set with a random forest on TF-IDF, the whole call with the model in it; and
a text of 1000 different words with a model that costs nothing, so that the time is the explainer's own. Both sides
live in processes of their own, warmed up, and take turns; the ratio of a cell is the median of the ratios of
neighbouring calls.

    python benchmarks/text_speed.py [--repeats 3] [--only "post 10"] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from typing import Any

from processes import SIDES, Worker, format_table
from text_cases import save_case

CELLS: list[dict[str, Any]] = [
    {"name": "post 10, num_features 10", "model": "forest", "text": 10, "num_features": 10, "bound": 3 / 10},
    {"name": "post 10, num_features 6", "model": "forest", "text": 10, "num_features": 6, "bound": 1 / 10},
    {"name": "post 3, num_features 10", "model": "forest", "text": 3, "num_features": 10, "bound": 1 / 15},
    {"name": "post 3, num_features 6", "model": "forest", "text": 3, "num_features": 6, "bound": 1 / 30},
    {"name": "1000 words, num_features 10", "model": "costless", "words": 1000, "num_features": 10, "bound": 1 / 5},
    {"name": "1000 words, num_features 6", "model": "costless", "words": 1000, "num_features": 6, "bound": 1 / 20},
]


def measure(cell: dict[str, Any], workers: dict[str, Worker], repeats: int) -> dict[str, Any]:
    """Time one cell on each side in turn."""
    request = {**cell, "settings": {"num_features": cell["num_features"], "num_samples": 5000}}
    for worker in workers.values():
        worker.ask(cell=request)
    seconds: dict[str, list[float]] = {side: [] for side in workers}
    for turn in range(repeats):
        for side, worker in workers.items():
            seconds[side].append(worker.ask(time=turn)["seconds"])
    ratios = [ours / peer for ours, peer in zip(seconds["ours"], seconds["peer"], strict=True)]
    return {
        "name": cell["name"],
        "bound": cell["bound"],
        **seconds,
        "ratios": ratios,
        "ratio": statistics.median(ratios),
    }


def as_text(results: list[dict[str, Any]]) -> str:
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
    return format_table(["5000 samples", "peer ms", "ours ms", "ratio", "range", "as 1/x", "at most", "held"], rows)


def main() -> None:
    """Run the cells that the command line asks for and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="calls a side and cell")
    parser.add_argument("--only", default="", help="only cells whose name contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = save_case(folder, ["forest"])
        workers = {side: Worker("text.py", side) for side in SIDES}
        try:
            for worker in workers.values():
                worker.ask(case=path)
            results = [measure(c, workers, arguments.repeats) for c in CELLS if arguments.only in c["name"]]
        finally:
            for worker in workers.values():
                worker.close()
    print(json.dumps(results, indent=1) if arguments.json else as_text(results))


if __name__ == "__main__":
    main()
