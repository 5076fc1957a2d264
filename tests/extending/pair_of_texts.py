"""A pair of texts, as a model of entailment reads it: one surrogate over the words of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.extending import ExplainSettings, Explanation, MaskedExplainer, MaskedInput, NamesMapper


@dataclass
class PairInput(MaskedInput):
    """Two texts; each word at each place is a unit, and a hidden one leaves."""

    first: list[str]
    second: list[str]
    mode: str

    what = "pairs"
    baseline_description = "nothing"

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        return np.arange(len(self.first) + len(self.second))

    def render(self, kept: NDArray[np.bool_]) -> list[tuple[str, str]]:
        cut = len(self.first)
        return [
            (
                " ".join(word for word, stays in zip(self.first, mask[:cut], strict=True) if stays),
                " ".join(word for word, stays in zip(self.second, mask[cut:], strict=True) if stays),
            )
            for mask in kept
        ]

    def perturb(self, radius: float, rng: np.random.Generator) -> tuple[str, str]:
        mask = np.ones(len(self.feature_ids), dtype=bool)
        mask[rng.integers(len(mask))] = False
        return self.render(mask[None])[0]

    def new_explanation(self, class_names: list[str] | None) -> Explanation:
        parts = (("first", self.first), ("second", self.second))
        names = [f"{part}: {word} ({place})" for part, words in parts for place, word in enumerate(words)]
        return Explanation(NamesMapper(names), mode=self.mode, class_names=class_names)


class PairExplainer(MaskedExplainer):
    """Explains predictions on pairs of texts."""

    instance_dimensions = (0,)

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> PairInput:
        first, second = instance
        return PairInput(first.split(), second.split(), self.mode)
