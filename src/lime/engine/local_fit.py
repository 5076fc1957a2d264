"""How well a surrogate fits where it matters: on rows near the instance that took no part in its fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.precision import unit_of

NEAR = 0.05
"""Share of the rows within the bandwidth of the weights by which a fit is judged."""


@dataclass(frozen=True)
class LocalFit:
    """Fit of a surrogate to the model on rows near the instance that took no part in the fit.

    Attributes
    ----------
    score : float
        R^2, weighted by nearness; below 0 where a constant would do better. NaN where the model does not vary there.
    error : float
        Root of the weighted mean squared error, in the unit of the predictions.
    rows : float
        How many rows of equal weight it rests on.
    source : {"training rows", "samples"}
        What the rows were: real ones, or samples of the neighbourhood.
    """

    score: float
    error: float
    rows: float
    source: str = "training rows"


def local_fit(
    predicted: NDArray[np.float64],
    predictions: NDArray[np.float64],
    weights: NDArray[np.float64],
    source: str = "training rows",
) -> LocalFit:
    """Judge predictions of a surrogate for rows that took no part in its fit.

    Parameters
    ----------
    predicted : ndarray of float, shape (n,)
        The surrogate's values at the rows.
    predictions : ndarray of float, shape (n,)
        The model's predictions for them.
    weights : ndarray of float, shape (n,)
        Nearness of each row, at least 0 and not all of them 0; see `lime.engine.nearness.near_weights`.
    source : {"training rows", "samples"}
        What the rows are.

    Returns
    -------
    LocalFit
    """
    mass, unit = weights / weights.sum(), float(unit_of(predictions))
    predictions, predicted = predictions / unit, predicted / unit
    missed = float(mass @ np.square(predictions - predicted))
    mean = float(mass @ predictions)
    varied = float(mass @ np.square(predictions - mean))
    flat = varied <= (1e-12 * max(abs(mean), 1e-300)) ** 2
    return LocalFit(
        score=float("nan") if flat else 1.0 - missed / varied,
        error=float(np.sqrt(missed)) * unit,
        rows=float(1.0 / np.square(mass).sum()),
        source=source,
    )
