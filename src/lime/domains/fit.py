"""From a neighbourhood with predictions to a filled `Explanation`, the same for every data type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.beyond_linear import fit_others
from lime.domains.fit_warnings import (
    Caution,
    LabelFit,
    about_label,
    inseparable_warning,
    is_poor,
    label_warnings,
    misfit_warnings,
    prediction_warnings,
    warn_of_labels,
    warn_of_open_signs,
)
from lime.domains.neighborhood import Neighborhood, pauses, record_neighborhood
from lime.domains.remedies import remedy_for
from lime.domains.sequential import SequentialStopping
from lime.domains.settings import ExplainSettings
from lime.domains.surrogates import write
from lime.engine import classic, contests, selection, surrogate
from lime.engine.anchored import WeightedSamples, contributions_to, fit_through
from lime.engine.assisted import Assisted, assist
from lime.engine.assisted_product import AssistedByProduct, RowSamples
from lime.engine.base import LimeBase, by_size, report
from lime.engine.few_rows import with_shrinkage, with_units
from lime.engine.kernels import effective_share, kernel_weights
from lime.engine.leave_one_out import inseparable, leave_one_out_penalty, select_correlated
from lime.engine.moments import Moments
from lime.engine.precision import unit_of
from lime.engine.surrogate import Surrogate
from lime.engine.threads import run_in_threads_for
from lime.models.requests import ExplanationCoroutine, is_one_of_many
from lime.results.explanation import Explanation
from lime.results.fit_data import FitData
from lime.results.gravity import Gravity

EXACT_PENALTY = 1e-9
"""Factor on penalties where nothing is estimated: no more than singular systems need."""


def fill(
    exp: Explanation,
    neighborhood: Neighborhood,
    labels: list[int],
    settings: ExplainSettings,
    stopping: SequentialStopping | None = None,
) -> ExplanationCoroutine[dict[int, str]]:
    """Fit a surrogate for each label and write weights, fits, errors and warnings into an explanation.

    A base of the user's own class gets the neighbourhood in 0.2.0.1's form, the instance first, and its numbers are
    taken as they are. A `model_regressor` takes the place of the ridge fit.

    Returns
    -------
    dict of label -> str
        Which estimator gave the weights.
    """
    record_neighborhood(neighborhood)
    n, d = neighborhood.z.shape
    found = neighborhood.prediction_warnings
    for sentence in prediction_warnings(neighborhood.predictions, exp.mode) if found is None else found:
        exp.add_warning(sentence, gravity=Gravity.WRONG)
    ours = type(settings.fit.base) is LimeBase
    exp.exact = neighborhood.is_exact and settings.model_regressor is None and ours
    exp.anchored = settings.anchored and ours
    if not ours:
        for label in labels:
            _fill_from_custom_base(exp, neighborhood, label, settings)
        _show_fit(exp, labels)
        return dict.fromkeys(labels, "custom")
    steps = _fit_labels(exp, neighborhood, labels, settings, stopping)
    return (yield from run_in_threads_for(float(n) * d * min(n, d), steps, pauses(neighborhood.z) and is_one_of_many()))


@dataclass(frozen=True)
class Fitter:
    """What the fits of all labels have in common.

    Attributes
    ----------
    neighborhood : Neighborhood
    settings : ExplainSettings
    moments : Moments
        Of the predictions of the explained labels, over `units`.
    weights : ndarray of float, shape (n,)
    units : ndarray of float, shape (labels,)
    assisted : Assisted, AssistedByProduct or None
    penalty : float
        Factor on the ridge penalties.
    """

    neighborhood: Neighborhood
    settings: ExplainSettings
    moments: Moments
    weights: NDArray[np.float64]
    units: NDArray[np.float64]
    assisted: Assisted | AssistedByProduct | None
    penalty: float

    def ranked_by(self, output: int) -> Moments:
        """The moments that the features of one output are selected by."""
        return self.moments if self.assisted is None else self.assisted.ranks_by(output)

    @property
    def cautious(self) -> bool:
        """Whether features with few samples on one side are ranked by what their errors leave of their weights."""
        return not (self.neighborhood.is_exact or self.neighborhood.with_instance)

    @property
    def _selecting(self) -> tuple[NDArray[np.float64], int, Any]:
        """What selection is asked for: the instance, the number of features, and the method."""
        return self.neighborhood.instance, self.settings.num_features, self.settings.fit.feature_selection

    def select(self, output: int, label: int) -> NDArray[np.intp]:
        """Ids of the features that are kept for one output."""
        known = self.neighborhood.known
        if known is not None:
            _, num_features, method = self._selecting
            return known.select(label, num_features, method)
        if self.neighborhood.correlated:
            _, num_features, method = self._selecting
            return select_correlated(self.moments, output, num_features, method)
        chosen = selection.select(
            self.ranked_by(output),
            output,
            *self._selecting,
            penalty=self.penalty,
            uncorrelated=self.neighborhood.uncorrelated,
            cautious=self.cautious,
        )
        if not self.neighborhood.with_instance:
            return chosen
        _, num_features, method = self._selecting
        refits = _refits(self.settings.fit.base, self.neighborhood, label)
        return classic.select(chosen, self.moments, output, refits, num_features, method=method)

    def fit(self, output: int, label: int, chosen: NDArray[np.intp]) -> tuple[Surrogate, str]:
        """The surrogate of one output on the features that are kept, over its unit, and the estimator's name."""
        known = self.neighborhood.known
        if known is not None:
            predictions = self.neighborhood.predictions[:, label]
            fitted = known.surrogate(label, chosen, self.neighborhood.z, predictions, self.weights)
            return surrogate.in_unit(fitted, 1.0 / self.units[output]), "exact"
        if self.settings.model_regressor is not None:
            own = _fit_own_regressor(self.neighborhood, label, self.settings, self.weights, chosen)
            fitted, estimator = surrogate.in_unit(own, 1.0 / self.units[output]), "custom"
        else:
            fitted, estimator = self._fit_ridge(output, label, chosen), "plain"
            if self.assisted is not None and self.assisted.improves(output, fitted):
                fitted = self.assisted.surrogate(output, chosen, self.neighborhood.instance)
                estimator = self.assisted.names[output]
        if fitted.support is not None and self.cautious and len(chosen) < self.moments.d:
            needed = selection.needed_weights(
                self.ranked_by(output), output, *self._selecting, chosen=chosen, coefficients=fitted.coefficients
            )
            fitted = surrogate.after_selection(fitted, needed)
        fitted = _know_constants(fitted, self.neighborhood)
        if self.neighborhood.exact and fitted.standard_errors is not None:
            fitted = replace(fitted, standard_errors=np.zeros(len(chosen)), degrees=np.inf, support=None)
        return fitted, estimator

    def _fit_ridge(self, output: int, label: int, features: NDArray[np.intp]) -> Surrogate:
        alpha, groups = surrogate.ALPHA * self.penalty, self.neighborhood.sources
        if self.neighborhood.correlated:
            alpha = leave_one_out_penalty(self.moments, output, features)
        if self.settings.anchored:
            fitted = self._fit_anchored(output, label, features, alpha)
        else:
            fitted = surrogate.fit(self.moments, output, features, self.neighborhood.instance, alpha, groups=groups)
        if not self.neighborhood.correlated:
            return fitted
        near = self.neighborhood
        return self._count_training(fitted, alpha, self.moments, near.instance, near.unit_errors)

    def _count_training(
        self,
        fitted: Surrogate,
        alpha: float,
        moments: Moments,
        instance: NDArray[np.float64],
        unit_errors: NDArray[np.float64] | None,
    ) -> Surrogate:
        """The same with errors that count what a penalty took of the weights, and the error of their units."""
        near, features = self.neighborhood, fitted.features
        gram = moments.gram_of(features)
        if self.settings.anchored:  # about the instance, not about the mean
            away = moments.z_mean[features] - instance[features]
            gram = gram + moments.total * np.outer(away, away)
        effective = None if near.groups is not None else effective_share(self.weights) * len(self.weights)
        fitted = with_shrinkage(fitted, gram, alpha, effective)
        return fitted if unit_errors is None else with_units(fitted, unit_errors[features])

    def _fit_anchored(self, output: int, label: int, features: NDArray[np.intp], alpha: float) -> Surrogate:
        """The fit that goes through the model's prediction for the instance."""
        near, unit = self.neighborhood, self.units[output]
        samples = WeightedSamples(near.z, near.predictions[:, label] / unit, self.weights, near.sources)
        return fit_through(samples, features, near.instance, float(near.prediction[label] / unit), alpha=alpha)

    def fit_columns(self, label: int, columns: NDArray[np.float64], at: NDArray[np.float64]) -> Surrogate:
        """The linear fit of one output on other features (n, m), of which the instance has those `at` (m,)."""
        near = self.neighborhood
        unit = float(unit_of(near.predictions[:, label]))
        y, every = near.predictions[:, label] / unit, np.arange(columns.shape[1])
        moments, alpha = Moments(columns, y[:, None], self.weights), surrogate.ALPHA * self.penalty
        if near.correlated:
            alpha = leave_one_out_penalty(moments, 0, every)
        if self.settings.anchored:
            samples = WeightedSamples(columns, y, self.weights, near.sources)
            fitted = fit_through(samples, every, at, float(near.prediction[label] / unit), alpha=alpha)
        else:
            fitted = surrogate.fit(moments, 0, every, at, alpha, groups=near.sources)
        if near.correlated:
            fitted = self._count_training(fitted, alpha, moments, at, None)
        if near.exact and fitted.standard_errors is not None:
            fitted = replace(fitted, standard_errors=np.zeros(len(every)), degrees=np.inf, support=None)
        return surrogate.in_unit(fitted, unit)

    def judge(self, stopping: SequentialStopping, output: int, label: int, fitted: Surrogate, estimator: str) -> None:
        """Let a growing sample know what the fit of one output shows."""
        if self.neighborhood.exact:
            stopping.judge_exact(label)
            return
        chosen, full = fitted.features, fitted
        if len(chosen) < self.moments.d:
            every = np.arange(self.moments.d)
            if self.assisted is not None and estimator != "plain":
                full = self.assisted.surrogate(output, every, self.neighborhood.instance)
            else:
                full = self._fit_ridge(output, label, every)
            full = _know_constants(full, self.neighborhood)
        assert full.standard_errors is not None
        weights, errors = np.zeros(self.moments.d), np.zeros(self.moments.d)
        weights[full.features], errors[full.features] = full.coefficients, full.standard_errors
        found = contests.find_contests(
            self.ranked_by(output), output, *self._selecting, chosen=chosen, weights=weights, errors=errors
        )
        stopping.judge(label, fitted, found, full.degrees)


def _fit_labels(
    exp: Explanation,
    neighborhood: Neighborhood,
    labels: list[int],
    settings: ExplainSettings,
    stopping: SequentialStopping | None,
) -> ExplanationCoroutine[dict[int, str]]:
    """The steps of `fill` with our own base."""
    fitter = yield from prepare_fitter(neighborhood, labels, settings, exp.mode)
    exp.effective_samples = effective_share(fitter.weights)
    moments = fitter.moments
    estimators: dict[int, str] = {}
    labels_by_caution: dict[Caution, list[int]] = {}
    others = fit_others(exp, fitter, labels)
    yield None
    for output, label in enumerate(labels):
        chosen = fitter.select(output, label)
        yield None
        fitted, estimators[label] = fitter.fit(output, label, chosen)
        yield None
        unit, model_value = float(fitter.units[output]), float(neighborhood.prediction[label])
        shown = surrogate.in_unit(fitted, unit)
        if label in others:
            shown, estimators[label] = others[label].shown, others[label].surrogate.kind
        if settings.fit.base.verbose:
            report(shown, model_value)
        _write(exp, label, neighborhood.ids[shown.features], shown, model_value)
        if label in others:
            write(exp, label, others[label])
        else:
            _write_contributions(exp, label, neighborhood, shown, moments)
        if stopping is not None:
            fitter.judge(stopping, output, label, fitted, estimators[label])
        # The deviation in the unit of the predictions, which is that of the moments but for a power of two.
        deviation = float(np.sqrt(moments.y_square[output] / moments.total)) * unit
        flat = surrogate.is_flat(moments, output)
        fit = LabelFit(label, shown.score, shown.prediction, model_value, deviation, flat)
        remedy = ""
        usual = settings.model_regressor is None and label not in others
        if is_poor(fit) and usual and not neighborhood.shared and stopping is None:
            remedy = remedy_for(neighborhood, label, settings, fitter.weights, shown.score)
        for caution in label_warnings(exp, fit, shown, neighborhood, remedy):
            labels_by_caution.setdefault(caution, []).append(label)
        if neighborhood.correlated and not flat and label not in others:
            together = [neighborhood.ids[chosen[group]] for group in inseparable(moments, chosen)]
            if together:
                caution = (inseparable_warning(exp, together), Gravity.UNSURE)
                labels_by_caution.setdefault(caution, []).append(label)
        yield None
    warn_of_labels(exp, labels_by_caution, neighborhood.outputs)
    if not neighborhood.is_exact:
        warn_of_open_signs(exp, labels, neighborhood.outputs)
    _show_fit(exp, labels)
    if not neighborhood.shared:
        exp.fit_data = FitData.of(
            neighborhood.z,
            neighborhood.predictions,
            fitter.weights,
            labels=labels,
            features=neighborhood.ids,
            instance=neighborhood.instance,
            groups=neighborhood.groups,
            exact=neighborhood.exact,
            known=neighborhood.known,
        )
    return estimators


def prepare_fitter(
    neighborhood: Neighborhood, labels: list[int], settings: ExplainSettings, mode: str
) -> ExplanationCoroutine[Fitter]:
    """Step to what the fits of all labels have in common."""
    weights = neighborhood.weights(settings.fit.base)
    penalty = EXACT_PENALTY if neighborhood.exact else min(1.0, len(weights) / neighborhood.reference_samples)
    if neighborhood.with_instance:
        penalty = 1.0
    yield None
    predictions = neighborhood.predictions.T[labels].T
    units = unit_of(predictions)
    moments = Moments(neighborhood.z, predictions / units, weights)
    yield None
    assisted: Assisted | AssistedByProduct | None = None
    sizes, rng = neighborhood.size_distribution, neighborhood.rng
    if neighborhood.helpers is not None and settings.model_regressor is None:
        anchors = neighborhood.prediction[labels] / units if settings.anchored else None
        samples = RowSamples(moments, neighborhood.groups, surrogate.ALPHA * penalty, anchors)
        some = [[one.over(unit) for one in found] for found, unit in zip(neighborhood.helpers, units, strict=True)]
        assisted = AssistedByProduct(samples, some)
        yield None
    elif sizes is not None and rng is not None and _may_assist_masks(settings):
        bounded = mode == "classification" and bool((units == 1.0).all())
        assisted = assist(moments, neighborhood.groups, sizes, bounded, rng, every=(neighborhood.predictions, labels))
        yield None
    return Fitter(neighborhood, settings, moments, weights, units, assisted, penalty)


def _may_assist_masks(settings: ExplainSettings) -> bool:
    """Whether a cheap model of masks may assist, which costs next to nothing."""
    return settings.model_regressor is None and not settings.anchored and settings.estimator != "plain"


def _know_constants(fitted: Surrogate, neighborhood: Neighborhood) -> Surrogate:
    """The same with no error for features that never vary in the distribution: their weight of 0 is known."""
    if neighborhood.constant is None or fitted.support is None or fitted.standard_errors is None:
        return fitted
    known = np.isinf(fitted.standard_errors) & neighborhood.constant[fitted.features]
    return replace(fitted, standard_errors=np.where(known, 0.0, fitted.standard_errors)) if known.any() else fitted


def _refits(base: LimeBase, neighborhood: Neighborhood, label: int) -> classic.Refits:
    """The fits that 0.2.0.1 made while it selected features."""
    z = np.asarray(neighborhood.z, dtype=np.float64)
    return classic.Refits(z, neighborhood.predictions[:, label], base.kernel_fn, neighborhood.distances_to_instance())


def _fit_own_regressor(
    neighborhood: Neighborhood,
    label: int,
    settings: ExplainSettings,
    weights: NDArray[np.float64],
    chosen: NDArray[np.intp],
) -> Surrogate:
    """Fit a regressor of the user's as 0.2.0.1 did, with the instance as the first of the samples."""
    with_instance, every = neighborhood.instance_first(), weights
    if not neighborhood.with_instance:
        # With the samples, for kernels that look at all distances together.
        distances = np.append(0.0, neighborhood.distances_to_instance())
        every = np.append(kernel_weights(settings.fit.base.kernel_fn, distances)[0], weights)
    z, y = np.asarray(with_instance.z, dtype=np.float64), with_instance.predictions[:, label]
    return surrogate.fit_regressor(settings.model_regressor, z, y, every, chosen)


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


def _write(exp: Explanation, label: int, ids: NDArray[np.intp], fitted: Surrogate, model_value: float) -> None:
    exp.local_exp[label] = by_size(ids, fitted.coefficients)
    exp.intercept[label] = fitted.intercept
    exp.scores[label] = fitted.score
    if not np.isnan(fitted.held_out_score):
        exp.held_out_scores[label] = fitted.held_out_score
    exp.local_preds[label] = fitted.prediction
    exp.model_preds[label] = model_value
    exp.standard_errors[label] = (
        {} if fitted.standard_errors is None else dict(zip(ids.tolist(), fitted.standard_errors.tolist(), strict=True))
    )
    exp.degrees_of_freedom[label] = fitted.degrees


def _write_contributions(
    exp: Explanation, label: int, neighborhood: Neighborhood, fitted: Surrogate, moments: Moments
) -> None:
    """Split the surrogate's prediction into its mean over the neighbourhood, and what each feature adds."""
    features, means = fitted.features, fitted.means
    if neighborhood.known is not None:
        means = neighborhood.known.expectations.z_mean[0][features]
    elif means is None:  # those of all features cost as much as a fit: only where no fit knows those of its own
        means = moments.z_mean[features]
    value, contributions = contributions_to(
        fitted.coefficients, neighborhood.instance[features], means, fitted.prediction
    )
    exp.baseline_values[label] = value
    exp.contributions_by_label[label] = dict(
        zip(neighborhood.ids[features].tolist(), contributions.tolist(), strict=True)
    )


def _fill_from_custom_base(exp: Explanation, neighborhood: Neighborhood, label: int, settings: ExplainSettings) -> None:
    with_instance, ids = neighborhood.instance_first(), neighborhood.ids
    intercept, weights, score, local_pred = settings.fit.base.explain_instance_with_data(
        np.asarray(with_instance.z, dtype=np.float64),
        with_instance.predictions,
        with_instance.distances_to_instance(),
        label,
        settings.num_features,
        model_regressor=settings.model_regressor,
        feature_selection=settings.fit.feature_selection,
    )
    exp.intercept[label] = intercept
    exp.local_exp[label] = [(int(ids[i]), weight) for i, weight in weights]
    exp.scores[label] = score
    exp.local_preds[label] = float(np.ravel(local_pred)[0])
    exp.model_preds[label] = float(neighborhood.prediction[label])
    exp.standard_errors[label] = {}
    exp.degrees_of_freedom[label] = float("inf")
    own = neighborhood.predictions[:, label]
    unit = float(unit_of(own))
    fit = LabelFit(
        label, float(score), exp.local_preds[label], exp.model_preds[label], float((own / unit).std()) * unit
    )
    for sentence in misfit_warnings(about_label(exp, label, neighborhood.outputs), fit):
        exp.add_warning(sentence, [label])


def show_predictions(
    exp: Explanation,
    prediction: NDArray[np.float64],
    predictions: NDArray[np.float64],
    labels: list[int],
    top: bool,
) -> None:
    """Write the model's `prediction` (k,) for the instance, and the range of that and of `predictions` (n, k)."""
    if exp.mode == "classification":
        exp.predict_proba = np.asarray(prediction)
    else:
        for label in labels:
            every = np.append(predictions[:, label], prediction[label])
            exp.ranges[label] = (float(every.min()), float(every.max()))
        exp.predicted_value = prediction[labels[0]]
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
    if 0 in exp.baseline_values:
        exp.baseline_values[1] = exp.baseline_values.pop(0)
        exp.contributions_by_label[1] = exp.contributions_by_label.pop(0)
    if 0 in exp.surrogates:
        exp.surrogates[1] = exp.surrogates.pop(0)
    if 0 in exp.left_out:
        exp.left_out[1] = exp.left_out.pop(0)
    exp.mirrored = True
    exp.class_names = ["negative", "positive"]
    exp.local_exp[1] = list(exp.local_exp[0])
    exp.local_exp[0] = [(i, -weight) for i, weight in exp.local_exp[1]]
