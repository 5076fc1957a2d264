"""What a reader makes of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lime.engine.trees import LinearArrays, ModelColumns, TreeArrays, Unreadable

Output = Literal["probability", "value", "margin"]


@dataclass(frozen=True)
class Part:
    """One of the terms whose sum a model is.

    Attributes
    ----------
    arrays : TreeArrays or LinearArrays
    columns : ModelColumns
        How its columns come from the table's.
    transform : callable or None
        From rows as the model takes them to its columns, a float matrix; None where these are the rows' own numbers.
    """

    arrays: TreeArrays | LinearArrays
    columns: ModelColumns
    transform: Callable[[Any], NDArray[np.float64]] | None = None

    def scaled(self, factor: float) -> Part:
        """The part times a number."""
        if isinstance(self.arrays, TreeArrays):
            return replace(self, arrays=self.arrays.scaled(factor))
        return replace(self, arrays=LinearArrays(self.arrays.coefficients * factor, self.arrays.base * factor))

    def for_both_classes(self) -> Part:
        """The part whose only output is that of the second class, with its opposite for the first."""
        arrays = self.arrays
        base = np.append(-arrays.base, arrays.base)
        if isinstance(arrays, TreeArrays):
            every = np.full(len(arrays.roots), -1, dtype=np.intp)
            values = np.column_stack([-arrays.values, arrays.values])
            return replace(self, arrays=replace(arrays, values=values, base=base, of_output=every))
        return replace(self, arrays=LinearArrays(np.column_stack([-arrays.coefficients, arrays.coefficients]), base))

    def computed(self, rows: Any, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The model's columns of rows, which are given as the model takes them and as a matrix."""
        return matrix if self.transform is None else self.transform(rows)


@dataclass(frozen=True)
class ModelArrays:
    """A model that was read.

    Attributes
    ----------
    parts : tuple of Part
        The model's output is their sum.
    output : {"probability", "value", "margin"}
        What that sum is; a margin is the logarithm of the odds of the second class, or one number for each class
        whose softmax is the probability.
    single : bool
        Whether the model adds up in single precision.
    """

    parts: tuple[Part, ...]
    output: Output
    single: bool = False

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.parts[0].arrays.outputs

    def predict(self, rows: Any, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of the parts, (n, k); see `Part.computed`."""
        result: NDArray[np.float64] = np.sum(
            [part.arrays.predict(part.computed(rows, matrix)) for part in self.parts], axis=0
        )
        return result

    def answers(self, rows: Any, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the model says of rows: as `predict`, with margins turned into probabilities of all classes."""
        sums = self.predict(rows, matrix)
        if self.output != "margin":
            return sums
        whole = np.column_stack([np.zeros(len(sums)), sums]) if sums.shape[1] == 1 else sums
        odds = np.exp(whole - whole.max(axis=1, keepdims=True))
        result: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return result

    def in_log_odds(self) -> ModelArrays:
        """The log-odds of both classes, as sums, of a model that has a margin.

        Raises
        ------
        Unreadable
            If the log-odds are no sums of leaves or coefficients.
        """
        if self.output != "margin":
            raise Unreadable("the log-odds of the model's probabilities are no sums of leaves or coefficients")
        if self.outputs > 1:
            raise Unreadable("of more than two classes the log-odds are no sums of leaves or coefficients")
        return replace(self, parts=tuple(part.for_both_classes() for part in self.parts), output="value")

    def size(self) -> float:
        """A bound on the sum of what the parts add, in the unit of the output: rounding is relative to it."""
        total = 0.0
        for part in self.parts:
            if isinstance(part.arrays, TreeArrays):
                total += float(np.abs(part.arrays.values).max(initial=0.0)) * np.sqrt(len(part.arrays.roots))
            total += float(np.abs(part.arrays.base).max(initial=0.0))
        return total


@dataclass(frozen=True)
class Refusal:
    """Why a model cannot be read, in one sentence without a stop."""

    reason: str


def together(models: Sequence[ModelArrays], weights: Sequence[float]) -> ModelArrays:
    """The weighted sum of models that answer alike."""
    parts = tuple(part.scaled(float(weight)) for one, weight in zip(models, weights, strict=True) for part in one.parts)
    return ModelArrays(parts, models[0].output, any(one.single for one in models))
