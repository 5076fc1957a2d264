"""The way from a neighbourhood and a model's answers to a filled `Explanation`, the same for every data type."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lime.engine import classic, selection, stopping, surrogate
from lime.engine.assisted import assist
from lime.engine.base import LimeBase, by_size, report
from lime.engine.inspection import is_whole
from lime.engine.kernels import effective_share, kernel_weights, stepped_weights
from lime.engine.law import SizeLaw
from lime.engine.leave_one_out import choose_of_correlated, inseparable
from lime.engine.moments import WHOLE_AT_MOST, Moments
from lime.engine.precision import unit_of
from lime.engine.probabilities import are_labels, are_log_probabilities, sums_to_one, within_unit
from lime.engine.requests import Steps
from lime.engine.support import FEW
from lime.engine.threads import steps_in_threads_for
from lime.engine.widths import ChosenWidth
from lime.engine.wording import counted
from lime.results.explanation import Explanation
from lime.results.paid import Paid

POOR_FIT = 0.5
"""Weighted R^2 below which the straight surrogate misses more of the model than it shows."""

FEW_EFFECTIVE = 100
"""Effective draws below which weights rest on too little, whatever their number."""

DRAWS_A_FEATURE = 4
"""Draws for each fitted feature below which fit and errors flatter."""

ABOUT = "\0"
"""Stands in a sentence where the labels that it is about are named."""

MATTERS = 0.1
"""Share of the largest weight below which a weight is negligible, and what is open about it is no warning."""

NAMED_AT_MOST = 10
"""Features that one sentence names."""

PAUSING_BYTES = 500_000
"""Size of a neighbourhood up to which explanations side by side go step by step: with larger ones the arithmetic is all
the time it takes, and memory would hold several of them."""

TOGETHER = (
    "These features{} vary together in the neighbourhood, so that their weights cannot be told apart, and share one "
    "effect: {}."
)

EXACT_PENALTY = 1e-9
"""Factor on penalties where nothing is estimated: no more than singular systems need."""


_Explained = TypeVar("_Explained", bound=Explanation)


@dataclass(frozen=True)
class Neighborhood:
    """Draws around an instance as the method sees them; the instance itself is kept apart from them.

    Attributes
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features of the draws.
    instance : ndarray of float, shape (d,)
        Those of the instance.
    far : ndarray of float, shape (n,), or None
        Distances from the instance; None where `steps` has their squares.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    answers : ndarray of float, shape (n, k)
        The model's answers to the draws.
    answer : ndarray of float, shape (k,)
        Its answer to the instance.
    reference_samples : int
        Number of samples at which penalties have the size that they had in lime 0.2.0.1.
    features : ndarray of int, shape (d,), or None
        Ids of the interpretable features where they are not 0 .. d - 1.
    uncorrelated : bool
        Whether the interpretable features are drawn independently of each other.
    design_weights : ndarray of float, shape (n,), or None
        What the design says a draw stands for, beside the kernel's weight; None where all count alike.
    exact : bool
        Whether the draws are all that there are, with their probabilities: weights have no sampling error then.
    law : SizeLaw or None
        The law of the draws with the kernel, where only the number of ones in z matters to it; what is known of
        it then helps to estimate the weights (see `lime.engine.assisted`).
    generator : Generator or None
        Random numbers for draws that cost no model call; needed with `law`.
    with_instance : bool
        Whether the instance is the first of the draws and counts in the fit, and penalties have their size of
        lime 0.2.0.1 at any number of samples: all as it was there.
    shared : bool
        Whether other instances have the same draws; the explanation does not keep them then.
    odd : list of str, or None
        What is odd about the model's answers, where it was looked for before.
    steps : ndarray of int, shape (n,), or None
        Squared distances, where these are whole numbers.
    constant : ndarray of bool, shape (d,), or None
        Which features never vary in the distribution, so that a weight of 0 is all there is to know; a feature that
        merely did not vary in these draws is not one of them.
    correlated : bool
        Whether the features vary together as they do in the data: penalties are then chosen by leaving out, and
        features whose weights cannot be told apart are named.
    """

    z: NDArray[np.bool_] | NDArray[np.float64]
    instance: NDArray[np.float64]
    far: NDArray[np.float64] | None
    groups: NDArray[np.intp] | None
    answers: NDArray[np.float64]
    answer: NDArray[np.float64]
    reference_samples: int
    features: NDArray[np.intp] | None = None
    uncorrelated: bool = False
    design_weights: NDArray[np.float64] | None = None
    exact: bool = False
    law: SizeLaw | None = None
    generator: np.random.Generator | None = None
    with_instance: bool = False
    shared: bool = False
    odd: list[str] | None = None
    steps: NDArray[Any] | None = None
    constant: NDArray[np.bool_] | None = None
    correlated: bool = False

    @property
    def distances(self) -> NDArray[np.float64]:
        """Distances from the instance, shape (n,)."""
        if self.far is not None:
            return self.far
        assert self.steps is not None
        return np.asarray(np.sqrt(self.steps, dtype=np.float64))

    @property
    def ids(self) -> NDArray[np.intp]:
        """Ids of the interpretable features, shape (d,)."""
        return np.arange(self.z.shape[1]) if self.features is None else self.features

    def instance_first(self) -> Neighborhood:
        """The same with the instance as the first of the draws, the form in which 0.2.0.1 hands it on."""
        if self.with_instance:
            return self
        return replace(
            self,
            z=np.vstack([self.instance, self.z]).astype(np.float64),
            far=np.append(0.0, self.distances),
            answers=np.vstack([self.answer, self.answers]),
            with_instance=True,
            steps=None,
        )


_SEEN: ContextVar[list[Neighborhood] | None] = ContextVar("lime_neighborhoods", default=None)


@contextmanager
def witnessed() -> Iterator[list[Neighborhood]]:
    """Collect the neighbourhoods that become explanations inside a with-block, for diagnostics of them.

    Explanations do not keep theirs: it is far larger than they are.
    """
    seen: list[Neighborhood] = []
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)


def check_samples(num_samples: Any, default: int) -> tuple[int, stopping.Auto | None]:
    """The most inputs that the model is asked about, and what to settle where that is all.

    Raises
    ------
    ValueError
        If `num_samples` is neither a whole number of at least 1, nor "auto", nor an `Auto`.
    """
    if isinstance(num_samples, str) and num_samples == "auto":
        num_samples = stopping.Auto()
    if isinstance(num_samples, stopping.Auto):
        return (default if num_samples.budget is None else int(num_samples.budget)), num_samples
    if isinstance(num_samples, str):
        raise ValueError(f"num_samples={num_samples!r}: expected a whole number of at least 1, or 'auto'")
    return check_count("num_samples", num_samples, least=1), None


def check_features(num_features: Any, feature_selection: str) -> int:
    """The most features in an explanation, as an int; what lime 0.2.0.1 took, however odd, is taken.

    Raises
    ------
    ValueError
        If no explanation can have so many.
    """
    if isinstance(num_features, bool):
        num_features = int(num_features)
    if num_features is None or (isinstance(num_features, float) and num_features == np.inf):
        return sys.maxsize
    whole = is_whole(num_features) and num_features >= 1
    if feature_selection == "none" and not whole:  # has no use for it
        return sys.maxsize
    if feature_selection == "lasso_path" and isinstance(num_features, int | float) and not np.isnan(num_features):
        return max(1, int(num_features))  # the path ends with one feature
    return check_count("num_features", num_features, least=1)


def settings_notes(count: int, num_features: Any, kept: int) -> list[str]:
    """What a reader must know of a number of samples, and of features where it was read as another one."""
    notes = []
    if count == 1:
        notes.append(
            "num_samples=1 asks the model about the instance alone: nothing can be learned from it, and every weight "
            "is 0."
        )
    if num_features is not None and kept != num_features and not (kept == sys.maxsize and num_features == np.inf):
        read = "has no effect" if kept == sys.maxsize else f"was read as {kept}"
        notes.append(f"num_features={num_features!r} {read}: expected a whole number of at least 1.")
    return notes


def refuse_auto(base: LimeBase, model_regressor: Any) -> None:
    """Refuse to settle what has no known errors.

    Raises
    ------
    ValueError
        With a `model_regressor` or a base of the user's own, or a kernel width that is chosen from the draws.
    """
    if model_regressor is not None or type(base) is not LimeBase:
        what = "a model_regressor" if model_regressor is not None else f"a base of type {type(base).__name__}"
        raise ValueError(f"num_samples='auto' needs weights with standard errors, and {what} gives none: pass a number")
    if isinstance(base.kernel_fn, ChosenWidth):
        raise ValueError("num_samples='auto' with kernel_width='auto': expected a number for one of them")


def check_count(name: str, value: Any, least: int) -> int:
    """Return `value` as an int if it is a whole number of at least `least`.

    Raises
    ------
    ValueError
        Otherwise; the message names the argument.
    """
    whole = is_whole(value) or (isinstance(value, float) and value.is_integer())
    if not whole or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {least}")
    return int(value)


def fill(
    exp: Explanation,
    neighborhood: Neighborhood,
    labels: list[int],
    base: LimeBase,
    num_features: int,
    feature_selection: str,
    model_regressor: Any = None,
    looking: Looking | None = None,
) -> Steps[dict[int, str]]:
    """Fit a surrogate for each label and write weights, fits, errors and warnings into an explanation.

    With a `base` of the user's own class, it is handed the neighbourhood in 0.2.0.1's form, the instance first,
    and its word is taken; a `model_regressor` likewise takes the place of the ridge fit.

    Returns
    -------
    dict of label -> str
        Which estimator gave the weights.
    """
    seen = _SEEN.get()
    if seen is not None:
        seen.append(neighborhood)
    n, d = neighborhood.z.shape
    odd = answer_warnings(neighborhood.answers, exp.mode) if neighborhood.odd is None else neighborhood.odd
    exp.warnings.extend(odd)
    exp.exact = neighborhood.exact and model_regressor is None and type(base) is LimeBase
    if type(base) is not LimeBase:
        for label in labels:
            _fill_from_custom_base(exp, neighborhood, label, base, num_features, feature_selection, model_regressor)
        _show_fit(exp, labels)
        return dict.fromkeys(labels, "custom")
    steps = _fit_labels(exp, neighborhood, labels, base, num_features, feature_selection, model_regressor, looking)
    return (yield from steps_in_threads_for(float(n) * d * min(n, d), steps, pauses(neighborhood.z)))


def pauses(z: NDArray[Any]) -> bool:
    """Whether explanations from interpretable features (n, d) of this size pause, so that several go step by step."""
    return z.nbytes <= PAUSING_BYTES and z.shape[1] <= WHOLE_AT_MOST


def _fit_labels(
    exp: Explanation,
    neighborhood: Neighborhood,
    labels: list[int],
    base: LimeBase,
    num_features: int,
    feature_selection: str,
    model_regressor: Any,
    looking: Looking | None,
) -> Steps[dict[int, str]]:
    """The steps of `fill` with our own base."""
    estimators = dict.fromkeys(labels, "plain" if model_regressor is None else "custom")
    instance, groups, n = neighborhood.instance, neighborhood.groups, len(neighborhood.z)
    weights = _weights_of(base, neighborhood)
    exp.effective_samples = effective_share(weights)
    penalty = EXACT_PENALTY if neighborhood.exact else min(1.0, n / neighborhood.reference_samples)
    if neighborhood.with_instance:
        penalty = 1.0
    alpha = surrogate.ALPHA * penalty
    yield None
    predictions = neighborhood.answers.T[labels].T
    units = unit_of(predictions)
    moments = Moments(neighborhood.z, predictions / units, weights)
    yield None
    helped = None
    if neighborhood.law is not None and neighborhood.generator is not None and model_regressor is None:
        bounded = exp.mode == "classification" and bool((units == 1.0).all())
        helped = assist(moments, groups, neighborhood.law, bounded, neighborhood.generator)
        yield None
    ranked_by = moments if helped is None else helped.moments
    said: dict[str, list[int]] = {}
    cautious = not (neighborhood.exact or neighborhood.with_instance)
    for output, label in enumerate(labels):
        if neighborhood.correlated:
            chosen, alpha = choose_of_correlated(moments, output, num_features, feature_selection)
        else:
            chosen = selection.select(
                ranked_by,
                output,
                instance,
                num_features,
                feature_selection,
                penalty,
                neighborhood.uncorrelated,
                cautious,
            )
        if neighborhood.with_instance:
            refits = _refits(base, neighborhood, label)
            chosen = classic.select(chosen, moments, output, refits, num_features, feature_selection)
        yield None
        if model_regressor is None:
            fitted = surrogate.fit(moments, output, chosen, instance, alpha, groups)
            if helped is not None and helped.held_out_score(output) > fitted.held_out_score:
                fitted = helped.surrogate(output, chosen, instance)
                estimators[label] = helped.names[output]
        else:
            fitted = surrogate.in_unit(
                _fit_own_regressor(model_regressor, neighborhood, label, weights, base, chosen), 1.0 / units[output]
            )
        if fitted.support is not None and cautious and len(chosen) < moments.d:
            needed = selection.needed_weights(
                ranked_by, output, instance, num_features, feature_selection, chosen, fitted.coefficients
            )
            fitted = surrogate.after_selection(fitted, needed)
        fitted = _know_constants(fitted, neighborhood)
        if neighborhood.exact and fitted.standard_errors is not None:
            fitted = replace(fitted, standard_errors=np.zeros(len(chosen)), degrees=np.inf, support=None)
        yield None
        model_value = float(neighborhood.answer[label])
        shown = surrogate.in_unit(fitted, units[output])
        if base.verbose:
            report(shown, model_value)
        _write(exp, label, neighborhood.ids[chosen], shown, model_value)
        if looking is not None:
            full = fitted
            if len(chosen) < moments.d:
                every = np.arange(moments.d)
                if helped is not None and estimators[label] != "plain":
                    full = helped.surrogate(output, every, instance)
                else:
                    full = surrogate.fit(moments, output, every, instance, alpha, groups)
                full = _know_constants(full, neighborhood)
            contests = _contests(ranked_by, output, neighborhood, num_features, feature_selection, chosen, full)
            looking.judge(label, fitted, contests, full.degrees, neighborhood.exact)
        exact, unit, ids = neighborhood.exact, float(units[output]), neighborhood.ids
        for sentence in _label_warnings(exp, label, ABOUT, shown, moments, output, model_value, exact, ids, unit):
            said.setdefault(sentence, []).append(label)
        if neighborhood.correlated:
            for group in inseparable(moments, chosen):
                names = _listed(_names(exp, ids[chosen[group]]))
                said.setdefault(TOGETHER.format(ABOUT, names), []).append(label)
        yield None
    _warn_once(exp, said, neighborhood.answers.shape[1])
    if not neighborhood.exact:
        _warn_of_counted(exp, labels, neighborhood.answers.shape[1])
    _show_fit(exp, labels)
    # Last, since it is what makes reading the warnings look for pairs of features that work together.
    if not neighborhood.shared:
        exp._paid = Paid.of(
            neighborhood.z,
            neighborhood.answers,
            weights,
            labels,
            neighborhood.ids,
            instance,
            groups,
            neighborhood.exact,
        )
    return estimators


def _know_constants(fitted: surrogate.Surrogate, neighborhood: Neighborhood) -> surrogate.Surrogate:
    """The same with no error for features that never vary in the distribution: their weight of 0 is known."""
    if neighborhood.constant is None or fitted.support is None or fitted.standard_errors is None:
        return fitted
    known = np.isinf(fitted.standard_errors) & neighborhood.constant[fitted.features]
    return replace(fitted, standard_errors=np.where(known, 0.0, fitted.standard_errors)) if known.any() else fitted


def _weights_of(base: LimeBase, neighborhood: Neighborhood) -> NDArray[np.float64]:
    """What each draw counts: the kernel's weight times what the design says that it stands for."""
    if neighborhood.steps is None:
        weights = kernel_weights(base.kernel_fn, neighborhood.distances)
    else:
        weights = stepped_weights(base.kernel_fn, neighborhood.steps, neighborhood.z.shape[1])
    return weights if neighborhood.design_weights is None else weights * neighborhood.design_weights


def _refits(base: LimeBase, neighborhood: Neighborhood, label: int) -> classic.Refits:
    """The fits that 0.2.0.1 made while it selected features."""
    z = np.asarray(neighborhood.z, dtype=np.float64)
    return classic.Refits(z, neighborhood.answers[:, label], base.kernel_fn, neighborhood.distances)


def _fit_own_regressor(
    regressor: Any,
    neighborhood: Neighborhood,
    label: int,
    weights: NDArray[np.float64],
    base: LimeBase,
    chosen: NDArray[np.intp],
) -> surrogate.Surrogate:
    """Fit a regressor of the user's as 0.2.0.1 did, with the instance as the first of the draws."""
    whole, every = neighborhood.instance_first(), weights
    if not neighborhood.with_instance:
        # With the draws, for kernels that look at all distances together.
        own = kernel_weights(base.kernel_fn, np.append(0.0, neighborhood.distances))[0]
        every = np.append(own, weights)
    z, y = np.asarray(whole.z, dtype=np.float64), whole.answers[:, label]
    return surrogate.fit_regressor(regressor, z, y, every, chosen)


def _contests(
    moments: Moments,
    output: int,
    neighborhood: Neighborhood,
    num_features: int,
    method: str,
    chosen: NDArray[np.intp],
    full: surrogate.Surrogate,
) -> list[selection.Contest]:
    """The choices that a selection rests on, told by a fit on all features."""
    assert full.standard_errors is not None
    weights, errors = np.zeros(moments.d), np.zeros(moments.d)
    weights[full.features], errors[full.features] = full.coefficients, full.standard_errors
    instance = neighborhood.instance
    return selection.contests(moments, output, instance, num_features, method, chosen, weights, errors)


def _show_fit(exp: Explanation, labels: list[int]) -> None:
    """Set the one score and prediction that 0.2.0.1 kept: the last label's, but of several top labels the first's.

    It explained top labels from the lowest to the highest, and that is the order of `local_exp`.
    """
    if not labels:
        return
    label = labels[-1]
    if getattr(exp, "top_labels", None):
        label, exp.local_exp = labels[0], {one: exp.local_exp[one] for one in reversed(labels)}
    exp.score, exp.local_pred = exp.scores[label], np.array([exp.local_preds[label]])


class Looking:
    """Looks at a growing sample and what was seen at the last of them, by label.

    Parameters
    ----------
    asked : Auto
    sizes : list of int
        Numbers of draws at which to look; see `lime.engine.stopping.look_sizes`.
    ids : ndarray of int, shape (d,)
        Ids of the interpretable features.
    """

    def __init__(self, asked: stopping.Auto, sizes: list[int], ids: NDArray[np.intp]) -> None:
        self.asked, self.sizes, self.ids = asked, sizes, ids
        self.last: dict[int, stopping.Look] = {}
        self.taken = 0

    def judge(
        self,
        label: int,
        shown: surrogate.Surrogate,
        contests: list[selection.Contest],
        degrees: float,
        exact: bool,
    ) -> None:
        """Keep what the fit of one label tells, and the `contests` that its features came from."""
        if exact:
            self.last[label] = stopping.Look(0.0)
            return
        assert shown.standard_errors is not None
        self.last[label] = stopping.look(
            shown.features,
            shown.coefficients,
            shown.standard_errors,
            shown.degrees,
            contests,
            degrees,
            self.asked,
            self.sizes,
            self.taken,
        )

    @property
    def decided(self) -> bool:
        """Whether more draws would decide nothing more for any label."""
        return all(look.decided for look in self.last.values())

    @property
    def settled(self) -> bool:
        """Whether the answer is settled for every label."""
        return all(look.settled for look in self.last.values())


def settle(looking: Looking, conclude: Callable[[int], Steps[_Explained]]) -> Steps[_Explained]:
    """Look at growing samples until the explanation is settled or the last of them has been looked at.

    Parameters
    ----------
    looking : Looking
    conclude : callable
        ``conclude(size)`` asks the model about the draws up to `size` that it has not been asked about, and steps
        to the explanation that all of them make; it tells `looking` what is known.
    """
    for size in looking.sizes:
        looking.taken += 1
        exp = yield from conclude(size)
        if looking.decided:
            break
    return tell(exp, looking, size)


def tell(exp: _Explained, looking: Looking, size: int) -> _Explained:
    """Write into an explanation what happened while it was settled, with `size` draws at the last look."""
    exp.settled, exp.looks = looking.settled, looking.taken
    exp.error_share = 1.0 if exp.exact else stopping.error_share(looking.sizes, looking.taken)
    exp.stopping = _what_happened(exp, looking, size)
    if not exp.settled:
        exp._warnings.append(exp.stopping)
    return exp


def _what_happened(exp: Explanation, looking: Looking, size: int) -> str:
    """One sentence: whether the answer is settled, after how many draws, and what is open."""
    asked, looks = looking.asked, looking.last.values()
    widest = max(look.widest for look in looks)
    early = size < looking.sizes[-1]
    spent = f"after {size} of at most {looking.sizes[-1]} draws at {asked.confidence:.0%} confidence"
    found = []
    if widest > asked.width:
        found.append(
            f"the widest interval is {widest:.0%} of the largest weight, {asked.width:.0%} was asked"
            if np.isfinite(widest)
            else "of a shown feature no sample differs from the others, so that nothing is known of its weight"
        )

    def say(what: str, pairs: list[tuple[int, int]]) -> None:
        if pairs:
            one, other = (exp.domain_mapper.map_exp_ids([(int(looking.ids[i]), 0.0)])[0][0] for i in pairs[0])
            found.append(what.format(one, other) + (f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""))

    hopeless = "are not likely to be told apart within the budget" if early else "are not told apart"
    for choice, how in (("close", hopeless), ("undecided", "are not told apart")):
        rivals = [look.rivals for look in looks if look.choice == choice and look.rivals is not None]
        say(f"{{}}, shown, and {{}}, not shown, {how}", rivals)
    say("the order of {} and {} is open", [pair for look in looks for pair in (*look.undecided, *look.close)])
    say("{} and {} are alike in size", [pair for look in looks for pair in look.alike])
    if not found:
        found.append(f"no interval is wider than {widest:.0%} of the largest weight")
    state = "Settled" if looking.settled else "Stopped early, not settled" if early else "Not settled"
    return f"{state} {spent}: {'; '.join(found)}."


def _write(exp: Explanation, label: int, ids: NDArray[np.intp], fitted: surrogate.Surrogate, value: float) -> None:
    exp.local_exp[label] = by_size(ids, fitted.coefficients)
    exp.intercept[label] = fitted.intercept
    exp.scores[label] = fitted.score
    if not np.isnan(fitted.held_out_score):
        exp.held_out_scores[label] = fitted.held_out_score
    exp.local_preds[label] = fitted.prediction
    exp.model_preds[label] = value
    exp.standard_errors[label] = (
        {} if fitted.standard_errors is None else dict(zip(ids.tolist(), fitted.standard_errors.tolist(), strict=True))
    )
    exp.degrees_of_freedom[label] = fitted.degrees


def _fill_from_custom_base(
    exp: Explanation,
    neighborhood: Neighborhood,
    label: int,
    base: LimeBase,
    num_features: int,
    feature_selection: str,
    model_regressor: Any,
) -> None:
    whole, ids = neighborhood.instance_first(), neighborhood.ids
    intercept, weights, score, local_pred = base.explain_instance_with_data(
        np.asarray(whole.z, dtype=np.float64),
        whole.answers,
        whole.distances,
        label,
        num_features,
        model_regressor=model_regressor,
        feature_selection=feature_selection,
    )
    exp.intercept[label] = intercept
    exp.local_exp[label] = [(int(ids[i]), weight) for i, weight in weights]
    exp.scores[label] = score
    exp.local_preds[label] = float(np.ravel(local_pred)[0])
    exp.model_preds[label] = float(neighborhood.answer[label])
    exp.standard_errors[label] = {}
    exp.degrees_of_freedom[label] = float("inf")
    own = neighborhood.answers[:, label]
    unit = float(unit_of(own))
    spread = float((own / unit).std()) * unit
    about = _about(exp, label, neighborhood.answers.shape[1])
    exp._warn(label, _fit_warnings(about, float(score), exp.local_preds[label], exp.model_preds[label], spread))


def show_answers(
    exp: Explanation, answer: NDArray[np.float64], answers: NDArray[np.float64], labels: list[int], top: bool
) -> None:
    """Write what the model said of the instance, `answer` (k,), and the range of that and of all its `answers`."""
    if exp.mode == "classification":
        exp.predict_proba = np.asarray(answer)
    else:
        for label in labels:
            every = np.append(answers[:, label], answer[label])
            exp.ranges[label] = (float(every.min()), float(every.max()))
        exp.predicted_value = answer[labels[0]]
        exp.min_value, exp.max_value = exp.ranges[labels[0]]
    if top:
        exp.top_labels = list(labels)


def mirror_regression(exp: Explanation, outputs: int) -> None:
    """Give a regression's one output the keys 0 and 1 of lime 0.2.0.1: weights against and for a higher value.

    Classifications, and regressions with several `outputs`, keep the keys that they have.
    """
    if exp.mode != "regression" or outputs > 1:
        return
    exp.intercept[1] = exp.intercept[0]
    for fits in (exp.scores, exp.held_out_scores, exp.local_preds, exp.model_preds, exp.degrees_of_freedom):
        if 0 in fits:
            fits[1] = fits[0]
    exp.standard_errors[1] = dict(exp.standard_errors[0])
    exp.mirrored = True
    exp.class_names = ["negative", "positive"]
    exp.local_exp[1] = list(exp.local_exp[0])
    exp.local_exp[0] = [(i, -weight) for i, weight in exp.local_exp[1]]


def answer_warnings(answers: NDArray[np.float64], mode: str) -> list[str]:
    """What is odd about a classifier's answers as probabilities."""
    if mode != "classification":
        return []
    if are_log_probabilities(answers):
        return [
            (
                "The model's answers are log-probabilities (none above 0, their exponentials sum to 1), and weights "
                "are in their unit: pass predict_proba instead of predict_log_proba, or exponentiate."
            )
        ]
    finite = np.isfinite(answers).all(axis=0)
    whole, answers = bool(finite.all()), answers[:, finite]  # what holds NaN is not explained
    if not within_unit(answers):
        run = (
            f"The model's answers run from {answers.min():.4g} to {answers.max():.4g}: they are not probabilities, "
            "and weights are in their unit."
        )
        if whole and answers.shape[1] == 1:
            run += ' It is one column: a score or a regressor is explained with mode="regression".'
        return [run]
    if whole and answers.shape[1] > 1 and not sums_to_one(answers):
        return ["The model's answers do not sum to 1 over the classes: they are not one distribution."]
    if are_labels(answers):
        return [
            (
                "All of the model's answers are 0 or 1, as labels are. If it answers with labels, pass predict_proba: "
                "probabilities tell more."
            )
        ]
    return []


def same_outputs(
    answers: NDArray[np.float64], answer: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The model's answers (n, k) to draws and its `answer` (k,) to the instance, with the same columns.

    A single column is a class and its complement where it may be a probability, and one score where it may not: in
    answers to many draws that is seen, and in the answer to one instance perhaps not.
    """
    if {answers.shape[1], len(answer)} == {1, 2}:
        answers, answer = answers[:, -1:], answer[-1:]
    return np.asarray(answers), answer


def check_surrogate(base: LimeBase, model_regressor: Any) -> None:
    """Refuse a `model_regressor` that cannot take the place of ridge regression, before the model is called.

    Raises
    ------
    TypeError
        If it lacks what our base needs; a base of the user's own knows what it needs.
    """
    if model_regressor is not None and type(base) is LimeBase:
        surrogate.check_regressor(model_regressor)


def _label_warnings(
    exp: Explanation,
    label: int,
    about: str,
    fitted: surrogate.Surrogate,
    moments: Moments,
    output: int,
    model_value: float,
    exact: bool,
    ids: NDArray[np.intp],
    unit: float,
) -> list[str]:
    """Sentences about one label that a reader must know before believing its weights."""
    if surrogate.is_flat(moments, output):
        return [f"The model's answer{about} does not vary in the neighbourhood: there is nothing to explain."]
    # The spread in the unit of the answers, which is that of the moments but for a power of two.
    spread = float(np.sqrt(moments.y_square[output] / moments.total)) * unit
    found = _fit_warnings(about, fitted.score, fitted.prediction, model_value, spread)
    if exact:
        return found
    effective = (exp.effective_samples or 0.0) * moments.n
    if effective < FEW_EFFECTIVE:
        found.append(
            f"The weights{about} rest on few samples: {counted(moments.n, 'draw')} count as much as {effective:.0f} "
            "of equal weight."
        )
    if moments.n < DRAWS_A_FEATURE * len(fitted.features):
        found.append(
            f"{moments.n} draws are few for {counted(len(fitted.features), 'feature')}{about}: fit and errors flatter "
            f"below {DRAWS_A_FEATURE} draws a feature."
        )
    found += _support_warnings(exp, about, fitted, ids, effective)
    unsure = [] if _counted_as(exp) else _unsure(exp, label)
    if unsure:
        found.append(
            f"The 95 % interval of {'this weight' if len(unsure) == 1 else 'these weights'}{about} contains 0, so "
            f"that even the sign is open: {_listed(unsure)}."
        )
    return found


def _support_warnings(
    exp: Explanation, about: str, fitted: surrogate.Surrogate, ids: NDArray[np.intp], effective: float
) -> list[str]:
    """Sentences about weights that few samples decide on, where these may matter beside the largest."""
    support, errors = fitted.support, fitted.standard_errors
    if support is None or errors is None:
        return []
    unknown = np.isinf(errors)
    reach = np.abs(fitted.coefficients) + 2.0 * np.where(unknown, 0.0, errors)
    matter = reach >= MATTERS * np.abs(fitted.coefficients).max(initial=0.0)
    few = (support.counts > 0.0) & (support.counts < FEW) & matter & ~unknown
    # Where there are few draws in all, that is said already, and holds for every feature.
    few &= support.counts < 0.5 * effective
    places, found = ids[fitted.features], []
    if unknown.any():
        names = _names(exp, places[unknown])
        found.append(
            f"Nothing is known of {'this weight' if len(names) == 1 else 'these weights'}{about}, since all samples "
            f"are alike there: {_listed(names)}."
        )
    if few.any():
        names = _names(exp, places[few])
        counts = np.maximum(np.rint(support.counts[few]), 1).astype(int).tolist()
        counted = [f"{name} ({count})" for name, count in zip(names, counts, strict=True)]
        found.append(
            f"Few samples decide on {'this weight' if len(names) == 1 else 'these weights'}{about}, so that the "
            f"interval is wide; in brackets about how many are on the rarer side: {_listed(counted)}."
        )
    return found


def _names(exp: Explanation, ids: NDArray[np.intp]) -> list[str]:
    return [str(name) for name, _ in exp.domain_mapper.map_exp_ids([(int(i), 0.0) for i in ids])]


def _listed(names: list[str]) -> str:
    """Names in one sentence, at most `NAMED_AT_MOST` of them."""
    more = len(names) - NAMED_AT_MOST
    return "; ".join(names[:NAMED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")


def _fit_warnings(about: str, score: float, prediction: float, model_value: float, spread: float) -> list[str]:
    """Sentences about a surrogate that misses the model in the neighbourhood or at the instance."""
    found: list[str] = []
    if score < POOR_FIT:
        found.append(
            f"The surrogate{about} fits poorly: it accounts for {max(score, 0.0):.0%} of the variation of "
            "the model in the neighbourhood (R^2)."
        )
    if abs(prediction - model_value) > spread:
        found.append(
            f"At the instance the surrogate{about} says {prediction:.3g} and the model {model_value:.3g}: "
            "they differ by more than the model varies in the neighbourhood (one standard deviation)."
        )
    return found


def _warn_once(exp: Explanation, said: dict[str, list[int]], outputs: int) -> None:
    """Write sentences, each once for all the labels that it holds for; `ABOUT` stands where these are named.

    In a table each label has its own: its sentences are read one label at a time.
    """
    together = getattr(exp.domain_mapper, "warns_once", False)
    every = list(dict.fromkeys(label for labels in said.values() for label in labels))
    alone = [(sentence, [label]) for label in every for sentence, labels in said.items() if label in labels]
    for sentence, labels in said.items() if together else alone:
        about = _all_of([_about(exp, label, outputs).removeprefix(" for ") for label in labels])
        exp._warn_of(labels, sentence.replace(ABOUT, f" for {about}" if about else ""))


def _warn_of_counted(exp: Explanation, labels: list[int], outputs: int) -> None:
    """Say in one sentence how many features' signs are open, where features are too many and too alike to be named."""
    noun = _counted_as(exp)
    doubtful = {label: len(_unsure(exp, label)) for label in labels} if noun else {}
    doubtful = {label: count for label, count in doubtful.items() if count}
    if not doubtful or noun is None:
        return
    parts: list[str] = []
    for label, count in doubtful.items():
        total = counted(len(exp.local_exp[label]), noun)
        # The noun stands once; what follows is understood.
        parts.append(f"{count} of {total if not parts else len(exp.local_exp[label])}{_about(exp, label, outputs)}")
    exp._warn_of(
        list(doubtful),
        f"The 95 % interval contains 0, so that even the sign of the weight is open, at {_all_of(parts)}.",
    )


def _counted_as(exp: Explanation) -> str | None:
    return getattr(exp.domain_mapper, "counted_as", None)


def _all_of(parts: list[str]) -> str:
    """Join parts of a sentence: "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _unsure(exp: Explanation, label: int) -> list[str]:
    """Names of weights that matter beside the largest and whose intervals, though known, leave their sign open."""
    intervals, weights = exp.confidence_intervals(label), exp.local_exp[label]
    least = MATTERS * max((abs(weight) for _, weight in weights), default=0.0)
    doubtful = [(i, weight) for i, weight in weights if abs(weight) >= least and _contains_zero(intervals.get(i))]
    return [str(name) for name, _ in exp.domain_mapper.map_exp_ids(doubtful)] if doubtful else []


def _contains_zero(interval: tuple[float, float] | None) -> bool:
    """Whether 0 lies inside; an interval of no width is exact, and a weight of exactly 0 is known."""
    return interval is not None and interval[0] < interval[1] < np.inf and interval[0] <= 0 <= interval[1]


def _about(exp: Explanation, label: int, outputs: int) -> str:
    """What a sentence says that it is about: the class, or which of a regression's several `outputs`."""
    if exp.mode == "regression" and outputs == 1:
        return ""
    names = exp.class_names
    if names is not None and -len(names) <= label < len(names):
        return f" for {names[label]}"
    return f" for {label}" if exp.mode == "classification" else f" for output {label}"
