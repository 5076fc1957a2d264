"""How grave a warning is, and which few of many a reader is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

SHOWN = 3
"""Warnings about one label that a reader is shown without asking for more."""


class Gravity(IntEnum):
    """What a warning means for whoever reads the weights; the gravest is the smallest."""

    WRONG = 0
    """The weights may be about something else than the reader thinks."""
    DOUBTFUL = 1
    """The weights may not say what the model does near the instance."""
    UNSURE = 2
    """Single weights are not well known, or a setting had no effect."""


def gravest(
    sentences: Sequence[str],
    gravities: Mapping[str, Gravity],
    labels_of: Mapping[str, Sequence[Any]],
    labels: Sequence[Any],
) -> tuple[list[str], list[str]]:
    """Split warnings into those that a reader is shown, and the others; the gravest come first in both.

    Parameters
    ----------
    sentences : sequence of str
        In the order in which they came up.
    gravities : mapping of str to Gravity
        A sentence that is not in it is doubtful.
    labels_of : mapping of str to sequence of int
        The labels that a sentence is about; one that is not in it is about all.
    labels : sequence of int
        The explained labels.

    Returns
    -------
    shown, others : list of str
        At most `SHOWN` of the first are about any one label.
    """
    ordered = sorted(dict.fromkeys(sentences), key=lambda one: gravities.get(one, Gravity.DOUBTFUL))
    counts = dict.fromkeys(labels or [None], 0)
    shown = []
    for sentence in ordered:
        about = [label for label in labels_of.get(sentence, counts) if label in counts]
        if all(counts[label] < SHOWN for label in about):
            shown.append(sentence)
            counts |= {label: counts[label] + 1 for label in about}
    return shown, [sentence for sentence in ordered if sentence not in shown]
