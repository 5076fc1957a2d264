"""What all chunks share, handed to workers once instead of with each chunk."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

__all__ = ["Shared"]

_IN_PROCESS: OrderedDict[str, Any] = OrderedDict()
_AT_MOST = 2

INLINE = 4_000_000
"""Bytes up to which a task takes them along: a few milliseconds. A larger array joblib maps into its workers' memory,
and at the end of a call it may have to wait a tenth of a second until the last of them has let go of it."""


class Shared:
    """Something large that many tasks need: explainer, model, neighbourhood.

    In the same process, or between threads, it is what it is and never copied. When a task takes it to another
    process it travels as bytes, made once; where these are many, as an array of them: joblib maps such an array into
    its workers' memory, or hands it to a cluster's workers once. A worker unpacks it at its first task and keeps it
    for the next ones.

    Parameters
    ----------
    content : object
        Anything that cloudpickle can pickle, where it has to travel.
    """

    def __init__(self, content: Any) -> None:
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

    def __getstate__(self) -> dict[str, Any]:
        if self._packed is None:
            packed = cloudpickle.dumps(self._content)
            self._packed = packed if len(packed) <= INLINE else np.frombuffer(packed, dtype=np.uint8)
        return {"_token": self._token, "_content": None, "_packed": self._packed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __sizeof__(self) -> int:
        """Dask's joblib backend hands what is large to its workers once, and asks this how large it is."""
        return 2**20
