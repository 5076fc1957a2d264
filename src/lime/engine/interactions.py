"""Products of pairs of features: what the model does with two of them together, beyond a straight fit.

The model's prediction is fitted by an intercept, every feature, and the products ``z_i z_j`` of some pairs, by weighted
least squares. A product's coefficient is by how much the effect of one feature changes with one unit more of the other;
where z is 0 or 1, by how much both together differ from the sum of each alone. All products are fitted together, so
that the interaction of one pair does not pass for another's.

By the theorem of Frisch, Waugh and Lovell the products' coefficients are those of a fit on what is left of them
after a fit on the features alone, which is also what makes choosing the pairs by their features' weights harmless:
the part of the samples that decides on the products is orthogonal to the part that decided on the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from lime.engine.precision import rounding_of, unit_of
from lime.engine.standard_errors import MANY_REPLICATES, clustered_errors, independent_errors, quantile
from lime.engine.support import CHANCE, FEW, own_reach

MAINS_AT_MOST = 256
"""Features in the straight part of the fit. Of more only the strongest enter, and the sum of all: where samples are
exchangeable, as masks are, the sum carries all that the others have in common with a product."""

SAMPLES_A_COLUMN = 4
"""Samples for each fitted column below which the errors of products are too small."""

PRIOR_DEGREES = 4
"""What the errors of independent samples are worth beside a few replicates of an even design, in degrees of freedom.

An even design does not place all pairs of columns equally well (Sobol points of 13 columns: the error of a product is
0.2 to 2.3 times that of independent samples), so that, unlike for weights, the gain of other products says nothing of
this one's. No gain is credited, and a loss that the replicates show is."""

FEATURES_AT_MOST = 40
"""Features whose products are fitted at once: 780 pairs, beyond which memory goes by the gigabyte."""

ALIKE = 1e-8
"""Share of a product's variation that must be its own; below it the other columns determine the product."""


NOTHING = 1e-9
"""Sum of weights, the largest of them being 1, that is rounding: of a cell without samples."""

ROUNDING = 1e-12
"""Share of the variation up to which an effect is rounding: where a fit is perfect, so would be its errors."""


@dataclass(frozen=True)
class PairEffects:
    """Effects of products of pairs of features beyond the straight fit.

    Attributes
    ----------
    pairs : ndarray of int, shape (m, 2)
        The pairs that could be separated, in the order of the features.
    inseparable : ndarray of int, shape (u, 2)
        Pairs whose product is made of the other columns, so that nothing is known about them.
    sizes : ndarray of float, shape (m,)
        Coefficients of ``z_i z_j``.
    errors : ndarray of float, shape (m,)
        Standard errors; 0 where the samples are all that there are. Where few samples decide on a product they are
        larger by as much as it takes for an interval with `degrees` to cover.
    degrees : float
        Degrees of freedom of the errors.
    counts : ndarray of float, shape (m,)
        Samples of equal weight in the rarest of the four cells that two binary features make, or of equal pull on the
        product where that is less.
    p_values, q_values : ndarray of float, shape (m,)
        Two-sided, and adjusted for the number of pairs (see `adjust`); 1 for a pair that is not decided.
    shares : ndarray of float, shape (m,)
        What each product alone adds to the weighted R² of all other columns.
    score, score_with : float
        R² of the straight part of the fit, and with the products; leave-one-out except where samples are exact.
    columns : int
        Features in the straight part.
    """

    pairs: NDArray[np.intp]
    inseparable: NDArray[np.intp]
    sizes: NDArray[np.float64]
    errors: NDArray[np.float64]
    degrees: float
    counts: NDArray[np.float64]
    p_values: NDArray[np.float64]
    q_values: NDArray[np.float64]
    shares: NDArray[np.float64]
    score: float
    score_with: float
    columns: int

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Which pairs have samples enough in each of their cells for a test, shape (m,)."""
        result: NDArray[np.bool_] = self.counts >= FEW
        return result


def pair_effects(
    z: NDArray[np.bool_] | NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    features: NDArray[np.intp],
    *,
    groups: NDArray[np.intp] | None = None,
    exact: bool = False,
    method: str = "bh",
) -> PairEffects:
    """Fit the products of all pairs of some features, beside all features, and test each.

    Parameters
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features of the samples.
    y : ndarray of float, shape (n,)
        The model's predictions.
    weights : ndarray of float, shape (n,)
        Of the samples, at least 0.
    features : ndarray of int, shape (m,)
        Columns of `z` whose pairs are tested, the most important first: with few samples only the first enter.
    groups : ndarray of int, shape (n,), optional
        Independent replicates of the design, numbered from 0 in order; None where all samples are independent.
    exact : bool
        Whether the samples are all that there are, with their probabilities: nothing is estimated then.
    method : {"bh", "by"}
        How to adjust for the number of pairs; see `adjust`.

    Returns
    -------
    PairEffects
        With fewer pairs than asked for where the samples are too few for all, and none where they are too few for one.

    Raises
    ------
    ValueError
        If there is no such method of adjustment.
    """
    total = float(weights.sum())
    used = weights > 0
    if not used.all():
        z, y, weights = z[used], y[used], weights[used]
        # Groups keep their numbers; one without a sample would count as a replicate, so number them anew.
        groups = None if groups is None else np.unique(groups[used], return_inverse=True)[1].astype(np.intp)
    n = len(y)
    unit = float(unit_of(y))
    y = y / unit
    root = np.sqrt(weights / total)
    least = float(rounding_of(y[:, None])[0])
    y = y - y[0]  # differences of numbers that are alike are exact
    y -= float(root @ (root * y))
    if np.abs(y).max(initial=0.0) <= least:
        y = np.zeros(n)
    variation = float(np.square(root * y).sum())
    straight_columns, moving = _straight_columns(z, y, root, features, exact)
    known = [int(i) for i in features if moving[i]]
    room = len(known) if exact else _features_for(n // SAMPLES_A_COLUMN - straight_columns.shape[1] - 1)
    known = known[: min(room, FEATURES_AT_MOST)]
    pairs = np.array(list(combinations(known, 2)), dtype=np.intp).reshape(-1, 2)

    rank, orthogonal = _orthogonal(straight_columns * root[:, None])
    target = root * y
    straight = target - orthogonal @ (orthogonal.T @ target)
    products, before = _products(z, known, root)
    products -= (orthogonal @ (orthogonal.T @ products.T)).T
    gram = products @ products.T
    separable = _separable(gram, before)
    inseparable = pairs[~separable]
    if len(inseparable):
        pairs, products, gram = pairs[separable], products[separable], gram[np.ix_(separable, separable)]

    inverse = _inverse(gram)
    sizes = inverse @ (products @ straight)
    residual = straight - sizes @ products
    if variation > 0 and float(np.square(residual).sum()) < 1e-24 * variation:
        residual = np.zeros(n)
    directions = inverse @ products
    leverage_straight = root * root + np.einsum("ij,ij->i", orthogonal, orthogonal)
    leverage = leverage_straight + np.einsum("ji,ji->i", directions, products)
    left_out = residual / np.maximum(1.0 - leverage, 1e-6)
    diagonal = np.diag(inverse)
    shares = np.divide(np.square(sizes), diagonal * variation, out=np.zeros(len(sizes)), where=variation > 0)
    sizes = np.where(shares > ROUNDING, sizes, 0.0)
    if exact:
        errors, degrees, counts = np.zeros(len(sizes)), np.inf, np.full(len(sizes), np.inf)
    else:
        errors, degrees = _errors(directions.T, left_out, groups, n - rank - len(sizes) - 1)
        counts = np.minimum(_counts(directions * root), _rarest_cells(z, weights, pairs))
        few = np.where(counts < FEW, counts, np.inf)
        errors = errors * own_reach(few, degrees) / quantile(1.0 - 0.5 * CHANCE, degrees)
    decided = counts >= FEW
    p_values = np.where(decided, _two_sided(sizes, errors, np.minimum(degrees, counts)), 1.0)
    q_values = np.ones(len(sizes))
    q_values[decided] = adjust(p_values[decided], method)
    straight_out = straight if exact else straight / np.maximum(1.0 - leverage_straight, 1e-6)
    with_out = residual if exact else left_out
    return PairEffects(
        pairs=pairs,
        inseparable=inseparable,
        sizes=sizes * unit,
        errors=errors * unit,
        degrees=degrees,
        counts=counts,
        p_values=p_values,
        q_values=q_values,
        shares=shares,
        score=1.0 - float(np.square(straight_out).sum()) / variation if variation else 1.0,
        score_with=1.0 - float(np.square(with_out).sum()) / variation if variation else 1.0,
        columns=straight_columns.shape[1],
    )


def adjust(p_values: NDArray[np.float64], method: str = "bh") -> NDArray[np.float64]:
    """Smallest rates of false discoveries at which each p-value would count as one (step-up q-values).

    Parameters
    ----------
    p_values : ndarray of float, shape (m,)
        From 0 to 1.
    method : {"bh", "by"}
        Benjamini and Hochberg (1995) hold the rate where the tests are independent or positively dependent, and in
        practice for two-sided tests of correlated estimates; Benjamini and Yekutieli (2001) hold it under any
        dependence, at the price of a factor ``1 + 1/2 + ... + 1/m``.

    Returns
    -------
    ndarray of float, shape (m,)
        In the order of `p_values`, at most 1.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    if method not in ("bh", "by"):
        raise ValueError(f"method={method!r}: expected 'bh' or 'by'")
    m = len(p_values)
    if not m:
        return np.empty(0)
    order = np.argsort(p_values)
    ranks = np.arange(1, m + 1)
    factor = float(np.sum(1.0 / ranks)) if method == "by" else 1.0
    stepped = np.minimum.accumulate((p_values[order] * m * factor / ranks)[::-1])[::-1]
    result = np.empty(m)
    result[order] = np.minimum(stepped, 1.0)
    return result


def _products(
    z: NDArray[np.bool_] | NDArray[np.float64], features: list[int], root: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centred products of all pairs of features times the roots of the weights, shape (m, n), and their squares."""
    columns = np.ascontiguousarray(z[:, features].T, dtype=np.float64)
    share = root * root
    # Products of centred columns differ from products by what the features themselves explain, and round better.
    columns -= (columns @ share)[:, None]
    count = len(features)
    products = np.empty((count * (count - 1) // 2, len(root)))
    end = 0
    for i in range(count - 1):
        start, end = end, end + count - 1 - i
        np.multiply(columns[i], columns[i + 1 :], out=products[start:end])
    products -= (products @ share)[:, None]
    products *= root
    return products, np.einsum("ij,ij->i", products, products)


def _straight_columns(
    z: NDArray[np.bool_] | NDArray[np.float64],
    y: NDArray[np.float64],
    root: NDArray[np.float64],
    features: NDArray[np.intp],
    exact: bool,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Centred columns of the straight part, and which features vary at all."""
    share = root * root
    n, d = z.shape
    step = max(1, 4_000_000 // max(1, n))
    mean, square, cross = np.empty(d), np.empty(d), np.empty(d)
    both = np.stack([share, share * y])
    for start in range(0, d, step):
        part = z[:, start : start + step].astype(np.float64)
        mean[start : start + step], cross[start : start + step] = both @ part
        square[start : start + step] = mean[start : start + step] if z.dtype == np.bool_ else share @ np.square(part)
    spread = square - np.square(mean)
    moving = spread > ROUNDING * square
    strength = np.zeros(d)
    np.divide(np.square(cross), spread, out=strength, where=moving)
    strength[features] += 1.0 + strength.max(initial=0.0)  # those that are tested come first
    order = np.argsort(-strength, kind="stable")
    order = order[moving[order]]
    most = min(MAINS_AT_MOST, len(order)) if exact else min(MAINS_AT_MOST, n // (2 * SAMPLES_A_COLUMN), len(order))
    chosen = order[:most]
    columns = z[:, chosen].astype(np.float64) - mean[chosen]
    if most < len(order):
        sums = z[:, order].sum(axis=1, dtype=np.float64)
        columns = np.column_stack([columns, sums - share @ sums])
    return columns, moving


def _features_for(columns: int) -> int:
    """How many features have no more pairs than there may be columns."""
    return int((1.0 + np.sqrt(1.0 + 8.0 * max(columns, 0))) / 2.0)


def _orthogonal(columns: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    """Rank of some columns, and an orthonormal basis of what they span."""
    if not columns.shape[1]:
        return 0, columns
    gram = columns.T @ columns
    scale = np.sqrt(np.diag(gram))
    values, vectors = linalg.eigh(gram / np.outer(scale, scale))
    kept = values > ALIKE
    basis = columns @ ((vectors[:, kept] / np.sqrt(values[kept])) / scale[:, None])
    return int(kept.sum()), basis


def _separable(gram: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which products have something of their own beside the features and the products before them.

    `gram` (m, m) is of what is left of the products after a fit on the features, `before` (m,) their squares before.
    """
    own = np.diag(gram)
    separable: NDArray[np.bool_] = (before > 0) & (own > ALIKE * before)
    places = np.flatnonzero(separable)
    if len(places) < 2:
        return separable
    scale = np.sqrt(own[places])
    gram = gram[np.ix_(places, places)] / np.outer(scale, scale)
    if linalg.eigvalsh(gram)[0] > ALIKE:
        return separable
    # One by one, so that of two products that say the same the first, of the stronger features, stays.
    factor = np.zeros((len(places), len(places)))
    kept: list[int] = []
    for k in range(len(places)):
        above = np.empty(0)
        if kept:
            above = linalg.solve_triangular(factor[: len(kept), : len(kept)], gram[kept, k], lower=True)
        left = 1.0 - float(np.square(above).sum())
        if left > ALIKE:
            factor[len(kept), : len(kept)] = above
            factor[len(kept), len(kept)] = np.sqrt(left)
            kept.append(k)
    result = np.zeros(len(separable), dtype=bool)
    result[places[kept]] = True
    return result


def _inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(gram):
        return gram
    scale = np.sqrt(np.diag(gram))
    result: NDArray[np.float64] = linalg.inv(gram / np.outer(scale, scale)) / np.outer(scale, scale)
    return result


def _errors(
    directions: NDArray[np.float64], residuals: NDArray[np.float64], groups: NDArray[np.intp] | None, free: int
) -> tuple[NDArray[np.float64], float]:
    """Standard errors that are valid for the design, and their degrees of freedom."""
    independent = independent_errors(directions, residuals)
    if groups is None or not len(independent):
        return independent, float(max(1, free))
    clustered, degrees = clustered_errors(directions, residuals, groups)
    if degrees >= MANY_REPLICATES:
        return clustered, float(degrees)
    variances = PRIOR_DEGREES * np.square(independent) + degrees * np.square(clustered)
    together = PRIOR_DEGREES + degrees
    return np.maximum(independent, np.sqrt(variances / together)), float(together)


def _counts(pulls: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many samples of equal pull decide on each product, from what each sample of weight pulls, shape (m, n)."""
    squares = np.square(pulls)
    total = squares.sum(axis=1)
    result: NDArray[np.float64] = np.square(total) / np.maximum(
        np.einsum("ij,ij->i", squares, squares), np.finfo(np.float64).tiny
    )
    return result


def _rarest_cells(
    z: NDArray[np.bool_] | NDArray[np.float64], weights: NDArray[np.float64], pairs: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Samples of equal weight in the rarest cell of each pair, shape (m,); infinite where features are not binary."""
    features, places = np.unique(pairs, return_inverse=True)
    places = places.reshape(pairs.shape).T
    columns = z[:, features].astype(np.float64)
    binary = ((columns == 0.0) | (columns == 1.0)).all(axis=0)
    least = np.full(len(pairs), np.inf)
    columns[:, ~binary] = 0.0
    weights = weights / weights.max(initial=np.finfo(np.float64).tiny)
    sums = [_in_cells(columns, share) for share in (weights, np.square(weights))]
    for weight, square in zip(*sums, strict=True):
        cell = np.zeros_like(square)
        np.divide(np.square(weight), square, out=cell, where=square > NOTHING)
        least = np.minimum(least, cell[places[0], places[1]])
    return np.where(binary[places[0]] & binary[places[1]], least, np.inf)


def _in_cells(columns: NDArray[np.float64], weights: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sums of weights over the samples with both, the first, the second and none of each two features, each (m, m)."""
    both = (columns * weights[:, None]).T @ columns
    own = both.diagonal()
    first, second = own[:, None] - both, own - both
    return [both, first, second, np.maximum(weights.sum() - own[:, None] - own + both, 0.0)]


def _two_sided(
    sizes: NDArray[np.float64], errors: NDArray[np.float64], degrees: NDArray[np.float64]
) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(sizes) / errors
    ratio[sizes == 0.0] = 0.0  # with no error either: nothing there
    tail = np.where(np.isinf(degrees), special.ndtr(-ratio), special.stdtr(np.minimum(degrees, 1e9), -ratio))
    result: NDArray[np.float64] = np.minimum(1.0, 2.0 * tail)
    return result
