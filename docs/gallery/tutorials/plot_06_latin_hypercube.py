"""
How draws are made: plain, Latin hypercube, Sobol
=================================================

An explanation estimates the fit over an infinite neighbourhood from a few thousand
draws. How these are spread decides how near the estimate comes, at the same number
of model calls.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from lime import LimeTabularExplainer

wine = load_wine()
forest = RandomForestClassifier(n_estimators=30, random_state=0).fit(
    wine.data, wine.target
)
row = wine.data[0]


def explain(method, samples, seed):
    """Return the weights in the order of columns, and the mean standard error."""
    explainer = LimeTabularExplainer(
        wine.data, feature_selection="none", random_state=seed
    )
    explanation = explainer.explain_instance(
        row,
        forest.predict_proba,
        num_features=13,
        num_samples=samples,
        labels=(0,),
        sampling_method=method,
    )
    weights = dict(explanation.local_exp[0])
    return np.array([weights[i] for i in range(13)]), np.mean(
        list(explanation.standard_errors[0].values())
    )


# %%
# ``"gaussian"`` draws each row by itself, as lime always has. ``"lhs"`` is a Latin
# hypercube: each column alone is spread evenly. ``"sobol"``, the default, spreads
# pairs and triples of columns evenly too.

target = np.mean([explain("sobol", 60_000, seed)[0] for seed in (100, 101)], axis=0)
table = {}
for method in ("gaussian", "lhs", "sobol"):
    runs = [explain(method, 2000, seed) for seed in range(12)]
    error = np.sqrt(np.mean([(weights - target) ** 2 for weights, _ in runs]))
    table[method] = error, np.mean([known for _, known in runs])
    found, said = table[method]
    print(f"{method:9} error {found:.5f}, own standard errors say {said:.5f}")

# %%
# A Latin hypercube removes the error of effects that add up over columns. The
# linear fit removes them anyway, so that nothing is gained here. The error of Sobol
# points falls because pairs of columns are even too.

figure, ax = plt.subplots(figsize=(6, 3))
place = np.arange(3)
ax.bar(
    place - 0.2,
    [error for error, _ in table.values()],
    0.4,
    label="error of 12 runs of 2,000 draws",
)
ax.bar(
    place + 0.2,
    [known for _, known in table.values()],
    0.4,
    label="standard error that each run gave",
)
ax.set_xticks(place, table)
ax.set_ylabel("root mean square, probability")
ax.legend()
figure.tight_layout()
