"""Neighbourhoods of rows: how well surrogates fit on real rows, what they show, and what cannot fool them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from lime import LimeTabularExplainer, trust

OF_DATA = ("rows", "copula", "near")
LABEL = 1


@cache
def forest(name: str) -> tuple[np.ndarray, np.ndarray, Any]:
    """Training rows, other rows, and a forest."""
    data = {"wine": load_wine, "cancer": load_breast_cancer}[name]()
    order = np.random.default_rng(0).permutation(len(data.data))
    x, y, cut = data.data[order], data.target[order], len(order) * 7 // 10
    return x[:cut], x[cut:], RandomForestClassifier(50, random_state=0).fit(x[:cut], y[:cut])


def scores(name: str, neighborhood: str, rows: int = 6) -> np.ndarray:
    """R² near some rows, on rows that neither the model nor the explainer has seen."""
    train, test, model = forest(name)
    explainer = LimeTabularExplainer(train, random_state=0, neighborhood=neighborhood)
    found = []
    for k in range(rows):
        exp = explainer.explain_instance(test[k], model, num_features=train.shape[1], num_samples=1000)
        found.append(trust.local_fit(explainer, np.delete(test, k, 0), exp, test[k], model)[LABEL].score)
    return np.array(found)


@pytest.mark.parametrize("name", ["wine", "cancer"])
def test_real_rows_nearby_are_fitted_far_better_than_by_independent_columns(name: str) -> None:
    independent = np.median(scores(name, "independent"))
    for neighborhood in OF_DATA:
        found = np.median(scores(name, neighborhood))
        assert found > 0.6
        assert found > independent + 0.25


def factors(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    loadings = np.random.default_rng(5).standard_normal((3, 10))
    return rng.standard_normal((n, 3)) @ loadings + 0.5 * rng.standard_normal((n, 10))


def curved(x: np.ndarray) -> np.ndarray:
    """Four of ten correlated columns, with known gradients."""
    values: np.ndarray = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] / 6.0 + 0.3 * x[:, 3]
    return values


def gradient(x: np.ndarray) -> np.ndarray:
    return np.array([np.cos(x[0]), x[2] / 6.0, x[1] / 6.0, 0.3, *np.zeros(6)])


@pytest.mark.parametrize(
    ("neighborhood", "least_cosine", "most_unused"),
    [("gaussian", 0.98, 0.03), ("copula", 0.9, 0.1), ("rows", 0.85, 0.14), ("near", 0.85, 0.16)],
)
def test_weights_are_the_gradient_and_leave_unused_columns_alone(
    neighborhood: str, least_cosine: float, most_unused: float
) -> None:
    train, test = factors(600, 0), factors(8, 1)
    explainer = LimeTabularExplainer(train, mode="regression", random_state=0, neighborhood=neighborhood)
    cosines, unused = [], []
    for row in test:
        exp = explainer.explain_instance(row, curved, num_features=10, num_samples=2000)
        weights = np.zeros(10)
        for j, weight in exp.local_exp[1]:
            weights[j] = weight
        slope = gradient(row) * train.std(axis=0)
        cosines.append(weights @ slope / np.linalg.norm(weights) / np.linalg.norm(slope))
        unused.append(np.abs(weights[4:]).sum() / np.abs(weights).sum())
    assert np.mean(cosines) > least_cosine
    assert np.mean(unused) < most_unused


def auc(neighborhood: str) -> float:
    """How well a forest tells samples, one around each of many rows, from rows that it has not seen."""
    train, test = factors(400, 0), factors(400, 1)
    explainer = LimeTabularExplainer(train, mode="regression", random_state=0, neighborhood=neighborhood)
    seen: list[np.ndarray] = []

    def model(x: np.ndarray) -> np.ndarray:
        seen.append(np.array(x))
        return x[:, 0]

    drawn = []
    for k, row in enumerate(test[:150]):
        seen.clear()
        explainer.explain_instance(row, model, num_samples=40)
        asked = next(one for one in seen if len(one) == 40)
        drawn.append(asked[1 + k % 39])
    x, y = np.concatenate([test[150:300], drawn]), np.repeat([1, 0], 150)
    order = np.random.default_rng(0).permutation(300)
    learned, held = order[:200], order[200:]
    told = RandomForestClassifier(100, random_state=0).fit(x[learned], y[learned])
    return float(roc_auc_score(y[held], told.predict_proba(x[held])[:, 1]))


def test_samples_of_the_copula_and_mixtures_are_not_told_from_data_as_independent_columns_are() -> None:
    apart = auc("independent")
    assert apart > 0.9
    # Of 100 held out an AUC has an error of 0.05.
    assert auc("copula") < apart - 0.1
    assert auc("near") < apart - 0.1


class Attack:
    """Slack et al. 2020: biased on rows that look like data, harmless on all others; adapted to what is drawn."""

    def __init__(self, train: np.ndarray, drawn: np.ndarray) -> None:
        x = np.concatenate([train, drawn])
        y = np.repeat([1, 0], [len(train), len(drawn)])
        forest = RandomForestClassifier(100, random_state=0, oob_score=True)
        self.detector = forest.fit(x, y)
        # What it is for, to be biased on real rows, it must do on most of them.
        self.least = float(np.quantile(self.detector.oob_decision_function_[: len(train), 1], 0.05))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        real = self.detector.predict_proba(x)[:, 1] >= self.least
        p = np.where(real, x[:, 0] > 0.0, x[:, 9] > 0.0).astype(float)
        return np.column_stack([1.0 - p, p])


def named(neighborhood: str, attack: Attack, rows: np.ndarray, train: np.ndarray) -> float:
    """Share of explanations whose strongest column is the biased one."""
    explainer = LimeTabularExplainer(train, random_state=0, neighborhood=neighborhood)
    exps = [explainer.explain_instance(row, attack, num_features=10, num_samples=1500) for row in rows]
    return float(np.mean([exp.local_exp[1][0][0] == 0 for exp in exps]))


def test_the_attack_that_adapts_is_named_by_rows_and_hidden_by_independent_columns() -> None:
    train, rows = factors(400, 0), factors(12, 1)
    rng = np.random.default_rng(0)
    independent = np.column_stack([rng.permutation(column) for column in factors(400, 2).T])
    attack = Attack(train, independent)
    assert named("independent", attack, rows, train) <= 0.25
    assert named("rows", attack, rows, train) == 1.0
    # No detector tells training rows from rows like them: it learns nothing from what it is asked about.
    assert named("rows", Attack(train, train), rows, train) == 1.0


THREE = np.array([[1.0, 0.5, 0.0], [0.0, 0.8, 0.6], [0.2, 0.0, 0.9]])
PLACE = np.array([0.5, 0.3, -0.2])


def of_three(size: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows: np.ndarray = rng.standard_normal((size, 3)) @ THREE + 0.4 * rng.standard_normal((size, 3))
    return rows


def wavy(x: np.ndarray) -> np.ndarray:
    values: np.ndarray = np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2]
    return values


def weights_and_intervals(neighborhood: str, size: int, seed: int, anchored: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights by the training sample's own standard deviations, and their intervals."""
    rows = of_three(size, seed)
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=seed, neighborhood=neighborhood)
    exp = explainer.explain_instance(PLACE, wavy, num_samples=max(1500, size + 1), anchored=anchored)
    weights, intervals = dict(exp.local_exp[1]), exp.confidence_intervals(1)
    return np.array([weights[j] for j in range(3)]), np.array([intervals[j] for j in range(3)])


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("neighborhood", ["rows", "near", "gaussian"])
def test_intervals_are_of_the_training_sample(neighborhood: str, anchored: bool) -> None:
    """Over many training samples, intervals hold the weights that endless data has."""
    endless = [weights_and_intervals(neighborhood, 6000, 10_000 + k, anchored)[0] for k in range(4)]
    truth, held = np.mean(endless, axis=0), []
    for seed in range(60):
        _, intervals = weights_and_intervals(neighborhood, 150, seed, anchored)
        held.append((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
    # 180 intervals, about 3 effective ones a sample: 95 % less three standard errors of 1.6 %.
    assert 0.90 <= np.mean(held) <= 1.0


def test_intervals_of_the_copula_are_of_the_samples_and_the_unit() -> None:
    """Of what was learned from one training sample, intervals hold the weights that endless samples have."""
    explainer = LimeTabularExplainer(of_three(150, 0), mode="regression", random_state=0, neighborhood="copula")
    endless = explainer.explain_instance(PLACE, wavy, num_samples=60_000)
    truth = np.array([dict(endless.local_exp[1])[j] for j in range(3)])
    held, widths = [], []
    for copy in explainer.independent_copies(60):
        exp = copy.explain_instance(PLACE, wavy, num_samples=300)
        intervals = np.array([exp.confidence_intervals(1)[j] for j in range(3)])
        held.append((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
        widths.append(intervals[:, 1] - intervals[:, 0])
    assert np.mean(held) >= 0.9
    # The unit's error, which no number of samples makes smaller: of 150 rows about 1 / sqrt(2 n) of the weight.
    large = endless.confidence_intervals(1)[0]
    assert large[1] - large[0] > 2.0 * 1.5 * abs(truth[0]) / np.sqrt(300.0)


def test_auto_takes_what_fits_best_on_held_out_rows_and_says_so() -> None:
    train, test, model = forest("wine")
    explainer = LimeTabularExplainer(train, random_state=0, neighborhood="auto")
    assert "chosen" not in repr(explainer)
    exp = explainer.explain_instance(test[0], model)
    assert exp.neighborhood == "rows"
    assert exp.neighborhood_scores is not None
    found = exp.neighborhood_scores
    assert set(found) == {"gaussian (0.5)", "copula (0.5)", "rows (0.1)", "near (0.1)"}
    assert found["rows (0.1)"] > found["gaussian (0.5)"] + 0.3
    assert "chosen='rows (0.1)'" in repr(explainer)
    again = LimeTabularExplainer(train, random_state=0, neighborhood="auto")
    assert again.choose_neighborhood(model.predict_proba) == "rows"
    assert again.explain_instance(test[0], model).as_list() == exp.as_list()


def test_auto_takes_the_one_that_leaves_unused_columns_alone_where_all_fit() -> None:
    train = factors(300, 0)
    explainer = LimeTabularExplainer(train, mode="regression", random_state=0, neighborhood="auto")

    def straight(x: np.ndarray) -> np.ndarray:
        values: np.ndarray = x[:, 0] - 2.0 * x[:, 1]
        return values

    assert explainer.choose_neighborhood(straight) == "gaussian"
    exp = explainer.explain_instance(train[0], straight, num_features=10)
    weights = dict(exp.local_exp[1])
    assert weights[0] == pytest.approx(train[:, 0].std(), rel=1e-3)
    assert weights[1] == pytest.approx(-2.0 * train[:, 1].std(), rel=1e-3)
    assert max(abs(weights[j]) for j in range(2, 10)) < 1e-3
    assert exp.local_fit[1].score > 0.999


def attacked(train: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    drawn = train + 0.5 * train.std(axis=0) * rng.standard_normal(train.shape)
    return Attack(train, drawn).predict_proba


def test_auto_leaves_a_neighbourhood_that_a_model_can_tell_from_data() -> None:
    train = factors(400, 0)
    explainer = LimeTabularExplainer(train, random_state=0, neighborhood="auto")
    assert explainer.choose_neighborhood(attacked(train)) != "gaussian"


def test_spread_auto_is_chosen_for_one_neighbourhood() -> None:
    train, test, model = forest("wine")
    explainer = LimeTabularExplainer(train, random_state=0, neighborhood="rows", spread="auto")
    exp = explainer.explain_instance(test[0], model)
    assert exp.neighborhood == "rows"
    assert set(exp.neighborhood_scores or {}) == {f"rows ({share})" for share in (0.05, 0.1, 0.2, 0.4)}


def test_columns_that_cannot_be_told_apart_are_named() -> None:
    train = factors(300, 0)
    train[:, 1] = train[:, 0] + 0.01 * train[:, 1]
    explainer = LimeTabularExplainer(train, mode="regression", random_state=0, neighborhood="rows")
    exp = explainer.explain_instance(train[0], curved, num_features=10)
    (sentence,) = [one for one in exp.warnings if "told apart" in one]
    assert sentence.endswith("share one effect: 0 and 1.")
    plain = LimeTabularExplainer(train, mode="regression", random_state=0)
    assert not any("told apart" in one for one in plain.explain_instance(train[0], curved).warnings)
