"""Shallow trees as surrogates: cut back, followed, judged on samples left out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lime.engine.shallow_trees import fit_tree

GROUPS = np.arange(800) // 100


def steps(seed: int = 0):
    rng = np.random.default_rng(seed)
    z = rng.uniform(-1.0, 1.0, size=(800, 5))
    one = np.where(z[:, 1] > 0.2, 2.0, np.where(z[:, 3] > -0.5, 1.0, 0.0))
    return z, np.stack([one, 3.0 - one], axis=1) + 0.05 * rng.normal(size=(800, 2)), np.ones(800)


def test_steps_are_found_with_no_more_leaves_than_they_have():
    z, y, weights = steps()
    found = fit_tree(z, y, weights, GROUPS)
    assert found.tree.leaves == 3
    assert set(found.tree.feature[found.tree.feature >= 0].tolist()) == {1, 3}
    thresholds = dict(zip(found.tree.feature.tolist(), found.tree.threshold.tolist(), strict=True))
    assert thresholds[1] == pytest.approx(0.2, abs=0.02)
    assert thresholds[3] == pytest.approx(-0.5, abs=0.02)
    assert found.left_out is not None
    assert np.square(found.left_out - y).mean() < 0.02


def test_leaves_are_weighted_means_and_shares_add_up():
    z, y, _ = steps()
    weights = np.random.default_rng(1).random(800)
    tree = fit_tree(z, y, weights, GROUPS).tree
    leaf = tree.apply(z)
    for node in np.unique(leaf):
        inside = leaf == node
        assert tree.value[node] == pytest.approx(np.average(y[inside], axis=0, weights=weights[inside]), rel=1e-6)
        assert tree.share[node] == pytest.approx(weights[inside].sum() / weights.sum(), rel=1e-6)
    assert tree.share[tree.feature < 0].sum() == pytest.approx(1.0)


def test_a_tree_cut_back_predicts_as_its_parents():
    z, y, weights = steps()
    tree = fit_tree(z, y, weights, GROUPS).tree
    root = tree.first(1)
    assert root.leaves == 1
    assert root.predict(z)[0] == pytest.approx(y.mean(axis=0), rel=1e-6)
    assert tree.first(2).leaves == 2
    assert tree.first(99).leaves == tree.leaves


def test_contributions_lead_from_the_root_to_the_leaf():
    z, y, weights = steps()
    tree = fit_tree(z, y, weights, GROUPS).tree
    for instance in z[:20]:
        moved = sum(tree.contributions(instance, 0).values())
        assert tree.value[0, 0] + moved == pytest.approx(tree.predict(instance[None])[0, 0])


def test_no_more_columns_are_split_than_wanted():
    z, y, weights = steps()
    found = fit_tree(z, y, weights, GROUPS, most_features=1)
    assert set(found.tree.feature[found.tree.feature >= 0].tolist()) == {1}


def test_of_all_samples_that_there_are_nothing_is_left_out():
    z = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    y = (z[:, 0] * z[:, 1])[:, None]
    found = fit_tree(z, y, np.ones(8), None, exact=True)
    assert found.left_out is None
    assert found.tree.predict(z) == pytest.approx(y)


def test_outputs_that_do_not_vary_give_a_single_leaf():
    z, _, weights = steps()
    tree = fit_tree(z, np.full((800, 1), 7.0), weights, GROUPS).tree
    assert tree.predict(z[:3]) == pytest.approx(np.full((3, 1), 7.0))
