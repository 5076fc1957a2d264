"""A model, an explainer and settings for runs with checkpoints."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime import LimeTabularExplainer

SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}


def predict(x):
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - x[:, 1])))
    return np.column_stack([1.0 - p, p])


def other_model(x):
    return predict(0.5 * x)


class Model:
    def predict_proba(self, x):
        return predict(x)


def explainer_of(table, random_state=0, **settings):
    return LimeTabularExplainer(table, random_state=random_state, **settings)


def as_bytes(exps, folder):
    path = folder / "out.parquet"
    exps.to_parquet(path)
    return path.read_bytes()
