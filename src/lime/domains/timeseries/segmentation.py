"""How a series is cut into segments: by equal length, at change points, or as a user says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime._optional import require
from lime.domains.timeseries.hiding import bridged
from lime.domains.timeseries.series import Series
from lime.engine.inspection import is_whole, raised_in
from lime.engine.wording import counted

DEFAULT_SEGMENTS = 20
"""Segments of equal length where nobody says how many."""

WAYS = ("equal", "change_points")

SHORTEST = 2
"""Places of a segment between two change points, at least."""

PLACES = 2000
"""Places where a change is looked for, at most: each is a step, of a longer series the mean of several."""


def check_segmentation(segmentation: Any) -> None:
    """Refuse what cannot cut a series.

    Raises
    ------
    ValueError
        It is a name that is none of ours, or a number.
    """
    known = isinstance(segmentation, str) and segmentation in WAYS
    if not known and (isinstance(segmentation, str) or segmentation is None or np.ndim(segmentation) == 0):
        if callable(segmentation):
            return
        raise ValueError(
            f"segmentation={segmentation!r}: expected 'equal', 'change_points', edges, a label for each step, "
            "or a function of the series that returns edges or labels"
        )


def check_num_segments(num_segments: Any) -> int | None:
    """Return a number of segments, None where the default is wanted.

    Raises
    ------
    ValueError
        It is no whole number of at least 1.
    """
    if num_segments is None:
        return None
    if not is_whole(num_segments) or num_segments < 1:
        raise ValueError(f"num_segments={num_segments!r}: expected a whole number of at least 1, or None")
    return int(num_segments)


def find_segments(
    series: Series, segmentation: Any = "equal", num_segments: int | None = None
) -> tuple[NDArray[np.intp], list[str]]:
    """Number the segments of a series.

    Parameters
    ----------
    series : Series
    segmentation : str, array or callable
        See `LimeTimeSeriesExplainer`.
    num_segments : int, optional
        How many; about 20 when None.

    Returns
    -------
    segments : ndarray of int, shape (steps,)
        From 0, in the order of time or of the labels that were given.
    notes : list of str
        What a reader must know.

    Raises
    ------
    ImportError
        Change points are wanted, and ruptures is not installed.
    TypeError, ValueError
        Edges or labels do not fit the series.
    """
    steps = len(series.values)
    if isinstance(segmentation, str):
        notes = []
        if num_segments is not None and num_segments > steps:
            notes.append(
                f"num_segments={num_segments}, but the series has {counted(steps, 'step')}: each is a segment."
            )
        count = min(num_segments or DEFAULT_SEGMENTS, steps)
        if segmentation == "equal":
            return np.arange(steps) * count // steps, notes
        return _of_edges(_change_points(series.values, count), steps), notes
    if callable(segmentation):
        own = series.alone(series.values.copy())
        with raised_in("segmentation", "segmentation(series)", f"edges, or {steps} labels"):
            segmentation = segmentation(own)
    return _read(segmentation, steps), []


def _read(given: Any, steps: int) -> NDArray[np.intp]:
    """Edges or labels as numbers of segments."""
    array = np.asarray(given)
    if array.dtype.kind == "f" and array.size and (array == np.rint(array)).all():
        array = array.astype(np.intp)
    if array.ndim != 1 or array.dtype.kind not in "bui":
        raise TypeError(
            f"segmentation is of shape {array.shape} and type {array.dtype}: expected whole numbers, the edges of the "
            f"segments or a label for each of the {counted(steps, 'step')}"
        )
    if len(array) == steps:
        return np.unique(array, return_inverse=True)[1].astype(np.intp).reshape(steps)
    edges = array.astype(np.intp)
    if len(edges) and (edges.min() < 0 or edges.max() > steps or (np.diff(edges) <= 0).any()):
        raise ValueError(
            f"segmentation has {counted(len(edges), 'number')}, which are neither a label for each of the "
            f"{counted(steps, 'step')} nor rising edges from 0 to {steps}"
        )
    return _of_edges(edges, steps)


def _of_edges(edges: NDArray[np.intp], steps: int) -> NDArray[np.intp]:
    inner = edges[(edges > 0) & (edges < steps)]
    found: NDArray[np.intp] = np.searchsorted(inner, np.arange(steps), side="right")
    return found


def _change_points(values: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Where the mean of a series changes most, for at most `count` segments: binary segmentation of ruptures."""
    ruptures = require("ruptures", 'segmentation="change_points"', 'pass segmentation="equal"')
    size = -(-len(values) // PLACES)
    starts = np.arange(0, len(values), size)
    whole = bridged(values.astype(np.float64))
    whole = np.where(np.isfinite(whole), whole, 0.0)
    whole = np.add.reduceat(whole, starts, axis=0) / np.diff(starts, append=len(values))[:, None]
    spread = whole.std(axis=0)
    count = min(count, len(starts) // SHORTEST)
    if not (spread > 0).any() or count < 2:
        return np.empty(0, dtype=np.intp)
    # Channels count alike, whatever their unit.
    scaled = (whole - whole.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    search = ruptures.Binseg(model="l2", min_size=SHORTEST, jump=1).fit(scaled)
    return size * np.asarray(search.predict(n_bkps=count - 1), dtype=np.intp)
