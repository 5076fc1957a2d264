"""What is seen of a segment that is hidden: its mean colour, a colour, a blur, or another picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.image.pixels import Picture
from lime.engine.inspection import raised_in
from lime.models.networks import is_tensor

BLUR = 0.05
"""Standard deviation of the blur as a share of the longer side."""


def hidden_image(picture: Picture, segments: NDArray[Any], codes: NDArray[np.intp], hide: Any) -> NDArray[Any]:
    """The picture with every segment hidden, in its own layout and type.

    Parameters
    ----------
    picture : Picture
    segments : ndarray of int, shape (height, width)
    codes : ndarray of int, shape (height * width,)
        Positions of the pixels' labels among the sorted labels.
    hide : None, number, colour, "blur", image or callable
        None takes the mean of each segment and channel. A colour has one number a channel. An image has the
        picture's shape. A callable ``hide(image, segments)`` returns one of those.

    Raises
    ------
    TypeError, ValueError
        If it is none of these, or its shape is not the picture's.
    """
    if callable(hide) and not is_tensor(hide):
        # Copies: what is done in place there must not reach the caller's image.
        image = picture.given.clone() if is_tensor(picture.given) else picture.given.copy()
        with raised_in("hide_color", "hide_color(image, segments)", f"an image of shape {picture.values.shape}"):
            hide = hide(image, segments.copy())
        if hide is None or isinstance(hide, str):
            raise TypeError(f"hide_color returned {hide!r}: expected an image of shape {picture.values.shape}")
    if hide is None:
        return _segment_means(picture, codes)
    if isinstance(hide, str):
        if hide != "blur":
            raise ValueError(
                f"hide_color={hide!r}: expected None, a number, one number a channel, 'blur', an image or a function"
            )
        return _blurred(picture)
    return _of_colour(picture, hide.detach().cpu().numpy() if is_tensor(hide) else hide)


def _in_own_layout(picture: Picture, channels_last: NDArray[Any]) -> NDArray[Any]:
    """Turn (height, width, channels) into the picture's layout and type; fractions of whole numbers are cut off."""
    values = (
        channels_last[:, :, 0] if picture.channel_axis is None else np.moveaxis(channels_last, -1, picture.channel_axis)
    )
    if picture.values.dtype.kind == "b":
        return np.ascontiguousarray(values >= 0.5)
    return np.ascontiguousarray(values.astype(picture.values.dtype))


def _segment_means(picture: Picture, codes: NDArray[np.intp]) -> NDArray[Any]:
    image = picture.channels_last()
    flat = image.reshape(-1, image.shape[2])
    pixels = np.bincount(codes)
    means = np.column_stack([np.bincount(codes, flat[:, c].astype(np.float64)) / pixels for c in range(flat.shape[1])])
    return _in_own_layout(picture, means[codes].reshape(image.shape))


def _blurred(picture: Picture) -> NDArray[Any]:
    from scipy.ndimage import gaussian_filter

    image = picture.channels_last().astype(np.float64)
    sigma = BLUR * max(picture.size)
    return _in_own_layout(picture, gaussian_filter(image, (sigma, sigma, 0.0), mode="nearest"))


def _of_colour(picture: Picture, colour: Any) -> NDArray[Any]:
    shape, dtype = picture.values.shape, picture.values.dtype
    array = np.asarray(colour)
    if array.dtype.kind not in "buif":
        raise TypeError(
            f"hide_color={colour!r}: expected None, a number, one number a channel, 'blur', an image or a function"
        )
    if dtype.kind in "ui" and not np.isfinite(array).all():
        raise ValueError(
            f"hide_color holds NaN or infinities, but the image is of type {dtype}: expected whole numbers"
        )
    if dtype.kind in "ui":
        bounds = np.iinfo(dtype)
        if array.min() < bounds.min or array.max() > bounds.max:
            raise ValueError(
                f"hide_color has values from {array.min()} to {array.max()}, but the image is of type {dtype}: "
                f"expected values from {bounds.min} to {bounds.max}"
            )
    if array.ndim == 1 and picture.channel_axis is not None and len(array) in (1, shape[picture.channel_axis]):
        array = array.reshape([-1 if axis == picture.channel_axis else 1 for axis in range(3)])
    elif array.ndim == 1 and picture.channel_axis is None and len(set(array.tolist())) == 1:
        array = array[0]  # a grey picture, and a grey written as red, green and blue
    elif array.ndim == 2 and array.shape == picture.size and picture.channel_axis is not None:
        array = np.expand_dims(array, picture.channel_axis)
    elif array.ndim and not _fits(array, shape):
        raise ValueError(
            f"hide_color has shape {array.shape}: expected a number, one number for each channel, or an image of "
            f"shape {shape}"
        )
    return np.ascontiguousarray(np.broadcast_to(array, shape).astype(dtype))


def _fits(array: NDArray[Any], shape: tuple[int, ...]) -> bool:
    """Whether numpy would write an array into an image of this shape, as lime 0.2.0.1 let it."""
    try:
        return np.broadcast_shapes(array.shape, shape) == shape
    except ValueError:
        return False
