"""``sampling_method="classic"`` gives the numbers that lime 0.2.0.1 has given, recorded by tools/record_classic.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

import classic_cases
import lime
from lime import LimeTabularExplainer, LimeTextExplainer
from lime.engine import classic, selection
from lime.engine.classic import Refits
from lime.engine.kernels import exponential_kernel
from lime.engine.moments import Moments

DATA = Path(__file__).parents[1] / "data" / "classic"
RECORDED = {domain: json.loads((DATA / f"{domain}.json").read_text("utf-8")) for domain in classic_cases.DOMAINS}
CLOSE: dict[str, Any] = {"rtol": 0.0, "atol": 1e-8}


def two_decimals(name: str) -> str:
    """A name as 0.2.0.1 writes it: here bins that look alike with two decimals get more."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}", name)


def compare(new: dict[str, Any], old: dict[str, Any]) -> None:
    assert (new["top_labels"], new["stream"]) == (old["top_labels"], old["stream"])
    assert sorted(map(two_decimals, new.get("names", ()))) == sorted(map(two_decimals, old.get("names", ())))
    assert new["local_exp"].keys() == old["local_exp"].keys()
    for label, pairs in old["local_exp"].items():
        # Weights that are equal but for rounding may stand in either order.
        assert sorted(feature for feature, _ in new["local_exp"][label]) == sorted(feature for feature, _ in pairs)
        sizes = np.abs([[weight for _, weight in listed] for listed in (new["local_exp"][label], pairs)])
        np.testing.assert_allclose(*sizes, **CLOSE)
        weights, recorded = dict(new["local_exp"][label]), dict(pairs)
        for feature, weight in recorded.items():
            np.testing.assert_allclose(weights[feature], weight, **CLOSE)
        np.testing.assert_allclose(new["intercept"][label], old["intercept"][label], **CLOSE)
    for number in ("score", "local_pred", "predict_proba", "predicted_value", "range"):
        if number in old:
            np.testing.assert_allclose(new[number], old[number], err_msg=number, **CLOSE)


def cases(domain: str) -> list[str]:
    return list(classic_cases.DOMAINS[domain])


def check(domain: str, name: str) -> None:
    recorded = RECORDED[domain]["cases"][name]
    with lime.config_context(sampling_method="classic"):
        answers = classic_cases.run(classic_cases.DOMAINS[domain][name])
    assert len(answers) == len(recorded)
    for new, old in zip(answers, recorded, strict=True):
        compare(new, old)


@pytest.mark.parametrize("name", cases("tabular"))
def test_tables(name: str) -> None:
    check("tabular", name)


@pytest.mark.parametrize("name", cases("recurrent"))
def test_series(name: str) -> None:
    check("recurrent", name)


@pytest.mark.parametrize("name", cases("text"))
def test_texts(name: str) -> None:
    check("text", name)


@pytest.mark.parametrize("name", cases("image"))
def test_images(name: str) -> None:
    check("image", name)


class TestTheName:
    """It may be said in a call, for the process, for a while, or by the environment."""

    def explain(self, **settings: Any) -> Any:
        explainer = LimeTabularExplainer(classic_cases.DATA, random_state=11)
        return explainer.explain_instance(classic_cases.DATA[5], classic_cases.classes, **settings)

    def recorded(self) -> dict[str, Any]:
        return RECORDED["tabular"]["cases"]["as it comes"][0]

    def is_classic(self, exp: Any) -> bool:
        pairs = self.recorded()["local_exp"]["1"]
        return exp.sampling_method == "classic" and all(
            abs(dict(exp.local_exp[1])[i] - weight) < 1e-8 for i, weight in pairs
        )

    def test_in_a_call(self) -> None:
        assert self.is_classic(self.explain(sampling_method="classic"))
        assert not self.is_classic(self.explain())

    def test_for_a_while(self) -> None:
        with lime.config_context(sampling_method="classic"):
            assert self.is_classic(self.explain())
            assert not self.is_classic(self.explain(sampling_method="gaussian"))

    def test_by_the_environment(self) -> None:
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]); import classic_cases as c\n"
            "e = c.LimeTabularExplainer(c.DATA, random_state=11).explain_instance(c.DATA[5], c.classes)\n"
            "print(dict(e.local_exp[1])[int(sys.argv[2])].item().hex())"
        )
        feature, weight = self.recorded()["local_exp"]["1"][0]
        done = subprocess.run(
            [sys.executable, "-c", code, str(Path(classic_cases.__file__).parent), str(feature)],
            env={**os.environ, "LIME_SAMPLING_METHOD": "classic"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert abs(float.fromhex(done.stdout.strip()) - weight) < 1e-8

    def test_it_does_not_go_with_stages(self) -> None:
        with pytest.raises(ValueError, match="classic"):
            self.explain(sampling_method="classic", num_samples="auto")


class TestBesideTheNumbers:
    def test_errors_are_those_of_independent_draws(self) -> None:
        """Over many calls weights scatter as one call says: classic draws carry valid errors."""
        explainer = LimeTabularExplainer(classic_cases.DATA, random_state=0)
        weights, errors = [], []
        for _ in range(60):
            exp = explainer.explain_instance(
                classic_cases.DATA[5],
                classic_cases.classes,
                num_features=12,
                num_samples=400,
                sampling_method="classic",
            )
            weights.append([dict(exp.local_exp[1])[j] for j in range(12)])
            errors.append([exp.standard_errors[1][j] for j in range(12)])
        ratio = np.std(weights, axis=0, ddof=1) / np.mean(errors, axis=0)
        # The spread of 60 has a relative error of 1 / sqrt(2 * 59) = 9 %: four of them, and half of that for the mean.
        np.testing.assert_allclose(ratio, 1.0, atol=0.37)
        assert abs(ratio.mean() - 1.0) < 0.12

    def test_a_bin_that_holds_one_value_yields_it(self) -> None:
        """0.2.0.1 draws 0 for it; here a column of one value reaches the model as it is."""
        data = classic_cases.DATA.copy()
        data[:, 2] = 7.0
        seen = []
        explainer = LimeTabularExplainer(data, random_state=0)
        explainer.explain_instance(
            data[0], lambda rows: (seen.append(rows[:, 2].copy()), classic_cases.classes(rows))[1],
            num_samples=50, sampling_method="classic",
        )  # fmt: skip
        assert set(np.concatenate(seen)) == {7.0}

    def test_frames_with_gaps_and_whole_numbers(self) -> None:
        """What 0.2.0.1 refuses is drawn from the same law as ever, and whole numbers stay whole."""
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.poisson(5, 300), "c": rng.choice(["x", "y"], 300)})
        frame.loc[::3, "a"] = np.nan
        seen = []

        def model(rows: pd.DataFrame) -> np.ndarray:
            seen.append(rows)
            p = np.where(rows["a"].isna(), 0.2, 0.5) + 0.2 * (rows["c"] == "x") + 0.01 * (rows["b"] > 5)
            return np.column_stack([1 - p, p])

        for cut in (True, False):
            seen.clear()
            explainer = LimeTabularExplainer(frame, discretize_continuous=cut, random_state=0)
            exp = explainer.explain_instance(frame.iloc[1], model, num_samples=2000, sampling_method="classic")
            drawn = pd.concat(seen)
            assert (drawn.dtypes == frame.dtypes).all()
            # A share of 1/3 of 1999 draws: four standard errors.
            assert abs(drawn["a"].isna().mean() - 1 / 3) < 4 * np.sqrt(2 / 9 / 1999)
            weight = dict(exp.local_exp[1])[2]
            sign = 1 if frame["c"].iloc[1] == "x" else -1
            assert abs(weight - 0.2 * sign) < 0.02

    def test_categories_keep_the_order_they_are_listed_in(self) -> None:
        explainer = LimeTabularExplainer(classic_cases.DATA, categorical_features=[3, 1], discretize_continuous=False)
        assert explainer.categorical_features == [3, 1]

    def test_of_several_top_labels_the_highest_gives_score_and_prediction(self) -> None:
        explainer = LimeTabularExplainer(classic_cases.DATA, random_state=1)
        exp = explainer.explain_instance(classic_cases.DATA[5], classic_cases.classes, top_labels=3, num_samples=200)
        assert exp.score == exp.scores[exp.top_labels[0]]
        assert exp.local_pred[0] == exp.local_preds[exp.top_labels[0]]

    def test_copies_with_seeds_of_their_own_leave_the_stream_alone(self) -> None:
        explainer = LimeTabularExplainer(classic_cases.DATA, random_state=1)
        before = classic_cases.stream(explainer.random_state)
        explainer.stability(
            classic_cases.DATA[5], classic_cases.classes, repeats=2, num_samples=50, sampling_method="classic"
        )
        assert classic_cases.stream(explainer.random_state) == before

    def test_stop_words_and_empty_texts(self) -> None:
        explainer = LimeTextExplainer(random_state=0, stop_words=["the"])
        exp = explainer.explain_instance(
            "the good film", classic_cases.tone, num_samples=100, sampling_method="classic"
        )
        assert sorted(word for word, _ in exp.as_list()) == ["film", "good"]
        assert explainer.explain_instance("!!", classic_cases.tone, sampling_method="classic").as_list() == []


class TestWhatRoundingDecides:
    """Where fewer features than are wanted reproduce the answers, 0.2.0.1 takes those whose fits round to the most."""

    def problem(self, noise: float) -> tuple[Moments, Refits]:
        rng = np.random.default_rng(3)
        z = rng.normal(size=(200, 8))
        y = 2.0 * z[:, 5] - z[:, 2] + noise * rng.normal(size=200)
        distances = rng.random(200)
        weigh = partial(exponential_kernel, kernel_width=0.7)
        return Moments(z, y[:, None], weigh(distances)), Refits(z, y, weigh, distances)

    def test_the_same_fits_are_made(self) -> None:
        moments, refits = self.problem(noise=0.0)
        exact = selection.select(moments, 0, np.ones(8), 5, "forward_selection")
        kept = classic.select(exact, moments, 0, refits, 5, method="auto")
        weights = np.sqrt(np.exp(-(refits.distances**2) / 0.7**2))
        expected: list[int] = []
        for _ in range(5):
            scores = {}
            for j in set(range(8)) - set(expected):
                x = refits.z[:, [*expected, j]]
                scores[j] = Ridge(alpha=0).fit(x, refits.y, sample_weight=weights).score(x, refits.y, weights)
            highest = max(scores.values())
            expected.append(min(j for j, score in scores.items() if score == highest))
        assert kept.tolist() == expected
        assert kept[:2].tolist() == exact[:2].tolist() == [5, 2]

    @pytest.mark.parametrize("method", ["auto", "forward_selection"])
    def test_nothing_is_refitted_where_it_is_decided(self, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
        moments, refits = self.problem(noise=0.01)
        chosen = selection.select(moments, 0, np.ones(8), 5, method)
        monkeypatch.setattr(Refits, "forward_selection", None)
        assert classic.select(chosen, moments, 0, refits, 5, method=method) is chosen
        assert selection.forward_selection(moments, 0, 5).tolist() == chosen.tolist()

    def test_other_selections_are_left_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moments, refits = self.problem(noise=0.0)
        monkeypatch.setattr(Refits, "forward_selection", None)
        for method, count in (("highest_weights", 4), ("auto", 8), ("none", 2), ("lasso_path", 3)):
            chosen = selection.select(moments, 0, np.ones(8), count, method)
            assert classic.select(chosen, moments, 0, refits, count, method=method) is chosen
