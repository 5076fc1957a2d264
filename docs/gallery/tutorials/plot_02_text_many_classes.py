"""
Text, many classes
==================

With more than two classes, "why" has more than one answer: why this class, and why
not the next one.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import fetch_20newsgroups
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from lime import LimeTextExplainer

try:
    train = fetch_20newsgroups(subset="train", download_if_missing=False)
    test = fetch_20newsgroups(subset="test", download_if_missing=False)
    class_names = [
        name.split(".")[-1]
        if "misc" not in name
        else ".".join(name.split(".")[-2:])
        for name in train.target_names
    ]
    texts, target = train.data[::3], train.target[::3]
    instance = next(
        text for text in test.data if "Gordon Banks" in text and len(text) < 3000
    )
except (OSError, StopIteration):
    print(
        "The newsgroups are not on this machine: a few sentences take their place."
    )
    class_names = ["kitchen", "garden", "workshop"]
    kitchen = [
        "stir the soup",
        "knead the dough and warm the oven",
        "season the soup",
        "slice the bread",
        "boil water",
    ]
    garden = [
        "water the roses",
        "plant the seeds in rows",
        "rake the leaves",
        "prune the roses",
        "dig the soil",
    ]
    workshop = [
        "sand the board",
        "saw the board in two",
        "drill a hole",
        "oil the saw",
        "screw the hinge to the board",
    ]
    texts, target = [*kitchen, *garden, *workshop], [0] * 5 + [1] * 5 + [2] * 5
    instance = "boil water for the soup, then water the roses and oil the saw"

model = make_pipeline(
    TfidfVectorizer(lowercase=False), MultinomialNB(alpha=0.01)
).fit(texts, target)

# %%
# ``labels`` names the classes to explain; ``top_labels=2`` takes the two that the
# model finds most likely. One set of model answers serves all of them.

explainer = LimeTextExplainer(class_names=class_names, random_state=0)
explanation = explainer.explain_instance(
    instance, model, num_features=6, top_labels=2
)
print(
    f"explained: {[class_names[label] for label in explanation.available_labels()]}"
)

# %%
# The same word may speak for one class and against another.

figure, axes = plt.subplots(1, 2, figsize=(11, 4))
for ax, label in zip(axes, explanation.available_labels(), strict=True):
    explanation.plot(label=label, ax=ax)
figure.tight_layout()

# %%
for label in explanation.available_labels():
    print(f"\n{class_names[label]}, P = {explanation.predict_proba[label]:.3f}")
    for word, weight in explanation.as_list(label=label):
        print(f"  {weight:+.3f}  {word}")

# %%
explanation
