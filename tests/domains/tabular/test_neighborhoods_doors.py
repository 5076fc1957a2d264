"""Neighbourhoods through every door: model calls, many rows, files, JSON, stability, cards, refusals."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lime
from lime import Explanation, LimeTabularExplainer, LimeTextExplainer, trust
from lime.extending import RowNeighborhood

ALL = ("rows", "copula", "near", "gaussian", "auto")
WINE = load_wine(as_frame=True)
TRAIN, TEST = WINE.data.iloc[::2], WINE.data.iloc[1::2]


class Counting:
    """A model that counts what it is asked about."""

    def __init__(self) -> None:
        self.rows = self.calls = 0
        self.model = make_pipeline(StandardScaler(), LogisticRegression()).fit(TRAIN, WINE.target.iloc[::2])
        self.classes_ = self.model.classes_

    def predict_proba(self, rows: Any) -> np.ndarray:
        self.rows += len(rows)
        self.calls += 1
        found: np.ndarray = self.model.predict_proba(rows)
        return found


def make(neighborhood: Any, **settings: Any) -> LimeTabularExplainer:
    return LimeTabularExplainer(TRAIN, random_state=0, neighborhood=neighborhood, **settings)


# ---- model calls


def test_rows_are_asked_about_once_for_a_whole_table() -> None:
    model, explainer = Counting(), make("rows")
    exps = explainer.explain_instances(TEST.iloc[:20], model, labels=(1,))
    assert model.rows == len(TRAIN) + 20  # each row's own prediction is its own
    assert model.calls == 2
    assert len(exps) == 20


@pytest.mark.parametrize("by", ["model", "method"])
def test_rows_are_asked_about_once_for_calls_one_by_one(by: str) -> None:
    """Bound methods are made anew each time that they are named, and are the same model's all the same."""
    model, explainer = Counting(), make("rows")
    for k in range(5):
        explainer.explain_instance(TEST.iloc[k], model if by == "model" else model.predict_proba)
    assert model.rows == len(TRAIN) + 5  # each row's own prediction is its own
    assert model.calls == 5


def test_training_rows_cost_no_call_once_they_were_predicted() -> None:
    model, explainer = Counting(), make("rows")
    exps = [explainer.explain_instance(TRAIN.iloc[k], model) for k in range(4)]
    assert model.rows == len(TRAIN)
    assert model.calls == 1
    for k, exp in enumerate(exps):
        assert exp.predict_proba == pytest.approx(model.model.predict_proba(TRAIN.iloc[[k]])[0], abs=1e-12)
    together = explainer.explain_instances(TRAIN.iloc[:4], model, labels=(1,))
    assert model.rows == len(TRAIN)
    assert [one.as_list() for one in together] == [exp.as_list() for exp in exps]


def test_a_model_that_somebody_else_called_is_asked_about_a_few_rows() -> None:
    """It looks changed, since it counts: five rows tell that it predicts as before."""
    model, explainer = Counting(), make("rows")
    explainer.explain_instance(TEST.iloc[0], model)
    asked = model.rows
    model.predict_proba(TEST)
    explainer.explain_instance(TEST.iloc[1], model)
    assert model.rows == asked + len(TEST) + 1 + 5


def test_a_function_over_a_model_that_was_fitted_again_is_asked_anew() -> None:
    inner = make_pipeline(StandardScaler(), LogisticRegression()).fit(TRAIN, WINE.target.iloc[::2])
    rows: list[int] = []

    def model(x: Any) -> np.ndarray:
        rows.append(len(x))
        found: np.ndarray = inner.predict_proba(x)
        return found

    explainer = make("rows")
    before = explainer.explain_instance(TEST.iloc[0], model)
    assert explainer.explain_instance(TEST.iloc[0], model).as_list() == before.as_list()
    assert rows == [len(TRAIN) + 1, 1]
    inner.fit(TRAIN, np.roll(WINE.target.iloc[::2], 20))
    after = explainer.explain_instance(TEST.iloc[0], model)
    assert after.as_list() == make("rows").explain_instance(TEST.iloc[0], model).as_list() != before.as_list()


def test_more_rows_than_before_are_asked_about_alone() -> None:
    model, explainer = Counting(), make("rows")
    explainer.explain_instance(TEST.iloc[0], model, num_samples=41)
    assert model.rows == 41
    first = model.rows
    exp = explainer.explain_instance(TEST.iloc[0], model)
    assert model.rows - first == 1 + len(TRAIN) - 40
    assert exp.as_list() == make("rows").explain_instance(TEST.iloc[0], Counting()).as_list()
    assert exp.num_samples == exp.num_model_calls == len(TRAIN) + 1


def test_a_model_that_was_fitted_again_is_asked_anew() -> None:
    model, explainer = Counting(), make("rows")
    before = explainer.explain_instance(TEST.iloc[0], model)
    model.model.fit(TRAIN, np.roll(WINE.target.iloc[::2], 20))
    after = explainer.explain_instance(TEST.iloc[0], model)
    assert after.as_list() == make("rows").explain_instance(TEST.iloc[0], model).as_list()
    assert after.as_list() != before.as_list()


def test_models_that_no_longer_live_are_forgotten_and_others_are_told_apart() -> None:
    explainer = make("rows")
    one, other = Counting(), Counting()
    other.model.fit(TRAIN, np.roll(WINE.target.iloc[::2], 20))
    a = explainer.explain_instance(TEST.iloc[0], one).as_list()
    b = explainer.explain_instance(TEST.iloc[0], other).as_list()
    assert a != b
    asked = one.rows
    assert explainer.explain_instance(TEST.iloc[0], one).as_list() == a
    assert one.rows == asked + 1
    assert explainer.explain_instance(TEST.iloc[0], lambda x: other.model.predict_proba(x)).as_list() == b


def test_a_function_without_a_name_of_its_own_is_asked_each_time() -> None:
    class Slotted:
        __slots__ = ("rows",)

        def __init__(self) -> None:
            self.rows = 0

        def __call__(self, x: Any) -> np.ndarray:
            self.rows += len(x)
            p = 1.0 / (1.0 + np.exp(-x["alcohol"].to_numpy() + 13.0))
            return np.column_stack([1.0 - p, p])

    model, explainer = Slotted(), make("rows")
    first = explainer.explain_instance(TEST.iloc[0], model)
    assert explainer.explain_instance(TEST.iloc[0], model).as_list() == first.as_list()
    assert model.rows == 2 * (len(TRAIN) + 1)


# ---- the same numbers through every door


@pytest.mark.parametrize("neighborhood", ALL)
def test_a_seed_gives_the_same_numbers_alone_together_by_workers_and_from_a_file(
    neighborhood: str, tmp_path: Path
) -> None:
    model, explainer = Counting(), make(neighborhood)
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 300, "num_features": 4}
    alone = [explainer.explain_instance(TEST.iloc[k], model.model, **settings).as_list() for k in range(4)]
    together = make(neighborhood).explain_instances(TEST.iloc[:4], model.model, **settings)
    assert [one.as_list() for one in together] == alone
    path = tmp_path / "explainer.lime"
    explainer.save(path)
    loaded = LimeTabularExplainer.load(path)
    assert repr(loaded) == repr(explainer)
    assert loaded.explain_instance(TEST.iloc[2], model.model, **settings).as_list() == alone[2]
    with zipfile.ZipFile(path) as archive:
        kept = json.loads(archive.read("explainer.json"))["training_rows"]
    assert kept == (0 if neighborhood in ("copula", "gaussian") else len(TRAIN))
    assert ("training rows" in repr(explainer)) == (kept > 0)


@pytest.mark.parametrize("neighborhood", ["rows", "near"])
def test_workers_and_checkpoints_give_the_same_numbers(neighborhood: str, tmp_path: Path) -> None:
    model = Counting().model
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 200, "num_features": 3}
    expected = [one.as_list() for one in make(neighborhood).explain_instances(TEST.iloc[:6], model, **settings)]
    settings["checkpoint"] = tmp_path
    found = make(neighborhood).explain_instances(TEST.iloc[:6], model, n_jobs=2, **settings)
    assert [one.as_list() for one in found] == expected
    again = make(neighborhood).explain_instances(TEST.iloc[:6], model, **settings)
    assert [one.as_list() for one in again] == expected


def test_what_was_chosen_is_no_other_explainer_to_a_checkpoint(tmp_path: Path) -> None:
    model, explainer = Counting().model, make("auto")
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 100, "checkpoint": tmp_path}
    first = explainer.explain_instances(TEST.iloc[:3], model, **settings)
    assert "chosen" in repr(explainer)
    again = make("auto").explain_instances(TEST.iloc[:3], model, **settings)
    assert [one.as_list() for one in first] == [one.as_list() for one in again]


# ---- what is chosen belongs to the model


def straight(x: Any) -> np.ndarray:
    p = 1.0 / (1.0 + np.exp(-(x["alcohol"].to_numpy() - 13.0)))
    return np.column_stack([1.0 - p, p])


def of_rows(x: Any) -> np.ndarray:
    """A model that is itself on real rows only, as that of Slack et al. 2020: other neighbourhoods misjudge it."""
    real = pd.util.hash_pandas_object(TRAIN.reset_index(drop=True), index=False)
    known = pd.util.hash_pandas_object(x.reset_index(drop=True), index=False).isin(real).to_numpy()
    p = np.where(known, straight(x)[:, 1], 1.0 - straight(x)[:, 1])
    return np.column_stack([1.0 - p, p])


def test_each_model_has_the_choice_that_it_would_have_alone() -> None:
    alone = {model: make("auto").explain_instance(TRAIN.iloc[0], model) for model in (straight, of_rows)}
    assert alone[straight].neighborhood != alone[of_rows].neighborhood == "rows"
    for order in ((straight, of_rows), (of_rows, straight)):
        explainer = make("auto")
        for model in (*order, *order):
            found = explainer.explain_instance(TRAIN.iloc[0], model)
            assert found.neighborhood == alone[model].neighborhood
            assert found.neighborhood_scores == alone[model].neighborhood_scores
            assert found.as_list() == alone[model].as_list()
            many = explainer.explain_instances(TRAIN.iloc[:2], model, labels=(1,))
            assert many[0].neighborhood == found.neighborhood
            assert many[0].as_list() == found.as_list()


def test_a_choice_is_made_once_for_a_model_and_again_when_it_is_fitted_again() -> None:
    model, explainer = Counting(), make("auto")
    first = explainer.explain_instance(TRAIN.iloc[0], model, num_samples=50)
    asked = model.rows
    explainer.explain_instance(TRAIN.iloc[0], model.predict_proba, num_samples=50)
    assert model.rows - asked <= 50 + len(TRAIN)  # the method is known again by its predictions
    asked = model.rows
    again = explainer.explain_instance(TRAIN.iloc[0], model, num_samples=50)
    assert again.as_list() == first.as_list()
    assert model.rows - asked <= 50 + 5
    model.model.fit(TRAIN, np.roll(WINE.target.iloc[::2], 20))
    asked = model.rows
    anew = explainer.explain_instance(TRAIN.iloc[0], model, num_samples=50)
    assert model.rows - asked > 1000
    assert anew.neighborhood_scores != first.neighborhood_scores
    assert anew.as_list() == make("auto").explain_instance(TRAIN.iloc[0], model, num_samples=50).as_list()


def test_a_saved_explainer_knows_the_model_of_its_choice_and_chooses_for_another(tmp_path: Path) -> None:
    explainer, model = make("auto"), Counting()
    expected = explainer.explain_instance(TEST.iloc[0], model, num_samples=100)
    path = tmp_path / "explainer.lime"
    explainer.save(path)
    loaded, same = LimeTabularExplainer.load(path), Counting()
    exp = loaded.explain_instance(TEST.iloc[0], same, num_samples=100)
    assert exp.as_list() == expected.as_list()
    assert same.rows <= 100 + len(TRAIN)  # nothing was chosen anew
    other = loaded.explain_instance(TRAIN.iloc[0], of_rows, num_samples=100)
    assert other.neighborhood == "rows"
    assert other.neighborhood_scores == make("auto").explain_instance(TRAIN.iloc[0], of_rows).neighborhood_scores


def test_workers_take_the_choice_of_their_model(tmp_path: Path) -> None:
    explainer = make("auto")
    explainer.explain_instance(TRAIN.iloc[0], of_rows)
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 100, "num_features": 3}
    expected = make("auto").explain_instances(TEST.iloc[:6], straight, **settings)
    found = explainer.explain_instances(TEST.iloc[:6], straight, n_jobs=2, checkpoint=tmp_path, **settings)
    assert [one.as_list() for one in found] == [one.as_list() for one in expected]
    assert {one.neighborhood for one in found} == {one.neighborhood for one in expected}
    explainer.explain_instance(TRAIN.iloc[0], of_rows)
    again = explainer.explain_instances(TEST.iloc[:6], straight, checkpoint=tmp_path, **settings)
    assert [one.as_list() for one in again] == [one.as_list() for one in expected]


def test_independent_is_what_it_was() -> None:
    model = Counting().model
    plain = LimeTabularExplainer(TRAIN, random_state=0).explain_instance(TEST.iloc[0], model)
    named = make("independent").explain_instance(TEST.iloc[0], model)
    assert named.as_list() == plain.as_list()
    assert (named.neighborhood, named.local_fit) == (None, {})
    assert "neighborhood" not in repr(make("independent"))


@pytest.mark.parametrize("neighborhood", ALL)
def test_json_tells_the_neighbourhood_and_the_fit_on_real_rows(neighborhood: str) -> None:
    exp = make(neighborhood).explain_instance(TEST.iloc[0], Counting().model, num_samples=300, top_labels=2)
    read = Explanation.from_json(exp.to_json())
    assert read.neighborhood == exp.neighborhood
    assert read.neighborhood_scores == exp.neighborhood_scores
    assert (exp.neighborhood_scores is not None) == (neighborhood == "auto")
    assert set(read.local_fit) == set(exp.local_fit) == set(exp.local_exp)
    for label, found in exp.local_fit.items():
        assert read.local_fit[label].score == found.score
        assert found.source == ("samples" if neighborhood in ("copula", "gaussian") else "training rows")
    assert exp.to_dict()["neighborhood"] == exp.neighborhood


@pytest.mark.parametrize("neighborhood", ALL)
def test_cards_stability_and_out_of_distribution_know_the_neighbourhood(neighborhood: str) -> None:
    model, explainer = Counting().model, make(neighborhood)
    exp = explainer.explain_instance(TEST.iloc[0], model, num_samples=200)
    assert ("near" in exp.trust()) == (neighborhood not in ("copula", "gaussian"))
    report = explainer.stability(TEST.iloc[0], model, 4, num_samples=200)
    assert 0.0 < report.vsi <= 1.0
    lies = trust.out_of_distribution(explainer, TRAIN, TEST.iloc[0], num_samples=200)
    assert 0.0 <= lies.share <= 1.0
    if exp.neighborhood == "rows":
        assert (lies.share, lies.auc) == (pytest.approx(0.05), pytest.approx(0.5))
    if neighborhood == "gaussian":
        assert lies.auc > 0.9
    assert trust.out_of_distribution(explainer, TRAIN, num_samples=200).samples >= len(TRAIN) - 1


def test_stability_of_rows_is_over_samples_of_the_rows() -> None:
    model, explainer = Counting(), make("rows")
    runs = [one.explain_instance(TEST.iloc[0], model) for one in explainer.independent_copies(8)]
    weights = np.array([[dict(run.local_exp[1]).get(j, 0.0) for j in range(13)] for run in runs])
    assert (weights.std(axis=0) > 0.0).sum() >= 10
    assert model.rows == len(TRAIN) + 8  # nothing but the instance was asked about again


@pytest.mark.parametrize("neighborhood", ALL)
def test_auto_samples_stop_somewhere(neighborhood: str) -> None:
    exp = make(neighborhood).explain_instance(TEST.iloc[0], Counting().model, num_samples="auto")
    assert exp.stopping.startswith(("Settled", "Stopped early", "Not settled"))
    assert exp.num_samples is not None
    assert exp.num_samples <= 5000


def test_the_fit_on_real_rows_can_be_asked_for_of_any_explanation() -> None:
    model, explainer = Counting(), make("independent")
    exp = explainer.explain_instance(TEST.iloc[0], model, num_samples=500)
    asked = model.rows
    found = trust.local_fit(explainer, TRAIN, exp, TEST.iloc[0], model)
    assert model.rows - asked == len(TRAIN)
    assert exp.local_fit == found
    assert found[1].source == "training rows"
    assert "near" in exp.trust()
    better = make("rows").explain_instance(TEST.iloc[0], model)
    assert better.local_fit[1].score > found[1].score + 0.2
    with pytest.raises(TypeError, match="LimeTextExplainer: expected a LimeTabularExplainer"):
        trust.local_fit(LimeTextExplainer(), TRAIN, exp, TEST.iloc[0], model)
    with pytest.raises(ValueError, match="has no rows"):
        trust.local_fit(explainer, TRAIN.iloc[:0], exp, TEST.iloc[0], model)


def test_the_fit_on_real_rows_is_that_of_the_surrogate_that_is_shown() -> None:
    """Held to the prediction at a spike, a surrogate misses the rows around it, and its local fit says so."""
    spike = TRAIN.iloc[5].to_numpy()

    def model(x: Any) -> np.ndarray:
        values = x.to_numpy()
        found: np.ndarray = values[:, 0] + 10.0 * (values == spike).all(axis=1)
        return found

    for neighborhood in ("rows", "near"):
        explainer = LimeTabularExplainer(TRAIN, mode="regression", random_state=0, neighborhood=neighborhood)
        settings: dict[str, Any] = {"num_samples": 400, "num_features": 13}
        free = explainer.explain_instance(TRAIN.iloc[5], model, **settings)
        held = explainer.explain_instance(TRAIN.iloc[5], model, anchored=True, **settings)
        assert held.local_fit[1].score < -1.0 < free.local_fit[1].score
        assert held.local_fit[1].error > 3.0
        together = explainer.explain_instances(TRAIN.iloc[[5]], model, anchored=True, **settings)
        assert together[0].local_fit[1] == held.local_fit[1]


def test_a_regressor_of_ones_own_is_not_said_to_fit_rows_that_it_was_fitted_to() -> None:
    model = Counting().model
    settings: dict[str, Any] = {"num_samples": 200, "model_regressor": Ridge()}
    assert make("rows").explain_instance(TEST.iloc[0], model, **settings).local_fit == {}
    near = make("near").explain_instance(TEST.iloc[0], model, **settings)
    assert near.local_fit[1].source == "training rows"  # a fifth of them, which were not mixed
    assert make("gaussian").explain_instance(TEST.iloc[0], model, **settings).local_fit == {}


# ---- a neighbourhood of one's own


class Jitter:
    """Rows around a row, in the form of the training data."""

    def __init__(self, weights: Any = None) -> None:
        self.weights = weights

    def around(self, row: Any, size: int, rng: np.random.Generator) -> Any:
        assert isinstance(row, pd.DataFrame)
        rows = pd.concat([row] * size, ignore_index=True)
        rows["alcohol"] += rng.normal(size=size)
        return rows if self.weights is None else (rows, np.full(size, self.weights))


def test_an_object_of_ones_own_draws() -> None:
    explainer = make(Jitter())
    model = Counting().model
    settings: dict[str, Any] = {"num_samples": 200, "num_features": 13}
    exp = explainer.explain_instance(TEST.iloc[0], model, **settings)
    weights = dict(exp.local_exp[1])
    assert abs(weights[0]) > 0.0
    assert all(weights[j] == 0.0 for j in range(1, 13) if j in weights)
    assert exp.neighborhood == "Jitter"
    assert exp.as_list() == make(Jitter()).explain_instance(TEST.iloc[0], model, **settings).as_list()
    assert isinstance(Jitter(), RowNeighborhood)
    weighted = make(Jitter(2.0)).explain_instance(TEST.iloc[0], model, num_samples=200)
    assert weighted.effective_samples == pytest.approx(1.0)


def test_an_object_that_gives_no_rows_or_wrong_weights_is_told_so() -> None:
    model = Counting().model
    with pytest.raises(ValueError, match=r"neighborhood=Jitter gave weights of shape .* at least 0 for each row"):
        make(Jitter(-1.0)).explain_instance(TEST.iloc[0], model, num_samples=20)

    class Nothing:
        def around(self, row: Any, size: int, rng: np.random.Generator) -> Any:
            return row.iloc[:0]

    with pytest.raises(ValueError, match="neighborhood=Nothing gave no row"):
        make(Nothing()).explain_instance(TEST.iloc[0], model, num_samples=20)
    with pytest.raises(lime.LimeError, match="cannot save"):
        make(Jitter()).save("never written")


# ---- refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"neighborhood": "nearest"}, "neighborhood='nearest' is unknown: expected one of 'independent', 'rows'"),
        ({"neighborhood": 3}, "expected one of .* or an object with the method around"),
        ({"neighborhood": Jitter}, "expected one of .* or an object with the method around"),
        ({"neighborhood": "rows", "spread": 0}, "spread=0: expected a number above 0"),
        ({"neighborhood": "rows", "spread": 2.0}, "a share of the rows, at most 1"),
        ({"neighborhood": "gaussian", "spread": float("nan")}, "spread=nan: expected a number above 0"),
        ({"neighborhood": "auto", "spread": 0.5}, "expected 'auto' or None"),
        ({"neighborhood": "near", "spread": "wide"}, "spread='wide': expected a number above 0"),
        ({"spread": 0.5}, "spread=0.5 has no meaning with neighborhood='independent'"),
    ],
)
def test_what_is_no_neighbourhood_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        LimeTabularExplainer(TRAIN, **settings)


def test_classic_samples_are_of_independent_columns() -> None:
    explainer = make("rows")
    with pytest.raises(ValueError, match="sampling_method='classic' with neighborhood='rows'"):
        explainer.explain_instance(TEST.iloc[0], Counting().model, sampling_method="classic")
    with lime.config_context(sampling_method="classic"):  # of all explainers, and this one has its own
        assert explainer.explain_instance(TEST.iloc[0], Counting().model).neighborhood == "rows"


def test_a_kernel_beside_what_has_none_is_told_to_have_no_effect() -> None:
    with pytest.warns(UserWarning, match="kernel_width have no effect with neighborhood='copula': pass spread"):
        make("copula", kernel_width=3.0)
    wide = make("rows", kernel_width=100.0).explain_instance(TEST.iloc[0], Counting().model)
    assert wide.effective_samples == pytest.approx(1.0, abs=0.01)
    assert make("rows").explain_instance(TEST.iloc[0], Counting().model).effective_samples < 0.97


def test_rows_of_a_table_keep_what_their_neighbourhood_told():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(80, 3))
    explainer = LimeTabularExplainer(data, mode="regression", neighborhood="rows", random_state=0)

    def model(rows):
        return rows[:, 0] + rows[:, 1] ** 2

    alone = explainer.explain_instance(data[0], model)
    together = explainer.explain_instances(data[:2], model)[0]
    assert together.neighborhood == alone.neighborhood == "rows"
    assert together.local_fit == alone.local_fit
    assert together.diagnostics() == alone.diagnostics()
