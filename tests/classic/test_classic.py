"""``sampling_method="classic"`` gives the numbers that lime 0.2.0.1 has given, recorded by tools/record_classic.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import classic_cases
import numpy as np
import pytest

import lime

DATA = Path(__file__).parents[1] / "data" / "classic"
RECORDED = {domain: json.loads((DATA / f"{domain}.json").read_text("utf-8")) for domain in classic_cases.DOMAINS}
CLOSE = {"rtol": 0.0, "atol": 1e-8}


def two_decimals(name: str) -> str:
    """A name as 0.2.0.1 writes it: here bins that look alike with two decimals get more."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}", name)


def compare(new: dict[str, Any], old: dict[str, Any]) -> None:
    assert (new["top_labels"], new["stream"]) == (old["top_labels"], old["stream"])
    assert sorted(map(two_decimals, new.get("names", ()))) == sorted(map(two_decimals, old.get("names", ())))
    assert new["local_exp"].keys() == old["local_exp"].keys()
    for label, pairs in old["local_exp"].items():
        # Weights that are equal but for rounding may stand in either order.
        assert sorted(feature for feature, _ in new["local_exp"][label]) == sorted(feature for feature, _ in pairs)
        sizes = np.abs([[weight for _, weight in listed] for listed in (new["local_exp"][label], pairs)])
        np.testing.assert_allclose(*sizes, **CLOSE)
        weights, recorded = dict(new["local_exp"][label]), dict(pairs)
        for feature, weight in recorded.items():
            np.testing.assert_allclose(weights[feature], weight, **CLOSE)
        np.testing.assert_allclose(new["intercept"][label], old["intercept"][label], **CLOSE)
    for number in ("score", "local_pred", "predict_proba", "predicted_value", "range"):
        if number in old:
            np.testing.assert_allclose(new[number], old[number], err_msg=number, **CLOSE)


def cases(domain: str) -> list[str]:
    return list(classic_cases.DOMAINS[domain])


def check(domain: str, name: str) -> None:
    recorded = RECORDED[domain]["cases"][name]
    with lime.config_context(sampling_method="classic"):
        answers = classic_cases.run(classic_cases.DOMAINS[domain][name])
    assert len(answers) == len(recorded)
    for new, old in zip(answers, recorded, strict=True):
        compare(new, old)


@pytest.mark.parametrize("name", cases("tabular"))
def test_tables(name: str) -> None:
    check("tabular", name)


@pytest.mark.parametrize("name", cases("recurrent"))
def test_series(name: str) -> None:
    check("recurrent", name)


@pytest.mark.parametrize("name", cases("text"))
def test_texts(name: str) -> None:
    check("text", name)


@pytest.mark.parametrize("name", cases("image"))
def test_images(name: str) -> None:
    check("image", name)
