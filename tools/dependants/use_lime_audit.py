"""lime-audit: its run over seeds and its report of the environment."""

import json

from lime_audit.runner import get_environment_info, run_lime_single
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

texts = ["a good film", "a fine good play", "such good fun", "a bad film", "a dull bad play", "bad and dull"] * 5
model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts, [1, 1, 1, 0, 0, 0] * 5)
weights: dict[str, float] = {}
for seed in (1, 2):
    result = run_lime_single("such a good play, but dull and not fun", model.predict_proba, seed)
    assert 0 < result["lime_score"] <= 1
    assert result["intercept"] != 0
    weights |= {f"{seed} {token}": round(weight, 12) for token, weight in result["tokens"]}
assert get_environment_info("none")["lime_version"]
print(json.dumps(weights))
