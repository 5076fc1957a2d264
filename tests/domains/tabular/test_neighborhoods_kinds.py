"""Neighbourhoods of every kind of table: categories, missing values, few rows, many columns, series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from lime import LimeTabularExplainer, RecurrentTabularExplainer, trust
from lime.domains.tabular.neighborhoods.copula import Quantiles

ALL = ("rows", "copula", "near", "gaussian", "auto")


def people(n: int, seed: int = 0) -> pd.DataFrame:
    """Numbers, categories and whole numbers that depend on each other, with gaps."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "age": age,
            "income": age + 0.3 * rng.normal(size=n),
            "job": pd.Categorical(np.where(age > 0.0, "clerk", np.where(rng.random(n) < 0.5, "cook", "smith"))),
            "one": 1.0,
            "children": rng.poisson(3, size=n),
            "owner": rng.random(n) < 0.4,
            "gain": np.where(rng.random(n) < 0.8, 0.0, rng.exponential(size=n)),
        }
    )
    frame.loc[rng.random(n) < 0.1, "income"] = np.nan
    return frame


def buys(frame: pd.DataFrame) -> np.ndarray:
    """A model that is handed frames like the training data, and says so."""
    assert list(frame["job"].cat.categories) == ["clerk", "cook", "smith"]
    assert frame["children"].dtype == np.int64
    assert frame["owner"].dtype == bool
    score = 0.5 * frame["age"] + 0.3 * frame["income"].fillna(0.0) + (frame["job"] == "clerk") + 0.1 * frame["children"]
    p = 1.0 / (1.0 + np.exp(-score.to_numpy(dtype=float)))
    return np.column_stack([1.0 - p, p])


@pytest.mark.parametrize("neighborhood", ALL)
def test_mixed_columns_are_explained_by_slopes_and_categories(neighborhood: str) -> None:
    frame = people(300)
    explainer = LimeTabularExplainer(frame, random_state=0, neighborhood=neighborhood)
    row = frame.iloc[int(np.flatnonzero(frame["job"] == "clerk")[0])]
    exp = explainer.explain_instance(row, buys, num_samples=800, num_features=7)
    weights = dict(exp.as_list())
    assert weights["job=clerk"] > 0.1
    assert weights["age"] > 0.03
    assert weights["children"] > 0.0
    assert abs(weights.get("one", 0.0)) < 1e-9
    assert max(abs(weights[name]) for name in ("gain",)) < 0.03
    assert exp.local_fit[1].score > 0.9


@pytest.mark.parametrize("neighborhood", ALL)
def test_what_the_training_data_has_not_and_what_is_missing(neighborhood: str) -> None:
    frame = people(120)
    explainer = LimeTabularExplainer(frame, random_state=0, neighborhood=neighborhood)

    def model(rows: pd.DataFrame) -> np.ndarray:
        p = 1.0 / (1.0 + np.exp(-rows["age"].to_numpy(dtype=float)))
        return np.column_stack([1.0 - p, p])

    row = frame.iloc[0].copy()
    row["job"], row["income"] = "baker", np.nan
    exp = explainer.explain_instance(row, model, num_samples=200, num_features=7)
    assert dict(exp.as_list())["job=baker"] == 0.0
    assert any("does not occur in the training data" in sentence for sentence in exp.warnings)
    assert exp.as_list()[0][0] == "age"


@pytest.mark.parametrize("neighborhood", ALL)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_hardly_any_training_row_is_no_reason_to_refuse(neighborhood: str, n: int) -> None:
    frame = people(300).iloc[:n]

    def model(rows: pd.DataFrame) -> np.ndarray:
        return rows["age"].to_numpy(dtype=float)

    explainer = LimeTabularExplainer(frame, mode="regression", random_state=0, neighborhood=neighborhood)
    exp = explainer.explain_instance(frame.iloc[0], model, num_samples=200)
    assert all(np.isfinite(weight) for _, weight in exp.local_exp[1])
    if n == 1 and neighborhood != "gaussian":
        assert all(weight == 0.0 for _, weight in exp.local_exp[1])
    assert len(explainer.explain_instances(frame, model, num_samples=100)) == n


@pytest.mark.parametrize("neighborhood", ALL)
def test_more_columns_than_rows(neighborhood: str) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 60))
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0, neighborhood=neighborhood)
    exp = explainer.explain_instance(rows[0], lambda x: 3.0 * x[:, 4], num_samples=400, num_features=3)
    assert exp.local_exp[1][0][0] == 4
    assert exp.local_exp[1][0][1] > 0.0


@pytest.mark.parametrize("neighborhood", ALL)
def test_bins_where_they_are_asked_for(neighborhood: str) -> None:
    frame = people(200)
    slopes = LimeTabularExplainer(frame, random_state=0, neighborhood=neighborhood)
    bins = LimeTabularExplainer(frame, random_state=0, neighborhood=neighborhood, discretize_continuous=True)
    assert slopes.discretizer is None
    assert bins.discretizer is not None
    assert LimeTabularExplainer(frame, random_state=0).discretizer is not None
    exp = bins.explain_instance(frame.iloc[3], buys, num_samples=300, num_features=7)
    assert any("<" in name for name, _ in exp.as_list())
    assert exp.as_list()[0][0].startswith("job=")


@pytest.mark.parametrize("neighborhood", ["rows", "auto"])
def test_regressions_with_several_outputs_and_scores_of_any_size(neighborhood: str) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 3))
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0, neighborhood=neighborhood)

    def model(x: np.ndarray) -> np.ndarray:
        return np.column_stack([1e200 * x[:, 0], x[:, 1]])

    exp = explainer.explain_instance(rows[0], model, labels=(0, 1), num_samples=300)
    assert dict(exp.local_exp[0])[0] == pytest.approx(1e200 * rows[:, 0].std(), rel=1e-3)
    assert dict(exp.local_exp[1])[1] == pytest.approx(rows[:, 1].std(), rel=1e-3)
    assert exp.local_fit[0].score > 0.99
    assert exp.local_fit[1].score > 0.99


def test_sparse_data_has_neighbours_only_around_itself() -> None:
    rng = np.random.default_rng(0)
    rows = sparse.csr_array(rng.random((60, 12)) * (rng.random((60, 12)) < 0.4))
    with pytest.raises(ValueError, match="neighborhood='rows' with sparse training_data: expected 'independent'"):
        LimeTabularExplainer(rows, mode="regression", neighborhood="rows")
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0, neighborhood="gaussian", spread=0.1)
    weights = rng.normal(size=12)
    exp = explainer.explain_instance(rows[0], lambda x: x @ weights, num_samples=200)
    assert [j for j, _ in exp.local_exp[1]] != []
    assert exp.local_fit[1].score > 0.999


def test_gaussian_with_a_spread_is_the_local_gradient() -> None:
    """What OpenXAI's LIME draws: around the row, a tenth of the training deviation wide."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 4)) * [1.0, 10.0, 0.1, 1.0]
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0, neighborhood="gaussian", spread=0.1)
    seen: list[np.ndarray] = []

    def model(x: np.ndarray) -> np.ndarray:
        seen.append(np.array(x))
        values: np.ndarray = np.sin(x[:, 0]) + x[:, 1] ** 2 / 100.0
        return values

    exp = explainer.explain_instance(rows[0], model, num_samples=2000)
    drawn = seen[0][1:]
    np.testing.assert_allclose(drawn.mean(axis=0), rows[0], atol=0.01 * rows.std(axis=0).max())
    np.testing.assert_allclose(drawn.std(axis=0), 0.1 * rows.std(axis=0), rtol=0.02)
    weights = dict(exp.local_exp[1])
    unit = rows.std(axis=0)
    assert weights[0] == pytest.approx(np.cos(rows[0, 0]) * unit[0], rel=0.02)
    assert weights[1] == pytest.approx(rows[0, 1] / 50.0 * unit[1], rel=0.02)


@pytest.mark.parametrize("neighborhood", ALL)
def test_series(neighborhood: str) -> None:
    series = np.random.default_rng(0).normal(size=(100, 4, 2)).cumsum(axis=1)
    explainer = RecurrentTabularExplainer(
        series, feature_names=["price", "volume"], random_state=0, neighborhood=neighborhood
    )

    def rises(x: np.ndarray) -> np.ndarray:
        assert x.shape[1:] == (4, 2)
        p = 1.0 / (1.0 + np.exp(-2.0 * x[:, -1, 0]))
        return np.column_stack([1.0 - p, p])

    exp = explainer.explain_instance(series[3], rises, num_features=3, num_samples=600)
    assert exp.as_list()[0][0] == "price_t-0"
    assert exp.neighborhood == (neighborhood if neighborhood != "auto" else explainer.choose_neighborhood(rises))
    together = explainer.explain_instances(series[3:6], rises, labels=(1,), num_features=3, num_samples=600)
    assert together[0].as_list() == exp.as_list()
    assert 0.0 <= trust.out_of_distribution(explainer, series, num_samples=100).auc <= 1.0


# ---- quantile tables


def test_quantiles_come_back_to_where_they_were() -> None:
    rng = np.random.default_rng(0)
    column = np.concatenate([rng.normal(size=300), np.zeros(100), np.full(20, np.nan)])
    found = Quantiles.of_numbers(column)
    start, end = found.ends(np.array([0.0, np.nan, column[5]]))
    assert end[0] - start[0] == pytest.approx(100 / 420)
    assert (start[1], end[1]) == (0.0, pytest.approx(20 / 420))
    assert end[2] - start[2] == pytest.approx(0.0)
    drawn = found.at(np.linspace(0.0005, 0.9995, 1000))
    assert np.isnan(drawn).mean() == pytest.approx(20 / 420, abs=0.002)
    assert (drawn == 0.0).mean() == pytest.approx(100 / 420, abs=0.01)
    known = column[~np.isnan(column)]
    assert np.nanstd(drawn) == pytest.approx(known.std(), rel=0.02)


def test_tables_of_quantiles_are_short_and_hold_no_row() -> None:
    column = np.random.default_rng(0).normal(size=50_000)
    found = Quantiles.of_numbers(column)
    assert len(found.values) <= 1100
    np.testing.assert_allclose(found.at(np.array([0.1, 0.5, 0.9])), np.quantile(column, [0.1, 0.5, 0.9]), atol=0.01)


def test_categories_are_in_the_order_of_what_they_go_with() -> None:
    column = np.repeat([0.0, 1.0, 2.0], 100)
    found = Quantiles.of_categories(column, np.repeat([5.0, -1.0, 2.0], 100))
    np.testing.assert_array_equal(found.at(np.array([0.1, 0.5, 0.9])), [1.0, 2.0, 0.0])
    start, end = found.ends(np.array([1.0, 0.0, 7.0]))
    np.testing.assert_allclose(start, [0.0, 2 / 3, 0.0])
    np.testing.assert_allclose(end, [1 / 3, 1.0, 1.0])


@pytest.mark.parametrize("kind", ["missing", "categories", "constant"])
def test_columns_in_which_hardly_anything_is_known(kind: str) -> None:
    column: Any = {"missing": [np.nan] * 5, "categories": [3.0] * 5, "constant": [2.5] * 5}[kind]
    found = (
        Quantiles.of_categories(np.array(column), None)
        if kind == "categories"
        else Quantiles.of_numbers(np.array(column))
    )
    np.testing.assert_array_equal(found.at(np.array([0.01, 0.5, 0.99])), column[:3])
