"""A feature that stands for several, opened: the weights of its members, from the samples of the explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments
from lime.engine.precision import unit_of
from lime.engine.surrogate import ALPHA, fit, in_unit

if TYPE_CHECKING:
    from lime.results.explanation import Explanation

__all__ = ["Members", "open_group"]

USUAL_SAMPLES = 5000
"""Samples at which the ridge penalty has its full size; with fewer it shrinks with them."""


@dataclass(frozen=True, eq=False)
class Members:
    """What a feature consists of, and how samples see it.

    Attributes
    ----------
    name : str
        Of the feature.
    columns : tuple of str
        Names of the members that vary by themselves.
    words : tuple of str
        What a reader calls each, with what it has in the instance.
    table : ndarray of bool, shape (k, m)
        Whether each member is as in the instance, in each cell.
    cells : ndarray of int, shape (n,)
        Cell of each sample.
    """

    name: str
    columns: tuple[str, ...]
    words: tuple[str, ...]
    table: NDArray[np.bool_]
    cells: NDArray[np.integer[Any]]


def open_group(exp: Explanation, group: Any, label: Any = None) -> list[dict[str, Any]]:
    """Weights of the members of a group; see `Explanation.open_group`.

    Parameters
    ----------
    exp : Explanation
    group : str or int
    label : int, str or None

    Returns
    -------
    list of dict

    Raises
    ------
    KeyError
        There is no such group, or the label was not explained.
    ValueError
        The samples are gone.
    """
    label = exp.resolve_label(label)
    data, found = exp.fit_data, exp.group_members
    if data is None or not found:
        raise ValueError(
            "there is no group to open: expected an explanation with groups of columns, as its explainer made it, and "
            "not one that was stored, pickled, copied or made for many rows"
        )
    feature = _feature(found, group)
    members = found[feature]
    place = {int(one): column for column, one in enumerate(data.features.tolist())}
    others = [int(one) for one, _ in exp.local_exp[label] if int(one) != feature]
    z = np.asarray(data.z[:, [place[one] for one in others]], dtype=np.float64)
    own = members.table[members.cells].astype(np.float64)
    if len(z) == len(own) + 1:  # the instance is the first of the samples
        own = np.concatenate([np.ones((1, own.shape[1])), own])
    y = data.predictions[:, 0 if len(data.labels) == 1 else data.labels.index(label)]
    unit = float(unit_of(y))
    moments = Moments(np.column_stack([z, own]), (y / unit)[:, None], data.weights)
    every = np.arange(moments.d)
    instance = np.append(data.instance[[place[one] for one in others]], np.ones(own.shape[1]))
    alpha = ALPHA * min(1.0, len(y) / USUAL_SAMPLES)
    fitted = in_unit(fit(moments, 0, every, instance, alpha, groups=data.groups), unit)
    sign = -1.0 if exp.mirrored and label == 0 else 1.0
    errors = np.full(moments.d, np.nan) if fitted.standard_errors is None else fitted.standard_errors
    if data.exact:
        errors = np.zeros(moments.d)
    return [
        {"name": name, "feature": words, "weight": sign * float(weight), "standard_error": float(error)}
        for name, words, weight, error in zip(
            members.columns, members.words, fitted.coefficients[len(others) :], errors[len(others) :], strict=True
        )
    ]


def _feature(found: Mapping[int, Members], group: Any) -> int:
    for feature, members in found.items():
        if group in (feature, members.name) and not isinstance(group, bool):
            return feature
    known: Sequence[str] = [members.name for members in found.values()]
    raise KeyError(f"{group!r} is no group of this explanation: expected one of {', '.join(map(repr, known))}")
