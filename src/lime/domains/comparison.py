"""``representation=``: in which features a neighbourhood is shown, chosen by the fit on samples left out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lime.domains.neighborhood import Neighborhood
from lime.domains.settings import ExplainSettings
from lime.domains.surrogates import LINEAR, Fitted
from lime.engine import selection, surrogate
from lime.engine.cross_fitting import Learn, folds_of, left_out, r_squared, simplest
from lime.engine.leave_one_out import leave_one_out_penalty, select_correlated
from lime.engine.moments import Moments
from lime.engine.pair_terms import Product, with_products
from lime.engine.precision import unit_of
from lime.results.explanation import Explanation
from lime.results.interpreter import Interpreter

__all__ = ["Representable", "Represented", "choose_surrogate", "represent", "squares"]

Floats = NDArray[np.float64]

WORTH = 0.01
"""Gain in R² below which nothing more complicated is taken, however sure the gain is."""

COMPARED_LABELS = 3
"""Labels by which a representation is chosen, at most."""


@dataclass(frozen=True)
class Represented:
    """Samples in one representation.

    Attributes
    ----------
    z : ndarray of bool or float, shape (n, d)
    instance : ndarray of float, shape (d,)
    numeric : ndarray of int, shape (m,)
        Columns that are numbers here.
    mapper : DomainMapper
        Names its features.
    interpret : callable
        From other instances to their features.
    """

    z: NDArray[np.bool_] | Floats
    instance: Floats
    numeric: NDArray[np.intp]
    mapper: Any
    interpret: Callable[[Any], Floats]


@runtime_checkable
class Representable(Protocol):
    """An input whose samples can be shown in several representations."""

    @property
    def representations(self) -> tuple[str, ...]:
        """Those that there are, the simplest first."""
        ...

    def represented(self, name: str, rows: Floats) -> Represented:
        """Samples of some rows (n, d) in one of them."""
        ...


def represent(
    exp: Explanation,
    given: Representable,
    rows: Floats,
    neighborhood: Neighborhood,
    *,
    labels: Sequence[int],
    settings: ExplainSettings,
) -> Neighborhood:
    """Show a neighbourhood in the representation that is asked for, or that fits best.

    Parameters
    ----------
    exp : Explanation
        Told what was chosen, and how its features are called.
    given : Representable
    rows : ndarray of float, shape (n, d)
        The samples.
    neighborhood : Neighborhood
        Of these.
    labels : sequence of int
        The explained ones.
    settings : ExplainSettings

    Returns
    -------
    Neighborhood

    Raises
    ------
    ValueError
        If there is no such representation of this instance.
    """
    asked, known = settings.representation, given.representations
    if not known or (asked != "auto" and asked not in known):
        raise ValueError(
            f"representation={asked!r}: this explainer has {', '.join(map(repr, known)) or 'none, for sparse data'}. "
            "Bins need discretize_continuous=True, or a neighborhood that keeps training rows"
        )
    names = known if asked == "auto" else (asked,)
    found = {name: given.represented(name, rows) for name in names if name != "curves" or "slopes" not in names}
    if "curves" not in found and "curves" in names:
        found["curves"] = found["slopes"]
    if not len(found["curves"].numeric if "curves" in found else ()) and asked == "auto":
        found.pop("curves", None)  # without a number there is nothing to bend
    chosen = next(iter(found))
    curves_left: dict[int, Floats] = {}
    if asked == "auto" or asked == "curves":
        compared = _compare(found, neighborhood, labels, settings)
        chosen, curves_left = compared.chosen, compared.left_out
        if asked == "auto":
            exp.compared = compared.scores
    exp.representation = chosen
    one = found[chosen]
    exp.domain_mapper = one.mapper
    if exp.interpreter is not None:
        exp.interpreter = Interpreter(one.interpret, exp.interpreter.ids, exp.interpreter.numbers)
    bent = chosen == "curves"
    exp.left_out.update(curves_left if bent else {})
    return replace(
        neighborhood,
        z=one.z,
        instance=one.instance,
        alternative=None,
        curved=one.numeric if bent else None,
        squared_distances=None,
        distances=neighborhood.distances_to_instance(),
    )


@dataclass(frozen=True)
class _Compared:
    chosen: str
    scores: dict[str, float]
    left_out: dict[int, Floats]


def _compare(
    found: dict[str, Represented], neighborhood: Neighborhood, labels: Sequence[int], settings: ExplainSettings
) -> _Compared:
    """Fits in each representation, judged on parts of the sample that they have not seen."""
    weights = neighborhood.weights(settings.fit.base)
    parts = folds_of(len(weights), neighborhood.groups)
    names = list(found)
    losses = {name: np.zeros(len(weights)) for name in names}
    scores: dict[str, list[float]] = {name: [] for name in names}
    curves: dict[int, Floats] = {}
    for label in labels:
        y = np.asarray(neighborhood.predictions[:, label], dtype=np.float64)
        unit = float(unit_of(y))
        mean = float(weights @ (y / unit)) / float(weights.sum())
        varied = float(weights @ np.square(y / unit - mean)) / float(weights.sum()) or 1.0
        for name in names:
            one = found[name]
            bent = one.numeric if name == "curves" else None
            linear = Linear(
                one.z, one.instance, weights, settings, neighborhood.correlated, neighborhood.uncorrelated, bent
            )
            predicted = left_out(linear.learner(y / unit), parts)
            if name == "curves":
                curves[label] = predicted * unit
            if len(scores[name]) < COMPARED_LABELS:
                losses[name] += np.square(predicted - y / unit) / varied
                scores[name].append(r_squared(y / unit, predicted, weights))
    place = simplest([losses[name] for name in names], weights, parts, least=WORTH)
    return _Compared(names[place], {name: float(np.mean(scores[name])) for name in names}, curves)


@dataclass(frozen=True)
class Linear:
    """What a linear fit on the features that it chooses is learned by.

    Attributes
    ----------
    z : ndarray, shape (n, d)
    instance : ndarray of float, shape (d,)
    weights : ndarray of float, shape (n,)
    settings : ExplainSettings
    correlated, uncorrelated : bool
        See `Neighborhood`.
    numeric : ndarray of int, optional
        Features that have a square beside them.
    """

    z: NDArray[np.bool_] | Floats
    instance: Floats
    weights: Floats
    settings: ExplainSettings
    correlated: bool
    uncorrelated: bool
    numeric: NDArray[np.intp] | None = None

    def learner(self, y: Floats) -> Learn:
        """How the fit of an output (n,), counted in its unit, is learned from some samples."""
        return partial(self._learn, y)

    def _learn(self, y: Floats, rows: NDArray[np.intp]) -> Callable[[NDArray[np.intp]], Floats]:
        weights = self.weights[rows]
        if not weights.any():
            level = float(y[rows].mean())
            return lambda others: np.full(len(others), level)
        method, count = self.settings.fit.feature_selection, self.settings.num_features
        moments = Moments(self.z[rows], y[rows, None], weights)
        if self.correlated:
            chosen = select_correlated(moments, 0, count, method)
        else:
            chosen = selection.select(
                moments, 0, self.instance, count, method, uncorrelated=self.uncorrelated, cautious=True
            )
        columns = np.asarray(self.z[:, chosen], dtype=np.float64)
        if self.numeric is not None:
            columns = with_products(columns, squares(chosen, self.numeric, self.instance))
        narrow, every = Moments(columns[rows], y[rows, None], weights), np.arange(columns.shape[1])
        alpha = leave_one_out_penalty(narrow, 0, every) if self.correlated else surrogate.ALPHA
        fitted = surrogate.fit(narrow, 0, every, np.zeros(len(every)), alpha, with_errors=False)
        return lambda others: fitted.intercept + columns[others] @ fitted.coefficients


def choose_surrogate(
    neighborhood: Neighborhood,
    settings: ExplainSettings,
    weights: Floats,
    others: dict[str, dict[int, Fitted]],
    known: dict[int, Floats],
) -> tuple[str, dict[str, float]]:
    """Choose the simplest surrogate whose fit to samples left out is within one standard error of the best.

    Parameters
    ----------
    neighborhood : Neighborhood
    settings : ExplainSettings
    weights : ndarray of float, shape (n,)
    others : dict
        Fits that are not linear, by kind and label, the simplest first.
    known : dict of label -> ndarray of float, shape (n,)
        What linear fits to other samples predict, where that is known by now.

    Returns
    -------
    kind : str
    scores : dict of str -> float
        R² on samples left out, by kind, averaged over labels.
    """
    parts = folds_of(len(weights), neighborhood.groups)
    kinds = [LINEAR, *others]
    losses, scores = {kind: np.zeros(len(weights)) for kind in kinds}, dict[str, list[float]]()
    linear = Linear(
        neighborhood.z,
        neighborhood.instance,
        weights,
        settings,
        neighborhood.correlated,
        neighborhood.uncorrelated,
    )
    for label in next(iter(others.values())):
        y = np.asarray(neighborhood.predictions[:, label], dtype=np.float64)
        unit = float(unit_of(y))
        mean = float(weights @ (y / unit)) / float(weights.sum())
        varied = float(weights @ np.square(y / unit - mean)) / float(weights.sum()) or 1.0
        for kind in kinds:
            if kind == LINEAR:
                predicted = known[label] if label in known else unit * left_out(linear.learner(y / unit), parts)
            else:
                predicted = others[kind][label].predictions
            losses[kind] += np.square((predicted - y) / unit) / varied
            scores.setdefault(kind, []).append(r_squared(y / unit, predicted / unit, weights))
    chosen = kinds[simplest([losses[kind] for kind in kinds], weights, parts, least=WORTH)]
    return chosen, {kind: float(np.mean(found)) for kind, found in scores.items()}


def squares(chosen: NDArray[np.intp], numeric: NDArray[np.intp], instance: Floats) -> list[Product]:
    """Squares about the instance of the chosen features that are numbers.

    Parameters
    ----------
    chosen : ndarray of int, shape (m,)
    numeric : ndarray of int
        Features that are numbers.
    instance : ndarray of float, shape (d,)

    Returns
    -------
    list of Product
        Of columns among the m chosen ones.
    """
    bends = np.isin(chosen, numeric)
    return [
        Product(place, place, float(instance[column]), float(instance[column]))
        for place, column in enumerate(chosen.tolist())
        if bends[place]
    ]
