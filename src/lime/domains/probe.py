"""What diagnostics need of a data type: an instance without some of its features, and an instance nearby."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ask = Callable[[NDArray[np.bool_]], tuple[NDArray[np.float64], int]]


@dataclass(frozen=True)
class Probe:
    """An instance whose features can be taken away while a model is asked.

    Attributes
    ----------
    features : ndarray of int, shape (m,)
        Ids of the features that can be taken away, as explanations have them.
    changes : ndarray of float, shape (m,)
        By how much an interpretable feature falls when it is taken away: the instance's z less that of what takes
        its place.
    ask : callable
        From masks (n, m) of the features that stay to the model's answers (n, k), and how many inputs it was given.
    absence : str
        What takes the place of a feature, in words.
    """

    features: NDArray[np.intp]
    changes: NDArray[np.float64]
    ask: Ask
    absence: str


def ask_once_each(ask: Ask, masks: NDArray[np.bool_]) -> tuple[NDArray[np.float64], int]:
    """Ask about each different mask once.

    Parameters
    ----------
    ask : callable
        As in `Probe`.
    masks : ndarray of bool, shape (n, m)

    Returns
    -------
    answers : ndarray of float, shape (n, k)
    calls : int
        Inputs that the model was given.
    """
    different, inverse = np.unique(masks, axis=0, return_inverse=True)
    answers, calls = ask(different)
    return answers[inverse.ravel()], calls
