"""Pictures with hidden segments: what the model sees, and whose memory it is in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lime.domains.image.compose import ArrayComposer, _runs, composer
from lime.domains.image.hiding import hidden_image
from lime.domains.image.pixels import read_image

RNG = np.random.default_rng(3)
DTYPES = ["u1", "u2", "i2", "f2", "f4", "f8", ">f8", "?"]
SHAPES: list[tuple[tuple[int, ...], int | None]] = [
    ((21, 17), None),
    ((21, 17, 1), 2),
    ((21, 17, 3), 2),
    ((21, 17, 4), 2),
    ((21, 17, 10), 2),
    ((3, 21, 17), 0),
    ((21, 5, 17), 1),
]


def naive(picture: Any, hidden: np.ndarray, codes: np.ndarray, z: np.ndarray) -> np.ndarray:
    """One picture after the other, pixel masks written out."""
    result = []
    for row in z:
        shown = row[codes].reshape(picture.size)
        if picture.channel_axis is not None:
            shown = np.expand_dims(shown, picture.channel_axis)
        result.append(np.where(shown, picture.values, hidden))
    return np.array(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_batches_are_what_pixel_masks_give(shape: tuple[int, ...], axis: int | None, dtype: str) -> None:
    image = (RNG.random(shape) * 200).astype(dtype)
    picture = read_image(image, axis)
    codes = RNG.integers(0, 7, size=picture.size).ravel()
    hidden = hidden_image(picture, codes.reshape(picture.size), codes, None)
    z = RNG.random((37, 7)) < 0.5
    with composer(picture, hidden, codes, z) as made:
        for start, stop in ((0, 10), (10, 37), (36, 37)):
            batch = made.batch(start, stop)
            assert batch.dtype == image.dtype
            assert batch.flags.writeable
            np.testing.assert_array_equal(batch, naive(picture, hidden, codes, z[start:stop]))


@pytest.mark.parametrize("dtype", ["u1", "f4", "f8", "?"])
@pytest.mark.parametrize("first", [0, 1])
def test_masks_in_opposite_pairs_are_turned_bit_by_bit(dtype: str, first: int) -> None:
    image = (RNG.random((21, 17, 3)) * 200 - 100).astype(dtype)
    picture = read_image(image, 2)
    codes = RNG.integers(0, 7, size=picture.size).ravel()
    z = np.repeat(RNG.random((20, 7)) < 0.5, 2, axis=0)
    z[1::2] ^= True
    z[30:33] = np.array([[True], [False], [True]])  # a mask may be the opposite of both its neighbours
    z = np.concatenate([np.ones((first, 7), dtype=bool), z])
    with composer(picture, np.zeros_like(image), codes, z) as made:
        for start in range(0, len(z), 10):
            stop = min(len(z), start + 10)
            expected = naive(picture, np.zeros_like(image), codes, z[start:stop])
            np.testing.assert_array_equal(made.batch(start, stop), expected)


def test_runs_cover_every_picture_once() -> None:
    for _ in range(200):
        z = RNG.random((int(RNG.integers(1, 17)), 2)) < 0.5
        rows = np.arange(len(z))
        written: list[int] = []
        for direct, turned in _runs(z):
            written += rows[direct].tolist()
            if turned is not None:
                assert (z[turned] == ~z[direct]).all()
                written += rows[turned].tolist()
        assert sorted(written) == rows.tolist()


def test_large_batches_are_written_by_threads_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lime.domains.image.compose.WORTH_THREADS", 0)
    picture = read_image(RNG.random((150, 150, 3)))
    codes = RNG.integers(0, 30, size=150 * 150)
    hidden = np.zeros((150, 150, 3))
    z = RNG.random((20, 30)) < 0.5
    with composer(picture, hidden, codes, z) as made:
        np.testing.assert_array_equal(made.batch(0, 20), naive(picture, hidden, codes, z))


def arrays() -> ArrayComposer:
    return ArrayComposer(np.ones((4, 4)), np.zeros((4, 4)), np.arange(16), RNG.random((6, 16)) < 0.5)


def test_memory_is_used_again_only_when_nobody_holds_on_to_it() -> None:
    made = arrays()
    first = made.batch(0, 2)
    place, kept = first.ctypes.data, first.copy()
    view = first[1, 2:]
    del first
    second = made.batch(2, 4)
    assert not np.shares_memory(view, second)
    np.testing.assert_array_equal(view, kept[1, 2:])
    del view
    where = second.ctypes.data
    del second
    assert made.batch(4, 6).ctypes.data == where != place


def test_a_model_that_overwrites_its_input_spoils_nothing() -> None:
    made, untouched = arrays(), arrays()
    untouched._z = made._z
    batch = made.batch(0, 3)
    batch[...] = 99.0
    del batch
    np.testing.assert_array_equal(made.batch(0, 3), untouched.batch(0, 3))
