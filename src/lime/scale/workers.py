"""Explaining chunks here, or on the workers that joblib provides; and going on where one of these dies."""

from __future__ import annotations

import os
import pickle
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import joblib
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController

from lime.results.columns import Columns
from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.filling import to_columns
from lime.results.joining import joined
from lime.scale.data import Chunk
from lime.scale.payload import WorkerPayload

__all__ = ["Failure", "RowError", "Work", "Workers", "abandon", "unless_failing"]

LARGE_AT_ONCE, SMALL_AT_ONCE = 32, 8
"""Chunks for each worker that are under way or wait for those before them, with and without a shared neighbourhood:
what bounds memory. Instances of small chunks may be pictures."""

TRIES = 3
"""How often a chunk is tried again in which a worker process died, without the rows that are known to end theirs."""

DEADLY = 8
"""After so many rows that ended their workers, and not one that did not, it is not the rows that do so."""


OWN_BACKENDS = {"LokyBackend", "MultiprocessingBackend", "SequentialBackend", "ThreadingBackend"}
"""joblib's backends on this machine."""

START = 3.0
"""Seconds that worker processes take to start and to import what they need, at the least: what they save must be more.
"""

TRIED_ALIKE, TRIED_ALONE = 32, 1
"""Rows by which the time of all is told before workers start, where rows share a neighbourhood and where they do not.
They are explained once, and kept."""


class RowError(Exception):
    """A row could not be explained, by its place in its chunk."""

    def __init__(self, place: int, error: Exception) -> None:
        super().__init__(place, error)
        self.place, self.error = place, error


@dataclass(frozen=True)
class Work:
    """A chunk to explain: all of its rows, or those at some places that could not be explained before.

    Rows that ended a worker process are `dead`, and are not tried again.
    """

    chunk: Chunk
    places: Sequence[int] | None = None
    dead: Mapping[int, Exception] = field(default_factory=dict)

    def at(self) -> Sequence[int]:
        """Places of its rows in the chunk."""
        return range(len(self.chunk.ids)) if self.places is None else self.places


@dataclass(frozen=True)
class Failure:
    """What was raised for a row, by its position in the data."""

    position: int
    error: Exception
    notes: Sequence[str] = ()


def explain_chunk(shared: WorkerPayload, work: Work, errors: str) -> Columns | Failure:
    """Explain one chunk, or some of its rows: what a worker does."""
    task: Any = shared.content()
    chunk, instances, places = work.chunk, task.split(work.chunk.rows), work.at()
    positions, ids = [chunk.start + place for place in places], [chunk.ids[place] for place in places]
    with task.running():
        if work.places is None and not work.dead:
            # Where a data type can, without an object for each row.
            columns: Columns | None = task.columns(chunk.rows, positions, ids)
            if columns is not None:
                return columns
        alive = task.explain([instances[place] for place in places if place not in work.dead])
        explained = (work.dead[place] if place in work.dead else next(alive) for place in places)
        try:
            # Each explanation is gone before the next is made: thousands of them keep the garbage collector busy.
            return to_columns(unless_failing(explained) if errors == "raise" else explained, positions, ids)
        except RowError as failed:
            notes = getattr(failed.error, "__notes__", ())
            return Failure(positions[failed.place], _portable(failed.error), notes)


def unless_failing(results: Iterator[Explanation | Exception]) -> Iterator[Explanation]:
    """The explanations, up to the first row that has none.

    Raises
    ------
    RowError
        With what was raised for that row.
    """
    for place, result in enumerate(results):
        if isinstance(result, Exception):
            raise RowError(place, result)
        yield result


def probe_rows(shared: WorkerPayload, work: Work, notes: str) -> None:
    """Explain rows of a chunk one by one, and note each in a file before it begins: who dies here is known by it."""
    task: Any = shared.content()
    instances = task.split(work.chunk.rows)
    with open(notes, "w", encoding="ascii", buffering=1) as file, task.running():
        for place in work.at():
            file.write(f"{place}\n")
            next(task.explain([instances[place]]))


class Workers:
    """Explains chunks here, or on what joblib provides."""

    def __init__(self, task: Any, n_jobs: int | None, errors: str, rows: int | None = None) -> None:
        self._rows, self._seconds, self._seen = rows, 0.0, 0
        self._tried = TRIED_ALONE if task.prepared is None else TRIED_ALIKE
        self._shared, self._n_jobs, self._errors = WorkerPayload(task, _parts_of(task)), n_jobs, errors
        self._died, self._lived = 0, False
        self.count = joblib.effective_n_jobs(n_jobs)
        backend = get_active_backend()[0]
        # Whoever names a backend of a cluster wants the work there; joblib brings that of dask itself.
        foreign = type(backend).__name__ not in OWN_BACKENDS
        self._parallel: Any = None
        self._limit: AbstractContextManager[Any] = nullcontext()
        if self.count > 1 or foreign:
            streams = getattr(backend, "supports_return_generator", False)
            self._parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator" if streams else "list", batch_size=1)
            if getattr(backend, "supports_sharedmem", False):
                # joblib sees to the threads of worker processes; threads share this process's.
                inner = max(1, joblib.cpu_count() // self.count)
                self._limit = _controller().limit(limits=inner, user_api="blas")
            else:
                self._shared.pack()
        # A row that ends its process is recorded only where it is not this one.
        shares_memory = getattr(backend, "supports_sharedmem", False)
        self._waits = self._parallel is not None and not (foreign or shares_memory or errors == "record")
        each = SMALL_AT_ONCE if task.prepared is None else LARGE_AT_ONCE
        self.window = each * self.count if self._parallel is not None else 1

    def __enter__(self) -> Workers:
        self._limit.__enter__()
        if not self._waits:
            self._start()
        return self

    def _start(self) -> None:
        self._waits = False
        if self._parallel is not None:
            self._parallel.__enter__()

    def __exit__(self, *raised: Any) -> None:
        if self._parallel is not None and not self._waits:
            self._parallel.__exit__(*raised)
        self._limit.__exit__(*raised)

    def explain(self, todo: Iterable[Work]) -> Iterator[Columns | Failure]:
        """Results in the order of the chunks."""
        if self._parallel is None:
            return (self._here(work) for work in todo)
        works = list(todo)
        return self._begun(works) if self._waits else self._followed(works, self._asked(works))

    def _here(self, work: Work) -> Columns | Failure:
        return explain_chunk(self._shared, work, self._errors)

    def _begun(self, works: list[Work]) -> Iterator[Columns | Failure]:
        """Results of chunks, explained here until the time that is left is worth the start of workers."""
        while works:
            first = works.pop(0)
            left = sum(len(work.at()) for work in works)
            if self._rows is not None:
                left = max(left, self._rows - self._seen - len(first.at()))
            size = len(first.at())
            if self._seen or size <= self._tried or first.places is not None or first.dead:
                if self._seen and self._pays(left + size):
                    works.insert(0, first)
                    break
                yield self._timed(first)
                continue
            head, tail = (Work(one) for one in first.chunk.split(self._tried))
            begun = self._timed(head)
            if isinstance(begun, Failure):
                yield begun
                return
            if self._pays(left + size - self._tried):
                yield from self._spread([tail, *works], begun)
                return
            others = self._timed(tail)
            yield others if isinstance(others, Failure) else joined([begun, others])
        if works:
            yield from self._spread(works, None)

    def _spread(self, works: list[Work], begun: Columns | None) -> Iterator[Columns | Failure]:
        """Results of chunks on workers, which start now; of the first of them some rows may be there."""
        self._start()
        for found in self._followed(works, self._asked(works)):
            yield found if begun is None or isinstance(found, Failure) else joined([begun, found])
            begun = None

    def _timed(self, work: Work) -> Columns | Failure:
        begun = time.perf_counter()
        found = self._here(work)
        self._seconds += time.perf_counter() - begun
        self._seen += len(work.at())
        return found

    def _pays(self, rows: int) -> bool:
        """Whether workers would save more time with so many rows than they take to start."""
        return bool(rows * self._seconds / self._seen * (1.0 - 1.0 / self.count) > START)

    def _asked(self, todo: Iterable[Work]) -> Iterator[Columns | Failure]:
        explain = joblib.delayed(explain_chunk)
        return iter(self._parallel(explain(self._shared, work, self._errors) for work in todo))

    def _followed(self, todo: Sequence[Work], explained: Iterator[Columns | Failure]) -> Iterator[Columns | Failure]:
        """Results as they come; where a worker process dies, the chunks that are left are explained one by one."""
        done = 0
        try:
            for found in explained:
                self._lived = True
                yield found
                done += 1
            return
        except BrokenExecutor:
            pass
        except (GeneratorExit, _Abandoned):
            abandon(explained)
            raise
        for work in todo[done:]:
            yield self._alone(work)

    def _alone(self, work: Work) -> Columns | Failure:
        """Explain a chunk while no other is under way: where a worker dies, it is one of these rows that ends it."""
        for _ in range(TRIES):
            try:
                (found,) = self._asked([work])
            except BrokenExecutor as error:
                dead = self._deadly(work, error)
                work = replace(work, dead={**work.dead, **dead})
                if dead and self._errors == "raise":
                    place = min(dead)
                    return Failure(work.chunk.start + place, dead[place])
            else:
                self._lived = True
                return found
        first, last = (work.chunk.start + work.at()[end] for end in (0, -1))
        raise LimeError(
            f"rows {first} to {last} of the data end their worker process again and again, though none of them does "
            "so alone; there may be too little memory: pass a smaller batch_size, or fewer n_jobs"
        )

    def _deadly(self, work: Work, error: BrokenExecutor) -> dict[int, Exception]:
        """Which rows of a chunk end their worker when they come one by one; the first where errors are raised."""
        dead: dict[int, Exception] = {}
        left = [place for place in work.at() if place not in work.dead]
        descriptor, notes = tempfile.mkstemp(prefix="lime-rows-")
        os.close(descriptor)
        try:
            while left:
                with open(notes, "w", encoding="ascii"):
                    pass  # a worker that dies before its first row leaves no note
                try:
                    list(self._parallel([joblib.delayed(probe_rows)(self._shared, replace(work, places=left), notes)]))
                    break
                except BrokenExecutor as again:
                    error = again
                with open(notes, encoding="ascii") as file:
                    begun = [int(line) for line in file.read().split()]
                self._lived = self._lived or len(begun) > 1
                self._died += 1
                if not self._lived and (self._died >= DEADLY or not begun):
                    raise LimeError(
                        f"workers end before they have explained a single row{_exit_codes(error)}: the model may not "
                        "run in a worker process at all; try n_jobs=1"
                    ) from error
                if not begun:
                    break
                dead[begun[-1]] = _ended_its_worker(work.chunk.start + begun[-1], error)
                if self._errors == "raise":
                    break
                left = left[left.index(begun[-1]) + 1 :]
        finally:
            os.unlink(notes)
        return dead


def abandon(explained: Iterator[Columns | Failure]) -> None:
    """Give up what is under way; joblib's advice on how to avoid that is of no use to whoever sees the error."""
    if hasattr(explained, "throw"):
        with suppress(_Abandoned):
            explained.throw(_Abandoned())


class _Abandoned(Exception):
    """Nobody waits any more. A generator of joblib that is closed instead warns."""


def _ended_its_worker(position: int, error: BrokenExecutor) -> Exception:
    return LimeError(
        f"row {position} of the data ended its worker process{_exit_codes(error)}: the model crashed there, or the "
        "system ended it for want of memory"
    )


def _exit_codes(error: BrokenExecutor) -> str:
    found = re.search(r"exit codes of the workers are \{([^}]*)\}", str(error))
    return "" if found is None else f" ({found[1]})"


def _parts_of(task: Any) -> dict[str, Any]:
    """What a task consists of, by the names that a user gave it under."""
    return {"predict_fn": task.predict_fn, **task.settings, "the explainer": task.explainer}


def _portable(error: Exception) -> Exception:
    """The error, or what it says where it cannot travel between processes."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here, two words before
    except Exception:
        return LimeError(f"{type(error).__name__}: {error}")
    return error


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
