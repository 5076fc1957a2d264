"""A function of frames that engines map: rows in, their explanations as a long table out."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from lime.domains.explainer import Explainer
from lime.domains.labels import keep_labels
from lime.domains.tabular.forms import is_missing, listing
from lime.results.columns import NO_IDS
from lime.results.filling import as_ids, to_columns
from lime.results.tidy import NULLABLE, TIDY, Cells, frame_of, tidy
from lime.scale.data import check_columns, instances_of, is_numeric
from lime.scale.run import Task, seeded, task_of
from lime.scale.workers import RowError, unless_failing

__all__ = ["FrameFunction", "frame_function"]

_TASKS: OrderedDict[str, Task] = OrderedDict()
_AT_MOST = 2

_SPARK = {"int": "BIGINT", "float": "DOUBLE", "text": "STRING"}


class FrameFunction:
    """Explains the rows of a frame; picklable, so that it runs wherever an engine takes it.

    Called with a pandas, polars or pyarrow frame (or a dict of arrays by column) it returns one of the same kind
    with the columns of `lime.results.tidy`, whose types never change. It asks the model about the shared
    neighbourhood at its first call in each process, not when it is made.

    Parameters
    ----------
    explainer : Explainer
        Should have an int as seed, so that all parts of a table have the same draws; `frame_function` sees to it.
    model : callable or model
        As for its `explain_instance`.
    settings : dict
        Of `explain_instance`.
    id_column : str, optional
        The column that names rows; a pandas frame's index when None, else their numbers in the frame.
    id_type : {"int", "text"}, optional
        Type of the result's ``id``; ``"text"`` with an `id_column`, else ``"int"``, when None.
    column : str, optional
        The column that holds the texts, for an explainer of these; the only one when None.
    errors : {"raise", "record"}
        Whether a row that cannot be explained ends the call, or is recorded with its error.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of what it returns.
    meta : pandas.DataFrame
        An empty frame like those that it returns, for ``dask.dataframe.map_partitions(..., meta=...)``.
    dtypes : dict of str -> dtype
        Types of a pandas frame's columns.
    ddl : str
        The schema as Spark writes it, for ``mapInPandas(function.over, schema=function.ddl)``.
    """

    def __init__(
        self,
        explainer: Explainer,
        model: Any,
        settings: dict[str, Any],
        *,
        id_column: str | None = None,
        id_type: str | None = None,
        column: str | None = None,
        errors: str = "record",
    ) -> None:
        self._explainer, self._model, self._settings = explainer, model, settings
        self.id_column, self.column, self.errors = id_column, column, errors
        self.id_type = id_type or ("text" if id_column is not None else "int")
        self._token = uuid.uuid4().hex

    def __call__(self, frame: Any) -> Any:
        """Explain the rows of a frame.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame, pyarrow.Table, pyarrow.RecordBatch or dict of arrays
            A row an instance.

        Returns
        -------
        frame
            Of the same kind, with the columns of `lime.results.tidy`.

        Raises
        ------
        KeyError
            A column that is needed is not there: this ends the call with ``errors="record"`` too, since no row
            could be explained.
        TypeError
            It is no frame.
        ValueError
            A row has no name, or one that is no whole number of 64 bits where `id_type` is ``"int"``; with
            ``errors="raise"`` whatever was raised for a row.
        """
        native, backend, names = _open(frame)
        ids = self._ids(frame, native, backend)
        columns = [name for name in names if name != self.id_column]
        n = len(ids)
        if not n:
            return _close(tidy(to_columns([], [], self._named(ids))), backend, self.id_type)
        task = self._task()
        with task.running():
            results = task.explain(self._instances(task, native, backend, columns))
            try:
                kept = to_columns(
                    unless_failing(results) if self.errors == "raise" else results, range(n), self._named(ids)
                )
            except RowError as failed:
                failed.error.add_note(f"raised while row {ids[failed.place]!r} was explained")
                raise failed.error from None
        return _close(tidy(kept), backend, self.id_type)

    def over(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Explain the rows of each frame of an iterator: what ``mapInPandas`` and ``mapInArrow`` ask for.

        Parameters
        ----------
        frames : iterable of frame
            Of any kind that a call takes.

        Yields
        ------
        frame
            The long table of each, of the same kind.
        """
        for frame in frames:
            yield self(frame)

    @property
    def schema(self) -> Any:
        """Schema of the result, as pyarrow has it."""
        import pyarrow as pa

        types = {"int": pa.int64(), "float": pa.float64(), "text": pa.string()}
        return pa.schema([(name, types[kind]) for name, kind in self._types()])

    @property
    def meta(self) -> Any:
        """An empty pandas frame with the result's columns and types."""
        return _close(tidy(to_columns([], [], self._named([]))), "pandas", self.id_type)

    @property
    def dtypes(self) -> dict[str, Any]:
        """Types of a pandas frame's columns."""
        return dict(self.meta.dtypes)

    @property
    def ddl(self) -> str:
        """The schema as Spark writes it."""
        return ", ".join(f"`{name}` {_SPARK[kind]}" for name, kind in self._types())

    def _types(self) -> list[tuple[str, str]]:
        return [(name, self.id_type if name == "id" else kind) for name, kind in TIDY.items()]

    def _task(self) -> Task:
        """What all rows share, found once in each process."""
        if self._token not in _TASKS:
            _TASKS[self._token] = task_of(self._explainer, self._model, self._settings)
            if len(_TASKS) > _AT_MOST:
                _TASKS.popitem(last=False)
        _TASKS.move_to_end(self._token)
        return _TASKS[self._token]

    def _ids(self, frame: Any, native: Any, backend: str) -> list[Any]:
        if self.id_column is not None:
            names = list(native) if backend == "dict" else list(native.columns)
            if self.id_column not in names:
                raise KeyError(
                    f"id_column={self.id_column!r}: frame has no such column, its columns are {listing(names)}"
                )
            if backend == "dict":
                ids = list(np.asarray(native[self.id_column]).tolist())
            else:
                ids = list(native.get_column(self.id_column).to_list())
        elif backend == "pandas":
            ids = list(frame.index)
        else:
            return list(range(_rows(native, backend)))
        nameless = next((place for place, name in enumerate(ids) if is_missing(name)), None)
        if nameless is not None:
            raise ValueError(f"{self._where()} has no value in row {nameless}: expected a name for each row")
        return ids

    def _where(self) -> str:
        return "the frame's index" if self.id_column is None else f"column {self.id_column!r}"

    def _named(self, ids: list[Any]) -> Any:
        if self.id_type == "text":
            names = np.empty(len(ids), dtype=object)
            names[:] = [str(name) for name in ids]
            return names
        numbers = as_ids(ids) if ids else NO_IDS
        if numbers.dtype == object:
            odd = next((name for name in ids if as_ids([name]).dtype == object), ids[0])
            raise ValueError(
                f"{self._where()} holds {odd!r}: expected whole numbers of 64 bits; "
                "pass id_type='text' to frame_function"
            )
        return numbers

    def _instances(self, task: Task, native: Any, backend: str, columns: list[str]) -> list[Any]:
        dimensions = task.explainer.instance_dimensions
        if dimensions == (0,) or self.column is not None:
            column = self.column if self.column is not None else columns[0] if len(columns) == 1 else None
            if column is None:
                raise KeyError(f"column=None, and the frame has {columns}: expected the name of the one with texts")
            if backend == "dict":
                return list(native[column])
            return list(native.get_column(column).to_list())
        known = [str(name) for name in getattr(task.explainer, "feature_names", [])]
        by_name = {str(name): name for name in columns}
        lacking = [name for name in known if name not in by_name]
        if lacking and not self._by_position(task, native, backend, columns, known):
            raise KeyError(
                f"frame has no column {listing(lacking)}: expected {listing(known)}, it has {listing(columns)}"
            )
        # A table may have more columns than the model knows; those that it knows are taken.
        kept = columns if lacking else [by_name[name] for name in known]
        if backend == "dict":
            arrays = [np.asarray(native[name]).tolist() for name in kept]
            return [dict(zip(kept, values, strict=True)) for values in zip(*arrays, strict=True)]
        return instances_of(nw.to_native(_of(native, kept)), known)

    @staticmethod
    def _by_position(task: Task, native: Any, backend: str, columns: list[Any], known: list[str]) -> bool:
        """Whether a frame that lacks names may be read by position: it shares no name, and has as many columns."""
        if backend == "dict" or len(columns) != len(known) or {str(name) for name in columns} & set(known):
            return False
        table = getattr(task.explainer, "_table", None)
        return getattr(table, "kind", None) == "numpy" or is_numeric(_of(native, columns))


def frame_function(
    explainer: Explainer,
    model: Any,
    output: str = "long",
    *,
    id_column: str | None = None,
    id_type: str | None = None,
    column: str | None = None,
    errors: str = "record",
    **settings: Any,
) -> FrameFunction:
    """Make a function from frames to long tables: what `frame_function` of every explainer calls, and describes."""
    if output != "long":
        raise ValueError(f"output={output!r}: expected 'long', one record for each row, label and feature")
    if id_type not in (None, "int", "text"):
        raise ValueError(f"id_type={id_type!r}: expected 'int', 'text' or None")
    if errors not in ("raise", "record"):
        raise ValueError(f"errors={errors!r}: expected 'raise' or 'record'")
    complete = explainer.complete_settings(settings)
    if "labels" in settings:
        settings["labels"] = keep_labels(settings["labels"])
    if "progress_bar" in complete:
        settings["progress_bar"] = False
    # One seed for all partitions, wherever they are explained.
    return FrameFunction(
        seeded(explainer), model, settings, id_column=id_column, id_type=id_type, column=column, errors=errors
    )


def _open(frame: Any) -> tuple[Any, str, list[Any]]:
    """A frame as narwhals has it, its kind, and its columns."""
    if isinstance(frame, Mapping):
        return frame, "dict", list(frame)
    kind = type(frame).__module__.partition(".")[0]
    if kind == "pyarrow" and type(frame).__name__ == "RecordBatch":
        import pyarrow as pa

        return nw.from_native(pa.Table.from_batches([frame]), eager_only=True), "batch", frame.schema.names
    if nw.dependencies.is_into_dataframe(frame):
        check_columns(frame, "frame")
    try:
        native = nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise TypeError(
            f"frame is of type {type(frame).__name__}: expected a pandas, polars or pyarrow frame"
        ) from error
    return native, kind, list(native.columns)


def _of(native: Any, columns: list[Any]) -> Any:
    """Some columns of a frame, as narwhals has it."""
    return native[:, [native.columns.index(name) for name in columns]]  # names may be numbers, and native[[0]] a row


def _rows(native: Any, backend: str) -> int:
    if backend == "dict":
        return len(next(iter(native.values()), ()))
    return len(native)


def _close(part: dict[str, Cells], backend: str, id_type: str) -> Any:
    """The result in the kind of frame that came."""
    if backend == "dict":
        return {name: _array(name, cells) for name, cells in part.items()}
    if backend == "batch":
        table = frame_of([part], "pyarrow").combine_chunks()
        batches = table.to_batches()
        return batches[0] if batches else table.schema.empty_table().to_batches(max_chunksize=1)[0]
    return frame_of([part], backend)


def _array(name: str, cells: Cells) -> Any:
    if cells.words is not None:
        return np.array([*cells.words, None], dtype=object)[cells.values]
    if name in NULLABLE and cells.missing is not None and cells.missing.any():
        return np.where(cells.missing, np.nan, cells.values)
    return cells.values
