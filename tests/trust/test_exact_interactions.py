"""Interactions of exact explanations: against sums over whole tables, against samples, and in the report."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression

from lime import LimeTabularExplainer
from lime.trust import interactions
from wald import agrees, distance, regression


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 3, size=(300, 4)).astype(float)
    return x, x[:, 0] + 2.0 * (x[:, 1] == 1.0) * (x[:, 2] == 2.0) + 0.1 * rng.normal(size=300)


def test_sizes_are_those_of_a_sum_over_the_whole_table() -> None:
    x, y = table()
    model = RandomForestRegressor(10, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", categorical_features=range(4), random_state=0)
    exp = explainer.explain_instance(x[0], model, sampling_method="exact")
    report = exp.interactions()
    assert report.exact
    rows = np.array(list(itertools.product(range(3), repeat=4)), dtype=float)
    share = np.prod([[np.mean(x[:, j] == value) for value in rows[:, j]] for j in range(4)], axis=0)
    z = rows == x[0]
    w = share * np.exp(-0.5 * (~z).sum(axis=1) / (0.75 * 2.0) ** 2)
    f = model.predict(rows)

    def mean(here: np.ndarray) -> float:
        return float(w[here] @ f[here] / w[here].sum())

    for pair in report.pairs:
        one, other = z[:, pair.first], z[:, pair.second]
        size = mean(one & other) - mean(one & ~other) - mean(~one & other) + mean(~one & ~other)
        assert pair.size == pytest.approx(size, abs=1e-12)
        assert pair.standard_error == 0.0
        assert pair.low == pair.high == pair.size
        assert pair.found
    assert len(report.pairs) == 6
    assert {report.pairs[0].first, report.pairs[0].second} == {1, 2}
    assert "without sampling error" in " ".join(report.sentences())


def test_sizes_in_bins_are_those_of_samples() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = (x[:, 0] + x[:, 1] * (x[:, 2] > 0.0) > 0.0).astype(int)
    model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(x, random_state=0)
    asked: dict[str, Any] = {"link": "logit", "labels": (0,)}
    report = interactions(explainer.explain_instance(x[0], model, sampling_method="exact", **asked))
    drawn = explainer.explain_instance(x[0], model, sampling_method="gaussian", num_samples=20_000, **asked).fit_data
    assert drawn is not None
    z = np.asarray(drawn.z, dtype=float)[:, np.argsort(drawn.features)]
    center = drawn.weights @ z / drawn.weights.sum()
    pairs = [(0, 1), (0, 2), (1, 2)]
    products = np.column_stack([(z[:, i] - center[i]) * (z[:, j] - center[j]) for i, j in pairs])
    weights, covariance = regression(np.column_stack([z, products]), drawn.weights, drawn.predictions[:, 0])
    sizes = {(min(one.first, one.second), max(one.first, one.second)): one.size for one in report.pairs}
    exact = np.array([sizes[pair] for pair in pairs])
    assert agrees(*distance(exact, weights[3:], covariance[3:, 3:]))


def test_a_line_has_no_interactions_and_says_so() -> None:
    x, y = table()
    model = LinearRegression().fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", random_state=0)
    report = explainer.explain_instance(x[0], model, sampling_method="exact").interactions()
    assert [pair.size for pair in report.pairs] == [0.0] * len(report.pairs)
    assert not report.found
    assert report.score == report.score_with


def test_numbers_are_tested_on_samples() -> None:
    x, y = table()
    model = RandomForestRegressor(5, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", discretize_continuous=False, random_state=0)
    report = explainer.explain_instance(x[0], model, sampling_method="exact").interactions()
    assert not report.exact
    assert any(pair.standard_error > 0.0 for pair in report.pairs)


def test_a_contrast_has_the_difference_of_its_classes() -> None:
    x, y = table()
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(6, random_state=0).fit(x, np.searchsorted([1.0, 2.5], y))
    explainer = LimeTabularExplainer(x, random_state=0)
    asked: dict[str, Any] = {"sampling_method": "exact"}

    def sizes(**more: Any) -> dict[tuple[int, int], float]:
        exp = explainer.explain_instance(x[0], model, **asked, **more)
        return {(one.first, one.second): one.size for one in exp.interactions().pairs}

    first, second, both = sizes(labels=(0,)), sizes(labels=(2,)), sizes(target=(0, 2))
    flat = {frozenset(pair): size for pair, size in second.items()}
    own = {frozenset(pair): size for pair, size in both.items()}
    for pair, size in first.items():
        assert own[frozenset(pair)] == pytest.approx(size - flat[frozenset(pair)], abs=1e-12)
