"""What is learned of a table's columns: discretizers, moments, values and their frequencies, distributions."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from lime.domains.tabular.discretize import DISCRETIZERS, BaseDiscretizer, StatsDiscretizer, bin_names
from lime.domains.tabular.forms import listing
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.statistics import check_bins, frequencies_of
from lime.domains.tabular.table import Table
from lime.engine.inspection import is_sparse, is_whole
from lime.engine.registry import COLUMNS, find, registered
from lime.engine.warn import warn_user


@dataclass(frozen=True)
class LearnedColumns:
    """Statistics of a table's columns.

    Attributes
    ----------
    scaler : StandardScaler
        Means and scales, 0 and 1 where z is 0 or 1.
    means, stds, missing : ndarray of float, shape (d,)
        Moments of numeric columns, and the share of missing values.
    feature_values, feature_frequencies : dict of int
        Bins or categories of a column that occur, and their shares.
    """

    scaler: StandardScaler
    means: NDArray[np.float64]
    stds: NDArray[np.float64]
    missing: NDArray[np.float64]
    feature_values: dict[int, list[Any]]
    feature_frequencies: dict[int, NDArray[np.float64]]


def read_training_data(
    training_data: Any,
    *,
    feature_names: Iterable[Any] | None,
    categorical_features: Iterable[Any] | None,
    categorical_names: Mapping[Any, Any] | Sequence[Any] | None,
) -> tuple[Table | SparseTable, NDArray[np.float64] | None]:
    """Read training data as a table, and as a matrix of floats where it is not sparse."""
    if is_sparse(training_data):
        return SparseTable.read(training_data, feature_names, categorical_features), None
    return Table.read(
        training_data,
        feature_names=feature_names,
        categorical_features=categorical_features,
        categorical_names=categorical_names,
    )


def keeps_integers(table: Table | SparseTable, wanted: bool | None) -> bool:
    """Whether integers reach the model as they are: where that is wanted, or floats would round what is there."""
    kept = table.kind != "numpy" if wanted is None else bool(wanted)
    if kept or not isinstance(table, Table) or table.kind != "numpy" or table.header.kind not in "iu":
        return kept
    large = [
        column.name
        for column, stored in zip(table.columns, table.storage, strict=True)
        if stored.scale is not None or column.categories is not None
    ]
    if large:
        warn_user(
            f"training_data has whole numbers beyond 2^53 in {listing(large)}, which floats round: the model is "
            f"handed arrays of {table.header} instead of floats",
        )
    return bool(large)


def categorical_columns(
    table: Table | SparseTable, matrix: NDArray[np.float64] | None, more: Sequence[int] = ()
) -> list[int]:
    """Positions of columns that are categories: those of the table, those in which nothing is known, and some more."""
    # A column in which nothing is known has no numbers to cut or scale: "is missing" is its only category.
    empty = [] if matrix is None else np.flatnonzero(np.isnan(matrix).all(axis=0)).tolist()
    return list(dict.fromkeys([*table.categorical_features, *empty, *more]))


def check_categorical_names(names: Any, categorical: Sequence[int], feature_names: Sequence[str]) -> None:
    """Refuse what names no categories; warn of names of categories that no column can take."""
    if isinstance(names, str) or not isinstance(names, Mapping | Sequence | np.ndarray):
        raise ValueError(f"categorical_names={names!r}: expected a mapping from column to names, or a sequence")
    if not isinstance(names, Mapping):
        return
    known = {*categorical, *(feature_names[j] for j in categorical)}
    idle = [key for key in names if key not in known]
    if idle:
        warn_user(f"categorical_names has names for {idle}, which are not among the categorical_features: ignored")


@dataclass(frozen=True)
class Discretization:
    """How numeric columns are to be cut, as an explainer was told.

    Attributes
    ----------
    discretizer : str or BaseDiscretizer
    labels : array_like, shape (n,), or None
    stats : mapping or None
        The ``training_data_stats``.
    random_state : RandomState
    """

    discretizer: str | BaseDiscretizer
    labels: ArrayLike | None
    stats: Mapping[str, Any] | None
    random_state: np.random.RandomState

    def warn_of_ignored(self, cut: bool, sparse_data: bool) -> None:
        """Warn of what has no effect; `cut` tells whether columns are cut into bins."""
        if self.discretizer != "quartile" and not cut:
            reason = "sparse data is not cut into bins" if sparse_data else "discretize_continuous=False"
            warn_user(f"discretizer has no effect: {reason}")
        if self.stats is not None and not cut:
            warn_user("training_data_stats has no effect where columns are not cut into bins")

    def seed_of_own(self) -> int | None:
        """Of a discretizer that came with random numbers of its own a seed: what it would draw next, not drawn."""
        own = getattr(self.discretizer, "random_state", None)
        if not isinstance(self.discretizer, BaseDiscretizer) or not isinstance(own, np.random.RandomState):
            return None
        if own in (check_random_state(None), self.random_state):
            return None
        return int(copy.deepcopy(own).randint(2**31))

    def fit(
        self,
        matrix: NDArray[np.float64],
        table: Table | SparseTable,
        categorical_features: list[int],
        feature_names: list[str],
    ) -> BaseDiscretizer:
        """Make the discretizer of a matrix, shape (n, d)."""
        if isinstance(self.discretizer, BaseDiscretizer):
            return self.discretizer
        made = self._made(matrix, categorical_features, feature_names)
        for j in made.names:
            scale = table.storage[j].scale if isinstance(table, Table) else None
            if scale is not None:
                # Edges of dates are dates to a reader.
                bins, name = len(made.mins[j]), feature_names[j]
                named = bin_names(name, np.array(made.mins[j][1:]), scale.texts(np.array(made.mins[j][1:])))
                made.names[j] = [*named, *made.names[j][bins:]]
        return made

    def _made(
        self, matrix: NDArray[np.float64], categorical_features: list[int], feature_names: list[str]
    ) -> BaseDiscretizer:
        arguments = (matrix, categorical_features, feature_names)
        if self.stats is not None:
            check_bins(self.stats, set(range(matrix.shape[1])).difference(categorical_features))
            return StatsDiscretizer(
                *arguments, labels=self.labels, random_state=self.random_state, data_stats=self.stats
            )
        name = str(self.discretizer)
        if self.discretizer not in DISCRETIZERS:
            raise ValueError(
                f"discretizer={self.discretizer!r} is unknown: expected 'quartile', 'decile', 'entropy' or a "
                "BaseDiscretizer"
            )
        return DISCRETIZERS[name](*arguments, labels=self.labels, random_state=self.random_state)


def learn_columns(
    matrix: NDArray[np.float64],
    discretizer: BaseDiscretizer | None,
    categorical: Sequence[int],
    *,
    feature_names: Sequence[str],
    stats: Mapping[str, Any] | None,
) -> LearnedColumns:
    """Means and scales of numeric columns, values and frequencies of all others.

    Parameters
    ----------
    matrix : ndarray of float, shape (n, d)
    discretizer : BaseDiscretizer or None
    categorical : sequence of int
        Columns of categories or bins.
    feature_names : sequence of str
    stats : mapping or None
        The ``training_data_stats``.

    Raises
    ------
    ValueError
        If numbers are too large, or statistics are not those of the columns.
    """
    scaler = StandardScaler(with_mean=False)
    numeric = np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
    with np.errstate(over="ignore", invalid="ignore"):
        scaler.fit(numeric)
    cut = () if discretizer is None else discretizer.lambdas
    huge = np.array([j for j in np.flatnonzero(~np.isfinite(scaler.var_)) if j not in cut], dtype=np.intp)
    if huge.size:
        raise ValueError(
            f"training_data holds numbers up to {np.nanmax(np.abs(matrix[:, huge[0]])):.3g} in column "
            f"{feature_names[huge[0]]!r}: expected numbers whose squares can be added up"
        )
    # The mean of equal numbers can be an ulp off, and an ulp of a large number is far away at scale 1.
    only = np.fmin.reduce(numeric, axis=0)
    same = np.flatnonzero(only == np.fmax.reduce(numeric, axis=0))
    scaler.mean_[same], scaler.var_[same], scaler.scale_[same] = only[same], 0.0, 1.0
    means, stds, missing = scaler.mean_.copy(), np.sqrt(scaler.var_), np.isnan(matrix).mean(axis=0)
    discretized = matrix if discretizer is None else discretizer.discretize(matrix.copy())
    feature_values: dict[int, list[Any]] = {}
    feature_frequencies: dict[int, NDArray[np.float64]] = {}
    for j in categorical:
        if stats is None:
            values, counts = np.unique(discretized[:, j], return_counts=True)
        else:
            values, counts = frequencies_of(stats, j, feature_names[j])
        feature_values[j] = values.tolist()
        feature_frequencies[j] = counts / counts.sum()
        scaler.mean_[j], scaler.scale_[j] = 0.0, 1.0
    return LearnedColumns(scaler, means, stds, missing, feature_values, feature_frequencies)


def learn_sparse(table: SparseTable) -> LearnedColumns:
    """Moments of the columns of a sparse matrix."""
    scaler = StandardScaler(with_mean=False)
    scaler.mean_, scaler.var_ = table.mean, np.square(table.std)
    scaler.scale_ = np.where(table.std > 0, table.std, 1.0)
    scaler.n_features_in_ = len(table.names)
    return LearnedColumns(scaler, table.mean, table.std, np.zeros(len(table.names)), {}, {})


def learn_own(
    wanted: Mapping[Any, Any],
    matrix: NDArray[np.float64] | None,
    categorical: frozenset[int],
    feature_names: list[str],
) -> dict[int, Any]:
    """Distributions of users' own, learned from the training values of their columns.

    Parameters
    ----------
    wanted : mapping
        The ``column_distributions``.
    matrix : ndarray of float, shape (n, d), or None
        None where the training data is sparse.
    categorical : frozenset of int
        Columns that have no numbers.
    feature_names : list of str

    Raises
    ------
    TypeError, ValueError
        If a column or its distribution is not what was asked for.
    """
    if wanted and matrix is None:
        raise ValueError("column_distributions with sparse training_data: expected None")
    learned: dict[int, Any] = {}
    for key, given in wanted.items():
        j = int(key) if is_whole(key) else feature_names.index(key) if key in feature_names else -1
        if not 0 <= j < len(feature_names) or j in categorical:
            raise ValueError(f"column_distributions has {key!r}: expected the position or name of a numeric column")
        learn = find(COLUMNS, given) if isinstance(given, str) else given
        if not callable(learn):
            known = ", ".join(map(repr, registered(COLUMNS))) or "none is registered"
            raise ValueError(f"column_distributions has {given!r}: expected a registered name ({known}) or a function")
        assert matrix is not None
        learned[j] = learn(matrix[:, j].copy())
        if not callable(getattr(learned[j], "quantile", None)):
            raise TypeError(f"column_distributions of {key!r} gave {learned[j]!r}: expected an object with quantile(u)")
    return learned
