"""Names of columns: those that users give, and columns that are called by name or position."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lime.domains.tabular.forms import counted, listing, shortened
from lime.engine.warn import warn_user


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
    if not isinstance(feature_names, Iterable):
        raise ValueError(f"feature_names is {shortened(feature_names)}; expected a list of names")
    names = [str(name) for name in feature_names]
    if isinstance(feature_names, str) and len(names) >= len(labels):
        warn_user(
            f"feature_names is the string {feature_names!r}: each letter is taken for a name; expected a list of names"
        )
    if isinstance(feature_names, set | frozenset):
        warn_user(
            "feature_names is a set, which has no order: names may stand beside wrong columns; expected a list of names"
        )
    if len(names) > len(labels):
        warn_user(
            f"feature_names has {len(names)} names, but the training data has {counted(len(labels), 'column')}: only "
            f"the first are used, and {listing(names[len(labels) :])} left out"
        )
        names = names[: len(labels)]
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
    features: Iterable[Any] | None, positions: Mapping[Hashable, int], names: list[str], is_array: bool = False
) -> tuple[int, ...]:
    """Positions of the columns that `categorical_features` lists, each once, in its order.

    Of arrays, entries that mean no column are left out with a warning, as programs of lime 0.2.0.1 have them.
    """
    if features is None:
        return ()
    if isinstance(features, str) and features in positions and is_array:
        warn_user(f"categorical_features is the name {features!r}: expected a list of names, such as [{features!r}]")
        features = [features]
    if isinstance(features, str) or not isinstance(features, Iterable):
        raise ValueError(f"categorical_features is {shortened(features)}; expected a list of column names or positions")
    result: list[int] = []
    features = list(features)
    if is_array:
        features = _known_columns(features, positions, names)
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


def _known_columns(features: list[Any], positions: Mapping[Hashable, int], names: list[str]) -> list[Any]:
    """Entries of `categorical_features` that mean a column of an array; of all others a warning."""
    d = len(names)
    if len(features) == d and all(isinstance(feature, bool | np.bool_) for feature in features):
        warn_user(
            "categorical_features is a list of True and False: it is taken for a mask; expected names or positions"
        )
        return [j for j, feature in enumerate(features) if feature]
    known: list[Any] = []
    unknown: list[Any] = []
    for feature in features:
        if isinstance(feature, str):
            (known if feature in positions or names.count(feature) > 1 else unknown).append(feature)
            continue
        whole = isinstance(feature, float | np.floating) and feature.is_integer()
        position = int(feature) if whole else feature
        try:
            place = operator.index(position)
        except TypeError:
            unknown.append(feature)
            continue
        if isinstance(feature, bool | np.bool_):
            known.append(feature)
        elif -d <= place < 0:
            warn_user(
                f"categorical_features has {place}: it is taken for the column {names[place]!r}, counted from the end"
            )
            known.append(place + d)
        else:
            (known if place < d and place >= 0 else unknown).append(position)
    if unknown:
        warn_user(
            f"categorical_features has {listing(unknown)}, but the training data has no such column: left out; its "
            f"{counted(d, 'column')} are {listing(names)}"
        )
    return known


def check_keys(
    categorical_names: Mapping[Any, Any] | Sequence[Any] | None,
    positions: Mapping[Hashable, int],
    names: list[str],
    is_array: bool = False,
) -> None:
    """Refuse names of categories for columns that there are not; of arrays they are left out with a warning."""
    # Positions without a column pass: lists of names that also cover the label's column have always worked.
    if isinstance(categorical_names, Mapping):
        for key in categorical_names:
            if isinstance(key, str) and key not in positions:
                message = (
                    f"categorical_names has the key {str(key)!r}, which is no column of the training data; "
                    f"its columns are {listing(names)}"
                )
                if not is_array:
                    raise ValueError(message)
                warn_user(message)


def names_now(feature_names: Sequence[str], columns: Sequence[Any]) -> tuple[str, ...]:
    """Names of the columns: `feature_names` as they are at the call, which programs set after construction."""
    names = tuple(feature_names)
    if len(names) != len(columns):
        raise ValueError(f"feature_names has {len(names)} names: expected {len(columns)}, one for each column")
    return names
