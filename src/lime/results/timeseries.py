"""An explanation of a time series: weights of its segments, and when they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime import _upper
from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.mapper import DomainMapper, refuse_keywords
from lime.results.segments import add_places, weights_at
from lime.results.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLACE_COLUMNS", "TimeSeriesExplanation", "TimeSeriesMapper", "finite_means", "stretches"]

PLACE_COLUMNS = ("channel", "first_step", "last_step", "steps")

_NAMED_STRETCHES = 3


def stretches(members: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and the last step of each run of True.

    Parameters
    ----------
    members : ndarray of bool, shape (steps,)
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], members, [False]]).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def finite_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the finite numbers of each channel, NaN where there is none.

    Parameters
    ----------
    values : ndarray of float, shape (steps, channels)
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    # A power of two, so that the largest numbers have a sum and no other mean is rounded otherwise.
    scale = 2.0 ** np.ceil(np.log2(len(values)))
    total = np.where(known, values / scale, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1) * scale, np.nan)


class TimeSeriesMapper(DomainMapper):
    """Names the segments of one series, and says when they are.

    Parameters
    ----------
    values : ndarray of float, shape (steps, channels)
        The series.
    segments : ndarray of int, shape (steps, channels) or (steps, 1)
        A feature id is a number of it.
    channel_names : sequence of str, optional
        Numbers from 0 when None.
    times : sequence of float, int or str, optional
        What steps are called; their numbers from 0 when None.
    """

    warns_once = True

    def __init__(
        self,
        values: NDArray[Any],
        segments: NDArray[Any],
        channel_names: Sequence[str] | None = None,
        times: Sequence[Any] | None = None,
    ) -> None:
        self.values = values
        self.segments = segments
        self.channel_names = channel_names
        self.times = times
        self._described: dict[int, dict[str, Any]] | None = None

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace numbers of segments by words such as "steps 10 to 19"."""
        return [(self.describe(feature_id)["feature"], weight) for feature_id, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Describe a segment; beside the common keys its `channel`, `first_step`, `last_step` and number of `steps`.

        The value is the mean of its finite numbers, None where there is none.
        """
        if self._described is None:
            units = np.unique(self.segments)  # what is held fixed has the number -1
            self._described = {int(unit): self._described_anew(int(unit)) for unit in units[units >= 0]}
        found = self._described.get(int(feature_id))
        if found is None:
            name = f"segment {feature_id}"
            found = {"feature": name, "index": feature_id, "name": name, "value": None, "low": None, "high": None}
            found |= dict.fromkeys(PLACE_COLUMNS)
        return dict(found)

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Choose a drawing of the series to show the instance."""
        if kwargs:
            refuse_keywords(kwargs)
        return {"kind": "timeseries"}

    def _described_anew(self, unit: int) -> dict[str, Any]:
        inside = self.segments == unit
        apart = self.segments.shape[1] > 1
        parts = stretches(inside.any(axis=1))
        named = [self._span(*part) for part in parts[:_NAMED_STRETCHES]]
        if len(parts) > _NAMED_STRETCHES:
            named.append(f"{len(parts) - _NAMED_STRETCHES} more")
        name = ", ".join(named)
        if self.times is None:
            one = len(parts) == 1 and parts[0][0] == parts[0][1]
            name = f"{'step' if one else 'steps'} {name}"
        channel: str | None = None
        if apart:
            places = np.flatnonzero(inside.any(axis=0)).tolist()
            channel = " and ".join(
                str(place) if self.channel_names is None else self.channel_names[place] for place in places
            )
            what = "channel" if len(places) == 1 else "channels"
            name = f"{what} {channel}, {name}" if self.channel_names is None else f"{channel}, {name}"
        values = self.values[np.broadcast_to(inside, self.values.shape)].astype(np.float64)
        mean = float(finite_means(values[:, None])[0])
        return {
            "feature": name,
            "index": unit,
            "name": name,
            "value": None if np.isnan(mean) else mean,
            "low": None,
            "high": None,
            "channel": channel,
            "first_step": parts[0][0],
            "last_step": parts[-1][1],
            "steps": int(inside.any(axis=1).sum()),
        }

    def _span(self, first: int, last: int) -> str:
        def called(step: int) -> str:
            if self.times is None:
                return str(step)
            time = self.times[step]
            return f"{time:g}" if isinstance(time, float) else str(time)

        return called(first) if first == last else f"{called(first)} to {called(last)}"


class TimeSeriesExplanation(Explanation):
    """Why a model said what it said about one time series.

    Everything that an `Explanation` has; a feature is a segment, and its id is the segment's number.

    Parameters
    ----------
    series : ndarray of float, shape (steps,) or (steps, channels)
        It is kept as it is.
    segments : ndarray of int, shape (steps,) or (steps, channels)
        Number of the segment of each step; of each number of the series where channels are hidden apart.
    mode : {"classification", "regression"}
        What the model does.
    class_names : sequence of str, optional
        By column of the model's prediction.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute.
    channel_names : sequence of str, optional
        Numbers from 0 when None.
    times : sequence, optional
        One number, date or str a step.

    Attributes
    ----------
    series : ndarray of float, shape (steps,) or (steps, channels), or None
        As given; None where an explanation was stored without it.
    segments : ndarray of int, or None
        Likewise.
    channel_names : list of str or None
        As given.
    times : list of float, int or str, or None
        Dates as text.

    Raises
    ------
    ValueError
        Segments, names or times do not fit the series.
    LimeError
        An unknown mode.
    """

    more_columns = PLACE_COLUMNS

    def __init__(
        self,
        series: Any,
        segments: Any,
        *,
        mode: str = "classification",
        class_names: Sequence[Any] | None = None,
        random_state: np.random.RandomState | None = None,
        channel_names: Sequence[str] | None = None,
        times: Any = None,
    ) -> None:
        values, units = _as_columns(series), _as_columns(segments)
        steps, channels = values.shape
        if len(units) != steps or units.shape[1] not in (1, channels):
            raise ValueError(f"segments has shape {np.shape(segments)}: expected {(steps,)} or {(steps, channels)}")
        if channel_names is not None and len(channel_names) != channels:
            raise ValueError(
                f"channel_names has {counted(len(channel_names), 'name')}, but the series has "
                f"{counted(channels, 'channel')}"
            )
        if times is not None and len(times) != steps:
            raise ValueError(
                f"times has {counted(len(times), 'value')}, but the series has {counted(steps, 'step')}: expected one "
                "for each"
            )
        self.series: Any = np.asarray(series)
        self.segments: Any = np.asarray(segments)
        self.channel_names = None if channel_names is None else [str(name) for name in channel_names]
        self.times = None if times is None else _plain_times(times)
        mapper = TimeSeriesMapper(values, units, self.channel_names, self.times)
        super().__init__(mapper, mode, class_names, random_state)

    # ---- data

    def weights_by_step(self, label: Any = None) -> NDArray[np.float64]:
        """Return the weight of the segment that each step is in, 0 where it has none.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        ndarray of float, shape (steps,) or (steps, channels)
            In the shape of `segments`, in the unit of the weights.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            This explanation was stored without its segments.
        """
        pairs = self.local_exp[self.resolve_label(label)]
        if self.segments is None:
            raise ValueError("this explanation was stored without its segments: expected one stored with them")
        return weights_at(pairs, self.segments)

    def records(self, label: Any = None) -> list[dict[str, Any]]:
        """Return one dict of plain values a segment, by falling size of the weight.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of dict
            With the keys of `Explanation.records` (`value` is the segment's mean) and channel (None where all are
            hidden together), first_step, last_step and steps (how many).

        Raises
        ------
        KeyError
            The label was not explained.
        """
        return add_places(super().records(label), self.domain_mapper, PLACE_COLUMNS)

    def to_dict(self, include_series: bool = True) -> dict[str, Any]:
        """Return everything a reader needs as plain values; see `Explanation.to_dict`.

        Parameters
        ----------
        include_series : bool
            False leaves the numbers of the series out; segments stay.

        Returns
        -------
        dict
            Of plain values; JSON can hold them. The series keeps its dtype and every digit.

        Notes
        -----
        Arrays are differences along the time, packed by zlib, in base64.
        """
        pack_image = _upper.pack_image
        pack_labels = _upper.pack_labels

        content = super().to_dict()
        content["domain"] = "timeseries"
        content["channel_names"], content["times"] = self.channel_names, self.times
        content["series"] = content["segments"] = None
        if include_series and self.series is not None:
            packed = pack_image(_as_columns(self.series).T, exact=True)
            content["series"] = {**packed, "dimensions": self.series.ndim}
        if self.segments is not None:
            packed = pack_labels(_as_columns(self.segments).T)
            content["segments"] = {**packed, "dimensions": self.segments.ndim}
        return content

    def to_json(self, path: str | os.PathLike[str] | None = None, include_series: bool = True) -> str:
        """Return `to_dict` as strict JSON, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or path, optional
            A file to write, in ASCII; one that is there is replaced.
        include_series : bool
            False leaves the numbers of the series out; segments stay.

        Returns
        -------
        str
        """
        write_json = _upper.write_json

        return write_json(self.to_dict(include_series), path)

    @classmethod
    def from_stored(cls, content: dict[str, Any], mapper: DomainMapper) -> TimeSeriesExplanation:
        """Make the explanation that a stored dict describes, with no label in it yet.

        Parameters
        ----------
        content : dict
            As `to_dict` gives it.
        mapper : DomainMapper
            Names and values of its features.

        Returns
        -------
        TimeSeriesExplanation

        Raises
        ------
        LimeError
            It is not of a time series.
        ValueError
            Series and segments do not belong together.
        """
        unpack_image = _upper.unpack_image
        unpack_labels = _upper.unpack_labels

        if content.get("domain") != "timeseries":
            raise LimeError("not an explanation of a time series: expected one that a TimeSeriesExplanation wrote")
        exp = cls.__new__(cls)
        Explanation.__init__(exp, mapper, mode=content["mode"], class_names=content["class_names"])
        exp.channel_names, exp.times = content["channel_names"], content["times"]
        exp.series = exp.segments = None
        if content["segments"] is not None:
            exp.segments = _in_shape(unpack_labels(content["segments"]), content["segments"])
        if content["series"] is not None:
            exp.series = _in_shape(unpack_image(content["series"]), content["series"])
        known = [one for one in (exp.series, exp.segments, exp.times) if one is not None]
        if len({len(one) for one in known}) > 1:
            raise ValueError(f"series, segments and times have {', '.join(str(len(one)) for one in known)} steps")
        return exp

    # ---- pictures

    def plot(self, label: Any = None, ax: Axes | None = None, kind: str = "series") -> Axes:
        """Draw the series with its segments tinted by the weights of a label, and return the Axes.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.
        kind : {"series", "bars", "waterfall"}
            The series, several channels one above the other; or the weights without it, see `Explanation.plot`.

        Returns
        -------
        Axes

        Raises
        ------
        KeyError
            The label was not explained.
        TypeError
            `ax` is no Axes.
        ValueError
            An unknown `kind`, or this explanation was stored without the series.
        """
        if kind in ("bars", "waterfall"):
            return super().plot(label, ax, kind)
        plot_timeseries = _upper.plot_timeseries

        return plot_timeseries(self, label=label, ax=ax, kind=kind)


def _as_columns(values: Any) -> NDArray[Any]:
    """An array of shape (steps, channels)."""
    array = np.asarray(values)
    if array.ndim not in (1, 2) or array.dtype.kind not in "buif" or not len(array):
        raise ValueError(
            f"an array of shape {array.shape} and type {array.dtype}: expected numbers of shape (steps,) or "
            "(steps, channels)"
        )
    return array[:, None] if array.ndim == 1 else array


def _in_shape(rows: NDArray[Any], packed: dict[str, Any]) -> NDArray[Any]:
    """What was stored channel by channel, in the dimensions that it had."""
    if packed["dimensions"] not in (1, 2) or rows.ndim != 2 or (packed["dimensions"] == 1 and len(rows) != 1):
        raise ValueError(f"an array of shape {rows.shape} for {packed['dimensions']!r} dimensions")
    return rows[0] if packed["dimensions"] == 1 else np.ascontiguousarray(rows.T)


def _plain_times(times: Sequence[Any]) -> list[Any]:
    """Numbers as Python's, dates as text: without the time of day where all are midnights."""
    array = np.asarray(times)
    if array.dtype.kind in "iu":
        return [int(time) for time in array]
    if array.dtype.kind == "f":
        return [float(time) for time in array]
    texts = [str(time) for time in times]
    if array.dtype.kind == "M":
        texts = [str(time).replace("T", " ") for time in array]
        texts = [text.rstrip("0").rstrip(".") if "." in text else text for text in texts]
    for end in (" 00:00:00", ":00"):
        if all(text.endswith(end) for text in texts):
            texts = [text.removesuffix(end) for text in texts]
    return texts
