"""Pictures for readers: any array as 8-bit colours, segments as outlines, both of bounded size."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FEW_PIXELS",
    "as_colors",
    "data_uri",
    "edges_of",
    "loops",
    "outlines",
    "pole",
    "reduced_codes",
    "reduced_colors",
    "smoothed",
    "strengths",
    "thumbnail",
]

# Slack around the ranges of values that pictures usually have: resizing overshoots.
_SLACK = 0.1
# Pictures with shorter sides are shown with their pixels to be seen.
FEW_PIXELS = 128
# The colours of what speaks for and against, as in style.css, and how much of them the heaviest segment takes on.
_FOR, _AGAINST, _TINT = (42.0, 111.0, 187.0), (210.0, 105.0, 30.0), 0.6
# A picture of numbers from 0 to less than this is no 8-bit one but has a scale of its own.
_DIM = 64


def as_colors(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn a picture into what a screen shows.

    Parameters
    ----------
    image : ndarray of bool, int or float, shape (height, width) or (height, width, channels)
        One channel or two are shown as grey (the first one), three and more as colours (the first three).

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Notes
    -----
    What the numbers mean is told by type and range: 8 and 16 unsigned bits and booleans by their type, others as 0..1,
    0..255, 0..65535 or -1..1 where they lie in these ranges (and not in a small part of 0..255 alone); anything else,
    such as pictures normalised by mean and standard deviation, is stretched from its 0.5 % to its 99.5 % quantile.
    """
    colors = image[:, :, None] if image.ndim == 2 else image
    colors = colors[:, :, :3] if colors.shape[2] >= 3 else np.repeat(colors[:, :, :1], 3, axis=2)
    if colors.dtype == np.uint8:
        return np.ascontiguousarray(colors)
    if colors.dtype == bool:
        return colors.astype(np.uint8) * np.uint8(255)
    values = colors.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(colors.shape, np.uint8)
    low, high = (0.0, 65535.0) if colors.dtype == np.uint16 and finite.max() > 255 else _range_of(finite)
    with np.errstate(invalid="ignore"):
        # Halves, so that the span of the largest floats is finite.
        scaled = (values / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
    shares = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    return np.rint(255.0 * shares).astype(np.uint8)


def _range_of(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if low >= -_SLACK:
        if high <= 1.0 + _SLACK:
            return 0.0, 1.0
        if high < _DIM:
            return 0.0, high
        if high <= 255.0 * (1.0 + _SLACK):
            return 0.0, 255.0
        if high <= 65535.0:
            return 0.0, 65535.0
    if low >= -1.0 - _SLACK and high <= 1.0 + _SLACK:
        return -1.0, 1.0
    inner = np.quantile(values, [0.005, 0.995])
    first, last = (float(inner[0]), float(inner[1])) if inner[1] > inner[0] else (low, high)
    return (first, last) if last > first else (first, first + 1.0)


def reduced_colors(colors: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Shrink a picture until no side is longer than `longest`, each pixel the mean of those it stands for."""
    from PIL import Image

    height, width = colors.shape[:2]
    if max(height, width) <= longest:
        return colors
    scale = longest / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(Image.fromarray(colors).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def reduced_codes(codes: NDArray[np.intp], longest: int) -> NDArray[np.intp]:
    """Shrink an array of segment codes until no side is longer than `longest`.

    A code that would vanish keeps one pixel, unless a smaller code has its only pixel there.

    Parameters
    ----------
    codes : ndarray of int, shape (height, width)
        Numbers from 0 on, the important ones first.
    longest : int
    """
    height, width = codes.shape
    if max(height, width) <= longest:
        return codes
    scale = longest / max(height, width)
    rows, columns = max(round(height * scale), 1), max(round(width * scale), 1)
    from_rows = (np.arange(rows) * 2 + 1) * height // (2 * rows)
    from_columns = (np.arange(columns) * 2 + 1) * width // (2 * columns)
    small = codes[np.ix_(from_rows, from_columns)]
    known, first = np.unique(codes, return_index=True)
    counts = np.bincount(small.ravel(), minlength=int(known[-1]) + 1)
    lost = counts[known] == 0
    for code, at in zip(known[lost].tolist(), first[lost].tolist(), strict=True):
        row, column = at // width * rows // height, at % width * columns // width
        present = int(small[row, column])
        if counts[present] > 1 or present > code:
            small[row, column] = code
            counts[present] -= 1
            counts[code] += 1
    return small


def thumbnail(image: NDArray[Any], segments: NDArray[Any], weights: Mapping[Any, float], longest: int) -> str:
    """Write a small picture, each segment tinted the stronger the heavier it weighs, as a data address.

    Parameters
    ----------
    image : ndarray, shape (height, width) or (height, width, channels)
    segments : ndarray of int, shape (height, width)
    weights : mapping of segment to float
        Segments that are not in it stay as they are.
    longest : int
        Most pixels of a side.
    """
    colors = reduced_colors(as_colors(image), longest).astype(np.float64)
    rows, columns = (
        np.arange(small) * large // small for small, large in zip(colors.shape[:2], segments.shape, strict=True)
    )
    names, inverse = np.unique(segments[np.ix_(rows, columns)], return_inverse=True)
    weight = np.nan_to_num([float(weights.get(name, 0.0)) for name in names.tolist()])
    share = _TINT * np.abs(weight) / (np.abs(weight).max(initial=0.0) or 1.0)
    tint = np.where(weight[:, None] > 0, _FOR, _AGAINST)
    blended = colors + share[inverse].reshape(colors.shape[:2])[:, :, None] * (
        tint[inverse].reshape(colors.shape) - colors
    )
    return data_uri(np.rint(blended).astype(np.uint8))


def data_uri(colors: NDArray[np.uint8]) -> str:
    """Write a picture as a data address: PNG where that is small, as for drawings and digits, else JPEG.

    Parameters
    ----------
    colors : ndarray of uint8, shape (height, width, 3)
    """
    from PIL import Image

    picture = Image.fromarray(colors)
    exact, photo = io.BytesIO(), io.BytesIO()
    picture.save(exact, "PNG", optimize=True)
    picture.save(photo, "JPEG", quality=82, optimize=True)
    kind, best = ("png", exact) if len(exact.getvalue()) <= max(len(photo.getvalue()), 4096) else ("jpeg", photo)
    return f"data:image/{kind};base64,{base64.b64encode(best.getvalue()).decode('ascii')}"


def edges_of(codes: NDArray[np.intp], count: int) -> int:
    """Count the sides of pixels at which one of the first `count` codes ends."""
    padded = np.pad(np.where(codes < count, codes, -1), 1, constant_values=-1)
    across, down = padded[:, 1:] != padded[:, :-1], padded[1:] != padded[:-1]
    return int(across.sum() + down.sum())


def outlines(codes: NDArray[np.intp], count: int) -> list[str]:
    """Trace segments along the edges of their pixels, as SVG paths; see `loops`.

    Returns
    -------
    list of str
        One path a segment, in pixels from the upper left corner, to be filled by either rule. Empty for a segment
        without pixels.
    """
    return ["".join(map(_path, own)) for own in loops(codes, count)]


def _path(loop: list[tuple[int, int]]) -> str:
    parts = [f"M{loop[0][0]} {loop[0][1]}"]
    for (x, y), (next_x, next_y) in pairwise(loop):
        parts.append(f"h{next_x - x}" if next_y == y else f"v{next_y - y}")
    return "".join(parts) + "z"


def loops(codes: NDArray[np.intp], count: int) -> list[list[list[tuple[int, int]]]]:
    """Trace segments along the edges of their pixels.

    Parameters
    ----------
    codes : ndarray of int, shape (height, width)
        Which segment each pixel belongs to.
    count : int
        Segments 0 to count - 1 are traced.

    Returns
    -------
    list of list of list of (x, y)
        The corners of each loop of each segment, in pixels from the upper left corner. Outer outlines run clockwise
        as seen, those of holes the other way. Pixels that touch at a corner alone are in loops of their own.
    """
    height, width = codes.shape
    padded = np.full((height + 2, width + 2), -1, np.intp)
    padded[1:-1, 1:-1] = np.where(codes < count, codes, -1)
    stride = width + 2
    # Edges run with their segment on the right hand (y grows downwards): right along its top, down along its right
    # side, left along its bottom, up along its left side. A vertex is the upper left corner of a padded pixel.
    edges: list[list[dict[int, None]]] = [[{}, {}, {}, {}] for _ in range(count)]
    neighbours = ((-1, 0), (0, 1), (1, 0), (0, -1))
    starts = ((0, 0), (0, 1), (1, 1), (1, 0))
    for direction, (neighbour, start) in enumerate(zip(neighbours, starts, strict=True)):
        beyond = np.roll(padded, (-neighbour[0], -neighbour[1]), (0, 1))
        rows, columns = np.nonzero((padded != beyond) & (padded >= 0))
        vertices = (rows + start[0]) * stride + columns + start[1]
        for owner, vertex in zip(padded[rows, columns].tolist(), vertices.tolist(), strict=True):
            edges[owner][direction][vertex] = None
    return [_chain(own, stride) for own in edges]


def _chain(edges: list[dict[int, None]], stride: int) -> list[list[tuple[int, int]]]:
    """Chain the edges of one segment, their starts by direction, into closed loops; `edges` is used up."""
    right = edges[0]
    moves = (1, stride, -1, -stride)
    found = []
    # Every loop has an edge that runs right, and its first one in reading order begins at a corner.
    while right:
        at, direction = next(iter(right)), 0
        corners = []
        while at in edges[direction]:
            row, column = divmod(at, stride)
            corners.append((column - 1, row - 1))
            here, move = edges[direction], moves[direction]
            while at in here:
                del here[at]
                at += move
            # At a corner where two pixels touch, the turn to the right stays with the pixel that it came along.
            direction = (direction + 1) % 4
            if at not in edges[direction]:
                direction = (direction + 2) % 4
        found.append(corners)
    return found


def smoothed(codes: NDArray[np.intp], code: int) -> NDArray[np.bool_]:
    """Smooth the shape of a segment without a change of its area, so that its outline can be drawn as a line.

    Segments of a photograph are often frayed into single pixels, whose outlines would cover everything. The mask is
    blurred, and as many pixels as the segment has are kept, those with the highest values. Pictures whose pixels
    can be seen keep their shapes.

    Returns
    -------
    ndarray of bool, of the shape of `codes`
    """
    mask: NDArray[np.bool_] = codes == code
    longest = max(codes.shape)
    if longest < FEW_PIXELS or not mask.any():
        return mask
    from scipy import ndimage

    rows, columns = np.nonzero(mask)
    sigma = longest / 200.0
    room = int(4 * sigma) + 1
    window = (
        slice(max(int(rows.min()) - room, 0), int(rows.max()) + room + 1),
        slice(max(int(columns.min()) - room, 0), int(columns.max()) + room + 1),
    )
    blurred = ndimage.gaussian_filter(mask[window].astype(np.float64), sigma, mode="nearest")
    least = np.partition(blurred.ravel(), -rows.size)[-rows.size]
    found: NDArray[np.bool_] = np.zeros(codes.shape, bool)
    found[window] = blurred >= least
    return found


def pole(codes: NDArray[np.intp], code: int) -> tuple[float, float] | None:
    """Return the point inside a segment that is farthest from its outline, None where it has no pixel.

    Returns
    -------
    (float, float) or None
        Down and right from the picture's upper left corner, in pixels; the middle of the first one is (0.5, 0.5).
    """
    rows, columns = np.nonzero(codes == code)
    if not rows.size:
        return None
    from scipy import ndimage

    top, left = int(rows.min()), int(columns.min())
    box = codes[top : rows.max() + 1, left : columns.max() + 1] == code
    depth = ndimage.distance_transform_edt(np.pad(box, 1))
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return top + float(row) - 0.5, left + float(column) - 0.5


def strengths(weights: Sequence[float], opacity: bool = True) -> list[float]:
    """Return how strong each weight is beside the largest one, 0 to 1; all of them 1 without `opacity`."""
    largest = max((abs(w) for w in weights if math.isfinite(w)), default=0.0) or 1.0
    if not opacity:
        return [float(w != 0 and w == w) for w in weights]
    return [0.0 if math.isnan(w) else min(abs(w) / largest, 1.0) for w in weights]
