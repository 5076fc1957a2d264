"""Silence about warnings of other packages that say nothing to our users, in one thread alone.

``warnings.catch_warnings`` keeps the filters of the whole process and puts them back: of two threads that do so at the
same time, one can put back what the other had set, and it stays.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import get_ident
from typing import Any

__all__ = ["without_warnings"]


class _Here:
    """Stands where a filter has the pattern of its messages, and matches in the thread that made it."""

    pattern = ""
    """What scikit-learn hands to its workers of a filter: there it matches every message."""

    def __init__(self) -> None:
        self.thread: int | None = get_ident()

    def match(self, text: str) -> bool:
        return self.thread == get_ident()


@contextmanager
def without_warnings(category: type[Warning]) -> Iterator[None]:
    """Show no warnings of a category that this thread meets in the block; other threads see theirs.

    A filter of its own is put before the others and taken away again: nothing is put back that somebody else may have
    changed.

    Parameters
    ----------
    category : type
    """
    if getattr(sys.flags, "context_aware_warnings", False):  # where filters belong to a thread or task anyway
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category)
            yield
        return
    here = _Here()
    entry: Any = ("ignore", here, category, None, 0)
    filters: Any = warnings.filters
    filters.insert(0, entry)
    try:
        yield
    finally:
        here.thread = None  # where somebody kept a copy of the filters, this one is dead in it
        with suppress(ValueError):
            filters.remove(entry)
