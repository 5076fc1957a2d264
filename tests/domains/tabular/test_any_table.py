"""Frames of any columns are explained, or refused in one sentence that names the column."""

from __future__ import annotations

import datetime as dt
import warnings
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lime import LimeTabularExplainer

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
TIMES = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))
# Of whole numbers as far apart as dtypes allow, no float tells all apart: these are refused.
VALUES: dict[str, Any] = {
    "float64": st.floats(-1e9, 1e9),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(2**63, 2**63 + 9),
    "Int64": st.integers(2**60, 2**60 + 99),
    "int8": st.integers(-128, 127),
    "bool": st.booleans(),
    "boolean": st.booleans(),
    "category": st.sampled_from(["a", "b"]),
    "str": st.sampled_from(["a", "b", ""]),
    "datetime64[ns]": TIMES,
    "datetime64[us, UTC]": TIMES,
    "timedelta64[us]": st.timedeltas(dt.timedelta(0), dt.timedelta(9999)),
    "period[D]": DAYS,
    "objects of dates": DAYS,
    "objects of decimals": st.decimals(-999, 999, places=2),
    "objects of numbers": st.integers(0, 9) | st.floats(-9, 9),
    "objects of anything": st.integers(0, 3) | st.sampled_from(["a", None]) | st.booleans() | DAYS,
    "objects of lists": st.lists(st.integers(0, 3), max_size=2),
}
NO_GAPS = ("int64", "uint64", "int8", "bool")
WHAT = list(VALUES)


@st.composite
def columns(draw: Any) -> pd.Series:
    """Draw a column of pandas, some of them with missing values."""
    what = draw(st.sampled_from(WHAT))
    values = draw(st.lists(VALUES[what], min_size=12, max_size=12))
    if what not in NO_GAPS and draw(st.booleans()):
        values = [None if i in (1, 5) else value for i, value in enumerate(values)]
    if what == "datetime64[us, UTC]":
        return pd.Series(pd.to_datetime(pd.Series(values))).dt.tz_localize("UTC").astype(what)
    if what == "period[D]":
        return pd.Series(pd.PeriodIndex([pd.NaT if v is None else pd.Period(v, "D") for v in values], freq="D"))
    return pd.Series(values, dtype="object" if what.startswith("objects") else what)


def schema_of(table: Any) -> list[str]:
    """Dtypes of a table's columns."""
    return [str(dtype) for dtype in (table.dtypes if isinstance(table, pd.DataFrame) else table.schema.types)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=st.lists(columns(), min_size=1, max_size=3), i=st.integers(0, 11), cut=st.booleans())
def test_any_frame_is_explained_or_refused_by_name(given: list[pd.Series], i: int, cut: bool) -> None:
    frame = pd.DataFrame({f"column {k}": column for k, column in enumerate(given)})
    seen: list[Any] = []

    def predict(batch: Any) -> Any:
        seen.append(batch)
        return np.tile([0.4, 0.6], (len(batch), 1))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            explainer: Any = LimeTabularExplainer(frame, random_state=0, discretize_continuous=cut)
        except ValueError as error:
            explainer = str(error)
        if isinstance(explainer, str):
            assert "column 'column " in explainer
            return
        exp = explainer.explain_instance(frame.iloc[[i]], predict, num_samples=60)
    assert len(exp.as_list()) == len(given)
    for batch in seen:
        assert schema_of(batch) == schema_of(frame)
    for name in frame:
        before, after = frame[name].iloc[i], seen[0][name].iloc[0]
        assert pd.isna(after) if pd.isna(before) else after == before


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_other_frames_too(make: Any, data: st.DataObject) -> None:
    kinds = [kind for kind in WHAT if not kind.startswith(("objects", "period"))]
    chosen = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
    drawn = {
        f"column {k}": pd.Series(data.draw(st.lists(VALUES[kind], min_size=12, max_size=12)))
        for k, kind in enumerate(chosen)
    }
    drawn["column 9"] = pd.Series([Decimal(k) / 4 for k in range(12)], dtype=object)
    table = make(pd.DataFrame(drawn))
    seen: list[Any] = []

    def predict(batch: Any) -> Any:
        seen.append(batch)
        return np.tile([0.4, 0.6], (len(batch), 1))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            explainer: Any = LimeTabularExplainer(table, random_state=0)
        except ValueError as error:
            explainer = str(error)
        if isinstance(explainer, str):
            assert "column 'column " in explainer
            return
        row = table[2] if isinstance(table, pl.DataFrame) else table.slice(2, 1)
        explainer.explain_instance(row, predict, num_samples=60)
    assert all(list(batch.schema) == list(table.schema) for batch in seen)
