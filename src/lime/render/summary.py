"""Explanations of many rows as a matplotlib plot: for each feature a swarm of dots, one for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.render.figures import pyplot_axes, require_axes, thousands_apart
from lime.render.plot import _drawable, _fit_names
from lime.render.view import in_unit, title_of_target
from lime.render.words import clip_middle
from lime.results.explanations import Explanations, check_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["drawn_label", "plot_summary", "swarms_of"]

_INK, _SOFT, _PLAIN = "#1d2430", "#5a6473", "#8a94a3"
_WIDTH, _ROW, _FRAME = 8.0, 0.46, 1.3  # inches: the figure, one feature, title and axis together
_NAME_SHARE = 0.34
_BINS = 80  # over the range of weights: dots in the same one are put beside each other
_REACH = 0.38  # of a feature's line, half the room that its swarm may take

DOTS = 2000
"""Most dots of a feature; of more rows, as many are drawn at random, always the same ones."""


def plot_summary(
    exps: Explanations,
    label: int | str | None = None,
    max_features: int = 12,
    ax: Axes | None = None,
    *,
    contributions: bool = False,
) -> Axes:
    """Draw the weights of the heaviest features; see `Explanations.plot`."""
    require_axes(ax)
    max_features = check_whole("max_features", max_features)
    label, title = drawn_label(exps, label)
    found = exps.weigh(label, contributions=contributions)
    order = np.argsort(-found["importance"], kind="stable")[:max_features]
    names = [found["names"][k] for k in order]
    # Of rows taken out of many, features of the others are known too.
    found_dots = [
        (name, swarm)
        for name, swarm in zip(names, swarms_of(exps, label, names, contributions), strict=True)
        if len(swarm[0])
    ]
    names, swarms = [name for name, _ in found_dots], [swarm for _, swarm in found_dots]

    words = [_drawable(clip_middle(name, 2000)) for name in names]
    if ax is None:
        height = _FRAME + _ROW * max(len(names), 1)
        ax = pyplot_axes((_WIDTH, height))
        wrapped = _fit_names(words, _WIDTH * _NAME_SHARE, height - _FRAME, 9.0)
    else:
        box, dpi = ax.get_window_extent(), ax.figure.dpi
        wrapped = _fit_names(words, box.width / dpi * 0.6, box.height / dpi, 9.0)
    _draw(ax, swarms, wrapped, title, "contribution" if contributions else "weight")
    return ax


def drawn_label(exps: Explanations, label: int | str | None) -> tuple[int, str]:
    """The label to draw, and what to call it."""
    labels = exps.labels
    if not labels:
        raise ValueError("there is nothing to draw: no row was explained")
    if label is None:
        counts = np.zeros(len(labels), dtype=np.int64)
        for columns in exps.arrays():
            counts += np.array([np.count_nonzero(columns.label == one) for one in labels])
        label = labels[int(np.argmax(counts))]
    else:
        label = exps.find_label(label)
    first = next(exp for exp in exps if label in exp.local_exp)
    name = _drawable(first.label_name(label)[:80])
    if first.mode == "classification":
        return label, in_unit(first, f"Why {name}")
    if first.target is not None:
        return label, _drawable(title_of_target(first)[:100])
    return label, f"What moves {'the value' if first.is_single_output() else name}"


def swarms_of(
    exps: Explanations, label: int, names: list[str], contributions: bool = False
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Weights or contributions of each feature, and beside each the row's value as a number, NaN where it is none."""
    place = {name: k for k, name in enumerate(names)}
    parts: list[tuple[NDArray[Any], ...]] = []
    for columns in exps.arrays():
        own = np.array([place.get(word[1], -1) for word in columns.words], dtype=np.int64)
        if not len(own):
            continue
        code = own[columns.word]
        weights = columns.contribution if contributions else columns.weight
        kept = (code >= 0) & np.isfinite(weights) & (columns.label[columns.entry_of_features()] == label)
        is_number = (columns.value_type == 1) | (columns.value_type == 2) | (columns.value_type == 4)
        number = np.where(is_number, columns.value, np.nan)
        parts.append((code[kept], weights[kept], number[kept]))
    code, weight, number = (np.concatenate(one) for one in zip(*parts, strict=True))
    rng = np.random.default_rng(0)
    swarms = []
    for k in range(len(names)):
        mine = np.flatnonzero(code == k)
        if len(mine) > DOTS:
            mine = np.sort(rng.choice(mine, DOTS, replace=False))
        swarms.append((weight[mine], number[mine]))
    return swarms


def _offsets(weights: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """How far above or below its line each dot stands, so that the swarm is as thick as it has dots there."""
    width = max(high - low, 1e-300)
    cell = np.clip(((weights - low) / width * _BINS).astype(np.int64), 0, _BINS - 1)
    order = np.argsort(cell, kind="stable")
    counts = np.bincount(cell, minlength=_BINS)
    rank = np.empty(len(weights))
    rank[order] = np.arange(len(weights)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = min(0.11, 2 * _REACH / max(int(counts.max(initial=1)) - 1, 1))
    # 0, 1, -1, 2, -2, ... steps from the line.
    side = np.where(rank % 2 == 1, 1.0, -1.0)
    result: NDArray[np.float64] = side * np.ceil(rank / 2) * step
    return np.clip(result, -_REACH, _REACH)


def _shade(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where each value stands among the others, from 0 to 1: outliers do not take the colours from the rest.

    Where all are the same there is nothing to compare, and they have no place.
    """
    known = np.isfinite(numbers)
    shade = np.full(len(numbers), np.nan)
    values, inverse = np.unique(numbers[known], return_inverse=True)
    if len(values) > 1:
        counts = np.bincount(inverse)
        middle = np.cumsum(counts) - (counts + 1) / 2.0
        shade[known] = (middle / (counts.sum() - 1))[inverse]
    return shade


def _draw(
    ax: Axes, swarms: list[tuple[NDArray[np.float64], NDArray[np.float64]]], names: list[str], title: str, what: str
) -> None:
    every = np.concatenate([weights for weights, _ in swarms]) if swarms else np.zeros(0)
    low, high = (float(every.min()), float(every.max())) if every.size else (-1.0, 1.0)
    n = len(swarms)
    shaded = None
    for k, (weights, numbers) in enumerate(swarms):
        y = (n - k) + _offsets(weights, min(low, 0.0), max(high, 0.0))
        shade = _shade(numbers)
        plain = np.isnan(shade)
        size = 14.0 if len(weights) < 300 else 8.0
        if plain.any():
            ax.scatter(weights[plain], y[plain], s=size, c=_PLAIN, linewidths=0, zorder=2)
        if not plain.all():
            colours: dict[str, Any] = {"c": shade[~plain], "cmap": "viridis", "vmin": 0, "vmax": 1}
            shaded = ax.scatter(weights[~plain], y[~plain], s=size, linewidths=0, zorder=3, **colours)
    ax.axvline(0.0, color=_SOFT, linewidth=0.9, zorder=1)
    ax.set_ylim(0.4, n + 0.6)
    ax.set_yticks(range(n, 0, -1), labels=names)
    ax.margins(x=0.04)
    ax.xaxis.grid(visible=True, color="#e3e7ed", linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)
    ax.locator_params(axis="x", nbins=6)
    thousands_apart(ax)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#b9c1cc")
    ax.tick_params(axis="y", length=0, labelsize=9.0, labelcolor=_INK)
    ax.tick_params(axis="x", length=3, labelsize=8.1, labelcolor=_SOFT, color="#b9c1cc")
    ax.set_xlabel(what, fontsize=8.6, color=_SOFT)
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
        text.set_linespacing(1.1)
    ax.set_title(title, fontsize=11.5, color=_INK, fontweight="bold", pad=10, parse_math=False)
    figure = ax.get_figure(root=True)
    if shaded is not None and figure is not None:
        bar = figure.colorbar(shaded, ax=ax, ticks=[0, 1], aspect=30, fraction=0.03, pad=0.02)
        bar.ax.set_yticklabels(["low", "high"], fontsize=8.1, color=_SOFT)
        bar.set_label("value among the rows", fontsize=8.1, color=_SOFT, labelpad=-12)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0)
