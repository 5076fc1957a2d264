"""Models that are neither functions nor like scikit-learn's; the libraries are fakes with their interfaces."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lime.models.adapters import OnnxModel, ScoresOfPipeline, adapt, is_out_of_memory, label_names
from lime.models.networks import KerasModel, UnfitInput

ROWS = np.arange(14.0).reshape(7, 2)


def model(home: str, name: str, **members: Any) -> Any:
    """An object of a class that stands in a module of another library."""
    return type(name, (), {"__module__": home, **members})()


class InferenceSession:
    """A session of ONNX Runtime: the probability of a row is a tenth of its first number."""

    __module__ = "onnxruntime.capi.onnxruntime_inference_collection"

    def __init__(self, size: int | None = None, kind: str = "tensor(float)", names: tuple[str, ...] = ("x",)) -> None:
        self.size, self.kind, self.names = size, kind, names
        self.seen: list[NDArray[Any]] = []

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name=name, type=self.kind, shape=[self.size or "n", 2]) for name in self.names]

    def get_outputs(self) -> list[Any]:
        return [
            SimpleNamespace(name="label", type="tensor(int64)"),
            SimpleNamespace(name="variable", type="tensor(float)"),
            SimpleNamespace(name="probabilities", type="tensor(float)"),
        ]

    def run(self, outputs: list[str], feed: dict[str, NDArray[Any]]) -> list[Any]:
        (given,) = feed.values()
        assert self.size in (None, len(given))
        self.seen.append(given)
        p = given[:, 0].astype(float) / 20.0
        return [p[:, None] if outputs == ["variable"] else np.column_stack([1.0 - p, p])]


def test_sessions_get_their_own_type_and_answer_what_the_mode_asks() -> None:
    session = InferenceSession()
    found = adapt(session, "classification", "predict_fn")
    assert isinstance(found, OnnxModel)
    np.testing.assert_allclose(found(ROWS), np.column_stack([1.0 - ROWS[:, 0] / 20.0, ROWS[:, 0] / 20.0]))
    assert session.seen[0].dtype == np.float32
    np.testing.assert_allclose(OnnxModel(session, "regression", "predict_fn")(ROWS)[:, 0], ROWS[:, 0] / 20.0)


@pytest.mark.parametrize("size", [1, 3, 7, 10])
def test_a_fixed_batch_size_is_filled_up(size: int) -> None:
    fixed = InferenceSession(size)
    expected = OnnxModel(InferenceSession(), "classification", "predict_fn")(ROWS)
    np.testing.assert_array_equal(OnnxModel(fixed, "classification", "predict_fn")(ROWS), expected)
    assert len(fixed.seen) == -(-7 // size)


def test_dicts_by_class_become_columns() -> None:
    session = InferenceSession()
    session.run = lambda outputs, feed: [[{"b": 0.25, "a": 0.75}, {"b": 0.5, "a": 0.5}]]
    found = OnnxModel(session, "classification", "predict_fn")(ROWS[:2])
    np.testing.assert_array_equal(np.asarray(found), [[0.25, 0.75], [0.5, 0.5]])


def test_a_session_of_several_inputs_is_refused() -> None:
    with pytest.raises(TypeError, match=r"model is a session with 2 inputs \(x, mask\)"):
        adapt(InferenceSession(names=("x", "mask")), "classification", "model")


def pipeline(task: str, seen: list[Any]) -> Any:
    def call(self: Any, inputs: list[Any], top_k: int, batch_size: int) -> list[Any]:
        seen.append(inputs)
        assert (top_k, batch_size) == (2, len(inputs))
        return [[{"label": "POS", "score": 0.75}, {"label": "NEG", "score": 0.25}] for _ in inputs]

    known = SimpleNamespace(config=SimpleNamespace(id2label={1: "POS", 0: "NEG"}))
    return model("transformers.pipelines.base", "Pipeline", task=task, model=known, __call__=call)


def test_scores_of_a_pipeline_come_in_the_order_of_its_labels() -> None:
    seen: list[Any] = []
    one = pipeline("sentiment-analysis", seen)
    assert label_names(one) == ["NEG", "POS"]
    found = adapt(one, "classification", "predict_fn")
    assert isinstance(found, ScoresOfPipeline)
    np.testing.assert_array_equal(found(["a", "b", "c"]), [[0.25, 0.75]] * 3)
    assert seen == [["a", "b", "c"]]


def test_a_pipeline_of_images_gets_pictures() -> None:
    seen: list[Any] = []
    scores = ScoresOfPipeline(pipeline("image-classification", seen), "predict_fn")
    bytes_ = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    scores(bytes_)
    assert all(isinstance(one, Image.Image) for one in seen[0])
    np.testing.assert_array_equal(np.stack([np.asarray(one) for one in seen[0]]), bytes_)
    with pytest.raises(UnfitInput, match="expected uint8"):
        scores(bytes_ / 255.0)


def test_a_pipeline_for_something_else_is_refused_and_so_are_rows() -> None:
    with pytest.raises(TypeError, match="model is a pipeline for 'translation'"):
        ScoresOfPipeline(pipeline("translation", []), "model")
    with pytest.raises(UnfitInput, match="explain it with LimeTextExplainer"):
        ScoresOfPipeline(pipeline("text-classification", []), "model")(ROWS)


def test_keras_models_are_known_by_where_they_come_from() -> None:
    answering = {"predict_on_batch": lambda self, batch: batch}
    assert isinstance(adapt(model("keras.src.models", "Model", **answering), "regression", "f"), KerasModel)
    assert adapt(model("own.models", "Model", **answering), "regression", "f") is None
    assert adapt(InferenceSession, "regression", "f") is None, "a class is no model"
    assert adapt(len, "regression", "f") is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("no"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (ValueError("out of memory"), False),
        (RuntimeError("shape"), False),
    ],
)
def test_what_says_that_a_batch_did_not_fit(error: BaseException, expected: bool) -> None:
    assert is_out_of_memory(error) is expected
