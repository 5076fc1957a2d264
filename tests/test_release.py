"""What a release carries agrees with pyproject.toml: recipe, citation, changelog, the folder of issue templates."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RECIPE = (ROOT / "conda" / "meta.yaml").read_text(encoding="utf-8")
CONDA_NAMES = {"matplotlib": "matplotlib-base"}


def bounds(requirements: list[str]) -> dict[str, str]:
    found = {}
    for requirement in requirements:
        match = re.fullmatch(r"([\w-]+) *>=([\d.]+)", requirement)
        assert match is not None, requirement
        found[match[1]] = match[2]
    return found


def test_the_recipe_has_the_dependencies() -> None:
    run = re.search(r"  run:\n((?:    - .*\n)+)", RECIPE)
    assert run is not None
    found = bounds([line.removeprefix("    - ") for line in run[1].splitlines()])
    assert found.pop("python") == PROJECT["project"]["requires-python"].removeprefix(">=")
    wanted = bounds(PROJECT["project"]["dependencies"])
    assert found == {CONDA_NAMES.get(name, name): bound for name, bound in wanted.items()}


def test_the_recipe_constrains_what_is_optional() -> None:
    constrained = re.search(r"  run_constrained:\n((?:    - .*\n)+)", RECIPE)
    assert constrained is not None
    found = bounds([line.removeprefix("    - ") for line in constrained[1].splitlines()])
    assert found == bounds(PROJECT["project"]["optional-dependencies"]["tables"])


def test_every_file_has_the_version() -> None:
    version = PROJECT["project"]["version"]
    if ".dev" in version:  # on the way to the next release, the files name the last one
        version = re.search(
            r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE
        )[1]
    assert re.search(r'^\{% set version = "(.+)" %\}$', RECIPE, flags=re.MULTILINE)[1] == version
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, flags=re.MULTILINE)[1] == version
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, flags=re.MULTILINE)


def test_the_changelog_has_the_usual_form() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## (.+)$", changes, flags=re.MULTILINE)
    assert releases[0] == "[Unreleased]"
    kinds = set(re.findall(r"^### (.+)$", changes, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("name", ["fault.yml", "wish.yml"])
def test_an_issue_template_asks_for_something(name: str) -> None:
    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / name).read_text(encoding="utf-8")
    assert re.search(r"^name: .+\ndescription: .+$", text, flags=re.MULTILINE)
    assert "required: true" in text


def test_a_source_distribution_has_what_its_readers_need() -> None:
    include = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for path in include:
        assert (ROOT / path.lstrip("/")).exists(), path
