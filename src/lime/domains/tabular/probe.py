"""Rows without some of their values, and rows nearby."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.probe import Probe
from lime.domains.tabular.columns import Normal, codes_of
from lime.domains.tabular.sparse import SparseTable
from lime.engine.model import call_model

if TYPE_CHECKING:
    from lime.domains.tabular.explainer import LimeTabularExplainer


def probe_row(
    explainer: LimeTabularExplainer, data_row: Any, predict_fn: Any, baseline: Any, batch_size: int | None
) -> Probe:
    """A row whose values give way to those of a baseline row.

    Parameters
    ----------
    explainer : LimeTabularExplainer
    data_row : row
        As for `explain_instance`.
    predict_fn : callable or model
    baseline : row, optional
        When None the training data's means and most frequent categories, and 0 where the training data is sparse.
    batch_size : int, optional

    Raises
    ------
    ValueError
        If the baseline holds a category that the training data has not.
    """
    table = explainer._table
    predict = explainer._function_of(predict_fn)
    row, unseen = table.read_row(data_row)
    columns = explainer._varying(row)
    if baseline is None:
        other, absence = _typical_row(explainer, len(row))
    else:
        other, strange = table.read_row(baseline)
        if strange:
            name = explainer.feature_names[next(iter(strange))]
            raise ValueError(
                f"baseline holds a category of {name!r} that the training data has not: expected a known one"
            )
        absence = "the baseline row's value"

    def ask(masks: NDArray[np.bool_]) -> tuple[NDArray[np.float64], int]:
        def inputs(start: int, stop: int) -> Any:
            kept = masks[start:stop]
            if isinstance(table, SparseTable):
                return table.build_at(np.where(kept, row[columns], other[columns]), columns)
            return table.build(np.where(kept, row, other), unseen, keep_integers=explainer._keep_integers)

        return call_model(predict, inputs, len(masks), explainer.mode, batch_size), len(masks)

    return Probe(columns, _changes(explainer, row, other, columns), ask, absence)


def move_row(explainer: LimeTabularExplainer, data_row: Any, radius: float, rng: np.random.Generator) -> Any:
    """A row whose numbers have each moved by up to `radius` standard deviations of their column, uniformly.

    Categories and missing values stay; whole numbers of a frame move by whole numbers. The row may not hold a
    category that the training data has not.
    """
    table = explainer._table
    row, unseen = table.read_row(data_row)
    columns = explainer._varying(row)
    moved = row.copy()
    numeric = np.setdiff1d(columns, list(explainer._categorical))
    moved[numeric] += rng.uniform(-radius, radius, size=len(numeric)) * explainer._stds[numeric]
    if isinstance(table, SparseTable):
        return table.build_at(moved[None, columns], columns)
    return table.build(moved[None, :], unseen, keep_integers=explainer._keep_integers)


def _typical_row(explainer: LimeTabularExplainer, d: int) -> tuple[NDArray[np.float64], str]:
    if isinstance(explainer._table, SparseTable):
        return np.zeros(d), "0"
    row = explainer._means.copy()
    for j in explainer._categorical:
        row[j] = explainer.feature_values[j][int(np.argmax(explainer.feature_frequencies[j]))]
    return row, "the training data's mean or most frequent category"


def _changes(
    explainer: LimeTabularExplainer,
    row: NDArray[np.float64],
    other: NDArray[np.float64],
    columns: NDArray[np.intp],
) -> NDArray[np.float64]:
    laws = explainer._laws(row, columns)
    own, theirs = (codes_of(laws, one[columns], _bins(explainer, one)) for one in (row, other))
    scale = explainer.scaler.scale_
    straight = np.array([isinstance(law, Normal) for law in laws], dtype=bool) & ~np.isnan(
        row[columns] + other[columns]
    )
    with np.errstate(invalid="ignore"):
        steps = (row[columns] - other[columns]) / scale[columns]
    result: NDArray[np.float64] = np.where(straight, steps, (own != theirs).astype(np.float64))
    return result


def _bins(explainer: LimeTabularExplainer, row: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if explainer.discretizer is None else explainer.discretizer.discretize(row)
