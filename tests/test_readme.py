"""The README's examples are the real thing: they run after its own install line, and print what is shown."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Run by the Python of an environment that has the README's install line and nothing else.
RUN = """
import re, sys
import matplotlib
matplotlib.use("Agg")
text = open(sys.argv[1], encoding="utf-8").read()
namespace = {}
for block in re.findall(r"^```python\\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
    exec(block, namespace)
print(namespace["lime"].__file__)
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def conditions(text: str) -> list[str]:
    """The features of an explanation's lines, each with its value."""
    return re.findall(r"^([a-z_/\d]+ +[\d.]+) .*│", text, flags=re.MULTILINE)


def install_line() -> list[str]:
    (line,) = re.findall(r"^    pip install (.+)$", README, flags=re.MULTILINE)
    return shlex.split(line)


def test_the_examples_run_and_print_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some write files
    monkeypatch.setenv("COLUMNS", "80")
    namespace: dict[str, object] = {}
    ten_lines, *rest = blocks("python")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(ten_lines, namespace)  # noqa: S102 - the example as it stands
    assert len(ten_lines.strip().splitlines()) == 10
    (shown,) = blocks("text")
    assert len(conditions(shown)) == 5
    # Weights differ in their last digits between versions of the forest: near neighbours may change places.
    assert sorted(conditions(printed.getvalue())) == sorted(conditions(shown))
    for block in rest:
        exec(block, namespace)  # noqa: S102 - likewise
    assert {path.name for path in tmp_path.iterdir()} == {"wine.html", "wine.json", "night", "night.html"}


def test_the_examples_run_after_the_install_line_and_nothing_else(tmp_path: Path) -> None:
    checkout, home = tmp_path / "checkout", tmp_path / "environment"
    checkout.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(ROOT / "src", checkout / "src", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", *install_line()], cwd=checkout, check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [python, "-W", "error::DeprecationWarning:lime", "-c", RUN, str(ROOT / "README.md")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip().splitlines()[-1]).is_relative_to(home)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200
