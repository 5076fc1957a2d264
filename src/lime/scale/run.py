"""Explaining many rows: cut into chunks, spread over workers, put together in the data's order."""

from __future__ import annotations

import copy
import itertools
import os
import pickle
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import joblib
import numpy as np
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController

from lime._config import config_context, get_config
from lime.domains.base import check_surrogate, keep_labels
from lime.domains.explainer import Explainer
from lime.results.columns import Columns, to_columns
from lime.results.errors import LimeError
from lime.results.explanation import Explanation
from lime.results.explanations import Explanations
from lime.results.parquet import PartFile, merged
from lime.scale.checkpoint import Checkpoint
from lime.scale.data import Chunk, Source, instances_of
from lime.scale.same import Witnesses
from lime.scale.shared import Shared

__all__ = ["Task", "explain_each", "explain_instances", "explain_stream", "seeded", "task_of"]

LARGE_CHUNK, SMALL_CHUNK = 1024, 8
"""Most rows in a chunk where all rows share one neighbourhood, and where each has its own."""

CHUNKS_A_WORKER, SHARED_CHUNKS_A_WORKER = 4, 1
"""How finely data of known length is cut, so that no worker waits long for another at the end. Rows that share a
neighbourhood take about as long as each other; but each chunk asks the model once about its own rows."""

LARGE_AT_ONCE, SMALL_AT_ONCE = 32, 8
"""Chunks for each worker that are under way or wait for those before them, with and without a shared neighbourhood:
what bounds memory. Instances of small chunks may be pictures."""

KEPT_BYTES = 16 * 2**20
"""See `_keep_freed_memory`."""

READING = 0.2
"""Seconds after which work begins on what a slow stream gave so far, if that is a chunk for each worker."""

PATIENCE = 1.0
"""Seconds before a progress bar shows itself unasked."""


@dataclass(frozen=True)
class Task:
    """What all chunks of a run share.

    Attributes
    ----------
    explainer : Explainer
        With a seed.
    predict_fn : callable or model
    prepared : object
        What its rows share, see `Explainer._prepare`.
    settings : dict
        All settings of `explain_instance`.
    sampling_method : str
        The one that `lime.set_config` says where the run was begun; a worker process does not know it.
    """

    explainer: Explainer
    predict_fn: Any
    prepared: Any
    settings: dict[str, Any]
    sampling_method: str

    @contextmanager
    def running(self) -> Iterator[None]:
        """Settings of this process while instances are explained."""
        _keep_freed_memory()
        with config_context(sampling_method=self.sampling_method), self.explainer._in_batches(self.prepared):
            yield

    def explain(self, instances: Sequence[Any]) -> Iterator[Explanation | Exception]:
        """Explain some instances, one after another, while `running`; one that fails comes back as its error."""
        # The stream of "classic" runs on from call to call. Each row gets what the first call would give, so that
        # rows have the same numbers in any order and any process.
        classic = (self.settings.get("sampling_method") or self.sampling_method) == "classic"
        parts = [[one] for one in instances] if classic else [instances]
        settings = self.settings
        if settings.get("model_regressor") is not None:
            # Fitting changes a regressor, and threads share the user's: each chunk fits a copy of its own.
            settings = {**settings, "model_regressor": copy.deepcopy(settings["model_regressor"])}
        for some in parts:
            explainer = _with_seed(self.explainer, _seed_of(self.explainer) or 0) if classic else self.explainer
            for result in explainer._explain_batch(self.prepared, some, self.predict_fn, settings):
                if isinstance(result, Explanation):
                    # The draws, kept for questions that are asked later: megabytes, and pairs of features would
                    # be looked for in each row, which takes many times as long as the row.
                    result._paid = None
                yield result

    def split(self, rows: Any) -> list[Any]:
        """Return the rows of a chunk one by one."""
        return instances_of(rows, getattr(self.explainer, "feature_names", None))


class RowError(Exception):
    """A row could not be explained, by its place in its chunk."""

    def __init__(self, place: int, error: Exception) -> None:
        super().__init__(place, error)
        self.place, self.error = place, error


@dataclass(frozen=True)
class _Work:
    """A chunk to explain: all of its rows, or those at some places that could not be explained before."""

    chunk: Chunk
    places: Sequence[int] | None = None


@dataclass(frozen=True)
class _Failure:
    position: int
    error: Exception
    notes: Sequence[str] = ()


def task_of(explainer: Explainer, predict_fn: Any, settings: dict[str, Any], seed: int | None = None) -> Task:
    """Check settings, give the explainer a seed if it has none, and ask the model what all rows share."""
    complete = explainer._complete(settings)
    if "labels" in complete:
        complete["labels"] = keep_labels(complete["labels"])
    check_surrogate(explainer.base, complete.get("model_regressor"))
    ready = seeded(explainer, seed)
    prepared = ready._prepare(predict_fn, complete)
    return Task(ready, predict_fn, prepared, complete, get_config()["sampling_method"])


def seeded(explainer: Explainer, seed: int | None = None) -> Explainer:
    """Return the explainer if it has a seed, else a copy of it with one: `seed`, or the next number of its stream."""
    if _seed_of(explainer) is not None:
        return explainer
    return _with_seed(explainer, int(explainer._generator().integers(2**32)) if seed is None else seed)


def explain_instances(
    explainer: Explainer,
    data: Any,
    predict_fn: Any,
    *,
    n_jobs: int | None = None,
    batch_size: int | None = None,
    progress_bar: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    errors: str = "raise",
    **settings: Any,
) -> Explanations:
    """Explain many rows; see `Explainer.explain_instances`.

    Parameters
    ----------
    explainer : Explainer
        One without an int as seed gets one for the call.
    data : frame, array, sparse matrix, Series, sequence or iterator
        The instances: rows of a table, texts, pictures or series. An iterator gives instances, or chunks of
        them in any of the other forms; it is read as the work goes on, so that data need not fit into memory.
    predict_fn : callable or model
        As for its `explain_instance`.
    n_jobs : int, optional
        How many workers, as joblib counts them: None is 1, or what ``joblib.parallel_config`` says, whose
        backend is used (processes, threads, Dask, Ray, Spark); -1 is all cores.
    batch_size : int, optional
        Most inputs in one call of the model.
    progress_bar : bool, optional
        Whether to show a bar with rows per second. When None, where somebody watches and it takes long.
    checkpoint : path, optional
        A folder for finished rows. The same call goes on where an earlier one stopped, however it ended, and
        tries rows again that could not be explained. A folder of another explainer, other settings, other data
        (also the same with more rows, where the run has seen its end) or a model that answers differently is
        refused. The result reads its rows from there: the folder must stay for as long as it is used. Needs
        pyarrow. One process at a time may use it.
    errors : {"raise", "record"}
        Whether an instance that cannot be explained ends the call, or is recorded with its error.
    **settings
        All others of its `explain_instance`.

    Returns
    -------
    Explanations

    Raises
    ------
    TypeError
        There is no such setting.
    ValueError
        A setting or the data is not what is described here; with ``errors="raise"`` whatever was raised.
    LimeError
        The checkpoint is another call's, is damaged or cannot be written.
    """
    return Explanations(
        explain_stream(
            explainer,
            data,
            predict_fn,
            n_jobs=n_jobs,
            batch_size=batch_size,
            progress_bar=progress_bar,
            checkpoint=checkpoint,
            errors=errors,
            **settings,
        )
    )


def explain_stream(
    explainer: Explainer,
    data: Any,
    predict_fn: Any,
    *,
    n_jobs: int | None = None,
    batch_size: int | None = None,
    progress_bar: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    errors: str = "raise",
    total: int | None = None,
    **settings: Any,
) -> Iterator[Columns | PartFile]:
    """Explain many rows and yield them in their order, a chunk at a time: not even the results need fit into memory.

    Parameters are those of `Explainer.explain_instances`; `total` is how many rows a stream has, for the bar and for
    chunks of which each worker gets some.
    """
    if errors not in ("raise", "record"):
        raise ValueError(f"errors={errors!r}: expected 'raise' or 'record'")
    for name in ("batch_size", "progress_bar"):
        if name in settings:
            raise TypeError(f"{name} came twice")
    if batch_size is not None:
        settings["batch_size"] = batch_size
    if "labels" in settings:
        settings["labels"] = keep_labels(settings["labels"])  # read for the checkpoint, and for the rows
    if "progress_bar" in explainer._complete({}):
        settings["progress_bar"] = False  # of a single instance's model calls
    source = Source(data, explainer._instance_dimensions)
    known = source.total if total is None else total
    workers = joblib.effective_n_jobs(n_jobs)
    book: Checkpoint | None = None
    if checkpoint is not None:
        _need_pyarrow()
        complete = {key: value for key, value in explainer._complete(settings).items() if key != "batch_size"}
        complete["sampling_method"] = complete.get("sampling_method") or get_config()["sampling_method"]
        book = Checkpoint.open(
            checkpoint,
            explainer,
            complete,
            predict_fn,
            _seed_of(explainer),
            int.from_bytes(os.urandom(4), "little"),
            _chunk_rows(known, workers, _shares(explainer)),
            source.total,
        )
    task = task_of(explainer, predict_fn, settings, None if book is None else book.seed)
    if book is not None:
        book.begin(getattr(task.prepared, "answers", None))
    size = _chunk_rows(known, workers, task.prepared is not None) if book is None else book.chunk_rows
    pieces = rows = 0
    texts: bool | None = None
    with _bar(progress_bar, known) as bar:
        for chunk, found in _finished(task, source.chunks(size), n_jobs, book, errors):
            if isinstance(found, Columns) and len(found):
                if texts is None:
                    texts = found.ids.dtype == object
                elif texts != (found.ids.dtype == object):
                    raise ValueError(
                        f"data calls its rows by numbers and by text: the names from position {chunk.start} are "
                        "of another kind than those before; expected one kind"
                    )
            pieces += 1
            rows += len(found)
            bar.update(len(found))
            yield found
    if book is not None:
        book.finish(pieces, rows)


def explain_each(explainer: Explainer, data: Any, predict_fn: Any, **settings: Any) -> Iterator[Explanation]:
    """Explain rows one after another in this process, and yield the very explanations that the explainer makes.

    Parameters are those of `Explainer.explain_instances`. What it gives is made again from stored numbers; these keep
    the mapper of their domain and whatever a program hangs on them.
    """
    task = task_of(explainer, predict_fn, settings)
    with task.running():
        for chunk in Source(data, explainer._instance_dimensions).chunks(LARGE_CHUNK):
            for found in task.explain(task.split(chunk.rows)):
                if isinstance(found, Exception):
                    raise found
                yield found


def explain_chunk(shared: Shared, work: _Work, errors: str) -> Columns | _Failure:
    """Explain one chunk, or some of its rows: what a worker does."""
    task: Task = shared.content()
    chunk, instances = work.chunk, task.split(work.chunk.rows)
    places = range(len(instances)) if work.places is None else work.places
    positions, ids = [chunk.start + place for place in places], [chunk.ids[place] for place in places]
    with task.running():
        explained = task.explain([instances[place] for place in places])
        try:
            # Each explanation is gone before the next is made: thousands of them keep the garbage collector busy.
            return to_columns(unless_failing(explained) if errors == "raise" else explained, positions, ids)
        except RowError as failed:
            notes = getattr(failed.error, "__notes__", ())
            return _Failure(positions[failed.place], _portable(failed.error), notes)


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


def _finished(
    task: Task, chunks: Iterator[Chunk], n_jobs: int | None, book: Checkpoint | None, errors: str
) -> Iterator[tuple[Chunk, Columns | PartFile]]:
    """All chunks in their order: those that a checkpoint has, and the others as they are explained."""
    numbered = enumerate(chunks)
    witnesses = Witnesses(task, book, errors)
    with _Workers(task, n_jobs, errors) as workers:
        while True:
            window, broken = _read(numbered, workers)
            if broken is not None and (book is None or not window):
                raise broken  # there is nothing to keep
            if not window:
                break
            parts = {number: _part(book, number, one) for number, one in window} if book else {}
            todo = {
                number: _Work(one, parts[number].failed if number in parts else None)
                for number, one in window
                if number not in parts or not parts[number].done
            }
            explained = workers.explain(iter(todo.values()))
            for number, chunk in window:
                part = parts[number].file if number in parts else None
                if part is not None:
                    witnesses.ask(number, chunk, part)
                    if number not in todo:
                        yield chunk, part
                        continue
                columns = next(explained)
                if isinstance(columns, _Failure):
                    workers.abandon(explained)
                    if not getattr(columns.error, "__notes__", None):
                        for note in columns.notes:  # an error with a way of its own to travel leaves them behind
                            columns.error.add_note(note)
                    columns.error.add_note(f"raised while row {columns.position} of the data was explained")
                    raise columns.error
                yield chunk, columns if book is None else _keep(book, number, chunk, part, columns)
            next(explained, None)  # joblib takes a generator that was not read to its end for an interrupted one
            if broken is not None:
                raise broken


def _read(numbered: Iterator[tuple[int, Chunk]], workers: _Workers) -> tuple[list[tuple[int, Chunk]], Exception | None]:
    """The next chunks, as many as workers take; or those up to where a stream broke off, and what it raised."""
    window: list[tuple[int, Chunk]] = []
    begun = time.monotonic()
    try:
        for one in itertools.islice(numbered, workers.window):
            window.append(one)
            if len(window) >= workers.count and time.monotonic() - begun > READING:
                break
    except Exception as error:
        return window, error
    return window, None


class _Workers:
    """Explains chunks here, or on what joblib provides."""

    def __init__(self, task: Task, n_jobs: int | None, errors: str) -> None:
        self._shared, self._n_jobs, self._errors = Shared(task, _parts_of(task)), n_jobs, errors
        self.count = joblib.effective_n_jobs(n_jobs)
        backend = get_active_backend()[0]
        foreign = not type(backend).__module__.startswith("joblib.")
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
        each = SMALL_AT_ONCE if task.prepared is None else LARGE_AT_ONCE
        self.window = each * self.count if self._parallel is not None else 1

    def __enter__(self) -> _Workers:
        self._limit.__enter__()
        if self._parallel is not None:
            self._parallel.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        if self._parallel is not None:
            self._parallel.__exit__(*raised)
        self._limit.__exit__(*raised)

    def explain(self, todo: Iterable[_Work]) -> Iterator[Columns | _Failure]:
        """Results in the order of the chunks."""
        if self._parallel is None:
            return (explain_chunk(self._shared, work, self._errors) for work in todo)
        explain = joblib.delayed(explain_chunk)
        return iter(self._parallel(explain(self._shared, work, self._errors) for work in todo))

    def abandon(self, explained: Iterator[Columns | _Failure]) -> None:
        """Give up what is under way; joblib's advice on how to avoid that is of no use to whoever sees the error."""
        close = getattr(explained, "close", None)
        if close is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                close()


@dataclass(frozen=True)
class _Part:
    """A finished chunk, and the places of its rows that could not be explained; or none."""

    file: PartFile | None
    failed: Sequence[int] | None

    @property
    def done(self) -> bool:
        return self.file is not None and not self.failed


def _part(book: Checkpoint, number: int, chunk: Chunk) -> _Part:
    file, failures = book.part(number, chunk)
    return _Part(file, sorted(file.load().errors) if file is not None and failures else None)


def _keep(book: Checkpoint, number: int, chunk: Chunk, part: PartFile | None, columns: Columns) -> PartFile:
    """Keep a chunk that was explained, or those of its rows that had failed before beside the others."""
    if part is None:
        return book.keep(number, chunk, columns)
    before = part.load()
    failed = sorted(before.errors)
    if [before.errors[place] for place in failed] == [columns.errors.get(k) for k in range(len(failed))]:
        return part  # as it was: results that were opened before can still read it
    good = [place for place in range(len(before)) if place not in before.errors]
    return book.keep(number, chunk, merged(before.take(good), columns) if good else columns)


def _seed_of(explainer: Explainer) -> int | None:
    return explainer._seed if explainer.random_state is explainer._seeded_state else None


def _with_seed(explainer: Explainer, seed: int) -> Explainer:
    other = copy.copy(explainer)
    other._seed_with(seed)
    return other


def _shares(explainer: Explainer) -> bool:
    """Whether rows may share a neighbourhood; the size of chunks hangs on it before anything is prepared."""
    kind = getattr(getattr(explainer, "_table", None), "kind", "sparse")
    return kind != "sparse" and not getattr(explainer, "sample_around_instance", False)


def _chunk_rows(total: int | None, workers: int, shared: bool) -> int:
    most = LARGE_CHUNK if shared else SMALL_CHUNK
    if total is None or workers == 1:
        return most
    each = SHARED_CHUNKS_A_WORKER if shared else CHUNKS_A_WORKER
    return max(1, min(most, -(-total // (each * workers))))


def _parts_of(task: Task) -> dict[str, Any]:
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
def _keep_freed_memory() -> None:
    """Let the allocator keep what it is given back, up to some megabytes, and hand it out again.

    The C library of Linux returns the end of its heap to the system when some rows are done, and asks for it again,
    page by page, for the next: up to a fifth of all time. Having seen a large array come and go it keeps twice as
    much. Other systems' libraries keep it anyway.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def _bar(show: bool | None, total: int | None) -> Any:
    from tqdm.auto import tqdm

    if show is None:
        watched = sys.stderr is not None and sys.stderr.isatty()
        return tqdm(total=total, unit=" rows", disable=not (watched or _in_notebook()), delay=PATIENCE)
    return tqdm(total=total, unit=" rows", disable=not show)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def _need_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError("checkpoint needs pyarrow, which is not installed") from error
