"""Training rows that an explainer keeps, and the model's predictions for them, asked for once."""

from __future__ import annotations

import types
import weakref
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lime.domains.protocols import Model
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.links import IDENTITY, linked
from lime.models.predictions import join_predictions
from lime.models.requests import ExplanationCoroutine, predictions_for
from lime.models.state import ModelState, state_of

ROWS_AT_MOST = 10_000
"""Training rows that are kept: all, or a random sample of this size."""

CHECKED = 5
"""Rows that a model which shows a change is asked about again before its earlier predictions are used."""

SAME = 1e-5
"""How far predictions of one model for one row may lie apart, as a share of the largest: batches round differently."""

MODELS_AT_MOST = 4
"""Models of which predictions are remembered."""


@dataclass(frozen=True, eq=False)
class KeptRows:
    """Training rows in a random order, so that the first of them are a sample of all.

    Attributes
    ----------
    matrix : ndarray of float, shape (n, d)
        In the table's own matrix form.
    total : int
        Rows of the training data.
    """

    matrix: NDArray[np.float64]
    total: int

    @classmethod
    def of(cls, matrix: NDArray[np.float64], at_most: int = ROWS_AT_MOST) -> KeptRows:
        """Keep all rows, or a random sample of them.

        Parameters
        ----------
        matrix : ndarray of float, shape (n, d)
        at_most : int
            How many to keep.
        """
        order = np.random.default_rng(0).permutation(len(matrix))[:at_most]
        return cls(np.ascontiguousarray(matrix[order], dtype=np.float64), len(matrix))

    def __len__(self) -> int:
        return len(self.matrix)

    def place_of(self, row: Row) -> int | None:
        """Position of a row that is one of these; None where it is not."""
        if row.unseen or len(row.values) != self.matrix.shape[1]:
            return None
        found = np.arange(len(self.matrix))
        for j, value in enumerate(row.values.tolist()):
            column = self.matrix[found, j]
            found = found[column == value if value == value else np.isnan(column)]
            if not len(found):
                return None
        return int(found[0])


@dataclass
class _Remembered:
    """Predictions of one model for the first rows."""

    who: Any
    function: Any
    mode: str
    predictions: NDArray[np.float64]
    state: ModelState

    def is_of(self, who: Any, function: Any, mode: str) -> bool:
        return self.who() is who and self.function is function and self.mode == mode


_PREDICTIONS: WeakKeyDictionary[KeptRows, list[_Remembered]] = WeakKeyDictionary()
"""Beside the explainers, since they are no part of what is pickled, copied or saved."""


def predict_kept(
    kept: KeptRows,
    size: int,
    predict_fn: Any,
    model: Model,
    *,
    distribution: TrainingDistribution,
    row: Row | None = None,
) -> ExplanationCoroutine[tuple[NDArray[np.float64] | None, NDArray[np.float64]]]:
    """Step to a model's predictions for an instance, and for the first of the kept rows.

    What the model said of the rows before is used again. Where it shows a change since then, it is asked about a few of
    them again first. An instance that is one of the rows has that row's prediction. Where columns are held
    fixed, these are the rows with the instance's values there, and the model is asked anew.

    Parameters
    ----------
    kept : KeptRows
    size : int
        How many rows.
    predict_fn : callable or model
        As the user gave it: by it the model is known again.
    model : Model
        The same as the pipeline calls it.
    distribution : TrainingDistribution
    row : Row, optional
        The instance.

    Returns
    -------
    own : ndarray of float, shape (k,), or None
    predictions : ndarray of float, shape (size, k)
    """
    # Remembered are predictions as the model makes them, whatever unit a call explains.
    plain = replace(model, link=IDENTITY)
    own, known = yield from _predict_kept(kept, size, predict_fn, plain, distribution=distribution, row=row)
    return (None if own is None else linked(own, model.link)), linked(known, model.link)


def _predict_kept(
    kept: KeptRows,
    size: int,
    predict_fn: Any,
    model: Model,
    *,
    distribution: TrainingDistribution,
    row: Row | None,
) -> ExplanationCoroutine[tuple[NDArray[np.float64] | None, NDArray[np.float64]]]:
    """The same in the model's own unit."""
    if distribution.varying.fixed and row is not None:
        rows = np.concatenate([row.values[None], distribution.varying.with_fixed(kept.matrix[:size], row.values)])
        found = yield from _ask(rows, row, distribution, model)
        return found[0], found[1:]
    remembered = _recall(kept, predict_fn, model.mode)
    place = None if row is None else kept.place_of(row)
    if remembered is not None:
        known = remembered.predictions
        last = len(known) - 1
        unchanged = remembered.state.is_same(state_of(predict_fn))
        few = np.unique(np.linspace(0, last, 0 if unchanged else CHECKED).astype(np.intp))
        inside = place is not None and place < max(size, len(known))
        asked = [_rows_of(row, kept, inside), kept.matrix[few], kept.matrix[len(known) : size]]
        if not sum(map(len, asked)):
            return (None if place is None else known[place]), known[:size]
        found = yield from _ask(np.concatenate(asked), row, distribution, model)
        own, again, new = np.split(found, np.cumsum([len(one) for one in asked[:2]]))
        if agree(again, known[few]):
            known = join_predictions([known, new]) if len(new) else known
            _remember(kept, predict_fn, model.mode, known)
            return _own(own, known, place if inside else None), known[:size]
    inside = place is not None and place < size
    first = _rows_of(row, kept, inside)
    found = yield from _ask(np.concatenate([first, kept.matrix[:size]]), row, distribution, model)
    own, known = found[: len(first)], found[len(first) :]
    _remember(kept, predict_fn, model.mode, known)
    return _own(own, known, place if inside else None), known


def _rows_of(row: Row | None, kept: KeptRows, inside: bool) -> NDArray[np.float64]:
    """The instance as a matrix of one row, or of none where its prediction is not wanted or known with the others."""
    none: NDArray[np.float64] = kept.matrix[:0]
    return none if row is None or inside else row.values[None]


def _own(own: NDArray[np.float64], known: NDArray[np.float64], place: int | None) -> NDArray[np.float64] | None:
    if place is not None:
        found: NDArray[np.float64] = known[place]
        return found
    return own[0] if len(own) else None


def is_unchanged(kept: KeptRows, predict_fn: Any, mode: str) -> bool:
    """Whether the model's predictions for kept rows are known, and it shows no change since they were made.

    Parameters
    ----------
    kept : KeptRows
    predict_fn : callable or model
        As the user gave it.
    mode : {"classification", "regression"}

    Returns
    -------
    bool
    """
    remembered = _recall(kept, predict_fn, mode)
    return remembered is not None and remembered.state.is_same(state_of(predict_fn))


def note_calls(kept: KeptRows, predict_fn: Any, mode: str) -> None:
    """Take what a model looks like now for what it looked like when its predictions were made.

    Models that count their calls, or remember them, change when we call them.

    Parameters
    ----------
    kept : KeptRows
    predict_fn : callable or model
        As the user gave it; called since by nobody else.
    mode : {"classification", "regression"}
    """
    remembered = _recall(kept, predict_fn, mode)
    if remembered is not None:
        remembered.state = state_of(predict_fn)


def _ask(
    rows: NDArray[np.float64], row: Row | None, distribution: TrainingDistribution, model: Model
) -> ExplanationCoroutine[NDArray[np.float64]]:
    # A copy: a model may change what it is handed, and be asked again where its memory did not suffice.
    request = model.request(lambda start, stop: distribution.decode(rows[start:stop].copy(), row), len(rows))
    return (yield from predictions_for(request))


def agree(again: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
    """Whether a model says the same as before, but for rounding.

    Parameters
    ----------
    again, before : ndarray of float, shape (n, k)
        Predictions for the same rows.

    Returns
    -------
    bool
    """
    if again.shape != before.shape:
        return False
    one, other = np.asarray(again), np.asarray(before)
    largest = float(np.max(np.abs(other), initial=0.0, where=np.isfinite(other)))
    return bool(np.allclose(one, other, rtol=0.0, atol=SAME * largest, equal_nan=True))


def identity(predict_fn: Any) -> tuple[Any, Any]:
    """What a model is known by: a bound method is made anew each time that it is named, its object is not.

    Parameters
    ----------
    predict_fn : callable or model

    Returns
    -------
    who, function : object
        The model itself, and which of its methods; None where it is no method.
    """
    if isinstance(predict_fn, types.MethodType):
        return predict_fn.__self__, predict_fn.__func__
    return predict_fn, None


def _recall(kept: KeptRows, predict_fn: Any, mode: str) -> _Remembered | None:
    who, function = identity(predict_fn)
    return next((one for one in _PREDICTIONS.get(kept, []) if one.is_of(who, function, mode)), None)


def _remember(kept: KeptRows, predict_fn: Any, mode: str, predictions: NDArray[np.float64]) -> None:
    who, function = identity(predict_fn)
    try:
        reference = weakref.ref(who)
    except TypeError:
        return  # it cannot be known again
    others = [one for one in _PREDICTIONS.get(kept, []) if one.who() is not None and not one.is_of(who, function, mode)]
    newest = _Remembered(reference, function, mode, predictions, state_of(predict_fn))
    _PREDICTIONS[kept] = [newest, *others][:MODELS_AT_MOST]
