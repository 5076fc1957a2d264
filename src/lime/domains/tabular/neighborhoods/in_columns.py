"""Rows whose neighbourhood are the training rows, explained straight into columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.fit_warnings import FEW_TRAINING_ROWS, SAMPLES_A_FEATURE
from lime.domains.protocols import Model
from lime.domains.settings import ExplainSettings
from lime.domains.tabular.chunks import Alone, Found, ReadRows, Shown, explain_in_columns
from lime.domains.tabular.input import DrawColumns, Naming
from lime.domains.tabular.neighborhoods.features import codes_of_rows
from lime.domains.tabular.neighborhoods.learned import Surroundings
from lime.domains.tabular.neighborhoods.rows import Rows
from lime.domains.tabular.one_label import LabelFits, write
from lime.domains.tabular.training_distribution import TrainingDistribution
from lime.engine.base import LimeBase
from lime.engine.kernels import SMALLEST, effective_shares, exponential_kernel, kernel_weights
from lime.engine.local_fit import NEAR
from lime.engine.moments import BLOCK_CELLS, FULL_GRAM_AT_MOST
from lime.engine.near_fits import NearFits, NearRows, fit_near
from lime.engine.nearness import reach, rows_within
from lime.engine.precision import unit_of
from lime.engine.widths import ChosenWidth
from lime.results.columns import Columns
from lime.results.filling import Filled

CELLS_AT_ONCE = 1_000_000
"""Cells of features of rows, of as many instances as are fitted together: some tens of megabytes in all."""

METHODS = ("auto", "none", "forward_selection", "highest_weights")
"""Selections that are made for many rows together."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NearBatch:
    """What rows need to be explained together.

    Attributes
    ----------
    distribution : TrainingDistribution
    model : Model
    settings : ExplainSettings
    surroundings : Surroundings
    neighborhood : object
        What is drawn around a row.
    answers : ndarray of float, shape (n, k)
        The model's predictions for the training rows.
    usual_width : float
        The kernel's width where none is given.
    """

    distribution: TrainingDistribution
    model: Model
    settings: ExplainSettings
    surroundings: Surroundings
    neighborhood: Any
    answers: Floats
    usual_width: float

    @property
    def matrix(self) -> Floats:
        """The training rows that are used, shape (n, d)."""
        assert self.surroundings.kept is not None
        return self.surroundings.kept.matrix[: len(self.answers)]

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for but fits through the prediction, to rows that count once."""
        settings, base = self.settings, self.settings.fit.base
        n, d = self.matrix.shape
        plain = settings.anchored and settings.stopping is None and settings.model_regressor is None
        ours = type(base) is LimeBase and not base.verbose and not isinstance(base.kernel_fn, ChosenWidth)
        kept = d if settings.fit.feature_selection == "none" else min(d, settings.num_features)
        small = d <= min(n, FULL_GRAM_AT_MOST) and n * d <= BLOCK_CELLS and n >= SAMPLES_A_FEATURE * kept > 0
        neighborhood = self.neighborhood
        rows = isinstance(neighborhood, Rows) and neighborhood.resample is None
        plain = plain and ours and small and rows and settings.distance_metric == "euclidean"
        if not plain or settings.fit.feature_selection not in METHODS:
            return False
        answers = self.answers
        return bool(np.isfinite(answers).all()) and bool((unit_of(answers) == 1.0).all())


def explain_chunk(
    batch: NearBatch,
    rows: Any,
    alone: Alone,
    *,
    speaking: tuple[DrawColumns, Naming],
    names: tuple[Sequence[int], Sequence[Any]],
) -> Columns | None:
    """Explain the rows of a chunk straight into columns; None where they must be explained one by one.

    Parameters
    ----------
    batch : NearBatch
    rows : table
        As the data has them.
    alone : callable
        Explains rows one by one, whose predictions are known.
    speaking : tuple
        How columns are drawn, and what they are called.
    names : tuple
        Positions of the rows in the data, and what the data calls them.
    """
    if not batch.is_plain:
        return None
    known = batch.matrix, batch.answers
    block = ReadRows.of(batch.distribution, batch.model, batch.settings, rows, batch.answers.shape[1], known=known)
    if block is None or block.labels.shape[1] != 1 or not bool((unit_of(block.predictions) == 1.0).all()):
        return None
    view = _View.of(batch)
    if view is None:
        return None
    return explain_in_columns(_found(batch, view, block), alone, rows=rows, speaking=speaking, names=names)


@dataclass(frozen=True)
class _View:
    """The training rows as all instances see them.

    Attributes
    ----------
    scaled : ndarray of float, shape (n, d)
        In standard deviations, without gaps; categories as they are.
    scale, center : ndarray of float, shape (d,)
    categorical : ndarray of bool, shape (d,)
        Columns whose distance is that of categories.
    number : ndarray of bool, shape (d,)
        Columns whose interpretable feature is a number.
    z : ndarray of float, shape (d, n)
        Interpretable features of the rows, where these are numbers.
    codes : ndarray of int, shape (d, n)
        Of all others.
    """

    batch: NearBatch
    scaled: Floats
    scale: Floats
    center: Floats
    categorical: NDArray[np.bool_]
    number: NDArray[np.bool_]
    z: Floats
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, batch: NearBatch) -> _View | None:
        """None where no column is a number: features are zeros and ones then, which are counted in another way."""
        distribution, matrix = batch.distribution, batch.matrix
        d = matrix.shape[1]
        columns = [distribution.column(j) for j in range(d)]
        number = np.array([column.is_number for column in columns], dtype=bool)
        if not number.any():
            return None
        scale = np.where(distribution.stds > 0.0, distribution.stds, 1.0)
        categorical = np.array([j in distribution.categorical for j in range(d)], dtype=bool)
        scaled = np.where(np.isnan(matrix), distribution.means, matrix) / scale
        scaled[:, categorical] = matrix[:, categorical]
        z = ((matrix - distribution.scaler.mean_) / distribution.scaler.scale_).T
        z = np.where(np.isnan(z), 0.0, z)
        codes = codes_of_rows(columns, matrix, distribution.bins(matrix)).T
        return cls(batch, scaled, scale, distribution.means, categorical, number, np.ascontiguousarray(z), codes)

    def distances(self, values: Floats) -> Floats:
        """Distances of rows (s, d) from the training rows, shape (s, n), as `distances_from` has them."""
        result, gap = np.empty((len(values), len(self.scaled))), np.empty_like(self.scaled)
        own = np.where(np.isnan(values), self.center, values) / self.scale
        some = self.categorical.any()
        for k, row in enumerate(own):
            np.subtract(self.scaled, row, out=gap)
            if some:
                one, other = self.scaled[:, self.categorical], values[k, self.categorical]
                gap[:, self.categorical] = (one != other) & ~(np.isnan(one) & np.isnan(other))
            np.einsum("ij,ij->i", gap, gap, out=result[k])
        return np.sqrt(result, out=result)

    def features(self, codes: NDArray[np.intp]) -> Floats:
        """Interpretable features of the training rows around rows of some codes (s, d), shape (d, n) or (s, d, n)."""
        if self.number.all():
            return self.z
        result = np.repeat(self.z[None], len(codes), axis=0)
        for j in np.flatnonzero(~self.number).tolist():
            result[:, j] = self.codes[j] == codes[:, j, None]
        return result


def _found(batch: NearBatch, view: _View, block: ReadRows) -> Found:
    """Fits of all rows, and which of them are out of the ordinary."""
    settings, distribution = batch.settings, batch.distribution
    n, d = batch.matrix.shape
    columns = [distribution.column(j) for j in range(d)]
    codes = codes_of_rows(columns, block.values, block.bins)
    parts: list[NearFits] = []
    effective, odd = [], []
    size = max(1, CELLS_AT_ONCE // (n * d))
    for start in range(0, len(block.values), size):
        some = slice(start, start + size)
        distances = view.distances(block.values[some])
        weights, unfit = _weights(batch, distances)
        labels = block.labels[some, 0]
        fits = fit_near(
            NearRows(
                view.features(codes[some]),
                block.instance[some],
                weights,
                _near(distances),
                np.ascontiguousarray(batch.answers.T[labels]),
                np.take_along_axis(block.predictions[some], block.labels[some], axis=1)[:, 0],
            ),
            settings.num_features,
            str(settings.fit.feature_selection),
        )
        parts.append(fits)
        effective.append(effective_shares(weights))
        odd.append(unfit | fits.flat)
    fits = NearFits(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(NearFits)))
    shares = np.concatenate(effective)
    strange = (codes < 0).any(axis=1) | np.isnan(block.values[:, view.number]).any(axis=1)
    left = np.concatenate(odd) | strange | (shares * n < FEW_TRAINING_ROWS)
    return _written(batch, block, fits, shares, left)


def _weights(batch: NearBatch, distances: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """What each training row counts, shape (s, n), and where no fit can use that."""
    kernel = batch.settings.fit.base.kernel_fn
    scaled = distances * (batch.usual_width / _reaches(distances, batch.neighborhood.share))[:, None]
    if isinstance(kernel, partial) and kernel.func is exponential_kernel and not kernel.args:
        weights = kernel(scaled)
        unfit = ~(weights.max(axis=1) >= SMALLEST)
    else:
        weights = np.stack([kernel_weights(kernel, one) for one in scaled])
        unfit = np.zeros(len(weights), dtype=bool)
    return np.where(unfit[:, None], 1.0, weights), unfit


def _near(distances: Floats) -> Floats:
    """What each training row counts where fits are judged, shape (s, n); one that is the instance took part in them."""
    weights = np.exp(-0.5 * np.square(distances / _reaches(distances, NEAR)[:, None]))
    others = distances > 0.0
    return np.where(np.any(others, axis=1, keepdims=True), weights * others, weights)


def _reaches(distances: Floats, share: float) -> Floats:
    """`reach` of each row of distances (s, n), shape (s,)."""
    count = rows_within(distances.shape[1], share)
    found = np.partition(distances, count - 1, axis=1)[:, count - 1]
    for k in np.flatnonzero(found <= 0.0).tolist():
        found[k] = reach(distances[k], share)
    return found


def _written(batch: NearBatch, block: ReadRows, fits: NearFits, shares: Floats, odd: NDArray[np.bool_]) -> Found:
    """Everything of all rows, to be written."""
    prediction = np.take_along_axis(block.predictions, block.labels, axis=1)[:, 0]
    local = list(zip(fits.local_score.tolist(), fits.local_error.tolist(), fits.local_rows.tolist(), strict=True))
    n, m = len(batch.answers), fits.features.shape[1]
    degrees = np.minimum(float(max(1, n - m)), np.maximum(1.0, shares * n - m - 1.0))

    def write_all(shown: Shown) -> Filled:
        def more(row: int, label: int) -> dict[str, Any]:
            score, error, count = local[row]
            found = {"score": score, "error": error, "rows": count, "source": "training rows"}
            # One output of a regression has two labels, for and against.
            labels = [label] if block.model.mode == "classification" else [one for one, _ in shown.content["local_fit"]]
            return {"local_fit": [[one, found] for one in labels]}

        of_label = LabelFits(
            features=fits.features,
            coefficients=fits.coefficients,
            errors=fits.errors,
            contributions=fits.contributions,
            prediction=prediction,
            intercept=fits.intercept,
            score=fits.score,
            held_out=fits.held_out,
            degrees=degrees,
            baseline=fits.baseline,
            deviation=fits.deviation,
            effective=shares,
            together=fits.together,
        )
        return write(block, of_label, shown, answers=batch.answers, odd=odd, more=more)

    return Found(block.predictions, odd, write_all)
