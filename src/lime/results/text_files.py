"""Explanations of many rows as CSV and as JSON lines: a record for each row, label and feature, as in the frame."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import IO, Any

from lime.results.columns import Columns
from lime.results.exceptions import LimeError
from lime.results.files import remove_drafts, target_of, writing
from lime.results.tidy import frame_of, tidy

__all__ = ["write_csv", "write_json_lines"]


def write_csv(pieces: Iterable[Columns], path: str | os.PathLike[str]) -> None:
    """Write rows as CSV with a line of names; what is missing is an empty cell. Needs pyarrow.

    The file appears under its name when it is complete.

    Parameters
    ----------
    pieces : iterable of Columns
        They stream through.
    path : str or path

    Raises
    ------
    LimeError
        There are no rows, or `path` is a device, a folder or the like.
    """
    from pyarrow import csv

    def write(tables: Iterator[Any], file: IO[bytes]) -> None:
        first = next(tables)
        with csv.CSVWriter(file, first.schema) as writer:
            writer.write_table(first)
            for table in tables:
                writer.write_table(table.cast(first.schema))

    _write(pieces, path, write)


def write_json_lines(pieces: Iterable[Columns], path: str | os.PathLike[str]) -> None:
    """Write rows as JSON, one record a line; what is missing is null. Needs pyarrow. See `write_csv`."""

    def write(tables: Iterator[Any], file: IO[bytes]) -> None:
        for table in tables:
            for record in table.to_pylist():
                cells = {name: _finite(value) for name, value in record.items()}
                file.write(json.dumps(cells, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n")

    _write(pieces, path, write)


def _write(
    pieces: Iterable[Columns], path: str | os.PathLike[str], write: Callable[[Iterator[Any], IO[bytes]], None]
) -> None:
    target, _ = target_of(path)
    if target.parent.is_dir():
        remove_drafts(target.parent, target.name)
    with writing(path) as file, closing(_tables(pieces)) as tables:
        write(tables, file)


def _tables(pieces: Iterable[Columns]) -> Generator[Any]:
    some = False
    for columns in pieces:
        some = True
        yield frame_of([tidy(columns)], "pyarrow")
    if not some:
        raise LimeError("there are no rows to write")


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: None stands for what is missing, and words for what is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
