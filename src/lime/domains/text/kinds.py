"""The kinds of units that ``unit=`` names: words of any script, whole characters, sentences and lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import regex

Span = tuple[int, int]

_WORD_BOUNDARY = regex.compile(r"(?V1)(?w)\b")
_GRAPHEME = regex.compile(r"\X")
_SAYS_SOMETHING = regex.compile(r"[\p{L}\p{N}\p{So}\p{Emoji_Presentation}]")
_STOPS = r"\p{SB=ATerm}\p{SB=STerm}"
_CLOSING = r"[[\p{SB=Close}\p{SB=Extend}\p{SB=Format}]--[\p{Ps}\p{Pi}]]*+ \s*+"
_LOWER_AHEAD = rf"(?! [^\p{{SB=OLetter}}\p{{SB=Upper}}\p{{SB=Lower}}{_STOPS}]{{0,40}}+ \p{{SB=Lower}} )"

_SPACE_OR_END = r"(?: (?<=\s) | $ )"


def _sentence_end(lower_goes_on: bool) -> Any:
    """Where a sentence ends, with the white space after it; `lower_goes_on`: not before a small letter, as in etc."""
    return regex.compile(
        rf"""(?V1x)
        (?<! [{_STOPS}] ) [{_STOPS}]++
        (?:
            (?<=\p{{SB=STerm}}) {_CLOSING}                            # a question mark, an ideographic full stop ...
        |
            (?! \p{{SB=Numeric}} )                                    # a full stop, but not that of 3.14,
            (?! (?<=[\p{{SB=Upper}}\p{{SB=Lower}}].) \p{{SB=Upper}} ) # nor one inside of U.S.,
            {_CLOSING}
            {_LOWER_AHEAD if lower_goes_on else _SPACE_OR_END}
        )
        (?! [\p{{SB=SContinue}}{_STOPS}] )
        |
        \n\s*\n
        """
    )


_SENTENCE_END = _sentence_end(lower_goes_on=True)
_SENTENCE_END_IN_LOWER_CASE = _sentence_end(lower_goes_on=False)


def words(text: str) -> Iterator[Span]:
    """Spans of words by the default rules of Unicode's annex 29 that hold a letter, a number or an emoji.

    Scripts that are written without spaces are cut as the annex says, which knows no dictionary: Chinese and the
    kanji and hiragana of Japanese into single characters, katakana into runs, and Thai, Lao, Khmer and Burmese into
    letters with their vowel signs.
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
    """Spans of sentences by the rules of Unicode's annex 29, but that single line breaks do not end one.

    The annex takes every line break for the end of a paragraph, which would cut mails and other wrapped text into
    lines; here it takes an empty line. It knows no abbreviations: "Dr. Who" is two sentences; "etc. and" is one,
    unless the whole text is in small letters, which then say nothing.
    """
    end = _SENTENCE_END_IN_LOWER_CASE if text == text.lower() else _SENTENCE_END
    start = 0
    for match in end.finditer(text):
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
