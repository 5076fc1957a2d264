"""Classes by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NAMED_AT_MOST = 20
"""Names that one sentence lists."""


def position_of_name(name: str, names: Sequence[Any]) -> int:
    """Find the class of a name.

    Parameters
    ----------
    name : str
        What a user calls the class.
    names : sequence
        Names of all classes, by position.

    Returns
    -------
    int
        Its position.

    Raises
    ------
    KeyError
        If no class has this name, or several have it; the message is one sentence.
    """
    every = [str(one) for one in names]
    places = [place for place, one in enumerate(every) if one == name]
    if len(places) == 1:
        return places[0]
    if places:
        raise KeyError(f"the classes {', '.join(map(str, places))} all have this name, so that a number is needed")
    shown = ", ".join(one[:80] for one in every[:NAMED_AT_MOST])
    more = f" and {len(every) - NAMED_AT_MOST} more" if len(every) > NAMED_AT_MOST else ""
    raise KeyError(f"no class has this name; the classes are {shown}{more}")
