"""One time series as an array of steps and channels, whatever form it was given in, and back again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.wording import counted
from lime.models.networks import is_tensor

CHANNEL_AXES = (None, 0, 1, -1, -2)


@dataclass(frozen=True)
class Series:
    """A series as it is explained.

    Attributes
    ----------
    given : array, tensor, Series, frame or list
        As it came.
    values : ndarray of float, shape (steps, channels)
        Its numbers, in the dtype that the model gets.
    dimensions : int
        1 where it was given without channels, else 2.
    channel_axis : int or None
        Where one input of the model has its channels: 0 or 1; None where it has none.
    channel_names : list of str or None
        What the columns of a frame are called.
    times : list or None
        The index of a frame or Series, where that is more than positions.
    notes : tuple of str
        What a reader must know of the form.
    """

    given: Any
    values: NDArray[Any]
    dimensions: int
    channel_axis: int | None
    channel_names: list[str] | None = None
    times: list[Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input of the model."""
        steps, channels = self.values.shape
        if self.channel_axis is None:
            return (steps,)
        return (channels, steps) if self.channel_axis == 0 else (steps, channels)

    def batch(self, values: NDArray[Any]) -> Any:
        """Series (n, steps, channels) in the form that the model takes: an array, or a tensor where one was given."""
        values = values.astype(self.values.dtype, copy=False)
        if self.channel_axis is None:
            values = values[:, :, 0]
        elif self.channel_axis == 0:
            values = values.transpose(0, 2, 1)
        values = np.ascontiguousarray(values)
        return self._as_given(values)

    def alone(self, values: NDArray[Any]) -> Any:
        """One series (steps, channels) in the form in which the instance was given."""
        values = values.astype(self.values.dtype, copy=False)
        if self.dimensions == 1:
            return self._as_given(np.ascontiguousarray(values[:, 0]))
        return self._as_given(np.ascontiguousarray(values.T if self.channel_axis == 0 else values))

    def _as_given(self, values: NDArray[Any]) -> Any:
        if not is_tensor(self.given):
            return values
        torch = sys.modules["torch"]
        of = self.given.dtype if self.given.dtype.is_floating_point else None
        return torch.as_tensor(values, dtype=of, device=self.given.device)


def check_channel_axis(channel_axis: Any) -> int | None:
    """Return where the channels of one series are, as 0, 1 or None.

    Raises
    ------
    ValueError
        It is none of its axes.
    """
    if isinstance(channel_axis, bool) or channel_axis not in CHANNEL_AXES:
        raise ValueError(
            f"channel_axis={channel_axis!r}: expected 0 where the channels of a series come first, 1 where they come "
            "last, or None"
        )
    return None if channel_axis is None else int(channel_axis) % 2


def read_series(given: Any, channel_axis: int | None = None) -> Series:
    """Read one series.

    Parameters
    ----------
    given : array, tensor, Series, frame or list
        Of one dimension, or of two with `channel_axis` among them (last when None). A frame of one row is a series
        along its columns, any other has a row for each step.
    channel_axis : int, optional
        0 or 1. A series of one dimension is given to the model with one channel there.

    Returns
    -------
    Series

    Raises
    ------
    TypeError, ValueError
        It holds no numbers, has another shape, or no step.
    """
    names: list[str] | None = None
    times: list[Any] | None = None
    frame = hasattr(given, "columns") and getattr(given, "ndim", 2) == 2
    array = _numbers(given)
    if frame and array.ndim == 2 and array.shape[0] == 1:
        array = array[0]
    elif frame:
        names = [str(name) for name in given.columns]
    if array.ndim not in (1, 2):
        several = ". Pass one series such as series[0], or call explain_instances" if array.ndim == 3 else ""
        raise ValueError(
            f"the series has shape {array.shape}: expected (steps,), or one dimension more for channels{several}"
        )
    notes = []
    if array.ndim == 2:
        if frame:  # its columns are its channels, whatever the model wants
            values = array
        else:
            values = array.T if channel_axis == 0 else array
        if channel_axis is None and values.shape[0] < values.shape[1] and not frame:
            notes.append(
                f"The series was read as {counted(values.shape[0], 'step')} of "
                f"{counted(values.shape[1], 'channel')}. Pass channel_axis=0 if its channels come first, as they do "
                "for sktime and aeon."
            )
        axis: int | None = 1 if channel_axis is None else channel_axis
    else:
        values, axis = array[:, None], channel_axis
    if not values.size:
        raise ValueError(f"the series has shape {array.shape}: expected at least one step")
    if not (frame and array.ndim == 1):
        times = _times_of(given)
    return Series(given, values, array.ndim, axis, names, times, tuple(notes))


def read_all(data: Any, channel_axis: int | None = None) -> list[NDArray[np.float64]]:
    """Training series as arrays (steps, channels).

    Parameters
    ----------
    data : array, frame or sequence of series
        An array of two dimensions has a series a row; of three the first one counts the series.
    channel_axis : int, optional
        As for `read_series`.

    Raises
    ------
    TypeError, ValueError
        One of them is no series, there is none, or they have different channels.
    """
    if hasattr(data, "columns"):
        data = _numbers(data)
    rows: Sequence[Any] = data
    if not hasattr(rows, "__len__") or isinstance(rows, str | bytes) or len(rows) == 0:
        raise ValueError("training_data holds no series: expected an array or a list with at least one")
    if getattr(data, "ndim", 2) == 1 and np.dtype(data.dtype).kind != "O":
        raise ValueError(f"training_data has shape {data.shape}: expected several series, so one dimension more")
    found = [read_series(row, channel_axis).values.astype(np.float64) for row in rows]
    channels = {one.shape[1] for one in found}
    if len(channels) > 1:
        raise ValueError(
            f"training_data holds series of {' and '.join(map(str, sorted(channels)))} channels: "
            "expected the same number in each"
        )
    return found


def _numbers(given: Any) -> NDArray[Any]:
    """An array of floats; what is float keeps its dtype."""
    if isinstance(given, str | bytes) or given is None:
        raise TypeError(f"the series is {type(given).__name__}: expected an array of numbers")
    if is_tensor(given):
        tensor = given.detach().cpu()
        given = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
    elif hasattr(given, "to_numpy"):
        given = given.to_numpy()
    try:
        array = np.asarray(given)
        if array.dtype.kind == "f":
            return array
        if array.dtype.kind in "buiO":
            return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "the series does not hold numbers alone, or its rows differ in length: expected an array of numbers"
        ) from error
    raise TypeError(f"the series is of type {array.dtype}: expected an array of numbers")


def _times_of(given: Any) -> list[Any] | None:
    """The index of a pandas Series or frame; None where it only counts."""
    index = getattr(given, "index", None)
    if index is None or callable(index) or type(index).__name__ == "RangeIndex":
        return None
    return list(index)
