"""stabilized-lime (slime): its explainer on the discretizers of lime."""

import json

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from slime.lime_tabular import LimeTabularExplainer

import lime.discretize

data = load_breast_cancer()
model = RandomForestClassifier(30, random_state=0).fit(data.data, data.target)
weights: dict[str, float] = {}
for discretizer in ("quartile", "decile", "entropy"):
    explainer = LimeTabularExplainer(
        data.data,
        training_labels=data.target,
        feature_names=data.feature_names,
        class_names=data.target_names,
        discretizer=discretizer,
        feature_selection="lasso_path",
        random_state=1,
    )
    assert isinstance(explainer.discretizer, lime.discretize.BaseDiscretizer)
    explained = explainer.explain_instance(data.data[0], model.predict_proba, num_features=5)
    weights |= {f"{discretizer} {name}": float(weight) for name, weight in explained.as_list()}
np.random.seed(0)  # noqa: NPY002  the package hands no seed on
explainer = LimeTabularExplainer(
    data.data,
    feature_names=data.feature_names,
    feature_selection="lasso_path",
    sample_around_instance=True,
    random_state=1,
    discretize_continuous=False,
)
explained = explainer.slime(data.data[0], model.predict_proba, num_features=5, num_samples=500, n_max=2000, alpha=0.05)
weights |= {f"slime {name}": float(weight) for name, weight in explained.as_list()}
print(json.dumps(weights))
