"""The kinds of units that ``unit=`` names: words of any script, whole characters, sentences and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex

Span = tuple[int, int]

_WORD_BOUNDARY = regex.compile(r"(?V1)(?w)\b")
_GRAPHEME = regex.compile(r"\X")
_SAYS_SOMETHING = regex.compile(r"[\p{L}\p{N}\p{So}\p{Emoji_Presentation}]")
_SENTENCE_END = regex.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\u0964]+|\n\s*\n")


def words(text: str) -> Iterator[Span]:
    """Spans of words by the default rules of Unicode's annex 29 that hold a letter, a number or an emoji.

    Scripts that are written without spaces are cut as the annex says, into single ideographs or clusters.
    """
    end = 0
    for boundary in _WORD_BOUNDARY.finditer(text):
        start, end = end, boundary.start()
        if end > start and _SAYS_SOMETHING.search(text, start, end):
            yield start, end
    if end < len(text) and _SAYS_SOMETHING.search(text, end):
        yield end, len(text)


def characters(text: str) -> Iterator[Span]:
    """Spans of grapheme clusters: combining characters and emoji stay whole."""
    for match in _GRAPHEME.finditer(text):
        yield match.span()


def sentences(text: str) -> Iterator[Span]:
    """Spans of sentences: up to a full stop, a question or exclamation mark, or an empty line."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        yield from _stripped(text, start, match.end())
        start = match.end()
    yield from _stripped(text, start, len(text))


def lines(text: str) -> Iterator[Span]:
    """Spans of lines that are not blank, without the white space around them."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield from _stripped(text, start, start + len(line))
        start += len(line)


def _stripped(text: str, start: int, stop: int) -> Iterator[Span]:
    piece = text[start:stop]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    if left < right:
        yield start + left, start + right


KINDS: dict[str, Callable[[str], Iterator[Span]]] = {
    "word": words,
    "character": characters,
    "sentence": sentences,
    "line": lines,
}
