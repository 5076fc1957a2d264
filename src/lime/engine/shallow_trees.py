"""A shallow tree as a surrogate: one tree for all outputs, of a size that is chosen on samples left out of the fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.cross_fitting import folds_of, left_out, simplest

Floats = NDArray[np.float64]

MOST_LEAVES = {"tree": 12, "rules": 6}
DEEPEST = 4
LEAST_SHARE = 0.02
"""Share of the weight that each leaf holds at least."""

MOST_COLUMNS = 200
"""Features that a tree looks at: of more, those that go with the outputs most."""


@dataclass(frozen=True)
class TreeArrays:
    """A tree of s nodes, the root first, in the order in which best-first growth made them.

    Attributes
    ----------
    feature : ndarray of int, shape (s,)
        Column that a node splits; -1 at a leaf.
    threshold : ndarray of float, shape (s,)
        Samples up to it go to the left.
    left, right : ndarray of int, shape (s,)
        Children; -1 at a leaf.
    value : ndarray of float, shape (s, k)
        Weighted means of the outputs.
    share : ndarray of float, shape (s,)
        Of the weight.
    """

    feature: NDArray[np.intp]
    threshold: Floats
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    value: Floats
    share: Floats

    @property
    def leaves(self) -> int:
        """How many leaves there are."""
        return int(np.count_nonzero(self.feature < 0))

    def first(self, leaves: int) -> TreeArrays:
        """Return the tree as it was when it had some leaves: growth adds the two children of one node at a time."""
        size = min(2 * leaves - 1, len(self.feature))
        cut = self.left[:size] >= size
        return TreeArrays(
            np.where(cut, -1, self.feature[:size]),
            self.threshold[:size],
            np.where(cut, -1, self.left[:size]),
            np.where(cut, -1, self.right[:size]),
            self.value[:size],
            self.share[:size],
        )

    def apply(self, z: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
        """Return the leaf of each sample (n, d), shape (n,)."""
        # Thresholds were found in single precision.
        single = np.asarray(z, dtype=np.float32)
        at = np.zeros(len(z), dtype=np.intp)
        for _ in range(DEEPEST):
            inner = self.feature[at] >= 0
            if not inner.any():
                break
            rows, nodes = np.flatnonzero(inner), at[inner]
            below = single[rows, self.feature[nodes]] <= self.threshold[nodes]
            at[rows] = np.where(below, self.left[nodes], self.right[nodes])
        return at

    def predict(self, z: NDArray[np.floating[Any]]) -> Floats:
        """Return the outputs of samples (n, d), shape (n, k)."""
        found: Floats = self.value[self.apply(z)]
        return found

    def path(self, instance: Floats) -> list[int]:
        """Return the nodes from the root to the leaf of an instance (d,)."""
        path, one = [0], np.asarray(instance, dtype=np.float32)
        while self.feature[path[-1]] >= 0:
            node = path[-1]
            below = one[self.feature[node]] <= self.threshold[node]
            path.append(int(self.left[node] if below else self.right[node]))
        return path

    def contributions(self, instance: Floats, output: int) -> dict[int, float]:
        """Return by column how far its splits move one output on the way of an instance from the root to its leaf."""
        path, added = self.path(instance), dict[int, float]()
        for above, below in pairwise(path):
            column = int(self.feature[above])
            added[column] = added.get(column, 0.0) + float(self.value[below, output] - self.value[above, output])
        return added


@dataclass(frozen=True)
class TreeFit:
    """A fitted tree.

    Attributes
    ----------
    tree : TreeArrays
    left_out : ndarray of float, shape (n, k), or None
        What trees of this size that were fitted to other samples predict; None where nothing is estimated.
    """

    tree: TreeArrays
    left_out: Floats | None


def fit_tree(
    z: NDArray[np.bool_] | Floats,
    y: Floats,
    weights: Floats,
    groups: NDArray[np.intp] | None,
    *,
    most_leaves: int = MOST_LEAVES["tree"],
    most_features: int | None = None,
    exact: bool = False,
) -> TreeFit:
    """Fit one shallow tree to all outputs.

    Its size, of two leaves at least, is the least within one standard error of the best, on parts of the sample that
    took no part in a fit.

    Parameters
    ----------
    z : ndarray of bool or float, shape (n, d)
        Features of the samples.
    y : ndarray of float, shape (n, k)
        The model's outputs.
    weights : ndarray of float, shape (n,)
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    most_leaves : int
    most_features : int, optional
        Different columns that it may split.
    exact : bool
        Whether the samples are all that there are: the size is then the largest that still gains.

    Returns
    -------
    TreeFit
    """
    columns = _columns(z, y, weights)
    scales = np.sqrt(np.average(np.square(y - np.average(y, axis=0, weights=weights)), axis=0, weights=weights))
    largest = float(scales.max()) or 1.0
    if most_features is not None and most_features < len(columns):
        grown = _grow(z[:, columns], y / largest, weights, most_leaves)
        columns = columns[_used(grown, z[:, columns], y / largest, weights, most_features)]
    x, unit_y = np.ascontiguousarray(z[:, columns], dtype=np.float32), y / largest
    if len(columns) == 0 or len(y) < 2:
        return TreeFit(_in_columns(_constant(y, weights), columns), None)
    # Of all samples that there are, a rare one is no accident.
    whole = _grow(x, unit_y, weights, most_leaves, 0.0 if exact else LEAST_SHARE)
    sizes = range(min(2, whole.leaves), whole.leaves + 1)  # one leaf would show nothing
    found: Floats | None = None
    if exact:
        parts, losses = np.zeros(len(y), dtype=np.intp), [_loss(whole.first(k).predict(x), unit_y) for k in sizes]
        chosen = simplest(losses, weights, parts, least=0.01 * float(weights @ losses[0]) / float(weights.sum()))
    else:
        parts = folds_of(len(y), groups)

        def fit(rows: NDArray[np.intp]) -> _Sizes:
            if not weights[rows].any():
                return _Sizes(_constant(unit_y[rows], np.ones(len(rows))), x, sizes)
            return _Sizes(_grow(x[rows], unit_y[rows], weights[rows], most_leaves), x, sizes)

        every = left_out(fit, parts)
        losses = [_loss(every[:, k], unit_y) for k in range(len(sizes))]
        chosen = simplest(losses, weights, parts)
        found = every[:, chosen] * largest
    tree = whole.first(sizes[chosen])
    tree = TreeArrays(tree.feature, tree.threshold, tree.left, tree.right, tree.value * largest, tree.share)
    return TreeFit(_in_columns(tree, columns), found)


@dataclass(frozen=True)
class _Sizes:
    """Predictions of a tree at each size, shape (m, sizes, k)."""

    tree: TreeArrays
    x: NDArray[np.float32]
    sizes: range

    def __call__(self, rows: NDArray[np.intp]) -> Floats:
        x = self.x[rows]
        return np.stack([self.tree.first(size).predict(x) for size in self.sizes], axis=1)


def _grow(
    x: NDArray[np.generic], y: Floats, weights: Floats, most_leaves: int, least_share: float = LEAST_SHARE
) -> TreeArrays:
    from sklearn.tree import DecisionTreeRegressor

    counts = weights > 0.0
    estimator = DecisionTreeRegressor(
        max_depth=DEEPEST, max_leaf_nodes=most_leaves, min_weight_fraction_leaf=least_share, random_state=0
    )
    grown = estimator.fit(np.asarray(x, dtype=np.float32)[counts], y[counts], sample_weight=weights[counts]).tree_
    share = grown.weighted_n_node_samples / grown.weighted_n_node_samples[0]
    leaf = grown.children_left < 0
    return TreeArrays(
        np.where(leaf, -1, grown.feature).astype(np.intp),
        np.where(leaf, 0.0, grown.threshold),
        grown.children_left.astype(np.intp),
        grown.children_right.astype(np.intp),
        grown.value[:, :, 0].copy(),
        share,
    )


def _constant(y: Floats, weights: Floats) -> TreeArrays:
    none = np.array([-1])
    mean = np.average(y, axis=0, weights=weights if weights.any() else None)
    return TreeArrays(none, np.zeros(1), none, none, mean[None], np.ones(1))


def _in_columns(tree: TreeArrays, columns: NDArray[np.intp]) -> TreeArrays:
    """The same tree over all features."""
    feature = tree.feature.copy()
    inner = feature >= 0
    feature[inner] = columns[feature[inner]]
    return TreeArrays(feature, tree.threshold, tree.left, tree.right, tree.value, tree.share)


def _columns(z: NDArray[np.generic], y: Floats, weights: Floats) -> NDArray[np.intp]:
    """Features that a tree looks at."""
    d = z.shape[1]
    if d <= MOST_COLUMNS:
        return np.arange(d)
    mass = weights / weights.sum()
    z_mean = mass @ z
    y_around = (y - mass @ y) * mass[:, None]
    cross = np.abs(z.T @ y_around)
    variance = np.maximum(mass @ np.square(z.astype(np.float64)) - np.square(z_mean), 0.0)
    root = np.sqrt(variance)[:, None]
    strength = np.divide(cross, root, out=np.zeros(cross.shape), where=root > 0.0).max(axis=1)
    return np.sort(np.argsort(-strength, kind="stable")[:MOST_COLUMNS])


def _used(tree: TreeArrays, x: NDArray[np.generic], y: Floats, weights: Floats, most: int) -> NDArray[np.intp]:
    """Columns whose splits gain most, at most so many."""
    gain = np.zeros(x.shape[1])
    for node in np.flatnonzero(tree.feature >= 0):
        children = [tree.left[node], tree.right[node]]
        shift = np.square(tree.value[children] - tree.value[node]).sum(axis=1)
        gain[tree.feature[node]] += float(tree.share[children] @ shift)
    order = np.argsort(-gain, kind="stable")[:most]
    return np.sort(order)


def _loss(predicted: Floats, y: Floats) -> Floats:
    found: Floats = np.square(predicted - y).sum(axis=1)
    return found
