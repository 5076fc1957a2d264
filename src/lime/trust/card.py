"""The trust card of an explanation: what is known of it, and what is measured on request."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lime.domains.checks import check_count
from lime.domains.settings import EXACT
from lime.results.card import TrustCard
from lime.results.explanation import Explanation
from lime.results.finding import Finding
from lime.trust.fidelity import fidelity
from lime.trust.interactions import interactions
from lime.trust.out_of_distribution import out_of_distribution
from lime.trust.settings import as_explained, explained_label, without_progress
from lime.trust.stability import stability
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer

__all__ = ["card", "known_card"]

NEEDS = {
    "fresh": "fit on fresh samples (explainer, instance, predict_fn)",
    "repeats": "repeated runs (repeats as well)",
    "off_data": "share out of distribution (explainer, training_data)",
}
"""What `card` must be given to measure each of these."""

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

    With an explanation alone the model is not called: the card has the fit, the agreement at the instance, intervals,
    the order and the effective samples. Pairs of features are tested where the explanation still holds its samples,
    as `lime.trust.interactions` does. There is no overall score: the reader decides how much each part counts.

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
        Likewise. With an instance the fit is measured on fresh samples, at as many model calls again (see
        `lime.trust.fidelity`).
    training_data : table, optional
        Rows like those the explainer was made with: how much of the neighbourhood is out of distribution;
        with `predict_fn`, whether the model behaves differently there (see `lime.trust.out_of_distribution`).
    repeats : int
        With 2 or more, an explainer, an instance and the model, the explanation is repeated this often (see
        `lime.trust.stability`).
    **settings
        Passed to `explain_instance` where the model is called again. Give those of the explanation.
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
        If an argument that a measurement needs is missing.
    """
    label = explained_label(explanation, label)
    count = check_count("repeats", repeats, least=0)
    if (predict_fn is not None or count) and (explainer is None or instance is None or predict_fn is None):
        missing = [
            name
            for name, value in (("explainer", explainer), ("instance", instance), ("predict_fn", predict_fn))
            if value is None
        ]
        raise ValueError(f"{' and '.join(missing)}: expected, to call the model again for the trust card")
    if training_data is not None and explainer is None:
        raise ValueError("training_data without explainer: expected both, to compare samples with the data")
    if settings and predict_fn is None:
        raise TypeError(f"{next(iter(settings))} came without predict_fn: settings are for calling the model again")
    measured: dict[str, Finding] = {}
    if explainer is not None:
        own = _settings_of(explanation, label, explainer, settings)
        again = _Again(explainer, instance, predict_fn, own)
        if training_data is not None:
            measured["off_data"] = _out_of_distribution(explanation, label, again, training_data)
        if predict_fn is not None:
            measured["fresh"] = _fresh(explanation, label, again)
        if count:
            measured["repeats"] = _repeats(label, again, count)
    kept = explanation.findings.setdefault(label, {})
    kept.update(measured)
    if explanation.fit_data is not None and "interactions" not in kept:
        interactions(explanation, label)
    return known_card(explanation, label)


def known_card(explanation: Explanation, label: Any) -> TrustCard:
    """Return the card of what is known by now; nothing is measured for it.

    Parameters
    ----------
    explanation : Explanation
        What the card is about.
    label : int
        An explained one.

    Returns
    -------
    TrustCard
        Its numbers, and what earlier calls measured.
    """
    kept = explanation.findings.get(label, {})
    found: list[Finding | None] = [
        _fit(explanation, label),
        kept.get("fresh"),
        _near(explanation, label),
        _at_instance(explanation, label),
        *_intervals_and_order(explanation, label),
        _samples(explanation),
        kept.get("interactions"),
        kept.get("repeats"),
        kept.get("off_data"),
    ]
    not_measured: list[str] = []
    if "interactions" not in kept:
        not_measured.append(
            "Pairs of features were not tested: this explanation does not hold the samples that it was fitted to."
            if explanation.fit_data is None
            else "Pairs of features are not tested yet: see interactions()."
        )
    later = [needs for key, needs in NEEDS.items() if key not in kept]
    if later:
        not_measured.append(f"Not measured; trust() needs: {'; '.join(later)}.")
    known = tuple(one for one in found if one is not None)
    return TrustCard(label, explanation.label_name(label), known, tuple(not_measured))


def _fit(explanation: Explanation, label: Any) -> Finding | None:
    score = explanation.scores.get(label)
    if score is None:
        return None
    if _is_flat(explanation, label):
        nothing = "The model's prediction does not vary in the neighbourhood. There is nothing to fit."
        return Finding("fit", "fit", "nothing to fit", nothing, {"score": score, "held_out_score": None})
    # Where the samples are all that exist, leaving one out has no meaning.
    left_out = None if explanation.exact else explanation.held_out_scores.get(label)
    sentence = f"The surrogate explains {percent(max(float(score), 0.0))} of the model's variance in the neighbourhood"
    value = f"R² {score:.2f}"
    if left_out is not None:
        value += f", leave-one-out {left_out:.2f}"
        sentence += f", and {percent(max(left_out, 0.0))} with each sample left out of its own fit"
    return Finding("fit", "fit", value, sentence + ".", {"score": score, "held_out_score": left_out})


def _near(explanation: Explanation, label: Any) -> Finding | None:
    """The fit on real rows near the instance, where it is known."""
    found = explanation.local_fit.get(label)
    if found is None or found.source != "training rows":
        return None
    numbers = {"score": found.score, "error": found.error, "rows": found.rows}
    if np.isnan(found.score):
        return Finding("near", "fit, real rows", "nothing to fit", "The model does not vary on rows nearby.", numbers)
    return Finding(
        "near",
        "fit, real rows",
        f"R² {found.score:.2f}, error {number(found.error, 2)}",
        f"On training rows near this one that took no part in the fit the surrogate accounts for "
        f"{percent(max(found.score, 0.0))} of the model's variation.",
        numbers,
    )


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
        f"The surrogate differs from the model by {number(apart, 2)} at the instance{ratio}.",
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
        exact = "All possible samples were used. Weights and their order have no sampling error."
        if explanation.sampling_method == EXACT:
            exact = "The weights were computed from the model itself. They and their order have no sampling error."
        return [Finding("intervals", "intervals", "exact", exact, {"known": len(known), "exclude_zero": sure}), None]
    if _is_flat(explanation, label):
        flat = "All weights are 0, because the model's prediction does not vary over the samples."
        return [Finding("intervals", "intervals", "all at 0", flat, {"known": len(known), "exclude_zero": 0}), None]
    unknown = sum(not np.isfinite(high) for _, _, high in known)
    widths = [(high - low) / abs(weight) for weight, low, high in known if weight and np.isfinite(high)]
    width = float(np.median(widths)) if widths else float("nan")
    first = Finding(
        "intervals",
        "intervals",
        f"{sure} of {len(known)} exclude 0" + (f", {unknown} not known" if unknown else ""),
        "For these weights the 95% interval excludes 0, so the sign is clear."
        + (f" The median width of the intervals is {percent(width)} of the weight." if widths else "")
        + (f" For {unknown} the interval is not known, because all samples are alike there." if unknown else ""),
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
        f"{apart} of {pairs} steps are certain",
        "For these steps from a weight to the next smaller one, the intervals do not overlap. The other "
        "neighbours may change places in another run.",
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
        every = "All possible samples were used, each with its probability. There is no sampling error."
        return Finding("samples", "samples", "all there are", every, figures)
    return Finding(
        "samples",
        "samples",
        f"{effective:,.0f} effective of {count:,}",
        "Samples far from the instance weigh less. Together they count as much as this many of equal weight.",
        figures,
    )


def _settings_of(
    explanation: Explanation, label: Any, explainer: Explainer, settings: dict[str, Any]
) -> dict[str, Any]:
    """Settings for calling the model again: those that are given, else what the explanation shows of its own.

    Raises
    ------
    TypeError
        If there is no such setting.
    """
    without_progress(explainer, settings)
    own: dict[str, Any] = {"num_features": max(1, len(explanation.local_exp[label]))}
    if explanation.num_samples is not None:
        own["num_samples"] = explanation.num_samples
    own = as_explained(own, explanation)
    if not {"labels", "top_labels"} & settings.keys() and not explanation.is_single_output():
        own.update(labels=(label,), top_labels=None)
    return {**own, **settings}


def _is_flat(explanation: Explanation, label: Any) -> bool:
    """Whether the model did not vary over the samples."""
    return explanation.scores.get(label) == 1.0 and not any(weight for _, weight in explanation.local_exp[label])


@dataclass(frozen=True)
class _Again:
    """What it takes to explain the instance again."""

    explainer: Explainer
    instance: Any
    predict_fn: Any
    settings: dict[str, Any]


def _fresh(explanation: Explanation, label: Any, again: _Again) -> Finding:
    report = fidelity(again.explainer, again.instance, again.predict_fn, explanation, label=label, **again.settings)
    return Finding(
        "fresh",
        "fit, fresh samples",
        "nothing to fit"
        if np.isnan(report.score)
        else f"R² {report.score:.2f}" + ("" if report.exact else f" (standard error {report.score_error:.2f})"),
        report.sentences()[0],
        {
            "score": report.score,
            "score_error": report.score_error,
            "rmse": report.rmse,
            "num_model_calls": report.num_model_calls,
        },
    )


def _repeats(label: Any, again: _Again, repeats: int) -> Finding:
    settings = again.settings
    report = stability(again.explainer, again.instance, again.predict_fn, repeats, label=label, **settings)
    return Finding(
        "repeats",
        "repeated runs",
        f"VSI {report.vsi:.2f}, CSI {report.csi:.2f}, tau {report.kendall:.2f}",
        f"From {repeats} runs with fresh samples, {settings.get('num_samples', 'the usual number of')} samples and at "
        f"most {settings['num_features']} features each. VSI is the share of features in common, CSI the share of "
        "overlapping intervals, tau the agreement of the order. 1 means all the same.",
        report.numbers(),
    )


def _out_of_distribution(explanation: Explanation, label: Any, again: _Again, training_data: Any) -> Finding:
    report = out_of_distribution(
        again.explainer,
        training_data,
        again.instance,
        predict_fn=again.predict_fn,
        label=int(label),
        distance_metric=again.settings.get("distance_metric", "euclidean"),
        target=explanation.target,
    )
    for alarm in report.alarms():
        if alarm not in explanation.warnings:
            explanation.add_warning(alarm)
    return Finding(
        "off_data",
        "out of distribution",
        f"{percent(report.share)} of the weight" + ("; predictions differ" if report.predictions_differ else ""),
        " ".join(report.sentences()),
        report.numbers(),
    )
