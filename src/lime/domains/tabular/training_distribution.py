"""What was learned from the training data: the one object that samples, reads and writes rows of a table.

The explainer, its probes and the diagnostics that compare samples with data all go through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from lime.domains.protocols import Samples
from lime.domains.tabular.columns import (
    Binned,
    BinStatistics,
    ColumnDistribution,
    Discrete,
    Draws,
    Normal,
    Own,
    codes_of,
)
from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.domains.tabular.varying import Varying
from lime.engine.kernels import disagreements, distances_to


@dataclass(frozen=True)
class Row:
    """One row in the form of a distribution's table.

    Attributes
    ----------
    values : ndarray of float, shape (d,)
    unseen : dict of int
        Native values of categories that the training data does not have, by column; of a group `UnknownValues`.
    columns : ndarray of int, shape (m,)
        Columns that are sampled: all of a dense row, the non-zero ones of a sparse row, but for those that are held
        fixed. The first column of a group stands for all of it.
    bins : ndarray of float, shape (d,), or None
        The row with its numbers replaced by those of their bins; None where nothing is cut.
    """

    values: NDArray[np.float64]
    unseen: dict[int, Any]
    columns: NDArray[np.intp]
    bins: NDArray[np.float64] | None


@dataclass(frozen=True)
class Interpreted:
    """A row's own interpretable features at its columns.

    Attributes
    ----------
    features : ndarray of float, shape (m,)
    codes : ndarray of int, shape (m,)
        Bin or category of each; -1 where it is never sampled.
    is_number : ndarray of bool, shape (m,)
        Whether the feature is the number itself, in standard deviations from the training mean; of all others it
        counts whether a sample is as the row is.
    constant : ndarray of bool, shape (m,)
        Which columns have one value in the training data, and the row has it too.
    """

    features: NDArray[np.float64]
    codes: NDArray[np.intp]
    is_number: NDArray[np.bool_]
    constant: NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingDistribution:
    """The columns' distributions, and the way between a user's rows and the matrix that they are in.

    Attributes
    ----------
    table : Table or SparseTable
        The form of the training data.
    names : sequence of str
    discretizer : BaseDiscretizer or None
        Cuts numeric columns into bins.
    scaler : StandardScaler
        Means and scales of the columns, 0 and 1 where z is 0 or 1.
    feature_values, feature_frequencies : mapping of int
        Bins or categories of a column that occur, and their shares.
    categorical : frozenset of int
        Columns that are categories by nature, not by being cut.
    means, stds, missing : ndarray of float, shape (d,)
        Of the numeric columns: moments, and share of missing values.
    keep_integers : bool
        Whether integer columns stay whole.
    around_instance : bool
        Whether numbers that are not cut are sampled around the instance's.
    learned : dict of int
        Distributions of columns that do not depend on the row; filled as they are asked for.
    own : mapping of int
        Distributions of users' own, by column: objects with ``quantile(u)``.
    varying : Varying
        What is held fixed, and what is drawn together.
    cuts : BaseDiscretizer or None
        Cuts numeric columns where bins are shown; the `discretizer` where there is one.
    """

    table: Table | SparseTable
    names: Sequence[str]
    discretizer: BaseDiscretizer | None
    scaler: StandardScaler
    feature_values: Mapping[int, Any]
    feature_frequencies: Mapping[int, Any]
    categorical: frozenset[int]
    means: NDArray[np.float64]
    stds: NDArray[np.float64]
    missing: NDArray[np.float64]
    keep_integers: bool
    around_instance: bool
    learned: dict[int, ColumnDistribution]
    own: Mapping[int, Any]
    varying: Varying
    cuts: BaseDiscretizer | None

    @property
    def is_sparse(self) -> bool:
        """Whether the training data was a sparse matrix."""
        return isinstance(self.table, SparseTable)

    # ---- rows of the user's, both ways

    def as_row(self, instance: Any, argument: str = "data_row") -> Any:
        """An instance as a row of the table, in any form that the table reads; `argument` is its name in messages."""
        return instance

    def encode(self, row: Any, argument: str = "data_row") -> Row:
        """Read one row of the user's; `argument` is its name in messages."""
        return self.row_of(*self.read(row, argument))

    def read(self, row: Any, argument: str = "data_row") -> tuple[NDArray[np.float64], dict[int, Any]]:
        """The values of a row of the user's, and its categories that the training data does not have."""
        given = self.as_row(row, argument)
        if isinstance(self.table, SparseTable) or self.discretizer is None:
            return self.varying.fold_row(*self.table.read_row(given))
        cut = self.discretizer.lambdas.keys() - self.own.keys()
        return self.varying.fold_row(*self.table.read_row(given, cut))

    def row_of(
        self, values: NDArray[np.float64], unseen: dict[int, Any], bins: NDArray[np.float64] | None = None
    ) -> Row:
        """A row that was read; `bins` is the row in numbers of bins, where known."""
        columns = self.varying.of(np.flatnonzero(values) if self.is_sparse else np.arange(len(values)))
        return Row(values, unseen, columns, self.bins(values) if bins is None else bins)

    def encode_all(self, data: Any) -> NDArray[np.float64]:
        """Read a dense table of the user's, shape (n, d)."""
        assert isinstance(self.table, Table)
        return self.varying.fold(self.table.read_rows(data))

    def decode(self, values: NDArray[np.float64], row: Row | None = None) -> Any:
        """Write rows (n, m) of a row's columns in the form of the training data.

        Parameters
        ----------
        values : ndarray of float, shape (n, m) or (n, d)
            It may be handed to the model as it is, which may change it in place.
        row : Row, optional
            Whose columns these are, and whose own categories they may hold; all columns when None.
        """
        if isinstance(self.table, SparseTable):
            return self._decode_sparse(values, row)
        if not self.varying:
            return self.table.build(values, {} if row is None else row.unseen, keep_integers=self.keep_integers)
        rows, unseen = self.varying.unfold(self.complete(values, row), {} if row is None else row.unseen)
        return self.table.build(rows, unseen, keep_integers=self.keep_integers)

    def _decode_sparse(self, values: NDArray[np.float64], row: Row | None) -> Any:
        assert isinstance(self.table, SparseTable)
        if row is None:
            return self.table.build_at(values, np.arange(values.shape[1]))
        fixed = np.array([j for j in self.varying.fixed if row.values[j]], dtype=np.intp)
        if not len(fixed):
            return self.table.build_at(values, row.columns)
        columns = np.concatenate([row.columns, fixed])
        order = np.argsort(columns)
        whole = np.hstack([values, np.repeat(row.values[None, fixed], len(values), axis=0)])
        return self.table.build_at(np.ascontiguousarray(whole[:, order]), columns[order])

    def complete(self, values: NDArray[np.float64], row: Row | None) -> NDArray[np.float64]:
        """Rows (n, m) of a row's columns with the row's values in all others, shape (n, d)."""
        if row is None or values.shape[1] == len(row.values):
            return values
        rows = np.repeat(row.values[None], len(values), axis=0)
        rows[:, row.columns] = values
        return rows

    def bins(self, rows: NDArray[np.float64]) -> Any:
        """Rows with their numbers replaced by those of their bins; None where nothing is cut."""
        return None if self.discretizer is None else self.discretizer.discretize(rows.copy())

    def typical_row(self) -> tuple[NDArray[np.float64], str]:
        """Means and most frequent categories, shape (d,), and what they are in words; 0 where the data is sparse."""
        if self.is_sparse:
            return np.zeros(len(self.means)), "0"
        row = self.means.copy()
        for j in self.categorical:
            group = self.varying.group(j)
            often = int(np.argmax(self.feature_frequencies[j])) if group is None else group.typical
            row[j] = self.feature_values[j][often] if group is None else float(often)
        return row, "the training data's mean or most frequent category"

    def typical_instance(self) -> Any:
        """One row in the form of the training data: the typical one; of sparse data one with a few ones."""
        values, _ = self.typical_row()
        values[: 3 if self.is_sparse else 0] = 1.0
        row = self.row_of(values, {})
        return self.decode(values[None, row.columns], row)

    # ---- sampling

    def column_distributions(self, row: Row) -> list[ColumnDistribution]:
        """Distributions of a row's columns; they depend on the row only where samples are centred on it."""
        return [self.column(int(j), float(row.values[j])) for j in row.columns]

    def column(self, j: int, value: float = np.nan) -> ColumnDistribution:
        """Distribution of one column, for a row with some value in it."""
        if j in self.learned:
            return self.learned[j]
        joint = self.varying.column(j)
        if joint is not None:
            self.learned[j] = joint
            return joint
        if j in self.own:
            bin_of = None if self.discretizer is None else self.discretizer.lambdas.get(j)
            largest = 1 if self.discretizer is None else len(self.discretizer.means.get(j, ())) + 1
            self.learned[j] = Own(self.own[j].quantile, bin_of, largest, self._is_whole(j))
            return self.learned[j]
        if self.discretizer is not None and j in self.discretizer.lambdas:
            stats = self.discretizer
            self.learned[j] = Binned.of(
                self.feature_values[j],
                self.feature_frequencies[j],
                BinStatistics(stats.means[j], stats.stds[j], stats.mins[j], stats.maxs[j]),
                whole=self._is_whole(j),
            )
            return self.learned[j]
        if j in self.feature_values:
            self.learned[j] = Discrete.of(self.feature_values[j], self.feature_frequencies[j])
            return self.learned[j]
        around = self.around_instance and not np.isnan(value)
        return Normal(
            value if around else float(self.means[j]), float(self.stds[j]), float(self.missing[j]), self._is_whole(j)
        )

    def _is_whole(self, j: int) -> bool:
        scaled = isinstance(self.table, Table) and self.table.storage[j].scale is not None
        return (self.keep_integers or scaled) and self.table.columns[j].is_integer

    @property
    def fills_bins_itself(self) -> bool:
        """Whether a discretizer of the user's own has a way of its own to fill the bins that were sampled."""
        kind = type(self.discretizer)
        methods = ("undiscretize", "get_undiscretize_values")
        return self.discretizer is not None and any(
            getattr(kind, name) is not getattr(BaseDiscretizer, name) for name in methods
        )

    def fill_bins(self, draws: Draws) -> Draws:
        """Let a discretizer of the user's own fill the bins that were sampled, where it has its own way of doing so."""
        if self.discretizer is None or not self.fills_bins_itself:
            return draws
        cut = list(self.discretizer.lambdas)
        bins = draws.values.copy()
        bins[:, cut] = draws.codes[:, cut]
        values = draws.values
        values[:, cut] = self.discretizer.undiscretize(bins)[:, cut]
        return Draws(values, draws.codes, draws.groups)

    # ---- interpretable features

    def interpret_row(self, row: Row, columns: Sequence[ColumnDistribution]) -> Interpreted:
        """The row's own interpretable features; `columns` are the distributions of its columns."""
        at = row.columns
        codes = codes_of(columns, row.values[at], None if row.bins is None else row.bins[at])
        is_number = np.array([one.is_number for one in columns], dtype=bool) & ~np.isnan(row.values[at])
        standard = (row.values[at] - self.scaler.mean_[at]) / self.scaler.scale_[at]
        alike = [one.is_constant(code) for one, code in zip(columns, codes.tolist(), strict=True)]
        constant = np.array(alike, dtype=bool) & (codes >= 0)
        return Interpreted(np.where(is_number, standard, 1.0), codes, is_number, constant)

    def interpret(self, draws: Draws, row: Row, own: Interpreted) -> NDArray[Any]:
        """Interpretable features of samples around a row, shape (n, m); of bool where none is a number."""
        agrees: NDArray[Any] = draws.codes == own.codes.astype(draws.codes.dtype)
        if not own.is_number.any():
            return agrees
        at = row.columns
        with np.errstate(invalid="ignore"):
            z = np.where(own.is_number, (draws.values - self.scaler.mean_[at]) / self.scaler.scale_[at], agrees)
        # A missing number next to an instance that has one: neither above nor below the mean.
        z[np.isnan(z)] = 0.0
        return z

    def cells(self, codes: NDArray[np.integer[Any]], row: Row) -> dict[int, NDArray[np.integer[Any]]] | None:
        """Cells of groups in samples, from codes (n, m) of a row's columns; None where there are no groups."""
        if not self.varying.groups:
            return None
        place = {j: k for k, j in enumerate(row.columns.tolist())}
        return {j: codes[:, place[j]] for j in self.varying.firsts}

    def samples_around(self, draws: Draws, row: Row, own: Interpreted, metric: str | Callable[..., float]) -> Samples:
        """The samples as the method sees them around a row: agreement with it, and distances."""
        z = self.interpret(draws, row, own)
        cells = self.cells(draws.codes, row)
        samples = Samples(z, replicates=draws.groups, sequences=True, constant=own.constant, cells=cells)
        if metric == "euclidean" and z.dtype == np.bool_:
            return replace(samples, squared_distances=disagreements(z))
        return replace(samples, distances=distances_to(z, own.features, metric))
