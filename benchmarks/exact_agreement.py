"""Exact weights of every kind of model against many independent samples, in units of their errors.

Each case is a model x bins or none x missing values; the weights of all features of three rows are compared with one
unpenalised regression on a million draws of the same explainer. Where the exact weights are right, the squared distance
is chi-square: the table shows its tail probability, and the run ends with the least of all beside what chance gives.

    python benchmarks/exact_agreement.py [--samples 1000000] [--only boosting] [--json]
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import xgboost
from scipy.stats import chi2
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from lime import LimeTabularExplainer
from processes import format_table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))

AT_ONCE = 250_000
"""Draws of one call."""

XGB: dict[str, Any] = {"n_estimators": 50, "max_depth": 4, "n_jobs": 1}
LGB: dict[str, Any] = {"n_estimators": 50, "verbose": -1, "n_jobs": 1}

REGRESSORS: dict[str, Callable[[], Any]] = {
    "tree": lambda: DecisionTreeRegressor(max_depth=8, random_state=0),
    "forest": lambda: RandomForestRegressor(20, random_state=0),
    "extra trees": lambda: ExtraTreesRegressor(20, random_state=0),
    "bagging": lambda: BaggingRegressor(n_estimators=10, max_features=0.6, random_state=0),
    "voting": lambda: VotingRegressor([("a", filled(Ridge())), ("b", RandomForestRegressor(5, random_state=0))]),
    "boosting": lambda: filled(GradientBoostingRegressor(n_estimators=50, random_state=0)),
    "histogram": lambda: HistGradientBoostingRegressor(max_iter=50, random_state=0),
    "xgboost": lambda: xgboost.XGBRegressor(**XGB),
    "lightgbm": lambda: lightgbm.LGBMRegressor(**LGB),
    "line": lambda: filled(Ridge()),
}
CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "forest's probabilities": lambda: RandomForestClassifier(20, random_state=0),
    "boosting's log-odds": lambda: filled(GradientBoostingClassifier(n_estimators=50, random_state=0)),
    "histogram's log-odds": lambda: HistGradientBoostingClassifier(max_iter=50, random_state=0),
    "xgboost's log-odds": lambda: xgboost.XGBClassifier(**XGB),
    "lightgbm's log-odds": lambda: lightgbm.LGBMClassifier(**LGB),
    "logistic log-odds": lambda: filled(LogisticRegression()),
}
WAYS: dict[str, dict[str, Any]] = {
    "quartiles": {},
    "deciles": {"discretizer": "decile"},
    "numbers": {"discretize_continuous": False},
    "around": {"discretize_continuous": False, "sample_around_instance": True},
}


def filled(model: Any) -> Any:
    """A model behind steps that act column by column."""
    return make_pipeline(SimpleImputer(), StandardScaler(), model)


def cases(only: str | None) -> Iterator[tuple[str, str, str, float]]:
    """Kind, model, way and share of missing values of each case."""
    try:
        import catboost
    except ImportError:
        print("catboost is not installed: left out", file=sys.stderr)
    else:
        settings = {"iterations": 50, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
        REGRESSORS["catboost"] = functools.partial(catboost.CatBoostRegressor, **settings)
        CLASSIFIERS["catboost's log-odds"] = functools.partial(catboost.CatBoostClassifier, **settings)
    for kind, models in (("regression", REGRESSORS), ("classification", CLASSIFIERS)):
        for name in models:
            for way in WAYS:
                for missing in (0.0, 0.15):
                    if only is None or only in f"{name} {way}":
                        yield kind, name, way, missing


def table(missing: float) -> tuple[np.ndarray, np.ndarray]:
    """Five columns, one of whole numbers and one of categories, and what is to be learned from them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 5)) * [1.0, 10.0, 0.01, 1.0, 1.0]
    x[:, 3], x[:, 4] = np.rint(2.0 * x[:, 3]), rng.integers(0, 4, size=400)
    y = x[:, 0] + 0.1 * x[:, 1] * (x[:, 3] > 0.0) + (x[:, 4] == 2.0) + 0.2 * rng.normal(size=400)
    holes = rng.random(x.shape) < missing
    holes[:, 4] = False
    x[holes] = np.nan
    return x, y


def compare(kind: str, name: str, way: str, missing: float, samples: int) -> dict[str, Any]:
    """Tail probabilities of the distances of three rows."""
    from wald import distance, regression

    x, y = table(missing)
    classifies = kind == "classification"
    model = (CLASSIFIERS if classifies else REGRESSORS)[name]().fit(x, y > 0.5 if classifies else y)
    settings: dict[str, Any] = {"link": "logit"} if "log-odds" in name else {}
    found: list[float] = []
    worst = 0.0
    for place in (3, 5, 8):
        # A seed of its own for each row of each case: their probabilities are independent then.
        made = {"mode": kind, "categorical_features": [4], "random_state": place, **WAYS[way]}
        explainer = LimeTabularExplainer(x, **made)
        exact = explainer.explain_instance(x[place], model, num_features=5, sampling_method="exact", **settings)
        drawn = LimeTabularExplainer(x, **{**made, "random_state": None})
        parts: list[Any] = []
        for start in range(0, samples, AT_ONCE):
            drawn.seed_with(zlib.crc32(f"{name} {way} {missing} {place} {start}".encode()))
            count = min(AT_ONCE, samples - start)
            parts.append(
                drawn.explain_instance(
                    x[place], model, num_samples=count, sampling_method="gaussian", **settings
                ).fit_data
            )
        order = np.argsort(parts[0].features)
        z = np.concatenate([np.asarray(one.z, dtype=float)[:, order] for one in parts])
        weights = np.concatenate([one.weights for one in parts])
        predictions = np.concatenate([one.predictions[:, 0] for one in parts])
        varies = z.std(axis=0) > 0.0
        fitted, covariance = regression(z[:, varies], weights, predictions)
        own = np.array([dict(exact.local_exp[1]).get(j, 0.0) for j in range(5)])[varies]
        squared, degrees = distance(own, fitted, covariance)
        found.append(float(chi2.sf(squared, degrees)))
        worst = max(worst, float(np.abs((own - fitted) / np.sqrt(np.diag(covariance))).max()))
    return {"model": name, "way": way, "missing": missing, "tails": found, "worst": worst}


def main() -> None:
    """Run the cases that the command line asks for and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--only", help="only cases whose model and way contain this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    results = [compare(*case, arguments.samples) for case in cases(arguments.only)]
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    rows = [
        [one["model"], one["way"], f"{one['missing']:.2f}", f"{one['worst']:.2f}", f"{min(one['tails']):.3g}"]
        for one in results
    ]
    print(format_table(["model", "way", "missing", "max |z|", "least p of 3"], rows))
    tails = np.array([tail for one in results for tail in one["tails"]])
    print(
        f"{len(tails)} rows: least p {tails.min():.2g}, by chance {1.0 / (len(tails) + 1):.2g}; "
        f"mean {tails.mean():.3f}, by chance 0.500 +- {1.0 / np.sqrt(12.0 * len(tails)):.3f}; "
        f"{np.mean(tails < 0.05):.3f} below 0.05"
    )


if __name__ == "__main__":
    main()
