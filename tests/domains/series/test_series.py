"""The recurrent explainer: where it looks, what the model is handed, what it refuses."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import lime
from lime.lime_tabular import LimeTabularExplainer, RecurrentTabularExplainer

NAMES = ["price", "volume", "mood"]
STEPS = 5


def series(n: int = 300, dtype: Any = np.float64) -> np.ndarray:
    rng = np.random.default_rng(4)
    data = rng.normal(size=(n, STEPS, 3)).cumsum(axis=1)
    data[:, :, 2] = rng.integers(0, 3, size=(n, STEPS))
    return data.astype(dtype)


DATA = series()
COLUMNS = [f"{name}_t-{back}" for name in NAMES for back in range(STEPS - 1, -1, -1)]


def two_columns(p: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - p, p])


def explainer(**settings: Any) -> RecurrentTabularExplainer:
    return RecurrentTabularExplainer(DATA, feature_names=NAMES, **{"random_state": 0, **settings})


@pytest.mark.parametrize("feature", [0, 1])
@pytest.mark.parametrize("step", [0, 2, STEPS - 1])
@pytest.mark.parametrize("cut", [True, False])
def test_one_feature_at_one_step_is_found(feature: int, step: int, cut: bool) -> None:
    def model(x: np.ndarray) -> np.ndarray:
        return two_columns(1 / (1 + np.exp(-2.0 * x[:, step, feature])))

    exp = explainer(discretize_continuous=cut).explain_instance(DATA[3], model, num_features=15)
    first, weight = exp.as_list()[0]
    assert f"{NAMES[feature]}_t-{STEPS - 1 - step}" in first
    assert exp.local_exp[1][0][0] == feature * STEPS + step
    others = [abs(other) for _, other in exp.as_list()[1:]]
    assert abs(weight) > 20 * max(others)
    if not cut:
        assert weight > 0


@pytest.mark.parametrize("listed", [[2], ["mood"]])
@pytest.mark.parametrize("cut", [True, False])
def test_a_category_is_one_at_every_step(listed: list[Any], cut: bool) -> None:
    seen: list[np.ndarray] = []

    def model(x: np.ndarray) -> np.ndarray:
        seen.append(x.copy())
        return two_columns(0.1 + 0.7 * (x[:, 1, 2] == 2))

    row = DATA[3].copy()
    row[1, 2] = 2
    names = {listed[0]: ["low", "mid", "high"]}
    ours = explainer(categorical_features=listed, categorical_names=names, discretize_continuous=cut)
    exp = ours.explain_instance(row, model, num_features=15)
    assert exp.as_list()[0][0] == "mood_t-3=high"
    assert exp.as_list()[0][1] == pytest.approx(0.7, abs=0.01)
    assert set(np.unique(np.concatenate(seen)[:, :, 2])) == {0.0, 1.0, 2.0}


def test_names_of_categories_as_a_sequence() -> None:
    ours = explainer(categorical_features=[2], categorical_names=[[], [], ["low", "mid", "high"]])
    exp = ours.explain_instance(np.ones((STEPS, 3)), lambda x: two_columns(0.1 + 0.7 * (x[:, 1, 2] == 1)))
    assert exp.as_list()[0][0] == "mood_t-3=mid"


def test_names_layout_and_attributes() -> None:
    ours = explainer()
    assert ours.feature_names == COLUMNS
    assert (ours.n_timesteps, ours.n_features) == (STEPS, 3)
    unnamed = RecurrentTabularExplainer(DATA, random_state=0)
    assert unnamed.feature_names[:2] == ["0_t-4", "0_t-3"]
    assert isinstance(ours, LimeTabularExplainer)
    assert lime.RecurrentTabularExplainer is RecurrentTabularExplainer


def test_signatures_are_those_of_0_2_0_1() -> None:
    """And positional calls mean the same."""
    constructor = list(inspect.signature(RecurrentTabularExplainer).parameters)
    assert constructor == [
        "training_data", "mode", "training_labels", "feature_names", "categorical_features", "categorical_names",
        "kernel_width", "kernel", "verbose", "class_names", "feature_selection", "discretize_continuous", "discretizer",
        "random_state", "neighborhood", "spread", "fixed", "features", "groups",
    ]  # fmt: skip
    call = list(inspect.signature(RecurrentTabularExplainer.explain_instance).parameters)
    assert call[:9] == [
        "self", "data_row", "classifier_fn", "labels", "top_labels", "num_features", "num_samples", "distance_metric",
        "model_regressor",
    ]  # fmt: skip
    ours = RecurrentTabularExplainer(DATA, "regression", None, NAMES, None, None, 2.0, None, False, None, "none")
    assert (ours.mode, ours.feature_selection, ours.base.kernel_fn.keywords) == (  # type: ignore[attr-defined]
        "regression",
        "none",
        {"kernel_width": 2.0},
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_the_model_is_handed_series_as_it_was_trained_on(dtype: Any) -> None:
    data = series(dtype=dtype)
    seen: list[np.ndarray] = []

    def model(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        return two_columns(np.full(len(x), 0.5))

    ours = RecurrentTabularExplainer(data, random_state=0)
    ours.explain_instance(data[7], model, num_samples=100, batch_size=30)
    assert [x.shape for x in seen] == [(30, STEPS, 3)] * 3 + [(10, STEPS, 3)]
    # Whole numbers are drawn as fractions, as arrays of them are in a table.
    assert {x.dtype for x in seen} == {np.dtype(np.float64 if dtype is np.int64 else dtype)}
    np.testing.assert_array_equal(seen[0][0], data[7])


def test_a_batch_of_one_a_list_and_a_model_do() -> None:
    class Model:
        def __init__(self) -> None:
            self.inner = LogisticRegression(max_iter=1000).fit(DATA.reshape(300, -1), DATA[:, -1, 0] > 0)
            self.classes_ = np.array(["falls", "rises"])

        def predict_proba(self, x: np.ndarray) -> np.ndarray:
            return self.inner.predict_proba(x.reshape(len(x), -1))

    results = [explainer().explain_instance(row, Model()) for row in (DATA[3], DATA[3:4], DATA[3].tolist())]
    assert results[0].class_names == ["falls", "rises"]
    assert results[0].as_list() == results[1].as_list() == results[2].as_list()
    assert "price_t-0" in results[0].as_list()[0][0]


def test_regression_missing_values_and_copies() -> None:
    data = DATA.copy()
    data[::4, 2, 0] = np.nan
    model = lambda x: np.where(np.isnan(x[:, 2, 0]), 5.0, x[:, 0, 1])  # noqa: E731
    ours = RecurrentTabularExplainer(data, mode="regression", feature_names=NAMES, random_state=0)
    exp = ours.explain_instance(data[0], model)
    assert exp.as_list()[0][0] == "price_t-2 is missing"
    for other in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        assert other.explain_instance(data[0], model).as_list() == exp.as_list()


def test_many_series_are_explained_as_each_alone() -> None:
    model = lambda x: two_columns(1 / (1 + np.exp(-x[:, 0, 1])))  # noqa: E731
    ours = explainer()
    many = ours.explain_instances(DATA[:4], model, num_features=3)
    for row, exp in zip(DATA[:4], many, strict=True):
        alone = ours.explain_instance(row, model, num_features=3)
        for (name, weight), (own, own_weight) in zip(exp.as_list(), alone.as_list(), strict=True):
            assert name == own
            assert weight == pytest.approx(own_weight, abs=1e-12)


def test_faithfulness_of_series() -> None:
    model = lambda x: two_columns(1 / (1 + np.exp(-x[:, 0, 1])))  # noqa: E731
    ours = explainer(discretize_continuous=False)
    row = DATA[int(np.argmax(DATA[:, 0, 1]))]
    exp = ours.explain_instance(row, model)
    curve = lime.trust.deletion(ours, row, model, explanation=exp)
    assert curve is not None


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (DATA[0], {}, r"training_data has shape \(5, 3\): expected \(n, timesteps, features\).*LimeTabularExplainer"),
        (DATA[:, :0], {}, r"training_data has shape \(300, 0, 3\)"),
        ([[[1, 2]], [[1]]], {}, "training_data has series of different lengths"),
        (DATA.astype(str), {}, "training_data holds values of dtype <U.*expected numbers"),
        (DATA, {"feature_names": ["a"]}, "feature_names has 1 names, but training_data has 3 features"),
        (DATA, {"feature_names": 7}, "feature_names=7"),
        (DATA, {"categorical_features": "what"}, "categorical_features='what'"),
        (DATA, {"categorical_features": 2}, "categorical_features=2"),
        (DATA, {"categorical_features": [2], "categorical_names": 7}, "categorical_names=7"),
    ],
)
def test_wrong_arguments_are_named(data: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RecurrentTabularExplainer(data, **{"random_state": 0, **settings})


@pytest.mark.parametrize("row", [DATA[:2], DATA[0, 0], np.zeros((STEPS, 4)), DATA[0].astype(str)])
def test_wrong_rows_are_named(row: Any) -> None:
    with pytest.raises(ValueError, match="data_row"):
        explainer().explain_instance(row, lambda x: two_columns(x[:, 0, 0]))


@pytest.mark.parametrize("model", [None, 3, lambda x: x, lambda x: np.zeros(2)])
def test_wrong_models_are_named(model: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="classifier_fn"):
        explainer().explain_instance(DATA[0], model, num_samples=50)


@pytest.mark.parametrize(
    ("settings", "message", "columns"),
    [
        ({"feature_names": "abc"}, "feature_names is the string 'abc': each letter", []),
        ({"feature_names": ["a", "b", "c", "target"]}, "feature_names has 4 names", []),
        ({"categorical_features": [15]}, "categorical_features has 15, which is left out", []),
        ({"categorical_features": ["what", 2]}, "categorical_features has 'what', which is left out", range(10, 15)),
        ({"categorical_features": [-1]}, "categorical_features has -1: it is taken for the feature '2'", range(10, 15)),
        ({"categorical_features": [False, False, True]}, "True and False: it is taken for a mask", range(10, 15)),
        ({"categorical_names": {9: ["a"]}}, "categorical_names has 9, which is left out", []),
    ],
)
def test_what_0_2_0_1_took_is_taken_with_a_warning(settings: dict[str, Any], message: str, columns: Any) -> None:
    with pytest.warns(UserWarning, match=message):
        ours = RecurrentTabularExplainer(DATA, random_state=0, discretize_continuous=False, **settings)
    assert ours.categorical_features == list(columns)
    exp = ours.explain_instance(DATA[0], lambda x: two_columns(1 / (1 + np.exp(-x[:, 0, 1]))), num_samples=100)
    assert len(exp.as_list()) == 10


def test_whole_floats_name_features_and_long_sequences_name_columns() -> None:
    assert (
        explainer(categorical_features=[2.0]).categorical_features
        == explainer(categorical_features=[2]).categorical_features
    )
    names = [[f"{j} {k}" for k in range(9)] for j in range(15)]
    ours = RecurrentTabularExplainer(DATA, categorical_features=[2], categorical_names=names, random_state=0)
    assert ours.categorical_names == {j: names[j] for j in range(10, 15)}


@pytest.mark.parametrize("row", [DATA[0].T, DATA[0].ravel(), DATA[:1].transpose(0, 2, 1)])
def test_series_of_another_shape_are_read_as_by_0_2_0_1(row: Any) -> None:
    seen: list[Any] = []

    def model(x: Any) -> Any:
        seen.append(x.copy())
        return two_columns(1 / (1 + np.exp(-x[:, 0, 1])))

    with pytest.warns(UserWarning, match=r"data_row has shape .* expected one series of shape \(5, 3\)"):
        explainer().explain_instance(row, model, num_samples=50)
    np.testing.assert_array_equal(seen[0][0].T.ravel(), row.T.ravel())


@pytest.mark.parametrize("form", [np.int64, object])
@pytest.mark.parametrize("listed", [None, [0]])
def test_whole_numbers_that_floats_round_reach_the_model(form: Any, listed: Any) -> None:
    series = 2**60 + np.random.default_rng(0).integers(0, 9, (100, 2, 2))
    seen: list[Any] = []

    def model(x: Any) -> Any:
        seen.append(x.copy())
        return two_columns((x[:, -1, 0] % 2).astype(float))

    with pytest.warns(UserWarning, match="whole numbers beyond 2\\^53"):
        ours = RecurrentTabularExplainer(series.astype(form), categorical_features=listed, random_state=0)
    ours.explain_instance(series[0].astype(form), model, num_samples=50)
    assert all(batch.dtype == np.int64 for batch in seen)
    np.testing.assert_array_equal(seen[0][0], series[0])


@pytest.mark.parametrize("data", [DATA > 0, DATA.astype(object), (DATA > 0).astype(object)])
def test_objects_and_booleans_are_numbers(data: Any) -> None:
    seen: list[Any] = []

    def model(x: Any) -> Any:
        seen.append(x.dtype)
        return two_columns(1 / (1 + np.exp(-x[:, 0, 1])))

    RecurrentTabularExplainer(data, random_state=0).explain_instance(data[0], model, num_samples=50)
    assert set(seen) == {np.dtype(np.float64)}
