"""Exact LIME weights of functions that are sums over columns: a linear model behind steps that act column by column.

Under a distribution that is a product over columns, the weight of a column is the integral of its own term over the
measure D of `lime.engine.exact_columns`, and the mean is the sum of the terms' integrals over A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lime.engine.cells import Compute, may_be_missing, rows_with
from lime.engine.exact_columns import CodedColumn, ExactColumn
from lime.engine.measures import Expectations, Held, Measures
from lime.engine.trees import ANY, SAME, STEPS, LinearArrays, ModelColumns, Unreadable

Floats = NDArray[np.float64]

TRIED = 9
"""Numbers at which a term is compared with a straight line."""

STRAIGHT = 1e-6
"""How far it may be from one there, as a share of its range: columns in single precision are off by a tenth of it."""


@dataclass(frozen=True)
class _Term:
    """What one column of the table adds to each output: a line, steps, what missing values give, or single values.

    Attributes
    ----------
    at_zero, slope : ndarray of float, shape (k,)
        The line.
    edges : ndarray of float, shape (m,)
    steps : ndarray of float, shape (m + 1, k)
        Beside the line, in the cells between the edges.
    missing : ndarray of float, shape (k,)
    values : ndarray of float, shape (b, k), or None
        All that there is where each code stands for one value.
    """

    at_zero: Floats
    slope: Floats
    edges: Floats
    steps: Floats
    missing: Floats
    values: Floats | None = None

    def integrals(self, measures: Measures) -> tuple[Floats, Floats]:
        """Over A and D, shapes (v, k)."""
        if self.values is not None:
            assert measures.each is not None
            first, second = (_times(one, self.values) for one in measures.each)
        else:
            first, second = (self._over(measures, measures.below(self.edges)[place], place) for place in range(2))
        # Measures tell their variants along the last axis.
        pair = first.T, second.T
        return measures.probability(pair).T, measures.slope(pair).T

    def _over(self, measures: Measures, below: Floats, place: int) -> Floats:
        """The integral over one of the two measures."""
        gone, number, every = measures.missing[place], measures.number[place], measures.numbers[place]
        none = np.zeros((1, len(gone)))
        cells = np.diff(np.concatenate([none, below, every[None]]), axis=0)
        line = every[:, None] * self.at_zero + number[:, None] * self.slope + gone[:, None] * self.missing
        result: Floats = line + _times(cells, self.steps)
        return result


def _times(measure: Floats, values: Floats) -> Floats:
    """Sums over cells, (v, k), from (c, v) and (c, k): cell by cell, so that the digits do not depend on the others."""
    result: Floats = np.add.reduce(measure[:, :, None] * values[:, None, :], axis=0)
    return result


class ExactLinear:
    """Exact weights of a linear model, for many rows.

    Parameters
    ----------
    linear : LinearArrays
        Of the outputs that are asked for.
    columns : ModelColumns
        How the model's columns come from the table's.
    distributions : sequence of ExactColumn
        Of the table's columns.
    compute : callable
        From rows of the table to the model's columns.

    Raises
    ------
    Unreadable
        If a column of the model has no exact expectation.
    """

    def __init__(
        self, linear: LinearArrays, columns: ModelColumns, distributions: Sequence[ExactColumn], compute: Compute
    ) -> None:
        self.distributions, self.base = distributions, linear.base
        used = (linear.coefficients != 0.0).any(axis=1)
        of = {j: np.flatnonzero((columns.source == j) & used) for j in range(len(distributions))}
        single = {j for j in of if distributions[j].values_of is not None and len(of[j])}
        found = (
            compute(rows_with(distributions, {j: np.asarray(distributions[j].values_of) for j in single}))
            if single
            else np.empty(0)
        )
        self._terms: dict[int, _Term] = {}
        for j, features in of.items():
            if not len(features):
                continue
            if j in single:
                count = len(np.asarray(distributions[j].values_of))
                values = found[:count, features] @ linear.coefficients[features]
                nothing = np.zeros(linear.outputs)
                self._terms[j] = _Term(nothing, nothing, np.zeros(0), np.zeros((1, 1)), nothing, values)
            else:
                self._terms[j] = _term_of_numbers(
                    j, features, linear, columns, distributions=distributions, compute=compute
                )

    def expectations(
        self, codes: NDArray[np.intp], numbers: Floats, kernel_width: float, held: Held | None = None
    ) -> Expectations:
        """Weights and means of rows; see `lime.engine.exact_trees.ExactTrees.expectations`.

        What is `held` moves no weight of another column in a sum over columns, and its own is not looked at.
        """
        n, d = codes.shape
        k = len(self.base)
        result = Expectations(np.zeros((n, d, k)), np.tile(self.base, (n, 1)), np.empty((n, d)), np.empty((n, d)))
        for j, distribution in enumerate(self.distributions):
            if isinstance(distribution, CodedColumn):
                occurring, variant = np.unique(codes[:, j], return_inverse=True)
                measures, variant = distribution.measures(occurring, kernel_width), variant.ravel()
            else:
                measures, variant = distribution.measures(numbers[:, j], kernel_width), np.arange(n)
            result.z_mean[:, j], result.z_variance[:, j] = measures.mean[variant], measures.variance[variant]
            if j in self._terms:
                mean, weight = self._terms[j].integrals(measures)
                result.mean[:] += mean[variant]
                result.weights[:, j] = weight[variant]
        return result


def _term_of_numbers(
    j: int,
    features: NDArray[np.intp],
    linear: LinearArrays,
    columns: ModelColumns,
    *,
    distributions: Sequence[ExactColumn],
    compute: Compute,
) -> _Term:
    shapes = columns.shape[features]
    if (shapes == ANY).any():
        raise Unreadable(f"a step of the pipeline turns the numbers of column {j} into something else")
    plain, stepped = features[shapes != STEPS], features[shapes == STEPS]
    missing = np.zeros(linear.outputs)
    if may_be_missing(distributions[j]):
        lost = compute(rows_with(distributions, {j: np.array([np.nan])}))[0, features]
        missing = np.nan_to_num(lost) @ linear.coefficients[features]
    at_zero, slope = np.zeros(linear.outputs), np.zeros(linear.outputs)
    if len(plain):
        if (columns.shape[plain] == SAME).all():
            slope = linear.coefficients[plain].sum(axis=0)
        else:
            at_zero, slope = _line(j, plain, linear, distributions, compute)
    edges, steps = np.zeros(0), np.zeros((1, linear.outputs))
    if len(stepped):
        edges = np.unique(np.concatenate([columns.edges[int(f)] for f in stepped]))
        cells = np.append(edges[:1] - 1.0, edges)
        steps = compute(rows_with(distributions, {j: cells}))[:, stepped] @ linear.coefficients[stepped]
    return _Term(at_zero, slope, edges, steps, missing)


def _line(
    j: int, features: NDArray[np.intp], linear: LinearArrays, distributions: Sequence[ExactColumn], compute: Compute
) -> tuple[Floats, Floats]:
    """The line that some of the model's columns make of a column of the table."""
    low, high = distributions[j].span
    at = np.asarray(np.linspace(low, high if high > low else low + 1.0, TRIED), dtype=np.float64)
    if distributions[j].whole:
        at = np.unique(np.rint(at))  # what is between whole numbers is rounded
    values = compute(rows_with(distributions, {j: at}))[:, features]
    slope = (values[-1] - values[0]) / (at[-1] - at[0])
    off = np.abs(values[0] + (at - at[0])[:, None] * slope - values)
    if (off > STRAIGHT * (np.abs(values).max(axis=0) + 1.0)).any():
        raise Unreadable(f"the pipeline bends the numbers of column {j}")
    at_zero = values[0] - at[0] * slope
    return at_zero @ linear.coefficients[features], slope @ linear.coefficients[features]
