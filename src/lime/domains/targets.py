"""``target=``: what of the model's predictions is explained, checked before the model is called, and found after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.labels import UNSAID, Unsaid, output_position
from lime.engine.targets import MARGIN, Target, contrast, is_class, is_contrast, of_function
from lime.models.predictions import refuse_unknown

__all__ = ["check_target", "explained_column", "is_linear", "labels_of"]

EXPECTED = (
    'expected a class by name or number, a pair of classes such as ("cat", "dog"), "margin", or a function of the '
    "predictions"
)


def check_target(target: Any) -> Any:
    """Return a target if it is one, a pair as a tuple.

    Parameters
    ----------
    target : object
        What came as ``target``.

    Returns
    -------
    object
        None where nothing was given.

    Raises
    ------
    ValueError
        If it is none; the message says what was expected.
    """
    if isinstance(target, bool | np.bool_):
        raise ValueError(f"target={target!r}: {EXPECTED}")
    if target is None or isinstance(target, Target) or is_class(target) or target == MARGIN:
        return target
    if is_contrast(target):
        if target[0] == target[1]:
            raise ValueError(f"target={target!r} is a contrast of a class with itself: expected two classes")
        return tuple(target)
    if callable(target) and not isinstance(target, type):
        return target
    raise ValueError(f"target={target!r}: {EXPECTED}")


def labels_of(target: Any, labels: Any, top_labels: Any, usual_top: int | None = None) -> tuple[Any, Any]:
    """Return the labels and top labels that a call means, given its target.

    Parameters
    ----------
    target : object
        A checked one.
    labels, top_labels : object
        As they came.
    usual_top : int, optional
        Top labels where a call does not say.

    Returns
    -------
    tuple
        A target that is one class is a label.

    Raises
    ------
    ValueError
        If both say what to explain.
    """
    if target is None:
        return labels, top_labels
    asked_for_top = top_labels and top_labels != usual_top
    said = "top_labels" if asked_for_top else None if labels is None or isinstance(labels, Unsaid) else "labels"
    if said is not None:
        value = top_labels if said == "top_labels" else labels
        raise ValueError(f"{said}={value!r} with target={_shown(target)}: expected one of the two")
    return ((target,), None) if is_class(target) else (UNSAID, None)


def is_linear(target: Any) -> bool:
    """Whether a target is a sum of outputs times fixed numbers, once the instance is predicted."""
    if isinstance(target, Target):
        return target.coefficients is not None
    return target is None or is_class(target) or is_contrast(target) or target == MARGIN


def explained_column(
    target: Any,
    predictions: NDArray[np.float64],
    prediction: NDArray[np.float64],
    names: Sequence[str] | None,
    argument: str,
) -> tuple[Target, NDArray[np.float64], NDArray[np.float64]]:
    """Return a target with its numbers for samples and instance.

    Parameters
    ----------
    target : object
        A checked one, which is no single class.
    predictions : ndarray of float, shape (n, k)
        The model's for samples.
    prediction : ndarray of float, shape (k,)
        Its prediction for the instance.
    names : sequence of str, optional
        Of the k outputs.
    argument : str
        Name of the argument that the model came as, for messages.

    Returns
    -------
    target : Target
    predictions : ndarray of float, shape (n, 1)
    prediction : ndarray of float, shape (1,)

    Raises
    ------
    ValueError
        If the model has no such outputs, or the target cannot be computed from them.
    """
    found = _resolve(target, np.asarray(prediction), names)
    outputs = range(len(prediction)) if found.outputs is None else found.outputs
    every = np.concatenate([prediction[None], predictions])
    refuse_unknown(every, argument, list(outputs), names)
    values = found.values(every)
    return found, values[1:, None], values[:1]


def _resolve(target: Any, prediction: NDArray[np.float64], names: Sequence[str] | None) -> Target:
    if isinstance(target, Target):
        return target
    if not (target == MARGIN or is_contrast(target)):
        return of_function(target)
    k = len(prediction)
    if k < 2:
        raise ValueError(
            f"target={_shown(target)}, but the model predicts one column: expected a model with two outputs or more, "
            "or a function of the predictions"
        )
    called = [f"output {place}" for place in range(k)] if names is None else list(names)
    if target == MARGIN:
        first, second = np.argsort(-np.where(np.isfinite(prediction), prediction, -np.inf), kind="stable")[:2]
        return contrast(int(first), int(second), prediction, called, ", the runner-up")
    first, second = (output_position(one, k, names, "target") % k for one in target)
    if first == second:
        raise ValueError(f"target={_shown(target)} is a contrast of a class with itself: expected two classes")
    return contrast(int(first), int(second), prediction, called)


def _shown(target: Any) -> str:
    return repr(target) if not isinstance(target, Target) else repr(target.name)
