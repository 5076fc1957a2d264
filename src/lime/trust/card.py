"""The trust card of an explanation: what it tells of itself, and what is measured when it is asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lime.domains.base import check_count
from lime.results.card import Finding, TrustCard
from lime.results.explanation import Explanation
from lime.trust.fresh import fidelity
from lime.trust.interactions import interactions
from lime.trust.offdata import off_data
from lime.trust.repeated import stability
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer

__all__ = ["card", "keep_findings"]

LEVEL = 0.95
"""Level of the intervals that a card speaks of."""


def card(
    explanation: Explanation,
    label: Any = None,
    *,
    explainer: Explainer | None = None,
    instance: Any = None,
    predict_fn: Any = None,
    training_data: Any = None,
    repeats: int = 0,
    **settings: Any,
) -> TrustCard:
    """Tell how far an explanation can be trusted, part by part.

    What the explanation knows of itself is always there and asks the model nothing: the fit, the agreement at the
    instance, intervals, the order, the effective samples, and interactions where the model's answers are at hand.
    There is no overall score: what the parts weigh against each other is for the reader to say.

    Parameters
    ----------
    explanation : Explanation
    label : int, optional
        The first explained one when None.
    explainer : Explainer, optional
        The one that made it; needed for all that follows.
    instance, predict_fn : optional
        As for its `explain_instance`. With both, the fit is measured on fresh draws: the model is asked as often
        again (see `lime.trust.fidelity`).
    training_data : optional
        Rows like those the explainer was made with: how much of the neighbourhood lies off the data (see
        `lime.trust.off_data`).
    repeats : int
        With 2 or more, an explainer, an instance and the model, the explanation is repeated this often (see
        `lime.trust.stability`).
    **settings
        Passed to `explain_instance` where the model is asked again; give those that the explanation was made with.

    Returns
    -------
    TrustCard

    Raises
    ------
    KeyError
        If the label was not explained.
    ValueError
        If something is asked for without what it takes.
    """
    label = explanation.resolve_label(label)
    count = check_count("repeats", repeats, least=0)
    if (predict_fn is not None or count) and (explainer is None or instance is None or predict_fn is None):
        missing = [
            name
            for name, value in (("explainer", explainer), ("instance", instance), ("predict_fn", predict_fn))
            if value is None
        ]
        raise ValueError(f"{' and '.join(missing)}: expected, to ask the model again for the trust card")
    if training_data is not None and explainer is None:
        raise ValueError("training_data without explainer: expected both, to compare its draws with the data")
    found: list[Finding | None] = [
        _fit(explanation, label),
        _at_instance(explanation, label),
        *_intervals_and_order(explanation, label),
        _samples(explanation),
        _pairs(explanation, label),
    ]
    open_: list[str] = []
    if found[-1] is None:
        open_.append("Interactions are not known: the model's answers are not kept in this explanation.")
    asked = explainer is not None and instance is not None and predict_fn is not None
    if asked:
        assert explainer is not None
        found.insert(1, _fresh(explanation, label, explainer, instance, predict_fn, settings))
        if count:
            found.append(_repeats(explainer, instance, predict_fn, count, label, settings))
    if training_data is not None:
        assert explainer is not None
        found.append(_off_data(explainer, training_data, instance))
    later = []
    if not asked:
        later.append("fit on fresh samples (explainer, instance, predict_fn)")
    if not count:
        later.append("repeated runs (repeats as well)")
    if training_data is None:
        later.append("share off the data (explainer, training_data)")
    if later:
        open_.append(f"Not measured, for want of what is in brackets: {'; '.join(later)}.")
    return TrustCard(label, explanation.label_name(label), tuple(one for one in found if one is not None), tuple(open_))


def keep_findings(explanation: Explanation) -> None:
    """Find out, for the card, what needs the model's answers, before an explanation parts with them."""
    for label in explanation.explained_labels():
        _pairs(explanation, label)


def _fit(explanation: Explanation, label: Any) -> Finding | None:
    score = explanation.scores.get(label)
    if score is None:
        return None
    left_out = explanation.held_out_scores.get(label)
    sentence = (
        f"The surrogate accounts for {percent(max(float(score), 0.0))} of the model's variation in the neighbourhood"
    )
    value = f"R^2 {score:.2f}"
    if left_out is not None:
        value += f", left out {left_out:.2f}"
        sentence += f", and for {percent(max(left_out, 0.0))} on draws that are left out of the fit one by one"
    return Finding("fit", "fit", value, sentence + ".", {"score": score, "held_out_score": left_out})


def _at_instance(explanation: Explanation, label: Any) -> Finding | None:
    model, surrogate = explanation.model_preds.get(label), explanation.local_preds.get(label)
    if model is None or surrogate is None:
        return None
    model, surrogate = float(np.ravel(model)[0]), float(np.ravel(surrogate)[0])
    apart = abs(model - surrogate)
    largest = max((abs(float(weight)) for _, weight in explanation.local_exp[label]), default=0.0)
    ratio = f", {number(apart / largest, 2)} times the largest weight" if largest > 0 else ""
    return Finding(
        "instance",
        "at the instance",
        f"model {number(model)}, surrogate {number(surrogate)}",
        f"Where the instance is, the surrogate is {number(apart, 2)} off the model{ratio}.",
        {"model": model, "surrogate": surrogate, "difference": apart},
    )


def _intervals_and_order(explanation: Explanation, label: Any) -> list[Finding | None]:
    weights = {int(i): float(weight) for i, weight in explanation.local_exp[label]}
    intervals = explanation.confidence_intervals(label, LEVEL)
    known = [(weights[i], *intervals[i]) for i in weights if i in intervals]
    if not known:
        return [None, None]
    if all(low == high for _, low, high in known):
        exact = "All draws that there are were asked about: weights and their order have no sampling error."
        return [
            Finding("intervals", "intervals", "exact", exact, {"known": len(known), "exclude_zero": len(known)}),
            None,
        ]
    sure = sum(not low <= 0.0 <= high for _, low, high in known)
    widths = [(high - low) / abs(weight) for weight, low, high in known if weight]
    width = float(np.median(widths)) if widths else float("nan")
    first = Finding(
        "intervals",
        "intervals",
        f"{sure} of {len(known)} exclude 0",
        f"So many of the weights shown have a sign that sampling error leaves no doubt of (95 %); the median interval "
        f"is {percent(width)} of its weight wide.",
        {"known": len(known), "exclude_zero": sure, "median_relative_width": width},
    )
    sizes = sorted(
        ((abs(weight), (high - low) / 2.0) for weight, low, high in known), key=lambda one: one[0], reverse=True
    )
    if len(sizes) < 2:
        return [first, None]
    apart = sum(a - a_reach > b + b_reach for (a, a_reach), (b, b_reach) in pairwise(sizes))
    pairs = len(sizes) - 1
    second = Finding(
        "order",
        "order",
        f"{apart} of {pairs} steps are sure",
        "Steps from one weight to the next smaller one whose intervals do not overlap in size; the other neighbours "
        "may change places in another run.",
        {"steps": pairs, "separated": apart},
    )
    return [first, second]


def _samples(explanation: Explanation) -> Finding | None:
    share, count = explanation.effective_samples, explanation.num_samples
    if share is None or count is None:
        return None
    effective = share * count
    return Finding(
        "samples",
        "samples",
        f"{effective:,.0f} effective of {count:,}",
        "Draws far from the instance weigh less: all together count as much as so many of equal weight.",
        {"num_samples": count, "effective": effective, "num_model_calls": explanation.num_model_calls},
    )


def _pairs(explanation: Explanation, label: Any) -> Finding | None:
    kept = explanation._pair_findings.get(label)
    if kept is None:
        if explanation._paid is None:
            return None
        report = interactions(explanation, label)
        kept = report.numbers() | {"summary": report.summary()}
        explanation._pair_findings[label] = kept
    return Finding(
        "interactions",
        "interactions",
        f"{kept['found']} of {kept['tested']} pairs found",
        kept["summary"],
        kept,
    )


def _fresh(
    explanation: Explanation, label: Any, explainer: Explainer, instance: Any, predict_fn: Any, settings: dict[str, Any]
) -> Finding:
    report = fidelity(explainer, instance, predict_fn, explanation, label=label, **settings)
    return Finding(
        "fresh",
        "fit, fresh draws",
        f"R^2 {report.score:.2f}" + ("" if report.exact else f" (error {report.score_error:.2f})"),
        report.sentences()[0],
        {
            "score": report.score,
            "score_error": report.score_error,
            "rmse": report.rmse,
            "num_model_calls": report.num_model_calls,
        },
    )


def _repeats(
    explainer: Explainer, instance: Any, predict_fn: Any, repeats: int, label: Any, settings: dict[str, Any]
) -> Finding:
    report = stability(explainer, instance, predict_fn, repeats, label=label, **settings)
    return Finding(
        "repeats",
        "repeated runs",
        f"VSI {report.vsi:.2f}, CSI {report.csi:.2f}, tau {report.kendall:.2f}",
        f"In {repeats} runs with fresh draws: share of features in common, share of overlapping intervals, and "
        "agreement of the order (1: all the same).",
        report.numbers(),
    )


def _off_data(explainer: Explainer, training_data: Any, instance: Any) -> Finding:
    report = off_data(explainer, training_data, instance)
    return Finding(
        "off_data",
        "off the data",
        f"{percent(report.share)} of the weight",
        report.sentences()[0],
        report.numbers(),
    )
