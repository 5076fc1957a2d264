"""What every report is asked with: an explainer, its settings, an explanation and one of its labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime.domains.explainer import Explainer
from lime.engine.links import IDENTITY
from lime.results.explanation import Explanation


def without_progress(explainer: Explainer, settings: dict[str, Any]) -> dict[str, Any]:
    """A copy of settings of `explain_instance`, checked, in which no progress bar is shown that was not asked for.

    Raises
    ------
    TypeError
        If there is no such setting, or the explainer is none; the message names it.
    """
    if not isinstance(explainer, Explainer):
        raise TypeError(f"explainer={explainer!r}: expected an explainer of lime, such as a LimeTabularExplainer")
    every = explainer.complete_settings(settings)
    return {"progress_bar": False, **settings} if "progress_bar" in every else dict(settings)


def with_batch_size(settings: dict[str, Any], batch_size: int | None) -> dict[str, Any]:
    """Settings of `explain_instance` with a batch size, where one is given."""
    return settings if batch_size is None else {**settings, "batch_size": batch_size}


def as_explained(settings: dict[str, Any], explanation: Explanation) -> dict[str, Any]:
    """Settings of `explain_instance` that explain the same, in the same way, as an explanation does."""
    found = dict(settings)
    if explanation.link != IDENTITY:
        found.setdefault("link", explanation.link)
    if explanation.target is not None:
        found["target"] = explanation.target
    if explanation.representation is not None:
        found["representation"] = explanation.representation
    kinds = {one.kind for one in explanation.surrogates.values()} - {"curves"}
    return {**found, "surrogate": kinds.pop()} if kinds else found


def part_target(target: Any, settings: dict[str, Any], usual: float) -> tuple[Any, dict[str, Any]]:
    """Part what came as ``target``: an R² that is good enough is a number, all else is what is explained."""
    if isinstance(target, int | float | np.number):
        return target, settings
    return usual, {**settings, "target": target}


def check_target(target: Any) -> float:
    """Return `target` if it is an R² that a surrogate can be asked to reach.

    Raises
    ------
    ValueError
        If it is no number above 0 and at most 1.
    """
    if isinstance(target, bool) or not isinstance(target, int | float | np.number) or not 0.0 < target <= 1.0:
        raise ValueError(f"target={target!r}: expected an R² above 0 and at most 1")
    return float(target)


def explained_label(explanation: Explanation, label: Any = None) -> Any:
    """Return the label that a report is about: the first explained one, or exactly the one that is named.

    Where `Explanation.resolve_label` takes 1 for "the usual one", a report on a label says what it is about.

    Raises
    ------
    TypeError
        If `explanation` is none.
    KeyError
        If the label was not explained.
    """
    if not isinstance(explanation, Explanation):
        raise TypeError(f"explanation={explanation!r}: expected an Explanation")
    found = explanation.resolve_label(label)
    return found if label is None or explanation.is_single_output() else explanation.find_label(label)
