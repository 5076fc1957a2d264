"""The errors that lime 0.2.0.1 does not report: those of the fit that it made, for independent draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def watch(base: Any) -> list[dict[str, Any]]:
    """Let a `LimeBase` note what it fits; return the list that fills as it does."""
    fits: list[dict[str, Any]] = []
    original = base.explain_instance_with_data

    def watched(data: Any, labels: Any, distances: Any, label: int, *args: Any, **kwargs: Any) -> Any:
        fits.append({"data": data, "labels": labels, "distances": distances, "label": label})
        return original(data, labels, distances, label, *args, **kwargs)

    base.explain_instance_with_data = watched
    return fits


def plain_draw_errors(fit: dict[str, Any], kernel: Callable[[Any], Any], ids: list[int]) -> np.ndarray:
    """Return the sandwich standard errors of a weighted linear fit to independent draws.

    A = X'WX, Cov = A^-1 (sum_i w_i^2 e_i^2 x_i x_i') A^-1 (White 1980), with an intercept in X.
    """
    z = np.asarray(fit["data"])[:, ids]
    y = np.asarray(fit["labels"])[:, fit["label"]]
    w = kernel(fit["distances"])
    x = np.column_stack([np.ones(len(z)), z])
    inverse = np.linalg.inv(x.T @ (x * w[:, None]))
    e = y - x @ (inverse @ (x.T @ (w * y)))
    scores = x * (w * e)[:, None]
    return np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))[1:]
