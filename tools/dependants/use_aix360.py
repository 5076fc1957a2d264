"""AIX360's wrappers of the three explainers."""

import json

import numpy as np
from aix360.algorithms.lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

weights: dict[str, float] = {}
wine = load_wine()
model = RandomForestClassifier(50, random_state=0).fit(wine.data, wine.target)
explainer = LimeTabularExplainer(
    wine.data,
    feature_names=wine.feature_names,
    class_names=wine.target_names,
    discretize_continuous=True,
    random_state=1,
)
explainer.set_params()
explained = explainer.explain_instance(wine.data[0], model.predict_proba, num_features=5, top_labels=1)
assert explainer.explanation is explained
weights |= {f"wine {name}": float(weight) for name, weight in explained.as_list(explained.top_labels[0])}

texts = ["a good film", "a fine good play", "such good fun", "a bad film", "a dull bad play", "bad and dull"] * 5
model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts, [1, 1, 1, 0, 0, 0] * 5)
explainer = LimeTextExplainer(class_names=["bad", "good"], random_state=1)
explained = explainer.explain_instance("such a good play, but dull and not fun", model.predict_proba, num_features=6)
explained.save_to_file("text.html")
assert len(explained.as_pyplot_figure().axes) == 1
weights |= {f"text {name}": float(weight) for name, weight in explained.as_list()}

digits = load_digits()
model = LogisticRegression(max_iter=2000).fit(digits.data / 16, digits.target)
explainer = LimeImageExplainer(random_state=1)
picture = np.kron(digits.images[0] / 16, np.ones((8, 8)))


def predict(images):
    small = images[..., 0].reshape(len(images), 8, 8, 8, 8).mean(axis=(2, 4))
    return model.predict_proba(small.reshape(len(images), -1))


def segments(image):
    at = np.arange(64) // 16
    return at[:, None] * 4 + at


explained = explainer.explain_instance(
    picture, predict, top_labels=2, hide_color=0, num_samples=1000, segmentation_fn=segments
)
image, mask = explained.get_image_and_mask(explained.top_labels[0], positive_only=True, num_features=5, hide_rest=True)
assert image.shape == (64, 64, 3), image.shape
assert set(np.unique(mask)) <= {0, 1}
weights |= {f"digit {segment}": float(weight) for segment, weight in explained.local_exp[0]}
print(json.dumps(weights))
