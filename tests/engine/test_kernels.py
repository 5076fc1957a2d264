"""Distances, kernels and weights."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lime.engine import kernels


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
            (lambda d: np.zeros_like(d), "weight 0, or nearly 0, to every sample"),
            (lambda d: np.full_like(d, 1e-200), "weight 0, or nearly 0, to every sample"),
        ],
    )
    def test_kernels_that_cannot_weight(self, kernel, words):
        with pytest.raises(ValueError, match=words):
            kernels.kernel_weights(kernel, np.arange(3.0))

    def test_effective_share(self):
        assert kernels.effective_share(np.ones(7)) == pytest.approx(1)
        assert kernels.effective_share(np.array([1.0, 0, 0, 0])) == pytest.approx(0.25)


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
    with pytest.raises(ValueError, match="weight 0, or nearly 0, to every sample"):
        kernels.weights_of_squares(narrow, np.maximum(steps, 1), d)
