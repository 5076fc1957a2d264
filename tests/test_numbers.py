"""The recorded numbers of all domains, rows, stopping rules and reports: a change that moves one says so."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("record_numbers", ROOT / "tools" / "record_numbers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()
RECORDED = json.loads(TOOL.FILE.read_text(encoding="utf-8"))["cases"]


def test_every_case_is_recorded() -> None:
    assert list(TOOL.cases()) == list(RECORDED)


@pytest.mark.parametrize("name", list(RECORDED))
def test_the_numbers_are_those_that_were_recorded(name: str) -> None:
    now = json.loads(json.dumps(TOOL.run([name])[name]))
    moved = TOOL.differences(RECORDED[name], now, TOOL.TOLERANCE)
    assert moved == [], "on purpose? then: python tools/record_numbers.py --write"


def test_a_difference_is_seen() -> None:
    assert TOOL.differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 1e-7]}, 1e-9) != []
    assert TOOL.differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 1e-12]}, 1e-9) == []
    assert TOOL.differences({"a": True}, {"a": False}, 1e-9) != []
    assert TOOL.differences({"a": 1.0}, {}, 1e-9) != []
