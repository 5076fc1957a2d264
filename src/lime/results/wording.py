"""Numbers of things inside sentences, for those rooms that may not reach the engine."""

from __future__ import annotations

from lime.engine.warn import warn_user
from lime.engine.wording import counted

__all__ = ["counted", "warn_user"]
