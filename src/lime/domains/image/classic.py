"""Masks of images in lime 0.2.0.1's stream of random numbers, draw for draw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.masks import Masks

SEEDS = 1000
"""Seeds of a segmentation that 0.2.0.1 chooses from."""


def segmentation_seed(state: np.random.RandomState, random_seed: int | None) -> int:
    """The seed of the segmentation: the one that is given, else the first number of the call's stream.

    0.2.0.1 draws it whether or not the segmentation needs one, so that it must be called before `draw`.
    """
    return int(state.randint(0, high=SEEDS)) if random_seed is None else random_seed


def draw(state: np.random.RandomState, n: int, d: int) -> Masks:
    """Draw the masks that lime 0.2.0.1 draws from the same state of the same stream: coins, row by row.

    Parameters
    ----------
    state : RandomState
        The explainer's stream; it is advanced.
    n : int
        Number of images with the image itself, whose draw is thrown away.
    d : int
        Number of segments.

    Returns
    -------
    Masks
        n - 1 masks, all independent.
    """
    coins = state.randint(0, 2, n * d).reshape(n, d)
    return Masks(coins[1:] == 1, np.ones(n - 1))


def mean_colours(image: Any, segments: NDArray[Any]) -> NDArray[Any]:
    """An image with the mean colour of each segment, the means taken in the precision of the image, as 0.2.0.1 did."""
    values = np.asarray(image)
    result = np.empty_like(values)
    for label in np.unique(segments):
        inside = segments == label
        colours = values[inside]
        result[inside] = (
            np.mean(colours)
            if colours.ndim == 1
            else [np.mean(colours[:, channel]) for channel in range(colours.shape[1])]
        )
    return result
