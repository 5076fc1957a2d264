"""How well explanations fit the model on real rows near the instance, for every neighbourhood of a table.

Six tables (wine, breast cancer, diabetes, a mixed one with correlated and categorical columns, friedman1, and a
synthetic one of correlated columns whose gradients are known) times five models. For each neighbourhood, and for
columns that are independent with and without bins, over some rows that neither model nor explainer has seen:

- R²: of the surrogate against the model on other unseen rows, weighted by nearness (`lime.trust.local_fit`): median and
  worst tenth over rows and models; the share of explanations with a warning, and of those said to fit poorly;
- cosine with the known gradient, and the share of the weights on columns that the model does not use;
- stability: the mean cosine of the weights of a row with those of the unseen row that is nearest to it;
- AUC of a forest that tells samples, one around each of many rows, from unseen rows;
- the attack of Slack et al. 2020: share of explanations whose strongest column is the biased one, where the attacker's
  detector learned from independent columns (default) and from the neighbourhood's own samples (adaptive).

    python benchmarks/local_fit.py [--rows 25] [--samples 1000] [--tables wine,cancer] [--models forest] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_friedman1
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from peer import SOURCE
from processes import format_table

sys.path.insert(0, str(SOURCE))

METHODS: dict[str, dict[str, Any]] = {
    "bins (default)": {},
    "not in bins": {"discretize_continuous": False},
    "gaussian": {"neighborhood": "gaussian"},
    "copula": {"neighborhood": "copula"},
    "near": {"neighborhood": "near"},
    "rows": {"neighborhood": "rows"},
    "auto": {"neighborhood": "auto"},
}
MODELS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "linear": (lambda: LogisticRegression(max_iter=2000), Ridge),
    "forest": (lambda: RandomForestClassifier(100, random_state=0), lambda: RandomForestRegressor(100, random_state=0)),
    "boosting": (
        lambda: HistGradientBoostingClassifier(max_iter=60, random_state=0),
        lambda: HistGradientBoostingRegressor(max_iter=60, random_state=0),
    ),
    "mlp": (
        lambda: MLPClassifier(hidden_layer_sizes=(32,), max_iter=1000, random_state=0),
        lambda: MLPRegressor(hidden_layer_sizes=(32,), max_iter=1000, random_state=0),
    ),
    "svm": (lambda: SVC(probability=True, random_state=0), lambda: SVR(C=10.0)),
}
TABLES = ("wine", "cancer", "diabetes", "mixed", "friedman1", "known")


@dataclass
class Table:
    """Rows to learn from, unseen rows, an outcome, and what is known of the truth."""

    train: Any
    test: Any
    outcome: Any
    classifies: bool
    used: int | None = None
    """How many of the first columns a model has any use for."""

    def fit(self, model: str) -> Any:
        estimator = MODELS[model][0 if self.classifies else 1]()
        if isinstance(self.train, pd.DataFrame) and (names := list(self.train.select_dtypes("category"))):
            coded = make_column_transformer(
                (OneHotEncoder(handle_unknown="ignore", sparse_output=False), names), remainder=StandardScaler()
            )
            return make_pipeline(coded, estimator).fit(self.train, self.outcome)
        return make_pipeline(StandardScaler(), estimator).fit(self.train, self.outcome)

    def row(self, k: int) -> Any:
        return self.test.iloc[k] if isinstance(self.test, pd.DataFrame) else self.test[k]

    def others(self, k: int) -> Any:
        keep = np.arange(len(self.test)) != k
        return self.test[keep]


LOADINGS = np.random.default_rng(5).standard_normal((3, 10))


def factors(n: int, rng: np.random.Generator) -> np.ndarray:
    result: np.ndarray = rng.standard_normal((n, 3)) @ LOADINGS + 0.5 * rng.standard_normal((n, 10))
    return result


def known(x: np.ndarray) -> np.ndarray:
    """Four of ten correlated columns."""
    values: np.ndarray = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] / 6.0 + 0.3 * x[:, 3]
    return values


def gradient(x: np.ndarray) -> np.ndarray:
    return np.array([np.cos(x[0]), x[2] / 6.0, x[1] / 6.0, 0.3, *np.zeros(6)])


def table(name: str) -> Table:
    rng = np.random.default_rng(0)
    if name == "mixed":
        n = 1500
        age, hidden = rng.normal(size=n), rng.normal(size=n)
        job = np.where(age + 0.5 * hidden > 0.3, "clerk", np.where(rng.random(n) < 0.5, "cook", "smith"))
        gain = np.where(rng.random(n) < 0.8, 0.0, rng.exponential(size=n))
        x: Any = pd.DataFrame(
            {
                "age": age,
                "income": age + 0.4 * rng.normal(size=n),
                "hours": 40 + 5 * hidden + 2 * rng.normal(size=n),
                "gain": gain,
                "job": pd.Categorical(job),
                "region": pd.Categorical(rng.choice(list("abcd"), size=n)),
            }
        )
        score = age + 0.5 * (job == "clerk") + 1.5 * gain * (age > 0) + 0.5 * np.sin(2 * hidden)
        y: Any = (score + 0.3 * rng.logistic(size=n) > 0.4).astype(int)
    elif name == "friedman1":
        x, y = make_friedman1(1000, noise=0.5, random_state=0)
    elif name == "known":
        x = factors(1000, rng)
        y = known(x) + 0.05 * rng.standard_normal(1000)
    else:
        x, y = {"wine": load_wine, "cancer": load_breast_cancer, "diabetes": load_diabetes}[name](return_X_y=True)
    order, cut = rng.permutation(len(y)), len(y) * 7 // 10
    take = x.iloc if isinstance(x, pd.DataFrame) else x
    used = {"friedman1": 5, "known": 4}.get(name)
    return Table(take[order[:cut]], take[order[cut:]], y[order[:cut]], name in ("wine", "cancer", "mixed"), used)


def numbers_of(rows: Any) -> np.ndarray:
    """Rows as numbers, for distances between them and for a forest."""
    if not isinstance(rows, pd.DataFrame):
        return np.asarray(rows, dtype=float)
    coded = rows.apply(lambda one: one.cat.codes if one.dtype == "category" else one)
    return np.asarray(coded.to_numpy(dtype=float))


def weights_of(exp: Any, label: int, d: int) -> np.ndarray:
    weights = np.zeros(d)
    for j, weight in exp.local_exp[label]:
        weights[j] = weight
    return weights


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / size) if size > 0.0 else float("nan")


def measure(of: Table, name: str, model_name: str, rows: int, samples: int) -> list[dict[str, Any]]:
    """One record for each method and row."""
    from lime import LimeTabularExplainer
    from lime.trust import local_fit

    if name == "known" and model_name == "truth":
        model: Any = known
    else:
        model = of.fit(model_name)
    mode = "classification" if of.classifies else "regression"
    d = of.train.shape[1]
    plain = numbers_of(of.test)
    scale = numbers_of(of.train).std(axis=0)
    records = []
    for method, settings in METHODS.items():
        explainer = LimeTabularExplainer(of.train, mode=mode, random_state=0, **settings)
        for k in range(min(rows, len(of.test))):
            asked: dict[str, Any] = {"num_features": d, "num_samples": samples}
            if of.classifies:
                asked["top_labels"] = 1
            exp = explainer.explain_instance(of.row(k), model, **asked)
            label = next(iter(exp.top_labels or [])) if of.classifies else 1
            found = local_fit(explainer, of.others(k), exp, of.row(k), model)[label]
            weights = weights_of(exp, label, d)
            gaps = np.square((plain - plain[k]) / np.where(scale > 0, scale, 1.0)).sum(axis=1)
            gaps[k] = np.inf
            close = int(np.argmin(gaps))
            asked_close = {**asked, "labels": (label,), "top_labels": None} if of.classifies else asked
            beside = explainer.explain_instance(of.row(close), model, **asked_close)
            record: dict[str, Any] = {
                "table": name,
                "model": model_name,
                "method": method,
                "row": k,
                "score": found.score,
                "own_score": float(exp.scores[label]),
                "poor": float(exp.scores[label]) < 0.5,
                "warned": bool(exp.warnings),
                "alike": cosine(weights, weights_of(beside, label, d)),
                "neighborhood": exp.neighborhood,
            }
            if name == "known":
                record["cosine"] = cosine(weights, gradient(of.test[k]) * scale)
            if of.used is not None and np.abs(weights).sum() > 0.0:
                record["unused"] = float(np.abs(weights[of.used :]).sum() / np.abs(weights).sum())
            records.append(record)
    return records


def draws_of(explainer: Any, test: np.ndarray) -> np.ndarray:
    """One sample around each of some rows, drawn by its weight; of training rows none twice."""
    from lime.domains.protocols import Sampling
    from lime.engine.kernels import kernel_weights

    explainer.choose_neighborhood(lambda x: np.column_stack([x[:, 0] <= 0, x[:, 0] > 0]).astype(float))
    drawn: dict[bytes, np.ndarray] = {}
    for k, row in enumerate(test):
        rng = np.random.default_rng(k)
        given = explainer.interpretable_input(row, None)
        size = 1000 if explainer.neighborhood in ("rows", "auto") else 64
        samples = given.sample(Sampling(size, "gaussian", rng, np.random.RandomState(0), "euclidean"))
        distances = samples.distances
        if distances is None:
            distances = np.sqrt(samples.squared_distances)
        weights = kernel_weights(explainer.base.kernel_fn, distances)
        weights[[one.tobytes() in drawn for one in samples.values]] = 0.0
        if weights.any():
            taken = samples.values[rng.choice(len(weights), p=weights / weights.sum())]
            drawn[taken.tobytes()] = taken
    return np.array(list(drawn.values()))


def auc_of(drawn: np.ndarray, real: np.ndarray) -> float:
    n = min(len(drawn), len(real))
    x, y = np.concatenate([real[:n], drawn[:n]]), np.repeat([1, 0], n)
    order = np.random.default_rng(0).permutation(2 * n)
    learned, held = order[: n * 4 // 3], order[n * 4 // 3 :]
    forest = RandomForestClassifier(200, random_state=0).fit(x[learned], y[learned])
    return float(roc_auc_score(y[held], forest.predict_proba(x[held])[:, 1]))


class Attack:
    """Biased on rows that look like data to a detector of its own, harmless on all others."""

    def __init__(self, train: np.ndarray, drawn: np.ndarray) -> None:
        x, y = np.concatenate([train, drawn]), np.repeat([1, 0], [len(train), len(drawn)])
        self.detector = RandomForestClassifier(100, random_state=0, oob_score=True).fit(x, y)
        # To be of use, it is biased on most real rows.
        self.least = float(np.quantile(self.detector.oob_decision_function_[: len(train), 1], 0.05))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        real = self.detector.predict_proba(x)[:, 1] >= self.least
        p = np.where(real, x[:, 0] > 0.0, x[:, 9] > 0.0).astype(float)
        return np.column_stack([1.0 - p, p])


def attacks(rows: int, samples: int) -> list[dict[str, Any]]:
    """AUC of samples, and whether the attack is named, on the table of correlated columns."""
    from lime import LimeTabularExplainer

    rng = np.random.default_rng(0)
    train, test = factors(600, rng), factors(600, rng)
    plain = LimeTabularExplainer(train, random_state=0, discretize_continuous=False)
    default = Attack(train, draws_of(plain, factors(600, rng)))
    records = []
    for method, settings in METHODS.items():
        explainer = LimeTabularExplainer(train, random_state=0, **settings)
        drawn = draws_of(explainer, factors(400, rng))
        shares = []
        for attack in (default, Attack(train, drawn)):
            fresh = LimeTabularExplainer(train, random_state=0, **settings)
            exps = [
                fresh.explain_instance(test[k], attack, labels=(1,), num_features=10, num_samples=samples)
                for k in range(rows)
            ]
            shares.append(float(np.mean([exp.local_exp[1][0][0] == 0 for exp in exps])))
        records.append({"method": method, "auc": auc_of(drawn, test), "default": shares[0], "adaptive": shares[1]})
    return records


def summary(records: list[dict[str, Any]], by: str | None = None) -> list[list[str]]:
    """Rows of a table: medians, worst tenths and shares by method."""
    frame = pd.DataFrame(records)
    lines = []
    for method in METHODS:
        own = frame[frame.method == method]
        scores = own.score.dropna()
        line = [method, f"{scores.median():.2f}", f"{scores.quantile(0.1):.2f}"]
        if by is None:
            line += [f"{own.warned.mean():.0%}", f"{own.poor.mean():.0%}", f"{own.alike.mean():.2f}"]
            line += [
                f"{own[name].mean():.2f}" if name in own and own[name].notna().any() else "-"
                for name in ("cosine", "unused")
            ]
        lines.append(line)
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=25)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    records: list[dict[str, Any]] = []
    for name in given.tables.split(","):
        of = table(name)
        for model in given.models.split(","):
            records += measure(of, name, model, given.rows, given.samples)
    told = attacks(given.rows, given.samples)
    if given.json:
        print(json.dumps({"rows": records, "attacks": told}))
        return
    print("All cells")
    heads = ["neighbourhood", "median R²", "worst tenth", "warned", "poor", "alike", "cosine", "unused"]
    print(format_table(heads, summary(records)))
    print("\nMedian R² of each cell")
    frame = pd.DataFrame(records)
    cells = frame.groupby(["table", "model"], sort=False).groups
    lines = [
        [f"{name} / {model}"]
        + [
            f"{frame[(frame.table == name) & (frame.model == model) & (frame.method == method)].score.median():.2f}"
            for method in METHODS
        ]
        for name, model in cells
    ]
    print(format_table(["cell", *METHODS], lines))
    print("\nSamples and data, and the attack")
    lines = [[one["method"], f"{one['auc']:.2f}", f"{one['default']:.0%}", f"{one['adaptive']:.0%}"] for one in told]
    print(format_table(["neighbourhood", "AUC", "named, default", "named, adaptive"], lines))


if __name__ == "__main__":
    main()
