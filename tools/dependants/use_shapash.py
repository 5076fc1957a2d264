"""Shapash with its LIME backend: two classes, three classes, numbers."""

import json

import numpy as np
from shapash import SmartExplainer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

weights: dict[str, float] = {}
for load, kind in (
    (load_breast_cancer, RandomForestClassifier),
    (load_wine, RandomForestClassifier),
    (load_diabetes, RandomForestRegressor),
):
    data = load(as_frame=True)
    x = data.data.rename(columns=lambda name: name.replace(" ", "_").replace("/", "_"))
    model = kind(30, random_state=0).fit(x, data.target)
    np.random.seed(1)  # noqa: NPY002  the package hands no seed on
    explainer = SmartExplainer(model=model, backend="lime", data=x)
    explainer.compile(x=x.iloc[:3])
    frames = explainer.explainer.contributions
    frames = frames if isinstance(frames, list) else [frames]
    largest = max(float(frame.abs().to_numpy().max()) for frame in frames)
    for number, frame in enumerate(frames):
        assert frame.shape == (3, x.shape[1]), frame.shape
        weights |= {
            f"{load.__name__} {number} {row} {name}": float(frame.loc[row, name]) / largest
            for row in frame.index
            for name in frame.columns
        }
    assert len(explainer.to_pandas(max_contrib=3)) == 3
print(json.dumps(weights))
