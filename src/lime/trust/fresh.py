"""Fidelity: how well a surrogate predicts the model on draws that it was not fitted on, near and far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.domains.neighborhood import Neighborhood, capture_neighborhoods
from lime.engine.kernels import ask_kernel, effective_share
from lime.engine.widths import FACTORS, TARGET, WidthFit, WidthProblem, fit_widths, recommend
from lime.results.explanation import Explanation
from lime.results.report import Column, Report
from lime.results.wording import counted
from lime.trust.settings import check_target, explained_label, quietly
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["FidelityReport", "RadiusFit", "WidthReport", "fidelity", "fit_at_radii"]

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of the neighbourhood's weight that the radii hold where none are named."""


@dataclass(frozen=True)
class RadiusFit:
    """The surrogate on the fresh draws within a radius, under their weights.

    Attributes
    ----------
    radius : float
        In the unit of the domain's distance.
    share : float
        Of the neighbourhood's weight that lies within.
    draws : int
    effective : float
        Number of draws of equal weight that these count as.
    score : float
        R^2; NaN where the model does not vary within.
    score_error : float
        Standard error of `score` (delta method, draws taken for independent).
    rmse, mae : float
        Root mean squared and mean absolute error, in the model's unit.
    spread : float
        Standard deviation of the model's answers within: R^2 is ``1 - (rmse / spread)^2``.
    """

    radius: float
    share: float
    draws: int
    effective: float
    score: float
    score_error: float
    rmse: float
    mae: float
    spread: float


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
        R^2 that a surrogate should reach.
    recommended : float or None
        The width that `lime.engine.widths.recommend` gives; None where every width leaves too few effective draws.
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
        return f"Fit by kernel width for {self.label_name} (leave-one-out, same draws, no further model calls)"

    def sentences(self) -> list[str]:
        """Which width is recommended, and why.

        Returns
        -------
        list of str
        """
        if self.recommended is None and all(np.isnan(fit.score) for fit in self.fits):
            return ["No width is recommended: the model does not vary, and every width fits it alike."]
        if self.recommended is None:
            return ["No width is recommended: each leaves too few effective draws. Ask for more samples."]
        best = next(fit for fit in self.fits if fit.width == self.recommended)
        reached = any(fit.usable and fit.score >= self.target for fit in self.fits)
        why = (
            f"its R^2 of {best.score:.2f} is the closest to the target of {self.target:g} among widths that no other "
            "one beats in both fit and error"
            if reached
            else f"no width reaches the target of {self.target:g}, and its R^2 of {best.score:.2f} is the highest or "
            "within 0.01 of it"
        )
        said = [
            (
                f"Recommended width {number(self.recommended)} (now {number(self.width)}): {why}. Its weights carry a "
                f"sampling error of {percent(best.relative_error)} of their size."
            )
        ]
        if best.width in (self.fits[0].width, self.fits[-1].width):
            said.append("It lies at the end of the widths that were tried: further ones may do better.")
        return [*said, "Another width asks another question: it moves the quantity that the weights estimate."]

    def numbers(self) -> dict[str, Any]:
        """The width in use, the recommended one and the target.

        Returns
        -------
        dict
            ``width``, ``recommended_width`` (None where there is none) and ``target``.
        """
        return {"width": self.width, "recommended_width": self.recommended, "target": self.target}

    def columns(self) -> list[Column]:
        """One row a width.

        Returns
        -------
        list of Column
            ``width``, ``score``, ``relative_error``, ``effective``, ``usable`` and ``recommended``.
        """
        mark = ["recommended" if fit.width == self.recommended else "" for fit in self.fits]
        return [
            Column("width", "width", [fit.width for fit in self.fits]),
            Column("score", "R^2", [fit.score for fit in self.fits], "fit"),
            Column("relative_error", "error of weights", [fit.relative_error for fit in self.fits], "share"),
            Column("effective", "effective draws", [round(fit.effective) for fit in self.fits], "int"),
            Column("usable", "enough", ["yes" if fit.usable else "no" for fit in self.fits], "text"),
            Column("recommended", "choice", mark, "text"),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw R^2 and the relative error of the weights against the width, with the recommended one.

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
            "R^2, leave-one-out": (widths, [fit.score for fit in self.fits]),
            "sampling error of the weights, as a share of their size": (widths, [f.relative_error for f in self.fits]),
        }
        marks = {"width in use": self.width}
        if self.recommended is not None:
            marks["recommended"] = self.recommended
        return draw_lines(lines, "kernel width", "", self.title, marks, ax, log=True, floor=-0.1)


@dataclass(frozen=True, repr=False)
class FidelityReport(Report):
    """How well a surrogate predicts the model on fresh draws.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it.
    score, score_error : float
        R^2 on the whole fresh neighbourhood, and its standard error.
    fitted_score : float
        R^2 on the draws that the surrogate was fitted on.
    rmse, mae : float
        Errors on the whole fresh neighbourhood, in the model's unit.
    radii : tuple of RadiusFit
        By rising radius.
    widths : WidthReport or None
        The fit by kernel width; None where the explainer's kernel has no width.
    num_model_calls : int
        Inputs that the model was given for this.
    exact : bool
        Whether the draws are all that there are, so that fresh ones are the same.
    explanation : Explanation
        What was measured.
    doubts : tuple of str
        What may be wrong about the comparison.
    """

    schema: ClassVar[str] = "lime.fidelity/1"

    label: Any
    label_name: str
    score: float
    score_error: float
    fitted_score: float
    rmse: float
    mae: float
    radii: tuple[RadiusFit, ...]
    widths: WidthReport | None
    num_model_calls: int
    exact: bool
    explanation: Explanation
    doubts: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What was measured."""
        return f"Fidelity of the surrogate of {self.label_name} on a fresh neighbourhood, by distance"

    @property
    def recommended_width(self) -> float | None:
        """The kernel width that is recommended, None where there is none."""
        return None if self.widths is None else self.widths.recommended

    def sentences(self) -> list[str]:
        """How good the surrogate is, and where it stops being so.

        Returns
        -------
        list of str
        """
        if np.isnan(self.score):
            said = [
                (
                    "The model does not vary over the fresh draws, so that there is no R^2; the typical error is "
                    f"{number(self.rmse)} (root mean square)."
                )
            ]
        elif self.exact:
            said = [
                (
                    f"The neighbourhood is known whole, so that fresh draws are the same ones: R^2 {self.score:.2f}, "
                    f"typical error {number(self.rmse)}."
                )
            ]
        else:
            said = [
                (
                    f"On fresh draws R^2 is {self.score:.2f} (standard error {number(self.score_error, 2)}), on those "
                    f"it was fitted on {self.fitted_score:.2f}; the typical error is {number(self.rmse)} (root mean "
                    "square)."
                )
            ]
        worst = max(self.radii, key=lambda one: one.rmse)
        nearest = self.radii[0]
        said.append(
            f"Within the nearest {percent(nearest.share)} of the weight the error is {number(nearest.rmse)} where the "
            f"model varies by {number(nearest.spread)}; it is largest within radius {number(worst.radius)}, at "
            f"{number(worst.rmse)}."
        )
        said.append(f"The model was asked about {counted(self.num_model_calls, 'input')} for this.")
        return [*said, *self.doubts]

    def numbers(self) -> dict[str, Any]:
        """The figures of the whole neighbourhood, and the curve over widths.

        Returns
        -------
        dict
            Of str to numbers, words and bools; ``widths`` is a dict of `WidthReport.to_dict`, or None.
        """
        return {
            "label": self.label,
            "label_name": self.label_name,
            "score": self.score,
            "score_error": self.score_error,
            "fitted_score": self.fitted_score,
            "rmse": self.rmse,
            "mae": self.mae,
            "num_model_calls": self.num_model_calls,
            "exact": self.exact,
            "widths": None if self.widths is None else self.widths.to_dict(),
        }

    def columns(self) -> list[Column]:
        """One row a radius.

        Returns
        -------
        list of Column
            ``radius``, ``share``, ``draws``, ``effective``, ``score``, ``score_error``, ``rmse``, ``mae`` and
            ``spread``.
        """
        of = self.radii
        return [
            Column("radius", "radius", [one.radius for one in of]),
            Column("share", "weight", [one.share for one in of], "share"),
            Column("draws", "", [one.draws for one in of], "int"),
            Column("effective", "eff. draws", [round(one.effective) for one in of], "int"),
            Column("score", "R^2", [one.score for one in of], "fit"),
            Column("score_error", "its error", [one.score_error for one in of]),
            Column("rmse", "rmse", [one.rmse for one in of]),
            Column("mae", "mae", [one.mae for one in of]),
            Column("spread", "model varies", [one.spread for one in of]),
        ]

    def __str__(self) -> str:
        return super().__str__() if self.widths is None else f"{super().__str__()}\n\n{self.widths}"

    def _repr_html_(self) -> str:
        return super()._repr_html_() + ("" if self.widths is None else self.widths._repr_html_())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the surrogate's error and the model's own variation against the radius.

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

        radii = [one.radius for one in self.radii]
        lines = {
            "error of the surrogate (rmse)": (radii, [one.rmse for one in self.radii]),
            "variation of the model (standard deviation)": (radii, [one.spread for one in self.radii]),
        }
        return draw_lines(lines, "radius", "in the model's unit", self.title, {}, ax, floor=0.0)


def fidelity(
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None = None,
    *,
    label: Any = None,
    radii: ArrayLike | None = None,
    kernel_widths: ArrayLike | None = None,
    target: float = TARGET,
    **settings: Any,
) -> FidelityReport:
    """Measure a surrogate on a fresh neighbourhood that it was not fitted on, at several radii and kernel widths.

    Parameters
    ----------
    explainer : Explainer
        The one that made the explanation; its seed stays as it is, save that a RandomState is advanced.
    instance : row, text, image or series
        As for its `explain_instance`.
    predict_fn : callable or model
        Likewise.
    explanation : Explanation, optional
        What to measure, made by this explainer for this instance; made here, at the same cost again, when None.
    label : int or str, optional
        The first explained one when None.
    radii : array_like of float, optional
        Distances in the domain's unit; when None those that hold 10, 25, 50, 75 and 100 % of the weight.
    kernel_widths : array_like of float, optional
        When None thirteen from a quarter of the explainer's own to four times it.
    target : float
        R^2 that is good enough; see `lime.engine.widths.recommend`.
    **settings
        Passed to `explain_instance`.

    Returns
    -------
    FidelityReport

    Raises
    ------
    ValueError
        If radii, widths or target are not what is described here, there is nothing to explain, or the explanation
        speaks of features that the instance does not have.
    KeyError
        If the label was not explained.
    """
    wanted_radii = None if radii is None else _positive("radii", radii)
    wanted_widths = None if kernel_widths is None else _positive("kernel_widths", kernel_widths)
    target = check_target(target)
    settings = quietly(explainer, settings)
    calls = 0
    if explanation is None:
        explanation = explainer.explain_instance(instance, predict_fn, **settings)
        calls = explanation.num_model_calls or 0
    label = explained_label(explanation, label)
    with capture_neighborhoods() as seen:
        (other,) = explainer._independent(1)
        again = other.explain_instance(instance, predict_fn, **settings)
    calls += again.num_model_calls or 0
    if not seen:
        raise ValueError("the instance has no feature that could be changed: expected one to measure fidelity on")
    fresh = seen[-1]
    output = 0 if explanation.mode == "regression" and fresh.predictions.shape[1] == 1 else int(label)
    answers = fresh.predictions[:, output]
    kernel_fn = _kernel_of(explainer, explanation)
    weights = _weights(kernel_fn, fresh)
    predictions = _predict(explanation, label, fresh)
    if wanted_radii is None:
        wanted_radii = _radii_holding(SHARES, fresh.distances_to_instance(), weights)
    fits = fit_at_radii(answers, predictions, fresh.distances_to_instance(), weights, wanted_radii)
    whole = fit_at_radii(answers, predictions, fresh.distances_to_instance(), weights, [np.inf])[0]
    return FidelityReport(
        label=label,
        label_name=explanation.label_name(label),
        score=whole.score,
        score_error=0.0 if fresh.exact else whole.score_error,
        fitted_score=float(explanation.scores.get(label, np.nan)),
        rmse=whole.rmse,
        mae=whole.mae,
        radii=tuple(fits),
        widths=_over_widths(explainer, kernel_fn, fresh, answers, explanation, label, wanted_widths, target),
        num_model_calls=calls,
        exact=fresh.exact,
        explanation=explanation,
        doubts=tuple(_doubts(explanation, label, float(fresh.prediction[output]))),
    )


def fit_at_radii(
    answers: NDArray[np.float64],
    predictions: NDArray[np.float64],
    distances: NDArray[np.float64],
    weights: NDArray[np.float64],
    radii: Sequence[float] | NDArray[np.float64],
) -> list[RadiusFit]:
    """Weighted errors of predictions on the draws within each radius.

    Parameters
    ----------
    answers, predictions, distances, weights : ndarray of float, shape (n,)
    radii : sequence of float
        A radius within which there is no weight is left out.
    """
    fits = []
    total = float(weights.sum())
    for radius in radii:
        inside = (distances <= radius) & (weights > 0)
        if not inside.any():
            continue
        w, y = weights[inside], answers[inside]
        residual = y - predictions[inside]
        mass = float(w.sum())
        centred = y - w @ y / mass
        # Rounding in the mean would otherwise look like variation of a model that has none.
        centred[np.abs(centred) <= 1e-12 * np.abs(y).max()] = 0.0
        variation, left = float(w @ np.square(centred)), float(w @ np.square(residual))
        score = 1.0 - left / variation if variation else float("nan")
        influence = w * (np.square(residual) - (1.0 - score) * np.square(centred))
        fits.append(
            RadiusFit(
                radius=float(min(radius, distances.max())),
                share=mass / total,
                draws=int(inside.sum()),
                effective=effective_share(w) * len(w),
                score=score,
                score_error=float(np.linalg.norm(influence)) / variation if variation else float("nan"),
                rmse=float(np.sqrt(left / mass)),
                mae=float(w @ np.abs(residual)) / mass,
                spread=float(np.sqrt(variation / mass)),
            )
        )
    return fits


def _positive(name: str, values: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.unique(np.atleast_1d(np.asarray(values, dtype=np.float64)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}={values!r}: expected numbers above 0") from error
    if array.ndim != 1 or not array.size or not np.isfinite(array).all() or array[0] <= 0:
        raise ValueError(f"{name}={values!r}: expected numbers above 0")
    return array


def _kernel_of(explainer: Explainer, explanation: Explanation) -> Any:
    """The kernel of an explanation: its explainer's, with the width that was chosen for it if one was."""
    own: Any = explainer.base.kernel_fn
    chosen = explanation.kernel_width
    return own if chosen is None or not isinstance(own, partial) else partial(own.func, kernel_width=chosen)


def _weights(kernel_fn: Any, draws: Neighborhood) -> NDArray[np.float64]:
    weights = ask_kernel(kernel_fn, draws.distances_to_instance())
    return weights if draws.design_weights is None else weights * draws.design_weights


def _predict(explanation: Explanation, label: Any, draws: Neighborhood) -> NDArray[np.float64]:
    """What the surrogate says of draws, shape (n,)."""
    ids = np.arange(draws.z.shape[1]) if draws.features is None else draws.features
    place = {int(i): column for column, i in enumerate(ids)}
    pairs = explanation.local_exp[label]
    strange = [int(i) for i, _ in pairs if int(i) not in place]
    if strange:
        raise ValueError(
            f"explanation speaks of feature {strange[0]}, which the instance does not have: expected an explanation "
            "of this instance by this explainer"
        )
    columns = [place[int(i)] for i, _ in pairs]
    coefficients = np.array([float(weight) for _, weight in pairs])
    result: NDArray[np.float64] = float(explanation.intercept[label]) + draws.z[:, columns] @ coefficients
    return result


def _radii_holding(
    shares: Sequence[float], distances: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Smallest radii that hold some shares of the weight; equal ones once."""
    order = np.argsort(distances, kind="stable")
    cumulative = np.cumsum(weights[order]) / weights.sum()
    places = np.minimum(np.searchsorted(cumulative, np.array(shares) - 1e-9), len(order) - 1)
    return np.unique(distances[order][places])


def _over_widths(
    explainer: Explainer,
    kernel_fn: Any,
    draws: Neighborhood,
    answers: NDArray[np.float64],
    explanation: Explanation,
    label: Any,
    widths: NDArray[np.float64] | None,
    target: float,
) -> WidthReport | None:
    own = kernel_fn.keywords.get("kernel_width") if isinstance(kernel_fn, partial) else None
    if own is None:
        return None

    def weigh(width: float) -> NDArray[np.float64]:
        return _weights(partial(kernel_fn.func, kernel_width=width), draws)

    problem = WidthProblem(
        z=draws.z,
        instance=draws.instance,
        weigh=weigh,
        num_features=max(1, len(explanation.local_exp[label])),
        method=explainer.feature_selection,
        groups=draws.groups,
        penalty=min(1.0, len(answers) / draws.reference_samples),
        uncorrelated=draws.uncorrelated,
        exact=draws.exact,
    )
    fits = fit_widths(problem, answers, [factor * own for factor in FACTORS] if widths is None else widths.tolist())
    best = recommend(
        np.array([fit.score for fit in fits]),
        np.array([fit.relative_error for fit in fits]),
        np.array([fit.usable for fit in fits]),
        target,
    )
    name = explanation.label_name(label)
    return WidthReport(name, tuple(fits), float(own), target, None if best is None else fits[best].width)


def _doubts(explanation: Explanation, label: Any, answer: float) -> list[str]:
    said = explanation.model_preds.get(label)
    if said is None or abs(said - answer) <= 1e-6 * max(1.0, abs(said), abs(answer)):
        return []
    return [
        (
            f"The explanation was made where the model says {number(float(said))}, and now it says {number(answer)}: "
            "another instance, another model, or one that does not repeat itself."
        )
    ]
