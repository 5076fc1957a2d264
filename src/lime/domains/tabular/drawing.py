"""Samples of independent columns around a row: drawn, or taken from the row before where they are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lime.domains.pipeline import KnownPredictions
from lime.domains.protocols import Model, Samples, Sampling
from lime.domains.settings import CLASSIC, ExplainSettings
from lime.domains.tabular import classic
from lime.domains.tabular.columns import ColumnDistribution, Draws, draw
from lime.domains.tabular.input import SOBOL, RowInput
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.designs import UNIT_DESIGNS
from lime.engine.inspection import is_sparse
from lime.engine.kernels import distances_to
from lime.engine.memory import room_for_samples

REMEMBERED_CELLS = 1_000_000
"""Cells of a neighbourhood up to which it is remembered for the next row: 10 MB."""

_REMEMBERED: WeakKeyDictionary[Any, tuple[tuple[Any, ...], Draws]] = WeakKeyDictionary()
"""The last neighbourhood of each explainer, beside it: no part of what is pickled, copied or saved."""


def draw_around(
    distribution: TrainingDistribution,
    row: Row,
    columns: list[ColumnDistribution],
    sampling: Sampling,
    *,
    categorical_features: Sequence[int],
    seeds: tuple[int | None, ...] | None,
    owner: Any,
) -> Draws:
    """Draw the neighbourhood of a row.

    Parameters
    ----------
    distribution : TrainingDistribution
    row : Row
    columns : list of ColumnDistribution
        Distributions of the row's columns.
    sampling : Sampling
    categorical_features : sequence of int
        In the order in which 0.2.0.1 draws them.
    seeds : tuple or None
        Of every call of the explainer; None where calls draw from a stream.
    owner : object
        Whose neighbourhood it is: the last of each is remembered.
    """
    d = len(columns)
    with room_for_samples(sampling.size + 1, d, 2 * sampling.size * d):  # the draws, and what they mean
        if sampling.rng is None:
            return classic.draw(
                sampling.state,
                sampling.size + 1,
                columns,
                order=categorical_features,
                scale=distribution.scaler.scale_[row.columns],
                discretizer=distribution.discretizer,
            )
        # With a seed, and distributions that do not depend on the row, every row has the same draws: made once.
        lasting = seeds is not None and _all_fixed(distribution, columns) and type(owner).__hash__ is not None
        if not lasting or (sampling.size + 1) * d > REMEMBERED_CELLS:
            return _new_draws(distribution, columns, sampling)
        key = (sampling.size, sampling.method, seeds, *map(id, columns))
        before = _REMEMBERED.get(owner)
        if before is None or before[0] != key:
            before = _REMEMBERED[owner] = (key, _new_draws(distribution, columns, sampling))
        return before[1]


def _new_draws(distribution: TrainingDistribution, columns: list[ColumnDistribution], sampling: Sampling) -> Draws:
    assert sampling.rng is not None
    points = sampling.own_points(len(columns))
    if points is None:
        name = SOBOL if sampling.method == "auto" else str(sampling.method)
        points = UNIT_DESIGNS[name](sampling.size, len(columns), sampling.rng)
    return distribution.fill_bins(draw(columns, points.u, points.groups))


def _all_fixed(distribution: TrainingDistribution, columns: Sequence[ColumnDistribution]) -> bool:
    """Whether distributions, and what a discretizer makes of them, are the same for every row and call."""
    learned = {id(column) for column in distribution.learned.values()}
    return not distribution.fills_bins_itself and all(id(column) in learned for column in columns)


def data_and_inverse(given: RowInput, sampling: Sampling) -> tuple[Any, Any]:
    """Samples as lime 0.2.0.1 handed them on: values of the features, and rows in the form of the training data.

    Parameters
    ----------
    given : RowInput
    sampling : Sampling

    Returns
    -------
    data : ndarray or sparse matrix of float, shape (n + 1, d)
        Values of numeric columns that are not cut; 1 in all others where a draw agrees with the row, else 0.
    inverse : shape (n + 1, d)
        The draws. In both the first row is the instance's.
    """
    distribution, row = given.distribution, given.row
    draws = given.draw(row, given.columns, sampling)
    z = distribution.interpret(draws, row, given.own)
    scaler, columns = distribution.scaler, row.columns
    data = np.concatenate([given.instance[None], z]) * scaler.scale_[columns] + scaler.mean_[columns]
    rows = np.concatenate([row.values[None, columns], draws.values])
    return (distribution.decode(data, row) if distribution.is_sparse else data), distribution.decode(rows, row)


def samples_of_own(
    draw_own: Callable[..., Any], instance: Any, given: RowInput, model: Model, settings: ExplainSettings
) -> tuple[Samples, KnownPredictions]:
    """Samples of a program's own ``__data_inverse``, and the model's predictions for them.

    Parameters
    ----------
    draw_own : callable
        ``draw_own(row, num_samples)`` -> data, inverse; see `data_and_inverse`.
    instance : row
        As the user gave it.
    given : RowInput
        The same.
    model : Model
    settings : ExplainSettings
    """
    distribution, columns = given.distribution, given.row.columns
    takes_method = len(inspect.signature(draw_own).parameters) > 2
    more = ("gaussian",) if takes_method else ()
    data, inverse = draw_own(distribution.as_row(instance), settings.num_samples, *more)
    dense: NDArray[np.float64] = np.asarray(data.toarray() if is_sparse(data) else data, dtype=np.float64)[:, columns]
    z = (dense - distribution.scaler.mean_[columns]) / distribution.scaler.scale_[columns]
    distances = distances_to(z[1:], z[0], settings.distance_metric)
    samples = Samples(z[1:], distances, design=CLASSIC, sequences=True)
    predictions = model.request(lambda start, stop: inverse[start:stop], len(z)).predictions()
    return samples, KnownPredictions(predictions[0], predictions[1:], len(z))
