"""An explained picture as a matplotlib plot: tinted, as a map of weights, with outlines, or its strongest segments."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.render.figures import pyplot_axes, require_axes
from lime.render.picture import FEW_PIXELS, as_colors, loops, pole, reduced_codes, smoothed
from lime.render.plot import AGAINST, FOR, INK, SOFT, draw_title
from lime.results.image import channels_last

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

    from lime.results.image import ImageExplanation

__all__ = ["KINDS", "plot_image"]

KINDS = ("overlay", "heatmap", "boundaries", "top")
# Inches: the longer side of the picture, the room for the title, and for the bar of colours.
_PICTURE, _TITLE, _BAR = 5.2, 0.55, 0.9
# Outlines finer than this many pixels of a side are no more to be seen.
_LONGEST = 1024


@functools.cache
def weight_colors() -> LinearSegmentedColormap:
    """Return the scale of colours from against over nothing to for."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("lime", [AGAINST, "#f6f6f4", FOR])


def plot_image(
    exp: ImageExplanation, label: Any = None, ax: Axes | None = None, kind: str = "overlay", num_features: int = 5
) -> Axes:
    """Draw a picture with the weights of a label; see `ImageExplanation.plot`.

    Parameters
    ----------
    exp : ImageExplanation
    label : int or None
    ax : matplotlib.axes.Axes, optional
    kind : {"overlay", "heatmap", "boundaries", "top"}
    num_features : int

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
        An unknown `kind`, a negative `num_features`, or picture or segments are missing.
    """
    require_axes(ax)
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: expected one of {', '.join(map(repr, KINDS))}")
    _check_count(num_features)
    label = exp.resolve_label(label)
    weights = exp.heatmap(label)
    colors = None
    if kind != "heatmap":
        if exp.image is None:
            raise ValueError(f"kind={kind!r}: this explanation was stored without its image; kind='heatmap' needs none")
        colors = as_colors(channels_last(exp.image, exp.channel_axis))
    height, width = weights.shape
    scaled = kind in ("overlay", "heatmap")
    if ax is None:
        unit = _PICTURE / max(height, width)
        size = (max(width * unit, 2.2) + (_BAR if scaled else 0.0), max(height * unit, 0.6) + _TITLE)
        ax = pyplot_axes(size)
    _draw(ax, exp, label, kind, num_features=num_features, weights=weights, colors=colors)
    return ax


def _check_count(count: Any) -> None:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
        raise ValueError(f"num_features={count!r}: expected a whole number of at least 0")


def _draw(
    ax: Axes,
    exp: ImageExplanation,
    label: Any,
    kind: str,
    *,
    num_features: int,
    weights: NDArray[np.float64],
    colors: NDArray[np.uint8] | None,
) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    finite = np.abs(weights[np.isfinite(weights)])
    largest = float(finite.max(initial=0.0)) or 1.0
    norm = Normalize(-largest, largest)
    pairs = [(feature_id, float(weight)) for feature_id, weight in exp.local_exp[label] if weight]
    strongest = pairs[:num_features]
    few = "nearest" if max(weights.shape) < FEW_PIXELS else "auto"
    if colors is None:
        ax.imshow(weights, cmap=weight_colors(), norm=norm, interpolation="nearest")
    else:
        ax.imshow(_backdrop(exp, kind, colors, strongest), interpolation=few)
    if kind == "overlay":
        ax.imshow(_tints(weights, largest), interpolation="nearest")
    if kind != "heatmap":
        _outline(ax, exp, strongest)
    height, width = weights.shape
    ax.set_xlim(-0.5, width - 0.5)
    ax.set_ylim(height - 0.5, -0.5)
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(kind == "heatmap")
        side.set_color("#b9c1cc")
    if kind in ("overlay", "heatmap"):
        bar = ax.figure.colorbar(ScalarMappable(norm, weight_colors()), ax=ax, fraction=0.046, pad=0.03)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=8, labelcolor=SOFT, color="#b9c1cc")
        words = "weight: against < 0 < for" if exp.mode == "classification" else "weight: lowers < 0 < raises"
        bar.set_label(words, color=SOFT, fontsize=8)
        bar.ax.locator_params(nbins=7)
    draw_title(ax, exp, label)


def _backdrop(
    exp: ImageExplanation, kind: str, colors: NDArray[np.uint8], strongest: list[tuple[Any, float]]
) -> NDArray[np.uint8]:
    """Pale the picture where colours are laid over it, and fade what is not among the strongest segments."""
    if kind == "boundaries":
        return colors
    grey = colors.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    if kind == "overlay":
        # Without colours of its own, so that every colour means a weight.
        return _as_grey(40.0 + 0.8 * grey)
    faded = _as_grey(0.82 * 255.0 + 0.18 * grey)
    shown = np.isin(np.asarray(exp.segments), [feature_id for feature_id, _ in strongest])
    kept: NDArray[np.uint8] = np.where(shown[:, :, None], colors, faded)
    return kept


def _as_grey(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.repeat(np.rint(np.clip(values, 0.0, 255.0)).astype(np.uint8)[:, :, None], 3, axis=2)


def _tints(weights: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    from matplotlib.colors import to_rgb

    tints = np.zeros((*weights.shape, 4))
    known = np.isfinite(weights) & (weights != 0)
    tints[..., :3] = np.where((weights > 0)[..., None], to_rgb(FOR), to_rgb(AGAINST))
    tints[known, 3] = 0.06 + 0.62 * np.minimum(np.abs(weights[known]) / largest, 1.0)
    return tints


def _outline(ax: Axes, exp: ImageExplanation, strongest: list[tuple[Any, float]]) -> None:
    """Draw the outlines of the strongest segments, on white so that they are seen on any ground, and their ranks."""
    from matplotlib.collections import LineCollection

    box = ax.get_window_extent()
    scale = min(max(min(box.width, box.height) / ax.figure.dpi / 4.0, 0.6), 1.0)
    segments = np.asarray(exp.segments)
    codes = np.full(segments.shape, len(strongest), np.intp)
    for rank, (feature_id, _) in enumerate(strongest):
        codes[segments == feature_id] = rank
    small = reduced_codes(codes, _LONGEST)
    zoom = np.array(codes.shape[::-1]) / np.array(small.shape[::-1])
    for rank, (_, weight) in enumerate(strongest):
        lines = loops(np.where(smoothed(small, rank), 0, 1), 1)[0]
        closed = [np.array([*line, *line[:1]]) * zoom - 0.5 for line in lines]
        color, dashes = (FOR, "solid") if weight > 0 else (AGAINST, (0, (4.0, 1.6)))
        for width, ink, style, order in ((3.0, "white", "solid", 3), (1.7, color, dashes, 4)):
            ax.add_collection(
                LineCollection(closed, linewidths=scale * width, colors=ink, linestyles=[style], zorder=order),
                autolim=False,
            )
        place = pole(small, rank)
        if place is not None:
            ax.text(
                place[1] * zoom[0] - 0.5,
                place[0] * zoom[1] - 0.5,
                str(rank + 1),
                fontsize=8 * max(scale, 0.75),
                fontweight="bold",
                color=INK,
                ha="center",
                va="center",
                zorder=5,
                bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.86},
            )
