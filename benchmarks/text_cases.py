"""Newsgroup posts and models on them, fitted once and handed to both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
from sklearn.datasets import fetch_20newsgroups
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

GROUPS = ["alt.atheism", "soc.religion.christian"]


def save_case(folder: str, names: list[str]) -> str:
    """Fit the named models on the training posts of two groups, save them with the test posts, return the path.

    ``'word pairs'`` and ``'characters'`` are logistic regressions on pairs of words and on one to three characters.
    """
    train, test = (
        fetch_20newsgroups(subset=subset, categories=GROUPS, random_state=42) for subset in ("train", "test")
    )
    makers: dict[str, Any] = {
        "naive Bayes": MultinomialNB,
        "logistic": lambda: LogisticRegression(max_iter=1000),
        "forest": lambda: RandomForestClassifier(n_estimators=100, random_state=42),
        "MLP": lambda: MLPClassifier((32,), max_iter=40, early_stopping=True, random_state=42),
    }
    readers: dict[str, Any] = {
        "word pairs": lambda: TfidfVectorizer(max_features=5000, ngram_range=(1, 2)),
        "characters": lambda: TfidfVectorizer(max_features=5000, analyzer="char", ngram_range=(1, 3)),
    }
    models = {
        name: make_pipeline(
            readers.get(name, lambda: TfidfVectorizer(max_features=1000))(), makers.get(name, makers["logistic"])()
        ).fit(train.data, train.target)
        for name in names
    }
    path = Path(folder) / "posts.joblib"
    joblib.dump({"texts": test.data, "models": models}, path)
    return str(path)
