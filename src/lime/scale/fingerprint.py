"""Digests of data, settings and explainers: equal where the content is, in every process."""

from __future__ import annotations

import functools
import hashlib
import types
from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from lime.scale.data import is_sparse
from lime.scale.tags import tag_of

__all__ = ["CACHES", "digest"]

CACHES = frozenset({"_fixed_laws"})
"""Attributes of explainers that only remember what can be worked out again: they fill with use."""

FILLED = CACHES | {"_choice"}
"""These, and what an explainer chose when it was first used, which files keep."""


def digest(value: Any) -> str:
    """Return a hexadecimal digest of a value.

    Numbers, text, arrays, frames, containers of these, functions (by name, code and what they close over) and
    objects (by class and attributes). Two values with equal content have equal digests; random states and caches
    are left out. Of an object without attributes of its own, only the class counts.
    """
    found = hashlib.blake2b(digest_size=16)
    _feed(found, value, ())
    return found.hexdigest()


def _feed(found: Any, value: Any, above: tuple[int, ...]) -> None:
    def note(kind: str, *parts: Any) -> None:
        found.update(f"<{kind}:{':'.join(map(str, parts))}>".encode("utf-8", "surrogatepass"))

    if value is None or isinstance(value, bool | int | float | complex | str):
        note(type(value).__name__, len(value) if isinstance(value, str) else "", repr(value))
    elif isinstance(value, bytes):
        note("bytes", len(value))
        found.update(value)
    elif isinstance(value, np.random.RandomState | np.random.Generator):
        note("random")
    elif isinstance(value, np.dtype | type):
        note("type", value if isinstance(value, np.dtype) else _place(value))
    elif isinstance(value, np.generic):
        _feed(found, value.item(), above)
    elif id(value) in above:
        note("above")
    elif isinstance(value, np.ndarray) and value.dtype != object:
        note("array", value.dtype.str, value.shape)
        found.update(np.ascontiguousarray(value).view(np.uint8).data if value.dtype.kind in "biufcmM" else b"")
        if value.dtype.kind not in "biufcmM":
            _feed(found, value.tolist(), above)
    elif isinstance(value, np.ndarray):
        note("objects", value.shape)
        _feed(found, value.ravel().tolist(), (*above, id(value)))
    elif is_sparse(value):
        csr = value.tocsr()
        note("sparse", csr.shape)
        for part in (csr.indptr - csr.indptr[0], csr.indices, csr.data):
            _feed(found, np.asarray(part), above)
    elif nw.dependencies.is_into_series(value):
        _feed_series(found, nw.from_native(value, series_only=True), above)
    elif nw.dependencies.is_pandas_index(value):
        note("index", value.dtype)  # its attributes hold what it has been asked for so far
        _feed(found, value.tolist(), above)
    elif nw.dependencies.is_into_dataframe(value):
        frame = nw.from_native(value, eager_only=True)
        note("frame", len(frame), len(frame.columns))
        for name in frame.columns:
            note("column", repr(name))
            _feed_series(found, frame.get_column(name), above)  # frame[0] would be a row
    elif isinstance(value, Mapping):
        note("mapping", len(value))
        for key in sorted(value, key=repr):
            _feed(found, key, above)
            _feed(found, value[key], (*above, id(value)))
    elif isinstance(value, list | tuple | set | frozenset | range):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        note("sequence", len(items))
        for item in items:
            _feed(found, item, (*above, id(value)))
    elif isinstance(value, functools.partial):
        note("partial", _place(type(value)))
        _feed(found, [value.func, list(value.args), value.keywords], (*above, id(value)))
    elif isinstance(value, types.FunctionType):
        note("function", _place(value))
        if not _is_ours(value):  # ours may be mended, and stand elsewhere, in the next release
            _feed_code(found, value.__code__, above)
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        _feed(found, [cells, value.__defaults__, value.__kwdefaults__], (*above, id(value)))
    elif isinstance(value, types.BuiltinFunctionType):
        note("builtin", value.__module__, value.__qualname__)
    elif isinstance(value, types.MethodType):
        note("method", value.__func__.__qualname__)
        _feed(found, value.__self__, (*above, id(value)))
    elif hasattr(value, "detach") and hasattr(value, "numpy"):
        _feed(found, value.detach().cpu().numpy(), above)
    else:
        note("object", _place(type(value)))
        state = getattr(value, "__dict__", None)
        if state:
            kept = {key: part for key, part in state.items() if key not in FILLED}
            _feed(found, kept, (*above, id(value)))
        elif "__repr__" in {name for kind in type(value).__mro__[:-1] for name in vars(kind)}:
            note("says", repr(value))


def _is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "lime"


def _place(value: Any) -> str:
    """What a class or function is called: ours by a tag or its name, whatever module holds it."""
    if _is_ours(value):
        return f"lime:{tag_of(value) or value.__qualname__}"
    return f"{value.__module__}:{value.__qualname__}"


def _feed_series(found: Any, series: Any, above: tuple[int, ...]) -> None:
    if series.dtype.is_numeric() and not series.is_null().any():
        _feed(found, series.to_numpy(), above)
    else:
        _feed(found, series.to_list(), above)


def _feed_code(found: Any, code: types.CodeType, above: tuple[int, ...]) -> None:
    _feed(found, code.co_code, above)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _feed_code(found, constant, above)
        else:
            _feed(found, constant, above)
    _feed(found, [code.co_names], above)
