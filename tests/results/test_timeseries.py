"""`TimeSeriesExplanation`: what it keeps, its names, and its way through JSON and back."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import Explanation, ImageExplanation, LimeError, TimeSeriesExplanation


def explained(series: Any, segments: Any, **settings: Any) -> TimeSeriesExplanation:
    exp = TimeSeriesExplanation(series, segments, class_names=["calm", "ill"], **settings)
    exp.local_exp = {1: [(1, np.float64(0.5)), (0, np.float64(-0.25))]}
    exp.intercept, exp.scores, exp.local_preds, exp.model_preds = {1: 0.25}, {1: 0.9}, {1: 0.5}, {1: 0.5}
    exp.score, exp.local_pred = 0.9, np.array([0.5])
    exp.predict_proba = np.array([0.5, 0.5])
    return exp


SERIES = np.array([0.1, np.nan, 1e300, -2.5, 3.0])
SEGMENTS = np.array([0, 0, 1, 1, 1])


def apart() -> TimeSeriesExplanation:
    two = np.arange(10, dtype=np.float32).reshape(5, 2)
    return explained(two, np.stack([SEGMENTS, SEGMENTS + 2], axis=1), channel_names=["a", "b"], times=list("vwxyz"))


def test_names_values_and_places() -> None:
    exp = explained(SERIES[:4], SEGMENTS[:4])
    assert exp.as_list() == [("steps 2 to 3", 0.5), ("steps 0 to 1", -0.25)]
    assert exp.domain_mapper.describe(0)["value"] == pytest.approx(0.1)
    assert [one["last_step"] for one in exp.records()] == [3, 1]
    assert exp.weights_by_step().tolist() == [-0.25, -0.25, 0.5, 0.5]
    names = [apart().domain_mapper.describe(unit)["name"] for unit in range(4)]
    assert names == ["a, v to w", "a, x to z", "b, v to w", "b, x to z"]
    assert apart().weights_by_step()[:, 1].tolist() == [0.0] * 5


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (pd.date_range("2026-01-01", periods=5), "2026-01-01 to 2026-01-02"),
        (np.datetime64("2026-01-01T00:30") + np.arange(5), "2026-01-01 00:30 to 2026-01-01 00:31"),
        (pd.date_range("2026-01-01 06:00", periods=5, freq="h"), "2026-01-01 06:00 to 2026-01-01 07:00"),
        ([0.25 * k for k in range(5)], "0 to 0.25"),
        (np.arange(1990, 1995), "1990 to 1991"),
        (["Mon", "Tue", "Wed", "Thu", "Fri"], "Mon to Tue"),
    ],
)
def test_names_use_times(times: Any, name: str) -> None:
    exp = explained(SERIES, SEGMENTS, times=times)
    assert exp.as_list()[1][0] == name
    back: Any = TimeSeriesExplanation.from_json(exp.to_json())
    assert back.times == exp.times
    exp.plot().figure.canvas.draw()


@pytest.mark.parametrize("make", [lambda: explained(SERIES, SEGMENTS), apart])
@pytest.mark.parametrize("reader", [Explanation, TimeSeriesExplanation])
def test_json_keeps_every_digit(make: Any, reader: Any) -> None:
    exp = make()
    back = reader.from_json(exp.to_json())
    assert type(back) is TimeSeriesExplanation
    assert back.series.dtype == exp.series.dtype
    np.testing.assert_array_equal(back.series, exp.series)
    np.testing.assert_array_equal(back.segments, exp.segments)
    assert (back.times, back.channel_names) == (exp.times, exp.channel_names)
    assert back.as_list() == exp.as_list()
    assert str(back) == str(exp)
    assert back.as_html() == exp.as_html()
    assert back.to_json() == exp.to_json()
    assert back.records() == exp.records()


def test_json_without_the_series(tmp_path: Any) -> None:
    exp = explained(SERIES, SEGMENTS)
    path = tmp_path / "explanation.json"
    exp.to_json(path, include_series=False)
    back: Any = TimeSeriesExplanation.from_json(path)
    assert back.series is None
    assert back.weights_by_step().tolist() == exp.weights_by_step().tolist()
    assert "lime-series" in back.as_html()
    with pytest.raises(ValueError, match="stored without its series"):
        back.plot()
    back.plot(kind="bars").figure.canvas.draw()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("series", 3),
        ("series", {}),
        ("segments", {"dimensions": 1}),
        ("times", "abc"),
        ("times", ["a"]),
        ("channel_names", [1]),
        ("domain", 3),
    ],
)
def test_damaged_json_is_refused(part: str, value: Any) -> None:
    content = explained(SERIES, SEGMENTS).to_dict()
    content[part] = value
    with pytest.raises(LimeError):
        TimeSeriesExplanation.from_json(json.dumps(content))


def test_series_and_segments_of_other_lengths_are_refused() -> None:
    content, other = explained(SERIES, SEGMENTS).to_dict(), explained(SERIES[:4], SEGMENTS[:4]).to_dict()
    with pytest.raises(LimeError, match="have 4, 5 steps"):
        TimeSeriesExplanation.from_dict({**content, "series": other["series"]})
    dimensions = {**content["series"], "dimensions": 3}
    with pytest.raises(LimeError, match="3 dimensions"):
        TimeSeriesExplanation.from_dict({**content, "series": dimensions})


def test_other_kinds_are_told_apart() -> None:
    content = explained(SERIES, SEGMENTS).to_json()
    with pytest.raises(LimeError, match="not an explanation of an image"):
        ImageExplanation.from_json(content)
    plain = json.dumps({**json.loads(content), "domain": "image", "checksum": None})
    with pytest.raises(LimeError):
        TimeSeriesExplanation.from_json(plain)


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((SERIES, SEGMENTS[:3]), {}, r"segments has shape \(3,\)"),
        ((SERIES, np.zeros((5, 2), dtype=int)), {}, r"segments has shape \(5, 2\)"),
        ((SERIES, SEGMENTS), {"times": [1]}, "times has 1 value"),
        ((SERIES, SEGMENTS), {"channel_names": ["a", "b"]}, "channel_names has 2 names"),
        ((np.zeros((2, 2, 2)), SEGMENTS), {}, "expected numbers of shape"),
        ((SERIES, SEGMENTS), {"mode": "both"}, "mode"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: Any, settings: Any, message: str) -> None:
    with pytest.raises((ValueError, LimeError), match=message):
        TimeSeriesExplanation(*arguments, **settings)


def test_frames_and_copies() -> None:
    exp = apart()
    frame = exp.to_frame()
    assert frame["channel"].tolist() == ["a", "a"]
    assert frame["first_step"].dtype == frame["steps"].dtype == np.int64
    same = copy.deepcopy(exp)
    np.testing.assert_array_equal(same.series, exp.series)
    assert same.as_list() == exp.as_list()
