"""Units of a text: where they stand, what is left when some leave, and what tokenizers may return."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lime.domains.text.kinds import KINDS
from lime.lime_text import IndexedCharacters, IndexedString, TextDomainMapper

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HINDI, BENGALI = "\u0939\u093f\u0928\u094d\u0926\u0940", "\u09ac\u09be\u0982\u09b2\u09be"
TEXT = st.text(st.sampled_from("ab c.,!\n\u00e9\u4e2d\U0001f600"), max_size=40)


@pytest.mark.parametrize("make", [IndexedString, IndexedCharacters])
@pytest.mark.parametrize("bow", [True, False])
@given(raw=TEXT)
def test_pieces_are_the_text_and_positions_are_true(make: Any, bow: bool, raw: str) -> None:
    indexed = make(raw, bow=bow)
    assert "".join(indexed.as_list) == raw == indexed.raw_string()
    assert indexed.inverse_removing([]) == raw
    for unit in range(indexed.num_words()):
        for start in indexed.string_position(unit):
            assert raw[start:].startswith(indexed.word(unit))


@given(raw=TEXT)
def test_removing_every_word_leaves_what_is_between(raw: str) -> None:
    indexed = IndexedString(raw)
    assert indexed.inverse_removing(range(indexed.num_words())) == re.sub(r"\w+", "", raw)
    masked = IndexedString(raw, bow=False)
    assert masked.inverse_removing(range(masked.num_words())) == re.sub(r"\w+", "UNKWORDZ", raw)


@given(raw=TEXT, bow=st.booleans(), seed=st.integers(0, 2**32 - 1), long=st.booleans())
def test_many_texts_are_those_made_one_by_one(raw: str, bow: bool, seed: int, long: bool) -> None:
    indexed = IndexedString(raw * (9 if long else 1), bow=bow)
    d = indexed.num_words()
    masks = np.random.default_rng(seed).random((7, d)) < 0.5
    expected = [indexed.inverse_removing(np.flatnonzero(~mask)) for mask in masks]
    assert indexed.texts(masks, np.arange(d)) == expected


def test_long_texts_take_the_smaller_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lime.domains.text.units.LONG_TEXT", 3)
    indexed = IndexedString("a b c d e f g h i j k")
    masks = np.random.default_rng(0).random((9, 11)) < 0.5
    assert indexed.texts(masks, np.arange(11)) == [indexed.inverse_removing(np.flatnonzero(~mask)) for mask in masks]


def test_release_0_2_0_1_attributes() -> None:
    indexed = IndexedString("bad, good bad.")
    assert indexed.as_list == ["bad", ", ", "good", " ", "bad", "."]
    assert indexed.as_np.tolist() == indexed.as_list
    assert indexed.string_start.tolist() == [0, 3, 5, 9, 10, 13]
    assert indexed.inverse_vocab == ["bad", "good"]
    assert indexed.positions == [[0, 4], [2]]
    assert indexed.inverse_removing([0]) == ", good ."
    each = IndexedString("bad, good bad.", bow=False)
    assert each.inverse_vocab == ["bad", "good", "bad"]
    assert each.positions.tolist() == [0, 2, 4]
    assert each.string_position(2).tolist() == [10]
    assert each.inverse_removing([0, 2]) == "UNKWORDZ, good UNKWORDZ."
    assert IndexedCharacters("aba", bow=False).inverse_removing([1]) == "a\0a"
    assert IndexedCharacters("aba").inverse_removing([0]) == "b"


def test_mapper_names_words_and_their_positions() -> None:
    mapper = TextDomainMapper(IndexedString("a bad day, bad day"))
    assert mapper.map_exp_ids([(1, 0.5)]) == [("bad", 0.5)]
    assert mapper.map_exp_ids([(1, 0.5)], positions=True) == [("bad_2-11", 0.5)]


def test_mask_string_may_be_a_function() -> None:
    assert IndexedString("ab c", bow=True, mask_string=lambda word: "#" * len(word)).inverse_removing([0]) == "## c"
    with pytest.raises(TypeError, match="mask_string returned int for 'ab'"):
        IndexedString("ab c", mask_string=lambda word: 3).inverse_removing([0])  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    "answer",
    [
        ["Un", "Big", "cat"],
        [(0, 2), (2, 5), (6, 9)],
        {"offset_mapping": [(0, 0), (0, 2), (2, 5), (6, 9), (0, 0)]},
        SimpleNamespace(offsets=[(0, 2), (2, 5), (6, 9)]),
        SimpleNamespace(encodings=[SimpleNamespace(offsets=[(0, 2), (2, 5), (6, 9)])]),
        [SimpleNamespace(idx=0, text="Un"), SimpleNamespace(idx=2, text="Big"), SimpleNamespace(idx=6, text="cat")],
        ["[CLS]", "un", "##big", "cat", "[SEP]"],
        ["\u2581Un", "Big", "\u2581cat"],
        ["Un", "Big", "\u0120cat"],
        ["un</w>", "big", "cat</w>"],
    ],
)
def test_tokenizers_of_all_kinds(answer: Any) -> None:
    indexed = IndexedString("UnBig cat", split_expression=lambda text: answer)
    assert indexed.inverse_vocab == ["Un", "Big", "cat"]


def test_lower_cased_tokens_are_found_where_they_stand() -> None:
    indexed = IndexedString("The cat saw the cat", split_expression=lambda text: text.lower().split(), bow=False)
    assert indexed.inverse_vocab == ["The", "cat", "saw", "the", "cat"]


def test_fast_tokenizer_is_asked_for_offsets() -> None:
    class Fast:
        is_fast = True

        def __call__(self, text: str, return_offsets_mapping: bool = False, add_special_tokens: bool = True) -> Any:
            assert return_offsets_mapping
            assert not add_special_tokens
            return {"input_ids": [7, 8], "offset_mapping": [(0, 1), (1, 3)]}

    assert IndexedString("abc", split_expression=Fast()).inverse_vocab == ["a", "bc"]


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        (["dog"], ValueError, "the token 'dog', which cannot be found"),
        ([(0, 2), (1, 3)], ValueError, r"offsets \(1, 3\) after \(2\)"),
        ([(0, 99)], ValueError, "text of 7 characters"),
        ([1, 2], TypeError, "a list that holds an object of type int"),
        (None, TypeError, "split_expression returned None"),
        ("the cat", TypeError, "an object of type str"),
    ],
)
def test_tokenizers_that_cannot_be_followed_are_refused(answer: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        IndexedString("the cat", split_expression=lambda text: answer)


def test_segment_with_tokens() -> None:
    assert IndexedString._segment_with_tokens("a bc, d", ["a", "bc", "d"]) == ["a", " ", "bc", ", ", "d"]
    with pytest.raises(ValueError, match="'x' is not in the text"):
        IndexedString._segment_with_tokens("a", ["x"])


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("word", "\u6211\u559c\u6b22", ["\u6211", "\u559c", "\u6b22"]),
        ("word", f"{HINDI} {BENGALI}", [HINDI, BENGALI]),
        ("word", "can't, cafe\u0301 3.14!", ["can't", "cafe\u0301", "3.14"]),
        ("word", f"ok {FAMILY} ...", ["ok", FAMILY]),
        ("character", f"e\u0301{FAMILY}", ["e\u0301", FAMILY]),
        ("sentence", "One. Two?  Three", ["One.", "Two?", "Three"]),
        ("sentence", "\u4e00\u3002\u4e8c\uff01", ["\u4e00\u3002", "\u4e8c\uff01"]),
        ("line", "a b\n\n  c\r\nd", ["a b", "c", "d"]),
    ],
)
def test_kinds_of_units(kind: str, text: str, expected: list[str]) -> None:
    assert [text[start:stop] for start, stop in KINDS[kind](text)] == expected


def test_thai_is_not_one_word() -> None:
    assert len(list(KINDS["word"]("\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22"))) > 1


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(raw=TEXT)
def test_spans_are_in_order(kind: str, raw: str) -> None:
    end = 0
    for start, stop in KINDS[kind](raw):
        assert end <= start < stop <= len(raw)
        end = stop
