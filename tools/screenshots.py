"""Render the sample explanations as pages and plots and take their pictures into a folder (default: screenshots/).

Needs playwright and Debian's chromium (or the browser that CHROMIUM names). Run from the repository's root::

    python tools/screenshots.py [folder]
"""

from __future__ import annotations

import sys
from pathlib import Path

from browser import CHROMIUM, FLAGS

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "helpers")]


def main(folder: Path) -> None:
    """Write one picture a sample, width and colour scheme, and one a plot."""
    from playwright.sync_api import sync_playwright

    from explanation_samples import SAMPLES
    from image_samples import IMAGE_SAMPLES

    samples = {**SAMPLES, **IMAGE_SAMPLES}
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in samples.items():
        exp = make()  # type: ignore[no-untyped-call]
        if "hostile" not in name:
            exp.plot().figure.savefig(folder / f"{name}_plot.png", dpi=120)
        exp.save_to_file(folder / f"{name}.html", show_all=name == "wine_warned")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for scheme in ("light", "dark"):
            for width in (360, 1280):
                page = browser.new_page(
                    viewport={"width": width, "height": 600}, color_scheme=scheme, device_scale_factor=2
                )
                for name in samples:
                    page.goto((folder / f"{name}.html").as_uri())
                    page.screenshot(path=folder / f"{name}_{scheme}_{width}.png", full_page=True)
                page.close()
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "screenshots")
