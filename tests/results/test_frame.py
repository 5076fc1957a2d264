"""Records as data frames."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from explanation_samples import house, review, wine
from lime.results.frame import COLUMNS


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("make", [wine, house, review])
def test_backends(backend, make):
    exp = make()
    frame = exp.to_frame(backend)
    assert type(frame).__module__.split(".")[0] == backend
    names = list(frame.column_names if backend == "pyarrow" else frame.columns)
    assert tuple(names) == COLUMNS
    assert len(frame) == len(exp.records())
    weights = frame["weight"].to_numpy()
    np.testing.assert_array_equal(weights, [weight for _, weight in exp.as_list()])


def test_default_is_what_is_installed(monkeypatch):
    import polars

    assert type(wine().to_frame()).__module__.startswith("pandas")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pandas" else find(name))
    assert isinstance(wine().to_frame(), polars.DataFrame)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ImportError, match=r"pandas, polars or pyarrow, of which none is installed: pip install 'lime\[tables\]'"
    ):
        wine().to_frame()


def test_unknown_backend():
    with pytest.raises(ValueError, match="backend='dask'"):
        wine().to_frame("dask")


def test_all_labels_or_one():
    exp = wine(labels=(2, 0))
    assert exp.to_frame()["label"].tolist() == [2] * 10 + [0] * 10
    assert exp.to_frame(label=0)["label"].tolist() == [0] * 10


def test_mixed_values_become_text():
    exp = house()
    assert exp.to_frame("polars")["value"].to_list() == ["7", "Altstadt", "3.25", "9.5"]
    assert exp.to_frame("pandas")["value"].tolist() == ["7", "Altstadt", "3.25", "9.5"]
    exp.domain_mapper.values[3] = None
    assert exp.to_frame("polars")["value"].to_list() == [7.0, None, 3.25, 9.5]


def types(frame):
    if type(frame).__module__.startswith("polars"):
        return {name: str(dtype) for name, dtype in frame.schema.items()}
    if type(frame).__module__.startswith("pandas"):
        return {name: str(dtype) for name, dtype in frame.dtypes.items()}
    return {field.name: str(field.type) for field in frame.schema}


@pytest.mark.parametrize(
    ("backend", "text", "whole", "number"),
    [
        ("pandas", None, "int64", "float64"),
        ("polars", "String", "Int64", "Float64"),
        ("pyarrow", "string", "int64", "double"),
    ],
)
def test_types_do_not_hang_on_the_content(backend, text, whole, number):
    bare = wine()
    bare.standard_errors = {}
    bounded = wine()
    bounded.domain_mapper.lows[0], bounded.domain_mapper.highs[0] = 1, 2.5
    worded, unknown = house(), wine()
    unknown.domain_mapper.values = [None] * 13
    booleans = wine()
    booleans.domain_mapper.values = [True] * 13
    huge = wine()
    huge.domain_mapper.values = [10**400] * 13
    empty = wine()
    empty.local_exp[1] = []
    if backend == "pandas":
        import pandas

        text = str(pandas.Series(["a"]).dtype)
    for exp, value in (
        (bare, number),
        (bounded, number),
        (worded, text),
        (unknown, number),
        (booleans, text),
        (huge, text),
        (empty, number),
    ):
        assert types(exp.to_frame(backend)) == {
            "feature": text,
            "index": whole,
            "name": text,
            "value": value,
            "low": number,
            "high": number,
            "weight": number,
            "standard_error": number,
            "contribution": number,
            "label": whole,
        }
