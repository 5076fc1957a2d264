"""Exact explanations of many rows go from arrays to columns, and say what each row's own explanation says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from lime import LimeTabularExplainer
from lime.domains.tabular import exact_rows
from lime.results.columns import Columns
from lime.results.filling import to_columns
from lime.scale.run import explain_each, explain_stream


def table(missing: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 5))
    y = x[:, 0] + 2.0 * x[:, 1] * (x[:, 2] > 0.0)
    if missing:
        x[rng.random(x.shape) < 0.1] = np.nan
    return x, y


def frame() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {
            "age": rng.integers(18, 80, size=150),
            "kind": rng.choice(["red", "green", "blue"], size=150),
            "income": rng.lognormal(3.0, 1.0, size=150),
            "owner": rng.random(150) < 0.4,
        }
    )
    data.loc[::7, "income"] = np.nan
    return data, np.asarray(data["age"] * (data["kind"] == "red") + 5.0 * data["owner"])


def classes(y: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.quantile(y, [0.3, 0.6]), y)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each chunk went straight into columns."""
    found: list[bool] = []
    straight = exact_rows.explain_rows_in_columns

    def noted(*arguments: Any) -> Columns | None:
        result = straight(*arguments)
        found.append(result is not None)
        return result

    monkeypatch.setattr("lime.domains.tabular.table_explainer.explain_rows_in_columns", noted)
    return found


def agree(explainer: LimeTabularExplainer, rows: Any, model: Any, **settings: Any) -> None:
    """Compare columns with those that are made of explanations, word by word and digit by digit."""
    settings = {"sampling_method": "exact", **settings}
    (columns,) = explain_stream(explainer, rows, model, **settings)
    assert isinstance(columns, Columns)
    alone = to_columns(explain_each(explainer, rows, model, **settings), columns.positions, columns.ids)
    for name in (
        *("label_start", "label", "prediction", "intercept", "score", "held_out_score", "local_prediction", "degrees"),
        *("feature_start", "index", "weight", "standard_error", "contribution", "baseline", "value_type"),
    ):
        assert np.array_equal(getattr(columns, name), getattr(alone, name), equal_nan=True), name
    assert columns.values() == alone.values()
    assert [columns.words[at] for at in columns.word] == [alone.words[at] for at in alone.word]
    assert columns.lines() == alone.lines()


@pytest.mark.parametrize(
    "settings",
    [
        {"labels": (1,)},
        {"labels": (2, 0), "num_features": 3},
        {"top_labels": 1},
        {"top_labels": 2, "num_features": 2},
    ],
)
@pytest.mark.parametrize("missing", [False, True])
def test_classes(settings: dict[str, Any], missing: bool, taken: list[bool]) -> None:
    x, y = table(missing)
    model = RandomForestClassifier(6, random_state=0).fit(x, classes(y))
    agree(LimeTabularExplainer(x, random_state=0), x[:70], model, **settings)
    assert taken == [True]


@pytest.mark.parametrize("method", ["none", "forward_selection", "lasso_path"])
def test_values(method: str, taken: list[bool]) -> None:
    x, y = table()
    model = GradientBoostingRegressor(n_estimators=20, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", feature_selection=method, random_state=0)
    agree(explainer, x[:70], model, num_features=2)
    assert taken == [True]


@pytest.mark.parametrize("mode", ["classification", "regression"])
def test_frames_with_categories(mode: str, taken: list[bool]) -> None:
    data, y = frame()
    from sklearn.compose import ColumnTransformer

    encode = ColumnTransformer([("kind", OrdinalEncoder(), ["kind"])], remainder="passthrough")
    last = RandomForestRegressor(6, random_state=0)
    if mode == "classification":
        last, y = RandomForestClassifier(6, random_state=0), classes(y)
    model = make_pipeline(encode, last).fit(data, y)
    explainer = LimeTabularExplainer(data, mode=mode, class_names=["a", "b", "c"], random_state=0)
    agree(explainer, data.iloc[:60], model, labels=(1,))
    assert taken == [True]


def test_what_is_out_of_the_ordinary_goes_row_by_row(taken: list[bool]) -> None:
    x, y = table()
    model = RandomForestRegressor(6, random_state=0).fit(x, y)
    agree(LimeTabularExplainer(x, mode="regression", discretize_continuous=False, random_state=0), x[:5], model)
    data, y = frame()
    numbers = data.drop(columns="kind")
    whole = RandomForestRegressor(6, random_state=0).fit(numbers, y)
    explainer = LimeTabularExplainer(numbers, mode="regression", random_state=0)
    with pytest.raises(ValueError, match="'age'"):
        list(explain_stream(explainer, numbers.assign(age="x"), whole, sampling_method="exact"))
    assert taken == [False, False]


def test_samples_never_go_that_way(taken: list[bool]) -> None:
    x, y = table()
    model = RandomForestRegressor(6, random_state=0).fit(x, y)
    LimeTabularExplainer(x, mode="regression", random_state=0).explain_instances(x[:3], model, num_samples=200)
    assert taken == []


def test_workers_and_chunks_change_nothing(taken: list[bool]) -> None:
    x, y = table()
    model = RandomForestClassifier(6, random_state=0).fit(x, classes(y))
    explainer = LimeTabularExplainer(x, random_state=0)
    settings: dict[str, Any] = {"labels": (1,), "sampling_method": "exact"}
    one = explainer.explain_instances(x, model, **settings).to_frame()
    two = explainer.explain_instances(x, model, n_jobs=2, **settings).to_frame()
    streamed = explainer.explain_instances(iter([x[:40], x[40:]]), model, **settings).to_frame()
    assert one.equals(two)
    assert one.equals(streamed)
    assert taken[0]
