"""An explanation as HTML: a fragment for notebooks, and a page that needs nothing else.

Markup and styles are files in `templates`; every name, value and text goes through jinja2's escaping. There are no
scripts, no links and no ids, so two explanations on one page cannot disturb each other.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lime.render.image_page import picture_block
from lime.render.numbers import decimals_for, format_value, group_thousands, round_sum, written_number
from lime.render.running_text import fold
from lime.render.style import UNSTYLED, read_template, style
from lime.render.timeseries_page import series_block
from lime.render.trust import card_body
from lime.render.view import Bar, LabelView, View, build_view
from lime.render.words import LONGEST, LONGEST_SENTENCE, shorten
from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.mapper import describe_feature, instance_block, instance_features
from lime.results.serialize import plain
from lime.results.wording import counted, warn_user

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["render_fragment", "render_page"]

_STYLES = {"image": ("image.css",), "timeseries": ("timeseries.css",)}
_FILL = {"for": "#2a6fbb", "against": "#d2691e"}
# Characters of a name that pointing at it shows.
_LONGEST_TITLE = 10_000
_LONG_WORD = 16
_WIDEST_PART, _WORDS_ROOM = 36, 18
# Room that the longest bar or whisker leaves free at the edge, in hundredths of half the picture.
_FULL = 97.0


def safe_text(text: Any) -> str:
    """Write control characters and lone surrogates, which no HTML may hold, as escapes; keep all others."""
    words = str(text)
    if words.isprintable():
        return words
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"
        else character
        for character in words
    )


def written(text: Any, longest: int = LONGEST) -> str:
    """Write a text without its middle where it is long, and what no HTML may hold as escapes."""
    return safe_text(shorten(str(text), longest))


def _wrappable(text: Any) -> Markup:
    """Shorten a name, and let a long word in it break where a reader would."""
    from markupsafe import Markup, escape

    words = written(text)
    if max(map(len, words.split(" "))) <= _LONG_WORD:
        return escape(words)
    return Markup(" ").join(Markup("<wbr>").join(_parts(word)) for word in words.split(" "))


def _number(value: float | None, decimals: int, sign: bool = False) -> str:
    """Write a number with the minus sign that is as wide as a plus."""
    text = written_number(value, decimals, sign)
    return "\u2212" + text[1:] if text.startswith("-") else text


def _share(value: float) -> str:
    return _coordinate(100.0 * min(max(value, 0.0), 1.0)) if math.isfinite(value) else "0"


def _coordinate(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _shape(bar: Bar, scale: float) -> dict[str, Any]:
    """Place a bar and its whisker between -100 and 100, the axis at 0."""
    shape: dict[str, Any] = {
        "side": "for" if bar.weight > 0 else "against",
        "fill": _FILL["for" if bar.weight > 0 else "against"],
        "width": None,
        "low": None,
        "reach": bar.reach is not None and math.isfinite(bar.reach),
    }
    if math.isnan(bar.weight):
        return shape
    length = _FULL * min(abs(bar.weight) / scale, 1.0)
    shape["width"] = _coordinate(length)
    shape["x"] = "0" if bar.weight > 0 else _coordinate(-length)
    if bar.reach is not None and math.isfinite(bar.reach) and math.isfinite(bar.weight):
        ends = [_FULL * (bar.weight + side * bar.reach) / scale for side in (-1.0, 1.0)]
        low, high = (_coordinate(min(max(end, -100.0), 100.0)) for end in ends)
        shape["low"], shape["high"] = low, high
        # An end without a cap runs out of the picture.
        shape["caps"] = "".join(f"M{_coordinate(end)} 6V14" for end in ends if -100.0 <= end <= 100.0)
    return shape


def _heading(view: View, label: LabelView) -> str:
    if view.mode == "classification":
        return f"Why {written(label.name)}"
    if view.title:
        return written(view.title)
    return written(label.name) if len(view.labels) > 1 else "What moves the value"


def _rooms(label: LabelView) -> tuple[int, int]:
    """Return how many characters the widest weight and the widest half-width take."""
    weights = [len(_number(bar.weight, label.decimals, True)) for bar in label.bars]
    reaches = [
        len(_number(bar.reach, label.decimals)) + 2
        for bar in label.bars
        if bar.reach is not None and math.isfinite(bar.reach)
    ]
    return max(weights, default=1), max(7, max(reaches, default=0) + 1) if reaches else 0


def _word_room(label: LabelView) -> int:
    """Return how many characters the longest part of a name takes that should not be broken."""
    return _longest_part([bar.feature for bar in label.bars])


def _answers_room(view: View) -> int:
    """Return how many characters the longest name of a class takes."""
    return min(max((len(answer.name) for answer in view.answers), default=0) + 2, 60)


def _longest_part(names: Sequence[str]) -> int:
    parts = (part for name in names for word in shorten(name).split() for part in _parts(word))
    return min(max(map(len, parts), default=0) + 1, _WIDEST_PART)


def _parts(word: str) -> list[str]:
    """Cut a long word where a reader would: after underscores, slashes, and points and dashes between letters."""
    return [word] if len(word) <= _LONG_WORD else re.split(r"(?<=[_/])|(?<=[^\W\d][.:-])(?=[^\W\d])", word)


def _range_decimals(label: LabelView) -> int:
    return decimals_for([label.model, label.minimum, label.maximum], digits=4)


def _position(label: LabelView) -> str:
    if label.model is None or label.minimum is None or label.maximum is None:
        return "0"
    return _share((label.model - label.minimum) / (label.maximum - label.minimum))


def _sum_in_sight(label: LabelView) -> tuple[str, str, str, str]:
    first, second, total = map(
        group_thousands, round_sum(label.intercept, label.parts, label.surrogate, label.fit_decimals)
    )
    sign = "\u2212" if second.startswith("-") else "+"
    return first.replace("-", "\u2212"), sign, second.lstrip("-"), total.replace("-", "\u2212")


@functools.cache
def environment() -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(read_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        safe_text=safe_text,
        shorten=written,
        whole=functools.partial(written, longest=_LONGEST_TITLE),
        sentence=functools.partial(written, longest=LONGEST_SENTENCE),
        wrappable=_wrappable,
        number=_number,
        value=format_value,
        share=_share,
        counted=counted,
    )
    environment.globals.update(
        unstyled=UNSTYLED,
        rooms=_rooms,
        word_room=_word_room,
        answers_room=_answers_room,
        range_decimals=_range_decimals,
        position=_position,
        sum_in_sight=_sum_in_sight,
    )
    return environment


def _table_block(exp: Explanation, view: View, show_all: bool) -> dict[str, Any] | None:
    """The instance's values in column order, those with weight first where only they are shown."""
    weights = [{bar.index: bar for bar in label.bars} for label in view.labels]
    used = list(dict.fromkeys(bar.index for label in view.labels for bar in label.bars))
    order = [plain(feature_id) for feature_id in instance_features(exp.domain_mapper)]
    known = set(order)
    order += [feature_id for feature_id in used if feature_id not in known]
    if not show_all:
        kept = set(used)
        order = [feature_id for feature_id in order if feature_id in kept]
    rows = []
    for feature_id in order:
        described = describe_feature(exp.domain_mapper, feature_id)
        marks = []
        for label, bars in zip(view.labels, weights, strict=True):
            bar = bars.get(feature_id)
            marks.append(
                None
                if bar is None
                else {
                    "side": "for" if bar.weight > 0 else "against" if bar.weight < 0 else "",
                    "text": _number(bar.weight, label.decimals, True),
                }
            )
        value = plain(described["value"])
        rows.append(
            {
                "name": described["name"],
                "value": format_value(value),
                "known": value is not None,
                "number": isinstance(value, int | float),
                "marks": marks,
                "used": any(mark is not None for mark in marks),
            }
        )
    if not any(row["known"] for row in rows):
        return None
    # Numbers are never cut; words may be, and their title has them whole.
    room = max(len(row["value"]) if row["number"] else min(len(row["value"]), _WORDS_ROOM) for row in rows)
    return {"kind": "table", "rows": rows, "room": max(room + 1, 6)}


def _text_block(view: View, content: dict[str, Any], opacity: bool) -> dict[str, Any]:
    """The running text once a label, its pieces marked by their weight in it."""
    texts = []
    for label in view.labels:
        weights = {bar.index: bar.weight for bar in label.bars}
        largest = max((abs(w) for w in weights.values() if math.isfinite(w)), default=0.0) or 1.0
        pieces = []
        for piece in content["pieces"]:
            weight = weights.get(piece["feature"], 0.0)
            strength = min(abs(weight) / largest, 1.0) if opacity and not math.isnan(weight) else 1.0
            head, hidden, tail = (piece["text"], "", "") if weight else fold(piece["text"])
            pieces.append(
                {
                    "text": head,
                    "hidden": hidden,
                    "tail": tail,
                    "side": "for" if weight > 0 else "against" if weight < 0 else "",
                    "strength": _coordinate(0.08 + 0.37 * strength),
                    "weight": _number(weight, label.decimals, True),
                }
            )
        texts.append({"name": label.name, "pieces": pieces})
    return {"kind": "text", "texts": texts}


def _block(
    exp: Explanation,
    view: View,
    *,
    show_table: bool,
    show_all: bool,
    text: bool,
    image: bool,
    opacity: bool,
    **kwargs: Any,
) -> dict[str, Any] | None:
    """Prepare the mapper's picture of the instance for its template."""
    mapper = exp.domain_mapper
    content = instance_block(mapper, exp, **kwargs)
    if content is None:
        old = getattr(mapper, "visualize_instance_html", None)
        if old is not None and view.labels and old(exp.local_exp[view.labels[0].label], view.labels[0].label, "", ""):
            warn_user(
                f"{type(mapper).__name__}.visualize_instance_html returned a script, which pages no longer run; "
                "override instance_block instead",
            )
        return _table_block(exp, view, show_all) if show_table else None
    if content.get("kind") == "text":
        return _text_block(view, content, opacity) if text else None
    if content.get("kind") == "image":
        return picture_block(exp, view, opacity) if image else None
    if content.get("kind") == "timeseries":
        return series_block(exp, view, opacity) if image else None
    if content.get("kind") == "parts":
        show = {"show_table": show_table, "show_all": show_all, "text": text, "image": image, "opacity": opacity}
        return _parts_block(exp, view, show)
    if content.get("kind") == "slices":
        return _slices_block(exp, view, opacity) if image else None
    raise LimeError(
        f"{type(mapper).__name__}.instance_block returned kind={content.get('kind')!r}: expected 'text', "
        "'image', 'timeseries', or None for a table"
    )


def _parts_block(exp: Any, view: View, show: dict[str, bool]) -> dict[str, Any]:
    """The parts of an instance, each in its own form, with what it adds for each label."""
    labels = [label.label for label in view.labels]
    totals = [exp.part_totals(one) if exp.baseline_values else {} for one in labels]
    parts = []
    for name in exp.parts:
        own = exp.part(name)
        own_view = build_view(own, labels)
        shown = [_number(by[name], label.decimals, True) for by, label in zip(totals, view.labels, strict=True) if by]
        parts.append({"name": name, "totals": shown, "view": own_view, "block": _block(own, own_view, **show)})
    return {"kind": "parts", "parts": parts}


def _slices_block(exp: Any, view: View, opacity: bool) -> dict[str, Any] | None:
    """Some slices of a volume, each as a picture, for each label; None where it was stored without the volume."""
    if exp.volume is None:
        return None
    parts = []
    for number in exp.slices_to_show(view.labels[0].label if view.labels else None):
        own = exp.slice(number)
        own_view = build_view(own, [label.label for label in view.labels])
        name = f"{exp.slice_name} {number} of {len(exp.segments)}"
        parts.append({"name": name, "totals": [], "view": own_view, "block": picture_block(own, own_view, opacity)})
    return {"kind": "parts", "parts": parts}


def _kinds(block: dict[str, Any] | None) -> list[str]:
    """Kinds of blocks that are shown, those of parts too."""
    if not block:
        return []
    inner = [kind for part in block.get("parts", ()) for kind in _kinds(part["block"])]
    return list(dict.fromkeys([block["kind"], *inner]))


def render_fragment(
    exp: Explanation,
    labels: Sequence[Any] | int | None = None,
    *,
    predict_proba: bool = True,
    show_predicted_value: bool = True,
    show_table: bool = True,
    show_all: bool = False,
    text: bool = True,
    image: bool = True,
    opacity: bool = True,
    **kwargs: Any,
) -> str:
    """Write an explanation as a piece of HTML that brings its styles along; the parameters are `as_html`'s.

    Raises
    ------
    KeyError
        A label was not explained.
    TypeError
        A keyword that neither the page nor the mapper knows.
    LimeError
        The mapper's `instance_block` is of no known kind.
    """
    from markupsafe import Markup

    view = build_view(exp, labels)
    block = _block(
        exp, view, show_table=show_table, show_all=show_all, text=text, image=image, opacity=opacity, **kwargs
    )
    cards = [exp.known_trust(label.label) for label in view.labels]
    return (
        environment()
        .get_template("fragment.html")
        .render(
            view=view,
            title=_title(view),
            # Files of this package, not a stranger's text.
            style=Markup(style("style.css", *(name for kind in _kinds(block) for name in _STYLES.get(kind, ())))),
            show_probabilities=predict_proba,
            show_value=show_predicted_value,
            values_shown=show_table,
            block=block,
            bars=[[(bar, _shape(bar, view.scale)) for bar in label.bars] for label in view.labels],
            has_errors=any(bar.reach is not None for label in view.labels for bar in label.bars),
            sides=("against", "for") if view.mode == "classification" else ("lowers", "raises"),
            heading=functools.partial(_heading, view),
            # What is not known is much the same for all labels: once is enough.
            cards=[(card.title, card_body(card, with_open=k == 0)) for k, card in enumerate(cards) if card.findings],
        )
    )


def _title(view: View) -> str:
    names = ", ".join(written(label.name, 60) for label in view.labels[:3])
    return "Explanation" + (f": {names}" if (view.mode == "classification" or view.title) and names else "")


def render_page(exp: Explanation, **kwargs: Any) -> str:
    """Write an explanation as a whole HTML page; the parameters are those of `render_fragment`."""
    from markupsafe import Markup

    fragment = render_fragment(exp, **kwargs)
    title = _title(build_view(exp, kwargs.get("labels")))
    return environment().get_template("page.html").render(title=title, fragment=Markup(fragment))
