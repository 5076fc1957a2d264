"""Building tables: matrices of float64 as the kind of table that the model was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from lime.domains.tabular.forms import FloatMatrix, Storage, as_integers, as_objects, plain_value
from lime.domains.tabular.reading import is_sparse_dtype

if TYPE_CHECKING:
    from lime.domains.tabular.forms import ColumnInfo
    from lime.domains.tabular.table import Table


def _has_categories(column: ColumnInfo) -> bool:
    return column.categories is not None


def _choices(
    table: Table, j: int, codes: npt.NDArray[np.float64], unseen: Mapping[int, Any]
) -> tuple[list[Any], npt.NDArray[np.intp], bool]:
    """Values that codes stand for, the index of each cell's, and whether the last stands for missing."""
    values = list(table.columns[j].categories or ())
    if j in unseen:
        values.append(plain_value(unseen[j]))
    missing = np.isnan(codes)
    some_missing = bool(missing.any())
    index = np.where(missing, len(values), codes).astype(np.intp)
    if some_missing:
        values.append(None)
    wrong = (index < 0) | (index >= len(values)) | (~missing & (index == len(values) - some_missing))
    if wrong.any():
        table.refuse_code(j, int(index[np.argmax(wrong)]))
    return values, index, some_missing


def _object_column(
    table: Table, j: int, column: npt.NDArray[np.float64], unseen: Mapping[int, Any], keep_integers: bool
) -> npt.NDArray[np.object_]:
    """Python values, as an object array."""
    missing = table.storage[j].missing
    if table.columns[j].categories is not None:
        values, index, some_missing = _choices(table, j, column, unseen)
        if some_missing:
            values[-1] = missing
        return as_objects(values)[index]
    absent = np.isnan(column)
    scale = table.storage[j].scale
    if scale is not None:
        result = as_objects(scale.objects(np.where(absent, 0.0, column)))
    elif table.columns[j].is_integer and _stays_whole(table, j, keep_integers):
        result = as_integers(np.where(absent, 0.0, column), np.dtype(np.int64)).astype(object)
    else:
        result = column.astype(np.float64, copy=False).astype(object)
    result[absent] = missing
    return result


def _stays_whole(table: Table, j: int, keep_integers: bool) -> bool:
    """Whether a column of whole numbers is handed back as such: codes of categories always are."""
    return keep_integers or table.columns[j].is_categorical


def _holds(dtype: np.dtype[Any], matrix: FloatMatrix) -> bool:
    return bool((as_integers(matrix.ravel(), dtype) == matrix.ravel()).all())


def _build_numpy(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    dtype = table.header
    n, d = matrix.shape
    if dtype.kind == "f":
        return matrix.astype(dtype, copy=False)
    if dtype.kind in "iu":
        # 0.2.0.1 hands integers to the model as floats too: the numbers drawn are no integers. Floats round some.
        large = any(stored.scale is not None for stored in table.storage) or any(map(_has_categories, table.columns))
        if large and np.isnan(matrix).any():
            raise ValueError(
                "data_row lacks a value beside whole numbers beyond 2^53: an array of integers cannot say so"
            )
        # What the dtype would round, such as a row with fractions, is handed on as it is.
        if not large and not (keep_integers and not np.isnan(matrix).any() and _holds(dtype, matrix)):
            return matrix.astype(np.float64, copy=False)
        result = np.empty((n, d), dtype=dtype)
        for j, stored in enumerate(table.storage):
            if stored.scale is not None or _has_categories(table.columns[j]):
                result[:, j] = _object_column(table, j, matrix[:, j], unseen, True)
            else:
                result[:, j] = as_integers(matrix[:, j], dtype)
        return result
    if dtype.kind in "Mm":
        times = np.empty((n, d), dtype=dtype)
        for j in range(d):
            times[:, j] = _times(table.storage[j].scale, matrix[:, j], dtype)
        return times
    objects = np.empty((n, d), dtype=object)
    for j in range(d):
        objects[:, j] = _object_column(table, j, matrix[:, j], unseen, keep_integers)
    if dtype.kind == "O" or np.isnan(matrix).any():
        return objects
    if dtype.kind == "T":
        return objects.astype(dtype)
    strings = objects.astype(np.str_)
    return strings.astype(np.promote_types(strings.dtype, dtype), copy=False)


def _build_pandas(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    import pandas as pd

    if all(stored.dtype == np.float64 for stored in table.storage):
        return pd.DataFrame(matrix, columns=table.header, copy=False)
    arrays = {}
    for j, stored in enumerate(table.storage):
        sparse = is_sparse_dtype(stored.dtype)
        dtype = stored.dtype.subtype if sparse else stored.dtype
        if dtype == np.object_:
            arrays[j] = _object_column(table, j, matrix[:, j], unseen, keep_integers)
        elif stored.scale is not None:
            arrays[j] = _pandas_scaled(stored.scale, dtype, matrix[:, j])
        elif table.columns[j].categories is None:
            arrays[j] = _pandas_numbers(dtype, matrix[:, j], _stays_whole(table, j, keep_integers))
        else:
            values, index, some_missing = _choices(table, j, matrix[:, j], unseen)
            arrays[j] = _pandas_categories(dtype, values, index, some_missing)
        if sparse:
            arrays[j] = _pandas_sparse(stored.dtype, np.asarray(arrays[j]))
    # Object arrays are wrapped so that pandas does not look for a better dtype than the one the data had.
    frame = pd.DataFrame(
        {j: pd.Series(array, dtype=array.dtype, copy=False) for j, array in arrays.items()}, copy=False
    )
    frame.columns = table.header
    return frame


def _pandas_numbers(dtype: Any, column: npt.NDArray[np.float64], keep_integers: bool) -> Any:
    import pandas as pd

    missing = np.isnan(column)
    if isinstance(dtype, pd.ArrowDtype):
        array = _pyarrow_numbers(dtype.pyarrow_dtype, column, keep_integers, None)
        return pd.arrays.ArrowExtensionArray(array)
    integer = dtype.kind in "iu"
    if isinstance(dtype, np.dtype):
        if integer and keep_integers and not missing.any():
            return as_integers(column, dtype)
        return column.astype(np.float64 if integer else dtype, copy=False)
    present = np.where(missing, 0.0, column)
    if integer and keep_integers:
        return pd.arrays.IntegerArray(as_integers(present, dtype.numpy_dtype), missing)
    return pd.arrays.FloatingArray(present.astype(np.float64 if integer else dtype.numpy_dtype), missing)


def _times(scale: Any, column: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Dates or spans of time as numpy stores them."""
    unit, _ = np.datetime_data(dtype)
    if unit not in ("D", "s", "ms", "us", "ns"):
        unit = "us"
    result = scale.stored(column, unit).astype(f"{dtype.kind}8[{unit}]").astype(dtype)
    result[np.isnan(column)] = "NaT"
    return cast("npt.NDArray[Any]", result)


def _pandas_scaled(scale: Any, dtype: Any, column: npt.NDArray[np.float64]) -> Any:
    """Dates, periods, decimals and whole numbers beyond 2^53 in a column of pandas."""
    import pandas as pd

    missing = np.isnan(column)
    if isinstance(dtype, pd.ArrowDtype):
        return pd.arrays.ArrowExtensionArray(_pyarrow_scaled(scale, dtype.pyarrow_dtype, column))
    if scale.what == "integer":
        values = scale.objects(np.where(missing, 0.0, column))
        if isinstance(dtype, np.dtype):
            return np.array(values, dtype=dtype)
        return pd.arrays.IntegerArray(np.array(values, dtype=dtype.numpy_dtype), missing)
    if scale.what == "period":
        ordinals = np.array(scale.ticks(np.where(missing, 0.0, column)), dtype=np.int64)
        ordinals[missing] = pd.NaT.value
        return pd.PeriodIndex.from_ordinals(ordinals, freq=dtype.freq).array
    if isinstance(dtype, pd.DatetimeTZDtype):
        plain = pd.DatetimeIndex(_times(scale, column, np.dtype(f"M8[{dtype.unit}]")))
        return plain.tz_localize("UTC").tz_convert(dtype.tz).array
    return _times(scale, column, dtype)


def _pandas_sparse(dtype: Any, values: npt.NDArray[Any]) -> Any:
    """Store values as sparsely as the column was; where these need another dtype, with that one inside."""
    import pandas as pd

    if values.dtype != dtype.subtype:
        if values.dtype.kind == "O":
            # Booleans with a missing value among them: no sparse dtype holds these.
            return values
        dtype = pd.SparseDtype(values.dtype, fill_value=dtype.fill_value)
    return pd.arrays.SparseArray(values, dtype=dtype)


def _pandas_categories(dtype: Any, values: list[Any], index: npt.NDArray[np.intp], some_missing: bool) -> Any:
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        codes = {value: code for code, value in enumerate(dtype.categories)}
        given = values[:-1] if some_missing else values
        extra = [value for value in given if value not in codes]
        if extra:
            dtype = pd.CategoricalDtype([*dtype.categories, *extra], ordered=dtype.ordered)
            codes = {value: code for code, value in enumerate(dtype.categories)}
        native = np.array([codes[value] for value in given] + [-1] * some_missing, dtype=np.intp)
        return pd.Categorical.from_codes(native[index], dtype=dtype)
    if str(dtype) == "null[pyarrow]" and values != [None]:
        return as_objects(values)[index]
    if dtype == np.bool_ and some_missing:
        # What pandas itself does where a missing value meets a column of plain booleans.
        values[-1] = np.nan
        return as_objects(values)[index]
    if str(dtype) == "string_view[pyarrow]":
        return pd.arrays.ArrowExtensionArray(_pyarrow_categories(dtype.pyarrow_dtype, values, index, some_missing))
    return pd.array(values, dtype=dtype).take(index)


def _build_polars(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    import polars as pl

    series = []
    for j, stored in enumerate(table.storage):
        name, dtype = cast(str, table.labels[j]), stored.dtype
        if stored.scale is not None:
            series.append(_polars_scaled(name, stored.scale, dtype, matrix[:, j]))
            continue
        if table.columns[j].categories is None:
            series.append(_polars_numbers(name, stored, matrix[:, j], _stays_whole(table, j, keep_integers)))
            continue
        values, index, _ = _choices(table, j, matrix[:, j], unseen)
        if isinstance(dtype, pl.Enum):
            known = set(dtype.categories)
            extra = [value for value in values if value is not None and value not in known]
            if extra:
                dtype = pl.Enum([*dtype.categories, *extra])
        elif dtype == pl.Null and values != [None]:
            dtype = None
        series.append(pl.Series(name, values, dtype=dtype).gather(index))
    return pl.DataFrame(series)


def _polars_numbers(name: str, stored: Storage, column: npt.NDArray[np.float64], keep_integers: bool) -> Any:
    import polars as pl

    if not stored.dtype.is_integer() or not keep_integers:
        result = pl.Series(name, np.ascontiguousarray(column, dtype=np.float64))
        if stored.missing is None:
            result = result.fill_nan(None)
        return result if stored.dtype.is_integer() else result.cast(stored.dtype)
    missing = np.isnan(column)
    # numpy has no 128-bit integers; what a float can tell of them fits into 64 bits but for extremes.
    native = np.dtype(getattr(np, str(stored.dtype).lower(), np.int64))
    result = pl.Series(name, as_integers(np.where(missing, 0.0, column), native))
    if missing.any():
        result = result.scatter(np.flatnonzero(missing), None)
    return result.cast(stored.dtype)  # at the end: polars before 1.35 puts no missing value into a column of Int128


def _polars_scaled(name: str, scale: Any, dtype: Any, column: npt.NDArray[np.float64]) -> Any:
    import polars as pl

    missing = np.isnan(column)
    if scale.what in ("integer", "decimal"):
        values = scale.objects(np.where(missing, 0.0, column))
        return pl.Series(name, [None if gone else value for value, gone in zip(values, missing, strict=True)], dtype)
    counts = pl.Series(name, scale.stored(column, "D" if scale.what == "date" else dtype.time_unit))
    result = counts.cast(pl.Int32).cast(dtype) if scale.what == "date" else counts.cast(dtype)
    return result.scatter(np.flatnonzero(missing), None) if missing.any() else result


def _build_pyarrow(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    import pyarrow as pa

    arrays = []
    schema = table.header
    for j, stored in enumerate(table.storage):
        if stored.scale is not None:
            array = _pyarrow_scaled(stored.scale, stored.dtype, matrix[:, j])
        elif table.columns[j].categories is None:
            whole = _stays_whole(table, j, keep_integers)
            array = _pyarrow_numbers(stored.dtype, matrix[:, j], whole, stored.missing)
        else:
            values, index, some_missing = _choices(table, j, matrix[:, j], unseen)
            array = _pyarrow_categories(stored.dtype, values, index, some_missing)
        described = schema.field(j)
        if array.type != described.type:
            described = described.with_type(array.type)
        if array.null_count:
            described = described.with_nullable(True)
        if not described.equals(schema.field(j)):
            schema = schema.set(j, described)
        arrays.append(array)
    form = pa.RecordBatch if table.is_batch else pa.Table
    return form.from_arrays(arrays, schema=schema)


def _pyarrow_numbers(dtype: Any, column: npt.NDArray[np.float64], keep_integers: bool, missing: Any) -> Any:
    import pyarrow as pa

    absent = np.isnan(column)
    integer = pa.types.is_integer(dtype)
    native = np.dtype(dtype.to_pandas_dtype())
    if integer and keep_integers:
        return pa.array(as_integers(np.where(absent, 0.0, column), native), mask=absent)
    values = column.astype(np.float64 if integer else native)
    return pa.array(values, mask=absent if missing is None else None)


def _pyarrow_scaled(scale: Any, dtype: Any, column: npt.NDArray[np.float64]) -> Any:
    import pyarrow as pa

    missing = np.isnan(column)
    if scale.what in ("integer", "decimal"):
        values = scale.objects(np.where(missing, 0.0, column))
        return pa.array([None if gone else value for value, gone in zip(values, missing, strict=True)], type=dtype)
    if pa.types.is_date32(dtype):
        return pa.array(scale.stored(column, "D").astype(np.int32), mask=missing).cast(dtype)
    unit = "ms" if pa.types.is_date64(dtype) else dtype.unit
    return pa.array(scale.stored(column, unit), mask=missing).cast(dtype)


def _pyarrow_categories(dtype: Any, values: list[Any], index: npt.NDArray[np.intp], some_missing: bool) -> Any:
    import pyarrow as pa

    if pa.types.is_null(dtype):
        return pa.array(values, type=None).take(pa.array(index))
    if pa.types.is_string_view(dtype):  # pyarrow takes nothing from these by position
        return pa.array(as_objects(values)[index].tolist(), type=dtype)
    if not pa.types.is_dictionary(dtype):
        return pa.array(values, type=dtype).take(pa.array(index))
    given = values[:-1] if some_missing else values
    native = np.dtype(dtype.index_type.to_pandas_dtype())
    if len(given) - 1 > np.iinfo(native).max:
        native = np.dtype(np.int32)
    absent = index == len(given)
    indices = pa.array(np.where(absent, 0, index).astype(native), mask=absent)
    dictionary = pa.array(given, type=dtype.value_type)
    return pa.DictionaryArray.from_arrays(indices, dictionary, ordered=dtype.ordered)


BUILDERS: dict[str, Callable[[Table, FloatMatrix, Mapping[int, Any], bool], Any]] = {
    "numpy": _build_numpy,
    "pandas": _build_pandas,
    "polars": _build_polars,
    "pyarrow": _build_pyarrow,
}
