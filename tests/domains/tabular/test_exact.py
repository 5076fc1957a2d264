"""``sampling_method="exact"``: what is asked for is given, alone and in rows, or refused with the reason."""

from __future__ import annotations

import functools
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from lime import Explanation, LimeTabularExplainer, config_context
from lime.domains.settings import EXACT_SAMPLES
from lime.engine.base import LimeBase


def data(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 6))
    return x, x[:, 0] + x[:, 1] * (x[:, 2] > 0.0) + 0.1 * rng.normal(size=n)


def forest(x: np.ndarray, y: np.ndarray) -> RandomForestClassifier:
    return RandomForestClassifier(8, random_state=0).fit(x, np.searchsorted(np.quantile(y, [0.3, 0.6]), y))


class Counted:
    """A model that counts the rows that it is given."""

    def __init__(self, model: Any) -> None:
        self.model, self.rows = model, 0

    def predict_proba(self, rows: Any) -> Any:
        self.rows += len(rows)
        return self.model.predict_proba(rows)


def test_an_explanation_says_that_it_is_exact() -> None:
    x, y = data()
    explainer = LimeTabularExplainer(x, random_state=0)
    exp = explainer.explain_instance(x[3], forest(x, y), labels=(-1, 0), num_features=4, sampling_method="exact")
    assert exp.exact
    assert exp.sampling_method == "exact"
    assert exp.num_model_calls == exp.num_samples == EXACT_SAMPLES
    assert exp.estimators == {-1: "exact", 0: "exact"}
    for label in (-1, 0):
        assert set(exp.standard_errors[label].values()) == {0.0}
        assert len(exp.local_exp[label]) == 4
        own = exp.intercept[label] + sum(weight for _, weight in exp.local_exp[label])
        assert exp.local_preds[label] == pytest.approx(own)
    again = Explanation.from_json(exp.to_json())
    assert again.exact
    assert again.local_exp == exp.local_exp


@pytest.mark.parametrize("seed", [1, None])
def test_seeds_move_nothing_but_r_squared(seed: int | None) -> None:
    x, y = data()
    model = forest(x, y)
    one = LimeTabularExplainer(x, random_state=0).explain_instance(x[3], model, sampling_method="exact")
    other = LimeTabularExplainer(x, random_state=seed).explain_instance(x[3], model, sampling_method="exact")
    assert one.local_exp == other.local_exp
    assert one.intercept == other.intercept
    assert one.score == pytest.approx(other.score, abs=0.06)


def test_r_squared_is_that_of_many_samples() -> None:
    x, y = data()
    model = forest(x, y)
    explainer = LimeTabularExplainer(x, random_state=0)
    for features in (2, 6):
        few = explainer.explain_instance(x[3], model, num_features=features, sampling_method="exact")
        many = explainer.explain_instance(x[3], model, num_features=features, num_samples=30_000)
        assert few.score == pytest.approx(many.score, abs=0.03)


@pytest.mark.parametrize("method", ["none", "auto", "forward_selection", "highest_weights", "lasso_path"])
@pytest.mark.parametrize("discretize", [True, False])
def test_selections_are_those_of_many_samples(method: str, discretize: bool) -> None:
    x, y = data()
    model = RandomForestRegressor(8, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(
        x, mode="regression", feature_selection=method, discretize_continuous=discretize, random_state=0
    )
    exact = explainer.explain_instance(x[3], model, num_features=2, sampling_method="exact")
    many = explainer.explain_instance(x[3], model, num_features=2, num_samples=40_000)
    assert {feature for feature, _ in exact.local_exp[1]} == {feature for feature, _ in many.local_exp[1]}
    assert exact.local_pred == pytest.approx(many.local_pred, abs=0.05)


@pytest.mark.parametrize("how", [{}, {"discretize_continuous": False}, {"sample_around_instance": True}])
@pytest.mark.parametrize("top_labels", [None, 2])
def test_rows_have_the_digits_that_they_have_alone(how: dict[str, Any], top_labels: int | None) -> None:
    x, y = data()
    x[::9, 1] = np.nan
    model = forest(x, y)
    if "sample_around_instance" in how:
        how = {**how, "discretize_continuous": False}
    explainer = LimeTabularExplainer(x, random_state=0, **how)
    settings: dict[str, Any] = {"labels": (1,), "top_labels": top_labels, "num_features": 4, "sampling_method": "exact"}
    rows = x[[0, 1, 9, 17]]
    together = explainer.explain_instances(rows, model, **settings)
    for row, exp in zip(rows, together, strict=True):
        alone = explainer.explain_instance(row, model, **settings)
        assert exp.exact
        assert exp.sampling_method == "exact"
        assert exp.local_exp == alone.local_exp
        assert exp.scores == alone.scores
        assert exp.local_preds == alone.local_preds
        assert exp.intercept == alone.intercept


def test_values_that_never_occur_have_no_weight_and_are_named() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"kind": rng.choice(["a", "b", "c"], size=200), "size": rng.normal(size=200)})
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    encode = ColumnTransformer([("kind", OneHotEncoder(handle_unknown="ignore"), ["kind"])], remainder="passthrough")
    model = make_pipeline(encode, RandomForestRegressor(5, random_state=0))
    model.fit(frame, (frame["kind"] == "a") + frame["size"])
    explainer = LimeTabularExplainer(frame, mode="regression", random_state=0)
    row = {"kind": "d", "size": 0.3}
    alone = explainer.explain_instance(row, model, sampling_method="exact")
    assert dict(alone.local_exp[1])[0] == 0.0
    assert any("does not occur" in sentence for sentence in alone.warnings)
    (together,) = explainer.explain_instances([row], model, sampling_method="exact")
    assert together.local_exp == alone.local_exp


def test_growing_samples_are_settled_at_once() -> None:
    x, y = data()
    exp = LimeTabularExplainer(x, random_state=0).explain_instance(
        x[0], forest(x, y), num_samples="auto", sampling_method="exact"
    )
    assert exp.settled
    assert "exact" in str(exp.stopping)


def test_log_odds_of_boosting_are_explained_as_a_score() -> None:
    x, y = data()
    z = (y > 0.0).astype(int)
    explainer = LimeTabularExplainer(x, mode="regression", random_state=0)
    boosted = xgboost.XGBClassifier(n_estimators=10, n_jobs=1).fit(x, z)
    light = lightgbm.LGBMClassifier(n_estimators=10, n_jobs=1, verbose=-1).fit(x, z)
    plain = GradientBoostingClassifier(n_estimators=10).fit(x, z)
    line = LogisticRegression().fit(x, z)
    for score in (
        functools.partial(boosted.predict, output_margin=True),
        functools.partial(light.predict, raw_score=True),
        plain.decision_function,
        line.decision_function,
    ):
        exact = explainer.explain_instance(x[3], score, num_features=6, sampling_method="exact")
        many = explainer.explain_instance(x[3], score, num_features=6, num_samples=20_000)
        for feature, weight in many.local_exp[1]:
            error = many.standard_errors[1][feature]
            assert dict(exact.local_exp[1])[feature] == pytest.approx(weight, abs=6.0 * error + 3e-3 * abs(weight))


def test_stability_and_the_card_say_that_nothing_is_left_to_chance() -> None:
    x, y = data()
    explainer = LimeTabularExplainer(x, random_state=0)
    model = forest(x, y)
    report = explainer.stability(x[0], model, repeats=3, sampling_method="exact")
    assert report.vsi == report.csi == 1.0
    assert report.sentences()[0] == "The explanation is exact: repeats are equal."
    exp = explainer.explain_instance(x[0], model, sampling_method="exact")
    said = " ".join(finding.sentence for finding in exp.trust().findings)
    assert "computed from the model itself" in said
    assert "asked about whole" not in said


class OwnBase(LimeBase):
    """A base of a user's own."""


def own_kernel(distances: np.ndarray, kernel_width: float) -> np.ndarray:
    return 1.0 / (1.0 + distances / kernel_width)


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "kernel": ({"kernel": own_kernel}, {}, "a kernel of your own"),
    "width": ({"kernel_width": "auto"}, {}, "kernel_width='auto'"),
    "metric": ({}, {"distance_metric": "manhattan"}, "distance_metric='manhattan'"),
    "regressor": ({}, {"model_regressor": Ridge()}, "model_regressor"),
    "neighbourhood": ({"neighborhood": "rows"}, {}, "neighborhood='rows'"),
    "selection": ({"feature_selection": lambda *_: [0]}, {}, "feature_selection"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_samples_is_refused(name: str) -> None:
    made, asked, words = REFUSED[name]
    x, y = data()
    explainer = LimeTabularExplainer(x, random_state=0, **made)
    model = forest(x, y)
    for explain, rows in ((explainer.explain_instance, x[0]), (explainer.explain_instances, x[:2])):
        with pytest.raises(ValueError, match=r"sampling_method='exact': .*leave sampling_method out") as error:
            explain(rows, model, sampling_method="exact", **asked)
        assert words in str(error.value)


def test_a_base_of_ones_own_functions_and_probabilities_of_boosting_are_refused() -> None:
    x, y = data()
    explainer = LimeTabularExplainer(x, random_state=0)
    boosted = GradientBoostingClassifier(n_estimators=3).fit(x, y > 0.0)
    with pytest.raises(ValueError, match="only their log-odds are: pass link='logit'"):
        explainer.explain_instance(x[0], boosted, sampling_method="exact")
    with pytest.raises(ValueError, match="pass the model itself"):
        explainer.explain_instance(x[0], lambda rows: boosted.predict_proba(rows), sampling_method="exact")
    with pytest.raises(ValueError, match="type Counted are not read"):
        explainer.explain_instance(x[0], Counted(boosted), sampling_method="exact")
    explainer.base = OwnBase(explainer.base.kernel_fn)
    with pytest.raises(ValueError, match="OwnBase"):
        explainer.explain_instance(x[0], forest(x, y), sampling_method="exact")


def test_a_model_that_is_fitted_again_is_read_again() -> None:
    x, y = data()
    model = RandomForestRegressor(5, random_state=0).fit(x, y)
    explainer = LimeTabularExplainer(x, mode="regression", random_state=0)
    before = explainer.explain_instance(x[0], model, sampling_method="exact")
    model.fit(x, -3.0 * y)
    after = explainer.explain_instance(x[0], model, sampling_method="exact")
    fresh = LimeTabularExplainer(x, mode="regression", random_state=0)
    assert after.local_exp == fresh.explain_instance(x[0], model, sampling_method="exact").local_exp
    assert after.local_exp != before.local_exp


def test_the_default_stays_sampled() -> None:
    x, y = data()
    explainer = LimeTabularExplainer(x, random_state=0)
    assert explainer.explain_instance(x[0], forest(x, y)).sampling_method == "sobol"
    with config_context(sampling_method="auto"):
        assert not explainer.explain_instance(x[0], forest(x, y)).exact
