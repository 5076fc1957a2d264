"""Three extensions that public names alone suffice for, each at most 100 lines, through every door."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import halton
import numpy as np
import pair_of_texts
import pytest
import segments_of_series
from numpy.typing import NDArray

import lime
from lime import LimeTabularExplainer
from lime.testing import check_explainer

HERE = Path(__file__).parent


def rises(series: NDArray[np.float64]) -> NDArray[np.float64]:
    p = 1.0 / (1.0 + np.exp(-(series[:, 24:36].mean(axis=1) - 0.5 * series[:, :12].mean(axis=1))))
    return np.column_stack([1.0 - p, p])


def follows(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    shared = [len(set(a.split()) & set(b.split())) / 6.0 for a, b in pairs]
    return np.column_stack([1.0 - np.array(shared), shared])


def logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    p = 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=float) @ np.array([1.0, -2.0, 0.5, 0.0])))
    return np.column_stack([1.0 - p, p])


def test_series_by_segments() -> None:
    many = np.cumsum(np.random.default_rng(0).normal(size=(4, 48)), axis=1)
    explainer = segments_of_series.SegmentsExplainer(8, random_state=0)
    report = check_explainer(explainer, many[0], rises, instances=list(many))
    assert [one.name for one in report if one.status == "not offered"] == ["save and load"]
    weights = dict(explainer.explain_instance(many[0], rises).as_list())
    assert {"steps 24 to 29", "steps 30 to 35"} <= {name for name, w in weights.items() if abs(w) > 1e-3}
    unused = [abs(w) for name, w in weights.items() if name in ("steps 36 to 41", "steps 42 to 47")]
    assert max(unused) < 0.05 * max(map(abs, weights.values()))


def test_a_pair_of_texts() -> None:
    pair = ("a man plays a guitar", "the man plays music on a guitar")
    explainer = pair_of_texts.PairExplainer(random_state=0, class_names=["no", "yes"])
    report = check_explainer(explainer, pair, follows, instances=[pair, ("a dog", "a cat and a dog"), pair])
    assert report.passed
    words = {name.split()[1] for name, _ in explainer.explain_instance(pair, follows, num_features=6).as_list()}
    assert words <= {"a", "man", "plays", "guitar"}  # those that stand in both


def test_a_sampler_of_ones_own() -> None:
    lime.register_sampler("halton", halton.halton)
    rows = np.random.default_rng(1).normal(size=(300, 4))
    explainer = LimeTabularExplainer(rows, random_state=0)
    report = check_explainer(explainer, rows[0], logistic, sampling_method="halton")
    assert report.passed
    exp = explainer.explain_instance(rows[0], logistic, sampling_method="halton")
    reference = dict(explainer.explain_instance(rows[0], logistic, num_samples=100_000).as_map()[1])
    assert exp.sampling_method == "halton"
    for feature, (low, high) in exp.confidence_intervals(level=0.999).items():
        assert low <= reference[feature] <= high
    with lime.config_context(sampling_method="halton"):
        assert explainer.explain_instance(rows[0], logistic).as_list() == exp.as_list()
    by_itself = explainer.explain_instance(rows[0], logistic, sampling_method=halton.halton)
    assert by_itself.as_list() == exp.as_list()


@pytest.mark.parametrize("module", [segments_of_series, pair_of_texts, halton])
def test_public_names_suffice_in_a_hundred_lines(module: Any) -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 100
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lime"):
            assert node.module in ("lime", "lime.extending", "lime.testing")
            assert not any(alias.name.startswith("_") for alias in node.names)
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr == "__init__"
