"""How other instances are seen by the features of an explained one, so that its surrogate can be asked about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interpreter:
    """Turns instances into interpretable features.

    Attributes
    ----------
    interpret : callable
        Takes instances, gives features (n, d).
    ids : tuple of int
        Feature ids of the d columns.
    numbers : callable
        The same as `interpret`, with numbers in place of bins.
    """

    interpret: Callable[[Any], NDArray[np.float64]]
    ids: tuple[int, ...]
    numbers: Callable[[Any], NDArray[np.float64]]

    def predict(self, instances: Any, intercept: float, weights: Sequence[tuple[int, Any]]) -> NDArray[np.float64]:
        """Predictions of a linear surrogate.

        Parameters
        ----------
        instances : object
            As `interpret` takes them.
        intercept : float
        weights : sequence of (int feature id, float weight)

        Returns
        -------
        ndarray of float, shape (n,)
        """
        place = {feature: position for position, feature in enumerate(self.ids)}
        z = self.interpret(instances)[:, [place[feature] for feature, _ in weights]]
        result: NDArray[np.float64] = intercept + z @ np.array([float(weight) for _, weight in weights])
        return result
