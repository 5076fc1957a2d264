"""Numbers of things inside sentences."""

from __future__ import annotations

import pytest

from lime.engine.wording import counted


@pytest.mark.parametrize(
    ("number", "nouns", "expected"),
    [
        (0, ("model call",), "0 model calls"),
        (1, ("model call",), "1 model call"),
        (5001, ("model call",), "5,001 model calls"),
        (1, ("query", "queries"), "1 query"),
        (2, ("query", "queries"), "2 queries"),
    ],
)
def test_a_number_has_its_noun(number: int, nouns: tuple[str, ...], expected: str) -> None:
    assert counted(number, *nouns) == expected
