"""What a neighbourhood takes of the machine's memory: refused in a sentence before it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["machine_memory", "room_for_samples", "rows_that_fit"]

BYTES_OF_A_NUMBER = 8

_LIMIT_OF_GROUP = Path("/sys", "fs", "cgroup", "memory.max")


def machine_memory() -> int | None:
    """Bytes of memory that this process may use at the most; None where the system does not tell."""
    limits: list[int] = []
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ValueError, OSError):  # "max" is no number
        limits.append(int(_LIMIT_OF_GROUP.read_text()))
    return min((limit for limit in limits if limit > 0), default=None)


def rows_that_fit(size: int) -> int | None:
    """How many rows of some bytes fit into an eighth of the memory, 1 at the least; None where that is not known.

    Parameters
    ----------
    size : int
        Bytes of one row.
    """
    memory = machine_memory()
    return None if memory is None else max(1, memory // 8 // max(1, size))


@contextmanager
def room_for_samples(num_samples: int, d: int, numbers: int) -> Iterator[None]:
    """Refuse in one sentence samples that no memory holds, before the block that draws them, or where it fails by it.

    Refused beforehand is only what lime 0.2.0.1 could not hold either.

    Parameters
    ----------
    num_samples : int
        As it was given.
    d : int
        Number of features.
    numbers : int
        How many numbers of 8 bytes lime 0.2.0.1 holds for them at the least.

    Raises
    ------
    ValueError
    """
    needed, memory = numbers * BYTES_OF_A_NUMBER, machine_memory()
    features = "1 feature" if d == 1 else f"{d} features"
    said = f"num_samples={num_samples} with {features} takes {_gigabytes(needed)} of memory or more"
    if memory is not None and needed > memory:
        raise ValueError(f"{said}, and there are {_gigabytes(memory)}: pass a smaller num_samples")
    try:
        yield
    except MemoryError:
        raise ValueError(f"{said}, which this process cannot have: pass a smaller num_samples") from None


def _gigabytes(size: int) -> str:
    return f"{max(size / 1e9, 0.1):,.1f} GB"
