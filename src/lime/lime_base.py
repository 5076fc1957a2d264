"""Address of 0.2.0.1 for :class:`lime.engine.base.LimeBase`."""

from __future__ import annotations

from lime.engine.base import LimeBase

__all__ = ["LimeBase"]
