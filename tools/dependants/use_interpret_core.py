"""InterpretML's LimeTabular: a classifier and a regressor, explained locally."""

import json

from interpret.blackbox import LimeTabular
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

weights = {}
for load, model in (
    (load_breast_cancer, RandomForestClassifier(50, random_state=0)),
    (load_diabetes, RandomForestRegressor(50, random_state=0)),
):
    data = load()
    model.fit(data.data, data.target)
    lime = LimeTabular(model, data.data, feature_names=list(data.feature_names), random_state=1)
    explained = lime.explain_local(data.data[:3], data.target[:3], name="LIME")
    largest = max(abs(score) for key in range(3) for score in explained.data(key)["scores"])
    for key in range(3):
        record = explained.data(key)
        assert len(record["scores"]) == len(record["names"]) == 10, record
        assert record["extra"]["names"] == ["Intercept"]
        explained.visualize(key)
        for name, score in zip(record["names"], record["scores"], strict=True):
            weights[f"{load.__name__} {key} {name}"] = float(score) / largest
print(json.dumps(weights))
