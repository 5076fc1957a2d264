"""Users' images, whatever their layout, type and range: read once, and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole
from lime.models.networks import is_tensor

FEW_CHANNELS = 4
"""Most channels that a dimension has without being told to hold them."""

MANY_CHANNELS = 16
"""Channels from which on somebody must say that they are some."""

IMAGENET_MEAN, IMAGENET_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""What most published networks subtract from, and divide, a picture in 0..1 by, for red, green and blue."""

SNAP = 1e-3
"""Distance from a whole number, in steps of 0..255, that is the rounding of an earlier scaling."""


@dataclass(frozen=True)
class Picture:
    """An image as it came, and as numpy sees it.

    Attributes
    ----------
    given : ndarray or tensor
        What the model is given variants of.
    values : ndarray
        The same numbers in the same layout.
    channel_axis : int or None
        Dimension of the channels, counted from 0; None for an image of two dimensions.
    notes : list of str
        How it was read, where that is not the only way.
    """

    given: Any
    values: NDArray[Any]
    channel_axis: int | None
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = (n for axis, n in enumerate(self.values.shape) if axis != self.channel_axis)
        return height, width

    def channels_last(self) -> NDArray[Any]:
        """The values with shape (height, width, channels), one channel where there is no dimension of them."""
        if self.channel_axis is None:
            return self.values[:, :, None]
        return np.moveaxis(self.values, self.channel_axis, -1)


def read_image(image: Any, channel_axis: int | None = None) -> Picture:
    """Read what a user passed for an image.

    Parameters
    ----------
    image : array-like or tensor, shape (height, width), (height, width, channels) or (channels, height, width)
        Booleans, whole numbers or floats.
    channel_axis : int, optional
        Where the channels are. None means last in an array and first in a tensor, but where only the other end has
        as few as channels are.

    Raises
    ------
    TypeError
        If it does not consist of real numbers.
    ValueError
        If its shape is not that of one image, or `channel_axis` is none of its axes.
    """
    given, values = _as_array(image)
    if values.dtype.kind == "O":
        given = values = _numbers_of(values)
    if values.dtype.kind not in "buif":
        raise TypeError(f"image is {_describe(image, values)}: expected real numbers")
    if values.ndim == 4 and values.shape[0] == 1:
        raise ValueError(f"image has shape {values.shape}, a batch of one: expected one image; pass image[0]")
    if values.ndim not in (2, 3):
        raise ValueError(
            f"image is {_describe(image, values)}: expected one image of shape (height, width), "
            "(height, width, channels) or, with channel_axis=0, (channels, height, width); lime.LimeVolumeExplainer "
            "explains volumes and videos"
        )
    if 0 in values.shape:
        raise ValueError(f"image has shape {values.shape}, without a pixel: expected at least one pixel and channel")
    axis, notes = _channel_axis(values.shape, channel_axis, is_tensor(given))
    return Picture(given, values, axis, [*notes, *_notes_on_values(values)])


def _notes_on_values(values: NDArray[Any]) -> list[str]:
    odd = int(np.count_nonzero(~np.isfinite(values)))
    if not odd:
        return []
    sentence = (
        f"The image holds NaN or infinities in {odd} of {values.size} values. The model gets them as they are, and the "
        "mean colour of a segment with such pixels is no finite one. numpy.nan_to_num fills them in."
    )
    return [sentence]


def _as_array(image: Any) -> tuple[Any, NDArray[Any]]:
    """What the model gets variants of, and its numbers."""
    if is_tensor(image):
        values = image.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()  # numpy has no such type; every bfloat16 is a float32
        return image, values.numpy()
    if image is None or isinstance(image, str | bytes | dict):
        raise TypeError(f"image is {_kind(image)}: expected an array or a tensor of pixels")
    if getattr(image, "mode", None) in ("P", "PA", "CMYK", "LAB", "HSV", "YCbCr") and hasattr(image, "convert"):
        image = image.convert("RGB")  # a Pillow image whose numbers are not colours
    try:
        values = np.asarray(image)
    except (TypeError, ValueError) as error:
        raise TypeError(f"image is {_kind(image)}: expected an array or a tensor of pixels ({error})") from error
    return values, values


def _numbers_of(values: NDArray[Any]) -> NDArray[Any]:
    """An array of objects as one of floats, where all of them are numbers; else as it is."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        return values


def _channel_axis(shape: tuple[int, ...], wanted: Any, tensor: bool) -> tuple[int | None, list[str]]:
    if len(shape) == 2:
        if wanted is not None:
            raise ValueError(f"channel_axis={wanted!r}, but image has shape {shape}: expected three dimensions")
        return None, []
    if wanted is not None:
        if not is_whole(wanted) or not -3 <= wanted < 3:
            raise ValueError(f"channel_axis={wanted!r}: expected an axis of an image of shape {shape}")
        return int(wanted) % 3, []
    first, last = shape[0] <= FEW_CHANNELS, shape[2] <= FEW_CHANNELS
    if tensor:
        return (2, [_read_as(shape, "last")]) if last and not first else (0, [])
    return (0, [_read_as(shape, "first")]) if first and not last else (2, [])


def refuse_volume(picture: Picture) -> None:
    """Refuse what looks like pictures behind each other, where nobody said that these are channels.

    Raises
    ------
    ValueError
        If the picture has `MANY_CHANNELS` or more.
    """
    axis = picture.channel_axis
    if axis is not None and picture.values.shape[axis] >= MANY_CHANNELS:
        raise ValueError(
            f"image has shape {picture.values.shape}, which looks like a volume or a video: "
            f"lime.LimeVolumeExplainer explains these. If it is a picture of {picture.values.shape[axis]} channels, "
            f"pass channel_axis={axis}"
        )


def _read_as(shape: tuple[int, ...], where: str) -> str:
    return f"The image of shape {shape} was read with its channels {where}; channel_axis says otherwise."


def _kind(thing: Any) -> str:
    return "None" if thing is None else f"an object of type {type(thing).__name__}"


def _describe(image: Any, values: NDArray[Any]) -> str:
    return f"{_kind(image)} with dtype {values.dtype} and shape {values.shape}"


def as_rgb(picture: Picture) -> NDArray[np.float64]:
    """The picture in three channels from 0 to 255, whatever its own range is, for segmentation.

    Whole numbers are taken to run over their type's range, or to 255 where none is above that; floats over 0..1,
    0..255 or -1..1, the first of these that holds them all; what fits a picture in 0..1 that the usual mean and
    deviation were taken off is brought back. Anything else is stretched so that its least value is 0 and its
    greatest 255. One channel is repeated, two get their mean as a third, of four the first three are taken, and of
    more the three principal components.

    Returns
    -------
    ndarray of float, shape (height, width, 3)
    """
    values = picture.channels_last()
    channels = values.shape[2]
    if channels == 4:
        values = values[:, :, :3]
    scaled = _to_byte_range(values)
    if channels == 1:
        scaled = np.repeat(scaled, 3, axis=2)
    elif channels == 2:
        scaled = np.concatenate([scaled, scaled.mean(axis=2, keepdims=True)], axis=2)
    elif channels > FEW_CHANNELS:
        scaled = _principal(scaled)
    return np.ascontiguousarray(scaled)


def finite_range(values: NDArray[Any]) -> tuple[float, float]:
    """The least and the greatest of the finite values; twice 0 where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _to_byte_range(values: NDArray[Any]) -> NDArray[np.float64]:
    low, high = finite_range(values)
    # No algorithm knows what NaN looks like.
    floats = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    if values.dtype.kind == "b":
        return 255.0 * floats
    if values.dtype.kind in "ui" and low >= 0:
        top = 255 if high <= 255 else np.iinfo(values.dtype).max if values.dtype.itemsize <= 2 else high
        return _snap(floats * (255.0 / top))
    if low >= 0 and high <= 1:
        return _snap(255.0 * floats)
    if low >= 0 and high <= 255:
        return floats
    if low >= -1 and high <= 1:
        return _snap(127.5 * (floats + 1.0))
    if values.shape[2] == 3:
        original = floats * IMAGENET_STD + IMAGENET_MEAN
        if original.min() >= -1e-3 and original.max() <= 1.0 + 1e-3:
            return np.clip(_snap(255.0 * original), 0.0, 255.0)
    return _snap((floats - low) * (255.0 / (high - low))) if high > low else np.zeros_like(floats)


def _snap(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo what scaling a picture of whole numbers to another range and back has rounded."""
    whole = np.rint(values)
    return np.where(np.abs(values - whole) <= SNAP, whole, values)


def _principal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The three directions in which the channels differ most, together stretched to 0..255."""
    flat = values.reshape(-1, values.shape[2])
    flat = flat - flat.mean(axis=0)
    _, vectors = np.linalg.eigh(flat.T @ flat)
    leading = vectors[:, :-4:-1]
    # An eigenvector's sign is arbitrary: its largest entry shall be positive.
    leading = leading * np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(3)])
    found = flat @ leading
    low, high = found.min(), found.max()
    scaled = (found - low) * (255.0 / (high - low)) if high > low else np.zeros_like(found)
    result: NDArray[np.float64] = scaled.reshape(*values.shape[:2], 3)
    return result
