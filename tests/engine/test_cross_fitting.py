"""Fits judged on samples that took no part in them."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.cross_fitting import folds_of, left_out, r_squared, simplest


def test_replicates_stay_together():
    groups = np.repeat(np.arange(8), 16)
    parts = folds_of(len(groups), groups)
    assert sorted(set(parts.tolist())) == [0, 1, 2, 3, 4]
    for replicate in range(8):
        assert len(set(parts[groups == replicate].tolist())) == 1


def test_independent_samples_are_parted_evenly_and_always_alike():
    parts = folds_of(103, None)
    assert max(np.bincount(parts)) - min(np.bincount(parts)) <= 1
    assert (folds_of(103, None) == parts).all()


def test_one_replicate_alone_is_parted_as_it_comes():
    assert folds_of(7, np.zeros(7, dtype=np.intp)).tolist() == [0, 1, 2, 3, 4, 0, 1]


def test_no_sample_is_predicted_by_a_fit_that_saw_it():
    y = np.arange(12.0)
    parts = folds_of(12, None, folds=3)

    def fit(rows):
        return lambda others: np.array([np.isin(other, rows) for other in others], dtype=float)

    assert not left_out(fit, parts).any()
    means = left_out(lambda rows: lambda others: np.full(len(others), y[rows].mean()), parts)
    for part in range(3):
        assert means[parts == part] == pytest.approx(y[parts != part].mean())


def test_r_squared_is_one_for_the_truth_and_none_for_the_mean():
    rng = np.random.default_rng(0)
    y, weights = rng.normal(size=50), rng.random(50)
    assert r_squared(y, y, weights) == 1.0
    assert r_squared(y, np.full(50, np.average(y, weights=weights)), weights) == pytest.approx(0.0)
    assert r_squared(np.full(50, 3.0), np.zeros(50), weights) == 1.0


def test_the_simplest_within_one_standard_error_is_taken():
    rng = np.random.default_rng(1)
    parts = np.repeat(np.arange(5), 200)
    noise = rng.random(1000)
    weights = np.ones(1000)
    much_worse, a_little_worse, best = noise + 1.0, noise + 0.001 * rng.normal(size=1000), noise
    assert simplest([much_worse, a_little_worse, best], weights, parts) == 1
    assert simplest([much_worse, noise + 0.1, best], weights, parts) == 2
    assert simplest([much_worse, noise + 0.1, best], weights, parts, least=0.2) == 1
