"""How much features weigh over many rows, from the arrays that hold their explanations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole
from lime.results.columns import Columns

__all__ = ["check_whole", "sizes_by_row", "summed", "weigh_features"]


def check_whole(name: str, value: Any, least: int = 1) -> int:
    """Return `value` as an int if it is a whole number of at least `least`.

    Raises
    ------
    ValueError
        Otherwise; the message names the argument.
    """
    if not is_whole(value) or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {least}")
    return int(value)


def weigh_features(
    pieces: Iterable[Columns], label: int | None, by: str, contributions: bool = False
) -> dict[str, Any]:
    """Names and statistics of all features, as `Explanations.weigh` returns them; all labels where it is None.

    Raises
    ------
    ValueError
        Contributions are asked for and none is known.
    """
    codes: dict[str, int] = {}
    size, square, signed = np.zeros(0), np.zeros(0), np.zeros(0)
    count = np.zeros(0, dtype=np.int64)
    total = unknown = 0
    for columns in pieces:
        wanted = np.ones(len(columns.label), dtype=bool) if label is None else columns.label == label
        total += int(wanted.sum())
        names = [word[1] if by == "name" else word[0] for word in columns.words]
        own = np.array([codes.setdefault(name, len(codes)) for name in names], dtype=np.int64)
        size, square, signed, count = (_grow(one, len(codes)) for one in (size, square, signed, count))
        entry = columns.entry_of_features()
        weights = columns.contribution if contributions else columns.weight
        known = np.isfinite(weights)
        unknown += int((wanted[entry] & ~known).sum())
        kept = wanted[entry] & known
        # What stands several times in one explanation, as a word may, counts once with its sum.
        code, weight = summed(entry[kept], own[columns.word[kept]], weights[kept], max(len(codes), 1))[1:]
        np.add.at(size, code, np.abs(weight))
        np.add.at(square, code, weight**2)
        np.add.at(signed, code, weight)
        np.add.at(count, code, weight != 0)
    if contributions and unknown:
        raise ValueError(
            f"contributions=True: {unknown:,} contributions are not known. The rows were stored without them, or the "
            "surrogate is a regressor of the user's. Explain the rows again, without model_regressor"
        )
    n = max(total, 1)
    spread = np.sqrt(np.maximum(square / n - (size / n) ** 2, 0.0))
    return {
        "names": list(codes),
        "importance": size / n,
        "spread": spread,
        "mean": signed / n,
        "share": count / n,
        "count": count,
    }


def sizes_by_row(pieces: Iterable[Columns]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Place of the row, code of the feature's words, and size of the weight; failed rows have none.

    Sizes are summed over labels, and not weights: those of the two classes of a model are each other's negation.
    """
    codes: dict[str, int] = {}
    found: list[tuple[NDArray[Any], ...]] = [(np.empty(0, int), np.empty(0, int), np.empty(0))]
    before = 0
    for columns in pieces:
        own = np.array([codes.setdefault(word[0], len(codes)) for word in columns.words], dtype=np.int64)
        kept = np.isfinite(columns.weight)
        entry, word, weight = summed(
            columns.entry_of_features()[kept], own[columns.word[kept]], columns.weight[kept], max(len(codes), 1)
        )
        row, word, size = summed(columns.row_of_entries()[entry], word, np.abs(weight), max(len(codes), 1))
        found.append((row + before, word, size))
        before += len(columns)
    rows, words, sizes = (np.concatenate(one) for one in zip(*found, strict=True))
    return rows, words, sizes


def _grow(values: NDArray[Any], size: int) -> NDArray[Any]:
    return np.append(values, np.zeros(size - len(values), dtype=values.dtype))


def summed(
    owner: NDArray[np.int64], code: NDArray[np.int64], weight: NDArray[np.float64], codes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Owners, codes and summed weights, each pair of owner and code once."""
    pairs, inverse = np.unique(owner * codes + code, return_inverse=True)
    sums = np.bincount(inverse.ravel(), weight, minlength=len(pairs)).astype(np.float64)
    return pairs // codes, pairs % codes, sums
