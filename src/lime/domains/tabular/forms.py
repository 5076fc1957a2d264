"""What is known of the columns of a table, and values as plain Python objects and arrays."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from lime.domains.tabular.scales import Scale

FloatMatrix = npt.NDArray[np.float64]
Kind = Literal["numpy", "pandas", "polars", "pyarrow"]
Accepts = Literal["number", "str", "bool", "any"]
"""What a value of a column must be: anything else in a row is refused rather than handed to the model."""

# Both stand for "no value" but live in pandas, which must not be imported for their sake.
_PANDAS_MISSING = ("NAType", "NaTType")
NOT_A_VALUE = (
    *(datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64),
    *(bytes, bytearray, complex, np.complexfloating, Decimal),
    *(list, tuple, dict, set, frozenset, np.ndarray),
)


@dataclass(frozen=True)
class ColumnInfo:
    """What is known of one column of the training data.

    Attributes
    ----------
    name
        The name that explanations show.
    is_categorical
        Whether its values are names of kinds rather than amounts.
    categories
        The native values that the codes 0, 1, ... stand for. None: a number stands for itself.
    has_missing
        Whether the training data had NaN, None or NA in it.
    is_integer
        Whether it was of an integer dtype (or held nothing but integers, where the dtype is object).
    """

    name: str
    is_categorical: bool
    categories: tuple[Any, ...] | None
    has_missing: bool
    is_integer: bool


@dataclass(frozen=True)
class Storage:
    """How the training data stored one column: what it takes to store new values the same way."""

    dtype: Any
    accepts: Accepts
    missing: Any
    scale: Scale | None = None


@dataclass(frozen=True, eq=False)
class Limits:
    """Bounds of what each column can store, arrays (d,), and whether it stores whole numbers alone."""

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    whole: npt.NDArray[np.bool_]


def is_missing(value: Any) -> bool:
    """Whether a value of any library stands for none."""
    if value is None or type(value).__name__ in _PANDAS_MISSING:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def plain_value(value: Any) -> Any:
    """Python's own value for a numpy scalar or an array of one."""
    if isinstance(value, np.str_):
        return str(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def as_objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """One-dimensional object array: numpy would unpack values that are sequences."""
    result = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        result[i] = value
    return result


def as_integers(column: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Round to the nearest integer and clip to the dtype's range; the column holds no NaN."""
    info = np.iinfo(dtype)
    rounded = np.rint(column)
    # The largest 64-bit integer is no float, so that clipping alone would still overflow.
    above, below = rounded >= float(info.max), rounded <= float(info.min)
    result = np.where(above | below, 0.0, rounded).astype(dtype)
    result[above] = info.max
    result[below] = info.min
    return result


def _number_dtype(dtype: Any) -> np.dtype[Any]:
    """Return numpy's dtype for numbers stored as `dtype` of any library; float64 for what is no narrower number."""
    text = str(dtype).lower()
    found = re.search(r"(u?int|float)(8|16|32|64|128)", text)
    if found is not None:
        # Integers of 128 bits are stored as what fits into 64, see `building`.
        kind, bits = found[1], min(int(found[2]), 64)
        return np.dtype(f"{kind}{bits}")
    # What pyarrow calls them.
    named = {"halffloat": np.float16, "float": np.float32}
    return np.dtype(named.get(text.removesuffix("[pyarrow]"), np.float64))


def as_stored(number: float, dtype: Any) -> int:
    """Return the whole number that a float becomes in a column of this dtype of any library."""
    stored = _number_dtype(dtype)
    return int(as_integers(np.array([number]), stored)[0]) if stored.kind in "iu" else int(number)


def limits_of(kind: Kind, columns: Sequence[ColumnInfo], storage: Sequence[Storage]) -> Limits | None:
    """What rows may hold. Integers of arrays take fractions, as the model of arrays is handed floats anyway."""
    d = len(columns)
    low, high, whole = np.full(d, -np.inf), np.full(d, np.inf), np.zeros(d, dtype=np.bool_)
    known: dict[Any, np.dtype[Any]] = {}
    for j, (column, stored) in enumerate(zip(columns, storage, strict=True)):
        if column.categories is not None or stored.scale is not None:
            continue
        dtype = known.get(stored.dtype)
        if dtype is None:
            dtype = known[stored.dtype] = _number_dtype(stored.dtype)
        if dtype.kind == "f" and dtype.itemsize < 8:
            low[j], high[j] = -float(np.finfo(dtype).max), float(np.finfo(dtype).max)
        elif dtype.kind in "iu" and kind != "numpy":
            low[j], high[j] = float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
            whole[j] = True
    return Limits(low, high, whole) if np.isfinite(low).any() else None


def in_order(values: Iterable[Any]) -> tuple[Any, ...]:
    """Sort values; those of several types that cannot be compared type by type, or leave them as they came."""
    values = list(values)
    try:
        return tuple(sorted(values))
    except TypeError:
        by_type: dict[str, list[Any]] = {}
        for value in values:
            by_type.setdefault(type(value).__name__, []).append(value)
        if len(by_type) == 1:
            return tuple(values)
        return tuple(value for _, group in sorted(by_type.items()) for value in in_order(group))


def shortened(value: Any) -> str:
    """Write a value and its type for a message."""
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})"


def counted(number: int, noun: str) -> str:
    """Write a number of things for a message."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def listing(items: Sequence[Any], most: int = 20) -> str:
    """Write the first of some items for a message."""
    text = ", ".join(repr(str(item)) for item in items[:most])
    return text + (f" and {len(items) - most} more" if len(items) > most else "")
