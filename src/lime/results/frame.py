"""Records as a data frame of whichever library is at hand."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

__all__ = ["BACKENDS", "COLUMNS", "records_to_frame"]

BACKENDS = ("pandas", "polars", "pyarrow")
COLUMNS = ("feature", "index", "name", "value", "low", "high", "weight", "standard_error", "label")


def records_to_frame(records: Sequence[dict[str, Any]], backend: str | None = None) -> Any:
    """Build a data frame with the columns `COLUMNS` from records.

    Parameters
    ----------
    records : sequence of dict
    backend : {"pandas", "polars", "pyarrow"} or None
        None takes pandas if it is installed, else polars, else pyarrow.

    Raises
    ------
    ValueError
        An unknown backend.
    ImportError
        The backend is not installed, or none is.

    Notes
    -----
    A column of polars or pyarrow holds one type, so there a `value` column that mixes types becomes text.
    """
    if backend is None:
        backend = next((name for name in BACKENDS if importlib.util.find_spec(name)), None)
        if backend is None:
            raise ImportError("to_frame needs pandas, polars or pyarrow; none of them is installed")
    if backend not in BACKENDS:
        raise ValueError(f"backend={backend!r}: expected one of {', '.join(map(repr, BACKENDS))}, or None")
    library: Any = importlib.import_module(backend)
    columns: dict[str, list[Any]] = {name: [record[name] for record in records] for name in COLUMNS}
    if backend != "pandas":
        columns["value"] = _one_type(columns["value"])
    if backend == "pyarrow":
        return library.table(columns)
    return library.DataFrame(columns)


def _one_type(values: list[Any]) -> list[Any]:
    """Keep a column that is of one type, or of ints and floats; turn any other into text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1:
        return values
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]
