"""The recorded numbers of all domains, rows, stopping rules and reports: a change that moves one says so."""

from __future__ import annotations

import json

import pytest

import record_numbers

RECORDED = json.loads(record_numbers.FILE.read_text(encoding="utf-8"))["cases"]


def test_every_case_is_recorded() -> None:
    assert list(record_numbers.cases()) == list(RECORDED)


@pytest.mark.parametrize("name", list(RECORDED))
def test_the_numbers_are_those_that_were_recorded(name: str) -> None:
    now = json.loads(json.dumps(record_numbers.run([name])[name]))
    moved = record_numbers.differences(RECORDED[name], now, record_numbers.TOLERANCE)
    assert moved == [], "on purpose? then: python tools/record_numbers.py --write"


def test_a_difference_is_seen() -> None:
    assert record_numbers.differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 1e-7]}, 1e-9) != []
    assert record_numbers.differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 1e-12]}, 1e-9) == []
    assert record_numbers.differences({"a": True}, {"a": False}, 1e-9) != []
    assert record_numbers.differences({"a": 1.0}, {}, 1e-9) != []
