"""Pictures and segment labels packed for JSON: one byte a value where that is enough, zlib, base64."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack_image", "pack_labels", "unpack_image", "unpack_labels"]

LEVELS = 256

_ALWAYS, _RATIO = 2**28, 100
"""Bytes that a picture may always have when it is unpacked, and as a multiple of its packed length."""


def pack_image(image: NDArray[Any], exact: bool = False) -> dict[str, Any]:
    """Pack a picture.

    Parameters
    ----------
    image : ndarray of bool, int or float, shape (height, width) or (height, width, channels)
    exact : bool
        Keep every value. Otherwise a channel with more than 256 different ones is stored in 256 even steps from its
        smallest to its largest, unless it holds values that are not finite.

    Returns
    -------
    dict of plain values
        `form` says what `data` holds: "levels", one byte a value, the position in the channel's `levels`; or
        "bytes", the values themselves. `exact` says whether `unpack_image` gives back every value.
    """
    packed: dict[str, Any] = {"dtype": image.dtype.str, "shape": list(image.shape), "exact": True}
    if image.dtype == np.uint8 or not image.size:
        return packed | {"form": "bytes", "data": _pack(image)}
    flat = np.ascontiguousarray(image).reshape(image.shape[0], image.shape[1], -1)
    codes = np.empty(flat.shape, np.uint8)
    levels = []
    for channel in range(flat.shape[2]):
        values = flat[:, :, channel]
        own, code = np.unique(values, return_inverse=True)
        if len(own) > LEVELS:
            if exact or not np.isfinite(values).all():
                return packed | {"form": "bytes", "data": _pack(image)}
            own, code = _even_steps(values)
            packed["exact"] = False
        codes[:, :, channel] = code.reshape(values.shape)
        levels.append(_to_text(own.astype(image.dtype)))
    return packed | {"form": "levels", "levels": levels, "data": _pack(codes)}


def unpack_image(packed: dict[str, Any]) -> NDArray[Any]:
    """Give back the picture that `pack_image` packed, in its own type.

    Raises
    ------
    ValueError
        The content is damaged.
    """
    dtype, shape = np.dtype(packed["dtype"]), tuple(packed["shape"])
    if dtype.kind not in "buif":
        raise ValueError(f"image of type {dtype}: expected numbers")
    if packed["form"] == "bytes":
        return _unpack(packed["data"], dtype, shape)
    codes = _unpack(packed["data"], np.dtype(np.uint8), shape)
    if codes.size * dtype.itemsize > max(_ALWAYS, _RATIO * len(packed["data"])):
        raise ValueError(f"shape {list(shape)} of {dtype} is out of proportion to its packed length")
    flat = codes.reshape(*shape[:2], -1)
    image = np.empty(flat.shape, dtype)
    for channel, text in enumerate(packed["levels"]):
        levels = np.frombuffer(base64.b64decode(text, validate=True), dtype)
        if flat[:, :, channel].max(initial=0) >= max(len(levels), 1):
            raise ValueError("image holds a value without a level")
        image[:, :, channel] = levels[flat[:, :, channel]]
    return image.reshape(shape)


def pack_labels(segments: NDArray[Any]) -> dict[str, Any]:
    """Pack the labels of segments, an array of int, as positions in the list of the different ones."""
    labels, codes = np.unique(segments, return_inverse=True)
    small = next(kind for kind in (np.uint8, np.uint16, np.uint32, np.uint64) if len(labels) - 1 <= np.iinfo(kind).max)
    return {
        "dtype": segments.dtype.str,
        "shape": list(segments.shape),
        "labels": [int(label) for label in labels],
        "data": _pack(codes.reshape(segments.shape).astype(small)),
        "codes": np.dtype(small).newbyteorder("<").str,
    }


def unpack_labels(packed: dict[str, Any]) -> NDArray[Any]:
    """Give back the labels that `pack_labels` packed.

    Raises
    ------
    ValueError
        The content is damaged.
    """
    dtype = np.dtype(packed["dtype"])
    if dtype.kind not in "ui":
        raise ValueError(f"segments of type {dtype}: expected whole numbers")
    of = np.dtype(packed["codes"])
    if of.kind != "u":
        raise ValueError(f"positions of labels of type {of}: expected whole numbers")
    codes = _unpack(packed["data"], of, tuple(packed["shape"]))
    labels = np.array(packed["labels"], dtype)
    if codes.size and codes.max() >= len(labels):
        raise ValueError("segments hold a position without a label")
    found: NDArray[Any] = labels[codes]
    return found


def _even_steps(values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return 256 levels from the smallest to the largest value, and the nearest one's position for each value."""
    exact = values.astype(np.float64)
    # Halves, so that the span of the largest floats is finite.
    low, high = exact.min() / 2.0, exact.max() / 2.0
    steps = np.linspace(0.0, 1.0, LEVELS)
    levels = 2.0 * (low * (1.0 - steps) + high * steps)
    codes = np.rint((exact / 2.0 - low) / (high - low) * (LEVELS - 1)).astype(np.intp)
    return levels, codes


def _to_text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _pack(array: NDArray[Any]) -> str:
    """Turn an array into text: bytes of the same rank together, differences along the rows, zlib, base64.

    Neighbours in a picture are alike, so that differences are small, and small numbers are packed better.
    """
    ordered = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    planes = np.frombuffer(ordered.tobytes(), np.uint8).reshape(-1, array.dtype.itemsize).T
    planes = planes.reshape(array.dtype.itemsize, *array.shape)
    # A byte's difference is taken modulo 256: nothing is lost.
    return base64.b64encode(zlib.compress(np.diff(planes, axis=2, prepend=np.uint8(0)).tobytes(), 9)).decode("ascii")


def _unpack(text: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if len(shape) not in (2, 3) or min(shape) < 0:
        raise ValueError(f"shape {list(shape)}: expected two or three sizes")
    size = math.prod(shape) * dtype.itemsize
    if size > max(_ALWAYS, _RATIO * len(text)):
        raise ValueError(f"shape {list(shape)} of {dtype} takes {size:,} bytes, packed in {len(text):,}")
    reader = zlib.decompressobj()
    try:
        # No more than there should be is unpacked, whatever a stranger's file holds.
        content = reader.decompress(base64.b64decode(text, validate=True), size + 1)
    except zlib.error as error:
        raise ValueError(f"packed data: {error}") from error
    if len(content) != size:
        raise ValueError(f"packed data does not fill shape {list(shape)} of {dtype}")
    differences = np.frombuffer(content, np.uint8).reshape(dtype.itemsize, *shape)
    planes = np.cumsum(differences, axis=2, dtype=np.uint8)
    values = planes.reshape(dtype.itemsize, -1).T
    little = dtype.newbyteorder("<")
    return np.ascontiguousarray(values).view(little).astype(dtype).reshape(shape)
