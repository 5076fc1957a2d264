"""Rows in every form, values that the training data did not hold, and what is built from codes."""

from __future__ import annotations

import decimal
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

from lime.domains.tabular.table import Table
from round_trips import round_trip, same

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
