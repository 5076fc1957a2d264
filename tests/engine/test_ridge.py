"""Ridge regression from its normal equations."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.ridge import ridge


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 50.0])
def test_it_is_the_fit_of_data_with_rows_for_the_penalty(alpha: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 2))
    more = np.vstack([x, np.sqrt(alpha) * np.eye(4)])
    expected = np.linalg.lstsq(more, np.vstack([y, np.zeros((4, 2))]), rcond=None)[0]
    gram = x.T @ x
    kept = gram.copy()
    np.testing.assert_allclose(ridge(gram, x.T @ y, alpha), expected, atol=1e-10)
    np.testing.assert_allclose(ridge(gram, x.T @ y[:, 0], alpha), expected[:, 0], atol=1e-10)
    np.testing.assert_array_equal(gram, kept)


def test_without_a_penalty_copies_share_what_they_have_in_common() -> None:
    x = np.arange(1.0, 5.0)
    both = np.column_stack([x, x])
    np.testing.assert_allclose(ridge(both.T @ both, both.T @ (6.0 * x), 0.0), [3.0, 3.0], atol=1e-12)


def test_a_matrix_that_no_factor_of_cholesky_has_is_solved_all_the_same() -> None:
    np.testing.assert_allclose(ridge(np.array([[-2.0, 0.0], [0.0, 4.0]]), np.array([1.0, 5.0]), 1.0), [-1.0, 1.0])
