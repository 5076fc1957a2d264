"""Print how the code of the package is built, in numbers: ``python tools/measure_house.py [folder of the package]``.

Functions with more than five positional parameters and private names used across modules are those that ruff counts
(PLR0917, SLF001). An import cycle counts imports inside functions, but not those for types alone.

The route of an object is the modules whose functions it is handed to, one after the other, while one row of a table or
one picture is explained. It is traced (``sys.setprofile``) in a process that imports the package from that folder. Only
calls count, not that a generator goes on. A return is a module that the object had been in before, and left.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LONG_FILE = 500
TRACE = "--trace"


def main() -> None:
    """Print all of them."""
    if sys.argv[1:] == [TRACE]:
        print(json.dumps(traced()))
        return
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
    for what, modules in routes(package).items():
        rows.append((f"returns of {what}", f"{returns(modules)} in {len(modules)} modules"))
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


def routes(package: Path) -> dict[str, list[str]]:
    """The route of each object that is followed; see `traced`."""
    there = {**os.environ, "PYTHONPATH": str(package.resolve().parent)}
    ran = subprocess.run([sys.executable, __file__, TRACE], capture_output=True, text=True, check=True, env=there)
    found: dict[str, list[str]] = json.loads(ran.stdout)
    return found


def returns(modules: list[str]) -> int:
    """How often a route comes back to a module that it had left."""
    return sum(module in modules[:place] for place, module in enumerate(modules))


def traced() -> dict[str, list[str]]:
    """Explain a row and a picture with the package that is imported here, and follow what was given."""
    import numpy as np

    from lime.lime_image import LimeImageExplainer
    from lime.lime_tabular import LimeTabularExplainer

    def of_rows(rows: Any) -> Any:
        p = 1.0 / (1.0 + np.exp(-rows[:, 0]))
        return np.column_stack([p, 1.0 - p])

    def of_images(images: Any) -> Any:
        mean = np.asarray(images).mean(axis=(1, 2, 3))
        return np.column_stack([mean, 1.0 - mean])

    rng = np.random.default_rng(0)
    rows, picture = rng.normal(size=(200, 4)), rng.random((40, 40, 3))
    table, images = LimeTabularExplainer(rows, random_state=0), LimeImageExplainer(random_state=0)

    def explain_row() -> None:
        table.explain_instance(rows[0], of_rows)

    def explain_picture() -> None:
        images.explain_instance(picture, of_images, num_samples=50, progress_bar=False)

    warnings.simplefilter("ignore")
    for run in (explain_row, explain_picture):
        run()  # what is loaded late is loaded before anything is followed
    return {
        "predict_fn, a row": follow(of_rows, explain_row),
        "predict_fn, a picture": follow(of_images, explain_picture),
        "image": follow(picture, explain_picture),
    }


def follow(thing: object, run: Callable[[], None]) -> list[str]:
    """The modules of the package that an object is handed to while something runs."""
    import lime

    home = os.path.dirname(lime.__file__) + os.sep
    modules: list[str] = []
    running: set[int] = set()  # generators that have begun

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(home):
            return
        if code.co_flags & inspect.CO_GENERATOR:
            if id(frame) in running:
                return
            running.add(id(frame))
        given = inspect.getargvalues(frame)
        names = [*given.args, *filter(None, (given.varargs, given.keywords))]
        values = [given.locals.get(name) for name in names]
        inside = [one for value in values if isinstance(value, dict) for one in value.values()]
        module = code.co_filename.removeprefix(home)
        if any(value is thing for value in (*values, *inside)) and modules[-1:] != [module]:
            modules.append(module)

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return modules


if __name__ == "__main__":
    main()
