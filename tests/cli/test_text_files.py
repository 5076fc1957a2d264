"""``lime batch`` into CSV and JSON lines, and ``lime explain`` without a row."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from batch_samples import FEW, told
from lime.cli import main, tables
from lime.results.tidy import TIDY

WORDS = ["batch", "batch_model:probability", "people.csv", "--drop", "person", *FEW]


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come in several pieces, which are written one after the other."""
    monkeypatch.setattr(tables, "_MOST_ROWS", 25)
    monkeypatch.setattr(tables, "_LEAST_ROWS", 1)


@pytest.mark.usefixtures("pieces")
def test_csv_has_the_records_of_the_frame(folder: Path) -> None:
    assert main([*WORDS, "-o", "why.parquet"]) == 0
    assert main([*WORDS, "-o", "why.csv"]) == 0
    expected = pd.read_parquet("why.parquet")[list(TIDY)]
    found = pd.read_csv("why.csv")
    assert list(found) == list(TIDY)
    assert len(found) == len(expected) == 60 * 2
    pd.testing.assert_frame_equal(
        found, expected.astype(found.dtypes.to_dict()), check_exact=True, check_dtype=False, check_index_type=False
    )


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("suffix", ["jsonl", "ndjson"])
def test_json_lines_have_the_records_of_the_frame(suffix: str, folder: Path) -> None:
    assert main([*WORDS, "-o", "why.parquet"]) == 0
    assert main([*WORDS, "-o", f"why.{suffix}"]) == 0
    expected = pd.read_parquet("why.parquet")[list(TIDY)]
    records = [json.loads(line) for line in Path(f"why.{suffix}").read_text(encoding="utf-8").splitlines()]
    assert all(list(record) == list(TIDY) for record in records)
    assert [record["weight"] for record in records] == list(expected["weight"])
    assert [record["feature"] for record in records] == list(expected["feature"])
    assert {record["error"] for record in records} == {None}


def test_a_row_that_cannot_be_explained_is_a_record_with_its_error(folder: Path, people: pd.DataFrame) -> None:
    people.to_csv("train.csv", index=False)
    people.assign(town=people["town"].where(people.index != 3, "Atlantis")).to_csv("people.csv", index=False)
    words = ["batch", "batch_model:picky", *WORDS[2:], "--train", "train.csv"]
    for name in ("why.csv", "why.jsonl"):
        assert main([*words, "-o", name]) == 0
    failed = pd.read_csv("why.csv")
    failed = failed[failed["error"].notna()]
    assert list(failed["row"]) == [3]
    assert "no such town" in failed["error"].iloc[0]
    records = [json.loads(line) for line in Path("why.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["row"] for record in records if record["error"]] == [3]
    assert [record["weight"] for record in records if record["error"]] == [None]


def test_another_suffix_is_refused_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = told([*WORDS, "-o", "why.xlsx"], capsys)
    for suffix in (".parquet", ".csv", ".jsonl", ".ndjson"):
        assert suffix in line
    assert not Path("why.xlsx").exists()


def test_without_a_row_the_first_is_explained_and_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", *WORDS[1:]]
    assert main(words) == 0
    told_first = capsys.readouterr()
    assert told_first.err == "explaining row 0 of 60; --row chooses another\n"
    assert main([*words, "--row", "0"]) == 0
    named = capsys.readouterr()
    assert named.err == ""
    assert named.out == told_first.out
