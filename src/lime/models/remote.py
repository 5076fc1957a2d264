"""Models that are asked over a network, or are ``async def``: several calls at a time, tried again, held to limits.

A wrapper makes an ordinary function on batches of them, so that all the rest knows nothing of it. Its event loop runs
in a thread of its own: it works where another loop runs already, as in a notebook.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import inspect
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lime._optional import require
from lime.engine.inspection import is_whole
from lime.models.batches import count_inputs, take_inputs
from lime.models.prediction_rows import PredictionRow, join_rows, split_predictions
from lime.models.rates import SYSTEM_CLOCK, Clock, RateLimiter
from lime.models.wrapped import Predict, WrappedFunction, WrappedModel

__all__ = ["RemoteModel", "in_sync", "remote"]

Received = Callable[[NDArray[np.intp], Any], object]
"""Is told the places of some inputs in their batch, and the model's prediction to them, as soon as it has come."""

_Result = TypeVar("_Result")

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""Seconds before the first retry, which double from one to the next, and the most that they become."""

PASSING = frozenset({408, 409, 425, 429})
"""What a server answers, beside its own errors from 500 on, to a call that may succeed later."""

MISTAKES = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError)
"""Errors of a program, which come again however often it is run."""


def remote(
    predict_fn: Any,
    *,
    concurrency: int = 8,
    retries: int = 5,
    timeout: float | None = 60.0,
    calls_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    count_tokens: Callable[[Any], int] | None = None,
    batch_size: int = 16,
) -> RemoteModel:
    """Make an ordinary model of one that is asked over a network, or that is ``async def``.

    What an explainer asks at once is cut into calls of `batch_size` inputs. Several calls are under way at a time. A
    call that fails for a while is tried again: after half a second, one, two and so on, and not before a server's
    ``Retry-After``. Errors that come again each time, such as a `ValueError` or a status of 400, are raised at once.
    After an error no call is begun, and those under way are waited for. `lime.cached` around it keeps their answers.

    An ``async def`` that is given to an explainer directly is wrapped with the defaults.

    Parameters
    ----------
    predict_fn : callable or model
        An ``async def`` function on batches, or a model whose ``predict_proba`` or ``predict`` is one. Plain functions
        are called in threads; they cannot be interrupted, so that after `timeout` such a call goes on unheard.
    concurrency : int
        Most calls that are under way at a time.
    retries : int
        How often a call is tried again.
    timeout : float, optional
        Most seconds for one try; None for no limit.
    calls_per_minute, tokens_per_minute : int, optional
        Most calls, and most tokens, in any minute; retries count too. Each process counts for itself: with ``n_jobs``
        pass each its share.
    count_tokens : callable, optional
        ``count_tokens(batch)`` tells the tokens that one call costs; needed with `tokens_per_minute`.
    batch_size : int
        Most inputs in one call; 1 for a service that takes one at a time.

    Returns
    -------
    RemoteModel
        Takes the place of `predict_fn`.

    Raises
    ------
    ValueError
        If a number is out of its range; the message names it.

    Examples
    --------
    >>> import lime
    >>> async def answer(texts):
    ...     return [[0.5, 0.5] for _ in texts]
    >>> predict = lime.remote(answer, concurrency=4, calls_per_minute=300)
    """
    for name, value, least in (
        ("concurrency", concurrency, 1),
        ("retries", retries, 0),
        ("batch_size", batch_size, 1),
        ("calls_per_minute", calls_per_minute, 1),
        ("tokens_per_minute", tokens_per_minute, 1),
    ):
        optional = name.endswith("minute")
        if value is None and optional:
            continue
        if value is None or not is_whole(value) or value < least:
            raise ValueError(
                f"{name}={value!r}: expected a whole number of at least {least}{', or None' if optional else ''}"
            )
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout={timeout!r}: expected seconds above 0, or None")
    if tokens_per_minute is not None and count_tokens is None:
        raise ValueError("tokens_per_minute without count_tokens: pass a function that counts the tokens of a batch")
    return RemoteModel(
        predict_fn, concurrency, retries, timeout, calls_per_minute, tokens_per_minute, count_tokens, batch_size
    )


def is_async(predict: Any) -> bool:
    """Whether a call gives something to be awaited.

    Parameters
    ----------
    predict : callable

    Returns
    -------
    bool
    """
    called = getattr(type(predict), "__call__", None)  # noqa: B004 - which kind of function it is, not whether it is one
    return inspect.iscoroutinefunction(predict) or inspect.iscoroutinefunction(called)


def in_sync(predict: Predict) -> Predict:
    """A function on batches that need not be awaited.

    Parameters
    ----------
    predict : callable

    Returns
    -------
    callable
        `predict` itself if it is an ordinary one.
    """
    return RemoteModel(predict).around(predict) if is_async(predict) else predict


class _Running:
    """What the calls of one process share; another process has its own."""

    def __init__(self) -> None:
        self._process = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _Running, ()

    def start(self, model: RemoteModel) -> None:
        """Make what is needed, in the thread of the event loop, unless it is there."""
        if self._process != os.getpid():
            self.turns = asyncio.Semaphore(model.concurrency)
            self.limiter = RateLimiter(model.calls_per_minute, model.tokens_per_minute, model.clock)
            self.pool = ThreadPoolExecutor(model.concurrency, thread_name_prefix="lime-remote")
            self._process = os.getpid()


@dataclass(frozen=True)
class RemoteModel(WrappedModel):
    """A model that is asked over a network; see `remote`.

    Attributes
    ----------
    model : callable or model
    concurrency, retries : int
    timeout : float or None
    calls_per_minute, tokens_per_minute : int or None
    count_tokens : callable or None
    batch_size : int
    clock : Clock
        What tells the time and waits.
    """

    model: Any
    concurrency: int = 8
    retries: int = 5
    timeout: float | None = 60.0
    calls_per_minute: int | None = None
    tokens_per_minute: int | None = None
    count_tokens: Callable[[Any], int] | None = None
    batch_size: int = 16
    clock: Clock = SYSTEM_CLOCK
    running: _Running = field(default_factory=_Running, compare=False, repr=False)

    def __post_init__(self) -> None:
        require("tenacity", "a remote or asynchronous model")  # said now, and not at the first call

    def around(self, predict: Predict, mode: str = "classification") -> Predict:
        """Wrap one function on batches."""
        return RemoteFunction(predict.predict if isinstance(predict, RemoteFunction) else predict, self)


@dataclass(frozen=True)
class RemoteFunction(WrappedFunction):
    """One function of a remote model as an ordinary function on batches.

    Attributes
    ----------
    predict : callable
        May be ``async def``.
    remote : RemoteModel
    """

    predict: Predict
    remote: RemoteModel

    def __call__(self, batch: Any) -> Any:
        """Predict a batch in several calls."""
        rows: dict[int, PredictionRow] = {}

        def received(places: NDArray[np.intp], answer: Any) -> None:
            rows.update(zip(places.tolist(), split_predictions(answer, len(places)), strict=True))

        self.in_parts(batch, received)
        return join_rows([rows[place] for place in range(len(rows))])

    def in_parts(self, batch: Any, received: Received) -> None:
        """Predict a batch in several calls, and hand each answer over as soon as it has come.

        Parameters
        ----------
        batch : object
        received : callable
            ``received(places, answer)``; see `Received`. It runs in another thread.

        Raises
        ------
        Exception
            The first that the model raised for good, when no call is under way any more.
        """
        _wait_for(self._all(batch, received))

    async def _all(self, batch: Any, received: Received) -> None:
        size, count = self.remote.batch_size, count_inputs(batch)
        self.remote.running.start(self.remote)
        todo = iter([np.arange(start, min(count, start + size)) for start in range(0, count, size)])
        failed: list[Exception] = []
        answered = 0

        async def work() -> None:
            nonlocal answered
            for places in todo:
                async with self.remote.running.turns:
                    if failed:
                        return
                    try:
                        answer = await self._tried(take_inputs(batch, places), failed)
                        received(places, answer)
                        answered += len(places)
                    except Exception as error:
                        failed.append(error)

        await asyncio.gather(*(work() for _ in range(min(self.remote.concurrency, -(-count // size)))))
        if failed:
            failed[0].add_note(f"{answered} of {count} inputs were predicted: lime.cached keeps such predictions.")
            raise failed[0]

    async def _tried(self, inputs: Any, failed: list[Exception]) -> Any:
        """The answer to one call, which is tried again until another has failed for good."""
        import tenacity

        retrying = tenacity.AsyncRetrying(
            stop=lambda state: bool(failed) or state.attempt_number > self.remote.retries,
            wait=_wait,
            retry=tenacity.retry_if_exception(is_passing),
            sleep=self.remote.clock.sleep,
            reraise=True,
        )
        return await retrying(self._once, inputs, failed)

    async def _once(self, inputs: Any, failed: list[Exception]) -> Any:
        """The answer of one try, within the limits."""
        limiter, timeout = self.remote.running.limiter, self.remote.timeout
        call = await limiter.start(int(self.remote.count_tokens(inputs)) if self.remote.count_tokens else 0)
        try:
            if failed:
                raise failed[0]  # while this one waited for its turn
            async with asyncio.timeout(timeout) as scope:
                return await self._awaited(inputs)
        except TimeoutError as error:
            if scope.expired():
                raise TimeoutError(f"the model gave no prediction within timeout={timeout:g} seconds") from error
            raise
        finally:
            limiter.end(call)

    async def _awaited(self, inputs: Any) -> Any:
        if is_async(self.predict):
            return await self.predict(inputs)
        # A plain function would hold all others up.
        call = partial(contextvars.copy_context().run, self.predict, inputs)
        answer = await asyncio.get_running_loop().run_in_executor(self.remote.running.pool, call)
        return await answer if inspect.isawaitable(answer) else answer


def is_passing(error: BaseException) -> bool:
    """Whether a call that raised this error may succeed when it is tried again.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    bool
    """
    status = _status(error)
    if status is not None:
        return status in PASSING or status >= 500
    return isinstance(error, Exception) and not isinstance(error, MISTAKES)


def _status(error: BaseException) -> int | None:
    """What a server answered, as libraries for HTTP tell it."""
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "status", "code"):
            found = getattr(holder, name, None)
            if isinstance(found, int) and not isinstance(found, bool) and 100 <= found < 600:
                return found
    return None


def _wait(state: Any) -> float:
    """Seconds before the next try."""
    import tenacity

    wait = tenacity.wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT)(state)
    error = state.outcome.exception()
    for holder in (error, getattr(error, "response", None)):
        try:
            return max(wait, float(holder.headers["Retry-After"]))  # type: ignore[union-attr]
        except (AttributeError, KeyError, TypeError, ValueError):  # none, or a date
            continue
    return wait


_LOOPS: dict[int, asyncio.AbstractEventLoop] = {}
_STARTING = threading.Lock()


def _wait_for(steps: Coroutine[Any, Any, _Result]) -> _Result:
    """Run something in our event loop, and wait for it here."""
    future = asyncio.run_coroutine_threadsafe(steps, _loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()  # what interrupts the waiting ends the calls
        raise


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process: one for all, since clients of services stay with the loop that they began in."""
    with _STARTING:
        found = _LOOPS.get(os.getpid())
        if found is None:
            found = _LOOPS[os.getpid()] = asyncio.new_event_loop()
            thread = threading.Thread(target=_run, args=(found,), name="lime-remote", daemon=True)
            thread.start()
            atexit.register(_end, os.getpid(), found, thread)
        return found


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _end(process: int, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    if process == os.getpid():  # a fork has the list of what is to be done, and not the thread
        loop.call_soon_threadsafe(loop.stop)
        thread.join(1.0)
