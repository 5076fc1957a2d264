"""Pictures as 8-bit colours, outlines of segments, and what bounds their size."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from image_samples import scene
from lime.render.picture import (
    as_colors,
    data_uri,
    edges_of,
    loops,
    outlines,
    pole,
    reduced_codes,
    reduced_colors,
    smoothed,
    strengths,
)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: image.astype(np.int64),
        lambda image: image.astype(np.uint16) * 257,
        lambda image: image.astype(np.float32),
        lambda image: image / 255.0,
        lambda image: (image / 255.0).astype(np.float16),
        lambda image: image / 127.5 - 1.0,
        lambda image: np.dstack([image, image[:, :, 0]]),
        lambda image: np.dstack([image] * 3),
    ],
)
def test_the_same_picture_in_any_type_and_range_looks_the_same(change):
    colors = as_colors(change(scene()))
    assert colors.dtype == np.uint8
    assert np.abs(colors.astype(int) - scene()).max() <= 1


def test_grey_pictures():
    grey = scene()[:, :, 0]
    expected = np.dstack([grey] * 3)
    for image in (grey, grey[:, :, None], np.dstack([grey, 255 - grey]), grey / 255.0):
        assert (as_colors(image) == expected).all()
    assert (as_colors(grey > 100) == np.where(expected > 100, 255, 0)).all()


def test_pictures_with_a_scale_of_their_own():
    digits = np.arange(17.0).reshape(1, 17)
    assert as_colors(digits)[0, :, 0].tolist() == np.rint(digits[0] * 255 / 16).tolist()
    # Dark, but of 8 bits: that is what it looks like.
    assert as_colors(np.array([[3, 7]], np.uint8))[0, :, 0].tolist() == [3, 7]
    rng = np.random.default_rng(0)
    normalised = rng.normal(size=(50, 50, 3))
    colors = as_colors(normalised)
    assert colors.min() == 0
    assert colors.max() == 255
    order = np.argsort(normalised, axis=None)
    assert (np.diff(colors.ravel()[order].astype(int)) >= 0).all()


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        hnp.arrays(hnp.floating_dtypes(sizes=(16, 32, 64)), (2, 3, 2)),
        hnp.arrays(hnp.integer_dtypes(), (2, 3)),
        hnp.arrays(hnp.unsigned_integer_dtypes(), (2, 3, 4)),
    )
)
def test_any_numbers_make_a_picture(image):
    colors = as_colors(image)
    assert colors.dtype == np.uint8
    assert colors.shape == (2, 3, 3)


def inside(loops_of_one, shape):
    """Fill loops by counting, row by row, the vertical sides to the left of each pixel."""
    crossings = np.zeros((shape[0], shape[1] + 1), int)
    for loop in loops_of_one:
        for (x, y), (next_x, next_y) in zip(loop, [*loop[1:], loop[0]], strict=True):
            assert (x == next_x) != (y == next_y)
            if x == next_x:
                # Up the left side of a segment, down its right side.
                crossings[min(y, next_y) : max(y, next_y), x] += 1 if next_y < y else -1
    return np.cumsum(crossings, axis=1)[:, :-1]


@settings(max_examples=200, deadline=None)
@given(hnp.arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 3)))
def test_outlines_hold_exactly_their_pixels(codes):
    found = loops(codes, 3)
    assert len(found) == 3
    for code, own in enumerate(found):
        assert (inside(own, codes.shape) == (codes == code)).all()
        for loop in own:
            # No corner that is none.
            turns = [*loop, *loop[:2]]
            for (ax, ay), (_, _), (cx, cy) in zip(turns, turns[1:], turns[2:], strict=False):
                assert ax != cx
                assert ay != cy
    sides = sum(
        abs(x - next_x) + abs(y - next_y)
        for own in found
        for loop in own
        for (x, y), (next_x, next_y) in zip(loop, [*loop[1:], loop[0]], strict=True)
    )
    # Two segments share a side, or a segment and what is not traced.
    assert sides / 2 <= edges_of(codes, 3) <= sides


def test_paths_of_svg():
    codes = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0], [2, 0, 2]])
    first, second, third, none = outlines(codes, 4)
    assert first == "M0 0h3v3h-1v1h-1v-1h-1zM1 2h1v-1h-1z"
    assert second == "M1 1h1v1h-1z"
    assert third == "M0 3h1v1h-1zM2 3h1v1h-1z"
    assert none == ""
    assert re.fullmatch(r"(M\d+ \d+([hv]-?\d+)+z)+", first)


def test_pixels_that_touch_at_a_corner_are_apart():
    assert outlines(np.array([[0, 1], [1, 0]]), 1) == ["M0 0h1v1h-1zM1 1h1v1h-1z"]


def test_shrinking_keeps_every_segment():
    codes = np.zeros((300, 200), int)
    codes[150:] = 1
    codes[7, 7] = 2
    codes[7, 8] = 3
    small = reduced_codes(codes, 60)
    assert small.shape == (60, 40)
    assert set(np.unique(small)) == {0, 1, 2}
    codes[7, 8], codes[290, 3] = 0, 3
    assert set(np.unique(reduced_codes(codes, 60))) == {0, 1, 2, 3}
    codes[290, 3] = 1
    assert (small == 1).sum() == 30 * 40
    assert reduced_codes(codes, 300) is codes
    assert reduced_codes(np.zeros((10_000, 1), int), 100).shape == (100, 1)


def test_shrinking_a_picture_takes_means():
    image = np.zeros((1000, 500, 3), np.uint8)
    image[:, ::2] = 200
    small = reduced_colors(image, 250)
    assert small.shape == (250, 125, 3)
    assert np.abs(small.astype(int) - 100).max() <= 1
    assert reduced_colors(image, 1000) is image
    assert reduced_colors(np.zeros((1, 5000, 3), np.uint8), 100).shape == (1, 100, 3)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_data_addresses(kind):
    rng = np.random.default_rng(0)
    smooth = np.clip(scene(300, 300) + rng.normal(0, 6, (300, 300, 3)), 0, 255).astype(np.uint8)
    colors = scene(8, 8) if kind == "png" else smooth
    head, _, text = data_uri(colors).partition(",")
    assert head == f"data:image/{kind};base64"
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", text)
    with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
        shown = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(shown - colors).mean() <= (0 if kind == "png" else 6)


def test_the_pole_lies_inside_and_far_from_the_outline():
    codes = np.zeros((40, 60), int)
    codes[10:31, 20:41] = 1
    codes[0, 0] = 1
    assert pole(codes, 1) == (20.5, 30.5)
    assert pole(codes, 7) is None
    ring = np.hypot(*(np.mgrid[:41, :41] - 20)).astype(int) // 8
    row, column = pole(ring, 1)
    assert ring[int(row), int(column)] == 1


def test_smooth_shapes_keep_their_area_and_lose_their_fringe():
    rng = np.random.default_rng(0)
    distance = np.hypot(*(np.mgrid[:300, :400] - np.array([150, 200])[:, None, None]))
    codes = (distance + rng.normal(0, 8, distance.shape) > 60).astype(int)
    shape = smoothed(codes, 0)
    assert shape.sum() == pytest.approx((codes == 0).sum(), rel=0.01)
    assert len(loops(np.where(shape, 0, 1), 1)[0]) == 1
    assert len(loops(codes, 1)[0]) > 100
    assert (np.abs(distance[shape != (distance < 60)] - 60) < 5).all()
    line = np.ones((200, 200), int)
    line[100, 20:180] = 0
    assert 160 <= smoothed(line, 0).sum() <= 161
    assert not smoothed(line, 5).any()
    few = np.eye(8, dtype=int)
    assert (smoothed(few, 1) == (few == 1)).all()


def test_strengths():
    assert strengths([2.0, -4.0, 0.0, np.nan]) == [0.5, 1.0, 0.0, 0.0]
    assert strengths([2.0, np.inf]) == [1.0, 1.0]
    assert strengths([2.0, -4.0, 0.0, np.nan], opacity=False) == [1.0, 1.0, 0.0, 0.0]
    assert strengths([]) == []
