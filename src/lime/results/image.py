"""An explanation of a picture: weights of its segments, and where they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from lime import _upper
from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.mapper import DomainMapper, refuse_keywords
from lime.results.segments import add_places, weights_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLACE_COLUMNS", "ImageExplanation", "ImageMapper", "channels_last", "where_in_picture"]

PLACE_COLUMNS = ("pixels", "share", "row", "column", "where")
_ROWS, _COLUMNS = ("top", "", "bottom"), ("left", "", "right")


def where_in_picture(row: float, column: float, height: int, width: int) -> str:
    """Say in words in which ninth of a picture a point lies: "top left", "left", "centre", "bottom" ...

    Parameters
    ----------
    row, column : float
        In pixels, 0 is the middle of the first one.
    height, width : int
        Of the picture, in pixels.
    """
    words = [
        names[min(max(int(3.0 * (place + 0.5) / size), 0), 2)]
        for names, place, size in ((_ROWS, row, height), (_COLUMNS, column, width))
    ]
    return " ".join(filter(None, words)) or "centre"


def channels_last(image: Any, channel_axis: int | None = None) -> NDArray[Any]:
    """Return a picture as a numpy array of shape (height, width) or (height, width, channels).

    Parameters
    ----------
    image : array or torch tensor, of two or three dimensions
    channel_axis : int, optional
        Where the channels are; None means last.

    Raises
    ------
    ValueError
        `image` has another number of dimensions, or `channel_axis` is none of its axes.
    """
    array = _to_numpy(image)
    if array.dtype.kind not in "buif":
        raise ValueError(f"image is of type {array.dtype}: expected numbers")
    if array.ndim not in (2, 3):
        raise ValueError(
            f"image has shape {array.shape}: expected (height, width), or three dimensions, one of them of channels"
        )
    if array.ndim == 2 or channel_axis is None:
        return array
    if not -3 <= channel_axis < 3:
        raise ValueError(f"channel_axis={channel_axis!r}: expected an axis of an image of shape {array.shape}")
    return np.moveaxis(array, channel_axis, -1)


class ImageMapper(DomainMapper):
    """Names the segments of one picture, and says where they are.

    Parameters
    ----------
    segments : ndarray of int, shape (height, width)
        A feature id is a label of it.
    """

    # There are many of them, and their names say little: sentences about several count them.
    counted_as = "segment"
    warns_once = True

    def __init__(self, segments: NDArray[Any]) -> None:
        self.segments = segments
        self._places: dict[int, tuple[int, float, float]] | None = None

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace segment labels by words such as "segment 7, top left"."""
        return [(self.describe(feature_id)["feature"], weight) for feature_id, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Describe a segment; beside the common keys its `pixels`, `share`, `row`, `column` and `where`.

        `row` and `column` are those of its centroid in pixels, `share` is its part of the picture's area. A label
        that the picture does not have covers no pixel and has no place.
        """
        name = f"segment {feature_id}"
        pixels, row, column = self._place_of(int(feature_id))
        found: dict[str, Any] = {"feature": name, "index": feature_id, "name": name}
        found |= {"value": None, "low": None, "high": None, "pixels": pixels, "share": 0.0}
        found |= {"row": None, "column": None, "where": None}
        if pixels:
            height, width = self.segments.shape
            where = where_in_picture(row, column, height, width)
            found |= {"feature": f"{name}, {where}", "share": pixels / self.segments.size}
            found |= {"row": row, "column": column, "where": where}
        return found

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Choose a picture to show the instance."""
        if kwargs:
            refuse_keywords(kwargs)
        return {"kind": "image"}

    def _place_of(self, label: int) -> tuple[int, float, float]:
        if self._places is None:
            height, width = self.segments.shape
            labels, codes = np.unique(self.segments, return_inverse=True)
            codes = codes.reshape(height, width)
            pixels = np.bincount(codes.ravel(), minlength=len(labels))
            rows = np.bincount(codes.ravel(), np.repeat(np.arange(height), width), len(labels)) / pixels
            columns = np.bincount(codes.ravel(), np.tile(np.arange(width), height), len(labels)) / pixels
            self._places = {
                int(name): (int(count), float(row), float(column))
                for name, count, row, column in zip(labels, pixels, rows, columns, strict=True)
            }
        return self._places.get(label, (0, 0.0, 0.0))


class ImageExplanation(Explanation):
    """Why a model said what it said about one picture.

    Everything that an `Explanation` has; a feature is a segment, and its id is the segment's label. Tables and bars
    show the ten strongest segments of a label, everything else all of them.

    Parameters
    ----------
    image : ndarray or torch tensor, shape (height, width), (height, width, channels) or with `channel_axis`
        Any numeric type and range; it is kept as it is.
    segments : ndarray of int, shape (height, width)
        Labels of any values.
    mode : {"classification", "regression"}
        What the model does.
    class_names : sequence of str, optional
        By column of the model's prediction.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute.
    channel_axis : int, optional
        Where the channels of a picture with three dimensions are; None means last.

    Attributes
    ----------
    image : ndarray or torch tensor, or None
        As given; None where an explanation was stored without it.
    segments : ndarray of int, shape (height, width), or None
        Likewise.
    channel_axis : int or None
        As given.

    Raises
    ------
    ValueError
        `image` or `segments` is of another shape or type, or they do not belong together.
    LimeError
        An unknown mode.
    """

    most_rows = 10
    more_columns = PLACE_COLUMNS

    def __init__(
        self,
        image: Any,
        segments: Any,
        *,
        mode: str = "classification",
        class_names: Sequence[Any] | None = None,
        random_state: np.random.RandomState | None = None,
        channel_axis: int | None = None,
    ) -> None:
        segments = _read_segments(segments)
        shape = channels_last(image, channel_axis).shape
        if shape[:2] != segments.shape:
            raise ValueError(f"segments has shape {segments.shape}: expected {shape[:2]}, that of the image")
        super().__init__(ImageMapper(segments), mode, class_names, random_state)
        self.image = image
        self.segments: Any = segments
        self.channel_axis = channel_axis

    # ---- data

    def get_image_and_mask(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        label: Any,
        positive_only: bool = True,
        negative_only: bool = False,
        hide_rest: bool = False,
        num_features: int = 5,
        min_weight: float = 0.0,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return a copy of the picture, and a mask of its strongest segments.

        Parameters
        ----------
        label : int or str
            An explained label, by position or name.
        positive_only, negative_only : bool
            Only segments with a positive, or a negative, weight. With neither, both kinds are taken: the positive
            ones get the picture's largest value in their second channel and 1 in the mask, the negative ones in
            their first channel and -1.
        hide_rest : bool
            All other pixels of the picture are 0; one of floats comes as float64 then.
        num_features : int
            At most so many segments.
        min_weight : float
            Only segments whose weight is larger in size (with both kinds, at least as large).

        Returns
        -------
        image : ndarray, shape (height, width, channels)
            Of the picture's own type, so that a viewer reads it as it reads the picture. The channels are last
            wherever they were; a picture of one channel comes with three, as in lime 0.2.0.1.
        mask : ndarray of int, shape (height, width)
            Of the type of `segments`, of int64 where that has no -1.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            Both `positive_only` and `negative_only`; or this explanation was stored without picture or segments.
        """
        label = self.find_label(label)
        if positive_only and negative_only:
            raise ValueError("positive_only=True and negative_only=True: expected at most one of them")
        segments = self._needed_segments()
        image = self._needed_image()
        if image.ndim == 2 or image.shape[2] == 1:
            image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
        signed = np.issubdtype(segments.dtype, np.signedinteger)
        mask = np.zeros(segments.shape, segments.dtype if signed else np.int64)
        # Of floats lime 0.2.0.1 makes float64 here, which every viewer reads as it reads the picture.
        kind = np.float64 if image.dtype.kind == "f" else image.dtype
        shown = np.zeros(image.shape, kind) if hide_rest else image.copy()
        pairs = self.local_exp[label]
        if positive_only or negative_only:
            sign = 1 if positive_only else -1
            pairs = [pair for pair in pairs if sign * pair[1] > 0 and sign * pair[1] > min_weight]
        for feature_id, weight in pairs[:num_features]:
            if not (positive_only or negative_only) and abs(weight) < min_weight:
                continue
            inside = segments == feature_id
            shown[inside] = image[inside]
            mask[inside] = 1
            if not (positive_only or negative_only):
                mask[inside] = -1 if weight < 0 else 1
                shown[inside, 0 if weight < 0 else 1] = image[np.isfinite(image)].max(initial=0)
        return shown, mask

    def heatmap(self, label: Any = None) -> NDArray[np.float64]:
        """Return the weight of each pixel's segment, 0 where it has none.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        ndarray of float, shape (height, width)
            In the unit of the weights.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            This explanation was stored without its segments.
        """
        pairs = self.local_exp[self.resolve_label(label)]
        return weights_at(pairs, self._needed_segments())

    def records(self, label: Any = None) -> list[dict[str, Any]]:
        """Return one dict of plain values a segment, by falling size of the weight.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of dict
            With the keys of `Explanation.records` (`index` is the segment's label) and pixels (its area), share (of the
            picture's area, 0 to 1), row and column (of its centroid, in pixels) and where (in words).

        Raises
        ------
        KeyError
            The label was not explained.
        """
        return add_places(super().records(label), self.domain_mapper, PLACE_COLUMNS)

    def to_dict(self, include_image: bool | Literal["exact"] = True, include_segments: bool = True) -> dict[str, Any]:
        """Return everything a reader needs as plain values; see `Explanation.to_dict`.

        Parameters
        ----------
        include_image : bool or "exact"
            True stores the picture as finely as a screen shows it: exactly where no channel has more than 256
            different values, as any picture that once had 8 bits, however it was scaled; else each channel in 256
            steps from its smallest to its largest value. "exact" stores every value. False leaves it out.
        include_segments : bool
            False leaves the segments out; their places and sizes stay.

        Returns
        -------
        dict
            Of plain values; JSON can hold them.

        Notes
        -----
        Arrays are differences along the rows, packed by zlib, in base64. A picture is read back as a numpy array
        of its own type and shape, a tensor's too.

        Raises
        ------
        ValueError
            Another `include_image`.
        """
        pack_image = _upper.pack_image
        pack_labels = _upper.pack_labels

        if include_image not in (True, False, "exact"):
            raise ValueError(f"include_image={include_image!r}: expected True, False or 'exact'")
        content = super().to_dict()
        content["domain"] = "image"
        content["channel_axis"] = self.channel_axis
        content["image"] = content["segments"] = None
        if include_image and self.image is not None:
            exact = include_image == "exact"
            content["image"] = pack_image(self._needed_image(), exact=exact)
        if include_segments and self.segments is not None:
            content["segments"] = pack_labels(self.segments)
        return content

    def to_json(
        self,
        path: str | os.PathLike[str] | None = None,
        include_image: bool | Literal["exact"] = True,
        include_segments: bool = True,
    ) -> str:
        """Return `to_dict` as strict JSON, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or path, optional
            A file to write, in ASCII; one that is there is replaced.
        include_image : bool or "exact"
            See `to_dict`.
        include_segments : bool
            False leaves the segments out; their places and sizes stay.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            Another `include_image`.
        """
        write_json = _upper.write_json

        return write_json(self.to_dict(include_image, include_segments), path)

    @classmethod
    def from_stored(cls, content: dict[str, Any], mapper: DomainMapper) -> ImageExplanation:
        """Make the explanation that a stored dict describes, with no label in it yet.

        Parameters
        ----------
        content : dict
            As `to_dict` gives it.
        mapper : DomainMapper
            Names and values of its features.

        Returns
        -------
        ImageExplanation

        Raises
        ------
        LimeError
            It is not of an image.
        """
        unpack_image = _upper.unpack_image
        unpack_labels = _upper.unpack_labels

        if content.get("domain") != "image":
            raise LimeError("not an explanation of an image: expected one that an ImageExplanation wrote")
        exp = cls.__new__(cls)
        Explanation.__init__(exp, mapper, mode=content["mode"], class_names=content["class_names"])
        exp.channel_axis = content["channel_axis"]
        exp.image = exp.segments = None
        if content["segments"] is not None:
            exp.segments = unpack_labels(content["segments"])
        if content["image"] is not None:
            image = unpack_image(content["image"])
            if exp.segments is not None and image.shape[:2] != exp.segments.shape:
                raise ValueError(f"an image of shape {image.shape} and segments of shape {exp.segments.shape}")
            last = image.ndim == 2 or exp.channel_axis is None
            exp.image = image if last else np.moveaxis(image, -1, exp.channel_axis)
        return exp

    def _needed_image(self) -> NDArray[Any]:
        if self.image is None:
            raise ValueError("this explanation was stored without its image: expected one stored with it")
        return channels_last(self.image, self.channel_axis)

    def _needed_segments(self) -> NDArray[Any]:
        if self.segments is None:
            raise ValueError("this explanation was stored without its segments: expected one stored with them")
        return np.asarray(self.segments)

    # ---- pictures

    def plot(
        self,
        label: Any = None,
        ax: Axes | None = None,
        kind: str = "overlay",
        num_features: int = 5,
    ) -> Axes:
        """Draw the picture with the weights of a label, and return the Axes.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.
        kind : {"overlay", "heatmap", "boundaries", "top", "bars", "waterfall"}
            The picture tinted by the weights; the weights alone; the picture with the outlines of the strongest
            segments; the strongest segments with all else faded. The last two are those of `Explanation.plot`.
        num_features : int
            How many segments are the strongest; they are numbered by falling size of the weight.

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
            An unknown `kind`, a negative `num_features`, or this explanation was stored without its segments, or
            without the picture that `kind` shows.
        """
        if kind in ("bars", "waterfall"):
            return super().plot(label, ax, kind)
        plot_image = _upper.plot_image

        return plot_image(self, label=label, ax=ax, kind=kind, num_features=num_features)


def _to_numpy(values: Any) -> NDArray[Any]:
    """Return an array; a tensor may be on another device, part of a graph, or of a type that numpy does not have."""
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        values = tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
    return np.asarray(values)


def _read_segments(segments: Any) -> NDArray[Any]:
    array = _to_numpy(segments)
    if array.dtype == bool:
        array = array.astype(np.intp)
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"segments is of shape {array.shape} and type {array.dtype}: "
            "expected whole numbers of shape (height, width)"
        )
    return array
