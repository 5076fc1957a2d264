"""Any table comes back as it was read, or is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lime.domains.tabular.table import Table
from round_trips import round_trip

# -- round trips of anything --------------------------------------------------------------------------

whole = st.integers(-(2**53), 2**53)
real = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
pandas_columns = st.sampled_from(
    [
        ("int64", whole, False),
        ("int8", st.integers(-128, 127), False),
        ("float64", real, True),
        ("float32", st.floats(width=32, allow_nan=False, allow_infinity=False), True),
        ("Int64", whole, True),
        ("Float64", real, True),
        ("boolean", st.booleans(), True),
        ("bool", st.booleans(), False),
        ("str", words, True),
        ("string", words, True),
        ("category", words, True),
        ("int64[pyarrow]", whole, True),
        ("double[pyarrow]", real, True),
        ("bool[pyarrow]", st.booleans(), True),
    ]
)
polars_columns = st.sampled_from(
    [
        (pl.Int64, whole, True),
        (pl.UInt8, st.integers(0, 255), True),
        (pl.Float64, real, True),
        (pl.Float32, st.floats(width=32, allow_nan=False, allow_infinity=False), True),
        (pl.Boolean, st.booleans(), True),
        (pl.String, words, True),
        (pl.Categorical, words, True),
        (pl.Enum(["b", "a", "c"]), st.sampled_from("abc"), True),
    ]
)
pyarrow_columns = st.sampled_from(
    [
        (pa.int64(), whole, True),
        (pa.uint8(), st.integers(0, 255), True),
        (pa.float64(), real, True),
        (pa.float32(), st.floats(width=32, allow_nan=False, allow_infinity=False), True),
        (pa.bool_(), st.booleans(), True),
        (pa.string(), words, True),
        (pa.large_string(), words, True),
        (pa.dictionary(pa.int32(), pa.string()), words, True),
    ]
)


def draw_columns(data: st.DataObject, kinds: Any) -> list[tuple[Any, list[Any]]]:
    n = data.draw(st.integers(1, 8), label="rows")
    drawn = []
    for dtype, values, nullable in data.draw(st.lists(kinds, min_size=1, max_size=5), label="dtypes"):
        cell = st.none() | values if nullable else values
        drawn.append((dtype, data.draw(st.lists(cell, min_size=n, max_size=n))))
    return drawn


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_pandas_frame_round_trips(data: st.DataObject) -> None:
    columns = draw_columns(data, pandas_columns)
    round_trip(pd.DataFrame({f"c{j}": pd.Series(cells, dtype=dtype) for j, (dtype, cells) in enumerate(columns)}))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_polars_frame_round_trips(data: st.DataObject) -> None:
    columns = draw_columns(data, polars_columns)
    round_trip(pl.DataFrame([pl.Series(f"c{j}", cells, dtype=dtype) for j, (dtype, cells) in enumerate(columns)]))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_pyarrow_table_round_trips(data: st.DataObject) -> None:
    columns = draw_columns(data, pyarrow_columns)
    round_trip(pa.table({f"c{j}": pa.array(cells, dtype) for j, (dtype, cells) in enumerate(columns)}))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_row_reads_as_it_reads_among_others(data: st.DataObject) -> None:
    columns = draw_columns(data, polars_columns)
    frame = pl.DataFrame([pl.Series(f"c{j}", cells, dtype=dtype) for j, (dtype, cells) in enumerate(columns)])
    table, matrix = Table.read(frame)
    i = data.draw(st.integers(0, len(frame) - 1))
    for row in (frame[i], frame.row(i), frame.row(i, named=True), frame[i].to_pandas(), frame[i].to_arrow()):
        values, unseen = table.read_row(row)
        np.testing.assert_array_equal(values, matrix[i])
        assert unseen == {}


INTEGER_FRAMES = [
    pd.DataFrame({"a": np.array([0, 1, 2], dtype="int8"), "b": [0.5, 1.5, 2.5]}),
    pd.DataFrame({"a": pd.array([0, 1, None], dtype="Int8"), "b": [0.5, 1.5, 2.5]}),
    pd.DataFrame({"a": pd.array([0, 1, None], dtype="int8[pyarrow]"), "b": [0.5, 1.5, 2.5]}),
    pl.DataFrame({"a": [0, 1, 2], "b": [0.5, 1.5, 2.5]}, schema={"a": pl.Int8, "b": pl.Float64}),
    pa.table({"a": pa.array([0, 1, 2], pa.int8()), "b": [0.5, 1.5, 2.5]}),
]


@pytest.mark.parametrize("data", INTEGER_FRAMES)
def test_integer_columns_of_frames_refuse_what_they_cannot_hold(data: Any) -> None:
    table, _ = Table.read(data)
    for value in (300, -129, 2.5, np.float32(0.25)):
        for read in (
            lambda v: table.read_row({"a": v, "b": 1.0}),
            lambda v: table.read_row([v, 1.0]),
            lambda v: table.read_row(np.array([v, 1.0])),
            lambda v: table.read_rows(np.array([[1.0, 1.0], [v, 1.0]])),
            lambda v: table.read_rows(pd.DataFrame({"a": [v], "b": [1.0]})),
        ):
            with pytest.raises(ValueError, match=r"'a'.*dtype (?i:int8).*whole number from -128 to 127") as error:
                read(value)
            assert str(float(value)) in str(error.value)
    for value in (127, -128.0, np.int64(3), None):  # type: ignore[assignment]
        row, _ = table.read_row({"a": value, "b": 0.25})
        assert row[0] == value or value is None
        assert row[1] == 0.25


def test_unsigned_columns_refuse_negative_numbers() -> None:
    table, _ = Table.read(pl.DataFrame({"a": [1, 2]}, schema={"a": pl.UInt8}))
    with pytest.raises(ValueError, match="from 0 to 255"):
        table.read_row([-3])


def test_the_largest_integer_fits() -> None:
    table, _ = Table.read(pd.DataFrame({"a": [1, 2]}))
    row, _ = table.read_row([2**63 - 1])
    assert table.build(row[None, :]).a.tolist() == [2**63 - 1]
    with pytest.raises(ValueError, match="int64"):
        table.read_row([2**65])


def test_integer_arrays_take_fractions() -> None:
    table, _ = Table.read(np.array([[1, 2], [3, 4]], dtype=np.int8))
    assert table.read_row([2.5, 300])[0].tolist() == [2.5, 300.0]
    assert table.build(np.array([[2.5, 300.0]])).tolist() == [[2.5, 300.0]]


@pytest.mark.parametrize(
    "data",
    [
        np.array([[1.5], [2.5]], dtype=np.float32),
        pd.DataFrame({"0": np.array([1.5, 2.5], dtype=np.float32)}),
        pd.DataFrame({"0": pd.array([1.5, 2.5], dtype="Float32")}),
        pd.DataFrame({"0": pd.array([1.5, 2.5], dtype="float[pyarrow]")}),
        pl.DataFrame({"0": [1.5, 2.5]}, schema={"0": pl.Float32}),
        pa.table({"0": pa.array([1.5, 2.5], pa.float32())}),
    ],
)
def test_float32_columns_refuse_what_would_become_infinite(data: Any) -> None:
    table, _ = Table.read(data)
    for row in ([1e300], np.array([-1e300]), {"0": 1e39}):
        with pytest.raises(
            ValueError, match=r"data_row has -?1e\+\d+ in column '0', .* from -3.403e\+38 to 3.403e\+38"
        ):
            table.read_row(row)
    with pytest.raises(ValueError, match="data has 1e\\+300 in column '0'"):
        table.read_rows(np.array([[1.0], [1e300]]))
    assert table.read_row([3e38])[0].tolist() == [3e38]


def test_record_batches() -> None:
    batch = pa.record_batch(
        {
            "a": pa.array([1, None, 3], pa.int16()),
            "b": pa.array([0.5, 1.5, 2.5]),
            "c": pa.array(["x", None, "y"]),
            "d": pa.array(["u", "v", "u"]).dictionary_encode(),
        }
    )
    table, matrix = Table.read(batch)
    assert table.names == ["a", "b", "c", "d"]
    assert (table.kind, table.categorical_features) == ("pyarrow", [2, 3])
    np.testing.assert_array_equal(table.read_rows(batch), matrix)
    for one in (table, pickle.loads(pickle.dumps(table))):
        built = one.build(matrix)
        assert isinstance(built, pa.RecordBatch)
        assert built.schema.equals(batch.schema)
        assert built.to_pylist() == batch.to_pylist()
        empty = one.build(matrix[:0])
        assert isinstance(empty, pa.RecordBatch)
        assert (empty.num_rows, empty.schema) == (0, batch.schema)
    row, unseen = table.read_row(batch.slice(2, 1))
    assert (row.tolist(), unseen) == (matrix[2].tolist(), {})
    # A batch is a row for a model of tables, too, and a table for one of batches.
    tables, _ = Table.read(pa.Table.from_batches([batch]))
    assert tables.read_row(batch.slice(2, 1))[0].tolist() == matrix[2].tolist()
    assert isinstance(tables.build(matrix), pa.Table)
    assert table.read_row(pa.Table.from_batches([batch]).slice(2, 1))[0].tolist() == matrix[2].tolist()


# pandas 2.2 says so wherever it takes a row across sparse columns with different fill values.
@pytest.mark.filterwarnings("ignore:Concatenating sparse arrays:pandas.errors.PerformanceWarning")
def test_sparse_columns_of_pandas() -> None:
    data = pd.DataFrame(
        {
            "f": pd.arrays.SparseArray([0.0, 1.5, 0.0], fill_value=0.0),
            "g": pd.arrays.SparseArray([np.nan, 1.5, np.nan]),
            "i": pd.arrays.SparseArray(np.array([0, 1, 0], dtype=np.int8)),
            "h": pd.arrays.SparseArray(np.array([0, 1, 0], dtype=np.float32)),
            "dense": [1.0, 2.0, 3.0],
        }
    )
    dummies = pd.get_dummies(pd.Series(["a", "b", "a"]), sparse=True)
    table = round_trip(pd.concat([data, dummies], axis=1))
    assert table.categorical_features == [5, 6]
    row, _ = table.read_row(pd.concat([data, dummies], axis=1).iloc[[1]])
    assert row.tolist() == [1.5, 1.5, 1.0, 1.0, 2.0, 0.0, 1.0]
    with pytest.raises(ValueError, match=r"column 'i', which is of dtype Sparse\[int8, 0\]"):
        table.read_row([0, 0, 2.5, 0, 0, False, True])
    missing = table.build(np.array([[np.nan, 0.0, np.nan, 1.0, 2.0, np.nan, 1.0]]))
    assert missing.dtypes["i"] == pd.SparseDtype(np.float64, 0)
    assert missing.iloc[0, [0, 2, 5]].isna().all()
    assert missing["b"].tolist() == [True]


def test_a_dict_of_columns_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="training_data is a dict of 2 columns; make a frame of it first"):
        Table.read({"a": [1, 2], "b": [3, 4]})


def test_feature_names_that_are_no_list() -> None:
    with pytest.raises(ValueError, match=r"feature_names is 5 \(int\); expected a list of names"):
        Table.read(np.ones((2, 2)), feature_names=5)  # type: ignore[arg-type]
