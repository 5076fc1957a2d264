"""The documentation: its sources hold together, without building it (`make docs` does, and runs every example)."""

from __future__ import annotations

import ast
import importlib
import json
import re
import tomllib
from pathlib import Path

import pytest

import lime

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = sorted((DOCS / "gallery").rglob("plot_*.py"))
PAGES = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "auto_gallery"} & set(path.parts))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)", flags=re.DOTALL)
DOCUMENTED = re.compile(r"^\.\. auto(?:class|function|exception|module):: ([\w.]+)", flags=re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The headings of a page as the parts of addresses that lead to them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_compiles_begins_with_a_title_and_shows_a_picture(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    title, rule, *_ = (ast.get_docstring(tree) or "").split("\n")
    assert rule == "=" * len(title)
    assert "plot" in source.split('"""', 2)[2]
    assert not re.search(r"https?://|/work\b|/tmp\b", source)


def test_there_is_an_example_of_each_kind() -> None:
    assert len(EXAMPLES) >= 15
    assert {path.parent.name for path in EXAMPLES} == {"article", "tutorials", "trust", "rows"}
    for folder in {path.parent for path in EXAMPLES}:
        assert (folder / "GALLERY_HEADER.rst").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_between_pages_resolve(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in PICTURE.findall(text):
        assert (page.parent / target).is_file(), f"{page.name} shows {target}"
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        if name.startswith("auto_gallery"):
            continue  # made by the build, which checks them
        other = (page.parent / name).resolve() if name else page
        assert other.is_file(), f"{page.name} links to {name}"
        if anchor:
            assert anchor in anchors(other), f"{page.name} links to {target}"


def test_every_page_is_reached_from_the_index() -> None:
    listed = set()
    for page in PAGES:
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE):
            for entry in block.splitlines():
                if entry and not entry.startswith(":"):
                    listed |= {found.resolve() for found in page.parent.glob(f"{entry}.md")}
    assert {page.resolve() for page in PAGES} - listed == {(DOCS / "index.md").resolve()}


def test_a_new_data_type_takes_at_most_eighty_lines() -> None:
    page = (DOCS / "extending.md").read_text(encoding="utf-8")
    code = re.search(r"^```python\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    assert code is not None
    assert "class SegmentsInput(MaskedInput)" in code[1]
    assert "class SegmentsExplainer(MaskedExplainer)" in code[1]
    assert len(code[1].splitlines()) <= 80
    assert set(re.findall(r"^from lime(\S*) import", code[1], flags=re.MULTILINE)) == {".extending"}


def documented() -> list[str]:
    return [name for page in PAGES for name in DOCUMENTED.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", documented())
def test_a_name_in_the_reference_exists_and_has_a_docstring(name: str) -> None:
    try:
        found: object = importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        found = getattr(importlib.import_module(module), attribute)
    assert (found.__doc__ or "").strip()


def test_every_public_name_is_in_the_reference() -> None:
    from types import ModuleType

    names = {name.rpartition(".")[2] for name in documented()}
    for module in (lime, lime.trust):
        for name in module.__all__:
            if not isinstance(getattr(module, name), ModuleType | str):
                assert name in names, f"{module.__name__}.{name} is not in the reference"


def test_the_figures_have_commands_that_exist() -> None:
    groups = json.loads((DOCS / "measurements.json").read_text(encoding="utf-8"))["groups"]
    shown = re.findall(r"^```\{measured\} (\w+)$", (DOCS / "measurements.md").read_text(), flags=re.MULTILINE)
    assert sorted(shown) == sorted(groups)
    for group in groups.values():
        for table in group["tables"]:
            assert (ROOT / table["script"]).is_file()
            assert all(len(row) == len(table["columns"]) for row in table["rows"]), table["title"]


def test_what_builds_the_pages_is_declared() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["docs"]
    declared = {re.split(r"[<>=]", requirement)[0] for requirement in extra}
    assert {"sphinx", "furo", "myst-parser", "numpydoc", "sphinx-gallery"} <= declared
    assert re.search(r"^docs: ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


def sentences() -> str:
    """All strings of the sources in a row, those that Python joins put together, what is filled in left out."""
    parts = []
    for path in sorted((ROOT / "src" / "lime").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts.append("".join(one.value if isinstance(one, ast.Constant) else "…" for one in node.values))  # type: ignore[misc]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts.append(node.value)
    return "\n".join(parts)


def test_the_messages_of_the_page_on_trouble_are_ours() -> None:
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^`(.+)`\n: ", page, flags=re.MULTILINE)
    assert len(messages) >= 14
    known = sentences()
    for message in messages:
        for part in message.split("…"):
            assert part.strip(" ") in known, part
