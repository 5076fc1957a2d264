"""An explainer in a notebook: what it is set up to do, and the columns that it knows. No script, all words escaped."""

from __future__ import annotations

from collections.abc import Sequence

from lime.render.style import UNSTYLED, style
from lime.render.words import clean, shorten

__all__ = ["render_explainer"]

MOST_ROWS = 30
"""Columns of the data that are listed."""


def render_explainer(title: str, facts: Sequence[tuple[str, str]], columns: Sequence[tuple[str, str, str]] = ()) -> str:
    """Write what an explainer is as a fragment for notebooks.

    Parameters
    ----------
    title : str
        The name of its class.
    facts : sequence of (str, str)
        Settings by name, as words.
    columns : sequence of (str, str, str)
        Of a table: name, kind, and usual values of each column.

    Returns
    -------
    str
    """
    from markupsafe import Markup

    parts = [_table(("Setting", ""), [(name, _unquoted(text)) for name, text in facts])]
    if columns:
        parts.append(_table(("Column", "Kind", "Training data"), columns[:MOST_ROWS]))
    if len(columns) > MOST_ROWS:
        parts.append(Markup("<p>and {} more columns</p>").format(format(len(columns) - MOST_ROWS, ",")))
    name, look = clean(shorten(title)), Markup(style("style.css", "report.css"))
    return str(
        Markup(
            '<div class="lime" role="group" aria-label="{}"><style>{}</style><p class="lime-un">{}</p>'
            "<h3>{}</h3>{}</div>"
        ).format(name, look, UNSTYLED, name, Markup("").join(parts))
    )


def _unquoted(text: str) -> str:
    """A string's repr as the string."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from markupsafe import Markup

    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in heads)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td><bdi>{}</bdi></td>").format(clean(shorten(cell, 200))) for cell in row)
        )
        for row in rows
    )
    return Markup('<table class="lime-report"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(head, body)
