"""Tables in files, read piece by piece: CSV, Parquet and Arrow, larger than memory if need be."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lime._optional import missing_message, require
from lime.exceptions import LimeError

__all__ = ["FORMS", "TableFile", "as_form", "missing_package", "open_table", "shorten"]

FORMS = ("pandas", "numpy", "polars", "pyarrow")
"""In what a model can be handed its rows."""

PACKED = (".gz", ".bz2", ".zst", ".lz4")
SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".feather", ".ipc", ".arrows")

# What pandas.read_csv takes for "no value": most models learned from tables that it read.
_NO_VALUE = [
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"),
    *("N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
]
_TRUE, _FALSE = ["True", "TRUE", "true"], ["False", "FALSE", "false"]

_MOST_ROWS, _LEAST_ROWS, _MOST_CELLS = 4096, 64, 4_000_000
"""How much of a table is in memory at a time."""

_BLOCK = 2**22


@dataclass(frozen=True)
class TableFile:
    """A table in a file, or in a folder of files.

    Attributes
    ----------
    path : Path
    schema : pyarrow.Schema
        Names and types of its columns.
    total : int
        How many rows it has.
    index : tuple of str
        Columns that pandas wrote for a frame's index: they name rows, and are nothing that a model learns from.
    headed : bool
        Whether the file names its columns.
    """

    path: Path
    schema: Any
    total: int
    _batches: Callable[[list[str]], Iterable[Any]]
    index: tuple[str, ...] = ()
    headed: bool = True

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return list(self.schema.names)

    def need(self, columns: Iterable[str], what: str) -> None:
        """Refuse columns that are not there.

        Raises
        ------
        LimeError
            One is not; `what` says who asked for it.
        """
        lacking = [name for name in columns if name not in self.names]
        if lacking:
            raise LimeError(
                f"{self.path} has no column {shorten(lacking)}, {what}; its columns are {shorten(self.names)}"
            )

    def renamed(self, names: Mapping[str, str]) -> TableFile:
        """Return the table with other names for some columns."""
        import pyarrow as pa

        fields = [field.with_name(names.get(field.name, field.name)) for field in self.schema]
        before = dict(zip([field.name for field in fields], self.names, strict=True))

        def batches(columns: list[str]) -> Iterator[Any]:
            for batch in self._batches([before[name] for name in columns]):
                yield pa.RecordBatch.from_arrays([batch.column(before[name]) for name in columns], names=columns)

        return replace(self, schema=pa.schema(fields), _batches=batches)

    def pieces(self, columns: Sequence[str]) -> Iterator[Any]:
        """Yield the rows in their order as pyarrow tables, which hold the same number of rows but for the last."""
        size = max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_CELLS // max(len(columns), 1)))
        with _reading(self.path):
            yield from _cut(self._batches(list(columns)), size, list(columns))

    def take(self, positions: Sequence[int], columns: Sequence[str]) -> Any:
        """Return the rows at some positions, which rise, as a pyarrow table."""
        import pyarrow as pa

        wanted = np.asarray(positions, dtype=np.int64)
        found = []
        start = 0
        for piece in self.pieces(columns):
            here = wanted[(wanted >= start) & (wanted < start + len(piece))] - start
            if len(here):
                found.append(piece.take(pa.array(here)))
            start += len(piece)
            if not len(wanted) or start > wanted[-1]:
                break
        return pa.concat_tables(found, promote_options="permissive")

    def sample(self, most: int, seed: int, columns: Sequence[str]) -> Any:
        """Return all rows as a pyarrow table, or `most` of them, drawn at random without replacement."""
        if self.total <= most:
            return self.take(range(self.total), columns)
        drawn = np.random.default_rng(seed).choice(self.total, size=most, replace=False)
        return self.take(np.sort(drawn).tolist(), columns)


def open_table(
    path: str | os.PathLike[str],
    separator: str | None = None,
    id_column: str | None = None,
    header: bool | None = None,
) -> TableFile:
    """Open a table, and count its rows.

    Types of a CSV file's columns are those that fit all of its rows: it is read once for that.

    Parameters
    ----------
    path : path
        A CSV file (``.csv``, ``.tsv``, also packed as ``.csv.gz``), a Parquet file, an Arrow file or stream
        (``.arrow``, ``.feather``), or a folder of Parquet files.
    separator : str, optional
        What stands between a CSV file's cells; a comma when None, a tab in ``.tsv``.
    id_column : str, optional
        A column of a CSV file that is text unless all of its cells are whole numbers as they are written: ``007``
        is another name than ``7``.

    Raises
    ------
    LimeError
        The file is none of these, or damaged, or a column stands in it twice, or pyarrow is not installed.
    FileNotFoundError
        There is no such file.
    """
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"no such file: {place}")
    try:
        require("pyarrow", str(place))
    except ImportError as error:
        raise LimeError(str(error)) from error
    suffixes = [suffix.lower() for suffix in place.suffixes]
    last = suffixes[-1] if suffixes else ""
    kind = suffixes[-2] if last in PACKED and len(suffixes) > 1 else last
    with _reading(place):
        if kind in SEPARATORS:
            if place.is_dir():
                raise LimeError(f"{place} is a folder: expected a CSV file")
            found = _open_csv(place, SEPARATORS[kind] if separator is None else separator, id_column, header)
        elif place.is_dir() or last in PARQUET:
            found = _open_dataset(place, "parquet")
        elif last in ARROW:
            with open(place, "rb") as file:
                start = file.read(6)
            found = _open_dataset(place, "ipc") if start == b"ARROW1" else _open_stream(place)
        else:
            known = ", ".join([*SEPARATORS, *PARQUET, *ARROW])
            raise LimeError(f"{place} has the suffix {last!r}: expected one of {known}, or a folder of Parquet files")
    twice = [name for k, name in enumerate(found.names) if name in found.names[:k]]
    if twice:
        raise LimeError(f"{place} has more than one column {twice[0]!r}")
    if not found.total:
        raise LimeError(f"{place} has no rows")
    return found


def as_form(table: Any, form: str) -> Any:
    """Return a pyarrow table as what a model takes: one of `FORMS`; numpy has numbers alone.

    Raises
    ------
    LimeError
        The library is not installed; or numpy is asked for, and a column holds something else than numbers.
    """
    import pyarrow as pa

    if form == "pyarrow":
        return table
    if form == "numpy":
        for field in table.schema:
            kind = field.type
            if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
                if pa.types.is_null(kind):
                    continue
                raise LimeError(
                    f"column {field.name!r} holds {kind}, and the model is handed an array of numbers: leave it out "
                    f"with --drop {field.name!r}, or hand the model frames with --frame pandas"
                )
        columns = [_numbers(table[name]) for name in table.schema.names]
        return np.column_stack(columns) if columns else np.empty((len(table), 0))
    try:
        if form == "polars":
            import polars

            return polars.from_arrow(table)
        return table.to_pandas()
    except ImportError as error:
        raise missing_package(form, f"--frame {form}") from error


def missing_package(package: str, what: str) -> LimeError:
    """The error that says that an optional package is missing, and how to come by it."""
    return LimeError(missing_message(package, what))


# ---- the kinds of files


def _open_csv(path: Path, separator: str, id_column: str | None, header: bool | None) -> TableFile:
    import pyarrow as pa
    from pyarrow import csv

    if len(separator.encode()) != 1:
        raise LimeError(f"--separator {separator!r}: expected one character")

    def batches(columns: list[str], types: Mapping[str, Any]) -> Iterator[Any]:
        convert = csv.ConvertOptions(
            column_types=dict(types),
            include_columns=columns,
            null_values=_NO_VALUE,
            strings_can_be_null=True,
            true_values=_TRUE,
            false_values=_FALSE,
        )
        parse = csv.ParseOptions(delimiter=separator, newlines_in_values=True)
        with (
            pa.input_stream(str(path), compression="detect") as source,
            csv.open_csv(source, reading, parse, convert) as reader,
        ):
            yield from reader

    headed = header is not False
    reading = csv.ReadOptions(block_size=_BLOCK, autogenerate_column_names=not headed)
    with (
        pa.input_stream(str(path), compression="detect") as source,
        csv.open_csv(source, reading, csv.ParseOptions(delimiter=separator)) as reader,
    ):
        names = list(reader.schema.names)
    if not headed:
        names = [str(k) for k in range(len(names))]
        reading = csv.ReadOptions(block_size=_BLOCK, column_names=names)
    elif header is None and _are_numbers(names):
        raise LimeError(
            f"the first line of {path} looks like data: every name in it is a number ({shorten(names, 3)}); expected "
            "names of columns; add --no-header if the file has none, or --header if these are they"
        )
    if len(set(names)) < len(names):
        return TableFile(path, pa.schema([(name, pa.string()) for name in names]), 0, lambda columns: iter(()))
    fits = {name: [pa.null(), pa.int64(), pa.float64(), pa.bool_(), pa.string()] for name in names}
    total = 0
    for batch in batches(names, dict.fromkeys(names, pa.string())):
        total += len(batch)
        for name, kinds in fits.items():
            while not _holds(kinds[0], batch[name], as_written=name == id_column):
                kinds.pop(0)
    types = {name: kinds[0] for name, kinds in fits.items()}
    # DataFrame.to_csv writes the index as a first column without a name.
    index = ("",) if headed and names[0] == "" else ()
    schema = pa.schema(list(types.items()))
    return TableFile(path, schema, total, lambda columns: batches(columns, types), index, headed)


def _are_numbers(names: Sequence[str]) -> bool:
    """Whether the first line of a file is one of numbers, some of which may be missing."""
    given = [name.strip() for name in names if name.strip() not in _NO_VALUE]
    try:
        [float(name) for name in given]
    except ValueError:
        return False
    # Python reads 2019_1 as a number; whoever writes it means a name.
    return bool(given) and not any("_" in name for name in given)


def _holds(kind: Any, texts: Any, as_written: bool) -> bool:
    """Whether all texts of a column can be read as a type, and `as_written` again if they are numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(kind) or texts.null_count == len(texts):
        return True
    if pa.types.is_null(kind):
        return False
    if pa.types.is_boolean(kind):
        return bool(set(pc.unique(texts.drop_null()).to_pylist()) <= {*_TRUE, *_FALSE})
    try:
        values = pc.cast(pc.utf8_trim_whitespace(texts), kind)
    except pa.ArrowInvalid:
        return False
    return not as_written or pc.cast(values, pa.string()).equals(texts)


def _open_dataset(path: Path, kind: str) -> TableFile:
    from pyarrow import dataset

    found = dataset.dataset(str(path), format=kind)

    def batches(columns: list[str]) -> Iterator[Any]:
        # Fragment by fragment, since their order is the files' order; few at a time, since they may be large.
        for fragment in found.get_fragments():
            yield from fragment.to_batches(
                schema=found.schema, columns=columns, batch_size=_MOST_ROWS, batch_readahead=2, fragment_readahead=1
            )

    return TableFile(path, found.schema, found.count_rows(), batches, _stored_index(found.schema))


def _open_stream(path: Path) -> TableFile:
    import pyarrow as pa

    def every() -> Iterator[Any]:
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader

    with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
        schema = reader.schema
    total = sum(len(batch) for batch in every())
    return TableFile(
        path, schema, total, lambda columns: (batch.select(columns) for batch in every()), _stored_index(schema)
    )


def _stored_index(schema: Any) -> tuple[str, ...]:
    """The columns that pandas wrote for a frame's index; an index of evenly spaced numbers is none."""
    described = (schema.pandas_metadata or {}).get("index_columns", [])
    return tuple(name for name in described if isinstance(name, str) and name in schema.names)


@lru_cache(maxsize=8)
def _without_index(described: bytes) -> bytes:
    """What pandas notes of a frame, less its index: a piece of a table has all of its columns, and no index."""
    return json.dumps({**json.loads(described), "index_columns": []}).encode()


def _cut(batches: Iterable[Any], size: int, columns: list[str]) -> Iterator[Any]:
    """Join and cut batches to tables of `size` rows."""
    import pyarrow as pa

    waiting: list[Any] = []
    count = 0
    for batch in batches:
        waiting.append(_plain(pa.Table.from_batches([batch]).select(columns)))
        count += len(batch)
        while count >= size:
            whole = pa.concat_tables(waiting, promote_options="permissive")
            yield whole.slice(0, size)
            waiting, count = [whole.slice(size)], count - size
    if count:
        yield pa.concat_tables(waiting, promote_options="permissive")


def _plain(table: Any) -> Any:
    """Decimals as floats, which models calculate with; text that polars wrote as text that pyarrow can take rows of.

    An index that pandas stored becomes a column like others: else a piece that is a whole file would have it, and
    pieces of a larger file would not.
    """
    import pyarrow as pa

    notes = table.schema.metadata or {}
    if b"pandas" in notes:
        table = table.replace_schema_metadata({**notes, b"pandas": _without_index(notes[b"pandas"])})
    for k, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(k, field.name, table[field.name].cast(pa.float64()))
        elif pa.types.is_string_view(field.type):
            table = table.set_column(k, field.name, table[field.name].cast(pa.large_string()))
    return table


def _numbers(column: Any) -> Any:
    import pyarrow as pa

    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say what pyarrow found wrong in one line, with the file's name."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise LimeError(f"cannot read {path}: {str(error).splitlines()[0]}") from error


def shorten(names: Sequence[str], most: int = 12) -> str:
    """Write names one after the other, the first ones of many."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
