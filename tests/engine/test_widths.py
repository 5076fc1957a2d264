"""Kernel widths: what is told of each, and which is recommended."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lime.engine.widths import WidthFit, WidthProblem, fit_widths, recommend

Z = np.array(np.meshgrid(*[[0.0, 1.0]] * 8)).reshape(8, -1).T  # all 256 masks of 8 units
DISTANCES = np.sqrt(8.0 - Z.sum(axis=1))


def weigh(width: float) -> NDArray[np.float64]:
    return np.exp(-0.5 * np.square(DISTANCES / width))


def fits(y: NDArray[np.float64], widths: list[float], exact: bool = False) -> list[WidthFit]:
    return fit_widths(WidthProblem(Z, np.ones(8), weigh, 8, penalty=0.0, exact=exact), y, widths)


def test_a_linear_model_fits_under_any_width_without_error() -> None:
    for one in fits(Z @ np.arange(1.0, 9.0), [1.0, 2.0, 8.0]):
        assert one.score == pytest.approx(1.0, abs=1e-9)
        assert one.relative_error == pytest.approx(0.0, abs=1e-6)


def test_effective_draws_are_kishs_and_few_are_not_enough() -> None:
    narrow, wide = fits(Z[:, 0] * Z[:, 1], [0.4, 8.0])
    for one in (narrow, wide):
        w = weigh(one.width)
        assert one.effective == pytest.approx(w.sum() ** 2 / np.square(w).sum())
    assert (narrow.usable, wide.usable) == (False, True)


def test_where_all_masks_are_there_the_score_is_that_of_the_fit() -> None:
    y = Z[:, 0] * Z[:, 1]
    (one,) = fits(y, [2.0], exact=True)
    w = weigh(2.0)
    design = np.column_stack([np.ones(256), Z])
    root = np.sqrt(w)[:, None]
    left = root[:, 0] * y - (root * design) @ np.linalg.lstsq(root * design, root[:, 0] * y, rcond=None)[0]
    assert one.score == pytest.approx(1.0 - left @ left / (w @ np.square(y - np.average(y, weights=w))), abs=1e-9)
    assert one.relative_error == 0.0


def test_no_weight_and_a_model_that_does_not_vary_are_not_usable() -> None:
    (nothing,) = fit_widths(WidthProblem(Z, np.ones(8), lambda width: np.zeros(256), 8), Z[:, 0], [1.0])
    (flat,) = fits(np.full(256, 0.3), [8.0])
    assert not nothing.usable
    assert not flat.usable
    assert np.isnan([nothing.score, flat.score]).all()


@pytest.mark.parametrize(
    ("scores", "errors", "usable", "expected"),
    [
        ([0.99, 0.9, 0.6], [0.3, 0.2, 0.1], [True, True, True], 1),  # closest to the target of 0.9
        ([0.99, 0.9, 0.6], [0.3, 0.2, 0.1], [True, False, True], 0),
        ([0.7, 0.8, 0.795], [0.3, 0.2, 0.1], [True, True, True], 2),  # within 0.01: the widest
        ([0.6, 0.95, 0.7], [0.3, 0.1, 0.2], [True, True, True], 1),  # fits better, and steadier
        ([0.9, 0.8], [0.1, 0.1], [False, False], None),
        ([0.9, 0.5], [np.nan, np.nan], [True, True], 0),
    ],
)
def test_the_width_to_take(scores: list[float], errors: list[float], usable: list[bool], expected: int | None) -> None:
    assert recommend(np.array(scores), np.array(errors), np.array(usable)) == expected
