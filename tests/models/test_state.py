"""Whether a model is what it was: seen without calling it."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from lime.models.state import PARTS_AT_MOST, state_of

X, Y = load_wine(return_X_y=True)
OTHER = np.roll(Y, 30)
MODELS = [
    LogisticRegression(),
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(60, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
    SVC(),
    MLPClassifier((5,), max_iter=3, random_state=0),
    SGDClassifier(random_state=0),
]


def closed_over(model: Any) -> Any:
    return lambda rows: model.predict(rows)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("form", ["itself", "method", "function", "partial"])
def test_a_model_that_is_fitted_again_has_changed_and_one_that_predicts_has_not(model: Any, form: str) -> None:
    model = make_pipeline(StandardScaler(), clone(model)).fit(X, Y)
    asked = {
        "itself": model,
        "method": model.predict,
        "function": closed_over(model),
        "partial": functools.partial(model.predict),
    }[form]
    before = state_of(asked)
    model.predict(X)
    assert before.is_same(state_of(asked))
    assert len(before.seen) <= PARTS_AT_MOST
    model.fit(X, OTHER)
    assert not before.is_same(state_of(asked))


def test_weights_that_are_changed_in_place_are_seen() -> None:
    model = SGDClassifier(loss="log_loss", random_state=0).fit(X, Y)
    before = state_of(model)
    model.partial_fit(X[:5], OTHER[:5])
    assert not before.is_same(state_of(model))


THRESHOLD = {"value": 0.5}


def above(rows: np.ndarray) -> np.ndarray:
    found: np.ndarray = rows[:, 0] > THRESHOLD["value"]
    return found


def test_what_a_function_names_is_a_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = state_of(above)
    assert before.is_same(state_of(above))
    monkeypatch.setitem(THRESHOLD, "value", 0.7)
    assert not before.is_same(state_of(above))


class Slotted:
    __slots__ = ("inner", "itself")

    def __init__(self) -> None:
        self.inner, self.itself = np.zeros(3), self


class Opaque:
    """Neither attributes nor slots: known by its identity."""

    __slots__ = ()


class Prickly:
    """Raises whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("make", [Slotted, dict, Opaque, Prickly, lambda: [np.nan, float("nan")]])
def test_any_object_can_be_looked_at(make: Any) -> None:
    one = make()
    assert state_of(one).is_same(state_of(one))


def test_circles_end_and_arrays_in_slots_are_read() -> None:
    one = Slotted()
    before = state_of(one)
    one.inner[1] = 1.0
    assert not before.is_same(state_of(one))


def test_a_thing_that_is_gone_is_not_taken_for_another_at_its_place() -> None:
    class Holder:
        def __init__(self) -> None:
            self.handle: Any = object()

    one = Holder()
    before = state_of(one)
    one.handle = object()
    assert not before.is_same(state_of(one))


def test_a_copy_of_the_same_content_is_the_same_where_all_of_it_can_be_seen() -> None:
    model = LogisticRegression().fit(X[:, :2] / 10.0, Y)
    assert state_of(model).is_same(state_of(pickle.loads(pickle.dumps(model))))
