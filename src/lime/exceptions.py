"""The classic address of `LimeError`."""

from __future__ import annotations

from lime.results.exceptions import LimeError

__all__ = ["LimeError"]
