"""Predictions in a folder that several processes and threads use at a time."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from lime.models.prediction_rows import PredictionRow

LEASE, BEAT = 30.0, 5.0
"""Seconds for which a claim holds that nobody renews, and after which it is renewed."""


class PredictionStore:
    """Answers to single inputs by key, and claims of those who are about to ask for some.

    Parameters
    ----------
    path : str
        A folder, made if there is none.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._users = threading.local()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PredictionStore) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __reduce__(self) -> tuple[Any, ...]:
        return PredictionStore, (self.path,)

    @cached_property
    def _cache(self) -> Any:
        import diskcache

        # Without limits: what was paid for is never thrown away.
        return diskcache.Cache(self.path, eviction_policy="none", cull_limit=0, size_limit=2**62)

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Hold the store open in this thread: to open and to close it takes longer than what is done in between.

        Yields
        ------
        diskcache.Cache
            Whose connection each thread has for itself.
        """
        self._users.count = getattr(self._users, "count", 0) + 1
        try:
            yield self._cache
        except sqlite3.DatabaseError as error:
            if not getattr(error, "__notes__", None):
                error.add_note(f"{self.path} holds what lime.cached kept; if it is damaged, remove the folder")
            raise
        finally:
            self._users.count -= 1
            if not self._users.count and "_cache" in vars(self):  # else it could not be opened
                self._cache.close()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with self.opened() as cache, cache.transact(retry=True):
            yield cache

    def read(self, keys: Iterable[str]) -> dict[str, PredictionRow]:
        """Look answers up.

        Parameters
        ----------
        keys : iterable of str

        Returns
        -------
        dict of str to PredictionRow
            Without those that are not there, or are damaged: they are asked for again.
        """
        with self._transaction() as cache:
            found = {key: _read(cache.get(f"answer {key}"), key) for key in keys}
        return {key: row for key, row in found.items() if row is not None}

    def keep(self, answers: Mapping[str, PredictionRow]) -> None:
        """Keep answers.

        Parameters
        ----------
        answers : mapping of str to PredictionRow
        """
        with self._transaction() as cache:
            for key, row in answers.items():
                cache.set(f"answer {key}", _written(row, key))

    @contextmanager
    def claiming(self, keys: Iterable[str]) -> Iterator[list[str]]:
        """Claim answers that are not there and that nobody is about to ask for.

        Others wait for these answers until the claims end, or this process does.

        Parameters
        ----------
        keys : iterable of str

        Yields
        ------
        list of str
            Those that are claimed.
        """
        token = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"
        ended = threading.Event()
        beats = threading.Thread(target=self._renew, args=(token, ended), daemon=True)
        mine: list[str] = []
        try:
            with self._transaction() as cache:
                cache.set(f"alive {token}", 1, expire=LEASE)
                alive: dict[str, bool] = {}
                for key in keys:
                    other = cache.get(f"claim {key}")
                    if other is not None and other not in alive:
                        alive[other] = _runs(other) and f"alive {other}" in cache
                    if _read(cache.get(f"answer {key}"), key) is None and not alive.get(other, False):
                        cache.set(f"claim {key}", token)
                        mine.append(key)
            if mine:
                beats.start()
            yield mine
        finally:
            ended.set()
            if beats.ident is not None:
                beats.join()
            with self._transaction() as cache:
                for key in mine:
                    cache.delete(f"claim {key}")
                cache.delete(f"alive {token}")

    def _renew(self, token: str, ended: threading.Event) -> None:
        while not ended.wait(BEAT):
            with self.opened() as cache:
                cache.set(f"alive {token}", 1, expire=LEASE, retry=True)

    def wait(self) -> None:
        """Wait a little for the answers that others have claimed."""
        time.sleep(0.05)


def _runs(token: str) -> bool:
    """Whether the process of a claim may still run; what runs elsewhere renews its claims."""
    host, process, _ = token.rsplit(" ", 2)
    if host != socket.gethostname() or os.name != "posix":
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _written(row: PredictionRow, key: str) -> str:
    text = json.dumps({"values": row.values.tolist(), "names": row.names, "is_dict": row.is_dict})
    return f"{_checksum(key, text)} {text}"


def _read(text: Any, key: str) -> PredictionRow | None:
    """An answer as it was written; None where it is damaged. Before there were checksums it was JSON alone."""
    try:
        checksum, _, bare = ("", "", text) if text.startswith("{") else text.partition(" ")
        if checksum and checksum != _checksum(key, bare):
            return None
        content = json.loads(bare)
        names = None if content["names"] is None else tuple(content["names"])
        return PredictionRow(np.array(content["values"], dtype=np.float64), names, content["is_dict"])
    except (AttributeError, TypeError, ValueError, KeyError):
        return None


def _checksum(key: str, text: str) -> str:
    """A digest of an answer and of what it is the answer to."""
    return hashlib.blake2b(f"{key} {text}".encode(), digest_size=16).hexdigest()
