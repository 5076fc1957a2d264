"""A warning points at the line of the user's program that led to it, in every explainer and however deep it arises."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import (
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    RecurrentTabularExplainer,
    SubmodularPick,
)
from lime.engine.warn import warn_user
from lime.wrappers.scikit_image import SegmentationAlgorithm

ROWS = np.random.default_rng(0).normal(size=(60, 3))
SERIES = np.random.default_rng(0).normal(size=(30, 4, 2))
IMAGE = np.random.default_rng(0).random((8, 8, 3))
CODES = np.column_stack([np.random.default_rng(0).choice([12, 24, 36, 60], 500), np.arange(500) % 57])


def probabilities(batch: Any) -> Any:
    p = np.full(len(batch), 0.25) + 0.001 * np.arange(len(batch)) / len(batch)
    return np.column_stack([1 - p, p])


def of_three(batch: Any) -> Any:
    return np.tile([0.1, 0.2, 0.7], (len(batch), 1)) + np.linspace(0, 0.01, len(batch))[:, None] * [1, 0, -1]


def no_weights(distances: Any, kernel_width: Any) -> None:
    return None


def halves(image: Any) -> Any:
    return np.repeat([[0] * 4 + [1] * 4], 8, axis=0)


CONSTRUCTED = {
    "table: position": lambda: LimeTabularExplainer(ROWS, categorical_features=[99]),
    "table: negative": lambda: LimeTabularExplainer(ROWS, categorical_features=[-1]),
    "table: mask": lambda: LimeTabularExplainer(ROWS, categorical_features=[False, False, True]),
    "table: names": lambda: LimeTabularExplainer(ROWS, feature_names=list("abcde")),
    "table: no effect": lambda: LimeTabularExplainer(ROWS, discretize_continuous=False, discretizer="decile"),
    "table: width": lambda: LimeTabularExplainer(ROWS, kernel_width="2"),
    "table: codes": lambda: LimeTabularExplainer(CODES),
    "table: identifier": lambda: LimeTabularExplainer(pd.DataFrame({"customer_id": np.arange(60), "b": ROWS[:, 0]})),
    "array: letters": lambda: LimeTabularExplainer(ROWS, feature_names=list("abc"), categorical_features="a"),
    "series: position": lambda: RecurrentTabularExplainer(SERIES, categorical_features=[99]),
    "series: negative": lambda: RecurrentTabularExplainer(SERIES, categorical_features=[-1]),
    "series: names": lambda: RecurrentTabularExplainer(SERIES, feature_names=list("abcde")),
    "series: letters": lambda: RecurrentTabularExplainer(SERIES, feature_names="ab"),
    "series: width": lambda: RecurrentTabularExplainer(SERIES, kernel_width="2"),
    "series: no effect": lambda: RecurrentTabularExplainer(SERIES, discretize_continuous=False, discretizer="decile"),
    "text: width": lambda: LimeTextExplainer(kernel_width="2"),
    "image: width": lambda: LimeImageExplainer(kernel_width="2"),
    "image: parameter": lambda: SegmentationAlgorithm("slic", no_such=1),
    "partial": functools.partial(lambda: LimeTabularExplainer(ROWS, categorical_features=[99])),
}


def told(call: Any) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    return [one for one in found if issubclass(one.category, UserWarning)]


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_at_construction(name: str) -> None:
    found = told(CONSTRUCTED[name])
    assert found
    assert {Path(one.filename) for one in found} == {Path(__file__)}


class Counting(LimeTabularExplainer):
    """An explainer of a user's own: the line is the one where its constructor calls ours."""

    def __init__(self, rows: Any) -> None:
        super().__init__(rows, categorical_features=[99])


def test_at_construction_of_a_class_of_ones_own() -> None:
    (one,) = told(lambda: Counting(ROWS))
    assert Path(one.filename) == Path(__file__)
    assert "super().__init__" in Path(__file__).read_text().splitlines()[one.lineno - 1]


EXPLAINED = {
    "table": lambda: LimeTabularExplainer(ROWS, kernel=no_weights, random_state=0).explain_instance(
        ROWS[0], probabilities, num_samples=50
    ),
    "series": lambda: RecurrentTabularExplainer(SERIES, kernel=no_weights, random_state=0).explain_instance(
        SERIES[0], probabilities, num_samples=50
    ),
    "text": lambda: LimeTextExplainer(kernel=no_weights, random_state=0).explain_instance(
        "one two three four", probabilities, num_samples=50
    ),
    "image": lambda: LimeImageExplainer(kernel=no_weights, random_state=0).explain_instance(
        IMAGE, probabilities, segmentation_fn=halves, num_samples=50, progress_bar=False
    ),
    "infinite": lambda: LimeTabularExplainer(ROWS, random_state=0).explain_instance(
        np.array([np.inf, 0, 0]), probabilities, num_samples=50
    ),
    "function of arrays": lambda: LimeTabularExplainer(pd.DataFrame(ROWS), random_state=0).explain_instance(
        pd.DataFrame(ROWS).iloc[0], lambda x: probabilities(x[:, 0]), num_samples=50
    ),
    "class of many rows": lambda: LimeTabularExplainer(ROWS, random_state=0).explain_instances(
        ROWS[:2], of_three, num_samples=50
    ),
    "picked": lambda: SubmodularPick(
        LimeTabularExplainer(ROWS, random_state=0), ROWS[:2], probabilities, method="sample", num_samples=50
    ),
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_at_explaining(name: str) -> None:
    found = told(EXPLAINED[name])
    assert found
    assert {Path(one.filename) for one in found} == {Path(__file__)}


def test_a_stochastic_model_beside_its_checkpoint(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def noisy(batch: Any) -> Any:
        p = rng.random(len(batch))
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(ROWS, random_state=0)

    def run() -> Any:
        return explainer.explain_instances(ROWS[:4], noisy, num_samples=50, checkpoint=tmp_path / "kept")

    run()
    found = [one for one in told(run) if "stochastic" in str(one.message)]
    assert [Path(one.filename) for one in found] == [Path(__file__)]


def test_the_category_is_kept() -> None:
    (one,) = told(lambda: warn_user("of a kind"))
    assert one.category is UserWarning
    with pytest.warns(DeprecationWarning, match="of a kind"):
        warn_user("of a kind", DeprecationWarning)
