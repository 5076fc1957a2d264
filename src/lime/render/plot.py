"""An explanation as a matplotlib plot: horizontal bars, their 95% intervals, names that wrap."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from lime.render.figures import pyplot_axes, require_axes, thousands_apart, unseen_axes
from lime.render.view import Bar, bars_of, in_unit, scale_of, shows_contributions, title_of_target
from lime.render.words import breakable, clean, clip_middle, display_width
from lime.results.explanation import Explanation
from lime.results.files import writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_explanation", "pyplot_figure", "save_plot"]

FOR, AGAINST, INK, SOFT = "#2a6fbb", "#d2691e", "#1d2430", "#5a6473"
_WIDTH, _ROW, _FRAME = 7.0, 0.36, 1.25  # inches: the figure, one line of bars, title and axis together
_NAME_SHARE = 0.42  # of the figure's width, at most, for the names
_LINE = 1.25  # of the font size


def _points(text: str, size: float) -> float:
    """Measure a text in points, as matplotlib's default font sets it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)
    return float(width)


@functools.lru_cache(maxsize=4)
def _characters(family: tuple[str, ...]) -> frozenset[int]:
    """Return the characters that the fonts in use can draw."""
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    known: set[int] = set()
    for path in fontManager._find_fonts_by_props(FontProperties(family=list(family))):  # noqa: SLF001 (the library's own, with no public name)
        known.update(get_font(path).get_charmap())
    return frozenset(known)


def _drawable(text: str) -> str:
    """Make a name harmless, and put a replacement character where no font in use has the letter."""
    import matplotlib as mpl

    text = clean(text)
    if text.isascii():
        return text
    known = _characters(tuple(mpl.rcParams["font.family"]))
    return "".join(character if ord(character) in known else "\ufffd" for character in text)


def _wrap(text: str, room: float, size: float, max_lines: int) -> str:
    """Break a name into at most `max_lines` lines of at most `room` points, without its middle where it is too long.

    Long names are often told apart by their ends alone.
    """
    text = clip_middle(text, 200 * max_lines)
    lines = _lines(text, room, size, max_lines)
    low, high = 1, display_width(text)
    while len(lines) > max_lines and low < high:  # the widest cut that fits, by bisection
        middle = (low + high) // 2
        if len(_lines(clip_middle(text, middle), room, size, max_lines)) <= max_lines:
            low = middle + 1
        else:
            high = middle
    if len(lines) > max_lines:
        lines = _lines(clip_middle(text, max(low - 1, 1)), room, size, max_lines)[:max_lines]
    return "\n".join(lines)


def _lines(text: str, room: float, size: float, max_lines: int) -> list[str]:
    """Break a text into lines of at most `room` points, where `breakable` allows it or else anywhere.

    It is broken no further than is needed to tell that there are more than `max_lines`.
    """
    lines: list[str] = []
    line = ""
    for piece in breakable(text):
        if len(lines) > max_lines:
            return lines
        if _points((line + piece).rstrip(" "), size) <= room:
            line += piece
            continue
        if line:
            lines.append(line.rstrip(" "))
        while len(piece) > 1 and _points(piece.rstrip(" "), size) > room:
            fits = max(_longest(piece, room, size), 1)
            lines.append(piece[:fits])
            piece = piece[fits:]
        line = piece
    lines.append(line.rstrip(" "))
    return lines


def _longest(word: str, room: float, size: float) -> int:
    """Return how many of the first letters of a word fit, by bisection."""
    low, high = 0, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if _points(word[:middle], size) <= room:
            low = middle
        else:
            high = middle - 1
    return low


def _draw(
    ax: Axes,
    exp: Explanation,
    label: Any,
    bars: Sequence[Bar],
    *,
    names: Sequence[str],
    sizes: tuple[float, float],
    what: str = "weight",
) -> None:
    """Draw the bars and their words on an Axes; the largest weight is on top."""
    size, title_size = sizes
    heights = list(range(len(bars), 0, -1))
    weights = [bar.weight for bar in bars]
    scale = scale_of(bars)
    limit = 1.08 * scale
    shown = [0.0 if math.isnan(weight) else min(max(weight, -limit), limit) for weight in weights]
    ax.barh(heights, shown, height=0.62, color=[FOR if w > 0 else AGAINST for w in shown], zorder=2)
    known = [
        (height, bar.weight, bar.reach)
        for height, bar in zip(heights, bars, strict=True)
        if bar.reach is not None and math.isfinite(bar.reach) and math.isfinite(bar.weight)
    ]
    if known:
        ax.errorbar(
            [weight for _, weight, _ in known],
            [height for height, _, _ in known],
            xerr=[reach for *_, reach in known],
            fmt="none",
            ecolor=INK,
            elinewidth=1.1,
            capsize=2.5,
            capthick=1.1,
            zorder=3,
        )
    ax.axvline(0.0, color=SOFT, linewidth=0.9, zorder=4)
    ax.set_xlim(-limit, limit)
    if all(weight >= 0 for weight in shown):
        ax.set_xlim(-0.25 * limit, limit)
    elif all(weight <= 0 for weight in shown):
        ax.set_xlim(-limit, 0.25 * limit)
    ax.set_ylim(0.4, len(bars) + 0.6)
    ax.set_yticks(heights, labels=list(names))
    ax.xaxis.grid(visible=True, color="#e3e7ed", linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)
    ax.locator_params(axis="x", nbins=5)
    thousands_apart(ax)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#b9c1cc")
    ax.tick_params(axis="y", length=0, labelsize=size, labelcolor=INK)
    ax.tick_params(axis="x", length=3, labelsize=0.9 * size, labelcolor=SOFT, color="#b9c1cc")
    below = f"{what}, with its 95% interval" if known else what
    ax.set_xlabel("\n".join([below, *rule_lines(exp, label, size)]), fontsize=0.95 * size, color=SOFT, parse_math=False)
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
        text.set_linespacing(1.1)
    draw_title(ax, exp, label, title_size, 1.0 - _NAME_SHARE)


def rule_lines(exp: Explanation, label: Any, size: float) -> list[str]:
    """What a tree says of the instance, and what would make it say something else, as lines below an axis."""
    found = exp.surrogates.get(label)
    lines = [] if found is None else [line[1:].strip() for line in found.lines(label)[:1] if found.kind == "rules"]
    sentences = [*lines, *([] if found is None else found.sentences(label)[-1:])]
    return [_wrap(_drawable(sentence), 72.0 * 0.9 * _WIDTH, 0.95 * size, 3) for sentence in sentences]


def draw_title(ax: Axes, exp: Explanation, label: Any, size: float = 11.5, share: float = 1.0) -> None:
    """Say what is explained above an Axes, wrapped into `share` of the figure's width."""
    classification = exp.mode == "classification"
    if not classification and exp.target is None and len(exp.explained_labels()) == 1:
        return
    name = _drawable(exp.label_name(label)[:200])
    title = in_unit(exp, f"Why {name}") if classification else _drawable(title_of_target(exp)[:200]) or name
    figure = ax.get_figure(root=True)
    room = 72.0 * 0.95 * share * (figure.get_figwidth() if figure is not None else _WIDTH)
    ax.set_title(_wrap(title, room, size, 2), fontsize=size, color=INK, fontweight="bold", pad=10, parse_math=False)


def plot_explanation(
    exp: Explanation,
    label: Any = None,
    ax: Axes | None = None,
    new: Callable[[tuple[float, float]], Axes] = pyplot_axes,
) -> Axes:
    """Draw the weights of a label; see `Explanation.plot`.

    Parameters
    ----------
    exp : Explanation
    label : int or None
        None means the first explained label.
    ax : matplotlib.axes.Axes, optional
        Where to draw. None makes a new figure, as high as its features need.
    new : callable
        Makes it: takes its size in inches and returns its Axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    KeyError
        The label was not explained.
    TypeError
        `ax` is no Axes.
    """
    require_axes(ax)
    label = exp.resolve_label(label)
    added = shows_contributions(exp, label)
    bars = bars_of(exp, label, contributions=added)
    names = [_drawable(bar.feature[:2000]) for bar in bars]
    size, title_size = 9.0, 11.5
    if ax is None:
        wrapped = [_wrap(name, 72.0 * _WIDTH * _NAME_SHARE, size, 3) for name in names]
        lines = max((text.count("\n") + 1 for text in wrapped), default=1)
        row = max(_ROW, (lines * size * _LINE + 4.0) / 72.0)
        ax = new((_WIDTH, _FRAME + row * max(len(bars), 1)))
    else:
        box = ax.get_window_extent()
        dpi = ax.figure.dpi
        wrapped = _fit_names(names, box.width / dpi * 0.8, box.height / dpi, size)
    what = "contribution" if added else "weight"
    _draw(ax, exp, label, bars, names=wrapped, sizes=(size, title_size), what=what)
    return ax


def save_plot(exp: Explanation, path: str | os.PathLike[str]) -> None:
    """Save the plot of `Explanation.plot` to a file; no screen is needed, whatever backend pyplot is told to take."""
    # Axes that are made new stand in a figure, never in a part of one.
    figure = cast("Figure", plot_explanation(exp, new=unseen_axes).figure)
    with writing(path) as file:
        figure.savefig(file, dpi=150, format=os.path.splitext(path)[1][1:])


def _fit_names(names: Sequence[str], width: float, height: float, size: float) -> list[str]:
    """Wrap names into `width` inches, each into as many lines as its part of `height` inches holds."""
    lines = max(int(72.0 * height / max(len(names), 1) / (size * _LINE)), 1)
    return [_wrap(name, 72.0 * width, size, min(lines, 3)) for name in names]


def pyplot_figure(exp: Explanation, label: Any = 1, figsize: tuple[float, float] = (4, 4), **kwargs: Any) -> Figure:
    """Draw the weights of a label on a new pyplot figure; see `Explanation.as_pyplot_figure`.

    Parameters
    ----------
    exp : Explanation
    label : int or None
    figsize : (float, float)
        Width and height in inches.
    **kwargs
        Passed to the domain mapper.

    Returns
    -------
    matplotlib.figure.Figure
        pyplot's current figure.

    Raises
    ------
    KeyError
        The label was not explained; no figure is made then.
    """
    import matplotlib.pyplot as plt

    label = exp.resolve_label(label)
    bars = bars_of(exp, label)[: exp.most_rows]
    features = [str(name) for name, _ in exp.as_list(label, **kwargs)] if kwargs else [bar.feature for bar in bars]
    features = features[: len(bars)]
    names = [_drawable(name[:2000]) for name in features]
    width, height = figsize
    size = 9.0 if width >= 6 else 8.0
    inner = max(height - 0.95, 0.5)
    size = min(size, max(72.0 * inner / max(len(bars), 1) / _LINE, 4.0))
    wrapped = _fit_names(names, width * _NAME_SHARE, inner, size)
    figure = plt.figure(figsize=figsize)
    ax = figure.add_subplot()
    _draw(ax, exp, label, bars, names=wrapped, sizes=(size, size + 2.0))
    figure.tight_layout()
    return figure
