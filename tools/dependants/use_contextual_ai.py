"""SAP's Contextual AI: explainers of tables and texts from its factory, saved with dill and loaded."""

import json

import numpy as np
import xai
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from xai.explainer import ExplainerFactory

weights: dict[str, float] = {}


def collect(name, explained):
    assert explained
    for label, one in explained.items():
        for feature in one["explanation"]:
            weights[f"{name} {label} {feature['feature']}"] = feature["score"]


wine = load_wine()
model = RandomForestClassifier(50, random_state=0).fit(wine.data, wine.target)
explainer = ExplainerFactory.get_explainer(domain=xai.DOMAIN.TABULAR, algorithm=xai.ALG.LIME)
explainer.build_explainer(
    training_data=wine.data,
    training_labels=wine.target,
    mode=xai.MODE.CLASSIFICATION,
    predict_fn=model.predict_proba,
    feature_names=wine.feature_names,
    class_names=list(wine.target_names),
    random_state=1,
)
explained = explainer.explain_instance(instance=wine.data[0], top_labels=2, num_features=8)
collect("wine", explained)
assert len(explained) == 2
collect("wine, all", explainer.explain_instance(instance=wine.data[0]))
explainer.save_explainer("explainer.pkl")
again = ExplainerFactory.get_explainer(domain=xai.DOMAIN.TABULAR, algorithm=xai.ALG.LIME)
again.load_explainer("explainer.pkl")
assert len(again.explain_instance(instance=wine.data[0], labels=[0, 2])) == 2

diabetes = load_diabetes()
model = RandomForestRegressor(50, random_state=0).fit(diabetes.data, diabetes.target / 100)
explainer = ExplainerFactory.get_explainer(domain=xai.DOMAIN.TABULAR, algorithm=xai.ALG.LIME)
explainer.build_explainer(
    training_data=diabetes.data,
    mode=xai.MODE.REGRESSION,
    predict_fn=model.predict,
    feature_names=diabetes.feature_names,
    random_state=1,
)
explained = explainer.explain_instance(instance=diabetes.data[0], num_samples=2500, num_features=8)
weights |= {f"diabetes {one['feature']}": one["score"] for one in explained["explanation"]}

texts = ["a good film", "a fine good play", "such good fun", "a bad film", "a dull bad play", "bad and dull"] * 5
model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts, [1, 1, 1, 0, 0, 0] * 5)
np.random.seed(1)  # noqa: NPY002  the package hands no seed on
explainer = ExplainerFactory.get_explainer(domain=xai.DOMAIN.TEXT, algorithm=xai.ALG.LIME)
explainer.build_explainer(predict_fn=model.predict_proba, class_names=["bad", "good"])
collect("text", explainer.explain_instance(instance="such a good play, but dull and not fun", labels=[0, 1]))
explainer.save_explainer("explainer.pkl")
explainer.load_explainer("explainer.pkl")
print(json.dumps(weights))
