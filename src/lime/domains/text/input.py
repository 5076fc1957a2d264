"""A text as the method sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.masked import UNITS_TO_COUNT, MaskedInput
from lime.domains.protocols import Model, Predictions, Sampling
from lime.domains.text import classic
from lime.domains.text.mapper import TextDomainMapper
from lime.domains.text.shortcut import CHECKED, agree, find_shortcut
from lime.domains.text.units import Units
from lime.engine import masks
from lime.engine.base import LimeBase
from lime.engine.kernels import effective_share
from lime.models.calling import Predict
from lime.models.requests import ExplanationCoroutine, predictions_for
from lime.results.explanation import Explanation

DEFAULT_SAMPLES = 5000
DISTANCE_SCALE = 100.0
"""Distances are 100 times the metric's, the unit in which kernel_width=25 is meant."""

NARROW = 0.5
"""Effective share of the samples below which the kernel is made part of the distribution that is sampled."""

WORTH_A_SHORTCUT = 256
"""Fewest different texts for which token counts are found in place of documents."""

CHARACTERS_AT_ONCE = 100_000_000
"""Most characters of perturbed texts that are held at a time."""

CELLS_AT_ONCE = 100_000_000
"""Most cells of masks that are turned to token counts at a time."""

TEXTS_TOGETHER = 8
"""Texts whose perturbed forms may be held together: as many as are explained side by side."""


class TextExplanation(Explanation):
    """An explanation of a text.

    Attributes
    ----------
    model_path : {"documents", "counts"}
        Whether the model was given perturbed documents, or its steps after a vectorizer their token counts.
    estimators : dict of label -> str
        Which estimator gave a label's weights: ``'plain'`` or one of `lime.engine.assisted`.
    """

    model_path: str = "documents"
    estimators: dict[int, str]


@dataclass
class TextInput(MaskedInput):
    """One text as the method sees it: an `InterpretableInput`.

    Attributes
    ----------
    indexed : Units
        The text and where its units stand.
    units : ndarray of int, shape (d,)
        Ids of the units that samples remove.
    base : LimeBase
        Whose kernel decides which samples are worth having.
    new : callable
        ``new(mapper, class_names)`` makes an empty explanation.
    """

    indexed: Units
    units: NDArray[np.intp]
    base: LimeBase
    new: Callable[[TextDomainMapper, list[str] | None], TextExplanation]
    model_path: str = "documents"

    default_samples = DEFAULT_SAMPLES
    distance_scale = DISTANCE_SCALE
    what = "texts"
    baseline_hint = "for a text; what takes a word's place is mask_string"
    paired_design = "pairs"
    most_operations = float("inf")

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Ids of the units that samples remove, shape (d,)."""
        return self.units

    def sizes(self, d: int) -> NDArray[np.float64]:
        """Probabilities of removing 0 .. d units."""
        return masks.uniform_sizes(d)

    def draw(self, d: int, sampling: Sampling) -> masks.Masks:
        """Masks: all of them where they are few, complementary pairs, plain draws, or those of 0.2.0.1."""
        if sampling.rng is None:
            return classic.draw(sampling.state, sampling.size + 1, d)
        if sampling.method == "auto" and d < UNITS_TO_COUNT and 2**d <= sampling.size + 1:
            # The distribution removes the only unit always; both predictions together are all that can be known.
            return masks.enumeration(np.array([0.5, 0.5]) if d == 1 else self.sizes(d))
        return self._masks(d, [sampling.size], sampling)

    def draw_stages(self, d: int, sizes: list[int], sampling: Sampling) -> masks.Masks:
        """Masks in stages, all of the design that suits the first of them."""
        return self._masks(d, sizes, sampling)

    def _masks(self, d: int, sizes: list[int], sampling: Sampling) -> masks.Masks:
        rng, plain = self._rng(sampling), self.sizes(d)
        known = self.sizes_with_kernel(self.base, sampling.metric)
        probabilities = plain if known is None else known.probabilities
        # Where few samples count, the kernel is made part of the distribution that is sampled.
        wide = known is None or effective_share(known.kernel[1:]) >= NARROW
        in_pairs = sampling.method == "pairs" and sampling.size >= masks.FEWEST_FOR_PAIRS
        if sampling.method == "auto":
            in_pairs = wide and sizes[0] >= masks.SAMPLES_A_UNIT_FOR_PAIRS * d
        if in_pairs:
            return masks.join([masks.pairs(size, plain, probabilities, rng) for size in sizes])
        return masks.join([masks.plain(size, plain, plain if wide else probabilities, rng) for size in sizes])

    def render(self, kept: NDArray[np.bool_]) -> list[str]:
        """The texts that masks (n, d) leave."""
        return self.indexed.texts(kept, self.units)

    def design_weights(self, drawn: masks.Masks) -> NDArray[np.float64] | None:
        """What each mask stands for."""
        return drawn.weights

    def predict_masks(self, model: Model, kept: NDArray[np.bool_]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for what masks leave of the text.

        Each different text is asked about once; a short-cut's check asks about a few of them again, and counts.
        """
        self.model_path = "documents"
        n, spent = len(kept), 0
        # Its check asks about some documents twice: with few of them that is more than it saves.
        shortcut = find_shortcut(model.predict, self.indexed, self.units, n) if n >= WORTH_A_SHORTCUT else None
        if shortcut is not None:
            at_once = min(model.batch_size or n, max(1, CELLS_AT_ONCE // len(self.units)))
            predictions = yield from self._ask(
                model, lambda start, stop: shortcut.counts(kept[start:stop]), n, at_once, shortcut.predict
            )
            # Before they are used, the pipeline itself is asked about some of the documents.
            checked = np.linspace(0, n - 1, CHECKED).astype(np.intp)
            documents = self.indexed.texts(kept[checked], self.units)
            direct = yield from self._ask(
                model, lambda start, stop: documents[start:stop], CHECKED, at_once, show=False
            )
            spent = n + CHECKED
            if agree(direct, predictions[checked]):
                self.model_path = "counts"
                return predictions, spent
        length = max(1, len(self.indexed.raw))
        if n * length <= CHARACTERS_AT_ONCE:
            place: dict[str, int] = {}
            texts = self.indexed.texts(kept, self.units)
            same = np.array([place.setdefault(one, len(place)) for one in texts], dtype=np.intp)
            distinct = list(place)
            predictions = yield from self._ask(
                model, lambda start, stop: distinct[start:stop], len(distinct), model.batch_size
            )
            return predictions[same], spent + len(distinct)
        at_once = min(model.batch_size or DEFAULT_SAMPLES, max(1, CHARACTERS_AT_ONCE // length))
        predictions = yield from self._ask(
            model, lambda start, stop: self.indexed.texts(kept[start:stop], self.units), n, at_once
        )
        return predictions, spent + n

    def _ask(
        self,
        model: Model,
        inputs: Callable[[int, int], Any],
        total: int,
        batch_size: int | None,
        function: Predict | None = None,
        *,
        show: bool = True,
    ) -> ExplanationCoroutine[NDArray[np.float64]]:
        predict = model.predict if function is None else function
        together = function is None and total * len(self.indexed.raw) * TEXTS_TOGETHER <= CHARACTERS_AT_ONCE
        key = ("texts", predict, batch_size) if together else None
        asked = replace(model, predict=predict, batch_size=batch_size, progress_bar=model.progress_bar and show)
        return predictions_for(asked.request(inputs, total, what=self.what, key=key))

    @property
    def baseline_description(self) -> str:
        """What takes the place of a unit, in words."""
        return "nothing" if self.indexed.bow and not callable(self.indexed.mask_string) else "the mask"

    def perturb(self, radius: float, rng: np.random.Generator) -> str:
        """The text without a share `radius` of its units, at least one, any of them as likely as any other."""
        if not len(self.units):
            return self.indexed.raw
        count = min(len(self.units), max(1, round(radius * len(self.units))))
        return self.indexed.inverse_removing(rng.choice(self.units, size=count, replace=False))

    def new_explanation(self, class_names: list[str] | None) -> TextExplanation:
        """An explanation with the names and places of the units."""
        exp = self.new(TextDomainMapper(self.indexed), class_names)
        exp.model_path = self.model_path
        return exp

    def nothing_to_explain(self) -> str:
        """A sentence for a text in which there is no unit to remove."""
        text = self.indexed.raw
        shown = text if len(text) <= 40 else text[:40] + "..."
        return f"The text {shown!r} has no unit that could be removed: there is nothing to explain."
