"""The command: what it prints, what it writes, how it ends."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import lime
from lime.cli import main


class Demo(NamedTuple):
    code: int
    printed: str
    folder: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "made" / "when needed"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["demo", "--output", str(folder)])
    return Demo(code, printed.getvalue(), folder)


def test_demo_prints_what_it_explains_and_how_good_the_model_is(demo: Demo) -> None:
    assert demo.code == 0
    assert re.search(r"cultivar of\s+\d+%\s+of\s+36\s+others\s+correctly", demo.printed)
    assert "class_0" in demo.printed


def test_demo_prints_a_table_with_bars(demo: Demo) -> None:
    with_bars = [line for line in demo.printed.splitlines() if "█" in line]
    assert len(with_bars) >= 5
    assert any("proline" in line for line in with_bars)
    assert all(re.search(r"[-+−]?0\.\d+", line) for line in with_bars)
    assert "\x1b[" not in demo.printed  # not a terminal: no colour


def test_demo_fits_into_80_columns(demo: Demo) -> None:
    assert max(map(len, (line for line in demo.printed.splitlines() if not line.startswith("wrote")))) <= 80


def test_demo_writes_the_page_and_the_picture_and_says_where(demo: Demo) -> None:
    page, picture = demo.folder / "wine.html", demo.folder / "wine.png"
    others = [demo.folder / f"{name}.{kind}" for name in ("photo", "text") for kind in ("html", "png")]
    assert sorted(demo.folder.iterdir()) == [*others, page, picture]
    text = page.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "proline" in text
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(header[start : start + 4], "big") for start in (16, 20))
    assert width > 400
    assert height > 300
    assert f"wrote {page}" in demo.printed
    assert f"wrote {picture}" in demo.printed


@pytest.mark.parametrize("name", ["wine", "text"])
def test_demo_picture_is_not_blank(demo: Demo, name: str) -> None:
    from matplotlib.image import imread

    pixels = imread(demo.folder / f"{name}.png")[..., :3]
    inked = (pixels.min(axis=2) < 0.9).mean()
    assert 0.02 < inked < 0.6


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert main(["demo", "--output", str(in_the_way)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lime: ")
    assert str(in_the_way) in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["explain-everything"], ["demo", "--colour"], ["demo", "--output"]])
def test_a_command_line_that_is_not_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: lime" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["demo", "--help"]])
def test_help_has_examples_and_fits_80_columns(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "examples:" in printed
    assert "lime demo" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_the_command_is_there_at_once() -> None:
    """What takes long to load is loaded when it is used: help does not wait for it, and an interrupt there is told."""
    code = "import sys, lime.cli; print({'sklearn', 'pandas', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_installed_script_tells_the_version() -> None:
    script = Path(sys.executable).with_name("lime")
    for command in ([str(script)], [sys.executable, "-m", "lime"], [sys.executable, "-m", "lime.cli"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"lime {lime.__version__}\n"
