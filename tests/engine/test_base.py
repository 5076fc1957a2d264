"""`LimeBase` as 0.2.0.1 has it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, Ridge

from lime.engine import kernels
from lime.engine.base import LimeBase
from regression_samples import problem


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
