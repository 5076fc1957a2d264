"""Exact weights of trees against sums over whole tables, and against samples."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from lime.engine.exact_columns import CodedColumn, ExactColumn, NumberColumn
from lime.engine.exact_trees import ExactTrees
from lime.engine.trees import CategorySet, ModelColumns, TreeArrays, join
from wald import agrees, distance, regression

SEEDS = st.integers(0, 2**31)


def random_tree(rng: np.random.Generator, d: int, depth: int, cuts: np.ndarray, outputs: int, sets: bool) -> TreeArrays:
    """A tree that splits where and how it happens to, not balanced, with leaves at all depths."""
    nodes: list[list[Any]] = [[-1, -1, -1, np.nan, False, -1]]  # left, right, column, threshold, missing_left, category
    of_sets: list[CategorySet] = []
    level = [0]
    for _ in range(depth):
        after = []
        for node in level:
            if rng.random() < 0.25:
                continue
            category = -1
            if sets and rng.random() < 0.4:
                known = np.array([0.0, 1.0, 2.0]) if rng.random() < 0.5 else None
                of_sets.append(CategorySet(np.flatnonzero(rng.random(4) < 0.5).astype(float), known))
                category = len(of_sets) - 1
            children = [len(nodes), len(nodes) + 1]
            split = [int(rng.integers(d)), float(rng.choice(cuts)), bool(rng.random() < 0.5), category]
            nodes[node] = [*children, *split]
            nodes += [[-1, -1, -1, np.nan, False, -1], [-1, -1, -1, np.nan, False, -1]]
            after += children
        level = after
    left, right, column, threshold, missing_left, category_of = (np.array(one) for one in zip(*nodes, strict=True))
    values = np.where(left[:, None] < 0, rng.normal(size=(len(left), outputs)), 0.0)
    return TreeArrays.of_one(
        left, right, column, threshold, values, missing_left=missing_left, category=category_of, sets=of_sets
    )


def same(rows: np.ndarray) -> np.ndarray:
    return rows


def brute(
    trees: TreeArrays, values: list[np.ndarray], shares: list[np.ndarray], codes: list[int], width: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights and mean from every row that there is, in more digits than double precision has."""
    places = np.array(list(itertools.product(*(range(len(one)) for one in values))))
    rows = np.column_stack([one[at] for one, at in zip(values, places.T, strict=True)])
    agrees = places == np.array(codes)
    long = [one.astype(np.longdouble) / one.astype(np.longdouble).sum() for one in shares]
    w = np.prod([one[at] for one, at in zip(long, places.T, strict=True)], axis=0)
    kept = np.exp(np.longdouble(-0.5) / np.longdouble(width) ** 2)
    w = w * kept ** (~agrees).sum(axis=1)
    f = trees.predict(rows).astype(np.longdouble)
    weights = np.zeros((len(codes), f.shape[1]), dtype=np.longdouble)
    for j, here in enumerate(agrees.T):
        # In a product over columns the regression weight is the difference of the means.
        if here.any() and not here.all():
            weights[j] = w[here] @ f[here] / w[here].sum() - w[~here] @ f[~here] / w[~here].sum()
    return weights, w @ f / w.sum()


def bins(rng: np.random.Generator, whole: bool, missing: bool) -> CodedColumn:
    """Three bins, one of them of one value, and one of missing values."""
    from scipy.special import ndtr

    edges = np.array([-3.0, -1.0, 1.0, 4.0])
    mean = np.array([-1.5, 0.2, 2.0])
    std = np.array([0.5, 0.8, 1.5])
    low, high = edges[:-1], edges[1:]
    below, above = ndtr((low - mean) / std), ndtr((high - mean) / std)
    if whole:
        low = np.array([-3.0, 0.0, 2.0])
    share = rng.dirichlet(np.full(4 if missing else 3, 3.0))
    if missing:
        mean, std, low, high, below, above = (np.append(one, np.nan) for one in (mean, std, low, high, below, above))
    return CodedColumn(share, mean, std, low, high, below, above, whole)


def draw_bins(law: CodedColumn, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import ndtri

    edges = np.cumsum(law.probability)
    code = np.minimum(np.searchsorted(edges, u, side="right"), len(edges) - 1)
    inside = (u - (edges - law.probability)[code]) / law.probability[code]
    value = law.mean[code] + law.std[code] * ndtri(law.below[code] + inside * (law.above - law.below)[code])
    if law.whole:
        value = np.rint(value)
    return np.clip(value, law.low[code], law.high[code]), code


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("missing", [False, True])
def test_weights_in_bins_agree_with_samples(whole: bool, missing: bool) -> None:
    rng = np.random.default_rng(5)
    d, n, width = 4, 100_000, 1.2
    laws = [bins(rng, whole, missing) for _ in range(d)]
    trees = join([random_tree(rng, d, 6, np.linspace(-2.5, 3.5, 25), 1, False) for _ in range(8)])
    drawn = [draw_bins(law, rng.random(n)) for law in laws]
    rows = np.column_stack([values for values, _ in drawn])
    f = trees.predict(rows)[:, 0]
    exact = ExactTrees(trees, ModelColumns.same(d), laws, same)
    codes = rng.integers(0, 3, size=(6, d))
    found = exact.expectations(codes, np.zeros(codes.shape), width)
    for place, own in enumerate(codes):
        z = np.column_stack([code == one for (_, code), one in zip(drawn, own, strict=True)]).astype(float)
        w = np.exp(-0.5 * (1.0 - z).sum(axis=1) / width**2)
        assert agrees(*distance(found.weights[place, :, 0], *regression(z, w, f)))


@pytest.mark.parametrize("around", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("whole", [False, True])
def test_weights_of_numbers_agree_with_samples(around: bool, missing: float, whole: bool) -> None:
    rng = np.random.default_rng(9)
    d, n, width = 3, 100_000, 1.1
    laws: list[ExactColumn] = [
        NumberColumn(2.0 + j, missing, whole, offset=1.0, unit=2.0, center=None if around else 1.5, middle=1.5)
        for j in range(d)
    ]
    trees = join([random_tree(rng, d, 6, np.linspace(-5.0, 7.0, 25), 1, False) for _ in range(8)])
    exact = ExactTrees(trees, ModelColumns.same(d), laws, same)
    own = np.rint(rng.normal(1.0, 2.0, size=(5, d)))
    own[1, 0] = np.nan
    found = exact.expectations(np.zeros(own.shape, dtype=int), own, width)
    for place, row in enumerate(own):
        center = np.where(np.isnan(row), 1.5, row) if around else np.full(d, 1.5)
        rows = center + rng.normal(size=(n, d)) * [law.std for law in laws]
        rows = np.rint(rows) if whole else rows
        rows[rng.random((n, d)) < missing] = np.nan
        z = np.where(np.isnan(row), np.isnan(rows), np.nan_to_num((rows - 1.0) / 2.0))
        z0 = np.where(np.isnan(row), 1.0, (row - 1.0) / 2.0)
        w = np.exp(-0.5 * np.square(z - z0).sum(axis=1) / width**2)
        varies = z.std(axis=0) > 0.0
        fitted = regression(z[:, varies], w, trees.predict(rows)[:, 0])
        assert found.weights[place, ~varies, 0] == pytest.approx(0.0, abs=1e-12)
        assert agrees(*distance(found.weights[place, varies, 0], *fitted))
        assert found.z_mean[place, varies] == pytest.approx(w @ z[:, varies] / w.sum(), abs=0.02)


def test_rows_alone_and_together_have_the_same_digits() -> None:
    rng = np.random.default_rng(3)
    d = 4
    laws = [bins(rng, False, True) for _ in range(d)]
    trees = join([random_tree(rng, d, 8, np.linspace(-2.5, 3.5, 25), 2, False) for _ in range(30)])
    exact = ExactTrees(trees, ModelColumns.same(d), laws, same)
    codes = rng.integers(0, 4, size=(150, d))
    together = exact.expectations(codes, np.zeros(codes.shape), 1.5)
    alone = [exact.expectations(one[None], np.zeros((1, d)), 1.5) for one in codes]
    assert np.array_equal(together.weights, np.concatenate([one.weights for one in alone]))
    assert np.array_equal(together.mean, np.concatenate([one.mean for one in alone]))
