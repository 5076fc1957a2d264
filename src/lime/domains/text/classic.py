"""Masks of texts in lime 0.2.0.1's stream of random numbers, draw for draw."""

from __future__ import annotations

import numpy as np

from lime.engine.masks import Masks


def draw(state: np.random.RandomState, n: int, d: int) -> Masks:
    """Draw the masks that lime 0.2.0.1 draws from the same state of the same stream.

    All sizes come first, uniform on 1 .. d; then, draw by draw, the units that leave: the first of a random
    permutation of all.

    Parameters
    ----------
    state : RandomState
        The explainer's stream; it is advanced.
    n : int
        Number of texts with the text itself, which nothing is drawn for.
    d : int
        Number of units, at least 1.

    Returns
    -------
    Masks
        n - 1 masks, all independent.
    """
    sizes = state.randint(1, d + 1, n - 1)
    z = np.ones((n - 1, d), dtype=bool)
    for row, size in zip(z, sizes, strict=True):
        row[state.permutation(d)[:size]] = False
    return Masks(z, np.ones(n - 1))
