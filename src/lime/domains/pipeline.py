"""From an instance to its explanation: sample, predict, weigh, select, fit, fill. The only way, for every data type.

Plain, growing, exact, classic and shared samples all go through `explain_samples`. An explanation on its way is a
generator that waits for the model's predictions (`lime.models.requests`), so that several may share its batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lime.domains.comparison import Representable, represent
from lime.domains.fit import fill, mirror_regression, show_predictions
from lime.domains.fit_warnings import clipping_warning, prediction_warnings
from lime.domains.labels import labels_to_explain, notes_on_unknown
from lime.domains.neighborhood import Neighborhood, Numbers, pauses, same_outputs
from lime.domains.protocols import (
    Interpretable,
    InterpretableInput,
    Model,
    Numeric,
    Openable,
    Samples,
    Sampling,
    Splittable,
)
from lime.domains.sequential import SequentialStopping, run_sequential
from lime.domains.settings import ExplainSettings
from lime.domains.targets import explained_column
from lime.domains.width import choose_width
from lime.engine.base import LimeBase
from lime.engine.links import IDENTITY, unlinked
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.targets import MARGIN, Target
from lime.engine.widths import ChosenWidth
from lime.models.named_columns import was_single
from lime.models.predictions import join_predictions, refuse_unknown
from lime.models.requests import ExplanationCoroutine, is_one_of_many
from lime.results.explanation import Explanation
from lime.results.gravity import Gravity
from lime.results.interpreter import Interpreter

EXACT = "Settled: the model predicted every possible sample, and the weights are exact."
COMPUTED = "Settled: the weights were computed from the model itself, and are exact."

_PredictSome = Callable[[NDArray[np.intp]], ExplanationCoroutine[tuple[NDArray[np.float64], int]]]

OF_ONE_COLUMN = (
    "The model predicts a single column, which is read as the probability of the second class. lime 0.2.0.1 took it "
    "for class 0, so the weights for class 0 have the opposite signs there."
)


@dataclass(frozen=True)
class Predicted:
    """What the model predicted for a neighbourhood.

    Attributes
    ----------
    instance : ndarray of float, shape (k,)
    samples : ndarray of float, shape (n, k)
    calls : int
        How many inputs the model was given so far.
    """

    instance: NDArray[np.float64]
    samples: NDArray[np.float64]
    calls: int


class Predictions(Protocol):
    """The model's predictions for a neighbourhood, as they are needed."""

    def of(self, rows: NDArray[np.intp] | None) -> ExplanationCoroutine[Predicted]:
        """Step to the predictions for the instance and for some samples; for all of them where None."""


class RequestedPredictions:
    """Predictions that the model makes when they are first needed, and never twice for the same input.

    Parameters
    ----------
    given : InterpretableInput
    model : Model
    samples : Samples
    """

    def __init__(self, given: InterpretableInput, model: Model, samples: Samples) -> None:
        self._predict: _PredictSome | None = partial(given.predict, model, samples)
        every = np.arange(len(samples) + 1)
        self._first, self._kind = (every, every) if samples.kinds is None else samples.kinds
        self._place = np.full(len(self._first), -1, dtype=np.intp)
        self._known = np.empty((0, 0))
        self._calls = 0

    def of(self, rows: NDArray[np.intp] | None) -> ExplanationCoroutine[Predicted]:
        """Step to the predictions for the instance and for some samples."""
        kinds = self._kind if rows is None else self._kind[np.append(0, rows + 1)]
        wanted = np.zeros(len(self._place), dtype=bool)
        wanted[kinds] = True
        new = np.flatnonzero(wanted & (self._place < 0))
        if len(new):
            if self._predict is None:
                raise RuntimeError("predictions were requested after all of them had been given")
            self._place[new] = len(self._known) + np.arange(len(new))
            predictions, calls = yield from self._predict(self._first[new])
            self._known = join_predictions([self._known, predictions]) if len(self._known) else predictions
            self._calls += calls
        if rows is None:
            self._predict = None  # holds the samples, and a wide neighbourhood is large
        places = self._place[kinds]
        in_order = len(self._known) == len(places) and bool((places == np.arange(len(places))).all())
        found = self._known if in_order else self._known[places]
        return Predicted(found[0], found[1:], self._calls)


class KnownPredictions:
    """Predictions that were made before, for samples that other instances share or that a program drew itself.

    Parameters
    ----------
    instance : ndarray of float, shape (k,)
    samples : ndarray of float, shape (n, k)
    calls : int
        How many inputs the model was given for all of them.
    """

    def __init__(self, instance: NDArray[np.float64], samples: NDArray[np.float64], calls: int) -> None:
        self._all = Predicted(instance, samples, calls)
        self._used = np.zeros(len(samples), dtype=bool)

    def of(self, rows: NDArray[np.intp] | None) -> ExplanationCoroutine[Predicted]:
        """Step to the predictions; the model is not called."""
        yield from ()
        if rows is None:
            return self._all
        self._used[rows] = True
        return Predicted(self._all.instance, self._all.samples[rows], 1 + int(np.count_nonzero(self._used)))


@dataclass(frozen=True)
class Job:
    """An instance to explain.

    Attributes
    ----------
    given : InterpretableInput
    model : Model
    settings : ExplainSettings
    rng : Generator or None
        Random numbers for samples that cost no model call.
    """

    given: InterpretableInput
    model: Model
    settings: ExplainSettings
    rng: np.random.Generator | None = None


def explain(given: InterpretableInput, model: Model, settings: ExplainSettings) -> ExplanationCoroutine[Explanation]:
    """Step to the explanation of an instance.

    Parameters
    ----------
    given : InterpretableInput
    model : Model
    settings : ExplainSettings
    """
    sampling = settings.sampling()
    job = Job(given, model, settings, sampling.rng)
    return (yield from explain_samples(job, *_drawn(given, model, sampling)))


def _of_sampled_model(samples: Samples) -> Samples:
    """Samples for a model that answers differently each time: each is asked about, and none of its noise is lost."""
    weights = samples.weights
    if samples.exact and weights is not None:  # no longer probabilities, but what each of some samples counts
        weights = weights * (len(samples) / weights.sum())
    return replace(samples, kinds=None, exact=False, weights=weights)


def _drawn(given: InterpretableInput, model: Model, sampling: Sampling) -> tuple[Samples, Predictions]:
    # No frame below keeps the samples: `explain_samples` lets go of their values as soon as they are predicted.
    samples = given.sample(sampling)
    if getattr(model.predict, "is_sampled", False):
        samples = _of_sampled_model(samples)
    return samples, RequestedPredictions(given, model, samples)


def explain_samples(job: Job, samples: Samples, predictions: Predictions) -> ExplanationCoroutine[Explanation]:
    """Step to the explanation of an instance from samples that were drawn.

    Parameters
    ----------
    job : Job
    samples : Samples
        Looked at as they grow where they have stages, until nothing is open.
    predictions : Predictions
    """
    stopping, clock = job.settings.stopping, job.settings.clock
    if stopping is None or samples.stages is None:
        began = clock()
        predicted = yield from predictions.of(None)
        took = clock() - began
        # A wide neighbourhood is large, and only its features are needed from here on.
        samples = replace(samples, values=None, kinds=None)
        if pauses(samples.z) and is_one_of_many():
            yield None
        exp = yield from _fit_and_fill(job, samples, predicted, took)
        if stopping is not None and (samples.exact or samples.known is not None):
            exp.settled, exp.stopping = True, EXACT if samples.exact else COMPUTED
        return exp
    stages = SequentialStopping(stopping, samples.stages, job.given.feature_ids)
    spent = [0.0]  # by the model

    def explain_stage(size: int) -> ExplanationCoroutine[Explanation]:
        part, rows = samples.first(size)
        began = clock()
        predicted = yield from predictions.of(rows)
        spent.append(clock() - began)
        return (yield from _fit_and_fill(job, part, predicted, sum(spent), stages))

    return (yield from run_sequential(stages, explain_stage))


def _fit_and_fill(
    job: Job, samples: Samples, predicted: Predicted, seconds: float, stages: SequentialStopping | None = None
) -> ExplanationCoroutine[Explanation]:
    """Step from the model's predictions, which took it some seconds, to the explanation that they make."""
    given, model, settings = job.given, job.model, job.settings
    predictions, instance = same_outputs(predicted.samples, predicted.instance)
    class_names, sentences = model.names(instance)
    plain = unlinked(predictions, settings.link), unlinked(instance, settings.link)
    if settings.link != IDENTITY and samples.prediction_warnings is None:
        samples = replace(samples, prediction_warnings=prediction_warnings(plain[0], model.mode))
    target: Target | None = None
    labels, top = [0], False
    of_labels: list[str] = []
    if settings.target is None:
        labels, top, of_labels = _labels_of(settings, model, predictions, instance, class_names)
    else:
        asked = settings.target, predictions, instance, class_names
        target, predictions, instance = explained_column(*asked, model.argument)
        samples = replace(samples, prediction_warnings=None, known=samples.known and samples.known.of_target(target))
        plain = predictions, instance
    predicted = replace(predicted, samples=predictions, instance=instance)
    exp = given.new_explanation(class_names)
    exp.link = settings.link
    if target is not None:
        exp.speak_of(target)
    if isinstance(given, Interpretable) and not samples.shared:
        numbers = given.numbers_of_instances if isinstance(given, Numeric) else given.interpret
        exp.interpreter = Interpreter(given.interpret, tuple(given.feature_ids.tolist()), numbers)
    if isinstance(given, Openable) and not samples.shared:
        exp.group_members = given.members(samples)
    for sentence in [*sentences, *of_labels, *model.notes, *getattr(model.predict, "notes", [])]:
        exp.add_warning(sentence, gravity=Gravity.WRONG)
    for sentence in settings.notes:
        exp.add_warning(sentence, gravity=Gravity.UNSURE)
    if settings.link != IDENTITY and target is None:
        clipped = clipping_warning(predictions[:, labels])
        if clipped:
            exp.add_warning(clipped, gravity=Gravity.DOUBTFUL)
    show_predictions(exp, plain[1], plain[0], labels, top)
    exp.num_model_calls, exp.sampling_method = predicted.calls, samples.design
    exp.num_samples = len(samples) + 1 if samples.sequences or samples.correlated else settings.num_samples
    if not len(given.feature_ids):
        _fill_empty(exp, given.nothing_to_explain(), predicted.instance, labels)
    else:
        neighborhood, settings = _weigh(job, exp, samples, predicted, labels)
        shown_otherwise = settings.representation is not None and samples.rows is not None and len(samples) > 0
        if shown_otherwise and samples.rows is not None:
            neighborhood = represent(
                exp, _representable(given), samples.rows, neighborhood, labels=labels, settings=settings
            )
        # It knows weights of the explainer's own features, and of one output for all rows that share samples.
        elif samples.assistance is not None and not (samples.shared and settings.target == MARGIN):
            helpers = samples.assistance.helpers(predicted.samples, labels, seconds)
            neighborhood = replace(neighborhood, helpers=helpers)
        exp.estimators = yield from fill(exp, neighborhood, labels, settings, stages)
    mirror_regression(exp, len(predicted.instance))
    exp.keep_gravest()
    return exp


def _labels_of(
    settings: ExplainSettings,
    model: Model,
    predictions: NDArray[np.float64],
    instance: NDArray[np.float64],
    class_names: list[str] | None,
) -> tuple[list[int], bool, list[str]]:
    """Which of the model's outputs are explained, whether they are the top ones, and what a reader must know of it."""
    labels, top, notes = labels_to_explain(settings.labels, settings.top_labels, instance, model.mode, class_names)
    if not np.isfinite(predictions.sum() + instance.sum()):
        refuse_unknown(np.concatenate([instance[None], predictions]), model.argument, labels, class_names)
        notes = [*notes, *notes_on_unknown(predictions, instance, model.mode, class_names)]
    if was_single(instance) and len(instance) == 2 and any(label % 2 == 0 for label in labels):
        notes = [*notes, OF_ONE_COLUMN]
    return labels, top, notes


def _weigh(
    job: Job, exp: Explanation, samples: Samples, predicted: Predicted, labels: list[int]
) -> tuple[Neighborhood, ExplainSettings]:
    """The neighbourhood with its predictions, and the settings with the kernel that weights it."""
    settings = job.settings
    size_distribution = partial(job.given.size_distribution, samples=samples, labels=len(labels))
    neighborhood = Neighborhood(
        z=samples.z,
        instance=job.given.instance,
        distances=samples.distances,
        squared_distances=samples.squared_distances,
        groups=samples.replicates,
        predictions=predicted.samples,
        prediction=predicted.instance,
        reference_samples=job.given.default_samples,
        features=job.given.feature_ids,
        uncorrelated=samples.uncorrelated,
        design_weights=samples.weights,
        exact=samples.exact,
        size_distribution=None if samples.exact or job.rng is None else size_distribution(settings.fit.base),
        rng=job.rng,
        shared=samples.shared,
        prediction_warnings=samples.prediction_warnings,
        constant=samples.constant,
        alternative=samples.alternative,
        correlated=samples.correlated,
        partners=samples.partners,
        unit_errors=samples.unit_errors,
        known=samples.known,
        numbers=_numbers_of(job.given, samples),
        conditions=job.given.conditions if isinstance(job.given, Splittable) else None,
    )
    if settings.is_classic:
        neighborhood = replace(neighborhood, design_weights=None).instance_first()
    return _apply_auto_width(exp, neighborhood, labels, settings, size_distribution)


def _numbers_of(given: InterpretableInput, samples: Samples) -> Numbers | None:
    return partial(given.numbers, samples.rows) if isinstance(given, Numeric) and samples.rows is not None else None


def _representable(given: InterpretableInput) -> Representable:
    assert isinstance(given, Representable)
    return given


def _apply_auto_width(
    exp: Explanation,
    neighborhood: Neighborhood,
    labels: list[int],
    settings: ExplainSettings,
    size_distribution: Callable[[LimeBase], MaskSizeDistribution | None],
) -> tuple[Neighborhood, ExplainSettings]:
    """With ``kernel_width='auto'`` the settings with the width that suits the samples, and the samples under it."""
    base = settings.fit.base
    if not isinstance(base.kernel_fn, ChosenWidth) or type(base) is not LimeBase:
        return neighborhood, settings
    width, sentence = choose_width(base.kernel_fn, neighborhood, labels, settings)
    exp.kernel_width = width
    exp.warnings.append(sentence)
    kernel = partial(base.kernel_fn.func, kernel_width=width)
    chosen = LimeBase(kernel, base.verbose, random_state=base.random_state)
    if neighborhood.size_distribution is not None:
        neighborhood = replace(neighborhood, size_distribution=size_distribution(chosen))
    return neighborhood, replace(settings, fit=replace(settings.fit, base=chosen))


def _fill_empty(exp: Explanation, sentence: str, instance: NDArray[np.float64], labels: list[int]) -> None:
    """Fill the explanation of an instance that has no feature."""
    exp.warnings.append(sentence)
    exp.effective_samples = 1.0
    exp.estimators = {}
    for label in labels:
        value = float(instance[label])
        exp.local_exp[label], exp.standard_errors[label] = [], {}
        exp.baseline_values[label], exp.contributions_by_label[label] = value, {}
        exp.intercept[label] = exp.local_preds[label] = exp.model_preds[label] = value
        exp.scores[label], exp.degrees_of_freedom[label] = 1.0, float("inf")
        exp.score, exp.local_pred = 1.0, np.array([value])
