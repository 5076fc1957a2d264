"""Numbers inside sentences."""

from __future__ import annotations

import math


def percent(share: float) -> str:
    """A share in whole per cent, or the word for one that is not known."""
    return "an unknown share" if math.isnan(share) else f"{share:.0%}"


def number(value: float, digits: int = 3) -> str:
    """A number with a few significant digits."""
    return "unknown" if math.isnan(value) else f"{value:.{digits}g}"
