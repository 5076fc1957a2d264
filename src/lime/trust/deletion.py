"""Faithfulness: the predictions as features leave (deletion) or come (insertion) in the explanation's order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import check_count
from lime.domains.protocols import Ablation
from lime.models.predictions import refuse_unknown
from lime.results.explanation import Explanation
from lime.results.mapper import describe_feature
from lime.trust.curve_report import CurveReport, Kind, area_under
from lime.trust.described import described
from lime.trust.settings import explained_label, with_batch_size, without_progress

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer

__all__ = ["CurveReport", "area_under", "deletion", "insertion", "masks_along", "points_along"]


JUMPS = 10
"""Steps in which the features that an explanation does not name leave or come; each named one has its own."""


@described
def deletion(
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None = None,
    *,
    label: Any = None,
    baseline: Any = None,
    random_orders: int = 20,
    random_state: int = 0,
    batch_size: int | None = None,
    **settings: Any,
) -> CurveReport:
    """Take features away in the explanation's order, those that speak most for the label first.

    A faithful explanation makes the model's prediction fall fast, so that the area under the curve is small (Petsiuk,
    Das & Saenko 2018; for ordered pixels Bach et al. 2015, Samek et al. 2017).

    Parameters
    ----------
    <explained>
    <baseline>
    <orders>
    <calls>

    Returns
    -------
    CurveReport

    Raises
    ------
    ValueError
        If there is nothing to take away, a text comes with a baseline, or the explanation speaks of features that the
        instance does not have.
    KeyError
        If the label was not explained.
    """
    return _curve(
        "deletion",
        explainer,
        instance,
        predict_fn,
        explanation,
        label=label,
        baseline=baseline,
        random_orders=random_orders,
        random_state=random_state,
        batch_size=batch_size,
        settings=settings,
    )


@described
def insertion(
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None = None,
    *,
    label: Any = None,
    baseline: Any = None,
    random_orders: int = 20,
    random_state: int = 0,
    batch_size: int | None = None,
    **settings: Any,
) -> CurveReport:
    """Start without any feature, and put them in in the explanation's order, those that speak most for the label first.

    A faithful explanation makes the model's prediction rise fast, so that the area under the curve is large (Petsiuk,
    Das & Saenko 2018). All else is as in `deletion`.

    Parameters
    ----------
    <explained>
    <baseline>
    <orders>
    <calls>

    Returns
    -------
    CurveReport

    Raises
    ------
    ValueError
        If there is nothing to put in, a text comes with a baseline, or the explanation speaks of features that the
        instance does not have.
    KeyError
        If the label was not explained.
    """
    return _curve(
        "insertion",
        explainer,
        instance,
        predict_fn,
        explanation,
        label=label,
        baseline=baseline,
        random_orders=random_orders,
        random_state=random_state,
        batch_size=batch_size,
        settings=settings,
    )


def masks_along(order: NDArray[np.intp], m: int, kind: Kind) -> NDArray[np.bool_]:
    """Masks of what stays along an order of positions among m features, shape (len(order) + 1, m).

    Deletion starts with all features, insertion with none.
    """
    steps = np.zeros((len(order) + 1, m), dtype=bool)
    for step, position in enumerate(order, start=1):
        steps[step:, position] = True
    return ~steps if kind == "deletion" else steps


def points_along(weights: NDArray[np.float64]) -> NDArray[np.intp]:
    """Where to ask along an order: after each feature with a weight, and in a few jumps over those without.

    Parameters
    ----------
    weights : ndarray of float, shape (m,)
        Along the order; 0 where the explanation does not name the feature.

    Returns
    -------
    ndarray of int, shape (points,)
        Numbers of features, from 0 to m.
    """
    named = np.flatnonzero(weights)
    edges = np.unique(np.concatenate([[0, len(weights)], named, named + 1]))
    unnamed = np.flatnonzero(weights == 0.0)
    if len(unnamed):
        jumps = np.linspace(unnamed[0], unnamed[-1] + 1, min(JUMPS, len(unnamed)) + 1)
        edges = np.union1d(edges, np.rint(jumps).astype(np.intp))
    return edges.astype(np.intp)


def _curve(
    kind: Kind,
    explainer: Explainer,
    instance: Any,
    predict_fn: Any,
    explanation: Explanation | None,
    *,
    label: Any,
    baseline: Any,
    random_orders: int,
    random_state: int,
    batch_size: int | None,
    settings: dict[str, Any],
) -> CurveReport:
    count = check_count("random_orders", random_orders, least=1)
    settings = without_progress(explainer, settings)
    if explanation is None:
        explanation = explainer.explain_instance(instance, predict_fn, **settings)
    ablation = explainer.ablation(instance, predict_fn, explanation, baseline, **with_batch_size(settings, batch_size))
    label = explained_label(explanation, label)
    m = len(ablation.features)
    rng = np.random.default_rng(random_state)
    order, effects = _falling(explanation, label, ablation, rng)
    counts = points_along(effects)
    orders = [order, *(rng.permutation(m) for _ in range(count))]
    masks = np.concatenate([masks_along(one, m, kind)[counts] for one in orders])
    every, calls = ablation.predict_each_once(masks)
    output = output_of(explanation, label, every.shape[1])
    refuse_unknown(every, "predict_fn", [output])
    answers = every[:, output].reshape(len(orders), -1)
    areas = area_under(answers, counts / m)
    return CurveReport(
        kind=kind,
        label=label,
        label_name=explanation.label_name(label),
        order=tuple(int(i) for i in ablation.features[order]),
        explained=len(explanation.local_exp[label]),
        counts=counts,
        names=tuple(_names(explanation, ablation.features[order], effects, counts)),
        predictions=answers[0],
        random_predictions=answers[1:],
        area=float(areas[0]),
        random_areas=areas[1:],
        baseline_description=ablation.baseline_description,
        num_model_calls=calls,
    )


def output_of(explanation: Explanation, label: Any, k: int) -> int:
    """Column of a model's k outputs that a label stands for: a regression's only output has the label 1."""
    return 0 if explanation.mode == "regression" and k == 1 else int(label)


def places_of(explanation: Explanation, label: Any, ablation: Ablation) -> dict[int, int]:
    """Position among an ablation's features of each feature of an explanation.

    Raises
    ------
    ValueError
        If the explanation is empty, or speaks of features that the instance does not have.
    """
    place = {int(i): position for position, i in enumerate(ablation.features)}
    ids = [int(i) for i, _ in explanation.local_exp[label]]
    if not ids:
        raise ValueError("the explanation has no features: expected at least one to take away")
    strange = [i for i in ids if i not in place]
    if strange:
        raise ValueError(
            f"explanation speaks of feature {strange[0]}, which the instance does not have: expected an explanation "
            "of this instance by this explainer"
        )
    return {i: place[i] for i in ids}


def _falling(
    explanation: Explanation, label: Any, ablation: Ablation, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Positions of an ablation's features by falling effect on the label, and these effects; ties at random.

    The effect is the weight times what is lost with the feature, which for masks is 1; a value below the mean in
    standard units pulls the other way than its weight. Where nothing is lost in terms of z, the weight alone counts.
    """
    effects = np.zeros(len(ablation.features))
    place = places_of(explanation, label, ablation)
    for i, weight in explanation.local_exp[label]:
        effects[place[int(i)]] = float(weight) * (ablation.changes[place[int(i)]] or 1.0)
    order = np.lexsort([rng.random(len(effects)), -effects])
    return order, effects[order]


def _names(
    explanation: Explanation, ids: NDArray[np.intp], effects: NDArray[np.float64], counts: NDArray[np.intp]
) -> list[str]:
    """What lies between the points of a curve: a feature that the explanation names, or how many others."""
    names = []
    for start, stop in pairwise(counts.tolist()):
        others = stop - start
        if effects[start]:
            names.append(describe_feature(explanation.domain_mapper, int(ids[start]))["feature"])
        else:
            names.append("(1 other)" if others == 1 else f"({others} others)")
    return names
