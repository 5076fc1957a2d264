"""Print how the code of the package is built, in numbers: ``python tools/measure_house.py [folder of the package]``.

Functions with more than five positional parameters and private names used across modules are those that ruff counts
(PLR0917, SLF001). An import cycle counts imports inside functions, but not those for types alone.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONG_FILE = 500


def main() -> None:
    """Print all of them."""
    package = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "src" / "lime"
    files = {module_name(path, package): path for path in sorted(package.rglob("*.py"))}
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in files.items()}
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    graph = {name: set(imports(tree, name, files)) for name, tree in trees.items()}
    long_files = sorted((n, name) for name, n in lines.items() if n > LONG_FILE)
    bodies = sorted(
        (length, f"{name}:{function}") for name, tree in trees.items() for length, function in functions(tree)
    )
    rows = [
        ("functions with more than five positional parameters", str(count("PLR0917", package))),
        ("private names used across modules", str(count("SLF001", package))),
        ("modules in the largest import cycle", str(max(map(len, cycles(graph)), default=0))),
        (f"files above {LONG_FILE} lines", f"{len(long_files)} {', '.join(f'{name} {n}' for n, name in long_files)}"),
        ("longest function", f"{bodies[-1][0]} lines, {bodies[-1][1]}"),
        ("lines", str(sum(lines.values()))),
        ("files", str(len(files))),
    ]
    for what, figure in rows:
        print(f"{what:<55} {figure}")


def module_name(path: Path, package: Path) -> str:
    """Full name of a module."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def count(rule: str, package: Path) -> int:
    """How often ruff finds something."""
    ruff = Path(sys.executable).with_name("ruff")
    options = ["--isolated", "--preview", "--select", rule, "--output-format", "json"]
    found = subprocess.run([str(ruff), "check", str(package), *options], capture_output=True, text=True, check=False)
    return len(json.loads(found.stdout))


def imports(tree: ast.AST, importer: str, files: dict[str, Path]) -> Iterator[str]:
    """Modules of the package that a module imports, anywhere but for types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for statement in node.orelse:
                yield from imports(ast.Module([statement], []), importer, files)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = importer if files[importer].name == "__init__.py" else importer.rpartition(".")[0]
                base = ".".join(filter(None, [*package.split(".")[: len(package.split(".")) - node.level + 1], base]))
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield from (found for found in (name if name in files else base,) if found in files)
        else:
            yield from imports(node, importer, files)


def functions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines and name of each function, its docstring not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                yield (body[-1].end_lineno or 0) - body[0].lineno + 1, node.name


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules of which each reaches each (Tarjan 1972), those of more than one."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            group: set[str] = set()
            while node not in group:
                group.add(stack.pop())
            if len(group) > 1:
                found.append(group)

    for node in graph:
        if node not in order:
            visit(node)
    return found


if __name__ == "__main__":
    main()
