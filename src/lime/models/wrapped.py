"""Wrappers: something done before or after a model's function, which else tells of the model what it told before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

Predict = Callable[[Any], Any]


class WrappedFunction:
    """A model's function with something done before or after it, which tells of the model what that function tells.

    Attributes
    ----------
    predict : callable
        The function.
    """

    predict: Predict

    @property
    def __self__(self) -> Any:
        """The model, as a bound method tells whose it is."""
        return getattr(self.predict, "__self__", self.predict)

    def __getattr__(self, name: str) -> Any:
        """What an adapter tells of itself."""
        if name in ("device", "notes", "is_sampled"):
            return getattr(self.predict, name)
        raise AttributeError(name)


class WrappedModel(ABC):
    """A model, or a function, each of whose functions on batches will be wrapped.

    It takes the place of the model everywhere: it has the methods and attributes of the model, and ``predict_proba``
    and ``predict`` are wrapped.

    Attributes
    ----------
    model : callable or model
        What a user passed for a model.
    """

    model: Any

    @abstractmethod
    def around(self, predict: Predict, mode: str = "classification") -> Predict:
        """Wrap one function on batches.

        Parameters
        ----------
        predict : callable
            A function of the model's, as `lime.models.calling.resolve_predict` finds it.
        mode : {"classification", "regression"}
            What it was found for.

        Returns
        -------
        callable
            Takes and returns what `predict` does.
        """

    @property
    def __self__(self) -> Any:
        """The model, as a bound method tells whose it is."""
        return getattr(self.model, "__self__", self.model)

    def __call__(self, batch: Any) -> Any:
        """Predict a batch, where the model is a function."""
        return self.around(as_function(self.model))(batch)

    def __getattr__(self, name: str) -> Any:
        """What the model has; its ways to predict are wrapped."""
        if name.startswith("__") or name == "model":  # asked for by copies before there is a model
            raise AttributeError(name)
        found = getattr(self.model, name)
        wrapped = name in ("predict_proba", "predict") and callable(found)
        return self.around(found, "classification" if name == "predict_proba" else "regression") if wrapped else found


def as_function(model: Any) -> Predict:
    """The function on batches of something that can be called.

    Parameters
    ----------
    model : callable

    Returns
    -------
    callable
        Of a wrapped model its wrapped function.
    """
    if isinstance(model, WrappedModel):
        return model.around(as_function(model.model))
    function: Predict = model
    return function


def innermost(predict: Any) -> Any:
    """The function inside of all wrappers.

    Parameters
    ----------
    predict : callable

    Returns
    -------
    callable
    """
    while isinstance(predict, WrappedFunction):
        predict = predict.predict
    return predict
