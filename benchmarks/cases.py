"""The tables and models of the benchmarks: fitted once, by our environment, and read by both sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_friedman1
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR

TREES = 30


@dataclass
class Case:
    """A table, a model fitted on it and the rows to explain.

    Attributes
    ----------
    name : str
        Data and model.
    train, rows : ndarray of shape (N, d), (r, d)
        Training data and the held-out rows to explain.
    labels : list of int
        The class explained for each row: the one the model finds likeliest. 1 in regression.
    mode : {"classification", "regression"}
    categorical : list of int
        Positions of the integer-coded categories.
    model : object
        A fitted scikit-learn model.
    """

    name: str
    train: np.ndarray
    rows: np.ndarray
    labels: list[int]
    mode: str
    model: Any
    categorical: list[int] = field(default_factory=list)

    @property
    def columns(self) -> int:
        """Number of columns of the table."""
        return int(self.train.shape[1])

    def save(self, folder: Path) -> str:
        """Write the case for a worker to read, with the model's predictions on the rows to check its copy by."""
        path = folder / (self.name.replace(" ", "-") + ".joblib")
        content = {key: getattr(self, key) for key in ("train", "rows", "labels", "mode", "categorical", "model")}
        predict = self.model.predict_proba if self.mode == "classification" else self.model.predict
        joblib.dump({**content, "answers": predict(self.rows)}, path)
        return str(path)


def _mixed_table(size: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Return five numeric columns and three integer-coded categories, and a class that both kinds decide."""
    rng = np.random.default_rng(7)
    colour, place = rng.integers(0, 3, size), rng.integers(0, 2, size)
    bracket = rng.choice(5, size, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    a = rng.normal(size=size)
    b = rng.lognormal(size=size)
    c = rng.uniform(-1, 1, size)
    e = rng.gamma(2.0, size=size)
    h = rng.standard_t(5, size=size)
    table = np.column_stack([a, colour, b, bracket, c, place, e, h]).astype(float)
    logit = a * (colour == 1) + 0.6 * np.log(b) - 0.5 * (bracket >= 2) + c * (2 * place - 1) + 0.2 * e - 0.5
    return table, (rng.random(size) < 1 / (1 + np.exp(-logit))).astype(int)


def _data(name: str) -> tuple[np.ndarray, np.ndarray, list[int]]:
    if name == "wine":
        return (*load_wine(return_X_y=True), [])
    if name == "cancer":
        return (*load_breast_cancer(return_X_y=True), [])
    if name == "mixed":
        return (*_mixed_table(), [1, 3, 5])
    if name == "diabetes":
        x, y = load_diabetes(return_X_y=True)
        x = x.copy()
        # Sex has two values, so its quartile bins hold one value each, and 0.2.0.1 draws 0 from such a bin:
        # as a number the column would compare with a defect. As a category both sides draw it alike.
        x[:, 1] = x[:, 1] > 0
        return x, y, [1]
    if name == "friedman":
        return (*make_friedman1(1000, random_state=0), [])
    raise ValueError(f"data must be wine, cancer, mixed, diabetes or friedman, got {name!r}")


def _model(kind: str, mode: str, categorical: list[int], columns: int) -> Any:
    numeric = [j for j in range(columns) if j not in categorical]
    encode = ColumnTransformer(
        [("n", StandardScaler(), numeric), ("c", OneHotEncoder(sparse_output=False), categorical)]
    )
    first = encode if categorical else StandardScaler()
    if mode == "regression":
        return {
            "forest": RandomForestRegressor(TREES, random_state=0, n_jobs=1),
            "boosting": HistGradientBoostingRegressor(max_iter=40, random_state=0),
            "mlp": make_pipeline(
                first, MLPRegressor(hidden_layer_sizes=(32,), solver="lbfgs", alpha=1.0, max_iter=500, random_state=0)
            ),
            "svm": make_pipeline(first, SVR(C=10.0)),
            "neighbours": make_pipeline(first, KNeighborsRegressor(15)),
        }[kind]
    return {
        "forest": RandomForestClassifier(TREES, random_state=0, n_jobs=1),
        "boosting": HistGradientBoostingClassifier(max_iter=40, min_samples_leaf=5, random_state=0),
        "mlp": make_pipeline(first, MLPClassifier((32, 16), alpha=0.1, max_iter=1500, random_state=0)),
        "svm": make_pipeline(first, SVC(probability=True, random_state=0)),
        "neighbours": make_pipeline(first, KNeighborsClassifier(15)),
        "logistic": make_pipeline(first, PolynomialFeatures(2, include_bias=False), LogisticRegression(max_iter=5000)),
    }[kind]


def make_case(data: str, kind: str, rows: int) -> Case:
    """Fit one model on three quarters of a table and choose held-out rows.

    Parameters
    ----------
    data : {"wine", "cancer", "mixed", "diabetes", "friedman"}
    kind : {"forest", "boosting", "mlp", "svm", "neighbours", "logistic"}
    rows : int
        How many held-out rows to explain.
    """
    x, y, categorical = _data(data)
    mode = "regression" if data in ("diabetes", "friedman") else "classification"
    train, test, target, _ = train_test_split(x, y, random_state=1, stratify=y if mode == "classification" else None)
    model = _model(kind, mode, categorical, x.shape[1]).fit(train, target)
    chosen = test[np.random.default_rng(3).choice(len(test), rows, replace=False)]
    labels = [1] * rows if mode == "regression" else model.predict_proba(chosen).argmax(axis=1).tolist()
    return Case(f"{data} {kind}", train, chosen, labels, mode, model, categorical)
