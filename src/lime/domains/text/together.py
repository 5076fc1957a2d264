"""Words of a text that are held fixed, and words that leave together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lime.domains.text.units import Units
from lime.engine.inspection import is_whole
from lime.engine.wording import counted

Parts = Sequence[Any]
"""Parts of a text: words or phrases, ("pattern", source, flags), and spans (start, stop)."""

PATTERN = "pattern"


def check_parts(argument: str, given: Any) -> list[Any]:
    """Parts of texts as a list; one alone will do.

    Parameters
    ----------
    argument : str
        Its name, for messages.
    given : str, Pattern, (int, int), or collection of these

    Raises
    ------
    ValueError
        If one of them is none of this.
    """
    alone = isinstance(given, str | re.Pattern) or _is_span(given)
    if not alone and not isinstance(given, Iterable):
        raise ValueError(f"{argument}={given!r}: expected words, spans (start, stop) or compiled regular expressions")
    parts = [given] if alone else list(given)
    for part in parts:
        is_pattern = isinstance(part, re.Pattern) and isinstance(part.pattern, str)
        if not (isinstance(part, str) and part.strip()) and not is_pattern and not _is_span(part):
            raise ValueError(
                f"{argument} has {part!r}: expected a word, a span (start, stop) in characters, or a compiled regular "
                "expression"
            )
    # Plain values: they are compared and saved with an explainer.
    return [(PATTERN, part.pattern, part.flags) if isinstance(part, re.Pattern) else part for part in parts]


def check_groups(groups: Any) -> dict[str, list[Any]]:
    """Groups of parts of texts by name.

    Raises
    ------
    ValueError
        If it is no mapping, a group is empty, or a word is in two of them.
    """
    if not isinstance(groups, Mapping):
        raise ValueError(f"groups={groups!r}: expected a mapping from a name to words")
    checked: dict[str, list[Any]] = {}
    owner: dict[str, str] = {}
    for key, parts in groups.items():
        name = str(key)
        checked[name] = check_parts(f"groups[{name!r}]", parts)
        if not checked[name]:
            raise ValueError(f"groups[{name!r}] is empty: expected at least one word")
        for word in {part.casefold() for part in checked[name] if isinstance(part, str)}:
            if word in owner:
                raise ValueError(f"the word {word!r} is in the groups {owner[word]!r} and {name!r}: expected one")
            owner[word] = name
    return checked


def regroup(indexed: Units, fixed: Parts | None, features: Parts | None, groups: Mapping[str, Parts] | None) -> Units:
    """A text of which some words stay, and some leave together.

    Parameters
    ----------
    indexed : Units
    fixed, features : sequence, optional
        What stays, or all that may leave.
    groups : mapping, optional
        What leaves together, by name.

    Raises
    ------
    ValueError
        If a word of the text is in two groups.
    """
    pieces, starts = list(indexed.pieces()), indexed.string_start.tolist()
    spans = [(start, start + len(piece), unit) for (piece, unit), start in zip(pieces, starts, strict=True)]
    held = _found(indexed.raw, pieces, spans, fixed or ())
    if features is not None:
        chosen = _found(indexed.raw, pieces, spans, features)
        held = {place for place, (_, unit) in enumerate(pieces) if unit >= 0 and place not in chosen}
    names: dict[int, str] = {}
    for name, parts in (groups or {}).items():
        for place in _found(indexed.raw, pieces, spans, parts):
            if names.setdefault(place, name) != name:
                raise ValueError(
                    f"the word {pieces[place][0]!r} is in the groups {names[place]!r} and {name!r}: expected one"
                )
    keys: dict[Any, int] = {}
    owners, words = [], []
    for place, (piece, unit) in enumerate(pieces):
        if unit < 0 or place in held:
            owners.append(-1)
            continue
        key: Any = ("group", names[place]) if place in names else unit
        if key not in keys:
            keys[key] = len(keys)
            words.append(names.get(place, piece))
        owners.append(keys[key])
    return indexed.with_owners(owners, words)


def _found(
    text: str, pieces: Sequence[tuple[str, int]], spans: Sequence[tuple[int, int, int]], parts: Parts
) -> set[int]:
    """Places of the units that some parts mean, among the pieces of a text."""
    found: set[int] = set()
    for part in parts:
        if isinstance(part, str):
            same = {k for k, (piece, unit) in enumerate(pieces) if unit >= 0 and piece.casefold() == part.casefold()}
            pattern = re.compile(rf"(?<!\w){re.escape(part)}(?!\w)", re.IGNORECASE)
            found |= same or _inside(spans, [match.span() for match in pattern.finditer(text)])
        elif part[0] == PATTERN:
            matches = re.compile(part[1], part[2]).finditer(text)
            found |= _inside(spans, [match.span() for match in matches])
        else:
            found |= _inside(spans, [(int(part[0]), int(part[1]))])
    return found


def _inside(spans: Sequence[tuple[int, int, int]], wanted: Collection[tuple[int, int]]) -> set[int]:
    """Places of the units that touch some spans."""
    return {
        place
        for place, (start, stop, unit) in enumerate(spans)
        if unit >= 0 and any(start < last and first < stop for first, last in wanted)
    }


def _is_span(part: Any) -> bool:
    return isinstance(part, tuple) and len(part) == 2 and all(map(is_whole, part)) and 0 <= part[0] < part[1]


def told(fixed: Parts | None, features: Parts | None, groups: Mapping[str, Parts] | None) -> dict[str, Any]:
    """What a repr of an explainer says."""
    said: dict[str, Any] = {}
    for name, parts in (("fixed", fixed), ("features", features)):
        if parts is not None:
            said[name] = counted(len(parts), "part")
    if groups:
        said["groups"] = list(groups)
    return said
