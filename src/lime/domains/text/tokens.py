"""What tokenizers return, brought back to places in the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import index
from typing import Any

from lime.engine.inspection import raised_in

Span = tuple[int, int]

WORD_PIECE_STARTS = ("##", "@@")
WORD_PIECE_ENDS = ("</w>", "@@")
SPACES = "\u2581\u0120\u010a\u0109"
"""What SentencePiece writes for a space, and byte-level BPE for a space, a line break and a tab."""

SPECIAL = ("[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<bos>", "<eos>", "<|endoftext|>")


def token_spans(text: str, tokenizer: Any) -> list[Span]:
    """Ask a tokenizer for a text's tokens and return where they stand.

    Parameters
    ----------
    text : str
    tokenizer : callable, or object with ``span_tokenize``, ``encode`` or ``tokenize``
        Returns one of: strings; (start, stop) offsets; (string, (start, stop)) pairs; tokens or spans of spaCy; an
        encoding with ``offsets`` or ``offset_mapping`` (Hugging Face). Fast tokenizers of Hugging Face, and their
        bound methods, are asked for offsets.

    Returns
    -------
    list of (int, int)
        In order and without overlap. Where the tokenizer gave offsets, spaces around a token do not belong to it,
        and tokens that share a character, as byte-level ones do, are one piece.

    Raises
    ------
    TypeError
        If there is nothing to call, or its answer is of another kind.
    ValueError
        If offsets run backwards or lie outside of the text, or a token cannot be found in it.
    """
    with raised_in("split_expression", "split_expression(text)", "a list of tokens or of (start, stop) offsets"):
        answer = _ask(text, tokenizer)
    offsets = _encoded_offsets(answer)
    if offsets is not None:
        return _checked(text, offsets)
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise TypeError(
            f"split_expression returned {_describe(answer)}: expected a list of tokens or of (start, stop) offsets"
        )
    tokens = list(answer)
    if tokens and all(hasattr(token, "idx") and hasattr(token, "text") for token in tokens):
        return _checked(text, [(token.idx, token.idx + len(token.text)) for token in tokens])
    if tokens and all(hasattr(token, "start_char") and hasattr(token, "end_char") for token in tokens):
        return _checked(text, [(token.start_char, token.end_char) for token in tokens])
    pairs = [_pair(token[1] if _is_named_pair(token) else token) for token in tokens]
    if tokens and None not in pairs:
        return _checked(text, [pair for pair in pairs if pair is not None])
    wrong = [token for token in tokens if not isinstance(token, str)]
    if wrong:
        raise TypeError(
            f"split_expression returned a list that holds {_describe(wrong[0])}: expected strings or "
            "(start, stop) offsets"
        )
    return match_tokens(text, [str(token) for token in tokens])


def _ask(text: str, tokenizer: Any) -> Any:
    owner = getattr(tokenizer, "__self__", None)
    for one in (tokenizer, owner):
        if getattr(one, "is_fast", False) and callable(one):
            return one(text, return_offsets_mapping=True, add_special_tokens=False)
    # A slow tokenizer of Hugging Face answers numbers where it is called, and pieces where it is asked to tokenize.
    names = ("tokenize",) if getattr(tokenizer, "is_fast", None) is False else ("__call__", "span_tokenize", "encode")
    for name in (*names, "tokenize"):
        method = getattr(tokenizer, name, None)
        if callable(method):
            return method(text)
    raise TypeError(
        f"split_expression is {_describe(tokenizer)}: expected a regular expression or a tokenizer that can be called"
    )


def _encoded_offsets(answer: Any) -> list[Span] | None:
    """The offsets that an encoding of Hugging Face's holds; None where there are none."""
    fields = answer if isinstance(answer, Mapping) else getattr(answer, "data", None)
    found = fields.get("offset_mapping") if isinstance(fields, Mapping) else None
    if found is None:
        found = getattr(answer, "offsets", None)
    if found is None:
        encodings = getattr(answer, "encodings", None)
        found = getattr(encodings[0], "offsets", None) if encodings else None
    if found is None:
        return None
    pairs = list(found)
    if len(pairs) == 1 and _pair(pairs[0]) is None:
        pairs = list(pairs[0])  # a batch of one text
    spans = [_pair(pair) for pair in pairs]
    if None in spans:
        raise TypeError(
            f"split_expression returned offsets that hold {_describe(pairs[spans.index(None)])}: expected "
            "(start, stop) for each token of one text"
        )
    return [span for span in spans if span is not None]


def _is_named_pair(token: Any) -> bool:
    """Whether this is (string, (start, stop)), as a pre-tokenizer returns it."""
    return isinstance(token, tuple) and len(token) == 2 and isinstance(token[0], str) and _pair(token[1]) is not None


def _pair(thing: Any) -> Span | None:
    """(start, stop) as two ints, if that is what it is."""
    if isinstance(thing, str | bytes):
        return None
    try:
        start, stop = thing
        return index(start), index(stop)
    except (TypeError, ValueError):
        return None


def _checked(text: str, offsets: list[Span]) -> list[Span]:
    """Offsets without white space around them; those that share a character become one, empty ones are left out.

    Raises
    ------
    ValueError
        If they run backwards or lie outside of the text.
    """
    spans: list[Span] = []
    before = 0
    for start, stop in offsets:
        if start == stop:
            continue  # a special token
        if start < before or stop < start or stop > len(text):
            raise ValueError(
                f"split_expression returned the offsets ({start}, {stop}) after a token that starts at {before}, for "
                f"a text of {len(text)} characters: expected places inside of the text, in order"
            )
        before = start
        piece = text[start:stop]
        start, stop = stop - len(piece.lstrip()), start + len(piece.rstrip())
        if start >= stop:
            continue
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(stop, spans[-1][1]))
        else:
            spans.append((start, stop))
    return spans


def match_tokens(text: str, tokens: list[str]) -> list[Span]:
    """Where tokens stand in a text, though a tokenizer may have changed case and accents or marked word pieces.

    Raises
    ------
    ValueError
        If a token cannot be found after those before it.
    """
    tokens = [token for token in tokens if token]
    missing, best = "", None
    for fold in (str, str.lower, _without_accents):
        folded, where = _fold(text, fold)
        forms = [(token,) if fold is str else _forms(token, fold) for token in tokens]
        found = _search(folded, tokens, forms)
        if isinstance(found, str):
            missing = found
            continue
        # A token may end inside of what a single character, such as a ligature, was folded to.
        spans = found if fold is str else _checked(text, [(where[start], where[stop - 1] + 1) for start, stop in found])
        if not _skips_words(folded, found):
            return spans
        best = spans if best is None else best
    if best is None:
        raise ValueError(
            f"split_expression returned the token {missing!r}, which cannot be found in the text where it should "
            "stand: expected pieces of the text, in order; a tokenizer that rewrites text must return offsets (those "
            "of Hugging Face do when split_expression is the tokenizer itself)"
        )
    return best


def _forms(token: str, fold: Callable[[str], str]) -> tuple[str, ...]:
    """What to look for in a folded text: the token, and what it is without marks; () for special tokens."""
    if token in SPECIAL:
        return ()
    without_start = [token.removeprefix(mark) for mark in WORD_PIECE_STARTS]
    without_end = [token.removesuffix(mark) for mark in WORD_PIECE_ENDS]
    return tuple(dict.fromkeys(fold(form) for form in [token, *without_start, token.strip(SPACES), *without_end]))


def _search(text: str, tokens: list[str], forms: Sequence[tuple[str, ...]]) -> list[Span] | str:
    """Spans of the tokens one after the other, or the first token that is not there."""
    spans: list[Span] = []
    end = 0
    for token, looks in zip(tokens, forms, strict=True):
        found = [(place, len(form)) for form in looks if form and (place := text.find(form, end)) >= 0]
        if not found:
            if looks and all(looks):
                return token
            continue  # a special token, or nothing but a mark
        # The nearest place counts; of two forms at one place, the longer.
        start, length = min(found, key=lambda pair: (pair[0], -pair[1]))
        end = start + length
        spans.append((start, end))
    return spans


def _skips_words(text: str, spans: list[Span]) -> bool:
    end = 0
    for start, stop in spans:
        if any(character.isalnum() for character in text[end:start]):
            return True
        end = stop
    return any(character.isalnum() for character in text[end:])


def _without_accents(text: str) -> str:
    """Lower case, without ligatures and combining marks."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _fold(text: str, fold: Callable[[str], str]) -> tuple[str, Sequence[int]]:
    """The text folded character by character, and for each character of the result its place in the text."""
    if fold is str:
        return text, range(len(text))
    parts = [fold(character) for character in text]
    return "".join(parts), [place for place, part in enumerate(parts) for _ in part]


def segment(text: str, tokens: Sequence[str]) -> list[str]:
    """`text` in pieces: the tokens in their order, and what is between them.

    Raises
    ------
    ValueError
        If a token is not in the text after those before it.
    """
    pieces: list[str] = []
    end = 0
    for token in tokens:
        start = text.find(token, end)
        if start < 0:
            raise ValueError(f"the token {token!r} is not in the text after position {end}: expected pieces of it")
        if end < start:
            pieces.append(text[end:start])
        pieces.append(token)
        end = start + len(token)
    if end < len(text):
        pieces.append(text[end:])
    return pieces


def _describe(thing: Any) -> str:
    return "None" if thing is None else f"an object of type {type(thing).__name__}"
