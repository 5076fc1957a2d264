"""A row of a table in a neighbourhood other than that of independent columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import ArrayLike

from lime.domains.protocols import Samples, Sampling
from lime.domains.tabular.input import RowInput
from lime.domains.tabular.neighborhoods.features import samples_of
from lime.domains.tabular.neighborhoods.protocols import Neighborhood, Place


@dataclass(frozen=True)
class NeighborhoodInput(RowInput):
    """One row as the method sees it: an `InterpretableInput`.

    Attributes
    ----------
    neighborhood : Neighborhood
    weigh : callable
        The explainer's kernel.
    usual_width : float
        The kernel's width where none is given.
    """

    neighborhood: Neighborhood
    weigh: Callable[[Any], ArrayLike]
    usual_width: float

    @classmethod
    def beside(
        cls, given: RowInput, neighborhood: Neighborhood, weigh: Callable[[Any], ArrayLike], usual_width: float
    ) -> NeighborhoodInput:
        """The same row with another neighbourhood."""
        return cls(**vars(given), neighborhood=neighborhood, weigh=weigh, usual_width=usual_width)

    @property
    def place(self) -> Place:
        """Where the neighbourhood is drawn."""
        return Place(self.distribution, self.row, self.own, self.columns, self.weigh, self.usual_width)

    def sample(self, sampling: Sampling) -> Samples:
        """Draw the neighbourhood; of the instance alone there is nothing to draw."""
        if sampling.size == 0:
            return super().sample(sampling)
        samples = samples_of(self.place, self.neighborhood.draw(self.place, sampling), sampling)
        if sampling.with_rows:
            samples = replace(samples, rows=samples.values)
        return samples
