"""Time series by segments: a data type of somebody else's, written with public names alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.extending import ExplainSettings, Explanation, MaskedExplainer, MaskedInput, NamesMapper


@dataclass
class SegmentsInput(MaskedInput):
    """A series of shape (steps,) cut into equal segments; a hidden one takes the series' mean."""

    series: NDArray[np.float64]
    segments: int
    mode: str

    what = "series"
    baseline_description = "the mean of the series"

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        return np.arange(self.segments)

    @property
    def edges(self) -> NDArray[np.intp]:
        return np.linspace(0, len(self.series), self.segments + 1).astype(np.intp)

    def render(self, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        shown = np.repeat(kept, np.diff(self.edges), axis=1)
        return np.where(shown, self.series, self.series.mean())

    def perturb(self, radius: float, rng: np.random.Generator) -> NDArray[np.float64]:
        return self.series + radius * self.series.std() * rng.uniform(-1, 1, len(self.series))

    def new_explanation(self, class_names: list[str] | None) -> Explanation:
        starts, stops = self.edges[:-1], self.edges[1:] - 1
        names = [f"steps {a} to {b}" for a, b in zip(starts, stops, strict=True)]
        means = {i: float(self.series[a : b + 1].mean()) for i, (a, b) in enumerate(zip(starts, stops, strict=True))}
        return Explanation(NamesMapper(names, means), mode=self.mode, class_names=class_names)


class SegmentsExplainer(MaskedExplainer):
    """Explains predictions on series."""

    instance_dimensions = (1,)

    def __init__(self, segments: int = 8, **settings: Any) -> None:
        super().__init__(**settings)
        self.segments = segments

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> SegmentsInput:
        return SegmentsInput(np.asarray(instance, dtype=np.float64), self.segments, self.mode)
