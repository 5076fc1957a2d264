"""
A whole table
=============

``explain_instances`` explains every row. Where the draws do not depend on the row,
as here, one neighbourhood and one set of model answers serve all of them: a
thousand rows ask the model hardly more than one does.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from lime import Explanations, LimeTabularExplainer

data = load_breast_cancer(as_frame=True)
forest = RandomForestClassifier(n_estimators=50, random_state=0).fit(
    data.data, data.target
)
explainer = LimeTabularExplainer(
    data.data, class_names=data.target_names, random_state=0
)
explanations = explainer.explain_instances(
    data.data.iloc[:200], forest, top_labels=1, num_features=5, num_samples=2000
)
print(len(explanations), "explanations")

# %%
# A sequence of explanations, each with the numbers that it has alone:

print(explanations[0])

# %%
# A long table, one record for each row and feature:

explanations.to_frame().head()

# %%
# What matters over all rows, and how:

explanations.importance().head(8).round(4)

# %%
figure, ax = plt.subplots(figsize=(7, 4.5))
explanations.plot(ax=ax, max_features=10)
figure.tight_layout()

# %%
# Three rows that show the most between them:

print(explanations.pick(3))

# %%
# To a file and back; rows are read when they are asked for. ``checkpoint=`` keeps
# finished rows of long runs, ``n_jobs=`` spreads them over cores, and
# ``explainer.frame_function(model)`` is what Dask, Spark or Ray map over
# partitions.

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "explanations.parquet"
    explanations.to_parquet(path)
    print(f"{path.stat().st_size / 1024:.0f} KiB")
    print(len(Explanations.from_parquet(path)), "explanations read")
