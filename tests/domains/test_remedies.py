"""A poor fit names what would fit better, measured on the samples that are there."""

import re

import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

import lime

WINE = load_wine()
FOREST = RandomForestClassifier(50, random_state=0).fit(WINE.data, WINE.target)


def poor(exp):
    return [sentence for sentence in exp.warnings if "fits poorly" in sentence]


def test_slopes_are_named_with_the_fit_that_they_have():
    asked = []

    def counting(rows):
        asked.append(len(rows))
        return FOREST.predict_proba(rows)

    exp = lime.LimeTabularExplainer(WINE.data, random_state=0).explain_instance(WINE.data[0], counting, top_labels=1)
    assert sum(asked) == exp.num_model_calls == 5000  # the remedy costs no prediction
    (sentence,) = poor(exp)
    promised = int(re.search(r"Slopes in place of bins explain (\d+)%", sentence)[1]) / 100
    assert "discretize_continuous=False" in sentence
    assert "lime.Explainer" in sentence
    as_told = lime.LimeTabularExplainer(WINE.data, random_state=0, discretize_continuous=False)
    label = exp.explained_labels()[0]
    reached = as_told.explain_instance(WINE.data[0], FOREST, top_labels=1).scores[label]
    # Another distribution of the same columns: the samples in bins lie a little closer to the data.
    assert abs(reached - promised) < 0.1


def test_a_narrower_kernel_is_named_where_it_fits():
    def hinge(texts):
        p = np.array([max(0.0, (len(text.split()) - 9.5) / 2.5) for text in texts])
        return np.column_stack([1 - p, p])

    text = " ".join(f"w{i}" for i in range(12))
    explainer = lime.LimeTextExplainer(random_state=0, kernel_width=40)
    (sentence,) = poor(explainer.explain_instance(text, hinge, num_features=12))
    width = float(re.search(r"kernel_width=([\d.]+)", sentence)[1])
    promised = int(re.search(r"explains (\d+)% in its own", sentence)[1]) / 100
    narrow = lime.LimeTextExplainer(random_state=0, kernel_width=width)
    reached = narrow.explain_instance(text, hinge, num_features=12)
    assert abs(reached.scores[1] - promised) < 0.05


def test_nothing_is_named_where_nothing_fits_better():
    def noise(rows):
        p = np.abs(np.sin(1e6 * np.asarray(rows).sum(axis=1)))
        return np.column_stack([1 - p, p])

    exp = lime.LimeTabularExplainer(WINE.data, random_state=0).explain_instance(WINE.data[0], noise)
    (sentence,) = poor(exp)
    assert sentence.endswith("(R²).")


def test_many_rows_that_share_samples_are_not_slowed_by_it():
    exps = lime.LimeTabularExplainer(WINE.data, random_state=0).explain_instances(
        WINE.data[:3], FOREST, num_samples=500, top_labels=1
    )
    assert all(sentence.endswith("(R²).") for exp in exps for sentence in poor(exp))
