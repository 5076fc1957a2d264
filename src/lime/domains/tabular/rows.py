"""Rows of a table that share one neighbourhood and the model's predictions for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.pipeline import Job, KnownPredictions, explain_samples
from lime.domains.protocols import Model, Sampling
from lime.domains.settings import EXACT, ExplainSettings
from lime.domains.tabular.assisted import CheapModels, TableAssistance
from lime.domains.tabular.columns import ColumnDistribution, Draws
from lime.domains.tabular.exact import ExactModel
from lime.domains.tabular.input import DrawColumns, Naming, RowInput
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.known_weights import KnownWeights
from lime.models.requests import ExplanationCoroutine, drive_together
from lime.results.explanation import Explanation

AT_ONCE = 32
"""Rows that share draws and go through the steps of the method together; see `lime.models.requests`."""

Encoded = tuple[NDArray[np.float64], dict[int, Any]]
"""A row's values, and its categories that the training data does not have."""


@dataclass(frozen=True)
class SharedSamples:
    """What all rows of a table share where the samples do not depend on the row.

    Attributes
    ----------
    draws : Draws
    predictions : ndarray of float, shape (n, k)
        The model's predictions for them.
    columns : list of ColumnDistribution
        Distributions of the columns.
    sampling : Sampling
        How they were drawn.
    calls : int
        How many rows the model was asked about.
    prediction_warnings : list of str
        What is suspicious about the predictions.
    exact : ExactModel or None
        The model as arrays, where weights are exact.
    outputs : tuple of int
        Which of the model's outputs may be explained.
    assistance : TableAssistance or None
        What may help to estimate weights.
    cheap : CheapModels or None
        The cheap models that it takes for that.
    reason : str
        Why weights are exact or not, where that was left open.
    """

    draws: Draws
    predictions: NDArray[np.float64]
    columns: list[ColumnDistribution]
    sampling: Sampling
    calls: int
    prediction_warnings: list[str]
    exact: ExactModel | None = None
    outputs: tuple[int, ...] = ()
    assistance: TableAssistance | None = None
    cheap: CheapModels | None = None
    reason: str = ""


@dataclass(frozen=True)
class RowBatch:
    """What rows need to be explained together.

    Attributes
    ----------
    distribution : TrainingDistribution
    shared : SharedSamples
    settings : ExplainSettings
    model : Model
    """

    distribution: TrainingDistribution
    shared: SharedSamples
    settings: ExplainSettings
    model: Model


def explain_rows(
    batch: RowBatch,
    instances: Sequence[Any],
    draw: DrawColumns,
    naming: Naming,
    predictions: NDArray[np.float64] | None = None,
) -> Iterator[Explanation | Exception]:
    """Explain rows from samples and predictions that they share; one that fails comes back as its error.

    `predictions` (r, k) are the model's for the rows, where these are known, and all of them can be read.
    """
    distribution = batch.distribution
    reads = [read_or_fail(distribution, instance) for instance in instances]
    good = [read for read in reads if not isinstance(read, Exception)]
    cut = distribution.bins(np.array([values for values, _ in good])) if good else None
    bins = iter([None] * len(good) if cut is None else cut)
    own: Iterator[NDArray[np.float64] | Exception]
    own = predict_own(distribution, batch.model, good) if predictions is None else iter(predictions)
    exact = batch.shared.exact
    known: Iterator[KnownWeights | None] = iter([None] * len(good))
    if exact is not None and good:
        values = np.array([values for values, _ in good])
        known = iter(exact.known(distribution, values, cut, batch.shared.outputs))

    def input_of(read: Encoded) -> RowInput:
        return RowInput.of(distribution, distribution.row_of(*read, next(bins)), draw, naming)

    waiting = (
        failed(read) if isinstance(read, Exception) else _explain_shared(batch, input_of(read), next(own), next(known))
        for read in reads
    )
    while some := list(itertools.islice(waiting, AT_ONCE)):
        yield from drive_together(some)


def _explain_shared(
    batch: RowBatch, given: RowInput, own: NDArray[np.float64] | Exception, known: KnownWeights | None
) -> ExplanationCoroutine[Explanation]:
    """Explain one row whose own prediction (k,) is known, and maybe its weights."""
    if isinstance(own, Exception):
        raise own
    shared, settings = batch.shared, batch.settings
    samples = given.samples_of(shared.draws, shared.sampling)
    # What is suspicious about all predictions; a growing sample looks at some of them.
    found = None if settings.stopping is not None else shared.prediction_warnings
    samples = replace(samples, shared=True, prediction_warnings=found, known=known)
    if shared.sampling.with_rows:
        samples = replace(samples, rows=shared.draws.values)
    if known is not None:
        samples = replace(samples, design=EXACT)
    if shared.assistance is not None and shared.cheap is not None:
        help_of_row = shared.assistance.for_row(shared.cheap, batch.distribution, given.row)
        samples = replace(samples, assistance=help_of_row)
    predictions = KnownPredictions(own, shared.predictions, shared.calls + 1)
    exp = yield from explain_samples(Job(given, batch.model, settings), samples, predictions)
    exp.sampling_reason = shared.reason
    return exp


def failed(error: Exception) -> ExplanationCoroutine[Explanation]:
    """The steps of a row that could not be read: none, but for its error."""
    yield from ()
    raise error


def read_or_fail(distribution: TrainingDistribution, instance: Any) -> Encoded | Exception:
    """A row of the user's as it was read, or why it could not be."""
    try:
        return distribution.read(instance)
    except Exception as error:
        return error


def predict_own(
    distribution: TrainingDistribution, model: Model, rows: list[Encoded]
) -> Iterator[NDArray[np.float64] | Exception]:
    """The model's predictions for rows themselves, in one call where no row holds a category of its own.

    Parameters
    ----------
    distribution : TrainingDistribution
    model : Model
    rows : list of (ndarray of float, dict)
        As `read_or_fail` reads them.
    """
    quiet = replace(model, progress_bar=False)
    plain = [values for values, unseen in rows if not unseen]
    together: NDArray[np.float64] | None = None
    if plain:
        matrix = np.stack(plain)
        try:
            together = quiet.request(
                lambda start, stop: distribution.decode(matrix[start:stop].copy()), len(plain)
            ).predictions()
        except Exception:
            together = None  # asked one by one, the row that the model refuses is found
    place = 0
    for values, unseen in rows:
        if not unseen and together is not None:
            yield together[place]
            place += 1
            continue
        try:
            row = Row(values, unseen, np.arange(len(values)), None)
            yield _predict_alone(distribution, quiet, row)
        except Exception as error:
            yield error


def _predict_alone(distribution: TrainingDistribution, model: Model, row: Row) -> NDArray[np.float64]:
    # A copy: the model may change what it is handed.
    request = model.request(lambda start, stop: distribution.decode(row.values[None, :].copy(), row), 1)
    own: NDArray[np.float64] = request.predictions()[0]
    return own
