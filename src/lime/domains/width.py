"""The kernel of an explainer and its width: given, or chosen from predictions that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.neighborhood import Neighborhood
from lime.domains.settings import ExplainSettings
from lime.engine.kernels import Kernel, exponential_kernel
from lime.engine.warn import warn_user
from lime.engine.widths import FACTORS, TARGET, ChosenWidth, WidthProblem, fit_widths, recommend


def choose_width(
    kernel: ChosenWidth,
    neighborhood: Neighborhood,
    labels: Sequence[int],
    settings: ExplainSettings,
    target: float = TARGET,
) -> tuple[float, str]:
    """The width that OptiLIME's trade-off recommends for all labels together, and a sentence about it.

    Parameters
    ----------
    kernel : ChosenWidth
        Its own width stays where none can be recommended; those that are tried lie around it.
    neighborhood : Neighborhood
    labels : sequence of int
        Fit and error of a width are means over these outputs.
    settings : ExplainSettings
        Say how features are selected.
    target : float
        See `lime.engine.widths.recommend`.
    """
    usual = float(kernel.keywords["kernel_width"])
    distances = neighborhood.distances_to_instance()

    def weigh(width: float) -> NDArray[np.float64]:
        weights = np.asarray(kernel.func(distances, kernel_width=width), dtype=np.float64)
        return weights if neighborhood.design_weights is None else weights * neighborhood.design_weights

    problem = WidthProblem(
        z=neighborhood.z,
        instance=neighborhood.instance,
        weigh=weigh,
        num_features=settings.num_features,
        method=settings.fit.feature_selection,
        groups=neighborhood.groups,
        penalty=min(1.0, len(neighborhood.predictions) / neighborhood.reference_samples),
        uncorrelated=neighborhood.uncorrelated,
        exact=neighborhood.exact,
    )
    widths = [factor * usual for factor in FACTORS]
    fits = [fit_widths(problem, neighborhood.predictions[:, label], widths) for label in labels]
    scores = np.array([[fit.score for fit in own] for own in fits]).mean(axis=0)
    errors = np.nan_to_num([[fit.relative_error for fit in own] for own in fits]).mean(axis=0)
    usable = np.asarray(np.all([[fit.usable for fit in own] for own in fits], axis=0), dtype=bool)
    best = recommend(scores, errors, usable, target)
    if best is None:
        flat = np.isnan(scores).all()
        why = "the model's prediction does not vary" if flat else "each leaves too few effective samples"
        return usual, f"No kernel width could be chosen, since {why}: the usual {usual:.3g} stays."
    return widths[best], (
        f"The kernel width {widths[best]:.3g} was chosen from these samples (usual: {usual:.3g}; R² "
        f"{scores[best]:.2f}, target {target:g}). The weights describe a neighbourhood of that size. "
        "Intervals do not count the choice."
    )


def kernel_of_width(kernel: Kernel | None, kernel_width: Any, usual_width: float, or_none: str = "") -> Any:
    """A kernel of one width, checked; ``'auto'`` begins with the usual width.

    Raises
    ------
    ValueError
        If the width is not a number above 0, or the kernel cannot be called; the message names the argument.
    """
    auto = isinstance(kernel_width, str) and kernel_width == "auto"
    width = usual_width if auto else _width(kernel_width)
    if width is None or np.isnan(width) or width == 0:
        raise ValueError(f"kernel_width={kernel_width!r}: expected a number above 0, 'auto'{or_none}")
    if not auto and (width < 0 or isinstance(kernel_width, str | bool)):
        warn_user(
            f"kernel_width={kernel_width!r} was read as {abs(width):g}: expected a number above 0, 'auto'{or_none}",
        )
    if kernel is not None and not callable(kernel):
        raise ValueError(f"kernel={kernel!r}: expected a callable kernel(distances, kernel_width), or None")
    return (ChosenWidth if auto else partial)(kernel or exponential_kernel, kernel_width=abs(width))


def _width(kernel_width: Any) -> float | None:
    """A kernel's width as a float; None where it is none."""
    try:
        return float(np.asarray(kernel_width, dtype=np.float64).item())
    except (TypeError, ValueError, OverflowError):
        return None
