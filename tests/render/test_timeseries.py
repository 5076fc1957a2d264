"""A time series as a plot and on a page: what is drawn says what the weights say."""

from __future__ import annotations

import re
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from lime import LimeTimeSeriesExplainer, TimeSeriesExplanation
from lime.render.timeseries_page import thinned


def explained(series: Any, segments: Any, weights: Any, **settings: Any) -> TimeSeriesExplanation:
    exp = TimeSeriesExplanation(series, segments, class_names=["calm", "ill"], **settings)
    for label, pairs in weights.items():
        exp.local_exp[label] = sorted(
            ((unit, np.float64(weight)) for unit, weight in pairs.items()), key=lambda pair: -abs(pair[1])
        )
    return exp


def one(**settings: Any) -> TimeSeriesExplanation:
    return explained(np.sin(np.arange(40) / 4), np.arange(40) // 10, {1: {1: 0.5, 2: -0.25, 0: 0.0}}, **settings)


def several(channels: int = 3) -> TimeSeriesExplanation:
    series = np.random.default_rng(0).normal(size=(40, channels))
    segments = (np.arange(40) // 20)[:, None] + 2 * np.arange(channels)
    return explained(series, segments, {1: {2: 0.5, 2 * channels - 1: -0.25}}, channel_names=None)


def spans(ax: Any) -> list[tuple[float, float, float, float, str]]:
    """Left, right, bottom, top and colour of the tinted rectangles."""
    found = []
    for patch in ax.patches:
        box = patch.get_bbox() if hasattr(patch, "get_bbox") else patch.get_path().get_extents()
        found.append((box.x0, box.x1, box.y0, box.y1, to_hex(patch.get_facecolor())))
    return sorted(found)


def test_a_plot_tints_segments_in_the_colours_of_the_weights() -> None:
    ax = one().plot()
    assert spans(ax) == [(9.5, 19.5, 0.0, 1.0, "#2a6fbb"), (19.5, 29.5, 0.0, 1.0, "#d2691e")]
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), np.sin(np.arange(40) / 4))
    strong, weak = sorted((patch.get_alpha() for patch in ax.patches), reverse=True)
    assert strong > weak > 0
    assert ax.get_title() == "Why ill"


def test_channels_have_lanes_and_their_own_tints() -> None:
    ax = several().plot()
    found = spans(ax)
    assert [span[:2] for span in found] == [(-0.5, 19.5), (19.5, 39.5)]
    (_, _, low, high, blue), (_, _, lowest, _, orange) = found
    assert (blue, orange) == ("#2a6fbb", "#d2691e")
    assert (low, high) == pytest.approx((1 / 3, 2 / 3))  # the middle one of three
    assert lowest == pytest.approx(0.0)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["channel 0", "channel 1", "channel 2"]


def test_many_channels_show_those_with_weight() -> None:
    ax = several(30).plot()
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert len(names) == 12
    assert {"channel 1", "channel 29"} <= set(names)
    page = several(30).as_html()
    assert "and 22 more channels" in page
    assert "channel 29" in page


def test_a_plot_on_axes_of_ones_own_leaves_pyplot_alone() -> None:
    _, (left, right) = plt.subplots(1, 2)
    before = plt.get_fignums()
    assert one().plot(ax=right) is right
    assert left.lines[:] == []
    assert plt.get_fignums() == before
    with pytest.raises(TypeError, match="ax="):
        one().plot(ax=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="kind='pie'"):
        one().plot(kind="pie")
    with pytest.raises(KeyError):
        one().plot(label=0)


@pytest.mark.parametrize("kind", ["bars", "waterfall"])
def test_weights_are_drawn_without_the_series(kind: str) -> None:
    explainer = LimeTimeSeriesExplainer(num_segments=4, mode="regression", random_state=0)
    exp = explainer.explain_instance(np.arange(8.0), lambda batch: batch[:, 0], anchored=True)
    ax = exp.plot(kind=kind)
    ax.figure.canvas.draw()
    assert "steps 0 to 1" in [text.get_text() for text in ax.get_yticklabels()]


def test_times_stand_at_the_axis() -> None:
    ax = one(times=10.0 + 0.5 * np.arange(40)).plot()
    assert ax.get_xlim() == pytest.approx((9.75, 29.75))
    assert spans(ax)[0][:2] == pytest.approx((14.75, 19.75))
    dated = one(times=np.datetime64("2026-01-01") + np.arange(40)).plot()
    dated.figure.canvas.draw()
    labels = [text.get_text() for text in dated.get_xticklabels()]
    assert "2026-01-09" in labels
    falling = one(times=list(range(40, 0, -1))).plot()
    falling.figure.canvas.draw()
    assert "32" in [text.get_text() for text in falling.get_xticklabels()]


@pytest.mark.parametrize("values", [[2.0], [np.nan] * 3, [1e300, -1e300, 0.0], [1.0, np.inf, 2.0], [5.0] * 4])
@pytest.mark.parametrize("copies", [1, 2])
def test_odd_series_are_drawn(values: list[float], copies: int) -> None:
    series = np.repeat(np.array(values)[:, None], copies, axis=1)
    exp = explained(series, np.zeros(len(values), dtype=int), {1: {0: 0.5}})
    with mpl.rc_context({"figure.max_open_warning": 0}), np.errstate(over="ignore"):
        exp.plot().figure.canvas.draw()
    assert "nan" not in exp.as_html().split("</style>")[1]
    assert "inf" not in "".join(re.findall(r' d="([^"]*)"', exp.as_html()))


def test_a_page_tints_the_series() -> None:
    page = one().as_html()
    found = re.findall(r'<rect class="lime-(\w+)" data-segment="(\d)" x="(\d+)" y="0" width="(\d+)"', page)
    assert found == [("for", "1", "250", "250"), ("against", "2", "500", "250")]
    (path,) = re.findall(r'<path class="lime-curve"[^>]* d="([^"]*)"', page)
    assert path.count("L") == 39
    assert "steps 10 to 19: +0.50" in page
    assert "step 39" in page
    assert "<script" not in page
    plain = one().as_html(image=False)
    assert "lime-curve" not in plain
    assert "steps 10 to 19" in plain


def test_a_page_shows_the_series_for_each_label() -> None:
    exp = explained(np.arange(8.0), np.arange(8) // 4, {0: {0: 0.5}, 1: {0: -0.5}})
    page = exp.as_html()
    assert page.count("lime-curve") - page.count(".lime-curve") >= 2
    assert "The series, tinted for calm" in page
    assert "The series, tinted for ill" in page


def test_names_of_strangers_are_harmless() -> None:
    name, time = "<script>alert(1)</script>", "<b>&\u202e"
    exp = explained(
        np.zeros((4, 2)), np.zeros(4, dtype=int), {1: {0: 0.5}}, channel_names=[name, "$x_{"], times=[time] * 4
    )
    page = exp.as_html()
    assert "<script" not in page
    assert "<b>&" not in page
    exp.plot().figure.canvas.draw()
    assert str(exp)


def test_long_lines_keep_their_peaks() -> None:
    values = np.zeros(100_000)
    values[12_345], values[77_777], values[500:1_000] = 9.0, -7.0, np.nan
    places, points = thinned(values, 1000)
    assert len(points) <= 1000
    assert (np.diff(places) > 0).all()
    assert (points == values[places])[np.isfinite(points)].all()
    assert (np.nanmax(points), np.nanmin(points)) == (9.0, -7.0)
    assert np.isnan(points).any()
    page = explained(values, np.zeros(100_000, dtype=int), {1: {0: 0.5}}).as_html()
    assert len(page) < 100_000
