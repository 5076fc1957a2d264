"""Exact weights of models behind explainers of all kinds, against the same explainer's samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from lime import LimeTabularExplainer
from lime.domains.tabular.exact_columns import codes_of_rows, disagreement, exact_columns_of, exact_parts
from lime.engine.exact_fit import added
from lime.engine.trees import Unreadable
from lime.models.arrays import ModelArrays
from lime.models.reading import read_model
from wald import agrees, wald

SAMPLES = 12_000


def exact(explainer: Any, model: Any, rows: Any, mode: str, output: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (n, d) and means (n,) of rows."""
    distribution = explainer.training_distribution
    read = read_model(model, mode, list(distribution.names))
    assert isinstance(read, ModelArrays), read.reason
    laws = exact_columns_of(distribution)
    values = distribution.encode_all(rows)
    answers = np.asarray(model.predict_proba(rows) if mode == "classification" else model.predict(rows), dtype=float)
    assert disagreement(read, distribution, values, answers.reshape(len(values), -1)) is None
    codes, _ = codes_of_rows(distribution, values, distribution.bins(values))
    width = 0.75 * np.sqrt(values.shape[1])
    found = added(exact_parts(read, distribution, laws, [output]), codes, values, width)
    intercept = found.mean[:, 0] - (found.weights[:, :, 0] * found.z_mean).sum(axis=1)
    return found.weights[:, :, 0], intercept


def judge(explainer: Any, model: Any, rows: Any, mode: str = "regression", output: int = 0, own: Any = None) -> None:
    """Compare exact weights with those of independent samples, in units of their errors; see `helpers.wald`."""
    weights, _ = exact(explainer, model, rows, mode, output)
    label = 1 if mode == "regression" else output
    for place in range(len(rows)):
        row = rows.iloc[place] if hasattr(rows, "iloc") else rows[place]
        exp = explainer.explain_instance(
            row, own or model, labels=(label,), num_samples=SAMPLES, sampling_method="gaussian"
        )
        distance, degrees = wald(exp, weights[place])
        assert agrees(distance, degrees), (distance, degrees)


def numbers(missing: float = 0.0, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 5)) * [1.0, 10.0, 0.01, 1.0, 100.0]
    x[:, 3] = np.rint(2.0 * x[:, 3])
    y = x[:, 0] + 0.1 * x[:, 1] * (x[:, 3] > 0.0) + 0.01 * x[:, 4] + 0.2 * rng.normal(size=n)
    x[rng.random(x.shape) < missing] = np.nan
    return x, y


def mixed(n: int = 400, missing: bool = False) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {
            "age": rng.integers(18, 80, size=n),
            "kind": rng.choice(["red", "green", "blue", "grey"], size=n, p=[0.4, 0.3, 0.2, 0.1]),
            "income": rng.lognormal(3.0, 1.0, size=n).astype(np.float32),
            "town": rng.choice(["a", "b", "c"], size=n),
            "owner": rng.random(n) < 0.4,
        }
    )
    y = 0.05 * data["age"] + (data["kind"] == "red") * np.log(data["income"]) + data["owner"] * (data["town"] == "a")
    if missing:
        data["income"] = data["income"].mask(rng.random(n) < 0.15)
    return data, np.asarray(y, dtype=float) + 0.1 * rng.normal(size=n)


REGRESSORS: dict[str, Callable[[], Any]] = {
    "forest": lambda: RandomForestRegressor(10, random_state=0),
    "boosting": lambda: GradientBoostingRegressor(n_estimators=30, random_state=0),
    "histogram": lambda: HistGradientBoostingRegressor(max_iter=30, random_state=0),
    "xgboost": lambda: xgboost.XGBRegressor(n_estimators=20, max_depth=4, n_jobs=1),
    "lightgbm": lambda: lightgbm.LGBMRegressor(n_estimators=20, verbose=-1, n_jobs=1),
}


@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.parametrize("missing", [0.0, 0.15])
@pytest.mark.parametrize(
    "how",
    [{}, {"discretizer": "decile"}, {"discretize_continuous": False}, {"discretize_continuous": False, "around": True}],
    ids=["quartiles", "deciles", "numbers", "around"],
)
def test_weights_of_trees(name: str, missing: float, how: dict[str, Any]) -> None:
    if name == "boosting" and missing:
        name = "forest"
    x, y = numbers(missing)
    model = REGRESSORS[name]().fit(x, y)
    given = {key: value for key, value in how.items() if key != "around"}
    explainer = LimeTabularExplainer(
        x, mode="regression", random_state=0, sample_around_instance=how.get("around", False), **given
    )
    judge(explainer, model, x[[3]])


def test_weights_of_probabilities_with_categories_in_arrays() -> None:
    x, y = numbers()
    x[:, 3] = np.clip(x[:, 3], -2, 2) + 2
    model = RandomForestClassifier(10, random_state=0).fit(x, np.searchsorted(np.quantile(y, [0.3, 0.7]), y))
    explainer = LimeTabularExplainer(x, categorical_features=[3], random_state=0)
    judge(explainer, model, x[:2], "classification", 2)


def before(kind: str) -> ColumnTransformer:
    income = {
        "scaled": make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()),
        "binned": make_pipeline(
            SimpleImputer(strategy="median"), KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf")
        ),
        "ranged": make_pipeline(SimpleImputer(strategy="constant", fill_value=-1.0), MinMaxScaler()),
    }[kind]
    return ColumnTransformer(
        [
            ("kind", OneHotEncoder(handle_unknown="ignore", sparse_output=kind == "scaled"), ["kind"]),
            ("income", income, ["income"]),
            ("town", OrdinalEncoder(), ["town"]),
        ],
        remainder="passthrough",
    )


@pytest.mark.parametrize("kind", ["scaled", "binned", "ranged"])
@pytest.mark.parametrize("final", ["forest", "ridge", "vote"])
@pytest.mark.parametrize("discretize", [True, False])
def test_weights_of_pipelines_over_frames(kind: str, final: str, discretize: bool) -> None:
    data, y = mixed(missing=True)
    last = {
        "forest": RandomForestRegressor(10, random_state=0),
        "ridge": Ridge(),
        "vote": VotingRegressor([("a", Ridge()), ("b", RandomForestRegressor(5, random_state=0))]),
    }[final]
    model = make_pipeline(before(kind), last).fit(data, y)
    explainer = LimeTabularExplainer(data, mode="regression", random_state=0, discretize_continuous=discretize)
    judge(explainer, model, data.iloc[[2, 5]])


def test_pandas_output_between_the_steps_changes_nothing() -> None:
    data, y = mixed()
    steps = before("ranged").set_output(transform="pandas")
    steps.set_params(kind=OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    model = make_pipeline(steps, RandomForestRegressor(10, random_state=0)).fit(data, y)
    plain = make_pipeline(before("ranged"), RandomForestRegressor(10, random_state=0)).fit(data, y)
    explainer = LimeTabularExplainer(data, mode="regression", random_state=0)
    one, _ = exact(explainer, model, data.iloc[:3], "regression", 0)
    other, _ = exact(explainer, plain, data.iloc[:3], "regression", 0)
    assert one == pytest.approx(other, abs=1e-12)


@pytest.mark.parametrize("name", ["histogram", "lightgbm", "xgboost"])
def test_weights_of_native_categories(name: str) -> None:
    data, y = mixed(missing=True)
    data = data.astype({"kind": "category", "town": "category"})
    more: dict[str, dict[str, Any]] = {
        "histogram": {"categorical_features": "from_dtype"},
        "xgboost": {"enable_categorical": True},
    }
    model = REGRESSORS[name]().set_params(**more.get(name, {})).fit(data, y)
    explainer = LimeTabularExplainer(data, mode="regression", random_state=0)
    judge(explainer, model, data.iloc[[2, 5]])


def test_weights_of_a_linear_model_are_its_coefficients_where_the_features_are_its_columns() -> None:
    x, y = numbers()
    model = make_pipeline(StandardScaler(), Ridge()).fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", discretize_continuous=False, random_state=0)
    weights, intercept = exact(explainer, model, x[:4], "regression", 0)
    assert weights == pytest.approx(np.tile(model[-1].coef_, (4, 1)), rel=1e-12)
    assert intercept == pytest.approx(model[-1].intercept_, rel=1e-12)


def test_categories_on_numbers_are_refused() -> None:
    data, y = mixed()
    codes = data.assign(kind=data["kind"].astype("category").cat.codes, town=0, owner=0).to_numpy(dtype=float)
    model = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1, min_child_samples=5)
    model.fit(codes, y, categorical_feature=[1])
    explainer = LimeTabularExplainer(codes, mode="regression", discretize_continuous=False, random_state=0)
    with pytest.raises(Unreadable, match="list it in categorical_features"):
        exact(explainer, model, codes[:2], "regression", 0)
    listed = LimeTabularExplainer(codes, mode="regression", categorical_features=[1, 3, 4], random_state=0)
    judge(listed, model, codes[[2, 5]])


def test_a_model_that_changed_since_is_noticed() -> None:
    x, y = numbers()
    model = RandomForestRegressor(5, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", random_state=0)
    distribution = explainer.training_distribution
    read = read_model(model, "regression")
    assert isinstance(read, ModelArrays)
    values = distribution.encode_all(x)
    assert disagreement(read, distribution, values, model.predict(x)[:, None]) is None
    model.fit(x, -y)
    assert "differ" in str(disagreement(read, distribution, values, model.predict(x)[:, None]))
