"""Networks of PyTorch and Keras as functions on batches, and the one matrix that they take for a table.

They are recognised by where their classes come from, so that neither library is imported here.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

EMBEDDINGS = frozenset({"Embedding", "EmbeddingBag"})
"""Layers that look whole numbers up."""


class UnfitInput(TypeError):
    """What an adapter was handed cannot be put into its model's form: no fault of the model."""


def is_tensor(thing: Any) -> bool:
    """Whether `thing` is a torch tensor.

    Parameters
    ----------
    thing : object
        Anything.

    Returns
    -------
    bool
        False where torch was not imported.
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def is_module(thing: Any) -> bool:
    """Whether `thing` is a torch module.

    Parameters
    ----------
    thing : object
        Anything.

    Returns
    -------
    bool
        False where torch was not imported.
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)


class TorchModel:
    """A torch module on batches: on its device, without gradients, in evaluation mode.

    Arrays become tensors on the module's device, floats in the type of its parameters; tensors keep their type. Rows
    of a table become one matrix of floats, of whole numbers only where the module begins with an embedding. A tuple or
    a dict of batches becomes as many arguments. The prediction is what the module returns, logits where it returns
    logits, and stays on the device. Of an object with ``logits``, as transformers return, these are taken; of a tuple
    or list the first.

    Parameters
    ----------
    module : torch.nn.Module
        Stays in the mode that it is in.
    argument : str
        Name of the argument that the module came as, for messages.

    Attributes
    ----------
    device : torch.device or None
        Where the module is; None for a module without parameters and buffers.
    notes : list of str
        What a reader must know about how the module was called.
    """

    def __init__(self, module: Any, argument: str = "predict_fn") -> None:
        self.module = module
        self._argument = argument
        self.notes: list[str] = []
        tensor = next(module.parameters(), None)
        tensor = next(module.buffers(), None) if tensor is None else tensor
        self.device = None if tensor is None else tensor.device
        floats = (one.dtype for one in module.parameters() if one.dtype.is_floating_point)
        self._dtype = next(floats, None)
        first = next((part for part in module.modules() if not any(True for _ in part.children())), module)
        self._keep_integers = type(first).__name__ in EMBEDDINGS or self._dtype is None

    @property
    def __self__(self) -> Any:
        """The module, as a bound method tells whose it is."""
        return self.module

    def __call__(self, batch: Any) -> Any:
        """Ask the module about one batch."""
        torch = sys.modules["torch"]
        with torch.inference_mode():
            several = [batch] if not isinstance(batch, tuple | dict) else batch if isinstance(batch, tuple) else []
            inputs = [self._tensor(torch, one) for one in several]
            named = {name: self._tensor(torch, one) for name, one in batch.items()} if isinstance(batch, dict) else {}
            if not self.module.training:
                return first_output(self.module(*inputs, **named))
            if not self.notes:
                self.notes.append(
                    "The module was in training mode: it predicted in evaluation mode, and is in training mode again."
                )
            modes = [(part, part.training) for part in self.module.modules()]
            self.module.eval()
            try:
                return first_output(self.module(*inputs, **named))
            finally:
                for part, training in modes:
                    part.training = training

    def _tensor(self, torch: Any, batch: Any) -> Any:
        if is_tensor(batch):
            return batch if self.device is None or batch.device == self.device else batch.to(self.device)
        if _are_texts(batch) and any(kind.__module__.startswith("transformers.") for kind in type(self.module).__mro__):
            raise UnfitInput(
                f"{self._argument} is a model of transformers without its tokenizer, and it is given texts: pass "
                'pipeline("text-classification", model=..., tokenizer=...), or a function that tokenizes'
            )
        values = matrix_of(batch, self._argument, self._keep_integers) if _is_table(batch) else batch
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "buif":
            return batch
        if values.dtype.kind == "f" and self._dtype is not None:
            return torch.as_tensor(values, dtype=self._dtype, device=self.device)
        return torch.as_tensor(values, device=self.device)


class KerasModel:
    """A Keras model on batches.

    Rows of a table become one matrix of floats, of whole numbers where the model's input holds such; texts an array of
    strings in the shape of the model's input.

    Parameters
    ----------
    model : keras.Model
        With one input, or with one for each column of a frame, by name.
    argument : str
        Name of the argument that the model came as, for messages.
    """

    def __init__(self, model: Any, argument: str) -> None:
        self.model = model
        self._argument = argument
        inputs = getattr(model, "inputs", None)  # None before a model of layers has seen its first batch
        self._inputs = list(inputs) if inputs else []
        layers = [layer for layer in getattr(model, "layers", []) if type(layer).__name__ != "InputLayer"]
        self._embeds = bool(layers) and type(layers[0]).__name__ in EMBEDDINGS

    @property
    def __self__(self) -> Any:
        """The model, as a bound method tells whose it is."""
        return self.model

    def __call__(self, batch: Any) -> Any:
        """Ask the model about one batch."""
        return self.model.predict_on_batch(self._as_input(batch))

    def _as_input(self, batch: Any) -> Any:
        names = [str(getattr(one, "name", "")).partition(":")[0] for one in self._inputs]
        if len(names) > 1 and hasattr(batch, "columns") and set(names) <= set(batch.columns):
            return {
                name: _cast(np.asarray(batch[name])[:, None], one, self._argument)
                for name, one in zip(names, self._inputs, strict=True)
            }
        first = self._inputs[0] if len(self._inputs) == 1 else None
        if _are_texts(batch):
            return _strings(np.array(batch, dtype=object), first)
        if not _is_table(batch):
            return batch
        if first is not None and _dtype_name(first) == "string":
            return _strings(np.asarray(batch, dtype=object), first)
        keep_integers = self._embeds or (first is not None and "int" in _dtype_name(first))
        return matrix_of(batch, self._argument, keep_integers)


def _dtype_name(tensor: Any) -> str:
    return str(getattr(getattr(tensor, "dtype", ""), "name", getattr(tensor, "dtype", "")))


def _cast(column: NDArray[Any], tensor: Any, argument: str) -> Any:
    if _dtype_name(tensor) == "string":
        return _strings(column.astype(object), tensor)
    return matrix_of(column, argument, "int" in _dtype_name(tensor))


def _strings(values: NDArray[Any], tensor: Any) -> Any:
    """Texts in the shape of a model's input; a tensor of TensorFlow's, where that is there to take them."""
    if values.ndim == 1 and tensor is not None and len(tensor.shape) == 2:
        values = values[:, None]
    tensorflow = sys.modules.get("tensorflow")
    return values if tensorflow is None else tensorflow.constant(values.tolist())


def _are_texts(batch: Any) -> bool:
    return isinstance(batch, list) and bool(batch) and isinstance(batch[0], str)


def _is_table(batch: Any) -> bool:
    """Whether a batch is a frame, or rows of a table in an array."""
    if hasattr(batch, "to_numpy"):
        return True
    return isinstance(batch, np.ndarray) and (batch.ndim == 2 or batch.dtype.kind == "O")


def matrix_of(batch: Any, argument: str, keep_integers: bool = False) -> NDArray[Any]:
    """Rows of a table as the one matrix that a network takes.

    Parameters
    ----------
    batch : frame or ndarray
        Columns of numbers and booleans of any types; missing values become NaN.
    argument : str
        Name of the argument that the network came as, for messages.
    keep_integers : bool
        Whether whole numbers stay integers, as an embedding needs them.

    Returns
    -------
    ndarray of float32, float64 or int64

    Raises
    ------
    UnfitInput
        If a column holds anything else.
    """
    values: NDArray[Any] = batch.to_numpy() if hasattr(batch, "to_numpy") else batch
    if values.dtype.kind == "O":
        kinds = {"NAType", "NoneType"}
        try:
            values = np.array([np.nan if type(one).__name__ in kinds else float(one) for one in values.flat]).reshape(
                values.shape
            )
        except (TypeError, ValueError):
            text = next(one for one in values.flat if isinstance(one, str) or not hasattr(one, "__float__"))
            raise UnfitInput(
                f"{argument} is a network, which takes numbers, and a column holds {text!r}: pass a function that "
                "encodes such columns before it calls the network"
            ) from None
        if keep_integers and np.isfinite(values).all() and (values == np.rint(values)).all():
            return values.astype(np.int64)
    elif values.dtype.kind not in "buif":
        raise UnfitInput(
            f"{argument} is a network, which takes numbers, and it is given values of type {values.dtype}: pass a "
            "function that encodes them before it calls the network"
        )
    if keep_integers and values.dtype.kind in "iu":
        return np.asarray(values, dtype=np.int64)
    if keep_integers and values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.rint(values)).all():
        return values.astype(np.int64)
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def first_output(answer: Any) -> Any:
    """What classifies in the prediction of a network: its ``logits``, or the first of several tensors.

    Parameters
    ----------
    answer : object
        What a model returned.

    Returns
    -------
    object
        The prediction itself where it has neither.
    """
    logits = logits_of(answer)
    return logits[0] if isinstance(logits, tuple | list) and logits and is_tensor(logits[0]) else logits


def logits_of(answer: Any) -> Any:
    """The ``logits`` of a prediction in the form of transformers; any other object as it is.

    Parameters
    ----------
    answer : object
        What a model returned.

    Returns
    -------
    object
    """
    logits = answer.get("logits") if isinstance(answer, dict) else getattr(answer, "logits", None)
    return answer if logits is None else logits
