"""Normal draws around the instance, column by column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.domains.protocols import Sampling
from lime.domains.tabular.columns import ColumnDistribution, Normal, draw
from lime.domains.tabular.neighborhoods.protocols import Neighbors, Place, points_of

SPREAD = 0.5
"""Standard deviation of the draws, as a share of the training data's."""


@dataclass(frozen=True, eq=False)
class Around:
    """Numbers from a normal around the instance's, categories by their training frequency.

    Attributes
    ----------
    spread : float
        Standard deviation of the draws, as a share of the training data's.
    unit_errors : ndarray of float, shape (d,), or None
        Relative standard errors of the columns' standard deviations.
    """

    spread: float = SPREAD
    unit_errors: NDArray[np.float64] | None = None

    def draw(self, place: Place, sampling: Sampling) -> Neighbors:
        """Rows around an instance; the kernel weights them."""
        columns = [self._column(place, int(j), k) for k, j in enumerate(place.row.columns)]
        points = points_of(sampling, sampling.size, len(columns))
        drawn = draw(columns, points.u, points.groups)
        return Neighbors(
            drawn.values, kernel=True, replicates=drawn.groups, sequences=True, unit_errors=self.unit_errors
        )

    def _column(self, place: Place, j: int, k: int) -> ColumnDistribution:
        distribution, usual = place.distribution, place.columns[k]
        if j in distribution.categorical:
            return usual
        value = float(place.row.values[j])
        center = float(distribution.means[j]) if np.isnan(value) else value
        whole = bool(getattr(usual, "whole", False))
        return Normal(center, self.spread * float(distribution.stds[j]), float(distribution.missing[j]), whole)
