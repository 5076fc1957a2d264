"""Docstrings of public names: all parameters with type and meaning, what comes back, and the errors that are raised."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from numpydoc.docscrape import NumpyDocString

REFERENCE = Path(__file__).parents[1] / "docs" / "api"

MODULES = (
    "lime",
    "lime.trust",
    "lime.lime_tabular",
    "lime.lime_text",
    "lime.lime_image",
    "lime.lime_base",
    "lime.discretize",
    "lime.explanation",
    "lime.submodular_pick",
    "lime.exceptions",
    "lime.wrappers.scikit_image",
    "lime.utils.generic_utils",
)


def is_ours(thing: Any) -> bool:
    return (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__.partition(".")[0] == "lime"


def named() -> Iterator[tuple[str, Any]]:
    """Public classes and functions by address, and what else the reference has a heading for."""
    for module in MODULES:
        found = importlib.import_module(module)
        for name in found.__all__:
            yield f"{module}.{name}", getattr(found, name)
    for page in sorted(REFERENCE.glob("*.md")):
        text = page.read_text("utf-8")
        for address in re.findall(r"^\.\. auto(?:class|function|exception):: (\S+)", text, re.M):
            module, _, name = address.rpartition(".")
            yield address, getattr(importlib.import_module(module), name)
        for module in re.findall(r"^\.\. automodule:: (\S+)\n +:members:", text, re.M):
            for name, thing in vars(importlib.import_module(module)).items():
                if not name.startswith("_") and is_ours(thing) and thing.__module__ == module:
                    yield f"{module}.{name}", thing


def walk() -> Iterator[tuple[str, Any]]:
    """Each public class, function, method and property once, by the first address that it has."""
    seen: set[int] = set()
    for address, thing in named():
        if not is_ours(thing) or id(thing) in seen:
            continue
        seen.add(id(thing))
        yield address, thing
        if not inspect.isclass(thing):
            continue
        for name in dir(thing):
            if name.startswith("_"):
                continue
            member = inspect.getattr_static(thing, name)
            member = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if id(member) not in seen and (isinstance(member, property) or is_ours(member)):
                seen.add(id(member))
                yield f"{address}.{name}", member


def signature_of(thing: Any) -> list[str]:
    """Names of parameters as a docstring writes them, with their stars."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    if inspect.isclass(thing) and not inspect.isfunction(thing.__init__):
        return []  # it has no constructor of its own: what Python's takes is nobody's parameter
    parameters = inspect.signature(thing).parameters.values()
    return [
        stars.get(one.kind, "") + one.name  # type: ignore[call-overload]
        for one in parameters
        if one.name not in ("self", "cls") and one.name[0] != "_"
    ]


def raises(thing: Any) -> bool:
    """Whether the body itself, or the constructor's, has a raise statement: not what it calls or defines."""
    if inspect.isclass(thing):
        makers = [vars(thing)[name] for name in ("__init__", "__post_init__") if name in vars(thing)]
        return any(raises(one) for one in makers if inspect.isfunction(one) and one.__module__ == thing.__module__)
    thing = inspect.unwrap(thing)
    if thing.__code__.co_filename.startswith("<"):
        return False  # a dataclass's, which raises nothing
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    todo: list[ast.AST] = list(function.body)  # type: ignore[attr-defined]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Raise):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))
    return False


def lacks(thing: Any) -> list[str]:
    """What a docstring lacks, in words."""
    text = inspect.getdoc(thing)
    if not text:
        return ["a docstring"]
    if isinstance(thing, property):
        return []
    doc = NumpyDocString(text)
    given = [*doc["Parameters"], *doc["Other Parameters"]]
    of_data = dataclasses.is_dataclass(thing) and not given
    given = doc["Attributes"] if of_data else given
    documented = [name.strip() for one in given for name in one.name.split(",")]
    wanted = signature_of(thing)
    found = [f"a word on {name}" for name in wanted if name not in documented]
    strange = [name for name in documented if name not in wanted]
    if of_data:  # what it works out is told beside what it holds
        strange = [name for name in strange if not isinstance(inspect.getattr_static(thing, name, None), property)]
    found += [f"a {'field' if of_data else 'parameter'} {name}" for name in strange]
    found += [f"a type of {one.name}" for one in given if not one.type and not one.name.startswith("*")]
    found += [f"a meaning of {one.name}" for one in given if not any(line.strip() for line in one.desc)]
    if not inspect.isclass(thing):
        back = inspect.signature(thing).return_annotation
        silent = (None, "None", "NoReturn", inspect.Signature.empty)
        if back not in silent and not doc["Returns"] and not doc["Yields"]:
            found.append(f"Returns, of {back}")
    if raises(thing) and not doc["Raises"]:
        found.append("Raises")
    return found


@pytest.mark.parametrize("thing", [pytest.param(thing, id=address) for address, thing in walk()])
def test_the_docstring_lacks_nothing(thing: Any) -> None:
    assert lacks(thing) == []


def test_the_whole_surface_is_looked_at() -> None:
    addresses = {address for address, _ in walk()}
    assert len(addresses) > 250
    assert {
        "lime.LimeTabularExplainer.explain_instance",
        "lime.LimeImageExplainer.load",  # a class method
        "lime.Explanation.baseline_value",  # a property
        "lime.lime_base.LimeBase.generate_lars_path",  # a static method
        "lime.trust.CurveReport.plot",
        "lime.scale.FrameFunction.over",
        "lime.Auto",
        "lime.engine.designs.sobol",
    } <= addresses


def without_parameters(n: int, *rows: int, **settings: int) -> int:
    """Say nothing of what goes in and out."""
    if n < 0:
        raise ValueError(n)
    return n + len(rows) + len(settings)


def with_some(n: int, m: int) -> None:
    """Say too little of one, and speak of another.

    Parameters
    ----------
    n
        A number.
    m : int
    k : int
        Not there.
    """

    def inner() -> None:
        raise ValueError(m)


def with_all(n: int, *rows: int) -> int:
    """Say all of it.

    Parameters
    ----------
    n : int
        A number.
    *rows
        More of them.

    Returns
    -------
    int
    """
    return n + len(rows)


@dataclasses.dataclass
class Kept:
    """What a report keeps.

    Attributes
    ----------
    n : int
        A number.
    twice : int
        Of `n`.
    k : int
        Not there.
    """

    n: int
    m: int = 0

    @property
    def twice(self) -> int:
        return 2 * self.n

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError(self.n)


@pytest.mark.parametrize(
    ("thing", "found"),
    [
        (
            without_parameters,
            ["a word on n", "a word on *rows", "a word on **settings", "Returns, of int", "Raises"],
        ),
        (with_some, ["a parameter k", "a type of n", "a meaning of m"]),
        (with_all, []),
        (Kept, ["a word on m", "a field k", "Raises"]),
    ],
)
def test_what_is_missing_is_named(thing: Any, found: list[str]) -> None:
    assert lacks(thing) == found
