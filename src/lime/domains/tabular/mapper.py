"""Names and values of a table's features, for whoever shows an explanation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.differences import MIX, Unit, unit_of_column
from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.groups import Group, UnknownValues
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.results.columns import Word
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

    def __init__(  # noqa: PLR0917 (as in lime 0.2.0.1)
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
        """Replace feature ids by the names of their bins or categories.

        Parameters
        ----------
        exp : sequence of (feature id, weight)
            Pairs of one label.
        **kwargs
            Without effect here.

        Returns
        -------
        list of (str, weight)
            In the order of `exp`.
        """
        names = self.exp_feature_names if self.discretized_feature_names is None else self.discretized_feature_names
        return [(names[feature], weight) for feature, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """What is known of one feature: feature, index, name, value, low, high.

        Parameters
        ----------
        feature_id : int
            A column's number.

        Returns
        -------
        dict
            feature, index, name, value, low and high, as `DomainMapper.describe` has them; bounds in the column's unit.

        Raises
        ------
        IndexError
            There is no such column.
        """
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
        """Features that a table of the instance shows: all of a dense row, the non-zero ones of a sparse row.

        Returns
        -------
        list of int
            In the order of the columns.
        """
        if self.feature_indexes is not None:
            return [int(feature) for feature in self.feature_indexes]
        return list(range(len(self.exp_feature_names)))

    def difference(self, feature_id: int, moved: float) -> str:
        """Write how far the row is from the neighbourhood's mean in one column.

        Parameters
        ----------
        feature_id : int
            A column.
        moved : float
            In units of the interpretable feature.

        Returns
        -------
        str
            Such as "3 more rooms"; empty where the column's unit is not known.
        """
        unit = self._unit(feature_id)
        if unit is None:
            return ""
        return unit.words(str(self.names[feature_id]), str(self.map_exp_ids([(feature_id, 0.0)])[0][0]), moved)

    def _unit(self, feature_id: int) -> Unit | None:
        units: Mapping[int, Unit] = self.__dict__.get("units", {})
        return units.get(feature_id)

    def _value(self, feature_id: int) -> Any:
        if self.values is not None:
            return self.values[feature_id]
        if self.feature_indexes is None:
            return self.feature_values[feature_id]
        where = np.flatnonzero(np.asarray(self.feature_indexes) == feature_id)
        return self.feature_values[int(where[0])] if where.size else 0.0


class _RowMapper(TableDomainMapper):
    """A mapper of one row that writes a column's name and value when it is asked for: few of them ever are.

    The lists that `TableDomainMapper` holds are made as soon as one of them is looked at; from then on, as there,
    they are what counts, and may be changed.

    Parameters
    ----------
    row : RowWords
    scaled_row : ndarray of float, shape (d,)
    """

    def __init__(self, row: RowWords, scaled_row: NDArray[np.float64]) -> None:
        self._row: RowWords | None = row
        d = len(row.codes)
        self.scaled_row = scaled_row
        self.categorical_features = range(d) if row.discretizer is not None else sorted(row.categorical)
        self.all_categorical = len(self.categorical_features) == d
        self.feature_indexes = row.columns if isinstance(row.table, SparseTable) else None
        self._hidden = {j for group in row.groups for j in group.columns[1:]}

    def __getattr__(self, name: str) -> Any:
        if name not in _WRITTEN or self.__dict__.get("_row") is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        row, self._row = self._row, None
        assert row is not None
        for key, written in row.write().items():
            self.__dict__.setdefault(key, written)
        return self.__dict__[name]

    def __getstate__(self) -> dict[str, Any]:
        _ = self.names  # what is pickled and copied holds the words, not the training data's statistics
        return self.__dict__

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace feature ids by the names of their bins or categories."""
        if self._untouched:
            assert self._row is not None
            return [(self._row.shown(feature), weight) for feature, weight in exp]
        return super().map_exp_ids(exp, **kwargs)

    def instance_features(self) -> list[int]:
        """Features that a table of the instance shows: all of a dense row, the non-zero ones of a sparse row."""
        if self.feature_indexes is None:
            return [j for j in range(len(self.scaled_row)) if j not in self._hidden]
        return super().instance_features()

    @property
    def _untouched(self) -> bool:
        """Whether no list was asked for or set."""
        return self._row is not None and _WRITTEN.isdisjoint(self.__dict__)

    def in_brief(self) -> Callable[[int], tuple[Word, Any]] | None:
        """What says the same as `describe`, for whoever asks about many rows; None where lists may have been changed.

        It takes a feature id and returns feature, name, low and high; and the value.
        """
        return self._row.brief if self._row is not None and self._untouched else None

    def difference(self, feature_id: int, moved: float) -> str:
        """Write how far the row is from the neighbourhood's mean in one column."""
        if self._untouched:
            assert self._row is not None
            row = self._row
            return row.unit(feature_id).words(row.name(feature_id), row.shown(feature_id), moved)
        return super().difference(feature_id, moved)

    def describe(self, feature_id: int) -> dict[str, Any]:
        """What is known of one feature: feature, index, name, value, low, high."""
        row = self._row
        if row is None or not self._untouched:
            return super().describe(feature_id)
        return row.describe(feature_id)


_WRITTEN = frozenset(
    {
        "exp_feature_names",
        "feature_names",
        "discretized_feature_names",
        "feature_values",
        "names",
        "values",
        "bounds",
    }
)


@dataclass(frozen=True)
class RowWords:
    """Where the words of one row come from.

    Attributes
    ----------
    table : Table or SparseTable
        Gives native values back.
    names : sequence of str
        Names of the columns.
    discretizer : BaseDiscretizer or None
        Names the bins.
    categorical : collection of int
        Columns that are categories by nature, not by being cut.
    categorical_names : mapping or sequence
        Names of integer codes by column.
    codes : ndarray of float, shape (d,)
        The row in the table's matrix form.
    unseen : mapping of int
        Native values of categories that the training data does not have.
    columns : ndarray of int, shape (m,)
        Columns that are sampled.
    bins : ndarray of float, shape (d,), or None
        The row with its numbers replaced by those of their bins.
    groups : sequence of Group
        Columns that are one feature.
    spreads : ndarray of float, shape (d,)
        Standard deviations of numeric columns.
    """

    table: Table | SparseTable
    names: Sequence[str]
    discretizer: BaseDiscretizer | None
    categorical: Collection[int]
    categorical_names: Any
    codes: NDArray[np.float64]
    unseen: Mapping[int, Any]
    columns: NDArray[np.intp]
    bins: NDArray[np.float64] | None
    groups: Sequence[Group] = ()
    spreads: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def name(self, j: int) -> str:
        """Name of a column, or of the group that it stands for."""
        group = self.group(j)
        return str(self.names[j]) if group is None else group.name

    def group(self, j: int) -> Group | None:
        """The group that a column stands for."""
        return next((group for group in self.groups if group.first == j), None)

    def members(self, group: Group) -> NDArray[np.float64]:
        """The row's values of a group's columns, shape (m,)."""
        own = self.unseen.get(group.first)
        known = self.codes[[group.first]]
        found: NDArray[np.float64] = group.members_at(known, own if isinstance(own, UnknownValues) else None)[0]
        return found

    def value_of(self, j: int, code: float) -> Any:
        """The native value of a number in a column of a group, or the name of its category."""
        own = next((self.unseen.get(group.first) for group in self.groups if j in group.columns), None)
        value = self.table.value(j, code, own.native if isinstance(own, UnknownValues) else self.unseen)
        return value if value is None else _category_name(self.categorical_names, j, str(self.names[j]), value)

    def unit(self, j: int) -> Unit:
        """What one unit of a column's interpretable feature is."""
        if j in self.categorical or self.group(j) is not None or self.is_cut(j) or self.is_missing(j):
            return MIX
        scale = self.table.storage[j].scale if isinstance(self.table, Table) else None
        return unit_of_column(scale, float(self.spreads[j]))

    def describe(self, j: int) -> dict[str, Any]:
        """What is known of one column: feature, index, name, value, low, high."""
        (feature, name, low, high), value = self.brief(j)
        return {"feature": feature, "index": int(j), "name": name, "value": value, "low": low, "high": high}

    def brief(self, j: int) -> tuple[Word, Any]:
        """Feature, name, low and high of one column; and its value."""
        value = self.native(j)
        if value is not None and self.is_cut(j):
            feature, low, high = self._bin(j)
        else:
            feature, low, high = self.shown(j), None, None
        return (feature, self.name(j), low, high), value

    def native(self, j: int) -> Any:
        """The value of a column as a plain Python object, or the name of its category."""
        group = self.group(j)
        if group is not None:
            return group.shown(self.members(group), self.value_of)[1]
        value = self.table.value(j, self.codes[j], self.unseen)
        if j in self.categorical and value is not None:
            return _category_name(self.categorical_names, j, str(self.names[j]), value)
        return value

    def is_missing(self, j: int) -> bool:
        """Whether the row has no value there."""
        code = self.codes[j]
        return bool(code != code)

    def is_cut(self, j: int) -> bool:
        """Whether the column is cut into bins."""
        return self.discretizer is not None and self.bins is not None and j in self.discretizer.names

    def named(self, j: int) -> str:
        """Name of a column, with the category of the row where it has one."""
        group, plain = self.group(j), str(self.names[j])
        if group is not None:
            return group.shown(self.members(group), self.value_of)[0]
        if j not in self.categorical:
            cut = self.discretizer is not None and self.bins is not None
            return f"{plain} is missing" if not cut and self.is_missing(j) else plain
        return f"{plain} is missing" if self.is_missing(j) else f"{plain}={self.native(j)}"

    def shown(self, j: int) -> str:
        """Name of a column with the bin of the row where it is cut."""
        if not self.is_cut(j):
            return self.named(j)
        return f"{self.names[j]} is missing" if self.is_missing(j) else self._bin(j)[0]

    def bounds(self, j: int) -> tuple[float | None, float | None]:
        """Edges of the row's bin; the outer bins are open, whatever the extremes of the training data."""
        return (None, None) if not self.is_cut(j) or self.is_missing(j) else self._bin(j)[1:]

    def _bin(self, j: int) -> tuple[str, float | None, float | None]:
        """Name and edges of the bin that the row is in."""
        assert self.discretizer is not None
        assert self.bins is not None
        cuts, number = self.discretizer, int(self.bins[j])
        highs = cuts.maxs[j]
        low = self.table.bound(j, float(cuts.mins[j][number])) if number else None
        high = self.table.bound(j, float(highs[number])) if number < len(highs) - 1 else None
        return str(cuts.names[j][number]), low, high

    def write(self) -> dict[str, Any]:
        """All lists of a `TableDomainMapper`."""
        every = range(len(self.codes))
        text = ["True" if j in self.categorical else self.table.written(j, self.codes[j]) for j in every]
        if isinstance(self.table, SparseTable):
            text = [text[j] for j in self.columns]
        names = [self.named(j) for j in every]
        cut = self.discretizer is not None and self.bins is not None
        return {
            "exp_feature_names": names,
            "feature_names": names,
            "discretized_feature_names": [self.shown(j) for j in every] if cut else None,
            "feature_values": text,
            "names": [self.name(j) for j in every],
            "values": [self.native(j) for j in every],
            "units": {j: self.unit(j) for j in every},
            "bounds": {j: found for j in every if (found := self.bounds(j)) != (None, None)},
        }


def map_row(words: RowWords, instance: NDArray[np.float64]) -> TableDomainMapper:
    """Names and values of one row.

    Parameters
    ----------
    words : RowWords
    instance : ndarray of float, shape (m,)
        The row's interpretable features at its sampled columns.
    """
    scaled = instance
    if isinstance(words.table, SparseTable):
        scaled = np.zeros(len(words.codes))
        scaled[words.columns] = instance
    return _RowMapper(words, scaled)


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
