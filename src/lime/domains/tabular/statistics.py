"""Statistics that a user gives in place of training data, judged before they are used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

STATISTICS = ("means", "mins", "maxs", "stds", "feature_values", "feature_frequencies")


def check_keys(stats: Any) -> None:
    """Refuse statistics that are no mapping or lack a key."""
    if not isinstance(stats, Mapping):
        raise ValueError(f"training_data_stats={stats!r}: expected a mapping with {list(STATISTICS)}")
    missing = [key for key in STATISTICS if key not in stats]
    if missing:
        raise ValueError(f"training_data_stats lacks {missing}: expected the keys {list(STATISTICS)}")


def check_bins(stats: Mapping[str, Any], cut: Collection[int]) -> None:
    """Refuse edges, or moments of bins, that are not given by column, one for each bin."""
    bins = stats.get("bins")
    if bins is None:
        return  # the discretizer names the columns without edges
    if not isinstance(bins, Mapping):
        raise ValueError(
            f"training_data_stats['bins'] is of type {type(bins).__name__}: expected a dict from the position of each "
            "numeric column to its inner edges"
        )
    for j in sorted(cut):
        if j not in bins:
            continue
        edges = _numbers(bins[j])
        if edges is None:
            raise ValueError(f"training_data_stats['bins'][{j}]={bins[j]!r}: expected a list of the bins' inner edges")
        count = len(np.unique(edges)) + 1
        for key in ("means", "stds", "mins", "maxs"):
            entry = _entry(stats, key, j)
            given = _numbers(entry)
            if given is None or len(given) < count:
                raise ValueError(
                    f"training_data_stats[{key!r}][{j}]={entry!r}: expected a list of {count} numbers, one "
                    "for each bin of the column"
                )


def frequencies_of(stats: Mapping[str, Any], j: int, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the values of column j, and how often each occurs."""
    found = []
    for key in ("feature_values", "feature_frequencies"):
        entry = _entry(stats, key, j)
        given = _numbers(entry)
        if given is None:
            raise ValueError(
                f"training_data_stats[{key!r}][{j}]={entry!r}: expected a list of numbers for column "
                f"{name!r}, which are numbers of bins where the column is cut"
                if key == "feature_values"
                else f"training_data_stats[{key!r}][{j}]={entry!r}: expected a list of frequencies for "
                f"column {name!r}, one for each of its feature_values"
            )
        found.append(given)
    values, counts = found
    if len(values) != len(counts) or not (counts >= 0).all() or not counts.sum() > 0:
        raise ValueError(
            f"training_data_stats['feature_frequencies'][{j}]={counts.tolist()}: expected a frequency of 0 or more for "
            f"each of the {len(values)} feature_values of column {name!r}"
        )
    return values, counts


def _entry(stats: Mapping[str, Any], key: str, j: int) -> Any:
    """What is given for column j, by a dict or by a list of all columns; None where nothing is."""
    try:
        return stats[key][j]
    except (LookupError, TypeError):
        return None


def _numbers(given: Any) -> NDArray[Any] | None:
    """A list of numbers as an array; None where it is none."""
    try:
        array = np.asarray(given)
    except ValueError:  # lists of different lengths
        return None
    return array if array.ndim == 1 and array.size and array.dtype.kind in "biuf" else None
