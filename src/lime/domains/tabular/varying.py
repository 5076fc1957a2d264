"""Which columns of a table vary around a row: what is held fixed, and what is drawn together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime._config import get_config
from lime.domains.settings import CLASSIC
from lime.domains.tabular.forms import listing
from lime.domains.tabular.groups import Group, Joint, UnknownValues
from lime.domains.tabular.naming import lookup
from lime.domains.tabular.one_hot import find_one_hot
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.engine.inspection import is_whole
from lime.engine.wording import counted

AUTO = "auto"


@dataclass(frozen=True, eq=False)
class Varying:
    """What of a table varies around a row; as a condition it says whether anything is another than usual.

    In the matrix that the method works on, the first column of a group holds the number of its joint value, and its
    other columns are not looked at.

    Attributes
    ----------
    fixed : tuple of int
        Columns that keep the row's value in every sample.
    groups : tuple of Group
    found : dict of str to tuple of int
        Columns that are one-hot by the training data, and are drawn one by one all the same.
    """

    fixed: tuple[int, ...] = ()
    groups: tuple[Group, ...] = ()
    found: Mapping[str, tuple[int, ...]] | None = None

    def __bool__(self) -> bool:
        return bool(self.fixed or self.groups)

    @classmethod
    def learn(
        cls,
        table: Table | SparseTable,
        matrix: NDArray[np.float64] | None,
        *,
        fixed: Any = None,
        features: Any = None,
        groups: Any = None,
        more: Mapping[str, Sequence[int]] | None = None,
    ) -> tuple[Varying, NDArray[np.float64] | None]:
        """Read what a user says of columns, and learn groups from training rows; also the matrix with their numbers.

        Parameters
        ----------
        table : Table or SparseTable
        matrix : ndarray of float, shape (n, d), or None
            Training rows; None where the data is sparse.
        fixed, features : column, or iterable of columns, optional
            What is held fixed, or all that is not; by name or position, or by the name of a group.
        groups : mapping of str to columns, or "auto", optional
        more : mapping of str to sequence of int, optional
            Names that stand for several columns.

        Raises
        ------
        ValueError
            If one of them is none of this; the message names it.
        """
        names = list(table.names)
        labels: list[Hashable] = list(table.labels) if isinstance(table, Table) else list(range(len(names)))
        positions = lookup(labels, names)
        known: dict[str, Sequence[int]] = dict(more or {})
        if groups is not None and not (isinstance(groups, str) and groups == AUTO):
            if matrix is None:
                raise ValueError("groups with sparse training_data: expected dense data, or None")
            given = _read_groups(groups, positions, names, known)
            known.update(given)
        else:
            given = {}
        held = _read_fixed(fixed, features, positions, names, known)
        for name, columns in given.items():
            some = held.intersection(columns)
            if some and len(some) < len(columns):
                raise ValueError(
                    f"the group {name!r} is held fixed in {listing([names[j] for j in sorted(some)])} alone: expected "
                    "all of its columns, or none"
                )
        chosen: dict[str, Sequence[int]] = {
            name: columns for name, columns in given.items() if not held.issuperset(columns)
        }
        if matrix is None or not isinstance(table, Table):
            return cls(tuple(sorted(held))), matrix
        named = _named_categories(table)
        taken = held.union(*chosen.values()) | named
        found = find_one_hot(matrix, names, taken)
        if groups is not None and isinstance(groups, str):
            chosen, found = dict(found), {}
        if not chosen:
            return cls(tuple(sorted(held)), (), found), matrix
        folded, learned = matrix.copy(), []
        for name, members in chosen.items():
            group, numbers = Group.learn(
                name, members, matrix, names, categorical=table.categorical_features, named=named
            )
            folded[:, group.first] = numbers
            learned.append(group)
        return cls(tuple(sorted(held)), tuple(learned), found), folded

    @property
    def firsts(self) -> list[int]:
        """Columns that stand for groups."""
        return [group.first for group in self.groups]

    @property
    def others(self) -> list[int]:
        """Columns that a group's first one stands for."""
        return [j for group in self.groups for j in group.columns[1:]]

    def of(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of some columns that are features of their own."""
        return columns[~np.isin(columns, [*self.fixed, *self.others])] if self else columns

    def count(self, d: int) -> int:
        """How many features there are of `d` columns."""
        return d - len(self.fixed) - len(self.others)

    def group(self, j: int) -> Group | None:
        """The group that a column stands for."""
        return next((group for group in self.groups if group.first == j), None)

    def column(self, j: int) -> Joint | None:
        """The distribution of a column that stands for a group; None of all others."""
        group = self.group(j)
        return None if group is None else Joint(group)

    def without_named(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows without the values of columns of which a user has said how they vary: nobody need be warned of them."""
        if not self:
            return matrix
        result = matrix.copy()
        result[:, [*self.fixed, *self.firsts, *self.others]] = np.nan
        return result

    # ---- rows, both ways

    def fold(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows (n, d) with the numbers of joint values."""
        if not self.groups:
            return rows
        result = rows.copy()
        for group in self.groups:
            result[:, group.first] = group.numbers(rows[:, list(group.columns)])
        return result

    def fold_row(
        self, values: NDArray[np.float64], unseen: dict[int, Any]
    ) -> tuple[NDArray[np.float64], dict[int, Any]]:
        """One row (d,) likewise, and its values that the training data does not have."""
        if not self.groups:
            return values, unseen
        folded, left = self.fold(values[None])[0], dict(unseen)
        for group in self.groups:
            native = {j: left.pop(j) for j in group.columns if j in left}
            if folded[group.first] >= len(group.values):
                left[group.first] = UnknownValues(values[list(group.columns)], native)
        return folded, left

    def unfold(
        self, rows: NDArray[np.float64], unseen: Mapping[int, Any]
    ) -> tuple[NDArray[np.float64], dict[int, Any]]:
        """Rows (n, d) with the values of groups in the place of their numbers, and native values by column."""
        if not self.groups:
            return rows, dict(unseen)
        result, native = rows.copy(), dict(unseen)
        for group in self.groups:
            own = native.pop(group.first, None)
            result[:, list(group.columns)] = group.members_at(rows[:, group.first], own)
            if own is not None:
                native.update(own.native)
        return result, native

    def with_fixed(self, rows: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rows (n, d) with the values (d,) of a row where these are held fixed."""
        if not self.fixed:
            return rows
        result = rows.copy()
        result[:, list(self.fixed)] = values[list(self.fixed)]
        return result

    # ---- what goes with it

    def settings(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments of a call, with a sampling method that knows of it.

        Raises
        ------
        ValueError
            If the numbers of lime 0.2.0.1 are asked for.
        """
        if not self:
            return arguments
        method = arguments.get("sampling_method")
        if isinstance(method, str) and method == CLASSIC:
            raise ValueError(
                "sampling_method='classic' with fixed, features or groups: lime 0.2.0.1 drew every column by itself; "
                "leave sampling_method out"
            )
        if method is None and get_config()["sampling_method"] == CLASSIC:
            return {**arguments, "sampling_method": AUTO}
        return arguments

    def why_not_exact(self, names: Sequence[str]) -> str | None:
        """Why there are no exact weights; None where there are."""
        if self.fixed:
            return (
                f"exact weights are those of all columns, and {listing([names[j] for j in self.fixed], 3)} held fixed"
            )
        if self.groups:
            return f"exact weights are those of independent columns, and {self.groups[0].name!r} is a group"
        return None

    def told(self, names: Sequence[str]) -> dict[str, Any]:
        """What a repr of an explainer says."""
        said: dict[str, Any] = {}
        if self.fixed:
            said["fixed"] = [names[j] for j in self.fixed]
        if self.groups:
            said["groups"] = [group.name for group in self.groups]
        if self.found:
            said["one_hot"] = f"{', '.join(self.found)}; groups='auto' draws each together"
        return said


def _read_fixed(
    fixed: Any, features: Any, positions: Mapping[Hashable, int], names: list[str], known: Mapping[str, Sequence[int]]
) -> frozenset[int]:
    """Positions of the columns that are held fixed."""
    if fixed is not None and features is not None:
        raise ValueError("fixed and features were both given: expected one of them, as each says what the other leaves")
    if fixed is not None:
        return frozenset(_columns(fixed, "fixed", positions, names, known))
    if features is None:
        return frozenset()
    explained = _columns(features, "features", positions, names, known)
    if not explained:
        raise ValueError("features is empty: expected at least one column to explain, or None for all of them")
    return frozenset(range(len(names))).difference(explained)


def _read_groups(
    groups: Any, positions: Mapping[Hashable, int], names: list[str], known: Mapping[str, Sequence[int]]
) -> dict[str, list[int]]:
    """Positions of the columns of each group."""
    if not isinstance(groups, Mapping):
        raise ValueError(f"groups={groups!r}: expected a mapping from a name to columns, or 'auto'")
    result: dict[str, list[int]] = {}
    owner: dict[int, str] = {}
    for key, members in groups.items():
        name = str(key)
        columns = _columns(members, f"groups[{name!r}]", positions, names, known)
        if not columns:
            raise ValueError(f"groups[{name!r}] is empty: expected at least one column")
        for j in columns:
            if j in owner:
                raise ValueError(f"the column {names[j]!r} is in the groups {owner[j]!r} and {name!r}: expected one")
            owner[j] = name
        result[name] = sorted(columns)
    return result


def _columns(
    given: Any,
    argument: str,
    positions: Mapping[Hashable, int],
    names: list[str],
    known: Mapping[str, Sequence[int]],
) -> list[int]:
    """Positions of columns that are called by name or position, or by a name that stands for several."""
    alone = isinstance(given, str) or is_whole(given) or not isinstance(given, Iterable)
    result: list[int] = []
    for one in [given] if alone else list(given):
        if isinstance(one, str) and one in known and one not in positions:
            result.extend(known[one])
            continue
        found = positions.get(one) if isinstance(one, Hashable) and not isinstance(one, bool | np.bool_) else None
        if found is None and is_whole(one) and -len(names) <= one < len(names):
            found = int(one) % len(names)
        if found is None:
            several = isinstance(one, str) and names.count(one) > 1
            problem = "names several columns" if several else "is no column of the training data"
            what = counted(len(names), "column")
            raise ValueError(f"{argument} has {one!r}, which {problem}; its {what} are {listing(names)}")
        result.append(found)
    return list(dict.fromkeys(result))


def _named_categories(table: Table) -> frozenset[int]:
    """Columns of categories that have names of their own, and are neither numbers nor True and False."""
    return frozenset(
        j
        for j, column in enumerate(table.columns)
        if column.categories is not None and not all(isinstance(one, bool) for one in column.categories)
    )


NOTHING: Varying = Varying()
"""Every column varies by itself."""


def check_discretizer(varying: Varying, fills_bins_itself: bool) -> None:
    """Refuse a discretizer that fills the bins of all columns at once.

    Raises
    ------
    ValueError
    """
    if varying and fills_bins_itself:
        raise ValueError(
            "discretizer fills its bins in a way of its own, which is for all columns together: expected another one "
            "with fixed, features or groups"
        )
