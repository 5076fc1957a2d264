"""What the rows of a table share, found before the first of them is explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.fit_warnings import prediction_warnings
from lime.domains.labels import resolve_labels
from lime.domains.protocols import Model
from lime.domains.settings import ExplainSettings
from lime.domains.tabular.exact import ExactModel, agreeing
from lime.domains.tabular.input import RowInput
from lime.domains.tabular.neighborhoods.explain import PreparedRows
from lime.domains.tabular.neighborhoods.kept import note_calls, predict_kept
from lime.domains.tabular.neighborhoods.learned import Surroundings
from lime.domains.tabular.rows import SharedSamples
from lime.domains.tabular.training_distribution import TrainingDistribution
from lime.domains.targets import explained_column
from lime.engine.links import unlinked
from lime.models.predictions import refuse_unknown
from lime.models.requests import drive


def share_samples(
    given: RowInput, model: Model, settings: ExplainSettings, read_exact: Callable[[], ExactModel], owner: Any
) -> SharedSamples:
    """Draw one neighbourhood for all rows and predict it.

    Parameters
    ----------
    given : RowInput
        Any row.
    model : Model
    settings : ExplainSettings
    read_exact : callable
        Reads the model as arrays, where weights are to be exact.
    owner : Explainer
        Whose model it is.

    Raises
    ------
    ValueError
        If labels are none of the model's, or predictions are not finite.
    Unreadable
        If there are no exact weights.
    """
    distribution, sampling = given.distribution, settings.sampling()
    draws = given.draw(given.row, given.columns, sampling)
    began = settings.clock()
    predictions, calls = drive(given.predict_draws(model, draws))
    seconds = settings.clock() - began
    labels, top = check_labels(settings, model, predictions)
    k = predictions.shape[1]
    every = top or settings.target is not None
    exact, outputs = None, tuple(range(k) if every else sorted({label % k for label in labels}))
    if settings.is_exact:
        exact = agreeing(read_exact, distribution, draws.values, predictions, owner)
        exact.compile(distribution, outputs)
    assistance, cheap = given.assistance, None
    if assistance is not None:
        assistance = assistance.if_worth(len(draws.values), len(given.columns), len(outputs), seconds)
    if assistance is not None:
        cheap = assistance.models_of(draws.values)
        if settings.stopping is None and not every and np.isfinite(predictions).all():
            cheap.of(predictions, outputs)  # once for all rows, and all workers
    if not sampling.with_rows and not any(column.is_number for column in given.columns):
        draws = replace(draws, values=draws.values[:0])  # the codes say all; workers need not be sent the rest
    found = prediction_warnings(unlinked(predictions, settings.link), model.mode)
    shared = SharedSamples(draws, predictions, given.columns, sampling, calls, found, exact, outputs)
    return replace(shared, assistance=assistance, cheap=cheap)


def share_kept_rows(
    surroundings: Surroundings,
    predict_fn: Any,
    model: Model,
    settings: ExplainSettings,
    distribution: TrainingDistribution,
) -> PreparedRows:
    """Predict the training rows, where these are every row's neighbourhood."""
    kept = surroundings.kept
    assert kept is not None
    size = min(settings.num_samples - 1, len(kept))
    _, known = drive(predict_kept(kept, size, predict_fn, model, distribution=distribution))
    check_labels(settings, model, known)
    note_calls(kept, predict_fn, model.mode)
    return PreparedRows(known, surroundings.choice)


def check_labels(settings: ExplainSettings, model: Model, predictions: NDArray[np.float64]) -> tuple[list[int], bool]:
    """Labels of all rows, and whether each row has top ones of its own; what is wrong for every row is refused now."""
    names, _ = model.names(predictions[0])
    if settings.target is not None:
        explained_column(settings.target, predictions, predictions[0], names, model.argument)
        return [], False
    labels, top = resolve_labels(settings.labels, settings.top_labels, predictions[0], model.mode, names)
    if not top:
        refuse_unknown(predictions, model.argument, labels, names)
    return labels, top
