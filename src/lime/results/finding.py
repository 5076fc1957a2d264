"""One part of what is known of how good an explanation is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["MEASURED", "Finding"]

MEASURED = ("fresh", "repeats", "off_data", "interactions")
"""Keys of what only an explicit call measures; an explanation keeps these. They stand in files: they never change."""


@dataclass(frozen=True)
class Finding:
    """One part of a card.

    Attributes
    ----------
    key, name : str
        For programs and for people.
    value : str
        The finding in a few words.
    sentence : str
        What it means.
    numbers : dict of str to float, int, bool or None
        The figures behind it.
    """

    key: str
    name: str
    value: str
    sentence: str
    numbers: dict[str, Any]
