"""Text from strangers: made harmless, measured in terminal columns, and wrapped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = [
    "LONGEST_SENTENCE",
    "breakable",
    "clean",
    "clip",
    "clip_middle",
    "display_width",
    "pad",
    "shorten",
    "wrap",
    "wrap_ends",
]

LONGEST = 400
"""Characters of a name that a page shows."""

LONGEST_SENTENCE = 4000
"""Characters of a sentence, which may hold several names, that a page shows."""

# Marks that change the direction of the text around them, line separators, and what terminals obey.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")


def clean(text: str) -> str:
    """Write control characters, marks of direction and lone surrogates as escapes, so that they change nothing."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character in _BIDI or unicodedata.category(character) in ("Cc", "Cs"):
        return character.encode("unicode_escape").decode("ascii")
    return character


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def display_width(text: str) -> int:
    """Return how many terminal columns a text takes: two for wide characters, none for combining ones."""
    return sum(map(_width, text))


def _cells(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character together with the combining ones after it, and its width."""
    cell, width = "", 0
    for character in text:
        size = _width(character)
        if size == 0 or not cell or cell.endswith("\u200d"):
            cell, width = cell + character, max(width, size)
            continue
        yield cell, width
        cell, width = character, size
    if cell:
        yield cell, width


def clip(text: str, width: int) -> str:
    """Cut a text to `width` columns, the last of which is then an ellipsis."""
    if width < 1:
        return ""
    if display_width(text) <= width:
        return text
    kept, used = [], 0
    for cell, size in _cells(text):
        if used + size > width - 1:
            break
        kept.append(cell)
        used += size
    return "".join(kept) + "…"


def clip_middle(text: str, width: int) -> str:
    """Cut the middle out of a text to `width` columns, so that its beginning and its end stay."""
    if display_width(text) <= width or width < 3:
        return clip(text, width)
    cells = list(_cells(text))
    last = len(cells)
    used = 0
    while used + cells[last - 1][1] <= width // 2:
        last -= 1
        used += cells[last][1]
    tail = "".join(cell for cell, _ in cells[last:])
    return clip(text, width - used) + tail


def shorten(text: str, longest: int = LONGEST) -> str:
    """Cut the middle out of a text of more than `longest` characters, in time that does not grow with its length.

    Both ends stay: long names are often told apart by their ends alone.
    """
    if len(text) <= longest:
        return text
    tail = longest // 2
    return text[: longest - tail - 1] + "…" + text[-tail:]


def pad(text: str, width: int, right: bool = False) -> str:
    """Fill a text with spaces up to `width` columns, on its left if it is to stand at the right."""
    space = " " * max(width - display_width(text), 0)
    return space + text if right else text + space


def breakable(text: str) -> list[str]:
    """Cut a text after each space, underscore and slash, where a line may end."""
    return re.findall(r"[^ _/]*[ _/]|[^ _/]+", text)


def wrap(text: str, width: int, max_lines: int = 4) -> list[str]:
    """Break a text into lines of at most `width` columns, where `breakable` allows it or else anywhere.

    Returns
    -------
    list of str
        At least one line, at most `max_lines`; an ellipsis ends the last one where text was left out.
    """
    width = max(width, 2)
    lines: list[str] = []
    line = ""
    for piece in breakable(text[: width * (max_lines + 2) * 4]):
        if display_width(line + piece.rstrip(" ")) <= width:
            line += piece
            continue
        if line:
            lines.append(line.rstrip(" "))
            line = ""
        if display_width(piece.rstrip(" ")) <= width:
            line = piece
            continue
        used = 0
        for cell, size in _cells(piece):
            if used + size > width:
                lines.append(line)
                line, used = "", 0
            line += cell
            used += size
    lines.append(line.rstrip(" "))
    if len(lines) > max_lines:
        rest = lines[max_lines - 1] + " " * width + "."
        lines = [*lines[: max_lines - 1], clip(rest, width)]
        lines[-1] = lines[-1][:-1].rstrip() + "…"
    return lines


def wrap_ends(text: str, width: int, max_lines: int = 4) -> list[str]:
    """Break a text into at most `max_lines` lines as `wrap` does, but leave out its middle where it is too long."""
    width = max(width, 2)
    room = width * max_lines
    while True:
        lines = wrap(clip_middle(text, room), width, max_lines + 1)
        if len(lines) <= max_lines or room <= width:
            return lines[:max_lines]
        room -= max((width + 7) // 8, 1)
