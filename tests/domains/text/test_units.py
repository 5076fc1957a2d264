"""Units of a text: where they stand, what is left when some leave, and what tokenizers may return."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

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


@given(raw=TEXT, bow=st.booleans(), seed=st.integers(0, 2**32 - 1), long=st.booleans(), n=st.sampled_from([7, 70]))
def test_many_texts_are_those_made_one_by_one(raw: str, bow: bool, seed: int, long: bool, n: int) -> None:
    indexed = IndexedString(raw * (9 if long else 1), bow=bow)
    d = indexed.num_words()
    masks = np.random.default_rng(seed).random((n, d)) < 0.5
    expected = [indexed.inverse_removing(np.flatnonzero(~mask)) for mask in masks]
    assert indexed.texts(masks, np.arange(d)) == expected


def test_long_texts_take_the_smaller_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lime.domains.text.units.LONG_TEXT", 3)
    indexed = IndexedString("a b c d e f g h i j k")
    masks = np.random.default_rng(0).random((90, 11)) < 0.5
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
        ["\u2581", "Un", "Big", "\u2581", "cat", "\u010a"],
        [("Un", (0, 2)), ("Big", (2, 5)), ("\u0120cat", (5, 9))],
        {"offset_mapping": [[(0, 2), (2, 5), (5, 9)]]},
        np.array([[0, 2], [2, 5], [6, 9]]),
        iter([(0, 2), (2, 5), (6, 9)]),
        [SimpleNamespace(start_char=a, end_char=b) for a, b in [(0, 2), (2, 5), (6, 9)]],
    ],
)
def test_tokenizers_of_all_kinds(answer: Any) -> None:
    indexed = IndexedString("UnBig cat", split_expression=lambda text: answer)
    assert indexed.inverse_vocab == ["Un", "Big", "cat"]


def test_tokens_that_share_a_character_are_one_piece() -> None:
    offsets = [(0, 1), (0, 2), (2, 3), (3, 4), (3, 4), (4, 6)]
    assert IndexedString("abcdef", split_expression=lambda text: offsets).inverse_vocab == ["ab", "c", "d", "ef"]


def test_tokens_without_accents_are_found_where_they_stand() -> None:
    text = "\u0130stanbul na\u00efve nai\u0308ve \ufb01ne"
    indexed = IndexedString(text, split_expression=lambda text: ["istanbul", "naive", "naive", "fine"])
    assert indexed.inverse_vocab == text.split()


TRAINED = ("the cat sat on the mat and the dog ran to the cat " * 20).split()


def trained(kind: str) -> Tokenizer:
    """A small tokenizer of Hugging Face's that was trained here: one of the three kinds in use."""
    if kind == "word pieces":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        trainer: Any = trainers.WordPieceTrainer(vocab_size=60, special_tokens=["[UNK]"], show_progress=False)
    elif kind == "bytes":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    else:
        made = Tokenizer(models.Unigram())
        made.normalizer, made.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=40, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
        )
    made.train_from_iterator(TRAINED, trainer)
    return made


@pytest.mark.parametrize("kind", ["word pieces", "bytes", "pieces of sentences"])
def test_trained_tokenizers(kind: str) -> None:
    tokenizer = trained(kind)
    text = f"The  cat na\u00efve nai\u0308ve {FAMILY} \u4e2d\u6587 \ufb01ne!"
    ways = [tokenizer, tokenizer.encode, lambda text: tokenizer.encode(text).offsets]
    found = [IndexedString(text, split_expression=way, bow=False) for way in ways]
    assert found[0].inverse_vocab == found[1].inverse_vocab == found[2].inverse_vocab
    # No piece has a space around it, and all pieces together are the text.
    assert "".join(found[0].inverse_vocab) == "".join(text.split())
    assert IndexedString("", split_expression=tokenizer).num_words() == 0


def test_slow_tokenizers_are_asked_for_their_pieces() -> None:
    class Slow:
        is_fast = False

        def __call__(self, text: str) -> dict[str, list[int]]:
            return {"input_ids": [1, 2]}

        def tokenize(self, text: str) -> list[str]:
            return ["un", "##big"]

    assert IndexedString("UnBig", split_expression=Slow()).inverse_vocab == ["Un", "Big"]


def test_objects_that_cut_text_without_being_called() -> None:
    assert IndexedString("a b", split_expression=SimpleNamespace(tokenize=str.split)).inverse_vocab == ["a", "b"]
    spans = SimpleNamespace(span_tokenize=lambda text: iter([(0, 1), (2, 3)]), tokenize=None)
    assert IndexedString("a b", split_expression=spans).inverse_vocab == ["a", "b"]


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

        def tokenize(self, text: str) -> list[str]:
            raise AssertionError("offsets are better")

    assert IndexedString("abc", split_expression=Fast()).inverse_vocab == ["a", "bc"]
    assert IndexedString("abc", split_expression=Fast().tokenize).inverse_vocab == ["a", "bc"]


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        (["dog"], ValueError, "the token 'dog', which cannot be found"),
        ([(2, 4), (1, 3)], ValueError, r"offsets \(1, 3\) after a token that starts at 2"),
        ([(-1, 2)], ValueError, r"offsets \(-1, 2\)"),
        ({"input_ids": [1, 2]}, TypeError, "an object of type dict"),
        ({"offset_mapping": [[(0, 1)], [(0, 2)]]}, TypeError, "offsets that hold an object of type list"),
        (["[UNK]", "cat"], ValueError, "'\\[UNK\\]', which cannot be found"),
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
        (
            "sentence",
            "Pi is 3.14 in the U.S. today. See e.g. (here) etc.",
            ["Pi is 3.14 in the U.S. today.", "See e.g. (here) etc."],
        ),
        ("sentence", "i saw it. never again! (really.) see a.b", ["i saw it.", "never again!", "(really.)", "see a.b"]),
        ("sentence", "A line\nand more.\n\nA title\n \nEnd", ["A line\nand more.", "A title", "End"]),
        (
            "sentence",
            "\u300c\u4e00\u3002\u300d\u300c\u4e8c\u3002\u300d",
            ["\u300c\u4e00\u3002\u300d", "\u300c\u4e8c\u3002\u300d"],
        ),
        ("sentence", f"{HINDI}\u0964 {BENGALI}\u0964", [f"{HINDI}\u0964", f"{BENGALI}\u0964"]),
        ("line", "a b\n\n  c\r\nd", ["a b", "c", "d"]),
    ],
)
def test_kinds_of_units(kind: str, text: str, expected: list[str]) -> None:
    assert [text[start:stop] for start, stop in KINDS[kind](text)] == expected


def test_scripts_without_spaces_are_not_one_word() -> None:
    thai, katakana = "\u0e20\u0e32\u0e29\u0e34\u0e44\u0e17\u0e22", "\u30ab\u30bf\u30ab\u30ca"
    units = [thai[start:stop] for start, stop in KINDS["word"](thai)]
    # A vowel sign stays with its letter.
    assert units == ["\u0e20", "\u0e32", "\u0e29\u0e34", "\u0e44", "\u0e17", "\u0e22"]
    japanese = f"\u65e5\u672c\u306f{katakana}"
    assert [japanese[a:b] for a, b in KINDS["word"](japanese)] == ["\u65e5", "\u672c", "\u306f", katakana]


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("raw", ["." * 20_000 + "a", "a" * 20_000, "1. " * 7_000, "\n \n" * 7_000, "\u0301" * 20_000])
def test_long_rows_of_one_thing(kind: str, raw: str) -> None:
    # Would take minutes if a rule looked at the whole row from each of its characters.
    spans = list(KINDS[kind](raw))
    assert sum(stop - start for start, stop in spans) <= len(raw)


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(raw=TEXT)
def test_spans_are_in_order(kind: str, raw: str) -> None:
    end = 0
    for start, stop in KINDS[kind](raw):
        assert end <= start < stop <= len(raw)
        end = stop
