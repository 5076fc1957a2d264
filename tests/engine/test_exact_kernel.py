"""Exact weights of sums of product kernels: against all values there are, and against integrals by another rule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from lime.engine.exact_columns import CodedColumn, ExactColumn, NumberColumn
from lime.engine.exact_kernel import ExactKernel, ProductKernel

Floats = NDArray[np.float64]


def binned(*, whole: bool = False) -> CodedColumn:
    mean, std = np.array([0.4, 2.0, np.nan]), np.array([0.5, 1.5, 0.0])
    low, high = np.array([0.0, 1.0, np.nan]), np.array([1.0, 6.0, np.nan])
    below, above = ndtr((low - mean) / np.where(std > 0, std, 1)), ndtr((high - mean) / np.where(std > 0, std, 1))
    return CodedColumn(np.array([0.5, 0.3, 0.2]), mean, std, low, high, below, above, whole)


def bell(x: Floats) -> Floats:
    found = np.exp(-0.5 * np.square(x - 1.2))[:, None]
    found[np.isnan(x)] = 0.25
    return np.asarray(found)


@pytest.mark.parametrize("tau", [np.inf, 0.7])
@pytest.mark.parametrize("kernel_width", [2.0, 0.4])
def test_weights_are_those_of_all_values_that_there_are(tau: float, kernel_width: float) -> None:
    rng = np.random.default_rng(0)
    values = [np.array([0.0, 1.0, 2.5]), np.array([3.0, np.nan]), np.array([-1.0, 0.5, 1.0, 4.0])]
    shares = [rng.dirichlet(np.full(len(one), 3.0)) for one in values]
    laws: list[ExactColumn] = [CodedColumn.of_values(one, share) for one, share in zip(values, shares, strict=True)]
    kernel = ProductKernel(np.array([0.8, 1.0, 0.0]), tau)
    centers = np.array([[one[i % len(one)] for one in values] for i in range(5)])
    coefficients = rng.normal(size=(5, 2))
    exact = ExactKernel(kernel, centers, coefficients, np.array([0.3, -1.0]), laws)

    codes = np.array(list(itertools.product(*(range(len(one)) for one in values))))
    rows = np.column_stack([one[codes[:, j]] for j, one in enumerate(values)])
    own = np.array([[1, 0, 2], [0, 1, 3]])
    found = exact.expectations(own, np.zeros((2, 3)), kernel_width)
    y = kernel.matrix(rows, centers) @ coefficients + np.array([0.3, -1.0])
    for place, row in enumerate(own):
        z = (codes == row).astype(float)
        chance = np.prod([share[codes[:, j]] for j, share in enumerate(shares)], axis=0)
        weight = chance * np.exp(-0.5 * (3 - z.sum(axis=1)) / kernel_width**2)
        x = np.column_stack([np.ones(len(z)), z]) * np.sqrt(weight)[:, None]
        expected = np.linalg.lstsq(x, y * np.sqrt(weight)[:, None], rcond=None)[0][1:]
        np.testing.assert_allclose(found.weights[place], expected, atol=1e-10)
        np.testing.assert_allclose(found.mean[place], weight @ y / weight.sum(), atol=1e-12)


def test_a_value_that_is_never_sampled_has_no_weight() -> None:
    law = CodedColumn.of_values(np.array([0.0, 1.0]), np.array([0.4, 0.6]))
    exact = ExactKernel(ProductKernel(np.ones(1), np.inf), np.zeros((1, 1)), np.ones((1, 1)), np.zeros(1), [law])
    found = exact.expectations(np.array([[-1]]), np.zeros((1, 1)), 1.0)
    assert found.weights[0, 0, 0] == 0.0
    assert found.mean[0, 0] == pytest.approx(0.4 + 0.6 * np.exp(-0.5))


def test_means_in_bins_are_the_integrals() -> None:
    column = binned()
    found = column.means_by_code(bell)[0]
    for code in range(2):
        density = norm(column.mean[code], column.std[code])
        low, high = column.low[code], column.high[code]
        room = density.cdf(high) - density.cdf(low)
        expected = quad(lambda x: density.pdf(x) / room * np.exp(-0.5 * (x - 1.2) ** 2), low, high)[0]  # noqa: B023
        assert found[code] == pytest.approx(expected, abs=1e-10)
    assert found[2] == 0.25


def test_means_of_whole_numbers_are_sums() -> None:
    column = binned(whole=True)
    steps = np.arange(1.0, 7.0)
    share = np.diff(column.distribution(np.append(steps, 7.0))[:, 1])
    share[0] += 1.0 - share.sum()
    assert column.means_by_code(bell)[0, 1] == pytest.approx(float(share @ bell(steps)[:, 0]), abs=1e-12)


def test_a_bin_far_out_in_a_tail_stands_for_its_nearest_number() -> None:
    p, mean, std, low, high, below, above = np.array([[1.0], [0.0], [0.01], [5.0], [6.0], [1.0], [1.0]])
    column = CodedColumn(p, mean, std, low, high, below, above)
    np.testing.assert_allclose(column.means_by_code(bell), bell(np.array([5.0])))


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("center", [None, 0.5])
def test_integrals_over_numbers(missing: float, *, whole: bool, center: float | None) -> None:
    law = NumberColumn(std=1.3, missing=missing, whole=whole, offset=0.2, unit=1.3, center=center, middle=0.5)
    row, width = 2.0, 0.8
    whole_found, pull = law.integrals(bell, np.array([row]), width)
    middle = row if center is None else center
    if whole:
        x = np.arange(-40.0, 41.0)
        chance = norm.cdf(x + 0.5, middle, 1.3) - norm.cdf(x - 0.5, middle, 1.3)
    else:
        x = np.linspace(-12.0, 14.0, 200_001)
        chance = norm.pdf(x, middle, 1.3)
    chance *= (1.0 - missing) / chance.sum()
    z, own = np.append((x - 0.2) / 1.3, 0.0), (row - 0.2) / 1.3
    weight = np.append(chance, missing) * np.exp(-0.5 * np.square((z - own) / width))
    weight /= weight.sum()
    y = np.append(bell(x)[:, 0], 0.25)
    mean = weight @ z
    assert whole_found[0, 0] == pytest.approx(weight @ y, rel=1e-8)
    expected = weight @ ((z - mean) * y) / (weight @ np.square(z - mean))
    assert pull[0, 0] == pytest.approx(expected, rel=1e-7)


def test_rows_with_and_without_a_number_keep_their_own_digits() -> None:
    law = NumberColumn(std=1.0, missing=0.2, whole=False, offset=0.0, unit=1.0, center=0.0, middle=0.0)
    rows = np.array([0.7, np.nan, -1.0])
    together = law.integrals(bell, rows, 1.0)
    for place in range(3):
        alone = law.integrals(bell, rows[place : place + 1], 1.0)
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[:, place], other[:, 0])
    assert not np.array_equal(together[0][:, 0], together[0][:, 1])
