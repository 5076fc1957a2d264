"""Statistics in place of training data that are laid out wrongly are refused by name."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from lime import LimeTabularExplainer

X = np.random.default_rng(0).normal(size=(60, 2))


def statistics() -> dict[str, Any]:
    plain = LimeTabularExplainer(X, random_state=0)
    made = plain.discretizer
    return {
        **{key: dict(getattr(made, key)) for key in ("means", "stds", "mins", "maxs")},
        "bins": {j: made.maxs[j][:-1] for j in range(2)},
        "feature_values": dict(plain.feature_values),
        "feature_frequencies": dict(plain.feature_frequencies),
    }


def test_bins_are_given_by_column() -> None:
    given = statistics()
    given["bins"] = list(given["bins"].values())
    with pytest.raises(ValueError, match=re.escape("training_data_stats['bins'] is of type list: expected a dict")):
        LimeTabularExplainer(X, training_data_stats=given)


@pytest.mark.parametrize("key", ["stds", "mins", "maxs", "feature_values", "feature_frequencies"])
def test_a_list_of_all_columns_serves_as_in_lime_0_2_0_1(key: str) -> None:
    given = statistics()
    given[key] = [given[key][j] for j in range(2)]

    def explain(stats: dict[str, Any]) -> Any:
        explainer = LimeTabularExplainer(X, mode="regression", training_data_stats=stats, random_state=0)
        return explainer.explain_instance(X[0], lambda rows: rows[:, 0], num_samples=50).as_map()

    assert explain(given) == explain(statistics())


@pytest.mark.parametrize("key", ["feature_values", "feature_frequencies", "means"])
@pytest.mark.parametrize("wrong", [3, {}, [], {"1": [1, 2]}])
def test_a_layout_that_is_not_by_column_is_refused(key: str, wrong: Any) -> None:
    given = statistics()
    given[key] = wrong
    with pytest.raises(ValueError, match=re.escape(f"training_data_stats['{key}'][") + r".*: expected a list of"):
        LimeTabularExplainer(X, training_data_stats=given)


@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("bins", 0.5, "a list of the bins' inner edges"),
        ("bins", {"a": 1}, "a list of the bins' inner edges"),
        ("means", 0.0, "a list of 4 numbers"),
        ("stds", [1.0], "a list of 4 numbers"),
        ("feature_values", None, "a list of numbers for column '1'"),
        ("feature_values", ["a", "b"], "a list of numbers for column '1'"),
        ("feature_frequencies", {0: 3}, "a list of frequencies for column '1'"),
        ("feature_frequencies", [1, 2], "each of the 4 feature_values of column '1'"),
        ("feature_frequencies", [0, 0, 0, 0], "each of the 4 feature_values of column '1'"),
    ],
)
def test_a_column_of_another_form_is_refused(key: str, wrong: Any, said: str) -> None:
    given = statistics()
    given[key][1] = wrong
    with pytest.raises(ValueError, match=re.escape(f"training_data_stats['{key}'][1]=")) as caught:
        LimeTabularExplainer(X, training_data_stats=given)
    assert said in str(caught.value)
