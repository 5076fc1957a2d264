"""``num_samples="auto"`` on tables."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from lime import LimeTabularExplainer
from lime.engine.stopping import Auto

RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(400, 6))


def steep(x):
    """Three columns that count, clearly apart in size, through steps at 0."""
    p = 0.5 + 0.2 * np.sign(x[:, 0]) + 0.1 * np.sign(x[:, 1]) + 0.05 * np.sign(x[:, 2])
    return np.column_stack([1 - p, p])


def noise(x):
    """A checkerboard far finer than the bins: no column counts."""
    p = np.abs(np.sin(1e5 * x.sum(axis=1)))
    return np.column_stack([1 - p, p])


def explainer(seed=0, **settings):
    return LimeTabularExplainer(TABLE, random_state=seed, **settings)


def test_a_clear_answer_is_settled_early():
    exp = explainer().explain_instance(TABLE[0], steep, num_features=3, num_samples="auto")
    assert exp.settled
    assert exp.num_model_calls < 2500
    assert [i for i, _ in exp.as_map()[1]] == [0, 1, 2]
    assert exp.stopping.startswith("Settled after")
    assert exp.stopping not in exp.warnings


def test_noise_spends_the_budget_and_says_so():
    calls = []

    def counted(x):
        calls.append(len(x))
        return noise(x)

    exp = explainer().explain_instance(TABLE[0], counted, num_features=3, num_samples=Auto(budget=2000))
    assert not exp.settled
    assert exp.num_model_calls == sum(calls) == 2000
    assert exp.stopping.startswith("Not settled after")
    assert exp.stopping in exp.warnings


def test_every_answer_is_used_again():
    seen = []

    def recorded(x):
        seen.append(np.array(x))
        return noise(x)

    explainer().explain_instance(TABLE[0], recorded, num_samples=Auto(budget=1500))
    rows = np.concatenate(seen)
    assert len(np.unique(rows, axis=0)) == len(rows) == 1500


def test_spending_the_budget_gives_the_numbers_of_asking_for_it():
    fixed = explainer().explain_instance(TABLE[0], noise, num_samples=1500)
    auto = explainer().explain_instance(TABLE[0], noise, num_samples=Auto(budget=1500))
    assert auto.as_map() == fixed.as_map()
    assert auto.standard_errors == fixed.standard_errors


def test_alone_or_with_others_the_numbers_are_the_same():
    settings = {"num_samples": "auto", "num_features": 3}
    several = explainer()
    prepared = several._prepare(steep, settings)
    for row, together in zip(TABLE[:4], several._explain_batch(prepared, TABLE[:4], steep, settings), strict=True):
        alone = explainer().explain_instance(row, steep, **settings)
        assert together.as_map() == alone.as_map()
        assert together.num_samples == alone.num_samples


def test_without_known_errors_it_is_refused():
    with pytest.raises(ValueError, match=r"num_samples='auto'.*model_regressor"):
        explainer().explain_instance(TABLE[0], steep, num_samples="auto", model_regressor=Ridge())


@pytest.mark.parametrize("wrong", ["automatic", "5000", 1, 2.5, None])
def test_other_words_are_refused(wrong):
    with pytest.raises(ValueError, match="num_samples="):
        explainer().explain_instance(TABLE[0], steep, num_samples=wrong)


def test_several_labels_are_settled_together():
    exp = explainer().explain_instance(TABLE[0], steep, labels=(0, 1), num_features=3, num_samples="auto")
    assert exp.settled
    assert exp.available_labels() == [0, 1]


def test_looks_widen_the_intervals_and_are_stored():
    from lime import Explanation

    exp = explainer().explain_instance(TABLE[0], noise, num_features=3, num_samples=Auto(budget=1100))
    assert exp.looks == 4
    feature = exp.as_map()[1][0][0]
    (low, high), once = exp.confidence_intervals()[feature], exp.confidence_intervals(level=1 - 0.05 / 4)[feature]
    exp.looks = 1
    assert (low, high) == pytest.approx(exp.confidence_intervals(level=1 - 0.05 / 4)[feature])
    assert once[1] - once[0] > high - low
    exp.looks = 4
    stored = Explanation.from_json(exp.to_json())
    assert (stored.looks, stored.settled, stored.stopping) == (4, exp.settled, exp.stopping)
    assert stored.confidence_intervals() == exp.confidence_intervals()
