"""Rows that share samples, explained straight into columns."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.fit import Fitter, prepare_fitter
from lime.domains.fit_warnings import FEW_EFFECTIVE, SAMPLES_A_FEATURE
from lime.domains.neighborhood import Neighborhood
from lime.domains.tabular.chunks import Found, ReadRows, explain_in_columns
from lime.domains.tabular.columns import Binned
from lime.domains.tabular.input import DEFAULT_SAMPLES, DrawColumns, Naming
from lime.domains.tabular.one_label import LabelFits, write
from lime.domains.tabular.rows import RowBatch, explain_rows
from lime.engine.anchored import contributions_to
from lime.engine.base import LimeBase
from lime.engine.kernels import disagreements, effective_share
from lime.engine.precision import unit_of
from lime.engine.surrogate import Surrogate, is_flat
from lime.engine.widths import ChosenWidth
from lime.models.requests import ExplanationCoroutine, Result
from lime.results.columns import Columns
from lime.results.explanation import Explanation

AT_ONCE = 16
"""Rows that go through the steps of the method together: a step that has just run for one runs faster for the next."""

ALIKE = 1e-9
"""Range of a model's predictions, as a share of their size, up to which they may be called equal."""

METHODS = ("auto", "none", "forward_selection", "highest_weights")
"""Selections that keep as many features of each row."""

Floats = NDArray[np.float64]


def explain_sampled(
    batch: RowBatch, rows: Any, draw: DrawColumns, naming: Naming, names: tuple[Sequence[int], Sequence[Any]]
) -> Columns | None:
    """Explain the rows of a chunk straight into columns; None where they must be explained one by one.

    Parameters
    ----------
    batch : RowBatch
        Whose columns are all bins and categories.
    rows : table
        As the data has them.
    draw : callable
    naming : Naming
    names : tuple
        Positions of the rows in the data, and what the data calls them.
    """
    if not _is_plain(batch):
        return None
    block = ReadRows.of(batch.distribution, batch.model, batch.settings, rows, batch.shared.predictions.shape[1])
    if block is None or block.labels.shape[1] != 1 or not bool((unit_of(block.predictions) == 1.0).all()):
        return None

    def alone(some: Sequence[Any], predictions: Floats) -> Iterator[Explanation | Exception]:
        return explain_rows(batch, some, draw, naming, predictions)

    try:
        found = _found(batch, block)
    except ValueError:
        return None  # a kernel that reaches no sample of a row: one by one it is found
    return explain_in_columns(found, alone, rows=rows, speaking=(draw, naming), names=names)


def _is_plain(batch: RowBatch) -> bool:
    """Whether nothing is asked for but ridge fits of columns in bins and categories."""
    shared, settings, base = batch.shared, batch.settings, batch.settings.fit.base
    answers, d = shared.predictions, len(shared.columns)
    if shared.assistance is not None and shared.cheap is not None:
        return False
    if shared.exact is not None or settings.stopping is not None or settings.model_regressor is not None:
        return False
    if type(base) is not LimeBase or base.verbose or isinstance(base.kernel_fn, ChosenWidth):
        return False
    if settings.fit.feature_selection not in METHODS or settings.distance_metric != "euclidean":
        return False
    kept = d if settings.fit.feature_selection == "none" else min(d, settings.num_features)
    if any(column.is_number for column in shared.columns) or not 0 < kept <= len(answers) / SAMPLES_A_FEATURE:
        return False
    if not np.isfinite(answers).all() or not bool((unit_of(answers) == 1.0).all()):
        return False
    flat = np.ptp(answers, axis=0) <= ALIKE * np.abs(answers).max(axis=0)
    return not bool(flat[list(shared.outputs)].any())


def _found(batch: RowBatch, block: ReadRows) -> Found:
    """Fits of all rows, and which of them are out of the ordinary."""
    shared = batch.shared
    odd = np.any(block.codes < 0, axis=1)
    seen = np.asarray(shared.draws.codes)
    own = np.empty(block.codes.shape, dtype=seen.dtype)
    for j, column in enumerate(shared.columns):
        own[:, j] = column.numbers[block.codes[:, j]] if isinstance(column, Binned) else block.codes[:, j]
    fits: list[_RowFit | None] = []
    places = iter(range(len(own)))
    while some := list(itertools.islice(places, AT_ONCE)):
        begun = [None if odd[i] else _fitter(batch, block, i, seen == own[i]) for i in some]
        ready = [None if steps is None else _run(steps) for steps in begun]
        labels = block.labels[some, 0].tolist()
        pairs = list(zip(ready, labels, strict=True))
        chosen = [None if one is None else one.select(0, label) for one, label in pairs]
        for (fitter, label), features in zip(pairs, chosen, strict=True):
            fits.append(None if fitter is None or features is None else _RowFit.of(fitter, label, features))
    odd |= np.array([one is None or one.is_odd for one in fits], dtype=bool)
    good = next((one for one in fits if one is not None), None)
    if good is None:
        return Found(block.predictions, np.ones(len(own), dtype=bool), _nothing)
    stacked = _stacked([one or good for one in fits])
    return Found(block.predictions, odd, partial(write, block, stacked, answers=shared.predictions, odd=odd))


def _nothing(shown: Any) -> Any:
    raise AssertionError("no row is explained together with others")


def _fitter(batch: RowBatch, block: ReadRows, i: int, agrees: NDArray[np.bool_]) -> ExplanationCoroutine[Fitter]:
    """Steps to what fits a row whose features the samples share or not (n, d)."""
    shared, settings = batch.shared, batch.settings
    neighborhood = Neighborhood(
        z=agrees,
        instance=np.ones(agrees.shape[1]),
        distances=None,
        groups=shared.draws.groups,
        predictions=shared.predictions,
        prediction=block.predictions[i],
        reference_samples=DEFAULT_SAMPLES,
        uncorrelated=True,
        shared=True,
        squared_distances=disagreements(agrees),
    )
    return prepare_fitter(neighborhood, [int(block.labels[i, 0])], settings, batch.model.mode)


def _run(steps: ExplanationCoroutine[Result]) -> Result:
    """Take steps that ask no model to their end."""
    try:
        while True:
            next(steps)
    except StopIteration as done:
        result: Result = done.value
        return result


@dataclass(frozen=True)
class _RowFit:
    """What the fit of a row gave."""

    fitted: Surrogate
    baseline: float
    contributions: Floats
    deviation: float
    effective: float
    is_odd: bool

    @classmethod
    def of(cls, fitter: Fitter, label: int, features: NDArray[np.intp]) -> _RowFit:
        fitted, _ = fitter.fit(0, label, features)
        moments, effective = fitter.moments, effective_share(fitter.weights)
        means = moments.z_mean[features] if fitted.means is None else fitted.means
        baseline, contributions = contributions_to(
            fitted.coefficients, np.ones(len(features)), means, fitted.prediction
        )
        deviation = float(np.sqrt(moments.y_square[0] / moments.total))
        odd = is_flat(moments, 0) or effective * moments.n < FEW_EFFECTIVE
        odd = odd or fitted.support is not None or fitted.standard_errors is None
        return cls(fitted, baseline, contributions, deviation, effective, odd)


def _stacked(fits: list[_RowFit]) -> LabelFits:
    every = [one.fitted for one in fits]
    return LabelFits(
        features=np.stack([one.features for one in every]),
        coefficients=np.stack([one.coefficients for one in every]),
        errors=np.stack([_errors_of(one) for one in every]),
        contributions=np.stack([one.contributions for one in fits]),
        prediction=np.array([one.prediction for one in every]),
        intercept=np.array([one.intercept for one in every]),
        score=np.array([one.score for one in every]),
        held_out=np.array([one.held_out_score for one in every]),
        degrees=np.array([one.degrees for one in every]),
        baseline=np.array([one.baseline for one in fits]),
        deviation=np.array([one.deviation for one in fits]),
        effective=np.array([one.effective for one in fits]),
    )


def _errors_of(fitted: Surrogate) -> Floats:
    return np.full(len(fitted.features), np.nan) if fitted.standard_errors is None else fitted.standard_errors
