"""Fidelity: how well a surrogate predicts the model on samples that it was not fitted to, near and far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.domains.neighborhood import Neighborhood, capture_neighborhoods
from lime.engine.kernels import effective_share
from lime.engine.widths import TARGET
from lime.results.explanation import Explanation
from lime.results.report import Report, ReportColumn
from lime.results.wording import counted
from lime.trust.settings import as_explained, check_target, explained_label, part_target, without_progress
from lime.trust.widths import WidthReport, fit_by_width, kernel_weights
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["FidelityReport", "RadiusFit", "fidelity", "fit_at_radii"]

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of the neighbourhood's weight that the radii hold where none are named."""


@dataclass(frozen=True)
class RadiusFit:
    """The surrogate on the fresh samples within a radius, under their weights.

    Attributes
    ----------
    radius : float
        In the unit of the domain's distance.
    share : float
        Of the neighbourhood's weight that lies within.
    samples : int
    effective : float
        Number of samples of equal weight that these count as.
    score : float
        R²; NaN where the model does not vary within.
    score_error : float
        Standard error of `score` (delta method, samples taken for independent).
    rmse, mae : float
        Root mean squared and mean absolute error, in the model's unit.
    spread : float
        Standard deviation of the model's predictions within: R² is ``1 - (rmse / spread)^2``.
    """

    radius: float
    share: float
    samples: int
    effective: float
    score: float
    score_error: float
    rmse: float
    mae: float
    spread: float


@dataclass(frozen=True, repr=False)
class FidelityReport(Report):
    """How well a surrogate predicts the model on fresh samples.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it.
    score, score_error : float
        R² on the whole fresh neighbourhood, and its standard error.
    fitted_score : float
        R² on the samples that the surrogate was fitted to.
    rmse, mae : float
        Errors on the whole fresh neighbourhood, in the model's unit.
    radii : tuple of RadiusFit
        By rising radius.
    widths : WidthReport or None
        The fit by kernel width; None where the explainer's kernel has no width.
    num_model_calls : int
        Inputs that the model was given for this.
    exact : bool
        Whether the samples are all that there are, so that fresh ones are the same.
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
        """How good the surrogate is, near the instance and far from it.

        Returns
        -------
        list of str
        """
        if np.isnan(self.score):
            said = [
                (
                    "The model does not vary over the fresh samples. There is no R². The typical error is "
                    f"{number(self.rmse)} (root mean square)."
                )
            ]
        elif self.exact:
            said = [
                (
                    f"All samples that exist were used, so fresh samples are the same. R² is {self.score:.2f}, the "
                    f"typical error {number(self.rmse)}."
                )
            ]
        else:
            said = [
                (
                    f"On fresh samples R² is {self.score:.2f} (standard error {number(self.score_error, 2)}). On the "
                    f"samples of the fit it is {self.fitted_score:.2f}. The typical error on fresh samples is "
                    f"{number(self.rmse)} (root mean square)."
                )
            ]
        worst = max(self.radii, key=lambda one: one.rmse)
        nearest = self.radii[0]
        said.append(
            f"Within the nearest {percent(nearest.share)} of the weight the error is {number(nearest.rmse)}, and the "
            f"model varies by {number(nearest.spread)}. The error is largest within radius {number(worst.radius)}: "
            f"{number(worst.rmse)}."
        )
        said.append(f"This took {counted(self.num_model_calls, 'model call')}.")
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

    def columns(self) -> list[ReportColumn]:
        """One row a radius.

        Returns
        -------
        list of ReportColumn
            ``radius``, ``share``, ``samples``, ``effective``, ``score``, ``score_error``, ``rmse``, ``mae`` and
            ``spread``.
        """
        of = self.radii
        return [
            ReportColumn("radius", "radius", [one.radius for one in of]),
            ReportColumn("share", "weight", [one.share for one in of], "share"),
            ReportColumn("samples", "", [one.samples for one in of], "int"),
            ReportColumn("effective", "effective", [round(one.effective) for one in of], "int"),
            ReportColumn("score", "R²", [one.score for one in of], "fit"),
            ReportColumn("score_error", "std. error", [one.score_error for one in of]),
            ReportColumn("rmse", "rmse", [one.rmse for one in of]),
            ReportColumn("mae", "mae", [one.mae for one in of]),
            ReportColumn("spread", "model varies", [one.spread for one in of]),
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
        return draw_lines(lines, "radius", "in the model's unit", self.title, ax, marks={}, floor=0.0)


def fidelity(
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None = None,
    *,
    label: Any = None,
    radii: ArrayLike | None = None,
    kernel_widths: ArrayLike | None = None,
    target: Any = TARGET,
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
        R² that is good enough; see `lime.engine.widths.recommend`. What is no number is taken for the `target` of
        `explain_instance`, which may well be a class: name this by its name, or pass its number as `labels`.
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
    target, settings = part_target(target, settings, TARGET)
    target = check_target(target)
    settings = without_progress(explainer, settings)
    calls = 0
    if explanation is None:
        explanation = explainer.explain_instance(instance, predict_fn, **settings)
        calls = explanation.num_model_calls or 0
    settings = as_explained(settings, explanation)
    label = explained_label(explanation, label)
    with capture_neighborhoods() as seen:
        (other,) = explainer.independent_copies(1)
        again = other.explain_instance(instance, predict_fn, **settings)
    calls += again.num_model_calls or 0
    if not seen:
        raise ValueError("the instance has no feature that could be changed: expected one to measure fidelity on")
    fresh = seen[-1]
    output = 0 if explanation.mode == "regression" and fresh.predictions.shape[1] == 1 else int(label)
    answers = fresh.predictions[:, output]
    kernel_fn = _kernel_of(explainer, explanation)
    weights = kernel_weights(kernel_fn, fresh)
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
        widths=fit_by_width(
            fresh,
            answers,
            kernel_fn,
            widths=wanted_widths,
            num_features=max(1, len(explanation.local_exp[label])),
            feature_selection=explainer.feature_selection,
            target=target,
            label_name=explanation.label_name(label),
        ),
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
    """Weighted errors of the surrogate on the samples within each radius.

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
                samples=int(inside.sum()),
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


def _predict(explanation: Explanation, label: Any, samples: Neighborhood) -> NDArray[np.float64]:
    """The surrogate's predictions for samples, shape (n,)."""
    ids = np.arange(samples.z.shape[1]) if samples.features is None else samples.features
    place = {int(i): column for column, i in enumerate(ids)}
    pairs = explanation.local_exp[label]
    strange = [int(i) for i, _ in pairs if int(i) not in place]
    if strange:
        raise ValueError(
            f"explanation speaks of feature {strange[0]}, which the instance does not have: expected an explanation "
            "of this instance by this explainer"
        )
    found = explanation.surrogates.get(label)
    if found is not None:
        z = samples.numbers_of_samples()[0] if found.numbers else samples.z
        return found.predict(np.asarray(z, dtype=np.float64), ids.tolist(), label)
    columns = [place[int(i)] for i, _ in pairs]
    coefficients = np.array([float(weight) for _, weight in pairs])
    result: NDArray[np.float64] = float(explanation.intercept[label]) + samples.z[:, columns] @ coefficients
    return result


def _radii_holding(
    shares: Sequence[float], distances: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Smallest radii that hold some shares of the weight; equal ones once."""
    order = np.argsort(distances, kind="stable")
    cumulative = np.cumsum(weights[order]) / weights.sum()
    places = np.minimum(np.searchsorted(cumulative, np.array(shares) - 1e-9), len(order) - 1)
    return np.unique(distances[order][places])


def _doubts(explanation: Explanation, label: Any, answer: float) -> list[str]:
    said = explanation.model_preds.get(label)
    if said is None or abs(said - answer) <= 1e-6 * max(1.0, abs(said), abs(answer)):
        return []
    return [
        (
            f"The explanation was made where the model predicted {number(float(said))}, and now it predicts "
            f"{number(answer)}. The instance or the model is another one, or the model's predictions vary from call to "
            "call."
        )
    ]
