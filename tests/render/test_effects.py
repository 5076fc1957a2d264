"""Contributions in the model's own unit, in words: "+147,938 for 3 more rooms"."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import Explanation, LimeTabularExplainer, LimeTextExplainer

RNG = np.random.default_rng(0)
COUNT = 400
FRAME = pd.DataFrame(
    {
        "rooms": RNG.integers(2, 10, COUNT),
        "distance": RNG.gamma(2.0, 5.0, COUNT),
        "job": RNG.choice(["nurse", "clerk", "cook"], COUNT),
        "since": pd.to_datetime("2020-01-01") + pd.to_timedelta(RNG.integers(0, 1000, COUNT), unit="D"),
        "pool": RNG.random(COUNT) < 0.3,
    }
)


def price(rows: pd.DataFrame) -> Any:
    days = (pd.to_datetime(rows["since"]) - pd.Timestamp("2020-01-01")).dt.days.to_numpy()
    found = 50_000.0 * rows["rooms"].to_numpy() - 3_000.0 * rows["distance"].to_numpy() + 30.0 * days
    return found + 20_000.0 * (rows["job"] == "nurse").to_numpy() + 40_000.0 * rows["pool"].to_numpy().astype(float)


ROW = FRAME.iloc[0].copy()
ROW[:] = [9, 1.5, "nurse", pd.Timestamp("2022-01-01"), True]


def explain(**settings: Any) -> Explanation:
    explainer = LimeTabularExplainer(
        FRAME, mode="regression", random_state=0, neighborhood="rows", spread=0.9, feature_selection="none"
    )
    return explainer.explain_instance(ROW, price, **{"anchored": True, **settings})


def test_each_column_is_told_in_its_own_unit() -> None:
    exp = explain()
    words = exp.differences()
    order = list(FRAME)
    weights = exp.fit_data.weights / exp.fit_data.weights.sum()
    # The rows of the fit, in the order in which they were kept.
    kept = np.random.default_rng(0).permutation(COUNT)
    rows = FRAME.iloc[kept]
    more = 9 - weights @ rows["rooms"].to_numpy()
    less = weights @ rows["distance"].to_numpy() - 1.5
    days = (ROW["since"] - pd.Timestamp("2020-01-01")).days
    later = days - weights @ (rows["since"] - pd.Timestamp("2020-01-01")).dt.days.to_numpy()
    assert words[order.index("rooms")] == f"{more:.3g} more rooms"
    assert words[order.index("distance")] == f"{less:.3g} less distance"
    assert words[order.index("since")] == f"since {later:.0f} days later"
    assert words[order.index("job")] == "job=nurse against the neighbourhood's mix"
    assert words[order.index("pool")] == "pool=True against the neighbourhood's mix"
    added = exp.contributions()
    assert added[0] == pytest.approx(50_000.0 * more, rel=0.01)
    first = exp.effects()[0]
    assert first.startswith(f"+{added[0]:,.0f} for {more:.3g} more rooms")
    assert sum(added.values()) + exp.baseline_value == pytest.approx(exp.predicted_value)


def test_effects_have_intervals_and_thousands() -> None:
    exp = explain(surrogate="linear", num_features=3)
    noisy = LimeTabularExplainer(FRAME[["rooms", "distance"]], mode="regression", random_state=0, neighborhood="rows")

    def model(rows: pd.DataFrame) -> Any:
        rooms = rows["rooms"].to_numpy()
        return 50_000.0 * rooms + 30_000.0 * np.sin(10.0 * rows["distance"].to_numpy())

    exp = noisy.explain_instance(ROW[["rooms", "distance"]], model, anchored=True)
    low, high = exp.contribution_intervals()[0]
    value = exp.contributions()[0]
    assert f"{value:+,.0f} for " in exp.effects()[0]
    assert exp.effects()[0].endswith(f"({low:+,.0f} to {high:+,.0f})")


def test_they_stand_in_print_page_and_waterfall_and_are_stored() -> None:
    exp = explain()
    first = exp.effects()[0]
    assert first in " ".join(str(exp).split())
    assert first.split(" (")[0] in exp.as_html()
    names = [text.get_text().replace("\n", " ") for text in exp.plot(kind="waterfall").get_yticklabels()]
    assert f"{exp.differences()[0]} (9)" in names
    for other in (Explanation.from_json(exp.to_json()), pickle.loads(pickle.dumps(exp))):
        assert other.effects() == exp.effects()
        assert str(other) == str(exp)


def test_weights_that_are_not_held_to_the_prediction_show_none() -> None:
    exp = explain(anchored=False)
    assert exp.effects()
    assert exp.effects()[0] not in " ".join(str(exp).split())


def test_curves_are_one_effect_a_column_and_bins_are_mixes() -> None:
    curves = explain(representation="curves")
    assert len(curves.effects()) == 5
    assert "more rooms" in curves.effects()[0]
    bins = explain(representation="bins")
    assert all("against the neighbourhood's mix" in effect for effect in bins.effects())


def test_trees_and_texts_have_none() -> None:
    assert explain(anchored=False, surrogate="tree").effects() == []
    text = LimeTextExplainer(mode="regression", random_state=0).explain_instance(
        "a good film", lambda texts: [1.0 * ("good" in one) for one in texts], anchored=True
    )
    assert text.differences() == {}
    assert text.effects() == []
