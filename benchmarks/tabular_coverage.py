"""Measure how often the 95 % intervals of our weights contain the very-large-sample weight.

The target of a weight is our full fit (feature_selection="none") to 400,000 samples under a seed used
nowhere else. On tables the columns stay independent under the kernel, so a weight's target does not depend
on which features are shown. Every cell counts rows x seeds x shown weights; weights of one fit are
dependent, so the spread of the share over the rows is printed beside it. Only this package takes part: the
release reports no intervals.

    python benchmarks/tabular_coverage.py [--rows 3] [--seeds 40] [--only wine] [--json]
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import warnings
from typing import Any

import joblib
import numpy as np

from cases import Case, make_case
from peer import SOURCE
from processes import format_table

sys.path.insert(0, str(SOURCE))

CASES = (
    ("wine", "forest", True),
    ("wine", "boosting", True),
    ("wine", "mlp", True),
    ("cancer", "forest", True),
    ("cancer", "mlp", True),
    ("diabetes", "forest", True),
    ("wine", "mlp", False),
    ("cancer", "forest", False),
    ("diabetes", "forest", False),
)
SIZES = (256, 1000, 5000)
#: Feature selection and how many features: everything, the default call, and the greedy choice of a few.
SHOWN: tuple[tuple[str, int | None], ...] = (("none", None), ("auto", 10), ("auto", 5))
TARGET_SAMPLES, TARGET_SEED = 400_000, 987_654
LEVEL = 0.95


def explain(case: Case, discretize: bool, row: int, selection: str, *, features: int | None, n: int, seed: int) -> Any:
    """Explain one row of a case once."""
    from lime.lime_tabular import LimeTabularExplainer

    explainer = LimeTabularExplainer(
        case.train,
        mode=case.mode,
        categorical_features=case.categorical or None,
        feature_selection=selection,
        discretize_continuous=discretize,
        random_state=seed,
    )
    predict = case.model.predict_proba if case.mode == "classification" else case.model.predict
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return explainer.explain_instance(
            case.rows[row],
            predict,
            labels=(case.labels[row],),
            num_features=case.columns if features is None else features,
            num_samples=n,
        )


def target(case: Case, discretize: bool, row: int) -> dict[int, float]:
    """Return the very-large-sample weight of every column at one row."""
    explanation = explain(case, discretize, row, "none", features=None, n=TARGET_SAMPLES, seed=TARGET_SEED)
    return {int(i): float(w) for i, w in explanation.local_exp[case.labels[row]]}


def cover(
    case: Case,
    discretize: bool,
    row: int,
    truth: dict[int, float],
    *,
    n: int,
    shown: tuple[str, int | None],
    seeds: int,
) -> dict[str, Any]:
    """Explain one row under every seed; note which intervals hold the target, their widths and errors."""
    hits, low_misses, unknown, widths, squares = [], 0, 0, [], []
    label = case.labels[row]
    for seed in range(seeds):
        explanation = explain(case, discretize, row, shown[0], features=shown[1], n=n, seed=seed)
        intervals = explanation.confidence_intervals(label, LEVEL)
        for i, weight in explanation.local_exp[label]:
            low, high = intervals[i]
            if not np.isfinite([low, high]).all():
                unknown += 1
                continue
            hits.append(bool(low <= truth[i] <= high))
            low_misses += truth[i] > high
            widths.append(float(high - low))
            squares.append(float(weight - truth[i]) ** 2)
    return {
        "row": row,
        "hits": hits,
        "below": int(low_misses),
        "unknown": unknown,
        "widths": widths,
        "squares": squares,
    }


def summarise(
    name: str, discretize: bool, n: int, shown: tuple[str, int | None], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Pool the rows of a cell."""
    hits = np.concatenate([r["hits"] for r in rows])
    widths = np.concatenate([r["widths"] for r in rows])
    rmse = float(np.sqrt(np.mean(np.concatenate([r["squares"] for r in rows]))))
    shares = [float(np.mean(r["hits"])) if r["hits"] else float("nan") for r in rows]
    return {
        "case": name,
        "discretize": discretize,
        "n": n,
        "selection": shown[0],
        "num_features": shown[1],
        "intervals": len(hits),
        "unknown": sum(r["unknown"] for r in rows),
        "coverage": float(hits.mean()) if len(hits) else float("nan"),
        "lowest_row": min(shares),
        "highest_row": max(shares),
        "missed_below": sum(r["below"] for r in rows) / max(1, len(hits)),
        "width": float(widths.mean()) if len(widths) else float("nan"),
        "rmse": rmse,
    }


def as_text(cells: list[dict[str, Any]]) -> str:
    """Return the cells and their summary as tables."""
    rows = [
        [
            c["case"],
            "bins" if c["discretize"] else "values",
            c["selection"] + ("" if c["num_features"] is None else f" {c['num_features']}"),
            str(c["n"]),
            str(c["intervals"]),
            str(c["unknown"]),
            f"{c['coverage']:.3f}",
            f"{c['lowest_row']:.3f}..{c['highest_row']:.3f}",
            f"{c['width']:.4g}",
            f"{c['width'] / (3.92 * c['rmse']):.2f}",
            "yes" if 0.93 <= c["coverage"] <= 0.99 else "NO",
        ]
        for c in cells
    ]
    header = ["data model", "on", "selection", "n", "intervals", "unknown", "covered", "rows", "mean width"]
    header += ["width/3.92rmse", ".93-.99"]
    summary = []
    for shown, n in itertools.product(dict.fromkeys((c["selection"], c["num_features"]) for c in cells), SIZES):
        chosen = [c for c in cells if (c["selection"], c["num_features"]) == shown and c["n"] == n]
        coverage = [c["coverage"] for c in chosen]
        pooled = np.average(coverage, weights=[c["intervals"] for c in chosen])
        name = shown[0] + ("" if shown[1] is None else f" {shown[1]}")
        summary.append([name, str(n), f"{pooled:.3f}", f"{min(coverage):.3f}", f"{max(coverage):.3f}"])
    pooled = np.average([c["coverage"] for c in cells], weights=[c["intervals"] for c in cells])
    titles = ["all data and models", "n", "covered", "lowest cell", "highest cell"]
    inside = sum(0.93 <= c["coverage"] <= 0.99 for c in cells)
    last = f"over everything: {pooled:.4f}; cells within .93 to .99: {inside} of {len(cells)}"
    return format_table(header, rows) + "\n\n" + format_table(titles, summary) + "\n\n" + last


def main() -> None:
    """Run every cell and print its coverage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3, help="rows explained of each table")
    parser.add_argument("--seeds", type=int, default=40, help="seeds a row, size and selection")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", help="only data and models whose name contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    setups = [
        (make_case(data, kind, arguments.rows), discretize)
        for data, kind, discretize in CASES
        if arguments.only is None or arguments.only in f"{data} {kind}"
    ]
    places = [(case, discretize, row) for case, discretize in setups for row in range(arguments.rows)]
    parallel = joblib.Parallel(n_jobs=arguments.jobs)
    truths = parallel(joblib.delayed(target)(*place) for place in places)
    grid = [
        (place, truth, n, shown) for n in SIZES for shown in SHOWN for place, truth in zip(places, truths, strict=True)
    ]
    counts = parallel(
        joblib.delayed(cover)(*place, truth, n, shown, arguments.seeds) for place, truth, n, shown in grid
    )
    pooled: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for (place, _, n, shown), count in zip(grid, counts, strict=True):
        pooled.setdefault((place[0].name, place[1], n, shown), []).append(count)
    cells = [summarise(name, discretize, n, shown, rows) for (name, discretize, n, shown), rows in pooled.items()]
    print(json.dumps(cells, indent=1) if arguments.json else as_text(cells))


if __name__ == "__main__":
    main()
