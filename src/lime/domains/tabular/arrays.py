"""Functions of arrays beside tables of another kind: programs of lime 0.2.0.1 hand over frames, and expect arrays."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from lime.domains.tabular.reading import as_frame, floats, native_column, numbers_of_objects, to_list
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.engine.warn import warn_user
from lime.models.calling import Predict, WrappedFunction


def with_arrays_where_needed(table: Table | SparseTable, predict: Predict, argument: str) -> Predict:
    """Return a model's function on tables of this form; one that turns out to want arrays gets these.

    Parameters
    ----------
    table : Table or SparseTable
        Makes the batches.
    predict : callable
        The model's function on batches.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    callable
        Raises what the model raises; but where it stumbles over a frame or over objects as a function of arrays does,
        it is asked once more with an array, and from then on with arrays only, after a warning.
    """
    if table.kind == "sparse" or (isinstance(table, Table) and table.kind == "numpy" and table.header.kind != "O"):
        return predict
    return _OnArrays(predict, argument)


class _OnArrays(WrappedFunction):
    """A model's function on tables; whether it wants arrays in their place, its first answer tells.

    Parameters
    ----------
    predict : callable
    argument : str
        Name of the argument that the model came as, for messages.
    """

    def __init__(self, predict: Predict, argument: str) -> None:
        self.predict = predict
        self._argument = argument
        self._wants_arrays = False

    def __call__(self, batch: Any) -> Any:
        """Ask the model about one batch."""
        if self._wants_arrays:
            return self.predict(as_numbers(batch))
        try:
            return self.predict(batch)
        except Exception as error:
            if not _expected_array(error, batch):
                raise
            array = as_numbers(batch)
            if isinstance(batch, np.ndarray) and array.dtype.kind == "O":
                raise
            try:
                answer = self.predict(array)
            except Exception:
                # Not the container was at fault: what the model said of the batch itself is what helps.
                raise error from None
            self._wants_arrays = True
            given = "an array of objects" if isinstance(batch, np.ndarray) else f"a {type(batch).__name__}"
            warn_user(
                f"{self._argument} cannot read {given} ({type(error).__name__}: {str(error)[:100]}), but it reads "
                f"arrays of {array.dtype}: it is handed these, as by lime 0.2.0.1. Pass training_data as an array to "
                "choose so"
            )
            return answer


def as_numbers(batch: Any) -> npt.NDArray[Any]:
    """Return a frame or an array of objects as an array: of floats where all are numbers, else of objects."""
    frame = as_frame(batch, "the batch")
    if frame is None:
        numbers = numbers_of_objects(batch)
        return batch if numbers is None else numbers
    kind, native, labels = frame
    columns: list[Any] = []
    for j in range(len(labels)):
        series = native_column(kind, native, j)
        try:
            columns.append(floats(kind, series))
        except Exception:  # each library has errors of its own for what is no number
            columns.append(to_list(series))
    plain = all(isinstance(column, np.ndarray) for column in columns)
    result = np.empty((len(native), len(columns)), dtype=np.float64 if plain else object)
    for j, column in enumerate(columns):
        result[:, j] = column
    return result


def _expected_array(error: Exception, batch: Any) -> bool:
    """Whether an error is what a function of arrays of numbers raises where it is handed something else."""
    if isinstance(batch, np.ndarray):
        return True
    text = str(error)
    name = type(batch).__name__
    if type(error).__name__ == "InvalidIndexError":
        return True
    if isinstance(error, KeyError):
        key = error.args[0] if error.args else ""
        return key is None or key is Ellipsis or isinstance(key, tuple | int | np.integer)
    if isinstance(error, AttributeError):
        # Of the frame itself, or of a column of it.
        owner = type(getattr(error, "obj", None)).__module__.partition(".")[0]
        theirs = owner == type(batch).__module__.partition(".")[0] or f"'{name}'" in text.replace("pyarrow.lib.", "")
        return error.name is not None and hasattr(np.ndarray, error.name) and theirs
    if not isinstance(error, TypeError | ValueError | RuntimeError | IndexError):
        return False
    of_index = (
        r"Index must either be string or integer|cannot select (elements|columns) using key|unhashable type: 'slice'"
    )
    of_type = rf"(got|type|array|ndarray)[^.]*\b{name}\b"
    return re.search(of_index, text) is not None or re.search(of_type, text) is not None
