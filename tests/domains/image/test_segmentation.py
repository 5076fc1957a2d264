"""Segmentation by name: ranges of values, defaults, seeds, and what is lacking."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from lime import LimeImageExplainer
from lime.wrappers.scikit_image import BaseWrapper, SegmentationAlgorithm
from segment_samples import GRID, PICTURE, linear, two

# -- segmentation


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    from skimage.data import astronaut

    return astronaut()[60:156:2, 180:276:2]


@pytest.mark.parametrize("name", [None, "slic", "felzenszwalb", "watershed", "grid"])
def test_segments_do_not_depend_on_the_range(name: str | None, photograph: np.ndarray) -> None:
    from lime.domains.image.pixels import IMAGENET_MEAN, IMAGENET_STD, read_image
    from lime.domains.image.segmentation import find_segments

    bytes_ = photograph
    unit = bytes_ / 255.0
    variants = {
        "float 0..255": bytes_.astype(np.float64),
        "uint16": bytes_.astype(np.uint16) * 257,
        "0..1": unit,
        "0..1, single": unit.astype(np.float32),
        "-1..1": (2 * unit - 1).astype(np.float32),
        "normalised": (unit - IMAGENET_MEAN) / IMAGENET_STD,
        "channels first": np.moveaxis(unit, -1, 0),
        "alpha": np.dstack([bytes_, np.full(bytes_.shape[:2], 255, dtype=np.uint8)]),
    }
    expected = find_segments(read_image(bytes_), name)[0]
    assert len(np.unique(expected)) > 3
    for what, variant in variants.items():
        np.testing.assert_array_equal(find_segments(read_image(variant), name)[0], expected, err_msg=what)


def test_the_default_is_what_0_2_0_1_gives_scikit_image(photograph: np.ndarray) -> None:
    from skimage.segmentation import quickshift

    image = photograph.astype(np.float64)
    exp = LimeImageExplainer(random_state=0).explain_instance(
        image, lambda images: two(images.mean(axis=(1, 2, 3)) / 255), num_samples=20, progress_bar=False
    )
    np.testing.assert_array_equal(exp.segments, quickshift(image, kernel_size=4, max_dist=200, ratio=0.2))


def test_the_seed_reaches_scikit_image(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []

    def quickshift(image: np.ndarray, ratio: float, kernel_size: int, max_dist: float, rng: int = 42) -> np.ndarray:
        seeds.append(rng)
        return GRID

    monkeypatch.setattr("skimage.segmentation.quickshift", quickshift)
    for seed in (None, 7):
        LimeImageExplainer().explain_instance(PICTURE, linear, num_samples=50, random_seed=seed, progress_bar=False)
    assert seeds == [42, 7]
    monkeypatch.undo()
    assert SegmentationAlgorithm("quickshift", random_seed=5).target_params == {"rng": 5}
    assert SegmentationAlgorithm("slic", n_segments=5, random_seed=5).target_params == {"n_segments": 5}


def test_algorithms_say_what_they_lack() -> None:
    with pytest.raises(ValueError, match="'slick'"):
        SegmentationAlgorithm("slick")
    with pytest.warns(UserWarning, match="slic has no parameter kernel_size"):
        SegmentationAlgorithm("slic", kernel_size=4)
    wrapper = BaseWrapper(np.clip, a_min=0)
    assert wrapper.filter_params(lambda a_min: None, {"b": 1}) == {"a_min": 0, "b": 1}
    with pytest.raises(ValueError, match="'sigma'"):
        SegmentationAlgorithm("grid").set_params(sigma=1)
    assert pickle.loads(pickle.dumps(SegmentationAlgorithm("slic", n_segments=7))).target_params == {"n_segments": 7}
