"""
Before an explanation is believed
=================================

The trust card, and what stands behind its lines: stability, fidelity, faithfulness,
interactions, and draws where the data is not. Each is a report that prints, plots
and becomes a frame.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from lime import LimeTabularExplainer, trust

X, y = load_wine(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.2, random_state=42
)
model = RandomForestClassifier(n_estimators=50, random_state=42).fit(
    X_train, y_train
)
explainer = LimeTabularExplainer(
    X_train, class_names=load_wine().target_names, random_state=42
)
row = X_test.iloc[0]
explanation = explainer.explain_instance(
    row, model, top_labels=1, num_features=6, num_samples=2000
)

# %%
# What the explanation knows of itself costs no model call. There is no overall
# score: the lines answer different questions.

print(explanation.trust())

# %%
# Stability
# ---------
# Would another run say the same? The model is asked ``repeats`` times as often as
# once.

stability = explainer.stability(
    row, model, repeats=8, labels=(0,), num_features=6, num_samples=2000
)
print(stability)

# %%
figure, ax = plt.subplots(figsize=(7, 3.5))
stability.plot(ax=ax)
figure.tight_layout()

# %%
# Fidelity
# --------
# The surrogate on draws that it was not fitted on, near the instance and far from
# it.

fidelity = trust.fidelity(explainer, row, model, explanation)
print(fidelity)

# %%
# Faithfulness
# ------------
# Features leave in the order of their weights: the answer should fall faster than
# in random orders.

deletion = trust.deletion(explainer, row, model, explanation)
figure, ax = plt.subplots(figsize=(7, 3.5))
deletion.plot(ax=ax)
figure.tight_layout()
print(deletion)

# %%
# Interactions
# ------------
# Pairs of features that do together what neither does alone, from the answers that
# are already there.

print(explanation.interactions())

# %%
# Out of distribution
# -------------------
# Columns are drawn independently of each other, so that many draws are wines that
# cannot be. What the model says there is what the explanation rests on.

print(trust.out_of_distribution(explainer, X_train, row))
