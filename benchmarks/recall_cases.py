"""Pairs of text classes, and classifiers on bags of words that use few words of any one text.

What a model truly uses of a text, its gold words, can be read off these models: the words of the text that have a
coefficient, or that are asked for on the way to the text's leaf (Ribeiro et al. 2016, section 5.2).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.datasets import fetch_20newsgroups, load_files
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.tree import DecisionTreeClassifier

NEWSGROUP_PAIRS = [
    ("alt.atheism", "soc.religion.christian"),
    ("rec.sport.baseball", "rec.sport.hockey"),
]
SEED = 42

Texts = tuple[list[str], np.ndarray]
"""Texts and their classes, 0 or 1."""


def folder_pairs(folder: Path) -> list[tuple[str, str]]:
    """Return all pairs of the class folders of a corpus."""
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if len(classes) < 2:
        raise ValueError(f"corpus={str(folder)!r}: expected at least two folders of texts, found {classes}")
    return list(combinations(classes, 2))


def load_pair(corpus: Path | None, pair: tuple[str, str], most: int) -> tuple[Texts, Texts]:
    """Return training and test texts of two classes, lowercased, those of at most `most` characters.

    Newsgroups come with their own test set; of a folder's texts a fifth is held out.
    """
    if corpus is None:
        # Without headers and quotes, which name senders and hosts: the models should use what was written.
        without = ("headers", "footers", "quotes")
        sets = [
            fetch_20newsgroups(subset=subset, categories=list(pair), remove=without, random_state=SEED)
            for subset in ("train", "test")
        ]
        halves = [(one.data, one.target) for one in sets]
    else:
        # Some corpora are not in UTF-8 throughout, and a strange letter is not worth a text.
        data = load_files(corpus, categories=list(pair), encoding="utf-8", decode_error="replace", random_state=SEED)
        split = train_test_split(data.data, data.target, test_size=0.2, stratify=data.target, random_state=SEED)
        halves = [(split[0], split[2]), (split[1], split[3])]
    kept = []
    for texts, target in halves:
        short = [i for i, text in enumerate(texts) if len(text) <= most and text.strip()]
        kept.append(([texts[i].lower() for i in short], np.asarray(target)[short]))
    return kept[0], kept[1]


def gold_of_logistic(model: LogisticRegression, counts: csr_matrix) -> list[set[int]]:
    """Return, for every text, its words that have a coefficient."""
    used = np.flatnonzero(model.coef_[0])
    return [set(np.intersect1d(used, row.indices).tolist()) for row in counts]


def gold_of_tree(model: DecisionTreeClassifier, counts: csr_matrix) -> list[set[int]]:
    """Return, for every text, its words that the tree asks for on the way to the text's leaf."""
    asked = model.tree_.feature  # of every node; negative at leaves, where nothing is asked
    paths = model.decision_path(counts)
    found: list[set[int]] = []
    row: Any
    for row, path in zip(counts, paths, strict=True):
        on_the_way = asked[path.indices]
        found.append(set(np.intersect1d(on_the_way[on_the_way >= 0], row.indices).tolist()))
    return found


GOLD: dict[str, Callable[[Any, csr_matrix], list[set[int]]]] = {"logistic": gold_of_logistic, "tree": gold_of_tree}


def fit(name: str, train: Texts, test: Texts, features: int) -> tuple[Pipeline, list[set[str]]]:
    """Fit the most flexible model that uses at most `features` words of any text.

    Parameters
    ----------
    name : {"logistic", "tree"}
        Logistic regression with an L1 penalty, or a decision tree, on which words are there.
    train, test : Texts
    features : int
        Most gold words of any text, training and test.

    Returns
    -------
    model : Pipeline
    gold : list of set of str
        The gold words of every test text.
    """
    # Words are what the explainers take for words: the stretches between what \W+ matches.
    vectorizer = CountVectorizer(binary=True, lowercase=False, token_pattern=r"\w+")
    counts = vectorizer.fit_transform(train[0])
    held_out = vectorizer.transform(test[0])
    candidates: list[Any]
    if name == "logistic":
        # Solved tightly, for what is left of a coefficient that should be zero would count as a gold word; and with a
        # far column of ones for the intercept, which the penalty would otherwise hold down.
        exact: dict[str, Any] = {"l1_ratio": 1.0, "solver": "liblinear", "tol": 1e-8, "max_iter": 10_000}
        strengths = np.geomspace(1.0, 0.005, 40)
        candidates = [LogisticRegression(C=c, intercept_scaling=10.0, random_state=SEED, **exact) for c in strengths]
    else:
        candidates = [DecisionTreeClassifier(max_depth=depth, random_state=SEED) for depth in range(60, 1, -2)]
    for model in candidates:
        model.fit(counts, train[1])
        gold = GOLD[name](model, held_out)
        most = max(map(len, [*GOLD[name](model, counts), *gold]))
        if most <= features:
            names = vectorizer.get_feature_names_out()
            return make_pipeline(vectorizer, model), [{str(names[i]) for i in words} for words in gold]
    raise RuntimeError(f"no {name} model uses at most {features} words of every text")


def greedy(model: Pipeline, text: str, features: int) -> list[str]:
    """Remove, one by one, the word that lowers the predicted class most, until the class changes.

    The baseline of the paper's section 5.2, after Martens and Provost (2014).

    Returns
    -------
    list of str
        The removed words, at most `features`.
    """
    vectorizer, classifier = model[0], model[-1]
    names = vectorizer.get_feature_names_out()
    left = vectorizer.transform([text]).indices.tolist()
    width = len(names)
    label = int(np.argmax(classifier.predict_proba(vectorizer.transform([text]))[0]))
    removed: list[str] = []
    while left and len(removed) < features:
        d = len(left)
        # Row i is the text without its ith word that is left.
        columns = np.concatenate([[word for k, word in enumerate(left) if k != i] for i in range(d)]).astype(int)
        rows = np.repeat(np.arange(d), d - 1)
        without = csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(d, width))
        answers = classifier.predict_proba(without)
        worst = int(np.argmin(answers[:, label]))
        removed.append(str(names[left.pop(worst)]))
        if int(np.argmax(answers[worst])) != label:
            break
    return removed
