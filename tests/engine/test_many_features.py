"""Fits with fewer draws than features: as the fits by features, and without a matrix of them."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.linalg import hadamard

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from lime.engine import balanced, masks, moments, selection, surrogate
from lime.engine.assisted import assist
from lime.engine.contests import find_contests
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.moments import Moments

N, D = 90, 300


def by_features(monkeypatch):
    """The same algebra by a matrix of features, whatever their number."""
    monkeypatch.setattr(moments, "goes_by_samples", lambda n, m: False)
    monkeypatch.setattr("lime.engine.cheap_models.goes_by_samples", lambda n, m: False)


def neighborhood(binary):
    rng = np.random.default_rng(0)
    z = rng.random((N, D)) < 0.6 if binary else rng.normal(size=(N, D))
    y = np.column_stack([z[:, :9] @ rng.normal(size=9) + 0.1 * rng.normal(size=N), rng.random(N)])
    return z, y, rng.random(N) + 0.1


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("groups", [None, np.arange(N) // 2, np.arange(N) // 30])
def test_a_fit_on_more_features_than_draws_is_the_one_by_features(monkeypatch, binary, groups):
    z, y, weights = neighborhood(binary)

    def fits():
        seen = Moments(z, y, weights)
        every, ones = np.arange(D), np.ones(D)
        fitted = surrogate.fit(seen, 0, every, ones, 0.02, groups=groups)
        found = [fitted.coefficients, fitted.standard_errors, fitted.intercept, fitted.score, fitted.held_out_score]
        chosen = [selection.select(seen, 0, ones, 30, method) for method in selection.METHODS]
        tried = [
            [one.gap, one.error]
            for method in ("forward_selection", "highest_weights", "lasso_path")
            for one in find_contests(
                seen,
                0,
                ones,
                5,
                method,
                chosen=chosen[1][:5],
                weights=fitted.coefficients,
                errors=fitted.standard_errors,
            )
        ]
        return [*found, seen.ridge(1, 0.01), seen.ridge(1, 0.02), np.array(tried)], chosen

    few, kept = fits()
    by_features(monkeypatch)
    many, kept_by_features = fits()
    for one, other in zip(few, many, strict=True):
        # A penalty of 0.02 beside squares up to 1e4 costs six digits of sixteen, and standard errors some more.
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9 * np.abs(other).max())
    for one, other in zip(kept, kept_by_features, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_feature_that_never_varies_has_weight_0_of_which_nothing_is_known():
    z, y, weights = neighborhood(True)
    z[:, 7] = True
    fitted = surrogate.fit(Moments(z, y, weights), 0, np.arange(D), np.ones(D), 0.02, groups=np.arange(N) // 30)
    assert fitted.coefficients[7] == 0.0
    assert fitted.standard_errors[7] == np.inf


def test_the_assisted_estimator_of_few_draws_is_the_one_by_features(monkeypatch):
    law = MaskSizeDistribution(masks.uniform_sizes(D), np.append(0.0, np.exp(-np.linspace(0.0, 4.0, D))))
    drawn = masks.plain(N, law.draws, law.draws, np.random.default_rng(1))
    kernel = law.kernel[D - np.count_nonzero(drawn.z, axis=1)]
    y = (drawn.z @ np.random.default_rng(2).normal(size=D))[:, None] / D

    def estimate():
        seen = Moments(drawn.z, y, drawn.weights * kernel)
        helped = assist(seen, None, law, False, np.random.default_rng(3))
        assert helped is not None
        fitted = helped.surrogate(0, np.array([3, 1, 77]), np.ones(D))
        return helped.names, [
            fitted.coefficients, fitted.standard_errors, helped.held_out_score(0), helped.moments.ridge(0, 0.01)
        ]  # fmt: skip

    names, few = estimate()
    assert names == ["shrunk"]
    by_features(monkeypatch)
    same, many = estimate()
    assert same == names
    for one, other in zip(few, many, strict=True):
        # The least penalty is a billionth of the largest square: half of sixteen digits are left.
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7 * np.abs(other).max())


def test_the_ridge_fit_under_a_law_is_the_one_of_its_matrix():
    law = MaskSizeDistribution(masks.uniform_sizes(40), np.append(0.0, np.exp(-np.linspace(0.0, 4.0, 40))))
    right = np.random.default_rng(0).normal(size=(40, 2))
    np.testing.assert_allclose(law.solve(right, 0.3), np.linalg.solve(law.gram(40) + 0.3 * np.eye(40), right))


def test_signs_of_a_large_hadamard_matrix_are_its_entries(monkeypatch):
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(256)[:50], rng.permutation(256)
    whole = (hadamard(256, dtype=np.int8) > 0)[np.ix_(rows, columns)]
    for order in (4, 16, 128):
        monkeypatch.setattr(balanced, "WHOLE_ORDER", order)
        np.testing.assert_array_equal(balanced._signs_of(rows, columns, 256), whole)


def peak(run):
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


WORDS, DRAWS = 6000, 50
CELLS = 10 * 8 * WORDS * DRAWS
"""Ten numbers for each cell of z: 24 MB, where one matrix of words by words would take 288 MB."""


@pytest.mark.parametrize("method", ["auto", "highest_weights", "forward_selection", "lasso_path", "none"])
def test_a_text_of_many_words_takes_memory_of_words_times_draws(method):
    text = " ".join(f"w{i}" for i in range(WORDS))

    def predict(texts):
        share = np.array([one.count("1") / (2.0 * WORDS) for one in texts])
        return np.column_stack([1.0 - share, share])

    explainer = LimeTextExplainer(random_state=0, feature_selection=method)
    # Beside the cells, the texts that are asked about: two copies of 30 kB each.
    bound = CELLS + 4 * DRAWS * len(text) + 20_000_000
    assert peak(lambda: explainer.explain_instance(text, predict, num_samples=DRAWS)) < bound


@pytest.mark.parametrize("method", ["auto", "none"])
def test_a_picture_of_many_segments_takes_memory_of_segments_times_draws(method):
    segments = np.arange(4800).reshape(60, 80)
    picture = np.random.default_rng(0).random((60, 80, 3))

    def predict(pictures):
        return pictures.mean(axis=(1, 2))[:, :2]

    explainer = LimeImageExplainer(random_state=0, feature_selection=method)
    settings: dict[str, Any] = {"segmentation_fn": lambda image: segments, "num_samples": DRAWS, "progress_bar": False}
    bound = 10 * 8 * segments.size * DRAWS + 20_000_000
    assert peak(lambda: explainer.explain_instance(picture, predict, **settings)) < bound


@pytest.mark.parametrize("cut", [True, False])
def test_a_table_of_many_columns_takes_memory_of_columns_times_draws(cut):
    table = np.random.default_rng(0).normal(size=(20, 4000))
    explainer = LimeTabularExplainer(
        table, mode="regression", random_state=0, feature_selection="none", discretize_continuous=cut
    )
    run = lambda: explainer.explain_instance(table[0], lambda x: x[:, :9].sum(axis=1), num_samples=DRAWS)  # noqa: E731
    assert peak(run) < 10 * 8 * 4000 * DRAWS + 30_000_000
