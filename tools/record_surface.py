"""Record the public names and signatures of lime 0.2.0.1, for tests/test_surface.py.

Run it with a Python that has lime 0.2.0.1, pandas, scikit-image and matplotlib (never this project's own environment):

    python tools/record_surface.py > tests/data/surface_0.2.0.1.json
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from typing import Any

import lime


def parameters(function: Callable[..., Any]) -> list[list[Any]] | None:
    """Name, kind and default of each parameter; None where a function tells none."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, p.kind.name, None if p.default is p.empty else repr(p.default)] for p in found]


def is_own(thing: object) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("lime")


def methods_of(kind: type) -> dict[str, list[list[Any]] | None]:
    """Public methods of a class, and its constructor, as `inspect` sees them on the class."""
    names = ["__init__", *(name for name in dir(kind) if not name.startswith("_"))]
    return {name: parameters(getattr(kind, name)) for name in names if callable(getattr(kind, name))}


def record() -> dict[str, dict[str, Any]]:
    found = {}
    for module in pkgutil.walk_packages(lime.__path__, "lime."):
        if ".tests" in module.name or module.name.endswith("test_table") or "test" in module.name.split(".")[-1]:
            continue
        loaded = importlib.import_module(module.name)
        names: dict[str, Any] = {}
        for name, thing in vars(loaded).items():
            if name.startswith("_") or not is_own(thing):
                continue
            if inspect.isclass(thing):
                names[name] = {"kind": "class", "methods": methods_of(thing)}
            elif inspect.isfunction(thing):
                names[name] = {"kind": "function", "parameters": parameters(thing)}
        found[module.name] = names
    return found


if __name__ == "__main__":
    print(json.dumps(record(), indent=1, sort_keys=True))
