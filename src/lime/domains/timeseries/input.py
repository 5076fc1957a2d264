"""A time series as the method sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.masked import MaskedInput
from lime.domains.protocols import Model, Predictions
from lime.domains.timeseries.hiding import lines
from lime.domains.timeseries.series import Series
from lime.engine.memory import rows_that_fit
from lime.models.calling import is_raised_by_model
from lime.models.networks import is_tensor
from lime.models.requests import ExplanationCoroutine, predictions_for
from lime.results.timeseries import TimeSeriesExplanation, finite_means

ARRAYS = 8
"""Arrays as large as a batch that are in memory while one is made."""


@dataclass
class TimeSeriesInput(MaskedInput):
    """One series as the method sees it: an `InterpretableInput`.

    Attributes
    ----------
    series : Series
    segments : ndarray of int, shape (steps, channels)
        Unit of each number; one column where all channels are hidden together.
    hidden : ndarray of float, shape (steps, channels), or None
        The series with all of it hidden; None for lines between what is kept.
    new : callable
        ``new(class_names)`` makes an empty explanation.
    hides_by : str
        What takes the place of a segment, in words.
    """

    series: Series
    segments: NDArray[np.intp]
    hidden: NDArray[np.float64] | None
    new: Callable[[list[str] | None], TimeSeriesExplanation]
    hides_by: str

    what = "series"

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Numbers of the units, shape (d,)."""
        return np.arange(int(self.segments.max()) + 1)

    @property
    def baseline_description(self) -> str:
        """What takes the place of a hidden segment, in words."""
        return self.hides_by

    def render(self, kept: NDArray[np.bool_]) -> Any:
        """The series that masks (n, d) leave, in the form that the model takes."""
        always = np.ones((len(kept), 1), dtype=bool)  # what is held fixed has the number -1
        shown = np.hstack([kept, always])[:, self.segments]  # (n, steps, channels or 1)
        values = self.series.values
        if self.hidden is not None:
            return self.series.batch(np.where(shown, values, self.hidden.astype(values.dtype)))
        return self.series.batch(np.where(shown, values, lines(values.astype(np.float64), shown)))

    def predict_masks(self, model: Model, kept: NDArray[np.bool_]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for masks (n, d). Series of one form may share batches."""
        size = rows_that_fit(self.series.values.nbytes * ARRAYS)
        sizes = [one for one in (model.batch_size, size) if one is not None]
        model = replace(model, batch_size=min(sizes, default=None))
        key = None
        if model.callback is None and not is_tensor(self.series.given):
            key = ("timeseries", model.predict, self.series.shape, self.series.values.dtype, model.batch_size)
        request = model.request(lambda start, stop: self.render(kept[start:stop]), len(kept), what=self.what, key=key)
        try:
            return (yield from predictions_for(request)), len(kept)
        except Exception as error:
            if is_raised_by_model(error):
                error.add_note(self._hint())
            raise

    def nothing_to_explain(self) -> str:
        """A sentence for a series of which nothing may be hidden."""
        return "All of the series is held fixed: there is nothing to explain."

    def perturb(self, radius: float, rng: np.random.Generator) -> Any:
        """The series with each of its numbers moved by up to `radius` standard deviations of its channel."""
        values = self.series.values.astype(np.float64)
        spread = np.sqrt(finite_means((values - finite_means(values)) ** 2))
        return self.series.alone(values + radius * spread * rng.uniform(-1.0, 1.0, values.shape))

    def changes_nothing(self) -> bool:
        """Whether the series looks the same when all of it is hidden."""
        nothing = self.render(np.zeros((1, len(self.feature_ids)), dtype=bool))
        whole = self.render(np.ones((1, len(self.feature_ids)), dtype=bool))
        hidden, shown = (np.asarray(one.cpu() if is_tensor(one) else one) for one in (nothing, whole))
        return bool(np.array_equal(hidden, shown, equal_nan=True))

    def new_explanation(self, class_names: list[str] | None) -> TimeSeriesExplanation:
        """An explanation with the series and its segments."""
        exp = self.new(class_names)
        if len(self.feature_ids) and self.changes_nothing():
            exp.warnings.append(
                f"Hiding changes nothing: the series is already what would hide it, {self.hides_by}. "
                "Pass another hide, such as a number."
            )
        return exp

    def _hint(self) -> str:
        shape = ", ".join(map(str, ("n", *self.series.shape)))
        return (
            f"The model was given series of shape ({shape}). channel_axis says where its channels are: 0 for "
            "(n, channels, steps), as sktime, aeon and torch's convolutions take them, and 1 for (n, steps, channels)."
        )
