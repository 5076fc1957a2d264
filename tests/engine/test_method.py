"""The engine against scikit-learn, against closed forms, and against itself."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats
from sklearn.linear_model import LinearRegression, Ridge, lars_path

from lime.engine import designs, kernels, restricted, selection, surrogate
from lime.engine.base import LimeBase
from lime.engine.moments import Moments
from lime.engine.standard_errors import PRIOR_DEGREES, moderated_errors


def problem(seed: int = 0, n: int = 400, d: int = 9, k: int = 2, binary: bool = True):
    rng = np.random.default_rng(seed)
    z = rng.random((n, d)) < rng.uniform(0.2, 0.8, d) if binary else rng.normal(size=(n, d))
    beta = rng.normal(size=(d, k))
    y = z @ beta + 0.5 * (z[:, [0]] * z[:, [1]]) + 0.3 * rng.normal(size=(n, k))
    return z, y, rng.uniform(0.2, 1.0, n)


@pytest.mark.parametrize("binary", [True, False])
def test_moments_are_those_of_the_centred_data(binary):
    z, y, w = problem(binary=binary)
    moments = Moments(z, y, w)
    zc = z - np.average(z, axis=0, weights=w)
    yc = y - np.average(y, axis=0, weights=w)
    np.testing.assert_allclose(moments.gram, zc.T @ (w[:, None] * zc), atol=1e-9)
    np.testing.assert_allclose(moments.cross, zc.T @ (w[:, None] * yc), atol=1e-9)
    np.testing.assert_allclose(moments.diagonal, np.diag(moments.gram), atol=1e-9)
    np.testing.assert_allclose(Moments(z, y, w).column(3), moments.gram[:, 3], atol=1e-9)
    np.testing.assert_allclose(
        Moments(z, y, w).gram_of(np.array([4, 1])), moments.gram[np.ix_([4, 1], [4, 1])], atol=1e-9
    )


@pytest.mark.parametrize("binary", [True, False])
def test_every_order_of_the_features_is_that_order(binary):
    z, y, w = problem(d=4, binary=binary)
    moments = Moments(z, y, w)
    zc = z - np.average(z, axis=0, weights=w)
    for order in ([2, 0, 3, 1], [3, 2, 1, 0], [0, 1, 2, 3]):
        expected = zc[:, order].T @ (w[:, None] * zc[:, order])
        np.testing.assert_allclose(moments.gram_of(np.array(order)), expected, atol=1e-9)
        fitted = surrogate.fit(moments, 0, np.array(order), np.ones(4))
        peer = Ridge(1.0).fit(z[:, order].astype(float), y[:, 0], sample_weight=w)
        np.testing.assert_allclose(fitted.coefficients, peer.coef_, atol=1e-9)


@pytest.mark.parametrize("cells", [10**9, 50])
def test_opposite_pairs_give_the_moments_of_all_draws(monkeypatch, cells):
    z, y, w = problem(n=400, d=9)
    z[1::2] = ~z[::2]
    expected = Moments(z, y, w)
    monkeypatch.setattr("lime.engine.moments.FULL_GRAM_AT_MOST", 0)
    monkeypatch.setattr("lime.engine.moments.BLOCK_CELLS", cells)
    folded = Moments(z, y, w)
    assert folded._folded
    some = np.array([4, 1])
    np.testing.assert_allclose(folded.gram_of(some), expected.gram_of(some), atol=1e-9)
    np.testing.assert_allclose(folded.column(3), expected.gram[:, 3], atol=1e-9)
    np.testing.assert_allclose(folded.gram, expected.gram, atol=1e-9)
    np.testing.assert_allclose(folded.cross, expected.cross, atol=1e-9)
    np.testing.assert_allclose(folded.z_mean, expected.z_mean)
    z[0, 0] ^= True
    assert not Moments(z, y, w)._folded


def test_blocks_change_nothing(monkeypatch):
    z, y, w = problem()
    whole = Moments(z, y, w)
    monkeypatch.setattr("lime.engine.moments.BLOCK_CELLS", 50)
    parts = Moments(z, y, w)
    np.testing.assert_allclose(parts.gram, whole.gram, atol=1e-9)
    np.testing.assert_allclose(parts.cross, whole.cross, atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e-120, 1e150])
@pytest.mark.parametrize("weight", [1.0, 1e-100])
def test_rough_moments_are_the_moments_to_single_precision(scale, weight):
    z, y, w = problem(n=3000)
    z[:, 4], z[:, 5] = True, False
    moments = Moments(z, scale * y, weight * w)
    gram, cross = moments.gram_float32()
    exact = Moments(z, scale * y, weight * w)
    np.testing.assert_allclose(gram, exact.gram, rtol=0, atol=1e-6 * weight * w.sum())
    np.testing.assert_allclose(cross, exact.cross, rtol=0, atol=1e-6 * weight * scale * w.sum() * np.abs(y).max())
    assert (gram[4:6] == 0).all()
    assert (cross[4:6] == 0).all()
    for one, other in zip(exact.gram_float32(), (exact.gram, exact.cross), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("d", [1, 2, 5, 12, 31, 32, 33, 34, 40])
@pytest.mark.parametrize("n", [1, 15, 900, 1024, 4999, 20_000])
def test_a_feature_that_never_varies_leaves_no_trace_in_single_precision(n, d):
    # Weights of a few levels, as a kernel gives them: rounding always falls to the same side, and adds up.
    rng = np.random.default_rng(n + d)
    z = np.asfortranarray(rng.random((n, d)) < 0.3)
    z[:, d // 2], z[:, -1] = False, True
    w = np.exp(-0.1 * rng.integers(3, 6, n))
    y = rng.normal(size=(n, 2)) + z[:, :1]
    moments, exact = Moments(z, y, w), Moments(z, y, w)
    gram, cross = moments.gram_float32()
    still = exact.diagonal == 0.0
    assert still[-1]
    assert not gram[still].any()
    assert not gram[:, still].any()
    assert not cross[still].any()
    np.testing.assert_allclose(gram, exact.gram, rtol=0, atol=3e-6 * w.sum())
    np.testing.assert_allclose(cross, exact.cross, rtol=0, atol=3e-6 * w.sum() * np.abs(exact.y).max(initial=0.0))


def test_few_features_are_fitted_by_their_patterns_as_by_every_draw():
    z, y, w = problem(n=3000, d=12)
    z[:, 7] = True  # says nothing, and has no weight
    moments = Moments(z, y, w)
    for groups in (None, np.arange(3000) // 300, np.arange(3000) // 50):
        for features in (np.array([3]), np.array([7, 2, 11, 0]), np.arange(9), np.empty(0, dtype=int)):
            by_pattern, by_draw = restricted.restrict(moments, features), restricted._BySample(moments, features)
            assert isinstance(by_pattern, restricted._ByPattern)
            np.testing.assert_allclose(by_pattern.mean, by_draw.mean)
            np.testing.assert_allclose(by_pattern.gram, by_draw.gram, atol=1e-9)
            np.testing.assert_allclose(by_pattern.cross(1), by_draw.cross(1), atol=1e-9)
            weights = np.linspace(-1, 1, len(features))
            found, expected = (part.sandwich_errors(1, weights, 1.0, groups) for part in (by_pattern, by_draw))
            np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
            assert found[2] == pytest.approx(expected[2])
            if groups is not None:
                np.testing.assert_allclose(found[1], expected[1], atol=1e-11)
    many = restricted.restrict(moments, np.arange(10))
    assert isinstance(many, restricted._BySample), "1024 patterns of 3000 draws"


@pytest.mark.parametrize("alpha", [0.0, 1.0, 25.0])
@pytest.mark.parametrize("binary", [True, False])
def test_fit_is_scikit_learns_ridge(alpha, binary):
    z, y, w = problem(binary=binary)
    chosen = np.array([5, 0, 2])
    instance = np.ones(z.shape[1])
    fitted = surrogate.fit(Moments(z, y, w), 1, chosen, instance, alpha)
    x = z[:, chosen].astype(float)
    peer = (Ridge(alpha) if alpha else LinearRegression()).fit(x, y[:, 1], sample_weight=w)
    np.testing.assert_allclose(fitted.coefficients, peer.coef_, atol=1e-10)
    assert fitted.intercept == pytest.approx(peer.intercept_, abs=1e-10)
    assert fitted.score == pytest.approx(peer.score(x, y[:, 1], sample_weight=w), abs=1e-10)
    assert fitted.prediction == pytest.approx(peer.predict(instance[None, chosen])[0], abs=1e-10)


def test_held_out_score_is_that_of_leaving_each_draw_out():
    z, y, w = problem(n=60, d=5)
    chosen = np.arange(5)
    fitted = surrogate.fit(Moments(z, y, w), 0, chosen, np.ones(5), alpha=0.0)
    x, target = z.astype(float), y[:, 0]
    left_out = []
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        peer = LinearRegression().fit(x[rest], target[rest], w[rest])
        left_out.append(w[i] * (target[i] - peer.predict(x[[i]])[0]) ** 2)
    total = np.sum(w * (target - np.average(target, weights=w)) ** 2)
    assert fitted.held_out_score == pytest.approx(1 - np.sum(left_out) / total, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("binary", [True, False])
def test_forward_selection_is_the_greedy_search_it_stands_for(seed, binary):
    z, y, w = problem(seed, n=150, binary=binary)
    moments = Moments(z, y, w)
    used: list[int] = []
    for _ in range(6):
        scores = {}
        for j in set(range(z.shape[1])) - set(used):
            x = z[:, [*used, j]].astype(float)
            scores[j] = LinearRegression().fit(x, y[:, 0], w).score(x, y[:, 0], w)
        used.append(max(scores, key=lambda j: scores[j]))
    assert selection.forward_selection(moments, 0, 6).tolist() == used


def test_forward_selection_survives_copies_and_constants():
    z, y, w = problem(n=100, d=4)
    z = np.column_stack([z, z[:, 0], np.ones(100, bool), np.zeros(100, bool)])
    chosen = selection.forward_selection(Moments(z, y, w), 0, 7)
    assert sorted(chosen.tolist()) == list(range(7))
    assert set(chosen[-3:].tolist()) & {5, 6}, "what adds nothing comes last"


@pytest.mark.parametrize("seed", range(5))
def test_lasso_path_is_scikit_learns(seed):
    z, y, w = problem(seed)
    x = (z - np.average(z, axis=0, weights=w)) * np.sqrt(w)[:, None]
    target = (y[:, 0] - np.average(y[:, 0], weights=w)) * np.sqrt(w)
    _, _, path = lars_path(x, target, method="lasso")
    for count in (1, 3, 5):
        expected = [np.flatnonzero(c) for c in path.T if 0 < np.count_nonzero(c) <= count][-1]
        assert selection.lasso_path(Moments(z, y, w), 0, count).tolist() == expected.tolist()


def test_highest_weights_and_marginal_weights_agree_where_there_is_much_data():
    rng = np.random.default_rng(1)
    z = rng.random((20_000, 8)) < 0.4
    y = (z @ np.array([3.0, -2.5, 2.0, -1.5, 1.0, -0.7, 0.4, 0.0]))[:, None]
    moments = Moments(z, y, np.ones(len(z)))
    ones = np.ones(8)
    assert selection.highest_weights(moments, 0, ones, 5, 0.01).tolist() == [0, 1, 2, 3, 4]
    assert selection.marginal_weights(moments, 0, ones, 5).tolist() == [0, 1, 2, 3, 4]
    assert selection.highest_weights(moments, 0, np.array([0.0] * 4 + [1.0] * 4), 2, 0.01).tolist() == [4, 5]


def test_screening_finds_what_a_joint_fit_of_all_finds():
    rng = np.random.default_rng(2)
    z = rng.random((3000, 400)) < 0.3
    y = (z[:, :6] @ np.array([3.0, -2.5, 2.0, -1.5, 1.2, -1.0]) + rng.normal(size=3000))[:, None]
    moments, ones = Moments(z, y, np.ones(3000)), np.ones(400)
    joint = selection.highest_weights(moments, 0, ones, 6, 0.01)
    assert selection.select(moments, 0, ones, 6, "highest_weights", uncorrelated=True).tolist() == joint.tolist()
    few = Moments(z[:150], y[:150], np.ones(150))
    assert set(selection.select(few, 0, ones, 2, "highest_weights", uncorrelated=True).tolist()) <= set(range(6))


def test_auto_changes_its_method_above_six():
    z, y, w = problem()
    moments, ones = Moments(z, y, w), np.ones(9)
    assert selection.select(moments, 0, ones, 6, "auto").tolist() == selection.forward_selection(moments, 0, 6).tolist()
    assert (
        selection.select(moments, 0, ones, 7, "auto").tolist()
        == selection.highest_weights(moments, 0, ones, 7, 0.01).tolist()
    )
    assert selection.select(moments, 0, ones, 3, "none").tolist() == list(range(9))


@pytest.mark.parametrize("design", [designs.sobol, designs.latin_hypercube, designs.independent])
@pytest.mark.parametrize(("n", "d"), [(4999, 13), (999, 3), (10, 4), (1, 1), (255, 30)])
def test_designs_fill_the_open_cube_uniformly(design, n, d):
    points = design(n, d, np.random.default_rng(5))
    assert points.u.shape == (n, d)
    assert ((points.u > 0) & (points.u < 1)).all()
    if points.groups is not None:
        assert np.bincount(points.groups).min() >= n // points.replicates
        assert (np.diff(points.groups) >= 0).all()
    if n >= 999:
        assert max(stats.kstest(column, "uniform").statistic for column in points.u.T) < 1.95 / np.sqrt(n)


def test_each_replicate_is_unbiased_by_itself():
    # E exp(u1 + u2) = (e - 1)^2; the mean over 300 seeds must be within 4 of its own standard errors.
    means = np.array([
        np.exp(designs.sobol(64, 2, np.random.default_rng(seed)).u.sum(axis=1)).reshape(8, 8).mean(axis=1)
        for seed in range(300)
    ])  # fmt: skip
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    assert (np.abs(means.mean(axis=0) - (np.e - 1) ** 2) < 4 * error).all()


def test_sobol_past_its_dimensions_is_plain():
    assert designs.sobol(16, 21_202, np.random.default_rng(0)).groups is None


def coverage(design, n, d, seeds, f):
    """Share of 95 % intervals that hold the exact weight, over seeds and features of a product law."""
    share, inside = 0.3, []
    every = np.array(list(np.ndindex(*[2] * d)), dtype=bool)
    chance = np.prod(np.where(every, share, 1 - share), axis=1)
    weight = np.exp(-0.5 * (d - every.sum(axis=1)) / (0.75**2 * d)) * chance
    exact = LinearRegression().fit(every, f(every), sample_weight=weight).coef_
    for seed in range(seeds):
        points = design(n, d, np.random.default_rng(seed))
        z = points.u < share
        w = kernels.exponential_kernel(kernels.distances_to(z, np.ones(d), "euclidean"), 0.75 * np.sqrt(d))
        fitted = surrogate.fit(Moments(z, f(z)[:, None], w), 0, np.arange(d), np.ones(d), 0.0, groups=points.groups)
        half = stats.t.ppf(0.975, fitted.degrees) * fitted.standard_errors
        inside.append(np.abs(fitted.coefficients - exact) <= half)
    return np.mean(inside)


@pytest.mark.parametrize("design", [designs.sobol, designs.independent, designs.latin_hypercube])
@pytest.mark.parametrize(("n", "d"), [(255, 8), (1999, 8), (1999, 3)])
def test_intervals_cover_what_they_promise(design, n, d):
    def f(z):
        return 1 / (1 + np.exp(-(z[:, 0] + 2.0 * z[:, 1] * z[:, 2] - 1.5 * z[:, -1] * z[:, 0])))

    # 200 seeds of at least 3 features: the standard error of the share is below .016 even if the
    # features of a seed were one, so that .93 - 2.5 * .016 is the least that a true 95 % would show.
    assert 0.91 <= coverage(design, n, d, 200, f) <= 0.995


def test_moderated_errors_borrow_strength():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.5, 2.0, 40)
    independent = 3 * truth
    clustered = truth * np.sqrt(rng.chisquare(3, 40) / 3)
    steadied, degrees = moderated_errors(clustered, independent, 3)
    assert np.abs(np.log(steadied / truth)).mean() < 0.4 * np.abs(np.log(clustered / truth)).mean()
    assert degrees == PRIOR_DEGREES + 3
    few, degrees = moderated_errors(clustered[:4], independent[:4], 3)
    assert (few == clustered[:4]).all()
    assert degrees == 3


def test_a_model_that_does_not_vary_has_no_weights():
    z, _, w = problem()
    fitted = surrogate.fit(Moments(z, np.full((len(z), 1), 0.7), w), 0, np.arange(9), np.ones(9))
    np.testing.assert_allclose(fitted.coefficients, 0, atol=1e-12)
    np.testing.assert_allclose(fitted.standard_errors, 0, atol=1e-12)
    assert fitted.score == 1.0
    assert fitted.intercept == pytest.approx(0.7)


class TestKernels:
    def test_exponential_kernel(self):
        np.testing.assert_allclose(
            kernels.exponential_kernel(np.array([0.0, 2.0, 4.0]), 2.0), [1, np.exp(-0.5), np.exp(-2)]
        )

    @pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan", lambda a, b: float(np.abs(a - b).max())])
    def test_distances(self, metric):
        from sklearn.metrics import pairwise_distances

        z = np.random.default_rng(0).random((20, 5)) < 0.5
        expected = pairwise_distances(z.astype(float), np.ones((1, 5)), metric=metric).ravel()
        np.testing.assert_allclose(kernels.distances_to(z, np.ones(5), metric), expected, atol=1e-7)

    def test_unknown_metric(self):
        with pytest.raises(ValueError, match=r"distance_metric='nearness'.*expected 'euclidean'"):
            kernels.distances_to(np.ones((2, 2)), np.ones(2), "nearness")

    @pytest.mark.parametrize(
        ("kernel", "words"),
        [
            (lambda d: d[:1], "one weight for each distance"),
            (lambda d: -np.ones_like(d), "negative or non-finite"),
            (lambda d: np.full_like(d, np.nan), "negative or non-finite"),
            (lambda d: np.zeros_like(d), "weight 0 to every draw"),
            (lambda d: np.full_like(d, 1e-200), "weight 0 to every draw"),
        ],
    )
    def test_kernels_that_cannot_weight(self, kernel, words):
        with pytest.raises(ValueError, match=words):
            kernels.kernel_weights(kernel, np.arange(3.0))

    def test_effective_share(self):
        assert kernels.effective_share(np.ones(7)) == pytest.approx(1)
        assert kernels.effective_share(np.array([1.0, 0, 0, 0])) == pytest.approx(0.25)


class TestLimeBase:
    """Programs use it bare, on data of their own."""

    def test_it_is_ridge_on_what_it_selects(self):
        z, y, _ = problem(binary=False)
        distances = np.linalg.norm(z - z[0], axis=1)
        base = LimeBase(lambda d: kernels.exponential_kernel(d, 2.0), random_state=3)
        intercept, weights, score, local_pred = base.explain_instance_with_data(z, y, distances, 1, 4)
        chosen = [i for i, _ in weights]
        peer = Ridge(1.0).fit(z[:, chosen], y[:, 1], sample_weight=base.kernel_fn(distances))
        np.testing.assert_allclose([w for _, w in weights], peer.coef_, atol=1e-10)
        assert all(isinstance(i, int) and isinstance(w, np.float64) for i, w in weights)
        assert [abs(w) for _, w in weights] == sorted((abs(w) for _, w in weights), reverse=True)
        assert intercept == pytest.approx(peer.intercept_)
        assert score == pytest.approx(peer.score(z[:, chosen], y[:, 1], base.kernel_fn(distances)))
        np.testing.assert_allclose(local_pred, peer.predict(z[:1, chosen]))
        assert local_pred.shape == (1,)

    @pytest.mark.parametrize("method", ["auto", "forward_selection", "lasso_path", "highest_weights", "none"])
    def test_sparse_data_gives_the_numbers_of_dense_data(self, method):
        z, y, _ = problem()
        z = z * (np.arange(9) < 6)
        z[0] = np.arange(9) < 6
        distances = np.sqrt(np.abs(z - z[0].astype(float)).sum(axis=1))
        base = LimeBase(lambda d: np.exp(-d))
        dense = base.explain_instance_with_data(z.astype(float), y, distances, 0, 4, method)
        thin = base.explain_instance_with_data(sparse.csr_matrix(z.astype(float)), y, distances, 0, 4, method)
        got = {i: w for i, w in thin[1] if w}
        assert got == pytest.approx({i: w for i, w in dense[1] if w})
        assert thin[2] == pytest.approx(dense[2])

    def test_a_regressor_of_the_users(self):
        z, y, _ = problem(binary=False)
        base = LimeBase(lambda d: np.ones_like(d))
        _, weights, _, _ = base.explain_instance_with_data(
            z, y, np.zeros(len(z)), 0, 9, "none", model_regressor=LinearRegression()
        )
        peer = LinearRegression().fit(z, y[:, 0])
        assert dict(weights) == pytest.approx(dict(enumerate(peer.coef_)))

    def test_verbose_prints(self, capsys):
        z, y, _ = problem()
        LimeBase(np.ones_like, verbose=True).explain_instance_with_data(z.astype(float), y, np.zeros(len(z)), 0, 3)
        printed = capsys.readouterr().out
        assert "Intercept" in printed
        assert "Prediction_local" in printed
        assert f"Right: {y[0, 0]}" in printed

    def test_unknown_selection(self):
        with pytest.raises(ValueError, match="feature_selection='best' is unknown: expected one of 'auto'"):
            LimeBase(np.ones_like).feature_selection(np.ones((3, 2)), np.ones(3), np.ones(3), 1, "best")

    def test_lars_path(self):
        z, y, _ = problem(binary=False)
        alphas, coefficients = LimeBase.generate_lars_path(z, y[:, 0])
        assert coefficients.shape == (9, len(alphas))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(1, 8), st.integers(0, 2**16), st.sampled_from(selection.METHODS))
def test_any_small_neighbourhood_gives_finite_numbers(n, d, seed, method):
    rng = np.random.default_rng(seed)
    z = rng.random((n, d)) < rng.choice([0.0, 0.5, 1.0], d)
    y = rng.choice([0.0, 1.0], (n, 1))
    moments = Moments(z, y, rng.uniform(0.1, 1, n))
    chosen = selection.select(moments, 0, np.ones(d), 3, method)
    assert len(set(chosen.tolist())) == len(chosen) <= max(3, d)
    fitted = surrogate.fit(moments, 0, chosen, np.ones(d), groups=designs.independent(n, d, rng).groups)
    assert np.isfinite(fitted.coefficients).all()
    # Of a feature in which all draws are alike nothing is known, unless there is nothing to explain.
    alike = (moments.diagonal[chosen] == 0.0) & (not surrogate.is_flat(moments, 0))
    assert (np.isfinite(fitted.standard_errors) == ~alike).all()
    assert fitted.score <= 1 + 1e-12


@pytest.mark.parametrize("d", [7, 300])
def test_weights_by_steps_are_those_of_the_distances(d):
    z = np.random.default_rng(0).random((500, d)) < 0.3
    distances = kernels.distances_to(z, np.ones(d), "euclidean")
    steps = kernels.disagreements(z)
    np.testing.assert_array_equal(np.sqrt(steps, dtype=np.float64), distances)
    own = partial(kernels.exponential_kernel, kernel_width=0.75 * np.sqrt(d))
    np.testing.assert_array_equal(kernels.weights_of_squares(own, steps, d), kernels.kernel_weights(own, distances))

    def by_rank(seen):  # looks at all distances together, as no table of single ones could answer
        return 1.0 / (1.0 + np.argsort(np.argsort(seen, kind="stable")))

    np.testing.assert_array_equal(kernels.weights_of_squares(by_rank, steps, d), by_rank(distances))
    narrow = partial(kernels.exponential_kernel, kernel_width=1e-3)
    with pytest.raises(ValueError, match="weight 0 to every draw"):
        kernels.weights_of_squares(narrow, np.maximum(steps, 1), d)
