"""Lines of many rows are those that the encoder writes; columns of some rows go behind those of others."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from lime import LimeTabularExplainer
from lime.results.filling import to_columns
from lime.results.joining import joined
from lime.results.lines import lines_of

CONTENTS: list[dict[str, Any]] = [
    {"score": 0.1, "warnings": ['a "b" ü'], "predict_proba": [0.25, 1e-300]},
    {"score": -3.0, "warnings": [], "more_warnings": ["x"], "predict_proba": [1.0, None]},
    {"score": 1, "warnings": [], "predict_proba": [True, {"a": [1, 2.5]}]},
]


def test_lines_are_those_of_the_encoder() -> None:
    common = {"mode": "classification", "class_names": ["no", "yes"], "exact": True, "new": None}
    for line, content in zip(lines_of(CONTENTS, common), CONTENTS, strict=True):
        order = ["mode", "class_names", "score", "warnings", "predict_proba", "exact", "more_warnings", "new"]
        whole = {**common, **content}
        assert line == json.dumps({key: whole[key] for key in order if key in whole})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_has_no_number_for(value: float) -> None:
    (line,) = lines_of([{"score": value}], {})
    assert json.loads(line) == {"score": {"float": repr(value)}}


def test_columns_of_some_rows_behind_those_of_others() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=80), rng.integers(0, 3, size=80)])

    def model(rows: np.ndarray) -> np.ndarray:
        p = 1.0 / (1.0 + np.exp(-rows[:, 0] - (rows[:, 1] == 1.0)))
        return np.column_stack([1.0 - p, p])

    explainer = LimeTabularExplainer(
        x, categorical_features=[1], categorical_names={1: ["red", "green", "blue"]}, random_state=0
    )
    exps = [explainer.explain_instance(x[k], model, num_samples=200) for k in range(7)]
    results: list[Any] = [*exps, ValueError("no")]
    whole = to_columns(results, range(8), range(8))
    parts = joined([to_columns(results[:3], range(3), range(3)), to_columns(results[3:], range(3, 8), range(3, 8))])
    assert len(parts) == 8
    assert parts.errors == whole.errors
    assert parts.lines() == whole.lines()
    assert parts.values() == whole.values()
    for k, exp in enumerate(exps):
        assert parts.explanation(k, parts.lines()[k]).as_list() == exp.as_list()
