"""Where tests stand: in folders that mirror `src/lime`, a file for each module of the engine, none of them long."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS, PACKAGE = ROOT / "tests", ROOT / "src" / "lime"
LINES_AT_MOST = 500

# Folders that are no rooms of the package.
BESIDE = {
    "classic",  # what lime 0.2.0.1 answers to the same calls
    "data",  # recordings and old files
    "helpers",  # what several files of tests share
}


def is_code(folder: Path) -> bool:
    return any(folder.glob("*.py")) or any(is_code(one) for one in folder.iterdir() if one.is_dir())


def strangers(tests: Path, package: Path, beside: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """Folders with tests that have no counterpart in the package: a folder, or a module of that name."""
    found = []
    for folder in sorted(one for one in tests.iterdir() if one.is_dir() and one.name not in beside and is_code(one)):
        room = package / folder.name
        if room.is_dir():
            found += [f"{folder.name}/{inner}" for inner in strangers(folder, room)]
        elif not room.with_suffix(".py").is_file():
            found.append(folder.name)
    return found


def without_tests(tests: Path, package: Path) -> list[str]:
    """Modules that no file of tests is named for."""
    modules = sorted(path.stem for path in package.glob("*.py") if not path.stem.startswith("_"))
    return [name for name in modules if not (tests / f"test_{name}.py").is_file()]


def too_long(tests: Path, most: int) -> list[str]:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sorted(tests.rglob("*.py"))}
    return [f"{path.relative_to(tests)}: {length} lines" for path, length in lengths.items() if length > most]


def test_folders_of_tests_are_rooms_of_the_package() -> None:
    assert strangers(TESTS, PACKAGE, BESIDE) == []
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").is_file()}
    # Old addresses without logic, which tests/test_surface.py and tests/test_package.py hold.
    assert rooms - {"wrappers", "utils"} <= {path.name for path in TESTS.iterdir()}


def test_every_module_of_the_engine_has_a_file_of_tests() -> None:
    assert without_tests(TESTS / "engine", PACKAGE / "engine") == []


def test_no_file_of_tests_is_longer_than_can_be_read_at_a_sitting() -> None:
    assert too_long(TESTS, LINES_AT_MOST) == []


def test_names_of_files_are_told_apart_where_folders_are_put_on_the_path(pytestconfig: pytest.Config) -> None:
    shared = [path.stem for folder in pytestconfig.getini("pythonpath") for path in Path(folder).glob("*.py")]
    assert len(shared) == len(set(shared)) > 0


def test_what_breaks_these_rules_is_seen(tmp_path: Path) -> None:
    tests, package = tmp_path / "tests", tmp_path / "lime"
    for name in ("tests/engine/test_a.py", "tests/old/deep/test_b.py", "tests/domains/sound/test_c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("pass\n" * 3)
    for name in ("engine/a.py", "engine/b.py", "engine/_c.py", "engine/__init__.py", "domains/text/__init__.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("")
    assert strangers(tests, package) == ["domains/sound", "old"]
    assert strangers(tests, package, {"old"}) == ["domains/sound"]
    assert without_tests(tests / "engine", package / "engine") == ["b"]
    assert too_long(tests, 3) == []
    assert len(too_long(tests, 2)) == 3
