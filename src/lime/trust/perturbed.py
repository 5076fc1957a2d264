"""Infidelity and sensitivity of an explanation (Yeh, Hsieh, Suggala, Inouye & Ravikumar 2019)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.domains.checks import check_count
from lime.engine import masks as designs
from lime.engine.answers import refuse_unknown
from lime.results.explanation import Explanation
from lime.results.mapper import describe_feature
from lime.results.report import Column, Report
from lime.results.wording import counted
from lime.trust.curves import output_of, places_of
from lime.trust.settings import explained_label, quietly, with_batch_size
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["InfidelityReport", "SensitivityReport", "infidelity", "infidelity_of", "sensitivity", "sensitivity_of"]


@dataclass(frozen=True, repr=False)
class InfidelityReport(Report):
    """How far the weights miss what happens when features are taken away.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it.
    value : float
        ``mean((I . phi - (f(x) - f(x - I)))^2)`` in the squared unit of the model's answers; 0 is best.
    standard_error : float
        Of `value`, from the number of perturbations.
    normalized : float
        The same with the weights scaled by the factor that makes it smallest, so that the size of the weights does
        not count, only their proportions.
    empty : float
        What weights of 0 would have: the mean squared change of the answer.
    said, happened : ndarray of float, shape (n,)
        ``I . phi`` and ``f(x) - f(x - I)`` for each perturbation.
    removed : ndarray of int, shape (n,)
        Features that each perturbation takes away.
    absence : str
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
    said: NDArray[np.float64]
    happened: NDArray[np.float64]
    removed: NDArray[np.intp]
    absence: str
    num_model_calls: int

    @property
    def title(self) -> str:
        """What was measured."""
        return f"Infidelity of the explanation of {self.label_name} over {len(self.said)} perturbations"

    def sentences(self) -> list[str]:
        """How large the misses are, and beside what.

        Returns
        -------
        list of str
        """
        said = [
            (
                f"The squared miss is {number(self.value)} on average (standard error {number(self.standard_error)}): "
                f"the weights are off by {number(float(np.sqrt(self.value)))} in a typical perturbation, where the "
                f"answer itself moves by {number(float(np.sqrt(self.empty)))}."
            ),
            (
                f"With the weights scaled as well as can be it is {number(self.normalized)}; weights of 0 would have "
                f"{number(self.empty)}."
            ),
            f"In a feature's place comes {self.absence}.",
        ]
        return [*said, f"The model was asked about {counted(self.num_model_calls, 'input')} for this."]

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
            "absence": self.absence,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[Column]:
        """One row for each number of features taken away.

        Returns
        -------
        list of Column
            ``removed``, ``perturbations``, ``said``, ``happened`` and ``infidelity``.
        """
        sizes = np.unique(self.removed)
        parts = [self.removed == size for size in sizes]
        misses = [float(np.mean(np.square(self.said[part] - self.happened[part]))) for part in parts]
        return [
            Column("removed", "features taken away", sizes.tolist(), "int"),
            Column("perturbations", "perturbations", [int(part.sum()) for part in parts], "int"),
            Column("said", "weights say", [float(self.said[part].mean()) for part in parts]),
            Column("happened", "answer falls by", [float(self.happened[part].mean()) for part in parts]),
            Column("infidelity", "squared miss", misses),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the weights say against what happens, one dot a perturbation, and the line of equality.

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
            self.said, self.happened, "what the weights say", "by how much the answer falls", self.title, ax
        )


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
        Largest ``||phi(y) - phi(x)|| / ||phi(x)||`` over the instances y that were drawn nearby (SENS_MAX, divided by
        the size of the weights); a lower bound of the largest over all of them.
    mean : float
        Mean of the same.
    unscaled : float
        SENS_MAX itself: the largest ``||phi(y) - phi(x)||``.
    changes : ndarray of float, shape (n,)
        ``||phi(y) - phi(x)|| / ||phi(x)||`` of each.
    sampling_error : float
        By how much draws alone would move the weights, on the same scale; NaN where unknown. The explanations here
        share their draws, so that most of it cancels.
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
                f"Within radius {self.radius:g} the weights move by up to {percent(self.maximum)} of their size, by "
                f"{percent(self.mean)} on average."
            )
        ]
        if not np.isnan(self.sampling_error):
            said.append(
                f"For scale: the sampling error of the weights is {percent(self.sampling_error)} of their size."
            )
        return [*said, f"The model was asked about {counted(self.num_model_calls, 'input')} for this."]

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

    def columns(self) -> list[Column]:
        """One row a feature.

        Returns
        -------
        list of Column
            ``feature``, ``weight`` and ``largest_change``.
        """
        return [
            Column("feature", "feature", self.names, "text"),
            Column("weight", "weight", self.weights.tolist()),
            Column("largest_change", "largest change", self.largest_changes.tolist()),
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
    """Compare what the weights say of taking features away with what the model says (Yeh et al. 2019, definition 2.1).

    The perturbation I is in the interpretable features z: it takes some of them away, as `deletion` does. (For rows
    that are cut into bins, a baseline in the same bin changes no z, and the weights say that nothing happens.)

    Parameters
    ----------
    explainer : Explainer
        The one that made the explanation, or makes it.
    instance : row, text, image or series
        As for its `explain_instance`.
    predict_fn : callable or model
        Likewise.
    explanation : Explanation, optional
        Made here when None.
    label : int or str, optional
        The first explained one when None.
    baseline : row, series or hide_color, optional
        What takes a feature's place; see `lime.trust.deletion`.
    masks : array_like of bool, shape (n, m), optional
        Which of the instance's m features each perturbation leaves, in the order of their ids; drawn when None:
        a number from 1 to m uniformly, and which ones uniformly.
    samples : int
        Perturbations to draw.
    random_state : int
        Seed of these draws.
    batch_size : int, optional
        Most inputs in one call of the model.
    **settings
        Passed to `explain_instance` where the explanation is made here.

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
    settings = quietly(explainer, settings)
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
    said = (~kept * ablation.changes) @ phi
    happened = column[0] - column[1:]
    value, error, normalized = infidelity_of(said, happened)
    return InfidelityReport(
        label=label,
        label_name=explanation.label_name(label),
        value=value,
        standard_error=error,
        normalized=normalized,
        empty=float(np.mean(np.square(happened))),
        said=said,
        happened=happened,
        removed=np.count_nonzero(~kept, axis=1),
        absence=ablation.baseline_description,
        num_model_calls=calls,
    )


def infidelity_of(said: NDArray[np.float64], happened: NDArray[np.float64]) -> tuple[float, float, float]:
    """Infidelity, its standard error, and infidelity under the best scaling of the weights.

    Parameters
    ----------
    said : ndarray of float, shape (n,)
        ``I . phi`` for each perturbation I.
    happened : ndarray of float, shape (n,)
        ``f(x) - f(x - I)``.
    """
    misses = np.square(said - happened)
    error = float(misses.std(ddof=1) / np.sqrt(len(misses))) if len(misses) > 1 else float("nan")
    size = float(said @ said)
    scale = float(said @ happened) / size if size else 0.0
    return float(misses.mean()), error, float(np.mean(np.square(scale * said - happened)))


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
    """Explain instances nearby with the same draws, and say how far the weights move (Yeh et al. 2019, definition 3.1).

    Parameters
    ----------
    explainer : Explainer
        The one that made the explanation, or makes it.
    instance : row, text, image or series
        As for its `explain_instance`.
    predict_fn : callable or model
        Likewise.
    explanation : Explanation, optional
        That of the instance, made by this explainer with the same settings and an int as seed. Made here when None.
    label : int or str, optional
        The first explained one when None.
    radius : float
        Rows: each number moves by up to this many standard deviations of its column; categories stay. Texts: this
        share of the words leaves, at least one. Images: each channel moves by up to this share of its range.
    samples : int
        Instances nearby; the model is asked as often as for this many explanations, and one more where
        `explanation` is None.
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
    (same,) = explainer._independent(1)
    seed = same._seed if explainer._seed is None else explainer._seed
    settings = quietly(explainer, settings)
    settings.update(explainer._held_fixed(instance, settings))
    calls = 0
    if explanation is None:
        same.seed_with(seed)
        explanation = same.explain_instance(instance, predict_fn, **settings)
        calls = explanation.num_model_calls or 0
    label = explained_label(explanation, label)
    if not {"labels", "top_labels"} & settings.keys() or settings.get("top_labels"):
        # Nearby another class may come out on top: the question stays about this one.
        settings = {**settings, "top_labels": None, "labels": (label,)}
    own = _weights(explainer, explanation, label)
    names = {key: name for key, (name, _) in own.items()}
    moves: list[dict[Hashable, float]] = []
    gone: list[set[Hashable]] = []
    for _ in range(count):
        moved = explainer.perturb_instance(instance, radius, rng) if perturb is None else perturb(instance, rng)
        same.seed_with(seed)  # the draws are the same each time, whatever a call does to its stream
        exp = same.explain_instance(moved, predict_fn, **settings)
        calls += exp.num_model_calls or 0
        theirs = _weights(explainer, exp, label)
        for key, (name, _) in theirs.items():
            names.setdefault(key, name)
        moves.append({key: weight for key, (_, weight) in theirs.items()})
        gone.append({key for key in own if not explainer._has_feature(exp, key)})
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
        explainer._feature_key(exp, int(i)): (describe_feature(exp.domain_mapper, int(i))["name"], float(weight))
        for i, weight in exp.local_exp[label]
    }
