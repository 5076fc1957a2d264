"""Tables and models of them that several tests of the tabular explainer use."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

WINE = load_wine()


def two_columns(p):
    return np.column_stack([1 - p, p])


def step(column, edge):
    """A model that is an indicator of one column: the surrogate can be exact."""
    return lambda rows: two_columns((np.asarray(rows)[:, column] > edge).astype(float))


def mixed(n=300, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": np.where(rng.random(n) < 0.15, np.nan, rng.lognormal(10, 1, n)),
            "color": pd.Categorical(
                rng.choice(["red", "green", "blue"], n), categories=["red", "green", "blue", "pink"]
            ),
            "city": np.where(rng.random(n) < 0.1, None, rng.choice(["Oslo", "Rome"], n)),
            "member": rng.random(n) < 0.4,
            "score": rng.normal(size=n).astype("float32"),
        }
    )


def mixed_model(frame):
    y = ((frame["color"] == "red") ^ (frame["age"] > 50)).astype(int)
    prepare = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["color", "city", "member"]),
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income", "score"]),
    )
    return make_pipeline(prepare, LogisticRegression()).fit(frame, y)
