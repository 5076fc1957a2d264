"""Cheap models of a model's predictions for masks, cross-fitted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from lime.engine.cheap_models import FOLDS, CheapModel, Training, candidates, free_count

D, N = 6, 600
RNG = np.random.default_rng(0)
Z = (RNG.random((N, D)) < 0.5).astype(float)
SLOPES = np.linspace(-1.5, 2.0, D)
FRESH = (RNG.random((50, D)) < 0.5).astype(float)


def fitted(name: str, y: np.ndarray) -> CheapModel:
    data = Training(Z, y, np.ones(N), np.arange(N) % FOLDS, 0.5)
    found = dict(candidates(N, D, 5.0 * D, True, y))[name](data)
    assert found is not None
    return found


def root_of_kept(z: np.ndarray) -> np.ndarray:
    return 0.3 + z @ SLOPES / np.sqrt(np.maximum(z.sum(axis=1), 1.0) / D)


def by_size(z: np.ndarray) -> np.ndarray:
    return (1.0 + z @ SLOPES) * (z.sum(axis=1) + 2.0)


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("shrunk", lambda z: 0.2 + z @ SLOPES),
        ("size", by_size),
        ("scaled", root_of_kept),
        ("sigmoid", lambda z: expit(z @ SLOPES - 1.0)),
        ("scaled sigmoid", lambda z: expit(root_of_kept(z) - 1.0)),
    ],
)
def test_each_predicts_elsewhere_what_is_of_its_form(name: str, truth: Callable[[np.ndarray], np.ndarray]) -> None:
    y = truth(Z)
    model = fitted(name, y)
    tolerance = 1e-3 * float(np.std(y))
    np.testing.assert_allclose(model.predict(FRESH), truth(FRESH), rtol=0, atol=tolerance)
    np.testing.assert_allclose(model.held_out, y, rtol=0, atol=tolerance)


def test_predictions_for_samples_come_from_fits_without_them() -> None:
    y = RNG.normal(size=N)
    model = fitted("shrunk", np.clip(y, 0, 1))
    changed = np.clip(y, 0, 1)
    changed[::FOLDS] += 5.0  # all of one fold
    np.testing.assert_allclose(fitted("shrunk", changed).held_out[::FOLDS], model.held_out[::FOLDS], atol=0.05)
    assert np.abs(fitted("shrunk", changed).held_out - model.held_out).max() > 0.5


def test_the_linear_one_tells_its_intercept_and_slopes() -> None:
    model = fitted("shrunk", np.clip(0.5 + 0.1 * Z @ SLOPES, 0, 1))
    assert model.linear is not None
    np.testing.assert_allclose(model.predict(FRESH), model.linear[0] + FRESH @ model.linear[1:], atol=1e-12)
    assert fitted("size", Z[:, 0]).linear is None


def test_what_is_worth_fitting() -> None:
    p = expit(Z @ SLOPES)

    def names(effective: float, bounded: bool, y: np.ndarray = p, d: int = D) -> list[str]:
        return [name for name, _ in candidates(N, d, effective, bounded, y)]

    assert names(1e4, True) == ["size", "scaled", "sigmoid", "scaled sigmoid"]
    assert names(1e4, False) == ["size", "scaled"]
    assert names(1e4, True, 3.0 * p) == ["size", "scaled"], "no probabilities"
    assert names(2.0 * D, True) == ["shrunk"], "too few samples for more"
    assert names(2e4, True, d=2000) == [], "takes longer than it is worth"


@pytest.mark.parametrize("d", [2, 100, 5000])
def test_free_samples_are_bounded(d: int) -> None:
    assert free_count(d) <= min(40_000, 4e6 / d, 3e8 / d**2)
    assert free_count(2) == 40_000
