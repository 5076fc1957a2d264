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
    prepared = several.prepare_batch(steep, settings)
    for row, together in zip(TABLE[:4], several.explain_batch(prepared, TABLE[:4], steep, settings), strict=True):
        alone = explainer().explain_instance(row, steep, **settings)
        assert together.as_map() == alone.as_map()
        assert together.num_samples == alone.num_samples


def test_without_known_errors_it_is_refused():
    with pytest.raises(ValueError, match=r"num_samples='auto'.*model_regressor"):
        explainer().explain_instance(TABLE[0], steep, num_samples="auto", model_regressor=Ridge())


@pytest.mark.parametrize("wrong", ["automatic", "5000", 0, 2.5, None])
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
    assert exp.error_share == pytest.approx(1099 / (256 + 512 + 1024 + 1099))
    share, intervals = exp.error_share, exp.confidence_intervals()
    exp.error_share = 1.0
    for index, interval in exp.confidence_intervals(level=1 - 0.05 * share).items():
        assert interval == pytest.approx(intervals[index])
    feature = exp.as_map()[1][0][0]
    assert np.ptp(exp.confidence_intervals()[feature]) < np.ptp(intervals[feature])
    exp.error_share = share
    stored = Explanation.from_json(exp.to_json())
    assert (stored.looks, stored.settled, stored.stopping) == (4, exp.settled, exp.stopping)
    assert stored.confidence_intervals() == exp.confidence_intervals()


def test_labels_may_come_from_a_generator():
    exp = explainer().explain_instance(
        TABLE[0], noise, labels=(label for label in (0, 1)), num_features=3, num_samples=Auto(budget=600)
    )
    assert exp.available_labels() == [0, 1]
    assert exp.looks > 1


class OneBuffer:
    """Writes every answer into the same memory, and something else over what it is handed."""

    def __init__(self, predict):
        self.predict, self.memory = predict, np.empty((10_000, 2))

    def __call__(self, rows):
        self.memory[: len(rows)] = self.predict(rows)
        rows[...] = 9.0
        return self.memory[: len(rows)]


@pytest.mark.parametrize("num_samples", [500, Auto(budget=700)])
@pytest.mark.parametrize("cut", [True, False])
def test_a_model_that_keeps_one_buffer_gets_the_same_explanations(num_samples, cut):
    settings = {"num_samples": num_samples, "num_features": 3}
    rows, make = TABLE[:3].copy(), lambda: explainer(discretize_continuous=cut)
    expected = [make().explain_instance(row, steep, **settings) for row in TABLE[:3]]
    model = OneBuffer(steep)
    alone = [make().explain_instance(row, model, **settings) for row in rows]
    together = make().explain_instances(rows, OneBuffer(steep), **settings)
    for right, one, other in zip(expected, alone, together, strict=True):
        for exp in (one, other):
            np.testing.assert_allclose(exp.predict_proba, right.predict_proba)
            assert [i for i, _ in exp.as_map()[1]] == [i for i, _ in right.as_map()[1]]
            np.testing.assert_allclose([w for _, w in exp.as_map()[1]], [w for _, w in right.as_map()[1]])
            assert exp.model_preds[1] == right.model_preds[1]
    np.testing.assert_array_equal(rows, TABLE[:3])


def test_rows_that_are_asked_about_one_by_one_are_not_changed():
    def refuses_many(rows):
        if 1 < len(rows) < 100:
            raise ValueError("one row at a time")
        answer = steep(rows)
        rows[...] = 9.0
        return answer

    settings = {"num_samples": 500, "num_features": 3}
    exps = explainer().explain_instances(TABLE[:3], refuses_many, **settings)
    for exp, row in zip(exps, TABLE[:3], strict=True):
        assert exp.as_list() == explainer().explain_instance(row, steep, **settings).as_list()


def test_rows_that_are_asked_about_again_are_what_they_were():
    """A model that changes its input before it runs out of memory."""

    def greedy(rows):
        rows -= 0.5
        if len(rows) > 200:
            raise MemoryError
        return steep(rows)

    settings = {"num_samples": 500, "num_features": 3}
    right = explainer().explain_instance(TABLE[0], lambda rows: steep(rows - 0.5), **settings)
    assert explainer().explain_instance(TABLE[0], greedy, **settings).as_list() == right.as_list()
    assert explainer().explain_instances(TABLE[:1], greedy, **settings)[0].as_list() == right.as_list()
