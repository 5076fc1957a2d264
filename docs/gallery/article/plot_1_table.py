"""
A prediction on a table
=======================

A random forest sorts wines by thirteen chemical measurements. Why does it sort this
one as it does?
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from lime import lime_tabular

np.random.seed(0)  # what an explainer without a random_state draws from

wine = load_wine()
X_train, X_test, y_train, y_test = train_test_split(
    wine.data, wine.target, test_size=0.2, random_state=42
)
forest = RandomForestClassifier(n_estimators=100, random_state=42).fit(
    X_train, y_train
)
print(f"accuracy on held-out wines: {forest.score(X_test, y_test):.3f}")

instance = X_test[0]
print(f"predicted: {wine.target_names[forest.predict([instance])[0]]}")
print(f"probabilities: {forest.predict_proba([instance])[0]}")

# %%
# The explainer learns from the training data how each column is distributed.
# Around an instance it draws rows from these distributions, asks the model about
# them, and fits a linear model to its answers.

explainer = lime_tabular.LimeTabularExplainer(
    training_data=X_train,
    feature_names=wine.feature_names,
    class_names=wine.target_names,
    mode="classification",
)
explanation = explainer.explain_instance(
    data_row=instance, predict_fn=forest.predict_proba, num_features=10
)
for feature, weight in explanation.as_list():
    print(f"{weight:+.3f}  {feature}")

# %%
# Weights speak for or against label 1 (here ``class_1``) unless other labels are
# asked for. Each is the difference that it makes to the probability, on average
# over the neighbourhood, whether a wine lies in the same bin as this one. The
# whiskers are 95 % intervals of the sampling error.

figure = explanation.as_pyplot_figure()
plt.tight_layout()

# %%
# At the end of a notebook cell the explanation shows itself as a page;
# ``explanation.save_to_file("wine.html")`` writes the same to a file, and
# ``explanation.show_in_notebook(show_table=True)`` does it in the middle of a cell.

explanation

# %%
# The usual exercise: explain the same wine five times, and look at how far the
# weights move.

runs = [
    explainer.explain_instance(instance, forest.predict_proba, num_features=10)
    for _ in range(5)
]
weights = pd.DataFrame([dict(run.as_list()) for run in runs])
weights.describe().T[["mean", "std", "min", "max"]].round(4)

# %%
# Their spread needs no repetition: every explanation knows its standard errors, and
# they are of the size that the runs show. (The standard deviation of five numbers
# is itself uncertain by a third.)

errors = pd.DataFrame(
    [
        {one["feature"]: one["standard_error"] for one in run.records()}
        for run in runs
    ]
)
spread = {"spread of the runs": weights.std(), "what each said": errors.mean()}
pd.DataFrame(spread).dropna().round(4)
