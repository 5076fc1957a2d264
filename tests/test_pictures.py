"""The pictures of README and docs show what the code says today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pictures
from lime.cli.demo import explain_wine

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"


def test_the_numbers_of_every_picture_are_todays() -> None:
    today = pictures.numbers_of(explain_wine()[1])
    largest = max(map(abs, today.values()))
    found = sorted(IMAGES.glob("*.png"))
    assert [path.name for path in found] == ["wine-page.png", "wine.png"]
    for path in found:
        numbers = pictures.read_numbers(path)
        assert list(numbers) == list(today), f"{path.name} is stale: make images"
        # Three digits are shown.
        assert numbers == pytest.approx(today, abs=1e-3 * largest), f"{path.name} is stale: make images"


def test_a_picture_carries_what_is_put_into_it(tmp_path: Path) -> None:
    copy = tmp_path / "wine.png"
    copy.write_bytes((IMAGES / "wine.png").read_bytes())
    pictures.write_numbers(copy, {"alcohol": 0.5})
    assert pictures.read_numbers(copy) == {"alcohol": 0.5}


def test_every_picture_that_a_page_shows_is_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            assert (page.parent / target).is_file(), f"{page.name} shows {target}"
