"""Volumes and videos: segments of three dimensions, and slices that show them."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import lime
from lime import LimeImageExplainer, LimeMultiInputExplainer, LimeTextExplainer, LimeVolumeExplainer, VolumeExplanation
from lime.results.image import ImageExplanation
from lime.testing import check_explainer

RNG = np.random.default_rng(0)
VOLUME = 0.1 * RNG.random((12, 20, 24))
VOLUME[2:6, 4:12, 3:12] += 0.8  # a bright lump
LUMP = np.zeros(VOLUME.shape, dtype=bool)
LUMP[2:6, 4:12, 3:12] = True


class Model:
    """How bright the lump is, and what it was handed."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.seen.append(batch)
        p = batch[:, LUMP].mean(axis=1)
        return np.column_stack([1 - p, p])


def explain(volume: Any = VOLUME, model: Any = None, **settings: Any) -> VolumeExplanation:
    explainer = LimeVolumeExplainer(**{"hide": 0, "num_segments": 20, "random_state": 0, **settings})
    return explainer.explain_instance(volume, model or Model(), num_samples=600)


def test_segments_of_the_lump_carry_the_weight() -> None:
    exp = explain()
    weights = exp.weights_at_voxels(1)
    assert weights.shape == VOLUME.shape
    assert weights[LUMP].mean() > 10 * abs(weights[~LUMP]).mean()
    best = exp.records(1)[0]
    assert best["first_slice"] <= 5
    assert best["last_slice"] >= 2
    assert best["feature"].startswith(f"segment {best['index']}, slice")
    assert sum(exp.domain_mapper.describe(k)["voxels"] for k in range(exp.segments.max() + 1)) == VOLUME.size


def test_the_model_gets_volumes_in_their_own_form() -> None:
    for volume, axis in (
        (VOLUME, None),
        (np.repeat(VOLUME[..., None], 3, axis=-1), None),
        (np.repeat(VOLUME[None], 2, axis=0), 0),
        ((255 * VOLUME).astype(np.uint8), None),
    ):
        seen: list[np.ndarray] = []

        def model(batch: np.ndarray, seen: list[np.ndarray] = seen) -> np.ndarray:
            seen.append(batch)
            p = batch.reshape(len(batch), -1).mean(axis=1)
            return np.column_stack([1 - p / 300, p / 300])

        exp = explain(volume, model, channel_axis=axis, segmentation="blocks", num_segments=8)
        assert {batch.shape[1:] for batch in seen} == {volume.shape}
        assert {batch.dtype for batch in seen} == {volume.dtype}
        assert max(len(batch) for batch in seen) <= 10
        assert np.array_equal(seen[0][0], volume)
        assert exp.segments.shape == VOLUME.shape


def test_few_segments_are_exact_and_covered() -> None:
    labels = np.zeros(VOLUME.shape, dtype=int)
    labels[6:] = 1
    labels[:, 10:] += 2
    exp = explain(segmentation=labels)
    assert exp.exact
    truth = dict(exp.local_exp[1])
    hits = []
    for seed in range(40):
        explainer = LimeVolumeExplainer(segmentation=labels, hide=0, random_state=seed)

        def bent(batch: np.ndarray) -> np.ndarray:
            return Model()(batch) ** 1.5

        some = explainer.explain_instance(VOLUME, bent, num_samples=60, sampling_method="gaussian")
        exact = explainer.explain_instance(VOLUME, bent, num_samples=64)
        intervals = some.confidence_intervals(1, level=0.95)
        hits += [low <= dict(exact.local_exp[1])[k] <= high for k, (low, high) in intervals.items()]
    assert len(truth) == 4
    assert np.mean(hits) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 40)


def test_ways_to_cut_and_to_hide() -> None:
    blocks = explain(segmentation="blocks", num_segments=8)
    assert 4 <= blocks.segments.max() + 1 <= 16
    named = explain(segmentation=lambda volume: np.repeat(np.arange(12), 480).reshape(VOLUME.shape), hide="mean")
    assert len(np.unique(named.segments)) == 12
    model = Model()
    other = np.full(VOLUME.shape, 0.5)
    explain(model=model, hide=other, segmentation="blocks", num_segments=8)
    batch = np.concatenate(model.seen)
    assert ((batch == VOLUME) | (batch == 0.5)).all()


def test_slices_are_pictures_and_stand_on_the_page() -> None:
    exp = explain(slice_name="frame")
    picture = exp.slice(3)
    assert isinstance(picture, ImageExplanation)
    assert {picture.as_map()[1][k][0] for k in range(3)} <= set(np.unique(exp.segments[3]).tolist())
    shown = exp.slices_to_show()
    assert len(shown) == 6
    strongest = (exp.segments == exp.local_exp[1][0][0]).sum(axis=(1, 2))
    assert int(np.argmax(strongest)) in shown
    page = exp.as_html()
    for number in shown:
        assert f'aria-label="The part frame {number} of 12"' in page
    assert page.count("data:image") >= 6
    with pytest.raises(IndexError, match="frame 12: expected a number from 0 to 11"):
        exp.slice(12)
    assert len(exp.plot_slices()) == 6
    assert exp.plot() is not None
    assert exp.plot(kind="bars") is not None
    plt.close("all")
    with pytest.raises(ValueError, match="kind='series': expected 'slice', 'bars' or 'waterfall'"):
        exp.plot(kind="series")


def test_json_keeps_volume_and_segments() -> None:
    exp = explain()
    again = lime.Explanation.from_json(exp.to_json())
    assert isinstance(again, VolumeExplanation)
    assert np.array_equal(again.volume, VOLUME)
    assert np.array_equal(again.segments, exp.segments)
    assert again.as_list() == exp.as_list()
    without = lime.Explanation.from_dict(exp.to_dict(include_volume=False))
    assert isinstance(without, VolumeExplanation)
    assert without.volume is None
    assert without.as_html()
    with pytest.raises(ValueError, match="stored without its volume"):
        without.slice(0)


@pytest.mark.parametrize("shape", [VOLUME.shape, (*VOLUME.shape, 3)])
def test_every_door(shape: tuple[int, ...]) -> None:
    volume = np.broadcast_to(VOLUME.reshape(*VOLUME.shape, *(1,) * (len(shape) - 3)), shape).copy()

    def model(batch: np.ndarray) -> np.ndarray:
        p = batch[:, 2:6, 4:12, 3:12].reshape(len(batch), -1).mean(axis=1)
        return np.column_stack([1 - p, p])

    explainer = LimeVolumeExplainer(hide=0, num_segments=20, random_state=0)
    report = check_explainer(explainer, volume, model)
    assert [one.name for one in report if one.status != "passed"] == []


def test_a_volume_is_a_part_of_several_inputs() -> None:
    parts = {"report": LimeTextExplainer(), "scan": LimeVolumeExplainer(hide=0, num_segments=8)}
    explainer = LimeMultiInputExplainer(parts, mode="regression", random_state=0)

    def model(instances: list[dict[str, Any]]) -> np.ndarray:
        return np.array([one["scan"][LUMP].mean() + ("lump" in one["report"]) for one in instances])

    exp = explainer.explain_instance({"report": "a lump is seen", "scan": VOLUME}, model, num_samples=500)
    assert exp.as_list()[0][0] == "report: lump"
    assert isinstance(exp.part("scan"), VolumeExplanation)
    assert 'aria-label="The part scan"' in exp.as_html()


def test_the_front_door_explains_volumes_that_are_called_so() -> None:
    explain_one = lime.Explainer(Model(), kind="volume", hide=0, num_segments=8)
    exp = explain_one(VOLUME, num_samples=100)
    assert isinstance(exp, VolumeExplanation)
    assert exp.anchored
    assert len(explain_one([VOLUME, VOLUME], num_samples=50)) == 2


def test_a_picture_of_many_channels_has_to_be_said() -> None:
    picture = RNG.random((20, 24, 16))

    def model(batch: np.ndarray) -> np.ndarray:
        p = batch.reshape(len(batch), -1).mean(axis=1)
        return np.column_stack([1 - p, p])

    explainer = LimeImageExplainer(random_state=0)
    with pytest.raises(ValueError, match=r"looks like a volume or a video: lime\.LimeVolumeExplainer explains these"):
        explainer.explain_instance(picture, model, num_samples=20, progress_bar=False)
    for said in ({"channel_axis": 2}, {"segmentation_fn": np.arange(480).reshape(20, 24) // 120}):
        exp = explainer.explain_instance(picture, model, num_samples=20, progress_bar=False, **said)
        assert exp.segments.shape == (20, 24)
    with pytest.raises(ValueError, match=r"lime\.LimeVolumeExplainer explains volumes and videos"):
        explainer.explain_instance(RNG.random((5, 20, 24, 3)), model, num_samples=20, progress_bar=False)


@pytest.mark.parametrize(
    ("volume", "settings", "kind", "message"),
    [
        (np.zeros((4, 4)), {}, ValueError, r"volume has shape \(4, 4\): expected \(slices, height, width\)"),
        (np.full((2, 4, 4), "a"), {}, TypeError, "expected an array of numbers"),
        (VOLUME, {"channel_axis": 0}, ValueError, "channel_axis=0, but volume has shape"),
        (VOLUME[..., None], {"channel_axis": 7}, ValueError, "channel_axis=7: expected an axis"),
        (VOLUME, {"segmentation": "quickshift"}, ValueError, "expected 'slic', 'blocks', a label for each place"),
        (VOLUME, {"segmentation": np.zeros((3, 3), dtype=int)}, ValueError, "segmentation has shape"),
        (VOLUME, {"num_segments": 0}, ValueError, "num_segments=0: expected a whole number"),
        (VOLUME, {"hide": "median"}, ValueError, "hide='median': expected 'mean', a number or a volume"),
        (VOLUME, {"hide": np.zeros(3)}, ValueError, "hide has shape"),
    ],
)
def test_one_sentence_for_what_is_wrong(volume: Any, settings: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        explain(volume, **settings)
