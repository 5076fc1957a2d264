"""Environments in which other people's packages run with this package or with lime 0.2.0.1: see dependants.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CLASSIC = "0.2.0.1"
WAYS = ("ours", "classic", CLASSIC)
"""This package, this package with LIME_SAMPLING_METHOD=classic, and lime 0.2.0.1."""


def say(*parts: object) -> None:
    print(time.strftime("%H:%M:%S"), *parts, file=sys.stderr, flush=True)


def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, capture_output=True, text=True, check=False, **options
    )
    return done


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def build_wheels(folder: Path) -> tuple[Path, Path]:
    """Wheels of this checkout and of lime 0.2.0.1."""
    wheels: list[Path] = []
    for source in (str(ROOT), f"lime=={CLASSIC}"):
        target = folder / f"wheel-{len(wheels)}"
        made = run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(target), source])
        if made.returncode:
            raise SystemExit(f"{source} cannot be built: {last_line(made.stderr)}")
        wheels.append(next(target.glob("*.whl")))
    return wheels[0], wheels[1]


def installer(home: Path) -> list[str]:
    """The command that installs into an environment."""
    # Without byte code: most of what is installed is never imported.
    options = ["--quiet", "--disable-pip-version-check", "--prefer-binary", "--no-compile"]
    return [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", *options]


def site_packages(home: Path) -> Path:
    return next(home.glob("lib/python*/site-packages"))


def own_requirements() -> list[str]:
    stated: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return stated


def make_base(folder: Path) -> Path:
    """The environment with this package's own requirements, which all others see; made once."""
    base = folder / "base"
    if not (base / "ready").exists():
        shutil.rmtree(base, ignore_errors=True)
        say("base, installing")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base)], check=True)
        done = run([*installer(base), *own_requirements()])
        if done.returncode:
            raise SystemExit(f"this package's own requirements cannot be installed: {last_line(done.stderr)}")
        (base / "ready").touch()
    return base


def install(package: str, needs: Sequence[str], alone: bool, home: Path, *, base: Path, theirs: Path) -> str:
    """Make the environment without this package; return '' or what went wrong.

    `package` is a requirement; it is left out where it is lime 0.2.0.1, which lies in a folder of its own. `alone`
    installs it without what it asks for.
    """
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    # What is installed here comes before what the base has.
    (site_packages(home) / "base.pth").write_text(f"{site_packages(base)}\n")
    pip = installer(home)
    packages = [] if package == f"lime=={CLASSIC}" else [package]
    # Every command states this package's own requirements, so that what follows does not undo what went before.
    steps = [[*pip, *own_requirements(), *needs, *([] if alone else packages)]]
    if alone and packages:
        steps.append([*pip, "--no-deps", "--no-build-isolation", *packages])
    steps.append([*pip, "--no-deps", "--target", str(home / "classic"), str(theirs)])
    for step in steps:
        done = run(step)
        if done.returncode:
            return last_line(done.stderr)
    (home / "ready").touch()
    return ""


def install_ours(home: Path, ours: Path) -> None:
    """Put this package's wheel into an environment that is ready."""
    done = run([*installer(home), "--no-deps", "--force-reinstall", str(ours)])
    if done.returncode:
        raise SystemExit(f"{ours.name} cannot be installed: {last_line(done.stderr)}")
    for folder, version in ((home, ours.name.split("-")[1]), (home / "classic", CLASSIC)):
        if not any(folder.rglob(f"lime-{version}.dist-info")):
            raise SystemExit(f"{folder} does not hold lime {version}")


def variables(home: Path, lime: str) -> dict[str, str]:
    """The environment's variables for a run in one of `WAYS`."""
    found = {key: value for key, value in os.environ.items() if not key.startswith(("LIME_", "PYTHON"))}
    found |= {"MPLBACKEND": "Agg", "PYTHONHASHSEED": "0", "TOKENIZERS_PARALLELISM": "false"}
    if lime == "classic":
        found["LIME_SAMPLING_METHOD"] = "classic"
    elif lime == CLASSIC:
        found["PYTHONPATH"] = str(home / "classic")
    return found


def write_table(page: Path, name: str, made: str) -> None:
    """Put a table into a page, between the marks that bear its name."""
    before, begin, rest = page.read_text().partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    if not begin or not end:
        raise SystemExit(f"{page} has no marks for {name}")
    page.write_text(f"{before}{begin}\n{made}\n\n{end}{after}")
