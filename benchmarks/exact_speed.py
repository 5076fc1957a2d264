"""Rows per second of exact explanations of trees, beside samples, lime 0.2.0.1 and shap's TreeExplainer, in turn.

One core, and each process's own time, which other programs on the machine disturb little. lime 0.2.0.1 explains only
some of the rows, one by one; its rows per second do not hang on how many they are. The model's own time is included:
all of it for lime 0.2.0.1 and for samples, the rows themselves and 512 samples for exact explanations. shap answers
another question of the same model, from the model's own trees as well, and returns an array: beside it stand exact
weights as an array, without explanations. The cases go over trees, depth and columns.
Memory is the most that the process ever had, after a quarter of the rows and after all.

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
    {"kind": "cancer", "trees": 100, "columns": 30, "rows": 10_000, "sampled": 500, "peer": 6, "shap": 500},
    {"kind": "boosting", "trees": 100, "depth": 3, "columns": 30, "samples": 1000},
    {"kind": "boosting", "trees": 1000, "depth": 3, "columns": 30, "samples": 1000},
    {"kind": "boosting", "trees": 100, "depth": 6, "columns": 30, "samples": 1000},
    {"kind": "histogram", "trees": 500, "columns": 30, "samples": 3000},
    {"kind": "histogram", "trees": 500, "columns": 300, "samples": 3000},
    {"kind": "extra", "trees": 100, "depth": 8, "columns": 30, "samples": 3000},
    {"kind": "extra", "trees": 100, "columns": 30, "samples": 3000},
]
USUAL = {"rows": 2000, "sampled": 300, "peer": 3, "shap": 100}
SIDES = ("peer", "shap", "sampled", "exact", "weights")


def described(case: dict[str, Any]) -> str:
    """A case in a few words."""
    depth = f"depth {case['depth']}" if "depth" in case else "31 leaves" if case["kind"] == "histogram" else "no limit"
    return f"{case['kind']} {case['trees']} x {depth}, {case['columns']} columns"


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Rows per second of all sides, taking turns."""
    case = {**USUAL, **case}
    speed: dict[str, list[float]] = {side: [] for side in SIDES}
    with (
        Worker("exact.py", "peer") as peer,
        Worker("exact.py", "ours") as ours,
        Worker("shap_trees.py", "shap") as shap,
    ):
        for worker in (peer, ours, shap):
            worker.ask(case=case)
        early = ours.ask(rows=case["rows"] // 4, method="exact")["kilobytes"]
        late = early
        for _ in range(repeats):
            for side, worker, rows, method in (
                ("peer", peer, case["peer"], None),
                ("shap", shap, case["shap"], None),
                ("exact", ours, case["rows"], "exact"),
                ("weights", ours, case["rows"], "weights"),
                ("sampled", ours, case["sampled"], "sobol"),
            ):
                found = worker.ask(rows=rows, method=method)
                speed[side].append(found["rows"] / found["seconds"])
                late = found["kilobytes"] if side == "exact" and not speed["sampled"] else late
    return {"what": described(case), **speed, "megabytes": [early / 1024.0, late / 1024.0]}


def as_text(results: list[dict[str, Any]]) -> str:
    """Return the results as a table."""
    rows = []
    for result in results:
        peer, shap, sampled, exact, weights = (statistics.median(result[side]) for side in SIDES)
        numbers = (peer, shap, sampled, exact, weights, exact / peer, weights / shap, exact / sampled)
        memory = " ".join(f"{one:.0f}" for one in result["megabytes"])
        rows.append([result["what"], *(f"{number:.3g}" for number in numbers), memory])
    header = [
        "rows a second",
        "0.2.0.1",
        "shap",
        "samples",
        "exact",
        "weights",
        "exact/0.2.0.1",
        "weights/shap",
        "exact/samples",
        "MB",
    ]
    return format_table(header, rows)


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
        if arguments.only is None or arguments.only in described(case)
    ]
    print(json.dumps(results, indent=1) if arguments.json else as_text(results))


if __name__ == "__main__":
    main()
