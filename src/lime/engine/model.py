"""The one place where a model is asked, and where its answer is turned into an array or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.adapters import Predict, adapt, is_out_of_memory, is_tensor, join, label_names, release_memory
from lime.engine.inspection import is_whole
from lime.engine.progress import progress_class

__all__ = [
    "Predict",
    "ask",
    "call_model",
    "check_batch_size",
    "classes_of",
    "coerce_answer",
    "is_raised_by_model",
    "resolve_predict",
]


def resolve_predict(predict_fn: Any, mode: str, argument: str = "predict_fn") -> Predict:
    """Turn what a user passes for a model into a function on batches.

    Parameters
    ----------
    predict_fn : callable or model
        A function, or a model with ``predict_proba`` (classification) or ``predict`` (regression); or one of those
        in `lime.engine.adapters`: a ``torch.nn.Module``, a Keras model, an ONNX Runtime session, a pipeline of
        transformers.
    mode : {"classification", "regression"}
        Which of a model's methods is meant.
    argument : str
        Name of the argument, for messages.

    Returns
    -------
    callable
        Takes a batch in the form of the data, returns answers, which `coerce_answer` reads.

    Raises
    ------
    TypeError
        If there is nothing to call.
    """
    adapted = adapt(predict_fn, mode, argument)
    if adapted is not None:
        return adapted
    method = "predict_proba" if mode == "classification" else "predict"
    bound = getattr(predict_fn, method, None)
    if callable(bound) and not isinstance(predict_fn, type):
        result: Predict = bound
        return result
    if callable(predict_fn) and not isinstance(predict_fn, type):
        function: Predict = predict_fn
        return function
    raise TypeError(
        f"{argument} is {_describe(predict_fn)}: expected a function that takes a batch of inputs, "
        f"or a fitted model with a {method} method"
    )


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
    owner = getattr(predict_fn, "__self__", predict_fn)
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
    batch_size: int | None = None,
    argument: str = "predict_fn",
    progress_bar: bool = False,
    what: str = "rows",
    callback: Callable[[int, int], object] | None = None,
) -> NDArray[np.float64]:
    """Ask a model about `n` inputs in batches.

    Where a batch does not fit the memory, it is halved and asked again, and so are those after it. Answers that
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
        If an answer is not n rows of finite numbers; see `coerce_answer`.
    """
    size = n if batch_size is None else batch_size
    parts: list[Any] = []
    start = 0
    with _progress(n, progress_bar, what, callback) as advance:
        while start < n:
            stop = min(n, start + size)
            try:
                answer = ask(predict, inputs(start, stop))
            except Exception as error:
                if stop - start == 1 or not is_out_of_memory(error):
                    raise
                answer = None
                size = (stop - start) // 2
            if answer is None and size < stop - start:
                release_memory()  # only here, where the error no longer holds what did not fit
                continue
            part = _kept(answer, stop - start, mode, argument)
            if parts and part.shape[1:] != parts[0].shape[1:]:
                width, first = (one.shape[1] if one.ndim > 1 else 1 for one in (part, parts[0]))
                raise ValueError(
                    f"{argument} returned {width} columns for one batch and {first} for another: "
                    "expected the same number each time"
                )
            parts.append(part)
            start = stop
            advance(stop)
    if is_tensor(parts[0]):
        return coerce_answer(join(parts), n, mode, argument)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def ask(predict: Predict, batch: Any) -> Any:
    """Return a model's answer as it is, and mark what it raises; see `is_raised_by_model`.

    Parameters
    ----------
    predict : callable
        As `resolve_predict` gives it.
    batch : object
        Inputs in the model's own form.

    Returns
    -------
    object
        Whatever the model answered, in any of the forms that `coerce_answer` takes.

    Raises
    ------
    Exception
        Whatever the model raised.
    """
    try:
        return predict(batch)
    except Exception as error:
        error._lime_raised_by_model = True  # type: ignore[attr-defined]  # travels where the error is pickled
        raise


def is_raised_by_model(error: BaseException) -> bool:
    """Whether the model that was asked raised an error, and not what prepared the question or read the answer.

    Parameters
    ----------
    error : BaseException
        As it was raised, or as it came back pickled from a worker.

    Returns
    -------
    bool
    """
    return getattr(error, "_lime_raised_by_model", False)


def _kept(answer: Any, n: int, mode: str, argument: str) -> Any:
    """A batch's answer as it is kept: in memory of its own, since a model may write every batch into one buffer."""
    if is_tensor(answer) and answer.device.type != "cpu" and answer.ndim in (1, 2) and len(answer) == n:
        return answer.detach().clone()
    return coerce_answer(answer, n, mode, argument).copy()


@contextmanager
def _progress(
    n: int, show: bool, what: str, callback: Callable[[int, int], object] | None
) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many of the n inputs are done."""
    bar = None
    if show:
        bar = progress_class()(total=n, unit=f" {what}")

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


def coerce_answer(answer: Any, n: int, mode: str, argument: str = "predict_fn") -> NDArray[np.float64]:
    """Turn a model's answer to `n` inputs into an array, or refuse it with one sentence.

    Accepts shapes (n,), (n, 1) and (n, k) as an array, nested lists, a frame or a tensor. In classification a
    single column p is read as the probability of the second of two classes: [1 - p, p].

    Parameters
    ----------
    answer : array, list, frame or tensor, shape (n,), (n, 1) or (n, k)
        What the model returned.
    n : int
        How many inputs it was asked about.
    mode : {"classification", "regression"}
        How a single column is read.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    ndarray of float, shape (n, k)

    Raises
    ------
    TypeError
        If the answer does not consist of numbers.
    ValueError
        If its shape does not fit, or it holds NaN, infinities, or log-probabilities.
    """
    array = _as_float_array(answer, argument)
    if array.ndim == 0 and n == 1:
        array = array.reshape(1)
    if array.ndim not in (1, 2) or array.shape[0] != n:
        hint = (
            " (a list with one array for each output? Explain one output at a time)"
            if array.ndim == 3 and array.shape[1] == n
            else ""
        )
        raise ValueError(
            f"{argument} returned an answer of shape {array.shape} for {n} inputs: "
            f"expected shape ({n},), ({n}, 1) or ({n}, k){hint}"
        )
    if array.ndim == 1:
        array = array[:, None]
    if array.shape[1] == 0:
        raise ValueError(f"{argument} returned an answer of shape {array.shape}: expected at least one column")
    finite = np.isfinite(array)
    if not finite.all():
        rows = np.flatnonzero(~finite.all(axis=1))
        raise ValueError(
            f"{argument} returned NaN or infinite values for {len(rows)} of {n} inputs "
            f"(the first is input {rows[0]} of its batch): expected finite numbers"
        )
    if mode != "classification":
        return array
    if array.shape[1] == 1:
        low, high = float(array.min()), float(array.max())
        if low < 0 or high > 1:
            raise ValueError(
                f"{argument} returned one column with values from {low:.4g} to {high:.4g}: expected the "
                "probability of the second class, between 0 and 1; pass predict_proba instead of predict or "
                'decision_function, or explain a score with mode="regression"'
            )
        return np.column_stack([1.0 - array[:, 0], array[:, 0]])
    if (array <= 0).all() and np.allclose(np.exp(array).sum(axis=1), 1.0, atol=1e-3):
        raise ValueError(
            f"{argument} returned log-probabilities (none above 0, their exponentials sum to 1): "
            "expected probabilities; pass predict_proba instead of predict_log_proba"
        )
    return array


def _as_float_array(answer: Any, argument: str) -> NDArray[np.float64]:
    if hasattr(answer, "detach"):  # a torch tensor, wherever it lives
        answer = answer.detach().cpu()
        answer = answer.float().numpy() if hasattr(answer, "float") else answer.numpy()
    elif hasattr(answer, "to_numpy"):
        answer = answer.to_numpy()
    elif hasattr(answer, "toarray"):
        answer = answer.toarray()
    elif isinstance(answer, list) and answer and hasattr(answer[0], "detach"):
        answer = [item.detach().cpu().numpy() for item in answer]
    try:
        array = np.asarray(answer)
    except ValueError as error:
        raise ValueError(f"{argument} returned rows of different lengths: expected a rectangular answer") from error
    if array.dtype.kind in "USOT":
        try:
            if array.dtype.kind != "O":
                raise ValueError
            return array.astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                f"{argument} returned {_describe(answer)} that is not made of numbers: expected probabilities "
                "(predict_proba, not predict) or numeric predictions"
            ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{argument} returned values of dtype {array.dtype}: expected real numbers")
    return array.astype(np.float64, copy=False)


def _describe(thing: Any) -> str:
    name = type(thing).__name__
    if thing is None:
        return "None"
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"an object of type {name}"
