"""Running text with marked pieces: what of a long one is folded away, and how a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lime.render.words import clean, wrap

__all__ = ["fold", "marked_lines"]

SHOWN_BESIDE_A_MARK = 160
"""Characters that stay in sight on either side of a long unmarked piece."""

WORTH_FOLDING = 3 * SHOWN_BESIDE_A_MARK
"""Length of an unmarked piece from which its middle is folded away."""

LINES = 14
"""Most lines of a text on a terminal."""


def fold(text: str, around: int = SHOWN_BESIDE_A_MARK, least: int = WORTH_FOLDING) -> tuple[str, str, str]:
    """Split an unmarked piece into what is shown, what is folded away, and what is shown again.

    The three together are the piece. Cuts are made at spaces where there are any near; a short piece is shown whole.
    """
    if len(text) < least:
        return text, "", ""
    start = text.find(" ", around, around + 40) + 1 or around
    stop = text.rfind(" ", len(text) - around - 40, len(text) - around)
    stop = stop if stop > start else len(text) - around
    return text[:start], text[start:stop], text[stop:]


def marked_lines(pieces: Sequence[dict[str, Any]], weights: dict[Any, float], width: int) -> list[str]:
    """Write running text for a terminal, the pieces with weight as ``[+word]`` and ``[-word]``.

    Parameters
    ----------
    pieces : sequence of {"text": str, "feature": feature id or None}
    weights : dict of feature id -> float
    width : int
        Columns to fill.

    Returns
    -------
    list of str
        At most `LINES` lines; what lies far from all marks is left out, as "[...]".
    """
    parts: list[str] = []
    plain = ""
    for piece in [*pieces, {"text": "", "feature": None}]:
        weight = weights.get(piece["feature"], 0.0)
        if not weight and piece["text"]:
            plain += piece["text"]
            continue
        head, middle, tail = fold(plain, 40, 120)
        parts.append(head + (" [...] " if middle else "") + tail)
        plain = ""
        if weight:
            parts.append(f"[{'+' if weight > 0 else '-'}{piece['text']}]")
    return wrap(clean(" ".join("".join(parts).split())), width, LINES)
