"""Cheap models of a model's predictions for masks, cross-fitted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit, softmax

from lime.engine.cheap_models import FOLDS, MOST_CLASSES, CheapModel, Training, candidates, classes_of, free_count

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


MARGINS = np.random.default_rng(5).normal(size=(D + 1, 4))


def classes_at(z: np.ndarray, divide: bool = False) -> np.ndarray:
    kept = np.sqrt(np.maximum(z.sum(axis=1, keepdims=True), 1.0) / D) if divide else 1.0
    return np.asarray(softmax(MARGINS[0] + z @ MARGINS[1:] / kept, axis=1))


@pytest.mark.parametrize(("name", "divide"), [("softmax", False), ("scaled softmax", True)])
@pytest.mark.parametrize("column", [0, 2])
def test_a_softmax_of_linear_functions_leaves_nothing(name: str, *, divide: bool, column: int) -> None:
    every = classes_at(Z, divide)
    y, classes = every[:, column], classes_of(every, column)
    data = Training(Z, y, np.ones(N), np.arange(N) % FOLDS, 0.5, classes)
    model = dict(candidates(N, D, 5.0 * D, True, y, several=True))[name](data)
    assert model is not None
    np.testing.assert_allclose(model.held_out, y, atol=1e-6)
    np.testing.assert_allclose(model.predict(FRESH), classes_at(FRESH, divide)[:, column], atol=1e-6)


def test_a_softmax_does_not_see_what_it_predicts() -> None:
    every = classes_at(Z)
    changed = every.copy()
    changed[::FOLDS] = every[::FOLDS][:, [1, 2, 3, 0]]  # all of one fold
    found = []
    for one in (every, changed):
        data = Training(Z, one[:, 0], np.ones(N), np.arange(N) % FOLDS, 0.5, classes_of(one, 0))
        model = dict(candidates(N, D, 5.0 * D, True, one[:, 0], several=True))["softmax"](data)
        assert model is not None
        found.append(model.held_out)
    # All that the fold itself decides is which of the ways to weigh the logarithms is taken, each as good here.
    np.testing.assert_allclose(found[1][::FOLDS], found[0][::FOLDS], atol=0.02)
    assert np.abs(found[1] - found[0]).max() > 0.05


def test_probabilities_of_0_do_not_end_a_softmax() -> None:
    hard = np.eye(4)[classes_at(Z).argmax(axis=1)]
    data = Training(Z, hard[:, 0], np.ones(N), np.arange(N) % FOLDS, 0.5, classes_of(hard, 0))
    model = dict(candidates(N, D, 5.0 * D, True, hard[:, 0], several=True))["softmax"](data)
    assert model is not None
    assert np.isfinite(model.held_out).all()


def test_the_classes_that_a_softmax_tells_apart() -> None:
    every = classes_at(Z)
    found = classes_of(every, 2)
    assert found is not None
    np.testing.assert_array_equal(found[:, 0], every[:, 2])
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    np.testing.assert_array_equal(np.asarray(classes_of(every, -2))[:, 0], every[:, 2])
    many = softmax(RNG.normal(size=(20, 100)), axis=1)
    few = classes_of(many, 7)
    assert few is not None
    assert few.shape == (20, MOST_CLASSES + 1)
    np.testing.assert_allclose(few.sum(axis=1), 1.0)
    assert classes_of(every[:, :2], 0) is None
    assert classes_of(3.0 * every, 0) is None
    assert classes_of(0.5 * every, 0) is None
