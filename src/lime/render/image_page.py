"""The picture on a page: pixels once, and over them the segments of each label, tinted by their weights."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.render.numbers import written_number
from lime.render.picture import (
    FEW_PIXELS,
    as_colors,
    data_uri,
    edges_of,
    outlines,
    pole,
    reduced_codes,
    reduced_colors,
    smoothed,
    strengths,
)
from lime.render.view import Bar, LabelView, View
from lime.results.image import channels_last
from lime.results.serialize import plain

__all__ = ["picture_block"]

# What bounds a page: pixels of a side, segments with an outline, sides of pixels along all outlines of all labels.
_LONGEST, _MOST_SEGMENTS, _MOST_EDGES = 512, 400, 90_000
_NUMBERED = 10


def picture_block(exp: Any, view: View, opacity: bool = True) -> dict[str, Any] | None:
    """Prepare a picture and its segments for their template.

    Parameters
    ----------
    exp : ImageExplanation
    view : View
    opacity : bool
        Tint the stronger the heavier a segment weighs; False tints all of them alike.

    Returns
    -------
    dict, or None where the explanation was stored without its picture and its segments. Outlines are those of
    a drawing `width` units wide and `height` high, the places of badges in hundredths of both.
    """
    image, segments = getattr(exp, "image", None), getattr(exp, "segments", None)
    if image is None and segments is None:
        return None
    uri, height, width = "", 0, 0
    if image is not None:
        colors = as_colors(channels_last(image, exp.channel_axis))
        height, width = colors.shape[:2]
        if not height or not width:
            return None
        uri = data_uri(reduced_colors(colors, _LONGEST))
    drawn: list[tuple[LabelView, list[dict[str, Any]], list[dict[str, Any]]]] = []
    grid = (height, width)
    total = 0
    if segments is not None:
        codes, order = _ranked_codes(np.asarray(segments), view)
        if not codes.size:
            return None
        height, width = codes.shape
        total = len(np.unique(segments))
        count = min(len(order), _MOST_SEGMENTS)
        small = _small_enough(codes, count, max(len(view.labels), 1))
        paths = dict(zip(order, outlines(small, count), strict=False))
        grid = small.shape
        positions = {name: position for position, name in enumerate(order)}
        for label in view.labels:
            bars = [*label.bars, *label.hidden]
            drawn.append((label, _shapes(label, bars, paths, opacity), _strongest(label, small, positions)))
    else:
        drawn = [(label, [], []) for label in view.labels]
    return {
        "kind": "image",
        "uri": uri,
        "size": f"{width} × {height}",
        "aspect": f"{width}/{height}",
        "ratio": f"{width / height:.4f}",
        "width": grid[1],
        "height": grid[0],
        "pixelated": max(height, width) < FEW_PIXELS,
        "segments": total,
        "name": f"lime-{zlib.crc32(repr((uri, [s for _, s, _ in drawn])).encode()):08x}",
        "most": max((len(shapes) for _, shapes, _ in drawn), default=0),
        "labels": [
            {"name": label.name, "shapes": shapes, "strongest": strongest} for label, shapes, strongest in drawn
        ],
    }


def _ranked_codes(segments: NDArray[Any], view: View) -> tuple[NDArray[np.intp], list[Any]]:
    """Number the segments by the largest share of a label's weights, so that the strongest one is 0.

    Returns
    -------
    codes : ndarray of int, shape (height, width)
    order : list of the names of the segments that have a weight, by their number
    """
    best: dict[Any, float] = {}
    for label in view.labels:
        bars = [*label.bars, *label.hidden]
        for bar, strength in zip(bars, strengths([bar.weight for bar in bars]), strict=True):
            if bar.weight:
                best[bar.index] = max(best.get(bar.index, 0.0), strength)
    names, inverse = np.unique(segments, return_inverse=True)
    here = {plain(name): position for position, name in enumerate(names)}
    order = sorted((name for name in best if name in here), key=lambda name: -best[name])
    numbers = np.full(len(names), len(order), np.intp)
    for number, name in enumerate(order):
        numbers[here[name]] = number
    return numbers[inverse].reshape(segments.shape), order


def _small_enough(codes: NDArray[np.intp], count: int, labels: int) -> NDArray[np.intp]:
    """Shrink until the outlines of all labels together fit on a page."""
    longest = min(max(codes.shape), _LONGEST)
    while True:
        small = reduced_codes(codes, longest)
        if longest <= 32 or edges_of(small, count) * labels <= _MOST_EDGES:
            return small
        longest = int(longest * 0.8)


def _shapes(label: LabelView, bars: list[Bar], paths: dict[Any, str], opacity: bool) -> list[dict[str, Any]]:
    """One outline a segment with weight, the weakest first, so that the strongest are on top."""
    found = []
    for rank, (bar, strength) in enumerate(zip(bars, strengths([b.weight for b in bars], opacity), strict=True), 1):
        path = paths.get(bar.index)
        if not path or not bar.weight or math.isnan(bar.weight):
            continue
        number = written_number(bar.weight, label.decimals, sign=True).replace("-", "\u2212")
        reach = ""
        if bar.reach is not None and math.isfinite(bar.reach):
            reach = f" ± {written_number(bar.reach, label.decimals)}"
        found.append(
            {
                "path": path,
                "side": "for" if bar.weight > 0 else "against",
                "marks": _marks(rank),
                "opacity": f"{0.06 + 0.62 * strength:.2f}",
                "title": f"{bar.feature}: {number}{reach}, {bar.value} of the picture",
                "weight": bar.weight,
                "index": bar.index,
            }
        )
    return found[::-1]


def _strongest(label: LabelView, codes: NDArray[np.intp], positions: dict[Any, int]) -> list[dict[str, Any]]:
    """The strongest segments: a smooth outline, and the rank where the segment has most room."""
    found = []
    for rank, bar in enumerate(label.bars[:_NUMBERED], 1):
        place = pole(codes, positions[bar.index]) if bar.index in positions else None
        if place is None or not bar.weight or math.isnan(bar.weight):
            continue
        shape = smoothed(codes, positions[bar.index])
        found.append(
            {
                "rank": rank,
                "side": "for" if bar.weight > 0 else "against",
                "marks": _marks(rank),
                "x": f"{100.0 * place[1] / codes.shape[1]:.1f}",
                "y": f"{100.0 * place[0] / codes.shape[0]:.1f}",
                "path": outlines(np.where(shape, 0, 1), 1)[0],
            }
        )
    return found[::-1]


def _marks(rank: int) -> str:
    """Classes of a segment by its rank, for the choice of the strongest and for pointing from the table."""
    return " ".join(["lime-t"] * (rank <= 10) + ["lime-f"] * (rank <= 5) + [f"lime-k{rank}"] * (rank <= _NUMBERED))
