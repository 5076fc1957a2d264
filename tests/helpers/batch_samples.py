"""A module of models that ``lime batch`` is asked about, and calls of the command."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from lime.cli import main

MODULE = """\
import time

import numpy as np


def probability(rows):
    p = 1 / (1 + np.exp(-rows["age"] / 10 - (rows["town"] == "Bern")))
    return np.column_stack([1 - p, p])


def slow(rows):
    time.sleep(0.1)
    return probability(rows)


def picky(rows):
    if (rows["town"] == "Atlantis").any():
        raise ValueError("no such town")
    return probability(rows)


def own_error(rows):
    class Odd(Exception):
        pass

    raise Odd("of its\\nown kind")


def alone(rows):
    if len(rows) < 60:
        raise RuntimeError("too few")
    return probability(rows)


def never(rows):
    raise ValueError("not today")


def length(texts):
    p = np.array([min(len(text), 50) / 50 for text in texts])
    return np.column_stack([1 - p, p])
"""
FEW = ["--num-samples", "64", "--num-features", "2"]
SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}


def batch(model: str, data: str, *more: str) -> pd.DataFrame:
    assert main(["batch", f"batch_model:{model}", data, "-o", "out.parquet", *FEW, *more]) == 0
    return pd.read_parquet("out.parquet")


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lime: ")
    assert captured.err.count("\n") == 1
    return captured.err
