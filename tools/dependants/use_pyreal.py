"""Pyreal's saliency of a time series, over lime's recurrent explainer."""

import json

import numpy as np
import pandas as pd
from pyreal.explainers import UnivariateLimeSaliency

rng = np.random.default_rng(0)
rows = rng.integers(0, 4, (300, 12))
series = pd.DataFrame(rows, columns=[f"t{i}" for i in range(12)])
y = (rows[:, 3] + rows[:, 8] > 3).astype(int)


class Threshold:
    """Two classes; takes arrays of one row's shape or of the recurrent explainer's."""

    def predict(self, x):
        x = np.asarray(x, dtype=float).reshape(len(x), -1)
        p = 1 / (1 + np.exp(-2 * (x[:, 3] + x[:, 8] - 3)))
        return np.column_stack([1 - p, p])


np.random.seed(1)  # noqa: NPY002  the package hands no seed on
explainer = UnivariateLimeSaliency(Threshold(), series, y_train=pd.Series(y), classes=[0, 1], fit_on_init=True)
frame = explainer.produce(series.iloc[[0]]).get()
assert frame.shape == (2, 12), frame.shape
print(json.dumps({f"{label} {name}": float(frame.loc[label, name]) for label in frame.index for name in frame.columns}))
