"""Files of tables: their types, their pieces, a sample of their rows, and those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lime import LimeError
from lime.cli import tables
from lime.cli.tables import as_form, open_table

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
