"""Arguments of `explain_instance`, checked one by one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lime.engine import stopping, surrogate
from lime.engine.base import LimeBase
from lime.engine.inspection import is_whole
from lime.engine.registry import Selector
from lime.engine.widths import ChosenWidth


def check_samples(num_samples: Any, default: int) -> tuple[int, stopping.Auto | None]:
    """The most inputs that the model predicts, and what ``num_samples="auto"`` asks for; None for a fixed number.

    Raises
    ------
    ValueError
        If `num_samples` is neither a whole number of at least 1, nor "auto", nor an `Auto`.
    """
    if isinstance(num_samples, str) and num_samples == "auto":
        num_samples = stopping.Auto()
    if isinstance(num_samples, stopping.Auto):
        return num_samples.most_calls(default), num_samples
    if isinstance(num_samples, str):
        raise ValueError(f"num_samples={num_samples!r}: expected a whole number of at least 1, or 'auto'")
    return check_count("num_samples", num_samples, least=1), None


def check_features(num_features: Any, feature_selection: str | Selector) -> int:
    """The most features in an explanation, as an int; whatever lime 0.2.0.1 took is taken.

    Raises
    ------
    ValueError
        If no explanation can have so many.
    """
    if isinstance(num_features, bool):
        num_features = int(num_features)
    if num_features is None or (isinstance(num_features, float) and num_features == np.inf):
        return sys.maxsize
    is_count = is_whole(num_features) and num_features >= 1
    if feature_selection == "none" and not is_count:  # has no use for it
        return sys.maxsize
    if feature_selection == "lasso_path" and isinstance(num_features, int | float) and not np.isnan(num_features):
        return max(1, int(num_features))  # the path ends with one feature
    return check_count("num_features", num_features, least=1)


def settings_notes(count: int, num_features: Any, kept: int) -> list[str]:
    """What a reader must know of `num_samples`, and of `num_features` where it was read as another number."""
    notes = []
    if count == 1:
        notes.append(
            "With num_samples=1 the model predicts the instance alone. Nothing can be learned from it, and every "
            "weight is 0."
        )
    if num_features is not None and kept != num_features and not (kept == sys.maxsize and num_features == np.inf):
        read = "has no effect" if kept == sys.maxsize else f"was read as {kept}"
        notes.append(f"num_features={num_features!r} {read}: expected a whole number of at least 1.")
    return notes


def refuse_auto(base: LimeBase, model_regressor: Any) -> None:
    """Refuse ``num_samples="auto"`` where standard errors are not known.

    Raises
    ------
    ValueError
        With a `model_regressor` or a base of the user's own, or a kernel width that is chosen from the samples.
    """
    if model_regressor is not None or type(base) is not LimeBase:
        what = "a model_regressor" if model_regressor is not None else f"a base of type {type(base).__name__}"
        raise ValueError(f"num_samples='auto' needs weights with standard errors, and {what} gives none: pass a number")
    if isinstance(base.kernel_fn, ChosenWidth):
        raise ValueError("num_samples='auto' with kernel_width='auto': expected a number for one of them")


def whose_fit(base: LimeBase, model_regressor: Any, *, is_classic: bool = False) -> str:
    """What fits samples in a way of its own, in words for a message; empty where the fit is ours."""
    if is_classic:
        return "sampling_method='classic', which gives the numbers of lime 0.2.0.1"
    if model_regressor is not None:
        return "a model_regressor, which fits as it likes"
    return "" if type(base) is LimeBase else f"a base of type {type(base).__name__}, which fits as it likes"


def refuse_together(argument: str, what: str) -> None:
    """Refuse an argument beside something else, which is nothing where it is empty.

    Raises
    ------
    ValueError
        If there is something else; the message names both.
    """
    if what:
        raise ValueError(f"{argument} with {what}: expected one of the two")


ESTIMATORS = ("auto", "plain", "assisted")


def check_estimator(estimator: Any) -> str | None:
    """The estimator that is asked for; None where none is.

    Raises
    ------
    ValueError
        If there is no such estimator.
    """
    if estimator is None or (isinstance(estimator, str) and estimator in ESTIMATORS):
        return estimator
    raise ValueError(f"estimator={estimator!r}: expected one of {', '.join(map(repr, ESTIMATORS))}, or None")


def refuse_assisted(base: LimeBase, model_regressor: Any, method: str) -> None:
    """Refuse ``estimator='assisted'`` where the fit is not ours to help.

    Raises
    ------
    ValueError
        With a `model_regressor`, a base of the user's own, or a sampling `method` without a fit that can be helped.
    """
    if method in ("classic", "exact"):
        what = f"sampling_method={method!r}, which fits in its own way"
    else:
        what = whose_fit(base, model_regressor)
    refuse_together("estimator='assisted'", what)


def check_count(name: str, value: Any, least: int) -> int:
    """Return `value` as an int if it is a whole number of at least `least`.

    Raises
    ------
    ValueError
        Otherwise; the message names the argument.
    """
    is_count = is_whole(value) or (isinstance(value, float) and value.is_integer())
    if not is_count or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least {least}")
    return int(value)


def check_surrogate(base: LimeBase, model_regressor: Any) -> None:
    """Refuse a `model_regressor` that cannot take the place of ridge regression, before the model is called.

    Raises
    ------
    TypeError
        If it lacks what our base needs; a base of the user's own knows what it needs.
    """
    if model_regressor is not None and type(base) is LimeBase:
        surrogate.check_regressor(model_regressor)


MODES = ("classification", "regression")


def check_mode(mode: str) -> str:
    """Return `mode` if it is one; else raise a ValueError that names the argument."""
    if mode not in MODES:
        raise ValueError(f"mode={mode!r} is unknown: expected 'classification' or 'regression'")
    return mode
