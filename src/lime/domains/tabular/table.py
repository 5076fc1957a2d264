"""Between the tables that users have and the float64 matrix that the method works on.

A :class:`Table` is learnt from the training data. It turns rows into numbers (a missing value is NaN, a
category with a native value of its own is a code) and matrices of numbers back into the kind of table that
the model was trained on: same frame library, columns, order and dtypes. It keeps no training row.
"""

from __future__ import annotations

import datetime
import numbers
import operator
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, NoReturn, cast

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

__all__ = ["Column", "Table"]

FloatMatrix = npt.NDArray[np.float64]
Kind = Literal["numpy", "pandas", "polars", "pyarrow"]
Accepts = Literal["number", "str", "bool", "any"]
"""What a value of a column must be: anything else in a row is refused rather than handed to the model."""

# Both stand for "no value" but live in pandas, which must not be imported for their sake.
_PANDAS_MISSING = ("NAType", "NaTType")
_NOT_A_VALUE = (
    *(datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64),
    *(bytes, bytearray, complex, np.complexfloating, Decimal),
    *(list, tuple, dict, set, frozenset, np.ndarray),
)


@dataclass(frozen=True)
class Column:
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
class _Storage:
    """How the training data stored one column: what it takes to store new values the same way."""

    dtype: Any
    accepts: Accepts
    missing: Any


@dataclass(frozen=True, eq=False)
class _Limits:
    """Bounds of what each column can store, arrays (d,), and whether it stores whole numbers alone."""

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    whole: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Table:
    """The form of the training data: frame kind, columns, order and dtypes, but none of its rows.

    Made by :meth:`read`; can be pickled and deep-copied.

    Attributes
    ----------
    kind
        ``"numpy"``, ``"pandas"``, ``"polars"`` or ``"pyarrow"``: what :meth:`build` returns.
    columns
        One :class:`Column` for each column, in order.
    names
        The columns' names.
    categorical_features
        Positions of the categorical columns: those that were named, in that order, then those that were found.
    """

    kind: Kind
    columns: tuple[Column, ...]
    names: list[str]
    categorical_features: list[int]
    _labels: list[Hashable] = field(repr=False)
    _storage: tuple[_Storage, ...] = field(repr=False)
    # numpy: the array's dtype; pandas: the columns' Index; pyarrow: the schema; polars: None.
    _header: Any = field(repr=False)
    _codes: dict[int, dict[Any, int]] = field(repr=False)
    _positions: dict[Hashable, int] = field(repr=False)
    # What a row may hold where the columns' dtypes hold less than float64; None where all hold as much.
    _limits: _Limits | None = field(repr=False)
    # Whether the training data was one batch of pyarrow rather than a table of them.
    _is_batch: bool = field(repr=False)

    @classmethod
    def read(
        cls,
        data: Any,
        *,
        feature_names: Iterable[Any] | None = None,
        categorical_features: Iterable[Any] | None = None,
        categorical_names: Mapping[Any, Any] | Sequence[Any] | None = None,
    ) -> tuple[Table, FloatMatrix]:
        """Learn the form of the training data and turn it into numbers.

        Parameters
        ----------
        data
            Table of shape (n, d): a numpy array, a list of rows, a pandas or polars frame, or a pyarrow table or
            record batch.
        feature_names
            d names to show. Default: the frame's own, or ``"0"``, ``"1"``, ...
        categorical_features
            Names or positions of numeric columns whose numbers are codes of categories. Strings, booleans and
            categorical dtypes are found without being listed.
        categorical_names
            Names of the codes, by column. Only its keys are looked at: a string must name a column.

        Returns
        -------
        table
            The form of the data.
        matrix
            Array (n, d) of float64. NaN is missing; a column with categories holds their codes.

        Raises
        ------
        ValueError
            If the data is not a table of at least one row and one column, holds values that are neither
            numbers nor categories, or infinite ones, or if a name, a position or the number of names is
            wrong.
        """
        frame = _as_frame(data, "training_data")
        if frame is not None:
            kind, native, labels = frame
            n = len(native)
            _check_size(n, len(labels))
            header = native.columns if kind == "pandas" else native.schema if kind == "pyarrow" else None
        else:
            kind, native = "numpy", _as_array(data, "training_data")
            n, d = native.shape
            _check_size(n, d)
            labels, header = list(range(d)), native.dtype
        names = _names(labels, feature_names)
        positions = _lookup(labels, names)
        in_order = _resolve(categorical_features, positions, names)
        listed = frozenset(in_order)
        _check_keys(categorical_names, positions, names)

        if kind == "numpy":
            dtype, plain = native.dtype, native.dtype.kind in "fiu"
        else:
            dtype, plain = (
                np.dtype(np.float64),
                kind == "pandas" and bool((native.dtypes == np.float64).all()),
            )
        if plain:
            # All columns alike: at once, which counts where there are thousands.
            matrix = np.array(native, dtype=np.float64, order="C")
            storage = (_Storage(dtype, "number", np.nan),) * len(names)
            has_missing: list[bool] = [bool(some) for some in np.atleast_1d(np.isnan(matrix).any(axis=0))]
            integer = dtype.kind in "iu"
            columns = tuple(Column(name, j in listed, None, has_missing[j], integer) for j, name in enumerate(names))
        else:
            matrix = np.empty((n, len(names)))
            found = []
            for j, name in enumerate(names):
                column, stored, matrix[:, j] = _read_column(kind, native, j, name, j in listed)
                if kind == "pandas" and _is_sparse(native.dtypes.iloc[j]):
                    stored = replace(stored, dtype=native.dtypes.iloc[j])
                found.append((column, stored))
            columns = tuple(column for column, _ in found)
            storage = tuple(stored for _, stored in found)
        infinite = np.isinf(matrix).any(axis=0)
        if infinite.any():
            raise ValueError(
                f"training_data has an infinite value in column {names[int(np.argmax(infinite))]!r}; "
                "replace it by a finite number or by a missing value"
            )
        table = cls(
            kind=kind,
            columns=columns,
            names=names,
            categorical_features=[
                *in_order,
                *(j for j, column in enumerate(columns) if column.is_categorical and j not in listed),
            ],
            _labels=labels,
            _storage=storage,
            _header=header,
            _codes={
                j: {value: code for code, value in enumerate(column.categories)}
                for j, column in enumerate(columns)
                if column.categories is not None
            },
            _positions=positions,
            _limits=_limits(kind, columns, storage),
            _is_batch=_is_record_batch(nw.to_native(data, pass_through=True)),
        )
        return table, matrix

    def read_row(self, row: Any) -> tuple[npt.NDArray[np.float64], dict[int, Any]]:
        """Turn one row into numbers.

        Parameters
        ----------
        row
            d values in order (1-D array, list, tuple, 1 x d array or list of one list), or d values by name
            (dict, pandas Series, a frame of one row from any library). A Series whose index holds none of the
            names is taken in order; so is a frame, where the training data was an array.

        Returns
        -------
        values
            Array (d,) of float64.
        unseen
            By position, the native value of each category that the training data had not; its code is the
            number of that column's categories.

        Raises
        ------
        ValueError
            If the width or the names are wrong, there is not one row, or a value does not fit its column: the
            integer column of a frame takes whole numbers in its dtype's range.
        """
        if isinstance(row, np.ndarray) and not isinstance(row, np.ma.MaskedArray) and not self._codes:
            numeric = row.dtype.kind in "fiub" and row.shape in ((len(self.names),), (1, len(self.names)))
            # Nothing to look up: as fast as it must be for rows of thousands of numbers.
            if numeric and not np.isinf(row).any():
                values = row.astype(np.float64).reshape(-1)
                self._check_fits(values[None, :], "data_row")
                return values, {}
        columns, n = self._columns_of_row(nw.to_native(row, pass_through=True))
        if n != 1:
            raise ValueError(f"data_row has {n} rows; expected one row of {len(self.names)} values")
        values = np.empty(len(self.names))
        unseen: dict[int, Any] = {}
        for j, column in enumerate(columns):
            encoded, new = self._encode(j, column, "data_row")
            values[j] = encoded[0]
            if new:
                unseen[j] = new[0]
        self._check_fits(values[None, :], "data_row")
        return values, unseen

    def read_rows(self, data: Any) -> FloatMatrix:
        """Turn many rows into numbers, as :meth:`read_row` does for one.

        Parameters
        ----------
        data
            Table (n, d) of any kind that :meth:`read` takes, or a list of dicts or pandas Series. What has
            names is aligned by them.

        Returns
        -------
        matrix
            Array (n, d) of float64. A category that the training data had not has the number of the column's
            categories as its code, whichever it is.
        """
        data = nw.to_native(data, pass_through=True)
        named = isinstance(data, list | tuple) and len(data) > 0
        if named and (isinstance(data[0], Mapping) or _is_pandas_series(data[0])):
            return np.stack([self.read_row(row)[0] for row in data])
        frame = _as_frame(data, "data")
        if frame is None:
            array = _as_array(data, "data")
            self._check_width(array.shape[1], "data")
            if not self._codes and array.dtype.kind in "fiub":
                whole = np.array(array, dtype=np.float64, order="C")
                infinite = np.isinf(whole).any(axis=0)
                if infinite.any():
                    self._refuse_infinite(int(np.argmax(infinite)), "data")
                self._check_fits(whole, "data")
                return whole
            columns: list[Any] = [array[:, j] for j in range(array.shape[1])]
            n = len(array)
        else:
            columns, n = self._align_frame(frame, "data"), len(frame[1])
        matrix = np.empty((n, len(self.names)))
        for j, column in enumerate(columns):
            matrix[:, j] = self._encode(j, column, "data")[0]
        self._check_fits(matrix, "data")
        return matrix

    def build(self, matrix: FloatMatrix, unseen: Mapping[int, Any] | None = None, keep_integers: bool = True) -> Any:
        """Turn numbers into a table like the training data.

        Parameters
        ----------
        matrix
            Array (n, d) of float64, coded as by :meth:`read`. It is not changed, but may be shared.
        unseen
            By position, the native value that the code "number of categories" stands for.
        keep_integers
            Whether integer columns get their dtype back, values rounded to the nearest and clipped to its
            range. Otherwise they hold floats. An integer dtype that knows no missing value gives way to
            floats where one must be stored. (Integer arrays come back as float64 either way.)

        Returns
        -------
        table
            Same type, columns, order and dtypes as the training data.

        Raises
        ------
        ValueError
            If the matrix has another width, or a code stands for nothing.
        """
        matrix = np.asarray(matrix)
        if matrix.ndim != 2 or matrix.shape[1] != len(self.names):
            raise ValueError(f"matrix has shape {matrix.shape}; expected (n, {len(self.names)})")
        unseen = {} if unseen is None else unseen
        return _BUILDERS[self.kind](self, matrix, unseen, keep_integers)

    def value(self, j: int, code: float, unseen: Mapping[int, Any] | None = None) -> Any:
        """Return what `code` stands for at column `j`, as a plain Python value; None where it is missing."""
        code = float(code)
        if code != code:
            return None
        column = self.columns[j]
        if column.categories is None:
            return int(code) if column.is_integer and code.is_integer() else code
        k = int(code)
        values = [*column.categories, *([_plain(unseen[j])] if unseen and j in unseen else [])]
        if not 0 <= k < len(values):
            self._refuse_code(j, k)
        return values[k]

    # -- reading rows ------------------------------------------------------------------------------

    def _check_width(self, width: int, argument: str) -> None:
        if width != len(self.names):
            raise ValueError(
                f"{argument} has {_count(width, 'value' if argument == 'data_row' else 'column')}, "
                f"but the training data has {_count(len(self.names), 'column')}"
            )

    def _refuse_infinite(self, j: int, argument: str) -> NoReturn:
        raise ValueError(f"{argument} has an infinite value in column {self.names[j]!r}; expected a finite number")

    def _check_fits(self, matrix: FloatMatrix, argument: str) -> None:
        """Refuse what a dtype would round, clip or turn into an infinity: the model would see another row."""
        limits = self._limits
        if limits is None:
            return
        broken = limits.whole & (matrix != np.rint(matrix)) & ~np.isnan(matrix)
        wrong = (matrix < limits.low) | (matrix > limits.high) | broken
        if not wrong.any():
            return
        i, j = (int(at) for at in np.argwhere(wrong)[0])
        dtype, low, high = self._storage[j].dtype, float(limits.low[j]), float(limits.high[j])
        if limits.whole[j]:
            holds = f"which is of dtype {dtype}; expected a whole number from {low:.0f} to {high:.0f}"
        else:
            holds = f"which is of dtype {dtype}; expected a number from {low:.4g} to {high:.4g}"
        raise ValueError(f"{argument} has {float(matrix[i, j])!r} in column {self.names[j]!r}, {holds}")

    def _refuse_code(self, j: int, code: int) -> NoReturn:
        known = len(self.columns[j].categories or ())
        raise ValueError(
            f"code {code} of column {self.names[j]!r} stands for no value: "
            f"it has {_count(known, 'category')}, and unseen holds no value for it"
        )

    def _columns_of_row(self, row: Any) -> tuple[list[Any], int]:
        """One sequence of values for each column, in the training data's order, and their length."""
        if isinstance(row, Mapping):
            return [[value] for value in self._by_name(list(row), list(row.values()))], 1
        if _is_pandas_series(row):
            return [[value] for value in self._by_name(list(row.index), row.tolist(), or_by_position=True)], 1
        frame = _as_frame(row, "data_row")
        if frame is not None:
            if len(frame[1]) != 1:
                return [], len(frame[1])
            return self._align_frame(frame, "data_row"), 1
        values = _row_of(row)
        if values.ndim == 2:
            if len(values) != 1:
                return [], len(values)
            values = values[0]
        if values.ndim != 1:
            raise ValueError(
                f"data_row has {_count(values.ndim, 'dimension')}; expected one row of {len(self.names)} values"
            )
        self._check_width(len(values), "data_row")
        return [values[j : j + 1] for j in range(len(values))], 1

    def _align_frame(self, frame: tuple[Kind, Any, list[Hashable]], argument: str) -> list[Any]:
        kind, native, labels = frame
        series = [_native_column(kind, native, i) for i in range(len(labels))]
        # A model of bare arrays knows its columns by position: a frame's own names may mean nothing to it.
        return self._by_name(labels, series, argument, or_by_position=self.kind == "numpy")

    def _by_name(
        self, keys: list[Any], values: list[Any], argument: str = "data_row", or_by_position: bool = False
    ) -> list[Any]:
        """Put values in the order of the columns that their keys name."""
        found: dict[int, Any] = {}
        extra = []
        for key, value in zip(keys, values, strict=True):
            j = _position(key, self._positions)
            if j is None:
                extra.append(key)
            elif j in found:
                raise ValueError(f"{argument} has more than one value for column {self.names[j]!r}")
            else:
                found[j] = value
        if or_by_position and not found:
            self._check_width(len(values), argument)
            return values
        lacking = [name for j, name in enumerate(self.names) if j not in found]
        if lacking:
            also = f", and has {_listing(extra)}, which the training data does not have" if extra else ""
            raise ValueError(f"{argument} lacks {_listing(lacking)} of the training data's columns{also}")
        if extra:
            raise ValueError(
                f"{argument} has {_listing(extra)}, which the training data does not have; "
                f"its columns are {_listing(self.names)}"
            )
        return [found[j] for j in range(len(self.names))]

    def _encode(self, j: int, values: Any, argument: str) -> tuple[npt.NDArray[np.float64], list[Any]]:
        """Numbers for the values of column j, and the unseen categories among them."""
        codes = self._codes.get(j)
        if isinstance(values, np.ndarray):
            if codes is None and values.dtype.kind in "fiub":
                encoded = values.astype(np.float64)
                if np.isinf(encoded).any():
                    self._refuse_infinite(j, argument)
                return encoded, []
            values = values.tolist()
        elif not isinstance(values, list):
            values = _to_list(values)
        result = np.empty(len(values))
        unseen: dict[Any, None] = {}
        for i, value in enumerate(values):
            if _is_missing(value):
                result[i] = np.nan
            elif codes is None:
                result[i] = self._number(j, value, argument)
            else:
                code = codes.get(value) if isinstance(value, Hashable) else None
                if code is None:
                    unseen.setdefault(self._check_category(j, value, argument))
                    code = len(codes)
                result[i] = code
        return result, list(unseen)

    def _number(self, j: int, value: Any, argument: str) -> float:
        value = _plain(value)
        if not isinstance(value, numbers.Real | Decimal):
            raise ValueError(
                f"{argument} has {_short(value)} in column {self.names[j]!r}, which held numbers in the training data"
            )
        try:
            number = float(value)
        except OverflowError:
            number = np.inf
        if np.isinf(number):
            self._refuse_infinite(j, argument)
        return number

    def _check_category(self, j: int, value: Any, argument: str) -> Any:
        value = _plain(value)
        accepts = self._storage[j].accepts
        if accepts == "bool" and isinstance(value, numbers.Real) and value in (0, 1):
            return bool(value)
        wanted = {"str": "strings", "bool": "booleans", "number": "numbers", "any": "single values"}[accepts]
        fits = {
            "str": isinstance(value, str),
            "bool": False,
            "number": isinstance(value, numbers.Real),
            "any": not isinstance(value, _NOT_A_VALUE) or self._holds(j, type(value)),
        }[accepts]
        if not fits or not isinstance(value, Hashable):
            raise ValueError(
                f"{argument} has {_short(value)} in column {self.names[j]!r}, which held {wanted} in the training data"
            )
        return value

    def _holds(self, j: int, kind: type) -> bool:
        return any(isinstance(value, kind) for value in self.columns[j].categories or ())

    # -- building ----------------------------------------------------------------------------------

    def _choices(
        self, j: int, codes: npt.NDArray[np.float64], unseen: Mapping[int, Any]
    ) -> tuple[list[Any], npt.NDArray[np.intp], bool]:
        """Values that codes stand for, the index of each cell's, and whether the last stands for missing."""
        values = list(self.columns[j].categories or ())
        if j in unseen:
            values.append(_plain(unseen[j]))
        missing = np.isnan(codes)
        some_missing = bool(missing.any())
        index = np.where(missing, len(values), codes).astype(np.intp)
        if some_missing:
            values.append(None)
        wrong = (index < 0) | (index >= len(values)) | (~missing & (index == len(values) - some_missing))
        if wrong.any():
            self._refuse_code(j, int(index[np.argmax(wrong)]))
        return values, index, some_missing

    def _object_column(
        self, j: int, column: npt.NDArray[np.float64], unseen: Mapping[int, Any], keep_integers: bool
    ) -> npt.NDArray[np.object_]:
        """Python values, as an object array."""
        missing = self._storage[j].missing
        if self.columns[j].categories is not None:
            values, index, some_missing = self._choices(j, column, unseen)
            if some_missing:
                values[-1] = missing
            return _objects(values)[index]
        absent = np.isnan(column)
        if self.columns[j].is_integer and keep_integers:
            result = _integers(np.where(absent, 0.0, column), np.dtype(np.int64)).astype(object)
        else:
            result = column.astype(np.float64, copy=False).astype(object)
        result[absent] = missing
        return result


# -- names -----------------------------------------------------------------------------------------


def _check_size(n: int, d: int) -> None:
    if n == 0 or d == 0:
        raise ValueError(
            f"training_data has {_count(n, 'row')} and {_count(d, 'column')}; expected at least one of each"
        )


def _names(labels: list[Hashable], feature_names: Iterable[Any] | None) -> list[str]:
    if feature_names is None:
        return [str(label) for label in labels]
    if isinstance(feature_names, str):
        raise ValueError(f"feature_names is the string {feature_names!r}; expected a list of names")
    if not isinstance(feature_names, Iterable):
        raise ValueError(f"feature_names is {_short(feature_names)}; expected a list of names")
    names = [str(name) for name in feature_names]
    if len(names) != len(labels):
        raise ValueError(
            f"feature_names has {_count(len(names), 'name')}, but the training data has {_count(len(labels), 'column')}"
        )
    return names


def _lookup(labels: list[Hashable], names: list[str]) -> dict[Hashable, int]:
    """Positions by label and by name. A name that several columns share finds none of them."""
    positions: dict[Hashable, int] = {}
    # Labels of a frame come first: they are what its own rows are named by.
    for keys in (labels, names, [str(label) for label in labels]):
        fresh: dict[Hashable, int] = {}
        shared = set()
        for j, key in enumerate(keys):
            if key in fresh:
                shared.add(key)
            fresh[key] = j
        for key, j in fresh.items():
            if key not in shared:
                positions.setdefault(key, j)
    return positions


def _position(key: Any, positions: Mapping[Hashable, int]) -> int | None:
    if not isinstance(key, Hashable):
        return None
    found = positions.get(key)
    return positions.get(str(key)) if found is None else found


def _resolve(features: Iterable[Any] | None, positions: Mapping[Hashable, int], names: list[str]) -> tuple[int, ...]:
    """Positions of the columns that `categorical_features` lists, each once, in its order."""
    if features is None:
        return ()
    if isinstance(features, str) or not isinstance(features, Iterable):
        raise ValueError(f"categorical_features is {_short(features)}; expected a list of column names or positions")
    result: list[int] = []
    for feature in features:
        if isinstance(feature, str):
            found = positions.get(str(feature))
            if found is None:
                several = names.count(feature) > 1
                problem = "names several columns" if several else "is no column"
                raise ValueError(
                    f"categorical_features has {str(feature)!r}, which {problem} of the training data; "
                    f"its columns are {_listing(names)}"
                )
            result.append(found)
            continue
        try:
            # A boolean is an integer to Python, but a mask is not a list of positions.
            position = None if isinstance(feature, bool | np.bool_) else operator.index(feature)
        except TypeError:
            position = None
        if position is None:
            raise ValueError(f"categorical_features has {_short(feature)}; expected column names or positions")
        if not 0 <= position < len(names):
            raise ValueError(
                f"categorical_features has the position {position}, but the training data has "
                f"{_count(len(names), 'column')}, 0 to {len(names) - 1}: {_listing(names)}"
            )
        result.append(position)
    return tuple(dict.fromkeys(result))


def _check_keys(
    categorical_names: Mapping[Any, Any] | Sequence[Any] | None,
    positions: Mapping[Hashable, int],
    names: list[str],
) -> None:
    # Positions without a column pass: lists of names that also cover the label's column have always worked.
    if isinstance(categorical_names, Mapping):
        for key in categorical_names:
            if isinstance(key, str) and key not in positions:
                raise ValueError(
                    f"categorical_names has the key {str(key)!r}, which is no column of the training data; "
                    f"its columns are {_listing(names)}"
                )


# -- values ----------------------------------------------------------------------------------------


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in _PANDAS_MISSING:
        return True
    return isinstance(value, float | np.floating) and bool(value != value)


def _plain(value: Any) -> Any:
    """Python's own value for a numpy scalar or an array of one."""
    if isinstance(value, np.str_):
        return str(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """One-dimensional object array: numpy would unpack values that are sequences."""
    result = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        result[i] = value
    return result


def _integers(column: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
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
        # Integers of 128 bits are stored as what fits into 64, see _polars_numbers.
        kind, bits = found[1], min(int(found[2]), 64)
        return np.dtype(f"{kind}{bits}")
    # What pyarrow calls them.
    named = {"halffloat": np.float16, "float": np.float32}
    return np.dtype(named.get(text.removesuffix("[pyarrow]"), np.float64))


def _limits(kind: Kind, columns: Sequence[Column], storage: Sequence[_Storage]) -> _Limits | None:
    """What rows may hold. Integers of arrays take fractions, as the model of arrays is handed floats anyway."""
    d = len(columns)
    low, high, whole = np.full(d, -np.inf), np.full(d, np.inf), np.zeros(d, dtype=np.bool_)
    known: dict[Any, np.dtype[Any]] = {}
    for j, (column, stored) in enumerate(zip(columns, storage, strict=True)):
        if column.categories is not None:
            continue
        dtype = known.get(stored.dtype)
        if dtype is None:
            dtype = known[stored.dtype] = _number_dtype(stored.dtype)
        if dtype.kind == "f" and dtype.itemsize < 8:
            low[j], high[j] = -float(np.finfo(dtype).max), float(np.finfo(dtype).max)
        elif dtype.kind in "iu" and kind != "numpy":
            low[j], high[j] = float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
            whole[j] = True
    return _Limits(low, high, whole) if np.isfinite(low).any() else None


def _sorted(values: Iterable[Any]) -> tuple[Any, ...]:
    values = list(values)
    try:
        return tuple(sorted(values))
    except TypeError:
        by_type: dict[str, list[Any]] = {}
        for value in values:
            by_type.setdefault(type(value).__name__, []).append(value)
        if len(by_type) == 1:
            return tuple(values)
        return tuple(value for _, group in sorted(by_type.items()) for value in _sorted(group))


def _short(value: Any) -> str:
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})"


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _listing(items: Sequence[Any], most: int = 20) -> str:
    text = ", ".join(repr(str(item)) for item in items[:most])
    return text + (f" and {len(items) - most} more" if len(items) > most else "")


# -- reading tables --------------------------------------------------------------------------------


def _is_pandas_series(value: Any) -> bool:
    return bool(nw.dependencies.is_pandas_series(value))


def _is_record_batch(value: Any) -> bool:
    pyarrow = nw.dependencies.get_pyarrow()
    return pyarrow is not None and isinstance(value, pyarrow.RecordBatch)


def _is_sparse(dtype: Any) -> bool:
    """Whether a dtype is pandas' Sparse[...]; pandas must not be imported to find out."""
    return type(dtype).__name__ == "SparseDtype"


def _as_frame(data: Any, argument: str) -> tuple[Kind, Any, list[Hashable]] | None:
    """Kind, native frame and column labels; None where the data is no frame."""
    data = nw.to_native(data, pass_through=True)
    if _is_record_batch(data):
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
        raise ValueError(f"{argument} has more than one column named {_listing(twice)}; column names must differ")
    return kind, data, labels


def _as_array(data: Any, argument: str) -> npt.NDArray[Any]:
    """Two-dimensional array of numbers, booleans, strings or objects."""
    if isinstance(data, Mapping):
        raise ValueError(
            f"{argument} is a {type(data).__name__} of {_count(len(data), 'column')}; "
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
            f"{argument} is a {type(data).__name__} of {_count(array.ndim, 'dimension')}; "
            "expected a table of rows and columns (a 2-D array, or a pandas, polars or pyarrow frame)"
        )
    if array.dtype.kind not in "fiubUTO":
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
    kinds = {type(_plain(value)) for value in array.ravel()}
    if kinds and (kinds <= {int, float} or (len(kinds) == 1 and kinds <= {bool, str})):
        plain = np.array(array.tolist())
        return plain if plain.dtype.kind in "fiubU" else array
    return array


def _row_of(row: Any) -> npt.NDArray[Any]:
    if isinstance(row, np.ma.MaskedArray):
        filled: npt.NDArray[Any] = row.data.astype(object)
        filled[np.ma.getmaskarray(row)] = None
        return filled
    if isinstance(row, np.ndarray):
        return np.asarray(row)
    if isinstance(row, list | tuple):
        if len(row) == 1 and isinstance(row[0], list | tuple | np.ndarray) and np.ndim(row[0]) == 1:
            return _row_of(row[0])
        if row and all(isinstance(value, list | tuple | np.ndarray) and np.ndim(value) == 1 for value in row):
            return np.empty((len(row), len(row[0])), dtype=object)
        return _objects(row)
    series = nw.from_native(row, allow_series=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _objects(series.to_list())
    if isinstance(row, str | bytes) or not (hasattr(row, "__array__") or isinstance(row, Sequence)):
        raise ValueError(
            f"data_row is a {type(row).__name__}; "
            "expected a row of values (array, list, Series, dict or a frame of one row)"
        )
    return np.asarray(row)


def _native_column(kind: Kind, native: Any, j: int) -> Any:
    if kind == "pandas":
        series = native.iloc[:, j]
        return series.sparse.to_dense() if _is_sparse(series.dtype) else series
    if kind == "polars":
        return native.to_series(j)
    return native.column(j)


def _to_list(series: Any) -> list[Any]:
    return cast("list[Any]", series.to_pylist() if hasattr(series, "to_pylist") else series.to_list())


def _refuse_dtype(argument: str, where: str, dtype: Any) -> NoReturn:
    raise ValueError(
        f"{argument} has values of type {dtype} in {where}, which are neither numbers nor categories; "
        "convert them to a number, or to strings to have them taken as categories"
    )


def _floats(kind: Kind, series: Any) -> npt.NDArray[np.float64]:
    """Numbers of a numeric frame column, missing ones as NaN."""
    if kind == "pandas":
        result = series.to_numpy(dtype=np.float64, na_value=np.nan)
    elif kind == "polars":
        result = nw.from_native(series, series_only=True).cast(nw.Float64()).to_numpy()
    else:
        result = series.cast("float64", safe=False).to_numpy()
    return cast("npt.NDArray[np.float64]", np.asarray(result, dtype=np.float64))


def _read_column(
    kind: Kind, native: Any, j: int, name: str, listed: bool
) -> tuple[Column, _Storage, npt.NDArray[np.float64]]:
    """What one column is, how it is stored, and its numbers."""
    where = f"column {name!r}"
    if kind == "numpy":
        dtype = native.dtype
        values = native[:, j].tolist()
        if dtype.kind == "b":
            return _read_categories(name, values, _Storage(dtype, "bool", np.nan))
        if dtype.kind in "UT":
            return _read_categories(name, values, _Storage(dtype, "str", None))
        return _read_objects(name, values, dtype, listed)

    series = _native_column(kind, native, j)
    dtype = series.type if kind == "pyarrow" else series.dtype
    form = nw.from_native(series, series_only=True).dtype
    if str(dtype).lower() in ("null", "null[pyarrow]"):
        return _read_categories(name, _to_list(series), _Storage(dtype, "any", None))
    if kind == "pandas" and str(dtype) == "object":
        return _read_objects(name, _to_list(series), dtype, listed)
    if isinstance(form, nw.Boolean):
        return _read_categories(name, _to_list(series), _Storage(dtype, "bool", np.nan))
    if isinstance(form, nw.String):
        return _read_categories(name, _to_list(series), _Storage(dtype, "str", None))
    if isinstance(form, nw.Categorical | nw.Enum):
        accepts: Accepts = "any"
        values = _to_list(series)
        if kind == "polars":
            accepts = "str"
        elif kind == "pyarrow":
            given = [value for value in values if value is not None]
            accepts = "number" if given and isinstance(given[0], numbers.Real) else "str"
        return _read_categories(name, values, _Storage(dtype, accepts, None))
    if not (form.is_integer() or form.is_float()):
        _refuse_dtype("training_data", where, dtype)
    numbers_ = _floats(kind, series)
    missing: Any = np.nan
    if kind in ("polars", "pyarrow"):
        # These libraries tell NaN from null; the matrix does not. What the column used is what it gets back.
        absent = np.isnan(numbers_)
        has_null = series.null_count() if kind == "polars" else series.null_count
        missing = np.nan if absent.any() and not has_null else None
    column = Column(name, listed, None, bool(np.isnan(numbers_).any()), form.is_integer())
    return column, _Storage(dtype, "number", missing), numbers_


def _read_categories(
    name: str, values: list[Any], storage: _Storage
) -> tuple[Column, _Storage, npt.NDArray[np.float64]]:
    missing = [_is_missing(value) for value in values]
    distinct = dict.fromkeys(value for value, absent in zip(values, missing, strict=True) if not absent)
    categories = _sorted(distinct)
    codes = {value: code for code, value in enumerate(categories)}
    numbers_ = np.array(
        [np.nan if absent else codes[value] for value, absent in zip(values, missing, strict=True)],
        dtype=np.float64,
    )
    return Column(name, True, categories, any(missing), False), storage, numbers_


def _as_floats(name: str, values: list[Any]) -> npt.NDArray[np.float64]:
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise ValueError(f"training_data has a number beyond the range of floats in column {name!r}") from error


def _read_objects(
    name: str, values: list[Any], dtype: Any, listed: bool
) -> tuple[Column, _Storage, npt.NDArray[np.float64]]:
    """A column of Python objects: numbers where all are, else categories."""
    kinds = set(map(type, values))
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        # The common case without a look at each value in Python.
        result = _as_floats(name, values)
        missing = np.isnan(result)
        first = values[int(np.argmax(missing))] if missing.any() else np.nan
        if not missing.all():
            integer = not any(isinstance(values[i], float) for i in np.flatnonzero(~missing))
            column = Column(name, listed, None, bool(missing.any()), integer)
            return column, _Storage(dtype, "number", first), result
    if kinds != {str}:
        values = [_plain(value) for value in values]
    given = [value for value in values if not _is_missing(value)]
    for value in given:
        if isinstance(value, _NOT_A_VALUE) or not isinstance(value, Hashable):
            _refuse_dtype("training_data", f"column {name!r}", type(value).__name__)
    absent = next((value for value in values if _is_missing(value)), None)
    if given and all(isinstance(value, numbers.Real) and not isinstance(value, bool) for value in given):
        integer = all(isinstance(value, numbers.Integral) for value in given)
        result = _as_floats(name, [np.nan if _is_missing(value) else value for value in values])
        if len(given) == len(values):
            absent = np.nan
        column = Column(name, listed, None, len(given) < len(values), integer)
        return column, _Storage(dtype, "number", absent), result
    accepts: Accepts = "bool" if given and all(isinstance(value, bool) for value in given) else "any"
    return _read_categories(name, values, _Storage(dtype, accepts, absent))


# -- building tables -------------------------------------------------------------------------------


def _build_numpy(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    dtype = table._header
    if dtype.kind in "fiu":
        # 0.2.0.1 hands integers to the model as floats too: the numbers drawn are no integers.
        return matrix.astype(dtype if dtype.kind == "f" else np.float64, copy=False)
    n, d = matrix.shape
    if dtype.kind == "b":
        choices = [table._choices(j, matrix[:, j], unseen) for j in range(d)]
        # An array of booleans has no room for a missing value; one of floats has.
        kind: Any = np.float64 if any(some_missing for _, _, some_missing in choices) else np.bool_
        result = np.empty((n, d), dtype=kind)
        for j, (values, index, some_missing) in enumerate(choices):
            if some_missing:
                values[-1] = np.nan
            result[:, j] = np.array(values, dtype=kind)[index] if values else []
        return result
    objects = np.empty((n, d), dtype=object)
    for j in range(d):
        objects[:, j] = table._object_column(j, matrix[:, j], unseen, keep_integers)
    if dtype.kind == "O" or np.isnan(matrix).any():
        return objects
    if dtype.kind == "T":
        return objects.astype(dtype)
    strings = objects.astype(np.str_)
    return strings.astype(np.promote_types(strings.dtype, dtype), copy=False)


def _build_pandas(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    import pandas as pd

    if all(stored.dtype == np.float64 for stored in table._storage):
        return pd.DataFrame(matrix, columns=table._header, copy=False)
    arrays = {}
    for j, stored in enumerate(table._storage):
        sparse = _is_sparse(stored.dtype)
        dtype = stored.dtype.subtype if sparse else stored.dtype
        if dtype == np.object_:
            arrays[j] = table._object_column(j, matrix[:, j], unseen, keep_integers)
        elif table.columns[j].categories is None:
            arrays[j] = _pandas_numbers(dtype, matrix[:, j], keep_integers)
        else:
            values, index, some_missing = table._choices(j, matrix[:, j], unseen)
            arrays[j] = _pandas_categories(dtype, values, index, some_missing)
        if sparse:
            arrays[j] = _pandas_sparse(stored.dtype, np.asarray(arrays[j]))
    # Object arrays are wrapped so that pandas does not look for a better dtype than the one the data had.
    frame = pd.DataFrame(
        {j: pd.Series(array, dtype=array.dtype, copy=False) for j, array in arrays.items()}, copy=False
    )
    frame.columns = table._header
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
            return _integers(column, dtype)
        return column.astype(np.float64 if integer else dtype, copy=False)
    present = np.where(missing, 0.0, column)
    if integer and keep_integers:
        return pd.arrays.IntegerArray(_integers(present, dtype.numpy_dtype), missing)
    return pd.arrays.FloatingArray(present.astype(np.float64 if integer else dtype.numpy_dtype), missing)


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
        return _objects(values)[index]
    if dtype == np.bool_ and some_missing:
        # What pandas itself does where a missing value meets a column of plain booleans.
        values[-1] = np.nan
        return _objects(values)[index]
    return pd.array(values, dtype=dtype).take(index)


def _build_polars(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    import polars as pl

    series = []
    for j, stored in enumerate(table._storage):
        name, dtype = cast(str, table._labels[j]), stored.dtype
        if table.columns[j].categories is None:
            series.append(_polars_numbers(name, stored, matrix[:, j], keep_integers))
            continue
        values, index, _ = table._choices(j, matrix[:, j], unseen)
        if isinstance(dtype, pl.Enum):
            known = set(dtype.categories)
            extra = [value for value in values if value is not None and value not in known]
            if extra:
                dtype = pl.Enum([*dtype.categories, *extra])
        elif dtype == pl.Null and values != [None]:
            dtype = None
        series.append(pl.Series(name, values, dtype=dtype).gather(index))
    return pl.DataFrame(series)


def _polars_numbers(name: str, stored: _Storage, column: npt.NDArray[np.float64], keep_integers: bool) -> Any:
    import polars as pl

    if not stored.dtype.is_integer() or not keep_integers:
        result = pl.Series(name, np.ascontiguousarray(column, dtype=np.float64))
        if stored.missing is None:
            result = result.fill_nan(None)
        return result if stored.dtype.is_integer() else result.cast(stored.dtype)
    missing = np.isnan(column)
    # numpy has no 128-bit integers; what a float can tell of them fits into 64 bits but for extremes.
    native = np.dtype(getattr(np, str(stored.dtype).lower(), np.int64))
    result = pl.Series(name, _integers(np.where(missing, 0.0, column), native)).cast(stored.dtype)
    return result.scatter(np.flatnonzero(missing), None) if missing.any() else result


def _build_pyarrow(table: Table, matrix: FloatMatrix, unseen: Mapping[int, Any], keep_integers: bool) -> Any:
    import pyarrow as pa

    arrays = []
    schema = table._header
    for j, stored in enumerate(table._storage):
        if table.columns[j].categories is None:
            array = _pyarrow_numbers(stored.dtype, matrix[:, j], keep_integers, stored.missing)
        else:
            values, index, some_missing = table._choices(j, matrix[:, j], unseen)
            array = _pyarrow_categories(stored.dtype, values, index, some_missing)
        described = schema.field(j)
        if array.type != described.type:
            described = described.with_type(array.type)
        if array.null_count:
            described = described.with_nullable(True)
        if not described.equals(schema.field(j)):
            schema = schema.set(j, described)
        arrays.append(array)
    form = pa.RecordBatch if table._is_batch else pa.Table
    return form.from_arrays(arrays, schema=schema)


def _pyarrow_numbers(dtype: Any, column: npt.NDArray[np.float64], keep_integers: bool, missing: Any) -> Any:
    import pyarrow as pa

    absent = np.isnan(column)
    integer = pa.types.is_integer(dtype)
    native = np.dtype(dtype.to_pandas_dtype())
    if integer and keep_integers:
        return pa.array(_integers(np.where(absent, 0.0, column), native), mask=absent)
    values = column.astype(np.float64 if integer else native)
    return pa.array(values, mask=absent if missing is None else None)


def _pyarrow_categories(dtype: Any, values: list[Any], index: npt.NDArray[np.intp], some_missing: bool) -> Any:
    import pyarrow as pa

    if pa.types.is_null(dtype):
        return pa.array(values, type=None).take(pa.array(index))
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


_BUILDERS: dict[str, Callable[[Table, FloatMatrix, Mapping[int, Any], bool], Any]] = {
    "numpy": _build_numpy,
    "pandas": _build_pandas,
    "polars": _build_polars,
    "pyarrow": _build_pyarrow,
}
