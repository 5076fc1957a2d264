from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from lime import LimeTabularExplainer, LimeTextExplainer
from lime.trust import out_of_distribution
from lime.trust.out_of_distribution import _agreement, _auc, _below


@pytest.fixture(scope="module")
def apart():
    """Columns 2 and 3 are all but equal; the first two are coin flips."""
    rng = np.random.default_rng(0)
    line = rng.normal(size=400)
    flips = rng.integers(0, 2, size=(400, 2))
    return np.column_stack([flips, line, line + 0.02 * rng.normal(size=400)]).astype(float)


def make(rows, **settings):
    names = ["sensitive", "innocuous", "left", "right"][: rows.shape[1]]
    return LimeTabularExplainer(rows, feature_names=names, random_state=0, **settings)


def test_independent_columns_lie_on_the_data():
    rows = np.random.default_rng(1).normal(size=(500, 3))
    explainer = LimeTabularExplainer(rows, discretize_continuous=False, random_state=0)  # draws normals
    report = out_of_distribution(explainer, rows, num_samples=2000)
    assert abs(report.share - 0.05) < 0.05
    assert abs(report.auc - 0.5) < 0.05
    assert not report.mostly_out_of_distribution
    assert len(report.sentences()) == 1


def test_columns_that_hang_together_put_draws_off_the_data(apart):
    explainer = make(apart, categorical_features=[0, 1])
    report = out_of_distribution(explainer, apart, apart[0], num_samples=1000)
    # A draw of two equal columns in the same of four bins is as likely as one in four.
    assert report.share > 0.6
    assert report.mostly_out_of_distribution
    assert "depends mostly on samples that are out of distribution" in str(report)
    assert {name for name, _ in report.importance[:2]} == {"left", "right"}
    assert sum(share for _, share in report.importance) == pytest.approx(1.0)
    assert report.predictions_differ is None
    assert max(map(len, str(report).splitlines())) <= 80
    assert report.num_model_calls == 0
    assert report.to_frame("pandas").shape[0] == 4
    assert report.plot().get_xlabel()
    again = out_of_distribution(explainer, apart, apart[0], num_samples=1000)
    assert again.to_dict() == report.to_dict()
    other = out_of_distribution(explainer, apart, apart[0], num_samples=1000, random_state=5)
    assert other.share != report.share


class Attacked:
    """Slack et al. 2020 with a detector that cannot be fooled: the two columns are all but equal on data."""

    def predict_proba(self, rows):
        on_data = np.abs(rows[:, 2] - rows[:, 3]) < 0.1
        p = np.where(on_data, rows[:, 0], rows[:, 1])
        return np.column_stack([1 - p, p])


class Honest:
    def predict_proba(self, rows):
        return np.column_stack([1 - rows[:, 0], rows[:, 0]])


def test_the_attack_on_lime_is_seen(apart):
    explainer = make(apart, categorical_features=[0, 1])
    weights = explainer.explain_instance(apart[0], Attacked(), num_features=1).as_list()
    assert weights[0][0].startswith("innocuous")  # the attack works
    report = out_of_distribution(explainer, apart, apart[0], num_samples=1000, predict_fn=Attacked())
    assert report.predictions_differ
    assert report.sides[0].name == "sensitive"
    assert report.score_on_data > 0.9
    assert report.score_carried_over < 0.2
    assert report.num_model_calls == 1000 + 400
    assert "the model behaves differently" in str(report).lower().replace("\n  ", " ")
    assert report.plot().get_xlabel() == "weight over the samples"
    assert report.to_dict()["predictions_differ"] is True


def test_an_honest_model_is_not_accused(apart):
    explainer = make(apart, categorical_features=[0, 1])
    report = out_of_distribution(explainer, apart, apart[0], num_samples=1000, predict_fn=Honest())
    assert report.predictions_differ is False
    assert report.sides[0].name == "sensitive"
    assert report.sides[0].everywhere == pytest.approx(report.sides[0].on_data, abs=0.02)
    flat = out_of_distribution(
        explainer, apart, apart[0], num_samples=500, predict_fn=lambda x: np.full((len(x), 2), 0.5)
    )
    assert flat.predictions_differ is False


def test_numbers_without_bins_missing_values_and_a_frame():
    import pandas as pd

    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.normal(size=200), "b": rng.integers(0, 9, 200), "c": rng.choice(["x", "y"], 200)})
    frame.loc[::7, "a"] = np.nan
    explainer = LimeTabularExplainer(frame, mode="regression", discretize_continuous=False, random_state=0)
    report = out_of_distribution(
        explainer, frame, frame.iloc[7], num_samples=400, predict_fn=lambda x: x["b"].to_numpy(dtype=float)
    )
    assert report.sides[0].name == "b"
    assert report.predictions_differ is False
    assert report.label_name == "value"


def test_few_rows_for_many_columns_are_not_compared():
    rows = np.random.default_rng(0).normal(size=(35, 3))
    report = out_of_distribution(
        make(rows), rows, rows[0], num_samples=100, predict_fn=lambda x: np.full((len(x), 2), 0.5)
    )
    assert report.predictions_differ is None
    assert "too few to compare" in str(report).replace("\n  ", " ")


def test_longer_data_than_draws_is_sampled_down():
    rows = np.random.default_rng(0).normal(size=(500, 2))
    assert out_of_distribution(make(rows), rows, num_samples=100).rows == 100


def test_only_dense_tables_have_a_neighbourhood_beside_data(apart):
    with pytest.raises(TypeError, match="explainer is a LimeTextExplainer: expected a LimeTabularExplainer"):
        out_of_distribution(LimeTextExplainer(), ["a text"])
    with pytest.raises(TypeError, match="sparse data"):
        out_of_distribution(LimeTabularExplainer(sparse.csr_matrix(apart)), apart)
    with pytest.raises(ValueError, match="training_data has 5 rows: expected at least 30"):
        out_of_distribution(make(apart), apart[:5])
    with pytest.raises(ValueError, match="instance=None with predict_fn"):
        out_of_distribution(make(apart), apart, predict_fn=Honest())
    with pytest.raises(ValueError, match="num_samples=3: expected a whole number of at least 30"):
        out_of_distribution(make(apart), apart, num_samples=3)
    with pytest.raises(ValueError, match="labels holds 9"):
        out_of_distribution(make(apart), apart, apart[0], num_samples=100, predict_fn=Honest(), label=9)


def test_auc_and_threshold_by_hand():
    rows, draws = np.array([0.9, 0.5, 0.5, 0.1]), np.array([0.5, 0.2])
    every = [(r > d) + 0.5 * (r == d) for d in draws for r in rows]
    assert _auc(rows, draws, np.array([0.5, 0.5])) == pytest.approx(np.mean(every))
    assert _auc(rows, draws, np.array([1.0, 0.0])) == pytest.approx(np.mean(every[:4]))
    # Of forty rows at one score two make the 5 % that lie below.
    same = np.full(40, 0.7)
    assert _below(same, same, 0.7).mean() == pytest.approx(0.05)
    assert _below(np.array([0.6, 0.8]), same, 0.7).tolist() == [1.0, 0.0]


def test_agreement_is_a_squared_correlation():
    rng = np.random.default_rng(0)
    y, weights = rng.normal(size=50), np.ones(50)
    other = y + rng.normal(size=50)
    assert _agreement(y, 3 - 2 * other, weights) == pytest.approx(np.corrcoef(y, other)[0, 1] ** 2)
    assert _agreement(np.zeros(50), other, weights) == 1.0
    assert _agreement(y, np.zeros(50), weights) == 0.0
