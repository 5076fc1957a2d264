"""Columns that are drawn together, with the values that they have together in the training rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.discretize import bin_names
from lime.results.opening import Members

VALUES_AT_MOST = 10_000
"""Joint values of a group that are kept."""

FEW_VALUES = 10
"""Different values up to which a number counts by itself; above, it counts by its quartile."""

NAMED_AT_MOST = 3
"""Members of a group that its name spells out."""


@dataclass(frozen=True)
class UnknownValues:
    """The values of a group that the training data does not have together.

    Attributes
    ----------
    values : ndarray of float, shape (m,)
        In the table's matrix form.
    native : dict of int
        Native values of categories that the training data does not have, by column.
    """

    values: NDArray[np.float64]
    native: dict[int, Any]


@dataclass(frozen=True, eq=False)
class Group:
    """Some columns that are drawn together: one feature, which is 1 where a sample is as the row is.

    In the table's matrix the first of the columns holds the number of the joint value. Joint values that the training
    data does not have come after all others: one number for each cell, and one for what is in no cell.

    Attributes
    ----------
    name : str
    columns : tuple of int
        Positions in the table.
    members : tuple of str
        Names of the columns.
    values : ndarray of float, shape (c, m)
        Different joint values of the training rows, cell by cell.
    shares : ndarray of float, shape (c,)
        Of the training rows.
    edges : tuple
        Of each column the quartiles at which it is cut, shape (b,); None where its values count by themselves.
    cells : ndarray of float, shape (k, m)
        What joint values are alike: bins, and values that count by themselves.
    cell_of : ndarray of int, shape (c,)
        Cell of each joint value.
    one_hot : bool
        Whether at most one of the columns is 1, and all others 0.
    """

    name: str
    columns: tuple[int, ...]
    members: tuple[str, ...]
    values: NDArray[np.float64]
    shares: NDArray[np.float64]
    edges: tuple[NDArray[np.float64] | None, ...]
    cells: NDArray[np.float64]
    cell_of: NDArray[np.intp]
    one_hot: bool

    @classmethod
    def learn(
        cls,
        name: str,
        columns: Sequence[int],
        matrix: NDArray[np.float64],
        names: Sequence[str],
        *,
        categorical: Collection[int],
        named: Collection[int] = (),
    ) -> tuple[Group, NDArray[np.float64]]:
        """Learn a group from training rows (n, d); also the number of the joint value of each row, shape (n,).

        Of more than `VALUES_AT_MOST` joint values a random sample is kept, and a row with another one counts as one
        of its cell. Columns that are `categorical` are not cut, and of those in `named` the categories have names, so
        that a 1 does not say that they are on.
        """
        rows = _plain(matrix[:, list(columns)])
        found, inverse, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        inverse = inverse.ravel()
        if len(found) > VALUES_AT_MOST:
            kept = np.sort(np.random.default_rng(0).permutation(len(found))[:VALUES_AT_MOST])
            found, counts = found[kept], counts[kept]
        edges = tuple(None if j in categorical else _edges(rows[:, k]) for k, j in enumerate(columns))
        cells, cell_of = np.unique(_cut(found, edges), axis=0, return_inverse=True)
        order = np.argsort(cell_of.ravel(), kind="stable")
        binary = len(columns) > 1 and bool(np.isin(found, (0.0, 1.0)).all()) and not set(columns).intersection(named)
        group = cls(
            name,
            tuple(columns),
            tuple(names[j] for j in columns),
            np.where(np.isinf(found[order]), np.nan, found[order]),
            counts[order] / counts.sum(),
            edges,
            np.where(np.isinf(cells), np.nan, cells),
            cell_of.ravel()[order],
            binary and bool((found.sum(axis=1) <= 1.0).all()),
        )
        return group, group.numbers(matrix[:, list(columns)], among_known=True)

    @property
    def first(self) -> int:
        """The column that stands for the group."""
        return self.columns[0]

    def _places(self) -> tuple[dict[bytes, int], dict[bytes, int]]:
        """Numbers of joint values and of cells, by their bytes."""
        found = _PLACES.get(self)
        if found is None:
            of_values, of_cells = (
                {row.tobytes(): place for place, row in enumerate(_plain(rows))} for rows in (self.values, self.cells)
            )
            found = _PLACES[self] = (of_values, of_cells)
        return found

    @property
    def typical(self) -> int:
        """Number of the most frequent joint value; of several the one nearest to the mean."""
        often = np.flatnonzero(self.shares == self.shares.max())
        some = np.nan_to_num(self.values)
        scale = some.std(axis=0)
        away = (some - self.shares @ some) / np.where(scale > 0, scale, 1.0)
        return int(often[np.argmin(np.square(away[often]).sum(axis=1))])

    def cells_at(self, rows: NDArray[np.float64]) -> NDArray[np.intp]:
        """Cells of joint values (n, m); -1 where the training data has none."""
        places = self._places()[1]
        cut = _plain(_cut(_plain(rows), self.edges))
        return np.array([places.get(row.tobytes(), -1) for row in cut], dtype=np.intp)

    def numbers(self, rows: NDArray[np.float64], *, among_known: bool = False) -> NDArray[np.float64]:
        """Numbers of joint values (n, m); with `among_known` a value that was not kept counts as one of its cell."""
        plain, places = _plain(rows), self._places()[0]
        result = np.array([places.get(row.tobytes(), -1) for row in plain], dtype=np.intp)
        unknown = np.flatnonzero(result < 0)
        if len(unknown):
            cells, known, lost = self.cells_at(plain[unknown]), len(self.values), len(self.cells)
            firsts = np.searchsorted(self.cell_of, np.arange(lost))
            if among_known:
                result[unknown] = np.where(cells < 0, self.typical, np.append(firsts, 0)[cells])
            else:
                result[unknown] = known + np.where(cells < 0, lost, cells)
        return result.astype(np.float64)

    def codes(self, numbers: NDArray[np.float64]) -> NDArray[np.intp]:
        """Cells of numbers (n,); -1 is none."""
        every = np.concatenate([self.cell_of, np.arange(len(self.cells)), [-1]])
        result: NDArray[np.intp] = every[numbers.astype(np.intp)]
        return result

    def members_at(self, numbers: NDArray[np.float64], own: UnknownValues | None) -> NDArray[np.float64]:
        """Joint values (n, m) of numbers (n,); `own` are those of the row that the training data does not have.

        Raises
        ------
        ValueError
            If a number stands for values that are not known.
        """
        at = numbers.astype(np.intp)
        known = at < len(self.values)
        if known.all():
            return self.values[at]
        if own is None:
            raise ValueError(
                f"the columns of the group {self.name!r} came with values that no training row has together: expected "
                "those of training rows"
            )
        return np.where(known[:, None], self.values[np.minimum(at, len(self.values) - 1)], own.values)

    def opened(
        self, cells: NDArray[np.integer[Any]], own: NDArray[np.float64], value_of: Callable[[int, float], Any]
    ) -> Members:
        """The members as samples in some cells (n,) see them, the row's joint value being `own`."""
        table, words = self.agreement(np.arange(len(self.cells)), own), self.member_words(own, value_of)
        kept = [k for k in range(len(self.columns)) if not (self.one_hot and own[k] == 1.0)]
        if self.one_hot:
            words = [f"{self.name}={self._on(own)} rather than {self.label(k)}" for k in range(len(self.columns))]
        return Members(
            self.name,
            tuple(self.members[k] for k in kept),
            tuple(words[k] for k in kept),
            table[:, kept],
            cells.astype(np.min_scalar_type(-1 - len(self.cells))),
        )

    def agreement(self, cells: NDArray[np.intp], own: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each member is as in the row: of samples in some cells (n,), the row's joint value being `own`."""
        mine = _cut(_plain(own[None]), self.edges)
        alike = _plain(self.cells) == mine
        result: NDArray[np.bool_] = alike[cells]
        return result

    # ---- words

    def shown(self, own: NDArray[np.float64], value_of: Callable[[int, float], Any]) -> tuple[str, Any]:
        """What a reader calls the group with a row's joint value, and the value itself.

        Parameters
        ----------
        own : ndarray of float, shape (m,)
        value_of : callable
            From a column and its number in the matrix to the native value.
        """
        if self.one_hot:
            value = self._on(own)
            return f"{self.name}={value}", value
        natives = [
            f"{name}={_short(value_of(j, value))}"
            for j, name, value in zip(self.columns, self.members, own.tolist(), strict=True)
        ]
        return f"{self.name}: {_listed(self.member_words(own, value_of))}", ", ".join(natives)

    def member_words(self, own: NDArray[np.float64], value_of: Callable[[int, float], Any]) -> list[str]:
        """What a reader calls each member with its value in a row, or its quartile."""
        words = []
        for j, name, value, edges in zip(self.columns, self.members, own.tolist(), self.edges, strict=True):
            if value != value:
                words.append(f"{name} is missing")
            elif edges is None or not len(edges):
                words.append(f"{name}={_short(value_of(j, value))}")
            else:
                words.append(bin_names(name, edges)[int(np.searchsorted(edges, value))])
        return words

    def label(self, k: int) -> str:
        """What the k-th column stands for, where one of them is on: its name without the group's."""
        name = self.members[k]
        rest = name[len(self.name) :] if name.startswith(self.name) else ""
        return re.sub(r"^[\s_.=:/-]+", "", rest) or name

    def _on(self, own: NDArray[np.float64]) -> str:
        on = [self.label(int(k)) for k in np.flatnonzero(own == 1.0)]
        return " and ".join(on) or "none"


@dataclass(frozen=True)
class Joint:
    """The distribution of a group: joint values, drawn with their shares; a `ColumnDistribution`.

    Attributes
    ----------
    group : Group
    """

    group: Group

    is_number = False

    @property
    def largest_code(self) -> int:
        """Largest number of a cell."""
        return len(self.group.cells)

    def code_of(self, value: float, number: float) -> int:
        """Cell of a joint value; -1 where it is never drawn."""
        return int(self.group.codes(np.array([value]))[0])

    def draw(self, u: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Numbers of joint values, and their cells, shapes (n,)."""
        cumulative = np.cumsum(self.group.shares)
        at = np.minimum(np.searchsorted(cumulative, u, side="right"), len(cumulative) - 1)
        return at.astype(np.float64), self.group.cell_of[at]

    def is_constant(self, code: int) -> bool:
        """Whether all joint values are in one cell."""
        return len(self.group.cells) == 1

    @property
    def is_discrete(self) -> bool:
        """Whether each cell holds a single joint value."""
        return len(self.group.cells) == len(self.group.values)


_PLACES: WeakKeyDictionary[Group, tuple[dict[bytes, int], dict[bytes, int]]] = WeakKeyDictionary()
"""Beside the groups: no part of what is pickled, saved or compared."""


def _plain(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows in which equal values have equal bytes: an infinity stands for what is missing, and 0 has no sign."""
    return np.ascontiguousarray(np.where(np.isnan(rows), np.inf, rows) + 0.0)


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Quartiles of a column in which an infinity is missing; None where its values are few."""
    known = values[np.isfinite(values)]
    if len(np.unique(known)) <= FEW_VALUES:
        return None
    return np.unique(np.percentile(known, (25, 50, 75)))


def _cut(rows: NDArray[np.float64], edges: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64]:
    """Plain rows (n, m) with their numbers replaced by those of their bins."""
    result = rows.copy()
    for k, cuts in enumerate(edges):
        if cuts is not None:
            bins = np.searchsorted(cuts, rows[:, k]).astype(np.float64)
            result[:, k] = np.where(np.isinf(rows[:, k]), np.inf, bins)
    return result


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:NAMED_AT_MOST])
    return shown if len(words) <= NAMED_AT_MOST else f"{shown} and {len(words) - NAMED_AT_MOST} more"


def _short(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if value.is_integer() else f"{value:.2f}"
