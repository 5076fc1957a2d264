"""Tables and models on which explanations near a row are compared, and what is known of the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_friedman1
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR

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

TRUTH, KNOWN_USED = "truth", 4
CELLS = [*(f"{name}/{model}" for name in TABLES for model in MODELS), f"known/{TRUTH}"]

NEAR, LEAST = 0.05, 10
"""Share of the unseen rows that are near, and how many they are at least."""


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
        """A model that has no part in columns without use; ``'truth'`` is the known function itself."""
        if model == TRUTH:
            return Truth()
        estimator = MODELS[model][0 if self.classifies else 1]()
        if not self.classifies:
            # Outcomes in their standard deviations: the width of an SVR is in them.
            estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
        if isinstance(self.train, pd.DataFrame) and (names := list(self.train.select_dtypes("category"))):
            coded = make_column_transformer(
                (OneHotEncoder(handle_unknown="ignore", sparse_output=False), names), remainder=StandardScaler()
            )
            return make_pipeline(coded, estimator).fit(self.train, self.outcome)
        columns = list(range(self.train.shape[1] if self.used is None else self.used))
        return make_pipeline(make_column_transformer((StandardScaler(), columns)), estimator).fit(
            self.train, self.outcome
        )

    def row(self, k: int) -> Any:
        return self.test.iloc[k] if isinstance(self.test, pd.DataFrame) else self.test[k]

    def others(self, k: int) -> Any:
        keep = np.arange(len(self.test)) != k
        return self.test[keep]

    @property
    def numeric(self) -> list[int]:
        """Positions of the columns of numbers."""
        if not isinstance(self.train, pd.DataFrame):
            return list(range(self.train.shape[1]))
        return [j for j, kind in enumerate(self.train.dtypes) if kind != "category"]

    def predict(self, model: Any, rows: Any) -> np.ndarray:
        """Probabilities (n, k), or values (n, 1)."""
        found: np.ndarray = model.predict_proba(rows) if self.classifies else model.predict(rows)[:, None]
        return found

    def gaps(self, k: int) -> np.ndarray:
        """Distances of all unseen rows from one of them: in standard deviations, another category at 1."""
        plain, scale = numbers_of(self.test), numbers_of(self.train).std(axis=0)
        away = (plain - plain[k]) / np.where(scale > 0, scale, 1.0)
        categories = np.setdiff1d(np.arange(plain.shape[1]), self.numeric)
        away[:, categories] = away[:, categories] != 0.0
        result: np.ndarray = np.sqrt(np.square(away).sum(axis=1))
        return result


LOADINGS = np.random.default_rng(5).standard_normal((3, 10))


def factors(n: int, rng: np.random.Generator) -> np.ndarray:
    result: np.ndarray = rng.standard_normal((n, 3)) @ LOADINGS + 0.5 * rng.standard_normal((n, 10))
    return result


def known(x: np.ndarray) -> np.ndarray:
    """Four of ten correlated columns."""
    values: np.ndarray = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] / 6.0 + 0.3 * x[:, 3]
    return values


class Truth:
    """The known function as a model."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        return known(x)


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
    used = {"friedman1": 5, "known": KNOWN_USED}.get(name)
    return Table(take[order[:cut]], take[order[cut:]], y[order[:cut]], name in ("wine", "cancer", "mixed"), used)


def numbers_of(rows: Any) -> np.ndarray:
    """Rows as numbers, for distances between them and for a forest."""
    if not isinstance(rows, pd.DataFrame):
        return np.asarray(rows, dtype=float)
    coded = rows.apply(lambda one: one.cat.codes if one.dtype == "category" else one)
    return np.asarray(coded.to_numpy(dtype=float))


def fit_near(predicted: np.ndarray, truth: np.ndarray, gaps: np.ndarray) -> float:
    """R² on rows, weighted by a Gaussian kernel within whose width a twentieth of them lies."""
    width = np.sort(gaps)[min(len(gaps), max(LEAST, int(np.ceil(NEAR * len(gaps))))) - 1]
    weights = np.exp(-0.5 * np.square(gaps / width))
    weights /= weights.sum()
    varied = float(weights @ np.square(truth - weights @ truth))
    if varied <= 1e-20:
        return float("nan")
    return 1.0 - float(weights @ np.square(truth - predicted)) / varied


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / size) if size > 0.0 else float("nan")
