"""Records as a data frame of whichever library is at hand."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from lime._optional import install_line, require

__all__ = ["BACKENDS", "COLUMNS", "choose_backend", "columns_to_frame", "records_to_frame"]

BACKENDS = ("pandas", "polars", "pyarrow")
COLUMNS = ("feature", "index", "name", "value", "low", "high", "weight", "standard_error", "contribution", "label")

_WHOLE = ("index", "label", "pixels", "first_step", "last_step", "steps")
_TEXTS = ("feature", "name", "where", "channel")


def records_to_frame(
    records: Sequence[dict[str, Any]], backend: str | None = None, more_columns: Sequence[str] = ()
) -> Any:
    """Build a data frame with the columns `COLUMNS`, and more, from records.

    Parameters
    ----------
    records : sequence of dict
    backend : {"pandas", "polars", "pyarrow"} or None
        None takes pandas if it is installed, else polars, else pyarrow.
    more_columns : sequence of str
        Further keys of every record, such as those that tell where a picture's segment is.

    Raises
    ------
    ValueError
        An unknown backend.
    ImportError
        The backend is not installed, or none is.

    Notes
    -----
    The types do not hang on the content, so that frames of several explanations can be put under one another:
    `feature`, `name`, `where` and `channel` are text; `index`, `pixels`, `first_step`, `last_step`, `steps` and (where
    labels are integers) `label` int64; `low`, `high`, `weight`, `standard_error`, `contribution`, `share`, `row` and
    `column` float64. Only `value` has two: float64 where all values are numbers or missing, else text.
    """
    names = (*COLUMNS, *more_columns)
    return columns_to_frame({name: _typed(name, [record[name] for record in records]) for name in names}, backend)


def choose_backend(backend: str | None) -> str:
    """Return the name of the frame library to use; None takes the first that is installed.

    Raises
    ------
    ValueError
        An unknown backend.
    ImportError
        None is installed.
    """
    if backend is None:
        backend = next((name for name in BACKENDS if importlib.util.find_spec(name)), None)
        if backend is None:
            raise ImportError(
                f"to_frame needs pandas, polars or pyarrow, of which none is installed: {install_line('pandas')}"
            )
    if backend not in BACKENDS:
        raise ValueError(f"backend={backend!r}: expected one of {', '.join(map(repr, BACKENDS))}, or None")
    return backend


def columns_to_frame(columns: Mapping[str, tuple[str, list[Any]]], backend: str | None = None) -> Any:
    """Build a data frame from columns of known types.

    Parameters
    ----------
    columns : mapping of str -> (type, cells)
        The types are "text", "int" and "float"; None is a missing cell.
    backend : {"pandas", "polars", "pyarrow"} or None
        None takes pandas if it is installed, else polars, else pyarrow.

    Raises
    ------
    ValueError
        An unknown backend.
    ImportError
        The backend is not installed, or none is.
    """
    backend = choose_backend(backend)
    library = require(backend, f"backend={backend!r}")
    if backend == "pandas":
        # pandas' own choice for text, which changed with its release 3.
        types = {"text": library.Series([""]).dtype, "int": "int64", "float": "float64"}
        return library.DataFrame(
            {name: library.Series(cells, dtype=types[kind]) for name, (kind, cells) in columns.items()}
        )
    if backend == "polars":
        types = {"text": library.String, "int": library.Int64, "float": library.Float64}
        return library.DataFrame(
            [library.Series(name, cells, dtype=types[kind]) for name, (kind, cells) in columns.items()]
        )
    types = {"text": library.string(), "int": library.int64(), "float": library.float64()}
    return library.table({name: library.array(cells, type=types[kind]) for name, (kind, cells) in columns.items()})


def _typed(name: str, cells: list[Any]) -> tuple[str, list[Any]]:
    """Return the type of a column, "text", "int" or "float", and its cells as that."""
    if name in _WHOLE and all(isinstance(cell, int) and not isinstance(cell, bool) for cell in cells):
        return "int", cells
    if name not in (*_TEXTS, "index", "label") and all(map(_fits_float, cells)):
        return "float", [None if cell is None else float(cell) for cell in cells]
    return "text", [None if cell is None else str(cell) for cell in cells]


def _fits_float(cell: Any) -> bool:
    if cell is None or isinstance(cell, float):
        return True
    if not isinstance(cell, int) or isinstance(cell, bool):
        return False
    try:
        float(cell)
    except OverflowError:
        return False
    return True
