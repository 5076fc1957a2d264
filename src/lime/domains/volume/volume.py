"""Volumes as arrays, whatever their layout, and their segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole, raised_in
from lime.models.networks import is_tensor

SEGMENTS = 50
"""Segments that are looked for where nobody says how many."""

COMPACTNESS = 0.1
"""How much being near counts beside being alike, for values that run over 0..1."""


@dataclass(frozen=True)
class Volume:
    """A volume as it came, and as numpy sees it.

    Attributes
    ----------
    given : ndarray or tensor
    values : ndarray
        The same numbers in the same layout.
    channel_axis : int or None
        Dimension of the channels; None where there is none.
    """

    given: Any
    values: NDArray[Any]
    channel_axis: int | None

    @property
    def size(self) -> tuple[int, int, int]:
        """Slices, height and width."""
        first, second, third = (n for axis, n in enumerate(self.values.shape) if axis != self.channel_axis)
        return first, second, third

    def channels_last(self) -> NDArray[Any]:
        """The values with shape (slices, height, width) or (slices, height, width, channels)."""
        return self.values if self.channel_axis is None else np.moveaxis(self.values, self.channel_axis, -1)

    def spread(self, per_voxel: NDArray[Any]) -> NDArray[Any]:
        """Arrays (..., slices, height, width) with a dimension for the channels, where the volume has one."""
        if self.channel_axis is None:
            return per_voxel
        return np.expand_dims(per_voxel, self.channel_axis - self.values.ndim)

    def batch(self, values: NDArray[Any]) -> Any:
        """A batch in the volume's own type: an array, or a tensor on its device."""
        typed = values.astype(self.values.dtype, copy=False)
        return self.given.new_tensor(typed) if is_tensor(self.given) else typed


def read_volume(volume: Any, channel_axis: int | None = None) -> Volume:
    """Read what a user passed for a volume or a video.

    Parameters
    ----------
    volume : array-like or tensor, shape (slices, height, width), or with a dimension of channels
        Booleans, whole numbers or floats.
    channel_axis : int, optional
        Where the channels of four dimensions are; last when None.

    Raises
    ------
    TypeError
        If it does not consist of real numbers.
    ValueError
        If its shape is not that of one volume, or `channel_axis` is none of its axes.
    """
    values = volume.detach().cpu().numpy() if is_tensor(volume) else np.asarray(volume)
    if values.dtype.kind not in "buif":
        raise TypeError(f"volume is of type {values.dtype}: expected an array of numbers")
    if values.ndim not in (3, 4) or 0 in values.shape:
        raise ValueError(
            f"volume has shape {values.shape}: expected (slices, height, width), or four dimensions, one of them of "
            "channels"
        )
    if values.ndim == 3:
        if channel_axis is not None:
            raise ValueError(f"channel_axis={channel_axis!r}, but volume has shape {values.shape}: expected None")
        return Volume(volume if is_tensor(volume) else values, values, None)
    axis = 3 if channel_axis is None else channel_axis
    if not is_whole(axis) or not -4 <= axis < 4:
        raise ValueError(f"channel_axis={channel_axis!r}: expected an axis of a volume of shape {values.shape}")
    return Volume(volume if is_tensor(volume) else values, values, int(axis) % 4)


def scaled(volume: Volume) -> NDArray[np.float64]:
    """The values from 0 to 1, channels last; NaN and infinities as 0."""
    values = volume.channels_last().astype(np.float64)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    result: NDArray[np.float64] = np.nan_to_num((values - low) / (high - low if high > low else 1.0), nan=0.0)
    return np.clip(result, 0.0, 1.0)


def find_segments(volume: Volume, segmentation: Any, num_segments: int | None) -> NDArray[np.intp]:
    """Number the segments of a volume from 0.

    Parameters
    ----------
    volume : Volume
    segmentation : {"slic", "blocks"}, array of int or callable
    num_segments : int, optional
        About how many, of the first two.

    Returns
    -------
    ndarray of int, shape (slices, height, width)

    Raises
    ------
    ValueError
        If labels do not fit the volume.
    """
    count = SEGMENTS if num_segments is None else num_segments
    if isinstance(segmentation, str):
        found: Any = _slic(volume, count) if segmentation == "slic" else _blocks(volume.size, count)
    elif callable(segmentation) and not is_tensor(segmentation):
        with raised_in("segmentation", "segmentation(volume)", f"labels of shape {volume.size}"):
            found = segmentation(volume.channels_last().copy())
    else:
        found = segmentation
    labels = np.asarray(found.cpu() if is_tensor(found) else found)
    if labels.shape != volume.size or labels.dtype.kind not in "bui":
        raise ValueError(
            f"segmentation has shape {labels.shape} and type {labels.dtype}: expected whole numbers of shape "
            f"{volume.size}, a label for each place"
        )
    return np.unique(labels, return_inverse=True)[1].reshape(volume.size).astype(np.intp)


def _slic(volume: Volume, count: int) -> Any:
    from skimage.segmentation import slic

    values = scaled(volume)
    return slic(
        values,
        n_segments=count,
        compactness=COMPACTNESS,
        channel_axis=None if values.ndim == 3 else -1,
        convert2lab=False,
        start_label=0,
    )


def _blocks(size: tuple[int, int, int], count: int) -> NDArray[np.intp]:
    """Blocks of about equal sides, about as many as wanted."""
    side = (np.prod(size) / count) ** (1.0 / 3.0)
    along = [min(n, max(1, round(n / side))) for n in size]
    parts = [np.arange(n) * k // n for n, k in zip(size, along, strict=True)]
    found: NDArray[np.intp] = ((parts[0][:, None, None] * along[1] + parts[1][:, None]) * along[2] + parts[2]).astype(
        np.intp
    )
    return found


def hidden_volume(volume: Volume, segments: NDArray[np.intp], hide: Any) -> NDArray[Any]:
    """The volume with all of it hidden, in its layout and type.

    Parameters
    ----------
    volume : Volume
    segments : ndarray of int, shape (slices, height, width)
    hide : "mean", number or array
        The mean of each segment, channel by channel; a number; or another volume of the same shape.

    Raises
    ------
    ValueError
        If it is none of this.
    """
    if isinstance(hide, str):
        if hide != "mean":
            raise ValueError(f"hide={hide!r}: expected 'mean', a number or a volume of the same shape")
        values = volume.channels_last().astype(np.float64)
        flat, codes = values.reshape(segments.size, -1), segments.ravel()
        counts = np.bincount(codes)
        means = np.stack([np.bincount(codes, flat[:, k]) / counts for k in range(flat.shape[1])], axis=1)
        whole: NDArray[Any] = means[codes].reshape(values.shape)
        if volume.values.dtype.kind in "ui":
            whole = np.rint(whole)
        elif volume.values.dtype.kind == "b":
            whole = whole >= 0.5
        whole = whole.astype(volume.values.dtype)
        return whole if volume.channel_axis is None else np.moveaxis(whole, -1, volume.channel_axis)
    other = np.asarray(hide.detach().cpu() if is_tensor(hide) else hide)
    if other.dtype.kind not in "buif" or other.shape not in ((), volume.values.shape):
        raise ValueError(
            f"hide has shape {other.shape} and type {other.dtype}: expected 'mean', a number or a volume of shape "
            f"{volume.values.shape}"
        )
    return np.broadcast_to(other.astype(volume.values.dtype), volume.values.shape)
