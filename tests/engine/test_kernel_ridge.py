"""Kernel ridge regression: what it leaves of samples that were left out, against fits without them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg

from lime.engine import kernel_ridge
from lime.engine.exact_kernel import ProductKernel
from lime.engine.kernel_ridge import KernelRidge, fit_kernel_ridge

Floats = NDArray[np.float64]


def samples(n: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.normal(size=n), rng.integers(0, 3, n), rng.uniform(size=n)]).astype(float)
    x[::7, 2] = np.nan
    y = np.sin(x[:, 0]) * (x[:, 1] == 1) + np.nan_to_num(x[:, 2], nan=-1.0)
    return x, y, np.array([False, True, False])


def predict(found: KernelRidge, x: Floats) -> Floats:
    return np.asarray(found.kernel.matrix(x, found.centers) @ found.coefficients + found.base)


def test_each_sample_is_left_out_of_the_fit_that_predicts_it() -> None:
    x, y, single = samples(40)
    found = fit_kernel_ridge(x, y, single)
    kernel = found.kernel.matrix(x, x)
    # The penalty is not told: of those that there are, one explains every residual and the mean of all fits.
    agree = []
    for penalty in kernel_ridge.PENALTIES:
        left, mean = np.empty(40), np.zeros(40)
        for i in range(40):
            kept = np.arange(40) != i
            own = np.linalg.solve(kernel[np.ix_(kept, kept)] + penalty * np.eye(39), y[kept] - y.mean())
            left[i] = y[i] - y.mean() - kernel[i, kept] @ own
            mean[kept] += own / 40
        agree.append(
            np.allclose(left, found.left, atol=1e-6) and np.allclose(kernel @ mean + y.mean(), predict(found, x))
        )
    assert sum(agree) == 1


def test_with_many_samples_folds_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_ridge, "MOST_LEFT_OUT", 100)
    monkeypatch.setattr(kernel_ridge, "CENTERS", 60)
    x, y, single = samples(300)
    found = fit_kernel_ridge(x, y, single)
    assert len(found.centers) == 60
    # Were the residuals those of fits that saw the samples, another answer at one of them would not move its own by as
    # much as the answer moved.
    other = y.copy()
    other[17] += 0.01
    moved = fit_kernel_ridge(x, other, single)
    assert moved.left[17] - found.left[17] == pytest.approx(0.01, rel=0.02)
    assert np.square(found.left).mean() < 0.05 * y.var()


def test_a_smooth_function_is_all_but_known() -> None:
    x, y, single = samples(400)
    found = fit_kernel_ridge(x, y, single)
    assert np.square(found.left).mean() < 0.02 * y.var()
    assert np.square(predict(found, x) - y).mean() < 0.02 * y.var()


def test_the_same_numbers_again() -> None:
    x, y, single = samples(120)
    one, other = fit_kernel_ridge(x, y, single), fit_kernel_ridge(x.copy(), y.copy(), single)
    np.testing.assert_array_equal(one.left, other.left)
    np.testing.assert_array_equal(one.coefficients, other.coefficients)


def test_numbers_beyond_arithmetic_are_refused() -> None:
    x, y, single = samples(50)
    y[3] = np.inf
    with pytest.raises(linalg.LinAlgError), np.errstate(all="ignore"):
        fit_kernel_ridge(x, y, single)


@pytest.mark.parametrize("tau", [np.inf, 0.5])
def test_a_missing_value_is_like_another_and_like_no_number(tau: float) -> None:
    kernel = ProductKernel(np.array([1.0]), tau)
    x = np.array([[np.nan], [0.0]])
    least = 0.0 if np.isinf(tau) else 1.0 / 1.5
    np.testing.assert_allclose(kernel.matrix(x, x), [[1.0, least], [least, 1.0]])
