"""Networks as functions on batches; torch and Keras are stand-ins with their interfaces, the arithmetic is numpy's."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from lime.models.networks import KerasModel, TorchModel, UnfitInput, first_output, matrix_of

ROWS = np.array([[1.0, 2.0], [3.0, 5.0]])


class Tensor:
    def __init__(self, values: Any, dtype: Any = None, device: str = "cpu") -> None:
        self.values = np.asarray(values, dtype=dtype)
        self.dtype, self.device = self.values.dtype, device

    def to(self, device: str) -> Tensor:
        return Tensor(self.values, device=device)


class Module:
    """A layer that adds up the columns, on a device of its own."""

    def __init__(self, training: bool = False, device: str = "gpu:0") -> None:
        self.training, self.seen = training, list[Tensor]()
        self._weight = SimpleNamespace(device=device, dtype=SimpleNamespace(is_floating_point=True))
        self.states: list[bool] = []

    def parameters(self) -> Iterator[Any]:
        yield self._weight

    def buffers(self) -> Iterator[Any]:
        return iter(())

    def modules(self) -> Iterator[Module]:
        yield self

    def children(self) -> Iterator[Module]:
        return iter(())

    def eval(self) -> None:
        self.training = False

    def __call__(self, given: Tensor) -> Tensor:
        self.seen.append(given)
        self.states.append(self.training)
        return Tensor(given.values.sum(axis=1))


@pytest.fixture(autouse=True)
def torch(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    library: Any = ModuleType("torch")
    library.Tensor, library.nn = Tensor, SimpleNamespace(Module=Module)
    library.inference_mode = contextlib.nullcontext
    library.as_tensor = lambda values, dtype=None, device=None: Tensor(values, "f4" if dtype else None, device)
    monkeypatch.setitem(sys.modules, "torch", library)
    return library


@pytest.mark.parametrize("batch", [ROWS, pd.DataFrame(ROWS), ROWS.astype(object)])
def test_rows_become_one_tensor_of_the_modules_type_on_its_device(batch: Any) -> None:
    module = Module()
    found = TorchModel(module)(batch)
    np.testing.assert_array_equal(found.values, [3.0, 8.0])
    (given,) = module.seen
    assert (given.dtype, given.device) == (np.float32, "gpu:0")


def test_several_batches_become_as_many_arguments() -> None:
    class Several(Module):
        def __call__(self, row: Tensor, wave: Tensor) -> Tensor:
            self.seen = [row, wave]
            return Tensor(row.values.sum(axis=1) + wave.values[:, 0])

    module = Several()
    for batch in ((ROWS, 2 * ROWS), {"wave": 2 * ROWS, "row": ROWS}):
        np.testing.assert_array_equal(TorchModel(module)(batch).values, ROWS.sum(axis=1) + 2 * ROWS[:, 0])
        assert [one.dtype for one in module.seen] == [np.float32, np.float32]


def test_a_tensor_keeps_its_type_and_moves_to_the_device() -> None:
    module = Module()
    TorchModel(module)(Tensor(ROWS))
    assert (module.seen[0].dtype, module.seen[0].device) == (np.float64, "gpu:0")


def test_training_mode_is_left_for_the_question_and_noted_once() -> None:
    module = Module(training=True)
    model = TorchModel(module)
    for _ in range(2):
        model(ROWS)
    assert module.states == [False, False]
    assert module.training
    assert len(model.notes) == 1
    assert "evaluation mode" in model.notes[0]


def test_training_mode_comes_back_after_an_error() -> None:
    class Broken(Module):
        def __call__(self, given: Tensor) -> Tensor:
            raise RuntimeError("broken")

    module = Broken(training=True)
    with pytest.raises(RuntimeError, match="broken"):
        TorchModel(module)(ROWS)
    assert module.training


def keras(seen: list[Any], *inputs: tuple[str, str], embedding: bool = False) -> KerasModel:
    def predict(batch: Any) -> NDArray[np.float64]:
        seen.append(batch)
        return np.zeros((2, 1))

    layer = type("Embedding" if embedding else "Dense", (), {})()
    tensors = [SimpleNamespace(name=name, dtype=dtype, shape=(None, 1)) for name, dtype in inputs]
    return KerasModel(SimpleNamespace(predict_on_batch=predict, inputs=tensors, layers=[layer]), "model")


def test_keras_gets_a_matrix_of_the_type_of_its_input() -> None:
    seen: list[Any] = []
    keras(seen, ("x", "float32"))(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    keras(seen, ("x", "int64"))(ROWS)
    keras(seen, ("x", "float32"), embedding=True)(ROWS)
    assert [batch.dtype for batch in seen] == [np.float32, np.int64, np.int64]
    np.testing.assert_array_equal(seen[0], [[1.0, 3.0], [2.0, 4.0]])


def test_keras_gets_texts_in_the_shape_of_its_input() -> None:
    seen: list[Any] = []
    keras(seen, ("x", "string"))(["one", "two"])
    np.testing.assert_array_equal(seen[0], [["one"], ["two"]])


def test_keras_with_an_input_for_each_column_gets_them_by_name() -> None:
    seen: list[Any] = []
    frame = pd.DataFrame({"town": ["Ulm", "Bonn"], "age": [31, 42]})
    keras(seen, ("age", "int64"), ("town", "string"))(frame)
    assert sorted(seen[0]) == ["age", "town"]
    np.testing.assert_array_equal(seen[0]["age"], [[31], [42]])
    np.testing.assert_array_equal(seen[0]["town"], [["Ulm"], ["Bonn"]])


@pytest.mark.parametrize(
    ("values", "whole", "expected"),
    [
        (np.array([[1, 2]], dtype=np.int8), False, np.float32),
        (np.array([[1, 2]], dtype=np.int8), True, np.int64),
        (np.array([[1.0, 2.0]]), True, np.int64),
        (np.array([[1.5, 2.0]]), True, np.float64),
        (np.array([[1.0, np.nan]]), True, np.float64),
        (np.array([[True, False]]), False, np.float32),
        (np.array([[None, 2]], dtype=object), False, np.float64),
    ],
)
def test_the_matrix_of_a_table(values: NDArray[Any], whole: bool, expected: type) -> None:
    found = matrix_of(values, "model", whole)
    assert found.dtype == expected
    np.testing.assert_array_equal(found, np.array(values, dtype=float))


@pytest.mark.parametrize(
    ("values", "part"),
    [
        (np.array([[1, "Ulm"]], dtype=object), "a column holds 'Ulm'"),
        (np.array([["1", "2"]]), "values of type <U1"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), "datetime64"),
    ],
)
def test_columns_that_are_no_numbers_are_refused(values: NDArray[Any], part: str) -> None:
    with pytest.raises(UnfitInput, match="model is a network, which takes numbers") as caught:
        matrix_of(values, "model")
    assert part in str(caught.value)


def test_logits_are_what_classifies() -> None:
    logits = Tensor([[0.5, 1.0]])
    for answer in (logits, (logits, Tensor([0.0])), SimpleNamespace(logits=logits), {"logits": logits}):
        assert first_output(answer) is logits
    assert first_output([[0.5, 0.5]]) == [[0.5, 0.5]]
