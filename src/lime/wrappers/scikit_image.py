"""Address of 0.2.0.1 for segmentation algorithms, in :mod:`lime.domains.image.segmentation`."""

from __future__ import annotations

from lime.domains.image.segmentation import BaseWrapper, SegmentationAlgorithm
from lime.engine.inspection import has_arg

__all__ = ["BaseWrapper", "SegmentationAlgorithm", "has_arg"]
