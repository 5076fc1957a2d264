"""``representation=``: the same samples as bins, slopes and curves, and the one that fits best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

import lime
from lime import Explanation, LimeTabularExplainer, RecurrentTabularExplainer
from lime.testing import check_explainer

ROWS = np.random.default_rng(0).normal(size=(300, 3))
ROW = np.array([0.5, -1.0, 0.2])


def straight(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 + 2.0 * x[:, 0] - x[:, 1]


def bowl(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 + np.square(x[:, 0]) - x[:, 1]


def stepped(x: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.quantile(ROWS[:, 0], [0.5, 0.75])
    return 5.0 * ((x[:, 0] > low) & (x[:, 0] <= high))


def explainer(**settings: Any) -> LimeTabularExplainer:
    return LimeTabularExplainer(ROWS, mode="regression", random_state=0, feature_names=list("abc"), **settings)


@pytest.mark.parametrize(("model", "best"), [(straight, "slopes"), (bowl, "curves"), (stepped, "bins")])
@pytest.mark.parametrize("neighborhood", ["independent", "rows"])
def test_the_simplest_that_fits_best_is_taken(model: Any, best: str, neighborhood: str) -> None:
    seen: list[int] = []

    def counted(x: NDArray[np.float64]) -> NDArray[np.float64]:
        seen.append(len(x))
        return np.asarray(model(x))

    one = explainer(neighborhood=neighborhood)
    exp = one.explain_instance(ROW, counted, representation="auto", num_samples=1000)
    assert exp.representation == best
    assert list(exp.compared) == ["bins", "slopes", "curves"]
    assert exp.compared[best] > 0.95 * max(exp.compared.values())
    assert sum(seen) == exp.num_model_calls == (1000 if neighborhood == "independent" else 301)
    assert f"{best} {exp.compared[best]:.2f}" in exp.diagnostics()[-1]
    alone = one.explain_instance(ROW, model, representation=best, num_samples=1000)
    assert alone.as_list() == exp.as_list()
    assert alone.compared is None


def test_slopes_are_those_of_an_explainer_without_bins() -> None:
    exp = explainer(discretize_continuous=False).explain_instance(ROW, straight, num_samples=4000)
    other = explainer().explain_instance(ROW, straight, representation="slopes", num_samples=4000)
    assert [name for name, _ in other.as_list()] == [name for name, _ in exp.as_list()] == ["a", "b", "c"]
    assert dict(other.as_list()) == pytest.approx(dict(exp.as_list()), abs=0.01)


def test_bins_of_an_explainer_of_slopes() -> None:
    exp = explainer(neighborhood="rows").explain_instance(ROW, stepped, representation="bins")
    binned = explainer(neighborhood="rows", discretize_continuous=True).explain_instance(ROW, stepped)
    assert exp.as_list() == binned.as_list()
    assert exp.local_fit[1].score == pytest.approx(binned.local_fit[1].score, abs=1e-6)
    with pytest.raises(ValueError, match="Bins need discretize_continuous=True"):
        explainer(discretize_continuous=False).explain_instance(ROW, stepped, representation="bins")


def test_a_curve_has_the_slope_at_the_row_and_one_contribution_a_column() -> None:
    one = explainer(discretize_continuous=False)
    for anchored in (False, True):
        exp = one.explain_instance(ROW, bowl, representation="curves", num_samples=4000, anchored=anchored)
        slopes = {name: weight / one.scaler.scale_[i] for i, (name, weight) in enumerate(sorted(exp.as_list()))}
        assert slopes == pytest.approx({"a": 2 * ROW[0], "b": -1.0, "c": 0.0}, abs=0.01)
        added = exp.contributions()
        assert added.keys() == {0, 1, 2}
        # Less what the neighbourhood has on average.
        seen = exp.fit_data.z[:, 0] * one.scaler.scale_[0] + one.scaler.mean_[0]
        assert added[0] == pytest.approx(
            ROW[0] ** 2 - np.average(np.square(seen), weights=exp.fit_data.weights), abs=0.01
        )
        assert exp.baseline_value + sum(added.values()) == pytest.approx(exp.local_preds[1])
        assert exp.surrogate(ROWS[:20]) == pytest.approx(bowl(ROWS[:20]), abs=0.02)
        assert exp.contribution_intervals() == {}  # of slope and square together no standard error is known
        assert exp.confidence_intervals().keys() == {0, 1, 2}
    assert "slopes at the instance" in str(exp)


def test_columns_of_all_kinds() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "job": rng.choice(["nurse", "clerk", "cook"], 200),
            "since": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, 200), unit="D"),
            "rooms": rng.integers(1, 9, 200),
            "pay": np.where(rng.random(200) < 0.1, np.nan, rng.normal(size=200)),
        }
    )

    def model(data: pd.DataFrame) -> NDArray[np.float64]:
        nurse = np.where(data["job"].to_numpy() == "nurse", 5.0, 0.0)
        return np.asarray(nurse + 0.2 * np.square(data["rooms"].to_numpy()))

    for neighborhood in ("independent", "rows", "near", "copula", "gaussian"):
        one = LimeTabularExplainer(frame, mode="regression", random_state=0, neighborhood=neighborhood)
        exp = one.explain_instance(frame.iloc[0], model, representation="auto", num_samples=600)
        assert exp.representation == "curves"
        assert {name for name, _ in exp.as_list()} >= {"rooms", f"job={frame['job'][0]}"}
        assert Explanation.from_json(exp.to_json()).compared == exp.compared
        many = one.explain_instances(frame.iloc[:3], model, representation="auto", num_samples=600)
        assert dict(many[0].as_list()) == pytest.approx(dict(exp.as_list()))
    names = LimeTabularExplainer(frame.iloc[:, :1], mode="regression", random_state=0).explain_instance(
        frame.iloc[0, :1], lambda x: (x["job"] == "nurse").to_numpy() * 1.0, representation="auto"
    )
    assert names.representation == "bins"


@pytest.mark.parametrize("representation", ["slopes", "auto"])
def test_every_door_opens(representation: str) -> None:
    for settings in ({}, {"neighborhood": "rows"}):
        report = check_explainer(explainer(**settings), ROW, bowl, representation=representation, raise_error=False)
        assert not [f"{one.name}: {one.message}" for one in report.failed]


def test_series() -> None:
    series = np.random.default_rng(2).normal(size=(60, 4, 2))
    one = RecurrentTabularExplainer(series, mode="regression", random_state=0)
    exp = one.explain_instance(series[0], lambda x: np.square(x[:, 0, 0]), representation="auto", num_samples=800)
    assert exp.representation == "curves"


def test_auto_among_surrogates() -> None:
    def product(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x[:, 0] + x[:, 1] + 2.0 * x[:, 0] * x[:, 1]

    def corner(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(5.0 * ((x[:, 0] > 0.9) & (x[:, 1] < -0.3) & (x[:, 2] > -0.5)))

    one = explainer(discretize_continuous=False)
    settings: dict[str, Any] = {"surrogate": "auto", "num_samples": 2000}
    for model, kind in ((straight, None), (product, "pairs"), (corner, "tree")):
        exp = one.explain_instance(ROW, model, **settings)
        assert {found.kind for found in exp.surrogates.values()} == ({kind} if kind else set())
        assert list(exp.compared) == ["linear", "pairs", "tree"]
        assert f"was taken: {kind or 'linear'}" in exp.diagnostics()[-1]
    both = one.explain_instance(ROW, product, representation="auto", **settings)
    assert list(both.compared) == ["slopes", "curves", "pairs", "tree"]
    assert both.surrogates[1].kind == "pairs"
    held = one.explain_instance(ROW, corner, anchored=True, **settings)
    assert list(held.compared) == ["linear", "pairs"]
    text = lime.LimeTextExplainer(mode="regression", random_state=0).explain_instance(
        "a good film", lambda texts: [1.0 * ("good" in one and "film" in one) for one in texts], surrogate="auto"
    )
    assert text.surrogates[1].kind == "pairs"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"representation": "steps"}, "expected one of 'bins', 'slopes', 'curves', 'auto', or None"),
        ({"representation": True}, "representation=True"),
        ({"representation": "slopes", "model_regressor": Ridge()}, "a model_regressor"),
        ({"representation": "slopes", "sampling_method": "classic"}, "numbers of lime 0.2.0.1"),
        ({"representation": "slopes", "sampling_method": "exact"}, "is fitted to samples"),
        ({"representation": "curves", "surrogate": "tree"}, "fitted in its own way"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explainer().explain_instance(ROW, straight, num_samples=100, **settings)


def test_sparse_rows_have_none() -> None:
    data: Any = scipy.sparse.random(50, 10, density=0.3, random_state=0, format="csr")
    one = LimeTabularExplainer(data, mode="regression", random_state=0)
    with pytest.raises(ValueError, match="for sparse data"):
        one.explain_instance(data[0], lambda x: np.asarray(x.sum(axis=1)).ravel(), representation="auto")
    exp = one.explain_instance(data[0], lambda x: np.asarray(x.sum(axis=1)).ravel(), surrogate="tree")
    assert exp.surrogates[1].kind == "tree"


@pytest.mark.parametrize("neighborhood", ["independent", "rows", "near", "copula", "gaussian"])
def test_fixed_columns_and_groups(neighborhood: str) -> None:
    rng = np.random.default_rng(5)
    kind = rng.integers(0, 3, 200)
    frame = pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200), "c": rng.normal(size=200)})
    for k in range(3):
        frame[f"kind_{k}"] = (kind == k) * 1

    def model(data: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(3.0 * data["kind_1"].to_numpy() + np.square(data["c"].to_numpy()))

    one = LimeTabularExplainer(
        frame,
        mode="regression",
        random_state=0,
        neighborhood=neighborhood,
        fixed=["a"],
        groups={"kind": ["kind_0", "kind_1", "kind_2"]},
    )
    row = frame.iloc[int(np.flatnonzero(kind == 1)[0])]
    choices: list[dict[str, Any]] = [
        {"representation": "auto"},
        {"representation": "bins"},
        {"surrogate": "tree"},
        {"surrogate": "pairs"},
    ]
    for settings in choices:
        if settings.get("representation") == "bins" and neighborhood in ("copula", "gaussian"):
            continue  # without bins
        exp = one.explain_instance(row, model, num_samples=800, **settings)
        assert {i for i, _ in exp.local_exp[1]} <= {1, 2, 3}
        seen = exp.surrogate(row.to_frame().T.astype(frame.dtypes.to_dict()))
        assert seen == pytest.approx([exp.local_preds[1]])
        assert Explanation.from_json(exp.to_json()).as_list() == exp.as_list()
        assert str(exp)
    curves = one.explain_instance(row, model, num_samples=800, representation="curves")
    assert dict(curves.local_exp[1])[3] == pytest.approx(3.0, abs=0.5)
    assert curves.local_fit == {} or curves.local_fit[1].score > 0.9
