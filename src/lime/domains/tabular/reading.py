"""Reading tables: from numpy, pandas, polars, pyarrow and lists to columns of float64, and what it takes to go back."""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NoReturn, cast

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from lime.domains.tabular.forms import (
    NOT_A_VALUE,
    Accepts,
    ColumnInfo,
    Kind,
    Storage,
    as_objects,
    counted,
    in_order,
    is_missing,
    listing,
    plain_value,
)
from lime.domains.tabular.scales import EXACT, ValueKind, What, detail_of, exceeds_floats, scale_of, what_is
from lime.engine.inspection import is_whole


def is_pandas_series(value: Any) -> bool:
    """Whether it is a Series of pandas."""
    return bool(nw.dependencies.is_pandas_series(value))


def is_record_batch(value: Any) -> bool:
    """Whether it is one batch of pyarrow."""
    pyarrow = nw.dependencies.get_pyarrow()
    return pyarrow is not None and isinstance(value, pyarrow.RecordBatch)


def is_sparse_dtype(dtype: Any) -> bool:
    """Whether a dtype is pandas' Sparse[...]; pandas must not be imported to find out."""
    return type(dtype).__name__ == "SparseDtype"


def as_frame(data: Any, argument: str) -> tuple[Kind, Any, list[Hashable]] | None:
    """Kind, native frame and column labels; None where the data is no frame."""
    data = nw.to_native(data, pass_through=True)
    if is_record_batch(data):
        data = nw.dependencies.get_pyarrow().Table.from_batches([data])
    if nw.dependencies.is_pandas_dataframe(data):
        labels: list[Hashable] = list(data.columns)
        kind: Kind = "pandas"
    else:
        try:
            frame = nw.from_native(data, pass_through=True)
        except Exception as error:
            raise ValueError(f"{argument} is a {type(data).__name__} that cannot be read: {error}") from error
        if isinstance(frame, nw.LazyFrame):
            raise ValueError(f"{argument} is a lazy frame ({type(data).__name__}); collect it first")
        if not isinstance(frame, nw.DataFrame):
            return None
        implementation = frame.implementation
        data = frame.to_native()
        if implementation.is_pandas():
            labels, kind = list(data.columns), "pandas"
        elif implementation.is_polars():
            labels, kind = list(data.columns), "polars"
        elif implementation.is_pyarrow():
            labels, kind = list(data.column_names), "pyarrow"
        else:
            raise ValueError(
                f"{argument} is a frame of {implementation}; "
                "expected a numpy array or a pandas, polars or pyarrow frame"
            )
    texts = [str(label) for label in labels]
    if len(set(texts)) != len(texts):
        twice = sorted({text for text in texts if texts.count(text) > 1})
        raise ValueError(f"{argument} has more than one column named {listing(twice)}; column names must differ")
    return kind, data, labels


def as_array(data: Any, argument: str) -> npt.NDArray[Any]:
    """Two-dimensional array of numbers, booleans, strings or objects."""
    if isinstance(data, Mapping):
        raise ValueError(
            f"{argument} is a {type(data).__name__} of {counted(len(data), 'column')}; "
            "make a frame of it first, as by pandas.DataFrame(...) or polars.DataFrame(...)"
        )
    if isinstance(data, np.ma.MaskedArray):
        plain = np.float64 if data.dtype.kind in "fiu" else object
        array = np.where(np.ma.getmaskarray(data), np.nan, data.data.astype(plain))
    elif isinstance(data, np.ndarray):
        array = np.asarray(data)
    elif isinstance(data, list | tuple):
        array = _array_of_lists(data, argument)
    else:
        array = np.asarray(data)
    if array.ndim != 2:
        raise ValueError(
            f"{argument} is a {type(data).__name__} of {counted(array.ndim, 'dimension')}; "
            "expected a table of rows and columns (a 2-D array, or a pandas, polars or pyarrow frame)"
        )
    if array.dtype.kind == "M" and np.datetime_data(array.dtype)[0] in ("Y", "M", "W"):
        array = array.astype("M8[D]")
    if array.dtype.kind not in "fiubUTOMm" or array.dtype in ("M8", "m8"):
        _refuse_dtype(argument, "the array", array.dtype)
    return array


def _array_of_lists(data: Sequence[Any], argument: str) -> npt.NDArray[Any]:
    if any(isinstance(row, Mapping | str) for row in data):
        raise ValueError(f"{argument} is a list of {type(data[0]).__name__}; expected a list of rows of equal length")
    try:
        array = np.array(data, dtype=object)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.ndim == 1 and any(isinstance(row, Sequence | np.ndarray) for row in data):
        raise ValueError(f"{argument} is a list of rows of unequal length; expected a table of rows and columns")
    # numpy alone would turn a row of numbers and strings into strings.
    kinds = {type(plain_value(value)) for value in array.ravel()}
    if kinds and (kinds <= {int, float} or (len(kinds) == 1 and kinds <= {bool, str})):
        plain = np.array(array.tolist())
        # Whole numbers beyond 64 bits, or beside fractions, where numpy makes floats of them, stay as they are.
        rounded = plain.dtype.kind == "f" and int in kinds and exceeds_floats(plain)
        return plain if plain.dtype.kind in "fiubU" and not rounded else array
    return array


def row_of(row: Any) -> npt.NDArray[Any]:
    """One row as an array of one dimension."""
    if isinstance(row, np.ma.MaskedArray):
        filled: npt.NDArray[Any] = row.data.astype(object)
        filled[np.ma.getmaskarray(row)] = None
        return filled
    if isinstance(row, np.ndarray):
        return np.asarray(row)
    if isinstance(row, list | tuple):
        if len(row) == 1 and isinstance(row[0], list | tuple | np.ndarray) and np.ndim(row[0]) == 1:
            return row_of(row[0])
        if row and all(isinstance(value, list | tuple | np.ndarray) and np.ndim(value) == 1 for value in row):
            return np.empty((len(row), len(row[0])), dtype=object)
        return as_objects(row)
    series = nw.from_native(row, allow_series=True, pass_through=True)
    if isinstance(series, nw.Series):
        return as_objects(series.to_list())
    if isinstance(row, str | bytes) or not (hasattr(row, "__array__") or isinstance(row, Sequence)):
        raise ValueError(
            f"data_row is a {type(row).__name__}; "
            "expected a row of values (array, list, Series, dict or a frame of one row)"
        )
    return np.asarray(row)


def native_column(kind: Kind, native: Any, j: int) -> Any:
    """A column of a native frame by its position."""
    if kind == "pandas":
        series = native.iloc[:, j]
        return series.sparse.to_dense() if is_sparse_dtype(series.dtype) else series
    if kind == "polars":
        return native.to_series(j)
    return native.column(j)


def to_list(series: Any) -> list[Any]:
    """The values of a Series of any library."""
    return cast("list[Any]", series.to_pylist() if hasattr(series, "to_pylist") else series.to_list())


def _refuse_dtype(argument: str, where: str, dtype: Any) -> NoReturn:
    raise ValueError(
        f"{argument} has values of type {dtype} in {where}, which are neither numbers nor categories; "
        "convert them to a number, or to strings to have them taken as categories"
    )


def floats(kind: Kind, series: Any) -> npt.NDArray[np.float64]:
    """Numbers of a numeric frame column, missing ones as NaN."""
    if kind == "pandas":
        result = series.to_numpy(dtype=np.float64, na_value=np.nan)
    elif kind == "polars":
        result = nw.from_native(series, series_only=True).cast(nw.Float64()).to_numpy()
    else:
        result = series.cast("float64", safe=False).to_numpy()
    return cast("npt.NDArray[np.float64]", np.asarray(result, dtype=np.float64))


def read_column(
    kind: Kind, native: Any, j: int, name: str, listed: bool
) -> tuple[ColumnInfo, Storage, npt.NDArray[np.float64]]:
    """What one column is, how it is stored, and its numbers."""
    where = f"column {name!r}"
    if kind == "numpy":
        dtype = native.dtype
        values = native[:, j].tolist()
        if dtype.kind in "iu":
            result = native[:, j].astype(np.float64)
            if exceeds_floats(result):
                return _read_large(name, values, dtype, listed, None)
            return ColumnInfo(name, listed, None, False, True), Storage(dtype, "number", np.nan), result
        if dtype.kind in "Mm":
            what: What = "datetime" if dtype.kind == "M" else "timedelta"
            ticks = native[:, j].astype(f"{dtype.kind}8[us]").tolist()
            return _read_scaled(name, ticks, ValueKind(what, dtype), listed)
        if dtype.kind in "UT":
            return _read_categories(name, values, Storage(dtype, "str", None))
        return _read_objects(name, values, dtype, listed)

    series = native_column(kind, native, j)
    dtype = series.type if kind == "pyarrow" else series.dtype
    form = nw.from_native(series, series_only=True).dtype
    if str(dtype).lower() in ("null", "null[pyarrow]"):
        return _read_categories(name, to_list(series), Storage(dtype, "any", None))
    if kind == "pandas" and str(dtype) == "object":
        return _read_objects(name, to_list(series), dtype, listed)
    if isinstance(form, nw.Boolean):
        return _read_categories(name, to_list(series), Storage(dtype, "bool", np.nan))
    if isinstance(form, nw.String):
        return _read_categories(name, to_list(series), Storage(dtype, "str", None))
    if isinstance(form, nw.Categorical | nw.Enum):
        accepts: Accepts = "any"
        values = to_list(series)
        if kind == "polars":
            accepts = "str"
        elif kind == "pyarrow":
            given = [value for value in values if value is not None]
            accepts = "number" if given and isinstance(given[0], numbers.Real) else "str"
        return _read_categories(name, values, Storage(dtype, accepts, None))
    scaled = _scaled_form(form, dtype)
    if scaled is not None:
        values = to_list(series)
        detail = str(dtype)[len("period[") : -1] if scaled == "period" else getattr(form, "time_zone", None)
        return _read_scaled(name, values, ValueKind(scaled, dtype, detail), listed)
    if not (form.is_integer() or form.is_float()):
        _refuse_dtype("training_data", where, dtype)
    numbers_ = floats(kind, series)
    if form.is_integer() and exceeds_floats(numbers_):
        return _read_large(name, to_list(series), dtype, listed, None)
    missing: Any = np.nan
    if kind in ("polars", "pyarrow"):
        # These libraries tell NaN from null; the matrix does not. What the column used is what it gets back.
        absent = np.isnan(numbers_)
        has_null = series.null_count() if kind == "polars" else series.null_count
        missing = np.nan if absent.any() and not has_null else None
    column = ColumnInfo(name, listed, None, bool(np.isnan(numbers_).any()), form.is_integer())
    return column, Storage(dtype, "number", missing), numbers_


def _scaled_form(form: Any, dtype: Any) -> What | None:
    """What a frame's column of dates, times or decimals is; None where it is none of these."""
    if isinstance(form, nw.Datetime):
        return "datetime"
    if isinstance(form, nw.Date) or str(dtype).startswith("date64"):
        return "date"
    if isinstance(form, nw.Duration):
        return "timedelta"
    if isinstance(form, nw.Decimal):
        return "decimal"
    return "period" if str(dtype).startswith("period[") else None


def _read_scaled(
    name: str, values: list[Any], kind: ValueKind, listed: bool
) -> tuple[ColumnInfo, Storage, npt.NDArray[np.float64]]:
    """A column of values that no float holds as they are."""
    scale, result = scale_of(kind, values, name)
    missing = np.isnan(result)
    absent = values[int(np.argmax(missing))] if missing.any() else None
    column = ColumnInfo(name, listed, None, bool(missing.any()), scale.is_whole)
    return column, Storage(kind.dtype, "number", absent, scale), result


def _read_large(
    name: str, values: list[Any], dtype: Any, listed: bool, form: str | None
) -> tuple[ColumnInfo, Storage, npt.NDArray[np.float64]]:
    """A column of whole numbers, some of them beyond what floats tell apart."""
    given = [value for value in values if not is_missing(value)]
    if max(map(abs, given), default=0) <= EXACT:
        missing = next((value for value in values if is_missing(value)), None)
        result = _as_floats(name, [np.nan if is_missing(value) else value for value in values])
        return ColumnInfo(name, listed, None, len(given) < len(values), True), Storage(dtype, "number", missing), result
    if listed:
        return _read_categories(name, values, Storage(dtype, "number", None))
    return _read_scaled(name, values, ValueKind("integer", dtype, form=form), listed)


def numbers_of_objects(array: npt.NDArray[Any]) -> npt.NDArray[np.float64] | None:
    """Return an array of Python objects as floats; None where one is no number, or a number that no float holds."""
    if array.dtype.kind == "b":
        return array.astype(np.float64)
    kinds = set(map(type, array.ravel()))
    missing = {kind for kind in kinds if kind is type(None) or kind.__name__ in ("NAType", "NaTType")}
    if kinds == missing or not all(issubclass(kind, numbers.Real | Decimal | np.bool_) for kind in kinds - missing):
        return None
    plain = array
    if missing:
        absent = np.array([is_missing(value) for value in array.ravel()]).reshape(array.shape)
        plain = np.where(absent, np.nan, array)
    try:
        result = plain.astype(np.float64)
    except OverflowError:
        return None
    large = np.abs(result) > EXACT
    rounded = any(isinstance(value, numbers.Integral) for value in plain[large])
    return None if rounded else result


def as_plain(array: npt.NDArray[Any], listed: Sequence[int]) -> npt.NDArray[Any]:
    """Return an array without a string in it as floats, as lime 0.2.0.1 reads it.

    Where columns that are `listed` as categories hold whole numbers, objects stay objects: some models look these up,
    and know no 1.0 where they have seen 1.
    """
    floats = numbers_of_objects(array) if array.dtype.kind in "Ob" else None
    if floats is None:
        return array
    whole = [j for j in listed if all(is_whole(value) for value in array[:, j])]
    if not whole:
        return floats
    result = floats.astype(object)
    for j in whole:
        result[:, j] = [int(value) for value in array[:, j]]
    return result


def read_columns(
    kind: Kind, native: Any, names: Sequence[str], listed: frozenset[int]
) -> tuple[tuple[ColumnInfo, ...], tuple[Storage, ...], npt.NDArray[np.float64]]:
    """What all columns are, how they are stored, and their numbers."""
    plain, dtype = False, np.dtype(np.float64)
    if kind == "numpy":
        dtype = native.dtype
        narrow = dtype.kind in "iu" and (dtype.itemsize < 8 or not exceeds_floats(native.astype(np.float64)))
        plain = dtype.kind == "f" or narrow
    elif kind == "pandas":
        plain = bool((native.dtypes == np.float64).all())
    if plain:
        # All columns alike: at once, which counts where there are thousands.
        matrix = np.array(native, dtype=np.float64, order="C")
        missing: list[bool] = [bool(some) for some in np.atleast_1d(np.isnan(matrix).any(axis=0))]
        integer = dtype.kind in "iu"
        columns = tuple(ColumnInfo(name, j in listed, None, missing[j], integer) for j, name in enumerate(names))
        return columns, (Storage(dtype, "number", np.nan),) * len(names), matrix
    matrix = np.empty((len(native), len(names)))
    found = []
    for j, name in enumerate(names):
        column, stored, matrix[:, j] = read_column(kind, native, j, name, j in listed)
        if kind == "pandas" and is_sparse_dtype(native.dtypes.iloc[j]):
            stored = replace(stored, dtype=native.dtypes.iloc[j])
        found.append((column, stored))
    return tuple(column for column, _ in found), tuple(stored for _, stored in found), matrix


def _read_categories(
    name: str, values: list[Any], storage: Storage
) -> tuple[ColumnInfo, Storage, npt.NDArray[np.float64]]:
    missing = [is_missing(value) for value in values]
    distinct = dict.fromkeys(value for value, absent in zip(values, missing, strict=True) if not absent)
    categories = in_order(distinct)
    codes = {value: code for code, value in enumerate(categories)}
    numbers_ = np.array(
        [np.nan if absent else codes[value] for value, absent in zip(values, missing, strict=True)],
        dtype=np.float64,
    )
    return ColumnInfo(name, True, categories, any(missing), False), storage, numbers_


def _as_floats(name: str, values: list[Any]) -> npt.NDArray[np.float64]:
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise ValueError(f"training_data has a number beyond the range of floats in column {name!r}") from error


def _read_objects(
    name: str, values: list[Any], dtype: Any, listed: bool
) -> tuple[ColumnInfo, Storage, npt.NDArray[np.float64]]:
    """A column of Python objects: numbers where all are, else categories."""
    kinds = set(map(type, values))
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        # The common case without a look at each value in Python.
        result = _as_floats(name, values)
        if float not in kinds and exceeds_floats(result):
            return _read_large(name, values, dtype, listed, "int")
        missing = np.isnan(result)
        first = values[int(np.argmax(missing))] if missing.any() else np.nan
        if not missing.all():
            integer = not any(isinstance(values[i], float) for i in np.flatnonzero(~missing))
            column = ColumnInfo(name, listed, None, bool(missing.any()), integer)
            return column, Storage(dtype, "number", first), result
    if kinds != {str}:
        values = [plain_value(value) for value in values]
    given = [value for value in values if not is_missing(value)]
    forms = {type(value) for value in given}
    if Decimal in forms and forms <= {Decimal, float, int}:
        return _read_scaled(name, values, ValueKind("decimal", dtype, form="Decimal"), listed)
    what = what_is(given[0]) if len(forms) == 1 else None
    if what is not None:
        found = ValueKind(what, dtype, detail_of(given[0], what), forms.pop().__name__)
        return _read_scaled(name, values, found, listed)
    for value in given:
        if isinstance(value, NOT_A_VALUE) or not isinstance(value, Hashable):
            _refuse_dtype("training_data", f"column {name!r}", type(value).__name__)
    absent = next((value for value in values if is_missing(value)), None)
    if given and all(isinstance(value, numbers.Real) and not isinstance(value, bool) for value in given):
        integer = all(isinstance(value, numbers.Integral) for value in given)
        if integer and max(map(abs, given)) > EXACT:
            return _read_large(name, values, dtype, listed, "int")
        result = _as_floats(name, [np.nan if is_missing(value) else value for value in values])
        if len(given) == len(values):
            absent = np.nan
        column = ColumnInfo(name, listed, None, len(given) < len(values), integer)
        return column, Storage(dtype, "number", absent), result
    accepts: Accepts = "bool" if given and all(isinstance(value, bool) for value in given) else "any"
    return _read_categories(name, values, Storage(dtype, accepts, absent))
