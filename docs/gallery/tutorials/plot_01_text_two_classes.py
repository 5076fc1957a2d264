"""
Text, two classes
=================

A post from one of two newsgroups, a classifier that is right nine times out of ten,
and words that should not have mattered.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import fetch_20newsgroups
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from lime import LimeTextExplainer
from lime.cli import reviews

class_names = ["atheism", "christian"]
try:
    groups = ["alt.atheism", "soc.religion.christian"]
    train = fetch_20newsgroups(
        subset="train", categories=groups, download_if_missing=False
    )
    test = fetch_20newsgroups(
        subset="test", categories=groups, download_if_missing=False
    )
    texts, target, held_out, held_out_target = (
        train.data,
        train.target,
        test.data,
        test.target,
    )
    instance = next(
        text
        for text in held_out
        if "Posting-Host" in text and 50 < len(set(text.split())) < 150
    )
except OSError:
    print(
        "The newsgroups are not on this machine: reviews of cafes take their place."
    )
    class_names = ["bad", "good"]
    texts = [*reviews.BAD[:15], *reviews.GOOD[:15]]
    target = [0] * 15 + [1] * 15
    held_out = [*reviews.BAD[15:], *reviews.GOOD[15:]]
    held_out_target = [0] * 5 + [1] * 5
    instance = reviews.VISIT

model = make_pipeline(
    TfidfVectorizer(lowercase=False), LogisticRegression(C=100, max_iter=1000)
).fit(texts, target)
score = f1_score(held_out_target, model.predict(held_out), average="weighted")
print(f"F1 on held-out texts: {score:.2f}")

# %%
# The model may be given itself. What it says of the whole text, and six words of
# the explanation:

explainer = LimeTextExplainer(class_names=class_names, random_state=0)
explanation = explainer.explain_instance(
    instance, model, top_labels=1, num_features=6
)
print(explanation)

# %%
figure = explanation.as_pyplot_figure(figsize=(6, 3.5))
plt.tight_layout()

# %%
# Do the weights tell the truth? Take the two heaviest words out and ask the model
# again: the probability should fall or rise by about the sum of their weights. (By
# about: a straight line is fitted to a curve.)

heaviest = [word for word, _ in explanation.as_list()[:2]]
without = instance
for word in heaviest:
    without = without.replace(word, "")
before, after = (
    model.predict_proba([instance])[0, 1],
    model.predict_proba([without])[0, 1],
)
print(
    f"P({class_names[1]}) is {before:.3f} before and {after:.3f} without", heaviest
)
said = sum(weight for _, weight in explanation.as_list()[:2])
print(f"difference {after - before:+.3f}, the weights said {-said:+.3f}")

# %%
# Words of headers, such as a host's name, are typical of what a model learns and
# nobody meant. The page shows where in the text they stand.

explanation
