"""Data of many rows, cut into chunks: arrays, frames, lists, Series of texts, pictures, or a stream of any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse

from lime.results.filling import as_ids

__all__ = ["Chunk", "Source", "check_columns", "instances_of", "is_sparse"]


@dataclass(frozen=True)
class Chunk:
    """Some rows that stand next to each other.

    Attributes
    ----------
    start : int
        Position of the first one in the data.
    rows : array, frame, Series, sparse matrix or list
        As the data has them.
    ids : sequence
        What the data calls them: whole numbers, or text.
    """

    start: int
    rows: Any
    ids: Sequence[Any]

    def split(self, count: int) -> tuple[Chunk, Chunk]:
        """The first rows, and all others.

        Parameters
        ----------
        count : int
            How many come first: at least 1, and fewer than there are.
        """
        size = len(self.ids)
        head = Chunk(self.start, _slice(self.rows, 0, count), self.ids[:count])
        return head, Chunk(self.start + count, _slice(self.rows, count, size), self.ids[count:])


class Source:
    """Data that gives its rows chunk by chunk.

    Parameters
    ----------
    data : array, frame, Series, sparse matrix, sequence or iterator
        What can be sliced is; an iterator gives rows, or chunks of them, and so does a list of frames.
    dimensions : tuple of int
        Dimensions that the array of a single instance may have: (0,) for a text, (1,) for a row of a table.

    Attributes
    ----------
    total : int or None
        How many rows there are; None where only the end of a stream will tell.

    Raises
    ------
    TypeError, ValueError
        If `data` holds no rows in any form that is described here.
    """

    def __init__(self, data: Any, dimensions: tuple[int, ...] = (1,)) -> None:
        self._dimensions = dimensions
        self._data = _native(data)
        if isinstance(self._data, str | bytes):
            raise TypeError("data is one text: expected several, such as a list of texts")
        if isinstance(self._data, Mapping):
            raise TypeError("data is a dict: expected rows, such as a frame or a list of dicts")
        if not _is_table_like(self._data) and not isinstance(self._data, Iterable):
            raise TypeError(
                f"data is of type {type(data).__name__}: expected rows, such as a frame, an array or a list"
            )
        if isinstance(self._data, list | tuple) and self._data:
            self._refuse_pair(self._data[0])
        if self._holds_scalars():
            raise TypeError(
                f"data is one row (a {type(data).__name__} of {_length(self._data)} values): expected several, such "
                "as a frame or a list of rows"
            )
        self._is_stream = not (_is_table_like(self._data) or isinstance(self._data, Sequence)) or self._holds_frames()
        if isinstance(self._data, np.ndarray) and self._data.ndim <= min(dimensions):
            shape = self._data.shape
            raise ValueError(f"data has shape {shape}: expected several instances, so one dimension more")
        self.total: int | None = None if self._is_stream else _length(self._data)
        if self._is_stream and isinstance(self._data, Sequence):
            parts = [_native(item) for item in self._data]
            self.total = sum(1 if self._is_one(part) else _length(part) for part in parts)

    def _holds_scalars(self) -> bool:
        """Whether the items of a Series or a list are values, where an instance is a row of them."""
        if 1 not in self._dimensions or not (_is_series(self._data) or isinstance(self._data, list | tuple)):
            return False
        return any(np.isscalar(one) for one in instances_of(_slice(self._data, 0, 1)))

    def _holds_frames(self) -> bool:
        """Whether it is a list of frames: each is a chunk, where an instance is a row of one, and not a whole table."""
        if 1 not in self._dimensions or not isinstance(self._data, list | tuple) or not self._data:
            return False
        return not self._takes_frames() and _is_frame(_native(self._data[0]))

    def _takes_frames(self) -> bool:
        """Whether a frame among several is one instance, as a series with its channels is."""
        return 2 in self._dimensions

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the rows in chunks of `size`; only a stream's last one, and the data's, is smaller."""
        start = 0
        for rows, ids in self._pieces():
            n = _length(rows)
            for low in range(0, n, size):
                high = min(n, low + size)
                names = range(start + low, start + high) if ids is None else ids[low:high]
                yield Chunk(start + low, _slice(rows, low, high), names)
            start += n

    def _pieces(self) -> Iterator[tuple[Any, Any]]:
        if not self._is_stream:
            yield self._data, _ids(self._data)
            return
        waiting: list[Any] = []
        for item in self._data:
            native = _native(item)
            self._refuse_pair(native)
            if self._is_one(native):
                waiting.append(native)
                if len(waiting) == 512:
                    yield waiting, None
                    waiting = []
                continue
            if waiting:
                yield waiting, None
                waiting = []
            yield native, _ids(native)
        if waiting:
            yield waiting, None

    def _refuse_pair(self, item: Any) -> None:
        """Refuse what ``DataFrame.iterrows()`` yields, which would be read as a row of two values."""
        if isinstance(item, tuple) and len(item) == 2 and _is_series(item[1]) and not _is_series(item[0]):
            raise TypeError(
                "data holds pairs of a label and a row, as DataFrame.iterrows() yields them: expected rows; pass the "
                "frame itself, or (row for _, row in frame.iterrows())"
            )

    def _is_one(self, item: Any) -> bool:
        """Whether an item of a stream is one instance rather than a chunk of them."""
        if isinstance(item, str | bytes | Mapping) or np.isscalar(item):
            return True
        if isinstance(item, np.ndarray):
            return item.ndim in self._dimensions
        if _is_series(item):
            return 1 in self._dimensions
        if _is_frame(item):
            return 1 in self._dimensions and self._takes_frames()
        if isinstance(item, Sequence):
            # A list of numbers is a row; a list of lists, arrays or texts is a chunk.
            return 1 in self._dimensions and (not item or np.isscalar(item[0]) or item[0] is None)
        return not _is_table_like(item) and hasattr(item, "ndim") and item.ndim in self._dimensions


def instances_of(rows: Any, names: Sequence[str] | None = None) -> list[Any]:
    """Return the rows of a chunk one by one, each as a user would pass it alone.

    Parameters
    ----------
    rows : array, frame, Series, sparse matrix or list
    names : sequence of str, optional
        Columns that the explainer knows: a frame that has all of them gives dicts, which are aligned by name.
    """
    if isinstance(rows, np.ndarray):
        return list(rows) if rows.ndim > 1 else rows.tolist()
    if is_sparse(rows):
        return [rows[i : i + 1] for i in range(rows.shape[0])]
    if _is_series(rows):
        return list(nw.from_native(rows, series_only=True).to_list())
    if _is_frame(rows):
        frame = nw.from_native(rows, eager_only=True)
        columns = [str(name) for name in _columns(rows)]
        if names is not None and len(columns) == len(set(columns)) and set(columns) == {str(name) for name in names}:
            return list(rows.to_dict("records")) if _is_pandas(rows) else list(frame.rows(named=True))
        if names is not None and not set(columns) & {str(name) for name in names} and is_numeric(frame):
            return list(frame.to_numpy())
        return [_slice(rows, i, i + 1) for i in range(len(frame))]
    return list(rows)


def check_columns(frame: Any, argument: str) -> None:
    """Refuse a frame in which two columns have one name: columns are told apart by their names.

    Raises
    ------
    ValueError
        It is such a frame; the message names the argument and the column.
    """
    names = list(frame.column_names if hasattr(frame, "column_names") else frame.columns)
    if len(set(names)) < len(names):
        twice = next(name for k, name in enumerate(names) if name in names[:k])
        raise ValueError(f"{argument} has more than one column named {twice!r}; column names must differ")


def is_sparse(data: Any) -> bool:
    """Whether it is a sparse matrix or array of scipy."""
    return bool(sparse.issparse(data))


def _native(data: Any) -> Any:
    data = nw.to_native(data, pass_through=True)
    if type(data).__name__ == "LazyFrame":
        raise TypeError("data is a LazyFrame: expected a frame that holds its rows; call collect() first")
    if type(data).__module__.startswith("pyarrow"):
        import pyarrow as pa

        if isinstance(data, pa.RecordBatch):
            data = pa.Table.from_batches([data])
        elif isinstance(data, pa.Array):
            data = pa.chunked_array([data])
    if _is_frame(data):
        check_columns(data, "data")
    return data.tocsr() if is_sparse(data) else data


def _is_frame(data: Any) -> bool:
    return bool(nw.dependencies.is_into_dataframe(data)) and not isinstance(data, np.ndarray)


def _is_series(data: Any) -> bool:
    return bool(nw.dependencies.is_into_series(data)) and not isinstance(data, np.ndarray)


def _is_pandas(data: Any) -> bool:
    return bool(nw.dependencies.is_pandas_dataframe(data) or nw.dependencies.is_pandas_series(data))


def _is_table_like(data: Any) -> bool:
    """Whether rows can be sliced out of it."""
    if isinstance(data, np.ndarray):
        return data.ndim > 0
    if is_sparse(data) or _is_frame(data) or _is_series(data):
        return True
    return hasattr(data, "shape") and hasattr(data, "__getitem__") and hasattr(data, "__len__")


def _length(rows: Any) -> int:
    return int(rows.shape[0]) if is_sparse(rows) else len(rows)


def _slice(rows: Any, low: int, high: int) -> Any:
    if _is_pandas(rows):
        return rows.iloc[low:high]
    if _is_frame(rows) or _is_series(rows):
        return nw.to_native(nw.from_native(rows, eager_only=True, allow_series=True)[low:high])
    return rows[low:high]


def _ids(rows: Any) -> Any:
    """What a frame's index calls its rows, all of them by numbers or all by text; None for their own numbers."""
    if _is_pandas(rows):
        index = rows.index
        bare = type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1
        return None if bare else as_ids(index.tolist()).tolist()
    return None


def _columns(rows: Any) -> list[Any]:
    return list(rows.columns) if _is_pandas(rows) else list(nw.from_native(rows, eager_only=True).columns)


def is_numeric(frame: Any) -> bool:
    """Whether all columns of a narwhals frame hold numbers."""
    return all(dtype.is_numeric() for dtype in frame.schema.values())
