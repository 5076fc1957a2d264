"""Explanations of pictures made by hand, for tests and for the screenshots."""

from __future__ import annotations

import numpy as np

from explanation_samples import HOSTILE, fill
from lime.results.image import ImageExplanation

LABELS = 3 * np.arange(24) - 5


def scene(height=64, width=96):
    """Paint a sun over the sea, in 8 bits."""
    rows, columns = np.mgrid[:height, :width] / height
    sky = np.stack([150 + 60 * rows, 180 + 20 * rows, 235 - 20 * rows], axis=2)
    sea = np.stack([20 + 30 * rows, 70 + 40 * rows, 120 + 20 * np.sin(40 * rows)], axis=2)
    image = np.where(rows[..., None] < 0.55, sky, sea)
    sun = (rows - 0.3) ** 2 + (columns - 1.0) ** 2 < 0.03
    image[sun] = [255, 214, 60]
    return np.rint(image).astype(np.uint8)


def blocks(height=64, width=96):
    """Cut a picture into 4 x 6 slanted blocks whose labels have gaps and begin below 0."""
    rows, columns = np.mgrid[:height, :width]
    shift = (rows // 4) % 3
    across = np.clip((columns + shift) * 6 // width, 0, 5)
    return LABELS[(rows * 4 // height) * 6 + across]


def picture(labels=(2,), image=None, segments=None, names=("boat", "bird", "sunset"), channel_axis=None, **kwargs):
    """Explain the picture."""
    image = scene() if image is None else image
    segments = blocks() if segments is None else segments
    exp = ImageExplanation(image, segments, class_names=names, channel_axis=channel_axis, **kwargs)
    ids = np.unique(segments)
    for label in labels:
        rng = np.random.default_rng(label)
        weights = np.round(rng.normal(size=len(ids)) ** 3 * 0.05, 4)
        weights[weights == 0] = 0.0001
        fill(exp, label, weights, 0.003 + 0.03 * abs(weights), model=0.7)
        exp.local_exp[label] = [(int(ids[i]), weight) for i, weight in exp.local_exp[label]]
        exp.standard_errors[label] = {int(ids[i]): error for i, error in exp.standard_errors[label].items()}
    exp.sampling_method = "balanced"
    if exp.mode == "classification":
        exp.predict_proba = np.array([0.1, 0.2, 0.7])
    return exp


def hostile_picture():
    """Explain with class names and weights that attack whatever shows them."""
    exp = picture(labels=(0, 1, 2), names=(HOSTILE[0], HOSTILE[9], HOSTILE[5]))
    ids = [feature_id for feature_id, _ in exp.local_exp[0]]
    exp.local_exp[0] = list(zip(ids, [np.inf, np.nan, -np.inf, 1e-300, *[0.1] * (len(ids) - 4)], strict=True))
    exp.local_exp[0].append((10**12, 0.05))
    exp.warnings = list(HOSTILE[:5])
    return exp


def crowd(segments=200, size=512):
    """Explain a photograph's worth of noise in many ragged segments for five labels."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(0, size, (segments, 2))
    rows, columns = np.mgrid[:size, :size] + rng.normal(scale=2.0, size=(2, size, size))
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(centres).query(np.column_stack([rows.ravel(), columns.ravel()]))
    image = np.clip(rng.normal(128, 15, (size, size, 3)), 0, 255).astype(np.uint8)
    return picture(range(5), image, nearest.reshape(size, size), [f"class {i}" for i in range(5)])


IMAGE_SAMPLES = {
    "picture": picture,
    "picture_three": lambda: picture(labels=(2, 0, 1)),
    "picture_hostile": hostile_picture,
}
