"""What is read of a model gives the model's own answers, at its thresholds too; what cannot be read is refused."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier

from lime.engine.trees import TreeArrays
from lime.models.arrays import ModelArrays, Refusal
from lime.models.boundaries import at_most, at_most_in_single, below_in_single
from lime.models.reading import read_model

LGB: dict[str, Any] = {"verbose": -1, "n_jobs": 1, "min_child_samples": 5}
XGB: dict[str, Any] = {"n_jobs": 1, "max_depth": 4}
CAT: dict[str, Any] = {
    "iterations": 12,
    "verbose": 0,
    "thread_count": 1,
    "allow_writing_files": False,
    "random_seed": 0,
}


def table(n: int = 240, d: int = 5, missing: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * [1.0, 10.0, 0.01, 1.0, 100.0]
    y = x[:, 0] + 0.1 * x[:, 1] * (x[:, 3] > 0.0) + 0.2 * rng.normal(size=n)
    x[rng.random(x.shape) < missing] = np.nan
    return x, y


def classes(y: np.ndarray, k: int) -> np.ndarray:
    return np.searchsorted(np.quantile(y, np.arange(1, k) / k), y)


def at_thresholds(read: ModelArrays, x: np.ndarray) -> np.ndarray:
    """Rows whose numbers are those at which a comparison turns, and their neighbours."""
    rng = np.random.default_rng(1)
    rows = [x]
    for part in read.parts:
        arrays = part.arrays
        if not isinstance(arrays, TreeArrays) or part.transform is not None:
            continue
        inner = np.flatnonzero((arrays.left >= 0) & np.isfinite(arrays.threshold) & (np.abs(arrays.threshold) < 1e30))
        for node in rng.choice(inner, min(60, len(inner)), replace=False):
            for value in (arrays.threshold[node], np.nextafter(arrays.threshold[node], -np.inf)):
                row = x[rng.integers(len(x))].copy()
                row[part.columns.source[arrays.column[node]]] = value
                rows.append(row[None])
    return np.concatenate(rows)


def agree(model: Any, mode: str, x: np.ndarray) -> ModelArrays:
    read = read_model(model, mode)
    assert isinstance(read, ModelArrays), read.reason
    rows = at_thresholds(read, x)
    owner = model.predict_proba if mode == "classification" else model.predict
    answers = np.asarray(owner(rows), dtype=float).reshape(len(rows), -1)
    own = read.answers(rows, rows)
    unit = max(1.0, float(np.abs(answers).max()))
    assert np.abs(own - answers).max() < unit * (2e-6 if read.single else 1e-11)
    return read


TAKES_MISSING = {
    "tree": lambda: DecisionTreeClassifier(random_state=0),
    "forest": lambda: RandomForestClassifier(8, random_state=0),
    "extra": lambda: ExtraTreesClassifier(8, random_state=0),
    "bagging": lambda: BaggingClassifier(n_estimators=5, max_features=0.6, random_state=0),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=8, random_state=0),
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=8, **XGB),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=8, **LGB),
    "catboost": lambda: catboost.CatBoostClassifier(**CAT),
    "searched": lambda: GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 3]}, cv=2),
}
CLASSIFIERS = {
    **TAKES_MISSING,
    "extra tree": lambda: ExtraTreeClassifier(random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=6, random_state=0),
    "voting": lambda: VotingClassifier(
        [("a", RandomForestClassifier(4, random_state=0)), ("b", DecisionTreeClassifier(max_depth=3))],
        voting="soft",
        weights=[1, 3],
    ),
    "logistic": lambda: LogisticRegression(max_iter=2000),
    "scaled": lambda: make_pipeline(StandardScaler(), RandomForestClassifier(4, random_state=0)),
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "tree": lambda: DecisionTreeRegressor(random_state=0),
    "forest": lambda: RandomForestRegressor(8, random_state=0),
    "extra": lambda: ExtraTreesRegressor(8, random_state=0),
    "bagging": lambda: BaggingRegressor(n_estimators=5, max_features=0.6, bootstrap_features=True, random_state=0),
    "boosting": lambda: GradientBoostingRegressor(n_estimators=6, random_state=0),
    "histogram": lambda: HistGradientBoostingRegressor(max_iter=8, random_state=0),
    "xgboost": lambda: xgboost.XGBRegressor(n_estimators=30, **XGB),
    "xgboost, parallel trees": lambda: xgboost.XGBRegressor(n_estimators=3, num_parallel_tree=3, **XGB),
    "xgboost forest": lambda: xgboost.XGBRFRegressor(n_estimators=5, **XGB),
    "lightgbm": lambda: lightgbm.LGBMRegressor(n_estimators=8, **LGB),
    "lightgbm forest": lambda: lightgbm.LGBMRegressor(
        n_estimators=5, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5, **LGB
    ),
    "catboost": lambda: catboost.CatBoostRegressor(**CAT),
    "linear": LinearRegression,
    "lasso": lambda: Lasso(0.01),
    "voting": lambda: VotingRegressor([("a", Ridge()), ("b", RandomForestRegressor(4, random_state=0))]),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("k", [2, 3])
def test_classifiers_are_read(name: str, k: int) -> None:
    x, y = table()
    agree(CLASSIFIERS[name]().fit(x, classes(y, k)), "classification", x)


@pytest.mark.parametrize("name", TAKES_MISSING)
def test_missing_values_go_the_models_way(name: str) -> None:
    x, y = table(missing=0.15)
    model = TAKES_MISSING[name]().fit(x, classes(y, 3))
    agree(model, "classification", x)
    # Columns that had no missing value in training may have one now.
    whole, _ = table()
    later = TAKES_MISSING[name]().fit(whole, classes(y, 3))
    if name in ("histogram", "xgboost", "lightgbm", "catboost"):
        agree(later, "classification", x)


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors_are_read(name: str) -> None:
    x, y = table()
    agree(REGRESSORS[name]().fit(x, 5.0 + 30.0 * y), "regression", x)


def test_a_model_its_method_and_an_empty_partial_are_the_same() -> None:
    x, y = table()
    model = RandomForestClassifier(3, random_state=0).fit(x, classes(y, 2))
    for given in (model, model.predict_proba, functools.partial(model.predict_proba)):
        read = read_model(given)
        assert isinstance(read, ModelArrays)
        assert read.output == "probability"
    score = read_model(GradientBoostingClassifier(n_estimators=3).fit(x, classes(y, 2)).decision_function, "regression")
    assert isinstance(score, ModelArrays)
    assert score.output == "value"


def test_only_the_best_rounds_count() -> None:
    x, y = table()
    noise = np.random.default_rng(0).permutation(y)
    boosted = xgboost.XGBRegressor(n_estimators=40, early_stopping_rounds=2, learning_rate=1.0, **XGB)
    boosted.fit(x[:120], y[:120], eval_set=[(x[120:], noise[120:])], verbose=False)
    assert boosted.best_iteration < boosted.get_booster().num_boosted_rounds() - 1
    agree(boosted, "regression", x)
    light = lightgbm.train(
        {"objective": "regression", "learning_rate": 1.0, "num_threads": 1, "verbose": -1},
        lightgbm.Dataset(x[:120], y[:120]),
        40,
        valid_sets=[lightgbm.Dataset(x[120:], noise[120:])],
        callbacks=[lightgbm.early_stopping(2, verbose=False)],
        keep_training_booster=True,
    )
    assert 0 < light.best_iteration < light.current_iteration()
    agree(light, "regression", x)


def test_boosters_are_read_as_their_wrappers_are() -> None:
    x, y = table()
    for wrapper, booster in (
        (xgboost.XGBRegressor(n_estimators=5, **XGB).fit(x, y), lambda one: one.get_booster()),
        (lightgbm.LGBMRegressor(n_estimators=5, **LGB).fit(x, y), lambda one: one.booster_),
    ):
        read = read_model(booster(wrapper), "regression")
        assert isinstance(read, ModelArrays)
        assert read.answers(x, x)[:, 0] == pytest.approx(wrapper.predict(x), abs=1e-5)


def frame(n: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["red", "green", "blue", "grey", "pink"], size=n)
    number = rng.normal(size=n)
    y = number + 2.0 * np.isin(kinds, ["red", "pink"]) + 0.1 * rng.normal(size=n)
    data = pd.DataFrame({"number": number, "kind": pd.Categorical(kinds), "other": rng.normal(size=n)})
    return data, y


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda: HistGradientBoostingRegressor(max_iter=8, categorical_features="from_dtype", min_samples_leaf=5),
        lambda: lightgbm.LGBMRegressor(n_estimators=8, min_cat_smooth=1, max_cat_to_onehot=1, cat_smooth=1, **LGB),
        lambda: xgboost.XGBRegressor(n_estimators=8, enable_categorical=True, max_cat_to_onehot=1, **XGB),
        lambda: xgboost.XGBRegressor(n_estimators=8, enable_categorical=True, max_cat_to_onehot=9, **XGB),
    ],
    ids=["histogram", "lightgbm", "xgboost sets", "xgboost one-hot"],
)
def test_native_categories_are_read(make: Callable[[], Any], missing: bool) -> None:
    data, y = frame()
    if missing:
        data.loc[::7, "kind"] = np.nan
        data.loc[::5, "number"] = np.nan
    model = make().fit(data, y)
    read = read_model(model, "regression", list(data.columns))
    assert isinstance(read, ModelArrays), read.reason
    arrays = read.parts[0].arrays
    assert isinstance(arrays, TreeArrays)
    assert (arrays.category >= 0).any()
    blank = np.zeros((len(data), 3))
    assert read.answers(data, blank)[:, 0] == pytest.approx(model.predict(data), abs=2e-6)


REFUSED: dict[str, tuple[Callable[[np.ndarray, np.ndarray], Any], str, str]] = {
    "dart": (lambda x, y: xgboost.XGBRegressor(n_estimators=3, booster="dart", **XGB).fit(x, y), "regression", "dart"),
    "gblinear": (
        lambda x, y: xgboost.XGBRegressor(n_estimators=3, booster="gblinear", n_jobs=1).fit(x, y),
        "regression",
        "gblinear",
    ),
    "several outputs in a leaf": (
        lambda x, y: xgboost.XGBRegressor(n_estimators=2, multi_strategy="multi_output_tree", **XGB).fit(
            x, np.column_stack([y, y])
        ),
        "regression",
        "several outputs",
    ),
    "poisson": (
        lambda x, y: xgboost.XGBRegressor(n_estimators=3, objective="count:poisson", **XGB).fit(x, np.exp(y / 9.0)),
        "regression",
        "count:poisson",
    ),
    "linear trees": (
        lambda x, y: lightgbm.LGBMRegressor(n_estimators=2, linear_tree=True, **LGB).fit(x, y),
        "regression",
        "linear trees",
    ),
    "gamma": (
        lambda x, y: HistGradientBoostingRegressor(max_iter=2, loss="gamma").fit(x, np.exp(y / 9.0)),
        "regression",
        "exponentials",
    ),
    "start": (
        lambda x, y: GradientBoostingRegressor(n_estimators=2, init=Ridge()).fit(x, y),
        "regression",
        "starts from a model",
    ),
    "labels": (
        lambda x, y: DecisionTreeClassifier().fit(x, classes(y, 2)).predict,
        "regression",
        "returns labels",
    ),
    "adaboost": (lambda x, y: AdaBoostClassifier(n_estimators=2).fit(x, classes(y, 2)), "classification", "not read"),
    "calibrated": (
        lambda x, y: CalibratedClassifierCV(DecisionTreeClassifier(max_depth=2), cv=2).fit(x, classes(y, 2)),
        "classification",
        "calibrated",
    ),
    "components": (
        lambda x, y: make_pipeline(PCA(2), DecisionTreeClassifier()).fit(x, classes(y, 2)),
        "classification",
        "PCA mixes columns",
    ),
    "products": (
        lambda x, y: make_pipeline(PolynomialFeatures(2), Ridge()).fit(x, y),
        "regression",
        "PolynomialFeatures mixes columns",
    ),
    "votes": (
        lambda x, y: VotingClassifier(
            [("a", GradientBoostingClassifier(n_estimators=2)), ("b", DecisionTreeClassifier())], voting="soft"
        ).fit(x, classes(y, 2)),
        "classification",
        "no sums of leaves",
    ),
    "hinge": (lambda x, y: SGDClassifier(loss="modified_huber").fit(x, classes(y, 2)), "classification", "logistic"),
    "support vectors": (lambda x, y: LinearSVC().fit(x, classes(y, 2)).predict, "regression", "labels"),
    "function": (lambda x, y: lambda rows: rows[:, 0], "regression", "pass the model itself"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_reason(name: str) -> None:
    make, mode, words = REFUSED[name]
    read = read_model(make(*table()), mode)
    assert isinstance(read, Refusal)
    assert words in read.reason
    assert not read.reason.endswith(".")


def test_categories_of_catboost_are_refused() -> None:
    data, y = frame()
    model = catboost.CatBoostRegressor(**CAT).fit(data.astype({"kind": str}), y, cat_features=["kind"])
    read = read_model(model, "regression")
    assert isinstance(read, Refusal)
    assert "statistics" in read.reason


def test_columns_are_found_through_a_pipeline() -> None:
    data, y = frame()
    before = ColumnTransformer(
        [
            ("kinds", OneHotEncoder(), ["kind"]),
            ("bins", KBinsDiscretizer(3, strategy="uniform"), ["other"]),
            ("rest", StandardScaler(), ["number"]),
        ]
    )
    model = make_pipeline(before, Ridge()).fit(data, y)
    swapped = data[["other", "number", "kind"]]
    read = read_model(model, "regression", list(swapped.columns))
    assert isinstance(read, ModelArrays)
    assert read.parts[0].columns.source.tolist() == [2] * 5 + [0] * 3 + [1]
    assert read.answers(swapped, np.zeros((len(data), 3)))[:, 0] == pytest.approx(model.predict(data), abs=1e-12)


@pytest.mark.parametrize("turn", [at_most_in_single, below_in_single, at_most])
def test_boundaries_are_exact_to_the_last_digit(turn: Callable[[Any], np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    given = np.concatenate([rng.normal(size=500) * 10.0 ** rng.integers(-20, 20, 500), [0.0, 1.0, -1.0, 0.5]])
    if turn is below_in_single:
        given = given.astype(np.float32).astype(float)
    found = turn(given)
    for value, goes_left in ((found, False), (np.nextafter(found, -np.inf), True)):
        single = value.astype(np.float32)
        if turn is at_most_in_single:
            own = single.astype(float) <= given
        elif turn is below_in_single:
            own = single < given.astype(np.float32)
        else:
            own = value <= given
        assert (own == goes_left).all()
