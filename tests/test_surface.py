"""Every public name and signature of lime 0.2.0.1 against the list recorded of it (tools/record_surface.py)."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SURFACE: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "data/surface_0.2.0.1.json").read_text())

BY_NAME_ONLY = {
    # The hook by which a domain wrote script into a page. Pages hold none: it returns '' and takes any keyword.
    "lime.lime_tabular:TableDomainMapper.visualize_instance_html": {"show_table", "show_all"},
    "lime.lime_text:TextDomainMapper.visualize_instance_html": {"text", "opacity"},
}
"""Parameters that are taken by name only."""


def functions() -> Iterator[tuple[str, list[list[Any]] | None]]:
    """Addresses of all functions and methods with their recorded parameters."""
    for module, names in SURFACE.items():
        for name, found in names.items():
            if found["kind"] == "function":
                yield f"{module}:{name}", found["parameters"]
            else:
                yield from ((f"{module}:{name}.{method}", given) for method, given in found["methods"].items())


def look_up(address: str) -> Any:
    module, path = address.split(":")
    thing: Any = importlib.import_module(module)
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


def test_the_list_is_the_whole_surface() -> None:
    assert len(SURFACE) == 12
    assert sum(1 for _ in functions()) > 90


@pytest.mark.parametrize("module", sorted(SURFACE))
def test_every_name_is_where_it_was(module: str) -> None:
    here = importlib.import_module(module)
    missing = [name for name in SURFACE[module] if not hasattr(here, name)]
    assert missing == []


@pytest.mark.parametrize(("address", "recorded"), [pytest.param(*one, id=one[0]) for one in functions()])
def test_signatures_take_what_they_took(address: str, recorded: list[list[Any]] | None) -> None:
    function = look_up(address)
    assert callable(function)
    if recorded is None:
        return
    try:
        ours = list(inspect.signature(function).parameters.values())
    except ValueError:
        return  # of an exception, written in C
    kinds = {p.kind for p in ours}
    by_name = BY_NAME_ONLY.get(address, set())
    assert not by_name or inspect.Parameter.VAR_KEYWORD in kinds
    theirs = [(name, default) for name, kind, default in recorded if kind.startswith("POSITIONAL")]
    theirs = [(name, default) for name, default in theirs if name not in by_name]
    by_position = [p for p in ours if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)]
    for place, (name, default) in enumerate(theirs):
        assert place < len(by_position), f"{address} lacks {name}"
        assert by_position[place].name == name, f"{address}: {name} does not stand in place {place}"
        mine = by_position[place].default
        written = None if mine is inspect.Parameter.empty else repr(mine)
        assert written == default, f"{address}: {name}={written} was {default}"
    for name, kind, _ in recorded:
        if kind.startswith("VAR"):
            assert kind in {one.name for one in kinds}, f"{address} lacks {name}"
    # What is new comes behind, and has a default: calls that worked go on to work.
    assert all(p.default is not p.empty for p in by_position[len(theirs) :])
