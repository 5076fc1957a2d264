"""Channels and steps that are never hidden, and channels that are hidden together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lime
from lime import LimeTimeSeriesExplainer
from lime.testing import check_explainer

SERIES = np.random.default_rng(0).normal(size=(40, 3)) + np.array([1.0, 2.0, 3.0])


class Model:
    """Compares two stretches of two channels, and keeps what it was handed."""

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.seen.append(batch)
        p = 1 / (1 + np.exp(-(batch[:, :10, 0].mean(axis=1) - batch[:, 10:, 1].mean(axis=1))))
        return np.column_stack([1 - p, p])

    @property
    def batch(self) -> np.ndarray:
        return np.concatenate(self.seen)


def explain(model: Model | None = None, **settings: Any) -> Any:
    explainer = LimeTimeSeriesExplainer(random_state=0, num_segments=4, hide=0, **settings)
    return explainer.explain_instance(SERIES, model or Model(), num_features=20)


def test_a_fixed_channel_stays_in_every_sample() -> None:
    model = Model()
    exp = explain(model, fixed="b", channel_names=["a", "b", "c"])
    assert (model.batch[:, :, 1] == SERIES[:, 1]).all()
    assert (model.batch[:, :, 0] == 0).any()
    assert {name for name, _ in exp.as_list()} == {f"a and c, steps {10 * k} to {10 * k + 9}" for k in range(4)}


def test_fixed_steps_stay_in_every_sample() -> None:
    for fixed in ((0, 10), slice(0, 10), range(10)):
        model = Model()
        exp = explain(model, fixed=fixed)
        assert (model.batch[:, :10] == SERIES[:10]).all()
        assert {name for name, _ in exp.as_list()} == {f"steps {10 * k} to {10 * k + 9}" for k in range(1, 4)}
        assert (exp.weights_by_step()[:10] == 0).all()


def test_features_says_what_may_be_hidden() -> None:
    exp = explain(features=[0, 1], channels="apart")
    assert len(exp.as_list()) == 8
    assert not any("channel 2" in name for name, _ in exp.as_list())


def test_channels_of_a_group_are_hidden_together() -> None:
    model = Model()
    exp = explain(model, groups={"both": [0, 1]})
    hidden = model.batch == 0
    assert (hidden[:, :, 0] == hidden[:, :, 1]).all()
    assert (hidden[:, :, 0] != hidden[:, :, 2]).any()
    assert len(exp.as_list()) == 8
    opened = LimeTimeSeriesExplainer(random_state=0, num_segments=4, hide=0, groups={"both": [0, 1]}).open_group("both")
    assert len(opened.explain_instance(SERIES, Model(), num_features=20).as_list()) == 12
    with pytest.raises(KeyError, match="'x' is no group"):
        opened.open_group("x")


def test_all_fixed_leaves_nothing_to_explain() -> None:
    exp = explain(fixed=[0, 1, 2])
    assert exp.as_list() == []
    assert exp.warnings == ["All of the series is held fixed: there is nothing to explain."]


@pytest.mark.parametrize("settings", [{"fixed": 0}, {"fixed": [(0, 10)]}, {"groups": {"both": [0, 1]}}])
def test_every_door(settings: dict[str, Any]) -> None:
    explainer = LimeTimeSeriesExplainer(random_state=0, num_segments=4, **settings)
    report = check_explainer(explainer, SERIES, Model())
    assert [one.name for one in report if one.status != "passed"] == []
    exp = explainer.explain_instance(SERIES, Model())
    assert lime.Explanation.from_json(exp.to_json()).as_list() == exp.as_list()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fixed": 0, "features": 1}, "fixed and features were both given"),
        ({"features": []}, "features is empty"),
        ({"fixed": 3}, "fixed has 3, which is no channel of the series: expected one of 0 to 2"),
        ({"fixed": "x"}, "fixed has 'x', which is no channel"),
        ({"fixed": (30, 50)}, r"fixed has the steps \(30, 50\), but the series has 40 steps"),
        ({"fixed": [1.5]}, "fixed has 1.5: expected a channel"),
        ({"groups": {"a": []}}, r"groups\['a'\] is empty"),
        ({"groups": {"a": [0, 1], "b": [1]}}, "the channel 1 is in the groups 'a' and 'b'"),
        ({"groups": {"a": [(0, 5)]}}, "expected channels; segmentation="),
        ({"groups": [0]}, "expected a mapping from a name to channels"),
    ],
)
def test_one_sentence_for_what_is_wrong(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explain(**settings)
