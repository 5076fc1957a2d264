"""Products of two features: the ones that help are found, and no others."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lime.engine.pair_terms import Product, choose_pairs, with_products


def test_a_product_is_about_its_centres():
    z = np.array([[1.0, 2.0], [3.0, 5.0]])
    product = Product(0, 1, 1.0, 1.0)
    assert product.column(z).tolist() == [0.0, 8.0]
    assert with_products(z, [product]).tolist() == [[1.0, 2.0, 0.0], [3.0, 5.0, 8.0]]
    assert with_products(z, []) is z


def sample(seed: int, strength: float):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(600, 4))
    y = z[:, 0] - z[:, 3] + strength * z[:, 1] * z[:, 2] + 0.3 * rng.normal(size=600)
    return z, y, rng.random(600) + 0.5, np.arange(600) // 75


def test_the_pair_that_works_together_is_found():
    z, y, weights, groups = sample(0, 1.0)
    pairs, predicted = choose_pairs(z, y, weights, groups)
    assert pairs[0] == (1, 2)  # the one that gains most comes first
    assert len(pairs) <= 2
    assert np.average(np.square(predicted - y), weights=weights) < 0.12  # the noise has 0.09


def test_in_an_additive_model_pairs_are_rare():
    found = [choose_pairs(*sample(seed, 0.0))[0] for seed in range(20)]
    # One standard error in favour of none: a pair is taken where it gains more than that by accident.
    assert sum(map(bool, found)) <= 6


def test_where_nothing_is_estimated_every_pair_that_gains_is_taken():
    z = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    y = z[:, 0] + 2.0 * z[:, 1] * z[:, 2]
    pairs, predicted = choose_pairs(z, y, np.ones(8), None, exact=True)
    assert pairs == [(1, 2)]
    assert predicted is None
    assert choose_pairs(z, z.sum(axis=1), np.ones(8), None, exact=True)[0] == []


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_the_outputs_does_not_matter(scale):
    z, y, weights, groups = sample(0, 1.0)
    assert choose_pairs(z, scale * y, weights, groups)[0] == choose_pairs(z, y, weights, groups)[0]
