"""Explanations of many rows as one long table: one record for each row, label and feature.

The columns and their types do not hang on the content, so that parts of a table can be explained anywhere and put
under one another:

==================  =======  ==========================================================================
column              type     holds
==================  =======  ==========================================================================
``row``             int      where the row stands in the data
``id``              int or   what the data calls it
                    text
``label``           int      class or output; missing where the row could not be explained
``feature``         text     as in `Explanation.as_list`; missing where there is none
``index``           int      feature id
``name``            text     name of the column, word or region by itself
``value``           text     the row's value
``number``          float    the same where it is a number
``low``, ``high``   float    bounds of the row's bin, missing where open
``weight``          float
``standard_error``  float    missing where unknown
``prediction``      float    the model's prediction
``intercept``       float
``fit``             float    weighted R²
``error``           text     why the row could not be explained
``contribution``    float    what the feature adds to the baseline, missing where unknown
``baseline``        float    the surrogate's mean over the neighbourhood, missing where unknown
==================  =======  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lime._optional import require
from lime.results.columns import VALUE_TYPES, Columns

__all__ = ["TIDY", "Cells", "frame_of", "tidy"]

Kind = Literal["int", "float", "text"]

TIDY: dict[str, Kind] = {
    "row": "int",
    "id": "int",
    "label": "int",
    "feature": "text",
    "index": "int",
    "name": "text",
    "value": "text",
    "number": "float",
    "low": "float",
    "high": "float",
    "weight": "float",
    "standard_error": "float",
    "prediction": "float",
    "intercept": "float",
    "fit": "float",
    "error": "text",
    "contribution": "float",
    "baseline": "float",
}
"""Types of the columns; ``id`` is text where the data's own names of rows are not whole numbers."""

NULLABLE = ("label", "index")
"""Columns of whole numbers that may be missing."""


@dataclass(frozen=True)
class Cells:
    """One column: numbers, of which NaN or `missing` ones are not there, or words with a code for each record."""

    kind: Kind
    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None
    words: Sequence[str] | None = None


def tidy(columns: Columns, more: bool = False) -> dict[str, Cells]:
    """Return the columns of `TIDY` for some rows.

    Parameters
    ----------
    columns : Columns
    more : bool
        Whether to add what a file needs for making the explanations again.
    """
    labels = np.diff(columns.label_start)
    weights = np.diff(columns.feature_start)
    # A row without labels and a label without features keep a record each.
    entry_row = np.repeat(np.arange(len(columns)), np.maximum(labels, 1))
    entry = np.full(len(entry_row), -1)
    entry[np.repeat(labels > 0, np.maximum(labels, 1))] = np.arange(len(columns.label))
    count = np.where(entry >= 0, np.maximum(_at(weights, entry, 1), 1), 1)
    row, label = np.repeat(entry_row, count), np.repeat(entry, count)
    feature = np.full(len(row), -1)
    feature[(label >= 0) & (_at(weights, label, 0) > 0)] = np.arange(len(columns.index))

    value, kinds = columns.values(), columns.value_type
    numbers = np.where((kinds == 0) | (kinds == 3), np.nan, columns.value)
    word = _at(columns.word, feature, -1)
    lows, highs = (
        np.array([np.nan if one[k] is None else one[k] for one in columns.words], dtype=np.float64) for k in (2, 3)
    )
    no_label, no_feature = label < 0, feature < 0
    failed = sorted(columns.errors)
    reason = np.full(len(columns), -1)
    reason[failed] = np.arange(len(failed))
    found = {
        "row": Cells("int", columns.positions[row]),
        "id": _ids(columns.ids, row),
        "label": Cells("int", _at(columns.label, label, 0), no_label),
        "feature": Cells("text", word, words=[one[0] for one in columns.words]),
        "index": Cells("int", _at(columns.index, feature, 0), no_feature),
        "name": Cells("text", word, words=[one[1] for one in columns.words]),
        "value": _texts([None if k < 0 or value[k] is None else _text(value[k]) for k in feature.tolist()]),
        "number": Cells("float", _at(numbers, feature, np.nan)),
        "low": Cells("float", _at(lows, word, np.nan)),
        "high": Cells("float", _at(highs, word, np.nan)),
        "weight": Cells("float", _at(columns.weight, feature, np.nan)),
        "standard_error": Cells("float", _at(columns.standard_error, feature, np.nan)),
        "prediction": Cells("float", _at(columns.prediction, label, np.nan)),
        "intercept": Cells("float", _at(columns.intercept, label, np.nan)),
        "fit": Cells("float", _at(columns.score, label, np.nan)),
        "error": Cells("text", reason[row], words=[columns.errors[place] for place in failed]),
        "contribution": Cells("float", _at(columns.contribution, feature, np.nan)),
        "baseline": Cells("float", _at(columns.baseline, label, np.nan)),
    }
    if more:
        first = np.append(True, np.diff(row) > 0) if len(row) else np.empty(0, dtype=bool)
        found |= {
            "value_type": Cells("text", _at(kinds.astype(np.int64), feature, 0) - 1, words=VALUE_TYPES[1:]),
            "held_out_fit": Cells("float", _at(columns.held_out_score, label, np.nan)),
            "local_prediction": Cells("float", _at(columns.local_prediction, label, np.nan)),
            "degrees_of_freedom": Cells("float", _at(columns.degrees, label, np.nan)),
            "details": Cells("text", np.where(first, row, -1), words=columns.lines()),
        }
    return found


def frame_of(parts: Sequence[dict[str, Cells]], backend: str) -> Any:
    """Put parts under one another, at least one, in a frame of a library."""
    library = require(backend, f"backend={backend!r}")
    parts = [_same_ids(part, parts) for part in parts]
    build = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}[backend]
    frames = [build(library, part) for part in parts]
    if len(frames) == 1:
        return frames[0]
    if backend == "pandas":
        return library.concat(frames, ignore_index=True)
    return library.concat(frames) if backend == "polars" else library.concat_tables(frames)


def _same_ids(part: dict[str, Cells], parts: Sequence[dict[str, Cells]]) -> dict[str, Cells]:
    """Write numbers as text where another part has text for ids."""
    if "id" not in part or part["id"].kind == "text" or all(one["id"].kind == "int" for one in parts):
        return part
    return {**part, "id": _texts([str(number) for number in part["id"].values.tolist()])}


def _pandas(pandas: Any, part: dict[str, Cells]) -> Any:
    text = pandas.Series([""]).dtype  # pandas' own choice, which changed with its release 3
    made = {}
    for name, cells in part.items():
        if cells.words is not None:
            words = np.array([*cells.words, None], dtype=object)
            made[name] = pandas.Series(words[cells.values], dtype=text)
        elif name in NULLABLE:
            made[name] = pandas.Series(pandas.arrays.IntegerArray(cells.values.astype(np.int64), _missing(cells)))
        else:
            made[name] = pandas.Series(cells.values)
    return pandas.DataFrame(made)


def _polars(polars: Any, part: dict[str, Cells]) -> Any:
    made = []
    for name, cells in part.items():
        if cells.words is not None:
            words = polars.Series(name, _encodable(cells.words), dtype=polars.String)
            codes = polars.Series(cells.values.astype(np.int64)).to_frame("code")
            places = codes.select(polars.when(polars.col("code") >= 0).then(polars.col("code")))
            made.append(words.gather(places.to_series()).alias(name))
            continue
        series = polars.Series(name, cells.values)
        missing = _missing(cells)
        if missing.any():
            series = series.scatter(np.flatnonzero(missing), None)
        made.append(series)
    return polars.DataFrame(made)


def _pyarrow(pyarrow: Any, part: dict[str, Cells]) -> Any:
    made = {}
    for name, cells in part.items():
        if cells.words is not None:
            words = pyarrow.array(_encodable(cells.words), type=pyarrow.string())
            codes = pyarrow.array(np.maximum(cells.values, 0), mask=cells.values < 0)
            made[name] = words.take(codes)
        else:
            missing = _missing(cells)
            made[name] = pyarrow.array(cells.values, mask=missing if missing.any() else None)
    return pyarrow.table(made)


def _encodable(words: Sequence[str]) -> list[str]:
    """Write lone surrogates, which UTF-8 does not know, as escapes."""
    return [word.encode("utf-8", "backslashreplace").decode("utf-8") for word in words]


def _missing(cells: Cells) -> NDArray[np.bool_]:
    if cells.missing is not None:
        return cells.missing
    if cells.kind == "float":
        found: NDArray[np.bool_] = np.isnan(cells.values)
        return found
    return np.zeros(len(cells.values), dtype=bool)


def _at(values: NDArray[Any], places: NDArray[Any], otherwise: Any) -> NDArray[Any]:
    """Values at some places; `otherwise` at the negative ones."""
    if not len(values):
        return np.full(len(places), otherwise)
    result: NDArray[Any] = np.where(places >= 0, values[np.maximum(places, 0)], otherwise)
    return result


def _ids(ids: NDArray[Any], row: NDArray[np.int64]) -> Cells:
    if ids.dtype == object:
        return Cells("text", row, words=ids.tolist())
    return Cells("int", ids[row])


def _texts(cells: list[str | None]) -> Cells:
    codes: dict[str, int] = {}
    places = [-1 if cell is None else codes.setdefault(cell, len(codes)) for cell in cells]
    return Cells("text", np.array(places, dtype=np.int64), words=list(codes))


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
