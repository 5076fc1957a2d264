"""Time our tabular explainer against lime 0.2.0.1, call by call in turn, and print the ratios.

The model costs nothing except in the last cell, so the time is the explainer's own. Both sides live in
processes of their own, warmed up, and take turns; the ratio of a cell is the median of the ratios of
neighbouring calls, so that a machine that slows down slows both. The wine cell divides our whole call by
the bare model on the same rows.

    python benchmarks/tabular_speed.py [--repeats 7] [--only 5000] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

from processes import SIDES, Worker, format_table

CELLS: list[dict[str, Any]] = [
    {
        "name": "13 columns, num_features 10",
        "columns": 13,
        "num_features": 10,
        "repeats": 3.0,
        "bound": 1 / 3,
    },
    {"name": "13 columns, num_features 5", "columns": 13, "num_features": 5, "repeats": 3.0, "bound": 1 / 15},
    {"name": "30 columns, num_features 6", "columns": 30, "num_features": 6, "repeats": 1.5, "bound": 1 / 25},
    {
        "name": "1000 columns, num_features 10",
        "columns": 1000,
        "num_features": 10,
        "repeats": 1.0,
        "bound": 1 / 6,
    },
    {
        "name": "5000 columns, num_features 10",
        "columns": 5000,
        "num_features": 10,
        "repeats": 0.5,
        "bound": 1 / 3,
    },
]
WINE: dict[str, Any] = {
    "name": "wine forest, num_features 5",
    "num_features": 5,
    "repeats": 2.0,
    "bound": 1.3,
}


def spec(cell: dict[str, Any], model: str) -> dict[str, Any]:
    """Return what a worker must know about a cell."""
    known: dict[str, Any] = {key: cell[key] for key in ("columns", "num_features") if key in cell}
    return {**known, "num_samples": 5000, "model": model}


def measure_pair(cell: dict[str, Any], repeats: int, sides: tuple[str, ...]) -> dict[str, Any]:
    """Time one cell on each side in turn.

    Returns
    -------
    dict
        For each side the seconds of every call, the peak resident bytes and the version; the pairwise ratios.
    """
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    workers = {side: Worker("speed.py", side) for side in sides}
    result: dict[str, Any] = {"name": cell["name"], "bound": cell["bound"]}
    try:
        for side, worker in workers.items():
            result[f"{side}_version"] = worker.ask(cell=spec(cell, "costless"))["version"]
        for turn in range(repeats):
            for side, worker in workers.items():
                seconds[side].append(worker.ask(time=turn)["seconds"])
        for side, worker in workers.items():
            result[f"{side}_peak_bytes"] = worker.ask(memory=True)
    finally:
        for worker in workers.values():
            worker.close()
    for side in sides:
        result[f"{side}_seconds"] = seconds[side]
        result[f"{side}_median"] = statistics.median(seconds[side])
    if len(sides) == 2:
        ratios = [ours / peer for ours, peer in zip(seconds["ours"], seconds["peer"], strict=True)]
        result.update(ratios=ratios, ratio=statistics.median(ratios))
    return result


def measure_wine(repeats: int) -> dict[str, Any]:
    """Time our whole call and the bare model on the same rows, in turn."""
    whole: list[float] = []
    bare: list[float] = []
    with Worker("speed.py", "ours") as worker:
        worker.ask(cell=spec(WINE, "wine forest"))
        worker.ask(predict=True)
        for turn in range(repeats):
            bare.append(worker.ask(predict=True))
            whole.append(worker.ask(time=turn)["seconds"])
    ratios = [a / b for a, b in zip(whole, bare, strict=True)]
    return {
        "name": WINE["name"],
        "bound": WINE["bound"],
        "whole_seconds": whole,
        "bare_seconds": bare,
        "whole_median": statistics.median(whole),
        "bare_median": statistics.median(bare),
        "ratios": ratios,
        "ratio": statistics.median(ratios),
    }


def as_text(results: list[dict[str, Any]], wine: dict[str, Any] | None) -> str:
    """Return the results as a table."""
    rows = []
    for r in results:
        ratio = r.get("ratio")
        rows.append(
            [
                r["name"],
                *(f"{1e3 * r[f'{s}_median']:.1f}" if f"{s}_median" in r else "-" for s in SIDES),
                f"{ratio:.4f}" if ratio else "-",
                f"{min(r['ratios']):.4f}..{max(r['ratios']):.4f}" if ratio else "-",
                f"1/{1 / ratio:.1f}" if ratio else "-",
                f"{r['bound']:.4f}",
                ("yes" if ratio <= r["bound"] else "NO") if ratio else "-",
                *(f"{r[f'{s}_peak_bytes'] / 2**20:.0f}" if f"{s}_peak_bytes" in r else "-" for s in SIDES),
            ]
        )
    header = [
        "5000 samples, costless model",
        "peer ms",
        "ours ms",
        "ratio",
        "range",
        "as 1/x",
        "at most",
        "held",
    ]
    text = format_table([*header, "peer MiB", "ours MiB"], rows) if rows else ""
    if wine is not None:
        row = [wine["name"], f"{1e3 * wine['bare_median']:.1f}", f"{1e3 * wine['whole_median']:.1f}"]
        row += [f"{wine['ratio']:.3f}", f"{min(wine['ratios']):.3f}..{max(wine['ratios']):.3f}"]
        row += [f"{wine['bound']:.1f}", "yes" if wine["ratio"] <= wine["bound"] else "NO"]
        head = [
            "ours, model included",
            "bare predict ms",
            "whole call ms",
            "ratio",
            "range",
            "at most",
            "held",
        ]
        text += ("\n\n" if text else "") + format_table(head, [row])
    return text


def main() -> None:
    """Run the cells that the command line asks for and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=6, help="calls a side at 1000 columns; others in proportion")
    parser.add_argument("--only", help="only cells whose name contains this")
    parser.add_argument("--side", choices=SIDES, help="time one side alone")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    sides = (arguments.side,) if arguments.side else SIDES
    chosen = [c for c in CELLS if arguments.only is None or arguments.only in c["name"]]
    results = [measure_pair(c, max(3, round(c["repeats"] * arguments.repeats)), sides) for c in chosen]
    wanted = "ours" in sides and (arguments.only is None or arguments.only in WINE["name"])
    wine = measure_wine(max(3, round(WINE["repeats"] * arguments.repeats))) if wanted else None
    print(json.dumps({"cells": results, "wine": wine}, indent=1) if arguments.json else as_text(results, wine))


if __name__ == "__main__":
    main()
