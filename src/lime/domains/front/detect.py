"""What a model and its data are, as far as they tell it themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from lime.engine.inspection import is_sparse
from lime.engine.probabilities import are_log_probabilities, sums_to_one
from lime.models.calling import classes_of, resolve_predict
from lime.models.predictions import read_predictions

Kind = Literal["table", "text", "image", "series", "timeseries", "volume"]
KINDS: tuple[Kind, ...] = ("table", "text", "image", "series", "timeseries", "volume")

OF_COLUMNS: tuple[Kind, ...] = ("table", "series")
"""Kinds whose explainers learn from training data how columns vary."""

OF_DIMENSIONS: dict[int, Kind] = {2: "table", 3: "series", 4: "image"}
"""What arrays of training data hold, by their dimensions."""

TRIED = 3
"""Rows that a function is tried on, to tell probabilities from values."""


def kind_of_data(data: Any) -> Kind | None:
    """The kind of data that a collection of instances holds.

    Parameters
    ----------
    data : frame, array, sparse matrix, Series, list, or None

    Returns
    -------
    {"table", "text", "image", "series"}, or None
        Texts are collections of str. Arrays of 2 dimensions are tables, of 3 dimensions series (n, timesteps,
        features), of 4 dimensions images; a list of arrays of 2 or more dimensions holds images. None where there is
        nothing to tell it by.
    """
    if data is None:
        return None
    if isinstance(data, str):
        return "text"
    dimensions = getattr(data, "ndim", None)
    if is_sparse(data) or (hasattr(data, "columns") and dimensions in (2, None)) or hasattr(data, "column_names"):
        return "table"
    if dimensions is None and isinstance(data, Sequence | Mapping) and len(data):
        first = data[0] if isinstance(data, Sequence) else None
        if isinstance(first, str):
            return "text"
        return "image" if getattr(first, "ndim", 0) >= 2 or hasattr(first, "getpixel") else "table"
    if dimensions == 1 and len(data):
        first = data.iloc[0] if hasattr(data, "iloc") else data[0]
        return "text" if isinstance(first, str) else None
    return OF_DIMENSIONS.get(dimensions or 0)


def kind_of_instance(instance: Any) -> Kind | None:
    """The kind of data that one instance, or several, belong to where there is no training data.

    Parameters
    ----------
    instance : str, image, or collection of these

    Returns
    -------
    {"text", "image", "timeseries"}, or None
        Arrays of floats of 1 dimension are time series, and so are lists of them.
    """
    if hasattr(instance, "getpixel") or getattr(instance, "ndim", None) in (3, 4):
        return "image"
    several = isinstance(instance, list | tuple) and len(instance) > 0
    if all(map(_is_float_vector, instance)) if several else _is_float_vector(instance):
        return "timeseries"
    found = kind_of_data(instance)
    return found if found in ("text", "image") else None


def task_of(model: Any, data: Any, kind: Kind) -> str:
    """What a model does, told by the model itself, or else by its predictions for a few rows.

    Parameters
    ----------
    model : callable or model
    data : object
        The training data, whose first rows a function is tried on.
    kind : {"table", "text", "image", "series", "timeseries", "volume"}

    Returns
    -------
    {"classification", "regression"}
        A model with classes or probabilities classifies. A function of tables or series classifies where each of its
        rows is probabilities or their logarithms. Functions of texts and images are taken to classify, and so are
        those of time series without training data.
    """
    owner = getattr(model, "__self__", model)
    if classes_of(model) is not None or hasattr(owner, "predict_proba"):
        return "classification"
    estimator_type = _estimator_type(owner)
    if estimator_type is not None:
        return estimator_type
    if hasattr(owner, "predict") and not hasattr(owner, "forward"):
        return "regression" if kind in (*OF_COLUMNS, "timeseries") else "classification"
    if kind not in (*OF_COLUMNS, "timeseries") or data is None:
        return "classification"
    if kind == "timeseries" and not hasattr(data, "shape"):
        data = np.asarray(data[:1])  # of a list of series, whose lengths may differ
    predictions = _tried(model, data)
    if predictions is None and kind == "timeseries":
        return "classification"
    several = predictions is not None and predictions.ndim == 2 and predictions.shape[1] > 1
    return "classification" if several and _are_probabilities(predictions) else "regression"


def is_one(instance: Any, kind: Kind) -> bool:
    """Whether this is one instance, and not a collection of them.

    Parameters
    ----------
    instance : object
        What an explainer of this kind was called with.
    kind : {"table", "text", "image", "series", "timeseries", "volume"}

    Returns
    -------
    bool
    """
    if kind == "text":
        return isinstance(instance, str)
    dimensions = getattr(instance, "ndim", None)
    if kind == "image":
        return not isinstance(instance, list | tuple) and dimensions != 4
    if kind == "volume":  # of four dimensions, one is the channels; several are a list, or an array of five
        return not isinstance(instance, list | tuple) and dimensions != 5
    if kind == "series":
        return dimensions == 2
    if kind == "timeseries":  # an array of two dimensions is one series with channels
        if dimensions is None:
            return not any(np.ndim(part) for part in instance)
        return dimensions in (1, 2)
    if is_sparse(instance):
        return bool(instance.ndim == 1 or instance.shape[0] == 1)
    if dimensions is not None:
        return bool(dimensions == 1)
    if hasattr(instance, "columns") or hasattr(instance, "column_names"):
        return False
    if isinstance(instance, Mapping | tuple):
        return True
    return isinstance(instance, list) and not any(isinstance(one, Mapping | Sequence | np.ndarray) for one in instance)


def _is_float_vector(thing: Any) -> bool:
    """Whether this is an array or a tensor of floats with one dimension; a Series is a row of a table."""
    return (
        getattr(thing, "ndim", None) == 1
        and "float" in str(getattr(thing, "dtype", ""))
        and not hasattr(thing, "to_numpy")
    )


def _estimator_type(owner: Any) -> str | None:
    """What an estimator of scikit-learn's says that it is; None where it is none."""
    from sklearn.base import is_classifier, is_regressor

    if not hasattr(owner, "fit") or not hasattr(owner, "predict"):
        return None
    try:
        return "classification" if is_classifier(owner) else "regression" if is_regressor(owner) else None
    except Exception:  # a model of another library's, whose tags are none
        return None


def _tried(model: Any, data: Any) -> Any:
    """Predictions for the first rows, (n, k); None where the function does not take them as they are."""
    head = data.slice(0, TRIED) if hasattr(data, "slice") and hasattr(data, "column_names") else data[:TRIED]
    count = head.shape[0] if hasattr(head, "shape") else len(head)
    for batch in (head, np.asarray(head) if not is_sparse(head) else head):
        try:
            return read_predictions(resolve_predict(model, "regression", "model")(batch), count, "model")
        except Exception:  # whatever a function raises that is handed another form than its own
            continue
    return None


def _are_probabilities(predictions: Any) -> bool:
    return bool(sums_to_one(predictions)) or bool(are_log_probabilities(predictions))
