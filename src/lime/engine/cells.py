"""Splits of a model's columns as splits of the table's: which part of a column goes left at each node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.exact_columns import CodedColumn, ExactColumn
from lime.engine.measures import Measures, Pair
from lime.engine.trees import ANY, SAME, STEPS, ModelColumns, TreeArrays, Unreadable

Compute = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From rows of the table (n, d) to the columns that the model computes with, (n, f)."""

BITS = 66
"""Halvings that tell neighbouring floats apart."""


@dataclass(frozen=True)
class ColumnCells:
    """One column of the table, cut at whatever the model distinguishes in it.

    Attributes
    ----------
    edges : ndarray of float, shape (m,)
        Numbers below an edge and numbers from it on are different cells. Unused where `is_single`.
    is_single : bool
        Whether each cell is one of the distribution's single values, in the order of its codes.
    nodes : ndarray of int, shape (n,)
        Inner nodes that split on the column.
    place : ndarray of int, shape (n,), or None
        How many cells go left, where these are the first ones at every node; else `left` counts.
    left : ndarray of bool, shape (n, c), or None
        Which cells go left; the last one is that of missing values where the column is not `is_single`.
    missing_left : ndarray of bool, shape (n,)
        Whether missing values go left.
    """

    edges: NDArray[np.float64]
    is_single: bool
    nodes: NDArray[np.intp]
    place: NDArray[np.intp] | None
    left: NDArray[np.bool_] | None
    missing_left: NDArray[np.bool_]

    def measured(self, measures: Measures) -> CellMeasures:
        """The measures of the cells."""
        if self.is_single:
            assert measures.each is not None
            return CellMeasures(measures.each, measures.each)
        first, second = measures.below(self.edges)
        none = np.zeros((1, first.shape[1]))
        below = (
            np.concatenate([none, first, measures.numbers[0][None]]),
            np.concatenate([none, second, measures.numbers[1][None]]),
        )
        if self.left is None:
            return CellMeasures(below, below)
        each = (
            np.concatenate([np.diff(below[0], axis=0), measures.missing[0][None]]),
            np.concatenate([np.diff(below[1], axis=0), measures.missing[1][None]]),
        )
        return CellMeasures(below, each)


@dataclass(frozen=True)
class CellMeasures:
    """The two measures of a column's cells.

    Attributes
    ----------
    below : tuple of ndarray of float, shapes (m + 2, v)
        Of the numbers before each cell, and of all numbers, where left parts are the first cells.
    each : tuple of ndarray of float, shapes (c, v)
        Of each cell, where they are not.
    """

    below: Pair
    each: Pair


def cells_of(
    trees: TreeArrays, columns: ModelColumns, distributions: Sequence[ExactColumn], compute: Compute
) -> dict[int, ColumnCells]:
    """Cells of each column of the table that the trees split on.

    Parameters
    ----------
    trees : TreeArrays
    columns : ModelColumns
    distributions : sequence of ExactColumn
        Of the table's columns.
    compute : callable
        From rows of the table to the model's columns.

    Returns
    -------
    dict of int
        By column of the table.

    Raises
    ------
    Unreadable
        If a column of numbers becomes something else than a number that rises with it.
    """
    inner = np.flatnonzero(trees.left >= 0)
    source = columns.source[trees.column[inner]]
    nodes_of = {int(j): inner[source == j] for j in np.unique(source)}
    single = {j for j in nodes_of if needs_values(trees, columns, nodes_of[j], distributions[j])}
    of_values = at_values(distributions, sorted(single), compute)
    lost = at_missing(distributions, sorted(nodes_of.keys() - single), len(columns.source), compute)
    edges = edges_of(trees, columns, distributions, {j: nodes_of[j] for j in nodes_of if j not in single}, compute)
    result = {}
    for j, nodes in nodes_of.items():
        nothing = np.zeros(0)
        if j in single:
            values = of_values[j][:, trees.column[nodes]].T  # (n, c)
            left = np.stack([trees.goes_left(nodes, column) for column in values.T], axis=1)
            result[j] = ColumnCells(nothing, True, nodes, None, left, np.zeros(len(nodes), dtype=bool))
            continue
        of_nodes, steps = edges[j]
        missing_left = trees.goes_left(nodes, lost[j][trees.column[nodes]])
        if steps is None:
            cuts = np.unique(of_nodes)
            place = np.searchsorted(cuts, of_nodes) + 1
            result[j] = ColumnCells(cuts, False, nodes, place, None, missing_left)
        else:
            cells = np.append(steps[:1] - 1.0, steps)
            values = compute(rows_with(distributions, {j: cells}))[:, trees.column[nodes]].T
            left = np.stack([trees.goes_left(nodes, column) for column in values.T], axis=1)
            left = np.column_stack([left, missing_left])
            result[j] = ColumnCells(steps, False, nodes, None, left, missing_left)
    return result


def needs_values(trees: TreeArrays, columns: ModelColumns, nodes: NDArray[np.intp], distribution: ExactColumn) -> bool:
    """Whether a column is looked at value by value: it has few, and more than one number is compared with them."""
    if distribution.values_of is None:
        return False
    plain = columns.shape[trees.column[nodes]] == SAME
    return not bool(plain.all()) or bool((trees.category[nodes] >= 0).any())


def at_values(
    distributions: Sequence[ExactColumn], which: Sequence[int], compute: Compute
) -> dict[int, NDArray[np.float64]]:
    """The model's columns (b, f) at each value of some columns of the table."""
    if not which:
        return {}
    values = {j: np.asarray(distributions[j].values_of) for j in which}
    found = compute(rows_with(distributions, values))
    return {j: found[: len(values[j])] for j in which}


def at_missing(
    distributions: Sequence[ExactColumn], which: Sequence[int], width: int, compute: Compute
) -> dict[int, NDArray[np.float64]]:
    """The model's columns (`width`,) where some columns of the table are missing; NaN where they are never."""
    nothing = np.full(width, np.nan)
    asked = [j for j in which if may_be_missing(distributions[j])]
    if not asked:
        return dict.fromkeys(which, nothing)
    found = compute(rows_with(distributions, {j: np.array([np.nan]) for j in asked}))[0]
    return {j: found if j in asked else nothing for j in which}


def may_be_missing(distribution: ExactColumn) -> bool:
    """Whether some samples of a column are missing."""
    return (
        bool(np.isnan(distribution.mean).any()) if isinstance(distribution, CodedColumn) else distribution.missing > 0.0
    )


def typical(distribution: ExactColumn) -> float:
    """A value of a column."""
    if isinstance(distribution, CodedColumn):
        values = np.where(distribution.low == distribution.high, distribution.low, distribution.mean)
        known = values[~np.isnan(values)]
        return float(known[0]) if len(known) else float("nan")
    return distribution.middle


def rows_with(distributions: Sequence[ExactColumn], values: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Rows of the table, (n, d), that hold some values in turn, all columns at once; else typical ones."""
    rows = np.tile(
        [typical(distribution) for distribution in distributions], (max(len(one) for one in values.values()), 1)
    )
    for j, column in values.items():
        rows[: len(column), j] = column
    return rows


def edges_of(
    trees: TreeArrays,
    columns: ModelColumns,
    distributions: Sequence[ExactColumn],
    nodes_of: dict[int, NDArray[np.intp]],
    compute: Compute,
) -> dict[int, tuple[NDArray[np.float64], NDArray[np.float64] | None]]:
    """Thresholds of nodes in the numbers of the table; with the edges of all cells where columns change in steps."""
    result: dict[int, tuple[NDArray[np.float64], NDArray[np.float64] | None]] = {}
    asked: dict[int, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}
    for j, nodes in nodes_of.items():
        column, threshold = trees.column[nodes], trees.threshold[nodes]
        shapes = set(columns.shape[column].tolist())
        if (trees.category[nodes] >= 0).any():
            raise Unreadable(
                f"the model takes column {j} for categories, and its samples are numbers: list it in "
                "categorical_features"
            )
        if ANY in shapes:
            raise Unreadable(f"a step of the pipeline turns the numbers of column {j} into something else")
        if shapes == {SAME}:
            result[j] = threshold, None
        elif STEPS in shapes:
            if not shapes <= {STEPS, SAME}:
                raise Unreadable(f"the pipeline cuts the numbers of column {j} into bins, and uses them in other ways")
            steps = [columns.edges[f] for f in np.unique(column).tolist() if columns.shape[f] == STEPS]
            plain = threshold[columns.shape[column] == SAME]
            result[j] = threshold, np.unique(np.concatenate([*steps, plain]))
        else:
            asked[j] = column, threshold
    if asked:
        result |= {j: (found, None) for j, found in brought_back(asked, distributions, compute).items()}
    return result


def brought_back(
    asked: dict[int, tuple[NDArray[np.intp], NDArray[np.float64]]],
    distributions: Sequence[ExactColumn],
    compute: Compute,
) -> dict[int, NDArray[np.float64]]:
    """The least number of the table from which on a rising column of the model is no longer below a threshold.

    Found by halving, with the model's own steps, so that it is exact to the last digit.
    """
    unique = {j: np.unique(np.stack([column, threshold]), axis=1) for j, (column, threshold) in asked.items()}
    low = {j: _ordered(np.full(one.shape[1], distributions[j].span[0])) - 1 for j, one in unique.items()}
    high = {j: _ordered(np.full(one.shape[1], distributions[j].span[1])) + 1 for j, one in unique.items()}
    for _ in range(BITS):
        middle = {j: (low[j] >> 1) + (high[j] >> 1) + (low[j] & high[j] & 1) for j in unique}
        found = compute(rows_with(distributions, {j: _floats(middle[j]) for j in unique}))
        for j, (column, threshold) in unique.items():
            below = found[np.arange(len(column)), column.astype(np.intp)] < threshold
            low[j] = np.where(below, middle[j], low[j])
            high[j] = np.where(below, high[j], middle[j])
        if all((high[j] - low[j] <= 1).all() for j in unique):
            break
    result = {}
    for j, (column, threshold) in asked.items():
        edge = _floats(high[j])
        # Beyond all samples the edge is nowhere.
        edge = np.where(
            edge > distributions[j].span[1], np.inf, np.where(edge <= distributions[j].span[0], -np.inf, edge)
        )
        wanted = {pair: place for place, pair in enumerate(zip(*unique[j].tolist(), strict=True))}
        places = [wanted[pair] for pair in zip(column.tolist(), threshold.tolist(), strict=True)]
        result[j] = edge[places]
    return result


def _ordered(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers in the order of floats, neighbours for neighbours."""
    bits = np.asarray(values, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits, bits)


def _floats(order: NDArray[np.int64]) -> NDArray[np.float64]:
    bits = np.where(order < 0, np.int64(-(2**63)) - order, order)
    return np.asarray(bits, dtype=np.int64).view(np.float64)
