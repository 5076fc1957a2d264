"""Surrogates that take the place of linear fits: one that a call names, or the one that fits best what was left out."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lime.domains.comparison import choose_surrogate, squares
from lime.domains.neighborhood import Neighborhood
from lime.domains.settings import ExplainSettings
from lime.domains.surrogates import AUTO, LINEAR, TREES, Fitted, fit_pairs, fit_trees, with_terms, words_of
from lime.engine import surrogate
from lime.engine.surrogate import Surrogate
from lime.results.explanation import Explanation

__all__ = ["Fitter", "fit_others"]


class Fitter(Protocol):
    """What the linear fits of all labels have in common."""

    @property
    def neighborhood(self) -> Neighborhood:
        """The samples."""

    @property
    def settings(self) -> ExplainSettings:
        """Those of the call."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """What each sample counts, shape (n,)."""

    @property
    def units(self) -> NDArray[np.float64]:
        """What the predictions of each label are counted in."""

    def select(self, output: int, label: int) -> NDArray[np.intp]:
        """Ids of the features that are kept for one output."""

    def fit(self, output: int, label: int, chosen: NDArray[np.intp]) -> tuple[Surrogate, str]:
        """The linear fit of one output, over its unit, and the estimator's name."""

    def fit_columns(self, label: int, columns: NDArray[np.float64], at: NDArray[np.float64]) -> Surrogate:
        """The linear fit of one output on other features (n, m), of which the instance has those `at` (m,)."""


def fit_others(exp: Explanation, fitter: Fitter, labels: list[int]) -> dict[int, Fitted]:
    """What takes the place of linear fits, as the settings of a call say.

    Parameters
    ----------
    exp : Explanation
        Names its features, and is told what was compared.
    fitter : Fitter
    labels : list of int
        The explained ones.

    Returns
    -------
    dict of label -> Fitted
        Empty where linear fits stay.
    """
    near, kind = fitter.neighborhood, fitter.settings.surrogate
    curves = (
        {} if near.curved is None else {label: _fit_curves(exp, fitter, at, label) for at, label in enumerate(labels)}
    )
    if kind == LINEAR or not labels:
        return curves
    if kind != AUTO:
        return _fit_kind(exp, fitter, labels, kind)
    # A tree cannot be held to one prediction.
    kinds = ("pairs",) if fitter.settings.anchored else ("pairs", "tree")
    found = {one: _fit_kind(exp, fitter, labels, one) for one in kinds}
    chosen, scores = choose_surrogate(near, fitter.settings, fitter.weights, found, exp.left_out)
    named = {exp.representation or LINEAR if one == LINEAR else one: score for one, score in scores.items()}
    exp.compared = {**(exp.compared or {}), **named}
    return curves if chosen == LINEAR else found[chosen]


def _fit_kind(exp: Explanation, fitter: Fitter, labels: list[int], kind: str) -> dict[int, Fitted]:
    """Surrogates of one kind: one tree for all labels, or the chosen features of each with products of them."""
    near, weights = fitter.neighborhood, fitter.weights
    if kind in TREES:
        words = near.conditions or words_of(exp, near.ids, binary=near.z.dtype == np.bool_)
        count = fitter.settings.num_features
        return fit_trees(exp, near, labels, weights, kind=kind, num_features=count, conditions=words)
    found = {}
    for output, label in enumerate(labels):
        fitted, _ = fitter.fit(output, label, fitter.select(output, label))
        shown = surrogate.in_unit(fitted, float(fitter.units[output]))
        fit = partial(fitter.fit_columns, label)
        found[label] = fit_pairs(exp, near, label, weights=weights, shown=shown, fit=fit)
    return found


def _fit_curves(exp: Explanation, fitter: Fitter, output: int, label: int) -> Fitted:
    """The chosen features of one output, and squares of those that are numbers."""
    near = fitter.neighborhood
    chosen = fitter.select(output, label)
    assert near.curved is not None
    return with_terms(
        exp,
        near,
        label,
        weights=fitter.weights,
        features=chosen,
        products=squares(chosen, near.curved, near.instance),
        fit=partial(fitter.fit_columns, label),
        kind="curves",
        left=exp.left_out.get(label),
    )
