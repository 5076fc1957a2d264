"""How many threads linear algebra takes: one where the work is small, since waking others costs more than it saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from threadpoolctl import ThreadpoolController

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
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _LIMITED.reset(token)


_LIMITED: ContextVar[bool] = ContextVar("lime_threads_limited", default=False)
"""Whether a block around this one keeps BLAS to one thread already."""


@cache
def _controller() -> ThreadpoolController:
    """The libraries that are loaded; looking for them takes longer than a small fit."""
    return ThreadpoolController()
