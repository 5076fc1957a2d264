"""Strangers' text: harmless, measured, wrapped; numbers rounded alike."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lime.render.numbers import decimals_for, format_number, format_value, round_sum
from lime.render.words import clean, clip, clip_middle, display_width, pad, wrap, wrap_ends


def test_width_counts_columns():
    assert display_width("abc") == 3
    assert display_width("重量") == 4
    assert display_width("cafe\u0301") == 4
    assert display_width("") == 0
    assert pad("重", 4) + "|" == "重  |"
    assert pad("重", 4, right=True) == "  重"


def test_clean_shows_what_would_act():
    assert clean("a\x1b[31mb\n\u202ec\ud800\u2066") == r"a\x1b[31mb\n\u202ec\ud800\u2066"
    assert clean("Größe 重量 🚀") == "Größe 重量 🚀"


@given(st.text(st.characters() | st.sampled_from("\u202e\x00\x1b\u200d\ud83d"), max_size=60))
def test_clean_leaves_nothing_that_acts(text):
    cleaned = clean(text)
    assert not set(cleaned) & set("\x00\x1b\x07\r\n\u202e\u2066\u200f\ud83d")
    cleaned.encode("utf-8")


@given(st.text(max_size=200), st.integers(2, 40), st.integers(1, 5))
def test_wrapped_lines_fit(text, width, max_lines):
    lines = wrap(clean(text), width, max_lines)
    assert 1 <= len(lines) <= max_lines
    assert all(display_width(line) <= width for line in lines)


@given(st.text(max_size=60), st.integers(1, 30))
def test_clipped_text_fits(text, width):
    assert display_width(clip(clean(text), width)) <= width


def test_wrap_breaks_where_a_reader_would():
    assert wrap("2.78 < od280/od315_of_diluted_wines <= 3.17", 20) == [
        "2.78 < od280/od315_",
        "of_diluted_wines <=",
        "3.17",
    ]
    assert wrap("n" * 100, 10, max_lines=2) == ["n" * 10, "n" * 9 + "…"]
    assert wrap("short", 20) == ["short"]
    assert wrap("", 20) == [""]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.25, -0.1], 3),
        ([31250.0], 0),
        ([12.5], 1),
        ([1e-5], -1),
        ([3e9], -1),
        ([], 2),
        ([0.0, math.nan], 2),
        ([0.004], 5),
    ],
)
def test_decimals(values, expected):
    assert decimals_for(values) == expected


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.25, 3, "+0.250"),
        (-0.25, 1, "-0.2"),
        (-0.0001, 2, "0.00"),
        (0.0, 2, "0.00"),
        (1.5e-7, -1, "+1.50e-07"),
        (math.nan, 2, "nan"),
        (math.inf, 2, "+inf"),
        (-math.inf, 2, "-inf"),
        (None, 2, ""),
    ],
)
def test_format_number(value, decimals, expected):
    assert format_number(value, decimals, sign=True) == expected


def test_format_value():
    assert [format_value(v) for v in (None, True, 7, 10**30, math.nan, 14.230000001, "a", -1e300)] == [
        "",
        "True",
        "7",
        "1e+30",
        "missing",
        "14.23",
        "a",
        "-1e+300",
    ]


NUMBERS = st.floats(-1e6, 1e6)


@given(NUMBERS, NUMBERS, st.integers(0, 4))
def test_the_sum_holds_as_written(first, second, decimals):
    a, b, total = round_sum(first, second, first + second, decimals)
    assert math.isclose(float(a) + float(b), float(total), abs_tol=10.0 ** -(decimals + 3))
    assert abs(float(b) - second) <= 1.01 * 10.0**-decimals


@given(st.text(max_size=300), st.integers(2, 40), st.integers(1, 5))
def test_both_ends_fit(text, width, max_lines):
    text = clean(text)
    assert display_width(clip_middle(text, width)) <= width
    lines = wrap_ends(text, width, max_lines)
    assert 1 <= len(lines) <= max_lines
    assert all(display_width(line) <= width for line in lines)


def test_the_middle_goes_first():
    assert clip_middle("0123456789", 7) == "012…789"
    assert clip_middle("0123456789", 10) == "0123456789"
    assert clip_middle("重量重量重量", 7) == "重量…量"
    assert wrap_ends("short", 20) == ["short"]
    assert wrap_ends("-0.69 < " + "n" * 50 + " <= -0.02", 12, 2) == ["-0.69 < n…n", "<= -0.02"]
