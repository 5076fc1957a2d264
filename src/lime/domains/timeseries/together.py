"""Channels and steps of a series that are held fixed, and channels that are hidden together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole
from lime.engine.wording import counted


def check_parts(argument: str, given: Any) -> list[Any]:
    """Parts of series as a list; one alone will do.

    Parameters
    ----------
    argument : str
        Its name, for messages.
    given : str, int, (int, int), slice, range, or collection of these

    Raises
    ------
    ValueError
        If one of them is none of this.
    """
    alone = isinstance(given, str | slice | range) or is_whole(given) or _is_span(given)
    if not alone and not isinstance(given, Iterable):
        raise ValueError(f"{argument}={given!r}: expected channels by name or position, or steps as (start, stop)")
    parts = [given] if alone else list(given)
    for part in parts:
        known = isinstance(part, str | slice | range) or _is_span(part)
        if not known and (not is_whole(part) or isinstance(part, bool | np.bool_)):
            raise ValueError(
                f"{argument} has {part!r}: expected a channel by name or position, or steps as (start, stop), a slice "
                "or a range"
            )
    # Plain values: they are compared and saved with an explainer.
    return [("steps", part.start, part.stop, part.step) if isinstance(part, slice | range) else part for part in parts]


def check_groups(groups: Any) -> dict[str, list[Any]]:
    """Groups of channels by name.

    Raises
    ------
    ValueError
        If it is no mapping, or a group is empty or holds what is no channel.
    """
    if not isinstance(groups, Mapping):
        raise ValueError(f"groups={groups!r}: expected a mapping from a name to channels")
    checked = {}
    for key, given in groups.items():
        argument = f"groups[{str(key)!r}]"
        parts = check_parts(argument, given)
        if not parts:
            raise ValueError(f"{argument} is empty: expected at least one channel")
        steps = [part for part in parts if not isinstance(part, str) and not is_whole(part)]
        if steps:
            raise ValueError(
                f"{argument} has the steps {steps[0]!r}: expected channels; segmentation=, an array with a label for "
                "each step, puts steps together"
            )
        checked[str(key)] = parts
    return checked


def vary(
    segments: NDArray[np.intp],
    channels: int,
    names: Sequence[str] | None,
    *,
    apart: bool,
    fixed: Sequence[Any] | None,
    features: Sequence[Any] | None,
    groups: Mapping[str, Sequence[Any]] | None,
) -> NDArray[np.intp]:
    """Number what may be hidden of a series.

    Parameters
    ----------
    segments : ndarray of int, shape (steps,)
    channels : int
        How many.
    names : sequence of str, optional
        Of the channels.
    apart : bool
        Whether each channel has segments of its own.
    fixed, features : sequence, optional
        What is never hidden, or all that may be.
    groups : mapping, optional
        Channels that are hidden together.

    Returns
    -------
    ndarray of int, shape (steps, channels) or (steps, 1)
        -1 is never hidden; one column where all channels are hidden together.

    Raises
    ------
    ValueError
        If there is no such channel or step, or a channel is in two groups.
    """
    steps, lane = len(segments), np.arange(channels) if apart or groups else np.zeros(channels, dtype=np.intp)
    owner: dict[int, str] = {}
    for name, parts in (groups or {}).items():
        members = [_channel(part, channels, names, f"groups[{name!r}]") for part in parts]
        for channel in members:
            if owner.setdefault(channel, name) != name:
                raise ValueError(
                    f"the channel {_called(channel, names)} is in the groups {owner[channel]!r} and {name!r}: "
                    "expected one"
                )
        lane[members] = lane[min(members)]
    held = np.zeros((steps, channels), dtype=bool)
    if fixed is not None:
        held = _marked(fixed, steps, channels, names, "fixed")
    elif features is not None:
        held = ~_marked(features, steps, channels, names, "features")
    units = segments[:, None] + (segments.max() + 1) * lane
    units = np.where(held, -1, units)
    if not apart and not groups and (held == held[:, :1]).all():
        units = units[:, :1]
    kinds, number = np.unique(units, return_inverse=True)
    return (number.reshape(units.shape) - int(kinds[0] < 0)).astype(np.intp)


def _marked(
    parts: Sequence[Any], steps: int, channels: int, names: Sequence[str] | None, argument: str
) -> NDArray[np.bool_]:
    marked = np.zeros((steps, channels), dtype=bool)
    for part in parts:
        if isinstance(part, str) or is_whole(part):
            marked[:, _channel(part, channels, names, argument)] = True
            continue
        span = part[1:] if part[0] == "steps" else part
        if span[1] is not None and span[1] > steps:
            raise ValueError(f"{argument} has the steps {span!r}, but the series has {counted(steps, 'step')}")
        marked[slice(*span)] = True
    return marked


def _channel(part: Any, channels: int, names: Sequence[str] | None, argument: str) -> int:
    if isinstance(part, str) and names is not None and list(names).count(part) == 1:
        return list(names).index(part)
    if not isinstance(part, str) and -channels <= int(part) < channels:
        return int(part) % channels
    known = f"0 to {channels - 1}" if names is None else ", ".join(map(repr, names))
    raise ValueError(f"{argument} has {part!r}, which is no channel of the series: expected one of {known}")


def _called(channel: int, names: Sequence[str] | None) -> str:
    return str(channel) if names is None else repr(names[channel])


def _is_span(part: Any) -> bool:
    return isinstance(part, tuple) and len(part) == 2 and all(map(is_whole, part)) and 0 <= part[0] < part[1]


def told(
    fixed: Sequence[Any] | None, features: Sequence[Any] | None, groups: Mapping[str, Sequence[Any]] | None
) -> dict[str, Any]:
    """What a repr of an explainer says."""
    said = {"fixed": fixed, "features": features, "groups": list(groups) if groups else None}
    return {name: value for name, value in said.items() if value is not None}
