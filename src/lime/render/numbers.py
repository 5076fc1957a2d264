"""Rounding for readers: one number of decimals for all numbers that are compared with each other."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

__all__ = ["decimals_for", "format_number", "format_value", "group_thousands", "round_sum"]

_SCIENTIFIC = -1


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


def group_thousands(text: str) -> str:
    """Separate the thousands of a number that is written out: "268392.5" becomes "268,392.5"."""
    return re.sub(r"^([+-]?)(\d+)", lambda found: f"{found[1]}{int(found[2]):,}", text)


def format_value(value: Any) -> str:
    """Write the instance's own value of a feature: up to six significant digits, missing as the word."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else format(float(value), ".6g")
    if math.isnan(value):
        return "missing"
    return format(value, ".6g")


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
