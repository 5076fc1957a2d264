"""Between the tables that users have and the float64 matrix that the method works on.

A :class:`Table` is learnt from the training data. It turns rows into numbers (a missing value is NaN, a
category with a native value of its own is a code) and matrices of numbers back into the kind of table that
the model was trained on: same frame library, columns, order and dtypes. It keeps no training row.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from lime.domains.tabular.building import BUILDERS
from lime.domains.tabular.forms import (
    ColumnInfo,
    FloatMatrix,
    Kind,
    Limits,
    Storage,
    counted,
    is_missing,
    limits_of,
    listing,
    plain_value,
)
from lime.domains.tabular.naming import check_keys, check_size, lookup, names_of, position_of, resolve_columns
from lime.domains.tabular.reading import (
    as_array,
    as_frame,
    as_plain,
    is_pandas_series,
    is_record_batch,
    native_column,
    read_columns,
    row_of,
    to_list,
)
from lime.domains.tabular.scales import exceeds_floats
from lime.domains.tabular.values import category_of, judge_infinite, number_of

__all__ = ["Table"]


@dataclass(frozen=True, eq=False)
class Table:
    """The form of the training data: frame kind, columns, order and dtypes, but none of its rows.

    Made by :meth:`read`; can be pickled and deep-copied.

    Attributes
    ----------
    kind
        ``"numpy"``, ``"pandas"``, ``"polars"`` or ``"pyarrow"``: what :meth:`build` returns.
    columns
        One :class:`ColumnInfo` for each column, in order.
    names
        The columns' names.
    categorical_features
        Positions of the categorical columns: those that were named, in that order, then those that were found.
    labels
        What the frame calls its columns.
    storage
        How each column was stored.
    header
        numpy: the array's dtype; pandas: the columns' Index; pyarrow: the schema; polars: None.
    is_batch
        Whether the training data was one batch of pyarrow rather than a table of them.
    """

    kind: Kind
    columns: tuple[ColumnInfo, ...]
    names: list[str]
    categorical_features: list[int]
    labels: list[Hashable] = field(repr=False)
    storage: tuple[Storage, ...] = field(repr=False)
    header: Any = field(repr=False)
    _codes: dict[int, dict[Any, int]] = field(repr=False)
    _positions: dict[Hashable, int] = field(repr=False)
    # What a row may hold where the columns' dtypes hold less than float64; None where all hold as much.
    _limits: Limits | None = field(repr=False)
    is_batch: bool = field(repr=False)

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
        frame = as_frame(data, "training_data")
        if frame is not None:
            kind, native, labels = frame
            n = len(native)
            check_size(n, len(labels))
            header = native.columns if kind == "pandas" else native.schema if kind == "pyarrow" else None
        else:
            kind, native = "numpy", as_array(data, "training_data")
            n, d = native.shape
            check_size(n, d)
            labels, header = list(range(d)), native.dtype
        names = names_of(labels, feature_names)
        positions = lookup(labels, names)
        in_order = resolve_columns(categorical_features, positions, names, is_array=kind == "numpy")
        check_keys(categorical_names, positions, names, is_array=kind == "numpy")
        if kind == "numpy":
            native = as_plain(native, in_order)
            header = native.dtype
        columns, storage, matrix = read_columns(kind, native, names, frozenset(in_order))
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
                *(j for j, column in enumerate(columns) if column.is_categorical and j not in in_order),
            ],
            labels=labels,
            storage=storage,
            header=header,
            _codes={
                j: {value: code for code, value in enumerate(column.categories)}
                for j, column in enumerate(columns)
                if column.categories is not None
            },
            _positions=positions,
            _limits=limits_of(kind, columns, storage),
            is_batch=is_record_batch(nw.to_native(data, pass_through=True)),
        )
        return table, matrix

    def read_row(self, row: Any, cut: Collection[int] = ()) -> tuple[npt.NDArray[np.float64], dict[int, Any]]:
        """Turn one row into numbers.

        Parameters
        ----------
        row
            d values in order (1-D array, list, tuple, 1 x d array or list of one list), or d values by name
            (dict, pandas Series, a frame of one row from any library). A Series whose index holds none of the
            names is taken in order; so is a frame, where the training data was an array.
        cut
            Positions of columns that are cut into bins: the outermost takes infinite numbers.

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
            numeric = (
                self._plain and row.dtype.kind in "fiub" and row.shape in ((len(self.names),), (1, len(self.names)))
            )
            # Nothing to look up: as fast as it must be for rows of thousands of numbers.
            if numeric and not np.isinf(row).any() and not self._rounds(row):
                values = row.astype(np.float64).reshape(-1)
                self._check_fits(values[None, :], "data_row")
                return values, {}
        columns, n = self._columns_of_row(nw.to_native(row, pass_through=True))
        if n != 1:
            raise ValueError(f"data_row has {n} rows; expected one row of {len(self.names)} values")
        values = np.empty(len(self.names))
        unseen: dict[int, Any] = {}
        for j, column in enumerate(columns):
            encoded, new = self._encode(j, column, "data_row", cut=j in cut)
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
        if named and (isinstance(data[0], Mapping) or is_pandas_series(data[0])):
            return np.stack([self.read_row(row)[0] for row in data])
        frame = as_frame(data, "data")
        if frame is None:
            array = as_array(data, "data")
            self._check_width(array.shape[1], "data")
            if self._plain and not self._codes and array.dtype.kind in "fiub" and not self._rounds(array):
                whole = np.array(array, dtype=np.float64, order="C")
                infinite = np.isinf(whole).any(axis=0)
                if infinite.any():
                    judge_infinite(self.columns[int(np.argmax(infinite))], False, "data")
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
        return BUILDERS[self.kind](self, matrix, unseen, keep_integers)

    def value(self, j: int, code: float, unseen: Mapping[int, Any] | None = None) -> Any:
        """Return what `code` stands for at column `j`, as a plain Python value; None where it is missing."""
        code = float(code)
        if code != code:
            return None
        column = self.columns[j]
        scale = self.storage[j].scale
        if scale is not None:
            return scale.plain(code)
        if column.categories is None:
            return int(code) if column.is_integer and code.is_integer() else code
        k = int(code)
        values = [*column.categories, *([plain_value(unseen[j])] if unseen and j in unseen else [])]
        if not 0 <= k < len(values):
            self.refuse_code(j, k)
        return values[k]

    def bound(self, j: int, edge: float) -> float:
        """Return an edge between bins of column `j` as a number; see `Scale.bound`."""
        scale = self.storage[j].scale
        return edge if scale is None else scale.bound(edge)

    def written(self, j: int, number: float) -> str:
        """Write a number of column `j` as short text."""
        scale = self.storage[j].scale
        return f"{number:.2f}" if scale is None or number != number else scale.text(number)

    def _check_width(self, width: int, argument: str) -> None:
        if width != len(self.names):
            raise ValueError(
                f"{argument} has {counted(width, 'value' if argument == 'data_row' else 'column')}, "
                f"but the training data has {counted(len(self.names), 'column')}"
            )

    def _takes(self, j: int, cut: bool) -> bool:
        """Whether a row may hold an infinite number at column j: one that is cut, and handed on as floats."""
        plain = self.kind == "numpy" and self.header.kind in "fiu"
        return cut and (plain or not self.columns[j].is_integer)

    def _check_fits(self, matrix: FloatMatrix, argument: str) -> None:
        """Refuse what a dtype would round, clip or turn into an infinity: the model would see another row."""
        limits = self._limits
        if limits is None:
            return
        broken = limits.whole & (matrix != np.rint(matrix)) & ~np.isnan(matrix)
        # Infinite numbers were judged before.
        wrong = ((matrix < limits.low) | (matrix > limits.high) | broken) & ~np.isinf(matrix)
        if not wrong.any():
            return
        i, j = (int(at) for at in np.argwhere(wrong)[0])
        dtype, low, high = self.storage[j].dtype, float(limits.low[j]), float(limits.high[j])
        if limits.whole[j]:
            holds = f"which is of dtype {dtype}; expected a whole number from {low:.0f} to {high:.0f}"
        else:
            holds = f"which is of dtype {dtype}; expected a number from {low:.4g} to {high:.4g}"
        raise ValueError(f"{argument} has {float(matrix[i, j])!r} in column {self.names[j]!r}, {holds}")

    def refuse_code(self, j: int, code: int) -> NoReturn:
        """Raise the ValueError for a code that stands for no category of column `j`."""
        known = len(self.columns[j].categories or ())
        raise ValueError(
            f"code {code} of column {self.names[j]!r} stands for no value: "
            f"it has {counted(known, 'category')}, and unseen holds no value for it"
        )

    def _columns_of_row(self, row: Any) -> tuple[list[Any], int]:
        """One sequence of values for each column, in the training data's order, and their length."""
        if isinstance(row, Mapping):
            return [[value] for value in self._by_name(list(row), list(row.values()))], 1
        if is_pandas_series(row):
            return [[value] for value in self._by_name(list(row.index), row.tolist(), or_by_position=True)], 1
        frame = as_frame(row, "data_row")
        if frame is not None:
            if len(frame[1]) != 1:
                return [], len(frame[1])
            return self._align_frame(frame, "data_row"), 1
        values = row_of(row)
        if values.ndim == 2:
            if len(values) != 1:
                return [], len(values)
            values = values[0]
        if values.ndim != 1:
            raise ValueError(
                f"data_row has {counted(values.ndim, 'dimension')}; expected one row of {len(self.names)} values"
            )
        self._check_width(len(values), "data_row")
        return [values[j : j + 1] for j in range(len(values))], 1

    def _align_frame(self, frame: tuple[Kind, Any, list[Hashable]], argument: str) -> list[Any]:
        kind, native, labels = frame
        series = [native_column(kind, native, i) for i in range(len(labels))]
        # A model of bare arrays knows its columns by position: a frame's own names may mean nothing to it.
        return self._by_name(labels, series, argument, or_by_position=self.kind == "numpy")

    def _by_name(
        self, keys: list[Any], values: list[Any], argument: str = "data_row", or_by_position: bool = False
    ) -> list[Any]:
        """Put values in the order of the columns that their keys name."""
        found: dict[int, Any] = {}
        extra = []
        for key, value in zip(keys, values, strict=True):
            j = position_of(key, self._positions)
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
            also = f", and has {listing(extra)}, which the training data does not have" if extra else ""
            raise ValueError(f"{argument} lacks {listing(lacking)} of the training data's columns{also}")
        if extra:
            raise ValueError(
                f"{argument} has {listing(extra)}, which the training data does not have; "
                f"its columns are {listing(self.names)}"
            )
        return [found[j] for j in range(len(self.names))]

    def _encode(
        self, j: int, values: Any, argument: str, cut: bool = False
    ) -> tuple[npt.NDArray[np.float64], list[Any]]:
        """Numbers for the values of column j, and the unseen categories among them; bins take infinite numbers."""
        codes = self._codes.get(j)
        if isinstance(values, np.ndarray):
            plain = codes is None and self.storage[j].scale is None and not self._rounds(values)
            if plain and values.dtype.kind in "fiub":
                encoded = values.astype(np.float64)
                if np.isinf(encoded).any():
                    judge_infinite(self.columns[j], self._takes(j, cut), argument)
                return encoded, []
            times = values.dtype.kind in "Mm"
            values = values.astype(f"{values.dtype.kind}8[us]").tolist() if times else values.tolist()
        elif not isinstance(values, list):
            values = to_list(values)
        result = np.empty(len(values))
        unseen: dict[Any, None] = {}
        for i, value in enumerate(values):
            if is_missing(value):
                result[i] = np.nan
            elif codes is None:
                result[i] = number_of(
                    self.columns[j],
                    self.storage[j],
                    value,
                    argument=argument,
                    in_arrays=self.kind == "numpy",
                    is_cut=self._takes(j, cut),
                )
            else:
                code = codes.get(value) if isinstance(value, Hashable) else None
                if code is None:
                    unseen.setdefault(category_of(self.columns[j], self.storage[j], value, argument))
                    code = len(codes)
                result[i] = code
        return result, list(unseen)

    @property
    def _plain(self) -> bool:
        """Whether all columns are numbers that floats hold, as far as the training data says."""
        return all(stored.scale is None for stored in self.storage)

    def _rounds(self, values: npt.NDArray[Any]) -> bool:
        """Whether some of the values may be whole numbers that floats round; each is then looked at by itself."""
        return values.dtype.kind in "iu" and values.dtype.itemsize == 8 and exceeds_floats(values.astype(np.float64))
