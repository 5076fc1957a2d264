"""Columns of which exactly one is on in each row: categories that somebody wrote as columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

FEWEST_ROWS = 20
"""Rows below which columns may add up to 1 by chance."""

SEPARATORS = " _.=:/-"
"""What stands between the name of a category's column and the category."""


def find_one_hot(
    matrix: NDArray[np.float64], names: Sequence[str], apart: Collection[int] = ()
) -> dict[str, tuple[int, ...]]:
    """Find columns of 0 and 1 that stand side by side, and of which exactly one is 1 in every row.

    Parameters
    ----------
    matrix : ndarray of float, shape (n, d)
        Training rows.
    names : sequence of str, of length d
    apart : collection of int
        Columns that are in no group.

    Returns
    -------
    dict of str to tuple of int
        Positions of the columns by a name that is made of theirs.
    """
    n, d = matrix.shape
    if n < FEWEST_ROWS:
        return {}
    ones = np.zeros(d, dtype=np.intp)
    for j in range(d):
        column = matrix[:, j]
        binary = j not in apart and bool(((column == 0.0) | (column == 1.0)).all())
        ones[j] = np.count_nonzero(column) if binary else -1
    found: dict[str, tuple[int, ...]] = {}
    start = 0
    while start < d:
        stop, total = start, 0
        while stop < d and 0 < ones[stop] < n and total + ones[stop] <= n:
            total += int(ones[stop])
            stop += 1
            if total == n:
                break
        if total == n and stop - start > 1 and bool((matrix[:, start:stop].sum(axis=1) == 1.0).all()):
            columns = tuple(range(start, stop))
            name = _name([names[j] for j in columns])
            found[name if name not in found else f"{name} ({start} to {stop - 1})"] = columns
            start = stop
        else:
            start += 1
    return found


def _name(members: Sequence[str]) -> str:
    """What the names of some columns have in common; the first and the last of them where they have nothing."""
    length = next(
        (k for k, letters in enumerate(zip(*members, strict=False)) if len(set(letters)) > 1), min(map(len, members))
    )
    common = members[0][:length]
    cut = max((common.rfind(separator) for separator in SEPARATORS), default=-1)
    if cut > 0:
        return common[:cut].rstrip(SEPARATORS) or f"{members[0]} to {members[-1]}"
    return f"{members[0]} to {members[-1]}"
