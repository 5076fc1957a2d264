"""An explained time series as a matplotlib plot: its channels as lines, its segments tinted by their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.render.figures import pyplot_axes, require_axes
from lime.render.image_plot import weight_colors
from lime.render.plot import AGAINST, FOR, INK, SOFT, draw_title
from lime.render.timeseries_page import as_columns, channel_name, channels_to_show
from lime.render.words import clean, clip_middle
from lime.results.timeseries import stretches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.results.timeseries import TimeSeriesExplanation

__all__ = ["KINDS", "plot_timeseries"]

KINDS = ("series", "bars", "waterfall")
# Inches: the width, the height of one channel and of each further one, the title.
_WIDTH, _FIRST, _MORE, _TITLE = 8.0, 2.3, 0.9, 0.55
_MOST_CHANNELS = 12
_LANE = 0.86  # of the room of a channel, for its line


def plot_timeseries(
    exp: TimeSeriesExplanation, label: Any = None, ax: Axes | None = None, kind: str = "series"
) -> Axes:
    """Draw a series with the weights of a label; see `TimeSeriesExplanation.plot`.

    Parameters
    ----------
    exp : TimeSeriesExplanation
    label : int or None
    ax : matplotlib.axes.Axes, optional
    kind : {"series"}
        The others of `KINDS` are drawn without the series.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    KeyError
        The label was not explained.
    TypeError
        `ax` is no Axes.
    ValueError
        An unknown `kind`, or the series is missing.
    """
    require_axes(ax)
    if kind != "series":
        raise ValueError(f"kind={kind!r}: expected one of {', '.join(map(repr, KINDS))}")
    label = exp.resolve_label(label)
    if exp.series is None or exp.segments is None:
        raise ValueError("kind='series': this explanation was stored without its series; kind='bars' needs none")
    pairs = [(unit, float(weight)) for unit, weight in exp.local_exp[label]]
    values, segments = as_columns(exp.series).astype(np.float64), as_columns(exp.segments)
    shown = channels_to_show(exp, pairs, values.shape[1], _MOST_CHANNELS)
    if ax is None:
        ax = pyplot_axes((_WIDTH, _FIRST + _MORE * (len(shown) - 1) + _TITLE))
    places = _places(exp.times, len(values))
    _tint(ax, pairs, segments, places, shown)
    _lines(ax, exp, values, places, shown)
    _scale(ax, exp, pairs)
    draw_title(ax, exp, label)
    return ax


def _places(times: Any, steps: int) -> NDArray[np.float64]:
    """Where steps stand on the axis: at their times where these are rising numbers, else at their numbers."""
    if times is not None and all(isinstance(time, int | float) for time in times):
        found: NDArray[np.float64] = np.asarray(times, dtype=np.float64)
        if np.isfinite(found).all() and (np.diff(found) > 0).all():
            return found
    return np.arange(steps, dtype=np.float64)


def _borders(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Borders of the steps, half-way between them, shape (steps + 1,)."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[:-1] + places[1:]) / 2.0
    ends = [2.0 * places[0] - middle[0]], [2.0 * places[-1] - middle[-1]]
    return np.concatenate([ends[0], middle, ends[1]])


def _tint(
    ax: Axes,
    pairs: list[tuple[Any, float]],
    segments: NDArray[Any],
    places: NDArray[np.float64],
    shown: list[int],
) -> None:
    """Tint each stretch of a segment: over all lanes, or in the lane of its channel."""
    borders = _borders(places)
    largest = max((abs(weight) for _, weight in pairs if np.isfinite(weight)), default=0.0) or 1.0
    lanes = shown if segments.shape[1] > 1 else [0]
    for lane, channel in enumerate(lanes):
        low, high = 1.0 - (lane + 1) / len(lanes), 1.0 - lane / len(lanes)
        for unit, weight in pairs:
            if not weight or not np.isfinite(weight):
                continue
            for first, last in stretches(segments[:, channel] == unit):
                ax.axvspan(
                    borders[first],
                    borders[last + 1],
                    low,
                    high,
                    facecolor=FOR if weight > 0 else AGAINST,
                    alpha=0.06 + 0.62 * min(abs(weight) / largest, 1.0),
                    hatch=None if weight > 0 else "///",
                    edgecolor="white",
                    linewidth=0.0,
                    zorder=1,
                )


def _lines(
    ax: Axes,
    exp: TimeSeriesExplanation,
    values: NDArray[np.float64],
    places: NDArray[np.float64],
    shown: list[int],
) -> None:
    """Draw the channels: one in its own unit, several one above the other, each in a lane of its own."""
    count = len(shown)
    for lane, channel in enumerate(shown):
        line = np.where(np.isfinite(values[:, channel]), values[:, channel], np.nan)
        if count > 1:
            line = count - 1 - lane + 0.5 + _LANE * _centred(line)
        ax.plot(places, line, color=INK, linewidth=1.3, marker="o" if len(places) == 1 else None, zorder=3)
    borders = _borders(places)
    ax.set_xlim(borders[0], borders[-1])
    if count > 1:
        ax.set_ylim(0.0, float(count))
        ax.set_yticks([count - 1 - lane + 0.5 for lane in range(count)])
        ax.set_yticklabels([clip_middle(clean(channel_name(exp, one)), 24) for one in shown], parse_math=False)
        for border in range(1, count):
            ax.axhline(border, color="#b9c1cc", linewidth=0.6, zorder=2)
    elif exp.channel_names is not None:
        ax.set_ylabel(clip_middle(clean(exp.channel_names[0]), 40), color=SOFT, fontsize=8, parse_math=False)
    ax.tick_params(labelsize=8, labelcolor=SOFT, color="#b9c1cc")
    for side in ax.spines.values():
        side.set_color("#b9c1cc")
    if exp.times is None:
        ax.set_xlabel("step", color=SOFT, fontsize=8)
    elif not np.array_equal(places, np.asarray(exp.times, dtype=object)):
        _name_times(ax, exp.times)


def _name_times(ax: Axes, times: list[Any]) -> None:
    """Write times at the steps where the axis has its ticks."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    def named(place: float, _: Any) -> str:
        step = round(place)
        return clip_middle(clean(str(times[step])), 20) if 0 <= step < len(times) and step == place else ""

    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(named))


def _centred(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """A line between -1/2 and 1/2."""
    if not np.isfinite(line).any():
        return line
    low, high = np.nanmin(line) / 2.0, np.nanmax(line) / 2.0  # halves: the span of the largest floats is finite
    return line * 0.0 if high <= low else (line / 2.0 - low) / (high - low) - 0.5


def _scale(ax: Axes, exp: TimeSeriesExplanation, pairs: list[tuple[Any, float]]) -> None:
    """Show which colour means which weight."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    largest = max((abs(weight) for _, weight in pairs if np.isfinite(weight)), default=0.0) or 1.0
    bar = ax.figure.colorbar(ScalarMappable(Normalize(-largest, largest), weight_colors()), ax=ax, pad=0.02, aspect=15)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, labelcolor=SOFT, color="#b9c1cc")
    words = "against < 0 < for" if exp.mode == "classification" else "lowers < 0 < raises"
    bar.set_label(f"weight: {words}", color=SOFT, fontsize=8)
    bar.ax.locator_params(nbins=5)
