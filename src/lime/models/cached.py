"""Predictions that are kept by content, so that no input is paid for twice."""

from __future__ import annotations

import inspect
import os
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime._optional import require
from lime.models.batches import take_inputs
from lime.models.content import keys_of
from lime.models.prediction_rows import PredictionRow, join_rows, split_predictions
from lime.models.remote import RemoteFunction, in_sync
from lime.models.store import PredictionStore
from lime.models.wrapped import Predict, WrappedFunction, WrappedModel, innermost

__all__ = ["CachedModel", "cached"]


def cached(predict_fn: Any, path: str | os.PathLike[str], *, name: str = "") -> CachedModel:
    """Keep a model's predictions in a folder, so that it predicts no input twice.

    A second explanation, a repeat for stability, another number of features and a new start after a crash cost nothing
    that was paid before. Inputs are known by their content: values, types and shapes of arrays, tensors, images and
    sparse rows, names and types of columns of frames, texts, dicts. Only those not seen before go to the model, in one
    call. Several processes and threads may use one folder on a local disk: what one of them is about to ask for, the
    others wait for.

    Nothing tells whether the model changed: a model that was trained again needs another `path` or `name`. One that
    answers differently each time answers from now on as it did first; errors are not kept.

    Parameters
    ----------
    predict_fn : callable or model
        A function on batches, or anything that an explainer takes for a model; also one that is ``async def``, or of
        `lime.remote`, of which each answer is kept as soon as it has come.
    path : str or path
        A folder, made if there is none.
    name : str
        Tells several models with one folder apart.

    Returns
    -------
    CachedModel
        Takes the place of `predict_fn`: it has its methods and attributes, and can be sent to workers if it can.

    Raises
    ------
    ImportError
        If diskcache is not installed.

    Examples
    --------
    >>> import lime, tempfile
    >>> def paid(rows):
    ...     print(len(rows), "rows")
    ...     return rows.sum(axis=1)
    >>> import numpy as np
    >>> predict = lime.cached(paid, tempfile.mkdtemp())
    >>> answers = predict(np.eye(3))
    3 rows
    >>> answers = predict(np.vstack([np.eye(3), np.ones((1, 3))]))
    1 rows
    """
    require("diskcache", "lime.cached")  # said now, and not at the first call
    return CachedModel(predict_fn, PredictionStore(os.path.abspath(path)), name)


@dataclass(frozen=True)
class CachedModel(WrappedModel):
    """A model whose predictions are kept; see `cached`.

    Attributes
    ----------
    model : callable or model
    store : PredictionStore
    name : str
    """

    model: Any
    store: PredictionStore
    name: str = ""

    def around(self, predict: Predict, mode: str = "classification") -> Predict:
        """Wrap one function on batches."""
        return CachedFunction(in_sync(predict), self.store, f"{self.name}\n{_kind_of(predict, mode)}")


@dataclass(frozen=True)
class CachedFunction(WrappedFunction):
    """One function of a model, whose predictions are kept.

    Attributes
    ----------
    predict : callable
    store : PredictionStore
    name : str
        Tells the model and which of its functions it is.
    """

    predict: Predict
    store: PredictionStore
    name: str

    def __call__(self, batch: Any) -> Any:
        """Predict a batch: the model predicts what is new in it."""
        keys = keys_of(batch, self.name)
        if not keys:
            return self.predict(batch)
        places: dict[str, int] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, place)
        with self.store.opened():
            known = self._known(batch, places)
        return join_rows([known[key] for key in keys])

    def _known(self, batch: Any, places: dict[str, int]) -> dict[str, PredictionRow]:
        """Answers by key, when all of them are there."""
        known = self.store.read(places)
        while missing := [key for key in places if key not in known]:
            with self.store.claiming(missing) as mine:
                if mine:
                    known |= self._ask(batch, mine, places)
            known |= self.store.read([key for key in missing if key not in known])
            if not mine and any(key not in known for key in missing):
                self.store.wait()
        return known

    def _ask(self, batch: Any, keys: list[str], places: dict[str, int]) -> dict[str, PredictionRow]:
        """Ask the model for what nobody has asked for, and keep each answer as soon as it has come."""
        new = take_inputs(batch, np.array([places[key] for key in keys], dtype=np.intp))

        found: dict[str, PredictionRow] = {}

        def received(which: NDArray[np.intp], answer: Any) -> None:
            rows = split_predictions(answer, len(which))
            some = {keys[i]: row for i, row in zip(which.tolist(), rows, strict=True)}
            self.store.keep(some)
            found.update(some)

        if isinstance(self.predict, RemoteFunction):
            self.predict.in_parts(new, received)
        else:
            received(np.arange(len(keys)), self.predict(new))
        return found


def _kind_of(predict: Predict, mode: str) -> str:
    """Which of a model's functions it is: its methods answer differently."""
    function = innermost(predict)
    settings = ""
    if isinstance(function, partial):
        plain = {name: one for name, one in function.keywords.items() if isinstance(one, str | int | float)}
        settings, function = repr(sorted(plain.items())), function.func
    if inspect.ismethod(function):
        return function.__name__ + settings
    adapted = hasattr(function, "__self__") and not inspect.isroutine(function)
    return mode + settings if adapted else settings
