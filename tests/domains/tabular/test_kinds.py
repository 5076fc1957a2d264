"""Columns that no float holds, functions of arrays beside frames, and columns that are not what they seem."""

from __future__ import annotations

import datetime
import decimal
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lime import LimeTabularExplainer, RecurrentTabularExplainer
from lime.lime_tabular import QuartileDiscretizer

N = 80
RNG = np.random.default_rng(0)
DAYS = pd.Timestamp("2021-03-01") + pd.to_timedelta(RNG.integers(0, 40, N), unit="D")
MINUTES = pd.Timestamp("2021-03-01") + pd.to_timedelta(RNG.integers(0, 4000, N), unit="min")


class Model:
    """Takes any table, and keeps what it was handed."""

    def __init__(self) -> None:
        self.seen: Any = None

    def __call__(self, rows: Any) -> np.ndarray:
        self.seen = rows
        return np.tile([0.25, 0.75], (len(rows), 1)) + 0.1 * (np.arange(len(rows)) % 2)[:, None] * [1, -1]


def explain(data: Any, row: Any, **settings: Any) -> tuple[Any, Any]:
    model = Model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # columns of these small tables may look like identifiers
        explainer = LimeTabularExplainer(data, random_state=0, **settings)
    return explainer.explain_instance(row, model, num_samples=40), model.seen


PANDAS = {
    "day": pd.Series(DAYS),
    "ns": pd.Series(DAYS).astype("datetime64[ns]"),
    "seconds": pd.Series(MINUTES).astype("datetime64[s]"),
    "zone": pd.Series(MINUTES).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
    "span": pd.Series(pd.to_timedelta(RNG.integers(0, 9000, N), unit="s")),
    "month": pd.Series(pd.PeriodIndex(DAYS, freq="M")),
    "date": pd.Series([day.date() for day in DAYS], dtype=object),
    "stamp": pd.Series(list(DAYS), dtype=object),
    "decimal": pd.Series([decimal.Decimal(int(k)).scaleb(-2) for k in RNG.integers(0, 30, N)], dtype=object),
    "large": pd.Series(2**60 + RNG.integers(0, 30, N)),
    "unsigned": pd.Series(np.uint64(2**63) + RNG.integers(0, 30, N).astype(np.uint64)),
    "nullable": pd.array(2**60 + RNG.integers(0, 30, N), dtype="Int64"),
    "arrow date": pd.array([day.date() for day in DAYS], dtype=pd.ArrowDtype(pa.date32())),
    "arrow time": pd.array(list(MINUTES), dtype=pd.ArrowDtype(pa.timestamp("ns"))),
    "objects": pd.Series([2**70 + int(k) for k in RNG.integers(0, 30, N)], dtype=object),
    "half": pd.array(RNG.integers(0, 9, N).astype(np.float16), dtype=pd.ArrowDtype(pa.float16())),
}


def arrow_of(kind: pa.DataType) -> pa.Table:
    values: Any = RNG.integers(0, 40, N)
    if pa.types.is_string_view(kind):
        values = [f"w{v % 4}" for v in values]
    elif pa.types.is_decimal(kind):
        values = [decimal.Decimal(int(v)).scaleb(-2) for v in values]
    elif pa.types.is_floating(kind):
        values = values.astype(np.float16)
    elif kind == pa.timestamp("ns"):
        values *= 1000
    elif pa.types.is_date(kind):
        values = [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(v)) for v in values]
    return pa.table({"x": pa.array(values, type=kind), "y": RNG.normal(size=N)})


ARROW = [
    *(pa.date32(), pa.date64(), pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.duration("ms")),
    *(pa.decimal128(10, 2), pa.float16(), pa.string_view()),
]


@pytest.mark.parametrize("name", PANDAS)
@pytest.mark.parametrize("cut", [True, False])
def test_what_no_float_holds_reaches_the_model_as_it_was(name: str, cut: bool) -> None:
    data = pd.DataFrame({"x": PANDAS[name], "y": RNG.normal(size=N)})
    exp, seen = explain(data, data.iloc[[7]], discretize_continuous=cut)
    assert seen.dtypes.equals(data.dtypes)
    assert seen.x.iloc[0] == data.x[7]
    assert {type(value) for value in seen.x} == {type(value) for value in data.x}
    # Draws are in the range of the data where bins say so.
    assert not cut or (min(seen.x) >= min(data.x) and max(seen.x) <= max(data.x))
    exp.to_json()
    assert exp.to_frame() is not None


@pytest.mark.parametrize("kind", ARROW, ids=str)
def test_arrow_columns_come_back_in_their_type(kind: pa.DataType) -> None:
    data = arrow_of(kind)
    _, seen = explain(data, data.slice(7, 1))
    assert seen.schema == data.schema
    assert seen["x"][0] == data["x"][7]


@pytest.mark.parametrize(
    "dtype",
    [pl.Date, pl.Datetime("ms"), pl.Datetime("ns", "Europe/Berlin"), pl.Duration("us"), pl.Decimal(12, 2)],
    ids=str,
)
def test_polars_columns_come_back_in_their_type(dtype: Any) -> None:
    data = pl.DataFrame(
        {"x": pl.Series(RNG.integers(0, 40, N).tolist()).cast(pl.Int32).cast(dtype), "y": np.arange(N) / 7}
    )
    _, seen = explain(data, data[7])
    assert seen.schema == data.schema
    assert seen["x"][0] == data["x"][7]


@pytest.mark.parametrize("dtype", ["M8[D]", "M8[ns]", "m8[s]"])
def test_arrays_of_dates_come_back_in_their_type(dtype: str) -> None:
    data = RNG.integers(0, 40, (N, 2)).astype("M8[D]" if dtype.startswith("M") else dtype).astype(dtype)
    _, seen = explain(data, data[7])
    assert seen.dtype == data.dtype
    np.testing.assert_array_equal(seen[0], data[7])


def test_names_and_values_show_dates() -> None:
    data = pd.DataFrame({"opened": pd.date_range("2021-03-01", periods=101), "y": np.arange(101) % 7})
    exp, seen = explain(data, data.iloc[[30]])
    (record,) = (record for record in exp.records() if record["name"] == "opened")
    assert record["feature"] == "2021-03-26 < opened <= 2021-04-20"
    assert record["value"] == "2021-03-31"
    assert record["low"] == pd.Timestamp("2021-03-26").timestamp()
    assert (seen.opened == seen.opened.dt.normalize()).all()


@pytest.mark.parametrize("row", [{"opened": "2021-03-31", "y": 1}, {"opened": datetime.date(2021, 3, 31), "y": 1}])
def test_a_date_of_a_row_may_be_a_text_or_a_date(row: dict[str, Any]) -> None:
    data = pd.DataFrame({"opened": pd.date_range("2021-03-01", periods=101), "y": np.arange(101) % 7})
    _, seen = explain(data, row)
    assert seen.opened[0] == pd.Timestamp("2021-03-31")


def test_missing_dates_are_missing() -> None:
    data = pd.DataFrame({"opened": pd.Series(DAYS).where(np.arange(N) % 4 > 0), "y": RNG.normal(size=N)})
    exp, seen = explain(data, data.iloc[[0]])
    assert "opened is missing" in dict(exp.as_list())
    assert seen.opened.isna()[0]
    assert 0.1 < seen.opened.isna().mean() < 0.4  # a quarter of 40 samples: 0.25 +- 2 standard errors of 0.07


def test_a_value_of_another_kind_is_refused_by_name() -> None:
    data = pd.DataFrame({"opened": pd.Series(DAYS), "y": np.arange(N) % 7})
    for value in ("soon", 5, pd.Timestamp("2021-03-01", tz="UTC")):
        with pytest.raises(ValueError, match="in column 'opened', which held times without a time zone"):
            explain(data, {"opened": value, "y": 1})


# -- whole numbers beyond 2^53 ----------------------------------------------------------------------------


def test_large_whole_numbers_of_arrays_stay_whole() -> None:
    data = np.c_[2**60 + np.arange(N), np.arange(N) % 5]
    with pytest.warns(UserWarning, match="whole numbers beyond 2\\^53 in '0'"):
        explainer = LimeTabularExplainer(data[np.arange(N) % 4 * 7], random_state=0)
    model = Model()
    explainer.explain_instance(data[7], model, num_samples=40)
    assert model.seen.dtype == np.int64
    assert model.seen[0].tolist() == data[7].tolist()
    _, seen = explain(data, data[7], categorical_features=[0])
    assert seen[0].tolist() == data[7].tolist()
    assert set(seen[:, 0].tolist()) <= set(data[:, 0].tolist())
    assert len(np.unique(seen[:, 0])) > 20


@pytest.mark.parametrize("row", [{"a": 2**60 + 1, "b": 1}, pd.Series({"a": 2.0**60, "b": 1.5})])
def test_large_numbers_of_a_row_are_refused_where_they_were_rounded(row: Any) -> None:
    data = pd.DataFrame({"a": np.arange(N) % 9, "b": RNG.normal(size=N)})
    with pytest.raises(ValueError, match="in column 'a', and floats do not hold every whole number of this size"):
        explain(data, row)


# -- arrays ---------------------------------------------------------------------------------------------


def test_series_of_objects_are_numbers() -> None:
    series = RNG.normal(size=(N, 3, 1)).astype(object)
    series[0, 0, 0] = None
    series[1, 0, 0] = decimal.Decimal("1.5")
    model = Model()
    RecurrentTabularExplainer(series, random_state=0).explain_instance(series[3], model, num_samples=20)
    assert model.seen.dtype == np.float64


def first_column(rows: Any) -> np.ndarray:
    p = 1 / (1 + np.exp(-rows[:, 0].astype(np.float64)))
    return np.column_stack([1 - p, p])


def reshaped(rows: Any) -> np.ndarray:
    return first_column(rows.reshape(len(rows), -1))


FRAMES = [
    pd.DataFrame({"a": RNG.normal(size=N), "b": np.arange(N) % 2 == 0}),
    pd.DataFrame(RNG.normal(size=(N, 2))),
    pa.table({"a": RNG.normal(size=N), "b": np.arange(N) % 3}),
]


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("function", [first_column, reshaped])
@pytest.mark.parametrize("data", FRAMES, ids=["pandas", "numbered", "pyarrow"])
def test_a_function_of_arrays_gets_arrays_of_a_frame(data: Any, function: Any, cut: bool) -> None:
    row = data.iloc[0] if isinstance(data, pd.DataFrame) else data.slice(0, 1)
    seen = []
    explainer = LimeTabularExplainer(data, discretize_continuous=cut, random_state=0)
    with pytest.warns(UserWarning, match="reads arrays of float64"):
        exp = explainer.explain_instance(row, lambda x: (seen.append(x), function(x))[1], num_samples=200)
    assert seen[-1].dtype == np.float64
    array = np.column_stack(
        [
            np.asarray(column, dtype=np.float64)
            for column in (
                (data.iloc[:, 0], data.iloc[:, 1]) if isinstance(data, pd.DataFrame) else (data["a"], data["b"])
            )
        ]
    )
    assert exp.predict_proba.tolist() == first_column(array[:1])[0].tolist()


def test_what_a_model_says_of_a_frame_is_not_hidden_by_arrays() -> None:
    def of_names(rows: Any) -> np.ndarray:
        if isinstance(rows, np.ndarray):
            return np.full((len(rows), 2), 0.5)
        raise ValueError("the feature names should match those that were passed during fit")

    data = FRAMES[0]
    with pytest.raises(ValueError, match="should match"):
        LimeTabularExplainer(data, random_state=0).explain_instance(data.iloc[0], of_names, num_samples=20)


# -- seeds of discretizers ------------------------------------------------------------------------------


def test_the_seed_of_a_discretizer_counts() -> None:
    data = RNG.normal(size=(N, 3))

    def weights(seed: int) -> list[Any]:
        cuts = QuartileDiscretizer(data, [], ["a", "b", "c"], random_state=seed)
        explainer = LimeTabularExplainer(data, discretizer=cuts, random_state=10)
        exps = [explainer.explain_instance(data[0], first_column, num_samples=100) for _ in range(2)]
        assert exps[0].as_map() == exps[1].as_map()
        return exps[0].as_map()[1]

    assert weights(10) == weights(10)
    assert weights(10) != weights(20)


# -- columns that are not what they seem ------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [np.arange(500), RNG.permutation(700)[:500], 2**60 + RNG.integers(0, 10**9, 500), [f"c{k}" for k in range(500)]],
    ids=["rising", "shuffled", "large", "names"],
)
def test_an_identifier_is_warned_of(column: Any) -> None:
    with pytest.warns(UserWarning, match="column 'id' has 500 different values in 500 rows, as an identifier has"):
        LimeTabularExplainer(pd.DataFrame({"id": column, "x": RNG.normal(size=500)}))


@pytest.mark.parametrize("name", ["ID", "customer_id", "customerId", "uuid", "Key", "index", "order id"])
def test_whole_numbers_that_are_called_an_identifier_are_warned_of(name: str) -> None:
    with pytest.warns(UserWarning, match=f"column '{name}' has 500 different values"):
        LimeTabularExplainer(pd.DataFrame({name: RNG.permutation(9000)[:500], "x": RNG.normal(size=500)}))


def test_listed_categories_that_are_all_different_are_warned_of() -> None:
    data = np.column_stack([np.arange(500), RNG.normal(size=500)])
    with pytest.warns(UserWarning, match="column '0' has 500 different values"):
        LimeTabularExplainer(data, categorical_features=[0])


@pytest.mark.parametrize("discretize", [True, False])
@pytest.mark.parametrize("column", [np.arange(50), np.arange(200.0), 18_000 + np.arange(365), RNG.permutation(300)])
@pytest.mark.parametrize("name", ["x", "day", "paid", "humid", "monkey", "price_index"])
def test_numbers_that_are_all_different_are_no_identifiers(name: str, column: Any, discretize: bool) -> None:
    LimeTabularExplainer(pd.DataFrame({name: column}), discretize_continuous=discretize)
    LimeTabularExplainer(column[:, None], discretize_continuous=discretize)


def test_amounts_are_no_identifiers() -> None:
    LimeTabularExplainer(
        pd.DataFrame(
            {
                "income": RNG.integers(20_000, 90_000, 500),
                "age": RNG.integers(18, 90, 500),
                "x": np.sort(RNG.normal(size=500)),
                "town": RNG.choice(["a", "b"], 500),
            }
        )
    )


def test_codes_taken_for_amounts_are_warned_of() -> None:
    rng = np.random.default_rng(0)  # whether samples fall between codes hangs on where the quartiles lie
    data = pd.DataFrame({"term": rng.choice([12, 24, 36, 60], 500), "age": rng.integers(18, 75, 500)})
    with pytest.warns(
        UserWarning, match=r"term has 4 different whole numbers \(12, 24, 36, 60\), and \d+% of its samples"
    ):
        explainer = LimeTabularExplainer(data, random_state=0)
    exp = explainer.explain_instance(data.iloc[0], Model(), num_samples=50)
    assert any("term has 4 different whole numbers" in sentence for sentence in exp.warnings)
    listed = LimeTabularExplainer(data, categorical_features=["term"], random_state=0)
    exp = listed.explain_instance(data.iloc[0], Model(), num_samples=50)
    assert not any("whole numbers" in sentence for sentence in exp.warnings)


@pytest.mark.parametrize("values", [[0, 1], [1, 2, 3, 4, 5], [2018, 2019, 2020]])
def test_whole_numbers_without_gaps_are_not_warned_of(values: list[int]) -> None:
    LimeTabularExplainer(pd.DataFrame({"x": RNG.choice(values, 500), "y": RNG.normal(size=500)}))


# -- any frame --------------------------------------------------------------------------------------------

COLUMNS = st.sampled_from(
    [
        ("float64", st.floats(-1e6, 1e6) | st.none()),
        ("Int64", st.integers(2**60, 2**60 + 99) | st.none()),
        ("int64", st.integers(-(2**63), 2**63 - 1)),
        ("boolean", st.booleans() | st.none()),
        ("datetime64[us]", st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)) | st.none()),
        ("object", st.dates() | st.none()),
        ("object", st.decimals(-99, 99, places=2)),
        ("object", st.booleans() | st.integers(0, 9) | st.none()),
        ("object", st.text(max_size=2) | st.integers(0, 3)),
        ("timedelta64[ns]", st.timedeltas(datetime.timedelta(0), datetime.timedelta(999)) | st.none()),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_frame_is_explained_or_refused_by_the_columns_name(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(COLUMNS, min_size=1, max_size=3))
    n = data.draw(st.integers(2, 5))
    frame = pd.DataFrame(
        {
            f"column {j}": pd.Series(data.draw(st.lists(values, min_size=n, max_size=n)), dtype=dtype)
            for j, (dtype, values) in enumerate(kinds)
        }
    )
    try:
        _, seen = explain(frame, frame.iloc[[0]])
    except ValueError as error:
        assert "column 'column" in str(error)  # noqa: PT017 - one of two outcomes
        return
    assert seen.dtypes.equals(frame.dtypes)
    for name in frame:
        first, given_ = seen[name].iloc[0], frame[name].iloc[0]
        assert (pd.isna(first) and pd.isna(given_)) or first == given_ or isinstance(given_, float)


@pytest.mark.parametrize("num_samples", [1000, "auto"])
@pytest.mark.parametrize("form", ["bins of one value", "categories", "frame"])
def test_predictions_stand_beside_their_samples_where_no_two_of_many_categories_are_alike(form, num_samples):
    """Of 30 columns of 0 and 1 hardly any two samples agree: none is asked for again, and none in another place."""
    table = np.random.default_rng(0).integers(0, 2, (200, 30))
    data: Any = pd.DataFrame(table.astype(str), columns=[f"c{j}" for j in range(30)]) if form == "frame" else table
    more: dict[str, Any] = {"categorical_features": list(range(30))} if form == "categories" else {}
    explainer = LimeTabularExplainer(data, random_state=0, mode="regression", **more)

    def model(rows):
        return np.asarray(rows)[:, 7].astype(float)

    row = data.iloc[0] if form == "frame" else data[0]
    alone = explainer.explain_instance(row, model, num_samples=num_samples, num_features=3)
    many = explainer.explain_instances(data[:2], model, num_samples=num_samples, num_features=3)
    for exp in (alone, many[0]):
        (feature, weight), *_ = exp.as_map()[1]
        assert feature == 7
        assert abs(weight) == pytest.approx(1.0, abs=0.02)  # ridge takes 1 in 250 of the weights of half the samples
        assert exp.score > 0.99
