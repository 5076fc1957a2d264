"""
Regression
==========

The model returns a number instead of probabilities: how far does each measurement
move it?
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

from lime import LimeTabularExplainer

data = load_diabetes(as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(
    data.data, data.target, test_size=0.2, random_state=1
)
forest = RandomForestRegressor(
    n_estimators=100, min_samples_leaf=3, random_state=0
).fit(X_train, y_train)
print(f"R² on held-out patients: {forest.score(X_test, y_test):.2f}")

# %%
# ``mode="regression"``; weights are in the unit of the target, here points of
# disease progression after a year. The column ``sex`` has two values and stands for
# categories.

explainer = LimeTabularExplainer(
    X_train,
    mode="regression",
    categorical_features=["sex"],
    verbose=True,
    random_state=0,
)
patient = X_test.iloc[3]
explanation = explainer.explain_instance(patient, forest, num_features=6)

# %%
# ``verbose=True`` printed what the surrogate says of the patient and what the model
# says. The bar of the predicted value shows it within the range of answers in the
# neighbourhood.

print(explanation)

# %%
figure, ax = plt.subplots(figsize=(7, 3.5))
explanation.plot(ax=ax)
figure.tight_layout()

# %%
# In regression there is one output. As in 0.2.0.1 ``as_list()`` needs no label,
# ``local_exp[1]`` holds the weights and ``local_exp[0]`` the same with the sign
# turned.

explanation.to_frame()[["feature", "value", "weight", "standard_error"]]
