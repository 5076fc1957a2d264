"""Rows per second of exact explanations of trees, beside samples and beside lime 0.2.0.1, in turn.

One core, and each process's own time, which other programs on the machine disturb little. lime 0.2.0.1 explains only
some of the rows, one by one; its rows per second do not hang on how many they are. The model's own time is included:
all of it for lime 0.2.0.1 and for samples, the rows themselves and 512 samples for exact explanations.

    python benchmarks/exact_speed.py [--repeats 3] [--only cancer] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from typing import Any

from processes import Worker, format_table

CASES: list[dict[str, Any]] = [
    {"name": "cancer", "what": "forest of 100, 30 columns", "rows": 10_000, "sampled": 500, "peer": 6},
    {
        "name": "boosting",
        "what": "boosting, 100 x depth 3, 30 columns",
        "rows": 10_000,
        "sampled": 500,
        "peer": 6,
        "columns": 30,
        "samples": 1000,
    },
    {
        "name": "histogram",
        "what": "boosting, 500 x 31 leaves, 100 columns",
        "rows": 2000,
        "sampled": 300,
        "peer": 3,
        "columns": 100,
        "samples": 3000,
        "trees": 500,
    },
    {
        "name": "deep",
        "what": "100 trees of full depth, 30 columns",
        "rows": 1000,
        "sampled": 300,
        "peer": 3,
        "columns": 30,
        "samples": 3000,
        "trees": 100,
    },
]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Rows per second of all three, taking turns."""
    speed: dict[str, list[float]] = {"peer": [], "sampled": [], "exact": []}
    with Worker("exact.py", "peer") as peer, Worker("exact.py", "ours") as ours:
        for side in (peer, ours):
            side.ask(case=case)
        ours.ask(rows=8, method="exact")
        for _ in range(repeats):
            for name, side, rows, method in (
                ("peer", peer, case["peer"], None),
                ("sampled", ours, case["sampled"], "auto"),
                ("exact", ours, case["rows"], "exact"),
            ):
                found = side.ask(rows=rows, method=method)
                speed[name].append(found["rows"] / found["seconds"])
    return {"what": case["what"], **speed}


def as_text(results: list[dict[str, Any]]) -> str:
    """Return the results as a table."""
    rows = []
    for result in results:
        peer, sampled, exact = (statistics.median(result[name]) for name in ("peer", "sampled", "exact"))
        numbers = (peer, sampled, exact, exact / sampled, exact / peer)
        rows.append([result["what"], *(f"{number:.3g}" for number in numbers)])
    return format_table(["rows a second", "0.2.0.1", "samples", "exact", "exact/samples", "exact/0.2.0.1"], rows)


def main() -> None:
    """Run the cases that the command line asks for and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", help="only cases whose description contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    # Workers inherit this: one core for each.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    results = [
        measure(case, arguments.repeats)
        for case in CASES
        if arguments.only is None or arguments.only in case["name"] + " " + case["what"]
    ]
    print(json.dumps(results, indent=1) if arguments.json else as_text(results))


if __name__ == "__main__":
    main()
