"""Explanations of many rows as HTML: a fragment for notebooks, and a page in which each row can be found and opened.

The fragment runs nothing. The page holds its numbers and words as JSON and one script, a file of this package, whose
hash the page's content security policy names: nothing else can run. The script writes text as text only.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
from typing import Any

import numpy as np

from lime.render.html import environment, written
from lime.render.numbers import format_value, readable_feature
from lime.render.overall import Overall, all_add_up, label_name
from lime.render.picture import thumbnail
from lime.render.style import read_template, style
from lime.results.explanations import Explanations, check_whole
from lime.results.image import channels_last

__all__ = ["render_many", "render_many_fragment"]

_DIGITS = 5
_LONGEST = 2000
# Pictures on a page, and the longest of their sides in pixels: some ten kB each.
_MOST_PICTURES, _SIDE = 500, 192
# Classes or outputs that have a table of what matters, of more those that are explained most often.
_MOST_TABLES = 50


def render_many_fragment(exps: Explanations) -> str:
    """Write what matters over all rows, as a piece of HTML that brings its styles along and runs nothing."""
    return _fragment(_overview(exps))


def _fragment(overview: dict[str, Any]) -> str:
    from markupsafe import Markup

    template = environment().get_template("many_fragment.html")
    return template.render(style=Markup(style("style.css", "many.css")), **overview)  # files of this package


def render_many(exps: Explanations, max_rows: int = 10_000) -> str:
    """Write the page of `Explanations.as_html`.

    Raises
    ------
    ValueError
        If `max_rows` is no whole number of at least 1.
    """
    from markupsafe import Markup

    max_rows = check_whole("max_rows", max_rows)
    total = len(exps)
    shown = exps
    if total > max_rows:
        shown = exps[np.unique(np.linspace(0, total - 1, max_rows).round().astype(np.int64)).tolist()]
    script = _script()
    overview = _overview(exps, with_choice=True)
    key = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()
    return (
        environment()
        .get_template("many_page.html")
        .render(
            fragment=Markup(_fragment(overview)) if total else "",
            data=Markup(_inert(_payload(shown, contributions=overview["what"] == "contribution"))),
            script=Markup(script),
            key=key,
            kind=overview["kind"],
            total=total,
            shown=len(shown),
        )
    )


def _inert(content: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script() -> str:
    return read_template("many.js").strip() + "\n"


def _overview(exps: Explanations, with_choice: bool = False) -> dict[str, Any]:
    """What matters over all rows, for the templates.

    Outputs of a regression have units of their own, so that each has its table and none is made of all. The page
    has a table for each class as well, which its script shows where one is chosen.
    """
    found = Overall.of(exps, all_add_up(exps))
    several = len(found.names) > 1
    by_output = several and found.mode == "regression"
    parts = []
    if not by_output:
        parts.append({"label": None, **found.table()})
    if by_output or (several and with_choice):
        most = sorted(found.counts, key=lambda label: (-found.counts[label], label))[:_MOST_TABLES]
        parts += [{"label": written(found.names[label]), **found.table(label)} for label in sorted(most)]
    return {
        "rows": len(exps),
        "failed": len(exps.errors),
        "kind": "output" if found.mode == "regression" else "class",
        "what": "contribution" if found.contributions else "weight",
        "parts": parts,
        "by_output": by_output,
        "without": len(found.names) - _MOST_TABLES if by_output else 0,
    }


def _payload(exps: Explanations, contributions: bool) -> dict[str, Any]:
    """Everything that the script shows, one entry a row and label."""
    from scipy import special

    words: dict[str, int] = {}
    entries: list[list[Any]] = []
    texts: dict[int, list[Any]] = {}
    pictures: list[str] = []
    mode = "classification"

    def code(text: Any) -> int:
        return words.setdefault(written(text, _LONGEST), len(words))

    for columns in exps.arrays():
        lines = columns.lines()
        contents = [json.loads(line) for line in lines]
        share = np.array([content.get("error_share", 1.0) for content in contents])[columns.row_of_entries()]
        upper = 1.0 - 0.025 * share  # as in `Explanation.confidence_intervals`
        quantile = np.where(
            np.isinf(columns.degrees), special.ndtri(upper), special.stdtrit(np.maximum(columns.degrees, 1.0), upper)
        )
        sizes, reach = columns.weight, columns.standard_error * quantile[columns.entry_of_features()]
        if contributions:  # a contribution is its weight times something known
            sizes, nothing = columns.contribution, columns.weight == 0.0
            reach = reach * np.abs(np.divide(sizes, columns.weight, out=np.zeros(len(sizes)), where=~nothing))
        values = [None if value is None else code(format_value(value)) for value in columns.values()]
        features = [code(readable_feature(*word)) for word in columns.words]
        for row, content in enumerate(contents):
            mode = content["mode"] if row not in columns.errors else mode
            number = len(texts)
            block = content.get("instance_block")
            if block is not None and block.get("kind") == "text":
                texts[number] = [[piece["text"], piece["feature"]] for piece in block["pieces"]]
            else:
                texts[number] = []
            head = [int(columns.positions[row]), code(columns.ids[row])]
            span = range(columns.label_start[row], columns.label_start[row + 1])
            if row in columns.errors or not span:
                reason = columns.errors.get(row, "nothing was explained")
                warned = [code(sentence) for sentence in content.get("warnings", [])]
                entries.append([*head, None, None, None, None, None, [], warned, code(reason), number])
            for entry in span:
                weights = [
                    [
                        features[columns.word[k]],
                        values[k],
                        _short(sizes[k]),
                        _short(reach[k]),
                        int(columns.index[k]),
                    ]
                    for k in range(columns.feature_start[entry], columns.feature_start[entry + 1])
                ]
                if contributions:
                    weights.sort(key=lambda one: -abs(one[2] or 0.0))
                start = columns.baseline if contributions else columns.intercept
                numbers = (columns.prediction, columns.score, start, columns.local_prediction)
                label = int(columns.label[entry])
                name, warned = code(label_name(content, label)), [code(said) for said in _warned(content, label)]
                line = [*head, name, *(_short(one[entry]) for one in numbers), weights, warned, None, number]
                if block is not None and block.get("kind") == "image" and len(pictures) < _MOST_PICTURES:
                    line.append(len(pictures))
                    pictures.append(_picture(columns.explanation(row, lines[row]), label))
                entries.append(line)
    blocks = [texts[number] for number in itertools.takewhile(texts.__contains__, itertools.count())]
    return {
        "mode": mode,
        "contributions": contributions,
        "words": list(words),
        "entries": entries,
        "texts": blocks if any(blocks) else [],
        "pictures": pictures,
    }


def _picture(exp: Any, label: int) -> str:
    """An explained picture as a data address; empty where it was stored without its pixels or its segments."""
    if exp.image is None or exp.segments is None:
        return ""
    weights = {index: float(weight) for index, weight in exp.local_exp[label]}
    return thumbnail(channels_last(exp.image, exp.channel_axis), exp.segments, weights, _SIDE)


def _warned(content: dict[str, Any], label: int) -> list[str]:
    """What a reader must know of one label or of the whole row, each sentence once."""
    warnings = content.get("warnings", [])
    concerned = content.get("concerned") or [None] * len(warnings)
    about = (said for said, labels in zip(warnings, concerned, strict=True) if labels is None or label in labels)
    return list(dict.fromkeys(about))


def _short(value: Any) -> float | None:
    number = float(value)
    return float(f"{number:.{_DIGITS}g}") if math.isfinite(number) else None
