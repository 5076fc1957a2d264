"""Models of other libraries as functions on batches: PyTorch, Keras, ONNX Runtime, transformers.

They are recognised by where their classes come from, so that none of these libraries is imported here; whoever made
the model has imported it already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.models.named_columns import named_columns
from lime.models.networks import KerasModel, TorchModel, UnfitInput, is_module, is_tensor
from lime.models.wrapped import Predict

ONNX_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(uint16)": np.uint16,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}

TASKS = ("text-classification", "sentiment-analysis", "image-classification")
"""Pipelines of transformers whose answers are probabilities of classes."""

MEMORY_ERRORS = frozenset({"OutOfMemoryError", "ResourceExhaustedError", "MemoryError", "_ArrayMemoryError"})


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a batch did not fit the memory of the machine or of its accelerator.

    Parameters
    ----------
    error : exception
        Whatever a model raised.

    Returns
    -------
    bool
    """
    if any(kind.__name__ in MEMORY_ERRORS for kind in type(error).__mro__):
        return True
    return isinstance(error, RuntimeError) and "out of memory" in str(error).lower()


def release_memory() -> None:
    """Hand back what torch keeps of an accelerator's memory beyond what is in use."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def join(tensors: Sequence[Any]) -> Any:
    """One tensor of the rows of several.

    Parameters
    ----------
    tensors : sequence of torch.Tensor
        On one device, alike but for their number of rows.

    Returns
    -------
    torch.Tensor
        On that device.
    """
    return sys.modules["torch"].cat(list(tensors))


def adapt(model: Any, mode: str, argument: str) -> Predict | None:
    """The function on batches of a model that is neither a function nor like scikit-learn's; None for any other.

    Parameters
    ----------
    model : object
        What a user passes for a model.
    mode : {"classification", "regression"}
        Which of several outputs is meant.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    callable or None

    Raises
    ------
    TypeError
        If the model has several inputs, or a pipeline does not classify.
    """
    if isinstance(model, type):
        return None
    homes = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    names = {kind.__name__ for kind in type(model).__mro__}
    # Before modules of torch, which Keras's models are where it runs on torch.
    if homes & {"keras", "tf_keras"} and callable(getattr(model, "predict_on_batch", None)):
        return KerasModel(model, argument)
    if is_module(model):
        return TorchModel(model, argument)
    if "InferenceSession" in names and "onnxruntime" in homes:
        return OnnxModel(model, mode, argument)
    if "Pipeline" in names and "transformers" in homes:
        return ScoresOfPipeline(model, argument)
    return None


def label_names(model: Any) -> list[str] | None:
    """The classes that a model or a pipeline of transformers knows by name; None for any other.

    Parameters
    ----------
    model : object
        What a user passes for a model.

    Returns
    -------
    list of str, or None
        In the order of their numbers.
    """
    names = getattr(getattr(getattr(model, "model", model), "config", None), "id2label", None)
    return [str(names[i]) for i in sorted(names)] if isinstance(names, dict) and names else None


class OnnxModel:
    """An ONNX Runtime session on batches.

    Batches get the type that the session's input has. Of several outputs the one is taken whose name speaks of
    probabilities or scores, else the first with real numbers; a session with a fixed batch size is given its size.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        With one input.
    mode : {"classification", "regression"}
        Which of several outputs is meant.
    argument : str
        Name of the argument that the model came as, for messages.

    Raises
    ------
    TypeError
        If the session has several inputs.
    """

    def __init__(self, session: Any, mode: str, argument: str) -> None:
        inputs = session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(one.name for one in inputs)
            raise TypeError(
                f"{argument} is a session with {len(inputs)} inputs ({names}): pass a function of one batch"
            )
        self.session = session
        self._name = inputs[0].name
        self._dtype = ONNX_TYPES.get(inputs[0].type)
        shape = inputs[0].shape
        self._size = shape[0] if shape and isinstance(shape[0], int) and shape[0] > 0 else None
        self._output = _choose_output(session.get_outputs(), mode)

    @property
    def __self__(self) -> Any:
        """The session, as a bound method tells whose it is."""
        return self.session

    def __call__(self, batch: Any) -> Any:
        """Ask the session about one batch."""
        values = batch.detach().cpu().numpy() if is_tensor(batch) else np.asarray(batch)
        if self._dtype is not None:
            values = values.astype(self._dtype, copy=False)
        if values.ndim == 1 and self._dtype is np.object_:
            values = values[:, None] if len(self.session.get_inputs()[0].shape) == 2 else values
        if self._size is None:
            return _matrix(self._run(values))
        parts = []
        for start in range(0, len(values), self._size):
            part = values[start : start + self._size]
            missing = self._size - len(part)
            padded = part if not missing else np.concatenate([part, np.repeat(part[-1:], missing, axis=0)])
            parts.append(np.asarray(_matrix(self._run(padded)))[: len(part)])
        return np.concatenate(parts)

    def _run(self, values: NDArray[Any]) -> Any:
        return self.session.run([self._output], {self._name: values})[0]


def _choose_output(outputs: Sequence[Any], mode: str) -> str:
    """Name of the output that holds the prediction."""
    if mode == "classification":
        for one in outputs:
            if "prob" in one.name.lower() or "score" in one.name.lower():
                return str(one.name)
    for one in outputs:
        if "float" in one.type or "double" in one.type:
            return str(one.name)
    return str(outputs[0].name)


def _matrix(answer: Any) -> Any:
    """Rows of probabilities of dicts class -> probability, which converters of scikit-learn's models return."""
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        values = np.array([list(row.values()) for row in answer], dtype=np.float64)
        return named_columns(values, [str(name) for name in answer[0]])
    return answer


def _first(batch: Any) -> Any:
    """The first input of a list or an array; None for a frame, of which the first would be a name."""
    return batch[0] if isinstance(batch, list | tuple | np.ndarray) else None


class ScoresOfPipeline:
    """A pipeline of transformers that classifies, on batches: its scores as a matrix, in the order of its labels.

    Texts go to it as they are, pictures of bytes as Pillow images.

    Parameters
    ----------
    pipeline : transformers.Pipeline
        For a classification.
    argument : str
        Name of the argument that the pipeline came as, for messages.

    Raises
    ------
    TypeError
        If its task is no classification.
    """

    def __init__(self, pipeline: Any, argument: str) -> None:
        if pipeline.task not in TASKS:
            raise TypeError(
                f"{argument} is a pipeline for {pipeline.task!r}: expected one for {', '.join(TASKS[:-1])} or "
                f"{TASKS[-1]}; of any other pass a function that returns the probability of each class"
            )
        self.pipeline = pipeline
        self._place = {name: i for i, name in enumerate(label_names(pipeline) or [])}
        self._argument = argument

    def __call__(self, batch: Any) -> NDArray[np.float64]:
        """Ask the pipeline about one batch."""
        k = len(self._place)
        if self.pipeline.task != "image-classification" and not (len(batch) and isinstance(_first(batch), str)):
            raise UnfitInput(
                f"{self._argument} is a pipeline of texts ({self.pipeline.task}), and its inputs are no texts "
                f"({type(batch).__name__}): explain it with LimeTextExplainer, or pass a function that makes a text "
                "of each input"
            )
        inputs = self._pictures(batch) if isinstance(batch, np.ndarray) and batch.ndim > 1 else list(batch)
        found = self.pipeline(inputs, top_k=k, batch_size=len(inputs))
        result = np.zeros((len(inputs), k))
        for row, scores in zip(result, found, strict=True):
            for one in scores if isinstance(scores, list) else [scores]:
                row[self._place[one["label"]]] = one["score"]
        return result

    def _pictures(self, batch: NDArray[Any]) -> list[Any]:
        if batch.dtype != np.uint8:
            raise UnfitInput(
                f"{self._argument} is a pipeline of images, and they are of type {batch.dtype}: expected uint8"
            )
        from PIL import Image

        return [Image.fromarray(one) for one in batch]
