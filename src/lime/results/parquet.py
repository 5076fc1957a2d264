"""Explanations of many rows in Parquet files: the long table of `lime.results.tidy`, and what makes them again.

A file can be read by everything that reads Parquet. Beside the columns of `TIDY` it holds ``value_type``,
``held_out_fit``, ``local_prediction``, ``degrees_of_freedom`` and, in the first record of each row, ``details``: with
these, `lime.results.explanations.Explanations.from_parquet` gives every explanation back. ``checksum`` holds,
in the first of some thousand records, a digest of them all, which is compared when they are read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.results.checksums import CHECKSUM, append_checksum, check_order, split_checked
from lime.results.columns import VALUE_TYPES, Columns, Word, squeeze, starts
from lime.results.exceptions import LimeError
from lime.results.files import remove_drafts, target_of, writing
from lime.results.tidy import TIDY, frame_of, tidy

__all__ = [
    "SCHEMA",
    "PartFile",
    "merged",
    "part_name",
    "part_numbers",
    "read_part",
    "read_parts",
    "table_of",
    "write_table",
    "write_tables",
]

SCHEMA = "lime.explanations/1"
_KEY = b"lime.schema"
_CHECKED = "lime.checksums"
_EMPTY = "lime.empty"
_OURS = "lime."

_RATIO, _ALWAYS = 1000, 2**31
"""How many times as large as its file a group of rows may be when it is unpacked; up to some size it always may."""

_PART = re.compile(r"part-(\d{8,})\.parquet")
_MAGIC = b"PAR1"

_FILE_COLUMNS = (
    *TIDY,
    "value_type",
    "held_out_fit",
    "local_prediction",
    "degrees_of_freedom",
    "details",
)
"""What counts in a file; another program may add columns of its own."""

ROWS_A_GROUP = 4096
"""Explained rows in one row group of a file, whatever the pieces they came in."""


def table_of(columns: Columns, more: dict[str, str] | None = None) -> Any:
    """Return rows as a pyarrow table, with the schema's version and `more` in its metadata."""
    table = frame_of([tidy(columns, more=True)], "pyarrow")
    return table.replace_schema_metadata({_KEY.decode(): SCHEMA, **(more or {})})


def _notes(schema: Any) -> dict[str, str]:
    """What this package has noted in a file's metadata; other programs add notes of their own."""
    pairs = ((key.decode("utf-8", "replace"), text.decode("utf-8", "replace")) for key, text in _metadata(schema))
    return {key: text for key, text in pairs if key.startswith(_OURS)}


def _metadata(schema: Any) -> Iterable[tuple[bytes, bytes]]:
    return (schema.metadata or {}).items()


def _sealed(table: Any, notes: dict[str, str], number: int = 0, last: bool = True) -> Any:
    """Add the column of checksums to a table, and the notes to its metadata."""
    notes = {**notes, _CHECKED: "1", **({_EMPTY: "1"} if last and not number and not len(table) else {})}
    names = [name for name in table.column_names if name != CHECKSUM]
    bare = table.select(names).combine_chunks()
    return append_checksum(bare, names, notes, number, last).replace_schema_metadata(notes)


def _check(table: Any, notes: dict[str, str]) -> list[str]:
    """Return which blocks of records a table of a file holds, all of them as they were written.

    Files of the first release have no checksums.

    Raises
    ------
    ValueError
        They are not.
    """
    if _CHECKED not in notes and CHECKSUM not in table.column_names:
        return []
    return split_checked(table, [name for name in _FILE_COLUMNS if name in table.column_names], notes)


def columns_of(table: Any) -> Columns:
    """Undo `table_of`."""

    def numbers(name: str) -> NDArray[np.float64]:
        # The first files had no contributions.
        if name in ("contribution", "baseline") and name not in table.column_names:
            return np.full(len(table), np.nan)
        return np.asarray(table[name].to_numpy(), dtype=np.float64)

    row, label = table["row"].to_numpy(), numbers("label")
    lines = table["details"].to_pylist()
    first = np.array([line is not None for line in lines], dtype=bool)
    place = np.cumsum(first) - 1
    rows = int(first.sum())
    labelled = ~np.isnan(label)
    changed = np.append(True, (np.diff(label) != 0) | (np.diff(place) != 0)) if len(row) else first
    head = changed & labelled
    index = numbers("index")
    filled = ~np.isnan(index)
    of_entry = np.cumsum(head) - 1
    entries = int(head.sum())
    ids = table["id"].filter(first)
    error = table["error"].filter(first).to_pylist()
    low, high = numbers("low")[filled].tolist(), numbers("high")[filled].tolist()
    features, names = (table[name].filter(filled).to_pylist() for name in ("feature", "name"))
    words: dict[Word, int] = {}
    word = [
        words.setdefault((feature, name, None if a != a else a, None if b != b else b), len(words))
        for feature, name, a, b in zip(features, names, low, high, strict=True)
    ]
    kinds = np.array(
        [VALUE_TYPES.index(kind or "") for kind in table["value_type"].filter(filled).to_pylist()], dtype=np.uint8
    )
    value = numbers("number")[filled]
    texts: dict[str, int] = {}
    shown = table["value"].filter(filled).to_pylist()
    for k in np.flatnonzero(kinds == 3):
        value[k] = texts.setdefault(shown[k], len(texts))
    return Columns(
        positions=row[first],
        ids=_native_ids(ids),
        label_start=starts(np.bincount(place[head], minlength=rows)),
        label=label[head].astype(np.int64),
        prediction=numbers("prediction")[head],
        intercept=numbers("intercept")[head],
        score=numbers("fit")[head],
        held_out_score=numbers("held_out_fit")[head],
        local_prediction=numbers("local_prediction")[head],
        degrees=numbers("degrees_of_freedom")[head],
        baseline=numbers("baseline")[head],
        feature_start=starts(np.bincount(of_entry[filled], minlength=entries)),
        index=index[filled].astype(np.int64),
        word=np.array(word, dtype=np.int32),
        value_type=kinds,
        value=value,
        weight=numbers("weight")[filled],
        standard_error=numbers("standard_error")[filled],
        contribution=numbers("contribution")[filled],
        words=list(words),
        texts=list(texts),
        errors={k: reason for k, reason in enumerate(error) if reason is not None},
        details=squeeze([line for line in lines if line is not None]),
    )


def merged(one: Columns, other: Columns) -> Columns:
    """Put rows of the same data together, in the order of their positions; no row is in both."""
    import pyarrow as pa

    tables = [table_of(columns) for columns in (one, other)]
    whole = pa.concat_tables(_alike(tables))
    # A row's records stand together, and the sort is stable: they stay as they are.
    return columns_of(whole.take(np.argsort(whole["row"].to_numpy(), kind="stable")))


def part_name(number: int) -> str:
    """Return the name of a finished chunk's file in a checkpoint."""
    return f"part-{number:08d}.parquet"


def part_numbers(folder: str | os.PathLike[str]) -> list[int]:
    """Return the numbers of the finished chunks in a checkpoint, rising; files of other names are not its own."""
    found = ((name, _PART.fullmatch(name)) for name in os.listdir(folder))
    numbers = ((name, int(match[1])) for name, match in found if match is not None)
    return sorted(number for name, number in numbers if name == part_name(number))


class PartFile:
    """Some rows that stay in a file until they are asked for: one row group.

    Parameters
    ----------
    path : path
        Is kept as an absolute one: a program may change its folder.
    group : int
    rows : int
        Explained rows in it.
    seal : str, optional
        The `seal_of` the file, where it is known already.
    """

    def __init__(self, path: str | os.PathLike[str], group: int, rows: int, seal: str | None = None) -> None:
        self.path, self.group, self.rows = Path(path).absolute(), group, rows
        self.seal = seal_of(self.path) if seal is None else seal

    def __len__(self) -> int:
        return self.rows

    def load(self) -> Columns:
        """Read the rows.

        Raises
        ------
        LimeError
            The file is damaged, or another one has taken its place.
        FileNotFoundError
            It is not there any more.
        """
        try:
            with _reading(self.path):
                if seal_of(self.path) != self.seal:
                    raise LimeError(
                        f"{self.path} was replaced by other explanations: these were opened before that and cannot be "
                        "read any more"
                    )
                with _opened(self.path) as file:
                    table = file.read_row_group(self.group)
                    _check(table, _notes(file.schema_arrow))
                    return columns_of(table)
        except FileNotFoundError:
            reason = "explanations are read from this file when they are asked for, and it is not there any more"
            raise FileNotFoundError(errno.ENOENT, reason, str(self.path)) from None


@contextmanager
def _reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say which file is damaged, whatever its content makes a reader raise, and what to do."""
    try:
        yield
    except (LimeError, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:
        way_out = ""
        if _PART.fullmatch(Path(path).name):
            way_out = "; delete this file, and the same call explains its rows again"
        said = " ".join(str(error).split())  # Arrow's errors have several lines
        raise LimeError(f"{os.fspath(path)} is damaged ({type(error).__name__}: {said}){way_out}") from error


def _opened(path: str | os.PathLike[str]) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path, page_checksum_verification=True)


def read_part(path: Path) -> tuple[PartFile, dict[str, str]]:
    """Open a finished chunk of a checkpoint, all of it compared with its checksum; return it and its notes.

    Raises
    ------
    LimeError
        It is damaged.
    FileNotFoundError
        There is no such file.
    """
    with _reading(path), _opened(path) as file:
        notes = _notes(file.schema_arrow)
        _check_sizes(file, path)
        table = file.read()
        marks = _check(table, notes)
        if marks or _CHECKED in notes:
            check_order(marks)
        return PartFile(path, 0, int(notes["lime.rows"])), notes


def seal_of(path: Path) -> str:
    """Return by what a file is known again: a digest of its end, where sizes and extremes of all columns stand.

    Dates would not do: a copy of the file serves as well, and so does one that was written again with the same rows.

    Raises
    ------
    ValueError
        It is no whole Parquet file.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 8, 0))
        tail = file.read(8)
        length = int.from_bytes(tail[:4], "little")
        if len(tail) < 8 or tail[4:] != _MAGIC or length + 8 > size:
            raise ValueError("it has no end of a Parquet file")
        file.seek(size - 8 - length)
        return hashlib.blake2b(file.read(length), digest_size=16).hexdigest()


def read_parts(path: str | os.PathLike[str]) -> list[PartFile]:
    """Open a file that `write_tables` wrote, or the finished chunks of a checkpoint; rows are read when asked for.

    Raises
    ------
    LimeError
        It is no file of explanations, or one of a version that this release does not know, or a folder without any.
    FileNotFoundError
        There is no such file.
    """
    if not os.path.isdir(path):
        return _parts_of_file(path)
    numbers = part_numbers(path)
    if not numbers:
        raise LimeError(
            f"{os.fspath(path)} is a folder that holds no explanations: expected a file that to_parquet wrote, or the "
            "folder of a checkpoint in which rows are finished"
        )
    return [part for number in numbers for part in _parts_of_file(Path(path) / part_name(number))]


def _parts_of_file(path: str | os.PathLike[str]) -> list[PartFile]:
    import pyarrow as pa

    with _reading(path):
        try:
            file = _opened(path)
        except pa.ArrowInvalid as error:
            raise LimeError(f"{os.fspath(path)} is no Parquet file, or a damaged one ({error})") from error
    with _reading(path), file:
        notes = _notes(file.schema_arrow)
        found = notes.get(_KEY.decode(), "")
        if not found:
            raise LimeError(
                f"{os.fspath(path)} is a Parquet file, but holds no explanations: expected a file that to_parquet of "
                "Explanations wrote"
            )
        if found != SCHEMA:
            raise LimeError(
                f"cannot read {os.fspath(path)}: expected explanations of schema {SCHEMA!r}, got schema {found!r}; "
                "a later release of lime may read it"
            )
        _check_sizes(file, path)
        checked = _CHECKED in notes or CHECKSUM in file.schema_arrow.names
        parts, marks, seal = [], [], seal_of(Path(path))
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["row", *([CHECKSUM] if checked else [])])
            row = table["row"].to_numpy()
            marks += [mark for mark in table[CHECKSUM].to_pylist() if mark is not None] if checked else []
            parts.append(PartFile(path, group, int(np.count_nonzero(np.diff(row)) + (len(row) > 0)), seal))
        if checked and (marks or _EMPTY not in notes):
            check_order(marks)
        return parts


def _check_sizes(file: Any, path: str | os.PathLike[str]) -> None:
    """Refuse a file whose content is out of all proportion to its size, before any of it is unpacked."""
    allowed = max(_ALWAYS, _RATIO * os.path.getsize(path))
    for group in range(file.num_row_groups):
        about = file.metadata.row_group(group)
        unpacked = max(about.total_byte_size, 8 * about.num_rows * about.num_columns)
        if unpacked > allowed:
            raise ValueError(f"a group of its rows takes {unpacked:,} bytes when it is unpacked")


def write_table(table: Any, file: Any) -> None:
    """Write a table as one row group with a checksum to an open file."""
    import pyarrow.parquet as pq

    sealed = _sealed(table, _notes(table.schema))
    pq.write_table(sealed, file, compression="zstd", row_group_size=max(len(sealed), 1), write_page_checksum=True)


def write_tables(tables: Iterable[Any], path: str | os.PathLike[str]) -> None:
    """Write tables under one another as one file, `ROWS_A_GROUP` rows in each row group but the last.

    The file does not hang on how the rows were cut into tables. It appears under its name when it is complete; drafts
    of processes that were killed are removed.

    Raises
    ------
    LimeError
        There are no rows, or `path` is a device, a folder or the like.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    target, _ = target_of(path)
    if target.parent.is_dir():
        remove_drafts(target.parent, target.name)
    notes = {_KEY.decode(): SCHEMA}
    with writing(path) as file:
        writer = None
        try:
            for number, (group, last) in enumerate(_with_last(_grouped(_alike(tables), pa))):
                sealed = _sealed(group, notes, number, last)
                if writer is None:
                    writer = pq.ParquetWriter(file, sealed.schema, compression="zstd", write_page_checksum=True)
                writer.write_table(sealed, row_group_size=max(len(sealed), 1))
            if writer is None:
                raise LimeError("there are no rows to write")
        finally:
            if writer is not None:
                writer.close()


def _with_last(items: Iterable[Any]) -> Iterator[tuple[Any, bool]]:
    """Each item, and whether it is the last one."""
    waiting: list[Any] = []
    for item in items:
        if waiting:
            yield waiting.pop(), False
        waiting.append(item)
    if waiting:
        yield waiting.pop(), True


def _alike(tables: Iterable[Any]) -> Iterator[Any]:
    """Tables with the first one's columns, all of which are told before the first is written."""
    schema = None
    for table in tables:
        if schema is None:
            schema = table.schema.remove_metadata()
        yield table.cast(schema)


def _grouped(tables: Iterable[Any], pa: Any) -> Iterator[Any]:
    """Cut and join tables so that each holds `ROWS_A_GROUP` rows."""
    waiting: list[Any] = []
    count = 0
    for table in tables:
        starts = np.flatnonzero(table["details"].is_valid().to_numpy())
        offset = 0
        while count + len(starts) - offset > ROWS_A_GROUP:
            cut = offset + ROWS_A_GROUP - count
            waiting.append(table.slice(starts[offset], starts[cut] - starts[offset]))
            yield pa.concat_tables(waiting)
            waiting, count, offset = [], 0, cut
        # A table of no rows is kept as well: where there are no others, the file still has its columns.
        waiting.append(table.slice(starts[offset] if len(starts) else 0))
        count += len(starts) - offset
    if waiting:
        yield pa.concat_tables(waiting)


def _native_ids(ids: Any) -> NDArray[Any]:
    values = ids.to_numpy()
    if values.dtype.kind in "iu":
        return np.asarray(values, dtype=np.int64)
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
