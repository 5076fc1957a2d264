"""
A prediction on a text
======================

Is this post from ``alt.atheism`` or from ``soc.religion.christian``? A classifier
that is right may still be right for the wrong reasons, and the words it rests on
tell.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import fetch_20newsgroups
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from lime import lime_text
from lime.cli import reviews

categories = ["alt.atheism", "soc.religion.christian"]
try:
    # Remove the last argument to download the posts.
    train = fetch_20newsgroups(
        subset="train",
        categories=categories,
        random_state=42,
        download_if_missing=False,
    )
    test = fetch_20newsgroups(
        subset="test",
        categories=categories,
        random_state=42,
        download_if_missing=False,
    )
    texts, target, instance = train.data, train.target, test.data[10]
except OSError:
    print(
        "The newsgroups are not on this machine: reviews of cafes take their place."
    )
    categories = ["bad", "good"]
    texts = [*reviews.BAD, *reviews.GOOD]
    target = [0] * len(reviews.BAD) + [1] * len(reviews.GOOD)
    instance = reviews.VISIT

pipeline = make_pipeline(
    TfidfVectorizer(max_features=1000),
    RandomForestClassifier(n_estimators=100, random_state=42),
).fit(texts, target)

# %%
# A word is taken away everywhere it stands, and the model is asked about what is
# left. Which words matter to its answer, and how much, is what the weights say.

explainer = lime_text.LimeTextExplainer(class_names=categories, random_state=42)
explanation = explainer.explain_instance(
    instance, pipeline.predict_proba, num_features=10
)
print(f"predicted: {categories[pipeline.predict([instance])[0]]}")
for word, weight in explanation.as_list():
    print(f"{weight:+.3f}  {word}")

# %%
figure = explanation.as_pyplot_figure(figsize=(6, 4))
plt.tight_layout()

# %%
# The page has the text itself, with its words tinted by their weights.

explanation
