"""The adapter between users' tables and the float64 matrix."""

from __future__ import annotations

import datetime
import decimal
import pickle
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest

from lime.domains.tabular.forms import ColumnInfo
from lime.domains.tabular.table import Table
from round_trips import round_trip, same

# -- reading the training data ------------------------------------------------------------------------


def test_columns_of_a_mixed_frame(people: pd.DataFrame) -> None:
    table, matrix = Table.read(people)
    assert table.kind == "pandas"
    assert table.names == ["age", "wage", "town", "size", "left"]
    assert table.categorical_features == [2, 3, 4]
    assert table.columns == (
        ColumnInfo("age", False, None, False, True),
        ColumnInfo("wage", False, None, True, False),
        ColumnInfo("town", True, ("Bonn", "Ulm"), False, False),
        ColumnInfo("size", True, ("l", "s"), False, False),
        ColumnInfo("left", True, (False, True), False, False),
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
    table, matrix = Table.read(np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]))  # type: ignore[arg-type]
    np.testing.assert_array_equal(matrix, [[1, np.nan], [3, 4]])
    np.testing.assert_array_equal(table.read_row(np.ma.array([1, 2], mask=[1, 0]))[0], [np.nan, 2])  # type: ignore[arg-type]


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
    assert table.columns[0] == ColumnInfo("a", True, None, False, False)
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
