"""What all chunks share, handed to workers once instead of with each chunk."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

__all__ = ["WorkerPayload"]

_IN_PROCESS: OrderedDict[str, Any] = OrderedDict()
_AT_MOST = 2

INLINE = 4_000_000
"""Bytes up to which a task takes them along: a few milliseconds. A larger array joblib maps into its workers' memory,
and at the end of a call it may have to wait a tenth of a second until the last of them has let go of it."""


class WorkerPayload:
    """Something large that many tasks need: explainer, model, neighbourhood.

    In the same process, or between threads, it is what it is and never copied. When a task takes it to another
    process it travels as bytes, made once; where these are many, as an array of them: joblib maps such an array into
    its workers' memory, or hands it to a cluster's workers once. A worker unpacks it at its first task and keeps it
    for the next ones.

    Parameters
    ----------
    content : object
        Anything that cloudpickle can pickle, where it has to travel.
    parts : mapping of str to object
        What it consists of, by names for a message where it cannot be pickled.
    """

    def __init__(self, content: Any, parts: Mapping[str, Any]) -> None:
        self._parts: Mapping[str, Any] = parts
        self._token = uuid.uuid4().hex
        self._content: Any = content
        self._packed: bytes | NDArray[np.uint8] | None = None

    def content(self) -> Any:
        """Return what is shared."""
        if self._content is None:
            if self._token not in _IN_PROCESS:
                _IN_PROCESS[self._token] = cloudpickle.loads(memoryview(self._packed))  # type: ignore[arg-type]
                if len(_IN_PROCESS) > _AT_MOST:
                    _IN_PROCESS.popitem(last=False)
            self._content = _IN_PROCESS[self._token]
        return self._content

    def pack(self) -> None:
        """Make the bytes in which it travels.

        Raises
        ------
        TypeError
            If they cannot be made; the message names the part that is to blame.
        """
        if self._packed is None:
            try:
                packed = cloudpickle.dumps(self._content)
            except Exception as error:
                raise TypeError(_why_not(self._parts, error)) from error
            self._packed = packed if len(packed) <= INLINE else np.frombuffer(packed, dtype=np.uint8)

    def __getstate__(self) -> dict[str, Any]:
        self.pack()
        return {"_token": self._token, "_content": None, "_packed": self._packed, "_parts": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __sizeof__(self) -> int:
        """Dask's joblib backend hands what is large to its workers once, and asks this how large it is."""
        return 2**20


def _why_not(parts: Mapping[str, Any], error: Exception) -> str:
    """One sentence: which part cannot be sent to workers, why, and what to do."""
    for name, part in parts.items():
        try:
            cloudpickle.dumps(part)
        except Exception as cause:
            said = " ".join(str(cause).split())
            return (
                f"{name} cannot be sent to workers ({said}): pass n_jobs=1, or build what cannot be sent inside the "
                "function, where each worker makes its own"
            )
    return f"the work cannot be sent to workers ({' '.join(str(error).split())}): pass n_jobs=1"
