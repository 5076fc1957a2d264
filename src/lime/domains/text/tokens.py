"""What tokenizers return, brought back to places in the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Span = tuple[int, int]

WORD_PIECE_MARKS = ("##", "\u2581", "\u0120", "@@")
"""What word-piece tokenizers put before a piece: BERT's, SentencePiece's and byte-level BPE's marks."""

WORD_PIECE_ENDS = ("</w>", "@@")
SPECIAL = ("[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<bos>", "<eos>", "<|endoftext|>")


def token_spans(text: str, tokenizer: Any) -> list[Span]:
    """Ask a tokenizer for a text's tokens and return where they stand.

    Parameters
    ----------
    text : str
    tokenizer : callable or object with ``encode``
        Returns one of: strings; (start, stop) offsets; objects with ``idx`` and ``text`` (spaCy); an encoding
        with ``offsets`` or ``offset_mapping`` (Hugging Face). Fast tokenizers of Hugging Face are asked for
        offsets.

    Raises
    ------
    TypeError
        If there is nothing to call, or its answer is of another kind.
    ValueError
        If offsets overlap or lie outside of the text, or a token cannot be found in it.
    """
    answer = _ask(text, tokenizer)
    offsets = _offsets(answer)
    if offsets is not None:
        return _checked(text, offsets)
    if isinstance(answer, str | bytes) or not isinstance(answer, Iterable):
        raise TypeError(
            f"split_expression returned {_describe(answer)}: expected a list of tokens or of (start, stop) offsets"
        )
    tokens = list(answer)
    if all(hasattr(token, "idx") and hasattr(token, "text") for token in tokens) and tokens:
        return _checked(text, [(token.idx, token.idx + len(token.text)) for token in tokens if token.text.strip()])
    wrong = [token for token in tokens if not isinstance(token, str)]
    if wrong:
        raise TypeError(
            f"split_expression returned a list that holds {_describe(wrong[0])}: expected strings or "
            "(start, stop) offsets"
        )
    return match_tokens(text, [str(token) for token in tokens])


def _ask(text: str, tokenizer: Any) -> Any:
    if getattr(tokenizer, "is_fast", False) and callable(tokenizer):
        return tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    if callable(tokenizer):
        return tokenizer(text)
    encode = getattr(tokenizer, "encode", None)
    if callable(encode):
        return encode(text)
    raise TypeError(
        f"split_expression is {_describe(tokenizer)}: expected a regular expression or a tokenizer that can be called"
    )


def _offsets(answer: Any) -> list[Span] | None:
    """The offsets in a tokenizer's answer; None where it holds none."""
    if isinstance(answer, Mapping) or hasattr(answer, "data"):
        fields = answer if isinstance(answer, Mapping) else answer.data
        found = fields.get("offset_mapping") if isinstance(fields, Mapping) else None
        if found is not None:
            return [(int(start), int(stop)) for start, stop in found]
    found = getattr(answer, "offsets", None)
    if found is None:
        encodings = getattr(answer, "encodings", None)
        found = getattr(encodings[0], "offsets", None) if encodings else None
    if found is None and isinstance(answer, Sequence) and len(answer) and not isinstance(answer, str):
        pairs = [item for item in answer if isinstance(item, tuple | list) and len(item) == 2]
        if len(pairs) == len(answer) and all(not isinstance(end, str) for pair in pairs for end in pair):
            found = pairs
    return None if found is None else [(int(start), int(stop)) for start, stop in found]


def _checked(text: str, offsets: list[Span]) -> list[Span]:
    """Offsets without the empty ones of special tokens, refused where they are not places in order."""
    spans = [span for span in offsets if span[1] > span[0]]
    end = 0
    for start, stop in spans:
        if start < end or stop > len(text):
            raise ValueError(
                f"split_expression returned the offsets ({start}, {stop}) after ({end}) for a text of {len(text)} "
                "characters: expected places inside of the text, in order and without overlap"
            )
        end = stop
    return spans


def match_tokens(text: str, tokens: list[str]) -> list[Span]:
    """Where tokens stand in a text, though a tokenizer may have changed their case or marked word pieces.

    Raises
    ------
    ValueError
        If a token cannot be found after those before it.
    """
    tokens = [token for token in tokens if token]
    exact = _search(text, tokens, [(token,) for token in tokens])
    if not isinstance(exact, str) and not _skips_words(text, exact):
        return exact
    folded, where = _fold(text)
    forms = [_forms(token) for token in tokens]
    lenient = _search(folded, tokens, forms)
    if isinstance(lenient, str):
        if not isinstance(exact, str):
            return exact
        raise ValueError(
            f"split_expression returned the token {lenient!r}, which cannot be found in the text where it should "
            "stand: expected pieces of the text, in order; a tokenizer that rewrites text must return offsets"
        )
    spans = [(where[start], where[stop]) for start, stop in lenient]
    return spans if isinstance(exact, str) or not _skips_words(folded, lenient) else exact


def _forms(token: str) -> tuple[str, ...]:
    """What to look for in a lower-case text: the token, and what it is without marks; () for special tokens."""
    if token in SPECIAL:
        return ()
    without_start = [token.removeprefix(mark) for mark in WORD_PIECE_MARKS]
    without_end = [token.removesuffix(mark) for mark in WORD_PIECE_ENDS]
    return tuple(dict.fromkeys(form.lower() for form in [token, *without_start, *without_end]))


def _search(text: str, tokens: list[str], forms: Sequence[tuple[str, ...]]) -> list[Span] | str:
    """Spans of the tokens one after the other, or the first token that is not there."""
    spans: list[Span] = []
    end = 0
    for token, looks in zip(tokens, forms, strict=True):
        found = [(place, len(form)) for form in looks if form and (place := text.find(form, end)) >= 0]
        if not found:
            if any(looks):
                return token
            continue
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
    return False


def _fold(text: str) -> tuple[str, list[int]]:
    """The text in lower case, and for each of its characters, and its end, the place in the text."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded, list(range(len(text) + 1))
    parts = [character.lower() for character in text]
    where = [place for place, part in enumerate(parts) for _ in part]
    return "".join(parts), [*where, len(text)]


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
