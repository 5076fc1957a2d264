"""The assisted estimator where columns are independent: what is known adds no error, and no bad help is taken."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lime.engine.assisted_product import AssistedByProduct, Helper, RowSamples
from lime.engine.measures import Expectations
from lime.engine.moments import Moments
from lime.engine.selection import select
from lime.engine.surrogate import fit

Floats = NDArray[np.float64]
P = np.array([0.3, 0.5, 0.7, 0.4])
WEIGHTS = np.array([1.0, -2.0, 0.5, 0.0])


def drawn(n: int, seed: int) -> tuple[NDArray[np.bool_], Floats]:
    rng = np.random.default_rng(seed)
    z = rng.random((n, 4)) < P
    return z, z @ WEIGHTS + 3.0 * (z[:, 0] & z[:, 1])


def known(weights: Floats, mean: float) -> Expectations:
    return Expectations(weights[None, :, None], np.array([[mean]]), P[None], (P * (1.0 - P))[None])


TRUE = WEIGHTS + 3.0 * np.array([P[1], P[0], 0.0, 0.0])
MEAN = float(P @ WEIGHTS + 3.0 * P[0] * P[1])


def assisted(y: Floats, z: NDArray[np.bool_], *helpers: Helper, anchors: Floats | None = None) -> AssistedByProduct:
    moments = Moments(z, y[:, None], np.ones(len(z)))
    return AssistedByProduct(RowSamples(moments, None, 1e-9, anchors), [helpers])


def test_a_helper_that_leaves_nothing_gives_its_weights_without_error() -> None:
    z, y = drawn(60, 0)
    found = assisted(y, z, Helper("oracle", np.zeros(60), known(TRUE, MEAN)))
    assert found.names == ["oracle"]
    fitted = found.surrogate(0, np.array([1, 0]), np.ones(4))
    np.testing.assert_allclose(fitted.coefficients, TRUE[[1, 0]])
    np.testing.assert_allclose(fitted.standard_errors, 0.0, atol=1e-12)
    assert fitted.intercept == pytest.approx(MEAN - TRUE[[1, 0]] @ P[[1, 0]])
    assert fitted.prediction == pytest.approx(fitted.intercept + TRUE[[1, 0]].sum())


def test_what_a_helper_leaves_is_added() -> None:
    z, y = drawn(4000, 1)
    g = 0.9 * (z @ WEIGHTS) + 2.5 * (z[:, 0] & z[:, 1])
    weights = 0.9 * WEIGHTS + 2.5 * np.array([P[1], P[0], 0.0, 0.0])
    mean = float(0.9 * P @ WEIGHTS + 2.5 * P[0] * P[1])
    found = assisted(y, z, Helper("near", y - g, known(weights, mean)))
    fitted = found.surrogate(0, np.arange(4), np.ones(4))
    plain = fit(Moments(z, y[:, None], np.ones(4000)), 0, np.arange(4), np.ones(4), 1e-9)
    assert fitted.standard_errors is not None
    assert plain.standard_errors is not None
    assert (fitted.standard_errors < 0.25 * plain.standard_errors).all()  # a sixth of what moves them is left
    assert (np.abs(fitted.coefficients - TRUE) < 4.0 * fitted.standard_errors).all()


def test_a_helper_that_leaves_more_than_half_is_not_taken() -> None:
    z, y = drawn(400, 2)
    apart: Floats = np.asarray(3.0 * (z[:, 0] & z[:, 1]), dtype=np.float64)
    bad = Helper("bad", np.asarray(0.9 * apart), known(np.zeros(4), 0.0))
    found = assisted(y, z, bad)
    assert found.names == ["plain"]
    assert not found.improves(0, fit(Moments(z, y[:, None], np.ones(400)), 0, np.arange(4), np.ones(4)))
    better = Helper("better", np.asarray(0.5 * apart), known(np.zeros(4), 0.0))
    assert assisted(y, z, bad, better).names == ["better"]


def test_a_helper_is_judged_by_what_is_left_beside_a_linear_function() -> None:
    z, y = drawn(400, 3)
    # It leaves a large linear function, which the samples tell at once.
    helper = Helper("all but linear", 50.0 * z[:, 2].astype(float), known(TRUE - [0, 0, 50.0, 0], MEAN - 50.0 * P[2]))
    found = assisted(y, z, helper)
    assert found.names == ["all but linear"]
    np.testing.assert_allclose(found.surrogate(0, np.arange(4), np.ones(4)).coefficients, TRUE, atol=1e-6)


def test_too_few_samples_are_not_helped() -> None:
    z, y = drawn(19, 4)
    assert assisted(y, z, Helper("oracle", np.zeros(19), known(TRUE, MEAN))).names == ["plain"]


def test_an_output_that_does_not_vary_is_not_helped() -> None:
    z, _ = drawn(100, 5)
    assert assisted(np.ones(100), z, Helper("oracle", np.zeros(100), known(np.zeros(4), 1.0))).names == ["plain"]


@pytest.mark.parametrize("method", ["auto", "highest_weights", "lasso_path", "forward_selection"])
def test_features_are_selected_by_the_assisted_weights(method: str) -> None:
    z, y = drawn(60, 6)
    found = assisted(y, z, Helper("oracle", np.zeros(60), known(TRUE, MEAN)))
    assert set(select(found.ranks_by(0), 0, np.ones(4), 2, method, cautious=True).tolist()) == {0, 1}


def test_an_anchored_surrogate_goes_through_the_prediction() -> None:
    z, y = drawn(60, 7)
    instance, value = np.ones(4), 2.5
    found = assisted(y, z, Helper("oracle", np.zeros(60), known(TRUE, MEAN)), anchors=np.array([value]))
    fitted = found.surrogate(0, np.array([0, 1]), instance)
    every = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T.astype(bool)
    chance = np.prod(np.where(every, P, 1 - P), axis=1)
    u = every[:, :2] - 1.0
    v = every @ WEIGHTS + 3.0 * (every[:, 0] & every[:, 1]) - value
    expected = np.linalg.solve((u * chance[:, None]).T @ u, (u * chance[:, None]).T @ v)
    np.testing.assert_allclose(fitted.coefficients, expected)
    assert fitted.prediction == pytest.approx(value)
    assert fitted.intercept == pytest.approx(value - expected.sum())
