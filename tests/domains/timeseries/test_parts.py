"""The parts of time series: how they are cut, and what hides a segment."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from lime import LimeTimeSeriesExplainer
from lime.domains.timeseries.hiding import lines, medians_for, medians_of, noise_like
from lime.domains.timeseries.segmentation import find_segments
from lime.domains.timeseries.series import read_series
from lime.results.timeseries import finite_means


def cut(values: Any, *settings: Any) -> list[int]:
    """Steps at which segments begin."""
    segments, _ = find_segments(read_series(np.asarray(values, dtype=float)), *settings)
    assert set(segments) == set(range(int(segments.max()) + 1))
    return [0, *(np.flatnonzero(np.diff(segments)) + 1).tolist()]


@pytest.mark.parametrize("steps", [1, 2, 7, 20, 21, 39, 1000])
@pytest.mark.parametrize("count", [None, 1, 3, 20])
def test_equal_segments_differ_by_one_step_at_most(steps: int, count: int | None) -> None:
    segments, _ = find_segments(read_series(np.zeros(steps)), "equal", count)
    lengths = np.bincount(segments)
    assert len(lengths) == min(count or 20, steps)
    assert lengths.max() - lengths.min() <= 1
    assert (np.diff(segments) >= 0).all()


@pytest.mark.parametrize(
    "given",
    [
        [0, 3, 7, 10],
        [3, 7],
        np.array([3.0, 7.0]),
        np.repeat([5, 6, 9], [3, 4, 3]),
        lambda series: np.flatnonzero(series == 1.0),
        lambda series: np.repeat([0, 1, 2], [3, 4, 3]),
    ],
)
def test_edges_labels_and_functions_cut_alike(given: Any) -> None:
    values = np.zeros(10)
    values[[3, 7]] = 1.0
    assert cut(values, given) == [0, 3, 7]


def test_a_segment_may_come_again() -> None:
    labels = np.array([0, 0, 1, 1, 0, 0, 2, 2])
    explainer = LimeTimeSeriesExplainer(segmentation=labels, mode="regression", random_state=0)
    exp = explainer.explain_instance(np.arange(8.0), lambda x: x.sum(axis=1))
    assert {name for name, _ in exp.as_list()} == {"steps 0 to 1, 4 to 5", "steps 2 to 3", "steps 6 to 7"}


def test_change_points_are_where_the_mean_changes() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat([0.0, 3.0, 1.0, 5.0], [10, 40, 30, 20]) + 0.1 * rng.normal(size=100)
    assert cut(values, "change_points", 4) == [0, 10, 50, 80]
    values[20] = np.nan
    assert cut(values, "change_points", 4) == [0, 10, 50, 80]
    # Both channels count, whatever their unit.
    other = 1e-6 * np.repeat([0.0, 1.0], [65, 35])
    two = np.column_stack([np.repeat([0.0, 1.0], [30, 70]), other])
    assert cut(two, "change_points", 3) == [0, 30, 65]
    # Of 6000 steps three make a place.
    assert cut(np.repeat([0.0, 1.0], 3000), "change_points", 2) == [0, 3000]


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 19])
def test_change_points_of_short_and_of_constant_series(steps: int) -> None:
    assert cut(np.ones(steps), "change_points") == [0]
    assert len(cut(np.random.default_rng(0).normal(size=steps), "change_points")) <= max(steps // 2, 1)


def test_a_missing_package_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ruptures", None)
    with pytest.raises(ImportError, match=r"pip install 'lime\[series\]'"):
        cut(np.arange(50), "change_points")


def test_lines_join_the_ends_of_what_is_kept() -> None:
    values = np.array([2.0, 9.0, 9.0, 9.0, 6.0, 9.0, 7.0])[:, None]
    kept = np.array(
        [
            [True, False, False, False, True, False, True],
            [False, False, False, False, True, True, False],
            [False] * 7,
        ]
    )[:, :, None]
    first, second, third = lines(values, kept)[:, :, 0]
    np.testing.assert_allclose(first, [2, 3, 4, 5, 6, 6.5, 7])
    np.testing.assert_allclose(second, [6, 6, 6, 6, 6, 9, 9])
    np.testing.assert_allclose(third, values.mean())
    # What is missing is no end of a line.
    values[0] = np.nan
    np.testing.assert_allclose(lines(values, kept)[0, :, 0], [6, 6, 6, 6, 6, 6.5, 7])


@pytest.mark.parametrize("steps", [1, 2, 9, 64, 101])
def test_noise_has_the_mean_and_the_spectrum_of_the_series(steps: int) -> None:
    rng = np.random.default_rng(steps)
    values = rng.normal(size=(steps, 2)).cumsum(axis=0)
    noise = noise_like(values, rng)
    np.testing.assert_allclose(noise.mean(axis=0), values.mean(axis=0))
    own, other = np.fft.rfft(values, axis=0), np.fft.rfft(noise, axis=0)
    np.testing.assert_allclose(np.abs(other), np.abs(own), atol=1e-9 * np.abs(own).max())
    # Channels stay as related as they are.
    np.testing.assert_allclose(other[:, 0] * other[:, 1].conj(), own[:, 0] * own[:, 1].conj(), atol=1e-6)
    assert steps < 3 or not np.allclose(noise, values)


def test_medians_of_training_series_of_unequal_lengths() -> None:
    training = [np.array([1.0, 2.0, 3.0, 9.0]), np.array([3.0, np.nan, 5.0]), np.array([8.0, 4.0, 1.0])]
    medians = medians_of([one[:, None] for one in training])
    np.testing.assert_allclose(medians[:, 0], [3, 3, 3, 9, 3])
    longer = medians_for(medians, read_series(np.zeros(7)))
    np.testing.assert_allclose(longer[:, 0], [3, 3, 3, 9, 3, 3, 3])
    np.testing.assert_allclose(medians_for(medians, read_series(np.zeros(2)))[:, 0], [3, 3])


def test_means_leave_out_what_is_no_number() -> None:
    found = finite_means(np.array([[1.0, np.nan], [np.inf, np.nan], [3.0, np.nan]]))
    np.testing.assert_allclose(found, [2.0, np.nan])
    assert finite_means(np.full((10, 1), 0.1)) == 0.1
    np.testing.assert_allclose(finite_means(np.full((10, 1), 1.7e308)), 1.7e308)


def test_one_number_a_channel_and_a_series_with_channels_hide() -> None:
    seen: list[Any] = []

    def model(batch: Any) -> Any:
        seen.append(batch)
        return batch[:, 0].sum(axis=1)

    given = np.arange(8.0).reshape(2, 4)
    explainer = LimeTimeSeriesExplainer(num_segments=1, channel_axis=0, mode="regression", random_state=0)
    explainer.explain_instance(given, model, hide=[10.0, 20.0])
    np.testing.assert_array_equal(seen[-1][1], [[10.0] * 4, [20.0] * 4])
    explainer.explain_instance(given, model, hide=-given)
    np.testing.assert_array_equal(seen[-1][1], -given)
