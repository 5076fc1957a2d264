"""Columns that a neighbourhood is likely to treat as what they are not: identifiers, and codes taken for amounts."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lime.domains.tabular.columns import ColumnDistribution
from lime.domains.tabular.table import Table

LOOKED_AT = 20_000
"""Rows of the training data that are looked at."""

FEWEST_ROWS = 50
"""Rows below which different values say nothing about a column."""

NEARLY_ALL = 0.95
"""Share of different values from which a column of names or whole numbers is an identifier."""

NAMED = re.compile(r"(?:^|[^A-Za-z])[iI][dD]$|[a-z]I[dD]$|^(?:uu|gu)id$")
"""Names of columns that call themselves identifiers."""

YEARS = (1500, 2200)
"""Whole numbers that are years, one a row."""

MOST_CODES, ROWS_A_CODE = 20, 10
"""What sets codes apart from amounts: they are few, and each occurs again and again."""

NOTEWORTHY = 0.05
"""Share of samples with values that do not exist from which it is said."""


def identifiers(table: Table, matrix: npt.NDArray[np.float64]) -> list[str]:
    """Return a sentence for each column that looks like an identifier.

    Names and codes are, where nearly all are different. Whole numbers are, where they moreover lie closely together,
    rise from row to row, are too long for an amount or are called so: different numbers alone are an amount as well.
    """
    n = len(matrix)
    if n < FEWEST_ROWS:
        return []
    some = matrix[:LOOKED_AT]
    found = []
    for j, column in enumerate(table.columns):
        scale = table.storage[j].scale
        if scale is not None and scale.what != "integer":
            continue
        values = some[:, j]
        values = values[~np.isnan(values)]
        # The first rows tell most columns of numbers from whole numbers.
        if len(values) < FEWEST_ROWS or (not column.is_categorical and (values[:50] != np.rint(values[:50])).any()):
            continue
        distinct = len(np.unique(values))
        if distinct < NEARLY_ALL * len(values):
            continue
        if not column.is_categorical:
            if (values != np.rint(values)).any():
                continue
            named = NAMED.search(column.name) is not None
            if not (named or scale is not None or (_in_a_row(matrix[:, j]) and not _amounts(table, j, values))):
                continue
        found.append(
            f"column {column.name!r} has {distinct} different values in {len(values)} rows, as an identifier has: its "
            "weight says nothing reliable. Leave the column out of the training data, or group its values"
        )
    return found


def _in_a_row(column: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers lie closely together, or rise from row to row."""
    values = column[~np.isnan(column)]
    return bool(np.ptp(values) <= 3 * len(column) or (np.diff(values) > 0).all())


def _amounts(table: Table, j: int, values: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers are years, or a frame calls them fractions."""
    fractions = table.kind != "numpy" and not table.columns[j].is_integer and not table.columns[j].has_missing
    return fractions or bool(values.min() >= YEARS[0] and values.max() <= YEARS[1])


def codes(table: Table, matrix: npt.NDArray[np.float64], law_of: Callable[[int], ColumnDistribution]) -> list[str]:
    """Return a sentence for each column of whole numbers of which many samples have a value that does not exist."""
    some = matrix[:LOOKED_AT]
    u = (np.arange(512) + 0.5) / 512
    found = []
    for j, column in enumerate(table.columns):
        if not column.is_integer or column.is_categorical or table.storage[j].scale is not None:
            continue
        values = some[:, j]
        values = values[~np.isnan(values)]
        if len(values) < FEWEST_ROWS or len(np.unique(values[:1000])) > MOST_CODES:
            continue
        known = np.unique(values)
        if len(known) > MOST_CODES or len(known) * ROWS_A_CODE > len(values) or np.ptp(known) + 1 == len(known):
            continue
        drawn = law_of(j).draw(u.copy())[0]
        absent = float((~np.isin(np.rint(drawn[~np.isnan(drawn)]), known)).mean())
        if absent > NOTEWORTHY:
            text = ", ".join(f"{value:.0f}" for value in known[:6]) + (", ..." if len(known) > 6 else "")
            found.append(
                f"{column.name} has {len(known)} different whole numbers ({text}), and {absent:.0%} of its samples lie "
                "between them. Where the numbers are codes, or the model knows no others, list the column in "
                "categorical_features."
            )
    return found
