"""Rows per second of `explain_instances` and of the front door against lime 0.2.0.1, in turn, and what a second
worker adds.

breast cancer, default settings: its 569 rows with a random forest of 100 trees, 20,000 of them, over and over, with two
workers; and 30,000 with a model that takes 1 ms a row. (All rows share 5000 answers: over 569 rows these alone, 5 s of
5.6, hold the ratio below 569 * 5 / (5 + 0.569) = 511, whatever the rest costs.) "door" is `lime.Explainer`, which takes
training rows for its neighbourhood here: what it learns of a model once is learned before.
lime 0.2.0.1 explains only some of the rows, one by one; its rows per second do not hang on how many they are. Both
sides live in processes of their own and take turns; a ratio is the median over the turns, of seconds that passed. With
one worker the ratio of each process's own time stands beside it, which other programs on the machine disturb less. The
last part explains texts and pictures with an opaque model on one worker and on two, both warmed up.

    python benchmarks/rows_speed.py [--repeats 3] [--only forest] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

from processes import Worker, format_table

CASES: list[dict[str, Any]] = [
    {"name": "forest", "what": "random forest, 1 worker", "n_jobs": 1, "peer_rows": 8, "bound": 150.0},
    {
        "name": "forest",
        "what": "random forest, 2 workers",
        "n_jobs": 2,
        "peer_rows": 8,
        "bound": 250.0,
        "rows": 20_000,
    },
    {
        "name": "door",
        "what": "door, random forest, 1 worker",
        "n_jobs": 1,
        "peer_rows": 8,
        "bound": 250.0,
        "rows": 5000,
    },
    {
        "name": "door",
        "what": "door, random forest, 2 workers",
        "n_jobs": 2,
        "peer_rows": 8,
        "bound": 500.0,
        "rows": 20_000,
    },
    {
        "name": "slow",
        "what": "1 ms a row, 1 worker",
        "n_jobs": 1,
        "peer_rows": 1,
        "bound": 2000.0,
        "seconds": 1e-3,
        "rows": 30_000,
    },
    {
        "name": "slow",
        "what": "1 ms a row, 2 workers",
        "n_jobs": 2,
        "peer_rows": 1,
        "bound": 2000.0,
        "seconds": 1e-3,
        "rows": 30_000,
    },
]
OPAQUE: list[dict[str, Any]] = [
    {"name": "texts", "rows": 48, "rounds": 60, "num_samples": 1000, "bound": 1.7},
    {"name": "images", "rows": 24, "rounds": 60, "num_samples": 500, "bound": 1.7},
]


def against_peer(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Rows per second of both sides, taking turns."""
    speed: dict[str, list[float]] = {"peer": [], "ours": [], "peer_own": [], "ours_own": []}
    with Worker("rows.py", "peer") as peer, Worker("rows.py", "ours") as ours:
        versions = [side.ask(case=case)["version"] for side in (peer, ours)]
        total = case.get("rows", 569)
        ours.ask(rows=64, n_jobs=case["n_jobs"])  # workers are started and have imported what they need
        for _ in range(repeats):
            for name, side, rows, jobs in (("peer", peer, case["peer_rows"], 1), ("ours", ours, total, case["n_jobs"])):
                found = side.ask(rows=rows, n_jobs=jobs)
                speed[name].append(found["rows"] / found["seconds"])
                speed[f"{name}_own"].append(found["rows"] / found["own"])
    ratios = [a / b for a, b in zip(speed["ours"], speed["peer"], strict=True)]
    result = {"what": case["what"], "bound": case["bound"], "versions": versions, **speed, "ratios": ratios}
    if case["n_jobs"] == 1:  # the time of workers is not this process's own
        result["own_ratios"] = [a / b for a, b in zip(speed["ours_own"], speed["peer_own"], strict=True)]
    return result


def two_workers(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Rows per second of our text or image explainer on one worker and on two."""
    speed: dict[str, list[float]] = {"one": [], "two": []}
    with Worker("rows.py", "ours") as ours:
        ours.ask(case=case)
        ours.ask(rows=8, n_jobs=2)
        for _ in range(repeats):
            for name, jobs in (("one", 1), ("two", 2)):
                found = ours.ask(rows=case["rows"], n_jobs=jobs)
                speed[name].append(found["rows"] / found["seconds"])
    ratios = [b / a for a, b in zip(speed["one"], speed["two"], strict=True)]
    return {"what": f"{case['name']}, 2 workers against 1", "bound": case["bound"], **speed, "ratios": ratios}


def as_text(results: list[dict[str, Any]]) -> str:
    """Return the results as a table."""
    rows = []
    for result in results:
        before, after = (result[name] for name in (("peer", "ours") if "peer" in result else ("one", "two")))
        ratio = statistics.median(result["ratios"])
        own = result.get("own_ratios")
        rows.append(
            [
                result["what"],
                f"{statistics.median(before):.3g}",
                f"{statistics.median(after):.4g}",
                f"{ratio:.4g}",
                f"{min(result['ratios']):.4g}..{max(result['ratios']):.4g}",
                "" if own is None else f"{statistics.median(own):.4g}",
                f"{result['bound']:g}",
                "yes" if ratio >= result["bound"] else "NO",
            ]
        )
    return format_table(["rows a second", "before", "ours", "ratio", "range", "own time", "at least", "held"], rows)


def main() -> None:
    """Run the cases that the command line asks for and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", help="only cases whose description contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    results = [
        against_peer(case, arguments.repeats)
        for case in CASES
        if arguments.only is None or arguments.only in case["name"] + " " + case["what"]
    ]
    results += [
        two_workers(case, arguments.repeats)
        for case in OPAQUE
        if arguments.only is None or arguments.only in case["name"]
    ]
    print(json.dumps(results, indent=1) if arguments.json else as_text(results))


if __name__ == "__main__":
    main()
