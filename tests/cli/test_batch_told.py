"""``lime batch``: what it says on the way, what it refuses in one line, and going on after a stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from batch_samples import FEW, MODULE, batch, told
from lime import LimeTabularExplainer
from lime.cli import main, tables


def test_texts(folder: Path) -> None:
    texts = ["a good day", "", "two words", None]
    pd.DataFrame({"text": texts, "n": range(4)}).to_parquet("texts.parquet")
    found = batch("length", "texts.parquet", "--text", "text").drop_duplicates("row")
    assert found["error"].isna().tolist() == [True, True, True, False]
    # Of the most likely class, the first.
    np.testing.assert_allclose(found["prediction"][:3], [1 - len(text) / 50 for text in texts[:3]])


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
    # Independent samples: the rows themselves would be predicted all at once.
    words = [f"batch_model:{model}", "people.csv", "--drop", "person", "--classic", *FEW]
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
        (["-o", "why.xlsx"], ["--output why.xlsx", ".parquet"]),
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
