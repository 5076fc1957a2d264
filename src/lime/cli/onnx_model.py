"""Models in ONNX files, asked through ONNX Runtime: with one input for all columns, or with one for each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from lime.exceptions import LimeError
from lime.models.adapters import ONNX_TYPES, OnnxModel, _choose_output, _matrix

__all__ = ["OnnxFile", "match_columns", "read_onnx"]


class OnnxFile:
    """A model in an ONNX file as a function on batches; it can be pickled, which a session cannot.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        What messages call it.
    mode : {"classification", "regression"} or None
        None takes a model with an output of probabilities or classes for a classifier.

    Attributes
    ----------
    mode : {"classification", "regression"}
    columns : list of str or None
        Names of the inputs where there is one for each column, None where one input takes them all.
    classes_ : ndarray or None
        Names of the classes; known once the model has answered, where it answers by name.

    Raises
    ------
    LimeError
        ONNX Runtime cannot make a session of it.
    """

    def __init__(self, content: bytes, name: str, mode: str | None = None) -> None:
        self._content, self._name = content, name
        self.classes_: NDArray[Any] | None = None
        self._open(0)
        self.mode = mode or ("classification" if _classifies(self._session.get_outputs()) else "regression")
        self._ask_one = None if self.columns else OnnxModel(self._session, self.mode, name)

    def __call__(self, batch: Any) -> Any:
        """Ask the model about one batch: a frame by its columns, or an array."""
        try:
            answer = self._ask_columns(batch) if self._ask_one is None else self._ask_one(batch)
        except Exception as error:
            if type(error).__module__.startswith("onnxruntime"):
                raise LimeError(f"{self._name} could not predict: {str(error).splitlines()[0]}") from error
            raise
        return answer

    def learn_classes(self, batch: Any) -> None:
        """Ask the model about some rows to hear what it calls its classes."""
        for one in self._session.run(None, self._feed(batch)):
            if isinstance(one, list) and one and isinstance(one[0], dict):
                self.classes_ = np.array(list(one[0]), dtype=object)

    def _feed(self, batch: Any) -> dict[str, Any]:
        inputs = self._session.get_inputs()
        if self.columns is None:
            values: NDArray[Any] = np.asarray(batch).astype(ONNX_TYPES.get(inputs[0].type, np.float32), copy=False)
            return {inputs[0].name: values[:, None] if values.ndim == 1 and len(inputs[0].shape) == 2 else values}
        frame = nw.from_native(batch, eager_only=True)
        known = {_as_input(str(name)): name for name in frame.columns}
        fed: dict[str, Any] = {}
        for one in inputs:
            series = frame[known[_as_input(one.name)]]
            dtype = ONNX_TYPES.get(one.type, np.float32)
            if dtype is np.object_:
                values = np.array(["" if value is None or value != value else str(value) for value in series.to_list()])
                values = values.astype(object)
            else:
                values = np.asarray(series.to_numpy())
                if np.issubdtype(dtype, np.integer) and values.dtype.kind == "f" and np.isnan(values).any():
                    raise LimeError(f"{self._name} takes whole numbers for {one.name!r}, and a row has no value there")
                values = values.astype(dtype)
            fed[one.name] = values[:, None] if len(one.shape or ()) == 2 else values
        return fed

    def _ask_columns(self, batch: Any) -> Any:
        output = _choose_output(self._session.get_outputs(), self.mode)
        return _matrix(self._session.run([output], self._feed(batch))[0])

    def _open(self, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(self._content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own errors have no base class of their own
            reason = str(error).splitlines()[0]
            raise LimeError(f"{self._name} is no model that ONNX Runtime can load: {reason}") from error
        names = [one.name for one in self._session.get_inputs()]
        self.columns: list[str] | None = names if len(names) > 1 else None

    @property
    def width(self) -> int | None:
        """How many columns the one input takes; None where there are several, or it does not say."""
        shape = self._session.get_inputs()[0].shape
        known = self.columns is None and len(shape) == 2 and isinstance(shape[1], int) and shape[1] > 1
        return int(shape[1]) if known else None

    def __getstate__(self) -> dict[str, Any]:
        kept = {"_content", "_name", "classes_", "mode"}
        return {key: value for key, value in vars(self).items() if key in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Unpickled in a worker, one of several on this machine: each takes one thread, and rows are its share.
        self._open(1)
        self._ask_one = None if self.columns else OnnxModel(self._session, self.mode, self._name)


def read_onnx(path: str | os.PathLike[str], mode: str | None) -> OnnxFile:
    """Read a file; see `OnnxFile`."""
    with open(path, "rb") as file:
        return OnnxFile(file.read(), os.fspath(path), mode)


def match_columns(inputs: Sequence[str], columns: Sequence[str]) -> list[str] | None:
    """The columns that a model's inputs are named after, in the inputs' order; None where one is not there."""
    known = {_as_input(name): name for name in columns}
    found = [known.get(_as_input(name)) for name in inputs]
    return None if None in found else [name for name in found if name is not None]


def _as_input(name: str) -> str:
    """A column's name as converters write it for an input."""
    return "".join(character if character.isalnum() else "_" for character in name)


def _classifies(outputs: Sequence[Any]) -> bool:
    return any("prob" in one.name.lower() or "label" in one.name.lower() or "seq(map" in one.type for one in outputs)
