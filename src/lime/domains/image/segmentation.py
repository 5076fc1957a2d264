"""Segments: the parts of a picture that are hidden or shown together, from an algorithm, labels or masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.image.pixels import Picture, as_rgb
from lime.engine.inspection import has_arg, raised_in
from lime.engine.warn import warn_user
from lime.models.networks import is_tensor

ALGORITHMS = ("quickshift", "slic", "felzenszwalb", "watershed", "grid")

DEFAULTS: dict[str, dict[str, Any]] = {
    "quickshift": {"kernel_size": 4, "max_dist": 200, "ratio": 0.2},
    "slic": {"n_segments": 64, "compactness": 10.0, "start_label": 0},
    "felzenszwalb": {"scale": 50_000, "sigma": 1.0, "min_size": 100},
    "watershed": {"markers": 64, "compactness": 1e-4},
    "grid": {"rows": 8, "columns": 8},
}
"""Parameters where an algorithm is given by its name alone."""

RENAMED = {"random_seed": "rng", "max_iter": "max_num_iter"}
"""What scikit-image called parameters in the days of lime 0.2.0.1, and what it calls them now."""

GENERIC = frozenset(RENAMED) | {"rng", "multichannel"}
"""Parameters that an algorithm may lack without a word: they change nothing, or were for all algorithms."""

REST = -1
"""Label of the pixels that no mask covers."""


class BaseWrapper:
    """A function with parameters of its own.

    Parameters
    ----------
    target_fn : callable, optional
        What the parameters are for; a subclass that can be called needs none.
    **target_params
        Parameters for it.
    """

    def __init__(self, target_fn: Any = None, **target_params: Any) -> None:
        self.target_fn = target_fn
        self.target_params = target_params

    def _check_params(self, parameters: Any) -> None:
        """Refuse names of parameters that the function does not have.

        Raises
        ------
        TypeError
            If there is no function, or a str came in place of names.
        AttributeError
            If what came as the function cannot be called; that was its type in lime 0.2.0.1.
        ValueError
            If the function has no such parameter.
        """
        function = self if self.target_fn is None else self.target_fn
        if self.target_fn is not None and not callable(function):
            raise AttributeError(
                f"target_fn is of type {type(function).__name__}, which cannot be called: expected a function"
            )
        if not callable(function):
            raise TypeError(
                f"target_fn is None and {type(self).__name__} cannot be called: expected a callable target_fn"
            )
        if isinstance(parameters, str):
            raise TypeError(f"parameters={parameters!r}: expected a dict or a list of names, not a str")
        for name in parameters:
            if not has_arg(function, name):
                raise ValueError(f"{name!r} is no parameter of {getattr(function, '__name__', function)!s}")

    def set_params(self, **params: Any) -> None:
        """Replace the parameters.

        Parameters
        ----------
        **params
            All parameters there will be: those that were set before are gone.

        Raises
        ------
        TypeError
            If there is no function.
        AttributeError
            If what came as the function cannot be called.
        ValueError
            If the function has no such parameter.
        """
        self._check_params(params)
        self.target_params = params

    def filter_params(self, fn: Callable[..., Any], override: dict[str, Any] | None = None) -> dict[str, Any]:
        """Pick those of the parameters that a function has.

        Parameters
        ----------
        fn : callable
            That function.
        override : dict, optional
            Parameters that are added or take precedence, whether `fn` has them or not.

        Returns
        -------
        dict
            By name.

        Raises
        ------
        TypeError
            If `fn` is not callable.
        """
        return {**{name: value for name, value in self.target_params.items() if has_arg(fn, name)}, **(override or {})}


class SegmentationAlgorithm(BaseWrapper):
    """An algorithm that cuts an image into segments, with its parameters.

    Parameters
    ----------
    algo_type : {"quickshift", "slic", "felzenszwalb", "watershed", "grid"}
        The first three are scikit-image's; ``"watershed"`` is its flooding of the edges' strength, with the
        parameters `markers` and `compactness`; ``"grid"`` cuts `rows` times `columns` rectangles.
    **target_params
        The algorithm's parameters. `random_seed` reaches what scikit-image calls `rng` today, and is left out where
        an algorithm draws no random numbers; other parameters that it does not have are left out with a warning.

    Raises
    ------
    ValueError
        If there is no such algorithm.

    Examples
    --------
    >>> import numpy as np
    >>> SegmentationAlgorithm("grid", rows=2, columns=2)(np.zeros((4, 4, 3)))
    array([[0, 0, 1, 1],
           [0, 0, 1, 1],
           [2, 2, 3, 3],
           [2, 2, 3, 3]])
    """

    def __init__(self, algo_type: str, **target_params: Any) -> None:
        self.algo_type = algo_type
        function = _function_of(algo_type)
        params = {name if has_arg(function, name) else RENAMED.get(name, name): v for name, v in target_params.items()}
        super().__init__(function, **params)
        known = self.filter_params(function)
        lost = params.keys() - known.keys() - GENERIC
        if lost:
            warn_user(f"{algo_type} has no parameter {', '.join(sorted(lost))}: left out")
        self.set_params(**known)

    def __call__(self, *args: Any) -> Any:
        """Cut an image into segments.

        Parameters
        ----------
        *args
            The image first, shape (height, width, channels); others have no effect.

        Returns
        -------
        ndarray of int, shape (height, width)
            Labels of the segments.
        """
        return self.target_fn(args[0], **self.target_params)

    def __repr__(self) -> str:
        settings = "".join(f", {name}={value!r}" for name, value in self.target_params.items())
        return f"SegmentationAlgorithm({self.algo_type!r}{settings})"


def _function_of(algo_type: Any) -> Callable[..., Any]:
    if algo_type not in ALGORITHMS:
        raise ValueError(f"algo_type={algo_type!r} is unknown: expected one of {', '.join(map(repr, ALGORITHMS))}")
    if algo_type == "grid":
        return grid
    if algo_type == "watershed":
        return watershed
    from skimage import segmentation

    function: Callable[..., Any] = getattr(segmentation, algo_type)
    return function


def grid(image: NDArray[Any], rows: int = 8, columns: int = 8) -> NDArray[np.intp]:
    """Rectangles of equal size, numbered row by row from 0; fewer where an image has too few pixels."""
    height, width = np.shape(image)[:2]
    rows, columns = min(rows, height), min(columns, width)
    down = np.arange(height) * rows // height
    across = np.arange(width) * columns // width
    result: NDArray[np.intp] = down[:, None] * columns + across
    return result


def watershed(image: NDArray[Any], markers: int = 64, compactness: float = 0.0) -> NDArray[Any]:
    """Flood the strength of an image's edges from evenly spread markers (skimage.segmentation.watershed)."""
    from skimage import filters, segmentation

    grey = np.asarray(image, dtype=np.float64).mean(axis=2) / 255.0
    flood: Callable[..., NDArray[Any]] = segmentation.watershed
    strength: Callable[..., NDArray[Any]] = filters.sobel
    return flood(strength(grey), markers=markers, compactness=compactness)


def find_segments(
    picture: Picture, segmentation_fn: Any, random_seed: Any = None, as_it_is: bool = False
) -> tuple[NDArray[Any], list[str]]:
    """Cut a picture into segments.

    Algorithms see it as `as_rgb` gives it, so that its range of values does not matter to them; a function of the
    user's is given it with its own values and channels last, three of them where it has two dimensions.

    Parameters
    ----------
    picture : Picture
    segmentation_fn : SegmentationAlgorithm, str, array, list of masks, callable or None
        See `read_segments` for arrays and masks, which a function may return as well.
    random_seed : int, optional
        For an algorithm that is given by name, or by default.
    as_it_is : bool
        Whether algorithms see a picture of one or three channels with its own values, as in lime 0.2.0.1.

    Returns
    -------
    segments : ndarray of int, shape (height, width)
    notes : list of str
        What a reader must know about them.
    """
    if segmentation_fn is None or isinstance(segmentation_fn, str):
        name = "quickshift" if segmentation_fn is None else segmentation_fn
        if name not in ALGORITHMS:
            raise ValueError(
                f"segmentation_fn={name!r} is unknown: expected one of {', '.join(map(repr, ALGORITHMS))}, a function "
                "of the image, an array of labels or a list of masks"
            )
        seed = {} if random_seed is None else {"random_seed": random_seed}
        segmentation_fn = SegmentationAlgorithm(name, **DEFAULTS[name], **seed)
    if isinstance(segmentation_fn, SegmentationAlgorithm):
        own = picture.channels_last()
        plain = as_it_is and own.shape[2] in (1, 3)
        found = segmentation_fn(np.broadcast_to(own, (*own.shape[:2], 3)).copy() if plain else as_rgb(picture))
    elif callable(segmentation_fn) and not is_tensor(segmentation_fn):
        # A copy: a function may work in place, and must not change the caller's image.
        image = picture.channels_last().copy()
        image = np.repeat(image, 3, axis=2) if picture.channel_axis is None else image
        with raised_in("segmentation_fn", "segmentation_fn(image)", f"labels of shape {picture.size}, or masks"):
            found = segmentation_fn(image)
    else:
        found = segmentation_fn
    return read_segments(found, picture.size)


def read_segments(segments: Any, size: tuple[int, int]) -> tuple[NDArray[Any], list[str]]:
    """Read labels of pixels, or masks of segments.

    Parameters
    ----------
    segments : array or tensor of int, shape (height, width); or a sequence of m boolean masks of that shape
        Labels may have any values, which stay. Masks get their positions 0 .. m - 1 as labels; where masks overlap
        a pixel belongs to the one with the fewest pixels, as a detail lies upon what it is a detail of; pixels
        without a mask are one more segment, labelled -1. A mask may also be a dict with the mask under
        ``"segmentation"``, as segment-anything models return them.
    size : (int, int)
        Height and width.

    Raises
    ------
    TypeError, ValueError
        If they are neither, or of another shape.
    """
    if isinstance(segments, Sequence) and len(segments) and isinstance(segments[0], dict):
        segments = [mask["segmentation"] for mask in segments]
    if isinstance(segments, Sequence) and len(segments) and is_tensor(segments[0]):
        segments = [mask.detach().cpu().numpy() for mask in segments]
    if is_tensor(segments):
        segments = segments.detach().cpu().numpy()
    try:
        array = np.asarray(segments)
    except ValueError as error:
        raise ValueError("segmentation_fn gave masks of different shapes: expected that of the image") from error
    if array.dtype.kind not in "buifSUO" or not array.ndim:
        raise TypeError(
            f"segmentation_fn gave an object of type {type(segments).__name__}: expected an array of labels of shape "
            f"{size}, or a list of masks"
        )
    if array.ndim == 3 and array.shape[2] == 1 and array.shape[:2] == size:
        array = array[:, :, 0]
    if array.shape == size:
        return _labels(array)
    if array.ndim == 3 and array.shape[1:] == size and len(array):
        return _from_masks(array)
    raise ValueError(
        f"segmentation_fn gave segments of shape {array.shape} for an image of {size[0]} x {size[1]} pixels: "
        f"expected labels of shape {size}, or masks of shape (m, {size[0]}, {size[1]})"
    )


def _labels(array: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """Labels as whole numbers, in an array of their own; others are numbered in their order, which a note tells."""
    if array.dtype.kind in "iu":
        return array.copy(), []
    if array.dtype.kind == "b":
        return array.astype(np.int64), []
    try:
        numbers = array.astype(np.float64)
        if (np.isfinite(numbers) & (numbers == np.rint(numbers))).all():
            return numbers.astype(np.int64), []
    except (TypeError, ValueError):
        pass  # words
    try:
        _, codes = np.unique(array if array.dtype.kind != "O" else array.astype(str), return_inverse=True)
    except TypeError as error:
        raise TypeError("segmentation_fn gave labels that cannot be ordered: expected whole numbers") from error
    note = "The labels of the segments are not whole numbers: the segments are numbered from 0, in the labels' order."
    return codes.reshape(array.shape).astype(np.int64), [note]


def _from_masks(masks: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    if masks.dtype.kind != "b":
        if masks.dtype.kind not in "uif" or not np.isin(masks, (0, 1)).all():
            raise ValueError("segmentation_fn gave masks with other values than 0 and 1: expected booleans")
        masks = masks.astype(bool)
    areas = np.count_nonzero(masks, axis=(1, 2))
    labels = np.full(masks.shape[1:], REST, dtype=np.int64)
    for position in np.argsort(-areas, kind="stable"):
        labels[masks[position]] = position
    notes = []
    overlapping = int(np.count_nonzero(masks.sum(axis=0) > 1))
    if overlapping:
        notes.append(f"Masks overlap in {overlapping} pixels: each belongs to the smallest mask that covers it.")
    lost = np.setdiff1d(np.arange(len(masks)), labels)
    if len(lost):
        notes.append(f"No pixel is left to the masks {', '.join(map(str, lost))}: they are not in the explanation.")
    bare = int(np.count_nonzero(labels == REST))
    if bare:
        notes.append(f"No mask covers {bare} pixels: together they are the segment {REST}.")
    return labels, notes
