"""Fidelity on fresh draws: closed forms, planted models, kernel widths, seeds, calls, and what a report says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score

from lime import LimeTabularExplainer, LimeTextExplainer
from lime.engine.widths import FACTORS, WidthProblem, fit_widths, recommend
from lime.trust import fidelity
from lime.trust.fidelity import fit_at_radii

COLUMNS = 4


def training() -> Any:
    return np.random.default_rng(3).normal(size=(300, COLUMNS))


def explainer(**settings: Any) -> LimeTabularExplainer:
    settings = {"mode": "regression", "random_state": 5, "discretize_continuous": False, **settings}
    return LimeTabularExplainer(training(), **settings)


def linear(rows: Any) -> Any:
    return 3.0 * rows[:, 0] - 2.0 * rows[:, 1] + rows[:, 2]


def noise(rows: Any) -> Any:
    """Noise that depends on the row's last digits alone."""
    return np.modf(np.abs(np.sin(rows @ np.arange(1.0, COLUMNS + 1)) * 1e6))[0]


# ---- figures


def told(report: Any) -> str:
    """What a report prints, in one line."""
    return " ".join(str(report).split())


def test_errors_within_radii_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, guess, distances, weights = rng.normal(size=(4, 200))
    distances, weights = np.abs(distances), np.abs(weights)
    for one in fit_at_radii(y, guess, distances, weights, [0.5, 1.0, 9.0]):
        inside = distances <= one.radius
        w = weights[inside]
        assert one.samples == inside.sum()
        assert one.share == pytest.approx(w.sum() / weights.sum())
        assert one.score == pytest.approx(r2_score(y[inside], guess[inside], sample_weight=w))
        assert one.mae == pytest.approx(mean_absolute_error(y[inside], guess[inside], sample_weight=w))
        assert 1 - (one.rmse / one.spread) ** 2 == pytest.approx(one.score)
        assert one.effective == pytest.approx(w.sum() ** 2 / np.square(w).sum())
    assert fit_at_radii(y, guess, distances, weights, [1e-12]) == []
    assert np.isnan(fit_at_radii(np.ones(5), np.ones(5), np.ones(5), np.ones(5), [2.0])[0].score)


def test_the_error_of_a_score_is_the_spread_of_scores() -> None:
    rng = np.random.default_rng(1)
    fits = []
    for _ in range(400):
        x, e = rng.normal(size=(2, 300))
        weights = rng.uniform(0.2, 1.0, 300)
        fits.append(fit_at_radii(x + 0.7 * e, x, np.ones(300), weights, [2.0])[0])
    spread = np.std([one.score for one in fits])
    # 400 scores know their own spread to 1 / sqrt(800) = 3.5 %.
    assert np.mean([one.score_error for one in fits]) == pytest.approx(spread, rel=0.12)


def test_a_linear_model_is_fitted_at_every_radius() -> None:
    report = fidelity(explainer(), training()[0], linear, num_features=COLUMNS)
    assert report.score > 0.9999
    assert len(report.radii) == 5
    assert all(one.score > 0.9999 and one.rmse < 0.01 * one.spread for one in report.radii)
    assert [one.share for one in report.radii] == pytest.approx([0.1, 0.25, 0.5, 0.75, 1.0], abs=0.001)


def test_an_explanation_stops_holding_where_the_model_bends() -> None:
    row = training()[0]

    def bends(rows: Any) -> Any:
        away = np.linalg.norm(rows - row, axis=1)
        return linear(rows) + 4.0 * np.maximum(away - 1.0, 0.0) ** 2

    near = explainer(sample_around_instance=True, kernel_width=0.5)
    report = fidelity(near, row, bends, num_features=COLUMNS, radii=[1.0, 1.5, 2.0, 2.5])
    scores = [one.score for one in report.radii]
    errors = [one.rmse for one in report.radii]
    assert scores == sorted(scores, reverse=True)
    assert errors == sorted(errors)
    assert errors[-1] > 2.0 * errors[0]
    assert "error is largest within radius" in " ".join(str(report).split())


def test_fresh_draws_show_what_fitted_ones_flatter() -> None:
    one = explainer(feature_selection="none")
    report = fidelity(one, training()[0], noise, num_samples=40, sampling_method="gaussian", num_features=COLUMNS)
    assert report.fitted_score > 0.05
    assert report.score < 0.0


def test_score_of_a_given_explanation_by_hand() -> None:
    def square(rows: Any) -> Any:
        return rows[:, 0] ** 2 + rows[:, 1]

    one, row = explainer(), training()[0]
    exp = one.explain_instance(row, square, num_features=2)
    report = fidelity(one, row, square, exp, num_samples=20_000)
    rng = np.random.default_rng(8)
    rows = rng.normal(training().mean(axis=0), training().std(axis=0), size=(200_000, COLUMNS))
    z = (rows - training().mean(axis=0)) / training().std(axis=0)
    own = (row - training().mean(axis=0)) / training().std(axis=0)
    weights = np.exp(-0.5 * np.square(z - own).sum(axis=1) / (0.75**2 * COLUMNS))
    guess = exp.intercept[1] + sum(weight * z[:, j] for j, weight in exp.local_exp[1])
    expected = r2_score(square(rows), guess, sample_weight=weights)
    assert report.score == pytest.approx(expected, abs=4 * report.score_error + 0.01)
    assert report.explanation is exp


def test_a_text_known_whole_has_no_error() -> None:
    text = LimeTextExplainer(random_state=0, mode="regression")
    report = fidelity(text, "one two three", lambda texts: [2.0 * ("one" in t) + ("two" in t) for t in texts])
    assert report.exact
    assert report.score == pytest.approx(1.0)
    assert report.score_error == 0.0
    assert "All samples that exist were used" in str(report)


def test_labels_of_a_classifier() -> None:
    def classes(rows: Any) -> Any:
        p = 1 / (1 + np.exp(-linear(rows)))
        return np.column_stack([1 - p, p])

    one = explainer(mode="classification", class_names=["no", "yes"])
    first, second = (fidelity(one, training()[0], classes, labels=(0, 1), label=k, num_samples=500) for k in (0, 1))
    assert first.score == pytest.approx(second.score)
    assert first.label_name == "no"
    assert first.to_dict()["label"] == 0


def test_calls_are_those_of_one_or_two_explanations() -> None:
    asked = []

    def counting(rows: Any) -> Any:
        asked.append(len(rows))
        return linear(rows)

    report = fidelity(explainer(), training()[0], counting, num_samples=100)
    assert sum(asked) == report.num_model_calls == 200
    asked.clear()
    report = fidelity(explainer(), training()[0], counting, report.explanation, num_samples=100)
    assert sum(asked) == report.num_model_calls == 100


def test_a_seed_makes_the_report() -> None:
    first, again = (fidelity(explainer(), training()[0], noise, num_samples=200).to_json() for _ in range(2))
    assert first == again
    assert first != fidelity(explainer(random_state=6), training()[0], noise, num_samples=200).to_json()


def test_what_cannot_be_measured_is_refused() -> None:
    one, row = explainer(), training()[0]
    for radii in ([], [0.0], [-1.0], [np.nan], "near"):
        with pytest.raises(ValueError, match="radii="):
            fidelity(one, row, linear, radii=radii)
    with pytest.raises(ValueError, match=r"kernel_widths=\[0\]: expected numbers above 0"):
        fidelity(one, row, linear, kernel_widths=[0])
    with pytest.raises(ValueError, match="target=2"):
        fidelity(one, row, linear, target=2)
    with pytest.raises(ValueError, match="no feature that could be changed"):
        fidelity(LimeTextExplainer(), "...", lambda texts: np.full((len(texts), 2), 0.5))
    wide = LimeTabularExplainer(np.random.default_rng(0).normal(size=(50, 9)), mode="regression")
    exp = wide.explain_instance(np.zeros(9), lambda rows: rows[:, 8], num_features=1, num_samples=500)
    with pytest.raises(ValueError, match="explanation speaks of feature 8, which the instance does not have"):
        fidelity(one, row, linear, exp)


def test_an_explanation_of_another_instance_is_doubted() -> None:
    one = explainer()
    exp = one.explain_instance(training()[1], linear, num_samples=50)
    assert "The instance or the model is another one" in told(
        fidelity(one, training()[0], linear, exp, num_samples=200)
    )
    assert "The instance or the model is another one" not in told(
        fidelity(one, training()[1], linear, exp, num_samples=200)
    )


# ---- kernel widths


@pytest.mark.parametrize(
    ("scores", "errors", "usable", "expected"),
    [
        ([0.99, 0.95, 0.88, 0.7], [0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 2),  # the closest to 0.9
        ([0.99, 0.95, 0.80, 0.7], [0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 1),
        ([0.6, 0.5, 0.4, 0.3], [0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 0),  # none reaches the target: the best fit
        ([0.6, 0.5, 0.4, 0.3], [0.4, 0.3, 0.2, 0.1], [0, 1, 1, 1], 1),
        ([0.5, 0.9, 0.95, 0.95], [0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 3),  # wider is both steadier and a better fit
        ([0.7, 0.7, 0.7, 0.7], [0.1, 0.1, 0.1, 0.1], [1, 1, 1, 1], 3),  # all alike: the widest
        ([np.nan, 0.7, 0.7, 0.6], [np.nan, 0.1, 0.1, 0.1], [0, 1, 1, 1], 2),
        ([0.353, 0.352, 0.34, 0.33], [0.4, 0.3, 0.2, 0.1], [1, 1, 1, 1], 1),  # hardly better is not better
        ([0.7, 0.7, 0.7, 0.7], [0.1, 0.1, 0.1, 0.1], [0, 0, 0, 0], None),
    ],
)
def test_recommended_width(scores: Any, errors: Any, usable: Any, expected: int | None) -> None:
    assert recommend(np.array(scores), np.array(errors), np.array(usable, dtype=bool), 0.9) == expected


def test_fit_by_width_is_that_of_explainers_of_these_widths() -> None:
    def bends(rows: Any) -> Any:
        return np.sin(rows[:, 0]) + 0.3 * rows[:, 1] ** 2

    row, widths = training()[0], [0.8, 1.5, 3.0]
    settings: dict[str, Any] = {"num_features": 2, "sampling_method": "gaussian"}
    report = fidelity(explainer(), row, bends, kernel_widths=widths, **settings)
    assert report.widths is not None
    assert report.widths.width == pytest.approx(0.75 * np.sqrt(COLUMNS))
    for fit in report.widths.fits:
        exp = explainer(kernel_width=fit.width).explain_instance(row, bends, **settings)
        assert fit.score == pytest.approx(exp.score, abs=0.04)
        errors = list(exp.standard_errors[1].values())
        size = np.linalg.norm([weight for _, weight in exp.local_exp[1]])
        assert fit.relative_error == pytest.approx(np.linalg.norm(errors) / size, rel=0.2)


def test_the_recommended_width_reaches_the_target() -> None:
    def bends(rows: Any) -> Any:
        return np.sin(1.5 * rows[:, 0])

    row = np.zeros(COLUMNS)
    one = explainer(sample_around_instance=True)
    report = fidelity(one, row, bends, num_features=1, target=0.95, kernel_widths=np.geomspace(0.2, 4, 20))
    assert report.widths is not None
    width = report.recommended_width
    assert width is not None
    found = explainer(sample_around_instance=True, kernel_width=width).explain_instance(row, bends, num_features=1)
    assert found.score == pytest.approx(0.95, abs=0.03)
    assert sum(fit.width == width for fit in report.widths.fits) == 1


def test_widths_with_too_few_draws_are_not_recommended() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(120, 2))
    distances = np.linalg.norm(z, axis=1)
    problem = WidthProblem(z, np.zeros(2), lambda width: np.exp(-0.5 * (distances / width) ** 2), num_features=2)
    fits = fit_widths(problem, z[:, 0], [1e-4, 0.1, 100.0])
    assert [fit.usable for fit in fits] == [False, False, True]
    assert fits[0].effective == 0.0
    assert fits[2].score > 0.99
    assert recommend(np.array([f.score for f in fits]), np.zeros(3), np.array([f.usable for f in fits])) == 2


def test_default_widths_are_around_the_own_one() -> None:
    report = fidelity(explainer(kernel_width=2.0), training()[0], linear, num_samples=300)
    assert report.widths is not None
    assert [fit.width for fit in report.widths.fits] == pytest.approx([2.0 * factor for factor in FACTORS])


def test_a_kernel_without_a_width_has_no_curve() -> None:
    from lime.lime_base import LimeBase

    one = explainer()
    one.base = LimeBase(lambda distances: np.ones_like(distances))
    report = fidelity(one, training()[0], linear, num_samples=200)
    assert report.widths is None
    assert report.recommended_width is None
    assert report.to_dict()["widths"] is None
    report._repr_html_()


# ---- kernel_width="auto"


def test_auto_is_the_width_that_it_chose() -> None:
    asked = []

    def bends(rows: Any) -> Any:
        asked.append(len(rows))
        return np.sin(1.5 * rows[:, 0]) + 0.2 * rows[:, 1] ** 2

    row = np.zeros(COLUMNS)
    exp = explainer(kernel_width="auto", sample_around_instance=True).explain_instance(row, bends, num_samples=2000)
    assert sum(asked) == exp.num_model_calls == 2000
    assert exp.kernel_width is not None
    assert exp.kernel_width != pytest.approx(0.75 * np.sqrt(COLUMNS))
    assert sum("was chosen from these samples" in sentence for sentence in exp.warnings) == 1
    fixed = explainer(kernel_width=exp.kernel_width, sample_around_instance=True)
    same = fixed.explain_instance(row, bends, num_samples=2000)
    assert same.kernel_width is None
    assert exp.as_list() == same.as_list()
    usual = explainer(sample_around_instance=True).explain_instance(row, bends, num_samples=2000)
    assert abs((exp.score or 0.0) - 0.9) < abs((usual.score or 0.0) - 0.9)
    report = fidelity(explainer(kernel_width="auto", sample_around_instance=True), row, bends, exp, num_samples=2000)
    assert report.score == pytest.approx(exp.score, abs=0.05)


def test_auto_for_texts_and_images_estimates_what_the_fixed_width_does() -> None:
    from lime.domains.image.explainer import LimeImageExplainer

    words = [f"w{j}" for j in range(20)]

    def texts(batch: Any) -> Any:
        p = [1 / (1 + np.exp(3.0 - 2.0 * ("w0" in t.split()) - 0.25 * len(t.split()))) for t in batch]
        return np.column_stack([1 - np.array(p), p])

    def images(batch: Any) -> Any:
        shown = batch[:, ::2, ::2].reshape(len(batch), -1)
        p = 1 / (1 + np.exp(3.0 - 2.0 * shown[:, 0] - 0.4 * shown.sum(axis=1)))
        return np.column_stack([1 - p, p])

    segments = np.repeat(np.repeat(np.arange(16).reshape(4, 4), 2, axis=0), 2, axis=1)
    pixels: dict[str, Any] = {"segmentation_fn": segments, "hide_color": 0, "top_labels": None, "progress_bar": False}
    text = " ".join(words)
    for make, instance, model, settings in (
        (LimeTextExplainer, text, texts, {}),
        (LimeImageExplainer, np.ones((8, 8)), images, {**pixels, "num_samples": 2000}),
    ):
        exp = make(kernel_width="auto", random_state=0).explain_instance(instance, model, **settings)
        assert exp.kernel_width is not None
        fixed = make(kernel_width=exp.kernel_width, random_state=1).explain_instance(instance, model, **settings)
        theirs = dict(fixed.local_exp[1])
        for feature, weight in exp.local_exp[1]:
            if feature in theirs:
                both = np.hypot(exp.standard_errors[1][feature], fixed.standard_errors[1][feature])
                assert abs(weight - theirs[feature]) < 4.5 * both


def test_auto_is_refused_where_it_has_no_meaning() -> None:
    with pytest.raises(ValueError, match="kernel_width='wide': expected a number above 0, 'auto'"):
        explainer(kernel_width="wide")
    with pytest.raises(ValueError, match="num_samples='auto' with kernel_width='auto'"):
        explainer(kernel_width="auto").explain_instance(training()[0], linear, num_samples="auto")


def test_too_few_draws_leave_the_usual_width() -> None:
    exp = explainer(kernel_width="auto").explain_instance(training()[0], linear, num_samples=50)
    assert exp.kernel_width == pytest.approx(0.75 * np.sqrt(COLUMNS))
    assert any("the usual 1.5 stays" in sentence for sentence in exp.warnings)


# ---- ways out


def test_ways_out() -> None:
    report = fidelity(explainer(feature_names=list("abcd")), training()[0], noise, num_samples=300)
    text = str(report)
    assert max(map(len, text.splitlines())) <= 80
    assert "Fit by kernel width" in text
    content = json.loads(report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert content["schema"] == "lime.fidelity/1"
    assert len(content["table"]) == len(report.to_frame()) == len(report.radii)
    assert report.widths is not None
    assert len(content["widths"]["table"]) == len(report.widths.to_frame()) == 13
    assert report._repr_html_().count("<table") == 2
    report.plot().figure.canvas.draw()
    report.widths.plot().figure.canvas.draw()
