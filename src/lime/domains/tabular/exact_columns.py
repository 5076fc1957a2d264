"""The distribution of a table's columns in the arrays that exact weights are computed from, and rows in their terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.settings import ExplainSettings
from lime.domains.tabular.columns import Binned, ColumnDistribution, Discrete, Normal
from lime.domains.tabular.table import Table
from lime.domains.tabular.training_distribution import TrainingDistribution
from lime.engine.base import LimeBase
from lime.engine.cells import Compute
from lime.engine.exact_columns import CodedColumn, ExactColumn, NumberColumn
from lime.engine.exact_fit import ExactPairs
from lime.engine.exact_linear import ExactLinear
from lime.engine.exact_trees import ExactTrees
from lime.engine.kernels import exponential_kernel
from lime.engine.links import IDENTITY, linked, unlinked
from lime.engine.trees import ANY, RISING, SAME, ModelColumns, TreeArrays, Unreadable
from lime.engine.widths import ChosenWidth
from lime.models.arrays import ModelArrays, Part

SINGLE_TOLERANCE, DOUBLE_TOLERANCE = 3e-6, 1e-9
"""How far a model's predictions may be from what was read of it, in units of what it adds up."""

NARROW = re.compile(r"float(16|32)|halffloat|^float(\[|$)")
"""Types of columns in which numbers have fewer digits than in double precision."""


def exact_columns_of(distribution: TrainingDistribution) -> list[ExactColumn]:
    """The distribution of each column.

    Raises
    ------
    Unreadable
        If one has no closed form.
    """
    if distribution.is_sparse:
        raise Unreadable("in sparse rows only the columns that are not 0 vary")
    otherwise = distribution.varying.why_not_exact(distribution.names)
    if otherwise is not None:
        raise Unreadable(otherwise)
    if distribution.fills_bins_itself:
        raise Unreadable("the discretizer fills its bins in a way of its own")
    row = distribution.typical_row()[0]
    return [_law(distribution, j, distribution.column(j, float(value))) for j, value in enumerate(row)]


def _law(distribution: TrainingDistribution, j: int, column: ColumnDistribution) -> ExactColumn:
    if isinstance(column, Binned):
        stats = (column.mean, column.std, column.low, column.high, column.below, column.above)
        return CodedColumn(column.frequency, *stats, column.whole)
    if isinstance(column, Discrete):
        return CodedColumn.of_values(column.values, np.diff(column.cumulative, prepend=0.0))
    if isinstance(column, Normal):
        return NumberColumn(
            column.std,
            column.missing,
            column.whole,
            float(distribution.scaler.mean_[j]),
            float(distribution.scaler.scale_[j]),
            None if distribution.around_instance else column.center,
            float(distribution.means[j]),
        )
    raise Unreadable(f"the column {distribution.names[j]!r} has a distribution of your own")


def kernel_width_of(settings: ExplainSettings) -> float:
    """The width of our own kernel, under which the law is still a product over columns.

    Raises
    ------
    Unreadable
        If the setting has no exact weights.
    """
    base = settings.fit.base
    if settings.model_regressor is not None:
        raise Unreadable("a model_regressor is fitted to samples")
    if type(base) is not LimeBase:
        raise Unreadable(f"a base of type {type(base).__name__} is fitted to samples")
    kernel = base.kernel_fn
    if isinstance(kernel, ChosenWidth):
        raise Unreadable("kernel_width='auto' is chosen from samples")
    if not isinstance(kernel, partial) or kernel.func is not exponential_kernel or kernel.args:
        raise Unreadable("a kernel of your own is no product over columns")
    if settings.distance_metric != "euclidean":
        raise Unreadable(f"under distance_metric={settings.distance_metric!r} the kernel is no product over columns")
    return float(kernel.keywords["kernel_width"])


def codes_of_rows(
    distribution: TrainingDistribution, values: NDArray[np.float64], bins: NDArray[np.float64] | None
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Positions of values among the codes of their columns, and the rows' own interpretable features, (n, d) each.

    Parameters
    ----------
    distribution : TrainingDistribution
    values : ndarray of float, shape (n, d)
        Rows.
    bins : ndarray of float, shape (n, d), or None
        The same in numbers of bins, where columns are cut.

    Returns
    -------
    codes : ndarray of int
        -1 where a value is never sampled; 0 in columns of numbers.
    features : ndarray of float
    """
    codes = np.zeros(values.shape, dtype=np.intp)
    features = np.ones(values.shape)
    for j in range(values.shape[1]):
        column = distribution.column(j)
        if isinstance(column, Binned):
            assert bins is not None
            codes[:, j] = _positions(column.numbers.astype(np.float64), bins[:, j])
        elif isinstance(column, Discrete):
            codes[:, j] = _positions(column.values, values[:, j])
        else:
            standard = (values[:, j] - distribution.scaler.mean_[j]) / distribution.scaler.scale_[j]
            features[:, j] = np.where(np.isnan(standard), 1.0, standard)
    return codes, features


def _positions(known: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of values among those that are known; -1 elsewhere. NaN is a value."""
    order = np.argsort(known, kind="stable")  # NaN last
    found = np.minimum(np.searchsorted(known[order], values), len(known) - 1)
    at = order[found]
    alike = (known[at] == values) | (np.isnan(known[at]) & np.isnan(values))
    return np.where(alike, at, -1)


def exact_parts(
    read: ModelArrays, distribution: TrainingDistribution, distributions: Sequence[ExactColumn], outputs: Sequence[int]
) -> list[ExactPairs]:
    """What computes the exact weights of each part of a model.

    Parameters
    ----------
    read : ModelArrays
    distribution : TrainingDistribution
    distributions : sequence of ExactColumn
        See `exact_columns_of`.
    outputs : sequence of int
        Which of the model's outputs are asked for.

    Raises
    ------
    Unreadable
        If a column has no exact expectation under the model.
    """
    result: list[ExactPairs] = []
    for part in read.parts:
        if len(part.columns.source) and part.columns.source.max() >= len(distributions):
            raise Unreadable("the model has more columns than the table")
        columns, changed = _as_stored(part, distribution)
        compute = _compute(part, distribution, changed or part.transform is not None)
        if isinstance(part.arrays, TreeArrays):
            result.append(ExactTrees(part.arrays.for_outputs(outputs), columns, distributions, compute))
        else:
            result.append(ExactLinear(part.arrays.for_outputs(outputs), columns, distributions, compute))
    return result


def _as_stored(part: Part, distribution: TrainingDistribution) -> tuple[ModelColumns, bool]:
    """The model's columns as they come from the matrix, where storing rows changes numbers; and whether it does."""
    table = distribution.table
    assert isinstance(table, Table)
    shape = part.columns.shape.copy()
    for f, j in enumerate(part.columns.source.tolist()):
        column, stored = table.columns[j], table.storage[j]
        if column.categories is not None:
            shape[f] = ANY
        elif stored.scale is not None or (
            shape[f] == SAME and isinstance(part.arrays, TreeArrays) and NARROW.search(str(stored.dtype).lower())
        ):
            shape[f] = max(shape[f], RISING)
    changed = bool((shape != part.columns.shape).any())
    return ModelColumns(part.columns.source, shape, part.columns.edges), changed


def _compute(part: Part, distribution: TrainingDistribution, by_rows: bool) -> Compute:
    """From rows of the matrix to the part's columns, by way of the rows that the model is given where that matters."""

    def compute(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        if not by_rows:
            return matrix[:, part.columns.source] if part.transform is None else part.transform(matrix)
        rows: Any = distribution.decode(matrix.copy())
        try:
            if part.transform is not None:
                return part.transform(rows)
            return np.asarray(rows, dtype=np.float64)
        except Exception as error:
            raise Unreadable(f"the model's columns could not be computed ({type(error).__name__}: {error})") from error

    return compute


def disagreement(
    read: ModelArrays,
    distribution: TrainingDistribution,
    matrix: NDArray[np.float64],
    answers: NDArray[np.float64],
    link: str = IDENTITY,
) -> str | None:
    """Say where a model's own answers (n, k) to rows (n, d) are not those of what was read of it; None if they are.

    Under a `link` the answers come in its unit, and are compared as probabilities, clipped alike.
    """
    own = unlinked(linked(read.answers(distribution.decode(matrix.copy()), matrix), link), link)
    answers = unlinked(answers, link)
    if own.shape != answers.shape:
        return f"the model's predictions have shape {answers.shape}, and its arrays give {own.shape}"
    unit = max(1.0, read.size()) if read.output != "value" else read.size() + float(np.abs(answers).max(initial=0.0))
    gap = float(np.abs(own - answers).max(initial=0.0))
    if gap <= unit * (SINGLE_TOLERANCE if read.single else DOUBLE_TOLERANCE):
        return None
    return f"the model's predictions differ by up to {gap:.2g} from those of its arrays"
