"""`LimeTimeSeriesExplainer`: what it finds, how sure it is, what the model gets, and what is said of odd series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

import lime
from lime import LimeTimeSeriesExplainer, TimeSeriesExplanation
from lime.testing import check_explainer

STEPS = 100


def logistic(score: Any) -> Any:
    p = 1.0 / (1.0 + np.exp(-score))
    return np.column_stack([1.0 - p, p])


def bump(batch: Any) -> Any:
    """A class whose probability rises with the level of steps 40 to 49, and with nothing else."""
    return logistic(4.0 * (batch[:, 40:50].mean(axis=1) - 0.5))


def bump_of_lungs(batch: Any) -> Any:
    """The same of the second of several channels, which come last."""
    return bump(batch[:, :, 1])


def end(batch: Any) -> Any:
    """A class that rests on the last steps of a series of any length."""
    return logistic(batch[:, -3:].mean(axis=1))


def series(seed: int = 0) -> Any:
    found = 0.1 * np.random.default_rng(seed).normal(size=STEPS)
    found[40:50] += 1.0
    return found


def channels() -> Any:
    return np.column_stack([np.sin(np.arange(STEPS) / 5.0), series(), series(1)])


SETTINGS = {
    "equal, mean": (LimeTimeSeriesExplainer(random_state=0), series(), bump),
    "change points, line": (
        LimeTimeSeriesExplainer(segmentation="change_points", num_segments=6, hide="line", random_state=0),
        series(),
        bump,
    ),
    "apart, noise, named": (
        LimeTimeSeriesExplainer(
            channels="apart",
            num_segments=5,
            hide="noise",
            channel_names=["heart", "lungs", "a <b> $c"],
            times=np.datetime64("2026-01-01") + np.arange(STEPS),
            random_state=0,
        ),
        channels(),
        bump_of_lungs,
    ),
    "median": (
        LimeTimeSeriesExplainer(
            [series(2), series(3)[:70]], hide="median", mode="regression", num_segments=10, random_state=0
        ),
        series().astype(np.float32),
        lambda batch: batch[:, 40:50].mean(axis=1),
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_door_opens(name: str) -> None:
    explainer, instance, model = SETTINGS[name]
    report = check_explainer(explainer, instance, model, num_samples=128)
    assert {one.status for one in report} == {"passed"}


@pytest.mark.parametrize("hide", ["mean", "line", "noise", "median", 0, np.zeros(STEPS)])
def test_a_planted_bump_is_found_whatever_hides_it(hide: Any) -> None:
    training = [np.zeros(STEPS), series() * 0.0]
    explainer = LimeTimeSeriesExplainer(training, num_segments=10, random_state=0)
    exp = explainer.explain_instance(series(), bump, hide=hide)
    assert isinstance(exp, TimeSeriesExplanation)
    (first, weight), (_, second) = exp.as_list()[:2]
    assert first == "steps 40 to 49"
    assert weight > 0.3
    assert abs(second) < 0.1 * weight or hide == "line"  # a line over the bump begins at its neighbours
    assert exp.weights_by_step()[45] == weight


def test_channels_apart_tell_which_one() -> None:
    explainer = LimeTimeSeriesExplainer(channels="apart", num_segments=10, random_state=0)
    assert explainer.explain_instance(channels(), bump_of_lungs).as_list()[0][0] == "channel 1, steps 40 to 49"
    named = LimeTimeSeriesExplainer(
        channels="apart", num_segments=10, channel_names=["heart", "lungs", "brain"], random_state=0
    )
    exp = named.explain_instance(channels(), bump_of_lungs, times=0.5 * np.arange(STEPS))
    assert exp.as_list()[0][0] == "lungs, 20 to 24.5"
    record = exp.records()[0]
    assert (record["channel"], record["first_step"], record["last_step"], record["steps"]) == ("lungs", 40, 49, 10)
    together = named.explain_instance(channels(), bump_of_lungs, channels="together")
    assert together.as_list()[0][0] == "steps 40 to 49"
    assert together.records()[0]["channel"] is None


def test_intervals_cover_the_weights_of_all_masks() -> None:
    # The target: all 2^10 masks with their probabilities, without sampling error.
    instance = np.random.default_rng(5).normal(size=50)

    def model(batch: Any) -> Any:
        return np.tanh(batch[:, :10].sum(axis=1)) + 0.3 * batch[:, 20] * batch[:, 31] + batch[:, 44]

    settings: dict[str, Any] = {"num_features": 10}
    target = LimeTimeSeriesExplainer(num_segments=10, mode="regression", random_state=0).explain_instance(
        instance, model, num_samples=2**11, **settings
    )
    assert target.exact
    truth = dict(target.local_exp[1])
    inside = total = 0
    for seed in range(60):
        exp = LimeTimeSeriesExplainer(
            num_segments=10, mode="regression", feature_selection="none", random_state=seed
        ).explain_instance(instance, model, num_samples=200, **settings)
        assert not exp.exact
        for unit, (low, high) in exp.confidence_intervals().items():
            inside += low <= truth[unit] <= high
            total += 1
    # Intervals of one run are not independent of each other: as if each run were a single interval, 4 sigma below 95 %.
    assert inside / total > 0.95 - 4.0 * stats.binom.std(60, 0.95) / 60
    assert inside / total < 1.0


def test_the_same_seed_gives_the_same_noise_and_another_one_another() -> None:
    def explained(seed: int) -> Any:
        explainer = LimeTimeSeriesExplainer(hide="noise", random_state=seed)
        return explainer.explain_instance(series(), bump, num_samples=64).local_exp[1]

    assert explained(3) == explained(3)
    assert dict(explained(3)) != dict(explained(4))


# ---- what the model gets


FORMS = {
    "array": (series(), None, (STEPS,)),
    "single precision": (series().astype(np.float32), None, (STEPS,)),
    "list": (series().tolist(), None, (STEPS,)),
    "pandas": (pd.Series(series()), None, (STEPS,)),
    "polars": (pl.Series(series()), None, (STEPS,)),
    "row of a frame": (pd.DataFrame(series()[None]), None, (STEPS,)),
    "one channel first": (series(), 0, (1, STEPS)),
    "one channel last": (series(), 1, (STEPS, 1)),
    "channels last": (channels(), None, (STEPS, 3)),
    "channels last, said so": (channels(), -1, (STEPS, 3)),
    "channels first": (channels().T.copy(), 0, (3, STEPS)),
    "frame": (pd.DataFrame(channels(), columns=["a", "b", "c"]), None, (STEPS, 3)),
    "frame for channels first": (pd.DataFrame(channels()), 0, (3, STEPS)),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_model_gets_batches_in_the_form_of_the_instance(name: str) -> None:
    given, axis, shape = FORMS[name]
    seen: list[Any] = []

    def model(batch: Any) -> Any:
        seen.append(batch)
        return logistic(batch.reshape(len(batch), -1)[:, 0])

    LimeTimeSeriesExplainer(channel_axis=axis, random_state=0).explain_instance(given, model, num_samples=50)
    whole = np.asarray(given, dtype=np.float64)
    assert all(type(batch) is np.ndarray and batch.shape[1:] == shape for batch in seen)
    assert seen[0].dtype == (np.float32 if name == "single precision" else np.float64)
    expected = whole.T if name == "frame for channels first" else whole
    np.testing.assert_array_equal(seen[0][0], expected.reshape(shape))


def test_the_first_input_is_the_series_and_others_hide_whole_segments() -> None:
    seen: list[Any] = []

    def model(batch: Any) -> Any:
        seen.append(batch.copy())
        return bump(batch)

    LimeTimeSeriesExplainer(num_segments=5, random_state=0, hide=7.5).explain_instance(series(), model)
    (batch,) = seen
    assert len(batch) == 2**5
    hidden = (batch == 7.5).reshape(len(batch), 5, 20)
    assert (hidden.all(axis=2) == hidden.any(axis=2)).all()
    assert len(np.unique(hidden[:, :, 0], axis=0)) == 2**5
    np.testing.assert_array_equal(batch[~hidden.reshape(batch.shape)], np.tile(series(), (32, 1))[batch != 7.5])


class Sktime:
    """The interface of a classifier of sktime's or aeon's: series of shape (n, channels, steps)."""

    classes_ = np.array(["calm", "ill"])

    def predict_proba(self, x: Any) -> Any:
        if x.ndim != 3 or x.shape[1:] != (1, STEPS):
            raise ValueError(f"expected (n, 1, {STEPS}), got {x.shape}")
        return bump(x[:, 0])

    def fit(self, x: Any, y: Any) -> Any:
        return self


def test_classifiers_that_take_channels_first() -> None:
    explainer = LimeTimeSeriesExplainer(channel_axis=0, num_segments=10, random_state=0)
    for given in (series(), series()[None]):
        exp = explainer.explain_instance(given, Sktime())
        assert exp.class_names == ["calm", "ill"]
        assert exp.as_list()[0][0] == "steps 40 to 49"
    with pytest.raises(ValueError, match="got") as caught:
        LimeTimeSeriesExplainer(random_state=0).explain_instance(series(), Sktime())
    assert any("channel_axis" in note and "(n, 100)" in note for note in caught.value.__notes__)


def test_models_that_were_fitted_to_flat_rows_get_them() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 12, 2))
    y = (x[:, 6:9, 1].sum(axis=1) > 0).astype(int)
    model = LogisticRegression().fit(x.reshape(200, -1), y)
    explainer = LimeTimeSeriesExplainer(num_segments=4, channels="apart", random_state=0)
    found = explainer.explain_instance(x[y == 1][0], model).as_list()[0][0]
    assert found == "channel 1, steps 6 to 8"


def test_many_series_of_unequal_lengths() -> None:
    seen: list[tuple[int, ...]] = []

    def model(batch: Any) -> Any:
        seen.append(batch.shape[1:])
        return end(batch)

    instances = [np.arange(n, dtype=float) / n for n in (30, 47, 30, 5)]
    explainer = LimeTimeSeriesExplainer(num_segments=5, random_state=0)
    exps = explainer.explain_instances(instances, model)
    assert [exp.as_list()[0][0] for exp in exps] == ["steps 24 to 29", "steps 38 to 46", "steps 24 to 29", "step 4"]
    assert set(seen) == {(30,), (47,), (5,)}
    alone = explainer.explain_instance(instances[1], model)
    assert dict(exps[1].local_exp[1]) == pytest.approx(dict(alone.local_exp[1]), abs=1e-12)
    array = explainer.explain_instances(np.array([instances[0], instances[2]]), model)
    assert array[0].local_exp == array[1].local_exp


def test_many_series_in_frames() -> None:
    explainer = LimeTimeSeriesExplainer(num_segments=10, random_state=0)
    rows = explainer.explain_instances(pd.DataFrame([series(), series(1)], index=["x", "y"]), bump)
    assert [exp.as_list()[0][0] for exp in rows] == ["steps 40 to 49"] * 2
    frames = [pd.DataFrame(channels(), columns=["a", "b", "c"]), pd.DataFrame(channels()[:80])]
    for given in (frames, iter(frames)):
        exps = explainer.explain_instances(given, bump_of_lungs, channels="apart")
        assert [exp.as_list()[0][0] for exp in exps] == ["b, steps 40 to 49", "1, steps 40 to 47"]
    three = explainer.explain_instances(np.array([channels(), channels()]), bump_of_lungs)
    assert len(three) == 2


def test_an_index_gives_times() -> None:
    dated = pd.Series(series(), index=pd.date_range("2026-01-01", periods=STEPS))
    explainer = LimeTimeSeriesExplainer(num_segments=10, random_state=0)
    assert explainer.explain_instance(dated, bump).as_list()[0][0] == "2026-02-10 to 2026-02-19"
    assert explainer.explain_instance(pd.Series(series()), bump).as_list()[0][0] == "steps 40 to 49"


# ---- odd series


def test_a_constant_series_says_that_hiding_changes_nothing() -> None:
    exp = LimeTimeSeriesExplainer(random_state=0).explain_instance(np.ones(30), end)
    assert all(weight == 0.0 for _, weight in exp.as_list())
    assert sum("Hiding changes nothing" in one for one in exp.warnings) == 1
    assert LimeTimeSeriesExplainer(random_state=0, hide=0).explain_instance(np.ones(30), end).as_list()[0][1] > 0.1


def test_one_segment_is_explained_without_sampling() -> None:
    instance = np.arange(10.0)
    exp = LimeTimeSeriesExplainer(num_segments=1, hide=0, random_state=0).explain_instance(instance, end)
    assert exp.exact
    ((name, weight),) = exp.as_list()
    assert name == "steps 0 to 9"
    assert weight == pytest.approx(end(instance[None])[0, 1] - 0.5, rel=1e-2)  # but for the ridge's penalty


@pytest.mark.parametrize(("wanted", "said"), [(None, 0), (50, 1)])
def test_a_series_shorter_than_the_number_of_segments(wanted: int | None, said: int) -> None:
    exp = LimeTimeSeriesExplainer(random_state=0).explain_instance(np.arange(6.0), end, wanted)
    assert sorted(name for name, _ in exp.as_list()) == [f"step {k}" for k in range(6)]
    assert sum("the series has 6 steps" in one for one in exp.warnings) == said


@pytest.mark.parametrize("hide", ["mean", "line", "noise", 0])
def test_missing_values_reach_the_model_and_hide_nothing_else(hide: Any) -> None:
    instance = np.where(np.arange(20) == 3, np.nan, np.arange(20.0))
    seen: list[Any] = []

    def model(batch: Any) -> Any:
        seen.append(batch)
        return end(np.nan_to_num(batch) / 10.0)

    exp = LimeTimeSeriesExplainer(num_segments=5, hide=hide, random_state=0).explain_instance(instance, model)
    (batch,) = seen
    assert np.isnan(batch[0]).tolist() == np.isnan(instance).tolist()
    assert not np.isnan(np.delete(batch, 3, axis=1)).any()
    assert not np.isnan(batch[:, 3]).all()
    assert exp.as_list()[0][0] == "steps 16 to 19"
    assert exp.domain_mapper.describe(0)["value"] == pytest.approx(1.0)  # the mean of 0, 1 and 2


def test_nothing_but_missing_values() -> None:
    exp = LimeTimeSeriesExplainer(random_state=0).explain_instance(np.full(9, np.nan), lambda x: end(np.nan_to_num(x)))
    assert all(weight == 0.0 for _, weight in exp.as_list())
    assert any("Hiding changes nothing" in one for one in exp.warnings)
    assert TimeSeriesExplanation.from_json(exp.to_json()).as_list() == exp.as_list()
    exp.plot().figure.canvas.draw()
    assert "lime-series" in exp.as_html()


def test_more_channels_than_steps_are_told() -> None:
    exp = LimeTimeSeriesExplainer(random_state=0).explain_instance(channels().T, lambda x: logistic(x[:, 0, 0]))
    assert any("channel_axis=0" in one for one in exp.warnings)


# ---- what cannot be explained


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros(0), "at least one step"),
        (np.zeros((1, 2, 3)), "Pass one series such as"),
        (np.float64(3.0), r"shape \(\)"),
        ("abc", "the series is str"),
        (None, "the series is NoneType"),
        (["a", "b"], "expected an array of numbers"),
        ([[1.0, 2.0], [3.0]], "its rows differ in length"),
        (np.zeros(3, dtype=complex), "complex128"),
    ],
)
def test_what_is_no_series_is_refused(given: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        LimeTimeSeriesExplainer().explain_instance(given, end)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hide": "median"}, "pass training_data"),
        ({"hide": "blur"}, "hide='blur'"),
        ({"hide": True}, "hide=True"),
        ({"hide": [None]}, "hide is of type list"),
        ({"segmentation": "slic"}, "segmentation='slic'"),
        ({"segmentation": 3}, "segmentation=3"),
        ({"num_segments": 0}, "num_segments=0"),
        ({"num_segments": 2.5}, "num_segments=2.5"),
        ({"channels": "all"}, "channels='all'"),
        ({"channel_axis": 2}, "channel_axis=2"),
        ({"channel_axis": True}, "channel_axis=True"),
        ({"channel_names": "abc"}, "channel_names='abc' is one str"),
        ({"training_data": []}, "training_data holds no series"),
        ({"training_data": np.zeros(4)}, r"training_data has shape \(4,\)"),
        ({"training_data": [np.zeros((4, 2)), np.zeros((4, 3))]}, "2 and 3 channels"),
        ({"mode": "both"}, "mode='both'"),
    ],
)
def test_settings_that_mean_nothing_are_refused_at_once(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        LimeTimeSeriesExplainer(**settings)


@pytest.mark.parametrize(
    ("settings", "call", "message"),
    [
        ({"hide": np.zeros(4)}, {}, r"hide has shape \(4,\)"),
        ({"channel_names": ["a", "b"]}, {}, "channel_names has 2 names"),
        ({"times": [1, 2]}, {}, "times has 2 values"),
        ({"training_data": np.zeros((3, 5, 2)), "hide": "median"}, {}, "the training series had 2"),
        ({}, {"segmentation": [5, 3]}, "rising edges from 0 to 100"),
        ({}, {"segmentation": [5, 300]}, "rising edges from 0 to 100"),
        ({}, {"segmentation": [0.5]}, "whole numbers"),
        ({}, {"sampling_method": "classic"}, "sampling_method='classic'"),
    ],
)
def test_settings_that_do_not_fit_a_series_are_refused(
    settings: dict[str, Any], call: dict[str, Any], message: str
) -> None:
    def model(batch: Any) -> Any:
        raise AssertionError("the model was asked")

    with pytest.raises((TypeError, ValueError), match=message):
        LimeTimeSeriesExplainer(random_state=0, **settings).explain_instance(series(), model, **call)


# ---- doors beside


def test_the_front_door() -> None:
    exp = lime.Explainer(bump)(series())
    assert isinstance(exp, TimeSeriesExplanation)
    assert exp.top_labels == [1]
    several = lime.Explainer(end)([np.arange(9.0), np.arange(12.0)])
    assert [exp.as_list()[0][0] for exp in several] == ["step 8", "step 11"]
    training = np.array([series(1), series(2)])
    door = lime.Explainer(lambda x: x.sum(axis=1), training, kind="timeseries", hide="median", num_segments=4)
    assert door.mode == "regression"
    assert len(door(series()).as_list()) == 4
    listed = lime.Explainer(bump, [series(1), series(2)[:60]], kind="timeseries")
    assert listed.mode == "classification"
    with_channels = lime.Explainer(bump_of_lungs, kind="timeseries", channels="apart", num_segments=10)(channels())
    assert with_channels.as_list()[0][0] == "channel 1, steps 40 to 49"


def test_deletion_takes_another_baseline() -> None:
    explainer = LimeTimeSeriesExplainer(num_segments=5, random_state=0)
    default = lime.trust.deletion(explainer, series(), bump, random_orders=2)
    other = lime.trust.deletion(explainer, series(), bump, random_orders=2, baseline=1.0)
    assert "the mean of the series" in str(default)
    assert "the value 1" in str(other)
