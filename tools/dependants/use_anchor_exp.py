"""anchor: tables, cut by lime's discretizers."""

import json

import numpy as np
from anchor.anchor_tabular import AnchorTabularExplainer
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

wine = load_wine()
model = RandomForestClassifier(50, random_state=0).fit(wine.data, wine.target)
numbers: dict[str, object] = {}
for discretizer in ("quartile", "decile"):
    explainer = AnchorTabularExplainer(
        list(wine.target_names), list(wine.feature_names), wine.data.copy(), {}, discretizer=discretizer
    )
    assert "<=" in explainer.disc.names[0][0], explainer.disc.names[0]
    cut = explainer.disc.discretize(wine.data)
    numbers |= {
        f"{discretizer} {j} {v}": float(n)
        for j in range(13)
        for v, n in zip(*np.unique(cut[:, j], return_counts=True), strict=True)
    }
    np.random.seed(1)  # noqa: NPY002  the package hands no seed on
    explained = explainer.explain_instance(wine.data[0], model.predict, threshold=0.9)
    assert explained.precision() > 0.8, explained.precision()
    assert explained.names()
    numbers |= {f"{discretizer} rule {name}": 1.0 for name in explained.names()}
print(json.dumps(numbers))
