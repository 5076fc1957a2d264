"""
Getting started
===============

From a model to an explanation that can be trusted, in ten minutes. This page can be
downloaded as a notebook at its end.

The model tells benign from malignant tumours by measurements of their cells. Why
does it say what it says of one of them?
"""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import lime

data = load_breast_cancer(as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    data.data, data.target_names[data.target], random_state=0
)
model = RandomForestClassifier(random_state=0).fit(X_train, y_train)
print(f"accuracy on held-out rows: {model.score(X_test, y_test):.2f}")

# %%
# An explainer needs the model, and the rows that it learned from. It finds out by
# itself what kind of data this is, what the model does and what its classes are.

explain = lime.Explainer(model, X_train)
explain

# %%
# One row
# -------
# The explanation shows itself at the end of a cell. It is about the class that the
# model finds most likely.

exp = explain(X_test.iloc[0], num_features=6)
exp

# %%
# How to read it: the model's prediction differs from its prediction for an average
# row nearby, the baseline. Each bar is what one measurement adds to the difference.
# Baseline and bars add up to the prediction. The whiskers are 95% intervals: how
# much longer or shorter a bar may be with other samples.

ax = exp.plot(kind="waterfall")

# %%
# May I believe it?
# -----------------
# First look at the fit: how much of what the model does near this row does the
# explanation describe?

print(f"in the neighbourhood: R² {exp.score:.2f}")
fit = exp.local_fit[exp.top_labels[0]]
print(f"on {fit.rows:.0f} real rows near this one: R² {fit.score:.2f}")

# %%
# Then at the warnings. There are at most three, and the gravest comes first.

exp.warnings

# %%
# And at what else is known: whether the intervals leave out zero, whether the order
# of the features is settled, and on how many samples the weights rest.

print(exp.trust())

# %%
# Many rows
# ---------
# Given a frame, the explainer returns the explanations of its rows. Together they
# show what the model looks at.

exps = explain(X_test[:60])
ax = exps.plot(kind="beeswarm")

# %%
# As a frame they can be sorted, joined and stored.

exps.to_frame().head()

# %%
# Take it along
# -------------
# A page is one file without scripts. JSON holds the explanation itself, and is read
# without the model and the data.

exp.save_to_file("tumour.html")
exp.to_json("tumour.json")
again = lime.Explanation.from_json("tumour.json")
print(again.contributions() == exp.contributions())

# %%
# Where to go from here: "Which option when" says what can be chosen, "The fit is
# poor: what now?" what helps, and "My model is …" and "My data has …" have a block
# for each.
