"""
Categories and numbers
======================

A frame with columns of words and of numbers, some of them missing, goes to a
pipeline that encodes them. The explainer takes the frame as it is and hands the
model frames of the same kind: nothing has to be encoded for it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from lime import LimeTabularExplainer

# %%
# Invented mushrooms. Those that smell foul are poisonous, and so are most white
# ones with a narrow stalk; a tenth of the stalks was not measured.

rng = np.random.default_rng(0)
n = 3000
mushrooms = pd.DataFrame(
    {
        "odor": rng.choice(
            ["none", "almond", "anise", "foul"], n, p=[0.45, 0.15, 0.15, 0.25]
        ),
        "cap_color": rng.choice(["brown", "white", "red", "yellow"], n),
        "ring": rng.choice(["one", "two"], n, p=[0.9, 0.1]),
        "stalk_width": np.round(rng.gamma(6.0, 2.0, n), 1),
        "cap_width": np.round(rng.normal(7.0, 2.0, n), 1),
    }
)
risk = 4.0 * (mushrooms["odor"] == "foul") + 3.0 * (
    (mushrooms["cap_color"] == "white") & (mushrooms["stalk_width"] < 10)
)
poisonous = rng.random(n) < 1 / (1 + np.exp(2.5 - risk))
mushrooms.loc[rng.random(n) < 0.1, "stalk_width"] = np.nan
X_train, X_test, y_train, y_test = train_test_split(
    mushrooms, poisonous, random_state=0
)
X_train.head()

# %%
words = ["odor", "cap_color", "ring"]
encode = make_column_transformer(
    (OneHotEncoder(sparse_output=False), words), remainder="passthrough"
)
model = make_pipeline(
    encode, HistGradientBoostingClassifier(max_iter=40, random_state=0)
).fit(X_train, y_train)
print(f"accuracy on held-out mushrooms: {model.score(X_test, y_test):.3f}")

explainer = LimeTabularExplainer(
    X_train, class_names=["edible", "poisonous"], random_state=0
)

# %%
# A white mushroom without smell. A word's feature reads ``odor=none``: is it the
# same as here, or another one? A number's feature says in which quarter of the
# training data it lies.

white = X_test[
    (X_test["cap_color"] == "white")
    & (X_test["odor"] == "none")
    & (X_test["stalk_width"] < 8)
].iloc[0]
explanation = explainer.explain_instance(white, model, top_labels=1)
print(explanation)

# %%
# Colour and stalk matter together more than each alone, which weights of single
# features cannot say. The answers that are already there can: pairs are tested with
# the rate of false discoveries held at 5%.

print(explanation.interactions())

# %%
# A missing value is a value of its own.

unmeasured = X_test["stalk_width"].isna() & (X_test["odor"] == "foul")
explanation = explainer.explain_instance(
    X_test[unmeasured].iloc[0], model, top_labels=1
)
figure, ax = plt.subplots(figsize=(7, 3))
explanation.plot(ax=ax)
figure.tight_layout()

# %%
# Arrays whose numbers stand for words work as they always have:
# ``categorical_features`` lists the columns and ``categorical_names`` what their
# numbers mean.

codes = X_train.copy()
names = {}
for column, word in enumerate(words):
    coded = pd.Categorical(codes[word])
    codes[word], names[column] = coded.codes, list(coded.categories)
array = codes.drop(columns="stalk_width").to_numpy(dtype=float)
forest = HistGradientBoostingClassifier(
    categorical_features=[0, 1, 2], max_iter=40, random_state=0
).fit(array, y_train)
explainer = LimeTabularExplainer(
    array,
    feature_names=[*words, "cap_width"],
    class_names=["edible", "poisonous"],
    categorical_features=[0, 1, 2],
    categorical_names=names,
    random_state=0,
)
explanation = explainer.explain_instance(
    array[0], forest.predict_proba, top_labels=1, num_features=4
)
for feature, weight in explanation.as_list():
    print(f"{weight:+.3f}  {feature}")
