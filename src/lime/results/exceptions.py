"""The error that this package raises where no built-in one says it better."""

from __future__ import annotations


class LimeError(Exception):
    """Something was asked of the package that it cannot do; the message says what came and what was expected."""
