"""What a table's explainer says of its columns, in one line or in a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.neighborhoods.learned import Surroundings
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.engine.wording import counted


def told_of_columns(
    table: Table | SparseTable, discretizer: BaseDiscretizer | None, surroundings: Surroundings | None
) -> dict[str, Any]:
    """How many columns of which kind there are, and what is not the usual way with them."""
    # Not the explainer's `categorical_features`, which holds the columns that are cut into bins as well.
    d, categorical = len(table.names), len(table.categorical_features)
    kinds = ((d - categorical, "numeric"), (categorical, "categorical"))
    kept = ", ".join(f"{number} {kind}" for number, kind in kinds if number)
    more: dict[str, Any] = {}
    if discretizer is not None and type(discretizer).__name__ != "QuartileDiscretizer":
        more = {"discretizer": type(discretizer).__name__}
    elif discretizer is None and surroundings is None and not isinstance(table, SparseTable):
        more = {"discretize_continuous": False}
    if surroundings is not None:
        more |= surroundings.told()
    return {"things": f"{counted(d, 'column')} ({kept})", "more": more}


FEW_CATEGORIES = 5
"""Categories of a column that are named."""


def describe_columns(
    table: Table | SparseTable, means: NDArray[np.float64] | None, stds: NDArray[np.float64] | None
) -> list[tuple[str, str, str]]:
    """Name, kind and usual values of each column.

    Parameters
    ----------
    table : Table or SparseTable
    means, stds : ndarray of float, shape (d,), optional
        Of the training data, by column.

    Returns
    -------
    list of (str, str, str)
    """
    if isinstance(table, SparseTable):
        return [(str(name), "number, mostly 0", "") for name in table.names]
    return [
        (
            column.name,
            _kind(table, j),
            _values(table, j, None if means is None or stds is None else (means[j], stds[j])),
        )
        for j, column in enumerate(table.columns)
    ]


def _kind(table: Table, j: int) -> str:
    column, scale = table.columns[j], table.storage[j].scale
    if column.is_categorical:
        kind = "category"
    elif scale is not None:
        kind = scale.expected
    else:
        kind = "whole number" if column.is_integer else "number"
    return f"{kind}, some missing" if column.has_missing else kind


def _values(table: Table, j: int, moments: tuple[float, float] | None) -> str:
    column = table.columns[j]
    if column.is_categorical:
        if column.categories is None:
            return ""
        named = ", ".join(str(value) for value in column.categories[:FEW_CATEGORIES])
        rest = len(column.categories) - FEW_CATEGORIES
        return f"{named} and {rest:,} more" if rest > 0 else named
    if moments is None or not np.isfinite(moments[0]):
        return ""
    if table.storage[j].scale is not None:  # a date, say, whose spread has another unit
        return f"around {table.written(j, float(moments[0]))}"
    mean, spread = moments
    decimals = 2 if spread <= 0 else int(np.clip(1 - np.floor(np.log10(spread)), 0, 12))  # two digits of the spread
    return f"{mean:,.{decimals}f} ± {spread:,.{decimals}f}"
