"""A real browser for tests: Debian's chromium, driven by playwright; CHROMIUM names another one.

Where CI is set, a missing one is a failure.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from browser import CHROMIUM, FLAGS


def missing(reason):
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must not go without this test")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    if not Path(CHROMIUM).exists():
        missing(f"there is no browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open HTML from a file, and fail at the end if it ran anything or asked for anything."""
    seen = []
    contexts = []

    def open_(html, scheme="light", width=1280):
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: seen.append(("request", request.url)))
        page.on("dialog", lambda dialog: (seen.append(("dialog", dialog.message)), dialog.dismiss()))
        page.on("console", lambda message: seen.append(("console", message.text)))
        page.on("pageerror", lambda error: seen.append(("error", str(error))))
        page.goto(path.as_uri())
        page.wait_for_timeout(50)
        assert seen.pop(0) == ("request", path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert seen == []
