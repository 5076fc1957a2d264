"""A pytest plugin that runs inside other packages' tests: it keeps what each test came to, one JSON line a test.

It also stands in for data that tests download where no download is possible: a text collection and a table of the same
form, written from a fixed seed. What was written is kept among the results.
"""

from __future__ import annotations

import functools
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sklearn.datasets
from sklearn.utils import Bunch

COMMON = (
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "that",
    "is",
    "it",
    "for",
    "you",
    "this",
    "be",
    "not",
    "was",
    "if",
    "said",
)


def keep(row: dict[str, str]) -> None:
    with Path(os.environ["DEPENDANTS_RESULTS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def write_newsgroups(subset: str = "train", categories: list[str] | None = None, **_: Any) -> Any:
    """Texts of a few hundred words in which each category has words of its own."""
    names = sorted(categories or ["alt.atheism", "soc.religion.christian"])
    rng = random.Random(f"newsgroups {subset}")
    target = np.array([rng.randrange(len(names)) for _ in range(400)])
    own = [[f"{name.rpartition('.')[2]}{i}" for i in range(12)] for name in names]
    data = [
        " ".join(rng.choice(own[y] if rng.random() < 0.15 else COMMON) for _ in range(rng.randrange(30, 200)))
        for y in target
    ]
    return Bunch(data=data, target=target, target_names=names)


def write_housing(**_: Any) -> Any:
    """A table with the California housing's columns."""
    rng = np.random.default_rng(0)
    names = ["MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude", "Longitude"]
    data = rng.lognormal(size=(2000, 8))
    return Bunch(data=data, target=data[:, 0] + 0.1 * rng.normal(size=2000), feature_names=names)


def downloaded_or(write: Callable[..., Any], fetch: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fetch)
    def fetched(*args: Any, **kwargs: Any) -> Any:
        try:
            return fetch(*args, **({"n_retries": 1, "delay": 0.1} | kwargs))
        except OSError:
            keep({"written": fetch.__name__.removeprefix("fetch_")})
            return write(*args, **kwargs)

    return fetched


sklearn.datasets.fetch_20newsgroups = downloaded_or(write_newsgroups, sklearn.datasets.fetch_20newsgroups)
sklearn.datasets.fetch_california_housing = downloaded_or(write_housing, sklearn.datasets.fetch_california_housing)


def pytest_runtest_logreport(report: Any) -> None:
    if report.when != "call" and report.outcome == "passed":
        return
    outcome = "error" if report.when != "call" and report.outcome == "failed" else report.outcome
    said = "" if report.outcome == "passed" else str(report.longrepr).strip().splitlines()[-1][:300]
    # A crash names its reason on the line that pytest marks.
    crash = getattr(report.longrepr, "reprcrash", None)
    keep({"test": report.nodeid, "outcome": outcome, "said": crash.message[:300] if crash is not None else said})


def pytest_collectreport(report: Any) -> None:
    if report.outcome == "failed":
        said = str(report.longrepr).strip().splitlines()
        keep({"test": report.nodeid, "outcome": "error", "said": said[-1][:300] if said else ""})
