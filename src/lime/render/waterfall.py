"""An explanation as a waterfall: from the baseline, feature by feature, to the prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lime.render.figures import pyplot_axes, require_axes, thousands_apart
from lime.render.numbers import decimals_for, format_value, written_number
from lime.render.plot import AGAINST, FOR, INK, SOFT, _drawable, _fit_names, draw_title
from lime.render.view import Bar, bars_of
from lime.results.explanation import Explanation
from lime.results.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_waterfall"]

MOST_STEPS = 12
"""Features with a step of their own; the others are one step together."""

_WIDTH, _ROW, _FRAME = 7.0, 0.4, 1.35  # inches: the figure, one step, title and axis together
_NAME_SHARE = 0.36  # of the figure's width, at most, for the names


def plot_waterfall(exp: Explanation, label: Any = None, ax: Axes | None = None) -> Axes:
    """Draw how the contributions lead from the baseline to the prediction; see `Explanation.plot`.

    Parameters
    ----------
    exp : Explanation
    label : int, str or None
        None means the first explained label.
    ax : matplotlib.axes.Axes, optional
        Where to draw. None makes a new figure, as high as its steps need.

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
        The contributions are not known.
    """
    require_axes(ax)
    label = exp.resolve_label(label)
    exp.contributions(label)  # says why where there are none
    baseline = float(exp.baseline_values[label])
    steps = _steps(bars_of(exp, label, contributions=True))
    ends = [baseline]
    for step in steps:
        ends.append(ends[-1] + step.weight)
    differences = exp.differences(label)
    words = [
        "baseline",
        *(_named(step, differences.get(step.index)) for step in steps),
        "prediction" if exp.anchored else "surrogate",
    ]
    names = [_drawable(word[:2000]) for word in words]
    if ax is None:
        height = _FRAME + _ROW * len(names)
        ax = pyplot_axes((_WIDTH, height))
        wrapped = _fit_names(names, _WIDTH * _NAME_SHARE, height - _FRAME, 9.0)
    else:
        box, dpi = ax.get_window_extent(), ax.figure.dpi
        wrapped = _fit_names(names, box.width / dpi * 0.7, box.height / dpi, 9.0)
    _draw(ax, steps, ends, wrapped)
    model = exp.model_preds.get(label)
    said = "each step is a contribution, with its 95% interval" if any(_known(s) for s in steps) else "contributions"
    if not exp.anchored and model is not None:
        decimals = decimals_for([*ends, model])
        said += f"\nthey end at the surrogate's value; the model says {_written(float(model), decimals)}"
    ax.set_xlabel(said, fontsize=8.6, color=SOFT)
    draw_title(ax, exp, label, share=1.0 - _NAME_SHARE)
    return ax


def _steps(bars: Sequence[Bar]) -> list[Bar]:
    """The features with a step of their own, and one step for all others; a single one more has its own."""
    if len(bars) <= MOST_STEPS + 1:
        return list(bars)
    rest = bars[MOST_STEPS:]
    together = math.fsum(bar.weight for bar in rest)
    name = counted(len(rest), "other feature")
    return [*bars[:MOST_STEPS], replace(rest[0], feature=name, name=name, value=None, weight=together, reach=None)]


def _named(step: Bar, difference: str | None = None) -> str:
    """What a step is called: the difference that it is for; else a number with its value, which no name tells."""
    is_number = isinstance(step.value, int | float) and not isinstance(step.value, bool)
    if difference and step.feature == step.name and step.value is not None:
        return f"{difference} ({format_value(step.value)})"
    return f"{step.feature} = {format_value(step.value)}" if is_number and step.feature == step.name else step.feature


def _known(step: Bar) -> bool:
    return step.reach is not None and math.isfinite(step.reach)


def _written(value: float, decimals: int, sign: bool = False) -> str:
    return written_number(value, decimals, sign).replace("-", "\u2212")


def _draw(ax: Axes, steps: Sequence[Bar], ends: Sequence[float], names: Sequence[str]) -> None:
    heights = list(range(len(names), 0, -1))
    own = heights[1:-1]
    decimals = decimals_for([step.weight for step in steps])
    of_ends = max(decimals, decimals_for([ends[0], ends[-1]])) if decimals >= 0 else decimals
    reaches = [step.reach if step.reach is not None and math.isfinite(step.reach) else 0.0 for step in steps]
    ax.barh(
        own,
        [step.weight for step in steps],
        left=list(ends[:-1]),
        height=0.6,
        color=[FOR if step.weight > 0 else AGAINST for step in steps],
        zorder=2,
    )
    drawn = [k for k, step in enumerate(steps) if _known(step)]
    if drawn:
        ax.errorbar(
            [ends[k + 1] for k in drawn],
            [own[k] for k in drawn],
            xerr=[reaches[k] for k in drawn],
            fmt="none",
            ecolor=INK,
            elinewidth=1.1,
            capsize=2.5,
            capthick=1.1,
            zorder=3,
        )
    for end, height in zip(ends, heights, strict=False):  # from each step to where the next one begins
        ax.plot([end, end], [height - 1.3, height + 0.3], color=SOFT, linewidth=0.8, zorder=1)
    ax.plot([ends[0], ends[-1]], [heights[0], heights[-1]], "D", color=INK, markersize=5, zorder=4)
    ax.axvline(ends[0], color=SOFT, linewidth=0.8, linestyle=":", zorder=1)
    spans = [
        *ends,
        *(end - reach for end, reach in zip(ends[1:], reaches, strict=True)),
        *(end + reach for end, reach in zip(ends[1:], reaches, strict=True)),
    ]
    low, high = min(spans), max(spans)
    room = 0.26 * ((high - low) or abs(high) or 1.0)  # for the numbers beside the bars
    ax.set_xlim(low - room, high + room)
    for k, step in enumerate(steps):
        up = step.weight >= 0
        at = ends[k + 1] + (reaches[k] if up else -reaches[k])
        # The whisker may reach back over the whole bar.
        at = max(at, ends[k]) if up else min(at, ends[k])
        _note(ax, _written(step.weight, decimals, sign=True), at, own[k], right=up)
    rightwards = ends[-1] >= ends[0]
    _note(ax, _written(ends[0], of_ends), ends[0], heights[0], right=not rightwards or not steps, bold=True)
    _note(ax, _written(ends[-1], of_ends), ends[-1], heights[-1], right=rightwards, bold=True)
    _style(ax, heights, names)


def _note(ax: Axes, text: str, x: float, y: float, *, right: bool, bold: bool = False) -> None:
    """Write a number beside a place, `right` of it or left."""
    ax.annotate(
        text,
        (x, y),
        xytext=(7 if right else -7, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize=8.6,
        color=INK,
        fontweight="bold" if bold else "normal",
        zorder=5,
    )


def _style(ax: Axes, heights: Sequence[int], names: Sequence[str]) -> None:
    ax.set_ylim(0.4, len(names) + 0.6)
    ax.set_yticks(heights, labels=list(names))
    ax.xaxis.grid(visible=True, color="#e3e7ed", linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)
    ax.locator_params(axis="x", nbins=5)
    thousands_apart(ax)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#b9c1cc")
    ax.tick_params(axis="y", length=0, labelsize=9.0, labelcolor=INK)
    ax.tick_params(axis="x", length=3, labelsize=8.1, labelcolor=SOFT, color="#b9c1cc")
    labels = ax.get_yticklabels()
    for text in labels:
        text.set_parse_math(False)
        text.set_linespacing(1.1)
    for text in (labels[0], labels[-1]):
        text.set_fontweight("bold")
