"""Which bar shows how far the work has come, for those rooms that may not reach the engine."""

from __future__ import annotations

from lime.engine.progress import progress_class

__all__ = ["progress_class"]
