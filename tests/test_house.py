"""The house: who may import whom (docs/architecture.md), what stays out of the code, what a skip means."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "lime"
FILES = sorted(PACKAGE.rglob("*.py"))

# Which rooms a room may import from at the top of its modules; every room may import from itself.
MAY_IMPORT = {
    "engine": set(),
    "config": {"engine"},  # the names of samplers that users registered
    "optional": set(),  # imports packages that only a part needs
    "upper": set(),  # loads what convenience methods ask for, by name
    "models": {"engine", "optional"},
    "results": {"engine", "optional", "upper"},
    "render": {"results"},
    "domains": {"engine", "models", "results", "config", "optional", "upper"},
    "trust": {"engine", "models", "domains", "results", "config"},
    "scale": {"engine", "models", "domains", "results", "config", "optional"},
    "cli": {
        "engine",
        "models",
        "config",
        "optional",
        "results",
        "render",
        "domains",
        "trust",
        "scale",
        "classic",
        "root",
    },
    "classic": {"engine", "models", "config", "results", "render", "domains", "trust", "scale"},
    "root": set(),  # lime/__init__.py loads everything when it is asked for
}
# What more it may import inside a function: a result's methods hand it to what draws or judges it.
MAY_IMPORT_INSIDE = {
    "results": {"render", "trust"},  # for types alone
    "trust": {"render"},
    "domains": {"trust", "scale"},  # for types alone
    "upper": {"render", "trust", "scale", "results"},  # for types alone
    "root": set(MAY_IMPORT) - {"root"},
}
LATE = {"matplotlib", "skimage", "pandas", "polars", "pyarrow", "IPython", "torch", "jinja2"}
LATE |= {"xgboost", "lightgbm", "catboost"}


@dataclass(frozen=True)
class Import:
    importer: str
    target: str
    line: int
    inside: bool  # a function
    for_types: bool  # under TYPE_CHECKING


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def room(module: str) -> str:
    if module == "lime":
        return "root"
    name = module.split(".")[1]
    if name in ("_config", "_optional", "_upper"):
        return name[1:]
    if name == "__main__":  # ``python -m lime`` is the command
        return "cli"
    return name if name in MAY_IMPORT else "classic"


def targets(node: ast.Import | ast.ImportFrom, importer: str, is_package: bool) -> list[str]:
    """Full names of the modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        package = importer.split(".") if is_package else importer.split(".")[:-1]
        package = package[: len(package) - node.level + 1]
        base = ".".join([*package, base] if base else package)
    found = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in MODULES else base for name in found]


def imports_of(source: str, importer: str, is_package: bool = False) -> Iterator[Import]:
    def walk(node: ast.AST, inside: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for target in targets(child, importer, is_package):
                    yield Import(importer, target, child.lineno, inside, for_types)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                for statement in child.body:
                    yield from walk(ast.Module([statement], []), inside, True)
                for statement in child.orelse:
                    yield from walk(ast.Module([statement], []), inside, for_types)
            else:
                function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, inside or function, for_types)

    yield from walk(ast.parse(source), False, False)


def all_imports() -> list[Import]:
    return [
        found
        for name, path in MODULES.items()
        for found in imports_of(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")
    ]


def is_ours(module: str) -> bool:
    return module == "lime" or module.startswith("lime.")


def breaches(imports: list[Import]) -> list[str]:
    found = []
    for one in imports:
        if not is_ours(one.target):
            continue
        here, there = room(one.importer), room(one.target)
        allowed = MAY_IMPORT[here] | {here}
        if one.inside or one.for_types:
            allowed |= MAY_IMPORT_INSIDE.get(here, set())
        if there not in allowed:
            found.append(f"{one.importer}:{one.line} imports {one.target}: {here} may not import {there}")
    return found


def too_early(imports: list[Import]) -> list[str]:
    return [
        f"{one.importer}:{one.line} imports {one.target} at its top: expected inside a function"
        for one in imports
        if one.target.partition(".")[0] in LATE and not one.inside and not one.for_types
    ]


def cycle(imports: list[Import]) -> list[str]:
    graph: dict[str, set[str]] = {}
    for one in imports:
        if is_ours(one.target) and not one.for_types:
            graph.setdefault(one.importer, set()).add(one.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_rooms_import_only_whom_they_may() -> None:
    found = all_imports()
    rooms = {room(one.importer) for one in found}
    assert {"engine", "domains", "results", "render", "cli", "classic"} <= rooms
    assert breaches(found) == []


def test_no_module_imports_itself_in_a_circle_even_inside_functions() -> None:
    assert cycle(all_imports()) == []


def test_every_door_to_an_upper_room_leads_somewhere() -> None:
    from lime import _upper

    assert sorted(_upper.__all__) == sorted(_upper.UPPER)
    for name in _upper.UPPER:
        assert getattr(_upper, name).__name__ == name
    with pytest.raises(AttributeError):
        _upper.no_such_door  # noqa: B018


def test_heavy_packages_are_loaded_where_they_are_used() -> None:
    assert too_early(all_imports()) == []


@pytest.mark.parametrize(
    ("importer", "source", "room_it_may_not"),
    [
        ("lime.engine.base", "from lime.results.explanation import Explanation", "results"),
        ("lime.engine.base", "from lime import lime_base", "classic"),
        ("lime.engine.exact_trees", "from lime.models.reading import read_model", "models"),
        ("lime.models.reading", "from lime.domains.tabular import columns", "domains"),
        ("lime.models.reading", "from lime.engine.trees import TreeArrays", None),
        ("lime.engine.base", "def f():\n    import lime.domains", "domains"),
        ("lime.engine.base", "from ..domains import tabular", "domains"),
        ("lime.results.explanation", "import lime.render.page", "render"),
        ("lime.results.explanation", "def f():\n    import lime.render.page", None),
        ("lime.domains.tabular.explainer", "from lime import LimeTabularExplainer", "root"),
        ("lime.domains.tabular.explainer", "from lime.cli import main", "cli"),
        ("lime.domains.tabular.explainer", "from lime._config import get_config", None),
        ("lime.render.page", "if True:\n    from lime.domains import tabular", "domains"),
    ],
)
def test_a_breach_is_seen(importer: str, source: str, room_it_may_not: str | None) -> None:
    found = breaches(list(imports_of(source, importer)))
    if room_it_may_not is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].endswith(f"{room(importer)} may not import {room_it_may_not}")


def test_a_circle_and_an_early_import_are_seen() -> None:
    there = list(imports_of("import lime.b\nimport matplotlib.pyplot as plt", "lime.a"))
    back = list(imports_of("from lime.a import x\ndef f():\n    import pandas", "lime.b"))
    assert cycle(there) == []
    assert set(cycle(there + list(imports_of("import lime.a", "lime.b")))) == {"lime.a", "lime.b"}
    assert [line.split()[2] for line in too_early(there + back)] == ["matplotlib.pyplot"]


# A slash, a folder and something in it, where nothing stands before it that would make it part of an address,
# a closing tag or a fraction.
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/<)\]}*-])(?:/[A-Za-z_][\w.-]*){2,}|\b[A-Z]:\\\w")


def test_no_code_names_a_path_of_a_machine() -> None:
    texts = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".html", ".j2", ".css", ".js"}]
    assert len(texts) >= len(FILES) > 0
    found = [
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in texts
        for match in ABSOLUTE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_path_of_a_machine_is_seen() -> None:
    assert ABSOLUTE_PATH.search('open("/home/me/data.csv")')
    assert ABSOLUTE_PATH.search(r"C:\data")
    assert not ABSOLUTE_PATH.search("https://example.org/a/b and </div></p> and a/b/c and x / y")


SKIPS = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="not today")
def test_is_skipped():
    pass

def test_skips_itself():
    pytest.skip("not here")

def test_lacks_data():
    pytest.skip("optional: the data set is not on this machine")

@pytest.mark.xfail(reason="known")
def test_known_to_fail():
    assert False
"""


@pytest.mark.parametrize(
    ("on_ci", "expected"),
    [
        # A test that its mark skips is an error of its setup, one that skips itself has failed.
        ("true", {"passed": 1, "failed": 1, "errors": 1, "skipped": 1, "xfailed": 1}),
        ("", {"passed": 1, "skipped": 3, "xfailed": 1}),
    ],
)
def test_on_ci_a_skip_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, on_ci: str, expected: dict[str, int]
) -> None:
    monkeypatch.setenv("CI", on_ci)
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makepyfile(test_skips=SKIPS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(**expected)


def test_on_ci_a_module_that_skips_itself_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makepyfile(test_module="import pytest\npytest.importorskip('no_such_package_anywhere')")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    assert result.ret != 0


def test_the_pictures_of_the_house_show_these_rules():
    import draw_house as drawn

    rules = drawn.house(MAY_IMPORT, MAY_IMPORT_INSIDE)
    assert (drawn.IMAGES / "house.svg").read_text(encoding="utf-8") == rules, "due: python tools/draw_house.py"
    assert (drawn.IMAGES / "way.svg").read_text(encoding="utf-8") == drawn.way(), "due: python tools/draw_house.py"


def test_what_a_user_gives_takes_a_straight_way_through_the_modules():
    import measure_house as house

    assert house.returns(["a", "b", "a", "c", "b"]) == 2
    routes = house.routes(PACKAGE)
    assert len(routes) == 3
    for what, modules in routes.items():
        assert "models/calling.py" in modules or what == "image"
        assert house.returns(modules) <= 4, f"{what}: {modules}"


def test_no_module_is_longer_than_can_be_read_at_a_sitting():
    long = {str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}
