"""An explanation of a volume or a video: weights of its segments, and the slices that show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime import _upper
from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.image import ImageExplanation, where_in_picture
from lime.results.mapper import DomainMapper, refuse_keywords
from lime.results.multi import filled_from
from lime.results.segments import add_places, weights_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLACE_COLUMNS", "VolumeExplanation", "VolumeMapper"]

PLACE_COLUMNS = ("voxels", "share", "first_slice", "last_slice", "where")

SHOWN = 6
"""Slices that a page and a plot show."""


class VolumeMapper(DomainMapper):
    """Names the segments of one volume, and says where they are.

    Parameters
    ----------
    segments : ndarray of int, shape (slices, height, width)
        A feature id is a number of it.
    slice_name : str
        What a reader calls the pictures.
    """

    counted_as = "segment"
    warns_once = True

    def __init__(self, segments: NDArray[Any], slice_name: str = "slice") -> None:
        self.segments = segments
        self.slice_name = slice_name
        self._places: dict[int, dict[str, Any]] | None = None

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace numbers of segments by words such as "segment 7, slices 2 to 5, top left"."""
        return [(self.describe(feature_id)["feature"], weight) for feature_id, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Describe a segment; beside the common keys its voxels, share, first_slice, last_slice and where."""
        name = f"segment {feature_id}"
        found: dict[str, Any] = {"feature": name, "index": feature_id, "name": name}
        found |= {"value": None, "low": None, "high": None, **dict.fromkeys(PLACE_COLUMNS)}
        place = self._place_of(int(feature_id))
        if place is not None:
            first, last = place["first_slice"], place["last_slice"]
            along = f"{self.slice_name} {first}" if first == last else f"{self.slice_name}s {first} to {last}"
            found |= {**place, "feature": f"{name}, {along}, {place['where']}"}
        return found

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Choose some slices to show the instance."""
        if kwargs:
            refuse_keywords(kwargs)
        return {"kind": "slices"}

    def _place_of(self, number: int) -> dict[str, Any] | None:
        if self._places is None:
            depth, height, width = self.segments.shape
            labels, codes = np.unique(self.segments, return_inverse=True)
            codes = codes.ravel()
            counts = np.bincount(codes)
            along, rows, columns = (grid.ravel() for grid in np.indices((depth, height, width)))
            first, last = np.full(len(labels), depth), np.full(len(labels), -1)
            np.minimum.at(first, codes, along)
            np.maximum.at(last, codes, along)
            row, column = np.bincount(codes, rows) / counts, np.bincount(codes, columns) / counts
            self._places = {
                int(label): {
                    "voxels": int(counts[k]),
                    "share": float(counts[k] / codes.size),
                    "first_slice": int(first[k]),
                    "last_slice": int(last[k]),
                    "where": where_in_picture(float(row[k]), float(column[k]), height, width),
                }
                for k, label in enumerate(labels)
            }
        return self._places.get(number)


class VolumeExplanation(Explanation):
    """Why a model said what it said about one volume or video.

    Everything that an `Explanation` has; a feature is a segment, and its id is the segment's number.

    Parameters
    ----------
    volume : ndarray, shape (slices, height, width) or (slices, height, width, channels)
        Any numeric type and range; it is kept as it is.
    segments : ndarray of int, shape (slices, height, width)
        Number of the segment at each place.
    mode : {"classification", "regression"}
        What the model does.
    class_names : sequence of str, optional
        By column of the model's predictions.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute.
    slice_name : str
        What a reader calls the pictures.

    Attributes
    ----------
    volume : ndarray, or None
        As given; None where an explanation was stored without it.
    segments : ndarray of int
    slice_name : str

    Raises
    ------
    ValueError
        Segments do not fit the volume.
    LimeError
        An unknown mode.
    """

    most_rows = 10
    more_columns = PLACE_COLUMNS

    def __init__(
        self,
        volume: Any,
        segments: Any,
        *,
        mode: str = "classification",
        class_names: Sequence[Any] | None = None,
        random_state: np.random.RandomState | None = None,
        slice_name: str = "slice",
    ) -> None:
        self.volume: Any = None if volume is None else np.asarray(volume)
        self.segments: NDArray[Any] = np.asarray(segments)
        self.slice_name = slice_name
        shape = self.segments.shape
        if len(shape) != 3 or (self.volume is not None and self.volume.shape[:3] != shape):
            raise ValueError(f"segments has shape {shape}: expected (slices, height, width), those of the volume")
        super().__init__(VolumeMapper(self.segments, slice_name), mode, class_names, random_state)

    # ---- data

    def weights_at_voxels(self, label: Any = None) -> NDArray[np.float64]:
        """Return the weight of the segment that each place is in, 0 where it has none.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        ndarray of float, shape (slices, height, width)

        Raises
        ------
        KeyError
            The label was not explained.
        """
        return weights_at(self.local_exp[self.resolve_label(label)], self.segments)

    def slice(self, number: int) -> ImageExplanation:
        """Return one slice as an explanation of a picture, with the weights of the segments that it cuts.

        Parameters
        ----------
        number : int
            From 0.

        Returns
        -------
        ImageExplanation

        Raises
        ------
        IndexError
            There is no such slice.
        ValueError
            This explanation was stored without its volume.
        """
        if self.volume is None:
            raise ValueError("this explanation was stored without its volume: expected one stored with it")
        if not 0 <= number < len(self.segments):
            raise IndexError(f"{self.slice_name} {number!r}: expected a number from 0 to {len(self.segments) - 1}")
        segments = self.segments[number]
        own = ImageExplanation(self._picture(number), segments, mode=self.mode, class_names=self.class_names)
        there = set(np.unique(segments).tolist())
        return filled_from(own, self, lambda feature: feature if feature in there else None)

    def _picture(self, number: int) -> NDArray[Any]:
        """A slice as a picture; floats that are no colours run over the range of the whole volume."""
        picture: NDArray[Any] = self.volume[number]
        channels = 1 if picture.ndim == 2 else picture.shape[2]
        if picture.ndim == 3 and channels not in (3, 4):
            picture = picture.mean(axis=2)
        if self.volume.dtype == np.uint8:
            return picture
        known = self.volume[np.isfinite(self.volume)] if self.volume.dtype.kind == "f" else self.volume
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        if self.volume.dtype.kind == "f" and low >= 0.0 and high <= 1.0 and high > 0.5:
            return picture
        return (picture.astype(np.float64) - low) / (high - low if high > low else 1.0)

    def slices_to_show(self, label: Any = None, most: int = SHOWN) -> list[int]:
        """Return numbers of slices that show the volume: evenly spaced, and the one with the strongest segment's most.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        most : int
            How many at most.

        Returns
        -------
        list of int
            Rising.
        """
        depth = len(self.segments)
        if depth <= most:
            return list(range(depth))
        chosen = np.unique(((np.arange(most) + 0.5) * depth / most).astype(int)).tolist()
        pairs = self.local_exp[self.resolve_label(label)] if self.local_exp else []
        if pairs:
            strongest = int(np.argmax((self.segments == pairs[0][0]).sum(axis=(1, 2))))
            nearest = min(chosen, key=lambda one: abs(one - strongest))
            chosen[chosen.index(nearest)] = strongest
        return sorted(set(chosen))

    def records(self, label: Any = None) -> list[dict[str, Any]]:
        """Return one dict of plain values a segment, by falling size of the weight.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of dict
            With the keys of `Explanation.records`, and voxels, share, first_slice, last_slice and where.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        return add_places(super().records(label), self.domain_mapper, PLACE_COLUMNS)

    def to_dict(self, include_volume: bool = True) -> dict[str, Any]:
        """Return everything a reader needs as plain values; see `Explanation.to_dict`.

        Parameters
        ----------
        include_volume : bool
            False leaves the numbers of the volume out; segments stay.

        Returns
        -------
        dict
            Of plain values; JSON can hold them.
        """
        pack_image, pack_labels = _upper.pack_image, _upper.pack_labels
        content = super().to_dict()
        content["domain"], content["slice_name"], content["volume"] = "volume", self.slice_name, None
        depth, height, width = self.segments.shape
        content["segments"] = {**pack_labels(self.segments.reshape(depth * height, width)), "slices": depth}
        if include_volume and self.volume is not None:
            flat = self.volume.reshape(depth * height, width, *self.volume.shape[3:])
            content["volume"] = {**pack_image(np.ascontiguousarray(flat), exact=True), "slices": depth}
        return content

    @classmethod
    def from_stored(cls, content: dict[str, Any], mapper: DomainMapper) -> VolumeExplanation:
        """Make the explanation that a stored dict describes, with no label in it yet.

        Parameters
        ----------
        content : dict
            As `to_dict` gives it.
        mapper : DomainMapper
            Not needed: the segments tell all.

        Returns
        -------
        VolumeExplanation

        Raises
        ------
        LimeError
            It is not of a volume.
        """
        unpack_image, unpack_labels = _upper.unpack_image, _upper.unpack_labels
        if content.get("domain") != "volume":
            raise LimeError("not an explanation of a volume: expected one that a VolumeExplanation wrote")
        depth = int(content["segments"]["slices"])
        labels = unpack_labels(content["segments"])
        segments = labels.reshape(depth, -1, labels.shape[1])
        volume = None
        if content["volume"] is not None:
            flat = unpack_image(content["volume"])
            volume = flat.reshape(*segments.shape, *flat.shape[2:])
        names = content["class_names"]
        return cls(volume, segments, mode=content["mode"], class_names=names, slice_name=str(content["slice_name"]))

    # ---- pictures

    def plot(self, label: Any = None, ax: Axes | None = None, kind: str = "slice") -> Axes:
        """Draw the slice that shows most of the strongest segment, tinted by the weights of a label.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.
        kind : {"slice", "bars", "waterfall"}
            One slice, or the weights without it; `plot_slices` draws several.

        Returns
        -------
        Axes

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            An unknown `kind`, or this explanation was stored without its volume.
        """
        label = self.resolve_label(label)
        if kind != "slice":
            if kind not in ("bars", "waterfall"):
                raise ValueError(f"kind={kind!r}: expected 'slice', 'bars' or 'waterfall'")
            return super().plot(label, ax, kind)
        pairs = self.local_exp[label]
        sizes = (self.segments == pairs[0][0]).sum(axis=(1, 2)) if pairs else np.zeros(len(self.segments))
        return self.slice(int(np.argmax(sizes))).plot(label, ax=ax)

    def plot_slices(self, label: Any = None, numbers: Sequence[int] | None = None) -> list[Axes]:
        """Draw several slices side by side, tinted by the weights of a label.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        numbers : sequence of int, optional
            Which slices; `slices_to_show` when None.

        Returns
        -------
        list of matplotlib.axes.Axes
            One a slice, in a new figure, which becomes pyplot's current one.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        plot_slices = _upper.plot_slices

        label = self.resolve_label(label)
        return plot_slices(self, label, self.slices_to_show(label) if numbers is None else list(numbers))
