"""The adapter between users' tables and the float64 matrix."""

from __future__ import annotations

import copy
import datetime
import decimal
import pickle
import subprocess
import sys
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lime.domains.tabular.forms import Column
from lime.domains.tabular.table import Table


def same(left: Any, right: Any) -> None:
    """Refuse any difference in type, columns, dtypes or values."""
    assert type(left) is type(right)
    if isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    elif isinstance(left, pl.DataFrame):
        polars.testing.assert_frame_equal(left, right, categorical_as_str=True)
    elif isinstance(left, pa.Table):
        assert left.schema.equals(right.schema)
        assert left.to_pylist() == right.to_pylist()
    else:
        assert left.dtype == right.dtype
        if left.dtype == object:
            # NaN is not equal to itself; what is printed tells 1 from 1.0 and None from NaN, too.
            left, right = np.array(repr(left.tolist())), np.array(repr(right.tolist()))
        np.testing.assert_array_equal(left, right)


def round_trip(data: Any, **settings: Any) -> Table:
    table, matrix = Table.read(data, **settings)
    assert matrix.dtype == np.float64
    same(table.build(matrix), data)
    np.testing.assert_array_equal(table.read_rows(data), matrix)
    again = pickle.loads(pickle.dumps(table))
    same(again.build(matrix), data)
    same(copy.deepcopy(table).build(matrix), data)
    assert again.columns == table.columns
    return table


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [31, 42, 53],
            "wage": [1.5, np.nan, 3.25],
            "town": ["Ulm", "Bonn", "Ulm"],
            "size": pd.Categorical(["s", "l", "s"], categories=["s", "m", "l"], ordered=True),
            "left": [True, False, True],
        }
    )


# -- reading the training data ------------------------------------------------------------------------


def test_columns_of_a_mixed_frame(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people)
    assert table.kind == "pandas"
    assert table.names == ["age", "wage", "town", "size", "left"]
    assert table.categorical_features == [2, 3, 4]
    assert table.columns == (
        Column("age", False, None, False, True),
        Column("wage", False, None, True, False),
        Column("town", True, ("Bonn", "Ulm"), False, False),
        Column("size", True, ("l", "s"), False, False),
        Column("left", True, (False, True), False, False),
    )
    np.testing.assert_array_equal(matrix, [[31, 1.5, 1, 1, 1], [42, np.nan, 0, 0, 0], [53, 3.25, 1, 1, 1]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_float_arrays_round_trip(dtype: Any) -> None:
    table = round_trip(np.array([[1.5, np.nan], [2.5, 4.0]], dtype=dtype))
    assert table.kind == "numpy"
    assert table.names == ["0", "1"]
    assert [column.has_missing for column in table.columns] == [False, True]


def test_integer_arrays_come_back_as_float64() -> None:
    table, matrix = Table.read(np.array([[1, 2], [3, 4]]))
    assert all(column.is_integer for column in table.columns)
    built = table.build(matrix + 0.25)
    assert built.dtype == np.float64
    assert built[0, 0] == 1.25


def test_a_float64_matrix_is_not_copied() -> None:
    table, matrix = Table.read(np.ones((3, 2)))
    assert table.build(matrix) is matrix


def test_the_users_array_is_not_shared() -> None:
    data = np.ones((3, 2))
    _, matrix = Table.read(data)
    assert not np.shares_memory(matrix, data)


@pytest.mark.parametrize(
    "data",
    [
        np.array([["a", "bcd"], ["", "x"]]),
        np.array([["a", "bcd"], ["", "x"]], dtype=np.dtypes.StringDType()),
        np.array([["a", 1, 1.5, True, None], ["b", 2, np.nan, False, None]], dtype=object),
        np.array([["a", 1], [2, None], [True, 3]], dtype=object),
    ],
    ids=["str", "stringdtype", "object", "mixed object"],
)
def test_other_arrays_round_trip(data: Any) -> None:
    round_trip(data)


def test_object_arrays_hold_plain_python_values() -> None:
    data = np.array([[np.int64(1), np.str_("a"), np.float32(0.5)], [2, "b", 1]], dtype=object)
    table, matrix = Table.read(data)
    assert [type(value) for value in table.build(matrix)[0]] == [int, str, float]
    assert [type(value) for value in table.build(matrix, keep_integers=False)[0]] == [float, str, float]
    assert [column.is_integer for column in table.columns] == [True, False, False]
    assert table.categorical_features == [1]


@pytest.mark.parametrize(
    ("rows", "dtype"),
    [
        ([[1, 2], [3, 4.5]], "f"),
        ([["a", "b"], ["c", "d"]], "U"),
        ([["a", 1], ["b", 2]], "O"),
        ([[True], [False]], "f"),
        ([[True, 2], [False, None]], "f"),
        ([[True, decimal.Decimal("2.5")], [False, 3]], "f"),
    ],
)
def test_lists_of_lists(rows: list[list[Any]], dtype: str) -> None:
    table, matrix = Table.read(rows)
    built = table.build(matrix)
    assert built.dtype.kind == dtype
    same(built, np.array(rows, dtype=np.float64) if dtype == "f" else np.array(rows, dtype=built.dtype))


def test_arrays_without_a_string_are_floats_as_in_0_2_0_1() -> None:
    for data in ([[True, 1.5], [False, 2.5]], np.array([[True, 1.5], [None, 2.5]], dtype=object)):
        table, matrix = Table.read(data)
        assert table.categorical_features == []
        assert table.build(matrix).dtype == np.float64
        np.testing.assert_array_equal(table.read_row(np.array([False, 2], dtype=object))[0], [0.0, 2.0])


@pytest.mark.parametrize("keep", [True, False])
def test_whole_numbers_listed_as_categories_stay_whole_in_objects(keep: bool) -> None:
    data = np.array([[1.5, 3, True], [2.5, 0, False]], dtype=object)
    table, matrix = Table.read(data, categorical_features=[1])
    built = table.build(matrix, keep_integers=keep)
    assert built.tolist() == [[1.5, 3, 1.0], [2.5, 0, 0.0]]
    assert [type(value) for value in built[0]] == [float, int, float]


def test_integer_arrays_keep_their_dtype_where_they_can() -> None:
    data = np.array([[1, 2], [3, 4]], dtype=np.int16)
    table, matrix = Table.read(data)
    same(table.build(matrix, keep_integers=True), data)
    same(table.build(matrix, keep_integers=False), data.astype(np.float64))
    assert table.build(matrix + 0.5, keep_integers=True).dtype == np.float64


def test_masked_arrays_are_missing_where_masked() -> None:
    table, matrix = Table.read(np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]))
    np.testing.assert_array_equal(matrix, [[1, np.nan], [3, 4]])
    np.testing.assert_array_equal(table.read_row(np.ma.array([1, 2], mask=[1, 0]))[0], [np.nan, 2])


def test_an_entirely_missing_column_is_fine() -> None:
    for data in (
        pd.DataFrame({"a": [1, 2], "b": [np.nan, np.nan], "c": [None, None]}),
        pd.DataFrame({"a": pd.array([None, None], dtype="string"), "b": pd.Categorical([None, None])}),
        pl.DataFrame({"a": [1, 2], "b": [None, None]}),
        pa.table({"a": [1, 2], "b": pa.nulls(2)}),
        np.array([[1.0, np.nan], [2.0, np.nan]]),
    ):
        table = round_trip(data)
        assert table.columns[1].has_missing
        assert table.value(1, np.nan) is None


@pytest.mark.parametrize(
    "data",
    [
        pl.DataFrame({"a": [1], "b": [None]}),
        pa.table({"a": [1], "b": pa.nulls(1)}),
        pd.DataFrame({"a": [1], "b": pd.array([None], dtype="null[pyarrow]")}),
    ],
)
def test_an_entirely_missing_column_can_take_a_value(data: Any) -> None:
    table, _ = Table.read(data)
    values, unseen = table.read_row({"a": 1, "b": "new"})
    assert unseen == {1: "new"}
    built = nw.from_native(table.build(np.stack([values, [1, np.nan]]), unseen))
    assert built["b"].to_list()[0] == "new"
    assert built["b"].is_null().to_list() == [False, True]


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame(
            {
                "i8": pd.Series([1, -2], dtype="int8"),
                "u64": pd.Series([1, 2], dtype="uint64"),
                "f32": pd.Series([1.5, np.nan], dtype="float32"),
                "I": pd.array([1, None], dtype="Int64"),
                "F": pd.array([1.5, None], dtype="Float64"),
                "B": pd.array([True, None], dtype="boolean"),
                "S": pd.array(["a", None], dtype="string"),
                "s": pd.array(["a", None], dtype="str"),
                "py": pd.array(["a", None], dtype="string[python]"),
                "o": pd.Series(["a", None], dtype=object),
                "ai": pd.array([1, None], dtype="int64[pyarrow]"),
                "af": pd.array([1.5, None], dtype="float[pyarrow]"),
                "as": pd.array(["a", None], dtype="string[pyarrow]"),
                "ab": pd.array([True, None], dtype="bool[pyarrow]"),
                "on": pd.Series([1, 2], dtype=object),
                "ob": pd.Series([True, None], dtype=object),
                "on2": pd.Series([1.5, None], dtype=object),
                "cut": pd.cut(pd.Series([1.0, 2.0]), 2),
                "ci": pd.Categorical([3, None], categories=[7, 3, 5]),
                "cs": pd.Categorical([None, "b"]),
            }
        ),
        pl.DataFrame(
            {
                "i": [1, None],
                "f": [1.5, None],
                "nan": [1.5, float("nan")],
                "s": ["a", None],
                "b": [True, None],
                "u8": pl.Series([1, 2], dtype=pl.UInt8),
                "f32": pl.Series([1.5, None], dtype=pl.Float32),
                "i128": pl.Series([1, None], dtype=pl.Int128),
                "c": pl.Series(["x", None], dtype=pl.Categorical),
                "e": pl.Series([None, "y"], dtype=pl.Enum(["y", "x", "z"])),
                "full": [1, 2],
            }
        ),
        pa.table(
            {
                "i": [1, None],
                "f": [1.5, None],
                "s": ["a", None],
                "b": [True, None],
                "full": [1, 2],
                "u8": pa.array([1, 2], pa.uint8()),
                "f32": pa.array([1.5, None], pa.float32()),
                "f16": pa.array(np.array([1.5, 2], dtype=np.float16)),
                "ls": pa.array(["a", "b"], pa.large_string()),
                "d": pa.array(["x", None]).dictionary_encode(),
                "di": pa.array([7, 3]).dictionary_encode(),
                "d8": pa.array(["x", "y"]).cast(pa.dictionary(pa.int8(), pa.string())),
            }
        ),
    ],
    ids=["pandas", "polars", "pyarrow"],
)
def test_every_dtype_round_trips(data: Any) -> None:
    round_trip(data)


def test_pyarrow_schemas_keep_their_metadata() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    data = pa.Table.from_pandas(frame)
    table = round_trip(data)
    built = table.build(np.zeros((7, 2)))
    assert built.schema.metadata == data.schema.metadata
    assert list(built.to_pandas().index) == list(range(7))


def test_pyarrow_fields_that_are_not_nullable_give_way() -> None:
    data = pa.table([pa.array([1, 2])], schema=pa.schema([pa.field("a", pa.int64(), nullable=False)]))
    table = round_trip(data)
    built = table.build(np.array([[np.nan]]))
    assert built.schema.field("a").nullable
    assert built.to_pylist() == [{"a": None}]


def test_labels_that_are_no_strings_survive() -> None:
    data = pd.DataFrame([[1.0, 2], [3.0, 4]], columns=pd.Index([7, "b"], name="n"))
    table = round_trip(data)
    assert table.names == ["7", "b"]
    table = round_trip(pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])))
    assert table.names == ["('a', 1)", "('a', 2)"]


def test_rebuilt_frames_have_a_default_index(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people.set_index(pd.Index([5, 3, 9], name="key")))
    same(table.build(matrix), people)


def test_no_training_row_is_kept() -> None:
    data = pd.DataFrame({"a": np.arange(100_000.0), "b": ["x", "y"] * 50_000})
    assert len(pickle.dumps(Table.read(data)[0])) < 5_000


# -- names and features -------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [["a", "b"], pd.Index(["a", "b"]), np.array(["a", "b"]), ("a", "b")])
def test_feature_names_of_any_kind(names: Any) -> None:
    table, _ = Table.read(np.ones((2, 2)), feature_names=names)
    assert table.names == ["a", "b"]
    assert all(type(name) is str for name in table.names)


def test_a_wrong_number_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="feature_names has 1 name, but the training data has 2 columns"):
        Table.read(np.ones((2, 2)), feature_names=["a"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b", "target"], "feature_names has 3 names, but the training data has 2 columns: .* 'target' left out"),
        ("ab", "feature_names is the string 'ab': each letter is taken for a name"),
    ],
)
def test_names_that_0_2_0_1_took_are_taken_with_a_warning(names: Any, message: str) -> None:
    for data in (np.ones((2, 2)), pd.DataFrame(np.ones((2, 2)))):
        with pytest.warns(UserWarning, match=message):
            assert Table.read(data, feature_names=names)[0].names == ["a", "b"]


def test_given_names_are_shown_and_the_frames_own_are_rebuilt(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people, feature_names=list("vwxyz"))
    assert table.names == list("vwxyz")
    same(table.build(matrix), people)
    np.testing.assert_array_equal(table.read_row(people.iloc[[0]])[0], matrix[0])


@pytest.mark.parametrize(
    ("features", "positions"),
    [
        (["b", 0], [1, 0]),
        ([np.int64(0), "b"], [0, 1]),
        (np.array([0, 1]), [0, 1]),
        ((1, 0, 1), [1, 0]),
        (pd.Index(["a", "b"]), [0, 1]),
    ],
)
def test_categorical_features_by_name_and_position(features: Any, positions: list[int]) -> None:
    table, matrix = Table.read(
        np.array([[0, 1.5, 2], [1, 2.5, 2]]),
        feature_names=["a", "b", "c"],
        categorical_features=features,
        categorical_names={0: ["no", "yes"]},
    )
    assert table.categorical_features == positions
    assert table.columns[0] == Column("a", True, None, False, False)
    np.testing.assert_array_equal(matrix[:, 1], [1.5, 2.5])
    values, unseen = table.read_row([9, 9, 9])
    assert unseen == {}
    assert values[0] == 9


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (["z"], r"categorical_features has 'z', which is no column .* columns are 'a', 'b'"),
        ([2], r"categorical_features has the position 2, .* 2 columns, 0 to 1: 'a', 'b'"),
        ([-1], "categorical_features has the position -1"),
        ([1.0], r"categorical_features has 1.0 \(float\); expected column names or positions"),
        ([True, False], r"categorical_features has True \(bool\)"),
        ("a", "categorical_features is 'a' .*; expected a list"),
        (1, "categorical_features is 1 .*; expected a list"),
    ],
)
def test_unknown_features_are_refused(features: Any, message: str) -> None:
    frame = pd.DataFrame(np.ones((2, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match=message):
        Table.read(frame, categorical_features=features)


@pytest.mark.parametrize(
    ("features", "positions", "message"),
    [
        (["z", "b"], [1], "categorical_features has 'z', but the training data has no such column: left out"),
        ([0, 2], [0], "categorical_features has '2', but the training data has no such column: left out"),
        ([-1], [1], "categorical_features has -1: it is taken for the column 'b'"),
        ([False, True], [1], "taken for a mask"),
        ("b", [1], "categorical_features is the name 'b'"),
    ],
)
def test_features_that_0_2_0_1_took_are_taken_with_a_warning(features: Any, positions: Any, message: str) -> None:
    with pytest.warns(UserWarning, match=message):
        table, _ = Table.read(np.ones((2, 2)), feature_names=["a", "b"], categorical_features=features)
    assert table.categorical_features == positions


def test_whole_floats_are_positions_in_an_array() -> None:
    assert Table.read(np.ones((2, 2)), categorical_features=[1.0])[0].categorical_features == [1]


def test_a_name_of_two_columns_is_refused_where_it_must_find_one() -> None:
    with pytest.raises(ValueError, match="'a', which names several columns"):
        Table.read(np.ones((2, 2)), feature_names=["a", "a"], categorical_features=["a"])


def test_unknown_keys_of_categorical_names() -> None:
    with pytest.raises(ValueError, match="categorical_names has the key 'z'"):
        Table.read(pd.DataFrame(np.ones((2, 2))), categorical_names={"z": ["u"]})
    with pytest.warns(UserWarning, match="categorical_names has the key 'z'"):
        Table.read(np.ones((2, 2)), categorical_names={"z": ["u"]})
    table, _ = Table.read(np.ones((2, 2)), categorical_names={2: ["label"]})
    assert table.categorical_features == []


# -- refusals of training data ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pd.DataFrame({"z": [1j]}), "complex128 in column 'z'"),
        (pd.DataFrame({"z": [[1, 2]]}), "list in column 'z'"),
        (pd.DataFrame({"z": [b"a"]}), "bytes in column 'z'"),
        (pd.DataFrame({"z": [decimal.Decimal(1), "a"]}), "Decimal in column 'z'"),
        (pd.DataFrame({"z": [decimal.Decimal("Infinity")]}), "no finite number in column 'z'"),
        (pd.DataFrame({"z": [datetime.time(8)]}), "time in column 'z'"),
        (pd.DataFrame({"z": [datetime.date(2020, 1, 1), "a"]}), "date in column 'z'"),
        (pd.DataFrame({"z": np.array([0, 2**63], dtype=np.uint64)}), "column 'z' that are too large, and too far"),
        (pl.DataFrame({"z": [[1, 2]]}), "List.* in column 'z'"),
        (pl.DataFrame({"z": [b"a"]}), "Binary in column 'z'"),
        (pl.DataFrame({"z": [{"a": 1}]}), "Struct.* in column 'z'"),
        (pl.DataFrame({"z": pl.Series([object()], dtype=pl.Object)}), "Object in column 'z'"),
        (pl.DataFrame({"z": [datetime.time(8)]}), "Time in column 'z'"),
        (pa.table({"z": pa.array([[1]])}), "list.* in column 'z'"),
        (pa.table({"z": pa.array([b"a"])}), "binary in column 'z'"),
        (np.array([[1j]]), "complex128"),
        (np.array([[b"a"]]), "S1"),
        (np.array([[1.0, np.inf]]), "infinite value in column '1'"),
        (pd.DataFrame({"a": [1], "b": [-np.inf]}), "infinite value in column 'b'"),
        (pl.DataFrame({"a": [float("inf")], "b": ["x"]}), "infinite value in column 'a'"),
        (np.array([["a", 10**400], ["b", 1]], dtype=object), "in column '1'"),
        (np.ones((0, 2)), "0 rows and 2 columns"),
        (np.ones((2, 0)), "2 rows and 0 columns"),
        (pd.DataFrame({"a": []}), "0 rows and 1 column;"),
        (pd.DataFrame(index=[1, 2]), "0 columns"),
        (pl.DataFrame(), "0 rows and 0 columns"),
        (pa.table({}), "0 columns"),
        (np.ones(3), "ndarray of 1 dimension;"),
        (np.ones((2, 2, 2)), "3 dimensions"),
        ([1, 2, 3], "list of 1 dimension"),
        ([[1, 2], [3]], "unequal length"),
        ([{"a": 1}], "list of dict"),
        (pd.Series([1, 2]), "Series of 1 dimension"),
        (pl.Series([1, 2]), "Series of 1 dimension"),
        (None, "NoneType of 0 dimensions"),
        (pl.LazyFrame({"a": [1]}), "lazy frame .*collect it first"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than one column named 'a'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "more than one column named '1'"),
        (
            pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]),
            "more than one column named 'a'|cannot be read",
        ),
    ],
)
def test_training_data_that_is_refused(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        Table.read(data)
    assert "training_data" in str(error.value)


# -- reading rows -------------------------------------------------------------------------------------


def rows_of(people: pd.DataFrame) -> list[Any]:
    row = {"age": 42, "wage": None, "town": "Bonn", "size": "l", "left": False}
    return [
        row,
        dict(reversed(list(row.items()))),
        list(row.values()),
        tuple(row.values()),
        [list(row.values())],
        np.array(list(row.values()), dtype=object),
        np.array([list(row.values())], dtype=object),
        [42.0, np.float32("nan"), np.str_("Bonn"), np.str_("l"), np.bool_(False)],
        people.iloc[1],
        people.iloc[1][::-1],
        people.iloc[1].reset_index(drop=True),
        people.iloc[[1]],
        people.iloc[[1], ::-1],
        pl.DataFrame([row])[:, ::-1],
        pa.Table.from_pylist([row]),
        nw.from_native(pl.DataFrame([row])),
        nw.from_native(people.iloc[[1]]),
    ]


@pytest.mark.parametrize("i", range(17))
@pytest.mark.parametrize(
    "convert", [lambda f: f, pl.from_pandas, pa.Table.from_pandas], ids=["pandas", "polars", "pyarrow"]
)
def test_one_row_in_every_form(people: pd.DataFrame, convert: Any, i: int) -> None:
    table, matrix = Table.read(convert(people))
    values, unseen = table.read_row(rows_of(people)[i])
    assert values.dtype == np.float64
    assert values.shape == (5,)
    np.testing.assert_array_equal(values, matrix[1])
    assert unseen == {}


def test_rows_of_a_bare_array() -> None:
    table, matrix = Table.read(np.array([[1.0, 2.0], [3.0, 4.0]]))
    for row in (
        [1, 2],
        np.array([1, 2]),
        np.array([[1, 2]]),
        pd.Series([1, 2]),
        pd.Series([1, 2], index=["a", "b"]),
        pd.Series([2, 1], index=[1, 0]),
        pl.Series([1, 2]),
        {"1": 2, "0": 1},
        {0: 1, 1: 2},
        pd.DataFrame({"x": [1], "y": [2]}),
        nw.from_native(pl.Series([1, 2]), series_only=True),
    ):
        values, unseen = table.read_row(row)
        np.testing.assert_array_equal(values, matrix[0])
        assert unseen == {}


def test_named_arrays_take_named_rows() -> None:
    table, _ = Table.read(np.array([[1.0, 2.0]]), feature_names=["a", "b"])
    for row in ({"b": 2, "a": 1}, pd.Series({"b": 2, "a": 1}), pl.DataFrame({"b": [2], "a": [1]})):
        np.testing.assert_array_equal(table.read_row(row)[0], [1, 2])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1, 2], "data_row has 2 values, but the training data has 5 columns"),
        (np.ones((1, 4)), "data_row has 4 values, but the training data has 5 columns"),
        (np.ones((2, 5)), "data_row has 2 rows"),
        ([[1] * 5, [2] * 5], "data_row has 2 rows"),
        (np.ones((1, 1, 5)), "data_row has 3 dimensions"),
        (5, "data_row is a int"),
        (np.float64(5), "data_row has 0 dimensions"),
        ("abcde", "data_row is a str"),
        (None, "data_row is a NoneType"),
        ({"age": 1, "wage": 2, "town": "Ulm", "size": "s"}, "data_row lacks 'left'"),
        ({"age": 1, "wage": 2, "town": "Ulm", "size": "s", "Left": True}, "lacks 'left' .*has 'Left', which"),
        ({"age": 1, "wage": 2, "town": "Ulm", "size": "s", "left": True, "x": 1}, "data_row has 'x', which"),
        (
            pd.Series({"age": 1, "wage": 2, "Town": "Ulm", "size": "s", "left": True}),
            "lacks 'town'.*has 'Town'",
        ),
        (pd.Series([1, 2, 3]), "data_row has 3 values"),
        (pl.DataFrame({"age": [1]}), "data_row lacks 'wage', 'town', 'size', 'left'"),
        (["x", 2, "Ulm", "s", True], r"'x' \(str\) in column 'age', which held numbers"),
        (np.array(["31", "2", "Ulm", "s", "True"]), "'31' .* in column 'age', which held numbers"),
        ([1, np.inf, "Ulm", "s", True], "data_row has an infinite value in column 'wage'"),
        ([10**400, 1, "Ulm", "s", True], "data_row has an infinite value in column 'age'"),
        ([1, 2, 3, "s", True], r"3 \(int\) in column 'town', which held strings"),
        ([1, 2, "Ulm", "s", "True"], r"'True' \(str\) in column 'left', which held booleans"),
        ([1, 2, "Ulm", "s", 2], "2 .* in column 'left', which held booleans"),
        ([1, 2, "Ulm", ["s"], True], "in column 'size', which held single values"),
        ([1, 2, "Ulm", b"s", True], "in column 'size', which held single values"),
    ],
)
def test_rows_that_are_refused(people: pd.DataFrame, row: Any, message: str) -> None:
    # Older pandas keeps strings as objects, among which a number is a category of its own.
    table, _ = Table.read(people.astype({"town": "string"}))
    with pytest.raises(ValueError, match=message):
        table.read_row(row)


def test_frames_of_other_than_one_row_are_refused(people: pd.DataFrame) -> None:
    table, _ = Table.read(people)
    for n in (0, 2):
        with pytest.raises(ValueError, match=f"data_row has {n} rows"):
            table.read_row(people.iloc[:n])


def test_infinite_numbers_in_an_array_row_are_refused() -> None:
    table, _ = Table.read(np.ones((2, 3)))
    with pytest.raises(ValueError, match="data_row has an infinite value in column '2'"):
        table.read_row(np.array([1, 2, -np.inf]))
    with pytest.raises(ValueError, match="data has an infinite value in column '1'"):
        table.read_rows(np.array([[1, np.inf, 2]]))


def test_numbers_of_other_types_are_taken() -> None:
    table, _ = Table.read(pd.DataFrame({"a": [1.5], "b": [2]}))
    np.testing.assert_array_equal(table.read_row([decimal.Decimal("2.5"), True])[0], [2.5, 1])
    np.testing.assert_array_equal(table.read_row([pd.NA, pd.NaT])[0], [np.nan, np.nan])


def test_many_rows(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people)
    for data in (
        people,
        people.iloc[:, ::-1],
        pl.from_pandas(people),
        pa.Table.from_pandas(people),
        people.to_numpy(),
        people.to_numpy().tolist(),
        people.to_dict("records"),
        [people.iloc[i] for i in range(3)],
    ):
        np.testing.assert_array_equal(table.read_rows(data), matrix)
    other = people.assign(town=["Köln", "Bonn", "Jena"])
    np.testing.assert_array_equal(table.read_rows(other)[:, 2], [2, 0, 2])
    with pytest.raises(ValueError, match="data has 4 columns, but the training data has 5 columns"):
        table.read_rows(people.to_numpy()[:, :4])
    with pytest.raises(ValueError, match="data lacks 'town'"):
        table.read_rows(people.drop(columns="town"))
    assert table.read_rows(people.iloc[:0]).shape == (0, 5)


# -- unseen and missing values ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "convert", [lambda f: f, pl.from_pandas, pa.Table.from_pandas], ids=["pandas", "polars", "pyarrow"]
)
def test_unseen_categories(people: pd.DataFrame, convert: Any) -> None:
    table, matrix = Table.read(convert(people))
    values, unseen = table.read_row([1, 2.0, np.str_("Köln"), "xl", True])
    assert unseen == {2: "Köln", 3: "xl"}
    assert type(unseen[2]) is str
    np.testing.assert_array_equal(values, [1, 2, 2, 2, 1])
    built = nw.from_native(table.build(np.vstack([values, matrix]), unseen))
    assert built["town"].to_list() == ["Köln", "Ulm", "Bonn", "Ulm"]
    assert built["size"].to_list() == ["xl", "s", "l", "s"]
    assert table.value(2, values[2], unseen) == "Köln"
    same(table.build(matrix), table.build(matrix, unseen={}))
    with pytest.raises(ValueError, match="code 2 of column 'town' stands for no value: it has 2 categories"):
        table.build(values[None])
    with pytest.raises(ValueError, match="code 2 of column 'town' stands for no value"):
        table.value(2, 2)


def test_an_unseen_category_extends_a_pandas_categorical_for_one_build(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people)
    built = table.build(np.array([[1, 1, 0, 2, 0.0]]), {3: "xl"})
    assert built["size"].dtype == pd.CategoricalDtype(["s", "m", "l", "xl"], ordered=True)
    assert table.build(matrix)["size"].dtype == people["size"].dtype
    # One that the dtype knows, but the training data had not, needs no extension.
    built = table.build(np.array([[1, 1, 0, 2, 0.0]]), {3: "m"})
    assert built["size"].dtype == people["size"].dtype
    assert built["size"][0] == "m"


def test_an_unseen_category_extends_a_polars_enum() -> None:
    table, _ = Table.read(pl.DataFrame({"e": pl.Series(["x"], dtype=pl.Enum(["x", "y"]))}))
    built = table.build(np.array([[1.0], [0.0], [np.nan]]), {0: "z"})
    assert built.schema["e"] == pl.Enum(["x", "y", "z"])
    assert built["e"].to_list() == ["z", "x", None]


def test_unseen_values_of_arrays() -> None:
    table, _ = Table.read(np.array([["a"], ["b"]]))
    values, unseen = table.read_row(["a long one"])
    assert table.build(values[None], unseen).tolist() == [["a long one"]]
    table, _ = Table.read(np.array([["a"], [1]], dtype=object))
    values, unseen = table.read_row([2])
    assert unseen == {0: 2}


def test_a_small_dictionary_index_gives_way() -> None:
    words = [f"w{i:03}" for i in range(128)]
    table, _ = Table.read(pa.table({"d": pa.array(words).cast(pa.dictionary(pa.int8(), pa.string()))}))
    built = table.build(np.array([[128.0], [127.0]]), {0: "new"})
    assert built["d"].to_pylist() == ["new", "w127"]


def test_missing_values_where_the_training_data_had_none(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people)
    matrix[1] = np.nan
    built = table.build(matrix)
    assert built["age"].dtype == np.float64
    assert built["left"].dtype == object
    assert built.iloc[1].isna().all()
    assert not built.iloc[[0, 2]].isna().any(axis=None)
    assert built["left"].tolist()[::2] == [True, True]
    for frame in (pl.from_pandas(people), pa.Table.from_pandas(people)):
        built = nw.from_native(Table.read(frame)[0].build(matrix))
        assert built.schema == nw.from_native(frame).schema
        assert all(built[name].is_null().to_list()[1] for name in built.columns)


def test_missing_values_in_arrays_without_room_for_them() -> None:
    table, _ = Table.read(np.array([[True, False], [False, True]]))
    built = table.build(np.array([[np.nan, 1.0]]))
    assert built.dtype == np.float64
    np.testing.assert_array_equal(built, [[np.nan, 1.0]])
    table, _ = Table.read(np.array([["a", "b"]]))
    values, unseen = table.read_row(["a", None])
    assert unseen == {}
    assert table.build(values[None]).tolist() == [["a", None]]


def test_value_is_plain_python(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people)
    values = [table.value(j, matrix[0, j]) for j in range(5)]
    assert values == [31, 1.5, "Ulm", "s", True]
    assert [type(value) for value in values] == [int, float, str, str, bool]
    assert table.value(0, 31.5) == 31.5
    assert table.value(1, np.nan) is None


# -- integers and shapes ------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_integers_are_rounded_and_clipped_or_left_alone(make: Any) -> None:
    data = make({"a": np.array([1, 2], dtype=np.int8), "b": np.array([1, 2]), "c": np.array([1, 2], dtype=np.uint64)})
    table, _ = Table.read(data)
    matrix = np.array([[1.4, 1.6, 2.7], [300, 1e30, -5], [-300, -1e30, 1e30]])
    whole = nw.from_native(table.build(matrix))
    assert whole.schema == nw.from_native(data).schema
    assert whole["a"].to_list() == [1, 127, -128]
    assert whole["b"].to_list() == [2, 2**63 - 1, -(2**63)]
    assert whole["c"].to_list() == [3, 0, 2**64 - 1]
    loose = nw.from_native(table.build(matrix, keep_integers=False))
    assert set(loose.schema.dtypes()) == {nw.Float64()}
    assert loose["a"].to_list() == [1.4, 300, -300]


def test_nullable_integers_become_nullable_floats_when_not_kept() -> None:
    table, matrix = Table.read(
        pd.DataFrame({"a": pd.array([1, None], dtype="Int32"), "b": pd.array([1, None], dtype="int32[pyarrow]")})
    )
    built = table.build(matrix + 0.5, keep_integers=False)
    assert [str(dtype) for dtype in built.dtypes] == ["Float64", "double[pyarrow]"]
    assert built["a"][0] == 1.5
    assert built.iloc[1].isna().all()


def test_a_matrix_of_another_width_is_refused() -> None:
    table, _ = Table.read(np.ones((2, 3)))
    for shape in ((2, 2), (3,)):
        with pytest.raises(ValueError, match=r"matrix has shape .*; expected \(n, 3\)"):
            table.build(np.ones(shape))


@pytest.mark.parametrize("code", [-1.0, 5.0])
def test_codes_that_stand_for_nothing_are_refused(people: pd.DataFrame, code: float) -> None:
    table, _ = Table.read(people)
    with pytest.raises(ValueError, match=f"code {int(code)} of column 'town' stands for no value"):
        table.build(np.array([[1, 1, code, 0, 0], [1, 1, np.nan, 0, 0]]))
    with pytest.raises(ValueError, match=f"code {int(code)} of column 'town' stands for no value"):
        table.value(2, code)


def test_builds_of_no_rows(people: pd.DataFrame) -> None:
    for data in (people, pl.from_pandas(people), pa.Table.from_pandas(people), people.to_numpy()):
        table, matrix = Table.read(data)
        same(table.build(matrix[:0]), data[:0] if not isinstance(data, pa.Table) else data.slice(0, 0))


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame])
def test_wide_tables_of_numbers(kind: Any) -> None:
    numbers = np.arange(6000.0).reshape(2, 3000)
    table = round_trip(kind(numbers))
    for row in (numbers[0], numbers[:1], numbers[0].astype(np.int32), list(numbers[0])):
        values, unseen = table.read_row(row)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, numbers[0])
        assert unseen == {}
    values, _ = table.read_row(numbers[0])
    assert not np.shares_memory(values, numbers)


def test_pandas_is_not_imported_for_others() -> None:
    code = (
        "import sys, numpy as np, polars as pl\n"
        "from lime.domains.tabular.table import Table\n"
        "array, frame = np.array([['a', 1, None]], dtype=object), pl.DataFrame({'a': ['x', None]})\n"
        "for data in (array, frame):\n"
        "    table, matrix = Table.read(data)\n"
        "    table.build(matrix); table.read_rows(data)\n"
        "assert 'pandas' not in sys.modules, 'pandas'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


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
    for value in (127, -128.0, np.int64(3), None):
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
