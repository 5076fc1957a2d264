"""Address of 0.2.0.1 for what explains images, in :mod:`lime.domains.image`.

It also hands on the libraries that 0.2.0.1 imported here: programs that import this module with a star use them.
"""

from __future__ import annotations

import copy
from functools import partial

import numpy as np
import sklearn
import sklearn.metrics  # noqa: F401 (a name of lime 0.2.0.1)
from sklearn.utils import check_random_state

from lime import lime_base
from lime.domains.image.explainer import LimeImageExplainer
from lime.domains.image.segmentation import SegmentationAlgorithm
from lime.results.image import ImageExplanation

__all__ = [
    "ImageExplanation",
    "LimeImageExplainer",
    "SegmentationAlgorithm",
    "check_random_state",
    "copy",
    "gray2rgb",  # noqa: F822  see __getattr__
    "lime_base",
    "np",
    "partial",
    "sklearn",
    "tqdm",  # noqa: F822  see __getattr__
]


def __getattr__(name: str) -> object:
    # Loaded when asked for: scikit-image is not needed to explain an image that comes with its segments.
    if name == "gray2rgb":
        from skimage.color import gray2rgb

        return gray2rgb
    if name == "tqdm":
        from lime.engine.progress import progress_class

        return progress_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
