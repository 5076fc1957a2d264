"""Deletion, insertion, infidelity and sensitivity: closed forms for linear models, calls, seeds, three data types."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lime import LimeTabularExplainer, LimeTextExplainer
from lime.domains.image.explainer import LimeImageExplainer
from lime.trust import deletion, infidelity, insertion, sensitivity
from lime.trust.curve_report import area_under
from lime.trust.deletion import masks_along, points_along
from lime.trust.infidelity import infidelity_of
from lime.trust.sensitivity import sensitivity_of

WORDS = {"good": 0.4, "fine": 0.2, "dull": -0.1, "bad": -0.3}
TEXT = "a good but dull play of fine and bad parts"
COLUMNS = 5
SLOPES = np.array([4.0, -3.0, 2.0, 1.0, 0.0])


def text_model(texts: Any) -> Any:
    return [0.5 + sum(weight * (word in text.split()) for word, weight in WORDS.items()) for text in texts]


def text_explainer(**settings: Any) -> LimeTextExplainer:
    return LimeTextExplainer(**{"random_state": 0, "mode": "regression", **settings})


def training() -> Any:
    return np.random.default_rng(3).normal(size=(300, COLUMNS))


def linear(rows: Any) -> Any:
    return rows @ SLOPES


def row_explainer(**settings: Any) -> LimeTabularExplainer:
    return LimeTabularExplainer(
        training(), **{"mode": "regression", "random_state": 5, "discretize_continuous": False, **settings}
    )


SEGMENTS = np.arange(4)[:, None] // 2 * 2 + np.arange(4)[None, :] // 2
SHADES = np.array([0.9, 0.1, 0.5, 0.3])


def image() -> Any:
    return np.repeat(SHADES[SEGMENTS][:, :, None], 3, axis=2)


def image_model(images: Any) -> Any:
    means = np.stack([images[:, np.equal(SEGMENTS, k)].mean(axis=(1, 2)) for k in range(4)], axis=1)
    return means @ np.array([1.0, 0.5, 0.25, 2.0])


IMAGE_EFFECTS = SHADES * np.array([1.0, 0.5, 0.25, 2.0])  # 0.9, 0.05, 0.125, 0.6 where hidden segments are black


def image_settings() -> dict[str, Any]:
    return {"hide_color": 0, "segmentation_fn": SEGMENTS, "top_labels": None, "progress_bar": False}


# ---- parts


def test_masks_along_an_order() -> None:
    order = np.array([2, 0])
    assert masks_along(order, 3, "deletion").astype(int).tolist() == [[1, 1, 1], [1, 1, 0], [0, 1, 0]]
    assert masks_along(order, 3, "insertion").astype(int).tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 1]]


def test_areas_by_the_trapezoidal_rule() -> None:
    assert area_under(np.array([1.0, 0.5, 0.0]), np.array([0.0, 0.5, 1.0])) == pytest.approx(0.5)
    assert area_under(np.array([[2.0, 2.0], [0.0, 1.0]]), np.array([0.0, 1.0])) == pytest.approx([2.0, 0.5])
    assert area_under(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.2, 1.0])) == pytest.approx(0.1)


def test_points_along_an_order() -> None:
    assert points_along(np.array([3.0, 1.0, -2.0])).tolist() == [0, 1, 2, 3]
    assert points_along(np.array([3.0, 0.0, 0.0, -2.0])).tolist() == [0, 1, 2, 3, 4]
    weights = np.zeros(104)
    weights[:2], weights[-2:] = 1.0, -1.0
    assert points_along(weights).tolist() == [0, 1, *range(2, 103, 10), 103, 104]
    assert points_along(np.zeros(3)).tolist() == [0, 1, 2, 3]


# ---- deletion and insertion


def test_curves_of_a_text_in_closed_form() -> None:
    one = text_explainer()
    exp = one.explain_instance(TEXT, text_model, num_features=4)
    out = deletion(one, TEXT, text_model, exp)
    assert out.names == ("good", "fine", *["(1 other)"] * 6, "dull", "bad")
    assert (out.explained, len(out.order)) == (4, 10)
    assert out.counts.tolist() == list(range(11))
    assert out.predictions == pytest.approx([0.7, 0.3, *[0.1] * 7, 0.2, 0.5])
    assert out.area == pytest.approx((0.35 + 0.3 + 0.7 + 0.2 + 0.25) / 10)
    into = insertion(one, TEXT, text_model, exp)
    assert into.predictions == pytest.approx([0.5, 0.9, *[1.1] * 7, 1.0, 0.7])
    assert into.area == pytest.approx((0.25 + 0.9 + 7.7 + 1.0 + 0.35) / 10)
    # Of an additive model this is the best of all orders.
    assert out.share_beaten == into.share_beaten == 1.0
    assert out.random_areas.shape == (20,)


def test_random_orders_of_all_features_have_the_mean_of_a_straight_line() -> None:
    # Every order of all features of an additive model has, on average, a straight line for a curve.
    words = " ".join(WORDS)
    one = text_explainer()
    out = deletion(one, words, text_model, random_orders=4000, num_features=4)
    start, end = 0.7, 0.5
    assert out.random_predictions[:, [0, -1]] == pytest.approx(np.tile([start, end], (4000, 1)))
    assert out.random_mean == pytest.approx((start + end) / 2, abs=4 * out.random_std / np.sqrt(4000))
    assert out.num_model_calls <= 2**4 + 1


def test_curves_of_a_row_in_closed_form() -> None:
    one, row = row_explainer(), np.ones(COLUMNS)
    exp = one.explain_instance(row, linear, num_features=4)
    exp.local_exp[1] = [pair for pair in exp.local_exp[1] if pair[0] != 4]
    out = deletion(one, row, linear, exp)
    # What is lost with a column is its slope times the way to the training mean.
    lost = SLOPES * (row - training().mean(axis=0))
    order = np.argsort(-lost)
    assert out.order == tuple(order)
    assert out.predictions == pytest.approx(SLOPES.sum() - np.append(0.0, np.cumsum(lost[order])))
    into = insertion(one, row, linear, exp)
    assert into.predictions == pytest.approx(SLOPES.sum() - lost.sum() + np.append(0.0, np.cumsum(lost[order])))


def test_a_value_below_the_mean_turns_its_weight_around() -> None:
    # The weight of column 0 is positive in standard units; at -2 it speaks against a high value.
    row = np.array([-2.0, -2.0, 0.0, 0.0, 0.0])
    out = deletion(row_explainer(), row, linear, num_features=2)
    assert out.order[0] == 1
    assert out.order[-1] == 0
    assert out.predictions[1] < out.predictions[0]
    assert out.predictions[-1] > out.predictions[-2]


def test_a_baseline_row_takes_the_place() -> None:
    one, row, other = row_explainer(), np.ones(COLUMNS), np.full(COLUMNS, 3.0)
    out = deletion(one, row, linear, baseline=other, num_features=COLUMNS)
    assert out.predictions[-1] == pytest.approx(linear(other))
    assert out.baseline_description == "the baseline row's value"


def test_rows_of_a_frame_with_strings_and_missing_values() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {"size": [1.0, 2.0, np.nan, 4.0] * 10, "count": [1, 2, 3, 4] * 10, "kind": ["x", "y", "y", "z"] * 10}
    )
    seen: list[Any] = []

    def model(rows: Any) -> Any:
        seen.append(rows)
        assert list(rows.columns) == ["size", "count", "kind"]
        assert rows["count"].dtype == np.int64
        return rows["size"].fillna(0) + rows["count"] + 5.0 * (rows["kind"] == "x")

    one = LimeTabularExplainer(frame, mode="regression", random_state=0)
    row = {"size": 4.0, "count": 4, "kind": "x"}
    out = deletion(one, row, model)
    assert out.predictions[0] == pytest.approx(13.0)
    # The mean of what is known of size, 7/3; that of count, 2.5, as the whole number 2; the most frequent kind, y.
    assert out.predictions[-1] == pytest.approx(7 / 3 + 2.0)
    assert out.names[0].startswith("kind")
    strange = {"size": 4.0, "count": 4, "kind": "new"}
    assert deletion(one, strange, model, num_features=3).predictions[0] == pytest.approx(8.0)
    with pytest.raises(ValueError, match="baseline holds a category of 'kind' that the training data has not"):
        deletion(one, row, model, baseline=strange)
    assert np.isfinite(sensitivity(one, row, model, samples=2, num_samples=100).maximum)


def test_sparse_rows_lose_their_entries() -> None:
    from scipy import sparse

    data = sparse.random(60, 30, density=0.3, random_state=0, format="csr")
    one = LimeTabularExplainer(data, mode="regression", random_state=0)
    row = data[0]  # type: ignore[index]

    def total(rows: Any) -> Any:
        assert sparse.issparse(rows)
        return np.asarray(rows.sum(axis=1)).ravel()  # type: ignore[attr-defined]

    out = deletion(one, row, total, num_features=30)
    assert out.baseline_description == "0"
    assert len(out.order) == row.nnz
    assert out.predictions[0] == pytest.approx(row.sum())
    assert out.predictions[-1] == pytest.approx(0.0)


def test_curves_of_an_image_in_closed_form() -> None:
    one = LimeImageExplainer(random_state=0, mode="regression")
    out = deletion(one, image(), image_model, **image_settings())
    assert out.order == (0, 3, 2, 1)
    assert out.predictions == pytest.approx(IMAGE_EFFECTS.sum() - np.append(0, np.cumsum(IMAGE_EFFECTS[[0, 3, 2, 1]])))
    into = insertion(one, image(), image_model, **image_settings())
    assert into.predictions == pytest.approx(np.append(0, np.cumsum(IMAGE_EFFECTS[[0, 3, 2, 1]])))
    white = deletion(one, image(), image_model, baseline=1.0, **image_settings())
    assert white.predictions[-1] == pytest.approx(3.75)


def test_masked_words_stay_in_place() -> None:
    one = text_explainer(bow=False)
    texts: list[str] = []

    def model(batch: Any) -> Any:
        texts.extend(batch)
        return text_model(batch)

    out = deletion(one, "good good bad", model, num_features=3, random_orders=1)
    assert out.baseline_description == "the mask"
    assert "UNKWORDZ UNKWORDZ UNKWORDZ" in texts
    assert out.predictions[-1] == pytest.approx(0.5)


def test_calls_are_counted_and_no_mask_is_asked_twice() -> None:
    asked: list[int] = []

    def counting(rows: Any) -> Any:
        asked.append(len(rows))
        return linear(rows)

    one, row = row_explainer(), np.ones(COLUMNS)
    exp = one.explain_instance(row, linear, num_features=3)
    out = deletion(one, row, counting, exp, random_orders=50, batch_size=4)
    assert sum(asked) == out.num_model_calls <= 2**COLUMNS
    assert max(asked) <= 4


def test_random_orders_hang_on_their_seed_alone() -> None:
    one, row = row_explainer(), np.ones(COLUMNS)
    exp = one.explain_instance(row, linear)
    first, again, other = (deletion(one, row, linear, exp, random_state=seed) for seed in (1, 1, 2))
    assert first.to_json() == again.to_json()
    assert not np.array_equal(first.random_predictions, other.random_predictions)


def test_a_model_that_never_moves_beats_nobody() -> None:
    out = deletion(row_explainer(), np.ones(COLUMNS), lambda rows: np.ones(len(rows)))
    assert out.share_beaten == 0.0
    assert "does not change" in str(out)


def test_a_long_text_is_asked_about_in_jumps() -> None:
    words = " ".join(f"word{j}" for j in range(300)) + " good bad"
    one = text_explainer()
    exp = one.explain_instance(words, text_model, num_features=2)
    assert {name for name, _ in exp.as_list()} == {"good", "bad"}
    out = deletion(one, words, text_model, exp, random_orders=5)
    assert len(out.counts) == 13
    assert out.names[1] == "(30 others)"
    assert out.num_model_calls <= 6 * 13
    assert out.area == pytest.approx(0.2 + (0.4 * 0.5 + 0.3 * 0.5) / 302)


@pytest.mark.parametrize("measure", [deletion, insertion, infidelity])
def test_what_cannot_be_measured_is_refused(measure: Callable[..., Any]) -> None:
    one, row = row_explainer(), np.ones(COLUMNS)
    exp = one.explain_instance(row, linear)
    exp.local_exp[1] = []
    with pytest.raises(ValueError, match="the explanation has no features"):
        measure(one, row, linear, exp)
    exp.local_exp[1] = [(17, 0.5)]
    with pytest.raises(ValueError, match="explanation speaks of feature 17, which the instance does not have"):
        measure(one, row, linear, exp)
    with pytest.raises(ValueError, match="the explanation has no features"):
        measure(text_explainer(), "...", text_model)
    with pytest.raises(ValueError, match="baseline='x': expected None for a text"):
        measure(text_explainer(), TEXT, text_model, baseline="x")
    with pytest.raises(TypeError, match="num_sample"):
        measure(one, row, linear, num_sample=3)


# ---- infidelity


def test_infidelity_of_an_additive_model_is_nothing() -> None:
    report = infidelity(text_explainer(), TEXT, text_model, num_features=10)
    assert report.value == pytest.approx(0.0, abs=1e-6)
    assert report.normalized <= report.value + 1e-12
    assert report.empty > 0.01
    rows = infidelity(row_explainer(), np.ones(COLUMNS), linear, num_features=COLUMNS)
    assert rows.value < 1e-4 * rows.empty
    pixels = infidelity(LimeImageExplainer(random_state=0, mode="regression"), image(), image_model, **image_settings())
    assert pixels.value == pytest.approx(0.0, abs=1e-6)


def test_infidelity_by_hand() -> None:
    one = text_explainer()
    exp = one.explain_instance(TEXT, text_model, num_features=4)
    exp.local_exp[1] = [(1, 1.0), (2, 0.5)]  # good, but
    masks = np.ones((3, 10), dtype=bool)
    masks[0, 1] = masks[1, [1, 2]] = masks[2, 3] = False  # without good; good and but; dull
    report = infidelity(one, TEXT, text_model, exp, masks=masks)
    assert report.predicted_change.tolist() == [1.0, 1.5, 0.0]
    assert report.actual_change == pytest.approx([0.4, 0.4, -0.1])
    assert report.removed.tolist() == [1, 2, 1]
    assert report.value == pytest.approx(np.mean([0.36, 1.21, 0.01]))
    assert report.empty == pytest.approx(np.mean([0.16, 0.16, 0.01]))
    scale = (0.4 + 0.6) / (1.0 + 2.25)
    best = np.mean([(scale - 0.4) ** 2, (1.5 * scale - 0.4) ** 2, 0.01])
    assert report.normalized == pytest.approx(best)
    with pytest.raises(ValueError, match=r"masks has shape \(3, 9\): expected \(n, 10\)"):
        infidelity(one, TEXT, text_model, exp, masks=masks[:, 1:])


def test_infidelity_of_weights_of_zero() -> None:
    assert infidelity_of(np.zeros(2), np.array([1.0, 3.0])) == pytest.approx((5.0, 4.0, 5.0))
    assert infidelity_of(np.ones(1), np.zeros(1))[0] == 1.0


def test_a_baseline_in_the_same_bin_says_nothing() -> None:
    one = row_explainer(discretize_continuous=True)
    row = np.array([0.01, *[2.0] * (COLUMNS - 1)])
    report = infidelity(one, row, linear, baseline=np.array([0.02, *row[1:]]), num_features=COLUMNS)
    assert not report.predicted_change.any()


# ---- sensitivity


def test_norms_by_hand() -> None:
    relative, absolute = sensitivity_of(np.array([3.0, 4.0]), np.array([[3.0, 4.0], [3.0, 9.0]]))
    assert relative.tolist() == [0.0, 1.0]
    assert absolute.tolist() == [0.0, 5.0]
    assert sensitivity_of(np.zeros(2), np.array([[3.0, 4.0]]))[0].tolist() == [5.0]


def test_weights_of_a_linear_model_stay_put() -> None:
    report = sensitivity(row_explainer(), np.ones(COLUMNS), linear, num_features=COLUMNS, samples=4, radius=0.5)
    assert report.maximum < 0.02
    assert report.changes.shape == (4,)


def test_weights_across_a_kink_move() -> None:
    def kinked(rows: Any) -> Any:
        return np.abs(rows[:, 0])

    one = row_explainer(sample_around_instance=True, kernel_width=0.2)
    at_kink = sensitivity(one, np.zeros(COLUMNS), kinked, radius=0.5, num_features=1)
    away = sensitivity(one, np.full(COLUMNS, 3.0), kinked, radius=0.5, num_features=1)
    assert away.maximum < 0.05
    assert at_kink.maximum > 1.0
    largest = at_kink.largest_changes.max()
    assert largest <= at_kink.unscaled <= np.sqrt(len(at_kink.names)) * largest


def test_words_that_left_do_not_count() -> None:
    report = sensitivity(text_explainer(), TEXT, text_model, num_features=10, samples=8)
    assert report.maximum < 0.02
    assert set(report.names) == set(TEXT.split())


def test_noise_on_an_image_keeps_its_segments() -> None:
    one = LimeImageExplainer(random_state=0, mode="regression")
    seen: list[Any] = []

    def model(images: Any) -> Any:
        seen.append(images.copy())
        return image_model(images)

    report = sensitivity(one, image(), model, radius=0.05, samples=3, **image_settings())
    assert 0.0 < report.maximum < 0.1
    assert len(report.names) == 4
    every = np.concatenate(seen)
    assert every.dtype == image().dtype
    assert every.min() >= 0.0
    assert every.max() <= 1.0


def test_bytes_stay_bytes() -> None:
    from lime.domains.image.noise import move_image
    from lime.domains.image.pixels import read_image

    picture = (image() * 255).astype(np.uint8)
    moved = move_image(read_image(picture), 0.1, np.random.default_rng(0))
    assert moved.dtype == np.uint8
    assert 0 < np.abs(moved.astype(int) - picture).max() <= 26


def test_a_way_of_ones_own_to_move() -> None:
    moves: list[Any] = []

    def perturb(row: Any, rng: np.random.Generator) -> Any:
        moves.append(row + rng.normal(size=COLUMNS))
        return moves[-1]

    report = sensitivity(row_explainer(), np.ones(COLUMNS), linear, perturb=perturb, samples=3, num_samples=200)
    assert len(moves) == len(report.changes) == 3


def test_sensitivity_is_reproducible_and_counts_its_calls() -> None:
    asked: list[int] = []

    def counting(rows: Any) -> Any:
        asked.append(len(rows))
        return np.abs(rows[:, 0])

    settings: dict[str, Any] = {"samples": 3, "num_samples": 100}
    first = sensitivity(row_explainer(), np.ones(COLUMNS), counting, **settings)
    assert sum(asked) == first.num_model_calls == 400
    again = sensitivity(row_explainer(), np.ones(COLUMNS), counting, **settings)
    assert first.to_json() == again.to_json()
    with pytest.raises(ValueError, match="radius=0: expected a number above 0"):
        sensitivity(row_explainer(), np.ones(COLUMNS), linear, radius=0)


# ---- ways out


def test_ways_out() -> None:
    one, row = row_explainer(feature_names=["<i>", "$a$", "b" * 90, "c", "d"]), np.ones(COLUMNS)
    exp = one.explain_instance(row, linear, num_features=3)
    reports = [measure(one, row, linear, exp) for measure in (deletion, insertion, infidelity)]
    reports.append(sensitivity(one, row, linear, exp, samples=2, num_samples=100))  # type: ignore[arg-type]
    for report in reports:
        assert max(map(len, str(report).splitlines())) <= 80
        content = json.loads(report.to_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        assert content["schema"].startswith("lime.")
        assert len(content["table"]) == len(report.to_frame())
        assert "<i>" not in report._repr_html_()
        report.plot().figure.canvas.draw()
