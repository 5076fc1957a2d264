"""Finished chunks in a folder, so that a run that was ended at any moment goes on where it stopped.

A folder holds ``manifest.json``, written first, and one Parquet file a finished chunk. Each file is written under
another name, flushed to the disk and renamed, so that what has its name is complete; and each is read under a checksum
of its content. While a run goes on it holds a lock on ``.lime-lock``, which ends with its process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from lime.engine.warn import warn_user
from lime.results.checksums import CHECKSUM, checked_json, with_checksum
from lime.results.columns import Columns
from lime.results.exceptions import LimeError
from lime.results.files import FileLock, remove_drafts, target_of, writing
from lime.results.importance import check_whole
from lime.results.parquet import SCHEMA, PartFile, part_name, part_numbers, read_part, table_of, write_table
from lime.results.wording import counted
from lime.scale.data import Chunk
from lime.scale.fingerprint import CACHES, digest

__all__ = ["Checkpoint", "locked", "other_model", "state_of"]

FORMAT = "lime.checkpoint/2"
_MANIFEST, _LOCK = "manifest.json", ".lime-lock"
_KEYS = frozenset({"format", "identity", "run_seed", "chunk_rows", "rows", "answers", CHECKSUM})

_WORDS = {
    "explainer": "another explainer (its settings or the statistics of its training data)",
    "settings": "other settings of the call",
    "seed": "another seed",
    "model": "another kind of model",
    "schema": "another version of the files",
}


SINCE: dict[str, Any] = {
    "anchored": False,
    "estimator": None,
    "target": None,
    "surrogate": "linear",
    "representation": None,
    "link": None,
}
"""Settings of `explain_instance` that the first checkpoints knew nothing of, with what they then were."""

DIGESTS = 2
"""Version of the digests of `lime.scale.fingerprint`: those of another version say nothing of an explainer."""

_CHANGED = "its content does not have the checksum that it was written with"
_ANEW = "remove the folder to begin anew"

_NOISES = 3.0
"""How many times as far apart as two answers of a stochastic model its answers in two runs may be. Both are differences
of two answers, over some hundred draws: of the same model they are about the same."""

_ANSWERS, _NUMBERS = 256, 2**14
"""How many answers of the model are kept to know it again by, and of how many numbers at most."""


@dataclass
class Checkpoint:
    """A folder of finished chunks.

    Attributes
    ----------
    folder : Path
    seed : int
        The seed of the run: the explainer's, or drawn once where it has none.
    chunk_rows : int
        Rows of a chunk, as the first run cut them.
    rows : int or None
        Rows of the data; None where only the end of a stream will tell.
    content : dict
        What the manifest says, or will say when the run begins.
    stochastic : bool
        Whether the model is known to answer the same inputs differently each time.
    """

    folder: Path
    seed: int
    chunk_rows: int
    rows: int | None
    content: dict[str, Any]
    stochastic: bool = False

    @classmethod
    def open(
        cls,
        path: Path,
        explainer: Any,
        settings: dict[str, Any],
        model: Any,
        *,
        seed: int | None,
        fresh_seed: int,
        chunk_rows: int,
        rows: int | None = None,
    ) -> Checkpoint:
        """Open the checkpoint of a folder, or see that there may be one; `begin` begins the run, or goes on with it.

        Parameters
        ----------
        path : Path
            The folder, which is `locked`.
        explainer : Explainer
        settings : dict
        model : callable or model
            Told by the kind of thing that it is; whether it answers the same is for `begin` and the run to find out.
        seed : int or None
            The explainer's seed, None where it has none.
        fresh_seed : int
            The run's seed if it begins and there is no other.
        chunk_rows : int
            Rows of a chunk, if the run begins.
        rows : int, optional
            Rows of the data; None for a stream.

        Raises
        ------
        LimeError
            The folder holds a checkpoint of another run, of an unknown version, or other files.
        """
        identity = {
            "schema": SCHEMA,
            "explainer": digest({"class": type(explainer), "state": state_of(explainer)}),
            "settings": digest(_as_given(settings)),
            "seed": seed,
            "model": _kind(model),
            "digests": DIGESTS,
        }
        manifest = path / _MANIFEST
        if not manifest.exists():
            strangers = sorted(item.name for item in path.iterdir() if not _is_left_over(item.name))
            if strangers:
                raise LimeError(
                    f"checkpoint={str(path)!r} holds {strangers[0]!r} but no checkpoint: expected a folder that is "
                    "empty, or not there yet"
                )
            run_seed = fresh_seed if seed is None else seed
            content = {"format": FORMAT, "identity": identity, "run_seed": run_seed, "chunk_rows": chunk_rows}
            return cls(path, run_seed, chunk_rows, rows, content)
        with _reading(manifest):
            target_of(manifest, follow=False)
            content = json.loads(manifest.read_text(encoding="utf-8"))
            found = content["format"]
        if found != FORMAT:
            raise LimeError(
                f"checkpoint={str(path)!r} is of format {found!r}: this release of lime goes on with {FORMAT!r} only"
            )
        with _reading(manifest):
            if not _KEYS.issuperset(content):
                raise ValueError(f"it has no use for {sorted(set(content) - _KEYS)[0]!r}")
            content = checked_json(content, f"{manifest} is damaged: {_CHANGED}; {_ANEW}")
            known = dict(content["identity"])
            run_seed, size = int(content["run_seed"]), check_whole("chunk_rows", content["chunk_rows"])
            end = None if content["rows"] is None else check_whole("rows", content["rows"], 0)
            answers = content["answers"]
            content["answers"] = None if answers is None else np.array(answers, dtype=np.float64).tolist()
        if known.get("digests") != DIGESTS:
            warn_user(
                f"checkpoint={str(path)!r} was begun by another version of lime, which tells explainers apart in "
                "another way: that this is the same explainer is taken for granted, and its model is compared",
            )
            known |= {key: identity[key] for key in ("explainer", "digests")}
        for key, words in _WORDS.items():
            if known.get(key) != identity[key]:
                raise LimeError(
                    f"checkpoint={str(path)!r} was made with {words}: expected the same call; "
                    "choose another folder, or remove this one"
                )
        if rows is not None and end is not None and rows != end:
            raise _other_data(path, f"it had {counted(end, 'row')}, and these are {rows:,}")
        return cls(path, run_seed, size, rows if end is None else end, content)

    def begin(self, answers: NDArray[np.float64] | None, ask_again: Callable[[], NDArray[np.float64]]) -> None:
        """Write the manifest, or compare the model with the one that it tells of.

        Parameters
        ----------
        answers : ndarray of float, shape (n, k), or None
            The model's predictions to draws that are the same in each run of these settings, where there are such.
        ask_again : callable
            Gives its answers to the same draws once more.

        Raises
        ------
        LimeError
            The model answers otherwise than it did, and not because it never answers the same twice.
        """
        some = None if answers is None else _some_of(answers)
        if "answers" not in self.content:
            self.content |= {"rows": self.rows, "answers": None if some is None else some.tolist()}
            self._write_manifest()
            return
        if some is None or self.content["answers"] is None:
            return
        before = np.array(self.content["answers"], dtype=np.float64)
        if before.shape != some.shape:
            raise other_model(
                self.folder, f"it had {counted(before.shape[-1], 'output')}, and this one has {some.shape[-1]}"
            )
        apart = _apart(before, some)
        if not len(apart):
            return
        again = _some_of(ask_again())
        noise, distance = _distance(again, some), _distance(before, some)
        if len(_apart(again, some)) and distance <= _NOISES * noise:
            self.is_stochastic()
            return
        first = apart[0]
        raise other_model(
            self.folder,
            f"of {len(some)} samples it predicted {len(apart)} otherwise. For the first of these it predicted "
            f"{_brief(before[first])}, and this one predicts {_brief(some[first])}",
        )

    def is_stochastic(self) -> None:
        """Note that the model never predicts the same twice, and warn of it."""
        self.stochastic = True
        warn_user(
            f"checkpoint={str(self.folder)!r}: the model is stochastic: it predicts something else for the same inputs "
            "each time. The finished rows are kept and the run goes on; whether it is the model of the run before "
            "cannot be told",
        )

    def finish(self, chunks: int, rows: int) -> None:
        """Note where the data ends.

        Raises
        ------
        LimeError
            The folder holds more chunks than the data has, or was made of another number of rows.
        """
        if any(number >= chunks for number in part_numbers(self.folder)):
            raise _other_data(self.folder, "it holds rows beyond the end of these")
        if self.rows is not None and rows != self.rows:
            raise _other_data(self.folder, f"it had {counted(self.rows, 'row')}, and these are {rows:,}")
        if self.content["rows"] is None:
            self.rows = self.content["rows"] = rows
            self._write_manifest()

    def chunks_to_check(self, most: int) -> set[int]:
        """Return which finished chunks are to be compared with the model: some that stand far apart."""
        numbers = part_numbers(self.folder)
        return {numbers[round(place)] for place in np.linspace(0, len(numbers) - 1, most)} if numbers else set()

    def _write_manifest(self) -> None:
        text = json.dumps(with_checksum(self.content)) + "\n"
        _replace(self.folder / _MANIFEST, lambda draft: draft.write(text.encode("ascii")))

    def part(self, number: int, chunk: Chunk) -> tuple[PartFile | None, int]:
        """Return a finished chunk and how many of its rows could not be explained; None where it is still to be done.

        Raises
        ------
        LimeError
            It was made of other rows, or is damaged; or the data goes on where it ended before.
        """
        if self.rows is not None and chunk.start + len(chunk.ids) > self.rows:
            raise _other_data(self.folder, f"it had {counted(self.rows, 'row')}, and these are more")
        path = self._path(number)
        if target_of(path, follow=False)[1] is None:
            return None, 0
        part, notes = read_part(path)
        failures = int(notes["lime.failures"])
        if notes.get("lime.data") != _digest_of(chunk):
            raise _other_data(self.folder, f"the rows from position {chunk.start} differ, or what they are called")
        return part, failures

    def keep(self, number: int, chunk: Chunk, columns: Columns) -> PartFile:
        """Write a finished chunk."""
        notes = {
            "lime.data": _digest_of(chunk),
            "lime.rows": str(len(columns)),
            "lime.failures": str(len(columns.errors)),
        }
        table = table_of(columns, notes)
        path = self._path(number)
        _replace(path, lambda draft: write_table(table, draft))
        return PartFile(path, 0, len(columns))

    def _path(self, number: int) -> Path:
        return self.folder / part_name(number)


@contextmanager
def locked(checkpoint: str | os.PathLike[str]) -> Iterator[Path]:
    """Make a folder for a checkpoint if need be, and keep other runs away from it; yield its absolute path.

    Raises
    ------
    TypeError, ValueError
        `checkpoint` is no path, or an empty one.
    LimeError
        It is a file, or another run is at work in it.
    """
    folder = _folder_of(checkpoint)
    lock = FileLock(folder / _LOCK)
    try:
        taken = lock.acquire()
    except OSError as error:
        raise LimeError(f"checkpoint={str(folder)!r}: the folder cannot be locked ({error})") from error
    if taken is False:
        raise LimeError(
            f"checkpoint={str(folder)!r} is in use by another run; wait until that one has ended, or choose another "
            "folder"
        )
    try:
        if taken is None:
            warn_user(
                f"checkpoint={str(folder)!r}: this file system has no locks; let one process at a time use the folder",
            )
        remove_drafts(folder)
        yield folder
    finally:
        lock.release()


def _folder_of(checkpoint: str | os.PathLike[str]) -> Path:
    """The folder, made if need be, by its absolute path: the program may change its own."""
    if not isinstance(checkpoint, str | os.PathLike):
        raise TypeError(f"checkpoint={checkpoint!r}: expected the path of a folder")
    if not os.fspath(checkpoint):
        raise ValueError(f"checkpoint={checkpoint!r}: expected the path of a folder; the current one is '.'")
    path = Path(checkpoint)
    if path.exists() and not path.is_dir():
        raise LimeError(f"checkpoint={str(path)!r} is a file: expected a folder, or a name that is not there yet")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LimeError(f"checkpoint={str(path)!r}: the folder cannot be made ({error})") from error
    return path.absolute()


def _other_data(folder: Path, how: str) -> LimeError:
    return LimeError(
        f"checkpoint={str(folder)!r} was made of other data: {how}; choose another folder, or remove this one"
    )


def other_model(folder: Path, how: str) -> LimeError:
    """The error that says so."""
    return LimeError(
        f"checkpoint={str(folder)!r} was made with another model: {how}; choose another folder, or remove this one"
    )


def _apart(before: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which answers differ by more than rounding.

    Offsets say nothing of a regression: what its answers tell is told by how far they differ. NaN and infinities, which
    classes that are not explained may have, agree with themselves alone.
    """
    finite = np.isfinite(before)
    least = np.min(before, axis=0, where=finite, initial=np.inf)
    greatest = np.max(before, axis=0, where=finite, initial=-np.inf)
    span = np.where(finite.any(axis=0), greatest - least, 0.0)
    allowed = 1e-3 * span + 1e-6 * np.max(np.abs(before), axis=0, where=finite, initial=0.0)
    with np.errstate(invalid="ignore"):
        alike = np.abs(now - before) <= allowed
    alike |= ~finite & ((now == before) | (np.isnan(now) & np.isnan(before)))
    return np.flatnonzero(~alike.all(axis=1))


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Root mean square of the differences between answers, of those that are finite."""
    both = np.isfinite(one) & np.isfinite(other)
    return float(np.sqrt(np.mean((one[both] - other[both]) ** 2))) if both.any() else 0.0


def _some_of(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Some of the answers. Evenly spaced ones would not do: in a Sobol sequence they lie in one corner."""
    count = min(len(answers), _ANSWERS, max(_NUMBERS // answers.shape[1], 16))
    chosen = np.sort(np.random.default_rng(0).choice(len(answers), count, replace=False))
    return np.asarray(answers[chosen], dtype=np.float64)


def _brief(answer: NDArray[np.float64]) -> str:
    shown = ", ".join(f"{number:.6g}" for number in answer[:5])
    return f"[{shown}{', …' if len(answer) > 5 else ''}]"


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say which file is damaged, whatever its content makes a reader raise."""
    try:
        yield
    except (LimeError, PermissionError):
        raise
    except Exception as error:
        raise LimeError(f"{path} is damaged ({type(error).__name__}: {error}); {_ANEW}") from error


def state_of(explainer: Any) -> dict[str, Any]:
    """An explainer's attributes, less its seed, which is told apart, and what fills with use."""
    left_out = CACHES | {"_seed", "_seeded_state", "random_state"}
    return {key: value for key, value in vars(explainer).items() if key not in left_out}


def _as_given(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings in one form: labels as a list, whatever held them, and an estimator by its parameters.

    What an earlier fit left on an estimator says nothing of the run.
    """
    regressor, labels = settings.get("model_regressor"), settings.get("labels")
    if hasattr(regressor, "get_params"):
        settings = {**settings, "model_regressor": clone(regressor)}
    if isinstance(labels, int | np.integer | str):
        settings = {**settings, "labels": [labels]}
    elif isinstance(labels, Iterable):
        settings = {**settings, "labels": list(labels)}
    # What a call has since later versions counts where it is used: folders of earlier ones are gone on with.
    return {name: value for name, value in settings.items() if name not in SINCE or value != SINCE[name]}


def _digest_of(chunk: Chunk) -> str:
    """Of its rows and their names."""
    return digest([chunk.rows, list(chunk.ids)])


def _kind(model: Any) -> str:
    """The class of a model; functions have none of their own, and their names say little."""
    owner = getattr(model, "__self__", None)
    kind = type(model if owner is None else owner)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name if owner is None else f"{name}.{getattr(model, '__name__', '')}"


def _is_left_over(name: str) -> bool:
    """Whether a file is what a run that was killed before it began leaves, of this release or of one before it."""
    return name == _LOCK or name.endswith((".lime-draft", ".tmp"))


def _replace(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file under another name, and give it its own when it is safe on the disk."""
    try:
        # Nothing in a checkpoint is a link, unless somebody planted it.
        with writing(path, durable=True, follow=False) as draft:
            write(draft)
    except OSError as error:  # Arrow does not say of which file it speaks
        raise LimeError(
            f"cannot write {path} ({error}); the rows that were finished before are kept, and the same call goes on "
            "from there"
        ) from error
