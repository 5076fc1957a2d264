"""Stability of repeated explanations: indices by hand, planted models, seeds, and what a report says of itself."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import lime
from lime import LimeTabularExplainer, LimeTextExplainer
from lime.trust import compare, stability
from lime.trust.agreement import (
    coefficients_index,
    jaccard,
    kendall,
    overlap_share,
    rank_biased_overlap,
    variables_index,
)

COLUMNS = 8


def training() -> Any:
    return np.random.default_rng(3).normal(size=(400, COLUMNS))


class Counting:
    """A model that counts the rows that it is asked about."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.rows = 0

    def __call__(self, rows: Any) -> Any:
        self.rows += len(rows)
        return self.function(rows)


def linear(rows: Any) -> Any:
    """Far apart in their effects, so that no run can confuse them."""
    return 8.0 * rows[:, 0] - 4.0 * rows[:, 1] + 2.0 * rows[:, 2]


def noise(rows: Any) -> Any:
    """Nothing but noise that depends on the row's last digits: there is no feature to find."""
    return np.modf(np.abs(np.sin(rows @ np.arange(1.0, COLUMNS + 1)) * 1e6))[0]


def explainer(**settings: Any) -> LimeTabularExplainer:
    settings = {"mode": "regression", "random_state": 5, **settings}
    return LimeTabularExplainer(training(), **settings)


# ---- indices


def sets(*groups: str) -> list[frozenset[Any]]:
    return [frozenset(group) for group in groups]


def test_variables_index_by_hand() -> None:
    # Pairs: abc-abd share 2 of 3, abc-aef 1 of 3, abd-aef 1 of 3.
    assert variables_index(sets("abc", "abd", "aef")) == pytest.approx((2 + 1 + 1) / 9)
    assert variables_index(sets("ab", "abcd")) == pytest.approx(0.5)
    assert variables_index(sets("", "")) == 1.0
    assert variables_index(sets("a", "")) == 0.0
    with pytest.raises(ValueError, match="1 runs came: expected at least 2"):
        variables_index(sets("a"))


def test_coefficients_index_by_hand() -> None:
    one = [(0.0, 1.0), (0.5, 2.0), (1.5, 3.0)]  # 1-2 and 2-3 overlap, 1-3 does not
    other = [(0.0, 1.0), (2.0, 3.0)]
    assert overlap_share(one) == pytest.approx(2 / 3)
    assert coefficients_index([one, other, [(5.0, 6.0)]]) == pytest.approx((2 / 3 + 0.0) / 2)
    assert np.isnan(coefficients_index([[(5.0, 6.0)]]))
    exact = [(0.1 + 0.2, 0.1 + 0.2), (0.3, 0.3)]
    assert overlap_share(exact) == 1.0
    assert overlap_share([(0.3, 0.3), (0.31, 0.31)]) == 0.0


def test_jaccard_and_kendall_by_hand() -> None:
    assert jaccard(sets("abc", "abd")) == pytest.approx(2 / 4)
    assert kendall(np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])) == pytest.approx(1.0)
    assert kendall(np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])) == pytest.approx(-1.0)
    assert kendall(np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 2.0]])) == pytest.approx(1 / 3)
    assert np.isnan(kendall(np.array([[1.0, 1.0], [1.0, 1.0]])))


def test_rank_biased_overlap_against_its_sum() -> None:
    rng = np.random.default_rng(0)
    p = 0.9
    for _ in range(20):
        first, second = rng.permutation(12)[:7].tolist(), rng.permutation(12)[:7].tolist()
        shares = [len(set(first[:k]) & set(second[:k])) / k for k in range(1, 8)]
        # Of orders of one length: the seen part, and the last overlap ever after (Webber et al. 2010, equation 23).
        expected = (1 - p) * sum(share * p**k for k, share in enumerate(shares)) + shares[-1] * p**7
        assert rank_biased_overlap(first, second, p) == pytest.approx(expected)
    assert rank_biased_overlap("abc", "abc") == pytest.approx(1.0)
    assert rank_biased_overlap("abc", "def") == 0.0
    assert rank_biased_overlap("", "") == 1.0
    assert rank_biased_overlap("", "a") == 0.0
    # A prefix that says the same as far as it goes.
    assert rank_biased_overlap("ab", "abcd") == pytest.approx(rank_biased_overlap("abcd", "ab"))
    assert rank_biased_overlap("ab", "abcd") == pytest.approx(1.0)


# ---- reports


def test_a_linear_model_is_stable() -> None:
    report = explainer().stability(training()[0], linear, repeats=6, num_features=3, num_samples=3000)
    assert report.vsi == report.jaccard == 1.0
    assert report.kendall == pytest.approx(1.0)
    assert report.rbo == pytest.approx(1.0)
    assert [one.index for one in report.features][:1] == [0]
    assert {one.index for one in report.features} == {0, 1, 2}
    assert all(one.appears == 6 and one.cv < 0.2 for one in report.features)


def test_intervals_of_runs_overlap_as_often_as_they_should() -> None:
    # Two independent estimates with 95 % intervals of like width fail to overlap where they are further apart than
    # that width, 2 * 1.96 / sqrt(2) = 2.77 standard deviations of their difference: in 0.56 % of all pairs.
    report = explainer().stability(
        training()[0], linear, repeats=12, num_features=1, num_samples=400, sampling_method="gaussian"
    )
    assert report.csi >= 0.95
    for one in report.features:
        assert one.appears == 12  # selection among the features would cut the spread short
        # The standard deviation of 12 runs is within a factor of 2 of the said error with a probability above 0.999.
        assert 0.5 < one.std / one.standard_error < 2.0
        assert one.width == pytest.approx(2 * 1.96 * one.standard_error, rel=0.02)


def test_exact_explanations_are_the_same_each_time() -> None:
    text = LimeTextExplainer(random_state=0, mode="regression")
    report = text.stability(
        "one two three", lambda texts: [2.0 * ("one" in t) + ("two" in t) for t in texts], repeats=4
    )
    assert (report.vsi, report.csi) == (1.0, 1.0)
    assert all(one.std <= 1e-12 and one.width <= 1e-12 for one in report.features)


def test_a_model_of_noise_is_not_stable() -> None:
    report = explainer().stability(training()[0], noise, repeats=8, num_features=3, num_samples=300)
    # Three of eight features at random: two runs share 3/8 of them on average.
    assert report.vsi < 0.7
    assert report.rbo < 0.7
    assert any(
        min(weights) < 0 < max(weights) for weights in ([w for _, w in e.local_exp[1]] for e in report.explanations)
    )


def test_a_seed_makes_the_report_and_none_of_its_runs_alike() -> None:
    settings: dict[str, Any] = {"repeats": 3, "num_features": 2, "num_samples": 200}
    first = explainer().stability(training()[0], linear, **settings)
    again = explainer().stability(training()[0], linear, **settings)
    other = explainer(random_state=6).stability(training()[0], linear, **settings)
    assert first.to_json() == again.to_json()
    assert first.to_json() != other.to_json()
    weights = {float(exp.local_exp[1][0][1]) for exp in first.explanations}
    alone = explainer().explain_instance(training()[0], linear, num_features=2, num_samples=200)
    assert len(weights | {float(alone.local_exp[1][0][1])}) == 4


def test_the_explainer_stays_as_it_is() -> None:
    one = explainer()
    before = one.explain_instance(training()[0], linear, num_samples=100).as_list()
    one.stability(training()[0], linear, repeats=2, num_samples=100)
    assert one.explain_instance(training()[0], linear, num_samples=100).as_list() == before
    stream = explainer(random_state=np.random.RandomState(1))
    assert stream.stability(training()[0], linear, repeats=2, num_samples=100).vsi >= 0.0


def test_the_model_is_asked_repeats_times_as_often_as_once() -> None:
    model = Counting(linear)
    once = explainer().explain_instance(training()[0], model, num_samples=150).num_model_calls
    model.rows = 0
    report = explainer().stability(training()[0], model, repeats=7, num_samples=150)
    assert model.rows == report.num_model_calls == 7 * (once or 0)


def test_labels_and_settings_reach_the_runs() -> None:
    def classes(rows: Any) -> Any:
        p = 1 / (1 + np.exp(-linear(rows)))
        return np.column_stack([1 - p, p])

    one = explainer(mode="classification", class_names=["no", "yes"])
    report = one.stability(training()[0], classes, repeats=3, labels=(0, 1), label=0, num_features=2, num_samples=200)
    assert (report.label, report.label_name) == (0, "no")
    other = report.of(1)
    assert other.features[0].mean == pytest.approx(-report.features[0].mean, rel=0.05)
    with pytest.raises(KeyError, match="label 5"):
        report.of(5)
    with pytest.raises(ValueError, match="repeats=1: expected a whole number of at least 2"):
        one.stability(training()[0], classes, repeats=1)
    with pytest.raises(TypeError, match="num_sample"):
        one.stability(training()[0], classes, repeats=2, num_sample=100)
    with pytest.raises(ValueError, match="holds 1: expected at least 2"):
        compare(report.explanations[:1])


def test_a_regressor_of_the_users_has_no_intervals_to_compare() -> None:
    from sklearn.linear_model import Ridge

    report = stability(explainer(), training()[0], linear, 2, model_regressor=Ridge(), num_samples=100, num_features=2)
    assert np.isnan(report.csi)
    assert "no intervals are known" in str(report)
    assert report.to_dict()["csi"] is None


def test_nothing_to_explain() -> None:
    report = LimeTextExplainer(random_state=0).stability("...", lambda texts: np.full((len(texts), 2), 0.5), repeats=2)
    assert report.vsi == 1.0
    assert "nothing to explain" in str(report)
    assert len(report.to_frame()) == 0
    report._repr_html_()
    report.plot()


# ---- ways out


def hostile() -> Any:
    names = ["<b>bold</b> & $x^2$", "a" * 200, "\u202eturned", *(f"c{j}" for j in range(COLUMNS - 3))]
    one = explainer(feature_names=names)
    return one.stability(training()[0], linear, repeats=3, num_features=4, num_samples=200)


def test_it_prints_within_80_columns() -> None:
    text = str(hostile())
    assert max(map(len, text.splitlines())) <= 80
    assert "VSI" in text
    assert "CSI" in text
    assert "\u202e" not in text
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_html_escapes_names() -> None:
    html = hostile()._repr_html_()
    assert "<b>bold" not in html
    assert "&lt;b&gt;bold" in html
    assert "<script" not in html


def test_dict_is_strict_json_and_frame_has_a_row_a_feature() -> None:
    report = hostile()
    content = json.loads(report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert content["schema"] == "lime.stability/1"
    assert content["vsi"] == report.vsi
    frame = report.to_frame()
    assert len(frame) == len(report.features) == len(content["table"])
    assert str(frame["appears"].dtype) == "int64"
    assert str(frame["cv"].dtype) == "float64"
    assert report.to_frame("polars").shape == frame.shape


def test_without_axes_it_plots_on_a_new_figure() -> None:
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    axes = hostile().plot()
    axes.figure.canvas.draw()
    assert len(plt.get_fignums()) == len(before) + 1
    assert len(axes.get_yticklabels()) == len(hostile().features)
    with pytest.raises(TypeError, match="expected a matplotlib Axes"):
        hostile().plot(ax=3)


def test_it_is_found_under_lime() -> None:
    assert lime.trust.stability is stability
