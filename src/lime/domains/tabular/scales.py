"""Values that no float holds as they are: dates, spans of time, periods, decimals, and whole numbers beyond 2^53.

A column of them is a number in the table's matrix while draws are made, and what it was wherever a model or a reader
sees it. A number counts units from the column's origin, so that it is exact where a float of the value would not be.
"""

from __future__ import annotations

import datetime
import decimal
import numbers
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lime.domains.tabular.forms import is_missing, shortened

EXACT = 2**53
"""Whole numbers up to this are floats."""

_TICK = datetime.timedelta(microseconds=1)
_DAY, _SECOND = 86_400_000_000, 1_000_000
_EPOCH = datetime.datetime(1970, 1, 1)
_FIRST, _LAST = (datetime.datetime.min - _EPOCH) // _TICK, (datetime.datetime.max - _EPOCH) // _TICK
# What numpy's and pandas' nanoseconds reach, with a second to spare.
_NANOSECONDS = (2**63 - 1) // 1000 - _SECOND
_LONGEST = datetime.timedelta.max // _TICK
# Python's context would round what has more digits than it.
_EVERY_DIGIT = decimal.Context(prec=2000, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
# Microseconds in the units that columns of times are stored in.
_STORED = {"s": _SECOND, "ms": 1000, "us": 1}

What = Literal["integer", "decimal", "date", "datetime", "timedelta", "period"]


@dataclass(frozen=True)
class Scale:
    """How the values of a column stand in the matrix: ``(ticks - origin) / unit``.

    Attributes
    ----------
    what : {"integer", "decimal", "date", "datetime", "timedelta", "period"}
        What the values are. A tick is 1, the last decimal place, a microsecond, or a period.
    origin, unit : int
        In ticks. All values of the training data are whole numbers of units, but for decimals.
    low, high : int
        Ticks that the column can store.
    detail : str, optional
        Time zone of times, frequency of periods.
    form : str, optional
        Name of the type of the values, where the column held Python objects.
    is_rounded : bool
        Whether floats stand for decimals with more digits than they have.
    """

    what: What
    origin: int
    unit: int
    low: int
    high: int
    detail: str | None = None
    form: str | None = None
    is_rounded: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether draws are whole numbers of units."""
        return self.what != "decimal"

    def number(self, value: Any, argument: str, name: str) -> float:
        """Return the number of one value that is not missing.

        Raises
        ------
        ValueError
            If the value is of another kind, or no float holds it.
        """
        ticks = self.tick_of(value)
        if ticks is None:
            raise ValueError(
                f"{argument} has {shortened(value)} in column {name!r}, which held {self.expected} in the training data"
            )
        number = (ticks - self.origin) / self.unit
        exact = self.is_rounded or abs(ticks - self.origin) <= EXACT
        # A time that is not exact to the microsecond after centuries is close enough; a number is not.
        if not self.low <= ticks <= self.high or (not exact and self.what in ("integer", "decimal")):
            raise ValueError(
                f"{argument} has {shortened(value)} in column {name!r}, which is too large to reach the model "
                "unchanged: leave the column out, or pass a smaller number"
            )
        return number

    def ticks(self, column: npt.NDArray[np.float64]) -> list[int]:
        """Ticks of numbers that are not missing, as far as the column can store them."""
        if self.is_rounded:
            # Of a float, the digits that tell it from others: the rest are none of the data's.
            exact = [_EVERY_DIGIT.multiply(Decimal(repr(value)), Decimal(self.unit)) for value in column.tolist()]
            return [min(max(int(tick.to_integral_value(context=_EVERY_DIGIT)), self.low), self.high) for tick in exact]
        span = (self.low - self.origin, self.high - self.origin)
        whole = [int(tick) for tick in np.rint(column * self.unit).tolist()]
        return [self.origin + min(max(tick, span[0]), span[1]) for tick in whole]

    def bound(self, number: float) -> float:
        """Return an edge as a number that means something outside: seconds, since 1970 for times, or the value."""
        if self.what in ("integer", "period"):
            return float(self.origin + number)
        if self.what == "decimal":
            return float(number)
        return (self.origin + number * self.unit) / _SECOND

    def texts(self, edges: npt.NDArray[np.float64]) -> list[str]:
        """Write some numbers so that different ones look different."""
        if self.what in ("integer", "decimal"):
            digits = Decimal(self.origin if self.what == "integer" else 0)
            return [f"{digits + Decimal(float(edge)):.2f}" for edge in edges]
        # Of whole days, "up to the half of the 5th" is "up to the 5th".
        texts = [self.text(float(np.floor(edge))) for edge in edges]
        return texts if len(set(texts)) == len(texts) else [self.text(float(edge)) for edge in edges]

    def text(self, number: float) -> str:
        """Write one number as the value that it stands for."""
        (value,) = self.objects(np.array([number]))
        if self.what in ("date", "datetime") and self.unit % _DAY == 0 and self.detail is None:
            day = (self.ticks(np.array([number]))[0]) % _DAY == 0
            return str(value.isoformat()[:10]) if day else _written(value)
        return _written(value)

    def plain(self, number: float) -> Any:
        """Return the value as what every form of a result can hold: a number, or a text."""
        if self.what == "integer":
            return self.ticks(np.array([number]))[0]
        return float(number) if self.what == "decimal" else self.text(number)

    def objects(self, column: npt.NDArray[np.float64]) -> list[Any]:
        """Python values of numbers that are not missing."""
        ticks = self.ticks(column)
        if self.what == "integer":
            return ticks
        if self.what == "decimal":
            places = len(str(self.unit)) - 1
            values = [Decimal(tick).scaleb(-places) for tick in ticks]
            return [Decimal(f"{value.normalize():f}") for value in values] if self.is_rounded else values
        if self.what == "period":
            import pandas as pd

            return [pd.Period(ordinal=tick, freq=self.detail) for tick in ticks]
        if self.what == "timedelta":
            spans = [datetime.timedelta(microseconds=tick) for tick in ticks]
            return [_pandas_type("Timedelta")(span) for span in spans] if self.form == "Timedelta" else spans
        times = [_EPOCH + datetime.timedelta(microseconds=tick) for tick in ticks]
        if self.what == "date":
            return [time.date() for time in times]
        if self.detail is not None:
            zone = _zone(self.detail)
            times = [time.replace(tzinfo=datetime.UTC).astimezone(zone) for time in times]
        return [_pandas_type("Timestamp")(time) for time in times] if self.form == "Timestamp" else times

    def stored(self, column: npt.NDArray[np.float64], unit: str) -> npt.NDArray[np.int64]:
        """Whole numbers of days ("D") or of parts of seconds, as columns of times store them; 0 where missing."""
        ticks = np.array(self.ticks(np.where(np.isnan(column), 0.0, column)), dtype=np.int64)
        if unit == "ns":
            return ticks * 1000
        return ticks // (_DAY if unit == "D" else _STORED[unit])

    @property
    def expected(self) -> str:
        """What values the column holds, in words for messages."""
        zone = "" if self.what != "datetime" else " without a time zone" if self.detail is None else " with a time zone"
        names = {"integer": "whole numbers", "decimal": "decimals", "timedelta": "spans of time"}
        return names.get(self.what, f"{self.what}s" if self.what != "datetime" else f"times{zone}")

    def tick_of(self, value: Any) -> int | None:
        """Ticks of a value; None where it is of another kind."""
        if isinstance(value, np.datetime64 | np.timedelta64):
            value = value.astype(f"{value.dtype.kind}8[us]").item()
        elif isinstance(value, np.generic):
            value = value.item()
        if self.what == "integer":
            return _whole(value)
        if self.what == "decimal":
            if (
                isinstance(value, bool)
                or not isinstance(value, numbers.Real | Decimal)
                or not np.isfinite(float(value))
            ):
                return None
            exact = _EVERY_DIGIT.multiply(Decimal(str(value)), Decimal(self.unit))
            return int(exact.to_integral_value(context=_EVERY_DIGIT))
        if self.what == "period":
            return _ordinal(value, str(self.detail))
        if self.what == "timedelta":
            return int(value // _TICK) if isinstance(value, datetime.timedelta) else None
        if isinstance(value, str):
            try:
                value = datetime.datetime.fromisoformat(value)
            except ValueError:
                return None
        if isinstance(value, datetime.datetime):
            if value.tzinfo is None and self.detail is not None:
                value = value.replace(tzinfo=_zone(self.detail))
            elif value.tzinfo is not None and self.detail is None:
                return None
            epoch = _EPOCH if value.tzinfo is None else _EPOCH.replace(tzinfo=datetime.UTC)
            return int((value - epoch) // _TICK)
        if isinstance(value, datetime.date):
            return (value.toordinal() - _EPOCH.toordinal()) * _DAY
        return None


@dataclass(frozen=True)
class ValueKind:
    """What the values of a column are, which no float holds as they are.

    Attributes
    ----------
    what : {"integer", "decimal", "date", "datetime", "timedelta", "period"}
    dtype : object
        The column's own type.
    detail : str, optional
        Time zone of times, frequency of periods.
    form : str, optional
        Name of the type of the values, where the column held Python objects.
    """

    what: What
    dtype: Any
    detail: str | None = None
    form: str | None = None


def scale_of(kind: ValueKind, values: Sequence[Any], name: str) -> tuple[Scale, npt.NDArray[np.float64]]:
    """Learn the scale of a column from its values, and turn these into numbers, NaN where they are missing.

    Raises
    ------
    ValueError
        If values are too far apart for floats to tell them apart, or not all of one kind.
    """
    what, dtype, detail, form = kind.what, kind.dtype, kind.detail, kind.form
    given = [value for value in values if not is_missing(value)]
    unit, low, high = 1, *_reach(what, dtype, form)
    if what == "decimal":
        exponents = [Decimal(str(value)).as_tuple().exponent for value in given]
        if not all(isinstance(exponent, int) for exponent in exponents):
            raise ValueError(f"training_data has a decimal that is no finite number in column {name!r}")
        places = max([0, *(-int(exponent) for exponent in exponents)])
        unit = 10**places
        precise = re.search(r"decimal\w*\((?:precision=)?(\d+), (?:scale=)?(\d+)\)", str(dtype).lower())
        high = 10 ** (int(precise[1]) - int(precise[2]) + places) - 1 if precise else high
        low = -high
    bare = Scale(what, 0, 1 if what != "decimal" else unit, low, high, detail, form)
    ticks = [bare.tick_of(value) for value in given]
    if any(tick is None for tick in ticks):
        odd = next(value for value, tick in zip(given, ticks, strict=True) if tick is None)
        raise ValueError(f"training_data has {shortened(odd)} in column {name!r} among {bare.expected}")
    known = [tick for tick in ticks if tick is not None]
    origin = 0
    if what != "decimal" and known:
        origin = min(known)
    if what in ("date", "datetime", "timedelta"):
        # Days are days where all are whole ones: draws then look like the data.
        unit = next(
            (one for one in (_DAY, 3600 * _SECOND, 60 * _SECOND, _SECOND) if all(tick % one == 0 for tick in known)), 1
        )
        unit = _DAY if what == "date" else unit
    span = max((abs(tick - origin) for tick in known), default=0)
    if what == "decimal" and (span > EXACT or not all(isinstance(value, Decimal) for value in given)):
        # As floats, as the model's own arithmetic most likely has them.
        reach = high if precise else 10 ** (places + 308)
        scale = Scale(what, 0, unit, -reach, reach, detail, form, is_rounded=True)
    elif span > EXACT and what == "integer":
        raise ValueError(
            f"training_data has numbers in column {name!r} that are too large, and too far apart, to reach the model "
            "unchanged; drop the column if it is an identifier, list it in categorical_features, or pass it as floats"
        )
    else:
        scale = Scale(what, origin, unit, low, high, detail, form)
    result = np.full(len(values), np.nan)
    result[[not is_missing(value) for value in values]] = [(tick - scale.origin) / scale.unit for tick in known]
    return scale, result


def what_is(value: Any) -> What | None:
    """What kind of scale a Python value needs; None where it needs none."""
    if isinstance(value, Decimal):
        return "decimal"
    if type(value).__name__ == "Period":
        return "period"
    if isinstance(value, datetime.timedelta):
        return "timedelta"
    if isinstance(value, datetime.date):
        return "datetime" if isinstance(value, datetime.datetime) else "date"
    return None


def detail_of(value: Any, what: What) -> str | None:
    """Time zone or frequency of a Python value."""
    if what == "period":
        return str(value.freqstr)
    zone = getattr(value, "tzinfo", None)
    return None if zone is None else str(zone)


def exceeds_floats(values: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers, read as floats, may have been rounded."""
    return bool((np.abs(values) >= EXACT).any())


def _whole(value: Any) -> int | None:
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real | Decimal):
        number = float(value)
        if abs(number) < EXACT and number.is_integer() and number == value:
            return int(number)
    return None


def _ordinal(value: Any, freq: str) -> int | None:
    if isinstance(value, str):
        try:
            value = _pandas_type("Period")(value, freq=freq)
        except ValueError:
            return None
    return int(value.ordinal) if getattr(value, "freqstr", None) == freq else None


def _reach(what: What, dtype: Any, form: str | None) -> tuple[int, int]:
    """Smallest and largest ticks that a column stores."""
    text = str(dtype).lower()
    if what == "integer":
        found = re.search(r"(u?)int(\d+)", text)
        if found is None:
            return -(2**127), 2**127
        bits = int(found[2])
        return (0, 2**bits - 1) if found[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if what == "period":
        return -(10**6), 10**14
    if what == "decimal":
        return -(10**40), 10**40
    low, high = (-_LONGEST, _LONGEST) if what == "timedelta" else (_FIRST, _LAST)
    if re.search(r"\bns\b|nanosecond|'ns'", text) or form in ("Timestamp", "Timedelta"):
        low, high = max(low, -_NANOSECONDS), min(high, _NANOSECONDS)
    return low, high


def _zone(name: str) -> datetime.tzinfo:
    found = re.fullmatch(r"(?:UTC)?([+-])(\d\d):(\d\d)", name)
    if found is not None:
        offset = datetime.timedelta(hours=int(found[2]), minutes=int(found[3]))
        return datetime.timezone(offset if found[1] == "+" else -offset)
    if name.upper() == "UTC":
        return datetime.UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _written(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        text = value.isoformat(sep=" ", timespec="auto")
        return text.replace(":00+", "+", 1) if value.second == 0 else text
    return str(value)


def _pandas_type(name: str) -> Any:
    import pandas as pd

    return getattr(pd, name)
