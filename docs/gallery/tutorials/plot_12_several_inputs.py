"""
Several inputs
==============

A model that reads a title and a text, looks at a picture and knows some numbers:
one explanation ranks what all of them say.
"""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from lime import (
    LimeImageExplainer,
    LimeMultiInputExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
)

# %%
# Parcels with a note: is one urgent? It is if the note says so, if the digit that
# somebody wrote on the parcel is a one, or if it has been waiting for long. The
# digits are scikit-learn's, the notes are made here.

rng = np.random.default_rng(0)
digits = load_digits()
WORDS = ["please", "deliver", "parcel", "today", "soon", "thanks", "garden", "door"]


def parcel(rng):
    """One parcel, and whether it is urgent."""
    place = rng.integers(len(digits.images))
    title = " ".join(
        rng.choice(["order", "gift", "urgent", "return"], 2, replace=False)
    )
    note = " ".join(rng.choice(WORDS, 5, replace=False))
    row = pd.Series({"days": rng.exponential(4.0), "kilograms": rng.uniform(0, 5)})
    score = 2.0 * ("urgent" in title) + 1.5 * ("today" in note)
    score += 2.0 * (digits.target[place] == 1) + 0.3 * row["days"] - 3.0
    urgent = rng.random() < 1 / (1 + np.exp(-score))
    return {
        "title": title,
        "note": note,
        "row": row,
        "digit": digits.images[place],
    }, urgent


parcels, urgent = zip(*(parcel(rng) for _ in range(1500)), strict=True)


class Model:
    """A logistic regression on counts of words, numbers and pixels side by side."""

    def fit(self, instances, target):
        self.title = CountVectorizer().fit([one["title"] for one in instances])
        self.note = CountVectorizer().fit([one["note"] for one in instances])
        self.classes_ = np.array(["can wait", "urgent"])
        self.model = LogisticRegression(C=0.3, max_iter=2000)
        self.model.fit(self.numbers(instances), target)
        return self

    def numbers(self, instances):
        return np.hstack(
            [
                self.title.transform([one["title"] for one in instances]).toarray(),
                self.note.transform([one["note"] for one in instances]).toarray(),
                np.array([one["row"].to_numpy() for one in instances]) / 4,
                np.array([one["digit"].ravel() for one in instances]) / 16,
            ]
        )

    def predict_proba(self, instances):
        return self.model.predict_proba(self.numbers(instances))


model = Model().fit(parcels[:1000], urgent[:1000])
found = model.predict_proba(parcels[1000:])[:, 1] > 0.5
print(f"accuracy on held-out parcels: {np.mean(found == urgent[1000:]):.3f}")

# %%
# Each part has an explainer of its own kind. The model gets a list of mappings;
# one that was trained on a batch of each part gets these with
# ``inputs="batches"``, ``"tuple"`` or ``"arguments"``.

rows = pd.DataFrame([one["row"] for one in parcels[:1000]])
quarters = np.add.outer(np.arange(8) // 2 * 4, np.arange(8) // 2)
explainer = LimeMultiInputExplainer(
    {
        "title": LimeTextExplainer(),
        "note": LimeTextExplainer(),
        "row": LimeTabularExplainer(rows),
        "digit": LimeImageExplainer(),
    },
    settings={"digit": {"segmentation_fn": quarters, "hide_color": 0}},
    random_state=0,
)
one = next(
    one
    for one, is_one in zip(parcels, urgent, strict=True)
    if is_one and "urgent" in one["title"] and "today" in one["note"]
)
explanation = explainer.explain_instance(one, model, num_features=12)
print(explanation)

# %%
# What each part adds to the prediction of a usual parcel:

pd.Series(explanation.part_totals()).round(4)

# %%
# Each part in its own form. ``explanation.part("digit")`` is an explanation of a
# picture, with all that it has.

explanation.plot_parts()

# %%
# A pair of texts, as models of entailment and of similarity read it, is two
# parts.


def mentions(pairs):
    """Whether the second text has the first one's long words."""
    shared = [
        len(
            {word for word in one["text"].split() if len(word) > 3}
            & set(one["text_pair"].split())
        )
        for one in pairs
    ]
    p = 1 / (1 + np.exp(1.5 - np.array(shared)))
    return np.column_stack([1 - p, p])


pair = LimeMultiInputExplainer(
    {"text": LimeTextExplainer(), "text_pair": LimeTextExplainer()},
    class_names=["other", "same"],
    random_state=0,
)
print(
    pair.explain_instance(
        {"text": "a parcel waits here", "text_pair": "this parcel waits"}, mentions
    )
)
