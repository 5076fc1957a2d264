"""The kernel width that suits a neighbourhood, chosen from the answers that are there already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.base import Neighborhood
from lime.engine.widths import FACTORS, TARGET, fit_widths, recommend


def choose_width(
    kernel: Callable[..., Any],
    usual: float,
    neighborhood: Neighborhood,
    labels: Sequence[int],
    num_features: int,
    method: str,
    target: float = TARGET,
) -> tuple[float, str]:
    """The width that OptiLIME's trade-off recommends for all labels together, and a sentence about it.

    Parameters
    ----------
    kernel : callable
        ``kernel(distances, kernel_width=...)`` -> weights.
    usual : float
        The width to keep where none can be recommended; those that are tried lie around it.
    neighborhood : Neighborhood
    labels : sequence of int
        Fit and error of a width are means over these outputs.
    num_features, method
        As for the explanation.
    target : float
        See `lime.engine.widths.recommend`.
    """

    def weigh(width: float) -> NDArray[np.float64]:
        weights = np.asarray(kernel(neighborhood.distances, kernel_width=width), dtype=np.float64)
        return weights if neighborhood.design_weights is None else weights * neighborhood.design_weights

    widths = [factor * usual for factor in FACTORS]
    fits = [
        fit_widths(
            neighborhood.z,
            neighborhood.answers[:, label],
            neighborhood.instance,
            weigh,
            widths,
            num_features,
            method,
            neighborhood.groups,
            min(1.0, len(neighborhood.answers) / neighborhood.reference_samples),
            neighborhood.uncorrelated,
            neighborhood.exact,
        )
        for label in labels
    ]
    scores = np.array([[fit.score for fit in own] for own in fits]).mean(axis=0)
    errors = np.nan_to_num([[fit.relative_error for fit in own] for own in fits]).mean(axis=0)
    usable = np.asarray(np.all([[fit.usable for fit in own] for own in fits], axis=0), dtype=bool)
    best = recommend(scores, errors, usable, target)
    if best is None:
        why = "the model does not vary" if np.isnan(scores).all() else "each leaves too few effective draws"
        return usual, f"No kernel width could be chosen, since {why}: the usual {usual:.3g} stays."
    return widths[best], (
        f"The kernel width {widths[best]:.3g} was chosen from these draws (usual: {usual:.3g}; R^2 {scores[best]:.2f}, "
        f"target {target:g}): the weights speak of a neighbourhood of that size, and intervals do not count the choice."
    )
