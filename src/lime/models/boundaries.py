"""Comparisons of all libraries in one form: a number goes left where it is below a threshold, in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def at_most(threshold: NDArray[Any]) -> NDArray[np.float64]:
    """Thresholds of ``x <= threshold``."""
    result: NDArray[np.float64] = np.nextafter(np.asarray(threshold, dtype=np.float64), np.inf)
    return result


def at_most_in_single(threshold: NDArray[Any]) -> NDArray[np.float64]:
    """Thresholds of ``float32(x) <= threshold``, where the threshold may be of either precision."""
    given = np.asarray(threshold, dtype=np.float64)
    with np.errstate(over="ignore"):
        nearest = given.astype(np.float32)
        last = np.where(nearest.astype(np.float64) <= given, nearest, np.nextafter(nearest, np.float32(-np.inf)))
    return _after(last)


def below_in_single(threshold: NDArray[Any]) -> NDArray[np.float64]:
    """Thresholds of ``float32(x) < threshold``, where the threshold is of single precision."""
    with np.errstate(over="ignore"):
        return _after(np.nextafter(np.asarray(threshold, dtype=np.float32), np.float32(-np.inf)))


def _after(last: NDArray[np.float32]) -> NDArray[np.float64]:
    """The least double that rounds to more than a number of single precision; ties go to the even one."""
    last = np.asarray(last, dtype=np.float32)
    with np.errstate(over="ignore"):
        middle = 0.5 * (last.astype(np.float64) + np.nextafter(last, np.float32(np.inf)).astype(np.float64))
    is_even = (last.view(np.int32) & 1) == 0
    result: NDArray[np.float64] = np.where(is_even, np.nextafter(middle, np.inf), middle)
    return result
