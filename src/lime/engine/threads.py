"""How many threads linear algebra takes: one where the work is small, since waking others costs more than it saves."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import RLock
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")

SMALL_WORK = 1e10
"""Multiplications below which one thread is enough: some tenths of a second of a single core."""


@contextmanager
def threads_for(work: float) -> Iterator[None]:
    """Keep BLAS to one thread inside the block where `work`, in multiplications, is small.

    On a machine whose cores are taken, a matrix product of a millisecond can wait for its second thread for a
    hundred; and where rows are explained side by side, threads inside each of them only get in the way.
    """
    if work >= SMALL_WORK or _LIMITED.get():
        yield
        return
    token = _LIMITED.set(True)
    _KEPT.enter()
    try:
        yield
    finally:
        _KEPT.leave()
        _LIMITED.reset(token)


@contextmanager
def one_thread_of_openmp() -> Iterator[None]:
    """Keep OpenMP, which scikit-learn's trees use, to one thread inside the block.

    On a machine whose cores are taken its threads wait for each other at full speed, tens of times as long as the work.
    """
    with ThreadpoolController().limit(limits=1, user_api="openmp"):  # the libraries that are loaded by now
        yield


def run_in_threads_for(work: float, steps: Generator[Any, Any, Result], pausing: bool) -> Generator[Any, Any, Result]:
    """The steps of something that asks no model, each of them inside `threads_for`.

    Parameters
    ----------
    work : float
        See `threads_for`.
    steps : generator
        Pauses, and returns its result.
    pausing : bool
        Whether to pause where it does.
    """
    if pausing and _LIMITED.get():
        return (yield from steps)
    try:
        while pausing:
            with threads_for(work):
                next(steps)
            yield None
        with threads_for(work):
            while True:
                next(steps)
    except StopIteration as done:
        result: Result = done.value
        return result


class _Kept:
    """The limit of the process, which all of its threads share: the first to need it sets it, the last lifts it.

    Were each thread to put back what it found, one that ends late would put back the limit of another.
    """

    def __init__(self) -> None:
        # The same thread may come twice: what handles a signal in the midst of it may explain, or fork.
        self._lock, self._users = RLock(), 0
        self._limit: Any = None

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limit = _controller().limit(limits=1, user_api="blas")
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._lift()

    def before_fork(self) -> None:
        """Wait until no other thread is in the midst of it: a child would find it as it was, and for ever."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """In the parent, go on."""
        self._lock.release()

    def in_child(self) -> None:
        """In the child there is one thread, the one that forked; nobody else is left to lift the limit."""
        self._lock = RLock()
        inside = _LIMITED.get()
        if self._users and not inside:
            self._lift()
        self._users = int(inside)

    def _lift(self) -> None:
        if self._limit is not None:
            self._limit.restore_original_limits()
        self._limit = None


_KEPT = _Kept()

_LIMITED: ContextVar[bool] = ContextVar("lime_threads_limited", default=False)
"""Whether a block around this one keeps BLAS to one thread already."""


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_KEPT.before_fork, after_in_parent=_KEPT.after_fork, after_in_child=_KEPT.in_child)


@cache
def _controller() -> ThreadpoolController:
    """The libraries that are loaded; looking for them takes longer than a small fit."""
    return ThreadpoolController()
