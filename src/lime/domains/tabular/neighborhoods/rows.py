"""Training rows themselves, weighted by nearness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lime.domains.protocols import Sampling
from lime.domains.tabular.neighborhoods.kept import KeptRows
from lime.domains.tabular.neighborhoods.protocols import Neighbors, Place

SHARE = 0.1
"""Share of the rows within the kernel's usual width."""


@dataclass(frozen=True)
class Rows:
    """Training rows, weighted by nearness: a neighbourhood on which no model can tell that it is being explained.

    Attributes
    ----------
    kept : KeptRows
    share : float
        Share of the rows within the kernel's usual width.
    resample : int or None
        Seed of a bootstrap sample of the rows; None takes each of them once.
    """

    kept: KeptRows
    share: float = SHARE
    resample: int | None = None

    def size(self, sampling: Sampling) -> int:
        """How many of the kept rows are used."""
        return min(sampling.size, len(self.kept))

    def draw(self, place: Place, sampling: Sampling) -> Neighbors:
        """The rows; nothing is drawn, but for the bootstrap."""
        n = self.size(sampling)
        weights = None
        if self.resample is not None and n:
            counts = np.random.default_rng(self.resample).multinomial(n, np.full(n, 1.0 / n))
            weights = counts.astype(np.float64)
        return Neighbors(self.kept.matrix[:n], share=self.share, kernel=True, weights=weights, design="rows")
