"""Reports on explanations as matplotlib plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.render.figures import pyplot_axes, require_axes
from lime.render.words import clean, clip_middle, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_curves", "draw_lines", "draw_pairs", "draw_reaches", "draw_runs"]

MAIN, OTHER, INK = "#2a6fbb", "#d2691e", "#5a6473"
MOST_ROWS = 40
"""Features that a plot shows; the table has all."""

Name = str | tuple[str, ...]
Line = tuple[Sequence[float], Sequence[float]]


def draw_runs(rows: Sequence[tuple[str, Sequence[float], float]], title: str, ax: Axes | None) -> Axes:
    """Draw (name, weights of the runs, their mean) as rows of dots with a mark at the mean, the first on top."""
    rows = rows[:MOST_ROWS]
    axes = _axes(ax, title, rows=len(rows))
    for place, (_, weights, mean) in enumerate(rows):
        axes.plot(weights, np.full(len(weights), place), "o", color=MAIN, alpha=0.45, markersize=5)
        axes.plot([mean], [place], "|", color=INK, markersize=14, markeredgewidth=1.6)
    _name_rows(axes, [name for name, _, _ in rows])
    axes.set_xlabel("weight in each run; the mark is the mean")
    return axes


def draw_reaches(
    names: Sequence[Name], weights: NDArray[np.float64], reaches: NDArray[np.float64], title: str, ax: Axes | None
) -> Axes:
    """Draw weights with a reach to both sides, the first on top; a name of several parts takes as many lines."""
    names, weights, reaches = names[:MOST_ROWS], weights[:MOST_ROWS], reaches[:MOST_ROWS]
    lines = max((len(_parts(name)) for name in names), default=1)
    axes = _axes(ax, title, rows=len(names), height=0.3 if lines == 1 else 0.2 * lines)
    axes.errorbar(weights, np.arange(len(names)), xerr=reaches, fmt="o", color=MAIN, ecolor=INK, capsize=3)
    _name_rows(axes, names)
    axes.set_xlabel("weight, and its largest change to both sides")
    return axes


def draw_lines(
    lines: Mapping[str, Line],
    x_label: str,
    y_label: str,
    title: str,
    ax: Axes | None,
    *,
    marks: Mapping[str, float],
    log: bool = False,
    floor: float | None = None,
) -> Axes:
    """Draw named lines, and named places on the x axis as upright lines; `floor` is the lowest value in sight."""
    axes = _axes(ax, title)
    for (name, (x, y)), color in zip(lines.items(), (MAIN, OTHER), strict=False):
        axes.plot(x, y, "o-", color=color, label=name, markersize=4)
    for (name, x_mark), style in zip(marks.items(), (":", "--"), strict=False):
        axes.axvline(x_mark, color=INK, linestyle=style, linewidth=1, label=name)
    if log:
        axes.set_xscale("log")
    if floor is not None:
        axes.set_ylim(bottom=max(floor, axes.get_ylim()[0]) if floor < 0 else floor)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.legend(frameon=False, fontsize=8)
    return axes


def draw_curves(
    x: NDArray[np.float64],
    answers: NDArray[np.float64],
    others: NDArray[np.float64],
    *,
    x_label: str,
    title: str,
    ax: Axes | None,
) -> Axes:
    """Draw one curve (points,), others (r, points) pale behind it, and their mean."""
    axes = _axes(ax, title)
    axes.plot(x, others.T, color=INK, alpha=0.18, linewidth=0.8)
    axes.plot(x, others.mean(axis=0), color=INK, linestyle="--", label="random orders, mean")
    axes.plot(x, answers, "o-", color=MAIN, markersize=4, label="the explanation's order")
    axes.set(xlabel=x_label, ylabel="the model's prediction")
    axes.legend(frameon=False, fontsize=8)
    return axes


def draw_pairs(
    x: NDArray[np.float64], y: NDArray[np.float64], *, x_label: str, y_label: str, title: str, ax: Axes | None
) -> Axes:
    """Draw pairs as dots, and the line on which both are the same."""
    axes = _axes(ax, title)
    axes.axline((0.0, 0.0), slope=1.0, color=INK, linewidth=1, linestyle="--")
    axes.plot(x, y, "o", color=MAIN, alpha=0.5, markersize=4)
    axes.set(xlabel=x_label, ylabel=y_label)
    return axes


def _axes(ax: Any, title: str, rows: int | None = None, height: float = 0.3) -> Axes:
    """Return `ax`, or the axes of a new figure of pyplot's, with a title; rows take `height` inches."""
    require_axes(ax)
    tall = 3.8 if rows is None else 1.5 + height * max(rows, 1)
    axes: Axes = pyplot_axes((7.0, tall)) if ax is None else ax
    axes.set_title(_harmless("\n".join(wrap(clean(title), 72 if rows is None else 46))), fontsize=10, loc="left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return axes


def _parts(name: Name) -> tuple[str, ...]:
    return (name,) if isinstance(name, str) else name


def _name_rows(axes: Axes, names: Sequence[Name]) -> None:
    written = ["\n".join(_harmless(clip_middle(clean(part), 34)) for part in _parts(name)) for name in names]
    axes.set_yticks(np.arange(len(names)), written, fontsize=9)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.axvline(0.0, color=INK, linewidth=0.8)


def _harmless(text: str) -> str:
    """Keep matplotlib from reading formulas into dollar signs."""
    return text.replace("$", r"\$")
