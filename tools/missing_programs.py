"""Say which programs the tests would use and this machine lacks: how to get each, and what is skipped without it.

Run by ``make test`` before everything else. It fails nothing: where CI is set, a skipped test is a failure by itself.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from browser import CHROMIUM


@dataclass(frozen=True)
class Program:
    """A program that is no Python package."""

    name: str
    command: str
    package: str  # Debian's
    tests: str  # what is skipped without it
    home: str = ""  # the environment variable that names its folder


PROGRAMS = (
    Program("Chromium", CHROMIUM, "chromium", "pages in a real browser"),
    Program("Java", "java", "default-jre-headless", "Spark", "JAVA_HOME"),
)


def missing_programs(programs: tuple[Program, ...] = PROGRAMS) -> list[str]:
    """A line for each program that is not there."""
    return [
        f"{one.name} is missing: the tests of {one.tests} will be skipped. "
        f"On Debian and Ubuntu: sudo apt-get install {one.package}"
        for one in programs
        if shutil.which(one.command) is None and not os.environ.get(one.home, "")
    ]


if __name__ == "__main__":
    for line in missing_programs():
        print(line)
