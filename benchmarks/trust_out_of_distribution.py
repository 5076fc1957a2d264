"""Does `out_of_distribution` show the attack of "Fooling LIME and SHAP" (Slack et al. 2020)? It is reproduced here.

The attacked model decides by one column (race, say) on rows that look like data, and by an unrelated column of coin
flips wherever a classifier of its own, trained to tell data from perturbed rows, sees a perturbation. The honest model
decides by the first column everywhere; a third, a forest fitted to the outcome, is what people use. Three tables:
correlated normals, normals on a curve, and breast cancer; all with the two columns added. Printed for each model over
seeds: what the surrogate names as the strongest column over draws and over training rows, the share out of
distribution, the fall of R^2 on training rows from their own surrogate to that of the draws, and whether the report
says that the model answers differently there.

    python benchmarks/trust_out_of_distribution.py [--seeds 10] [--samples 5000] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from peer import SOURCE
from processes import format_table

sys.path.insert(0, str(SOURCE))

TABLES = ("normals", "curve", "cancer")
ROWS = 1000


def table(name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose first column is the sensitive one and whose second is coin flips, and an outcome."""
    rng = np.random.default_rng(seed)
    if name == "cancer":
        x, y = load_breast_cancer(return_X_y=True)
        x = x[:, :12]
    elif name == "normals":
        hidden = rng.normal(size=(ROWS, 2))
        x = hidden @ rng.normal(size=(2, 8)) + 0.4 * rng.normal(size=(ROWS, 8))
        y = (x[:, 0] + rng.normal(size=ROWS) > 0).astype(int)
    else:
        angle = rng.uniform(0, 2 * np.pi, ROWS)
        x = np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(3 * angle)])
        x = x + 0.1 * rng.normal(size=x.shape)
        y = (x[:, 0] > 0).astype(int)
    flips = rng.integers(0, 2, size=(len(x), 2)).astype(float)
    return np.column_stack([flips, x]), y


class Attacked:
    """Biased on what looks like data, innocuous elsewhere."""

    def __init__(self, train: np.ndarray, seed: int) -> None:
        from lime import LimeTabularExplainer

        rng = np.random.default_rng(seed + 1)
        explainer = LimeTabularExplainer(train, categorical_features=[0, 1], random_state=seed + 1)
        seen: list[np.ndarray] = []

        def spy(rows: np.ndarray) -> np.ndarray:
            seen.append(np.array(rows))
            return np.tile([0.5, 0.5], (len(rows), 1))

        # The attacker has LIME draw for him, as anyone can.
        for row in train[rng.choice(len(train), 5, replace=False)]:
            explainer.explain_instance(row, spy, num_samples=len(train))
            explainer.random_state = np.random.RandomState(int(rng.integers(2**31)))
        drawn = np.concatenate([rows[1:] for rows in seen])
        x = np.concatenate([train, drawn])
        y = np.append(np.ones(len(train)), np.zeros(len(drawn)))
        self.detector = RandomForestClassifier(60, class_weight="balanced", random_state=seed, n_jobs=1).fit(x, y)

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        is_data = self.detector.predict_proba(rows)[:, 1] > 0.5
        positive = np.where(is_data, rows[:, 0], rows[:, 1])
        return np.column_stack([1 - positive, positive])


class Honest:
    """Biased everywhere."""

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return np.column_stack([1 - rows[:, 0], rows[:, 0]])


def measure(name: str, kind: str, seed: int, samples: int) -> dict[str, Any]:
    """Ask for one report."""
    from lime import LimeTabularExplainer, trust

    x, y = table(name, seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    train, held_out = x[order[: len(x) * 4 // 5]], x[order[len(x) * 4 // 5 :]]
    if kind == "attacked":
        model: Any = Attacked(train, seed)
    elif kind == "honest":
        model = Honest()
    elif kind == "forest":
        model = RandomForestClassifier(50, min_samples_leaf=3, random_state=seed).fit(train, y[order[: len(train)]])
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(train, y[order[: len(train)]])
    names = ["sensitive", "innocuous", *(f"x{j}" for j in range(x.shape[1] - 2))]
    explainer = LimeTabularExplainer(train, feature_names=names, categorical_features=[0, 1], random_state=seed)
    row = held_out[0]
    biased = float(np.mean(model.predict_proba(held_out).argmax(axis=1) == held_out[:, 0]))
    report = trust.out_of_distribution(explainer, train, row, predict_fn=model, num_samples=samples, random_state=seed)
    everywhere = max(report.sides, key=lambda one: abs(one.everywhere)).name if report.sides else "-"
    return {
        "table": name,
        "model": kind,
        "seed": seed,
        "biased_on_data": biased,
        "share": report.share,
        "auc": report.auc,
        "effective_on_data": report.effective_on_data,
        "strongest_everywhere": everywhere,
        "strongest_on_data": report.sides[0].name if report.sides else "-",
        "score_on_data": report.score_on_data,
        "carried_over": report.score_carried_over,
        "answers_differ": report.predictions_differ,
    }


def summarise(found: list[dict[str, Any]]) -> list[list[str]]:
    """One row a table and model."""
    rows = []
    for key in dict.fromkeys((one["table"], one["model"]) for one in found):
        of = [one for one in found if (one["table"], one["model"]) == key]
        falls = [one["score_on_data"] - one["carried_over"] for one in of]
        rows.append(
            [
                *key,
                str(len(of)),
                f"{np.mean([one['biased_on_data'] for one in of]):.2f}",
                f"{np.mean([one['share'] for one in of]):.2f}",
                f"{np.mean([one['auc'] for one in of]):.2f}",
                f"{np.mean([one['effective_on_data'] for one in of]):.0f}",
                f"{np.mean([one['strongest_everywhere'] == 'sensitive' for one in of]):.2f}",
                f"{np.mean([one['strongest_on_data'] == 'sensitive' for one in of]):.2f}",
                f"{np.min(falls):.2f}..{np.max(falls):.2f}",
                f"{np.mean([one['answers_differ'] is True for one in of]):.2f}",
                f"{np.mean([one['answers_differ'] is None for one in of]):.2f}",
            ]
        )
    return rows


def main() -> None:
    """Run all tables, models and seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = [
        measure(name, kind, seed, arguments.samples)
        for name in TABLES
        for kind in ("attacked", "honest", "forest", "logistic")
        for seed in range(arguments.seeds)
    ]
    if arguments.json:
        print(json.dumps(found, indent=1, default=str))
        return
    header = ["table", "model", "seeds", "biased on data", "share off", "AUC", "effective on data"]
    header += ["named sensitive: draws", "rows", "fall of R^2", "says differs", "too few"]
    print(format_table(header, summarise(found)))


if __name__ == "__main__":
    main()
