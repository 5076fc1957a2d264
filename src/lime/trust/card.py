"""The trust card of an explanation: what it tells of itself, and what is measured when it is asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lime.domains.checks import check_count
from lime.domains.settings import EXACT
from lime.results.card import TrustCard
from lime.results.explanation import Explanation
from lime.results.finding import ASKED, Finding
from lime.trust.fresh import fidelity
from lime.trust.interactions import interactions
from lime.trust.offdata import off_data
from lime.trust.repeated import stability
from lime.trust.settings import explained_label, quietly
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer

__all__ = ["card", "keep_findings"]

TAKES = (
    "fit on fresh samples (explainer, instance, predict_fn)",
    "repeated runs (repeats as well)",
    "share off the data (explainer, training_data)",
)
"""What it takes to measure each of what is measured when it is asked for."""

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
        What the card is about; what is measured is kept in it.
    label : int or str, optional
        The first explained one when None.
    explainer : Explainer, optional
        The one that made it; needed for all that follows.
    instance : row, text, image or series, optional
        As for its `explain_instance`.
    predict_fn : callable or model, optional
        Likewise. With an instance the fit is measured on fresh draws: the model is asked as often again (see
        `lime.trust.fidelity`).
    training_data : table, optional
        Rows like those the explainer was made with: how much of the neighbourhood lies off the data; with
        `predict_fn`, whether the model answers differently there (see `lime.trust.off_data`).
    repeats : int
        With 2 or more, an explainer, an instance and the model, the explanation is repeated this often (see
        `lime.trust.stability`).
    **settings
        Passed to `explain_instance` where the model is asked again; give those that the explanation was made with.
        Where they do not say, its label, its number of samples and as many features as it shows are taken.

    Returns
    -------
    TrustCard
        What was measured stays with the explanation: its page, its JSON and its next card tell it too.

    Raises
    ------
    KeyError
        If the label was not explained.
    TypeError
        If there is no such setting.
    ValueError
        If something is asked for without what it takes.
    """
    label = explained_label(explanation, label)
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
    if settings and predict_fn is None:
        raise TypeError(f"{next(iter(settings))} came without predict_fn: settings are for asking the model again")
    measured: dict[str, Finding] = {}
    if explainer is not None:
        again = _settings_of(explanation, label, explainer, settings)
        if training_data is not None:
            measured["off_data"] = _off_data(explanation, label, explainer, training_data, instance, predict_fn, again)
        if predict_fn is not None:
            measured["fresh"] = _fresh(explanation, label, explainer, instance, predict_fn, again)
        if count:
            measured["repeats"] = _repeats(explainer, instance, predict_fn, count, label, again)
    kept = explanation._asked_findings.setdefault(label, {})
    kept.update(measured)
    found: list[Finding | None] = [
        _fit(explanation, label),
        kept.get("fresh"),
        _at_instance(explanation, label),
        *_intervals_and_order(explanation, label),
        _samples(explanation),
        _pairs(explanation, label),
    ]
    open_: list[str] = []
    if found[-1] is None:
        open_.append("Interactions are not known: the model's answers are not kept in this explanation.")
    found += [kept.get("repeats"), kept.get("off_data")]
    later = [takes for key, takes in zip(ASKED, TAKES, strict=True) if key not in kept]
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
    if _is_flat(explanation, label):
        nothing = "The model's answer does not vary in the neighbourhood: there is nothing to fit."
        return Finding("fit", "fit", "nothing to fit", nothing, {"score": score, "held_out_score": None})
    # Of draws that are all there are none can be left out: it is not one of many that might have come.
    left_out = None if explanation.exact else explanation.held_out_scores.get(label)
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
    sure = sum(not low <= 0.0 <= high for _, low, high in known)
    if explanation.exact:
        exact = "All draws that there are were asked about: weights and their order have no sampling error."
        if explanation.sampling_method == EXACT:
            exact = "The weights were computed from the model itself. They and their order have no sampling error."
        return [Finding("intervals", "intervals", "exact", exact, {"known": len(known), "exclude_zero": sure}), None]
    if _is_flat(explanation, label):
        flat = "All weights are 0, since the model's answer does not vary over the draws."
        return [Finding("intervals", "intervals", "all at 0", flat, {"known": len(known), "exclude_zero": 0}), None]
    unknown = sum(not np.isfinite(high) for _, _, high in known)
    widths = [(high - low) / abs(weight) for weight, low, high in known if weight and np.isfinite(high)]
    width = float(np.median(widths)) if widths else float("nan")
    first = Finding(
        "intervals",
        "intervals",
        f"{sure} of {len(known)} exclude 0" + (f", {unknown} not known" if unknown else ""),
        "So many of the weights shown have a 95 % interval of their own that leaves no doubt of their sign"
        + (f"; the median interval is {percent(width)} of its weight wide" if widths else "")
        + (f"; of {unknown} nothing is known, since all samples are alike there" if unknown else "")
        + ".",
        {"known": len(known) - unknown, "exclude_zero": sure, "median_relative_width": width},
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
    figures = {"num_samples": count, "effective": effective, "num_model_calls": explanation.num_model_calls}
    if explanation.exact:
        if explanation.sampling_method == EXACT:
            few = "The weights need no samples. These show what the surrogate misses, and check how the model was read."
            return Finding("samples", "samples", f"{count:,}, for R² alone", few, figures)
        every = "The neighbourhood was asked about whole, each part with its own weight: nothing is left to chance."
        return Finding("samples", "samples", "all there are", every, figures)
    return Finding(
        "samples",
        "samples",
        f"{effective:,.0f} effective of {count:,}",
        "Draws far from the instance weigh less: all together count as much as so many of equal weight.",
        figures,
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
        f"{kept['found']} of {kept['tested']} pairs found" if kept["tested"] else "no pair to test",
        kept["summary"],
        kept,
    )


def _settings_of(
    explanation: Explanation, label: Any, explainer: Explainer, settings: dict[str, Any]
) -> dict[str, Any]:
    """Settings under which the model is asked again: those that are given, else what the explanation shows of its own.

    Raises
    ------
    TypeError
        If there is no such setting.
    """
    quietly(explainer, settings)
    own: dict[str, Any] = {"num_features": max(1, len(explanation.local_exp[label]))}
    if explanation.num_samples is not None:
        own["num_samples"] = explanation.num_samples
    if not {"labels", "top_labels"} & settings.keys() and not explanation._is_single_output():
        own.update(labels=(label,), top_labels=None)
    return {**own, **settings}


def _is_flat(explanation: Explanation, label: Any) -> bool:
    """Whether the model did not vary over the draws: all there is to explain is explained, by weights of 0."""
    return explanation.scores.get(label) == 1.0 and not any(weight for _, weight in explanation.local_exp[label])


def _fresh(
    explanation: Explanation, label: Any, explainer: Explainer, instance: Any, predict_fn: Any, settings: dict[str, Any]
) -> Finding:
    report = fidelity(explainer, instance, predict_fn, explanation, label=label, **settings)
    return Finding(
        "fresh",
        "fit, fresh draws",
        "nothing to fit"
        if np.isnan(report.score)
        else f"R^2 {report.score:.2f}" + ("" if report.exact else f" (error {report.score_error:.2f})"),
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
        f"In {repeats} runs with fresh draws, {settings.get('num_samples', 'the usual number of')} samples and at most "
        f"{settings['num_features']} features each: share of features in common, share of overlapping intervals, and "
        "agreement of the order (1: all the same).",
        report.numbers(),
    )


def _off_data(
    explanation: Explanation,
    label: Any,
    explainer: Explainer,
    training_data: Any,
    instance: Any,
    predict_fn: Any,
    settings: dict[str, Any],
) -> Finding:
    metric = settings.get("distance_metric", "euclidean")
    report = off_data(
        explainer, training_data, instance, predict_fn=predict_fn, label=int(label), distance_metric=metric
    )
    explanation.warnings.extend(alarm for alarm in report.alarms() if alarm not in explanation.warnings)
    return Finding(
        "off_data",
        "off the data",
        f"{percent(report.share)} of the weight" + ("; answers differ" if report.answers_differ else ""),
        " ".join(report.sentences()),
        report.numbers(),
    )
