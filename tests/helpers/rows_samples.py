"""Explanations of many rows, from tables of their weights."""

from __future__ import annotations

import numpy as np

from explanation_samples import FakeMapper
from lime import Explanation


def explained(weights, values=None, names=None, label=1):
    """One explanation for each row of weights; a weight of 0 is a feature without weight."""
    exps = []
    for i, row in enumerate(weights):
        names_ = names or [f"f{j}" for j in range(len(row))]
        given = list(row) if values is None else list(values[i])
        mapper = FakeMapper(names_, [f"{name} is {value}" for name, value in zip(names_, given, strict=True)], given)
        exp = Explanation(mapper, class_names=["no", "yes"])
        exp.predict_proba = np.array([0.3, 0.7])
        exp.top_labels = None
        exp.local_exp[label] = [(j, np.float64(w)) for j, w in enumerate(row) if w]
        exp.intercept[label], exp.scores[label], exp.local_preds[label], exp.model_preds[label] = 0.1, 0.9, 0.2, 0.7
        exp.standard_errors[label] = {j: 0.01 for j, w in enumerate(row) if w}
        exp.degrees_of_freedom[label] = np.inf
        exps.append(exp)
    return exps


WEIGHTS = np.array([[1.0, -2.0, 0.0, 0.0], [0.5, 0.0, 0.0, 3.0], [0.0, 0.0, -4.0, 1.0], [1.5, 1.0, 0.0, 0.0]])
