"""The trust card as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lime.render.report import WIDTH, in_encoding
from lime.render.style import UNSTYLED, style
from lime.render.words import LONGEST_SENTENCE, clean, clip_middle, pad, shorten, wrap
from lime.results.card import TrustCard

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["card_body", "card_html", "card_text"]


def card_text(card: TrustCard, width: int = WIDTH) -> str:
    """Write a card as text of at most `width` columns: each part's name and value, and the sentence under it."""
    lines = wrap(clean(card.title), width, max_lines=4)
    room = max((len(finding.name) for finding in card.findings), default=0)
    before = " " * (room + 4)
    for finding in card.findings:
        value = clip_middle(clean(finding.value), width - len(before))
        lines.append(f"  {pad(finding.name, room)}  {value}")
        lines += [before + part for part in wrap(clean(finding.sentence), width - len(before), max_lines=12)]
    for sentence in card.open:
        lines += ["  " + part for part in wrap(clean(sentence), width - 2, max_lines=6)]
    return in_encoding("\n".join(line.rstrip() for line in lines))


def card_body(card: TrustCard, with_open: bool = True) -> Markup:
    """Write what stands inside the block of a card: a list of parts, and what is open; all words escaped."""
    from markupsafe import Markup

    parts = Markup("").join(
        Markup("<div><dt>{}</dt><dd><strong><bdi>{}</bdi></strong> <bdi>{}</bdi></dd></div>").format(
            finding.name, clean(shorten(finding.value)), _sentence(finding.sentence)
        )
        for finding in card.findings
    )
    rest = Markup("").join(Markup("<p>{}</p>").format(_sentence(text)) for text in card.open if with_open)
    return Markup('<dl class="lime-trust">{}</dl>{}').format(parts, rest)


def _sentence(text: str) -> str:
    return clean(shorten(text, LONGEST_SENTENCE))


def card_html(card: TrustCard) -> str:
    """Write a card as a fragment for notebooks, without scripts."""
    from markupsafe import Markup

    title = clean(shorten(card.title))
    # The style is a file of this package: it is code, not words.
    return str(
        Markup(
            '<div class="lime" role="group" aria-label="{}">'
            '<style>{}</style><p class="lime-un">{}</p><h3>{}</h3>{}</div>'
        ).format(title, Markup(style("style.css")), UNSTYLED, title, card_body(card))
    )
