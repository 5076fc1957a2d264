"""Effects of pairs of features beside the fit of all: their sizes, errors and rates of false discoveries."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from lime.engine import masks
from lime.engine.designs import independent, sobol
from lime.engine.interactions import adjust, pair_effects


def bits(n, d, seed, share=0.5):
    return independent(n, d, np.random.default_rng(seed)).u < share


# ---- the fit


def test_sizes_are_those_of_the_whole_weighted_fit():
    rng = np.random.default_rng(0)
    z, weights = bits(400, 7, 1, 0.4), rng.uniform(0.2, 1.0, 400)
    y = z @ rng.normal(size=7) + 2.0 * (z[:, 1] & z[:, 4]) + 0.3 * rng.normal(size=400)
    found = pair_effects(z, y, weights, np.array([4, 1, 2, 6]))
    pairs = list(combinations([4, 1, 2, 6], 2))
    columns = np.column_stack([np.ones(400), z, *(z[:, i] & z[:, j] for i, j in pairs)]).astype(float)
    root = np.sqrt(weights)
    coefficients, *_ = np.linalg.lstsq(columns * root[:, None], y * root, rcond=None)
    assert found.pairs.tolist() == [list(pair) for pair in pairs]
    np.testing.assert_allclose(found.sizes, coefficients[8:], atol=1e-9)
    residual = y - columns @ coefficients
    hat = np.linalg.inv((columns * weights[:, None]).T @ columns)
    leverage = weights * np.einsum("ij,jk,ik->i", columns, hat, columns)
    scores = (columns @ hat) * (weights * residual / (1 - leverage))[:, None]
    np.testing.assert_allclose(found.errors, np.sqrt((scores**2).sum(axis=0))[8:], rtol=1e-8)
    assert found.degrees == 400 - 14
    spread = weights @ (y - np.average(y, weights=weights)) ** 2
    left_out = weights @ (residual / (1 - leverage)) ** 2
    assert found.score_with == pytest.approx(1 - left_out / spread)
    # What a product adds is what its removal takes away.
    without = np.delete(columns, 8, axis=1)
    other, *_ = np.linalg.lstsq(without * root[:, None], y * root, rcond=None)
    taken = (weights @ (y - without @ other) ** 2 - weights @ residual**2) / spread
    assert found.shares[0] == pytest.approx(taken)


def test_numbers_that_are_not_bits_and_a_shift_of_them():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(500, 4))
    y = z @ [1.0, 2.0, 0.0, 0.5] - 0.7 * z[:, 0] * z[:, 3] + 0.1 * rng.normal(size=500)
    found = pair_effects(z, y, np.ones(500), np.arange(4))
    moved = pair_effects(z + 100.0, y, np.ones(500), np.arange(4))
    np.testing.assert_allclose(moved.sizes, found.sizes, atol=1e-7)
    place = found.pairs.tolist().index([0, 3])
    assert abs(found.sizes[place] + 0.7) < 4 * found.errors[place]
    assert (found.q_values <= 0.05).tolist() == [place == k for k in range(6)]


def test_all_draws_that_there_are_have_no_error():
    drawn = masks.enumeration(masks.uniform_sizes(6))
    y = drawn.z @ np.arange(6.0) + 0.25 * (drawn.z[:, 2] & drawn.z[:, 3])
    found = pair_effects(drawn.z, y, drawn.weights, np.arange(6), exact=True)
    place = found.pairs.tolist().index([2, 3])
    assert found.sizes[place] == pytest.approx(0.25)
    assert not found.errors.any()
    assert found.p_values.tolist() == [0.0 if k == place else 1.0 for k in range(15)]
    assert found.score_with == pytest.approx(1.0)


def test_pairs_that_samples_cannot_separate_are_inseparable():
    z = bits(300, 5, 0)
    z[:, 3] = z[:, 1] & z[:, 2]  # the product of two features is a third
    found = pair_effects(z, z @ np.ones(5) + np.random.default_rng(0).normal(size=300), np.ones(300), np.arange(5))
    assert [1, 2] in found.inseparable.tolist()
    assert len(found.pairs) + len(found.inseparable) == 10
    assert np.isfinite(found.sizes).all()
    assert np.abs(found.sizes).max() < 3  # nothing near a singular fit


def test_two_masks_that_are_never_kept_together():
    drawn = masks.enumeration(masks.uniform_sizes(2))  # at least one of two words is always removed
    found = pair_effects(drawn.z, np.array([0.1, 0.2, 0.6]), drawn.weights, np.arange(2), exact=True)
    assert not len(found.pairs)
    assert found.inseparable.tolist() == [[0, 1]]


@pytest.mark.parametrize("n", [3, 20, 60])
def test_few_draws_test_fewer_pairs_and_the_strongest_first(n):
    z = bits(n, 12, 2)
    found = pair_effects(z, z @ np.arange(12.0), np.ones(n), np.arange(12)[::-1].copy())
    assert 4 * (len(found.pairs) + found.columns + 1) <= n or not len(found.pairs)
    assert {i for pair in found.pairs.tolist() for i in pair} <= set(range(12 - len(found.pairs) - 1, 12))


def test_more_features_than_draws_and_an_answer_that_never_varies():
    z = bits(800, 1000, 0)
    found = pair_effects(z, z[:, :5].sum(axis=1) + 2.0 * (z[:, 0] & z[:, 1]), np.ones(800), np.arange(6))
    assert found.pairs[found.q_values <= 0.05].tolist() == [[0, 1]]
    flat = pair_effects(z, np.full(800, 0.1), np.ones(800), np.arange(6))
    assert not flat.sizes.any()
    assert (flat.p_values == 1.0).all()


def test_draws_without_weight_and_features_that_never_vary_count_for_nothing():
    z = bits(400, 4, 5)
    y = z @ np.ones(4) + np.random.default_rng(1).normal(size=400)
    weights = np.where(np.arange(400) < 300, 1.0, 0.0)
    wide = np.column_stack([z, np.ones(400, dtype=bool)])
    found = pair_effects(wide, y, weights, np.array([0, 1, 4]))
    alone = pair_effects(z[:300], y[:300], weights[:300], np.array([0, 1]))
    assert found.pairs.tolist() == [[0, 1]]
    np.testing.assert_allclose(found.errors, alone.errors)


def test_adjusting_agrees_with_scipy():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(0).uniform(size=30) ** 3
    np.testing.assert_allclose(adjust(p, "bh"), false_discovery_control(p, method="bh"))
    np.testing.assert_allclose(adjust(p, "by"), false_discovery_control(p, method="by"))
    assert not len(adjust(np.empty(0)))
    with pytest.raises(ValueError, match="method='bonferroni': expected 'bh' or 'by'"):
        adjust(p, "bonferroni")


@pytest.mark.parametrize("design", [sobol, independent])
def test_additive_functions_are_silent_at_the_promised_rate(design):
    """Of 100 runs at a rate of at most 5 %, more than 11 have a discovery with a probability of 1 in 230."""
    false = 0
    for seed in range(100):
        points = design(1000, 8, np.random.default_rng(seed))
        z = points.u < 0.25
        y = z @ np.linspace(1, 0.2, 8) + points.u @ np.linspace(0.2, 1, 8)  # varies within bins as well
        found = pair_effects(z, y, np.ones(1000), np.arange(8), groups=points.groups)
        false += bool((found.q_values <= 0.05).any())
    assert false <= 11


def test_planted_pairs_are_found_in_masks_of_pairs():
    law = masks.uniform_sizes(20)
    for seed in range(5):
        drawn = masks.pairs(1000, law, law, np.random.default_rng(seed))
        noise = 0.3 * np.random.default_rng(seed).normal(size=1000)
        y = drawn.z @ np.linspace(1, 0.2, 20) + (drawn.z[:, 0] & drawn.z[:, 2]) + noise
        found = pair_effects(drawn.z, y, drawn.weights, np.arange(8), groups=drawn.groups)
        place = found.pairs.tolist().index([0, 2])
        assert found.q_values[place] <= 0.05
        assert abs(found.sizes[place] - 1.0) < 5 * found.errors[place]
