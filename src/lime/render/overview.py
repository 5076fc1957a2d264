"""Explanations of many rows as plots beside the beeswarm: mean sizes, a heatmap, the dependence on one column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.render.figures import pyplot_axes, require_axes, thousands_apart
from lime.render.numbers import decimals_for, written_number
from lime.render.plot import AGAINST, FOR, INK, SOFT, _drawable, _fit_names, _wrap
from lime.render.summary import drawn_label, plot_summary
from lime.render.words import clip_middle
from lime.results.explanations import Explanations, check_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["KINDS", "plot_many"]

KINDS = ("beeswarm", "bar", "heatmap", "dependence")
MOST_CATEGORIES = 12
"""Categories of a column that a dependence plot shows, the most frequent ones."""

_WIDTH, _ROW, _FRAME = 8.0, 0.4, 1.3  # inches: the figure, one feature, title and axis together
_NAME_SHARE = 0.34
_JITTER = 0.28  # of the room between two categories, to both sides


def plot_many(
    exps: Explanations,
    label: int | str | None = None,
    *,
    max_features: int = 12,
    ax: Axes | None = None,
    kind: str = "beeswarm",
    feature: str | None = None,
    contributions: bool = False,
) -> Axes:
    """Draw many explanations; see `Explanations.plot`."""
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: expected one of {', '.join(map(repr, KINDS))}")
    if feature is not None and kind != "dependence":
        raise ValueError(f"feature={feature!r} with kind={kind!r}: expected kind='dependence', which draws one feature")
    require_axes(ax)
    max_features = check_whole("max_features", max_features)
    if kind == "beeswarm":
        return plot_summary(exps, label, max_features, ax, contributions=contributions)
    found, title = drawn_label(exps, label)
    what = "contribution" if contributions else "weight"
    if kind == "dependence":
        return _plot_dependence(exps, found, title, what, feature=feature, ax=ax)
    statistics = exps.weigh(found, contributions=contributions)
    order = np.argsort(-statistics["importance"], kind="stable")[:max_features]
    names = [statistics["names"][k] for k in order]
    words = [_drawable(clip_middle(name, 2000)) for name in names]
    if ax is None:
        height = _FRAME + _ROW * max(len(names), 1)
        ax = pyplot_axes((_WIDTH, height))
        wrapped = _fit_names(words, _WIDTH * _NAME_SHARE, height - _FRAME, 9.0)
    else:
        box, dpi = ax.get_window_extent(), ax.figure.dpi
        wrapped = _fit_names(words, box.width / dpi * 0.6, box.height / dpi, 9.0)
    if kind == "bar":
        _draw_bars(ax, statistics["importance"][order], wrapped, f"mean size of the {what}")
    else:
        _draw_heatmap(ax, _matrix(exps, found, names, what), wrapped, what)
    ax.set_title(title, fontsize=11.5, color=INK, fontweight="bold", pad=10, parse_math=False)
    return ax


def _sizes(columns: Any, what: str) -> NDArray[np.float64]:
    result: NDArray[np.float64] = columns.contribution if what == "contribution" else columns.weight
    return result


def _matrix(exps: Explanations, label: int, names: list[str], what: str) -> NDArray[np.float64]:
    """Weights of the named features, shape (features, rows explained for the label); 0 where there is none."""
    place = {name: k for k, name in enumerate(names)}
    parts = []
    for columns in exps.arrays():
        entries = np.flatnonzero(columns.label == label)
        column_of = np.full(len(columns.label), -1)
        column_of[entries] = np.arange(len(entries))
        own = np.array([place.get(word[1], -1) for word in columns.words], dtype=np.int64)
        part = np.zeros((len(names), len(entries)))
        if len(own) and len(columns.word):
            entry, code, sizes = column_of[columns.entry_of_features()], own[columns.word], _sizes(columns, what)
            kept = (entry >= 0) & (code >= 0) & np.isfinite(sizes)
            np.add.at(part, (code[kept], entry[kept]), sizes[kept])
        parts.append(part)
    return np.concatenate(parts, axis=1)


def _draw_bars(ax: Axes, sizes: NDArray[np.float64], names: list[str], what: str) -> None:
    heights = list(range(len(names), 0, -1))
    ax.barh(heights, sizes, height=0.62, color=FOR, zorder=2)
    decimals = decimals_for(sizes.tolist())
    for height, size in zip(heights, sizes.tolist(), strict=True):
        ax.annotate(
            written_number(size, decimals),
            (size, height),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.6,
            color=INK,
        )
    ax.set_xlim(0.0, 1.14 * max(sizes.max(initial=0.0), 1e-300))
    ax.set_ylim(0.4, len(names) + 0.6)
    ax.xaxis.grid(visible=True, color="#e3e7ed", linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)
    ax.locator_params(axis="x", nbins=6)
    thousands_apart(ax)
    _style(ax, what)
    _name_rows(ax, heights, names)


def _draw_heatmap(ax: Axes, matrix: NDArray[np.float64], names: list[str], what: str) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    ordered = matrix[:, _alike(matrix)]
    limit = float(np.abs(matrix).max(initial=0.0)) or 1.0
    colours = LinearSegmentedColormap.from_list("lime", [AGAINST, "#ffffff", FOR])
    heights = list(range(len(names), 0, -1))
    image = ax.imshow(
        ordered,
        cmap=colours,
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        extent=(0.0, float(matrix.shape[1]), 0.5, len(names) + 0.5),
        interpolation="nearest",
    )
    _style(ax, f"{matrix.shape[1]:,} rows, those with like {what}s beside each other")
    _name_rows(ax, heights, names)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    figure = ax.get_figure(root=True)
    if figure is not None:
        bar = figure.colorbar(image, ax=ax, aspect=30, fraction=0.03, pad=0.02)
        bar.set_label(what, fontsize=8.1, color=SOFT)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0, labelsize=8.1, labelcolor=SOFT)


def _alike(matrix: NDArray[np.float64]) -> NDArray[np.intp]:
    """An order of the columns in which neighbours have like weights: along the direction in which they differ most."""
    centred = matrix - matrix.mean(axis=1, keepdims=True) if matrix.shape[1] else matrix
    direction = np.linalg.eigh(centred @ centred.T)[1][:, -1]
    direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
    return np.argsort(-(direction @ centred), kind="stable")


def _plot_dependence(
    exps: Explanations, label: int, title: str, what: str, *, feature: str | None, ax: Axes | None
) -> Axes:
    statistics = exps.weigh(label, contributions=what == "contribution")
    order = np.argsort(-statistics["importance"], kind="stable")
    known = [statistics["names"][k] for k in order]
    if feature is None:
        feature = next((name for name in known if any(map(_is_number, _pairs(exps, label, name, what)[1]))), None)
        feature = known[0] if feature is None and known else feature
    if feature is None or feature not in known:
        some = ", ".join(repr(name[:40]) for name in known[:8])
        raise ValueError(f"feature={feature!r} has weight in no row: expected the name of a column, such as {some}")
    sizes, values = _pairs(exps, label, feature, what)
    if ax is None:
        ax = pyplot_axes((6.4, 4.2))
    name = _drawable(clip_middle(feature, 60))
    numeric = any(map(_is_number, values))
    drawn = [k for k, value in enumerate(values) if (_is_number(value) if numeric else value is not None)]
    if numeric:
        x = np.array([float(values[k]) for k in drawn])
    else:
        x, drawn = _categories(ax, sizes, values)
    below = name if len(drawn) == len(values) else f"{name}  ({len(values) - len(drawn):,} rows are not drawn)"
    y = sizes[drawn]
    ax.scatter(x, y, s=18.0, c=np.where(y >= 0, FOR, AGAINST), alpha=0.75, linewidths=0, zorder=3)
    ax.axhline(0.0, color=SOFT, linewidth=0.9, zorder=1)
    ax.yaxis.grid(visible=True, color="#e3e7ed", linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)
    _style(ax, below)
    if numeric:
        thousands_apart(ax)
    thousands_apart(ax, "y")
    ax.tick_params(axis="y", length=0, labelsize=8.1, labelcolor=SOFT)
    ax.set_ylabel(what, fontsize=8.6, color=SOFT)
    ax.xaxis.label.set_parse_math(False)
    ax.set_title(title, fontsize=11.5, color=INK, fontweight="bold", pad=10, parse_math=False)
    return ax


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def _pairs(exps: Explanations, label: int, feature: str, what: str) -> tuple[NDArray[np.float64], list[Any]]:
    """Weights of one column, and the row's values beside them."""
    sizes: list[float] = []
    values: list[Any] = []
    for columns in exps.arrays():
        own = np.array([word[1] == feature for word in columns.words], dtype=bool)
        if not len(own) or not len(columns.word):
            continue
        found, every = _sizes(columns, what), columns.values()
        kept = own[columns.word] & np.isfinite(found) & (columns.label[columns.entry_of_features()] == label)
        sizes += found[kept].tolist()
        values += [every[k] for k in np.flatnonzero(kept)]
    return np.array(sizes, dtype=np.float64), values


def _categories(ax: Axes, sizes: NDArray[np.float64], values: list[Any]) -> tuple[NDArray[np.float64], list[int]]:
    """Places of categories along the axis, by rising mean weight, and which rows are drawn."""
    members: dict[str, list[int]] = {}
    for k, value in enumerate(values):
        if value is not None:
            members.setdefault(str(value), []).append(k)
    kept = sorted(members, key=lambda name: (-len(members[name]), name))[:MOST_CATEGORIES]
    kept.sort(key=lambda name: float(sizes[members[name]].mean()))
    rng = np.random.default_rng(0)
    drawn = [k for name in kept for k in members[name]]
    x = np.concatenate(
        [place + _JITTER * rng.uniform(-1.0, 1.0, len(members[name])) for place, name in enumerate(kept)]
        or [np.empty(0)]
    )
    words = [_wrap(_drawable(clip_middle(name, 60)), 72.0 * 5.0 / max(len(kept), 1), 8.1, 3) for name in kept]
    ax.set_xticks(range(len(kept)), labels=words)
    for text in ax.get_xticklabels():
        text.set_parse_math(False)
    return x, drawn


def _style(ax: Axes, what: str) -> None:
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#b9c1cc")
    ax.tick_params(axis="x", length=3, labelsize=8.1, labelcolor=SOFT, color="#b9c1cc")
    ax.set_xlabel(what, fontsize=8.6, color=SOFT)


def _name_rows(ax: Axes, heights: list[int], names: list[str]) -> None:
    ax.set_yticks(heights, labels=names)
    ax.tick_params(axis="y", length=0, labelsize=9.0, labelcolor=INK)
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
        text.set_linespacing(1.1)
