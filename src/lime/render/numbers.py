"""Rounding for readers: one number of decimals for all numbers that are compared with each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

__all__ = [
    "decimals_for",
    "format_number",
    "format_value",
    "group_thousands",
    "readable_feature",
    "round_sum",
    "written_number",
]

_SCIENTIFIC = -1
# Most characters of a number among the instance's values, and most decimals of a bin's bounds.
_ROOM, _MOST_DECIMALS = 12, 6


def decimals_for(values: Iterable[float | None], digits: int = 3) -> int:
    """Choose how many decimals show the largest of some numbers with `digits` significant digits.

    Returns
    -------
    int
        0 to 6 decimals; -1 where the numbers are so large or so small that only powers of ten can show them.
    """
    sizes = [abs(value) for value in values if value is not None and math.isfinite(value) and value != 0]
    if not sizes:
        return 2
    exponent = math.floor(math.log10(max(sizes)))
    if exponent < -4 or exponent > 6:
        return _SCIENTIFIC
    return min(max(digits - 1 - exponent, 0), 6)


def format_number(value: float | None, decimals: int, sign: bool = False) -> str:
    """Write a number with the decimals of its column; what rounds to zero has no sign, an unknown one is empty."""
    if value is None:
        return ""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "-inf" if value < 0 else ("+inf" if sign else "inf")
    text = format(abs(value), ".2e" if decimals == _SCIENTIFIC else f".{decimals}f")
    if float(text) == 0.0:
        return text
    return ("-" if value < 0 else "+" if sign else "") + text


def written_number(value: float | None, decimals: int, sign: bool = False) -> str:
    """Write a number as `format_number` does, its thousands apart, as people read it."""
    return group_thousands(format_number(value, decimals, sign))


def group_thousands(text: str) -> str:
    """Separate the thousands of a number that is written out: "268392.5" becomes "268,392.5"."""
    return re.sub(r"^([+-]?)(\d+)", lambda found: f"{found[1]}{int(found[2]):,}", text)


def format_value(value: Any) -> str:
    """Write the instance's own value of a feature: as many digits as `_ROOM` holds, missing as the word.

    Thousands stay together: a year, a postal code or a number of a customer is no quantity.
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else format(float(value), ".6g")
    if math.isnan(value):
        return "missing"
    if value.is_integer() and abs(value) < 10 ** (_ROOM - 1):
        return str(int(value))
    text = format(value, ".6g")
    return text if len(text) <= _ROOM else format(value, ".4g")


def readable_feature(feature: str, name: str, low: float | None, high: float | None) -> str:
    """Write a feature's bin for a reader where `feature`, its name of old, shows a bound as zero that is none.

    Parameters
    ----------
    feature : str
        As `Explanation.as_list` has it: "-0.00 < s5 <= 0.03", with two decimals.
    name : str
        Of the column.
    low, high : float or None
        The bounds of the bin; None where it is open.

    Returns
    -------
    str
        "-0.0018 < s5 <= 0.0324"; `feature` itself where it is not of this form or shows its bounds.
    """
    if feature not in _bins(name, low, high, 2):
        return feature
    bounds = [abs(bound) for bound in (low, high) if bound is not None]
    small = [bound for bound in bounds if bound < 0.005 and math.isfinite(bound)]
    if not any(small):
        # A bound of -0.0 is 0.
        return _bins(name, None if low is None else low + 0.0, None if high is None else high + 0.0, 2)[0]
    smallest = min(bound for bound in small if bound)
    return _bins(name, low, high, 1 - math.floor(math.log10(smallest)))[0]


def _bins(name: str, low: float | None, high: float | None, decimals: int) -> list[str]:
    """Write a bin by its bounds."""
    first, last = (None if bound is None else _bound(bound, decimals) for bound in (low, high))
    if first is None:
        return [] if last is None else [f"{name} <= {last}"]
    return [f"{name} > {first}"] if last is None else [f"{first} < {name} <= {last}"]


def _bound(bound: float, decimals: int) -> str:
    if decimals <= _MOST_DECIMALS:
        return f"{bound:.{decimals}f}"
    return f"{bound:.2f}" if abs(bound) >= 0.005 else f"{bound:.2g}"


def round_sum(first: float | None, second: float | None, total: float | None, decimals: int) -> tuple[str, str, str]:
    """Write first + second = total so that the sum holds for the written numbers too.

    The second one is written as the difference of the other two as they are written, at most one unit of its last
    place from its own rounding.
    """
    if first is None or second is None or total is None or decimals == _SCIENTIFIC:
        return format_number(first, decimals), format_number(second, decimals), format_number(total, decimals)
    if math.isfinite(first) and math.isfinite(total):
        second = round(total, decimals) - round(first, decimals)
    return format_number(first, decimals), format_number(second, decimals), format_number(total, decimals)
