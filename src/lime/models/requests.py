"""Requests for predictions: made by whoever needs them, carried out by whoever may put several together.

An explanation on its way is a generator: it yields a `Request` and is sent the predictions, or
yields None where it pauses.
`drive` takes one explanation to its end; `drive_together` several side by side, whose requests to one model share its
batches, and which go from pause to pause together: code that has just run for one runs a good deal faster for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lime.engine.links import IDENTITY, linked
from lime.models.calling import Predict, call_model

Result = TypeVar("Result")


@dataclass(frozen=True)
class Request:
    """Inputs for a model; see `lime.models.calling.call_model` for all but `key`.

    Attributes
    ----------
    key : object, optional
        Requests with equal keys may be carried out in one call of the model of the first of them; None: by itself.
    link : str
        The unit in which the predictions come; see `lime.engine.links`.
    """

    predict: Predict
    inputs: Callable[[int, int], Any]
    total: int
    mode: str
    batch_size: int | None = None
    argument: str = "predict_fn"
    progress_bar: bool = False
    what: str = "rows"
    callback: Callable[[int, int], object] | None = None
    key: Any = None
    link: str = IDENTITY

    def predictions(self) -> NDArray[np.float64]:
        """Call the model."""
        predictions = call_model(
            self.predict,
            self.inputs,
            self.total,
            self.mode,
            batch_size=self.batch_size,
            argument=self.argument,
            progress_bar=self.progress_bar,
            what=self.what,
            callback=self.callback,
        )
        return linked(predictions, self.link)


ExplanationCoroutine = Generator[Request | None, NDArray[np.float64] | None, Result]
"""An explanation on its way: yields requests and is sent their predictions; yields None to pause; returns a result."""


def predictions_for(request: Request) -> Generator[Request, NDArray[np.float64] | None, NDArray[np.float64]]:
    """The step that calls the model: its predictions for a request."""
    answers = yield request
    assert answers is not None
    return answers


def drive(steps: ExplanationCoroutine[Result]) -> Result:
    """Carry out the requests of one explanation until it is done.

    An error of the model, or an interrupt, is raised where the prediction was awaited.
    """
    try:
        request = next(steps)
        while True:
            try:
                answer = None if request is None else request.predictions()
            except (Exception, KeyboardInterrupt) as error:
                request = steps.throw(error)
            else:
                request = steps.send(answer)
    except StopIteration as done:
        result: Result = done.value
        return result


_ONE_OF_MANY: ContextVar[bool] = ContextVar("lime_one_of_many", default=False)


@contextmanager
def one_of_many() -> Iterator[None]:
    """Say that explanations are parts of something larger, all of which an interrupt is to end.

    Yields
    ------
    None
        While it holds.
    """
    before = _ONE_OF_MANY.set(True)
    try:
        yield
    finally:
        _ONE_OF_MANY.reset(before)


def is_one_of_many() -> bool:
    """Whether an interrupt is to end more than one explanation; see `one_of_many`.

    Returns
    -------
    bool
    """
    return _ONE_OF_MANY.get()


@one_of_many()
def drive_together(several: Sequence[ExplanationCoroutine[Result]]) -> list[Result | Exception]:
    """Take several explanations to their end side by side; one that fails gives its error in place of a result.

    Parameters
    ----------
    several : sequence of generators
        See `ExplanationCoroutine`.
    """
    results: list[Result | Exception | None] = [None] * len(several)
    waiting: dict[int, Request] = {}
    answers: dict[int, NDArray[np.float64] | Exception | None] = dict.fromkeys(range(len(several)))
    while answers:
        paused: dict[int, NDArray[np.float64] | Exception | None] = {}
        for number, answer in answers.items():
            steps = several[number]
            try:
                request = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
            except StopIteration as done:
                results[number] = done.value
            except Exception as error:
                results[number] = error
            else:
                if request is None:
                    paused[number] = None
                else:
                    waiting[number] = request
        answers = paused
        if not answers:  # all that are not done wait for the model
            for group in _with_one_key(waiting):
                answers.update(zip(group, _carry_out([waiting[number] for number in group]), strict=True))
            waiting.clear()
    return results  # type: ignore[return-value]  # every one has either returned or failed


def _with_one_key(waiting: dict[int, Request]) -> list[list[int]]:
    """Numbers of the requests by their keys."""
    groups: list[tuple[Any, list[int]]] = []
    for number, request in waiting.items():
        for key, group in groups:
            if key is not None and key == request.key:
                group.append(number)
                break
        else:
            groups.append((request.key, [number]))
    return [group for _, group in groups]


def _carry_out(requests: list[Request]) -> list[NDArray[np.float64] | Exception]:
    """Predictions for requests with one key; where the model fails on all together, for each by itself."""
    if len(requests) > 1:
        edges = np.cumsum([0, *(request.total for request in requests)])
        first = requests[0]
        try:
            together = call_model(
                first.predict,
                lambda start, stop: _gather(requests, edges, start, stop),
                int(edges[-1]),
                first.mode,
                batch_size=first.batch_size,
                argument=first.argument,
            )
        except Exception:
            together = None  # the request that is to blame is found below, and the others are carried out
        if together is not None:
            return list(np.split(linked(together, first.link), edges[1:-1]))
    answers: list[NDArray[np.float64] | Exception] = []
    for request in requests:
        try:
            answers.append(request.predictions())
        except Exception as error:
            answers.append(error)
    return answers


def _gather(requests: list[Request], edges: NDArray[np.intp], start: int, stop: int) -> Any:
    """Inputs start .. stop - 1 of all requests, one after the other."""
    parts = []
    for request, low, high in zip(requests, edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if low < stop and start < high:
            part = request.inputs(max(start, low) - low, min(stop, high) - low)
            parts.append(part)
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [one for part in parts for one in part]
    return np.concatenate(parts)
