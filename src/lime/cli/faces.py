"""A small face detector that learns from pictures that come with scikit-image, for the demonstration of images.

What it sees of a picture is the histogram of oriented gradients of every window of 25 x 25 pixels (Dalal and Triggs
2005), at two sizes of the picture. A picture is as much a face as the window that is most of one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 25
"""Pixels along a window, and along the pictures that are learned from."""

CELL = 5
"""Pixels along a cell of gradients, and between neighbouring windows."""

SHRINK = (4, 5)
"""How many pixels of a portrait become one: faces of about 100 and of 125 pixels fit a window."""


def portrait() -> NDArray[np.uint8]:
    """Return the head and shoulders of scikit-image's astronaut, Eileen Collins, shape (300, 310, 3)."""
    return np.ascontiguousarray(_samples().astronaut()[:300, 70:380])


def learn_faces() -> tuple[Any, float, int]:
    """Fit a logistic regression that tells faces from other windows.

    It learns from four fifths of scikit-image's faces and other patches, and from the windows of photographs that
    show nobody.

    Returns
    -------
    model : LogisticRegression
    right : float
        Share of the other faces and patches that it names rightly.
    held_out : int
        How many these are.
    """
    from sklearn.datasets import load_sample_images
    from sklearn.linear_model import LogisticRegression

    samples = _samples()
    pictures = samples.lfw_subset()  # 100 faces, then as many patches of other things
    held_out = np.arange(len(pictures)) % 5 == 4
    is_face = np.arange(len(pictures)) < len(pictures) // 2
    patches = np.concatenate([windows(picture) for picture in pictures])
    mirrored = np.concatenate([windows(picture[:, ::-1]) for picture in pictures])
    elsewhere = [
        windows(shrink(photograph, factor))
        for photograph in (samples.chelsea(), samples.coffee(), samples.rocket(), *load_sample_images().images)
        for factor in (2, *SHRINK)
    ]
    rows = np.concatenate([patches[~held_out], mirrored[~held_out], *elsewhere])
    labels = np.zeros(len(rows), dtype=int)
    labels[: 2 * np.sum(~held_out)] = np.tile(is_face[~held_out], 2)
    # Balanced, for there are about a hundred times as many windows without a face.
    model = LogisticRegression(C=30.0, class_weight="balanced", max_iter=3000).fit(rows, labels)
    return model, float(model.score(patches[held_out], is_face[held_out].astype(int))), int(held_out.sum())


def find_faces(model: Any, photographs: NDArray[Any]) -> NDArray[np.float64]:
    """Say how likely each of some photographs shows a face.

    Parameters
    ----------
    model : LogisticRegression
        From `learn_faces`.
    photographs : ndarray, shape (n, height, width, 3)

    Returns
    -------
    ndarray of float64, shape (n, 2)
        The probabilities of no face and of a face: that of the likeliest window.
    """
    likeliest = np.array(
        [
            max(model.predict_proba(windows(shrink(photograph, factor)))[:, 1].max() for factor in SHRINK)
            for photograph in photographs
        ]
    )
    return np.column_stack([1.0 - likeliest, likeliest])


def shrink(photograph: NDArray[Any], factor: int) -> NDArray[np.float64]:
    """Return the grey of a photograph of 8 bits, from 0 to 1, with every factor x factor pixels made one."""
    from skimage.color import rgb2gray

    height, width = (side // factor * factor for side in photograph.shape[:2])
    grey = rgb2gray(photograph[:height, :width])
    return np.asarray(grey.reshape(height // factor, factor, width // factor, factor).mean(axis=(1, 3)))


def windows(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gradient histograms of all windows of a grey picture, one a row."""
    from skimage.feature import hog

    cells = SIDE // CELL
    blocks = hog(
        grey, orientations=9, pixels_per_cell=(CELL, CELL), cells_per_block=(cells, cells), feature_vector=False
    )
    return np.asarray(blocks, dtype=np.float64).reshape(blocks.shape[0] * blocks.shape[1], -1)


def _samples() -> Any:
    """Return the module of scikit-image's sample pictures, which has no types."""
    from skimage import data

    return data
