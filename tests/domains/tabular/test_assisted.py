"""``estimator="assisted"`` for tables: the same target with a smaller error, honest intervals, the same numbers."""

import time
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge

import lime
from lime import LimeTabularExplainer, RecurrentTabularExplainer
from lime.domains.tabular import assisted
from lime.domains.tabular.assisted import is_worth
from lime.engine import kernel_ridge

RNG = np.random.default_rng(5)
TABLE = RNG.normal(size=(500, 6))
MIXED = np.column_stack([TABLE[:, :4], RNG.integers(0, 3, 500), np.where(RNG.random(500) < 0.1, np.nan, TABLE[:, 5])])
MODE: dict[str, Any] = {"mode": "regression"}


def smooth(x):
    """Interactions and curves: a linear fit leaves most of it, a smooth kernel next to nothing."""
    x = np.nan_to_num(np.asarray(x, dtype=float), nan=-1.0)
    return np.sin(x[:, 0]) * x[:, 1] + 0.5 * x[:, 2] ** 2 + np.cos(x[:, 3] + x[:, 4]) + 0.3 * x[:, 5]


def proba(x):
    p = 1 / (1 + np.exp(-smooth(x)))
    return np.column_stack([1 - p, p])


def noise(x):
    """A checkerboard far finer than anything that could be learned."""
    return np.abs(np.sin(1e5 * np.asarray(x, float).sum(axis=1)))


def explainer(table=TABLE, seed=0, **settings):
    return LimeTabularExplainer(table, random_state=seed, **{**MODE, "feature_selection": "none", **settings})


def weights(exp, label=1):
    return np.array([weight for _, weight in sorted(exp.local_exp[label])])


def errors(exp, label=1):
    return np.array([exp.standard_errors[label][i] for i in sorted(exp.standard_errors[label])])


@pytest.fixture(scope="module")
def forest():
    return RandomForestRegressor(15, random_state=0).fit(TABLE, smooth(TABLE))


def many(model, estimator, seeds, *, n=300, rows=2, table=TABLE, **settings):
    """Weights and errors of some rows under several seeds, shape (seeds, rows, d) each."""
    found = [
        explainer(table, seed, **settings).explain_instances(table[:rows], model, num_samples=n, estimator=estimator)
        for seed in range(seeds)
    ]
    return np.array([[weights(one) for one in some] for some in found]), found


def in_errors(explanations, target):
    """Distances to the target in units of the standard errors."""
    return np.array(
        [[(weights(one) - target[row]) / errors(one) for row, one in enumerate(some)] for some in explanations]
    )


def truth(model, *, rows=2, table=TABLE, **settings):
    large = explainer(table, 987, **settings).explain_instances(table[:rows], model, num_samples=2**16)
    return np.array([weights(one) for one in large])


def test_the_error_is_far_smaller_and_the_intervals_cover():
    target = truth(smooth)
    found, explanations = many(smooth, "assisted", 12)
    plain, _ = many(smooth, "plain", 12)
    assert np.square(found - target).mean() < 0.25 * np.square(plain - target).mean()
    hits = [
        low <= target[row, i] <= high
        for some in explanations
        for row, one in enumerate(some)
        for i, (low, high) in one.confidence_intervals(1).items()
    ]
    # 144 intervals, those of one fit dependent: 95% of them less three standard errors of 24 fits, if these were alike.
    assert 0.90 <= np.mean(hits) <= 1.0
    gaps = np.array(
        [[(weights(one) - target[row]) / errors(one) for row, one in enumerate(some)] for some in explanations]
    )
    assert 0.5 < np.sqrt(np.square(gaps).mean()) < 1.2  # standard errors are of the size of the errors


def test_trees_help_where_a_model_has_steps(forest):
    target = truth(forest)
    found, explanations = many(forest, "assisted", 4, n=1000)
    plain, _ = many(forest, "plain", 12, n=1000)
    assert np.square(found - target).mean() < 0.7 * np.square(plain - target).mean()
    gaps = np.array(
        [[(weights(one) - target[row]) / errors(one) for row, one in enumerate(some)] for some in explanations]
    )
    assert np.abs(gaps).max() < 4.5


@pytest.mark.parametrize(
    "settings",
    [
        {"categorical_features": [4]},
        {"categorical_features": [4], "discretize_continuous": False},
        {"categorical_features": [4], "discretize_continuous": False, "sample_around_instance": True},
        {"discretizer": "decile", "kernel_width": 1.0},
    ],
)
def test_the_target_is_the_same_on_every_kind_of_column(settings):
    own = explainer(MIXED, 987, **settings)
    large = own.explain_instance(MIXED[0], smooth, num_samples=2**16)
    small = explainer(MIXED, **settings).explain_instance(MIXED[0], smooth, num_samples=400, estimator="assisted")
    assert small.estimators[0] == "kernel ridge"
    assert (np.abs(weights(small) - weights(large)) < 4.5 * np.hypot(errors(small), errors(large)) + 1e-9).all()
    plain = explainer(MIXED, **settings).explain_instance(MIXED[0], smooth, num_samples=400)
    assert np.median(errors(small) / errors(plain)) < 0.7
    assert small.intercept[1] == pytest.approx(large.intercept[1], abs=0.1)


def test_a_model_that_nothing_predicts_is_left_to_the_samples():
    one = explainer().explain_instance(TABLE[0], noise, num_samples=300, estimator="assisted")
    other = explainer().explain_instance(TABLE[0], noise, num_samples=300)
    assert one.estimators[0] == "plain"
    assert one.local_exp == other.local_exp
    assert one.standard_errors == other.standard_errors


def test_rows_together_alone_and_in_workers_have_the_same_numbers():
    own = LimeTabularExplainer(TABLE, random_state=0)
    settings: dict[str, Any] = {"num_samples": 200, "estimator": "assisted", "num_features": 3}
    alone = [own.explain_instance(row, proba, **settings) for row in TABLE[:3]]
    assert alone[0].estimators[1] != "plain"
    for n_jobs in (None, 2):
        together = own.explain_instances(TABLE[:3], proba, n_jobs=n_jobs, **settings)
        for one, other in zip(alone, together, strict=True):
            assert one.local_exp == other.local_exp
            assert one.standard_errors == other.standard_errors


def test_labels_do_not_change_each_other():
    own = LimeTabularExplainer(TABLE, random_state=0, feature_selection="none")
    both = own.explain_instance(TABLE[0], proba, labels=(0, 1), num_samples=200, estimator="assisted")
    one = own.explain_instance(TABLE[0], proba, top_labels=1, num_samples=200, estimator="assisted")
    (label,) = one.available_labels()
    np.testing.assert_array_equal(weights(one, label), weights(both, label))
    np.testing.assert_allclose(weights(both, 0), -weights(both, 1), atol=3 * errors(both).max())


def test_cheap_models_are_fitted_once_for_all_rows(monkeypatch):
    fits = []
    fit = kernel_ridge.fit_kernel_ridge
    monkeypatch.setattr(assisted, "fit_kernel_ridge", lambda *args: fits.append(1) or fit(*args))
    explainer().explain_instances(TABLE[:5], smooth, num_samples=200, estimator="assisted")
    assert len(fits) == 1


def test_a_growing_sample_is_settled_sooner():
    settings: dict[str, Any] = {"num_features": 3, "num_samples": "auto"}
    own = LimeTabularExplainer(TABLE, random_state=0, **MODE)
    plain = own.explain_instance(TABLE[1], smooth, **settings)
    helped = own.explain_instance(TABLE[1], smooth, **settings, estimator="assisted")
    assert helped.num_model_calls < plain.num_model_calls
    assert helped.estimators[0] == "kernel ridge"


def test_an_anchored_surrogate_meets_the_prediction():
    exp = explainer().explain_instance(TABLE[0], smooth, num_samples=200, estimator="assisted", anchored=True)
    assert exp.estimators[0] == "kernel ridge"
    assert exp.local_pred[0] == pytest.approx(smooth(TABLE[:1])[0])
    contributions = exp.contributions(1)
    assert exp.baseline_values[1] + sum(contributions.values()) == pytest.approx(smooth(TABLE[:1])[0])
    large = explainer(seed=3).explain_instance(TABLE[0], smooth, num_samples=2**15, anchored=True)
    gap = np.abs(weights(exp) - weights(large)) / np.hypot(errors(exp), errors(large))
    assert gap.max() < 4.5


def test_stored_and_read_back():
    exp = explainer().explain_instance(TABLE[0], smooth, num_samples=200, estimator="assisted")
    back = lime.Explanation.from_json(exp.to_json())
    assert back.standard_errors == exp.standard_errors
    assert str(back) == str(exp)


def test_series_and_the_front_door_take_it():
    series = TABLE.reshape(250, 2, 6)
    own = RecurrentTabularExplainer(series, feature_names=list("abcdef"), random_state=0, **MODE)

    def predict(batch):
        return smooth(batch[:, 0])

    exp = own.explain_instance(series[0], predict, num_samples=200, estimator="assisted")
    assert exp.estimators[0] == "kernel ridge"
    door = lime.Explainer(predict_rows, TABLE, mode="regression", estimator="assisted", random_state=0)
    found = door(TABLE[0], num_samples=200)
    assert found.estimators[0] == "kernel ridge"
    assert found.anchored


def predict_rows(x):
    return smooth(x)


class Clock:
    """A clock that a model moves on."""

    def __init__(self, pace):
        self.now, self.pace = 0.0, pace

    def __call__(self):
        return self.now

    def slow(self, x):
        self.now += self.pace * len(x)
        return smooth(x)


@pytest.mark.parametrize("estimator", [None, "plain", "assisted"])
def test_the_clock_has_no_say_where_it_was_given_none(monkeypatch, estimator):
    found = []
    for pace in (0.0, 60.0):
        clock = Clock(pace)
        monkeypatch.setattr(time, "monotonic", clock)
        for samples in (200, "auto"):
            settings: dict[str, Any] = {"num_samples": samples, "estimator": estimator, "num_features": 2}
            found.append(explainer().explain_instance(TABLE[0], clock.slow, **settings))
    for one, other in zip(found[:2], found[2:], strict=True):
        assert one.local_exp == other.local_exp
        assert (one.estimators[0] == "plain") == (estimator != "assisted")


@pytest.mark.parametrize(("pace", "name"), [(0.0, "plain"), (1.0, "kernel ridge")])
def test_auto_helps_slow_models_alone(monkeypatch, pace, name):
    clock = Clock(pace)
    monkeypatch.setattr(time, "monotonic", clock)
    exp = explainer().explain_instance(TABLE[0], clock.slow, num_samples=200, estimator="auto")
    assert exp.estimators[0] == name
    both = explainer().explain_instances(TABLE[:2], clock.slow, num_samples=200, estimator="auto")
    assert both[0].local_exp == exp.local_exp


@pytest.mark.parametrize(("pace", "name"), [(1e-4, "plain"), (1.0, "kernel ridge")])
def test_a_price_in_seconds_gives_the_clock_its_say(pace, name):
    clock = Clock(pace)
    auto = lime.Auto(max_seconds=1e6, clock=clock, max_calls=300)
    exp = explainer().explain_instance(TABLE[0], clock.slow, num_samples=auto)
    assert exp.estimators[0] == name


def test_worth_grows_with_the_models_time():
    assert not is_worth(1000, 10, 1, 1e-3)
    assert is_worth(1000, 10, 1, 10.0)
    assert not is_worth(1000, 10, 20, 10.0)


@pytest.mark.parametrize(
    ("constructor", "call", "reason"),
    [
        ({}, {"model_regressor": Ridge()}, "a model_regressor, which fits as it likes"),
        ({}, {"sampling_method": "classic"}, "sampling_method='classic'"),
        ({}, {"sampling_method": "exact"}, "sampling_method='exact'"),
        ({}, {"distance_metric": "manhattan"}, "distance_metric='manhattan'"),
        ({"kernel": lambda d, kernel_width: 1.0 / (1.0 + d)}, {}, "a kernel of your own"),
        ({"kernel_width": "auto"}, {}, "kernel_width='auto'"),
        ({"neighborhood": "copula"}, {}, "the columns are not independent"),
    ],
)
def test_what_cannot_be_helped_is_refused(constructor, call, reason):
    own = LimeTabularExplainer(TABLE, random_state=0, **MODE, **constructor)
    with pytest.raises(ValueError, match=f"estimator='assisted'.*{reason}"):
        own.explain_instance(TABLE[0], smooth, num_samples=100, estimator="assisted", **call)
    if "sampling_method" not in call and "neighborhood" not in constructor:
        exp = own.explain_instance(TABLE[0], smooth, num_samples=100, estimator="auto", **call)
        assert set(exp.estimators.values()) <= {"plain", "custom"}


@pytest.mark.parametrize("value", ["best", 1, True])
def test_an_unknown_estimator_is_refused(value):
    with pytest.raises(ValueError, match=r"estimator=.*expected one of 'auto', 'plain', 'assisted', or None"):
        explainer().explain_instance(TABLE[0], smooth, num_samples=100, estimator=value)


def test_texts_and_images_take_it_too():
    text = " ".join(f"word{i}" for i in range(12))

    def predict(texts):
        p = np.array([1 / (1 + np.exp(2.0 - len(one.split()) / 3)) for one in texts])
        return np.column_stack([1 - p, p])

    own = lime.LimeTextExplainer(random_state=0)
    found = {
        one: own.explain_instance(text, predict, num_samples=300, estimator=one)
        for one in (None, "auto", "assisted", "plain")
    }
    assert found[None].local_exp == found["auto"].local_exp == found["assisted"].local_exp
    assert found[None].estimators[1] != "plain"
    assert found["plain"].estimators[1] == "plain"
    picture = RNG.random((16, 16, 3))
    segments = np.arange(256).reshape(16, 16) // 16

    def bright(images):
        p = 1 / (1 + np.exp(6.0 - 20 * images.mean(axis=(1, 2, 3))))
        return np.column_stack([1 - p, p])

    shared: dict[str, Any] = {
        "num_samples": 300,
        "segmentation_fn": lambda _: segments,
        "hide_color": 0,
        "progress_bar": False,
    }
    pictures = lime.LimeImageExplainer(random_state=0)
    plain = pictures.explain_instance(picture, bright, estimator="plain", **shared)
    assert set(plain.estimators.values()) == {"plain"}
    helped = pictures.explain_instance(picture, bright, estimator="assisted", **shared)
    assert helped.local_exp == pictures.explain_instance(picture, bright, **shared).local_exp


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_extreme_predictions_are_scaled(scale):
    exp = explainer().explain_instance(TABLE[0], lambda x: scale * smooth(x), num_samples=200, estimator="assisted")
    usual = explainer().explain_instance(TABLE[0], smooth, num_samples=200, estimator="assisted")
    np.testing.assert_allclose(weights(exp) / scale, weights(usual), rtol=1e-4, atol=1e-6)
