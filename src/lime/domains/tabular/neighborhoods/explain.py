"""Explanations of rows in a neighbourhood other than that of independent columns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.pipeline import Job, KnownPredictions, explain, explain_samples
from lime.domains.protocols import Model
from lime.domains.settings import ExplainSettings
from lime.domains.tabular.input import RowInput
from lime.domains.tabular.neighborhoods.choice import Choice
from lime.domains.tabular.neighborhoods.input import NeighborhoodInput
from lime.domains.tabular.neighborhoods.judge import fit_left_out, fit_on_rows
from lime.domains.tabular.neighborhoods.kept import note_calls, predict_kept
from lime.domains.tabular.neighborhoods.learned import Surroundings
from lime.domains.tabular.neighborhoods.rows import Rows
from lime.domains.tabular.rows import AT_ONCE, Encoded, failed, predict_own, read_or_fail
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.local_fit import LocalFit
from lime.models.requests import ExplanationCoroutine, drive_together
from lime.results.explanation import Explanation


@dataclass(frozen=True)
class PreparedRows:
    """What rows of a table share where training rows are their neighbourhood.

    Attributes
    ----------
    predictions : ndarray of float, shape (n, k)
        The model's predictions for the training rows.
    choice : Choice or None
        What was chosen for the model.
    """

    predictions: NDArray[np.float64]
    choice: Choice | None = None


def explain_near(
    given: NeighborhoodInput,
    model: Model,
    settings: ExplainSettings,
    surroundings: Surroundings,
    predict_fn: Any,
) -> ExplanationCoroutine[Explanation]:
    """Step to the explanation of a row.

    Parameters
    ----------
    given : NeighborhoodInput
    model : Model
    settings : ExplainSettings
    surroundings : Surroundings
        With nothing left to choose.
    predict_fn : callable or model
        As the user gave it.
    """
    distribution, row, kept = given.distribution, given.row, surroundings.kept
    if settings.num_samples == 1 or not len(given.feature_ids):
        return (yield from explain(given, model, settings))
    if isinstance(given.neighborhood, Rows):
        assert kept is not None
        size = given.neighborhood.size(settings.sampling())
        own, known = yield from predict_kept(kept, size, predict_fn, model, distribution=distribution, row=row)
        assert own is not None
        return (yield from explain_known(Job(given, model, settings), surroundings, own, known))
    truth = None
    if kept is not None and surroundings.judging:
        size = min(surroundings.judging, settings.num_samples)
        quiet = replace(model, progress_bar=False)
        of_row = row if distribution.varying.fixed else None
        _, truth = yield from predict_kept(kept, size, predict_fn, quiet, distribution=distribution, row=of_row)
    exp = yield from explain(given, model, settings)
    if kept is not None and truth is not None:
        exp.num_model_calls = (exp.num_model_calls or 0) + len(truth)
        note_calls(kept, predict_fn, model.mode)
    return _told(exp, given, surroundings, truth)


def explain_known(
    job: Job,
    surroundings: Surroundings,
    own: NDArray[np.float64],
    known: NDArray[np.float64],
    *,
    of_many: bool = False,
) -> ExplanationCoroutine[Explanation]:
    """Step to the explanation of a row from training rows of which the predictions are known.

    Parameters
    ----------
    job : Job
        Its input is a `NeighborhoodInput`.
    surroundings : Surroundings
    own : ndarray of float, shape (k,)
        The model's prediction for the row.
    known : ndarray of float, shape (n, k)
        Those for the first n kept rows.
    of_many : bool
        Whether other rows are explained with these, so that the explanation does not keep them.
    """
    given = job.given
    assert isinstance(given, NeighborhoodInput)
    samples = replace(given.sample(job.settings.sampling()), shared=of_many)
    exp = yield from explain_samples(job, samples, KnownPredictions(own, known, len(known) + 1))
    return _told(exp, given, surroundings, known)


def explain_rows_near(
    prepared: PreparedRows,
    instances: Sequence[Any],
    input_of: Callable[[Row], RowInput],
    surroundings: Surroundings,
    *,
    distribution: TrainingDistribution,
    model: Model,
    settings: ExplainSettings,
    predictions: NDArray[np.float64] | None = None,
) -> Iterator[Explanation | Exception]:
    """Explain rows that all have the training rows for their neighbourhood; one that fails comes back as its error.

    `predictions` (r, k) are the model's for the rows, where these are known, and all of them can be read.
    """
    reads = [read_or_fail(distribution, instance) for instance in instances]
    own: Iterator[NDArray[np.float64] | Exception]
    if predictions is None:
        good = [read for read in reads if not isinstance(read, Exception)]
        own = _predict_own(prepared, good, surroundings, model, distribution)
    else:
        own = iter(predictions)

    def steps(read: Encoded, prediction: NDArray[np.float64] | Exception) -> ExplanationCoroutine[Explanation]:
        if isinstance(prediction, Exception):
            raise prediction
        job = Job(input_of(distribution.row_of(*read)), model, settings)
        return (yield from explain_known(job, surroundings, prediction, prepared.predictions, of_many=True))

    waiting = (failed(read) if isinstance(read, Exception) else steps(read, next(own)) for read in reads)
    while some := list(itertools.islice(waiting, AT_ONCE)):
        yield from drive_together(some)


def _predict_own(
    prepared: PreparedRows,
    rows: list[Encoded],
    surroundings: Surroundings,
    model: Model,
    distribution: TrainingDistribution,
) -> Iterator[NDArray[np.float64] | Exception]:
    """The model's predictions for rows themselves; those of training rows are known."""
    assert surroundings.kept is not None
    places = {one.tobytes(): place for place, one in enumerate(surroundings.kept.matrix[: len(prepared.predictions)])}
    found = [None if unseen else places.get(np.asarray(values, dtype=np.float64).tobytes()) for values, unseen in rows]
    asked = predict_own(distribution, model, [row for row, place in zip(rows, found, strict=True) if place is None])
    for place in found:
        yield next(asked) if place is None else prepared.predictions[place]


def _told(
    exp: Explanation, given: NeighborhoodInput, surroundings: Surroundings, truth: NDArray[np.float64] | None
) -> Explanation:
    """Write the neighbourhood and the fit on real rows into an explanation."""
    exp.neighborhood = surroundings.name
    choice = surroundings.choice
    exp.neighborhood_scores = None if choice is None else dict(choice.scores)
    matrix = None if truth is None or surroundings.kept is None else surroundings.kept.matrix[: len(truth)]
    ours = set(exp.estimators.values()) != {"custom"}
    for label in exp.local_exp:
        if isinstance(given.neighborhood, Rows) and matrix is not None and truth is not None:
            if not ours:
                continue  # only the fit of ours can be made again without a row
            exp.local_fit[label] = fit_left_out(exp, label, given.place, matrix, truth, share=given.neighborhood.share)
        elif matrix is not None and truth is not None:
            exp.local_fit[label] = fit_on_rows(exp, label, given.place, matrix, truth)
        elif label in exp.held_out_scores:
            rows = (exp.effective_samples or 0.0) * max((exp.num_samples or 1) - 1, 0)
            exp.local_fit[label] = LocalFit(exp.held_out_scores[label], float("nan"), rows, "samples")
    return exp
