"""New rows, mixed from training rows that are near the instance."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from lime.domains.protocols import Sampling
from lime.domains.tabular.neighborhoods.features import distances_from
from lime.domains.tabular.neighborhoods.kept import KeptRows
from lime.domains.tabular.neighborhoods.protocols import Neighbors, Place
from lime.domains.tabular.training_distribution import TrainingDistribution
from lime.engine.kernels import kernel_weights
from lime.engine.nearness import reach

SHARE = 0.1
"""Share of the rows within the kernel's usual width."""

PARTNERS = 10
"""Nearest rows of a row with which it is mixed."""

TIES = 1e-4
"""Standard deviations by which rows that are alike are set apart."""

CATEGORIES_APART = 30
"""Categories of a column that are told apart when partners are looked for: the most frequent ones."""


@dataclass(frozen=True)
class Mixtures:
    """Mixtures of two near rows: some columns of one in the other, or numbers between theirs.

    Attributes
    ----------
    kept : KeptRows
    share : float
        Share of the rows within the kernel's usual width, by which the first of the two rows is drawn.
    """

    kept: KeptRows
    share: float = SHARE

    def draw(self, place: Place, sampling: Sampling) -> Neighbors:
        """New rows; what is independent in them are the two training rows that each was made from."""
        assert sampling.rng is not None
        rng, matrix, size = sampling.rng, self.kept.matrix, sampling.size
        distances = distances_from(place, matrix, sampling.metric)
        scaled = distances * (place.usual_width / reach(distances, self.share))
        first = _systematic(kernel_weights(place.weigh, scaled), size, rng)
        partners = partners_of(self.kept, place.distribution)
        second = partners[first, rng.integers(partners.shape[1], size=size)]
        one, other = matrix[first], matrix[second]
        share = np.where(rng.random(size) < 0.5, 0.0, rng.random(size))[:, None]  # 0: whole columns are exchanged
        numeric = np.ones(matrix.shape[1], dtype=bool)
        numeric[list(place.distribution.categorical)] = False
        taken = rng.random(one.shape) < np.where((share > 0.0) & ~numeric, share, 0.5)
        between = one + share * (other - one)
        between = np.where(np.isnan(between), np.where(taken, other, one), between)
        values = np.where((share > 0.0) & numeric, between, np.where(taken, other, one))
        for j, column in zip(place.row.columns.tolist(), place.columns, strict=True):
            if getattr(column, "whole", False):
                np.rint(values[:, j], out=values[:, j])
        # Numbers of the rows that came first, without gaps, and behind them those of rows that never did.
        came = np.unique(first)
        number = np.append(came, np.setdiff1d(second, came))
        place_of = np.empty(len(matrix), dtype=np.intp)
        place_of[number] = np.arange(len(number))
        if len(came) < 2:
            return Neighbors(values, design="near")
        return Neighbors(values, replicates=place_of[first], partners=place_of[second], design="near")


def partners_of(kept: KeptRows, distribution: TrainingDistribution) -> NDArray[np.intp]:
    """The nearest rows of each kept row, found once.

    Parameters
    ----------
    kept : KeptRows
        n rows.
    distribution : TrainingDistribution

    Returns
    -------
    ndarray of int, shape (n, m)
        At most `PARTNERS`; the row itself where it is the only one.
    """
    found = _PARTNERS.get(kept)
    if found is None:
        found = _PARTNERS[kept] = _find_partners(kept.matrix, distribution)
    return found


_PARTNERS: WeakKeyDictionary[KeptRows, NDArray[np.intp]] = WeakKeyDictionary()
"""Beside the explainers: it can be worked out again."""


def _find_partners(matrix: NDArray[np.float64], distribution: TrainingDistribution) -> NDArray[np.intp]:
    n = len(matrix)
    if n == 1:
        return np.zeros((1, 1), dtype=np.intp)
    count = min(PARTNERS, n - 1)
    index = NearestNeighbors(n_neighbors=count).fit(_coordinates(matrix, distribution))
    found: NDArray[np.intp] = index.kneighbors(return_distance=False)  # of none of them the row itself is one
    return found


def _coordinates(matrix: NDArray[np.float64], distribution: TrainingDistribution) -> NDArray[np.float64]:
    """Rows as points: numbers in standard deviations, different categories at distance 1; missing is the mean."""
    # Of rows that are equally near any would do, but always the same: rounding is another in another process.
    parts = [TIES * np.random.default_rng(0).random(len(matrix))]
    for j in distribution.varying.of(np.arange(matrix.shape[1])).tolist():
        values = matrix[:, j]
        if j not in distribution.categorical:
            scale = float(distribution.stds[j])
            parts.append(np.nan_to_num((values - distribution.means[j]) / (scale if scale > 0.0 else 1.0), nan=0.0))
            continue
        group = distribution.varying.group(j)
        values = values if group is None else group.codes(values).astype(np.float64)
        kinds, counts = np.unique(values, return_counts=True)
        parts += [
            np.where((values == kind) | (np.isnan(values) & np.isnan(kind)), np.sqrt(0.5), 0.0)
            for kind in kinds[np.argsort(-counts, kind="stable")][:CATEGORIES_APART]
        ]
    return np.column_stack(parts)


def _systematic(weights: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Positions drawn by their weights, as evenly as can be, in order."""
    cumulative = np.cumsum(weights / weights.sum())
    at = (np.arange(size) + rng.random()) / max(size, 1)
    return np.minimum(np.searchsorted(cumulative, at, side="right"), len(weights) - 1)
