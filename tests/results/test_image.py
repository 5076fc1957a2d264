"""Explanations of pictures: facts of 0.2.0.1, places, stored and read again."""

# mypy: disable-error-code="attr-defined, call-arg"
# (what is read from JSON is typed as any explanation)

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from image_samples import blocks, crowd, picture, scene
from lime.results import Explanation, ImageExplanation, LimeError
from lime.results.image import where_in_picture
from lime.results.pixels import pack_image, pack_labels, unpack_image, unpack_labels

RECORDED = json.loads((Path(__file__).parent / "data" / "image_masks_0.2.0.1.json").read_text())


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["name"])
def test_get_image_and_mask_is_that_of_the_classic_release(case):
    image = np.array(case["image"], case["dtype"]).reshape(case["shape"])
    before = image.copy()
    exp = ImageExplanation(image, np.array(RECORDED["segments"]))
    exp.local_exp[3] = [tuple(pair) for pair in RECORDED["weights"]]
    assert len(case["answers"]) == 36
    for answer in case["answers"]:
        options = {
            key: answer[key] for key in ("positive_only", "negative_only", "hide_rest", "num_features", "min_weight")
        }
        shown, mask = exp.get_image_and_mask(3, **options)
        # With hide_rest=True it gave whole numbers as floats of 0 to 255, which every viewer shows as white.
        whole = case["dtype"] in ("uint8", "int64", "bool")
        assert str(shown.dtype) == (case["dtype"] if whole else answer["dtype"]), options
        assert shown.ravel().tolist() == answer["image"], options
        assert str(mask.dtype) == answer["mask_dtype"]
        assert mask.ravel().tolist() == answer["mask"], options
        shown[:] = 1
    assert (image == before).all()
    assert exp.image is image


@pytest.mark.parametrize("form", ["colour", "grey", "one channel", "channels first", "four channels"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "bool", "float32", "float64"])
def test_get_image_and_mask_keeps_the_type_of_the_picture(form, dtype):
    image = scene() if dtype != "bool" else scene() > 100
    image = {
        "colour": image,
        "grey": image[:, :, 0],
        "one channel": image[:, :, :1],
        "channels first": image.transpose(2, 0, 1),
        "four channels": np.dstack([image, image[:, :, :1]]),
    }[form].astype(dtype)
    exp = picture(image=image, channel_axis=0 if form == "channels first" else None)
    for positive, negative in ((True, False), (False, True), (False, False)):
        for hide in (False, True):
            shown, mask = exp.get_image_and_mask(2, positive, negative, hide_rest=hide)
            # Floats as in lime 0.2.0.1: float64 where the rest is hidden.
            expected = np.float64 if hide and dtype == "float32" else np.dtype(dtype)
            assert shown.dtype == expected
            if hide:
                assert (shown[mask == 0] == 0).all()
            assert shown.max() <= image.max()


def test_get_image_and_mask_refuses():
    exp = picture()
    with pytest.raises(KeyError, match="label 1 was not explained"):
        exp.get_image_and_mask(1)
    with pytest.raises(ValueError, match="expected at most one"):
        exp.get_image_and_mask(2, positive_only=True, negative_only=True)


def test_masks_of_labels_without_a_sign_have_one():
    exp = picture(segments=(blocks() + 5).astype(np.uint8))
    _, mask = exp.get_image_and_mask(2, positive_only=False, num_features=24)
    assert mask.dtype == np.int64
    assert set(np.unique(mask)) == {-1, 1}


def test_channels_come_last_whatever_their_axis_and_grey_comes_as_three():
    image = scene()
    for given_, axis, expected in (
        (image.transpose(2, 0, 1), 0, image),
        (image.transpose(0, 2, 1), 1, image),
        (image, -1, image),
        (image[:, :, :1], None, np.repeat(image[:, :, :1], 3, axis=2)),
        (image[None, :, :, 0], 0, np.repeat(image[:, :, :1], 3, axis=2)),
    ):
        exp = picture(image=given_, channel_axis=axis)
        shown, _ = exp.get_image_and_mask(2)
        assert (shown == expected).all()


def test_mark_boundaries_takes_what_comes_back():
    from skimage.segmentation import mark_boundaries

    shown, mask = picture().get_image_and_mask(2, positive_only=False)
    assert mark_boundaries(shown, mask).shape == (64, 96, 3)


def test_facts_of_a_new_explanation():
    image, segments = scene(), blocks()
    exp = ImageExplanation(image, segments)
    assert exp.image is image
    assert exp.segments is segments
    assert exp.intercept == {}
    assert exp.local_exp == {}
    assert exp.score is None
    assert exp.local_pred is None
    assert exp.top_labels is None
    assert isinstance(exp, Explanation)
    assert repr(exp) == "<ImageExplanation of a classification, nothing explained yet>"


class Tensor:
    """What a torch tensor on an accelerator and in a graph looks like from outside."""

    dtype = "torch.bfloat16"
    ready = False

    def __init__(self, array):
        self.array = array

    def detach(self):
        return self

    def cpu(self):
        self.ready = True
        return self

    def float(self):
        self.array = self.array.astype(np.float32)
        self.dtype = "torch.float32"
        return self

    def __array__(self, dtype=None, copy=None):
        assert self.ready
        assert self.dtype == "torch.float32"
        return self.array


def test_a_tensor_is_kept_and_shown_from_a_copy():
    tensor = Tensor(scene().transpose(2, 0, 1) / 255.0)
    exp = picture(image=tensor, channel_axis=0)
    assert exp.image is tensor
    shown, _ = exp.get_image_and_mask(2)
    assert shown.dtype == np.float32
    assert "data:image/" in exp.as_html()
    assert Explanation.from_json(exp.to_json()).image.shape == (3, 64, 96)


@pytest.mark.parametrize(
    ("image", "segments", "axis", "message"),
    [
        (np.zeros((4, 5, 3)), np.zeros((5, 4), int), None, r"segments has shape \(5, 4\): expected \(4, 5\)"),
        (np.zeros((1, 4, 5, 3)), np.zeros((4, 5), int), None, r"image has shape \(1, 4, 5, 3\)"),
        (np.zeros(4), np.zeros((4, 5), int), None, r"image has shape \(4,\)"),
        (np.zeros((4, 5), complex), np.zeros((4, 5), int), None, "image is of type complex128: expected numbers"),
        (np.full((4, 5), "a"), np.zeros((4, 5), int), None, "image is of type <U1"),
        (np.zeros((4, 5)), np.zeros((4, 5)), None, "type float64: expected whole numbers"),
        (np.zeros((4, 5)), np.zeros((4, 5, 1), int), None, r"segments is of shape \(4, 5, 1\)"),
        (np.zeros((4, 5, 3)), np.zeros((4, 5), int), 3, "channel_axis=3: expected an axis"),
        (None, np.zeros((4, 5), int), None, "image is of type object"),
    ],
)
def test_what_is_no_picture_is_refused(image, segments, axis, message):
    with pytest.raises(ValueError, match=message):
        ImageExplanation(image, segments, channel_axis=axis)


def test_words_for_places():
    assert where_in_picture(0, 0, 9, 9) == "top left"
    assert where_in_picture(4, 4, 9, 9) == "centre"
    assert where_in_picture(8, 4, 9, 9) == "bottom"
    assert where_in_picture(4, 8, 9, 9) == "right"
    assert where_in_picture(0, 0, 1, 1) == "centre"


def test_records_say_where_a_segment_is():
    segments = np.array([[9, 9, 9, 9, -4, -4], [9, 9, 9, 9, -4, -4], [9, 9, 9, 9, 9, 9]])
    exp = ImageExplanation(np.zeros((3, 6)), segments)
    exp.local_exp[0] = [(-4, np.float64(0.5)), (9, np.float64(-0.25)), (77, np.float64(0.125))]
    exp.standard_errors[0] = {-4: 0.1}
    first, second, unknown = exp.records()
    assert first["feature"] == "segment -4, right"
    assert (first["index"], first["name"]) == (-4, "segment -4")
    assert (first["pixels"], first["share"]) == (4, 4 / 18)
    assert (first["row"], first["column"], first["where"]) == (0.5, 4.5, "right")
    assert (first["weight"], first["standard_error"], first["label"]) == (0.5, 0.1, 0)
    inside = np.argwhere(segments == 9)
    assert (second["row"], second["column"]) == pytest.approx(tuple(inside.mean(axis=0)), abs=1e-12)
    assert second["standard_error"] is None
    assert (unknown["pixels"], unknown["share"], unknown["row"], unknown["where"]) == (0, 0.0, None, None)
    assert exp.as_list(0) == [("segment -4, right", 0.5), ("segment 9, centre", -0.25), ("segment 77", 0.125)]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames_have_the_places(backend):
    frame = picture(labels=(2, 0)).to_frame(backend)
    columns = frame.column_names if backend == "pyarrow" else list(frame.columns)
    assert columns[-5:] == ["pixels", "share", "row", "column", "where"]
    rows = {
        "pandas": lambda: frame.to_dict("records"),
        "polars": lambda: frame.to_dicts(),
        "pyarrow": lambda: frame.to_pylist(),
    }[backend]()
    assert len(rows) == 48
    assert sum(row["pixels"] for row in rows) == 2 * 64 * 96
    assert sum(row["share"] for row in rows) == pytest.approx(2.0)


def test_heatmap_holds_each_pixels_weight():
    exp = picture(labels=(2, 0))
    exp.local_exp[0] = exp.local_exp[0][:3]
    for label in (2, 0):
        weights = dict(exp.local_exp[label])
        found = exp.heatmap(label)
        assert found.dtype == np.float64
        expected = [[weights.get(int(segment), 0.0) for segment in row] for row in exp.segments]
        assert (found == expected).all()
    assert (exp.heatmap() == exp.heatmap(2)).all()
    with pytest.raises(KeyError):
        exp.heatmap(17)


def same(first, second):
    assert second.records(2) == first.records(2)
    assert str(second) == str(first)
    assert second.as_html() == first.as_html()
    assert second._repr_html_() == first._repr_html_()
    assert (second.heatmap(2) == first.heatmap(2)).all()
    for left, right in zip(second.get_image_and_mask(2), first.get_image_and_mask(2), strict=True):
        # numpy's own copies forget the order of bytes.
        assert left.dtype.newbyteorder("=") == right.dtype.newbyteorder("=")
        assert (left == right).all()


@pytest.mark.parametrize("reader", [Explanation, ImageExplanation])
@pytest.mark.parametrize("axis", [None, 0])
@pytest.mark.parametrize("dtype", ["uint8", "bool", "float32", "float64", ">f8", "normalised"])
def test_stored_and_read_it_shows_the_same(reader, axis, dtype, tmp_path):
    image = scene()
    if dtype == "normalised":
        image = ((image / 255.0 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).astype(np.float32)
    elif dtype == "bool":
        image = image > 128
    elif dtype != "uint8":
        image = (image / 255.0).astype(dtype)
    image = image if axis is None else image.transpose(2, 0, 1)
    exp = picture(labels=(2, 0), image=image, channel_axis=axis)
    path = tmp_path / "picture.json"
    text = exp.to_json(path)
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
    for found in (reader.from_json(text), reader.from_json(path)):
        assert type(found) is ImageExplanation
        assert found.image.dtype == image.dtype
        assert (found.image == image).all()
        assert found.channel_axis == axis
        assert found.segments.dtype == exp.segments.dtype
        assert (found.segments == exp.segments).all()
        same(exp, found)
    assert found.to_dict() == exp.to_dict()
    same(exp, pickle.loads(pickle.dumps(exp)))
    same(exp, copy.deepcopy(exp))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_many_values_are_stored_in_steps_or_exactly(dtype):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(64, 96, 3)) if dtype != np.uint16 else rng.integers(0, 65536, (64, 96, 3))
    exp = picture(image=image.astype(dtype))
    found = Explanation.from_json(exp.to_json())
    reach = np.ptp(exp.image.astype(float), axis=(0, 1)) / 510.0
    # Whole numbers are cut to their type.
    assert (np.abs(found.image.astype(float) - exp.image) <= reach * 1.0001 + (dtype == np.uint16)).all()
    assert found.image.dtype == dtype
    exact = Explanation.from_json(exp.to_json(include_image="exact"))
    assert (exact.image == exp.image).all()


def test_stored_pictures_are_small():
    """224 x 224 in any usual type stays below 400 kB; noise is the worst picture there is."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (224, 224, 3))
    segments = rng.integers(0, 60, (224, 224))
    for image in (noise.astype(np.uint8), (noise / 255.0).astype(np.float32), rng.normal(size=(224, 224, 3))):
        assert len(picture(image=image, segments=segments).to_json()) < 400_000


def test_picture_and_segments_may_be_left_out():
    exp = picture()
    text = exp.to_json(include_image=False, include_segments=False)
    assert len(text) < 10_000
    bare = Explanation.from_json(text)
    assert bare.image is None
    assert bare.segments is None
    assert bare.records() == exp.records()
    assert str(bare) == str(exp)
    assert "data:image" not in bare.as_html()
    for call in (lambda: bare.get_image_and_mask(2), bare.heatmap, bare.plot):
        with pytest.raises(ValueError, match="stored without its segments"):
            call()
    outlined = Explanation.from_json(exp.to_json(include_image=False))
    assert (outlined.heatmap() == exp.heatmap()).all()
    assert outlined.plot(kind="heatmap").images
    assert "<path" in outlined.as_html()
    with pytest.raises(ValueError, match="stored without its image"):
        outlined.get_image_and_mask(2)
    with pytest.raises(ValueError, match="kind='top': this explanation was stored without its image"):
        outlined.plot(kind="top")
    unmarked = Explanation.from_json(exp.to_json(include_segments=False))
    assert (unmarked.image == exp.image).all()
    assert "data:image" in unmarked.as_html()
    with pytest.raises(ValueError, match="include_image='yes': expected True, False or 'exact'"):
        exp.to_json(include_image="yes")
    assert bare.to_dict() == Explanation.from_dict(bare.to_dict()).to_dict()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content["image"].update(shape=[10**6, 10**6, 3]),
        lambda content: content["image"].update(shape=[64, 96]),
        lambda content: content["image"].update(shape=[-64, 96, 3]),
        lambda content: content["image"].update(data="AAAA"),
        lambda content: content["image"].update(data="?"),
        lambda content: content["image"].update(dtype="object"),
        lambda content: content["segments"].update(labels=[1]),
        lambda content: content["segments"].update(dtype="<f8"),
        lambda content: content["segments"].pop("codes"),
        lambda content: content.update(segments=pack_labels(np.zeros((3, 3), int))),
        lambda content: content.pop("channel_axis"),
    ],
)
def test_damaged_files_are_refused(damage):
    content = picture().to_dict()
    damage(content)
    with pytest.raises(LimeError, match="damaged explanation"):
        Explanation.from_dict(content)


def test_another_explanation_is_no_picture():
    from explanation_samples import wine

    with pytest.raises(LimeError, match="not an explanation of an image"):
        ImageExplanation.from_json(wine().to_json())


SHAPES = st.one_of(st.tuples(*[st.integers(0, 5)] * 2), st.tuples(*[st.integers(0, 5)] * 3))
KINDS = st.one_of(
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    hnp.boolean_dtypes(),
)


@settings(max_examples=150, deadline=None)
@given(KINDS.flatmap(lambda dtype: hnp.arrays(dtype, SHAPES)))
def test_packing_loses_nothing(image):
    for exact in (False, True):
        packed = json.loads(json.dumps(pack_image(image, exact)))
        assert packed["exact"]
        found = unpack_image(packed)
        assert found.dtype == image.dtype
        np.testing.assert_array_equal(found, image)
    if image.ndim == 2 and image.dtype.kind in "iu":
        labels = unpack_labels(json.loads(json.dumps(pack_labels(image))))
        assert labels.dtype == image.dtype
        np.testing.assert_array_equal(labels, image)


def test_packing_many_labels():
    labels = np.arange(300 * 300).reshape(300, 300) * 1000 - 10**9
    assert (unpack_labels(pack_labels(labels)) == labels).all()


def test_a_big_one_is_stored_small():
    exp = crowd()
    text = exp.to_json()
    assert (Explanation.from_json(text).segments == exp.segments).all()
