"""Keys of a model's inputs by their content: equal where the content is, in every process."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

FORM = b"lime-1"
"""To be changed where keys are made in another way: old ones are then not found."""

_PLAIN = (bool, int, float, complex, str)
_BYTES_TELL = "biufcmM"
"""Kinds of arrays whose bytes are their content, whatever else is in the batch."""


def keys_of(batch: Any, model: str) -> list[str]:
    """One key for each input of a batch.

    Parameters
    ----------
    batch : array, tensor, sparse matrix, frame, sequence or mapping of columns
        What a model is given.
    model : str
        Tells the model, and which of its functions.

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If an input is something whose content cannot be read.
    """
    start = hashlib.blake2b(FORM, digest_size=20)
    start.update(_framed(model.encode("utf-8", "surrogatepass")))
    header, rows = _rows_of(batch)
    start.update(_framed(header))
    keys = []
    for row in rows:
        found = start.copy()
        found.update(row)
        keys.append(found.hexdigest())
    return keys


def _rows_of(batch: Any) -> tuple[bytes, Iterable[bytes]]:
    """What all inputs of a batch have in common, and each by itself."""
    if nw.dependencies.is_into_dataframe(batch):
        frame = nw.from_native(batch, eager_only=True)
        return _columns({name: frame.get_column(name) for name in frame.columns}, b"frame")
    if nw.dependencies.is_into_series(batch):
        return _column(nw.from_native(batch, series_only=True))
    if isinstance(batch, Mapping):
        return _columns(batch, b"mapping")
    if hasattr(batch, "tocsr"):
        return _sparse_rows(batch)
    array = _array_of(batch)
    if array is None:
        return type(batch).__name__.encode(), map(_content, batch)
    if array.dtype.kind in _BYTES_TELL and not isinstance(array, np.ma.MaskedArray):
        header = f"{_type_of(batch)}{tuple(batch.shape[1:])}".encode()
        return header, (row.tobytes() for row in np.ascontiguousarray(array))
    return f"array{array.shape[1:]}".encode(), map(_content, array)


def _columns(columns: Mapping[Any, Any], kind: bytes) -> tuple[bytes, Iterable[bytes]]:
    """Rows of several columns."""
    headers, parts = [kind], []
    for name, column in columns.items():
        header, rows = _column(column) if isinstance(column, nw.Series) else _rows_of(column)
        headers += [_content(name), header]
        parts.append(rows)
    return b"".join(map(_framed, headers)), (b"".join(map(_framed, row)) for row in zip(*parts, strict=True))


def _column(series: Any) -> tuple[bytes, Iterable[bytes]]:
    native = series.to_native()
    kind = getattr(native, "dtype", None)  # not narwhals' own, which looks into columns of objects
    header = str(getattr(native, "type", None) if kind is None else kind).encode()
    if isinstance(kind, np.dtype) and kind.kind in _BYTES_TELL:
        return header, (value.tobytes() for value in np.ascontiguousarray(native))
    coded = isinstance(series.dtype, nw.Categorical) and nw.dependencies.is_pandas_series(native)
    if coded or isinstance(series.dtype, nw.Enum):  # a model may see their codes; polars' own hang on the batch
        header += _content(series.cat.get_categories().to_list())
    return header, map(_content, series.to_list())


def _sparse_rows(matrix: Any) -> tuple[bytes, Iterable[bytes]]:
    csr = matrix.tocsr().copy()
    csr.sum_duplicates()
    edges = csr.indptr.tolist()
    indices = csr.indices.astype(np.int64)
    rows = (_framed(indices[low:high].tobytes()) + csr.data[low:high].tobytes() for low, high in pairwise(edges))
    return f"sparse{csr.shape[1]}{csr.dtype.str}".encode(), rows


def _array_of(thing: Any) -> NDArray[Any] | None:
    """An array or a tensor as an array in memory; None for anything else."""
    if isinstance(thing, np.ndarray):
        return thing
    if hasattr(thing, "detach") and hasattr(thing, "cpu"):
        tensor = thing.detach().cpu().contiguous()
        try:
            return np.asarray(tensor.numpy())
        except TypeError:  # a number format that numpy does not have
            flat = tensor.reshape(tensor.shape[0], -1) if tensor.ndim else tensor.reshape(1)
            return np.asarray(flat.view(sys.modules["torch"].uint8).numpy())
    if hasattr(thing, "__array__") and hasattr(thing, "shape") and hasattr(thing, "dtype"):
        return np.asarray(thing)
    return None


def _type_of(thing: Any) -> str:
    """Type of the values of an array or a tensor."""
    return str(thing.dtype.str if isinstance(thing, np.ndarray) else thing.dtype)


def _content(value: Any) -> bytes:
    """Content of one value, with its type."""
    try:
        return _encoded(value)
    except (RecursionError, TypeError) as error:
        raise TypeError(
            f"the content of an object of type {type(value).__name__} cannot be read ({error}). So its prediction "
            "cannot be kept: pass plain values, arrays or texts"
        ) from None


def _encoded(value: Any) -> bytes:
    if value is None or type(value) in _PLAIN:
        return f"{type(value).__name__}:{value!r}".encode("utf-8", "surrogatepass")
    if isinstance(value, bytes | bytearray):
        return b"bytes:" + bytes(value)
    if isinstance(value, str):  # numpy's
        return f"str:{str(value)!r}".encode("utf-8", "surrogatepass")
    if isinstance(value, np.generic) and value.dtype.kind in _BYTES_TELL:
        return f"{value.dtype.str}:".encode() + value.tobytes()
    if isinstance(value, type) or inspect.isroutine(value):
        return f"name:{value.__module__}:{value.__qualname__}".encode()
    if isinstance(value, Mapping):  # in its order: a prompt that is made of it has that too
        return b"mapping:" + b"".join(_framed(_encoded(one)) for pair in value.items() for one in pair)
    if isinstance(value, set | frozenset):
        return b"set:" + b"".join(sorted(_framed(_encoded(one)) for one in value))
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}:".encode() + b"".join(_framed(_encoded(one)) for one in value)
    if hasattr(value, "getpixel") and hasattr(value, "tobytes"):
        return f"image:{value.mode}:{value.size}:".encode() + bytes(value.tobytes())
    array = _array_of(value)
    if array is not None:
        return _encoded_array(value, array)
    if nw.dependencies.is_into_dataframe(value) or hasattr(value, "tocsr"):
        header, rows = _rows_of(value)
        return _framed(header) + b"".join(map(_framed, rows))
    return _reduced(value)


def _encoded_array(value: Any, array: NDArray[Any]) -> bytes:
    head = f"array:{_type_of(value)}:{array.shape}:".encode()
    if isinstance(array, np.ma.MaskedArray):
        return head + _framed(_encoded(np.ma.getmaskarray(array))) + _encoded(array.filled())
    if array.dtype.kind in _BYTES_TELL:
        return head + np.ascontiguousarray(array).tobytes()
    # The type of texts has the length of the longest one in a batch.
    return f"array:{array.shape}:".encode() + b"".join(_framed(_encoded(one)) for one in array.ravel().tolist())


def _reduced(value: Any) -> bytes:
    """Content of any other object, by what pickle would make it again from."""
    parts = value.__reduce_ex__(2)
    kind = f"object:{type(value).__module__}:{type(value).__qualname__}:".encode()
    if isinstance(parts, str):
        return kind + parts.encode()
    known = [list(one) if hasattr(one, "__next__") else one for one in parts]
    return kind + b"".join(_framed(_encoded(one)) for one in known)


def _framed(content: bytes) -> bytes:
    """With its length before it, so that what follows is told apart from it."""
    return len(content).to_bytes(8, "little") + content
