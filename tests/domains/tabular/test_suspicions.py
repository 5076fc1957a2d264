"""Columns that a neighbourhood treats as what they are not are named at construction, and no others are."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import datasets

from lime import LimeTabularExplainer

RNG = np.random.default_rng(3)
N = 200
V = RNG.normal(size=N)


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"c": 2**60 + RNG.permutation(N), "v": V}),
        pd.DataFrame({"c": [f"customer {k}" for k in range(N)], "v": V}),
        np.array([[f"k{k}", v] for k, v in enumerate(V)], dtype=object),
    ],
)
def test_identifiers_are_warned_of(data: Any) -> None:
    with pytest.warns(UserWarning, match=f"column '[c0]' has {N} different values in {N} rows") as found:
        LimeTabularExplainer(data, random_state=0)
    assert len(found) == 1


@pytest.mark.parametrize("name", ["id", "ID", "customer_id", "CustomerId", "customerID", "uuid"])
def test_numbers_that_are_called_identifiers(name: str) -> None:
    numbers = RNG.permutation(10**6)[:N]
    with pytest.warns(UserWarning, match=f"column '{name}'"):
        LimeTabularExplainer(pd.DataFrame({name: numbers, "v": V}))


def silent(data: Any, **settings: Any) -> list[str]:
    """Return the sentences of warnings at construction."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        LimeTabularExplainer(data, random_state=0, **settings)
    return [str(one.message) for one in found]


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"paid": RNG.permutation(10**6)[:N], "humid": RNG.permutation(10**6)[:N]}),
        pd.DataFrame({"year": np.arange(1900, 1900 + N), "v": V}),
        np.column_stack([RNG.permutation(np.arange(1900, 1900 + N)), RNG.integers(0, 9, N)]),
        pd.DataFrame({"id": np.arange(30)}),
        pd.DataFrame({"t": np.arange(float(N))}),
        RNG.normal(size=(N, 3)),
        pd.DataFrame({"day": pd.date_range("2020-01-01", periods=N)}),
        pd.DataFrame({"rating": RNG.integers(1, 6, N), "flag": RNG.integers(0, 2, N)}),
    ],
)
def test_amounts_years_and_small_tables_are_not(data: Any) -> None:
    assert silent(data) == []


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_no_alarm_about_known_data(name: str) -> None:
    load = getattr(datasets, f"load_{name}")
    assert silent(load().data) == []
    assert silent(load(as_frame=True).data) == []


def as_floats(columns: dict[str, Any]) -> Any:
    return np.column_stack([*columns.values(), np.random.default_rng(1).normal(size=500)])


@pytest.mark.parametrize(
    "form", [pd.DataFrame, pl.DataFrame, lambda columns: np.column_stack(list(columns.values())), as_floats]
)
def test_codes_given_as_numbers(form: Any) -> None:
    rng = np.random.default_rng(0)
    data = form({"term": rng.choice([12, 24, 36, 60], 500), "age": rng.integers(18, 75, 500)})
    with pytest.warns(UserWarning, match=r"has 4 different whole numbers \(12, 24, 36, 60\).*categorical_features"):
        explainer = LimeTabularExplainer(data, random_state=0)
    row = data.iloc[0] if isinstance(data, pd.DataFrame) else data[0]
    exp = explainer.explain_instance(row, lambda rows: np.tile([0.4, 0.6], (len(rows), 1)), num_samples=100)
    assert any("categorical_features" in sentence for sentence in exp.warnings)
    assert silent(data, categorical_features=[0]) == []
