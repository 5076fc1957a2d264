"""What every picture of an explanation starts from: names, numbers, their scale and their rounding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lime.render.effects import effects_of
from lime.render.numbers import decimals_for, readable_feature
from lime.results.explanation import Explanation
from lime.results.serialize import plain
from lime.results.surrogates import OF_PAIR
from lime.results.wording import counted

__all__ = [
    "Answer",
    "Bar",
    "LabelView",
    "View",
    "bars_of",
    "build_view",
    "in_unit",
    "scale_of",
    "shows_contributions",
    "title_of_target",
]

SHOWN_CLASSES = 10

SHOWN_EFFECTS = 3
"""Contributions that are told in words below the bars."""


@dataclass(frozen=True)
class Bar:
    """One feature of one label. `reach` is half the width of its 95% interval, None where it is unknown.

    In a view of contributions, `weight` is the contribution.
    """

    index: Any
    feature: str
    name: str
    value: Any
    weight: float
    reach: float | None


@dataclass(frozen=True)
class LabelView:
    """One explained label.

    `bars` are the features that a table shows, `hidden` those that are too many for it, all by falling weight.
    `parts` is what all of them add to the intercept; `summed` says it is their plain sum.
    `near_score` is R² on real rows nearby that took no part in the fit.
    With `anchored`, the bars are contributions, `intercept` is the baseline, and `surrogate` the model's prediction.
    `effects` are the largest contributions in words. `lines` show a surrogate that is not linear, and `said` is what
    a reader must know of it.
    """

    label: Any
    name: str
    bars: tuple[Bar, ...]
    intercept: float | None
    parts: float | None
    summed: bool
    surrogate: float | None
    model: float | None
    score: float | None
    minimum: float | None
    maximum: float | None
    decimals: int
    fit_decimals: int
    hidden: tuple[Bar, ...] = ()
    anchored: bool = False
    near_score: float | None = None
    effects: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def hidden_sum(self) -> float:
        """What the hidden features add together."""
        return math.fsum(bar.weight for bar in self.hidden if math.isfinite(bar.weight))


@dataclass(frozen=True)
class Answer:
    """One class and its probability. `explained` marks the classes whose weights are shown."""

    name: str
    probability: float
    explained: bool


@dataclass(frozen=True)
class View:
    """A whole explanation. `scale` is the weight, above zero, that fills half a bar's room.

    `title` is what stands above features where what is explained is no output of the model, and `detail` what that
    was made of; else they are empty.
    """

    mode: str
    answers: tuple[Answer, ...]
    others: int
    others_probability: float
    labels: tuple[LabelView, ...]
    scale: float
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    title: str = ""
    detail: str = ""


def bars_of(exp: Explanation, label: Any, contributions: bool = False) -> tuple[Bar, ...]:
    """Return the features of an explained label by falling weight, or by falling size of their `contributions`."""
    intervals = exp.contribution_intervals(label) if contributions else exp.confidence_intervals(label)
    bars = []
    pairs = exp.pair_terms(label)
    ids = [*(feature_id for feature_id, _ in exp.local_exp[label]), *range(-1, -1 - len(pairs), -1)]
    for record, feature_id in zip(exp.records(label), ids, strict=True):
        interval = intervals.get(feature_id)
        if feature_id < 0 and record["index"] == OF_PAIR:
            interval = exp.interval_of(pairs[-1 - feature_id], label, contribution=contributions)
        bars.append(
            Bar(
                index=record["index"],
                feature=readable_feature(*(record[key] for key in ("feature", "name", "low", "high"))),
                name=record["name"],
                # A segment of a picture has no value; how much of the picture it covers says more.
                value=record["value"] if record.get("share") is None else _percent(record["share"]),
                weight=record["contribution"] if contributions else record["weight"],
                reach=None if interval is None else (interval[1] - interval[0]) / 2.0,
            )
        )
    return tuple(sorted(bars, key=lambda bar: -abs(bar.weight)) if contributions or pairs else bars)


def shows_contributions(exp: Explanation, label: Any) -> bool:
    """Whether a label is shown by contributions: they are known, and sum to the model's prediction."""
    return exp.anchored and label in exp.contributions_by_label


def _percent(share: float) -> str:
    percent = 100.0 * share
    return "< 0.1%" if 0.0 < percent < 0.05 else f"{percent:.1f}%"


def scale_of(bars: Sequence[Bar]) -> float:
    """Return the weight that fills half a bar's room.

    The widest interval has its place in it, unless it is so wide that the bars could not be told apart any more.
    """
    weights = [abs(bar.weight) for bar in bars if math.isfinite(bar.weight)]
    largest = max(weights, default=0.0)
    ends = [
        abs(bar.weight) + bar.reach
        for bar in bars
        if bar.reach is not None and math.isfinite(bar.weight) and math.isfinite(bar.reach)
    ]
    widest = max(ends, default=0.0)
    scale = max(largest, min(widest, 1.6 * largest)) if largest > 0 else widest
    return scale if scale > 0 else 1.0


def _number(value: Any, label: Any = None) -> float | None:
    """Read a number, or the number that belongs to a label from a dict or a row of outputs."""
    if isinstance(value, dict):
        value = value.get(label)
    if value is None:
        return None
    flat = np.ravel(np.asarray(value, dtype=float))
    if flat.size == 1:
        return float(flat[0])
    if isinstance(label, int | np.integer) and -flat.size <= label < flat.size:
        return float(flat[label])
    return None


def _parted(exp: Explanation, bars: tuple[Bar, ...]) -> tuple[tuple[Bar, ...], tuple[Bar, ...]]:
    """Part the features that a table shows from those that are too many for it; a single one more is shown."""
    most = exp.most_rows
    if most is None or len(bars) <= most + 1:
        return bars, ()
    return bars[:most], bars[most:]


def _label_view(exp: Explanation, label: Any) -> LabelView:
    anchored = shows_contributions(exp, label)
    bars = bars_of(exp, label, contributions=anchored)
    intercept = _number((exp.baseline_values if anchored else exp.intercept).get(label))
    # Programs that fill an explanation by hand, as with 0.2.0.1, know `local_pred` and `score` alone.
    by_hand = len(exp.explained_labels()) == 1
    surrogate = _number(exp.local_preds.get(label, exp.local_pred if by_hand else None), label)
    if anchored and intercept is not None:
        surrogate = intercept + math.fsum(bar.weight for bar in bars)
    parts = None if intercept is None or surrogate is None else surrogate - intercept
    total = math.fsum(bar.weight for bar in bars) if all(math.isfinite(bar.weight) for bar in bars) else math.nan
    summed = parts is not None and math.isclose(
        parts, total, rel_tol=1e-6, abs_tol=1e-9 * (1.0 + abs(intercept or 0.0))
    )
    model = _number(exp.model_preds.get(label))
    bars, hidden = _parted(exp, bars)
    found = exp.surrogates.get(label)
    decimals = decimals_for([bar.weight for bar in bars])
    minimum = maximum = None
    if exp.mode == "classification":
        if model is None and exp.predict_proba is not None:
            model = _number(exp.predict_proba, label)
    else:
        if model is None:
            model = _number(exp.predicted_value, label)
        low, high = exp.ranges.get(label, (exp.min_value, exp.max_value))
        minimum, maximum = _number(low, label), _number(high, label)
    # At least the decimals of the weights, so that a reader can add these up.
    fit_decimals = decimals_for([intercept, parts, surrogate, model])
    return LabelView(
        label=plain(label),
        name=in_unit(exp, exp.label_name(label)),
        bars=bars,
        intercept=intercept,
        parts=parts,
        summed=summed,
        surrogate=surrogate,
        model=model,
        score=_number(exp.scores.get(label, exp.score if by_hand else None), label),
        minimum=minimum,
        maximum=maximum,
        decimals=decimals,
        fit_decimals=fit_decimals if fit_decimals < 0 else max(fit_decimals, decimals),
        hidden=hidden,
        anchored=anchored,
        near_score=_near_score(exp, label),
        effects=tuple(effects_of(exp, label)[:SHOWN_EFFECTS]) if anchored else (),
        lines=tuple(found.lines(label)) if found is not None else (),
        said=tuple(found.sentences(label)) if found is not None else (),
    )


def _near_score(exp: Explanation, label: Any) -> float | None:
    """R² on real rows nearby; None where these are not known, or the model does not vary on them."""
    found = exp.local_fit.get(label)
    known = found is not None and found.source == "training rows" and math.isfinite(found.score)
    return found.score if found is not None and known else None


def _answers(exp: Explanation, labels: Sequence[Any]) -> tuple[tuple[Answer, ...], int, float]:
    """Return the classes to show, in their order, the number of the others and their probability together."""
    if exp.mode != "classification" or exp.predict_proba is None:
        return (), 0, 0.0
    shares = [float(share) for share in np.ravel(np.asarray(exp.predict_proba, dtype=float))]
    order = list(range(len(shares)))
    if len(order) > SHOWN_CLASSES:
        order.sort(key=lambda k: (k not in labels, -shares[k] if math.isfinite(shares[k]) else math.inf))
        order = sorted(order[:SHOWN_CLASSES], key=lambda k: -shares[k] if math.isfinite(shares[k]) else math.inf)
    shown = tuple(Answer(exp.label_name(k), shares[k], k in labels) for k in order)
    rest = set(range(len(shares))) - set(order)
    return shown, len(rest), math.fsum(shares[k] for k in rest)


def _notes(exp: Explanation) -> tuple[str, ...]:
    """Return what went into the explanation, one short phrase each."""
    notes = []
    if exp.num_model_calls is not None:
        notes.append(counted(exp.num_model_calls, "model call"))
    if exp.num_samples is not None:
        notes.append(counted(exp.num_samples, "sample"))
    if exp.sampling_method:
        notes.append(f"sampling: {exp.sampling_method}")
    if exp.representation is not None:
        notes.append(f"representation: {exp.representation}")
    if exp.sampling_reason:
        notes.append(exp.sampling_reason)
    if exp.link == "logit":
        notes.append("unit: log-odds")
    if exp.effective_samples is not None:
        notes.append(f"effective samples: {100 * exp.effective_samples:.0f}%")
    if exp.settled:  # what is not settled stands among the warnings
        notes.append(exp.stopping.rstrip("."))
    return tuple(notes)


def _warnings(exp: Explanation, labels: Sequence[Any]) -> tuple[str, ...]:
    """Return what a reader must know of the whole explanation and of these labels of it."""
    sentences = [str(warning) for warning in exp.warnings]
    concerned = exp.labels_of_warnings() or [None] * len(sentences)
    pairs = zip(sentences, concerned, strict=True)
    return tuple(said for said, about in pairs if about is None or not set(about).isdisjoint(labels))


def build_view(exp: Explanation, labels: Sequence[Any] | int | str | None = None) -> View:
    """Prepare an explanation for being shown.

    Parameters
    ----------
    exp : Explanation
    labels : int, str or sequence of these, optional
        The labels to show, by position or name; all explained ones by default.

    Raises
    ------
    KeyError
        A label was not explained.
    """
    if isinstance(labels, int | np.integer | str):
        labels = [labels]
    chosen = exp.explained_labels() if labels is None else [_exactly(exp, label) for label in labels]
    chosen = list(dict.fromkeys(chosen))
    views = tuple(_label_view(exp, label) for label in chosen)
    answers, others, others_probability = _answers(exp, chosen)
    return View(
        mode=exp.mode,
        answers=answers,
        others=others,
        others_probability=others_probability,
        labels=views,
        scale=scale_of([bar for view in views for bar in view.bars]),
        warnings=_warnings(exp, chosen),
        notes=_notes(exp),
        title=title_of_target(exp),
        detail="" if exp.target is None else exp.target.detail,
    )


def title_of_target(exp: Explanation) -> str:
    """What stands above features where a target is explained; empty where there is none."""
    if exp.target is None:
        return ""
    return in_unit(exp, f"{'What moves' if exp.target.coefficients is None else 'Why'} {exp.target.name}")


def in_unit(exp: Explanation, name: str) -> str:
    """What is explained, with the unit that it is explained in."""
    return f"{name}, in log-odds" if exp.link == "logit" else name


def _exactly(exp: Explanation, label: Any) -> Any:
    """Resolve a label that a user named; here 1 is no default, so it must have been explained."""
    return exp.find_label(label) if exp.mode == "classification" else exp.resolve_label(label)
