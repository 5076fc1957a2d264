"""Notes on an error that a model raises: what the model was given, and which mistake is likely."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime.engine.inspection import is_sparse

COLUMNS_AT_MOST = 8
"""Columns of a frame whose types a note names."""

OF_CATEGORIES = ("categor", "unknown", "unseen", "invalid literal", "label", "vocabulary")
"""What errors of encoders speak of."""


OF_PIXELS = (
    "The images that the model was given hold NaN or infinities: a model that computes with them predicts NaN. "
    "numpy.nan_to_num(image) fills them in."
)


def note_on(batch: Any, error: BaseException) -> str:
    """Sentences about a batch that made a model raise an error.

    Parameters
    ----------
    batch : object
        What the model was given.
    error : BaseException
        What it raised.

    Returns
    -------
    str
    """
    shape = getattr(batch, "shape", None)
    count = shape[0] if shape else len(batch) if hasattr(batch, "__len__") else "inputs"
    return (
        f"the model was given a batch of {count} ({describe_batch(batch)}), and must predict all of them. "
        f"{_likely_slip(batch, error)}"
    )


def describe_batch(batch: Any) -> str:
    """Type, shape and types of values of a batch, in words.

    Parameters
    ----------
    batch : object
        What a model was given.

    Returns
    -------
    str
    """
    kind = type(batch).__name__
    shape = tuple(getattr(batch, "shape", ()))
    if isinstance(batch, list | tuple):
        inner = sorted({type(one).__name__ for one in batch[:100]})
        return f"{kind} of {' and '.join(inner) or 'nothing'}"
    if _is_frame(batch):
        types = getattr(batch, "dtypes", getattr(getattr(batch, "schema", None), "types", []))
        names = list(getattr(batch, "column_names", getattr(batch, "columns", [])))
        pairs = [f"{name}: {one}" for name, one in zip(names, list(types), strict=False)]
        more = f", and {len(pairs) - COLUMNS_AT_MOST} more" if len(pairs) > COLUMNS_AT_MOST else ""
        return f"{kind} of shape {shape} with {', '.join(pairs[:COLUMNS_AT_MOST])}{more}"
    dtype = getattr(batch, "dtype", None)
    return f"{kind} of shape {shape}" + (f" and dtype {dtype}" if dtype is not None else "")


def _is_frame(batch: Any) -> bool:
    return hasattr(batch, "columns") and hasattr(batch, "shape")


def _likely_slip(batch: Any, error: BaseException) -> str:
    message = str(error).lower()
    if isinstance(batch, list | tuple):
        return "Wrap a function of one text like this: lambda texts: [f(text) for text in texts]."
    if len(getattr(batch, "shape", ())) > 2:
        return (
            "Wrap a function of one of them like this: lambda batch: [f(one) for one in batch]. A function that wants "
            "another shape must reshape or transpose the batch first."
        )
    found = []
    if "reshape" in message or "dimension" in message:
        found.append("The batch has one row for each input: what the function takes from it must keep both dimensions.")
    if isinstance(error, KeyError) or any(word in message for word in OF_CATEGORIES):
        found.append(
            "Numbers that stand for categories belong in categorical_features: otherwise values between them are "
            "sampled that do not occur."
        )
    if _is_frame(batch):
        found.append("Wrap a function of arrays like this: lambda frame: f(frame.to_numpy()).")
    elif isinstance(batch, np.ndarray) or is_sparse(batch):
        found.append("A model that wants a frame gets one where training_data is a frame.")
    found.append("A function of one row must be wrapped so that it predicts each row of the batch.")
    return " ".join(found)


def note_on_missing(batch: Any) -> str | None:
    """Sentences about the missing values of a batch that a model answered with NaN; None where it has none.

    Parameters
    ----------
    batch : object
        What the model was given.

    Returns
    -------
    str or None
    """
    if len(getattr(batch, "shape", ())) > 2:
        return OF_PIXELS if _holds_odd_numbers(batch) else None
    columns = _columns_with_missing(batch)
    if not columns:
        return None
    more = f" and {len(columns) - COLUMNS_AT_MOST} more" if len(columns) > COLUMNS_AT_MOST else ""
    which = f"column{'s' if len(columns) > 1 else ''} {', '.join(columns[:COLUMNS_AT_MOST])}{more}"
    return (
        f"The inputs that the model was given hold missing values, in {which}: a model that computes with them returns "
        "NaN. Fill them first, for example with scikit-learn's SimpleImputer as the first step of its pipeline."
    )


def _holds_odd_numbers(batch: Any) -> bool:
    try:
        return not bool(np.isfinite(np.asarray(batch)).all())
    except (TypeError, ValueError, RuntimeError):  # tensors elsewhere, and what are no numbers
        return False


def _columns_with_missing(batch: Any) -> list[str]:
    """Names of a table's columns that hold missing values, positions where it has no names."""
    if is_sparse(batch):
        entries = batch.tocoo()
        return [str(j) for j in np.unique(entries.col[_missing(entries.data)])]
    if _is_frame(batch):
        names = list(getattr(batch, "column_names", batch.columns))
        columns = [_column(batch, j) for j in range(len(names))]
        return [repr(name) for name, column in zip(names, columns, strict=True) if _missing(column).any()]
    if isinstance(batch, np.ndarray) and batch.ndim == 2:
        return [str(j) for j in range(batch.shape[1]) if _missing(batch[:, j]).any()]
    return []


def _column(frame: Any, j: int) -> Any:
    if hasattr(frame, "iloc"):
        return frame.iloc[:, j]
    return frame.column(j) if hasattr(frame, "column") else frame[:, j]


def _missing(values: Any) -> Any:
    array = np.asarray(values)
    if array.dtype.kind == "O":
        return np.array([_stands_for_none(value) for value in array.ravel()], dtype=bool).reshape(array.shape)
    # Only floats and times differ from themselves.
    return array != array if array.dtype.kind in "fcmM" else np.zeros(array.shape, dtype=bool)


def _stands_for_none(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(value != value)
