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

NAMED = re.compile(r"(?:^|[^a-z])id$|^(?:uu|gu)id$|[^a-z](?:uu|gu)id$|^key$|^index$", re.IGNORECASE)
"""Names of columns that call themselves identifiers; `CAMEL` are those of two words written as one."""

CAMEL = re.compile(r"[a-z]I[Dd]$")

MOST_CODES, ROWS_A_CODE = 20, 10
"""What sets codes apart from amounts: they are few, and each occurs again and again."""

NOTEWORTHY = 0.05
"""Share of samples with values that do not exist from which it is said."""


def identifiers(table: Table, matrix: npt.NDArray[np.float64]) -> list[str]:
    """Return a sentence for each column that looks like an identifier.

    Categories are, where nearly all are different: each of them is alone. Numbers are cut into bins or drawn as
    amounts, whatever they count, and are none: but for whole numbers that are too long for an amount or called so.
    """
    if len(matrix) < FEWEST_ROWS:
        return []
    some = matrix[:LOOKED_AT]
    found = []
    for j, column in enumerate(table.columns):
        scale = table.storage[j].scale
        if not column.is_categorical:
            too_long = scale is not None and scale.what == "integer"
            if not (too_long or (scale is None and _is_called_so(column.name))):
                continue
        values = some[:, j]
        values = values[~np.isnan(values)]
        if len(values) < FEWEST_ROWS or (not column.is_categorical and (values != np.rint(values)).any()):
            continue
        distinct = len(np.unique(values))
        if distinct < NEARLY_ALL * len(values):
            continue
        found.append(
            f"column {column.name!r} has {distinct} different values in {len(values)} rows, as an identifier has: its "
            "weight says nothing reliable. Leave the column out of the training data, or group its values"
        )
    return found


def _is_called_so(name: str) -> bool:
    return NAMED.search(name) is not None or CAMEL.search(name) is not None


def codes(table: Table, matrix: npt.NDArray[np.float64], law_of: Callable[[int], ColumnDistribution]) -> list[str]:
    """Return a sentence for each column of whole numbers of which many samples have a value that does not exist."""
    some = matrix[:LOOKED_AT]
    u = (np.arange(512) + 0.5) / 512
    found = []
    for j, column in enumerate(table.columns):
        if column.is_categorical or table.storage[j].scale is not None:
            continue
        values = some[:, j]
        values = values[~np.isnan(values)]
        if not column.is_integer and (values != np.rint(values)).any():
            continue  # an array with one column of other numbers is of floats, whatever else is in it
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
