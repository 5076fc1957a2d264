"""What explanations of pictures and of time series share: weights of segments at their places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime import _upper
from lime.results.mapper import describe_feature
from lime.results.surrogates import OF_PAIR


def weights_at(pairs: Iterable[tuple[Any, Any]], segments: NDArray[Any]) -> NDArray[np.float64]:
    """The weight of the segment at each place; 0 where it has none.

    Parameters
    ----------
    pairs : iterable of (int segment, float weight)
    segments : ndarray of int
        The label of the segment at each place.

    Returns
    -------
    ndarray of float
        In the shape of `segments`.
    """
    weights = {int(segment): float(weight) for segment, weight in pairs}
    labels, codes = np.unique(segments, return_inverse=True)
    by_code = np.array([weights.get(int(label), 0.0) for label in labels])
    found: NDArray[np.float64] = by_code[codes].reshape(segments.shape)
    return found


def add_places(records: list[dict[str, Any]], mapper: Any, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Add to records of segments, in place, where each of them lies.

    Parameters
    ----------
    records : list of dict
        As `Explanation.records` gives them.
    mapper : DomainMapper
    keys : sequence of str
        What the mapper tells of a place.
    """
    plain = _upper.plain
    for record in records:
        # What is about two segments together lies nowhere.
        described = {} if record["index"] == OF_PAIR else describe_feature(mapper, record["index"])
        record.update({key: plain(described.get(key)) for key in keys})
    return records
