"""Exact weights for rows of a table: the model is read, checked against its own predictions, and asked no more."""

from __future__ import annotations

import pickle
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.pipeline import Job, KnownPredictions, explain_samples
from lime.domains.protocols import Model
from lime.domains.settings import EXACT, ExplainSettings
from lime.domains.surrogates import LINEAR
from lime.domains.tabular.exact_columns import (
    codes_of_rows,
    disagreement,
    exact_columns_of,
    exact_parts,
    kernel_width_of,
)
from lime.domains.tabular.input import RowInput
from lime.domains.tabular.table import Table
from lime.domains.tabular.training_distribution import TrainingDistribution
from lime.domains.targets import is_linear
from lime.engine.exact_columns import CodedColumn, ExactColumn
from lime.engine.exact_fit import ExactPairs, added, check_selection, pair_sizes
from lime.engine.known_weights import KnownWeights
from lime.engine.links import LOGIT
from lime.engine.measures import Expectations
from lime.engine.trees import Unreadable
from lime.models.arrays import ModelArrays, Refusal
from lime.models.reading import model_of, read_model
from lime.models.requests import ExplanationCoroutine
from lime.results.explanation import Explanation

ANCHORED = "an anchored surrogate is fitted to samples"

OTHERWISE = "leave sampling_method out to draw samples"


@dataclass(frozen=True)
class ExactModel:
    """A model as arrays, under the distribution of an explainer's columns.

    Attributes
    ----------
    arrays : ModelArrays
        What the weights are of.
    read : ModelArrays
        What the model's predictions are held against; another than `arrays` where log-odds are explained.
    link : str
        In what unit the predictions come.
    distributions : list of ExactColumn
    kernel_width : float
    compiled : dict
        What computes the weights, by the outputs that are asked for.
    """

    arrays: ModelArrays
    read: ModelArrays
    link: str
    distributions: list[ExactColumn]
    kernel_width: float
    compiled: dict[tuple[int, ...], list[ExactPairs]] = field(default_factory=dict)

    def compile(self, distribution: TrainingDistribution, outputs: Sequence[int]) -> list[ExactPairs]:
        """What computes the weights of some outputs."""
        key = tuple(outputs)
        if key not in self.compiled:
            self.compiled[key] = exact_parts(self.arrays, distribution, self.distributions, outputs)
        return self.compiled[key]

    def expectations(
        self,
        distribution: TrainingDistribution,
        values: NDArray[np.float64],
        bins: NDArray[np.float64] | None,
        outputs: Sequence[int],
    ) -> tuple[Expectations, NDArray[np.float64]]:
        """Weights of rows (n, d), and the rows' own interpretable features."""
        codes, features = codes_of_rows(distribution, values, bins)
        parts = self.compile(distribution, outputs)
        return added(parts, codes, values, self.kernel_width), features

    def known(
        self,
        distribution: TrainingDistribution,
        values: NDArray[np.float64],
        bins: NDArray[np.float64] | None,
        outputs: Sequence[int],
    ) -> list[KnownWeights]:
        """What is known of each of some rows (n, d)."""
        found, features = self.expectations(distribution, values, bins, outputs)
        codes, _ = codes_of_rows(distribution, values, bins)
        parts = self.compile(distribution, outputs)
        # Products of numbers, which are not in bins, have no measures here.
        in_bins = all(isinstance(one, CodedColumn) for one in self.distributions)

        def pairs(i: int) -> Callable[[NDArray[np.intp]], NDArray[np.float64]] | None:
            """The weights of products of a row's features."""
            return partial(pair_sizes, parts, codes[[i]], values[[i]], self.kernel_width) if in_bins else None

        return [
            KnownWeights(found.row(i), tuple(outputs), self.arrays.outputs, features[i], pairs(i))
            for i in range(len(values))
        ]


def exact_model(
    predict_fn: Any, distribution: TrainingDistribution, settings: ExplainSettings, mode: str, key: Any
) -> ExactModel:
    """Read a model, or take what was read of it before.

    Parameters
    ----------
    predict_fn : model or bound method
        As a user gave it.
    distribution : TrainingDistribution
    settings : ExplainSettings
    mode : {"classification", "regression"}
    key : object
        The explainer that asks.

    Raises
    ------
    Unreadable
        If there are no exact weights; the message says why.
    """
    if not is_linear(settings.target):
        raise Unreadable("a target that is a function of the predictions is no sum of the model's outputs")
    if settings.surrogate != LINEAR:
        raise Unreadable(f"surrogate={settings.surrogate!r} is fitted to samples")
    if settings.representation is not None:
        raise Unreadable(f"representation={settings.representation!r} is fitted to samples")
    if settings.anchored:
        raise Unreadable(ANCHORED)
    width = kernel_width_of(settings)
    check_selection(settings.fit.feature_selection)
    distributions = exact_columns_of(distribution)
    stamp = (pickle.dumps((distributions, mode)), width, settings.link)
    model, method = model_of(predict_fn, mode)
    before = _READ.get(key) if type(key).__hash__ is not None else None
    if before is not None and before[0]() is model and before[1:3] == (method, stamp):
        return before[3]
    names = list(distribution.table.labels) if isinstance(distribution.table, Table) else None
    read = read_model(predict_fn, mode, names, distribution.decode)
    if isinstance(read, Refusal):
        raise Unreadable(read.reason)
    exact = ExactModel(_explained(read, settings.link, model), read, settings.link, distributions, width)
    with suppress(TypeError):  # some objects cannot be watched: read again next time
        _READ[key] = (weakref.ref(model), method, stamp, exact)
    return exact


def _explained(read: ModelArrays, link: str, model: Any) -> ModelArrays:
    """What is explained of a model that was read.

    Raises
    ------
    Unreadable
        If that is no sum of leaves or coefficients.
    """
    if link == LOGIT:
        return read.in_log_odds()
    if read.output != "margin":
        return read
    way = "pass link='logit'" if read.outputs == 1 else f'explain {_margin_of(model)} with mode="regression"'
    raise Unreadable(f"the model's probabilities are no sums of leaves or coefficients, only their log-odds are: {way}")


def _margin_of(model: Any) -> str:
    """How a user asks a model for log-odds."""
    home = type(model).__module__.partition(".")[0]
    ways = {
        "xgboost": "functools.partial(model.predict, output_margin=True)",
        "lightgbm": "functools.partial(model.predict, raw_score=True)",
        "catboost": 'functools.partial(model.predict, prediction_type="RawFormulaVal")',
    }
    return ways.get(home, "model.decision_function")


def agreeing(
    read: Callable[[], ExactModel],
    distribution: TrainingDistribution,
    values: NDArray[np.float64],
    predictions: NDArray[np.float64],
    key: Any,
) -> ExactModel:
    """The model as arrays that give its own predictions (n, k) for rows (n, d).

    What was read before is read again where the model has changed since.

    Parameters
    ----------
    read : callable
        Gives what was read.
    distribution : TrainingDistribution
    values : ndarray of float, shape (n, d)
    predictions : ndarray of float, shape (n, k)
    key : object
        The explainer that asks.

    Raises
    ------
    Unreadable
        If they differ by more than rounding.
    """
    exact = read()
    if disagreement(exact.read, distribution, values, predictions, exact.link) is None:
        return exact
    if type(key).__hash__ is not None:
        _READ.pop(key, None)
    exact = read()
    found = disagreement(exact.read, distribution, values, predictions, exact.link)
    if found is not None:
        raise Unreadable(found)
    return exact


def refusal(error: Unreadable) -> ValueError:
    """The error that a user sees."""
    return ValueError(f"sampling_method={EXACT!r}: {error}; {OTHERWISE}")


def explain_exactly(
    read: Callable[[], ExactModel], given: RowInput, model: Model, settings: ExplainSettings, key: Any
) -> ExplanationCoroutine[Explanation]:
    """Step to the exact explanation of one row.

    Raises
    ------
    Unreadable
        If what was read of the model does not give its predictions, or a column has no exact expectation.
    """
    read()  # refused before the model is asked
    sampling = settings.sampling()
    samples = given.sample(sampling)
    predictions, calls = yield from given.predict(model, samples, np.arange(len(samples) + 1))
    exact = agreeing(read, given.distribution, samples.values, predictions[1:], key)
    row = given.row
    bins = None if row.bins is None else row.bins[None]
    (known,) = exact.known(given.distribution, row.values[None], bins, range(exact.arrays.outputs))
    samples = replace(samples, values=None, kinds=None, known=known, design=EXACT)
    known_predictions = KnownPredictions(predictions[0], predictions[1:], calls)
    return (yield from explain_samples(Job(given, model, settings, sampling.rng), samples, known_predictions))


_READ: weakref.WeakKeyDictionary[Any, tuple[Any, str, Any, ExactModel]] = weakref.WeakKeyDictionary()
"""The model that each explainer read last, beside it."""
