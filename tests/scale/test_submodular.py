"""Rows that are picked for what they show together, and `SubmodularPick` as 0.2.0.1 had it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import Explanations, LimeTabularExplainer, SubmodularPick
from lime.results.filling import to_columns
from lime.results.picking import pick_rows
from rows_samples import WEIGHTS, explained


@pytest.fixture
def exps():
    return Explanations.of(explained(WEIGHTS))


def by_hand(weights, k):
    """The greedy choice as the paper writes it, with all sets of equals."""
    sizes, chosen = np.abs(weights), []
    importance = np.sqrt(sizes.sum(axis=0))
    for _ in range(k):
        cover = [
            importance[(sizes[[*chosen, i]] > 0).any(axis=0)].sum() if i not in chosen else -1.0
            for i in range(len(weights))
        ]
        chosen.append(int(np.argmax(cover)))
    return chosen


def test_picks_are_the_greedy_ones():
    rng = np.random.default_rng(1)
    for _ in range(20):
        weights = rng.normal(size=(12, 30)) * (rng.random((12, 30)) < 0.12)
        weights[:, :12] += np.eye(12) * rng.random(12)  # something of its own in each row: no two are equal
        assert Explanations.of(explained(weights, values=np.zeros((12, 30)))).pick(4) == by_hand(weights, 4)


def test_both_classes_of_two_give_the_picks_of_one():
    """Their weights are each other's negation up to rounding, which must not be what is left of them."""
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(12, 30)) * (rng.random((12, 30)) < 0.12)
    weights[:, :12] += np.eye(12) * rng.random(12)
    one, both = explained(weights, values=np.zeros((12, 30))), explained(weights, values=np.zeros((12, 30)))
    for exp in both:
        exp.local_exp[0] = [(j, -w * (1 + rng.integers(-2, 3) * 2.0**-52)) for j, w in exp.local_exp[1]]
    assert Explanations.of(both).pick(6) == Explanations.of(one).pick(6)


def test_rows_without_weight_are_picked_last():
    exps = explained(np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]))
    many = Explanations([to_columns([*exps[:2], ValueError("not this one"), *exps[3:]], range(10, 15), range(5))])
    assert many.pick(2) == [11, 13]
    assert many.pick(3) == [11, 13, 10]
    assert many.pick(9) == [11, 13, 10, 14]
    assert Explanations.of(explained(np.zeros((3, 2)))).pick(2) == [0, 1]


def test_between_equals_the_seed_decides():
    same = Explanations.of(explained(np.ones((30, 2))))
    picks = {tuple(same.pick(2, random_state=seed)) for seed in range(10)}
    assert len(picks) > 5
    assert same.pick(2, random_state=3) == same.pick(2, random_state=3)
    assert len(set(same.pick(30))) == 30  # when all is covered it begins anew
    assert len(same.pick(99)) == 30
    for k in (0, 1.5, True, "3"):
        with pytest.raises(ValueError, match="k="):
            same.pick(k)  # type: ignore[arg-type]


def test_picks_are_positions_in_the_data(exps):
    some = exps[[1, 2]]
    assert sorted(some.pick(2)) == [1, 2]
    assert pick_rows(np.array([5, 5, 9]), np.array([0, 1, 1]), np.array([1.0, 1.0, 1.0]), 1).tolist() == [5]


# ---- SubmodularPick


def predict(x):
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - 2.0 * x[:, 1] * x[:, 2])))
    return np.column_stack([1.0 - p, p])


def test_submodular_pick(tmp_path):
    table = np.random.default_rng(0).normal(size=(30, 4))
    explainer = LimeTabularExplainer(table, random_state=0)
    picked = SubmodularPick(
        explainer, table, predict, sample_size=12, num_exps_desired=3, num_features=2, num_samples=64
    )
    again = SubmodularPick(
        explainer, table, predict, sample_size=12, num_exps_desired=3, num_features=2, num_samples=64
    )
    assert (len(picked.explanations), len(picked.sp_explanations), len(picked.V)) == (12, 3, 3)
    assert picked.V == again.V
    assert picked.positions == again.positions
    for place, position, exp in zip(picked.V, picked.positions, picked.sp_explanations, strict=True):
        assert exp is picked.explanations[place]
        alone = explainer.explain_instance(table[position], predict, top_labels=1, num_features=2, num_samples=64)
        assert exp.as_map() == alone.as_map()
    full = SubmodularPick(explainer, pd.DataFrame(table), predict, method="full", num_exps_desired=2, num_samples=64)
    assert len(full.explanations) == 30
    assert full.positions == full.V
    assert full.all.importance(backend="pandas")["name"].tolist()
    from lime import submodular_pick

    assert submodular_pick.SubmodularPick is SubmodularPick


def test_submodular_pick_says_what_is_wrong():
    table = np.random.default_rng(0).normal(size=(4, 2))
    explainer = LimeTabularExplainer(table, random_state=0)

    def model(x):
        return np.column_stack([np.full(len(x), 0.5)] * 2)

    with pytest.raises(ValueError, match="method='some'"):
        SubmodularPick(explainer, table, model, method="some")
    with pytest.raises(ValueError, match="num_exps_desired=0"):
        SubmodularPick(explainer, table, model, num_exps_desired=0)
    SubmodularPick(explainer, table, model, method="full", sample_size=None, num_exps_desired=1, num_samples=16)
    with pytest.warns(UserWarning, match="sample_size=1000, but data has 4 rows"):
        SubmodularPick(explainer, table, model, num_exps_desired=1, num_samples=16)
    with pytest.warns(UserWarning, match="num_exps_desired=9"):
        SubmodularPick(explainer, table, model, method="full", num_exps_desired=9, num_samples=16)


class OwnWay(LimeTabularExplainer):
    """Hands on whatever it is given, and leaves a mark, as programs do."""

    def explain_instance(self, *args, **kwargs):
        exp = super().explain_instance(*args, **kwargs)
        exp.mark = len(args)  # type: ignore[attr-defined]
        return exp


class Foreign:
    """No explainer of ours: all it has is the method that SP-LIME asks for."""

    def __init__(self, inner):
        self.inner, self.asked = inner, 0

    def explain_instance(self, row, model, **settings):
        self.asked += 1
        return self.inner.explain_instance(row, model, **settings)


def test_submodular_pick_keeps_the_explanations_that_it_is_given():
    table = np.random.default_rng(0).normal(size=(12, 4))
    ours = LimeTabularExplainer(table, random_state=0)
    settings: dict[str, Any] = {"method": "full", "num_exps_desired": 2, "num_features": 2, "num_samples": 64}
    plain = SubmodularPick(ours, table, predict, **settings)
    assert plain.explanations[0].domain_mapper.exp_feature_names  # the mapper of its domain, not a stored one
    own = SubmodularPick(OwnWay(table, random_state=0), table, predict, **settings)
    assert [exp.mark for exp in own.explanations] == [2] * 12
    foreign = Foreign(ours)
    other = SubmodularPick(foreign, table, predict, **settings)  # type: ignore[arg-type]
    assert foreign.asked == 12
    patched, asked = LimeTabularExplainer(table, random_state=0), []
    patched.explain_instance = lambda row, model, **more: asked.append(row) or ours.explain_instance(row, model, **more)
    last = SubmodularPick(patched, table, predict, **settings)
    assert len(asked) == 12
    assert plain.V == own.V == other.V == last.V
    spread = SubmodularPick(ours, table, predict, n_jobs=2, **settings)
    assert spread.V == plain.V
    assert spread.sp_explanations[0].as_map() == plain.sp_explanations[0].as_map()


def test_submodular_pick_in_the_classic_stream_goes_on_from_row_to_row():
    table = np.random.default_rng(0).normal(size=(6, 3))
    looped, picked = (LimeTabularExplainer(table, random_state=np.random.RandomState(7)) for _ in range(2))
    settings: dict[str, Any] = {"num_features": 2, "num_samples": 64, "sampling_method": "classic"}
    expected = [looped.explain_instance(row, predict, top_labels=1, **settings).as_map() for row in table]
    found = SubmodularPick(picked, table, predict, method="full", num_exps_desired=2, **settings)
    assert [exp.as_map() for exp in found.explanations] == expected
    assert looped.random_state.randint(1000) == picked.random_state.randint(1000)


def test_submodular_pick_takes_numbers_as_int_does():
    table = np.random.default_rng(0).normal(size=(6, 3))
    explainer = LimeTabularExplainer(table, random_state=0)
    found = SubmodularPick(explainer, table, predict, method="full", num_exps_desired=2.7, num_samples=64)  # type: ignore[arg-type]
    assert len(found.V) == 2
    with pytest.raises(ValueError, match="sample_size=None: expected a whole number"):
        SubmodularPick(explainer, table, predict, sample_size=None)
