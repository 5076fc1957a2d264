"""Sensitivity of an explanation (Yeh, Hsieh, Suggala, Inouye & Ravikumar 2019)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import check_count
from lime.results.explanation import Explanation
from lime.results.mapper import describe_feature
from lime.results.report import Report, ReportColumn
from lime.results.wording import counted
from lime.trust.described import described
from lime.trust.settings import as_explained, explained_label, without_progress
from lime.trust.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["SensitivityReport", "sensitivity", "sensitivity_of"]


@dataclass(frozen=True, repr=False)
class SensitivityReport(Report):
    """How far the weights move as the instance moves a little.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it.
    maximum : float
        Largest ``||phi(y) - phi(x)|| / ||phi(x)||`` over the sampled instances y nearby (SENS_MAX, divided by
        the size of the weights); a lower bound of the largest over all of them.
    mean : float
        Mean of the same.
    unscaled : float
        SENS_MAX itself: the largest ``||phi(y) - phi(x)||``.
    changes : ndarray of float, shape (n,)
        ``||phi(y) - phi(x)|| / ||phi(x)||`` of each.
    sampling_error : float
        By how much sampling alone would move the weights, on the same scale; NaN where unknown. The explanations here
        share their samples, so that most of it cancels.
    radius : float
        How far the instance was moved, in the unit of `lime.trust.sensitivity`.
    names : tuple of str
        Features by falling largest change.
    weights, largest_changes : ndarray of float, shape (features,)
        Weight at the instance, 0 where it was not chosen there, and largest absolute change.
    num_model_calls : int
        Inputs that the model was given for this.
    """

    schema: ClassVar[str] = "lime.sensitivity/1"

    label: Any
    label_name: str
    maximum: float
    mean: float
    unscaled: float
    changes: NDArray[np.float64]
    sampling_error: float
    radius: float
    names: tuple[str, ...]
    weights: NDArray[np.float64]
    largest_changes: NDArray[np.float64]
    num_model_calls: int

    @property
    def title(self) -> str:
        """What was measured."""
        return f"Sensitivity of the explanation of {self.label_name} to {len(self.changes)} small moves of the instance"

    def sentences(self) -> list[str]:
        """How far the weights move.

        Returns
        -------
        list of str
        """
        said = [
            (
                f"Within radius {self.radius:g} the weights change by up to {percent(self.maximum)} of their size, and "
                f"by {percent(self.mean)} on average."
            )
        ]
        if not np.isnan(self.sampling_error):
            said.append(
                f"For comparison, the standard error of the weights is {percent(self.sampling_error)} of their size."
            )
        return [*said, f"This took {counted(self.num_model_calls, 'model call')}."]

    def numbers(self) -> dict[str, Any]:
        """The figures of the whole report.

        Returns
        -------
        dict
            Of str to numbers, words and an array, ``changes``.
        """
        return {
            "label": self.label,
            "label_name": self.label_name,
            "maximum": self.maximum,
            "mean": self.mean,
            "unscaled": self.unscaled,
            "changes": self.changes,
            "sampling_error": self.sampling_error,
            "radius": self.radius,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[ReportColumn]:
        """One row a feature.

        Returns
        -------
        list of ReportColumn
            ``feature``, ``weight`` and ``largest_change``.
        """
        return [
            ReportColumn("feature", "feature", self.names, "text"),
            ReportColumn("weight", "weight", self.weights.tolist()),
            ReportColumn("largest_change", "largest change", self.largest_changes.tolist()),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each feature's weight with its largest change to both sides.

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
        from lime.render.report_plots import draw_reaches

        return draw_reaches(self.names, self.weights, self.largest_changes, self.title, ax)


@described
def sensitivity(
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None = None,
    *,
    label: Any = None,
    radius: float = 0.1,
    samples: int = 10,
    perturb: Callable[[Any, np.random.Generator], Any] | None = None,
    random_state: int = 0,
    **settings: Any,
) -> SensitivityReport:
    """Explain instances nearby with the same samples, and tell how far the weights move (Yeh et al. 2019, def. 3.1).

    The explainer needs an int as seed, and an explanation that is given was made with the same settings.

    Parameters
    ----------
    <explained>
    radius : float
        Rows: each number moves by up to this many standard deviations of its column; categories stay. Texts: this
        share of the words is removed, at least one. Images: each channel moves by up to this share of its range.
    samples : int
        Instances nearby. Each takes the model calls of one explanation; one more where `explanation` is None.
    perturb : callable, optional
        ``perturb(instance, rng)`` -> an instance nearby, in place of the above.
    random_state : int
        Seed of the moves.
    **settings
        Passed to `explain_instance`.

    Returns
    -------
    SensitivityReport

    Raises
    ------
    ValueError
        If the radius is not above 0.
    KeyError
        If the label was not explained.
    """
    count = check_count("samples", samples, least=1)
    if not 0.0 < radius < np.inf:
        raise ValueError(f"radius={radius!r}: expected a number above 0")
    rng = np.random.default_rng(random_state)
    (same,) = explainer.independent_copies(1)
    seed = explainer.current_seed()
    seed = same.current_seed() if seed is None else seed
    settings = without_progress(explainer, settings)
    settings.update(explainer.held_fixed(instance, settings))
    calls = 0
    if explanation is None:
        same.seed_with(seed)
        explanation = same.explain_instance(instance, predict_fn, **settings)
        calls = explanation.num_model_calls or 0
    label = explained_label(explanation, label)
    settings = as_explained(settings, explanation)  # nearby another class may be the runner-up
    if settings.get("target") is None and (
        not {"labels", "top_labels"} & settings.keys() or settings.get("top_labels")
    ):
        # Nearby another class may be the top one: the report stays about this one.
        settings = {**settings, "top_labels": None, "labels": (label,)}
    own = _weights(explainer, explanation, label)
    names = {key: name for key, (name, _) in own.items()}
    moves: list[dict[Hashable, float]] = []
    gone: list[set[Hashable]] = []
    for _ in range(count):
        moved = explainer.perturb_instance(instance, radius, rng) if perturb is None else perturb(instance, rng)
        same.seed_with(seed)  # the samples are the same each time, whatever a call does to its stream
        exp = same.explain_instance(moved, predict_fn, **settings)
        calls += exp.num_model_calls or 0
        theirs = _weights(explainer, exp, label)
        for key, (name, _) in theirs.items():
            names.setdefault(key, name)
        moves.append({key: weight for key, (_, weight) in theirs.items()})
        gone.append({key for key in own if not explainer.has_feature(exp, key)})
    keys = list(names)
    weights = np.array([own[key][1] if key in own else 0.0 for key in keys])
    before = dict(zip(keys, weights.tolist(), strict=True))
    # A feature that left with the move has no weight to compare: it counts as unchanged.
    rows = [
        [before[key] if key in absent else move.get(key, 0.0) for key in keys]
        for move, absent in zip(moves, gone, strict=True)
    ]
    table = np.array(rows).reshape(count, len(keys))
    changes, unscaled = sensitivity_of(weights, table)
    largest = np.abs(table - weights).max(axis=0)
    order = np.argsort(-largest, kind="stable")
    errors = list(explanation.standard_errors.get(label, {}).values())
    size = float(np.linalg.norm(weights)) or 1.0
    return SensitivityReport(
        label=label,
        label_name=explanation.label_name(label),
        maximum=float(changes.max()),
        mean=float(changes.mean()),
        unscaled=float(unscaled.max()),
        changes=changes,
        sampling_error=float(np.linalg.norm(errors)) / size if errors else float("nan"),
        radius=radius,
        names=tuple(names[keys[j]] for j in order),
        weights=weights[order],
        largest_changes=largest[order],
        num_model_calls=calls,
    )


def sensitivity_of(
    weights: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Norms of the changes of weights, as a share of the norm of the weights, and as they are.

    Parameters
    ----------
    weights : ndarray of float, shape (d,)
    moved : ndarray of float, shape (n, d)

    Returns
    -------
    relative, absolute : ndarray of float, shape (n,)
        Euclidean; where all weights are 0 both are the same.
    """
    absolute = np.linalg.norm(moved - weights, axis=1)
    return absolute / (float(np.linalg.norm(weights)) or 1.0), absolute


def _weights(explainer: Explainer, exp: Explanation, label: Any) -> dict[Hashable, tuple[str, float]]:
    return {
        explainer.feature_key(exp, int(i)): (describe_feature(exp.domain_mapper, int(i))["name"], float(weight))
        for i, weight in exp.local_exp[label]
    }
