"""Measure how often the intervals of rare columns hold the weight of an endless run, and what is shown of them.

The product on digits (3 and 8): of 64 columns some have a bin that holds nearly all rows, so that few samples stand on
the other side of it. The weights of a run with many samples are what the intervals of short runs are held against, for
all columns together and for the rare ones by themselves, with all columns shown and with the ten that are chosen.

    python benchmarks/rare_columns.py [--seeds 100] [--samples 5000] [--reference 400000] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestRegressor
from sklearn.svm import SVC

from peer import SOURCE
from processes import format_table

sys.path.insert(0, str(SOURCE))

RARE = 0.02
"""Share of the training rows on one side up to which a column is called rare."""

ROWS = (2, 11)


def measure(
    data: np.ndarray, model: Callable[[Any], Any], row: int, shown: int, *, seeds: int, samples: int, reference: int
) -> dict[str, Any]:
    """Coverage of all shown weights and of those of rare columns, for one row."""
    from lime import LimeTabularExplainer

    def explain(seed: int, count: int, features: int) -> Any:
        selection = "none" if features == data.shape[1] else "auto"
        explainer = LimeTabularExplainer(data, mode="regression", feature_selection=selection, random_state=seed)
        return explainer.explain_instance(data[row], model, num_samples=count, num_features=features, batch_size=50_000)

    exact = dict(explain(10**6, reference, data.shape[1]).as_map()[1])
    discretizer = LimeTabularExplainer(data, mode="regression", random_state=0).discretizer
    assert discretizer is not None
    bins = discretizer.discretize(data)
    share = (bins == bins[row]).mean(axis=0)
    side = np.minimum(share, 1.0 - share)
    covered: list[bool] = []
    rare: list[bool] = []
    certain = first = 0
    for seed in range(seeds):
        exp = explain(seed, samples, shown)
        first += 0.0 < side[exp.as_map()[1][0][0]] <= RARE
        for j, (low, high) in exp.confidence_intervals(1).items():
            if side[j] == 0.0:
                continue
            covered.append(bool(low <= exact[j] <= high))
            if side[j] <= RARE:
                rare.append(covered[-1])
                certain += not low <= 0.0 <= high
    return {
        "shown": shown,
        "coverage": float(np.mean(covered)),
        "rare weights": len(rare),
        "coverage, rare": float(np.mean(rare)) if rare else None,
        "rare, 0 excluded": certain,
        "rare, first": first,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--reference", type=int, default=400_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    digits = load_digits()
    chosen = np.isin(digits.target, [3, 8])
    data, target = digits.data[chosen], digits.target[chosen]
    models = {
        "SVM": SVC(gamma=0.001, C=10).fit(data, target).decision_function,
        "forest": RandomForestRegressor(30, max_features=0.3, random_state=0).fit(data, target == 3).predict,
    }
    found = [
        {"model": name, "row": row}
        | measure(data, model, row, shown, seeds=options.seeds, samples=options.samples, reference=options.reference)
        for name, model in models.items()
        for row in ROWS
        for shown in (data.shape[1], 10)
    ]
    if options.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{options.seeds} seeds, {options.samples} samples, 95 % intervals; rare: at most {RARE:.0%} on one side\n")
    heads = list(found[0])
    cells = [
        ["" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value) for value in line.values()]
        for line in found
    ]
    print(format_table(heads, cells))


if __name__ == "__main__":
    main()
