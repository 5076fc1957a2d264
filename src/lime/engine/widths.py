"""Kernel widths: how fit and sampling error change with the width, from samples and predictions that are there already.

The width moves the weights of the samples and nothing else, so that every width can be tried without calling the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine import selection, surrogate
from lime.engine.kernels import effective_share
from lime.engine.moments import Moments
from lime.engine.precision import unit_of

FACTORS = tuple(float(factor) for factor in np.geomspace(0.25, 4.0, 13))
"""Widths that are tried where none are named, in units of the explainer's own."""

TARGET = 0.9
"""R² that a surrogate should reach; past it a wider kernel is worth more than a closer fit."""

ALIKE = 0.01
"""Difference in R² that is not worth a narrower kernel."""

FEWEST_SAMPLES = 100
FEWEST_SAMPLES_A_FEATURE = 10
"""Effective samples below which a width's fit is too uncertain to be recommended."""


LEAST_OF_MOST = 1e-6
"""Weight that each of all samples must have, as a share of the largest: one that has less plays no part in the fit."""


class ChosenWidth(partial[Any]):
    """A kernel with the width that samples are made with, which gives way to one that is chosen for each instance."""


@dataclass(frozen=True)
class WidthFit:
    """The surrogate under one kernel width.

    Attributes
    ----------
    width : float
        In the unit of distance.
    score : float
        Leave-one-out R² under the width's own weights, or R² where the samples are all that there are; NaN where the
        weights are 0 everywhere, or the model does not vary.
    relative_error : float
        Root of the sum of squared standard errors over the root of the sum of squared weights: how far the weights
        of another run would be away, as a share of their size. NaN where all weights are 0.
    effective : float
        Number of samples of equal weight that the weighted ones count as.
    usable : bool
        Whether these are enough for the width to be recommended.
    """

    width: float
    score: float
    relative_error: float
    effective: float
    usable: bool


@dataclass(frozen=True)
class WidthProblem:
    """What the fits under all kernel widths have in common.

    Attributes
    ----------
    z : ndarray, shape (n, d)
        Interpretable features of the samples.
    instance : ndarray of float, shape (d,)
        The instance's interpretable features.
    weigh : callable
        Weights (n,) of the samples under a width.
    num_features : int
        Most features in the surrogate.
    method : str or callable
        How they are selected; see `lime.engine.selection.select`.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design; None where all samples are independent.
    penalty : float
        Factor on the ridge penalties of selection and fit.
    uncorrelated : bool
        Whether the design samples the features independently of each other.
    exact : bool
        Whether the samples are all that there are: a width is usable then where each of them has weight.
    """

    z: NDArray[Any]
    instance: NDArray[np.float64]
    weigh: Callable[[float], NDArray[np.float64]]
    num_features: int
    method: Any = "auto"
    groups: NDArray[np.intp] | None = None
    penalty: float = 1.0
    uncorrelated: bool = False
    exact: bool = False


def fit_widths(problem: WidthProblem, y: NDArray[np.float64], widths: Sequence[float]) -> list[WidthFit]:
    """Fit the surrogate of one output under each of several kernel widths.

    Parameters
    ----------
    problem : WidthProblem
        The samples, and how to weigh and to select.
    y : ndarray of float, shape (n,)
        One model output.
    widths : sequence of float
        In the unit of distance.

    Returns
    -------
    list of WidthFit
        One for each width, in their order.
    """
    y = y / unit_of(y)  # the result has no unit
    return [_fit_width(problem, y, float(width)) for width in widths]


def _fit_width(problem: WidthProblem, y: NDArray[np.float64], width: float) -> WidthFit:
    weights, exact = problem.weigh(width), problem.exact
    if not weights.any():
        return WidthFit(width, float("nan"), float("nan"), 0.0, False)
    moments = Moments(problem.z, y[:, None], weights)
    chosen = selection.select(
        moments,
        0,
        problem.instance,
        problem.num_features,
        problem.method,
        penalty=problem.penalty,
        uncorrelated=problem.uncorrelated,
    )
    alpha = surrogate.ALPHA * problem.penalty
    fitted = surrogate.fit(moments, 0, chosen, problem.instance, alpha, groups=problem.groups)
    size = float(np.linalg.norm(fitted.coefficients))
    errors = np.zeros(0) if fitted.standard_errors is None else fitted.standard_errors
    error = 0.0 if exact else float(np.linalg.norm(errors))
    effective = effective_share(weights) * len(weights)
    # Where the samples are all that there are none can be left out, and none of them may be lost.
    enough = (
        weights.min() >= LEAST_OF_MOST * weights.max()
        if exact
        else effective >= max(FEWEST_SAMPLES, FEWEST_SAMPLES_A_FEATURE * (len(chosen) + 1))
    )
    score = fitted.score if exact else fitted.held_out_score
    if surrogate.is_flat(moments, 0):
        score = float("nan")
    usable = bool(enough and np.isfinite(score))
    return WidthFit(width, score, error / size if size else float("nan"), float(effective), usable)


def recommend(
    scores: NDArray[np.float64], errors: NDArray[np.float64], usable: NDArray[np.bool_], target: float = TARGET
) -> int | None:
    """Position of the width to take by OptiLIME's trade-off (Visani, Bagli & Chesani 2020).

    R² counts for itself up to the target, and as ``2 * target - R²`` above it, so that of all widths the one comes
    first whose fit is closest to the target from either side: tight enough to fit, no tighter, since narrow kernels
    make weights unstable. That takes for granted that a tighter kernel fits better. Where it does not, as with few
    units or noise, a width is out of the question if another one both fits better and has the steadier weights. Of
    widths that come within 0.01 of the best the widest is taken.

    Parameters
    ----------
    scores : ndarray of float, shape (widths,)
        R² by rising width.
    errors : ndarray of float, shape (widths,)
        Sampling errors of the weights as a share of their size; NaN, where all weights are 0, counts as no error.
    usable : ndarray of bool, shape (widths,)
        Whether there are enough effective samples.
    target : float
        R² that is good enough, above 0 and at most 1.

    Returns
    -------
    int or None
        None where no width is usable.
    """
    if not usable.any():
        return None
    fit, error = np.round(scores, 6), np.round(np.nan_to_num(errors), 6)
    better = (fit[:, None] >= fit) & (error[:, None] <= error) & ((fit[:, None] > fit) | (error[:, None] < error))
    usable = usable & ~(better & usable[:, None]).any(axis=0)
    worth = np.where(scores <= target, scores, 2.0 * target - scores)
    worth = np.where(usable, worth, -np.inf)
    return int(np.flatnonzero(worth >= worth.max() - ALIKE)[-1])
