"""Names of columns: those that users give, and columns that are called by name or position."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lime.domains.tabular.forms import counted, listing, shortened


def check_size(n: int, d: int) -> None:
    """Refuse a table without rows or columns."""
    if n == 0 or d == 0:
        raise ValueError(
            f"training_data has {counted(n, 'row')} and {counted(d, 'column')}; expected at least one of each"
        )


def names_of(labels: list[Hashable], feature_names: Iterable[Any] | None) -> list[str]:
    """Names of the columns: those that a user gives, or the labels themselves."""
    if feature_names is None:
        return [str(label) for label in labels]
    if isinstance(feature_names, str):
        raise ValueError(f"feature_names is the string {feature_names!r}; expected a list of names")
    if not isinstance(feature_names, Iterable):
        raise ValueError(f"feature_names is {shortened(feature_names)}; expected a list of names")
    names = [str(name) for name in feature_names]
    if len(names) != len(labels):
        raise ValueError(
            f"feature_names has {counted(len(names), 'name')}, but the training data has "
            f"{counted(len(labels), 'column')}"
        )
    return names


def lookup(labels: list[Hashable], names: list[str]) -> dict[Hashable, int]:
    """Positions by label and by name. A name that several columns share finds none of them."""
    positions: dict[Hashable, int] = {}
    # Labels of a frame come first: they are what its own rows are named by.
    for keys in (labels, names, [str(label) for label in labels]):
        fresh: dict[Hashable, int] = {}
        shared = set()
        for j, key in enumerate(keys):
            if key in fresh:
                shared.add(key)
            fresh[key] = j
        for key, j in fresh.items():
            if key not in shared:
                positions.setdefault(key, j)
    return positions


def position_of(key: Any, positions: Mapping[Hashable, int]) -> int | None:
    """Position of the column that a key means, by label, name or number; None where it means none."""
    if not isinstance(key, Hashable):
        return None
    found = positions.get(key)
    return positions.get(str(key)) if found is None else found


def resolve_columns(
    features: Iterable[Any] | None, positions: Mapping[Hashable, int], names: list[str]
) -> tuple[int, ...]:
    """Positions of the columns that `categorical_features` lists, each once, in its order."""
    if features is None:
        return ()
    if isinstance(features, str) or not isinstance(features, Iterable):
        raise ValueError(f"categorical_features is {shortened(features)}; expected a list of column names or positions")
    result: list[int] = []
    for feature in features:
        if isinstance(feature, str):
            found = positions.get(str(feature))
            if found is None:
                several = names.count(feature) > 1
                problem = "names several columns" if several else "is no column"
                raise ValueError(
                    f"categorical_features has {str(feature)!r}, which {problem} of the training data; "
                    f"its columns are {listing(names)}"
                )
            result.append(found)
            continue
        try:
            # A boolean is an integer to Python, but a mask is not a list of positions.
            position = None if isinstance(feature, bool | np.bool_) else operator.index(feature)
        except TypeError:
            position = None
        if position is None:
            raise ValueError(f"categorical_features has {shortened(feature)}; expected column names or positions")
        if not 0 <= position < len(names):
            raise ValueError(
                f"categorical_features has the position {position}, but the training data has "
                f"{counted(len(names), 'column')}, 0 to {len(names) - 1}: {listing(names)}"
            )
        result.append(position)
    return tuple(dict.fromkeys(result))


def check_keys(
    categorical_names: Mapping[Any, Any] | Sequence[Any] | None,
    positions: Mapping[Hashable, int],
    names: list[str],
) -> None:
    """Refuse names of categories for columns that there are not."""
    # Positions without a column pass: lists of names that also cover the label's column have always worked.
    if isinstance(categorical_names, Mapping):
        for key in categorical_names:
            if isinstance(key, str) and key not in positions:
                raise ValueError(
                    f"categorical_names has the key {str(key)!r}, which is no column of the training data; "
                    f"its columns are {listing(names)}"
                )
