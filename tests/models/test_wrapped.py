"""Wrappers tell of a model what it tells of itself."""

import copy
import pickle

import numpy as np
import pytest

from lime.models.wrapped import WrappedFunction, WrappedModel, as_function, innermost


class Doubled(WrappedFunction):
    def __init__(self, predict):
        self.predict = predict

    def __call__(self, batch):
        return 2 * self.predict(batch)


class DoubledModel(WrappedModel):
    def __init__(self, model):
        self.model = model

    def around(self, predict, mode="classification"):
        return Doubled(predict)


class Model:
    classes_, device, notes = ("a", "b"), "cpu", ("told",)

    def predict_proba(self, rows):
        return rows

    def predict(self, rows):
        return rows + 1.0

    def transform(self, rows):
        return rows


ROWS = np.ones((2, 2))


def test_ways_to_predict_are_wrapped_and_all_else_is_the_models():
    model = Model()
    wrapped = DoubledModel(model)
    assert wrapped.classes_ == ("a", "b")
    assert wrapped.__self__ is model
    np.testing.assert_array_equal(wrapped.predict_proba(ROWS), 2 * ROWS)
    np.testing.assert_array_equal(wrapped.predict(ROWS), 4 * ROWS)
    np.testing.assert_array_equal(wrapped.transform(ROWS), ROWS)
    with pytest.raises(AttributeError):
        wrapped.fit  # noqa: B018


def test_wrappers_may_stand_around_each_other():
    def plain(rows):
        return rows

    twice = DoubledModel(DoubledModel(plain))
    np.testing.assert_array_equal(twice(ROWS), 4 * ROWS)
    np.testing.assert_array_equal(DoubledModel(DoubledModel(Model())).predict(ROWS), 8 * ROWS)
    assert innermost(as_function(twice)) is plain
    assert twice.__self__ is plain
    assert not hasattr(twice, "predict_proba")


def test_a_function_tells_notes_and_device_of_what_it_stands_around():
    class Told:
        notes, device, other = ("told",), "cpu", 1

        def __call__(self, batch):
            return batch

    wrapped = Doubled(Told())
    assert wrapped.notes == ("told",)
    assert wrapped.device == "cpu"
    assert not hasattr(wrapped, "other")


def test_copies_of_a_wrapper_are_wrappers():
    for again in (copy.deepcopy(DoubledModel(Model())), pickle.loads(pickle.dumps(DoubledModel(Model())))):
        np.testing.assert_array_equal(again.predict_proba(ROWS), 2 * ROWS)
