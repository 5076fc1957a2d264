"""Checksums over the content of files: what is read back is what was written, or is told to be damaged.

They are made of values and not of bytes: a file that another program has written again, with the same records in
other pages or the same keys in another order, is as good as the first.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from lime.results.exceptions import LimeError

__all__ = [
    "CHECKSUM",
    "append_checksum",
    "check_order",
    "checked_json",
    "content_digest",
    "split_checked",
    "with_checksum",
]

CHECKSUM = "checksum"
"""The key in JSON, and the column in Parquet files."""

_END = "end"


# ---- JSON


def content_digest(content: Any) -> str:
    """Return a digest of what JSON can hold; the order of keys does not matter, nor whether 1 is written as 1.0."""
    again = json.loads(json.dumps(content), parse_int=_as_float)
    return str(_digest(json.dumps(again, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest())


def _as_float(digits: str) -> float | str:
    number = int(digits)
    try:
        return float(number) if int(float(number)) == number else digits
    except OverflowError:
        return digits


def with_checksum(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with a checksum of all the rest."""
    bare = {key: value for key, value in content.items() if key != CHECKSUM}
    return {**bare, CHECKSUM: content_digest(bare)}


def checked_json(content: Any, changed: str) -> Any:
    """Return the content without its checksum, if that is right or there is none.

    Parameters
    ----------
    content : object
        As JSON gives it.
    changed : str
        What to say of one that is not right.

    Raises
    ------
    LimeError
        The content is another one than when the checksum was made.
    """
    if not isinstance(content, dict) or CHECKSUM not in content:
        return content
    bare = {key: value for key, value in content.items() if key != CHECKSUM}
    if content[CHECKSUM] != content_digest(bare):
        raise LimeError(changed)
    return bare


# ---- tables of pyarrow


def append_checksum(table: Any, names: list[str], notes: dict[str, str], number: int, last: bool) -> Any:
    """Add a column that holds a digest of all records in the first of them.

    Parameters
    ----------
    table : pyarrow.Table
    names : list of str
        The columns that count.
    notes : dict of str
        What else the digest is to cover: the notes in a file's metadata.
    number : int
        How many such blocks of records stand before this one in the file.
    last : bool
        Whether none stands behind it.
    """
    import pyarrow as pa

    cells: list[str | None] = [None] * len(table)
    if cells:
        place = f"{number}:{_END}" if last else str(number)
        cells[0] = f"{place} {_records_digest(table, names, notes, place)}"
    return table.append_column(CHECKSUM, pa.array(cells, type=pa.string()))


def split_checked(table: Any, names: list[str], notes: dict[str, str]) -> list[str]:
    """Compare the records of a table with the checksums beside them, and return which blocks it holds.

    Raises
    ------
    ValueError
        They are other records than those that were written.
    """
    marks = table[CHECKSUM].to_pylist()
    starts = [place for place, mark in enumerate(marks) if mark is not None]
    if marks and (not starts or starts[0]):
        raise ValueError("its records were cut into other groups than those that have a checksum")
    for start, end in zip(starts, [*starts[1:], len(marks)], strict=True):
        place, _, found = marks[start].partition(" ")
        if found != _records_digest(table.slice(start, end - start), names, notes, place):
            raise ValueError("its content does not have the checksum that it was written with")
    return [marks[start] for start in starts]


def check_order(marks: list[str]) -> None:
    """Raise ValueError where blocks of records are missing, or stand in another order than they were written in."""
    places = [mark.partition(" ")[0] for mark in marks]
    if places != [*map(str, range(len(places) - 1)), f"{len(places) - 1}:{_END}"]:
        raise ValueError("some of its records are missing")


def _records_digest(table: Any, names: list[str], notes: dict[str, str], place: str) -> str:
    found = _digest(json.dumps([place, sorted(notes.items()), len(table), names]).encode())
    for name in names:
        _feed(found, table[name])
    return str(found.hexdigest())


def _feed(found: Any, column: Any) -> None:
    """Add one column: which records have a value, and the values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    # Other programs may hold the same values in another type.
    form = pa.large_string() if text else pa.int64() if pa.types.is_integer(kind) else pa.float64()
    found.update(str(form).encode())
    array = pa.concat_arrays([chunk.cast(form) for chunk in column.chunks] or [pa.array([], type=form)])
    found.update(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    filled = pc.fill_null(array, "" if text else 0)
    if not text:
        found.update(np.ascontiguousarray(filled.to_numpy(zero_copy_only=False)).tobytes())
        return
    _, ends, letters = filled.buffers()
    if len(filled):
        offsets = np.frombuffer(ends, dtype=np.int64)[filled.offset : filled.offset + len(filled) + 1]
        found.update(np.diff(offsets).tobytes())
        if letters is not None:
            found.update(memoryview(letters)[offsets[0] : offsets[-1]])


def _digest(begin: bytes) -> Any:
    return hashlib.blake2b(begin, digest_size=16)
