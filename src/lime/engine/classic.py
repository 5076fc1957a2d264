"""What lime 0.2.0.1's fit decides by rounding errors, decided by the same rounding errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from lime.engine.kernels import ask_kernel, exponential_kernel
from lime.engine.moments import Moments
from lime.engine.selection import is_forward

NOTHING_LEFT = 1e-10
"""Share of the variation of a model's prediction that is left by a fit that reproduces it, but for rounding."""


@dataclass(frozen=True)
class Refits:
    """What it takes to make 0.2.0.1's fits, to the last bit.

    Attributes
    ----------
    z : ndarray of float, shape (n, d)
        Interpretable features, the instance's first.
    y : ndarray of float, shape (n,)
        The model's predictions.
    kernel_fn : callable
    distances : ndarray of float, shape (n,)
    """

    z: NDArray[np.float64]
    y: NDArray[np.float64]
    kernel_fn: Any
    distances: NDArray[np.float64]

    def weights(self) -> NDArray[np.float64]:
        """The kernel's weights; lime's own kernel is written in another way than it was, which may round otherwise."""
        if getattr(self.kernel_fn, "func", None) is exponential_kernel:
            width = self.kernel_fn.keywords["kernel_width"]
            return np.asarray(np.sqrt(np.exp(-(self.distances**2) / (width * width))))
        return ask_kernel(self.kernel_fn, self.distances)

    def forward_selection(self, num_features: int) -> NDArray[np.intp]:
        """The best candidate of each step by a fit for each: the first of those with the highest score."""
        line, weights, kept = Ridge(alpha=0, fit_intercept=True), self.weights(), list[int]()
        for _ in range(num_features):
            best, highest = 0, -np.inf
            for feature in range(self.z.shape[1]):
                if feature in kept:
                    continue
                part = self.z[:, [*kept, feature]]
                score = line.fit(part, self.y, sample_weight=weights).score(part, self.y, sample_weight=weights)
                if score > highest:
                    best, highest = feature, score
            kept.append(best)
        return np.array(kept, dtype=np.intp)


def select(
    chosen: NDArray[np.intp],
    moments: Moments,
    output: int,
    refits: Refits,
    num_features: int,
    *,
    method: Any,
) -> NDArray[np.intp]:
    """Ids of the features that 0.2.0.1 keeps, given those that exact arithmetic keeps.

    They are the same ones, with one exception. Where fewer features than are wanted reproduce the model's prediction,
    forward selection gains nothing by any of the others, and picks those whose refit happens to round to the highest
    R². Then the refits are made as they were.

    Parameters
    ----------
    chosen : ndarray of int, shape (m,)
        From `lime.engine.selection.select`.
    moments : Moments
    output : int
    refits : Refits
    num_features : int
    method : str
        Of selection.
    """
    if not is_forward(method, num_features) or len(chosen) < 2 or moments.y_square[output] == 0.0:
        return chosen
    first = chosen[:-1]
    cross = moments.cross[first, output]
    explained = float(cross @ np.linalg.lstsq(moments.gram_of(first), cross, rcond=None)[0])
    if explained < (1.0 - NOTHING_LEFT) * float(moments.y_square[output]):
        return chosen
    return refits.forward_selection(len(chosen))
