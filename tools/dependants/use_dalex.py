"""dalex: predict_surrogate(type="lime") with its own result table and plot."""

import json

import dalex as dx
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

weights = {}
wine = load_wine(as_frame=True)
y = (wine.target == 1).astype(int)
explainer = dx.Explainer(RandomForestClassifier(50, random_state=0).fit(wine.data, y), wine.data, y, verbose=False)
explained = explainer.predict_surrogate(wine.data.iloc[[0]], random_state=1, num_features=8)
explained.plot()
assert len(plt.gcf().axes) == 1
assert explained.plot(return_figure=True) is not None
assert list(explained.result.columns) == ["variable", "effect"]
for name, effect in explained.result.itertuples(index=False):
    weights[f"wine {name}"] = float(effect)

diabetes = load_diabetes(as_frame=True)
model = RandomForestRegressor(50, random_state=0).fit(diabetes.data, diabetes.target)
explainer = dx.Explainer(model, diabetes.data, diabetes.target, verbose=False)
explained = explainer.predict_surrogate(
    diabetes.data.iloc[0], random_state=1, discretize_continuous=False, num_samples=3000
)
largest = np.abs(explained.result["effect"]).max()
for name, effect in explained.result.itertuples(index=False):
    weights[f"diabetes {name}"] = float(effect / largest)
print(json.dumps(weights))
