"""A column's distance from the neighbourhood's mean, as a reader says it: "3 more rooms", "since 41 days later"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lime.domains.tabular.scales import Scale

__all__ = ["MIX", "Unit", "unit_of_column"]

_DAY, _HOUR = 86_400.0, 3_600.0


@dataclass(frozen=True)
class Unit:
    """What one unit of an interpretable feature is in the column's own unit.

    Attributes
    ----------
    kind : {"number", "time", "span", "mix"}
        A number; a point in time; a span of time; a category or bin, which has no distance.
    size : float
        Of numbers in the column's unit, of times in seconds.
    """

    kind: str
    size: float = 1.0

    def words(self, name: str, feature: str, moved: float) -> str:
        """Return the words for a distance.

        Parameters
        ----------
        name : str
            Of the column.
        feature : str
            The same with its category or bin.
        moved : float
            The distance in units of the interpretable feature.
        """
        if self.kind == "mix":
            return f"{feature} against the neighbourhood's mix"
        amount = abs(moved * self.size)
        if self.kind == "number":
            return f"{_written(amount)} {'more' if moved >= 0 else 'less'} {name}"
        more, less = ("later", "earlier") if self.kind == "time" else ("longer", "shorter")
        return f"{name} {_span(amount)} {more if moved >= 0 else less}"


MIX = Unit("mix")


def unit_of_column(scale: Scale | None, spread: float) -> Unit:
    """Return the unit of a numeric column.

    Parameters
    ----------
    scale : Scale or None
        How its values stand in the matrix, where these are no plain numbers.
    spread : float
        Its standard deviation.
    """
    size = float(spread) if spread > 0.0 else 1.0
    if scale is None or scale.what in ("integer", "decimal", "period"):
        return Unit("number", size)
    return Unit("span" if scale.what == "timedelta" else "time", size * scale.unit / 1e6)


def _written(amount: float) -> str:
    if amount >= 100.0:
        return f"{amount:,.0f}"
    return np.format_float_positional(float(f"{amount:.3g}"), trim="-") if amount >= 1e-4 else f"{amount:.3g}"


def _span(seconds: float) -> str:
    for size, one, several in ((_DAY, "day", "days"), (_HOUR, "hour", "hours"), (1.0, "second", "seconds")):
        if seconds >= size or size == 1.0:
            text = _written(seconds / size)
            return f"{text} {one if text == '1' else several}"
    return ""
