"""Scorers: detectors, segmenters and embeddings as functions that give one number for each input, to be explained.

Each wraps a function or a model of the user's, and is given to an explainer in its place, with ``mode="regression"``::

    score = lime.targets.box_confidence(detect, box=(20, 30, 80, 90))
    LimeImageExplainer(mode="regression").explain_instance(photo, score)

One of your own is a function like them: a batch of inputs in, one number for each out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.engine.targets import Target

__all__ = ["Target", "box_confidence", "class_share", "overlap", "similarity"]

Score = Callable[[Any], NDArray[np.float64]]


def box_confidence(
    detect: Callable[[Any], Iterable[Any]], box: Sequence[float], *, label: Any = None, least_overlap: float = 0.5
) -> Score:
    """Score pictures by the confidence of the detection that lies where a given box is.

    Parameters
    ----------
    detect : callable
        From a batch of pictures to one detection result each: a mapping with ``boxes`` (n, 4), ``scores`` (n,) and
        maybe ``labels`` (n,), as torchvision's detectors return, or a tuple of these.
    box : sequence of 4 floats
        Left, top, right and bottom of the box that is explained, in the detector's own unit.
    label : object, optional
        The class that is explained; any when None.
    least_overlap : float
        Intersection over union from which on a detection counts as the same, between 0 and 1.

    Returns
    -------
    callable
        From a batch of pictures to numbers (n,): the confidence of the best detection that overlaps the box, times
        its overlap; 0 where there is none.

    Raises
    ------
    ValueError
        The box has no area, or `least_overlap` is no share.

    Examples
    --------
    >>> import numpy as np
    >>> from lime.targets import box_confidence
    >>> score = box_confidence(lambda images: [([[0, 0, 4, 4]], [0.9])] * len(images), box=(0, 0, 4, 4))
    >>> score(np.zeros((2, 8, 8, 3))).tolist()
    [0.9, 0.9]
    """
    wanted = _boxes([box])[0]
    if not (wanted[2] > wanted[0] and wanted[3] > wanted[1]):
        raise ValueError(f"box={box!r}: expected left, top, right and bottom, with an area above 0")
    if not 0.0 <= least_overlap <= 1.0:
        raise ValueError(f"least_overlap={least_overlap!r}: expected a number from 0 to 1")
    return _BoxConfidence(detect, wanted, label, float(least_overlap))


def class_share(segment: Callable[[Any], Any], label: Any, *, where: ArrayLike | None = None) -> Score:
    """Score pictures by the share of their pixels that a segmenter gives to a class.

    Parameters
    ----------
    segment : callable
        From a batch of pictures to maps of classes (n, height, width), or to maps of their probabilities
        (n, height, width, k), which are averaged.
    label : object
        The class; of probabilities its position.
    where : array_like of bool, shape (height, width), optional
        The pixels that count; all when None.

    Returns
    -------
    callable
        From a batch of pictures to numbers (n,), from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from lime.targets import class_share
    >>> score = class_share(lambda images: images[..., 0] > 0.5, label=True)
    >>> score(np.array([[[[0.9], [0.1]]]])).tolist()
    [0.5]
    """
    return _ClassShare(segment, label, None if where is None else np.asarray(where, dtype=bool))


def similarity(embed: Callable[[Any], Any], to: ArrayLike) -> Score:
    """Score inputs by the cosine of the angle between their embedding and a template.

    Parameters
    ----------
    embed : callable
        From a batch of inputs to embeddings (n, d), or to arrays (n, ...), such as pictures themselves.
    to : array_like
        The template: one embedding, or several (m, d), of which the nearest counts.

    Returns
    -------
    callable
        From a batch to numbers (n,), from -1 to 1; 0 where an embedding is all zero.

    Examples
    --------
    >>> import numpy as np
    >>> from lime.targets import similarity
    >>> similarity(lambda texts: np.array([[len(text), 1.0] for text in texts]), to=[1.0, 0.0])(["abc"]).round(3)
    array([0.949])
    """
    return _Similarity(embed, np.asarray(to, dtype=np.float64))


def overlap(boxes: ArrayLike, box: ArrayLike) -> NDArray[np.float64]:
    """Return the intersection of boxes with one box over their union.

    Parameters
    ----------
    boxes : array_like of float, shape (n, 4)
        Left, top, right, bottom.
    box : array_like of float, shape (4,)
        Likewise.

    Returns
    -------
    ndarray of float, shape (n,)
    """
    several, one = _boxes(boxes), np.asarray(box, dtype=np.float64)
    low, high = np.maximum(several[:, :2], one[:2]), np.minimum(several[:, 2:], one[2:])
    common = np.maximum(high - low, 0.0).prod(axis=1)
    union = _area(several) + _area(one[None]) - common
    shares: NDArray[np.float64] = np.divide(common, union, out=np.zeros(len(several)), where=union > 0.0)
    return shares


# Classes, and no functions inside of functions: explanations of many pictures go to worker processes.


@dataclass(frozen=True)
class _BoxConfidence:
    detect: Callable[[Any], Iterable[Any]]
    box: NDArray[np.float64]
    label: Any
    least_overlap: float

    def __call__(self, images: Any) -> NDArray[np.float64]:
        return np.array([self._of(found) for found in self.detect(images)], dtype=np.float64)

    def _of(self, found: Any) -> float:
        parts = (found.get(name) for name in ("boxes", "scores", "labels")) if isinstance(found, Mapping) else found
        boxes, scores, *labels = [None if part is None else _array(part) for part in parts]
        if boxes is None or scores is None or not len(scores):
            return 0.0
        same = overlap(boxes, self.box)
        counts = same >= max(self.least_overlap, 1e-12)
        if self.label is not None:
            if not labels or labels[0] is None:
                raise ValueError(
                    f"label={self.label!r}, but the detector tells no labels: expected boxes, scores, labels"
                )
            counts &= labels[0] == self.label
        return float((scores * same)[counts].max()) if counts.any() else 0.0


@dataclass(frozen=True)
class _ClassShare:
    segment: Callable[[Any], Any]
    label: Any
    where: NDArray[np.bool_] | None

    def __call__(self, images: Any) -> NDArray[np.float64]:
        maps = _array(self.segment(images))
        if maps.ndim not in (3, 4):
            raise ValueError(f"the segmenter returned shape {maps.shape}: expected (n, height, width) or (..., k)")
        shares = maps[..., self.label] if maps.ndim == 4 else (maps == self.label).astype(np.float64)
        counted = shares.reshape(len(shares), -1) if self.where is None else shares[:, self.where]
        return np.asarray(counted.mean(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class _Similarity:
    embed: Callable[[Any], Any]
    template: NDArray[np.float64]

    def __call__(self, inputs: Any) -> NDArray[np.float64]:
        found = _array(self.embed(inputs))
        rows = found.reshape(len(found), -1).astype(np.float64)
        several = self.template.reshape(-1, rows.shape[1])
        lengths = np.linalg.norm(rows, axis=1)[:, None] * np.linalg.norm(several, axis=1)
        cosines = np.divide(rows @ several.T, lengths, out=np.zeros(lengths.shape), where=lengths > 0.0)
        return np.asarray(cosines.max(axis=1), dtype=np.float64)


def _array(part: Any) -> NDArray[Any]:
    """An array of numpy; of a tensor its values."""
    return np.asarray(part.detach().cpu() if hasattr(part, "detach") else part)


def _boxes(boxes: ArrayLike) -> NDArray[np.float64]:
    read = np.asarray(boxes, dtype=np.float64)
    if read.size == 0:
        return np.empty((0, 4))
    if read.ndim != 2 or read.shape[1] != 4:
        raise ValueError(f"boxes have shape {read.shape}: expected (n, 4), with left, top, right and bottom of each")
    return read


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), dtype=np.float64)
