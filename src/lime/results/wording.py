"""Numbers of things inside sentences, for those rooms that may not reach the engine."""

from __future__ import annotations

from lime.engine.warn import warn_user
from lime.engine.wording import counted

__all__ = ["counted", "warn_user"]


def as_after_were(condition: str) -> str:
    """A condition as it stands after "were": "job is not nurse" is "job not nurse"."""
    return condition if " <= " in condition or " > " in condition else condition.replace(" is ", " ", 1)


def short_number(value: float) -> str:
    """Three digits of a small number, all whole ones of a large one."""
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
