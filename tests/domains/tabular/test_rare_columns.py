"""Tables with columns in which few samples agree with the row, or few differ from it."""

import json
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lime import Explanation, LimeTabularExplainer


def table(rng, n=600):
    """Eight numbers and twelve flags that hardly any row has."""
    flags = rng.random((n, 12)) < 0.004
    flags[0] = False
    return np.hstack([rng.normal(size=(n, 8)), flags])


FLAGS = list(range(8, 20))


def smooth(x):
    return np.tanh(x[:, 0] + 0.7 * x[:, 1]) + x[:, 2:8] @ np.linspace(0.3, 0.8, 6) + 0.5 * x[:, 2] * x[:, 3]


# Columns of identifiers are what these tests are about; that they are warned of is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore:column .* different values")


def test_flags_that_say_nothing_are_no_findings():
    x = table(np.random.default_rng(0))
    shown = sure = 0
    for seed in range(60):
        explainer = LimeTabularExplainer(x, mode="regression", categorical_features=FLAGS, random_state=seed)
        exp = explainer.explain_instance(x[0], smooth, num_samples=1500, num_features=7)
        for j, (low, high) in exp.confidence_intervals(1).items():
            shown, sure = shown + (j >= 8), sure + (j >= 8 and not low <= 0 <= high)
    assert sure <= stats.binom.ppf(0.999, shown, 0.05)
    # A flag takes a place only where what its interval leaves of it is more than the last number shown has.
    assert 0 < shown <= stats.binom.ppf(0.999, 60 * len(FLAGS), 0.05)


@pytest.mark.parametrize("many", [False, True])
def test_an_id_column_that_the_model_never_reads_has_no_certain_weight(many):
    rng = np.random.default_rng(1)
    rows = 300
    frame = pd.DataFrame({"id": [f"u{i}" for i in range(rows)], "a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    explainer = LimeTabularExplainer(frame, mode="regression", categorical_features=["id"], random_state=0)

    def model(part):
        return np.tanh(part["a"].to_numpy(float) + part["b"].to_numpy(float))

    some = frame.iloc[:100]
    if many:
        exps = list(explainer.explain_instances(some, model, num_samples=600))
    else:
        exps = [explainer.explain_instance(row, model, num_samples=600) for _, row in some.iloc[:40].iterrows()]
    ends = np.array([exp.confidence_intervals(1)[0] for exp in exps])
    assert (~((ends[:, 0] <= 0) & (ends[:, 1] >= 0))).sum() <= stats.binom.ppf(0.999, len(ends), 0.05)
    assert (ends[:, 0] < ends[:, 1]).all(), "0 ± 0 would be a claim"
    unknown = np.isinf(ends[:, 1])
    assert unknown.any(), "two draws a category: some rows have none"
    assert not unknown.all()
    for exp, none in zip(exps, unknown, strict=True):
        assert any("Nothing is known of this weight" in said for said in exp.warnings) == none
        few = [said for said in exp.warnings if "Few samples decide on this weight" in said]
        if not none:
            assert re.search(r"id=u\d+ \(\d\)", few[0])


@cache
def explained():
    """Explainer, row, model and explanation of a row of whose id there is no sample."""
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=(400, 2)), np.arange(400), np.full(400, 3.0)])
    explainer = LimeTabularExplainer(
        x, mode="regression", categorical_features=[2], random_state=0, feature_names=["a", "b", "id", "one"]
    )

    def model(rows):
        return rows[:, 0] + 0.5 * rows[:, 1]

    exps = explainer.explain_instances(x, model, num_samples=200)
    row = next(x[k] for k, exp in enumerate(exps) if np.isinf(exp.confidence_intervals(1)[2][1]))
    return explainer, row, model, explainer.explain_instance(row, model, num_samples=200)


class TestUnknownWeight:
    def test_it_is_0_and_said_to_be_unknown(self):
        *_, exp = explained()
        assert dict(exp.as_map()[1])[2] == 0
        assert exp.confidence_intervals(1)[2] == (-np.inf, np.inf)
        # One value in the training data: there is nothing that could vary.
        assert exp.confidence_intervals(1)[3] == (0, 0)
        (said,) = [said for said in exp.warnings if "Nothing is known" in said]
        assert "id=" in said
        assert "one" not in said

    def test_every_form_shows_it(self):
        explainer, row, model, exp = explained()
        again = Explanation.from_json(exp.to_json())
        assert again.confidence_intervals(1)[2] == (-np.inf, np.inf)
        json.loads(exp.to_json(), parse_constant=pytest.fail)
        assert "±?" in str(exp).replace("+/-", "±")
        assert "± ?" in exp._repr_html_()
        assert np.isinf(exp.to_frame("pandas")["standard_error"]).sum() == 1
        card = exp.trust()
        assert "1 not known" in card["intervals"].value
        json.loads(card.to_json(), parse_constant=pytest.fail)
        many = explainer.explain_instances(row[None, :], model, num_samples=200)
        assert many[0].confidence_intervals(1)[2] == (-np.inf, np.inf)
        assert "Infinity" not in many._repr_html_()

    def test_it_is_never_settled(self):
        explainer, row, model, _ = explained()
        new = row.copy()
        new[2] = 1e6  # no sample will ever have it
        exp = explainer.explain_instance(new, model, num_samples="auto")
        assert exp.settled is False
        assert "nothing is known of its weight" in exp.stopping


def test_pairs_of_an_additive_model_are_not_found_in_rare_bins():
    rng = np.random.default_rng(0)
    x = np.where(rng.random((500, 10)) < 0.02, rng.uniform(1, 16, (500, 10)), 0.0)
    x[:, :4] = rng.uniform(0, 16, (500, 4))
    w = np.linspace(-1, 1, 10)
    alarms = undecided = 0
    for seed in range(60):
        explainer = LimeTabularExplainer(x, mode="regression", random_state=seed)
        report = explainer.explain_instance(x[0], lambda rows: rows @ w, num_samples=1500).interactions()
        alarms, undecided = alarms + bool(report.found), undecided + len(report.undecided)
    assert alarms <= stats.binom.ppf(0.99, 60, 0.05)
    assert undecided
    assert report.numbers()["tested"] + report.numbers()["undecided"] == len(report.pairs)
    assert any("not decided" in said for said in report.sentences())
    assert "not decided" in str(report)
    assert not any(pair.found for pair in report.undecided)


def test_an_open_sign_of_a_negligible_weight_is_no_warning():
    x = np.random.default_rng(0).normal(size=(500, 4))
    explainer = LimeTabularExplainer(x, mode="regression", random_state=0)
    exp = explainer.explain_instance(x[0], lambda rows: rows[:, 0] + 0.3 * np.sin(9 * rows[:, 1]))
    intervals = exp.confidence_intervals(1)
    assert any(low < 0 < high for low, high in intervals.values())
    assert not any("contains 0" in said for said in exp.warnings)
    # A weight as large as any, with an open sign, is one.
    exp = explainer.explain_instance(x[0], lambda rows: np.sin(40 * rows[:, 0]), num_samples=500)
    assert any("contains 0" in said for said in exp.warnings)
