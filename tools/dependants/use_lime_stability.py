"""lime_stability: an explainer that subclasses lime's and replaces its base; the indices CSI and VSI."""

import json

from lime_stability.stability import LimeTabularExplainerOvr
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

data = load_breast_cancer()
model = RandomForestClassifier(50, random_state=0).fit(data.data, data.target)
explainer = LimeTabularExplainerOvr(data.data, feature_names=data.feature_names.tolist(), random_state=1)
explained = explainer.explain_instance(data.data[0], model.predict_proba, num_features=5)
intervals = explainer.confidence_intervals()
assert len(intervals) == 5, intervals
assert all(len(interval) == 2 for interval in intervals.values()), intervals
csi, vsi = explainer.check_stability(data.data[0], model.predict_proba, num_features=5, n_calls=4)
assert 0 <= csi <= 100, csi
assert 0 <= vsi <= 100, vsi
print(json.dumps({name: float(weight) for name, weight in explained.as_list()}))
