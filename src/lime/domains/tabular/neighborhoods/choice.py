"""Which neighbourhood suits a model and its data: chosen by the fit on real rows that took no part in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from lime.domains.protocols import Model, Sampling
from lime.domains.tabular.neighborhoods.features import distances_from, interpret, samples_of
from lime.domains.tabular.neighborhoods.kept import KeptRows
from lime.domains.tabular.neighborhoods.protocols import Neighborhood, Neighbors, Place
from lime.domains.tabular.neighborhoods.rows import Rows
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.kernels import kernel_weights
from lime.engine.leave_one_out import leave_one_out_penalty
from lime.engine.local_fit import NEAR, local_fit
from lime.engine.moments import Moments
from lime.engine.nearness import near_weights
from lime.engine.precision import unit_of
from lime.engine.surrogate import fit, is_flat
from lime.models.predictions import join_predictions
from lime.models.requests import ExplanationCoroutine, predictions_for

PROBES = 8
"""Training rows near which fits are compared."""

FOLDS = 3
"""Parts of the training rows: a fit is judged on one, and learned from the others."""

SAMPLES, SAMPLES_A_COLUMN, SAMPLES_AT_MOST = 300, 5, 1000
"""Samples of a candidate near one row: so many at least, for each column, and at most."""

WORST = -1.0
"""R^2 below which a fit is no worse: a constant is better anyway."""

ROWS_AT_A_PROBE = 300
"""Training rows at most where columns are held fixed: the model is then asked about them anew for each probe."""

ALIKE = 0.01
"""Difference of R^2 that makes none, however well it is known."""

ENOUGH_ROWS = 30
"""Training rows below which nothing can be compared."""

OF_FEW_ROWS = "near"
"""What is taken then."""


@dataclass(frozen=True)
class Candidate:
    """A neighbourhood that may be chosen.

    Attributes
    ----------
    name : str
    spread : float
    """

    name: str
    spread: float

    @property
    def label(self) -> str:
        """By which it is told from the others."""
        return f"{self.name} ({self.spread:g})"


@dataclass(frozen=True)
class Choice:
    """What was chosen, and by what.

    Attributes
    ----------
    name : str
    spread : float
    scores : dict of str to float
        Mean R^2 on held-out rows near the probes, by candidate; empty where there were too few rows to compare.
    probes : int
        Rows near which it was measured.
    predictions : ndarray of float, shape (m, k), or None
        What the model that it was made for said of the first kept rows, by which that model is known again in a file
        or by a worker.
    """

    name: str
    spread: float
    scores: Mapping[str, float] = field(default_factory=dict)
    probes: int = 0
    predictions: NDArray[np.float64] | None = None


Build = Callable[[Candidate, NDArray[np.float64]], Neighborhood]
"""Makes a candidate from training rows."""


def choose(
    candidates: Sequence[Candidate],
    build: Build,
    place_of: Callable[[Row], Place],
    *,
    kept: KeptRows,
    known: NDArray[np.float64],
    model: Model,
    distribution: TrainingDistribution,
) -> ExplanationCoroutine[Choice]:
    """Step to the candidate that fits best near some training rows, on rows that took no part.

    Candidates that are as good as the best, by one standard error over the probes, are ties: the first is taken.

    Parameters
    ----------
    candidates : sequence of Candidate
        In the order in which ties are broken.
    build : callable
    place_of : callable
        From a row to where it is.
    kept : KeptRows
    known : ndarray of float, shape (n, k)
        The model's predictions for the first n of them; where columns are held fixed, other rows are asked about.
    model : Model
    distribution : TrainingDistribution

    Returns
    -------
    Choice
    """
    yield from ()
    n = len(known)
    if n < ENOUGH_ROWS:
        first = next((one for one in candidates if one.name == OF_FEW_ROWS), candidates[0])
        return Choice(first.name, first.spread)
    fixed = distribution.varying.fixed
    n = min(n, ROWS_AT_A_PROBE) if fixed else n
    known, matrix, part = known[:n], kept.matrix[:n], np.arange(n) % FOLDS
    learned = {
        fold: (np.flatnonzero(part != fold), [build(one, matrix[part != fold]) for one in candidates])
        for fold in range(FOLDS)
    }
    size = min(SAMPLES_AT_MOST, max(SAMPLES, SAMPLES_A_COLUMN * matrix.shape[1]))
    drawn: list[tuple[Place, int, int, Neighbors]] = []
    for probe in range(min(PROBES, n)):
        place = place_of(distribution.row_of(matrix[probe], {}))
        for number, one in enumerate(learned[part[probe]][1]):
            # The same random numbers for all of them.
            neighbors = one.draw(place, _sampling(n if isinstance(one, Rows) else size))
            drawn.append((place, probe, number, _as_at(place, neighbors)))
    scores = np.full((min(PROBES, n), len(candidates)), np.nan)
    of_probe = dict.fromkeys(range(min(PROBES, n)), known)
    if fixed:
        places = {probe: place for place, probe, _, _ in drawn}
        with_theirs = [distribution.varying.with_fixed(matrix, place.row.values) for place in places.values()]
        of_probe = dict(zip(places, (yield from _ask(with_theirs, distribution, model)), strict=True))
    new = [nb.values for _, probe, number, nb in drawn if not isinstance(learned[part[probe]][1][number], Rows)]
    answers = yield from _ask(new, distribution, model)
    for place, probe, number, neighbors in drawn:
        rows, built = learned[part[probe]]
        of_rows = isinstance(built[number], Rows)
        known = of_probe[probe]
        predictions = known[rows[: len(neighbors.values)]] if of_rows else next(answers)
        out = np.setdiff1d(np.flatnonzero(part == part[probe]), [probe])
        scores[probe, number] = _score(place, neighbors, predictions, matrix[out], known[out])
    return _best(candidates, scores)


def _as_at(place: Place, neighbors: Neighbors) -> Neighbors:
    """Neighbours as rows of all columns, with the values of the row at a place where columns are held fixed."""
    varying = place.distribution.varying
    if not varying:
        return neighbors
    values = varying.with_fixed(place.distribution.complete(neighbors.values, place.row), place.row.values)
    return replace(neighbors, values=values)


def _sampling(size: int) -> Sampling:
    return Sampling(size, "auto", np.random.default_rng(0), RandomState(0), "euclidean")


def _ask(
    parts: list[NDArray[np.float64]], distribution: TrainingDistribution, model: Model
) -> ExplanationCoroutine[Iterator[NDArray[np.float64]]]:
    """Step to an iterator over the predictions for each part, asked for together."""
    if not parts:
        return iter(())
    values, edges = np.concatenate(parts), np.cumsum([len(part) for part in parts])
    request = model.request(lambda start, stop: distribution.decode(values[start:stop].copy()), len(values))
    predictions = yield from predictions_for(request)
    return iter(np.split(predictions, edges[:-1]))


def _score(
    place: Place,
    neighbors: Neighbors,
    predictions: NDArray[np.float64],
    others: NDArray[np.float64],
    truth: NDArray[np.float64],
) -> float:
    """R^2 of the fits to a neighbourhood on other rows near the instance, all outputs together."""
    samples = samples_of(place, neighbors, _sampling(len(neighbors.values)))
    assert samples.distances is not None
    weights = kernel_weights(place.weigh, samples.distances)
    both = join_predictions([predictions, truth])
    unit = unit_of(np.asarray(both))
    predictions, truth = np.asarray(both[: len(predictions)]) / unit, np.asarray(both[len(predictions) :]) / unit
    finite = np.isfinite(predictions).all(axis=0) & np.isfinite(truth).all(axis=0)
    if not finite.any():
        return np.nan
    predictions, truth = predictions[:, finite], truth[:, finite]
    moments = Moments(samples.z, predictions, weights)
    every = np.arange(moments.d)
    z, near = interpret(place, others), near_weights(distances_from(place, others), NEAR)
    missed = varied = 0.0
    for output in range(predictions.shape[1]):
        predicted = np.full(len(z), moments.y_mean[output])
        if not is_flat(moments, output):
            alpha = leave_one_out_penalty(moments, output, every)
            fitted = fit(moments, output, every, place.own.features, alpha, with_errors=False)
            predicted = fitted.intercept + z @ fitted.coefficients
        found = local_fit(predicted, truth[:, output], near)
        if np.isfinite(found.score):
            missed += found.error**2
            varied += found.error**2 / max(1.0 - found.score, 1e-12)
    return max(WORST, 1.0 - missed / varied) if varied > 0.0 else np.nan


def _best(candidates: Sequence[Candidate], scores: NDArray[np.float64]) -> Choice:
    """The first candidate that is as good as the best."""
    scores = scores[~np.isnan(scores).any(axis=1)]
    if not len(scores):
        return Choice(candidates[0].name, candidates[0].spread)
    means = scores.mean(axis=0)
    best = int(np.argmax(means))
    behind = scores[:, [best]] - scores
    error = behind.std(axis=0, ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else np.zeros(len(means))
    tied = behind.mean(axis=0) <= np.maximum(error, ALIKE)
    chosen = candidates[int(np.argmax(tied))]
    found = {one.label: round(float(mean), 4) for one, mean in zip(candidates, means, strict=True)}
    return Choice(chosen.name, chosen.spread, found, len(scores))
