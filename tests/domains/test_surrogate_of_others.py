"""`exp.surrogate(rows)`: the surrogate's predictions for other instances."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import r2_score

import lime

WINE = load_wine(as_frame=True)
FOREST = RandomForestClassifier(50, random_state=0).fit(WINE.data, WINE.target)


def test_bins_are_those_of_the_row():
    explainer = lime.LimeTabularExplainer(WINE.data, random_state=0)
    exp = explainer.explain_instance(WINE.data.iloc[0], FOREST, top_labels=1, num_features=3, num_samples=500)
    label = exp.explained_labels()[0]
    expected = np.full(len(WINE.data), exp.intercept[label])
    for record in exp.records():
        low = -np.inf if record["low"] is None else record["low"]
        high = np.inf if record["high"] is None else record["high"]
        values = WINE.data[record["name"]].to_numpy()
        expected += record["weight"] * ((values > low) & (values <= high))
    np.testing.assert_allclose(exp.surrogate(WINE.data), expected, atol=1e-12)
    assert exp.surrogate(WINE.data[:1])[0] == pytest.approx(exp.local_preds[label], abs=1e-12)


@pytest.mark.parametrize("neighborhood", ["independent", "rows", "copula"])
def test_slopes_missing_values_and_categories(neighborhood):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(5, 2, 200), "y": rng.normal(size=200), "kind": rng.choice(["a", "b"], 200)})
    table.loc[::9, "y"] = np.nan

    def model(rows):
        return 2 * rows["x"].to_numpy() + rows["y"].fillna(0).to_numpy() + 3 * (rows["kind"] == "a").to_numpy()

    explainer = lime.LimeTabularExplainer(
        table, mode="regression", random_state=0, neighborhood=neighborhood, discretize_continuous=False
    )
    exp = explainer.explain_instance(table.iloc[1], model, anchored=True)
    held_out = table[table["y"].notna()]
    assert r2_score(model(held_out), exp.surrogate(held_out)) > 0.99
    assert exp.surrogate(table[1:2])[0] == pytest.approx(model(table[1:2])[0], abs=1e-9)
    unknown = table[:2].assign(kind=["a", "never seen"])
    assert np.isfinite(exp.surrogate(unknown)).all()


def test_masks_of_texts_and_images():
    def hello(texts):
        return np.array([[1 - p, p] for p in (0.2 + 0.6 * ("hello" in text) for text in texts)])

    exp = lime.LimeTextExplainer(random_state=0).explain_instance("hello big world", hello, num_samples=8)
    masks = np.array([[True, True, True], [False, True, True]])
    np.testing.assert_allclose(exp.surrogate(masks), [0.8, 0.2], atol=1e-6)
    with pytest.raises(ValueError, match=r"shape \(1, 2\): expected masks of shape \(n, 3\)"):
        exp.surrogate([[True, False]])


def test_an_explanation_that_was_stored_says_why_not():
    explainer = lime.LimeTabularExplainer(WINE.data, random_state=0)
    exp = explainer.explain_instance(WINE.data.iloc[0], FOREST, num_samples=100)
    for other in (
        pickle.loads(pickle.dumps(exp)),
        lime.Explanation.from_json(exp.to_json()),
        explainer.explain_instances(WINE.data[:2], FOREST, num_samples=100, labels=[0])[0],
    ):
        with pytest.raises(ValueError, match="explain the instance again"):
            other.surrogate(WINE.data)
