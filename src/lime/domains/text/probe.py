"""Texts without some of their units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.probe import Probe
from lime.engine.requests import drive

if TYPE_CHECKING:
    from lime.domains.text.explainer import LimeTextExplainer


def probe_text(
    explainer: LimeTextExplainer, text: str, predict_fn: Any, baseline: Any, batch_size: int | None
) -> Probe:
    """A text whose units leave, or give way to the mask, as the explainer's settings say.

    Raises
    ------
    ValueError
        If a baseline is given: what takes a unit's place is the explainer's `mask_string`.
    """
    if baseline is not None:
        raise ValueError(f"baseline={baseline!r}: expected None for a text; what takes a word's place is mask_string")
    predict = explainer._function_of(predict_fn)
    indexed = explainer._index(text)
    units = explainer._removable(indexed)

    def ask(masks: NDArray[np.bool_]) -> tuple[NDArray[np.float64], int]:
        answers, calls, _ = drive(explainer._ask(predict, indexed, units, masks, batch_size, False))
        return answers, calls

    absence = "nothing" if explainer.bow and not callable(explainer.mask_string) else "the mask"
    return Probe(units, np.ones(len(units)), ask, absence)


def shorten_text(explainer: LimeTextExplainer, text: str, radius: float, rng: np.random.Generator) -> str:
    """A text from which a share `radius` of its units has left, at least one, any of them as likely as any other."""
    indexed = explainer._index(text)
    units = explainer._removable(indexed)
    if not len(units):
        return text
    count = min(len(units), max(1, round(radius * len(units))))
    return indexed.inverse_removing(rng.choice(units, size=count, replace=False))
