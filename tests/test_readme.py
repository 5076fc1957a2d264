"""The README's example is the real thing: it runs as it stands, and prints what is shown."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def conditions(text: str) -> list[str]:
    """The features of an explanation's lines, each with its value."""
    return re.findall(r"^([a-z_/\d]+ +[\d.]+) .*│", text, flags=re.MULTILINE)


def test_the_examples_run_and_print_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the second example writes a page and a file
    monkeypatch.setenv("COLUMNS", "80")
    namespace: dict[str, object] = {}
    ten_lines, classic, more, image, trust, rows = blocks("python")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(ten_lines, namespace)  # noqa: S102 - the example as it stands
    assert len(ten_lines.strip().splitlines()) == 10
    (shown,) = blocks("text")
    assert len(conditions(shown)) == 5
    # Weights differ in their last digits between versions of the forest: near neighbours may change places.
    assert sorted(conditions(printed.getvalue())) == sorted(conditions(shown))
    exec(classic, namespace)  # noqa: S102 - likewise
    exec(more, namespace)  # noqa: S102 - likewise
    assert {path.name for path in tmp_path.iterdir()} == {"wine.html", "wine.json"}
    exec(trust, namespace)  # noqa: S102 - likewise
    exec(rows, namespace)  # noqa: S102 - likewise
    assert (tmp_path / "night").is_dir()
    assert (tmp_path / "night.html").is_file()
    picture = np.random.default_rng(0).integers(0, 256, size=(24, 24, 3)).astype(np.uint8)
    halves = np.stack([np.full(1, 0.4), np.full(1, 0.6)], axis=1)
    namespace.update(image=picture, model=lambda batch: np.repeat(halves, len(batch), axis=0))
    exec(image, namespace)  # noqa: S102 - likewise
