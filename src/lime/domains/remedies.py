"""What would fit better: measured on the samples that are there, without another model call."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from lime.domains.neighborhood import Alternative, Neighborhood
from lime.domains.settings import ExplainSettings
from lime.engine import selection, surrogate
from lime.engine.base import LimeBase
from lime.engine.kernels import exponential_kernel
from lime.engine.moments import Moments
from lime.engine.precision import unit_of
from lime.engine.widths import WidthFit, WidthProblem, fit_widths

GAIN = 0.1
"""Gain in R² from which on a remedy is worth a sentence."""

OR_FRONT_DOOR = ", or use lime.Explainer, which looks for what fits"

NARROWER = (0.25, 0.5)
"""Kernel widths that are tried, as shares of the one that was used."""


def remedy_for(
    neighborhood: Neighborhood, label: int, settings: ExplainSettings, weights: NDArray[np.float64], score: float
) -> str:
    """Tell what would fit one label better than a surrogate of some R².

    Parameters
    ----------
    neighborhood : Neighborhood
    label : int
    settings : ExplainSettings
    weights : ndarray of float, shape (n,)
        What each sample counts.
    score : float
        R² of the surrogate that was fitted.

    Returns
    -------
    str
        One sentence with the R² that was measured; empty where nothing that was tried gains `GAIN`.
    """
    found: list[tuple[float, str]] = []
    other = neighborhood.alternative
    if other is not None and not neighborhood.with_instance:
        better = _score_of(other, neighborhood.predictions[:, label], settings, weights)
        found.append(
            (better, f"{other.what} explain {better:.0%} in the same samples: pass {other.how}{OR_FRONT_DOOR}.")
        )
    if not found:  # what another representation gains, kernels seldom do, and each of them costs a fit
        found += _of_widths(neighborhood, label, settings)
    best, sentence = max(found, default=(0.0, ""))
    return sentence if best >= max(score, 0.0) + GAIN else ""


def _score_of(
    other: Alternative, predictions: NDArray[np.float64], settings: ExplainSettings, weights: NDArray[np.float64]
) -> float:
    z, instance = other.features()
    moments = Moments(z, (predictions / unit_of(predictions))[:, None], weights)
    chosen = selection.select(moments, 0, instance, settings.num_features, settings.fit.feature_selection)
    return surrogate.fit(moments, 0, chosen, instance, with_errors=False).score


def _of_widths(neighborhood: Neighborhood, label: int, settings: ExplainSettings) -> list[tuple[float, str]]:
    """Fits under narrower kernels, where there are samples enough for them."""
    kernel = settings.fit.base.kernel_fn
    if type(settings.fit.base) is not LimeBase or getattr(kernel, "func", None) is not exponential_kernel:
        return []  # what a kernel of the user's does at other widths is not ours to guess
    assert isinstance(kernel, partial)
    usual = float(kernel.keywords["kernel_width"])
    problem = WidthProblem(
        z=neighborhood.z,
        instance=neighborhood.instance,
        weigh=partial(_weights_at, neighborhood),
        num_features=settings.num_features,
        method=settings.fit.feature_selection,
        groups=neighborhood.groups,
        penalty=min(1.0, len(neighborhood.z) / neighborhood.reference_samples),
        uncorrelated=neighborhood.uncorrelated,
        exact=neighborhood.exact,
    )
    fits = fit_widths(problem, neighborhood.predictions[:, label], [usual * share for share in NARROWER])
    return [(one.score, _narrower(one)) for one in fits if one.usable]


def _narrower(fit: WidthFit) -> str:
    return (
        f"A narrower kernel explains {fit.score:.0%} in its own, smaller neighbourhood: "
        f"pass kernel_width={fit.width:.3g}."
    )


def _weights_at(neighborhood: Neighborhood, width: float) -> NDArray[np.float64]:
    weights = exponential_kernel(neighborhood.distances_to_instance(), width)
    return weights if neighborhood.design_weights is None else weights * neighborhood.design_weights
