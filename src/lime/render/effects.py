"""Contributions in the model's own unit, in words: "+147,938 for 3 more rooms"."""

from __future__ import annotations

import math
from typing import Any

from lime.render.numbers import decimals_for, written_number
from lime.results.explanation import Explanation

__all__ = ["effects_of"]


def effects_of(exp: Explanation, label: Any = None, level: float = 0.95) -> list[str]:
    """Write what each feature adds, for which difference from the neighbourhood's mean; see `Explanation.effects`."""
    added, differences = exp.contributions(label), exp.differences(label)
    intervals = exp.contribution_intervals(label, level)
    known = [(feature, value) for feature, value in added.items() if feature in differences]
    decimals = decimals_for([value for _, value in known])
    lines = []
    for feature, value in sorted(known, key=lambda one: -abs(one[1])):
        line = f"{written_number(value, decimals, sign=True)} for {differences[feature]}"
        low, high = intervals.get(feature, (math.nan, math.nan))
        ends = [written_number(end, decimals, sign=True) for end in (low, high)]
        if math.isfinite(low) and math.isfinite(high) and ends[0] != ends[1]:
            line += f" ({' to '.join(ends)})"
        lines.append(line)
    return lines
