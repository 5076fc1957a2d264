"""
A few rows that show the whole
==============================

One explanation speaks of one row. Submodular pick explains many and chooses a few
that between them show every feature that matters: what a person with an hour should
look at before a model is used.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from lime import LimeTabularExplainer, SubmodularPick

wine = load_wine(as_frame=True)
forest = RandomForestClassifier(n_estimators=100, random_state=0).fit(
    wine.data, wine.target
)
explainer = LimeTabularExplainer(
    wine.data, class_names=wine.target_names, random_state=0
)

# %%
# 40 rows drawn at random are explained, each for its most likely class, and three
# are picked.

pick = SubmodularPick(
    explainer,
    wine.data,
    forest,
    method="sample",
    sample_size=40,
    num_exps_desired=3,
    num_features=5,
)
print("picked rows:", [int(position) for position in pick.positions])

# %%
figure, axes = plt.subplots(3, 1, figsize=(7, 9))
for explanation, ax in zip(pick.sp_explanations, axes, strict=True):
    explanation.plot(ax=ax)
figure.tight_layout()

# %%
# What all 40 say together: mean size of the weights, and in how many explanations a
# feature appears.

pick.all.importance().head(8).round(4)

# %%
figure, ax = plt.subplots(figsize=(7, 4.5))
pick.all.plot(label=0, ax=ax, max_features=8)
figure.tight_layout()

# %%
# The same without a class for it: explain, then pick, with any number, as often as
# wanted.

explanations = explainer.explain_instances(
    wine.data.iloc[:40], forest, top_labels=1, num_features=5
)
explanations.pick(3)
