"""Makes the hand-made explanations importable; they live beside the tests of the renderers."""

from __future__ import annotations

import sys
from pathlib import Path

SAMPLES = str(Path(__file__).resolve().parent.parent / "render")
if SAMPLES not in sys.path:
    sys.path.insert(0, SAMPLES)
