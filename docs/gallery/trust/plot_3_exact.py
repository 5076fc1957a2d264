"""
Samples close in on the exact weights
=====================================

The weights of a forest need no samples: they can be computed from its splits.
Samples estimate the same numbers, and their intervals close in on them.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from lime import LimeTabularExplainer

X, y = load_wine(return_X_y=True, as_frame=True)
model = RandomForestClassifier(n_estimators=100, random_state=42).fit(X, y)
explainer = LimeTabularExplainer(
    X, class_names=load_wine().target_names, random_state=7
)
row = X.iloc[0]

# %%
# Exact weights
# -------------
# The model is read, and predicts 512 rows only, which check what was read and tell
# how well a linear function fits.

exact = explainer.explain_instance(
    row, model, labels=(0,), num_features=4, sampling_method="exact"
)
print(exact)

# %%
# Sampled weights
# ---------------
# More samples, narrower intervals, around the same numbers. The dashed lines are
# the exact weights.

sizes = [128, 512, 2048, 8192, 32768]
sampled = [
    explainer.explain_instance(
        row, model, labels=(0,), num_features=13, num_samples=size
    )
    for size in sizes
]

figure, axes = plt.subplots(2, 2, figsize=(8, 5), sharex=True)
for ax, record in zip(axes.flat, exact.records(0), strict=True):
    feature = record["index"]
    weights = [dict(one.local_exp[0])[feature] for one in sampled]
    intervals = [one.confidence_intervals(0)[feature] for one in sampled]
    low, high = zip(*intervals, strict=True)
    ax.vlines(sizes, low, high, color="#4a78b5", linewidth=2)
    ax.plot(sizes, weights, "o", color="#4a78b5")
    ax.axhline(record["weight"], color="#c2563c", linestyle="--")
    ax.set_xscale("log", base=2)
    ax.set_title(record["feature"], fontsize=10)
for ax in axes[1]:
    ax.set_xlabel("samples")
for ax in axes[:, 0]:
    ax.set_ylabel("weight for class_0")
figure.tight_layout()

# %%
# Which way is taken
# ------------------
# ``"auto"`` takes the exact way where it can, and says why where it cannot.

print(explainer.why_not_exact(model))
print(explainer.why_not_exact(lambda rows: model.predict_proba(rows)))

# %%
# Pairs of features are exact too.

print(exact.interactions())
