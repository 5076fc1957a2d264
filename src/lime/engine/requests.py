"""What a model is to be asked, said by whoever needs the answer and done by whoever may put several questions together.

An explanation that needs a model's answers is a generator: it yields a `Request` and is sent the answers. `drive` asks
for one explanation; `drive_together` for several side by side, whose questions to one model share its batches.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lime.engine.model import Predict, call_model

Result = TypeVar("Result")


@dataclass(frozen=True)
class Request:
    """Inputs for a model; see `lime.engine.model.call_model` for all but `key`.

    Attributes
    ----------
    key : object, optional
        Requests with equal keys may be answered in one call of the model of the first of them; None: by itself.
    """

    predict: Predict
    inputs: Callable[[int, int], Any]
    total: int
    mode: str
    batch_size: int | None = None
    argument: str = "classifier_fn"
    progress_bar: bool = False
    what: str = "rows"
    callback: Callable[[int, int], object] | None = None
    key: Any = None

    def answer(self) -> NDArray[np.float64]:
        """Ask the model."""
        return call_model(
            self.predict,
            self.inputs,
            self.total,
            self.mode,
            self.batch_size,
            self.argument,
            self.progress_bar,
            self.what,
            self.callback,
        )


Steps = Generator[Request, NDArray[np.float64], Result]
"""An explanation on its way: yields requests, is sent their answers, returns its result."""


def drive(steps: Steps[Result]) -> Result:
    """Answer the requests of one explanation until it is done.

    An error of the model is raised where its answer was awaited.
    """
    try:
        request = next(steps)
        while True:
            try:
                answer = request.answer()
            except Exception as error:
                request = steps.throw(error)
            else:
                request = steps.send(answer)
    except StopIteration as done:
        result: Result = done.value
        return result


def drive_together(several: Sequence[Steps[Result]]) -> list[Result | Exception]:
    """Answer the requests of several explanations side by side; one that fails gives its error in place of a result.

    Parameters
    ----------
    several : sequence of generators
        See `Steps`.
    """
    results: list[Result | Exception | None] = [None] * len(several)
    waiting: dict[int, Request] = {}

    def advance(number: int, answer: NDArray[np.float64] | Exception | None) -> None:
        steps = several[number]
        try:
            if isinstance(answer, Exception):
                waiting[number] = steps.throw(answer)
            else:
                waiting[number] = next(steps) if answer is None else steps.send(answer)
        except StopIteration as done:
            results[number] = done.value
        except Exception as error:
            results[number] = error

    for number in range(len(several)):
        advance(number, None)
    while waiting:
        asked, waiting = waiting, {}
        for group in _alike(asked):
            answers = _answer([asked[number] for number in group])
            for number, answer in zip(group, answers, strict=True):
                advance(number, answer)
    return results  # type: ignore[return-value]  # every one has either returned or failed


def _alike(asked: dict[int, Request]) -> list[list[int]]:
    """Numbers of the requests by their keys."""
    groups: list[tuple[Any, list[int]]] = []
    for number, request in asked.items():
        for key, group in groups:
            if key is not None and key == request.key:
                group.append(number)
                break
        else:
            groups.append((request.key, [number]))
    return [group for _, group in groups]


def _answer(requests: list[Request]) -> list[NDArray[np.float64] | Exception]:
    """Answers to requests with one key; where the model refuses them together, each by itself."""
    if len(requests) > 1:
        edges = np.cumsum([0, *(request.total for request in requests)])
        first = requests[0]
        try:
            together = call_model(
                first.predict,
                lambda start, stop: _gather(requests, edges, start, stop),
                int(edges[-1]),
                first.mode,
                first.batch_size,
                first.argument,
            )
        except Exception:
            together = None  # the request that is to blame is found below, and the others are answered
        if together is not None:
            return list(np.split(together, edges[1:-1]))
    answers: list[NDArray[np.float64] | Exception] = []
    for request in requests:
        try:
            answers.append(request.answer())
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
