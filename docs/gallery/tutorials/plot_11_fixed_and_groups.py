"""
Columns that stay, and columns that belong together
===================================================

Which columns may vary is a choice: a patient's age and sex stay what they are, and
measurements of one blood sample come together.
"""

import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor

from lime import LimeTabularExplainer

# %%
# Patients, and how far their diabetes had gone a year later. The age is here as
# three columns of which exactly one is 1, as many data sets have it.

data, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
bands = pd.cut(data["age"], [0, 40, 55, 100], labels=["young", "middle", "old"])
data = pd.concat(
    [data.drop(columns="age"), pd.get_dummies(bands, prefix="age", dtype=int)],
    axis=1,
)
model = RandomForestRegressor(min_samples_leaf=5, random_state=0).fit(data, target)
patient = data.iloc[10]

# %%
# **Held fixed.** Every sample keeps what the patient is. These columns have no
# weight, and no part in what counts as near.

what_is = ["sex", "age_young", "age_middle", "age_old"]
explainer = LimeTabularExplainer(
    data, mode="regression", fixed=what_is, random_state=0
)
print(explainer.explain_instance(patient, model, num_features=9))

# %%
# **Groups.** The columns of the age are drawn together, so that no sample is of
# two ages. The explainer finds such columns, and its repr says so. Any other
# columns can be a group too: they are drawn with the values that patients have
# together.

print(LimeTabularExplainer(data, mode="regression", random_state=0))

explainer = LimeTabularExplainer(
    data,
    mode="regression",
    fixed="sex",
    groups={
        "age": ["age_young", "age_middle", "age_old"],
        "cholesterol": ["s1", "s2", "s3", "s4"],
    },
    random_state=0,
)
explanation = explainer.explain_instance(patient, model, num_features=9)
print(explanation)
ax = explanation.plot()

# %%
# A group has one weight. Its members are weighed when they are asked for, on the
# samples that are there: the model is not asked again.

pd.DataFrame(explanation.open_group("cholesterol")).round(3)

# %%
# Of one-hot columns the members say what it does that the patient is of this age,
# and not of another.

pd.DataFrame(explanation.open_group("age")).round(3)
