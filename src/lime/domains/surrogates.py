"""``surrogate=``: what takes the place of the linear fit, fitted to the same samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import refuse_together
from lime.domains.neighborhood import Neighborhood
from lime.engine.cross_fitting import r_squared
from lime.engine.pair_terms import PAIRED_AT_MOST, Product, choose_pairs, with_products
from lime.engine.precision import unit_of
from lime.engine.shallow_trees import MOST_LEAVES, TreeArrays, fit_tree
from lime.engine.surrogate import Surrogate
from lime.results.explanation import Explanation
from lime.results.surrogates import PairTerm, TermSurrogate, TreeSurrogate

__all__ = ["LINEAR", "SURROGATES", "Fitted", "check_surrogate_name", "fit_pairs", "fit_trees"]

LINEAR = "linear"
AUTO = "auto"
"""The simplest of linear, pairs and tree whose fit to samples left out is as good as the best."""

SURROGATES = (LINEAR, "pairs", "tree", "rules", AUTO)
TREES = ("tree", "rules")

CLASSES_AT_MOST = 30
"""Classes that one tree is about; of more, the explained ones."""

Floats = NDArray[np.float64]
Conditions = Callable[[int, float], tuple[str, str]]
"""From the place of a feature and a threshold to the words for what is up to it, and above it."""

FitColumns = Callable[[Floats, Floats], Surrogate]
"""From features (n, m) and the instance's (m,) to the linear fit of an output on all of them."""


@dataclass(frozen=True)
class Fitted:
    """A surrogate that is not linear, as the pipeline writes it into an explanation.

    Attributes
    ----------
    shown : Surrogate
        Features with one number each that is shown for a weight.
    surrogate : TermSurrogate or TreeSurrogate
    contributions : dict of int -> float
        What each feature adds to the baseline, by feature id.
    baseline : float
    left_out : ndarray of float, shape (n,), or None
        What fits to other samples predict.
    predictions : ndarray of float, shape (n,)
        The same, or where nothing is estimated what the fit itself predicts.
    """

    shown: Surrogate
    surrogate: TermSurrogate | TreeSurrogate
    contributions: dict[int, float]
    baseline: float
    left_out: Floats | None
    predictions: Floats


def check_surrogate_name(surrogate: Any, own_fit: str = "", *, anchored: bool = False) -> str:
    """Return the surrogate that is asked for, checked.

    Parameters
    ----------
    surrogate : object
        What came as ``surrogate``.
    own_fit : str
        What fits in a way of its own; see `lime.domains.checks.whose_fit`.
    anchored : bool
        Whether it is to be held to the model's prediction.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is none of this name, or the fit is not ours.
    """
    if not isinstance(surrogate, str) or surrogate not in SURROGATES:
        raise ValueError(f"surrogate={surrogate!r}: expected one of {', '.join(map(repr, SURROGATES))}")
    if surrogate == LINEAR:
        return surrogate
    what = own_fit
    if not what and anchored and surrogate in TREES:
        what = "anchored=True, as a tree cannot be held to one prediction"
    refuse_together(f"surrogate={surrogate!r}", what)
    return surrogate


def fit_pairs(
    exp: Explanation, neighborhood: Neighborhood, label: int, *, weights: Floats, shown: Surrogate, fit: FitColumns
) -> Fitted:
    """Fit the chosen features and the products of pairs of them that help.

    Parameters
    ----------
    exp : Explanation
        Names its features.
    neighborhood : Neighborhood
    label : int
    weights : ndarray of float, shape (n,)
    shown : Surrogate
        The linear fit, in the unit of the predictions.
    fit : callable

    Returns
    -------
    Fitted
    """
    features, output = shown.features, np.asarray(neighborhood.predictions[:, label], dtype=np.float64)
    z = np.asarray(neighborhood.z[:, features], dtype=np.float64)
    means = weights @ z / weights.sum()
    strongest = np.sort(np.argsort(-np.abs(shown.coefficients) * z.std(axis=0), kind="stable")[:PAIRED_AT_MOST])
    pairs: list[tuple[int, int]] = []
    left: Floats | None = None
    if len(strongest) > 1 and len(z) > 1:
        unit = float(unit_of(output))
        pairs, left = choose_pairs(
            z[:, strongest], output / unit, weights, neighborhood.groups, exact=neighborhood.exact
        )
        left = None if left is None else left * unit
    products = [
        Product(int(strongest[i]), int(strongest[j]), float(means[strongest[i]]), float(means[strongest[j]]))
        for i, j in pairs
    ]
    return with_terms(
        exp,
        neighborhood,
        label,
        weights=weights,
        features=features,
        products=products,
        fit=fit,
        kind="pairs",
        left=left,
    )


def with_terms(
    exp: Explanation,
    neighborhood: Neighborhood,
    label: int,
    *,
    weights: Floats,
    features: NDArray[np.intp],
    products: Sequence[Product],
    fit: FitColumns,
    kind: str,
    left: Floats | None,
) -> Fitted:
    """Fit some features and products of them.

    Parameters
    ----------
    exp : Explanation
        Names its features.
    neighborhood : Neighborhood
    label : int
    weights : ndarray of float, shape (n,)
    features : ndarray of int, shape (m,)
    products : sequence of Product
        Of columns among the m features.
    fit : callable
    kind : {"pairs", "curves"}
    left : ndarray of float, shape (n,), or None
        What fits to other samples predict.

    Returns
    -------
    Fitted
    """
    output = np.asarray(neighborhood.predictions[:, label], dtype=np.float64)
    z, own = np.asarray(neighborhood.z[:, features], dtype=np.float64), neighborhood.instance[features]
    columns, at = with_products(z, products), with_products(own[None], products)[0]
    found = fit(columns, at)
    m, ids = len(features), neighborhood.ids[features].tolist()
    means = weights @ columns / weights.sum()
    added = found.coefficients * (at - means)
    errors = None if found.standard_errors is None else found.standard_errors[m:]
    terms = []
    for k, one in enumerate(products):
        error = None if errors is None or not np.isfinite(errors[k]) else float(errors[k])
        first, second = ids[one.first], ids[one.second]
        terms.append(
            PairTerm(
                first,
                second,
                one.about_first,
                one.about_second,
                float(found.coefficients[m + k]),
                error,
                float(added[m + k]),
                _name_of_pair(exp, first, second),
            )
        )
    contributions = dict(zip(ids, added[:m].tolist(), strict=True))
    for term in terms:
        if term.first == term.second:
            contributions[term.first] += term.contribution
    held_out = found.held_out_score if left is None else r_squared(output, left, weights)
    shown = replace(
        found,
        features=features,
        coefficients=found.coefficients[:m],
        standard_errors=None if found.standard_errors is None else found.standard_errors[:m],
        held_out_score=np.nan if neighborhood.exact else held_out,
        support=None,
        means=means[:m],
    )
    kept = TermSurrogate(
        kind=kind,
        ids=tuple(ids),
        weights=tuple(found.coefficients[:m].tolist()),
        intercept=float(found.intercept),
        terms=tuple(terms),
        moved=tuple((at - means)[:m].tolist()),
        numbers=kind == "curves",
    )
    judged = found.intercept + columns @ found.coefficients if left is None else left
    return Fitted(shown, kept, contributions, float(found.prediction - added.sum()), left, judged)


def _name_of_pair(exp: Explanation, first: int, second: int) -> str:
    names = [str(name) for name, _ in exp.domain_mapper.map_exp_ids([(first, 0.0), (second, 0.0)])]
    return f"{names[0]} × {names[1]}"


def fit_trees(
    exp: Explanation,
    neighborhood: Neighborhood,
    labels: Sequence[int],
    weights: Floats,
    *,
    kind: str,
    num_features: int,
    conditions: Conditions,
) -> dict[int, Fitted]:
    """Fit one shallow tree for all labels.

    Parameters
    ----------
    exp : Explanation
    neighborhood : Neighborhood
    labels : sequence of int
        The explained ones.
    weights : ndarray of float, shape (n,)
    kind : {"tree", "rules"}
    num_features : int
        Most different features that it splits.
    conditions : callable
        From the place of a feature and a threshold to the words for both sides.

    Returns
    -------
    dict of label -> Fitted
    """
    z, own = neighborhood.numbers_of_samples()
    k = neighborhood.outputs
    outputs = [label % k for label in labels]
    classes = exp.mode == "classification" and 1 < k <= CLASSES_AT_MOST
    if classes and np.isfinite(neighborhood.predictions).all():
        outputs = list(range(k))
    else:
        outputs, classes = list(dict.fromkeys(outputs)), False
    y = np.asarray(neighborhood.predictions[:, outputs], dtype=np.float64)
    unit = float(np.max(unit_of(y)))
    found = fit_tree(
        z,
        y / unit,
        weights,
        neighborhood.groups,
        most_leaves=MOST_LEAVES[kind],
        most_features=min(num_features, z.shape[1]),
        exact=neighborhood.exact,
    )
    tree = replace(found.tree, value=found.tree.value * unit)
    left = None if found.left_out is None else found.left_out * unit
    judged = tree.predict(np.asarray(z, dtype=np.float64)) if left is None else left
    total = float(weights.sum())
    agreed = float(weights @ (judged.argmax(axis=1) == y.argmax(axis=1))) / total if classes and total else np.nan
    words = {
        **_in_words(tree, neighborhood, own, conditions),
        "kind": kind,
        "outputs": tuple(outputs),
        "names": tuple(_name_of(exp, output, k) for output in outputs),
        "agreement": classes,
        "classes": classes,
        "held_out": left is not None,
    }
    fitted = {}
    for label in labels:
        place = outputs.index(label % k)
        fidelity = agreed if classes else r_squared(y[:, place], judged[:, place], weights)
        kept = TreeSurrogate(**words, fidelity=fidelity)
        of_label = _Output(place, y[:, place], None if left is None else left[:, place])
        fitted[label] = _of_label(tree, neighborhood, (np.asarray(z, dtype=np.float64), own, weights), of_label, kept)
    return fitted


def _name_of(exp: Explanation, output: int, k: int) -> str:
    """What a reader calls an output; the only one of a regression is no output 0 to him."""
    if exp.mode == "regression" and k == 1:
        return "value" if exp.target is None else exp.target.name
    return exp.label_name(output)


@dataclass(frozen=True)
class _Output:
    """One output of a tree: its place, the model's predictions, and those of fits to other samples."""

    place: int
    y: Floats
    left_out: Floats | None


def _in_words(tree: TreeArrays, neighborhood: Neighborhood, own: Floats, conditions: Conditions) -> dict[str, Any]:
    """What a tree is in plain numbers and words."""
    inner, at = tree.feature >= 0, np.maximum(tree.feature, 0)
    words = [
        conditions(int(place), float(threshold)) if place >= 0 else ("", "")
        for place, threshold in zip(tree.feature, tree.threshold, strict=True)
    ]
    return {
        "feature": tuple(np.where(inner, neighborhood.ids[at], -1).tolist()),
        "threshold": tuple(np.where(inner, tree.threshold, 0.0).tolist()),
        "left": tuple(tree.left.tolist()),
        "right": tuple(tree.right.tolist()),
        "below": tuple(one for one, _ in words),
        "above": tuple(other for _, other in words),
        "value": tuple(tuple(row) for row in tree.value.tolist()),
        "share": tuple(tree.share.tolist()),
        "own": tuple(np.where(inner, own[at], 0.0).tolist()),
        "total": neighborhood.outputs,
    }


def _of_label(
    tree: TreeArrays,
    neighborhood: Neighborhood,
    samples: tuple[Floats, Floats, Floats],
    output: _Output,
    kept: TreeSurrogate,
) -> Fitted:
    """What is shown of one output; `samples` are features, the instance's, and weights."""
    z, own, weights = samples
    added = tree.contributions(own, output.place)
    features = np.array(sorted(added, key=lambda column: -abs(added[column])), dtype=np.intp)
    root, left = float(tree.value[0, output.place]), output.left_out
    shown = Surrogate(
        features=features,
        coefficients=np.array([added[int(column)] for column in features], dtype=np.float64),
        intercept=root,
        score=r_squared(output.y, tree.predict(z)[:, output.place], weights),
        held_out_score=np.nan if left is None else r_squared(output.y, left, weights),
        prediction=float(tree.value[tree.path(own)[-1], output.place]),
        standard_errors=None,
        degrees=np.inf,
    )
    ids = neighborhood.ids[features].tolist()
    judged = tree.predict(z)[:, output.place] if left is None else left
    return Fitted(shown, kept, dict(zip(ids, shown.coefficients.tolist(), strict=True)), root, left, judged)


def write(exp: Explanation, label: int, fitted: Fitted) -> None:
    """Write what is particular to a surrogate that is not linear into an explanation of which the rest is written."""
    exp.surrogates[label] = fitted.surrogate
    exp.contributions_by_label[label], exp.baseline_values[label] = fitted.contributions, fitted.baseline
    if fitted.left_out is not None:
        exp.left_out[label] = fitted.left_out


def words_of(exp: Explanation, ids: NDArray[np.intp], binary: bool) -> Conditions:
    """The words for features that are units which samples hide, or numbers without words of their own.

    Parameters
    ----------
    exp : Explanation
        Names its features.
    ids : ndarray of int, shape (d,)
    binary : bool
        Whether they are units that are there or not.
    """

    def tell(place: int, threshold: float) -> tuple[str, str]:
        ((name, _),) = exp.domain_mapper.map_exp_ids([(int(ids[place]), 0.0)])
        if binary:
            return f"{name} is hidden", f"{name} is kept"
        return f"{name} <= {threshold:.4g}", f"{name} > {threshold:.4g}"

    return tell
