"""Trees and linear functions as arrays: what exact weights are computed from, whatever library a model came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

PREDICTED_CELLS = 1_000_000
"""Most pairs of a row and a tree that are walked together."""


@dataclass(frozen=True)
class CategorySet:
    """A split by categories.

    Attributes
    ----------
    left : ndarray of float, shape (c,)
        Values that go left.
    known : ndarray of float, or None
        All values that the split knows; others go where missing values go. None where others go right.
    """

    left: NDArray[np.float64]
    known: NDArray[np.float64] | None = None

    def goes_left(self, values: NDArray[np.float64], missing_left: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which values go left; `missing_left` says where missing ones go."""
        lost = np.isnan(values)
        if self.known is not None:
            lost |= ~np.isin(values, self.known)
        result: NDArray[np.bool_] = np.where(lost, missing_left, np.isin(values, self.left))
        return result


@dataclass(frozen=True)
class TreeArrays:
    """An ensemble of trees whose output is a sum of leaves: n nodes, t trees, k outputs.

    Attributes
    ----------
    roots : ndarray of int, shape (t,)
        Nodes at which the trees begin.
    left, right : ndarray of int, shape (n,)
        Children; -1 in a leaf.
    column : ndarray of int, shape (n,)
        Which of the model's columns an inner node splits.
    threshold : ndarray of float, shape (n,)
        A value goes left where it is *below* the threshold, compared in double precision: readers write ``<=``, and
        comparisons in single precision, in this form.
    missing_left : ndarray of bool, shape (n,)
        Whether missing values go left.
    category : ndarray of int, shape (n,)
        Position in `sets` of a split by categories; -1 where the threshold counts.
    sets : sequence of CategorySet
    values : ndarray of float, shape (n, k)
        What a leaf adds to each output, scaled as the sum needs it.
    base : ndarray of float, shape (k,)
        The outputs without any tree.
    of_output : ndarray of int, shape (t,)
        The one output that a tree adds to; -1 where it adds to all.
    """

    roots: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    column: NDArray[np.intp]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    category: NDArray[np.intp]
    sets: Sequence[CategorySet]
    values: NDArray[np.float64]
    base: NDArray[np.float64]
    of_output: NDArray[np.intp]

    @classmethod
    def of_one(
        cls,
        left: NDArray[np.intp],
        right: NDArray[np.intp],
        column: NDArray[np.intp],
        threshold: NDArray[np.float64],
        values: NDArray[np.float64],
        *,
        missing_left: NDArray[np.bool_] | None = None,
        category: NDArray[np.intp] | None = None,
        sets: Sequence[CategorySet] = (),
        output: int = -1,
    ) -> TreeArrays:
        """One tree, whose root is node 0; see the attributes."""
        n, k = values.shape
        return cls(
            roots=np.zeros(1, dtype=np.intp),
            left=np.asarray(left, dtype=np.intp),
            right=np.asarray(right, dtype=np.intp),
            column=np.asarray(column, dtype=np.intp),
            threshold=np.asarray(threshold, dtype=np.float64),
            missing_left=np.zeros(n, dtype=bool) if missing_left is None else np.asarray(missing_left, dtype=bool),
            category=np.full(n, -1, dtype=np.intp) if category is None else np.asarray(category, dtype=np.intp),
            sets=sets,
            values=np.asarray(values, dtype=np.float64),
            base=np.zeros(k),
            of_output=np.array([output], dtype=np.intp),
        )

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return len(self.base)

    def scaled(self, factor: float) -> TreeArrays:
        """The ensemble times a number."""
        return replace(self, values=self.values * factor, base=self.base * factor)

    def in_columns(self, columns: NDArray[np.intp]) -> TreeArrays:
        """The same with column j called ``columns[j]``."""
        inner = self.left >= 0
        return replace(self, column=np.where(inner, columns[np.where(inner, self.column, 0)], -1))

    def for_outputs(self, outputs: Sequence[int]) -> TreeArrays:
        """The trees that some outputs depend on, with these outputs alone."""
        asked = np.asarray(outputs, dtype=np.intp)
        needed = (self.of_output < 0) | np.isin(self.of_output, asked)
        return replace(
            self,
            roots=self.roots[needed],
            of_output=np.full(int(needed.sum()), -1, dtype=np.intp),
            values=self.values[:, asked],
            base=self.base[asked],
        )

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Outputs (n, k) of rows (n, f) of the model's columns."""
        result = np.tile(self.base, (len(x), 1))
        step = max(1, PREDICTED_CELLS // max(1, len(x)))
        for start in range(0, len(self.roots), step):
            at = np.tile(self.roots[start : start + step], (len(x), 1))
            row = np.broadcast_to(np.arange(len(x))[:, None], at.shape)
            moving = self.left[at] >= 0
            while moving.any():
                nodes = at[moving]
                goes = self.goes_left(nodes, x[row[moving], self.column[nodes]])
                at[moving] = np.where(goes, self.left[nodes], self.right[nodes])
                moving = self.left[at] >= 0
            result += self.values[at].sum(axis=1)
        return result

    def goes_left(self, nodes: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether values (m,) go left at inner nodes (m,)."""
        missing_left = self.missing_left[nodes]
        result: NDArray[np.bool_] = np.where(np.isnan(values), missing_left, values < self.threshold[nodes])
        which = self.category[nodes]
        for number in np.unique(which[which >= 0]):
            of_set = which == number
            result[of_set] = self.sets[number].goes_left(values[of_set], missing_left[of_set])
        return result


def join(parts: Sequence[TreeArrays], base: NDArray[np.float64] | None = None) -> TreeArrays:
    """The sum of ensembles of the same outputs, and of `base` (k,)."""
    offsets = np.cumsum([0, *(len(part.left) for part in parts)])
    of_sets = np.cumsum([0, *(len(part.sets) for part in parts)])

    def moved(arrays: Sequence[NDArray[np.intp]], by: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.concatenate([np.where(one < 0, -1, one + at) for one, at in zip(arrays, by, strict=False)])

    whole = np.sum([part.base for part in parts], axis=0)
    return TreeArrays(
        roots=moved([part.roots for part in parts], offsets),
        left=moved([part.left for part in parts], offsets),
        right=moved([part.right for part in parts], offsets),
        column=np.concatenate([part.column for part in parts]),
        threshold=np.concatenate([part.threshold for part in parts]),
        missing_left=np.concatenate([part.missing_left for part in parts]),
        category=moved([part.category for part in parts], of_sets),
        sets=[one for part in parts for one in part.sets],
        values=np.concatenate([part.values for part in parts]),
        base=whole if base is None else whole + base,
        of_output=np.concatenate([part.of_output for part in parts]),
    )


@dataclass(frozen=True)
class LinearArrays:
    """A linear function of the model's columns.

    Attributes
    ----------
    coefficients : ndarray of float, shape (f, k)
    base : ndarray of float, shape (k,)
    """

    coefficients: NDArray[np.float64]
    base: NDArray[np.float64]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return len(self.base)

    def for_outputs(self, outputs: Sequence[int]) -> LinearArrays:
        """Some of the outputs alone."""
        asked = np.asarray(outputs, dtype=np.intp)
        return LinearArrays(self.coefficients[:, asked], self.base[asked])

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Outputs (n, k) of rows (n, f) of the model's columns."""
        result: NDArray[np.float64] = x @ self.coefficients + self.base
        return result


@dataclass(frozen=True)
class ModelColumns:
    """How the columns that a model computes with come from the columns of a table, each from one.

    Attributes
    ----------
    source : ndarray of int, shape (f,)
        Which column of the table each comes from.
    shape : ndarray of int, shape (f,)
        How; one of `SAME`, `AFFINE`, `RISING`, `STEPS`, `ANY`.
    edges : dict of int
        Numbers at which a column of steps changes.
    """

    source: NDArray[np.intp]
    shape: NDArray[np.intp]
    edges: dict[int, NDArray[np.float64]]

    @classmethod
    def same(cls, columns: int) -> ModelColumns:
        """Every column as it is."""
        return cls(np.arange(columns), np.full(columns, SAME), {})


SAME, AFFINE, RISING, STEPS, ANY = range(5)
"""A number as it is; times a number and plus one; a function that never falls; one that changes at edges; any."""


class Unreadable(ValueError):
    """A model, or a column of it, of which there is no exact expectation; the message is one sentence that says why."""
