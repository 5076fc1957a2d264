"""Finished chunks in a folder, so that a run that was ended at any moment goes on where it stopped.

A folder holds ``manifest.json``, written first, and one Parquet file a finished chunk. Each file is written under
another name, flushed to the disk and renamed, so that what has its name is complete.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from lime.results.columns import Columns
from lime.results.errors import LimeError
from lime.results.explanations import check_whole
from lime.results.parquet import SCHEMA, PartFile, table_of, write_table
from lime.scale.data import Chunk
from lime.scale.fingerprint import CACHES, digest

__all__ = ["Checkpoint", "agree", "state_of"]

FORMAT = "lime.checkpoint/1"
_MANIFEST = "manifest.json"

_WORDS = {
    "explainer": "another explainer (its settings or the statistics of its training data)",
    "settings": "other settings of the call",
    "seed": "another seed",
    "model": "another kind of model",
    "schema": "another version of the files",
}


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
    """

    folder: Path
    seed: int
    chunk_rows: int

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        explainer: Any,
        settings: dict[str, Any],
        model: Any,
        seed: int | None,
        fresh_seed: int,
        chunk_rows: int,
    ) -> Checkpoint:
        """Begin a checkpoint in a folder, or go on with the one that is there.

        Parameters
        ----------
        folder : path
            Is made if need be.
        explainer : Explainer
        settings : dict
        model : callable or model
            Told by the kind of thing that it is; whether it answers the same is for the run to find out.
        seed : int or None
            The explainer's seed, None where it has none.
        fresh_seed : int
            The run's seed if it begins and there is no other.
        chunk_rows : int
            Rows of a chunk, if the run begins.

        Raises
        ------
        LimeError
            The folder holds a checkpoint of another run, of an unknown version, or other files.
        """
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        identity = {
            "schema": SCHEMA,
            "explainer": digest({"class": type(explainer), "state": state_of(explainer)}),
            "settings": digest(_as_given(settings)),
            "seed": seed,
            "model": _kind(model),
        }
        manifest = path / _MANIFEST
        if not manifest.exists():
            strangers = sorted(item.name for item in path.iterdir() if item.suffix != ".tmp")
            if strangers:
                raise LimeError(
                    f"checkpoint={str(path)!r} holds {strangers[0]!r} but no checkpoint: expected a folder that is "
                    "empty, or not there yet"
                )
            content = {
                "format": FORMAT,
                "identity": identity,
                "run_seed": fresh_seed if seed is None else seed,
                "chunk_rows": chunk_rows,
            }
            _replace(manifest, lambda draft: draft.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8"))
        with _reading(manifest):
            content = json.loads(manifest.read_text(encoding="utf-8"))
            found = content["format"]
        if found != FORMAT:
            raise LimeError(
                f"checkpoint={str(path)!r} is of format {found!r}: this release of lime goes on with {FORMAT!r} only"
            )
        with _reading(manifest):
            known = dict(content["identity"])
            run_seed, rows = int(content["run_seed"]), check_whole("chunk_rows", content["chunk_rows"])
        for key, words in _WORDS.items():
            if known.get(key) != identity[key]:
                raise LimeError(
                    f"checkpoint={str(path)!r} was made with {words}: expected the same call; "
                    "choose another folder, or remove this one"
                )
        return cls(path, run_seed, rows)

    def part(self, number: int, chunk: Chunk, with_failures: bool) -> PartFile | None:
        """Return a finished chunk, None where it is still to be done.

        One in which rows could not be explained is finished `with_failures` only.

        Raises
        ------
        LimeError
            It was made of other rows, or is damaged.
        """
        path = self._path(number)
        if not path.exists():
            return None
        import pyarrow.parquet as pq

        with _reading(path):
            notes = {key.decode(): text.decode() for key, text in (pq.read_schema(path).metadata or {}).items()}
            rows, failures = int(notes["lime.rows"]), int(notes["lime.failures"])
        if notes.get("lime.data") != _digest_of(chunk):
            raise LimeError(
                f"checkpoint={str(self.folder)!r} was made of other data: the rows from position {chunk.start} differ, "
                "or what they are called; choose another folder, or remove this one"
            )
        return PartFile(path, 0, rows) if with_failures or not failures else None

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

    def check_end(self, chunks: int) -> None:
        """Refuse a folder that holds more chunks than the data has.

        Raises
        ------
        LimeError
            It does.
        """
        beyond = [path.name for path in self.folder.glob("part-*.parquet") if int(path.stem.split("-")[1]) >= chunks]
        if beyond:
            raise LimeError(
                f"checkpoint={str(self.folder)!r} was made of other data: it holds rows beyond the end of these; "
                "choose another folder, or remove this one"
            )

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:08d}.parquet"


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say which file is damaged. ArrowInvalid is a ValueError, and Parquet files that were cut short an OSError."""
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise LimeError(
            f"{path} is damaged ({type(error).__name__}: {error}); remove the folder to begin anew"
        ) from error


def agree(columns: Columns, again: Columns) -> bool:
    """Whether a row that is explained again gets the answer that it had, up to what parallel sums may change."""
    return np.array_equal(columns.label, again.label) and np.allclose(
        columns.prediction, again.prediction, rtol=1e-3, atol=1e-6, equal_nan=True
    )


def state_of(explainer: Any) -> dict[str, Any]:
    """An explainer's attributes, less its seed, which is told apart, and what fills with use."""
    left_out = CACHES | {"_seed", "_seeded_state", "random_state"}
    return {key: value for key, value in vars(explainer).items() if key not in left_out}


def _as_given(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with an estimator by its parameters: what an earlier fit left on it says nothing of the run."""
    regressor = settings.get("model_regressor")
    return {**settings, "model_regressor": clone(regressor)} if hasattr(regressor, "get_params") else settings


def _digest_of(chunk: Chunk) -> str:
    """Of its rows and their names."""
    return digest([chunk.rows, list(chunk.ids)])


def _kind(model: Any) -> str:
    """The class of a model; functions have none of their own, and their names say little."""
    owner = getattr(model, "__self__", None)
    kind = type(model if owner is None else owner)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name if owner is None else f"{name}.{getattr(model, '__name__', '')}"


def _replace(path: Path, write: Any) -> None:
    """Write a file under another name, and give it its own when it is safe on the disk."""
    draft = path.with_name(path.name + ".tmp")
    write(draft)
    with open(draft, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
