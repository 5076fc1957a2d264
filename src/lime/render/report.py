"""Reports on explanations as text and as HTML: a title, sentences, a table."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from lime.render.numbers import decimals_for, written_number
from lime.render.style import UNSTYLED, style
from lime.render.words import LONGEST_SENTENCE, clean, display_width, pad, shorten, wrap
from lime.results.report import Report, ReportColumn
from lime.results.wording import counted

__all__ = ["render_html", "render_text"]

WIDTH = 80
NARROWEST_NAME = 12
MOST_LINES = 3
"""Lines that a name may take in a table."""

WORST_FIT = -9.0
"""R² below which a figure tells no more than that nothing fits."""


def render_text(report: Report, width: int = WIDTH) -> str:
    """Write a report as text of at most `width` columns, without trailing spaces or a final line break."""
    lines = wrap(clean(report.title), width, max_lines=4)
    shown, more = _to_read(report)
    table = _table(shown, width)
    if more:
        table[-1:] = [f"  and {more} more", ""]
    if table:
        lines += ["", *table]
    for sentence in report.sentences():
        parts = wrap(clean(sentence), width - 2, max_lines=12)
        lines += ["", *("  " + part for part in parts)] if len(lines) < 2 else ["  " + part for part in parts]
    return in_encoding("\n".join(line.rstrip() for line in lines))


def in_encoding(text: str) -> str:
    """Write what the encoding of standard output cannot hold as escapes."""
    encoding = _encoding()
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.replace("…", "...").encode(encoding, "backslashreplace").decode(encoding)
    return text


def _encoding() -> str:
    import codecs
    import sys

    name = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        codecs.lookup(name)
    except LookupError:
        return "utf-8"
    return name


def _to_read(report: Report) -> tuple[list[ReportColumn], int]:
    """The columns that a person reads, with as many rows as are shown, and how many rows are not."""
    columns = [column for column in report.columns() if column.heading]
    most, rows = report.rows_to_read, len(columns[0].cells) if columns else 0
    if most is None or rows <= most:
        return columns, 0
    return [replace(column, cells=column.cells[:most]) for column in columns], rows - most


def _table(shown: list[ReportColumn], width: int) -> list[str]:
    if not shown or not shown[0].cells:
        return []
    cells = [[column.heading, *_written(column)] for column in shown]
    widths = [max(map(display_width, column)) for column in cells]
    names = {k for k, column in enumerate(shown) if column.kind == "text"}
    excess = 2 + sum(widths) + 2 * (len(widths) - 1) - width
    for _ in range(max(excess, 0)):  # from the widest column of words each time, so that none is cut alone
        widest = max(names, key=lambda k: widths[k], default=None)
        if widest is None or widths[widest] <= NARROWEST_NAME:
            break
        widths[widest] -= 1
    lines = []
    for block in _blocks(widths, width):
        for row in zip(*cells, strict=True):
            wrapped = {k: wrap(row[k], widths[k], MOST_LINES) if k in names else [row[k]] for k in block}
            for line in range(max(map(len, wrapped.values()))):
                parts = [
                    pad(part[line] if line < len(part) else "", widths[k], right=k not in names)
                    for k, part in wrapped.items()
                ]
                lines.append("  " + "  ".join(parts))
        lines.append("")
    return lines


def _blocks(widths: list[int], width: int) -> list[list[int]]:
    """Columns that stand side by side, as many as there is room for; each block begins with the first one."""
    blocks = [[0]]
    used = 2 + widths[0]
    for k in range(1, len(widths)):
        if used + 2 + widths[k] > width and len(blocks[-1]) > 1:
            blocks.append([0])
            used = 2 + widths[0]
        blocks[-1].append(k)
        used += 2 + widths[k]
    return blocks


def _written(column: ReportColumn) -> list[str]:
    """The cells of a column as a person reads them: one number of decimals, what is unknown as a dash."""
    if column.kind == "text":
        return [clean(shorten(str(cell), 1000)) for cell in column.cells]
    if column.kind == "int":
        return ["-" if _unknown(cell) else format(int(cell), ",") for cell in column.cells]
    if column.kind == "share":
        return ["-" if _unknown(cell) else format(float(cell), ".0%") for cell in column.cells]
    if column.kind == "fit":
        return ["-" if _unknown(cell) else _fit(float(cell)) for cell in column.cells]
    known = [float(cell) for cell in column.cells if not _unknown(cell)]
    decimals = decimals_for(known)
    return ["-" if _unknown(cell) else written_number(float(cell), decimals) for cell in column.cells]


def _fit(fit: float) -> str:
    return f"< {WORST_FIT:g}" if fit < WORST_FIT else written_number(fit, 3)


def _unknown(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and not math.isfinite(cell))


def render_html(report: Report) -> str:
    """Write a report as a fragment for notebooks: all words escaped, no script."""
    from markupsafe import Markup

    shown, more = _to_read(report)
    heads = Markup("").join(
        Markup('<th scope="col" class="{}">{}</th>').format(_side(column), column.heading) for column in shown
    )
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup('<td class="{}"><bdi>{}</bdi></td>').format(_side(column), cell)
                for column, cell in zip(shown, row, strict=True)
            )
        )
        for row in zip(*map(_written, shown), strict=True)
    )
    title = clean(shorten(report.title))
    sentences = [*([f"And {counted(more, 'more row')}."] if more else []), *report.sentences()]
    said = Markup("").join(
        Markup('<p class="lime-said">{}</p>').format(clean(shorten(text, LONGEST_SENTENCE))) for text in sentences
    )
    # The style is a file of this package: it is code, not words.
    return str(
        Markup(
            '<div class="lime" role="group" aria-label="{}"><style>{}</style><p class="lime-un">{}</p><h3>{}</h3>'
            '<table class="lime-report"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}</div>'
        ).format(title, Markup(style("style.css", "report.css")), UNSTYLED, title, heads, rows, said)
    )


def _side(column: ReportColumn) -> str:
    """The class of a column's cells: words stand at the left, numbers at the right."""
    return "lime-words" if column.kind == "text" else "lime-num"
