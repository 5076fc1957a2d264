"""Stability: the same explanation several times, with independent samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lime.domains.checks import check_count
from lime.models.requests import one_of_many
from lime.results.explanation import Explanation
from lime.results.mapper import describe_feature
from lime.results.report import Report, ReportColumn
from lime.results.wording import counted
from lime.trust import agreement
from lime.trust.settings import without_progress
from lime.trust.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["FeatureStability", "StabilityReport", "compare", "stability"]

LEVEL = 0.95
"""Level of the intervals that are compared."""


@dataclass(frozen=True)
class FeatureStability:
    """One feature over the runs; mean, std and cv are over the runs in which it appears.

    Attributes
    ----------
    index : int
        Feature id.
    name : str
        What a reader calls it.
    appears : int
        Runs whose explanation has it.
    mean, std : float
        Of its weight; `std` has n - 1 in the denominator and is NaN for one run.
    cv : float
        Coefficient of variation ``std / |mean|``; NaN where the mean is 0.
    standard_error : float
        Mean of the standard errors that the runs themselves gave, which `std` should resemble; NaN where unknown.
    overlap : float
        Share of pairs of runs whose 95% intervals overlap.
    width : float
        Mean width of these intervals.
    """

    index: int
    name: str
    appears: int
    mean: float
    std: float
    cv: float
    standard_error: float
    overlap: float
    width: float


@dataclass(frozen=True, repr=False)
class StabilityReport(Report):
    """How far repeated explanations of one instance agree.

    Attributes
    ----------
    label : int
        The output that was compared.
    label_name : str
        What a reader calls it.
    repeats : int
        How often the instance was explained.
    vsi : float
        Variables stability index: mean share of common features of two runs, in [0, 1] (Visani et al. 2020).
    csi : float
        Coefficients stability index: share of pairs of runs whose 95% intervals overlap, averaged over features, in
        [0, 1]; NaN where no interval is known. Wide intervals raise it.
    relative_width : float
        Mean width of the intervals as a share of the largest mean weight: what `csi` must be read beside.
    kendall, jaccard, rbo : float
        Mean over pairs of runs of Kendall's tau-b of the sizes of the weights, of the Jaccard index of the features,
        and of the rank-biased overlap (p = 0.9) of their order.
    features : tuple of FeatureStability
        By falling mean size, a run without the feature counting as 0.
    num_model_calls : int
        Over all runs.
    explanations : tuple of Explanation
        The runs.
    """

    schema: ClassVar[str] = "lime.stability/1"

    label: Any
    label_name: str
    repeats: int
    vsi: float
    csi: float
    relative_width: float
    kendall: float
    jaccard: float
    rbo: float
    features: tuple[FeatureStability, ...]
    num_model_calls: int
    explanations: tuple[Explanation, ...] = field(compare=False)

    @property
    def title(self) -> str:
        """What was repeated, and how often."""
        return f"Stability of the explanation of {self.label_name} over {self.repeats} runs with independent samples"

    def sentences(self) -> list[str]:
        """Which features, weights and orders come back.

        Returns
        -------
        list of str
        """
        if not self.features:
            return ["The runs have no feature to compare: there was nothing to explain."]
        if all(run.exact for run in self.explanations) and self.csi == 1.0:
            return [
                "The explanation is exact: repeats are equal.",
                f"The model was given {counted(self.num_model_calls, 'input')} in all.",
            ]
        always = sum(one.appears == self.repeats for one in self.features)
        said = [
            (
                f"Features: two runs share {percent(self.vsi)} of their features on average (VSI {self.vsi:.2f}, "
                f"Jaccard {self.jaccard:.2f}); {always} of the {len(self.features)} that were ever chosen are in every "
                "run."
            )
        ]
        if np.isnan(self.csi):
            said.append("Weights: no intervals are known or shared, so that the CSI has nothing to compare.")
        else:
            said.append(
                f"Weights: {percent(self.csi)} of the pairs of 95% intervals overlap (CSI {self.csi:.2f}); these "
                f"intervals are {percent(self.relative_width)} of the largest weight wide on average, and wide ones "
                "overlap easily."
            )
        if np.isnan(self.kendall):
            said.append(f"Order: rank-biased overlap {self.rbo:.2f}; Kendall's tau needs two different sizes.")
        else:
            said.append(
                f"Order: Kendall's tau {self.kendall:.2f}, rank-biased overlap {self.rbo:.2f} (1: the same order)."
            )
        turned = [one.name for one in self.features if self._changes_sign(one.index)]
        if turned:
            said.append(f"The sign changes between runs: {'; '.join(turned)}.")
        said.append(f"This took {counted(self.num_model_calls, 'model call')}.")
        return said

    def of(self, label: Any) -> StabilityReport:
        """Compare the same runs for another label that they explain. The model is not called.

        Parameters
        ----------
        label : int
            One that every run explains.

        Returns
        -------
        StabilityReport

        Raises
        ------
        KeyError
            A run does not explain it.
        """
        return compare(self.explanations, label)

    def numbers(self) -> dict[str, Any]:
        """The indices of the whole report.

        Returns
        -------
        dict
            Of str to numbers and words.
        """
        return {
            "label": self.label,
            "label_name": self.label_name,
            "repeats": self.repeats,
            "vsi": self.vsi,
            "csi": self.csi,
            "relative_width": self.relative_width,
            "kendall": self.kendall,
            "jaccard": self.jaccard,
            "rbo": self.rbo,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[ReportColumn]:
        """One row a feature.

        Returns
        -------
        list of ReportColumn
            ``feature``, ``index``, ``appears``, ``mean``, ``std``, ``cv``, ``standard_error``, ``overlap`` and
            ``width``.
        """
        of = self.features
        return [
            ReportColumn("feature", "feature", [one.name for one in of], "text"),
            ReportColumn("index", "", [one.index for one in of], "int"),
            ReportColumn("appears", "runs", [one.appears for one in of], "int"),
            ReportColumn("mean", "mean", [one.mean for one in of]),
            ReportColumn("std", "std", [one.std for one in of]),
            ReportColumn("cv", "cv", [one.cv for one in of], "share"),
            ReportColumn("standard_error", "said error", [one.standard_error for one in of]),
            ReportColumn("overlap", "overlap", [one.overlap for one in of], "share"),
            ReportColumn("width", "width", [one.width for one in of]),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each run's weights as dots and their mean as a line, the first feature on top.

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
        from lime.render.report_plots import draw_runs

        return draw_runs([(one.name, self._weights(one.index), one.mean) for one in self.features], self.title, ax)

    def _weights(self, index: int) -> list[float]:
        return [float(w) for exp in self.explanations for i, w in exp.local_exp[self.label] if i == index]

    def _changes_sign(self, index: int) -> bool:
        weights = self._weights(index)
        return min(weights) < 0 < max(weights)


def stability(
    explainer: Explainer, instance: Any, predict_fn: Any, repeats: int = 10, *, label: Any = None, **settings: Any
) -> StabilityReport:
    """Explain an instance several times with independent samples, and measure how far the explanations agree.

    Parameters
    ----------
    explainer : Explainer
        Stays as it is, except that a RandomState as seed is advanced by one number. The runs' seeds derive from
        its seed, so that a seeded explainer gives the same report each time.
    instance : row, text, image or series
        As for its `explain_instance`.
    predict_fn : callable or model
        Likewise.
    repeats : int
        Runs, at least 2. Each takes the model calls of one explanation.
    label : int or str, optional
        The output to compare; the first explained one when None.
    **settings
        Passed to `explain_instance`.

    Returns
    -------
    StabilityReport

    Raises
    ------
    ValueError
        If `repeats` is not a whole number of at least 2.
    KeyError
        If `label` is not explained under the settings.
    """
    count = check_count("repeats", repeats, least=2)
    settings = without_progress(explainer, settings)
    with one_of_many():
        runs = [one.explain_instance(instance, predict_fn, **settings) for one in explainer.independent_copies(count)]
    return compare(runs, label)


def compare(explanations: Sequence[Explanation], label: Any = None) -> StabilityReport:
    """Measure how far explanations of one instance agree that were made with independent samples.

    Parameters
    ----------
    explanations : sequence of Explanation
        At least two.
    label : int or str, optional
        The first explained one when None.

    Returns
    -------
    StabilityReport

    Raises
    ------
    ValueError
        If there are fewer than two.
    KeyError
        If the label was not explained.
    """
    runs = tuple(explanations)
    if len(runs) < 2:
        raise ValueError(f"explanations holds {len(runs)}: expected at least 2 to compare")
    label = runs[0].resolve_label(label)
    weights = [{int(i): float(w) for i, w in exp.local_exp[label]} for exp in runs]
    intervals = [exp.confidence_intervals(label, LEVEL) for exp in runs]
    errors = [exp.standard_errors.get(label, {}) for exp in runs]
    every = sorted({i for run in weights for i in run})
    table = np.array([[run.get(i, 0.0) for i in every] for run in weights]).reshape(len(runs), len(every))
    order = [every[j] for j in np.argsort(-np.abs(table.mean(axis=0)), kind="stable")]
    features = []
    for i in order:
        own = np.array([run[i] for run in weights if i in run])
        bounds = [run[i] for run in intervals if i in run]
        known = [float(run[i]) for run in errors if i in run]
        mean = float(own.mean())
        # The mean of equal numbers can be an ulp off: what that leaves is no spread.
        std = float("nan") if len(own) < 2 else 0.0 if np.ptp(own) == 0.0 else float(own.std(ddof=1))
        exp = next(exp for exp, run in zip(runs, weights, strict=True) if i in run)
        features.append(
            FeatureStability(
                index=i,
                name=describe_feature(exp.domain_mapper, i)["feature"],
                appears=len(own),
                mean=mean,
                std=std,
                cv=std / abs(mean) if mean else float("nan"),
                standard_error=_mean(known),
                overlap=agreement.overlap_share(bounds),
                width=_mean([high - low for low, high in bounds]),
            )
        )
    chosen = [frozenset(run) for run in weights]
    ranked = [[int(i) for i, _ in exp.local_exp[label]] for exp in runs]
    largest = max((abs(one.mean) for one in features), default=0.0)
    width = _mean([one.width for one in features if not np.isnan(one.width)])
    return StabilityReport(
        label=label,
        label_name=runs[0].label_name(label),
        repeats=len(runs),
        vsi=agreement.variables_index(chosen),
        csi=agreement.coefficients_index([[run[i] for run in intervals if i in run] for i in every]),
        relative_width=width / largest if largest else float("nan"),
        kendall=agreement.kendall(np.abs(table)),
        jaccard=agreement.jaccard(chosen),
        rbo=agreement.mean_rank_biased_overlap(ranked),
        features=tuple(features),
        num_model_calls=sum(exp.num_model_calls or 0 for exp in runs),
        explanations=runs,
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
