"""Calibrated explanations: its helper that explains with lime beside its own way."""

import json

import numpy as np
from calibrated_explanations import WrapCalibratedExplainer
from calibrated_explanations.integrations.lime import LimeHelper
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

weights: dict[str, float] = {}
for load, model in (
    (load_breast_cancer, RandomForestClassifier(30, random_state=0)),
    (load_diabetes, RandomForestRegressor(30, random_state=0)),
):
    data = load()
    explainer = WrapCalibratedExplainer(model)
    explainer.fit(data.data[:200], data.target[:200])
    explainer.calibrate(data.data[200:300], data.target[200:300], feature_names=list(data.feature_names))
    helper = LimeHelper(explainer.explainer)
    np.random.seed(1)  # noqa: NPY002  the package hands no seed on
    lime, explained = helper.preload(data.data[:200])
    assert lime is helper.explainer_instance
    largest = max(abs(weight) for _, weight in explained.as_list())
    assert len(explained.as_list()) == data.data.shape[1]
    weights |= {f"{load.__name__} {name}": float(weight) / largest for name, weight in explained.as_list()}
    helper.reset()
    helper.preload()
print(json.dumps(weights))
