"""Single values of a user's rows: judged, and turned into numbers or categories of their columns."""

from __future__ import annotations

import numbers
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

import numpy as np

from lime.domains.tabular.forms import NOT_A_VALUE, ColumnInfo, Storage, as_stored, plain_value, shortened
from lime.domains.tabular.scales import EXACT
from lime.engine.warn import warn_user


def judge_infinite(column: ColumnInfo, is_cut: bool, argument: str) -> None:
    """Refuse an infinite number, but for a row's in a column that is cut: it is in the outermost bin."""
    if not is_cut:
        raise ValueError(f"{argument} has an infinite value in column {column.name!r}; expected a finite number")
    warn_user(
        f"{argument} has an infinite value in column {column.name!r}: it is taken as one of the outermost bin",
    )


def number_of(
    column: ColumnInfo, stored: Storage, value: Any, *, argument: str, in_arrays: bool, is_cut: bool
) -> float:
    """Return the number of a value that is not missing; ``in_arrays`` where the training data was an array."""
    value = plain_value(value)
    if stored.scale is not None:
        if stored.scale.what == "integer" and isinstance(value, float) and EXACT < abs(value) < np.inf:
            _judge_rounded(column, value, argument, in_arrays)
            value = int(value)
        return stored.scale.number(value, argument, column.name)
    if not isinstance(value, numbers.Real | Decimal):
        raise ValueError(
            f"{argument} has {shortened(value)} in column {column.name!r}, which held numbers in the training data"
        )
    try:
        number = float(value)
    except OverflowError:
        judge_infinite(column, False, argument)
        raise
    if np.isinf(number):
        judge_infinite(column, is_cut, argument)
        return number
    if isinstance(value, numbers.Integral) and int(value) not in (int(number), as_stored(number, stored.dtype)):
        raise ValueError(
            f"{argument} has {shortened(value)} in column {column.name!r}, and floats do not hold every whole number "
            f"of this size; expected one up to 2^53, which is {EXACT}"
        )
    if abs(number) > EXACT and column.is_integer and not isinstance(value, numbers.Integral):
        _judge_rounded(column, value, argument, in_arrays)
    return number


def _judge_rounded(column: ColumnInfo, value: Any, argument: str, in_arrays: bool) -> None:
    """Judge a float in the place of a whole number beyond 2^53: it may have been another one."""
    message = (
        f"{argument} has {shortened(value)} in column {column.name!r}, and floats do not hold every whole number of "
        "this size"
    )
    if not in_arrays:
        # Beside fractions, a row of pandas holds floats: whether these were whole numbers once, nobody can tell.
        raise ValueError(f"{message}; expected a dict, or a frame of one row such as data.iloc[[0]]")
    warn_user(f"{message}: the model may be asked about another row")


def category_of(column: ColumnInfo, stored: Storage, value: Any, argument: str) -> Any:
    """Return the value of a category that the training data had not, refused where it is of another kind."""
    value = plain_value(value)
    accepts = stored.accepts
    if accepts == "bool" and isinstance(value, numbers.Real) and value in (0, 1):
        return bool(value)
    wanted = {"str": "strings", "bool": "booleans", "number": "numbers", "any": "single values"}[accepts]
    held = any(isinstance(known, type(value)) for known in column.categories or ())
    fits = {
        "str": isinstance(value, str),
        "bool": False,
        "number": isinstance(value, numbers.Real),
        "any": not isinstance(value, NOT_A_VALUE) or held,
    }[accepts]
    if not fits or not isinstance(value, Hashable):
        raise ValueError(
            f"{argument} has {shortened(value)} in column {column.name!r}, which held {wanted} in the training data"
        )
    return value
