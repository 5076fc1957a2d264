"""Fit and sampling error by kernel width, from samples and predictions that are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lime.domains.neighborhood import Neighborhood
from lime.engine.kernels import ask_kernel
from lime.engine.registry import Selector
from lime.engine.widths import FACTORS, WidthFit, WidthProblem, fit_widths, recommend
from lime.results.report import Report, ReportColumn
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["WidthReport", "fit_by_width", "kernel_weights"]


@dataclass(frozen=True, repr=False)
class WidthReport(Report):
    """Fit and sampling error by kernel width.

    Attributes
    ----------
    label_name : str
        What a reader calls the output.
    fits : tuple of WidthFit
        By rising width.
    width : float
        The explainer's own.
    target : float
        R² that a surrogate should reach.
    recommended : float or None
        The width that `lime.engine.widths.recommend` gives; None where every width leaves too few effective samples.
    """

    schema: ClassVar[str] = "lime.widths/1"

    label_name: str
    fits: tuple[WidthFit, ...]
    width: float
    target: float
    recommended: float | None

    @property
    def title(self) -> str:
        """What the curve is about."""
        return f"Fit by kernel width for {self.label_name} (leave-one-out, same samples, no further model calls)"

    def sentences(self) -> list[str]:
        """Which width is recommended, and why.

        Returns
        -------
        list of str
        """
        if self.recommended is None and all(np.isnan(fit.score) for fit in self.fits):
            return ["No width is recommended: the model does not vary, and every width fits equally well."]
        if self.recommended is None:
            return ["No width is recommended: each leaves too few effective samples. Use more samples."]
        best = next(fit for fit in self.fits if fit.width == self.recommended)
        reached = any(fit.usable and fit.score >= self.target for fit in self.fits)
        why = (
            f"its R² of {best.score:.2f} is the closest to the target of {self.target:g} among the widths that no "
            "other width beats in both fit and error"
            if reached
            else f"no width reaches the target of {self.target:g}, and its R² of {best.score:.2f} is the highest or "
            "within 0.01 of it"
        )
        said = [
            (
                f"Recommended width {number(self.recommended)} (now {number(self.width)}): {why}. The standard error "
                f"of its weights is {percent(best.relative_error)} of their size."
            )
        ]
        if best.width in (self.fits[0].width, self.fits[-1].width):
            said.append("It is the first or the last of the widths that were tried. Widths beyond it may be better.")
        return [*said, "Another width changes the quantity that the weights estimate."]

    def numbers(self) -> dict[str, Any]:
        """The width in use, the recommended one and the target.

        Returns
        -------
        dict
            ``width``, ``recommended_width`` (None where there is none) and ``target``.
        """
        return {"width": self.width, "recommended_width": self.recommended, "target": self.target}

    def columns(self) -> list[ReportColumn]:
        """One row a width.

        Returns
        -------
        list of ReportColumn
            ``width``, ``score``, ``relative_error``, ``effective``, ``usable`` and ``recommended``.
        """
        mark = ["recommended" if fit.width == self.recommended else "" for fit in self.fits]
        return [
            ReportColumn("width", "width", [fit.width for fit in self.fits]),
            ReportColumn("score", "R²", [fit.score for fit in self.fits], "fit"),
            ReportColumn("relative_error", "error of weights", [fit.relative_error for fit in self.fits], "share"),
            ReportColumn("effective", "effective samples", [round(fit.effective) for fit in self.fits], "int"),
            ReportColumn("usable", "enough", ["yes" if fit.usable else "no" for fit in self.fits], "text"),
            ReportColumn("recommended", "choice", mark, "text"),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw R² and the relative error of the weights against the width, with the recommended one.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.

        Returns
        -------
        Axes

        Raises
        ------
        TypeError
            `ax` is no Axes.
        """
        from lime.render.report_plots import draw_lines

        widths = [fit.width for fit in self.fits]
        lines = {
            "R², leave-one-out": (widths, [fit.score for fit in self.fits]),
            "sampling error of the weights, as a share of their size": (widths, [f.relative_error for f in self.fits]),
        }
        marks = {"width in use": self.width}
        if self.recommended is not None:
            marks["recommended"] = self.recommended
        return draw_lines(lines, "kernel width", "", self.title, ax, marks=marks, log=True, floor=-0.1)


def kernel_weights(kernel_fn: Any, samples: Neighborhood) -> NDArray[np.float64]:
    """Weights of samples under a kernel, times those of their design, shape (n,)."""
    weights = ask_kernel(kernel_fn, samples.distances_to_instance())
    return weights if samples.design_weights is None else weights * samples.design_weights


def fit_by_width(
    samples: Neighborhood,
    predictions: NDArray[np.float64],
    kernel_fn: Any,
    *,
    widths: NDArray[np.float64] | None,
    num_features: int,
    feature_selection: str | Selector,
    target: float,
    label_name: str,
) -> WidthReport | None:
    """Fit samples at several kernel widths and recommend one.

    Parameters
    ----------
    samples : Neighborhood
        Of n samples.
    predictions : ndarray of float, shape (n,)
        The model's.
    kernel_fn : callable
        The explainer's; one without a width gives no report.
    widths : ndarray of float, or None
        When None multiples of the kernel's own.
    num_features : int
        Features of each fit.
    feature_selection : str or callable
        How they are chosen.
    target : float
        R² that is good enough.
    label_name : str
        What a reader calls the output.

    Returns
    -------
    WidthReport or None
    """
    own = kernel_fn.keywords.get("kernel_width") if isinstance(kernel_fn, partial) else None
    if own is None:
        return None

    def weigh(width: float) -> NDArray[np.float64]:
        return kernel_weights(partial(kernel_fn.func, kernel_width=width), samples)

    problem = WidthProblem(
        z=samples.z,
        instance=samples.instance,
        weigh=weigh,
        num_features=num_features,
        method=feature_selection,
        groups=samples.groups,
        penalty=min(1.0, len(predictions) / samples.reference_samples),
        uncorrelated=samples.uncorrelated,
        exact=samples.exact,
    )
    tried = [factor * own for factor in FACTORS] if widths is None else widths.tolist()
    fits = fit_widths(problem, predictions, tried)
    best = recommend(
        np.array([fit.score for fit in fits]),
        np.array([fit.relative_error for fit in fits]),
        np.array([fit.usable for fit in fits]),
        target,
    )
    return WidthReport(label_name, tuple(fits), float(own), target, None if best is None else fits[best].width)
