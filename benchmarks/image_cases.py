"""Images, their segments and classifiers on them, fitted once and handed to both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
from skimage.data import astronaut
from skimage.segmentation import slic
from sklearn.datasets import load_digits, load_sample_images
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SIDE = 32
"""Pixels along a patch of a photograph."""

KINDS = ("forest", "MLP", "logistic")
DATA = ("digits", "photographs")


def make_model(kind: str) -> Any:
    """Return an unfitted classifier."""
    if kind == "forest":
        return RandomForestClassifier(n_estimators=50, random_state=42, n_jobs=1)
    if kind == "MLP":
        return make_pipeline(StandardScaler(), MLPClassifier((64,), max_iter=60, random_state=42))
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))


def digits() -> dict[str, Any]:
    """Handwritten digits of 8 x 8 pixels in three equal channels, each pixel a segment, hidden ones black."""
    data = load_digits()
    images = np.repeat(data.images[..., None], 3, axis=3)
    segments = [np.arange(64).reshape(8, 8)] * 4
    return {"images": images, "target": data.target, "shown": images[-4:], "segments": segments, "hide_color": 0}


def photographs() -> dict[str, Any]:
    """Patches of the upper or lower half of three photographs, cut by slic, hidden segments black.

    (In its mean colour a segment this small is all but unchanged: the models answer the same to five digits, and what
    would be measured is the ridge penalty of the target.)
    """
    pictures = [*load_sample_images().images, astronaut()]  # type: ignore[no-untyped-call]
    rng = np.random.default_rng(0)
    images, target = [], []
    for number, picture in enumerate(pictures):
        for _ in range(400):
            row, column = (int(rng.integers(0, size - 2 * SIDE)) for size in picture.shape[:2])
            patch = picture[row : row + 2 * SIDE : 2, column : column + 2 * SIDE : 2]
            images.append(patch.astype(np.float64))
            target.append(2 * number + (row > (picture.shape[0] - 2 * SIDE) // 2))
    shown = [images[i] for i in (3, 405, 811, 20)]
    segments = [slic(image / 255.0, n_segments=60, compactness=30.0, start_label=0) for image in shown]
    return {"images": np.array(images), "target": target, "shown": shown, "segments": segments, "hide_color": 0}


def save_cases(folder: str, kinds: tuple[str, ...] = KINDS) -> str:
    """Fit all models on both kinds of images, save what is to be explained, and return the path."""
    cases = {}
    for name, make in (("digits", digits), ("photographs", photographs)):
        data = make()
        rows = features(data["images"])
        models = {kind: make_model(kind).fit(rows, data["target"]) for kind in kinds}
        cases[name] = {"models": models, **{key: data[key] for key in ("shown", "segments", "hide_color")}}
    path = Path(folder) / "images.joblib"
    joblib.dump(cases, path)
    return str(path)


def features(images: np.ndarray) -> np.ndarray:
    """What the classifiers see of images (n, h, w, 3): all pixels of small ones, means of 4 x 4 pixels of others."""
    x = np.asarray(images, dtype=np.float64)
    n, height, width, channels = x.shape
    if height == 8:
        return x[..., 0].reshape(n, -1)
    return x.reshape(n, height // 4, 4, width // 4, 4, channels).mean(axis=(2, 4)).reshape(n, -1)  # type: ignore[no-any-return]
