"""Where a text's units stand: what may be removed from it, and the text that is left."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.text.cutting import between, is_tokenizer
from lime.domains.text.tokens import segment, token_spans
from lime.engine.inspection import raised_in
from lime.engine.lazy import cached_property

Span = tuple[int, int]
Mask = str | Callable[[str], str] | None

WORD_MASK = "UNKWORDZ"
CHARACTER_MASK = chr(0)
LONG_TEXT = 100_000
"""Characters above which the tables of `texts` hold the combinations of four pieces instead of eight."""

FEW_MASKS = 64
"""Masks up to which `texts` joins pieces one by one: tables of combinations would cost more than they save."""


class Units:
    """A text as removable units.

    Parameters
    ----------
    raw : str
        The text.
    spans : iterable of (start, stop)
        Where occurrences of units stand, in order and without overlap.
    bow : bool
        Whether equal pieces are one unit, all of whose occurrences leave together; else each occurrence is one.
    mask_string : str or callable
        What replaces a unit with ``bow=False``; a callable is given the unit's text and serves both.

    Attributes
    ----------
    raw : str
    as_list : list of str
        The text in pieces, units and what is between them.
    as_np : ndarray of str
        The same.
    string_start : ndarray of int
        Where each piece starts.
    inverse_vocab : list of str
        The units' texts by id, in order of first occurrence.
    positions : list of list of int, or ndarray of int
        The units' pieces by id: lists with ``bow=True``, one number each otherwise.
    bow : bool
    mask_string : str or callable
    """

    def __init__(self, raw: str, spans: Iterable[Span], bow: bool, mask_string: Mask) -> None:
        self.raw = raw
        self.bow = bow
        self.mask_string = mask_string
        self.as_list: list[str] = []
        starts: list[int] = []
        self._piece_unit: list[int] = []
        vocabulary: dict[str, int] = {}
        self.inverse_vocab: list[str] = []
        found: list[list[int]] = []
        end = 0
        for start, stop in spans:
            if end < start:
                self.as_list.append(raw[end:start])
                starts.append(end)
                self._piece_unit.append(-1)
            word = raw[start:stop]
            unit = vocabulary.setdefault(word, len(vocabulary)) if bow else len(found)
            if unit == len(found):
                found.append([])
                self.inverse_vocab.append(word)
            found[unit].append(len(self.as_list))
            self.as_list.append(word)
            starts.append(start)
            self._piece_unit.append(unit)
            end = stop
        if end < len(raw):
            self.as_list.append(raw[end:])
            starts.append(end)
            self._piece_unit.append(-1)
        self.string_start: NDArray[np.intp] = np.asarray(starts, dtype=np.intp)
        self.positions: Any = found if bow else np.asarray([p[0] for p in found], dtype=np.intp)

    @cached_property
    def as_np(self) -> NDArray[np.str_]:
        """`as_list` as an array."""
        return np.array(self.as_list, dtype=str)

    def raw_string(self) -> str:
        """The text itself.

        Returns
        -------
        str
        """
        return self.raw

    def num_words(self) -> int:
        """Number of units.

        Returns
        -------
        int
        """
        return len(self.inverse_vocab)

    def word(self, id_: int) -> str:
        """The text of a unit.

        Parameters
        ----------
        id_ : int
            Of the unit, from 0 to below `num_words`.

        Returns
        -------
        str
        """
        return self.inverse_vocab[id_]

    def string_position(self, id_: int) -> NDArray[np.intp]:
        """Where the occurrences of a unit start in the text.

        Parameters
        ----------
        id_ : int
            Of the unit, from 0 to below `num_words`.

        Returns
        -------
        ndarray of int, shape (occurrences,)
            In characters from the start of the text, rising.
        """
        result: NDArray[np.intp] = self.string_start[np.atleast_1d(self.positions[id_])]
        return result

    def pieces(self) -> Iterator[tuple[str, int]]:
        """Go through the text piece by piece.

        Returns
        -------
        iterator of (str, int)
            A piece and the id of its unit, -1 for what is between units.
        """
        return zip(self.as_list, self._piece_unit, strict=True)

    def with_owners(self, owners: list[int], words: list[str]) -> Units:
        """The same text with other units.

        Parameters
        ----------
        owners : list of int
            Unit of each piece, -1 for what always stays.
        words : list of str
            What each unit is called.

        Returns
        -------
        Units
        """
        result = copy.copy(self)
        vars(result).update(_piece_unit=owners, inverse_vocab=words)
        places: list[list[int]] = [[] for _ in words]
        for place, unit in enumerate(owners):
            if unit >= 0:
                places[unit].append(place)
        result.positions = places
        return result

    def inverse_removing(self, words_to_remove: Sequence[int] | NDArray[np.intp]) -> str:
        """The text without some units.

        Parameters
        ----------
        words_to_remove : sequence of int
            Ids of units.

        Returns
        -------
        str
            With nothing, or the mask, in their place.
        """
        gone = np.zeros(self.num_words(), dtype=bool)
        gone[np.asarray(words_to_remove, dtype=np.intp)] = True
        return "".join(
            self._substitute(piece) if unit >= 0 and gone[unit] else piece
            for piece, unit in zip(self.as_list, self._piece_unit, strict=True)
        )

    def texts(self, masks: NDArray[np.bool_], units: NDArray[np.intp]) -> list[str]:
        """The perturbed texts of many masks.

        Parameters
        ----------
        masks : ndarray of bool, shape (n, m)
            Whether a draw keeps a unit.
        units : ndarray of int, shape (m,)
            Which units the columns are; all others are kept.

        Returns
        -------
        list of str, of length n
        """
        if not len(masks):
            return []
        rows, columns, tail = self._rows(units)
        if not rows:
            return [self.raw] * len(masks)
        if len(masks) <= FEW_MASKS:
            choices = [(before + removed, before + kept) for before, kept, removed in rows]
            return [
                "".join([choice[keep] for choice, keep in zip(choices, mask, strict=True)]) + tail
                for mask in masks[:, columns].tolist()
            ]
        bits = 8 if len(self.raw) <= LONG_TEXT else 4
        tables = _tables(rows, bits)
        groups = np.arange(len(tables))
        result: list[str] = []
        step = max(1, 8_000_000 // len(rows))
        for start in range(0, len(masks), step):
            kept = masks[start : start + step][:, columns]
            codes = np.packbits(kept, axis=1, bitorder="little")
            if bits == 4:
                codes = np.stack([codes & 15, codes >> 4], axis=2).reshape(len(codes), -1)[:, : len(tables)]
            result.extend("".join(parts) + tail for parts in tables[groups, codes].tolist())
        return result

    def parts(self, units: NDArray[np.intp]) -> tuple[str, list[str], list[str]]:
        """Part the text into what is always there, all occurrences of each unit, and what takes their place.

        Occurrences are set apart by line breaks, so that what is read of them is what single pieces say.

        Parameters
        ----------
        units : ndarray of int, shape (m,)
            Which units may leave; all others are always there.

        Returns
        -------
        fixed : str
            What is always there.
        kept, removed : list of str, of length m
            All occurrences of each unit, and what stands there without it.
        """
        rows, columns, tail = self._rows(units)
        kept: list[list[str]] = [[] for _ in units]
        removed: list[list[str]] = [[] for _ in units]
        for (_, piece, substitute), column in zip(rows, columns, strict=True):
            kept[column].append(piece)
            removed[column].append(substitute)
        fixed = "\n".join([*(before for before, _, _ in rows), tail])
        return fixed, ["\n".join(pieces) for pieces in kept], ["\n".join(pieces) for pieces in removed]

    def _rows(self, units: NDArray[np.intp]) -> tuple[list[tuple[str, str, str]], list[int], str]:
        """(text before, kept, removed) of each removable piece, the mask column that rules it, and the text after."""
        column_of = np.full(self.num_words() + 1, -1, dtype=np.intp)
        column_of[units] = np.arange(len(units))
        rows: list[tuple[str, str, str]] = []
        columns: list[int] = []
        before: list[str] = []
        for piece, unit in zip(self.as_list, self._piece_unit, strict=True):
            column = int(column_of[unit])
            if column < 0:
                before.append(piece)
                continue
            rows.append(("".join(before), piece, self._substitute(piece)))
            columns.append(column)
            before.clear()
        return rows, columns, "".join(before)

    def _substitute(self, piece: str) -> str:
        if callable(self.mask_string):
            with raised_in("mask_string", f"mask_string({piece!r})", "the str that takes its place"):
                replacement = self.mask_string(piece)
            return _checked(replacement, piece)
        if self.bow or self.mask_string is None:
            return ""
        mask: Any = self.mask_string
        if not isinstance(mask, str):
            raise TypeError(f"mask_string={mask!r}: expected a str, or a function of a word that returns one")
        return mask


def _tables(rows: list[tuple[str, str, str]], bits: int) -> NDArray[np.object_]:
    """For each few pieces, the text of every combination of kept and removed, shape (groups, 2^bits)."""
    count = -(-len(rows) // bits)
    tables = np.empty((count, 2**bits), dtype=object)
    for group in range(count):
        texts = [""]
        for before, kept, removed in rows[group * bits : (group + 1) * bits]:
            gone, here = before + removed, before + kept
            # The new bit is the highest so far: first all texts without it, then all with it.
            texts = [text + gone for text in texts] + [text + here for text in texts]
        tables[group, : len(texts)] = texts
    return tables


def _checked(replacement: Any, piece: str) -> str:
    if not isinstance(replacement, str):
        raise TypeError(
            f"mask_string returned {type(replacement).__name__} for {piece!r}: expected the str that takes its place"
        )
    return replacement


class IndexedString(Units):
    """A text as words.

    Parameters
    ----------
    raw_string : str
        The text.
    split_expression : str or callable
        A regular expression that matches what stands between words; or a tokenizer: a function of the text that
        returns tokens or offsets, or an object of Hugging Face's (see `lime.domains.text.tokens`).
    bow : bool
        Whether equal words are one unit.
    mask_string : str or callable, optional
        What replaces a word with ``bow=False``; ``'UNKWORDZ'`` when None.
    """

    def __init__(
        self, raw_string: str, split_expression: Any = r"\W+", bow: bool = True, mask_string: Mask = None
    ) -> None:
        tokenized = is_tokenizer(split_expression)
        spans: Iterable[Span] = (token_spans if tokenized else between)(raw_string, split_expression)
        super().__init__(raw_string, spans, bow, WORD_MASK if mask_string is None else mask_string)

    @staticmethod
    def _segment_with_tokens(text: str, tokens: Sequence[str]) -> list[str]:
        """`text` in pieces: the tokens, in their order, and what is between them."""
        return segment(text, tokens)


class IndexedCharacters(Units):
    """A text as characters.

    Parameters
    ----------
    raw_string : str
        The text.
    bow : bool
        Whether equal characters are one unit.
    mask_string : str or callable, optional
        What replaces a character with ``bow=False``; ``chr(0)`` when None.
    """

    def __init__(self, raw_string: str, bow: bool = True, mask_string: Mask = None) -> None:
        spans = ((i, i + 1) for i in range(len(raw_string)))
        super().__init__(raw_string, spans, bow, CHARACTER_MASK if mask_string is None else mask_string)
