"""The one place where a model is called, and where its prediction is turned into an array or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole
from lime.engine.progress import progress_bar
from lime.models.adapters import adapt, is_out_of_memory, join, label_names, release_memory
from lime.models.error_notes import note_on, note_on_missing
from lime.models.estimators import predict_of, way_out
from lime.models.networks import UnfitInput, is_tensor
from lime.models.predictions import as_classes, coerce_predictions, join_predictions, read_predictions
from lime.models.predictions_by_class import in_order_of
from lime.models.remote import in_sync
from lime.models.wrapped import Predict, WrappedFunction, WrappedModel

__all__ = [
    "OnRows",
    "Predict",
    "WrappedFunction",
    "call_model",
    "check_batch_size",
    "classes_of",
    "coerce_predictions",
    "is_raised_by_model",
    "noting_missing",
    "predict_batch",
    "resolve_predict",
]


def resolve_predict(
    predict_fn: Any, mode: str, argument: str = "predict_fn", class_names: Sequence[str] | None = None
) -> Predict:
    """Turn what a user passes for a model into a function on batches.

    Parameters
    ----------
    predict_fn : callable or model
        A function, or a model with ``predict_proba`` (classification) or ``predict`` (regression); or one of those
        in `lime.models.adapters`: a ``torch.nn.Module``, a Keras model, an ONNX Runtime session, a pipeline of
        transformers. What is ``async def`` is called as `lime.remote` calls it.
    mode : {"classification", "regression"}
        Which of a model's methods is meant.
    argument : str
        Name of the argument, for messages.
    class_names : sequence of str, optional
        The order of the columns where the model names its classes by dicts or pairs, and these are their names.

    Returns
    -------
    callable
        Takes a batch in the form of the data, returns answers, which `coerce_predictions` reads.

    Raises
    ------
    TypeError
        If there is nothing to call.
    """
    predict = _function_of(predict_fn, mode, argument)
    if class_names is None or classes_of(predict_fn) is not None:
        return predict
    return _InOrder(predict, tuple(class_names))


def _function_of(predict_fn: Any, mode: str, argument: str) -> Predict:
    if isinstance(predict_fn, WrappedModel):
        return predict_fn.around(_function_of(predict_fn.model, mode, argument), mode)
    adapted = adapt(predict_fn, mode, argument) or predict_of(predict_fn, mode)
    if adapted is not None:
        return adapted
    method = "predict_proba" if mode == "classification" else "predict"
    bound = None if isinstance(predict_fn, type) else getattr(predict_fn, method, None)
    if callable(bound):
        return in_sync(bound)
    if callable(predict_fn) and not isinstance(predict_fn, type):
        return in_sync(predict_fn)
    raise TypeError(
        f"{argument} is {_describe(predict_fn)}: expected a function that takes a batch of inputs, "
        f"or a fitted model with a {method} method{way_out(predict_fn, mode)}"
    )


@dataclass(frozen=True)
class _InOrder(WrappedFunction):
    """A model's function whose dicts and pairs become columns in the order of names; equal for equal functions."""

    predict: Predict
    names: tuple[str, ...]

    def __call__(self, batch: Any) -> Any:
        """Ask the model about one batch."""
        count = batch.shape[0] if hasattr(batch, "shape") else len(batch)  # a sparse matrix has no length
        return in_order_of(self.predict(batch), count, self.names)


@dataclass(frozen=True)
class OnRows(WrappedFunction):
    """A model's function on rows of numbers, on batches of arrays of any shape; equal for equal functions.

    Attributes
    ----------
    predict : callable
        The function on rows.
    """

    predict: Predict

    def __call__(self, batch: Any) -> Any:
        """Ask the model about one batch."""
        return predict_batch(self.predict, batch.reshape(len(batch), -1))


def classes_of(predict_fn: Any) -> list[str] | None:
    """Class names that a model knows itself by: ``classes_`` of the model or of a bound method's owner.

    Of transformers' models and pipelines the names in their configuration.

    Parameters
    ----------
    predict_fn : callable or model
        What a user passes for a model.

    Returns
    -------
    list of str, or None
        In the order of the model's columns; None where it does not tell.
    """
    function = predict_fn.func if isinstance(predict_fn, partial) else predict_fn
    owner = getattr(function, "__self__", function)
    try:
        classes = getattr(owner, "classes_", None)
        named = label_names(owner) if classes is None else None
    except Exception:  # a property of a foreign model may raise anything; names are a courtesy
        return None
    if named is not None:
        return named
    if classes is None or isinstance(classes, list) or np.ndim(classes) != 1:
        return None
    return [str(name) for name in np.asarray(classes).tolist()]


def call_model(
    predict: Predict,
    inputs: Callable[[int, int], Any],
    n: int,
    mode: str,
    *,
    batch_size: int | None = None,
    argument: str = "predict_fn",
    progress_bar: bool = False,
    what: str = "rows",
    callback: Callable[[int, int], object] | None = None,
) -> NDArray[np.float64]:
    """Predict `n` inputs with a model, in batches.

    Where a batch does not fit the memory, it is halved and tried again, and so are those after it. Predictions that
    are tensors on an accelerator stay there until all are given, and are fetched at once.

    Parameters
    ----------
    predict : callable
        The model's function on a batch.
    inputs : callable
        ``inputs(start, stop)`` gives the batch of the inputs start .. stop - 1, in the model's own form.
    n : int
        Number of inputs, at least 1.
    mode : {"classification", "regression"}
        How a single column of answers is read.
    batch_size : int, optional
        Most inputs in one call; all of them in one when None.
    argument : str
        Name of the argument that the model came as, for messages.
    progress_bar : bool
        Whether to show a tqdm bar over the inputs.
    what : str
        What the bar calls them.
    callback : callable, optional
        ``callback(done, n)`` is called after each batch.

    Returns
    -------
    ndarray of float, shape (n, k)

    Raises
    ------
    TypeError, ValueError
        If a prediction is not n rows of finite numbers; see `coerce_predictions`.
    """
    size = n if batch_size is None else batch_size
    parts: list[Any] = []
    start = 0
    with _progress(n, progress_bar, what, callback) as advance:
        while start < n:
            stop = min(n, start + size)
            batch: Any = None
            try:
                batch = inputs(start, stop)
                answer = predict_batch(predict, batch)
            except Exception as error:
                if stop - start == 1 or not is_out_of_memory(error):
                    raise
                answer = batch = None
                size = (stop - start) // 2
            if answer is None and size < stop - start:
                release_memory()  # only here, where the error no longer holds what did not fit
                continue
            with noting_missing(batch):
                part = _kept(answer, stop - start, mode, argument)
            batch = None  # not two of them in memory
            width, first = (one.shape[1] if one.ndim > 1 else 1 for one in (part, *parts[:1], part)[:2])
            if width != first:
                raise ValueError(
                    f"{argument} returned {width} columns for one batch and {first} for another: "
                    "expected the same number each time"
                )
            parts.append(part)
            start = stop
            advance(stop)
    if is_tensor(parts[0]):
        return coerce_predictions(join(parts), n, mode, argument)
    return as_classes(join_predictions(parts), mode, argument)


def predict_batch(predict: Predict, batch: Any) -> Any:
    """Return a model's prediction as it is, and mark what it raises, with a note of what it was given.

    See `is_raised_by_model`.

    Parameters
    ----------
    predict : callable
        As `resolve_predict` gives it.
    batch : object
        Inputs in the model's own form.

    Returns
    -------
    object
        Whatever the model answered, in any of the forms that `coerce_predictions` takes.

    Raises
    ------
    Exception
        Whatever the model raised.
    """
    try:
        return predict(batch)
    except Exception as error:
        if not (is_raised_by_model(error) or isinstance(error, UnfitInput)):
            error.raised_by_lime_model = True  # type: ignore[attr-defined]  # travels where the error is pickled
            error.add_note(note_on(batch, error))
        raise


@contextmanager
def noting_missing(batch: Any) -> Iterator[None]:
    """Add a note to the refusal of a prediction with NaN, where the inputs hold missing values themselves.

    Parameters
    ----------
    batch : object
        What the model was given.

    Yields
    ------
    None
        While the prediction is read.

    Raises
    ------
    ValueError
        The refusal, with the note.
    """
    try:
        yield
    except ValueError as error:
        note = note_on_missing(batch) if "NaN" in str(error) else None
        if note is not None:
            error.add_note(note)
        raise


def is_raised_by_model(error: BaseException) -> bool:
    """Whether the model itself raised an error, and not what prepared its inputs or read its prediction.

    Parameters
    ----------
    error : BaseException
        As it was raised, or as it came back pickled from a worker.

    Returns
    -------
    bool
    """
    return getattr(error, "raised_by_lime_model", False)


def _kept(answer: Any, n: int, mode: str, argument: str) -> Any:
    """A batch's answer as it is kept: in memory of its own, since a model may write every batch into one buffer."""
    if is_tensor(answer) and answer.device.type != "cpu" and answer.ndim in (1, 2) and len(answer) == n:
        return answer.detach().clone()
    part = read_predictions(answer, n, argument)
    as_classes(part, mode, argument)  # what is no prediction is refused before the next batch
    return part.copy()


@contextmanager
def _progress(
    n: int, show: bool, what: str, callback: Callable[[int, int], object] | None
) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many of the n inputs are done."""
    bar = None
    if show:
        bar = progress_bar(total=n, unit=f" {what}")

    def advance(done: int) -> None:
        if bar is not None:
            bar.update(done - bar.n)
        if callback is not None:
            callback(done, n)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.close()


def check_batch_size(batch_size: int | None) -> int | None:
    """Return `batch_size` if it is None or a positive whole number.

    Parameters
    ----------
    batch_size : int or None
        What was given.

    Returns
    -------
    int or None

    Raises
    ------
    ValueError
        Otherwise.
    """
    if batch_size is None:
        return None
    if not is_whole(batch_size) or batch_size < 1:
        raise ValueError(f"batch_size={batch_size!r}: expected a whole number of at least 1, or None")
    return int(batch_size)


def _describe(thing: Any) -> str:
    name = type(thing).__name__
    if thing is None:
        return "None"
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"an object of type {name}"
