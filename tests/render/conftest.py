"""Makes the browser a fixture."""

from __future__ import annotations

from browser_fixtures import browser, open_page

__all__ = ["browser", "open_page"]
