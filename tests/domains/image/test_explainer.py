"""The image explainer: its answers against closed forms, its errors, its edges, and what models are given."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax
from scipy.stats import binom

from lime import ImageExplanation, LimeImageExplainer, config_context
from lime.engine import balanced
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.stopping import Auto
from segment_samples import GRID, PICTURE, QUIET, RNG, SEEN, SLOPES, linear, shown, two, watching, weights


def kernel_law(d: int) -> MaskSizeDistribution:
    removed = np.arange(d + 1)
    return MaskSizeDistribution(binom.pmf(removed, d, 0.5), np.exp(-8 * (1 - np.sqrt(1 - removed / d)) ** 2))


# -- the numbers


def test_a_linear_model_is_found_exactly() -> None:
    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE, linear, **QUIET)
    np.testing.assert_allclose(weights(exp), SLOPES, atol=1e-6)
    assert exp.scores[1] == pytest.approx(1.0, abs=1e-6)
    assert exp.sampling_method == "balanced"


def test_two_segments_together_have_their_closed_form() -> None:
    """For f = z1 z2 the weights follow from the moments of the law with the kernel."""
    law = kernel_law(20)
    kept = np.arange(20, -1, -1)
    p = law.probabilities
    one, pair = p @ kept / 20, p @ (kept * (kept - 1)) / (20 * 19)
    triple = p @ (kept * (kept - 1) * (kept - 2)) / (20 * 19 * 18)
    cov = np.full(20, triple - one * pair)
    cov[:2] = pair - one * pair
    gram = np.full((20, 20), pair - one**2)
    np.fill_diagonal(gram, one - one**2)
    target = np.linalg.solve(gram, cov)

    def both(images: np.ndarray) -> np.ndarray:
        z = shown(images)
        return two((z[:, 0] & z[:, 1]).astype(float))

    exp = LimeImageExplainer(random_state=1).explain_instance(PICTURE, both, num_samples=4000, batch_size=500, **QUIET)
    error = np.array([exp.standard_errors[1][i] for i in range(20)])
    assert (np.abs(weights(exp) - target) < 5 * error + 1e-3).all()


def test_few_segments_are_enumerated_without_error() -> None:
    grid = np.arange(32)[:, None] // 8 + np.zeros((1, 40), dtype=int)
    calls = []

    def model(images: np.ndarray) -> np.ndarray:
        calls.append(len(images))
        return two(expit(shown(images, grid) @ [1.0, -2.0, 0.5, 0.2]))

    settings = {**QUIET, "segmentation_fn": grid}
    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE, model, **settings)
    assert sum(calls) == exp.num_model_calls == 2**4
    assert exp.sampling_method == "enumeration"
    z = (np.arange(16)[:, None] >> np.arange(4)) & 1
    x = np.column_stack([np.ones(16), z])
    w = np.exp(-8 * (1 - np.sqrt(z.mean(axis=1))) ** 2)
    y = expit(z @ [1.0, -2.0, 0.5, 0.2])
    exact = np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * y))
    np.testing.assert_allclose(weights(exp), exact[1:], atol=1e-6)
    assert exp.intercept[1] == pytest.approx(exact[0], abs=1e-6)
    assert set(exp.standard_errors[1].values()) == {0.0}


def test_intervals_cover() -> None:
    slopes = RNG.normal(size=20) * 0.5

    def model(images: np.ndarray) -> np.ndarray:
        z = shown(images)
        return two(expit(z @ slopes + 1.5 * z[:, 3] * z[:, 4] - 2.0 * z[:, 7] * z[:, 9] * z[:, 11]))

    settings = {**QUIET, "top_labels": None, "batch_size": 2000}
    truth = LimeImageExplainer(random_state=999).explain_instance(PICTURE, model, num_samples=30_000, **settings)
    inside, far = [], []
    for seed in range(15):
        exp = LimeImageExplainer(random_state=seed).explain_instance(PICTURE, model, num_samples=400, **settings)
        true = dict(truth.local_exp[1])
        inside += [low <= true[i] <= high for i, (low, high) in exp.confidence_intervals(1).items()]
        far += list((weights(exp) - weights(truth)) / [exp.standard_errors[1][i] for i in range(20)])
    # 300 intervals of 15 independent runs: three standard errors of a share of .95 are .038.
    assert 0.91 <= np.mean(inside) <= 0.998
    assert abs(np.mean(far)) < 0.25


def test_balanced_blocks_are_balanced() -> None:
    rng = np.random.default_rng(0)
    drawn = balanced.blocks(256, 50, rng)
    signs = 2.0 * drawn.z - 1.0
    np.testing.assert_array_equal(signs[:128].T @ signs[:128], 128 * np.eye(50))
    np.testing.assert_array_equal(drawn.z[::2], ~drawn.z[1::2])
    assert drawn.groups is not None
    np.testing.assert_array_equal(drawn.groups, np.repeat(np.arange(128), 2))
    assert balanced.blocks(333, 50, rng).z.shape == (332, 50)


def test_every_balanced_draw_is_fair_coins() -> None:
    """Each pattern of three units has probability 1/8 over many blocks."""
    rng = np.random.default_rng(1)
    codes = np.concatenate([balanced.blocks(20, 5, rng).z[6, [0, 2, 4]] @ [1, 2, 4] + np.zeros(1) for _ in range(2000)])
    counts = np.bincount(codes.astype(int), minlength=8)
    assert ((counts - 250) ** 2 / 250).sum() < 29.9  # chi-square with 7 degrees of freedom: p = 1e-4


# -- edges


def test_one_segment_is_both_of_its_answers() -> None:
    whole = {**QUIET, "segmentation_fn": np.zeros((32, 40), dtype=int)}
    exp = LimeImageExplainer().explain_instance(
        PICTURE, lambda images: two((images.max(axis=(1, 2, 3)) > 0) * 0.8), **whole
    )
    assert exp.num_model_calls == 2
    assert weights(exp) == pytest.approx([0.8], abs=1e-5)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "image is None"),
        ("cat.png", "type str"),
        (np.zeros((0, 4, 3)), "without a pixel"),
        (np.zeros(5), r"shape \(5,\)"),
        (np.zeros((1, 8, 8, 3)), r"pass image\[0\]"),
        (np.zeros((2, 8, 8, 3)), "expected one image"),
        (np.zeros((4, 4), dtype=complex), "complex128"),
        (np.array([["a", "b"]]), "expected real numbers"),
    ],
)
def test_what_is_no_image_is_refused(image: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        LimeImageExplainer().explain_instance(image, linear, progress_bar=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_samples": 0}, "num_samples=0"),
        ({"num_features": 0}, "num_features=0"),
        ({"sampling_method": "sobol"}, "sampling_method='sobol'"),
        ({"callback": 3}, "callback=3"),
        ({"channel_axis": 3}, "channel_axis=3"),
        ({"segmentation_fn": "slicc"}, "segmentation_fn='slicc'"),
        ({"segmentation_fn": np.zeros((3, 3), dtype=int)}, r"shape \(3, 3\) for an image of 32 x 40"),
        ({"segmentation_fn": lambda image: None}, "NoneType"),
        ({"labels": (7,), "top_labels": None}, "holds 7"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        LimeImageExplainer().explain_instance(PICTURE, linear, **{**QUIET, **settings})


def test_doubts_about_segments_are_counted_once_for_all_labels() -> None:
    rng = np.random.default_rng(0)
    slopes = rng.normal(size=(20, 3))

    def noisy(images: np.ndarray) -> np.ndarray:
        logits = shown(images) @ slopes
        return np.asarray(softmax(logits + rng.normal(scale=3.0, size=logits.shape), axis=1))

    explainer = LimeImageExplainer(random_state=0, class_names=["cat", "dog", "owl"])
    exp = explainer.explain_instance(PICTURE, noisy, **{**QUIET, "top_labels": 3, "num_samples": 60})
    doubts = [sentence for sentence in exp.diagnostics() if "sign" in sentence]
    assert len(doubts) == 1
    assert "segment 1" not in doubts[0]
    for name, label in (("cat", 0), ("dog", 1), ("owl", 2)):
        # Weights far below the largest are nothing that a reader would miss.
        intervals, weights = exp.confidence_intervals(label), dict(exp.local_exp[label])
        least = 0.1 * max(map(abs, weights.values()))
        unsure = sum(low < 0 < high and abs(weights[i]) >= least for i, (low, high) in intervals.items())
        assert re.search(rf"\b{unsure} of 20( segments)? for {name}\b", doubts[0])
    assert doubts[0].count("segments") == 1
    # What holds for all of them is said once, and names all.
    few = [sentence for sentence in exp.warnings if "rest on few samples" in sentence]
    assert len(few) == 1
    assert all(name in few[0] for name in ("cat", "dog", "owl"))
    assert len(exp.warnings) == len(set(exp.warnings))


def test_labels_of_any_values_stay_the_callers() -> None:
    names = np.array([-7, 10**6, 3, 0, 12] * 4) + np.repeat([0, 20, 40, 60], 5)
    labels = names[GRID]
    before = labels.copy()
    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE, linear, **{**QUIET, "segmentation_fn": labels})
    assert dict(exp.local_exp[1]) == pytest.approx(dict(zip(names.tolist(), SLOPES, strict=True)), abs=1e-6)
    np.testing.assert_array_equal(exp.segments, before)
    strongest = exp.local_exp[1][0][0]
    _, mask = exp.get_image_and_mask(1, positive_only=False, num_features=1)
    np.testing.assert_array_equal(mask != 0, labels == strongest)


def test_masks_that_overlap_and_leave_pixels_out() -> None:
    masks = np.zeros((4, 32, 40), dtype=bool)
    masks[0, :20], masks[1, 5:10, 5:10], masks[2, 15:25], masks[3, 6:8, 6:8] = True, True, True, True
    masks[1, 6:8, 6:8] = True
    exp = LimeImageExplainer(random_state=0).explain_instance(
        PICTURE, linear, **{**QUIET, "segmentation_fn": list(masks)}
    )
    assert sorted(np.unique(exp.segments)) == [-1, 0, 1, 2, 3]
    assert exp.segments[6, 6] == 3
    assert exp.segments[5, 5] == 1
    assert exp.segments[16, 0] == 2
    assert exp.segments[31, 0] == -1
    assert sum("mask" in sentence.lower() for sentence in exp.warnings) == 2
    as_dicts = [{"segmentation": mask} for mask in masks]
    again = LimeImageExplainer(random_state=0).explain_instance(
        PICTURE, linear, **{**QUIET, "segmentation_fn": as_dicts}
    )
    np.testing.assert_array_equal(again.segments, exp.segments)


# -- the call


def test_a_seed_makes_a_call_a_function_of_its_input() -> None:
    explainer = LimeImageExplainer(random_state=4)
    first, second = (explainer.explain_instance(PICTURE, watching, num_samples=80, **QUIET) for _ in range(2))
    assert first.local_exp == second.local_exp
    other = pickle.loads(pickle.dumps(explainer)).explain_instance(PICTURE, watching, num_samples=80, **QUIET)
    assert other.local_exp == first.local_exp


def test_progress_and_callback(capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[tuple[int, int]] = []
    settings = {**QUIET, "num_samples": 25, "callback": lambda done, total: steps.append((done, total))}
    LimeImageExplainer(random_state=0).explain_instance(PICTURE, linear, **settings)
    assert capsys.readouterr().err == ""
    assert [done for done, _ in steps] == [10, 20, 25]
    assert {total for _, total in steps} == {25}
    LimeImageExplainer(random_state=0).explain_instance(PICTURE, linear, **{**settings, "progress_bar": True})
    assert "images/s" in capsys.readouterr().err


def test_top_labels_and_labels_as_in_0_2_0_1() -> None:
    def model(images: np.ndarray) -> np.ndarray:
        z = shown(images)
        return softmax(np.column_stack([z[:, :5].sum(axis=1), z[:, 5:9].sum(axis=1), z[:, 9:12].sum(axis=1)]), axis=1)

    explainer = LimeImageExplainer(random_state=0)
    exp = explainer.explain_instance(PICTURE, model, **QUIET)
    assert exp.top_labels == [0, 1, 2]
    assert isinstance(exp, ImageExplanation)
    assert exp.score == exp.scores[0]
    exp = explainer.explain_instance(PICTURE, model, (2,), None, None, segmentation_fn=GRID, progress_bar=False)
    assert list(exp.local_exp) == [2]


def test_data_labels_draws_as_0_2_0_1_did() -> None:
    explainer = LimeImageExplainer(random_state=3)
    data, labels = explainer.data_labels(PICTURE, np.zeros_like(PICTURE), GRID, linear, 50)
    expected = np.random.RandomState(3).randint(0, 2, 50 * 20).reshape(50, 20)
    expected[0] = 1
    np.testing.assert_array_equal(data, expected)
    np.testing.assert_allclose(labels[:, 1], 0.5 + expected @ SLOPES)


def test_a_subclass_may_draw_in_its_own_way() -> None:
    class Own(LimeImageExplainer):
        def data_labels(self, image: Any, hidden: Any, segments: Any, fn: Any, n: int, batch_size: int = 10) -> Any:
            z = np.random.default_rng(0).integers(0, 2, size=(n, 20))
            z[0] = 1
            return z, two(0.5 + z @ SLOPES)

    exp = Own(random_state=0).explain_instance(PICTURE, linear, **QUIET)
    np.testing.assert_allclose(weights(exp), SLOPES, atol=0.01)


def test_classic_draws_are_those_of_0_2_0_1() -> None:
    SEEN.clear()
    with config_context(sampling_method="classic"):
        exp = LimeImageExplainer(random_state=3).explain_instance(PICTURE, watching, num_samples=30, **QUIET)
    assert exp.sampling_method == "classic"
    state = np.random.RandomState(3)
    state.randint(0, 1000)
    expected = state.randint(0, 2, 30 * 20).reshape(30, 20)[1:]
    np.testing.assert_array_equal(shown(np.concatenate(SEEN))[1:], expected)


def test_other_metrics_and_regressors() -> None:
    from sklearn.linear_model import Ridge

    explainer = LimeImageExplainer(kernel_width=3, random_state=0)
    exp = explainer.explain_instance(PICTURE, linear, distance_metric="euclidean", **QUIET)
    np.testing.assert_allclose(weights(exp), SLOPES, atol=1e-3)
    exp = explainer.explain_instance(PICTURE, linear, model_regressor=Ridge(1e-6), num_features=5, **QUIET)
    assert len(exp.local_exp[1]) == 5


def test_more_segments_than_samples() -> None:
    grid = np.arange(32 * 40).reshape(32, 40) // 2
    exp = LimeImageExplainer(random_state=0).explain_instance(
        PICTURE, watching, num_samples=100, **{**QUIET, "segmentation_fn": grid}
    )
    assert len(exp.local_exp[1]) == 640
    assert any("few for 640 features" in sentence for sentence in exp.warnings)


def test_the_classic_addresses_and_what_they_load() -> None:
    code = (
        "import sys, lime; from lime import lime_image; from lime.wrappers.scikit_image import SegmentationAlgorithm\n"
        "lime_image.LimeImageExplainer, lime_image.ImageExplanation, lime.wrappers\n"
        "print(sorted({'skimage', 'torch', 'matplotlib', 'PIL'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("budget", [482, 483, 484, 510])
def test_stages_of_one_design_whatever_is_left_for_the_last(budget: int) -> None:
    def rough(images: np.ndarray) -> np.ndarray:
        return two(np.abs(np.sin(1e3 * images.sum(axis=(1, 2, 3)))))

    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE, rough, num_samples=Auto(budget=budget), **QUIET)
    assert exp.looks == 2
    assert exp.num_model_calls <= budget
    assert exp.sampling_method == "balanced"


@pytest.mark.parametrize("method", ["auto", "balanced"])
@pytest.mark.parametrize("few", [2, 3, 4, Auto(budget=3)])
def test_too_few_draws_for_two_pairs_are_coins(method: str, few: Any) -> None:
    exp = LimeImageExplainer(random_state=0).explain_instance(
        np.arange(12.0).reshape(3, 4),
        lambda images: two(images.mean(axis=(1, 2)) / 20),
        num_samples=few,
        sampling_method=method,
        segmentation_fn=np.repeat([[0], [1], [2]], 4, axis=1),
        progress_bar=False,
    )
    assert exp.sampling_method == "gaussian"
    assert np.isfinite([weight for _, weight in exp.as_list()]).all()
