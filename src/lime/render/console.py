"""An explanation as text: aligned columns, bars to the left and right of a line, colour only on a terminal."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lime.render.numbers import decimals_for, format_value, group_thousands, round_sum, written_number
from lime.render.running_text import marked_lines
from lime.render.view import Bar, LabelView, View, build_view
from lime.render.words import breakable, clean, clip, clip_middle, display_width, pad, wrap, wrap_ends
from lime.results.explanation import Explanation
from lime.results.mapper import instance_block
from lime.results.wording import counted

__all__ = ["render_console"]

_WIDEST, _NARROWEST = 100, 40
# Columns of a bar's longer side, at least.
_LEAST_HALF = 6
_STYLES = {"for": "34", "against": "33", "bold": "1", "dim": "2", "warning": "33"}


@dataclass(frozen=True)
class _Pen:
    """What may be written: colour or none, block elements or plain ASCII."""

    color: bool
    blocks: bool

    def paint(self, text: str, style: str) -> str:
        if not self.color or not text.strip():
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    @property
    def axis(self) -> str:
        return "│" if self.blocks else "|"

    @property
    def plus_minus(self) -> str:
        return "±" if self.blocks else "+-"

    def to_right(self, cells: float) -> str:
        """Draw a bar that begins at its left end; half a cell is the finest step, and nothing but zero is empty."""
        if not self.blocks:
            return "#" * max(round(cells), int(cells > 0))
        halves = round(2 * cells)
        return "█" * (halves // 2) + "▌" * (halves % 2) if halves else "▏" * int(cells > 0)

    def to_left(self, cells: float) -> str:
        if not self.blocks:
            return self.to_right(cells)
        halves = round(2 * cells)
        return "▐" * (halves % 2) + "█" * (halves // 2) if halves else "▕" * int(cells > 0)


def _wants_color() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    isatty = getattr(sys.stdout, "isatty", None)
    return bool(isatty is not None and isatty())


def _wanted_width() -> int:
    isatty = getattr(sys.stdout, "isatty", None)
    if isatty is not None and isatty():
        return min(shutil.get_terminal_size().columns, _WIDEST)
    return 80


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _has_blocks(encoding: str) -> bool:
    try:
        "█▌▐▏▕│±●─├┤²×…".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def render_console(
    exp: Explanation,
    *,
    width: int | None = None,
    color: bool | None = None,
    labels: Sequence[Any] | int | None = None,
    predict_proba: bool = True,
    show_predicted_value: bool = True,
    text: bool = True,
) -> str:
    """Write an explanation as text.

    Parameters
    ----------
    exp : Explanation
    width : int, optional
        Columns to fill, at least 40. None takes the terminal's width up to 100, or 80 where there is no terminal.
    color : bool, optional
        None takes colour if standard output is a terminal, unless NO_COLOR is set or TERM is "dumb".
    labels : int or sequence of int, optional
        The labels to show, all explained ones by default.
    predict_proba : bool
        Classification: show the probabilities.
    show_predicted_value : bool
        Regression: show the value within its range.
    text : bool
        Show a text with its words marked.

    Returns
    -------
    str
        Lines without trailing spaces or a final line break. Where the encoding of standard output has no block
        elements, plain ASCII stands for them, and what it cannot write is escaped.

    Raises
    ------
    ValueError
        `width` is below 40.
    KeyError
        A label was not explained.
    """
    if width is None:
        width = max(_wanted_width(), _NARROWEST)
    elif width < _NARROWEST:
        raise ValueError(f"width={width}: expected at least {_NARROWEST} columns")
    encoding = _encoding()
    pen = _Pen(color=_wants_color() if color is None else color, blocks=_has_blocks(encoding))
    view = build_view(exp, labels)
    answered = predict_proba if view.mode == "classification" else show_predicted_value
    blocks = [_answer(view, width, pen)] if answered else []
    blocks.extend(_label(view, label, width, pen) for label in view.labels)
    if text:
        blocks.extend(_running_text(exp, view, label, width, pen) for label in view.labels)
    blocks.append(_footer(view, width, pen))
    written = "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)
    return written if pen.blocks else written.replace("…", "...").encode(encoding, "backslashreplace").decode(encoding)


def _answer(view: View, width: int, pen: _Pen) -> list[str]:
    """What the model said: all classes, or the value within its range."""
    if view.mode == "regression":
        return _value_in_range(view, width, pen)
    if not view.answers:
        return []
    room = min(max((display_width(clean(answer.name[:200])) for answer in view.answers), default=0), width // 3)
    length = max(width - room - 12, 4)
    lines = [pen.paint("The model's prediction", "bold")]
    for answer in view.answers:
        name = pad(clip(clean(answer.name[:200]), room), room)
        share = answer.probability if math.isfinite(answer.probability) else 0.0
        bar = pen.to_right(min(max(share, 0.0), 1.0) * length)
        name, bar = (
            (pen.paint(name, "bold"), pen.paint(bar, "for")) if answer.explained else (name, pen.paint(bar, "dim"))
        )
        lines.append(f"  {name}  {written_number(answer.probability, 3)}  {bar}")
    if view.others:
        others = counted(view.others, "more class", "more classes")
        lines.append(f"  and {others}, {written_number(view.others_probability, 3)} together")
    return lines


def _value_in_range(view: View, width: int, pen: _Pen) -> list[str]:
    lines = []
    for label in view.labels:
        if label.model is None:
            continue
        decimals = decimals_for([label.model, label.minimum, label.maximum], digits=4)
        title = "The model's prediction" if len(view.labels) == 1 else f"The model's prediction, {clean(label.name)}"
        title = clean(label.name[:200]) if view.title else title
        detail = f"  ({clean(view.detail[:200])})" if view.detail else ""
        value = written_number(label.model, decimals)
        lines.append(f"{pen.paint(clip(title, width - 16), 'bold')}  {value}")
        lines[-1] += pen.paint(
            clip(detail, max(width - display_width(clip(title, width - 16)) - len(value) - 2, 0)), "dim"
        )
        if label.minimum is None or label.maximum is None or not label.maximum > label.minimum:
            continue
        low, high = written_number(label.minimum, decimals), written_number(label.maximum, decimals)
        length = max(width - len(low) - len(high) - 8, 5)
        share = (label.model - label.minimum) / (label.maximum - label.minimum)
        at = round(min(max(share, 0.0), 1.0) * (length - 1)) if math.isfinite(share) else 0
        left, line, dot, right = ("├", "─", "●", "┤") if pen.blocks else ("|", "-", "o", "|")
        lines.append(f"  {low} {left}{line * at}{pen.paint(dot, 'bold')}{line * (length - 1 - at)}{right} {high}")
    return lines


def _label(view: View, label: LabelView, width: int, pen: _Pen) -> list[str]:
    """The features of one label, and how they add up."""
    weights = [written_number(bar.weight, label.decimals, sign=True) for bar in label.bars]
    reaches = [_reach(bar, label.decimals, pen) for bar in label.bars]
    values = [clip(clean(format_value(bar.value)[:100]), 12) for bar in label.bars]
    weight_room = max(map(len, weights), default=0)
    reach_room = max(map(len, reaches), default=0)
    value_room = max(map(display_width, values), default=0)
    rest = width - 2 - weight_room - (reach_room + 1 if reach_room else 0)
    if value_room and rest - value_room - 2 < 24:  # too narrow for all columns: the feature says it as well
        value_room = 0
    if reach_room and rest < 20:
        rest += reach_room + 1
        reach_room = 0
    rest -= value_room + 2 if value_room else 0
    names = [clean(clip_middle(bar.feature, 1000)) for bar in label.bars]
    widest = max(map(display_width, names), default=0)
    # Names are broken within a word only where bars would have no room left beside it.
    longest = max((display_width(piece.rstrip(" ")) for name in names for piece in breakable(name)), default=0)
    name_room = min(max(widest, 8), max(rest * 11 // 20, 8, min(longest, rest - 2 * _LEAST_HALF - 3)))
    half = max((rest - name_room - 3) // 2, 2)

    lines = _heading(
        view, label, pen, width=width, before=name_room + (value_room + 2 if value_room else 0) + 2, half=half
    )
    for bar, name, value, weight, reach in zip(label.bars, names, values, weights, reaches, strict=True):
        first, *more = wrap_ends(name, name_room)
        side = "for" if bar.weight > 0 else "against"
        cells = half * min(abs(bar.weight) / view.scale, 1.0) if not math.isnan(bar.weight) else 0.0
        left = pad(pen.to_left(cells) if bar.weight < 0 else "", half, right=True)
        right = pad(pen.to_right(cells) if bar.weight > 0 else "", half)
        line = pad(first, name_room)
        if value_room:
            line += "  " + pad(value, value_room, right=True)
        line += f"  {pen.paint(left, side)}{pen.paint(pen.axis, 'dim')}{pen.paint(right, side)}"
        line += "  " + weight.rjust(weight_room)
        if reach_room and reach:
            line += " " + pen.paint(reach.rjust(reach_room), "dim")
        lines += [line, *(f"  {part}" if display_width(part) + 2 <= name_room else part for part in more)]
    if label.hidden:
        what = "smaller contribution" if label.anchored else "smaller weight"
        rest_of = f"and {counted(len(label.hidden), what)}, together"
        total = written_number(label.hidden_sum, label.decimals, sign=True)
        at = width - (reach_room + 1 if reach_room else 0) - len(total)
        lines.append(pen.paint(pad(clip(rest_of, max(at - 2, 1)), at) + total, "dim"))
    return lines + _fit(label, width, pen) + _surrogate(label, width, pen)


def _surrogate(label: LabelView, width: int, pen: _Pen) -> list[str]:
    """Contributions in words; a tree or rules, and what a reader must know of them."""
    lines = [pen.paint("  " + part, "dim") for effect in label.effects for part in wrap(clean(effect), width - 2)]
    for line in label.lines:
        indent = len(line[1:]) - len(line[1:].lstrip(" ")) + 1
        first, *more = wrap(clean(line.strip().lstrip("> ")), width - indent - 2, max_lines=8)
        start = f"{line[0]}{' ' * indent}"
        lines += [pen.paint(start + first, "bold" if line[0] == ">" else "dim")]
        lines += [pen.paint(" " * (indent + 3) + part, "dim") for part in more]
    for sentence in label.said:
        lines += [pen.paint("  " + part, "dim") for part in wrap(clean(sentence), width - 2, max_lines=8)]
    return lines


def _running_text(exp: Explanation, view: View, label: LabelView, width: int, pen: _Pen) -> list[str]:
    """The instance where it is a text, with signs at the pieces that carry weight for one label."""
    content = instance_block(exp.domain_mapper, exp)
    if content is None or content.get("kind") != "text":
        return []
    weights = {bar.index: bar.weight for bar in label.bars}
    title = "The text" if len(view.labels) == 1 else f"The text, marked for {clean(label.name[:200])}"
    lines = marked_lines(content["pieces"], weights, width - 2)
    return [pen.paint(clip(title, width), "bold"), *(f"  {_paint_marks(line, pen)}" for line in lines)]


def _paint_marks(line: str, pen: _Pen) -> str:
    return re.sub(r"\[([+-])[^\]\s]*\]", lambda mark: pen.paint(mark[0], "for" if mark[1] == "+" else "against"), line)


def _heading(view: View, label: LabelView, pen: _Pen, *, width: int, before: int, half: int) -> list[str]:
    against, towards = ("against", "for") if view.mode == "classification" else ("lowers", "raises")
    if half < len(against) + 1:
        against = towards = ""
    alone = "Contributions" if label.anchored else "Weights"
    title = clean(label.name[:200]) if view.mode == "classification" or len(view.labels) > 1 else alone
    title = clip(f"Why {title}" if view.mode == "classification" else clean(view.title[:200]) or title, width)
    sides = pad(against + " ", half, right=True) + pen.axis + " " + towards
    if display_width(title) <= before - 1 + half - len(against) - 1:
        room = before + half - len(against) - 1 - display_width(title)
        return [pen.paint(title, "bold") + " " * room + pen.paint(sides.lstrip(), "dim")]
    return [pen.paint(title, "bold"), " " * before + pen.paint(sides, "dim")]


def _reach(bar: Bar, decimals: int, pen: _Pen) -> str:
    if bar.reach is None or math.isnan(bar.reach):
        return ""
    if math.isinf(bar.reach):
        return pen.plus_minus + "?"
    return pen.plus_minus + written_number(bar.reach, decimals)


def _fit(label: LabelView, width: int, pen: _Pen) -> list[str]:
    """Intercept plus features gives the surrogate, beside the model and the fit."""
    lines = []
    decimals = label.fit_decimals
    if label.anchored:
        first, sign, second, total = _sum_in_sight(label)
        lines.append(f"baseline {first}, contributions {sign}{second}, prediction {total}")
    elif label.parts is not None and label.intercept is not None and label.surrogate is not None:
        what = "weights" if label.summed else f"weights {'×' if pen.blocks else 'x'} scaled values"
        shown = _sum_in_sight(label)
        lines.append(f"intercept {shown[0]} {shown[1]} {what} {shown[2]} = surrogate {shown[3]}")
    parts = []
    if label.model is not None and not label.anchored:  # there it is the sum
        parts.append(f"the model says {written_number(label.model, decimals)}")
    if label.score is not None:
        parts.append(f"fit R{'²' if pen.blocks else '^2'} {written_number(label.score, 2)}")
    if label.near_score is not None:
        parts.append(f"on real rows nearby {written_number(label.near_score, 2)}")
    if parts:
        lines.append(", ".join(parts))
    if len(lines) == 2 and len(lines[0]) + len(lines[1]) + 4 <= width:
        lines = ["; ".join(lines)]
    return [pen.paint("  " + part, "dim") for line in lines for part in wrap(line, width - 2, max_lines=8)]


def _sum_in_sight(label: LabelView) -> tuple[str, str, str, str]:
    """Round intercept, sign, features and surrogate so that the sum is true of the rounded numbers as well."""
    summed = round_sum(label.intercept, label.parts, label.surrogate, label.fit_decimals)
    intercept, parts, surrogate = map(group_thousands, summed)
    sign = "-" if parts.startswith("-") else "+"
    return intercept, sign, parts.lstrip("-"), surrogate


def _footer(view: View, width: int, pen: _Pen) -> list[str]:
    lines: list[str] = []
    if any(bar.reach is not None for label in view.labels for bar in label.bars):
        lines += _paragraph(
            f"{pen.plus_minus} half-width of the 95% interval, of sampling error alone",
            "",
            width,
            pen,
            "dim",
        )
    if view.notes:
        lines += _paragraph(", ".join(clean(note) for note in view.notes), "", width, pen, "dim")
    for warning in view.warnings:
        lines += _paragraph(clean(warning), "! ", width, pen, "warning")
    return lines


def _paragraph(text: str, mark: str, width: int, pen: _Pen, style: str) -> Sequence[str]:
    parts = wrap(text, width - len(mark), max_lines=12)
    return [pen.paint((mark if k == 0 else " " * len(mark)) + part, style) for k, part in enumerate(parts)]
