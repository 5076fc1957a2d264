"""A trial of what was read from a file that has no checksum: damage shows when the file is read, not at work."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.explainer import Explainer
from lime.engine.quiet import without_warnings

__all__ = ["try_explainer"]

SAMPLES = 64
"""Samples of the trial: more than the bins of any column that is cut, and few enough to take no time."""


def try_explainer(explainer: Explainer) -> None:
    """Explain a typical instance, with predictions of our own in the place of a model's, and show what comes.

    Nothing is tried of an explainer that knows no typical instance.

    Parameters
    ----------
    explainer : Explainer
        One that nobody else uses: it gets another seed.

    Raises
    ------
    Exception
        Whatever what was read makes an explanation raise.
    """
    explainer.seed_with(0)
    explainer.base.verbose = False
    classes = 2 if explainer.class_names is None else max(2, len(explainer.class_names))

    def predict(inputs: Any) -> NDArray[np.float64]:
        shares = np.linspace(0.0, 1.0, inputs.shape[0] if hasattr(inputs, "shape") else len(inputs))
        if explainer.mode == "regression":
            return shares
        return np.column_stack([shares, 1.0 - shares, *np.zeros((classes - 2, len(shares)))])

    with without_warnings(Warning):
        instance = explainer.typical_instance()
        if instance is None:
            return
        explanation = explainer.explain_instance(instance, predict, num_samples=SAMPLES, progress_bar=False)
    _ = repr(explainer), str(explanation), explanation.to_dict()
