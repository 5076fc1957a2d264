"""Warnings that point at the line of the user's program, however deep in the package they arise."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn_user"]

_SKIPPED = {__name__.partition(".")[0], "contextlib", "functools"}
"""This package, and what stands between two of its functions where one is wrapped."""


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line outside of this package that led here.

    A fixed ``stacklevel`` is right for one way to a warning alone, and explainers share what they check.
    ``skip_file_prefixes`` of `warnings.warn` came with Python 3.12.

    Parameters
    ----------
    message : str
    category : type of warning
    """
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 (documented, for all its underscore)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _SKIPPED:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
