"""Infidelity of an explanation (Yeh, Hsieh, Suggala, Inouye & Ravikumar 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.domains.checks import check_count
from lime.engine import masks as designs
from lime.models.predictions import refuse_unknown
from lime.results.explanation import Explanation
from lime.results.report import Report, ReportColumn
from lime.results.wording import counted
from lime.trust.deletion import output_of, places_of
from lime.trust.described import described
from lime.trust.settings import explained_label, with_batch_size, without_progress
from lime.trust.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["InfidelityReport", "infidelity", "infidelity_of"]


@dataclass(frozen=True, repr=False)
class InfidelityReport(Report):
    """How far the weights miss the change of the prediction when features are taken away.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it.
    value : float
        ``mean((I . phi - (f(x) - f(x - I)))^2)`` in the squared unit of the model's predictions; 0 is best.
    standard_error : float
        Of `value`, from the number of perturbations.
    normalized : float
        The same with the weights scaled by the factor that makes it smallest, so that the size of the weights does
        not count, only their proportions.
    empty : float
        What weights of 0 would have: the mean squared change of the prediction.
    predicted_change, actual_change : ndarray of float, shape (n,)
        ``I . phi`` and ``f(x) - f(x - I)`` for each perturbation.
    removed : ndarray of int, shape (n,)
        Features that each perturbation takes away.
    baseline_description : str
        What takes the place of a feature.
    num_model_calls : int
        Inputs that the model was given for this.
    """

    schema: ClassVar[str] = "lime.infidelity/1"

    label: Any
    label_name: str
    value: float
    standard_error: float
    normalized: float
    empty: float
    predicted_change: NDArray[np.float64]
    actual_change: NDArray[np.float64]
    removed: NDArray[np.intp]
    baseline_description: str
    num_model_calls: int

    @property
    def title(self) -> str:
        """What was measured."""
        return f"Infidelity of the explanation of {self.label_name} over {len(self.predicted_change)} perturbations"

    def sentences(self) -> list[str]:
        """How large the errors are, and compared with what.

        Returns
        -------
        list of str
        """
        said = [
            (
                f"The mean squared error is {number(self.value)} (standard error {number(self.standard_error)}). In a "
                f"typical perturbation the weights are off by {number(float(np.sqrt(self.value)))}, and the prediction "
                f"changes by {number(float(np.sqrt(self.empty)))}."
            ),
            (
                f"With the weights scaled in the best way it is {number(self.normalized)}. With all weights 0 it would "
                f"be {number(self.empty)}."
            ),
            f"A feature that is taken away is replaced by {self.baseline_description}.",
        ]
        return [*said, f"This took {counted(self.num_model_calls, 'model call')}."]

    def numbers(self) -> dict[str, Any]:
        """The figures of the whole report.

        Returns
        -------
        dict
            Of str to numbers and words.
        """
        return {
            "label": self.label,
            "label_name": self.label_name,
            "value": self.value,
            "standard_error": self.standard_error,
            "normalized": self.normalized,
            "empty": self.empty,
            "baseline_description": self.baseline_description,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[ReportColumn]:
        """One row for each number of features taken away.

        Returns
        -------
        list of ReportColumn
            ``removed``, ``perturbations``, ``predicted_change``, ``actual_change`` and ``infidelity``.
        """
        sizes = np.unique(self.removed)
        parts = [self.removed == size for size in sizes]
        misses = [float(np.mean(np.square(self.predicted_change[part] - self.actual_change[part]))) for part in parts]
        return [
            ReportColumn("removed", "features taken away", sizes.tolist(), "int"),
            ReportColumn("perturbations", "perturbations", [int(part.sum()) for part in parts], "int"),
            ReportColumn(
                "predicted_change", "weights predict", [float(self.predicted_change[part].mean()) for part in parts]
            ),
            ReportColumn(
                "actual_change", "prediction falls by", [float(self.actual_change[part].mean()) for part in parts]
            ),
            ReportColumn("infidelity", "squared error", misses),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the predicted change against the actual one, one dot a perturbation, and the line of equality.

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
        from lime.render.report_plots import draw_pairs

        return draw_pairs(
            self.predicted_change,
            self.actual_change,
            x_label="change that the weights predict",
            y_label="change of the model's prediction",
            title=self.title,
            ax=ax,
        )


@described
def infidelity(
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None = None,
    *,
    label: Any = None,
    baseline: Any = None,
    masks: ArrayLike | None = None,
    samples: int = 200,
    random_state: int = 0,
    batch_size: int | None = None,
    **settings: Any,
) -> InfidelityReport:
    """Compare the changes that the weights predict with those of the model (Yeh et al. 2019, definition 2.1).

    The perturbation I is in the interpretable features z: it takes some of them away, as `deletion` does. (For rows
    that are cut into bins, a baseline in the same bin changes no z, and the weights predict no change.)

    Parameters
    ----------
    <explained>
    <baseline>
    masks : array_like of bool, shape (n, m), optional
        Which of the instance's m features each perturbation leaves, in the order of their ids; sampled when None:
        a number from 1 to m uniformly, and which ones uniformly.
    samples : int
        Number of perturbations.
    random_state : int
        Seed of the perturbations.
    <calls>

    Returns
    -------
    InfidelityReport

    Raises
    ------
    ValueError
        If masks have another shape, there is nothing to take away, a text comes with a baseline, or the explanation
        speaks of features that the instance does not have.
    KeyError
        If the label was not explained.
    """
    count = check_count("samples", samples, least=2)
    settings = without_progress(explainer, settings)
    if explanation is None:
        explanation = explainer.explain_instance(instance, predict_fn, **settings)
    ablation = explainer.ablation(instance, predict_fn, explanation, baseline, **with_batch_size(settings, batch_size))
    label = explained_label(explanation, label)
    place = places_of(explanation, label, ablation)
    m = len(ablation.features)
    if masks is None:
        sizes = designs.uniform_sizes(m)
        kept = designs.plain(count, sizes, sizes, np.random.default_rng(random_state)).z
    else:
        kept = np.asarray(masks, dtype=bool)
        if kept.ndim != 2 or kept.shape[1] != m or not len(kept):
            raise ValueError(
                f"masks has shape {kept.shape}: expected (n, {m}), a column for each feature of the instance"
            )
    answers, calls = ablation.predict_each_once(np.concatenate([np.ones((1, m), dtype=bool), kept]))
    output = output_of(explanation, label, answers.shape[1])
    refuse_unknown(answers, "predict_fn", [output])
    column = answers[:, output]
    phi = np.zeros(m)
    for i, weight in explanation.local_exp[label]:
        phi[place[int(i)]] = float(weight)
    predicted = (~kept * ablation.changes) @ phi
    actual = column[0] - column[1:]
    value, error, normalized = infidelity_of(predicted, actual)
    return InfidelityReport(
        label=label,
        label_name=explanation.label_name(label),
        value=value,
        standard_error=error,
        normalized=normalized,
        empty=float(np.mean(np.square(actual))),
        predicted_change=predicted,
        actual_change=actual,
        removed=np.count_nonzero(~kept, axis=1),
        baseline_description=ablation.baseline_description,
        num_model_calls=calls,
    )


def infidelity_of(predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> tuple[float, float, float]:
    """Infidelity, its standard error, and infidelity under the best scaling of the weights.

    Parameters
    ----------
    predicted : ndarray of float, shape (n,)
        ``I . phi`` for each perturbation I.
    actual : ndarray of float, shape (n,)
        ``f(x) - f(x - I)``.
    """
    misses = np.square(predicted - actual)
    error = float(misses.std(ddof=1) / np.sqrt(len(misses))) if len(misses) > 1 else float("nan")
    size = float(predicted @ predicted)
    scale = float(predicted @ actual) / size if size else 0.0
    return float(misses.mean()), error, float(np.mean(np.square(scale * predicted - actual)))
