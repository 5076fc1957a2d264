"""Batches in any form that models take: how many inputs there are, and some of them as a batch of the same form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray


def count_inputs(batch: Any) -> int:
    """Count the inputs of a batch.

    Parameters
    ----------
    batch : array, tensor, sparse matrix, frame, sequence or mapping of columns
        What a model is given.

    Returns
    -------
    int
    """
    if hasattr(batch, "shape"):  # a sparse matrix has no length
        return int(batch.shape[0])
    if isinstance(batch, Mapping):
        return count_inputs(next(iter(batch.values()))) if batch else 0
    return len(batch)


def take_inputs(batch: Any, places: NDArray[np.intp]) -> Any:
    """Take some inputs of a batch.

    Parameters
    ----------
    batch : array, tensor, sparse matrix, frame, sequence or mapping of columns
        What a model is given.
    places : ndarray of int
        Which of its inputs, in the order that is wanted.

    Returns
    -------
    object
        A batch of the same form; this one itself where it is all of it.
    """
    if len(places) == count_inputs(batch) and bool((places == np.arange(len(places))).all()):
        return batch
    if isinstance(batch, Mapping):
        return {name: take_inputs(column, places) for name, column in batch.items()}
    if isinstance(batch, list | tuple):
        found = [batch[place] for place in places.tolist()]
        return tuple(found) if isinstance(batch, tuple) else found
    if nw.dependencies.is_into_series(batch):
        return nw.from_native(batch, series_only=True)[places.tolist()].to_native()
    if nw.dependencies.is_into_dataframe(batch):
        return nw.from_native(batch, eager_only=True)[places.tolist()].to_native()
    rows = batch.tocsr() if hasattr(batch, "tocsr") else batch
    return rows[places] if isinstance(rows, np.ndarray) or hasattr(rows, "tocsr") else rows[places.tolist()]
