"""Cutting a text by a regular expression: where its pieces stand, and what a reader must know of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import regex

Span = tuple[int, int]

_MARK = regex.compile(r"\p{M}")
_TOKENIZER_METHODS = ("span_tokenize", "encode", "tokenize")


def is_tokenizer(split_expression: Any) -> bool:
    """Whether this is a tokenizer, and no regular expression; what is neither is read as the latter, as it was."""
    if isinstance(split_expression, str | bytes | re.Pattern):
        return False
    return callable(split_expression) or any(hasattr(split_expression, name) for name in _TOKENIZER_METHODS)


def compiled(expression: Any) -> re.Pattern[str]:
    """Return a regular expression, compiled; anything else than a str is read as what it prints as, as in 0.2.0.1.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(expression, re.Pattern) and isinstance(expression.pattern, str):
        return expression
    try:
        return re.compile(expression if isinstance(expression, str) else str(expression))
    except re.error as error:
        raise ValueError(
            f"split_expression={expression!r} is no regular expression ({error}): expected one that matches what "
            "stands between words, or a tokenizer"
        ) from error


def between(text: str, expression: Any) -> Iterator[Span]:
    """Spans of the non-empty pieces between matches of a regular expression."""
    end = 0
    for match in compiled(expression).finditer(text):
        if end < match.start():
            yield end, match.start()
        end = match.end()
    if end < len(text):
        yield end, len(text)


def notes_on_cutting(text: str, expression: Any, pieces: Sequence[str]) -> list[str]:
    """Sentences about an expression that cuts a text where a reader would not.

    Parameters
    ----------
    text : str
    expression : object
        As it was given.
    pieces : sequence of str
        The text in pieces, words and what is between them.

    Returns
    -------
    list of str
    """
    notes = []
    if not isinstance(expression, str | re.Pattern):
        notes.append(
            f"split_expression={expression!r} was read as the regular expression {str(expression)!r}: expected a "
            "str, a compiled expression or a tokenizer."
        )
    if any(match.start() == match.end() for match in compiled(expression).finditer(text)):
        notes.append(
            f"split_expression={_written(expression)!r} matches where there is no character, and so may cut words "
            "apart: expected an expression that matches what stands between words, as '\\W+' does."
        )
    elif not text.isascii():
        cut = [(one, other) for one, other in pairwise(pieces) if _cuts_at_mark(one, other)]
        if cut:
            notes.append(
                f"split_expression={_written(expression)!r} cuts words at their marks, such as accents and vowel "
                f"signs, in {len(cut)} places: {cut[0][0]!r} is a piece of a word. unit='word' keeps them."
            )
    return notes


def _cuts_at_mark(piece: str, after: str) -> bool:
    """Whether the first mark of the piece `after` belongs to the last letter of `piece`."""
    return piece[-1:].isalpha() and _MARK.match(after) is not None


def _written(expression: Any) -> str:
    return expression.pattern if isinstance(expression, re.Pattern) else str(expression)
