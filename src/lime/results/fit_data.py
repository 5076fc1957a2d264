"""What an explanation was fitted to: samples and the model's predictions, kept compactly in memory.

Diagnostics that need the predictions again take them from here, so that the model is not called twice. JSON, frames,
pages and pickles do not hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.known_weights import KnownWeights

__all__ = ["FitData"]

SMALL = 1_000_000
"""Cells of a binary `z` up to which it is not worth the time to pack its bits."""


@dataclass(frozen=True, eq=False)
class FitData:
    """Samples, their weights, and the predictions of the explained labels.

    Attributes
    ----------
    labels : tuple of int
        Columns of `predictions`.
    predictions : ndarray of float, shape (n, labels)
    weights : ndarray of float, shape (n,)
        Of the kernel times those of the design.
    features : ndarray of int, shape (d,)
        Ids of the interpretable features.
    instance : ndarray of float, shape (d,)
    groups : ndarray of int, shape (n,), or None
        Independent replicates of the design.
    exact : bool
        Whether the samples are all that there are, with their probabilities.
    known : KnownWeights or None
        The weights, where these are known without samples.
    """

    labels: tuple[int, ...]
    predictions: NDArray[np.float64]
    weights: NDArray[np.float64]
    features: NDArray[np.intp]
    instance: NDArray[np.float64]
    groups: NDArray[np.intp] | None
    exact: bool
    known: KnownWeights | None
    _kept: NDArray[np.uint8] | NDArray[np.bool_] | NDArray[np.float64]
    _form: tuple[tuple[int, int], bool] | None
    """The shape of z, and whether its bits are packed sample after sample or column after column; None if unpacked."""

    @classmethod
    def of(
        cls,
        z: NDArray[np.bool_] | NDArray[np.float64],
        predictions: NDArray[np.float64],
        weights: NDArray[np.float64],
        *,
        labels: list[int],
        features: NDArray[np.intp],
        instance: NDArray[np.float64],
        groups: NDArray[np.intp] | None,
        exact: bool,
        known: KnownWeights | None = None,
    ) -> FitData:
        """Keep `z` (n, d), the bits of a large binary one, and of `predictions` (n, k) a copy of those of `labels`."""
        kept: NDArray[Any] = z
        form: tuple[tuple[int, int], bool] | None = None
        if z.dtype == np.bool_ and z.size > SMALL:
            # In the order in which it lies in memory, which is many times as fast as across it.
            by_column = z.flags.f_contiguous
            kept = np.packbits(np.asarray(z.T if by_column else z, dtype=np.bool_), axis=1)
            form = (len(z), z.shape[1]), by_column
        return cls(
            labels=tuple(labels),
            predictions=predictions[:, labels],
            weights=weights,
            features=features,
            instance=instance,
            groups=None if groups is None else groups.astype(np.int32),
            exact=exact,
            known=known,
            _kept=kept,
            _form=form,
        )

    @property
    def z(self) -> NDArray[np.bool_] | NDArray[np.float64]:
        """Interpretable features of the samples, shape (n, d)."""
        if self._form is None:
            return self._kept  # type: ignore[return-value]
        (n, d), by_column = self._form
        packed = np.asarray(self._kept, dtype=np.uint8)
        bits = np.unpackbits(packed, axis=1, count=n if by_column else d).view(np.bool_)
        return bits.T if by_column else bits
