"""Explaining many rows: cut into chunks, spread over workers, put together in the data's order."""

from __future__ import annotations

import copy
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import joblib
import numpy as np

from lime._config import config_context, get_config
from lime._optional import require
from lime.domains.checks import check_surrogate
from lime.domains.explainer import Explainer
from lime.domains.labels import UNSAID_OF_MANY, Unsaid, keep_labels
from lime.engine import registry
from lime.engine.progress import in_notebook, progress_bar
from lime.engine.warn import warn_user
from lime.results.columns import Columns
from lime.results.explanation import Explanation
from lime.results.explanations import Explanations
from lime.results.parquet import PartFile, merged
from lime.scale.checkpoint import Checkpoint, locked
from lime.scale.data import Chunk, Source, instances_of
from lime.scale.model_check import ModelCheck
from lime.scale.workers import Failure, Work, Workers, abandon

__all__ = ["Task", "explain_each", "explain_instances", "explain_stream", "seeded", "task_of"]

LARGE_CHUNK, SMALL_CHUNK = 4096, 8
"""Most rows in a chunk where all rows share one neighbourhood, and where each has its own."""

CHUNKS_A_WORKER, SHARED_CHUNKS_A_WORKER = 4, 1
"""How finely data of known length is cut, so that no worker waits long for another at the end. Rows that share a
neighbourhood take about as long as each other; but each chunk asks the model once about its own rows."""

KEPT_BYTES = 16 * 2**20
"""See `_keep_freed_memory`."""

READING = 0.2
"""Seconds after which work begins on what a slow stream gave so far, if that is a chunk for each worker."""

PATIENCE = 1.0
"""Seconds before a progress bar shows itself unasked."""

LOOKED_AT = 100
"""Rows among which a reader's likely slip is looked for."""


@dataclass(frozen=True)
class Task:
    """What all chunks of a run share.

    Attributes
    ----------
    explainer : Explainer
        With a seed.
    predict_fn : callable or model
    prepared : object
        What its rows share, see `Explainer.prepare_batch`.
    settings : dict
        All settings of `explain_instance`.
    sampling_method : str
        The one that `lime.set_config` says where the run was begun; a worker process does not know it.
    registered : dict
        What was registered there; see `lime.engine.registry`.
    """

    explainer: Explainer
    predict_fn: Any
    prepared: Any
    settings: dict[str, Any]
    sampling_method: str
    registered: dict[tuple[str, str, str], Any]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Settings of this process while instances are explained."""
        _keep_freed_memory()
        registry.restore(self.registered)
        with config_context(sampling_method=self.sampling_method), self.explainer.batch_context(self.prepared):
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
            explainer = _with_seed(self.explainer, self.explainer.current_seed() or 0) if classic else self.explainer
            for result in explainer.explain_batch(self.prepared, some, self.predict_fn, settings):
                if isinstance(result, Explanation):
                    # The samples, kept for later diagnostics, are megabytes a row.
                    result.fit_data = None
                    result.group_members = {}
                yield result

    def columns(self, rows: Any, positions: Sequence[int], ids: Sequence[Any]) -> Columns | None:
        """Explain the rows of a chunk straight into columns, while `running`; None where that cannot be done."""
        return self.explainer.explain_columns(self.prepared, rows, self.predict_fn, self.settings, (positions, ids))

    def split(self, rows: Any) -> list[Any]:
        """Return the rows of a chunk one by one."""
        return instances_of(rows, getattr(self.explainer, "feature_names", None))


def task_of(explainer: Explainer, predict_fn: Any, settings: dict[str, Any], seed: int | None = None) -> Task:
    """Check settings, give the explainer a seed if it has none, and ask the model what all rows share."""
    complete = explainer.complete_settings(settings)
    if "labels" in complete:
        unsaid = isinstance(complete["labels"], Unsaid)
        complete["labels"] = UNSAID_OF_MANY if unsaid else keep_labels(complete["labels"])
    check_surrogate(explainer.base, complete.get("model_regressor"))
    ready = seeded(explainer, seed)
    prepared = ready.prepare_batch(predict_fn, complete)
    return Task(ready, predict_fn, prepared, complete, get_config()["sampling_method"], registry.snapshot())


def seeded(explainer: Explainer, seed: int | None = None) -> Explainer:
    """Return the explainer if it has a seed, else a copy of it with one: `seed`, or the next number of its stream."""
    if explainer.current_seed() is not None:
        return explainer
    return _with_seed(explainer, int(explainer.new_generator().integers(2**32)) if seed is None else seed)


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
    """Explain many instances: what `explain_instances` of every explainer calls, and describes."""
    exps = Explanations(
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
    complete = explainer.complete_settings(settings)
    if isinstance(complete.get("labels"), Unsaid) and not complete.get("top_labels"):
        _warn_of_unsaid(exps)
    return exps


def _warn_of_unsaid(exps: Explanations) -> None:
    """Warn, once for all rows, that nobody said which of many classes to explain; the first rows tell."""
    for columns in exps[:LOOKED_AT].arrays():
        for row, line in enumerate(columns.lines()):
            answer = json.loads(line).get("predict_proba")
            explained = columns.label[columns.label_start[row] : columns.label_start[row + 1]].tolist()
            if answer is None or not explained:
                continue
            if len(answer) <= 2:
                return
            top = int(np.argmax([-np.inf if value is None else value for value in answer]))
            if top not in explained:
                exp = columns.explanation(row, line)
                warn_user(
                    f"labels was not given, so that the second class, {exp.label_name(explained[0])}, is explained in "
                    "every row, which is not always the model's top class: in a row it is "
                    f"{exp.label_name(top)}. Pass top_labels=1 to explain each row's top class.",
                )
                return


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
    if "progress_bar" in explainer.complete_settings({}):
        settings["progress_bar"] = False  # of a single instance's model calls
    source = Source(data, explainer.instance_dimensions)
    known = source.total if total is None else total
    if checkpoint is None:
        task = task_of(explainer, predict_fn, settings)
        size = _chunk_rows(known, joblib.effective_n_jobs(n_jobs), task.prepared is not None)
        yield from _stream(
            task, source.chunks(size), n_jobs, None, errors=errors, progress_bar=progress_bar, known=known
        )
        return
    require("pyarrow", "checkpoint")
    with locked(checkpoint) as folder:
        complete = {key: value for key, value in explainer.complete_settings(settings).items() if key != "batch_size"}
        complete["sampling_method"] = complete.get("sampling_method") or get_config()["sampling_method"]
        own = registry.used([complete["sampling_method"], getattr(explainer, "feature_selection", None)])
        complete.update({"registered": own} if own else {})
        opened = Checkpoint.open(
            folder,
            explainer,
            complete,
            predict_fn,
            seed=explainer.current_seed(),
            fresh_seed=int.from_bytes(os.urandom(4), "little"),
            chunk_rows=_chunk_rows(known, joblib.effective_n_jobs(n_jobs), _shares(explainer)),
            rows=source.total,
        )
        task = task_of(explainer, predict_fn, settings, opened.seed)

        def ask_again() -> Any:
            return _with_seed(task.explainer, opened.seed).prepare_batch(predict_fn, task.settings).predictions

        opened.begin(getattr(task.prepared, "predictions", None), ask_again)
        chunks = source.chunks(opened.chunk_rows)
        yield from _stream(task, chunks, n_jobs, opened, errors=errors, progress_bar=progress_bar, known=known)


def _stream(
    task: Task,
    chunks: Iterator[Chunk],
    n_jobs: int | None,
    checkpoint: Checkpoint | None,
    *,
    errors: str,
    progress_bar: bool | None,
    known: int | None,
) -> Iterator[Columns | PartFile]:
    """Explain chunks and yield what is found, in their order, with a bar; note where the data ends."""
    pieces = rows = 0
    texts: bool | None = None
    with _bar(progress_bar, known) as bar:
        for chunk, found in _finished(task, chunks, n_jobs, checkpoint, errors=errors, known=known):
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
    if checkpoint is not None:
        checkpoint.finish(pieces, rows)


def explain_each(explainer: Explainer, data: Any, predict_fn: Any, **settings: Any) -> Iterator[Explanation]:
    """Explain rows one after another in this process, and yield the very explanations that the explainer makes.

    Parameters are those of `Explainer.explain_instances`. What it gives is made again from stored numbers; these keep
    the mapper of their domain and whatever a program hangs on them.
    """
    task = task_of(explainer, predict_fn, settings)
    with task.running():
        for chunk in Source(data, explainer.instance_dimensions).chunks(LARGE_CHUNK):
            for found in task.explain(task.split(chunk.rows)):
                if isinstance(found, Exception):
                    raise found
                yield found


def _finished(
    task: Task,
    chunks: Iterator[Chunk],
    n_jobs: int | None,
    checkpoint: Checkpoint | None,
    *,
    errors: str,
    known: int | None,
) -> Iterator[tuple[Chunk, Columns | PartFile]]:
    """All chunks in their order: those that a checkpoint has, and the others as they are explained."""
    numbered = enumerate(chunks)
    model_check = ModelCheck(task, checkpoint, errors)
    with Workers(task, n_jobs, errors, known) as workers:
        while True:
            window, broken = _read(numbered, workers)
            if broken is not None and (checkpoint is None or not window):
                raise broken  # there is nothing to keep
            if not window:
                break
            parts = {number: _part(checkpoint, number, one) for number, one in window} if checkpoint else {}
            todo = {
                number: Work(one, parts[number].failed if number in parts else None)
                for number, one in window
                if number not in parts or not parts[number].done
            }
            explained = workers.explain(iter(todo.values()))
            for number, chunk in window:
                part = parts[number].file if number in parts else None
                if part is not None:
                    model_check.compare(number, chunk, part)
                    if number not in todo:
                        yield chunk, part
                        continue
                columns = next(explained)
                if isinstance(columns, Failure):
                    abandon(explained)
                    if not getattr(columns.error, "__notes__", None):
                        for note in columns.notes:  # an error with a way of its own to travel leaves them behind
                            columns.error.add_note(note)
                    columns.error.add_note(f"raised while row {columns.position} of the data was explained")
                    raise columns.error
                yield chunk, columns if checkpoint is None else _keep(checkpoint, number, chunk, part, columns)
            next(explained, None)  # joblib takes a generator that was not read to its end for an interrupted one
            if broken is not None:
                raise broken


def _read(numbered: Iterator[tuple[int, Chunk]], workers: Workers) -> tuple[list[tuple[int, Chunk]], Exception | None]:
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


@dataclass(frozen=True)
class _Part:
    """A finished chunk, and the places of its rows that could not be explained; or none."""

    file: PartFile | None
    failed: Sequence[int] | None

    @property
    def done(self) -> bool:
        return self.file is not None and not self.failed


def _part(checkpoint: Checkpoint, number: int, chunk: Chunk) -> _Part:
    file, failures = checkpoint.part(number, chunk)
    return _Part(file, sorted(file.load().errors) if file is not None and failures else None)


def _keep(checkpoint: Checkpoint, number: int, chunk: Chunk, part: PartFile | None, columns: Columns) -> PartFile:
    """Keep a chunk that was explained, or those of its rows that had failed before beside the others."""
    if part is None:
        return checkpoint.keep(number, chunk, columns)
    before = part.load()
    failed = sorted(before.errors)
    if [before.errors[place] for place in failed] == [columns.errors.get(k) for k in range(len(failed))]:
        return part  # as it was: results that were opened before can still read it
    good = [place for place in range(len(before)) if place not in before.errors]
    return checkpoint.keep(number, chunk, merged(before.take(good), columns) if good else columns)


def _with_seed(explainer: Explainer, seed: int) -> Explainer:
    other = copy.copy(explainer)
    other.seed_with(seed)
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


@cache
def _keep_freed_memory() -> None:
    """Let the allocator keep what it is given back, up to some megabytes, and hand it out again.

    The C library of Linux returns the end of its heap to the system when some rows are done, and asks for it again,
    page by page, for the next: up to a fifth of all time. Having seen a large array come and go it keeps twice as
    much. Other systems' libraries keep it anyway.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)


def _bar(show: bool | None, total: int | None) -> Any:
    if show is None:
        watched = sys.stderr is not None and sys.stderr.isatty()
        return progress_bar(total=total, unit=" rows", disable=not (watched or in_notebook()), delay=PATIENCE)
    return progress_bar(total=total, unit=" rows", disable=not show)
