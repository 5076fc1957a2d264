"""Exact LIME weights of tree ensembles, for a neighbourhood whose columns are drawn independently of each other.

The expectation of a tree factorises along its paths. With G(node) the model's mean in a node's box, W(node) the box's
probability, I the part of the split column that reaches the node, L the part of it that goes left, and the measures
A and D of `lime.engine.exact_columns`::

    r = A(L) / A(I)                      s = (D(L) - r D(I)) / A(I)
    down:  W(left) = r W,  W(right) = W - W(left)
    up:    G = G(right) + r (G(left) - G(right))
    weight of column j = sum over the nodes that split on it of  W s (G(left) - G(right))

One sweep down and one up give the weights of all columns, and the mean. Nodes stand in levels, the inner ones sorted by
column, so that children are slices and sums over a column's nodes are one `reduceat`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.cells import CellMeasures, ColumnCells, Compute, cells_of
from lime.engine.exact_columns import CodedColumn, ExactColumn
from lime.engine.measures import Expectations, Held, Measures, Pair
from lime.engine.trees import ModelColumns, TreeArrays

Floats = NDArray[np.float64]

CHUNK_NODES = 4096
"""Inner nodes that are swept together, so that what a block of rows needs of them stays in the cache."""

BLOCK_ROWS = 64
"""Rows that are swept together."""


@dataclass(frozen=True)
class _Level:
    """Nodes at the same depth of a chunk's trees.

    Attributes
    ----------
    inner : ndarray of int, shape (m,)
        Places of the inner nodes among the level's, sorted by column.
    leaf : ndarray of int, shape (l,)
        Places of the leaves.
    values : ndarray of float, shape (l, k)
        Of the leaves.
    rows : slice
        Where the inner nodes stand among the chunk's.
    starts : ndarray of int, shape (c,)
        Where each column begins among the inner nodes.
    columns : ndarray of int, shape (c,)
        Which columns these are.
    size : int
        Number of nodes.
    """

    inner: NDArray[np.intp]
    leaf: NDArray[np.intp]
    values: Floats
    rows: slice
    starts: NDArray[np.intp]
    columns: NDArray[np.intp]
    size: int


@dataclass(frozen=True)
class _Chunk:
    """Some trees, level by level.

    Attributes
    ----------
    levels : list of _Level
    columns : ndarray of int, shape (m,)
        Which columns the inner nodes split, in the order of the sweep.
    places : dict of int
        Of each of these columns which of the m nodes they are, and their places among all nodes of the column.
    trees : int
    """

    levels: list[_Level]
    columns: NDArray[np.intp]
    places: dict[int, tuple[NDArray[np.intp], NDArray[np.intp]]]
    trees: int


@dataclass(frozen=True)
class _Region:
    """Of each node that splits a column: the part of the column that reaches it, and what of it goes left.

    With `low`, `high` and `cut` (n,) the parts are runs of cells; else `reached` and `left` (n, c) say which cells.
    """

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    cut: NDArray[np.intp]
    missing: NDArray[np.bool_]
    missing_left: NDArray[np.bool_]
    reached: Floats | None = None
    left: Floats | None = None


class ExactTrees:
    """Exact weights of an ensemble, for many rows.

    Parameters
    ----------
    trees : TreeArrays
        Of the outputs that are asked for.
    columns : ModelColumns
        How the model's columns come from the table's.
    distributions : sequence of ExactColumn
        Of the table's columns.
    compute : callable
        From rows of the table to the model's columns.

    Raises
    ------
    Unreadable
        If a column of the model has no exact expectation.
    """

    def __init__(
        self, trees: TreeArrays, columns: ModelColumns, distributions: Sequence[ExactColumn], compute: Compute
    ) -> None:
        self.trees, self.distributions = trees, distributions
        self._cells = cells_of(trees, columns, distributions, compute)
        inner = trees.left >= 0
        self._column = np.where(inner, columns.source[np.where(inner, trees.column, 0)], -1)
        above = _parents(trees)
        self._regions = {j: _region(trees, above, self._column, j, cells) for j, cells in self._cells.items()}
        place = np.zeros(len(self._column), dtype=np.intp)
        for one in self._cells.values():
            place[one.nodes] = np.arange(len(one.nodes))
        self._chunks = [_chunk(trees, self._column, place, roots) for roots in _groups(trees)]

    def expectations(
        self, codes: NDArray[np.intp], numbers: Floats, kernel_width: float, held: Held | None = None
    ) -> Expectations:
        """Weights and means of rows.

        Parameters
        ----------
        codes : ndarray of int, shape (n, d)
            Position of each value among its column's codes, -1 where it is never sampled; unused in columns of numbers.
        numbers : ndarray of float, shape (n, d)
            The values themselves; unused in coded columns.
        kernel_width : float
            In the unit of the distance.
        held : tuple of int and bool, optional
            Samples to look at alone; see `lime.engine.exact_columns.Held`.
        """
        n, d = codes.shape
        k = self.trees.outputs
        result = Expectations(
            np.zeros((d, k, n)).transpose(2, 0, 1),
            np.tile(self.trees.base, (n, 1)),
            np.empty((n, d)),
            np.empty((n, d)),
        )
        # Numbers that are not in bins see each row in a way of its own: no tables for many rows.
        step = max(1, n) if all(isinstance(self.distributions[j], CodedColumn) for j in self._cells) else BLOCK_ROWS
        for start in range(0, n, step):
            rows = slice(start, min(start + step, n))
            self._fill(result, rows, codes[rows], numbers[rows], width=kernel_width, held=held)
        return Expectations(np.ascontiguousarray(result.weights), result.mean, result.z_mean, result.z_variance)

    def _fill(
        self,
        result: Expectations,
        rows: slice,
        codes: NDArray[np.intp],
        numbers: Floats,
        *,
        width: float,
        held: Held | None,
    ) -> None:
        """Rows that share tables: chunk after chunk, so that those of all trees are never in memory together."""
        views = [
            _View.of(law, codes[:, j], numbers[:, j], width, held[1] if held is not None and held[0] == j else None)
            for j, law in enumerate(self.distributions)
        ]
        for j, view in enumerate(views):
            result.z_mean[rows, j] = view.measures.mean[view.variant]
            result.z_variance[rows, j] = view.measures.variance[view.variant]
        over = {j: cells.measured(views[j].measures) for j, cells in self._cells.items()}
        variants = np.stack([view.variant for view in views])
        for chunk in self._chunks:
            table = _Table.of(chunk, self._regions, over, views)
            for start in range(0, len(codes), BLOCK_ROWS):
                stop = min(start + BLOCK_ROWS, len(codes))
                at = slice(rows.start + start, rows.start + stop)
                r, s = table.rates(variants[:, start:stop])
                _sweep_chunk(chunk, r, s, result.mean[at], result.weights[at].transpose(1, 2, 0))


def _sweep_chunk(chunk: _Chunk, r: Floats, s: Floats, mean: Floats, weights: Floats) -> None:
    """One sweep down and one up; adds to the mean (rows, k) and the weights (d, k, rows)."""
    rows = r.shape[1]
    box = np.ones((chunk.trees, rows))
    boxes = []
    for level in chunk.levels:
        inner = box[level.inner]
        boxes.append(inner)
        size = len(inner)
        box = np.empty((2 * size, rows))
        np.multiply(inner, r[level.rows], out=box[:size])
        np.subtract(inner, box[:size], out=box[size:])
    for level, inner in zip(chunk.levels, boxes, strict=True):
        inner *= s[level.rows]
    for output in range(mean.shape[1]):
        below = np.empty((0, rows))
        for level, inner in zip(reversed(chunk.levels), reversed(boxes), strict=True):
            here = np.empty((level.size, rows))
            here[level.leaf] = level.values[:, output][:, None]
            size = len(inner)
            if size:
                gap = below[:size] - below[size:]
                weights[level.columns, output] += np.add.reduceat(inner * gap, level.starts, axis=0)
                gap *= r[level.rows]
                gap += below[size:]
                here[level.inner] = gap
            below = here
        mean[:, output] += np.add.reduceat(below, [0], axis=0)[0]


def _groups(trees: TreeArrays) -> list[NDArray[np.intp]]:
    """Roots of trees that are swept together."""
    bins = np.cumsum(_sizes(trees)) // CHUNK_NODES
    return [trees.roots[bins == number] for number in np.unique(bins)]


def _sizes(trees: TreeArrays) -> NDArray[np.intp]:
    """Number of nodes of each tree."""
    size = np.zeros(len(trees.roots), dtype=np.intp)
    at, tree = trees.roots, np.arange(len(trees.roots))
    while len(at):
        size += np.bincount(tree, minlength=len(size))
        inner = trees.left[at] >= 0
        at, tree = np.concatenate([trees.left[at[inner]], trees.right[at[inner]]]), np.tile(tree[inner], 2)
    return size


def _chunk(trees: TreeArrays, columns: NDArray[np.intp], place: NDArray[np.intp], roots: NDArray[np.intp]) -> _Chunk:
    levels, order, done = [], [], 0
    at = roots
    while len(at):
        is_inner = trees.left[at] >= 0
        inner, leaf = np.flatnonzero(is_inner), np.flatnonzero(~is_inner)
        inner = inner[np.argsort(columns[at[inner]], kind="stable")]
        nodes = at[inner]
        of, starts = np.unique(columns[nodes], return_index=True)
        levels.append(_Level(inner, leaf, trees.values[at[leaf]], slice(done, done + len(nodes)), starts, of, len(at)))
        order.append(nodes)
        done += len(nodes)
        at = np.concatenate([trees.left[nodes], trees.right[nodes]])
    nodes = np.concatenate(order)
    of = columns[nodes]
    here = {int(j): np.flatnonzero(of == j) for j in np.unique(of)}
    return _Chunk(levels, of, {j: (at, place[nodes[at]]) for j, at in here.items()}, len(roots))


def _region(
    trees: TreeArrays,
    above_of: tuple[NDArray[np.intp], NDArray[np.bool_]],
    columns: NDArray[np.intp],
    j: int,
    cells: ColumnCells,
) -> _Region:
    """Climb from every node of a column to its root and cut what reaches it at each split on the same column."""
    parent, is_left = above_of
    nodes = cells.nodes
    place_of = np.full(len(trees.left), -1, dtype=np.intp)
    place_of[nodes] = np.arange(len(nodes))
    low = np.zeros(len(nodes), dtype=np.intp)
    high = np.full(len(nodes), len(cells.edges) + 1, dtype=np.intp)
    missing = np.ones(len(nodes), dtype=bool)
    reached = None if cells.left is None else np.ones(cells.left.shape, dtype=bool)
    moving, at = np.arange(len(nodes)), nodes
    while len(moving):
        above = parent[at]
        going = above >= 0
        moving, at, above = moving[going], at[going], above[going]
        same = columns[above] == j
        who, where, left = moving[same], place_of[above[same]], is_left[at[same]]
        if reached is None:
            assert cells.place is not None
            cut = cells.place[where]
            high[who] = np.where(left, np.minimum(high[who], cut), high[who])
            low[who] = np.where(left, low[who], np.maximum(low[who], cut))
            missing[who] &= cells.missing_left[where] == left
        else:
            assert cells.left is not None
            reached[who] &= cells.left[where] == left[:, None]
        at = above
    if reached is not None:
        assert cells.left is not None
        return _Region(low, high, low, missing, missing, reached.astype(float), (reached & cells.left).astype(float))
    assert cells.place is not None
    high = np.maximum(high, low)
    cut = np.clip(cells.place, low, high)
    return _Region(low, high, cut, missing, missing & cells.missing_left)


def _parents(trees: TreeArrays) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Of each node its parent, -1 at roots, and whether it is a left child."""
    inner = np.flatnonzero(trees.left >= 0)
    parent = np.full(len(trees.left), -1, dtype=np.intp)
    parent[trees.left[inner]], parent[trees.right[inner]] = inner, inner
    is_left = np.zeros(len(trees.left), dtype=bool)
    is_left[trees.left[inner]] = True
    return parent, is_left


def _rates(region: _Region, at: NDArray[np.intp], over: CellMeasures, measures: Measures) -> Pair:
    """R and s of some nodes of a column, shapes (n, v)."""
    whole, left = [], []
    if region.reached is not None:
        assert region.left is not None
        for of_cells in over.each:
            whole.append(_total(region.reached[at], of_cells))
            left.append(_total(region.left[at], of_cells))
    else:
        low, high, cut = region.low[at], region.high[at], region.cut[at]
        for below, missing in zip(over.below, measures.missing, strict=True):
            start = below.take(low, axis=0)
            here, part = below.take(high, axis=0) - start, below.take(cut, axis=0) - start
            if missing.any():
                here += region.missing[at, None] * missing
                part += region.missing_left[at, None] * missing
            whole.append(here)
            left.append(part)
    return measures.rates((whole[0], whole[1]), (left[0], left[1]))


def _total(cells: Floats, measure: Floats) -> Floats:
    """Sums over the cells of each node, (n, v): variant by variant, so that the digits do not depend on the others."""
    return np.stack([np.einsum("nc,c->n", cells, np.ascontiguousarray(column)) for column in measure.T], axis=1)


@dataclass(frozen=True)
class _View:
    """A column as rows see it: measures of the codes that occur, or of each number, and which of them each row has."""

    measures: Measures
    variant: NDArray[np.intp]

    @classmethod
    def of(cls, law: ExactColumn, codes: NDArray[np.intp], numbers: Floats, width: float, held: bool | None) -> _View:
        """The column's view; `held` says which samples to look at alone."""
        if not isinstance(law, CodedColumn):
            assert held is None, "expected a column in bins or categories"
            return cls(law.measures(numbers, width), np.arange(len(numbers)))
        occurring, variant = np.unique(codes, return_inverse=True)
        measures = law.measures(occurring, width)
        return cls(measures if held is None else measures.held(held), variant.ravel())


@dataclass(frozen=True)
class _Table:
    """r and s of a chunk's inner nodes (m,), for each variant of their columns, in one flat array each.

    Those of a node begin at `start`; `columns` are the columns of the nodes.
    """

    r: Floats
    s: Floats
    start: NDArray[np.intp]
    columns: NDArray[np.intp]

    @classmethod
    def of(
        cls, chunk: _Chunk, regions: dict[int, _Region], over: dict[int, CellMeasures], views: list[_View]
    ) -> _Table:
        """Fill the table."""
        variants = np.array([len(view.measures.mean) for view in views], dtype=np.intp)
        size = variants[chunk.columns]
        start = np.cumsum(size) - size
        r, s = np.empty(int(size.sum())), np.empty(int(size.sum()))
        for j, (here, place) in chunk.places.items():
            at = start[here][:, None] + np.arange(variants[j])
            r[at], s[at] = _rates(regions[j], place, over[j], views[j].measures)
        return cls(r, s, start, chunk.columns)

    def rates(self, variants: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """R and s, shapes (m, rows), of rows whose variants (d, rows) are known."""
        at = variants[self.columns]
        at += self.start[:, None]
        return self.r.take(at, mode="clip"), self.s.take(at, mode="clip")
