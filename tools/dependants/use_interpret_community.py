"""interpret-community's LIMEExplainer: local and global, with a list of columns, with strings."""

import json

import numpy as np
from interpret_community.lime.lime_explainer import LIMEExplainer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

weights: dict[str, float] = {}
wine = load_wine()
model = RandomForestClassifier(50, random_state=0).fit(wine.data, wine.target)
np.random.seed(1)  # noqa: NPY002  the package hands no seed on
explainer = LIMEExplainer(
    model, wine.data, features=wine.feature_names, classes=list(wine.target_names), nclusters=30, show_progress=False
)
local = explainer.explain_local(wine.data[:2])
values = np.array(local.local_importance_values)
assert values.shape == (3, 2, 13), values.shape
assert len(local.get_local_importance_rank()) == 3
weights |= {f"wine {at}": float(value) for at, value in np.ndenumerate(values)}
everywhere = explainer.explain_global(wine.data[:5])
assert len(everywhere.get_feature_importance_dict()) == 13
weights |= {f"wine global {name}": float(value) for name, value in everywhere.get_feature_importance_dict().items()}

subset = LIMEExplainer(
    model,
    wine.data,
    features=wine.feature_names,
    classes=list(wine.target_names),
    explain_subset=[0, 6, 12],
    show_progress=False,
)
values = np.array(subset.explain_local(wine.data[:1]).local_importance_values)
assert values.shape == (3, 1, 3), values.shape
weights |= {f"subset {at}": float(value) for at, value in np.ndenumerate(values)}

diabetes = load_diabetes()
model = RandomForestRegressor(50, random_state=0).fit(diabetes.data, diabetes.target / 100)
explainer = LIMEExplainer(model, diabetes.data, features=diabetes.feature_names, show_progress=False)
values = np.array(explainer.explain_local(diabetes.data[:2]).local_importance_values)
assert values.shape == (2, 10), values.shape
weights |= {f"diabetes {at}": float(value) for at, value in np.ndenumerate(values)}
print(json.dumps(weights))
