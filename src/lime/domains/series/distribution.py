"""What was learned from series: the distribution of a table whose columns are a feature at a time step each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.series.layout import Layout
from lime.domains.tabular.training_distribution import Row, TrainingDistribution


@dataclass(frozen=True)
class SeriesDistribution(TrainingDistribution):
    """A distribution of flat rows that a user knows as series.

    Attributes
    ----------
    layout : Layout
        How a series is written as a row.
    """

    layout: Layout

    def as_row(self, instance: Any, argument: str = "data_row") -> NDArray[Any]:
        """A series (timesteps, features) as a row of the table."""
        return self.layout.flat_row(instance, argument)

    def encode_all(self, data: Any) -> NDArray[np.float64]:
        """Read series of shape (n, timesteps, features), or rows of the table."""
        series = np.asarray(data)
        if series.ndim < 3:
            return super().encode_all(series)
        return super().encode_all(np.stack([self.layout.flat_row(one, "training_data") for one in series]))

    def decode(self, values: NDArray[np.float64], row: Row | None = None) -> NDArray[Any]:
        """Write rows (n, d) as series of shape (n, timesteps, features)."""
        return self.layout.series(super().decode(values, row))
