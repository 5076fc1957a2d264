"""Address of 0.2.0.1 for what explains images, in :mod:`lime.domains.image`."""

from __future__ import annotations

from lime import lime_base
from lime.domains.image.explainer import LimeImageExplainer
from lime.domains.image.segmentation import SegmentationAlgorithm
from lime.results.image import ImageExplanation

__all__ = ["ImageExplanation", "LimeImageExplainer", "SegmentationAlgorithm", "lime_base"]
