"""A time series on a page: its channels as lines, over the segments of each label, tinted by their weights."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.render.numbers import format_value, written_number
from lime.render.picture import strengths
from lime.render.view import LabelView, View
from lime.results.timeseries import stretches

__all__ = ["as_columns", "channel_name", "channels_to_show", "series_block", "thinned"]

_WIDTH, _HEIGHT = 1000.0, 100.0
# Room above and below the line, in the unit of the height.
_MARGIN = 6.0
# What bounds a page: channels of one label, and points of one line.
_MOST_CHANNELS, _MOST_POINTS = 8, 1200


def series_block(exp: Any, view: View, opacity: bool = True) -> dict[str, Any] | None:
    """Prepare a series and its segments for their template.

    Parameters
    ----------
    exp : TimeSeriesExplanation
    view : View
    opacity : bool
        Tint the stronger the heavier a segment weighs; False tints all of them alike.

    Returns
    -------
    dict, or None where the explanation was stored without its segments. Places are those of a drawing 1000 units wide
    and 100 high.
    """
    if getattr(exp, "segments", None) is None:
        return None
    segments = as_columns(exp.segments)
    values = None if exp.series is None else as_columns(exp.series).astype(np.float64)
    steps = len(segments)
    channels = segments.shape[1] if values is None else values.shape[1]
    labels = []
    for label in view.labels:
        shown = channels_to_show(exp, [(bar.index, bar.weight) for bar in label.bars], channels, _MOST_CHANNELS)
        labels.append(
            {
                "name": label.name,
                "panels": [_panel(exp, label, values, segments, channel=channel, opacity=opacity) for channel in shown],
            }
        )
    times = exp.times
    return {
        "kind": "timeseries",
        "labels": labels,
        "steps": steps,
        "first": "step 0" if times is None else format_value(times[0]),
        "last": f"step {steps - 1}" if times is None else format_value(times[-1]),
        "others": max(channels - _MOST_CHANNELS, 0),
    }


def as_columns(array: Any) -> NDArray[Any]:
    """A series or its segments in the shape (steps, channels)."""
    found = np.asarray(array)
    return found[:, None] if found.ndim == 1 else found


def channel_name(exp: Any, channel: int) -> str:
    """What a reader calls a channel."""
    return f"channel {channel}" if exp.channel_names is None else str(exp.channel_names[channel])


def channels_to_show(exp: Any, weights: list[tuple[Any, float]], channels: int, most: int) -> list[int]:
    """Return the channels to draw, in their order: those with the largest weights where they are too many."""
    segments = as_columns(exp.segments)
    if channels <= most or segments.shape[1] == 1:
        return list(range(min(channels, most)))
    size = np.zeros(channels)
    for index, weight in weights:
        inside = (segments == index).any(axis=0)
        size[inside] = np.maximum(size[inside], abs(weight) if math.isfinite(weight) else 0.0)
    return sorted(np.argsort(-size, kind="stable")[:most].tolist())


def thinned(values: NDArray[np.float64], most: int = _MOST_POINTS) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return steps and values of a line with at most `most` points, the lowest and the highest of each part."""
    steps = len(values)
    if steps <= most:
        return np.arange(steps), values
    edges = np.linspace(0, steps, most // 2 + 1).astype(np.intp)
    places: list[int] = []
    for start, stop in itertools.pairwise(edges.tolist()):
        part = values[start:stop]
        if np.isfinite(part).any():
            places += sorted({start + int(np.nanargmin(part)), start + int(np.nanargmax(part))})
        else:
            places.append(start)
    chosen = np.array(places, dtype=np.intp)
    return chosen, values[chosen]


def _panel(
    exp: Any,
    label: LabelView,
    values: NDArray[np.float64] | None,
    segments: NDArray[Any],
    *,
    channel: int,
    opacity: bool,
) -> dict[str, Any]:
    own = segments[:, min(channel, segments.shape[1] - 1)]
    several = (values is not None and values.shape[1] > 1) or segments.shape[1] > 1
    panel: dict[str, Any] = {
        "name": channel_name(exp, channel) if several or exp.channel_names is not None else None,
        "tints": _tints(label, own, opacity),
        "path": "",
        "low": None,
        "high": None,
    }
    if values is not None:
        line = np.where(np.isfinite(values[:, channel]), values[:, channel], np.nan)
        if np.isfinite(line).any():
            panel["low"], panel["high"] = float(np.nanmin(line)), float(np.nanmax(line))
            panel["path"] = _path(line, panel["low"], panel["high"])
    return panel


def _path(line: NDArray[np.float64], low: float, high: float) -> str:
    """The line of one channel, broken where it has no numbers; a lone point is a short dash."""
    steps = len(line)
    places, points = thinned(line)
    span = high / 2.0 - low / 2.0  # halves, so that the span of the largest floats is finite
    heights = np.full(len(points), 0.5) if span <= 0 else (points / 2.0 - low / 2.0) / span
    parts = []
    for first, last in stretches(np.isfinite(points)):
        run = [
            f"{_short((place + 0.5) / steps * _WIDTH)} {_short(_HEIGHT - _MARGIN - height * (_HEIGHT - 2 * _MARGIN))}"
            for place, height in zip(places[first : last + 1], heights[first : last + 1], strict=True)
        ]
        parts.append(f"M{'L'.join(run)}" + ("h0.5" if first == last else ""))
    return "".join(parts)


def _tints(label: LabelView, own: NDArray[Any], opacity: bool) -> list[dict[str, Any]]:
    """One rectangle for each stretch of a segment with weight."""
    bars = [*label.bars, *label.hidden]
    steps = len(own)
    found = []
    for bar, strength in zip(bars, strengths([bar.weight for bar in bars], opacity), strict=True):
        if not bar.weight or math.isnan(bar.weight):
            continue
        number = written_number(bar.weight, label.decimals, sign=True).replace("-", "\u2212")
        reach = ""
        if bar.reach is not None and math.isfinite(bar.reach):
            reach = f" ± {written_number(bar.reach, label.decimals)}"
        mean = "" if bar.value is None else f", mean {format_value(bar.value)}"
        found += [
            {
                "x": _short(first / steps * _WIDTH),
                "width": _short((last - first + 1) / steps * _WIDTH),
                "side": "for" if bar.weight > 0 else "against",
                "opacity": f"{0.06 + 0.62 * strength:.2f}",
                "title": f"{bar.feature}: {number}{reach}{mean}",
                "index": bar.index,
            }
            for first, last in stretches(own == bar.index)
        ]
    return found


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
