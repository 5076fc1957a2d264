"""Pictures that hold NaN or infinities are explained where the model knows what to do with them, as by lime 0.2.0.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lime import ImageExplanation, LimeImageExplainer
from lime.domains.image.noise import move_image
from lime.domains.image.pixels import as_rgb, read_image
from lime.trust import deletion, infidelity, insertion, sensitivity

RNG = np.random.default_rng(0)
PLAIN = RNG.random((24, 24, 3))
SEGMENTS = np.arange(576).reshape(24, 24) // 96


def holed(value: float, dtype: str = "float64") -> Any:
    image = PLAIN.astype(dtype)
    image[2:4, 3:9] = value
    return image


IMAGES = {
    "nan": holed(np.nan),
    "infinite": holed(np.inf),
    "negative infinite": holed(-np.inf),
    "single": holed(np.nan, "float32"),
    "half": holed(np.nan, "float16"),
    "grey": holed(np.nan)[:, :, 0],
    "channels first": np.moveaxis(holed(np.nan), -1, 0),
    "five channels": np.concatenate([holed(np.nan), PLAIN[:, :, :2]], axis=2),
}


def filling(batch: Any) -> Any:
    """The share of the pixels of the first rows that are bright, NaN and infinities left out."""
    filled = np.nan_to_num(np.asarray(batch, dtype=float), nan=0.0, posinf=0.0, neginf=0.0)
    p = np.clip(filled.reshape(len(batch), -1).mean(axis=1), 0, 1)
    return np.column_stack([1 - p, p])


def computing(batch: Any) -> Any:
    p = np.asarray(batch, dtype=float).reshape(len(batch), -1).mean(axis=1)
    return np.column_stack([1 - p, p])


def explain(image: Any, model: Any = filling, **more: Any) -> Any:
    settings = {"segmentation_fn": SEGMENTS, "num_samples": 100, "progress_bar": False, **more}
    return LimeImageExplainer(random_state=0).explain_instance(image, model, **settings)


@pytest.mark.parametrize("sampling_method", ["auto", "classic"])
@pytest.mark.parametrize("name", IMAGES)
def test_explained_with_a_warning(name: str, sampling_method: str) -> None:
    exp = explain(IMAGES[name], hide_color=0, sampling_method=sampling_method)
    odd = int(np.count_nonzero(~np.isfinite(IMAGES[name])))
    assert any(f"NaN or infinities in {odd} of {IMAGES[name].size} values" in one for one in exp.warnings)
    weights = dict(exp.local_exp[exp.top_labels[0]])
    assert sorted(weights) == list(range(6))
    assert np.isfinite(list(weights.values())).all()
    assert max(np.abs(list(weights.values()))) > 1e-3


def test_the_weights_are_those_of_the_picture_as_the_model_sees_it() -> None:
    # Where what hides is finite, the model sees the same as of the picture that is filled in.
    with_holes, filled = explain(holed(np.nan), hide_color=0.5), explain(holed(0.0), hide_color=0.5)
    ours, theirs = dict(with_holes.local_exp[0]), dict(filled.local_exp[0])
    assert [ours[k] for k in range(6)] == pytest.approx([theirs[k] for k in range(6)], abs=1e-12)
    assert not any("NaN" in one for one in filled.warnings)


def test_a_mean_colour_with_nan_is_nan_as_in_the_old_package() -> None:
    seen: list[Any] = []

    def model(batch: Any) -> Any:
        seen.append(np.array(batch))
        return filling(batch)

    explain(holed(np.nan), model)
    pictures = np.concatenate(seen)
    first = np.isnan(pictures[:, SEGMENTS == 0]).mean(axis=(1, 2))
    assert sorted(set(first.round(3))) == [0.125, 1.0]  # 12 of its 96 pixels where it is shown, all where it is hidden
    assert not np.isnan(pictures[:, SEGMENTS > 0]).any()


@pytest.mark.parametrize("name", ["quickshift", "slic", "watershed", "grid"])
@pytest.mark.parametrize("image", ["nan", "infinite", "grey", "five channels"])
def test_algorithms_see_finite_numbers(name: str, image: str) -> None:
    exp = explain(IMAGES[image], segmentation_fn=name, hide_color=0)
    assert len(np.unique(exp.segments)) > 1
    assert np.isfinite(as_rgb(read_image(IMAGES[image]))).all()


def test_nothing_but_nan() -> None:
    exp = explain(np.full((24, 24, 3), np.nan))
    assert {weight for _, weight in exp.local_exp[exp.top_labels[0]]} == {0.0}
    assert any("does not vary" in one for one in exp.warnings)
    assert as_rgb(read_image(np.full((4, 4), np.nan))).tolist() == np.zeros((4, 4, 3)).tolist()


@pytest.mark.parametrize("colour", [np.nan, [0.5, np.nan, 0.5], np.inf])
def test_nan_may_hide(colour: Any) -> None:
    exp = explain(PLAIN, hide_color=colour)
    assert np.isfinite(list(dict(exp.local_exp[0]).values())).all()
    with pytest.raises(ValueError, match="hide_color holds NaN or infinities, but the image is of type uint8"):
        explain((PLAIN * 255).astype(np.uint8), hide_color=colour)


@pytest.mark.parametrize("name", ["nan", "infinite", "half"])
def test_a_model_that_computes_with_them_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="NaN or infinite values") as error:
        explain(IMAGES[name], computing)
    assert any("nan_to_num(image) fills them in" in note for note in error.value.__notes__)
    with pytest.raises(ValueError, match="NaN or infinite values") as error:
        explain(PLAIN, lambda batch: np.full((len(batch), 2), np.nan))
    assert not any("nan_to_num" in note for note in getattr(error.value, "__notes__", []))


@pytest.mark.parametrize("name", ["nan", "infinite", "single", "grey", "channels first"])
def test_every_form_of_it(name: str, tmp_path: Path) -> None:
    exp = explain(IMAGES[name], hide_color=0)
    label = exp.top_labels[0]
    assert "NaN or infinities" in str(exp)
    assert "data:image/png" in exp._repr_html_()
    exp.plot(label)
    exp.as_pyplot_figure(label)
    shown, mask = exp.get_image_and_mask(label, positive_only=False, hide_rest=True)
    assert shown.shape[:2] == mask.shape
    assert not np.isposinf(shown[mask != 0].max(initial=0, where=np.isfinite(shown[mask != 0])))
    exp.to_json(tmp_path / "exp.json", include_image="exact")
    read: Any = ImageExplanation.from_json(tmp_path / "exp.json")
    assert read.local_exp == {int(k): v for k, v in exp.local_exp.items()}
    np.testing.assert_array_equal(np.asarray(read.image), np.asarray(exp.image))
    assert read.warnings == exp.warnings


def test_diagnostics() -> None:
    explainer = LimeImageExplainer(random_state=0)
    settings: dict[str, Any] = {"segmentation_fn": SEGMENTS, "num_samples": 60, "progress_bar": False}
    image = holed(np.nan)
    exp = explainer.explain_instance(image, filling, hide_color=0, **settings)
    for curve in (deletion, insertion):
        report = curve(explainer, image, filling, exp)
        assert "NaN" not in str(report).replace("NaN or inf", "")
    infidelity(explainer, image, filling, exp)
    assert np.isfinite(sensitivity(explainer, image, filling, samples=2, hide_color=0, **settings).maximum)
    moved = move_image(read_image(image), 0.1, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(moved), np.isnan(image))


def test_many_pictures(tmp_path: Path) -> None:
    explainer = LimeImageExplainer(random_state=0)
    exps = explainer.explain_instances(
        [IMAGES["nan"], PLAIN],
        filling,
        segmentation_fn=SEGMENTS,
        hide_color=0,
        num_samples=60,
        checkpoint=tmp_path / "kept",
    )
    first, second = exps
    assert any("NaN or infinities" in one for one in first.warnings)
    assert not any("NaN or infinities" in one for one in second.warnings)
