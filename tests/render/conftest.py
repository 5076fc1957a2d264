"""Makes the hand-made explanations importable, and the browser a fixture."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)

from browser_fixtures import browser, open_page  # noqa: E402

__all__ = ["browser", "open_page"]
