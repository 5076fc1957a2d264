"""Dates, times, spans, periods and decimals: drawn as numbers, handed back as what they were, shown as dates."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lime import LimeTabularExplainer

ROWS = 120
RNG = np.random.default_rng(5)
X = RNG.normal(size=ROWS)
START = dt.datetime(2020, 1, 1, 3)
TIMES = [START + dt.timedelta(seconds=int(k)) for k in RNG.integers(0, 9_000_000, ROWS)]
VALUES: dict[str, list[Any]] = {
    "date": [START.date() + dt.timedelta(days=int(k)) for k in RNG.integers(0, 900, ROWS)],
    "datetime": TIMES,
    "zoned": [time.replace(tzinfo=dt.UTC) for time in TIMES],
    "span": [dt.timedelta(minutes=int(k)) for k in RNG.integers(0, 90_000, ROWS)],
    "decimal": [Decimal(int(k)).scaleb(-2) for k in RNG.integers(0, 99_999, ROWS)],
}
SHOWN = {
    "date": r"202\d-\d\d-\d\d$",
    "datetime": r"2020-\d\d-\d\d \d\d:\d\d:\d\d$",
    "zoned": r"2020-\d\d-\d\d \d\d:\d\d:\d\d\+00:00$",
    "span": r"\d+ days?, ",
    "decimal": r"\d+\.\d\d$",
}
FORMS = ("pandas objects", "pandas", "polars", "pyarrow", "pandas of arrow", "array", "list")


def table_of(form: str, what: str, gaps: bool) -> Any:
    """A table of a number and a column of some kind, with or without missing values."""
    values = [None if gaps and i in (3, 50) else value for i, value in enumerate(VALUES[what])]
    if form == "polars":
        return pl.DataFrame({"x": X, "c": values})
    if form.startswith("pandas"):
        if form == "pandas of arrow":
            return pa.table({"x": X, "c": values}).to_pandas(types_mapper=pd.ArrowDtype)
        if form == "pandas objects" or what in ("date", "decimal"):
            return pd.DataFrame({"x": X, "c": pd.Series(values, dtype=object)})
        return pd.DataFrame({"x": X, "c": pd.to_timedelta(values) if what == "span" else pd.to_datetime(values)})
    if form == "pyarrow":
        return pa.table({"x": X, "c": values})
    array = np.empty((ROWS, 2), dtype=object)
    array[:, 0], array[:, 1] = X, values
    return array.tolist() if form == "list" else array


def types_of(table: Any) -> Any:
    """What a table says of its columns: dtypes, and the types of objects that are not missing."""
    if isinstance(table, pl.DataFrame | pa.Table):
        return table.schema
    if isinstance(table, pd.DataFrame):
        kinds = [{type(v) for v in table[name] if not pd.isna(v)} for name in table if table[name].dtype == object]
        return [*map(str, table.dtypes), kinds]
    array = np.array(table, dtype=object) if isinstance(table, list) else table
    return [array.dtype, *({type(v) for v in array[:, j] if v is not None} for j in range(array.shape[1]))]


def rows_of(table: Any, i: int) -> list[Any]:
    """A row in the forms that users have it in."""
    if isinstance(table, pd.DataFrame):
        return [table.iloc[i], table.iloc[i].to_dict(), table.iloc[[i]]]
    if isinstance(table, pl.DataFrame):
        return [table[i], table.row(i, named=True)]
    if isinstance(table, pa.Table):
        return [table.slice(i, 1), table.slice(i, 1).to_pylist()[0]]
    return [table[i]]


class Model:
    """Answers by the number alone, and keeps what it was handed."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, batch: Any) -> Any:
        self.seen.append(batch)
        x = np.asarray(batch[:, 0] if isinstance(batch, np.ndarray) else batch["x"], dtype=float)
        p = 1 / (1 + np.exp(-x))
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("what", list(VALUES))
@pytest.mark.parametrize("form", FORMS)
def test_columns_come_back_and_are_shown(form: str, what: str, gaps: bool, tmp_path: Any) -> None:
    data = table_of(form, what, gaps)
    if what == "decimal" and form in ("array", "list"):
        # Without a string in it, lime 0.2.0.1 hands an array of objects on as floats.
        expected: Any = np.dtype(np.float64)
    else:
        expected = types_of(data)
    explainer = LimeTabularExplainer(data, random_state=0)
    model = Model()
    found = [explainer.explain_instance(row, model, num_samples=100).as_list() for row in rows_of(data, 0)]
    for batch in model.seen:
        assert (batch.dtype if isinstance(expected, np.dtype) else types_of(batch)) == expected
    assert all(one == found[0] for one in found)
    name = "1" if form in ("array", "list") else "c"
    bins = next(text for text, _ in found[0] if name in text.split(" "))
    assert re.search(SHOWN[what], bins)
    # Many rows, and what comes back from a file, are explained as this one.
    many = explainer.explain_instances(data[:2] if form != "pyarrow" else data.slice(0, 2), Model(), num_samples=100)
    assert many[0].as_list() == found[0]
    explainer.save(tmp_path / "explainer.lime")
    again, handed = LimeTabularExplainer.load(tmp_path / "explainer.lime"), Model()
    assert again.explain_instance(rows_of(data, 0)[0], handed, num_samples=100).as_list() == found[0]
    assert (handed.seen[0].dtype if isinstance(expected, np.dtype) else types_of(handed.seen[0])) == expected
    if gaps:
        for row in rows_of(data, 3):
            texts = [text for text, _ in explainer.explain_instance(row, model, num_samples=100).as_list()]
            assert any(text.endswith(" is missing") for text in texts)


@pytest.mark.parametrize("what", list(VALUES))
def test_numbers_that_are_not_cut(what: str) -> None:
    data = table_of("pandas", what, gaps=True)
    model = Model()
    explainer = LimeTabularExplainer(data, random_state=0, discretize_continuous=False)
    exp = explainer.explain_instance(data.iloc[0], model, num_samples=200)
    assert dict(exp.as_list()).keys() == {"x", "c"}
    assert types_of(model.seen[0]) == types_of(data)
    drawn = model.seen[0]["c"].dropna()
    assert len(drawn.unique()) > 50  # drawn as numbers, not from a list


def test_periods() -> None:
    months = pd.Series(pd.period_range("2015-01", periods=ROWS, freq="M")).sample(frac=1, random_state=0)
    months.iloc[7] = pd.NaT
    data = pd.DataFrame({"x": X, "c": months.to_numpy()})
    assert str(data.dtypes["c"]) == "period[M]"
    model = Model()
    explainer = LimeTabularExplainer(data, random_state=0)
    texts = [text for text, _ in explainer.explain_instance(data.iloc[0], model, num_samples=100).as_list()]
    assert any("20" in text and "-" in text and " c" in f" {text}" for text in texts)
    assert str(model.seen[0].dtypes["c"]) == "period[M]"
    gone = [text for text, _ in explainer.explain_instance(data.iloc[7], model, num_samples=100).as_list()]
    assert "c is missing" in gone


def test_times_of_a_place_keep_their_zone() -> None:
    local = pd.Series(pd.to_datetime(TIMES)).dt.tz_localize(
        "Europe/Berlin", ambiguous=True, nonexistent="shift_forward"
    )
    for data in (pd.DataFrame({"x": X, "c": local}), pl.from_pandas(pd.DataFrame({"x": X, "c": local}))):
        model = Model()
        LimeTabularExplainer(data, random_state=0).explain_instance(rows_of(data, 0)[0], model, num_samples=100)
        assert types_of(model.seen[0]) == types_of(data)
        assert model.seen[0]["c"][0] == data["c"][0]


@pytest.mark.parametrize("unit", ["D", "s", "ms", "us", "ns"])
def test_arrays_of_dates(unit: str) -> None:
    data = np.array([[time, time + dt.timedelta(days=1)] for time in TIMES]).astype(f"M8[{unit}]")
    seen: list[Any] = []

    def predict(batch: Any) -> Any:
        seen.append(batch)
        late = (batch[:, 0] > np.datetime64("2020-02-15")).astype(float)
        return np.column_stack([1 - late / 2, late / 2])

    exp = LimeTabularExplainer(data, random_state=0).explain_instance(data[0], predict, num_samples=100)
    assert seen[0].dtype == data.dtype
    np.testing.assert_array_equal(seen[0][0], data[0])
    assert "2020-" in exp.as_list()[0][0]


def test_a_value_of_another_kind_is_refused_by_name() -> None:
    data = table_of("pandas", "datetime", gaps=False)
    explainer = LimeTabularExplainer(data, random_state=0)
    with pytest.raises(ValueError, match=r"data_row has 3 .* in column 'c', which held times without a time zone"):
        explainer.explain_instance({"x": 0.0, "c": 3}, Model())
    with pytest.raises(ValueError, match="column 'c'"):
        explainer.explain_instance({"x": 0.0, "c": VALUES["zoned"][0]}, Model())


def test_workers_and_checkpoints_explain_dates_alike(tmp_path: Any) -> None:
    data = table_of("pandas", "datetime", gaps=True)
    explainer = LimeTabularExplainer(data, random_state=0)
    one = explainer.explain_instances(data[:4], predict_by_x, num_samples=100)
    two = explainer.explain_instances(data[:4], predict_by_x, num_samples=100, n_jobs=2)
    kept = explainer.explain_instances(data[:4], predict_by_x, num_samples=100, checkpoint=tmp_path / "kept")
    again = explainer.explain_instances(data[:4], predict_by_x, num_samples=100, checkpoint=tmp_path / "kept")
    for others in (two, kept, again):
        assert [exp.as_list() for exp in others] == [exp.as_list() for exp in one]


def predict_by_x(batch: Any) -> Any:
    """A model that workers can be sent."""
    return Model()(batch)
