"""``lime batch``: whole files into Parquet, in pieces; what it says on the way, and going on after a stop."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import time
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

from lime import Explanations, LimeError, LimeTabularExplainer
from lime.cli import main, tables
from lime.cli.tables import as_form, open_table
from lime.results.tidy import TIDY

MODULE = """\
import time

import numpy as np


def probability(rows):
    p = 1 / (1 + np.exp(-rows["age"] / 10 - (rows["town"] == "Bern")))
    return np.column_stack([1 - p, p])


def slow(rows):
    time.sleep(0.1)
    return probability(rows)


def picky(rows):
    if (rows["town"] == "Atlantis").any():
        raise ValueError("no such town")
    return probability(rows)


def own_error(rows):
    class Odd(Exception):
        pass

    raise Odd("of its\\nown kind")


def alone(rows):
    if len(rows) < 60:
        raise RuntimeError("too few")
    return probability(rows)


def never(rows):
    raise ValueError("not today")


def length(texts):
    p = np.array([min(len(text), 50) / 50 for text in texts])
    return np.column_stack([1 - p, p])
"""
FEW = ["--num-samples", "64", "--num-features", "2"]
SMALL = {"num_samples": 64, "num_features": 2}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "person": rng.permutation(1000)[:60],
            "age": rng.normal(0, 10, 60).round(1),
            "town": rng.choice(["Bern", "Basel", "Chur"], 60),
        }
    )


@pytest.fixture
def folder(tmp_path: Path, people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "batch_model.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "batch_model", raising=False)
    people.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


@pytest.fixture
def fresh_workers() -> None:
    """Workers that other tests left behind look for modules where those tests did."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def batch(model: str, data: str, *more: str) -> pd.DataFrame:
    assert main(["batch", f"batch_model:{model}", data, "-o", "out.parquet", *FEW, *more]) == 0
    return pd.read_parquet("out.parquet")


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lime: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_the_file_is_what_python_makes(
    folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_MOST_ROWS", 25)
    monkeypatch.setattr(tables, "_LEAST_ROWS", 1)
    found = batch("probability", "people.csv", "--drop", "person")
    import batch_model

    table = people[["age", "town"]]
    explainer = LimeTabularExplainer(table, random_state=0)
    explanations = explainer.explain_instances(table, batch_model.probability, **SMALL)
    expected = explanations.to_frame("pandas")
    pd.testing.assert_frame_equal(found[list(TIDY)], expected, check_dtype=False)
    assert list(Explanations.from_parquet("out.parquet").positions) == list(range(60))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"explained 60 of 60 rows, [\d,]+ a second, wrote out.parquet\n", captured.err)
    # Row by row the other command says the same.
    words = ["explain", "batch_model:probability", "people.csv", "--row", "41", "--drop", "person", *FEW]
    assert main(words) == 0
    assert (
        capsys.readouterr().out == f"{explainer.explain_instance(table.iloc[41], batch_model.probability, **SMALL)}\n"
    )


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
    LimeTabularExplainer(frame, random_state=0, mode="regression").save("frames.lime")
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
    LimeTabularExplainer(frame.to_numpy(), random_state=0, mode="regression").save("array.lime")
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


def test_texts(folder: Path) -> None:
    texts = ["a good day", "", "two words", None]
    pd.DataFrame({"text": texts, "n": range(4)}).to_parquet("texts.parquet")
    found = batch("length", "texts.parquet", "--text", "text").drop_duplicates("row")
    assert found["error"].isna().tolist() == [True, True, True, False]
    np.testing.assert_allclose(found["prediction"][:3], [len(text) / 50 for text in texts[:3]])


def test_a_failed_row_is_recorded(folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    people.to_csv("train.csv", index=False)
    odd = people.copy()
    odd.loc[[11, 40], "town"] = "Atlantis"
    odd.to_csv("odd.csv", index=False)
    found = batch("picky", "odd.csv", "--train", "train.csv", "--drop", "person").drop_duplicates("row")
    failed = found[found["error"].notna()]
    assert failed["row"].tolist() == [11, 40]
    assert "no such town" in failed["error"].iloc[0]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("explained 58 of 60 rows")
    assert lines[1].startswith("2 could not be explained; the first is row 11: ")
    words = [
        "batch",
        "batch_model:picky",
        "odd.csv",
        "-o",
        "raised.parquet",
        "--train",
        "train.csv",
        "--drop",
        "person",
    ]
    line = told([*words, *FEW, "--errors", "raise"], capsys)
    assert "no such town" in line
    assert "row 11" in line
    assert not Path("raised.parquet").exists()
    assert not list(folder.glob("*.part"))


def test_progress_goes_to_standard_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    batch("probability", "people.csv", "--drop", "person", "--progress")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "60/60" in captured.err
    assert "rows/s" in captured.err


def test_not_a_single_row(folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    """What an earlier run wrote stays: a file of nothing but failures is of no use to anybody."""
    people.assign(age=np.inf).to_parquet("odd.parquet")
    batch("probability", "people.csv", "--drop", "person")
    before = Path("out.parquet").read_bytes()
    capsys.readouterr()
    words = ["batch", "batch_model:probability", "odd.parquet", "-o", "out.parquet", "--train", "people.csv"]
    line = told([*words, "--drop", "person", *FEW], capsys)
    assert "not one of 60 rows could be explained, and out.parquet was not written; the first is row 0: " in line
    assert "infinite" in line
    assert Path("out.parquet").read_bytes() == before
    assert not list(folder.glob("*.part"))
    assert "not today" in told(["batch", "batch_model:never", "people.csv", "-o", "x.parquet", *FEW], capsys)
    assert not Path("x.parquet").exists()


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (["--labels", "7", "--drop", "person"], "labels holds 7, but the model has 2 outputs"),
        (["--labels", "7", "--text", "town"], "labels holds 7, but the model has 2 outputs"),
        (["--text", "age"], "--text age: in people.csv this column holds double, expected texts"),
        (["--train", "old.csv", "--drop", "person"], "column 'age' of people.csv holds double: expected texts"),
        (["--explainer", "array.lime"], "array.lime knows 2 columns, and people.csv has 3: 'person', 'age', 'town'"),
    ],
)
def test_what_is_wrong_for_every_row_is_told_before_the_first(
    more: list[str],
    part: str,
    folder: Path,
    people: pd.DataFrame,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lime.scale import workers

    people.assign(age="old").to_csv("old.csv", index=False)
    LimeTabularExplainer(np.random.default_rng(0).normal(size=(50, 2)), random_state=0).save("array.lime")

    def nothing(*_: object) -> None:
        raise AssertionError("a row was explained")

    monkeypatch.setattr(workers, "explain_chunk", nothing)
    model = "length" if "--text" in more else "probability"
    assert part in told(["batch", f"batch_model:{model}", "people.csv", "-o", "out.parquet", *FEW, *more], capsys)
    assert not Path("out.parquet").exists()


def test_the_cell_that_makes_a_column_text_is_named(
    folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    """One word in a CSV file makes texts of all its numbers."""
    odd = people.astype({"age": object})
    odd.loc[41, "age"] = "old"
    odd.to_csv("odd.csv", index=False)
    words = ["batch", "batch_model:probability", "odd.csv", "-o", "out.parquet", "--train", "people.csv", *FEW]
    line = told([*words, "--drop", "person"], capsys)
    assert "column 'age' of odd.csv holds string ('old' in row 41): expected numbers, as in people.csv" in line


@pytest.mark.usefixtures("fresh_workers")
@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("own_error", "lime: the model raised Odd: of its own kind (the model was given a batch of "),
        ("never", "lime: the model raised ValueError: not today (the model was given a batch of "),
        ("alone", "lime: the model raised RuntimeError: too few (the model was given a batch of 1 "),
    ],
)
def test_what_the_model_raises_is_told_in_one_line(
    model: str, line: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"batch_model:{model}", "people.csv", "--drop", "person", *FEW]
    said = told(["batch", *words, "-o", "x.parquet", "--errors", "raise", "--n-jobs", "2"], capsys)
    assert said.startswith(line)
    assert said.endswith(")\n")
    assert said.count("\n") == 1
    assert "with age: float64, town: " in said
    assert ("(raised while row 0 of the data was explained)" in said) == (model == "alone")
    if model != "alone":
        assert told(["explain", *words, "--row", "0"], capsys).startswith(line)


def test_a_fault_of_ours_keeps_its_traceback(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lime.results import parquet

    def faulty(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(parquet, "write_tables", faulty)
    with pytest.raises(RuntimeError, match="ours"):
        main(["batch", "batch_model:probability", "people.csv", "-o", "out.parquet"])


@pytest.mark.usefixtures("fresh_workers")
def test_workers_give_the_same(folder: Path) -> None:
    expected = batch("probability", "people.csv", "--id", "person")
    pd.testing.assert_frame_equal(batch("probability", "people.csv", "--id", "person", "--n-jobs", "2"), expected)


def test_it_goes_on_after_a_kill(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts have a neighbourhood each, so that chunks are small and take their time."""
    texts = pd.DataFrame({"text": [f"row {k} has some words" for k in range(64)]})
    texts.to_csv("texts.csv", index=False)
    words = ["batch", "batch_model:length", "texts.csv", "--text", "text", *FEW]
    assert main([*words, "-o", "whole.parquet"]) == 0
    slowly = MODULE.replace("def length(texts):\n", "def length(texts):\n    time.sleep(0.1)\n")
    Path("batch_model.py").write_text(slowly)
    kept = ["--checkpoint", "parts", "-o", "out.parquet"]
    process = subprocess.Popen([sys.executable, "-m", "lime.cli", *words, *kept], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(Path("parts").glob("part-*.parquet"))) < 2 and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 2 <= len(list(Path("parts").glob("part-*.parquet"))) < 8
    assert not Path("out.parquet").exists()
    assert main([*words, *kept]) == 0
    assert Path("out.parquet").read_bytes() == Path("whole.parquet").read_bytes()
    capsys.readouterr()
    assert "another seed" in told([*words, *kept, "--seed", "5"], capsys)


def test_interruption_says_how_to_go_on(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lime.results import parquet

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parquet, "write_tables", interrupted)
    words = ["batch", "batch_model:probability", "people.csv", "-o", "out.parquet", "--checkpoint", "parts"]
    assert "goes on from parts" in told(words, capsys)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["explain", "--row", "0"], "lime: interrupted\n"),
        (["batch", "-o", "out.parquet"], "lime: interrupted after 0 rows\n"),
    ],
)
def test_an_interrupt_while_a_table_is_read_is_told_in_one_line(
    words: list[str], line: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tables, "_open_csv", interrupted)
    assert told([words[0], "batch_model:probability", "people.csv", *words[1:]], capsys) == line


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        (["-o", "."], ["--output .", "folder"]),
        (["-o", "no/out.parquet"], ["no folder", "no"]),
        (["-o", "people.csv"], ["the table itself"]),
        (["-o", "why.csv"], ["--output why.csv", ".parquet"]),
        (["-o", "out.parquet", "--id", "gone"], ["'gone'"]),
        (["-o", "out.parquet", "--n-jobs", "0"], ["n_jobs"]),
        (["-o", "out.parquet", "--batch-size", "0"], ["batch_size=0"]),
        (["-o", "out.parquet", "--checkpoint", "."], ["no checkpoint"]),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    more: list[str], parts: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(["batch", "batch_model:probability", "people.csv", *FEW, *more], capsys)
    assert [part for part in parts if part not in line] == []
    assert Path("people.csv").read_text().startswith("person,")


# ---- files


def test_types_of_a_csv_file_fit_all_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like whole numbers at first may be fractions or text further on, beyond what is read at a time."""
    monkeypatch.setattr(tables, "_BLOCK", 4096)
    path = tmp_path / "late.csv"
    n = 3000
    lines = [f'{k},{k},{k},{"true" if k % 2 else "False"},,"a, {k}"' for k in range(n)]
    lines[-1] = f'{n},0.5,word,TRUE,,"two\nlines"'
    lines[5] = "NA,,NA,NA,NA,NA"
    path.write_text("whole,real,text,truth,nothing,quoted\n" + "\n".join(lines) + "\n")
    found = open_table(path)
    assert [str(kind) for kind in found.schema.types] == ["int64", "double", "string", "bool", "null", "string"]
    assert found.total == n
    pieces = list(found.pieces(found.names))
    assert len({str(piece.schema) for piece in pieces}) == 1
    whole = pa.concat_tables(pieces)
    assert whole["real"].to_pylist()[-1] == 0.5
    assert whole["text"].to_pylist()[-1] == "word"
    assert whole["quoted"].to_pylist()[-1] == "two\nlines"
    assert whole.slice(5, 1).to_pylist() == [dict.fromkeys(found.names)]
    assert found.take([0, 2999], ["whole"])["whole"].to_pylist() == [0, 3000]


def test_pieces_hold_the_rows_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_MOST_ROWS", 100)
    pq.write_table(pa.table({"a": range(1050), "b": range(1050)}), tmp_path / "t.parquet", row_group_size=37)
    found = open_table(tmp_path / "t.parquet")
    pieces = list(found.pieces(["a"]))
    assert [len(piece) for piece in pieces] == [100] * 10 + [50]
    assert pa.concat_tables(pieces)["a"].to_pylist() == list(range(1050))
    sample = found.sample(20, 3, ["b"])["b"].to_pylist()
    assert sample == sorted(set(sample))
    assert len(sample) == 20
    assert sample == found.sample(20, 3, ["b"])["b"].to_pylist() != found.sample(20, 4, ["b"])["b"].to_pylist()


def test_a_sample_is_uniform(tmp_path: Path) -> None:
    """2000 draws of 5 of 20 rows: each row's count is binomial(2000, 1/4), within 5 standard deviations of 500."""
    pq.write_table(pa.table({"a": range(20)}), tmp_path / "t.parquet")
    found = open_table(tmp_path / "t.parquet")
    counts = np.zeros(20)
    for seed in range(200):
        counts[found.sample(5, seed, ["a"])["a"].to_pylist()] += 1
    assert np.abs(counts - 50).max() < 5 * np.sqrt(200 * 0.25 * 0.75)


def test_forms(tmp_path: Path) -> None:
    from decimal import Decimal

    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1, None], "b": [True, False], "c": [Decimal("1.5"), None]}), path)
    table = open_table(path).take([0, 1], ["a", "b", "c"])
    np.testing.assert_array_equal(as_form(table, "numpy"), [[1, 1, 1.5], [np.nan, 0, np.nan]])
    assert isinstance(as_form(table, "pandas"), pd.DataFrame)
    assert as_form(table, "polars")["c"].dtype == pl.Float64
    with pytest.raises(LimeError, match="'town' holds string"):
        as_form(pa.table({"town": ["x"]}), "numpy")


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("empty.csv", b"", "cannot read"),
        ("header.csv", b"a,b\n", "has no rows"),
        ("twice.csv", b"a,a\n1,2\n", "more than one column 'a'"),
        ("ragged.csv", b"a,b\n1,2\n3\n", "cannot read"),
        ("latin.csv", "a\ngrün\n".encode("latin-1"), "cannot read"),
        ("bad.parquet", b"no parquet at all", "cannot read"),
        ("bad.arrow", b"no arrow at all", "cannot read"),
        ("table.xlsx", b"PK", "'.xlsx'"),
        ("none", b"", "suffix ''"),
    ],
)
def test_files_that_cannot_be_read(name: str, content: bytes, part: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LimeError, match=part) as raised:
        open_table(tmp_path / name)
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_separator(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1;2\n")
    assert open_table(tmp_path / "t.csv", ";").names == ["a", "b"]
    with pytest.raises(LimeError, match="one character"):
        open_table(tmp_path / "t.csv", "; ")
