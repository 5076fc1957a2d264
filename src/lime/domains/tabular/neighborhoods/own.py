"""A neighbourhood of a user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lime.domains.protocols import Sampling
from lime.domains.tabular.neighborhoods.protocols import Neighbors, Place, RowNeighborhood
from lime.engine.inspection import is_sparse


@dataclass(frozen=True)
class Own:
    """Rows that an object of the user's gives.

    Attributes
    ----------
    given : RowNeighborhood
    """

    given: RowNeighborhood

    def draw(self, place: Place, sampling: Sampling) -> Neighbors:
        """Rows around an instance.

        Raises
        ------
        ValueError
            The object gave no rows, or other weights than one at least 0 for each of them.
        """
        assert sampling.rng is not None
        distribution, name = place.distribution, type(self.given).__name__
        row = distribution.decode(place.row.values[None].copy(), place.row)
        found: Any = self.given.around(row, sampling.size, sampling.rng)
        rows, weights = found if isinstance(found, tuple) else (found, None)
        if is_sparse(rows):
            raise ValueError(f"neighborhood={name} gave a sparse matrix: expected rows as the training data has them")
        values = distribution.encode_all(rows)
        if not len(values):
            raise ValueError(f"neighborhood={name} gave no row: expected about {sampling.size} of them")
        if weights is None:
            return Neighbors(values, kernel=True, design=name)
        weighed = np.asarray(weights, dtype=np.float64)
        right = weighed.shape == (len(values),) and bool((weighed >= 0.0).all()) and np.isfinite(weighed).all()
        if not right or not weighed.any():
            raise ValueError(
                f"neighborhood={name} gave weights of shape {weighed.shape} for {len(values)} rows: expected one "
                "number of at least 0 for each row, and one above 0"
            )
        return Neighbors(values, weights=weighed, design=name)
