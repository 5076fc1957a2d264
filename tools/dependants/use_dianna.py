"""DIANNA: tables, texts, images and time series with method="LIME"."""

import json

import dianna
import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

weights: dict[str, float] = {}


def collect(name, values):
    values = np.asarray(values, dtype=float)
    weights.update({f"{name} {at}": float(value) for at, value in np.ndenumerate(values / np.abs(values).max())})


wine = load_wine()
model = RandomForestClassifier(50, random_state=0).fit(wine.data, wine.target)
values = dianna.explain_tabular(
    model.predict_proba,
    input_tabular=wine.data[0],
    method="LIME",
    mode="classification",
    training_data=wine.data,
    feature_names=wine.feature_names,
    class_names=list(wine.target_names),
    random_state=1,
)
assert values.shape == (3, 13), values.shape
collect("wine", values)

diabetes = load_diabetes()
model = RandomForestRegressor(50, random_state=0).fit(diabetes.data, diabetes.target)
values = dianna.explain_tabular(
    model.predict,
    input_tabular=diabetes.data[0],
    method="LIME",
    mode="regression",
    training_data=diabetes.data,
    feature_names=diabetes.feature_names,
    random_state=1,
)
assert values.shape == (10,), values.shape
collect("diabetes", values)

texts = ["a good film", "a fine good play", "such good fun", "a bad film", "a dull bad play", "bad and dull"] * 5
pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts, [1, 1, 1, 0, 0, 0] * 5)


class Tokenizer:
    mask_token = "UNKWORDZ"

    def tokenize(self, text):
        return text.split()


explained = dianna.explain_text(
    pipeline.predict_proba,
    "such a good play but dull and not fun",
    tokenizer=Tokenizer(),
    method="LIME",
    labels=[0, 1],
    random_state=1,
)
assert len(explained) == 2
for label, words in enumerate(explained):
    assert [index for _, index, _ in words] == sorted(index for _, index, _ in words)
    weights |= {f"text {label} {word} {index}": float(weight) for word, index, weight in words}

digits = load_digits()
reader = LogisticRegression(max_iter=2000).fit(digits.data / 16, digits.target)


def read(images):
    pixels = np.asarray(images)[..., 0].reshape(-1, 8, 8, 8, 8).mean(axis=(2, 4))
    return reader.predict_proba(pixels.reshape(len(pixels), -1) / 255)


picture = np.kron(digits.images[0] / 16 * 255, np.ones((8, 8))).astype(np.float32)[..., None]
for masks in (False, True):
    values = dianna.explain_image(
        read,
        picture,
        method="LIME",
        labels=[0, 3],
        random_state=1,
        num_samples=1000,
        kernel_width=0.25,
        return_masks=masks,
        num_features=16,
    )
    assert values.shape == (2, 64, 64), values.shape
    if not masks:
        collect("digit", values[:, ::8, ::8])


def level(series):
    mean = np.asarray(series)[:, 10:14, 0].mean(axis=1)
    return np.column_stack([1 - mean, mean])


np.random.seed(1)  # noqa: NPY002  the package hands no seed on
values = dianna.explain_timeseries(
    level,
    input_timeseries=np.linspace(0, 1, 28).reshape(28, 1),
    method="LIME",
    labels=[0, 1],
    class_names=["low", "high"],
    num_features=28,
    num_samples=400,
    num_slices=28,
    batch_size=50,
    mask_type="mean",
    distance_method="euclidean",
)
assert values.shape == (2, 28, 1), values.shape
collect("series", values)
print(json.dumps(weights))
