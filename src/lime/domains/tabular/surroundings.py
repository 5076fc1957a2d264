"""The draws of a table as the method sees them around one row: agreement with it, column by column, and distances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from lime.domains.tabular.columns import Draws, Law, Normal, codes_of, rows_of
from lime.engine.kernels import disagreements, distances_to


@dataclass(frozen=True)
class Shared:
    """What all rows of a table share where the draws do not depend on the row.

    Attributes
    ----------
    draws : Draws
    answers : ndarray of float, shape (n, k)
        The model's answers to them.
    laws : list of Law
    calls : int
        How many rows the model was asked about.
    odd : list of str
        What is odd about the answers.
    """

    draws: Draws
    answers: NDArray[np.float64]
    laws: list[Law]
    calls: int
    odd: list[str]


@dataclass(frozen=True)
class Surroundings:
    """Draws as the method sees them around one row.

    Attributes
    ----------
    z : ndarray of bool or float, shape (n, m)
        Interpretable features of the draws.
    instance : ndarray of float, shape (m,)
        Those of the row.
    far : ndarray of float, shape (n,), or None
        Distances; None where `steps` has their squares.
    steps : ndarray of int, shape (n,), or None
        Squared distances, where these are whole numbers.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    bins : ndarray of float, shape (d,), or None
        The row with its numbers replaced by those of their bins.
    strangers : list of str
        A sentence for each value of the row that was never drawn from.
    shared : bool
        Whether other rows have the same draws; an explanation does not keep them then.
    constant : ndarray of bool, shape (m,), or None
        Which columns have one value in the training data, and the row has it too.
    odd : list of str, or None
        What is odd about the model's answers, where it was looked for before.
    """

    z: NDArray[Any]
    instance: NDArray[np.float64]
    far: NDArray[np.float64] | None
    groups: NDArray[np.intp] | None
    bins: NDArray[np.float64] | None
    strangers: list[str]
    shared: bool = False
    constant: NDArray[np.bool_] | None = None
    odd: list[str] | None = None
    steps: NDArray[Any] | None = None

    def at(self, rows: NDArray[np.intp]) -> Surroundings:
        """Those of some of the draws."""
        far = None if self.far is None else self.far[rows]
        groups = None if self.groups is None else self.groups[rows]
        steps = None if self.steps is None else self.steps[rows]
        return replace(self, z=rows_of(self.z, rows), far=far, groups=groups, steps=steps)


def surround(
    draws: Draws,
    laws: Sequence[Law],
    row: NDArray[np.float64],
    columns: NDArray[np.intp],
    bins: NDArray[np.float64] | None,
    scaler: StandardScaler,
    names: Sequence[str],
    distance_metric: str | Callable[..., float],
) -> Surroundings:
    """The draws around a row (d,), whose `columns` (m,) were drawn from `laws`; `names` are those of all columns."""
    z, instance, codes = interpret(draws, laws, row, columns, bins, scaler)
    strangers = [
        f"The value of {names[columns[place]]} does not occur in the training data: nothing can be said about its "
        "effect, and its weight is 0."
        for place in np.flatnonzero(codes < 0)
    ]
    alike = [law.is_constant(code) for law, code in zip(laws, codes.tolist(), strict=True)]
    constant = np.array(alike, dtype=bool) & (codes >= 0)
    steps = disagreements(z) if distance_metric == "euclidean" and z.dtype == np.bool_ else None
    far = distances_to(z, instance, distance_metric) if steps is None else None
    return Surroundings(z, instance, far, draws.groups, bins, strangers, constant=constant, steps=steps)


def interpret(
    draws: Draws,
    laws: Sequence[Law],
    row: NDArray[np.float64],
    columns: NDArray[np.intp],
    bins: NDArray[np.float64] | None,
    scaler: StandardScaler,
) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.intp]]:
    """Interpretable features of draws (n, m) and row (m,), and the row's codes (m,), -1 where they are never drawn.

    A number that is not cut is itself, in standard deviations from the training mean; of all else it counts whether it
    is as it is in the row.
    """
    codes = codes_of(laws, row[columns], bins)
    agrees = draws.codes == codes.astype(draws.codes.dtype)
    normal = [isinstance(law, Normal) for law in laws]
    if not any(normal) or np.isnan(row[columns][normal]).all():
        return agrees, np.ones(len(columns)), codes
    numbers = np.array(normal) & ~np.isnan(row[columns])
    center, scale = scaler.mean_[columns], scaler.scale_[columns]
    z = np.where(numbers, (draws.values - center) / scale, agrees)
    # A missing number next to an instance that has one: neither above nor below the mean.
    z[np.isnan(z)] = 0.0
    return z, np.where(numbers, (row[columns] - center) / scale, 1.0), codes
