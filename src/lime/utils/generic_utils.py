"""Address of 0.2.0.1 for :func:`lime.engine.inspection.has_arg`."""

from __future__ import annotations

from lime.engine.inspection import has_arg

__all__ = ["has_arg"]
