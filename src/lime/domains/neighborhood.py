"""A neighbourhood with the model's predictions: what every data type hands over to be fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.assisted_product import Helper
from lime.engine.base import LimeBase
from lime.engine.kernels import kernel_weights, weights_of_squares
from lime.engine.known_weights import KnownWeights
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.moments import FULL_GRAM_AT_MOST

PAUSING_BYTES = 500_000
"""Size of a neighbourhood up to which explanations side by side go step by step: with larger ones the arithmetic is all
the time it takes, and memory would hold several of them."""


Numbers = Callable[[], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Gives features of samples (n, d) and instance (d,) that are numbers where others are bins."""


@dataclass(frozen=True)
class Alternative:
    """Another representation of the same samples.

    Attributes
    ----------
    features : callable
        Gives the interpretable features of samples (n, d) and instance (d,) when called.
    what : str
        What it is, as the beginning of a sentence.
    how : str
        What to pass for it.
    """

    features: Callable[[], tuple[NDArray[np.float64], NDArray[np.float64]]]
    what: str
    how: str


@dataclass(frozen=True)
class Neighborhood:
    """Samples around an instance with the model's predictions; the instance itself is kept apart from them.

    Attributes
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features of the samples.
    instance : ndarray of float, shape (d,)
        Those of the instance.
    distances : ndarray of float, shape (n,), or None
        Distances from the instance; None where `squared_distances` has their squares.
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    predictions : ndarray of float, shape (n, k)
        The model's predictions for the samples.
    prediction : ndarray of float, shape (k,)
        Its prediction for the instance.
    reference_samples : int
        Number of samples at which penalties have the size that they had in lime 0.2.0.1.
    features : ndarray of int, shape (d,), or None
        Ids of the interpretable features where they are not 0 .. d - 1.
    uncorrelated : bool
        Whether the interpretable features are sampled independently of each other.
    design_weights : ndarray of float, shape (n,), or None
        The design's weight of each sample, beside the kernel's; None where all are equal.
    exact : bool
        Whether the samples are all that there are, with their probabilities: weights have no sampling error then.
    size_distribution : MaskSizeDistribution or None
        The distribution of the samples with the kernel, where it depends on the number of ones in z alone. It then
        helps to estimate the weights (see `lime.engine.assisted`).
    rng : Generator or None
        Random numbers for samples that cost no model call; needed with `size_distribution`.
    with_instance : bool
        Whether the instance is the first of the samples and counts in the fit, and penalties have their size of
        lime 0.2.0.1 at any number of samples: all as it was there.
    shared : bool
        Whether other instances have the same samples; the explanation does not keep them then.
    prediction_warnings : list of str, or None
        What is suspicious about the model's predictions, where they were checked before.
    squared_distances : ndarray of int, shape (n,), or None
        Squared distances, where these are whole numbers.
    constant : ndarray of bool, shape (d,), or None
        Which features never vary in the distribution, so that their weight is known to be 0. A feature that merely
        does not vary in these samples is not one of them.
    alternative : Alternative or None
        Another representation, whose fit is told where that of this one is poor.
    correlated : bool
        Whether the features vary together as they do in the data: penalties are then chosen by leaving out, and
        features whose weights cannot be told apart are named.
    partners : ndarray of int, shape (n,), or None
        Group that a sample was made from beside that of `groups`, by the same numbers.
    unit_errors : ndarray of float, shape (d,), or None
        Relative standard errors of the features' units, which weights have beside those of the samples.
    known : KnownWeights, optional
        The instance's weights, where these are known without samples: the samples then tell what a linear function
        misses, and no more.
    numbers : callable, optional
        Gives features of samples (n, d) and instance (d,) that are numbers where `z` has bins.
    conditions : callable, optional
        From the place of a feature and a threshold of `numbers` to the words for what is up to it, and above it.
    curved : ndarray of int, optional
        Features that have a square beside them in the fit.
    helpers : sequence of sequence of Helper, or None
        Cheap models of each explained label whose weights are known, of which the best may assist.
    """

    z: NDArray[np.bool_] | NDArray[np.float64]
    instance: NDArray[np.float64]
    distances: NDArray[np.float64] | None
    groups: NDArray[np.intp] | None
    predictions: NDArray[np.float64]
    prediction: NDArray[np.float64]
    reference_samples: int
    features: NDArray[np.intp] | None = None
    uncorrelated: bool = False
    design_weights: NDArray[np.float64] | None = None
    exact: bool = False
    size_distribution: MaskSizeDistribution | None = None
    rng: np.random.Generator | None = None
    with_instance: bool = False
    shared: bool = False
    prediction_warnings: list[str] | None = None
    squared_distances: NDArray[Any] | None = None
    constant: NDArray[np.bool_] | None = None
    alternative: Alternative | None = None
    correlated: bool = False
    partners: NDArray[np.intp] | None = None
    unit_errors: NDArray[np.float64] | None = None
    known: KnownWeights | None = None
    numbers: Numbers | None = None
    conditions: Callable[[int, float], tuple[str, str]] | None = None
    curved: NDArray[np.intp] | None = None

    def numbers_of_samples(self) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Features of samples and instance, numbers in place of bins."""
        return (self.z, self.instance) if self.numbers is None else self.numbers()

    helpers: Sequence[Sequence[Helper]] | None = None

    @property
    def sources(self) -> NDArray[np.intp] | None:
        """What samples were made from: `groups` (n,), or with `partners` the two of each, shape (n, 2)."""
        if self.groups is None or self.partners is None:
            return self.groups
        return np.column_stack([self.groups, self.partners])

    @property
    def is_exact(self) -> bool:
        """Whether weights have no sampling error."""
        return self.exact or self.known is not None

    @property
    def outputs(self) -> int:
        """Number of the model's outputs."""
        return int(self.predictions.shape[1])

    @property
    def ids(self) -> NDArray[np.intp]:
        """Ids of the interpretable features, shape (d,)."""
        return np.arange(self.z.shape[1]) if self.features is None else self.features

    def distances_to_instance(self) -> NDArray[np.float64]:
        """Distances of the samples from the instance, shape (n,), in whichever form they are held."""
        if self.distances is not None:
            return self.distances
        assert self.squared_distances is not None
        return np.asarray(np.sqrt(self.squared_distances, dtype=np.float64))

    def weights(self, base: LimeBase) -> NDArray[np.float64]:
        """Weights of the samples, shape (n,): the kernel's times the design's."""
        if self.squared_distances is None:
            weights = kernel_weights(base.kernel_fn, self.distances_to_instance())
        else:
            weights = weights_of_squares(base.kernel_fn, self.squared_distances, self.z.shape[1])
        return weights if self.design_weights is None else weights * self.design_weights

    def instance_first(self) -> Neighborhood:
        """The same with the instance as the first of the samples, the form in which 0.2.0.1 hands it on."""
        if self.with_instance:
            return self
        return replace(
            self,
            z=np.vstack([self.instance, self.z]).astype(np.float64),
            distances=np.append(0.0, self.distances_to_instance()),
            predictions=np.vstack([self.prediction, self.predictions]),
            with_instance=True,
            squared_distances=None,
        )


_CAPTURED: ContextVar[list[Neighborhood] | None] = ContextVar("lime_neighborhoods", default=None)


@contextmanager
def capture_neighborhoods() -> Iterator[list[Neighborhood]]:
    """Collect the neighbourhoods that are fitted inside a with-block, for diagnostics of them.

    Explanations do not keep theirs: it is far larger than they are.
    """
    captured: list[Neighborhood] = []
    token = _CAPTURED.set(captured)
    try:
        yield captured
    finally:
        _CAPTURED.reset(token)


def record_neighborhood(neighborhood: Neighborhood) -> None:
    """Add a neighbourhood to those that `capture_neighborhoods` collects; without effect outside of it."""
    captured = _CAPTURED.get()
    if captured is not None:
        captured.append(neighborhood)


def pauses(z: NDArray[Any]) -> bool:
    """Whether explanations from interpretable features (n, d) of this size pause, so that several go step by step."""
    return z.nbytes <= PAUSING_BYTES and z.shape[1] <= FULL_GRAM_AT_MOST


def same_outputs(
    predictions: NDArray[np.float64], prediction: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The model's `predictions` (n, k) for samples and its `prediction` (k,) for the instance, with the same columns.

    A single column is a class and its complement where it may be a probability, and one score where it may not. Many
    samples show which of the two it is; the instance alone may not.
    """
    if {predictions.shape[1], len(prediction)} == {1, 2}:
        predictions, prediction = predictions[:, -1:], prediction[-1:]
    return np.asarray(predictions), prediction
