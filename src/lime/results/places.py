"""Which of many rows are meant: a place, a name, a slice, a mask or a list of places or names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["one_place", "places_of"]

Ids = Callable[[], NDArray[Any]]
"""Gives the names of all rows, where they are asked for: reading them may take time."""


def places_of(asked: Any, n: int, ids: Ids) -> NDArray[np.int64] | None:
    """Return the places that a slice, a mask or a list means; None where one row is asked for.

    Parameters
    ----------
    asked : slice, list or array
        Also a column of a frame, as a mask.
    n : int
        How many rows there are.
    ids : callable
        Gives their names.

    Raises
    ------
    IndexError
        A place or a mask is out of bounds.
    KeyError
        A name is of no row, or of several.
    TypeError
        It is none of these.
    """
    if isinstance(asked, slice):
        return np.arange(*asked.indices(n))
    if not isinstance(asked, list) and not getattr(asked, "ndim", 0) and not hasattr(asked, "to_numpy"):
        return None
    chosen = np.asarray(asked)
    # A mask of a frame's library may be an array of objects, since it may have missing values.
    if chosen.dtype == object and len(chosen) and all(isinstance(one, bool | np.bool_) for one in chosen):
        chosen = chosen.astype(bool)
    if chosen.dtype == bool:
        if chosen.shape != (n,):
            raise IndexError(f"a mask of shape {chosen.shape} for {n} rows")
        return np.flatnonzero(chosen)
    return np.array([one_place(one, n, ids) for one in chosen.tolist()], dtype=np.int64)


def one_place(asked: Any, n: int, ids: Ids) -> int:
    """Return the place of one row.

    Parameters
    ----------
    asked : int or str
        A place, which may count from the end, or a name.
    n : int
        How many rows there are.
    ids : callable
        Gives their names.

    Raises
    ------
    IndexError
        There is no such place.
    KeyError
        The name is of no row, or of several.
    TypeError
        It is neither a whole number nor a name.
    """
    if isinstance(asked, str):
        found = np.flatnonzero(ids().astype(str) == asked)
        if len(found) != 1:
            many = f"{len(found)} rows are called so: expected a place" if len(found) else "no row is called so"
            raise KeyError(f"id {asked!r}: {many}")
        return int(found[0])
    try:
        number = asked.__index__()
    except AttributeError:
        raise TypeError(
            f"a place is {asked!r}: expected a whole number, a slice, a name, a mask or a list of these"
        ) from None
    if not -n <= number < n:
        raise IndexError(f"place {number} of {n} explained rows")
    return int(number) % n
