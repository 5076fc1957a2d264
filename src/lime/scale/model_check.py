"""Whether rows that are explained again get the answers that they had: whether the model is the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime.results.columns import Columns
from lime.results.explanation import Explanation
from lime.results.filling import to_columns
from lime.results.parquet import PartFile
from lime.scale.checkpoint import Checkpoint, other_model
from lime.scale.data import Chunk

__all__ = ["ModelCheck", "difference"]

RELATIVE = 1e-3
"""How far numbers may differ, as a part of the largest: models round by batch size, by machine, and some by half
precision."""

NOISE = 1e-6
"""The same, as a part of the model's predictions: a model that hardly moves has weights that are rounding alone."""

CHECKED, CHECKED_OF_SHARED = 3, 1
"""Finished chunks of which a row is explained again. Where rows share a neighbourhood the answers to it tell already
whether the model is the same."""


class ModelCheck:
    """Explains rows of some finished chunks again, to see whether the model is the one that they were explained with.

    Where rows do not share draws, a model that differs here and there only may go unnoticed.

    Parameters
    ----------
    task : Task
        Of the run.
    checkpoint : Checkpoint or None
    errors : {"raise", "record"}
        What becomes of a row that cannot be explained now.
    """

    def __init__(self, task: Any, checkpoint: Checkpoint | None, errors: str) -> None:
        self._task, self._errors = task, errors
        count = CHECKED if getattr(task.prepared, "predictions", None) is None else CHECKED_OF_SHARED
        self._checkpoint = checkpoint
        self._due = set() if checkpoint is None or checkpoint.stochastic else checkpoint.chunks_to_check(count)
        self._owed = 0

    def compare(self, number: int, chunk: Chunk, part: PartFile) -> None:
        """Compare a row, if it is this chunk's turn, or that of one before it which had none to compare.

        Raises
        ------
        LimeError
            The model answers differently, and not because it never answers the same twice.
        """
        self._owed += number in self._due
        if self._owed and self._agrees(chunk, part):
            self._owed -= 1

    def _agrees(self, chunk: Chunk, part: PartFile) -> bool:
        columns = part.load()
        row = next((row for row in range(len(columns)) if row not in columns.errors), None)
        if row is None:
            return False
        position, one = int(columns.positions[row]), self._task.split(chunk.rows)[row]
        now = self._explained(one, position)
        if now is None:
            return False  # it may be a passing error, and the row is kept as it was
        found = difference(columns.take([row]), now)
        if found is None:
            return True
        again = self._explained(one, position)
        if again is None or difference(now, again) is None or self._checkpoint is None:
            raise other_model(part.path.parent, f"for row {position} it {found}")
        self._checkpoint.is_stochastic()
        self._due, self._owed = set(), 0
        return False

    def _explained(self, one: Any, position: int) -> Columns | None:
        with self._task.running():
            again = next(self._task.explain([one]))
        if not isinstance(again, Exception):
            return to_columns([again], [position], [position])
        if self._errors == "raise":
            raise again
        return None


def difference(before: Columns, now: Columns) -> str | None:
    """Return in which way two explanations of one row differ more than rounding explains, None where they do not.

    Rounding may decide a near tie between two features, or labels, otherwise. With the other feature the fit is as
    good, and no weight moves by more than the exchanged ones weigh.

    Parameters
    ----------
    before, now : Columns
        One explained row each, of the same draws.
    """
    one, other = (columns.explanation(0, columns.lines()[0]) for columns in (before, now))
    answers = [_answer(exp) for exp in (one, other)]
    told = f"predicted {answers[0].tolist()}, and this one predicts {answers[1].tolist()}"
    if answers[0].shape != answers[1].shape or not np.allclose(
        answers[0], answers[1], rtol=RELATIVE, atol=1e-6, equal_nan=True
    ):
        return told
    # Which labels are the top ones hangs on the answer alone, which is the same.
    for label in set(one.local_exp) & set(other.local_exp):
        found = _label_differs(one, other, label)
        if found is not None:
            return found
    return None


def _answer(exp: Explanation) -> Any:
    """The model's prediction for the row: all of it where the explanation has it, else that of its labels."""
    whole = getattr(exp, "predict_proba", None)
    found = [exp.model_preds[label] for label in sorted(exp.model_preds)] if whole is None else whole
    return np.ravel(np.asarray(found, dtype=np.float64))


def _label_differs(one: Explanation, other: Explanation, label: int) -> str | None:
    weights, again = dict(one.local_exp[label]), dict(other.local_exp[label])
    intercepts = [_number(exp.intercept.get(label)) for exp in (one, other)]
    sizes = [abs(weight) for weight in (*weights.values(), *again.values())]
    scale = float(np.nanmax(np.abs([*intercepts, _number(one.model_preds.get(label)), 0.0])))
    allowed = RELATIVE * max(sizes, default=0.0) + NOISE * scale
    exchanged = [abs(one_side.get(key, 0.0)) for one_side in (weights, again) for key in weights.keys() ^ again.keys()]
    if max(exchanged, default=0.0) > allowed:
        fits = [_number(exp.scores.get(label)) for exp in (one, other)]
        if not np.isclose(fits[0], fits[1], rtol=0, atol=RELATIVE, equal_nan=True):
            return f"gave label {label} features that fit it to {fits[0]:.4g}, and this one's fit to {fits[1]:.4g}"
        allowed += max(exchanged)
    for key in weights.keys() & again.keys():
        if abs(weights[key] - again[key]) > allowed:
            return f"gave feature {key} of label {label} the weight {weights[key]:.4g}, and this one {again[key]:.4g}"
    if abs(intercepts[0] - intercepts[1]) > allowed:
        return f"gave label {label} the intercept {intercepts[0]:.4g}, and this one {intercepts[1]:.4g}"
    return None


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
