"""A volume as the method sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.masked import MaskedInput
from lime.domains.protocols import Model, Predictions
from lime.domains.volume.volume import Volume
from lime.engine.memory import rows_that_fit
from lime.models.requests import ExplanationCoroutine
from lime.results.volume import VolumeExplanation

ARRAYS = 6
"""Arrays as large as a batch that are in memory while one is made."""


@dataclass
class VolumeInput(MaskedInput):
    """One volume as the method sees it: an `InterpretableInput`.

    Attributes
    ----------
    volume : Volume
    segments : ndarray of int, shape (slices, height, width)
        Numbered from 0.
    hidden : ndarray
        The volume with all of it hidden, in its layout and type.
    new : callable
        ``new(class_names)`` makes an empty explanation.
    hides_by : str
        What takes the place of a segment, in words.
    """

    volume: Volume
    segments: NDArray[np.intp]
    hidden: NDArray[Any]
    new: Callable[[list[str] | None], VolumeExplanation]
    hides_by: str

    what = "volumes"
    baseline_hint = "for a volume; what hides a segment is hide"

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Numbers of the segments, shape (d,)."""
        return np.arange(int(self.segments.max()) + 1)

    @property
    def baseline_description(self) -> str:
        """What takes the place of a hidden segment, in words."""
        return self.hides_by

    def render(self, kept: NDArray[np.bool_]) -> Any:
        """The volumes that masks (n, d) leave, in the form that the model takes."""
        shown = self.volume.spread(kept[:, self.segments])
        return self.volume.batch(np.where(shown, self.volume.values, self.hidden))

    def predict_masks(self, model: Model, kept: NDArray[np.bool_]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for masks (n, d), as many at a time as the memory holds."""
        sizes = [
            one for one in (model.batch_size, rows_that_fit(self.volume.values.nbytes * ARRAYS)) if one is not None
        ]
        return (yield from super().predict_masks(replace(model, batch_size=min(sizes, default=None)), kept))

    def perturb(self, radius: float, rng: np.random.Generator) -> Any:
        """The volume with each of its numbers moved by up to `radius` of its range."""
        values = self.volume.values.astype(np.float64)
        span = float(np.nanmax(values) - np.nanmin(values))
        moved = np.clip(
            values + radius * span * rng.uniform(-1.0, 1.0, values.shape), np.nanmin(values), np.nanmax(values)
        )
        if self.volume.values.dtype.kind in "buif" and self.volume.values.dtype.kind != "f":
            moved = np.rint(moved)
        return self.volume.batch(moved)

    def new_explanation(self, class_names: list[str] | None) -> VolumeExplanation:
        """An explanation with the volume and its segments."""
        return self.new(class_names)
