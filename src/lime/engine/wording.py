"""Numbers of things inside sentences."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: "1 model call", "5,001 model calls".

    Parameters
    ----------
    number : int
    one : str
        The noun for 1.
    many : str, optional
        The noun for all other numbers; `one` with an s when None.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
