"""OmniXAI: tables with categories and ignored columns, texts, images; an explainer saved and loaded."""

import json
import tempfile

import numpy as np
import pandas as pd
from omnixai.data.image import Image
from omnixai.data.tabular import Tabular
from omnixai.data.text import Text
from omnixai.explainers.nlp.agnostic.lime import LimeText
from omnixai.explainers.tabular.agnostic.lime import LimeTabular
from omnixai.explainers.vision.agnostic.lime import LimeImage
from omnixai.preprocessing.tabular import TabularTransform
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

weights = {}
rng = np.random.default_rng(0)
n = 600
frame = pd.DataFrame(
    {
        "age": rng.normal(40, 12, n).round(),
        "income": rng.gamma(3.0, 10.0, n),
        "job": rng.choice(["none", "office", "shop"], n),
        "city": rng.choice(["north", "south"], n),
    }
)
frame["label"] = ((frame.age > 40) ^ (frame.job == "shop")).astype(int).astype(str)
data = Tabular(frame, categorical_columns=["job", "city"], target_column="label")
transformer = TabularTransform().fit(data)
matrix = transformer.transform(data)
model = RandomForestClassifier(50, random_state=0).fit(matrix[:, :-1], matrix[:, -1])


def predict(rows):
    return model.predict_proba(transformer.transform(rows))


for ignored in (None, ["city"]):
    explainer = LimeTabular(data, predict, ignored_features=ignored, kernel_width=3, random_state=1)
    explained = explainer.explain(data[:2], num_features=4).get_explanations()
    assert len(explained) == 2
    for row, one in enumerate(explained):
        assert one["target_label"] in (0, 1)
        for name, score in zip(one["features"], one["scores"], strict=True):
            weights[f"table {ignored} {row} {name}"] = float(score)
with tempfile.TemporaryDirectory() as folder:
    explainer.save(folder)
    again = LimeTabular.load(folder)
assert len(again.explain(data[:1]).get_explanations()) == 1

texts = ["a good film", "a fine good play", "such good fun", "a bad film", "a dull bad play", "bad and dull"] * 5
pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts, [1, 1, 1, 0, 0, 0] * 5)
explainer = LimeText(lambda x: pipeline.predict_proba(x.values), random_state=1)
one = explainer.explain(Text(["such a good play, but dull and not fun"])).get_explanations(0)
weights |= {f"text {name}": float(score) for name, score in zip(one["tokens"], one["scores"], strict=True)}

digits = load_digits()
reader = LogisticRegression(max_iter=2000).fit(digits.data / 16, digits.target)


def read(images):
    pixels = images.to_numpy()[..., 0].reshape(-1, 8, 8, 8, 8).mean(axis=(2, 4))
    return reader.predict_proba(pixels.reshape(len(pixels), -1) / 255)


picture = np.kron(digits.images[0] / 16 * 255, np.ones((8, 8))).astype(np.uint8)
explained = LimeImage(read).explain(Image(np.stack([picture] * 3, axis=-1)), hide_color=0, num_samples=200)
one = explained.get_explanations()[0]
assert len(one["labels"]) == 2
assert int(one["labels"][0]) == 0
assert one["masks"][0].shape == (64, 64)
print(json.dumps(weights))
