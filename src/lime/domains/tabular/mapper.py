"""Names and values of a table's features, for whoever shows an explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.results.explanation import DomainMapper


class TableDomainMapper(DomainMapper):
    """Maps feature ids of a row to names.

    Parameters
    ----------
    feature_names : sequence of str
        Names with the category of the row where a feature is categorical, such as ``'color=red'``.
    feature_values : sequence of str
        The row's values as text; for a sparse row those of `feature_indexes` only.
    scaled_row : ndarray of float, shape (d,)
        Interpretable features of the row.
    categorical_features : iterable of int
        Features whose interpretable form is 0 or 1.
    discretized_feature_names : sequence of str, optional
        Names with the bin of the row, such as ``'5.10 < a <= 5.80'``.
    feature_indexes : sequence of int, optional
        Non-zero columns of a sparse row; None for a dense one.

    Attributes
    ----------
    exp_feature_names : sequence of str
        `feature_names`, under the name that programs read.
    all_categorical : bool
        Whether every feature is categorical.
    names : sequence of str
        Plain column names.
    values : mapping or sequence
        Plain values of the row by feature id.
    bounds : dict of int to (float or None, float or None)
        Bounds of the row's bin; None where it is open.
    """

    def __init__(
        self,
        feature_names: Sequence[str],
        feature_values: Sequence[str],
        scaled_row: NDArray[np.float64],
        categorical_features: Any,
        discretized_feature_names: Sequence[str] | None = None,
        feature_indexes: Sequence[int] | NDArray[np.intp] | None = None,
    ) -> None:
        super().__init__()
        self.exp_feature_names = feature_names
        self.feature_names = feature_names
        self.discretized_feature_names = discretized_feature_names
        self.feature_values = feature_values
        self.feature_indexes = feature_indexes
        self.scaled_row = scaled_row
        self.categorical_features = categorical_features
        self.all_categorical = len(categorical_features) == (
            scaled_row.shape[1] if getattr(scaled_row, "ndim", 1) == 2 else len(scaled_row)
        )
        self.names: Sequence[str] = feature_names
        self.values: Any = None
        self.bounds: dict[int, tuple[float | None, float | None]] = {}

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace feature ids by the names of their bins or categories."""
        names = self.exp_feature_names if self.discretized_feature_names is None else self.discretized_feature_names
        return [(names[feature], weight) for feature, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """What is known of one feature: feature, index, name, value, low, high."""
        low, high = self.bounds.get(feature_id, (None, None))
        return {
            "feature": str(self.map_exp_ids([(feature_id, 0.0)])[0][0]),
            "index": int(feature_id),
            "name": str(self.names[feature_id]),
            "value": self._value(feature_id),
            "low": low,
            "high": high,
        }

    def instance_features(self) -> list[int]:
        """Features that a table of the instance shows: all of a dense row, the non-zero ones of a sparse row."""
        if self.feature_indexes is not None:
            return [int(feature) for feature in self.feature_indexes]
        return list(range(len(self.exp_feature_names)))

    def _value(self, feature_id: int) -> Any:
        if self.values is not None:
            return self.values[feature_id]
        if self.feature_indexes is None:
            return self.feature_values[feature_id]
        where = np.flatnonzero(np.asarray(self.feature_indexes) == feature_id)
        return self.feature_values[int(where[0])] if where.size else 0.0


def map_row(
    table: Table | SparseTable,
    discretizer: BaseDiscretizer | None,
    categorical: Sequence[int],
    categorical_names: Any,
    row: NDArray[np.float64],
    unseen: Mapping[int, Any],
    instance: NDArray[np.float64],
    columns: NDArray[np.intp],
    bins: NDArray[np.float64] | None,
) -> TableDomainMapper:
    """Names and values of one row.

    Parameters
    ----------
    table : Table or SparseTable
        Names the columns and gives native values back.
    discretizer : BaseDiscretizer or None
        Names the bins.
    categorical : sequence of int
        Columns that are categories by nature, not by being cut.
    categorical_names : mapping or sequence
        Names of integer codes by column.
    row : ndarray of float, shape (d,)
        The row in the table's matrix form.
    unseen : mapping of int
        Native values of categories that the training data does not have.
    instance : ndarray of float, shape (m,)
        The row's interpretable features at `columns`.
    columns : ndarray of int, shape (m,)
        Columns that are drawn.
    bins : ndarray of float, shape (d,), or None
        The row with its numbers replaced by those of their bins.
    """
    plain = [str(name) for name in table.names]
    names = list(plain)
    native: list[Any] = [table.value(j, row[j], unseen) for j in range(len(row))]
    text = [f"{code:.2f}" for code in row]
    for j in categorical:
        if np.isnan(row[j]):
            names[j] = f"{plain[j]} is missing"
        else:
            native[j] = _category_name(categorical_names, j, plain[j], native[j])
            names[j] = f"{plain[j]}={native[j]}"
        text[j] = "True"
    discretized: list[str] | None = None
    bounds: dict[int, tuple[float | None, float | None]] = {}
    if discretizer is not None and bins is not None:
        discretized = list(names)
        for j, written in discretizer.names.items():
            if np.isnan(row[j]):
                discretized[j] = f"{plain[j]} is missing"
            else:
                discretized[j] = written[int(bins[j])]
                bounds[j] = _bounds(discretizer, j, int(bins[j]))
    else:
        for j in columns[np.isnan(row[columns])]:
            names[j] = f"{plain[j]} is missing"
    indexes, scaled = None, instance
    if isinstance(table, SparseTable):
        indexes, scaled, text = columns, np.zeros(len(row)), [text[j] for j in columns]
        scaled[columns] = instance
    every = range(len(row)) if discretizer is not None else list(categorical)
    mapper = TableDomainMapper(names, text, scaled, every, discretized, indexes)
    mapper.names, mapper.values, mapper.bounds = plain, native, bounds
    return mapper


def _bounds(discretizer: BaseDiscretizer, j: int, number: int) -> tuple[float | None, float | None]:
    """Edges of a bin; the outer bins are open, whatever the extremes of the training data."""
    lows, highs = discretizer.mins[j], discretizer.maxs[j]
    return (float(lows[number]) if number else None, float(highs[number]) if number < len(highs) - 1 else None)


def _category_name(categorical_names: Any, j: int, column: str, value: Any) -> Any:
    """Name of a category: from `categorical_names` by its number, else the value itself."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(categorical_names, Mapping):
        names = categorical_names.get(j, categorical_names.get(column))
    else:
        names = categorical_names[j] if j < len(categorical_names) else None
    if names is None or isinstance(value, bool):
        return value
    if isinstance(names, Mapping):
        return names.get(value, value)
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value
