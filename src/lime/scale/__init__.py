"""Many rows: streams of them, on many cores or machines, with a checkpoint; and the function that engines map.

What explains a row is in `lime.domains`; here is only what surrounds it.
"""

from __future__ import annotations

from lime.scale.frames import FrameFunction, frame_function
from lime.scale.run import explain_instances
from lime.scale.saving import load_explainer, save_explainer
from lime.scale.submodular import SubmodularPick

__all__ = [
    "FrameFunction",
    "SubmodularPick",
    "explain_instances",
    "frame_function",
    "load_explainer",
    "save_explainer",
]
