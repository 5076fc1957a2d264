"""Models as functions on batches, and how they are asked."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lime.models.calling import (
    call_model,
    check_batch_size,
    classes_of,
    is_raised_by_model,
    predict_batch,
    resolve_predict,
)

ROWS = np.arange(20.0).reshape(10, 2)


class Classifier:
    classes_ = np.array(["no", "yes"])

    def predict_proba(self, rows: Any) -> np.ndarray:
        p = np.asarray(rows)[:, 0] / 20.0
        return np.column_stack([1.0 - p, p])

    def predict(self, rows: Any) -> np.ndarray:
        return np.asarray(rows)[:, 1]


def asked(predict: Any, **settings: Any) -> np.ndarray:
    return call_model(predict, lambda start, stop: ROWS[start:stop], 10, "classification", **settings)


def test_the_method_is_that_of_the_mode() -> None:
    model = Classifier()
    np.testing.assert_array_equal(resolve_predict(model, "classification")(ROWS), model.predict_proba(ROWS))
    np.testing.assert_array_equal(resolve_predict(model, "regression")(ROWS), ROWS[:, 1])
    assert resolve_predict(len, "regression") is len


@pytest.mark.parametrize("thing", [3, Classifier, object()])
def test_what_cannot_be_asked_is_refused_by_the_name_of_its_argument(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"^model is .*expected a function .* predict_proba"):
        resolve_predict(thing, "classification", "model")


def test_dicts_come_in_the_order_of_the_class_names() -> None:
    def by_name(texts: list[str]) -> list[dict[str, float]]:
        return [{"good": 0.9, "bad": 0.1} if "fine" in text else {"bad": 0.8, "good": 0.2} for text in texts]

    predict = resolve_predict(by_name, "classification", class_names=["bad", "good"])
    np.testing.assert_allclose(np.asarray(predict(["fine", "dull"])), [[0.1, 0.9], [0.8, 0.2]])
    assert predict == resolve_predict(by_name, "classification", class_names=["bad", "good"])


def test_classes_of_models_and_their_methods() -> None:
    model = Classifier()
    for thing in (model, model.predict_proba, partial(model.predict_proba)):
        assert classes_of(thing) == ["no", "yes"]
    assert classes_of(lambda rows: rows) is None
    assert classes_of(SimpleNamespace(classes_=[np.array([0, 1])])) is None, "several outputs"


@pytest.mark.parametrize("batch_size", [None, 1, 3, 10, 99])
def test_batches_change_nothing(batch_size: int | None) -> None:
    sizes: list[int] = []
    told: list[tuple[int, int]] = []

    def predict(rows: np.ndarray) -> np.ndarray:
        sizes.append(len(rows))
        return Classifier().predict_proba(rows)

    found = asked(predict, batch_size=batch_size, callback=lambda done, n: told.append((done, n)))
    np.testing.assert_array_equal(found, Classifier().predict_proba(ROWS))
    assert sum(sizes) == 10
    assert max(sizes) == min(batch_size or 10, 10)
    assert told == [(int(done), 10) for done in np.cumsum(sizes)]


def test_a_buffer_that_is_written_again_is_no_harm() -> None:
    buffer = np.empty((5, 2))

    def predict(rows: np.ndarray) -> np.ndarray:
        buffer[:] = Classifier().predict_proba(rows)
        return buffer

    np.testing.assert_array_equal(asked(predict, batch_size=5), Classifier().predict_proba(ROWS))


def test_what_does_not_fit_is_halved_from_there_on() -> None:
    sizes: list[int] = []

    def predict(rows: np.ndarray) -> np.ndarray:
        sizes.append(len(rows))
        if len(rows) > 3:
            raise MemoryError
        return Classifier().predict_proba(rows)

    np.testing.assert_array_equal(asked(predict), Classifier().predict_proba(ROWS))
    assert sizes == [10, 5, 2, 2, 2, 2, 2]


def test_a_single_input_that_does_not_fit_is_an_error() -> None:
    def predict(rows: np.ndarray) -> np.ndarray:
        raise MemoryError("all gone")

    with pytest.raises(MemoryError, match="all gone"):
        asked(predict)


def test_the_number_of_columns_must_not_change() -> None:
    def predict(rows: np.ndarray) -> np.ndarray:
        return np.full((len(rows), 2 if rows[0, 0] == 0.0 else 4), 0.25 if rows[0, 0] else 0.5)

    with pytest.raises(ValueError, match="4 columns for one batch and 2 for another"):
        asked(predict, batch_size=5)


def test_errors_of_the_model_are_told_from_ours() -> None:
    def broken(rows: Any) -> Any:
        raise KeyError("town")

    with pytest.raises(KeyError) as caught:
        predict_batch(broken, ROWS)
    assert is_raised_by_model(caught.value)
    assert "a batch of 10" in caught.value.__notes__[0]
    assert not is_raised_by_model(KeyError("town"))


@pytest.mark.parametrize("size", [0, -1, 2.5, "many", True])
def test_batch_sizes_are_positive_whole_numbers(size: Any) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        check_batch_size(size)
    assert [check_batch_size(one) for one in (None, 1)] == [None, 1]
