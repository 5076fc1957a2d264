"""What a reader must know of a model's predictions and of a fit before believing its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.domains.neighborhood import Neighborhood
from lime.engine.links import LIMIT, clipped_share
from lime.engine.probabilities import are_labels, are_log_probabilities, sums_to_one, within_unit
from lime.engine.support import FEW
from lime.engine.surrogate import Surrogate
from lime.engine.wording import counted
from lime.results.explanation import Explanation
from lime.results.gravity import Gravity

POOR_FIT = 0.5
"""Weighted R² below which the linear surrogate misses more of the model than it shows."""

FEW_EFFECTIVE = 100
"""Effective samples below which weights rest on too little, whatever their number."""

FEW_TRAINING_ROWS = 30
"""The same where the samples are training rows, of which there are no more."""

SAMPLES_A_FEATURE = 4
"""Samples for each fitted feature below which fit and errors look better than they are."""

ABOUT = "\0"
"""Stands in a sentence where the labels that it is about are named."""

MATTERS = 0.1
"""Share of the largest weight below which a weight is negligible, and its uncertainty is no warning."""

NAMED_AT_MOST = 10
"""Features that one sentence names."""


Caution = tuple[str, Gravity]
"""A sentence, and how grave it is."""


@dataclass(frozen=True)
class LabelFit:
    """The fit of one label, in the unit of the predictions.

    Attributes
    ----------
    label : int
    score : float
        Weighted R².
    prediction, model_value : float
        The surrogate's and the model's prediction for the instance.
    deviation : float
        Weighted standard deviation of the model's predictions.
    flat : bool
        Whether they do not vary.
    """

    label: int
    score: float
    prediction: float
    model_value: float
    deviation: float
    flat: bool = False


def prediction_warnings(predictions: NDArray[np.float64], mode: str) -> list[str]:
    """What is suspicious about a classifier's predictions as probabilities.

    Parameters
    ----------
    predictions : ndarray of float, shape (n, k)
    mode : {"classification", "regression"}
    """
    if mode != "classification":
        return []
    if are_log_probabilities(predictions):
        return [
            (
                "The model's predictions are log-probabilities: none is above 0, and their exponentials sum to 1. "
                "Weights are in this unit. Pass predict_proba instead of predict_log_proba, or exponentiate."
            )
        ]
    finite = np.isfinite(predictions).all(axis=0)
    all_finite, predictions = bool(finite.all()), predictions[:, finite]  # what holds NaN is not explained
    if not within_unit(predictions):
        sentence = (
            f"The model's predictions run from {predictions.min():.4g} to {predictions.max():.4g}: they are not "
            "probabilities. Weights are in the unit of the predictions."
        )
        if all_finite and predictions.shape[1] == 1:
            sentence += ' There is one column: explain a score or a regressor with mode="regression".'
        return [sentence]
    if all_finite and predictions.shape[1] > 1 and not sums_to_one(predictions):
        return ["The model's predictions do not sum to 1 over the classes: they are not one distribution."]
    if are_labels(predictions):
        return [
            (
                "All of the model's predictions are 0 or 1, as labels are. If the model predicts labels, pass "
                "predict_proba: probabilities tell more."
            )
        ]
    return []


def clipping_warning(log_odds: NDArray[np.float64]) -> str:
    """What is lost of predictions whose log-odds were clipped; empty where that is nothing.

    Parameters
    ----------
    log_odds : ndarray of float, shape (n, labels)
        Of the explained labels.
    """
    share = clipped_share(log_odds)
    if not share:
        return ""
    return (
        f"{_percent(share)} of the model's predictions are 0 or 1, whose log-odds are infinite: they count as "
        f"{LIMIT:.1f} on either side. Weights hang on this limit."
    )


def _percent(share: float) -> str:
    return "Less than 1%" if share < 0.01 else f"{100.0 * share:.0f}%"


def is_poor(fit: LabelFit) -> bool:
    """Whether the surrogate of one label misses more of the model than it shows."""
    return fit.score < POOR_FIT and not fit.flat


def label_warnings(
    exp: Explanation, fit: LabelFit, fitted: Surrogate, neighborhood: Neighborhood, remedy: str = ""
) -> list[Caution]:
    """Sentences about one label that a reader must know before believing its weights; `ABOUT` stands for its name.

    `remedy` says what would fit better than a poor fit.
    """
    if fit.flat:
        sentence = f"The model's prediction{ABOUT} does not vary in the neighbourhood: there is nothing to explain."
        return [(sentence, Gravity.WRONG)]
    found = [(sentence, Gravity.DOUBTFUL) for sentence in misfit_warnings(ABOUT, fit, remedy)]
    if neighborhood.is_exact:
        return found
    n, m = len(neighborhood.z), len(fitted.features)
    effective = (exp.effective_samples or 0.0) * n
    # Of training rows there are no more, however many a reader asks for: fewer are enough for a warning.
    if effective < (FEW_TRAINING_ROWS if neighborhood.correlated and neighborhood.groups is None else FEW_EFFECTIVE):
        sentence = (
            f"The weights{ABOUT} rest on few samples: {counted(n, 'sample')} count as much as {effective:.0f} of equal "
            "weight."
        )
        found.append((sentence, Gravity.WRONG))
    if n < SAMPLES_A_FEATURE * m:
        sentence = (
            f"{counted(n, 'sample')} are few for {counted(m, 'feature')}{ABOUT}: below {SAMPLES_A_FEATURE} samples per "
            "feature, the fit and its errors look better than they are."
        )
        found.append((sentence, Gravity.DOUBTFUL))
    of_support = _support_warnings(exp, ABOUT, fitted, neighborhood.ids, effective)
    found += [(sentence, Gravity.UNSURE) for sentence in of_support]
    unsure = [] if _counted_as(exp) else _names_with_open_sign(exp, fit.label)
    if unsure:
        found.append((open_sign_sentence(unsure), Gravity.UNSURE))
    return found


def open_sign_sentence(names: list[str]) -> str:
    """A sentence about weights whose intervals contain 0; `ABOUT` stands for the label's name."""
    return (
        f"The 95% interval of {_these_weights(len(names))}{ABOUT} contains 0, so that even the sign is open: "
        f"{_listed(names)}."
    )


def inseparable_warning(exp: Explanation, groups: list[NDArray[np.intp]]) -> str:
    """A sentence about groups of features that vary together, so that their weights cannot be told apart."""
    return inseparable_sentence([_names(exp, ids) for ids in groups])


def inseparable_sentence(groups: list[list[str]]) -> str:
    """The same about groups of names."""
    together = [_joined(names[:NAMED_AT_MOST]) for names in groups]
    return (
        f"Some features{ABOUT} vary together in the neighbourhood. Their weights cannot be told apart, and share one "
        f"effect: {'; '.join(together)}."
    )


def misfit_warnings(about: str, fit: LabelFit, remedy: str = "") -> list[str]:
    """Sentences about a surrogate that misses the model in the neighbourhood or at the instance."""
    found: list[str] = []
    if is_poor(fit):
        sentence = (
            f"The surrogate{about} fits poorly: it explains {max(fit.score, 0.0):.0%} of the variation of the model in "
            "the neighbourhood (R²)."
        )
        found.append(f"{sentence} {remedy}" if remedy else sentence)
    if abs(fit.prediction - fit.model_value) > fit.deviation:
        found.append(
            f"At the instance the surrogate{about} predicts {fit.prediction:.3g} and the model {fit.model_value:.3g}: "
            "they differ by more than the standard deviation of the model in the neighbourhood."
        )
    return found


def _support_warnings(
    exp: Explanation, about: str, fitted: Surrogate, ids: NDArray[np.intp], effective: float
) -> list[str]:
    """Sentences about weights that few samples decide on, where these may matter beside the largest."""
    support, errors = fitted.support, fitted.standard_errors
    if support is None or errors is None:
        return []
    unknown = np.isinf(errors)
    reach = np.abs(fitted.coefficients) + 2.0 * np.where(unknown, 0.0, errors)
    material = reach >= MATTERS * np.abs(fitted.coefficients).max(initial=0.0)
    few = (support.counts > 0.0) & (support.counts < FEW) & material & ~unknown
    # Where there are few samples in all, another sentence says so, and it holds for every feature.
    few &= support.counts < 0.5 * effective
    places, found = ids[fitted.features], []
    if unknown.any():
        names = _names(exp, places[unknown])
        found.append(
            f"Nothing is known of {_these_weights(len(names))}{about}, since all samples are alike there: "
            f"{_listed(names)}."
        )
    if few.any():
        names = _names(exp, places[few])
        counts = np.maximum(np.rint(support.counts[few]), 1).astype(int).tolist()
        with_counts = [f"{name} ({count})" for name, count in zip(names, counts, strict=True)]
        found.append(
            f"Few samples decide on {_these_weights(len(names))}{about}, so that the interval is wide; in brackets "
            f"about how many are on the rarer side: {_listed(with_counts)}."
        )
    return found


def _these_weights(count: int) -> str:
    return "this weight" if count == 1 else "these weights"


def _names(exp: Explanation, ids: NDArray[np.intp]) -> list[str]:
    return [str(name) for name, _ in exp.domain_mapper.map_exp_ids([(int(i), 0.0) for i in ids])]


def _listed(names: list[str]) -> str:
    """Names in one sentence, at most `NAMED_AT_MOST` of them."""
    more = len(names) - NAMED_AT_MOST
    return "; ".join(names[:NAMED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")


def warn_of_labels(exp: Explanation, labels_by_caution: Mapping[Caution, list[int]], outputs: int) -> None:
    """Write sentences, each once for all the labels that it holds for; `ABOUT` stands where these are named.

    In a table each label has its own: its sentences are read one label at a time.
    """
    together = getattr(exp.domain_mapper, "warns_once", False)
    every = list(dict.fromkeys(label for labels in labels_by_caution.values() for label in labels))
    alone = [(caution, [label]) for label in every for caution, labels in labels_by_caution.items() if label in labels]
    for (sentence, gravity), labels in labels_by_caution.items() if together else alone:
        about = _joined([about_label(exp, label, outputs).removeprefix(" for ") for label in labels])
        exp.add_warning(sentence.replace(ABOUT, f" for {about}" if about else ""), labels, gravity)


def warn_of_open_signs(exp: Explanation, labels: list[int], outputs: int) -> None:
    """Say in one sentence how many features' signs are open, where features are too many and too alike to be named."""
    noun = _counted_as(exp)
    unsure = {label: len(_names_with_open_sign(exp, label)) for label in labels} if noun else {}
    unsure = {label: count for label, count in unsure.items() if count}
    if not unsure or noun is None:
        return
    parts: list[str] = []
    for label, count in unsure.items():
        total = counted(len(exp.local_exp[label]), noun)
        # The noun stands once; what follows is understood.
        total = total if not parts else str(len(exp.local_exp[label]))
        parts.append(f"{count} of {total}{about_label(exp, label, outputs)}")
    exp.add_warning(
        f"The 95% interval contains 0, so that even the sign of the weight is open, at {_joined(parts)}.",
        list(unsure),
        Gravity.UNSURE,
    )


def _counted_as(exp: Explanation) -> str | None:
    return getattr(exp.domain_mapper, "counted_as", None)


def _joined(parts: list[str]) -> str:
    """Join parts of a sentence: "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _names_with_open_sign(exp: Explanation, label: int) -> list[str]:
    """Names of weights that matter beside the largest and whose intervals, though known, leave their sign open."""
    intervals, weights = exp.confidence_intervals(label), exp.local_exp[label]
    # What is shown decides on what matters.
    shown = exp.contributions_by_label.get(label, {}) if exp.anchored else dict(weights)
    least = MATTERS * max((abs(size) for size in shown.values()), default=0.0)
    unsure = [(i, weight) for i, weight in weights if abs(shown[i]) >= least and _contains_zero(intervals.get(i))]
    return [str(name) for name, _ in exp.domain_mapper.map_exp_ids(unsure)] if unsure else []


def open_signs(
    weights: NDArray[np.float64], reach: NDArray[np.float64], shown: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which weights of rows (n, m) matter beside the row's largest, by what is `shown`, and may have either sign.

    `reach` is how far their intervals go to either side.
    """
    matter = np.abs(shown) >= MATTERS * np.abs(shown).max(axis=1, initial=0.0)[:, None]
    low, high = weights - reach, weights + reach
    result: NDArray[np.bool_] = matter & (low < high) & (high < np.inf) & (low <= 0.0) & (high >= 0.0)
    return result


def _contains_zero(interval: tuple[float, float] | None) -> bool:
    """Whether 0 lies inside; an interval of no width is exact, and a weight of exactly 0 is known."""
    return interval is not None and interval[0] < interval[1] < np.inf and interval[0] <= 0 <= interval[1]


def about_label(exp: Explanation, label: int, outputs: int) -> str:
    """What a sentence is about: the class, or which of a regression's several `outputs`."""
    if exp.mode == "regression" and outputs == 1:
        return ""
    names = exp.class_names
    if names is not None and -len(names) <= label < len(names):
        return f" for {names[label]}"
    return f" for {label}" if exp.mode == "classification" else f" for output {label}"
