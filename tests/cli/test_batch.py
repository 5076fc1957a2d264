"""``lime batch``: whole files into Parquet, in pieces; what it says on the way, and going on after a stop."""

from __future__ import annotations

import gzip
import re
import sys
import types
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LinearRegression

import lime
from batch_samples import FEW, SMALL, batch, told
from lime import Explanations, LimeError, LimeTabularExplainer
from lime.cli import main, tables
from lime.cli.tables import open_table
from lime.results.tidy import TIDY


def test_the_file_is_what_python_makes(
    folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST_ROWS", 25)
    monkeypatch.setattr(tables, "_LEAST_ROWS", 1)
    found = batch("probability", "people.csv", "--drop", "person")
    import batch_model

    table = people[["age", "town"]]
    explain = lime.Explainer(batch_model.probability, table, **SMALL)
    explanations = explain(table)
    assert all(exp.anchored for exp in explanations)
    expected = explanations.to_frame("pandas")
    pd.testing.assert_frame_equal(found[list(TIDY)], expected, check_dtype=False)
    assert list(Explanations.from_parquet("out.parquet").positions) == list(range(60))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"explained 60 of 60 rows, [\d,]+ a second, wrote out.parquet\n", captured.err)
    # Row by row the other command says the same.
    words = ["explain", "batch_model:probability", "people.csv", "--row", "41", "--drop", "person", *FEW]
    assert main(words) == 0
    assert capsys.readouterr().out == f"{explain(table.iloc[41])}\n"


def test_classic_is_what_lime_0_2_0_1_did(folder: Path, people: pd.DataFrame) -> None:
    found = batch("probability", "people.csv", "--drop", "person", "--classic")
    import batch_model

    table = people[["age", "town"]]
    explanations = LimeTabularExplainer(table, random_state=0).explain_instances(
        table, batch_model.probability, **SMALL
    )
    pd.testing.assert_frame_equal(found[list(TIDY)], explanations.to_frame("pandas"), check_dtype=False)


@pytest.mark.parametrize("kind", ["parquet", "feather", "arrow", "stream", "csv.gz", "tsv", "folder"])
def test_every_kind_of_file_gives_the_same(kind: str, folder: Path, people: pd.DataFrame) -> None:
    expected = batch("probability", "people.csv", "--id", "person")
    name = f"data.{kind}"
    whole = pa.Table.from_pandas(people, preserve_index=False)
    if kind == "parquet":
        pq.write_table(whole, name, row_group_size=7)
    elif kind == "feather":
        feather.write_feather(whole, name, chunksize=7)
    elif kind == "arrow":
        pl.from_pandas(people).write_ipc(name)
    elif kind == "stream":
        name = "data.arrows"
        with pa.OSFile(name, "wb") as file, pa.ipc.new_stream(file, whole.schema) as writer:
            writer.write_table(whole, max_chunksize=7)
    elif kind == "csv.gz":
        Path(name).write_bytes(gzip.compress(Path("people.csv").read_bytes()))
    elif kind == "tsv":
        people.to_csv(name, sep="\t", index=False)
    else:
        Path(name).mkdir()
        for k in range(3):
            pq.write_table(whole.slice(20 * k, 20), f"{name}/{k}.parquet")
    pd.testing.assert_frame_equal(batch("probability", name, "--id", "person"), expected)


def test_rows_are_called_by_a_column(folder: Path, people: pd.DataFrame) -> None:
    found = batch("probability", "people.csv", "--id", "person")
    first = found.drop_duplicates("row")
    assert first["id"].tolist() == people["person"].tolist()
    assert first["row"].tolist() == list(range(60))
    by_town = batch("length", "people.csv", "--id", "town", "--text", "town", "--seed", "1")
    assert by_town.drop_duplicates("row")["id"].tolist() == people["town"].tolist()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["7", "-8", "0", "9223372036854775807"], [7, -8, 0, 2**63 - 1]),
        (["007", "7", "8", "9"], None),
        (["7", "8", "9", "+10"], None),
        (["7", "8", "9", "9223372036854775808"], None),
        (["1.50", "1.5", "2", "3"], None),
        (["true", "True", "2", "3"], None),
    ],
)
def test_names_of_rows_are_what_stands_in_the_file(
    names: list[str], expected: list[int] | None, folder: Path, people: pd.DataFrame
) -> None:
    people[:4].assign(code=names).to_csv("coded.csv", index=False)
    found = batch("probability", "coded.csv", "--id", "code", "--drop", "person").drop_duplicates("row")
    assert found["id"].tolist() == (names if expected is None else expected)


@pytest.mark.parametrize("last", [7, 2**63 + 7])
def test_names_without_a_sign(last: int, folder: Path, people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_MOST_ROWS", 25)
    monkeypatch.setattr(tables, "_LEAST_ROWS", 1)
    names = [*range(59), last]
    people.assign(code=np.array(names, dtype=np.uint64)).to_parquet("coded.parquet")
    found = batch("probability", "coded.parquet", "--id", "code", "--drop", "person").drop_duplicates("row")
    assert found["id"].tolist() == (names if last == 7 else [str(name) for name in names])


@pytest.fixture
def array_model(folder: Path, people: pd.DataFrame) -> Path:
    """A model that learned from an array of four columns."""
    numbers = people[["age"]].assign(**{f"n{k}": np.random.default_rng(k).normal(size=60).round(3) for k in range(3)})
    joblib.dump(LinearRegression().fit(numbers.to_numpy(), numbers["age"] + numbers["n1"]), "array.joblib")
    joblib.dump(LinearRegression().fit(numbers, numbers["age"] + numbers["n1"]), "frame.joblib")
    numbers.to_parquet("numbers.parquet")
    numbers.to_csv("numbers.csv", index=False)
    return folder


def of_array(data: str, *more: str, model: str = "array") -> pd.DataFrame:
    words = ["batch", f"{model}.joblib", data, "-o", "out.parquet", "--trust-pickle", *FEW, *more]
    assert main(words) == 0
    return pd.read_parquet("out.parquet")


@pytest.mark.parametrize("rows_at_a_time", [25, 4096])
@pytest.mark.parametrize("form", ["pandas", "numpy", "polars", "pyarrow"])
@pytest.mark.parametrize("index", ["range", "text", "named"])
@pytest.mark.parametrize("kind", ["parquet", "feather", "arrows"])
def test_an_index_is_no_column_of_the_model_and_names_rows_where_it_is_asked_to(
    rows_at_a_time: int, form: str, index: str, kind: str, array_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pieces a file is read in."""
    monkeypatch.setattr(tables, "_MOST_ROWS", rows_at_a_time)
    monkeypatch.setattr(tables, "_LEAST_ROWS", 1)
    frame = pd.read_parquet("numbers.parquet")
    names = [f"w{k}" for k in range(60)]
    frame.index = {
        "range": pd.RangeIndex(100, 160),
        "text": pd.Index(names),
        "named": pd.Index(names, name="customer"),
    }[index]
    whole = pa.Table.from_pandas(frame)
    if kind == "parquet":
        pq.write_table(whole, "indexed.parquet")
    elif kind == "feather":
        feather.write_feather(whole, "indexed.feather")
    else:
        with pa.OSFile("indexed.arrows", "wb") as file, pa.ipc.new_stream(file, whole.schema) as writer:
            writer.write_table(whole)

    def model(rows: object) -> np.ndarray:
        values = np.column_stack([np.asarray(rows[name]) for name in frame]) if form != "numpy" else rows  # type: ignore[index]
        return np.asarray(values)[:, :4].sum(axis=1)

    module = types.ModuleType("indexed_model")
    module.total = model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "indexed_model", module)
    words = ["batch", "indexed_model:total", f"indexed.{kind}", "-o", "out.parquet", "--frame", form, *FEW]
    assert main([*words, "--mode", "regression", "--num-features", "9"]) == 0
    found = pd.read_parquet("out.parquet")
    assert set(found["name"]) == set(frame.columns)
    assert found.drop_duplicates("row")["id"].tolist() == list(range(60))
    if index != "range":
        stored = "customer" if index == "named" else "__index_level_0__"
        found = of_array(f"indexed.{kind}", "--id", stored)
        assert found.drop_duplicates("row")["id"].tolist() == names


def test_a_first_column_without_a_name_is_an_index(array_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet("numbers.parquet").set_axis(range(500, 560))
    frame.to_csv("indexed.csv")
    expected = of_array("numbers.csv")
    capsys.readouterr()
    pd.testing.assert_frame_equal(of_array("indexed.csv"), expected)
    assert capsys.readouterr().err.startswith("lime: the first column of indexed.csv has no name")
    pd.testing.assert_frame_equal(of_array("indexed.csv", "--drop", ""), expected)
    named = of_array("indexed.csv", "--id", "")
    assert named.drop_duplicates("row")["id"].tolist() == list(range(500, 560))
    assert "has no name" not in capsys.readouterr().err


def test_a_file_without_names(array_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet("numbers.parquet")
    frame.to_csv("bare.csv", index=False, header=False)
    words = ["batch", "array.joblib", "bare.csv", "-o", "out.parquet", "--trust-pickle", *FEW]
    line = told(words, capsys)
    assert "the first line of bare.csv looks like data" in line
    assert "--no-header" in line
    assert "looks like data" in told(["explain", *words[1:3], "--row", "0", "--trust-pickle"], capsys)
    assert not Path("out.parquet").exists()
    expected = of_array("numbers.csv")
    found = of_array("bare.csv", "--no-header")
    assert found["row"].nunique() == 60
    assert set(found["name"]) <= {"0", "1", "2", "3"}
    np.testing.assert_array_equal(found["weight"], expected["weight"])
    assert main(["explain", *words[1:3], "--row", "59", "--no-header", "--trust-pickle", *FEW]) == 0
    # Whoever says that the numbers are names is believed.
    assert of_array("bare.csv", "--header")["row"].nunique() == 59


@pytest.mark.parametrize("more", [[], ["--train", "bare.csv"], ["--explainer", "frames.lime"]])
def test_a_file_without_names_has_those_that_the_model_knows(more: list[str], array_model: Path) -> None:
    frame = pd.read_parquet("numbers.parquet")
    LimeTabularExplainer(frame, random_state=0, mode="regression", neighborhood="auto").save("frames.lime")
    expected = of_array("numbers.csv", model="frame")
    frame.assign(target=1.5).to_csv("bare.csv", index=False, header=False)
    pd.testing.assert_frame_equal(of_array("bare.csv", "--no-header", "--target", "4", *more, model="frame"), expected)
    frame.insert(0, "key", range(700, 760))
    frame.to_csv("bare.csv", index=False, header=False)
    found = of_array("bare.csv", "--no-header", "--id", "0", *more, model="frame")
    assert found.drop_duplicates("row")["id"].tolist() == list(range(700, 760))
    pd.testing.assert_frame_equal(found.drop(columns=["id", "checksum"]), expected.drop(columns=["id", "checksum"]))


def test_an_explainer_of_arrays_takes_a_file_without_names_by_position(array_model: Path) -> None:
    """Its columns are called 0 to 3, and so are the file's first four, one of which is left out."""
    frame = pd.read_parquet("numbers.parquet")
    explainer = LimeTabularExplainer(frame.to_numpy(), random_state=0, mode="regression", neighborhood="auto")
    explainer.save("array.lime")
    frame.insert(0, "key", range(700, 760))
    frame.to_csv("bare.csv", index=False, header=False)
    found = of_array("bare.csv", "--no-header", "--id", "0", "--explainer", "array.lime")
    np.testing.assert_array_equal(found["weight"], of_array("numbers.csv")["weight"])


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("1.5,2,-3e4", True),
        ("1.5,,NA", True),
        ("0.5,0.5,0.5", True),
        ("2019,2020,total", False),
        ("a,1,2", False),
        ("2019_1,2019_2,2020_1", False),
        (",a,b", False),
    ],
)
def test_a_first_line_of_numbers(line: str, is_refused: bool, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{line}\n1,2,3\n")
    if is_refused:
        with pytest.raises(LimeError, match=r"first line of .*t\.csv looks like data.*--no-header"):
            open_table(path)
    else:
        assert open_table(path).total == 1
    bare = open_table(path, header=False)
    assert (bare.names, bare.total) == (["0", "1", "2"], 2)
