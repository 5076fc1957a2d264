"""Make the pictures of README and docs again: the plot of the demo's wine, and its page as a browser shows it.

    python tools/pictures.py [FOLDER]            # docs/images when left out; needs Debian's chromium

Each picture carries the numbers that it shows, as the text `NUMBERS` of the PNG file. tests/test_pictures.py holds them
against what the code says today, so that no picture grows stale.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from browser import CHROMIUM, FLAGS
from lime import Explanation
from lime.cli.demo import explain_wine
from lime.render.plot import save_plot

IMAGES = Path(__file__).parents[1] / "docs" / "images"
HEADLESS = ("--headless", "--hide-scrollbars", "--window-size=1000,820")
NUMBERS = "lime-numbers"


def numbers_of(explanation: Explanation) -> dict[str, float]:
    """What a picture of an explanation shows, by its name."""
    shown = {str(record["feature"]): float(record["contribution"]) for record in explanation.records()}
    return {"score": float(explanation.score or 0.0), "baseline": float(explanation.baseline_value or 0.0), **shown}


def read_numbers(picture: Path) -> dict[str, float]:
    """The numbers that a picture carries."""
    with Image.open(picture) as image:
        numbers: dict[str, float] = json.loads(image.info[NUMBERS])
    return numbers


def write_numbers(picture: Path, numbers: dict[str, float]) -> None:
    """Put numbers into a picture."""
    info = PngInfo()
    info.add_text(NUMBERS, json.dumps(numbers))
    with Image.open(picture) as image:
        image.load()
        image.save(picture, pnginfo=info, optimize=True)


def main(folder: Path) -> None:
    """Make the pictures."""
    _, explanation = explain_wine()
    plot, page = folder / "wine.png", folder / "wine-page.png"
    save_plot(explanation, plot)
    with tempfile.TemporaryDirectory() as scratch:
        html = Path(scratch) / "wine.html"
        explanation.save_to_file(html)
        command = [
            CHROMIUM,
            *FLAGS,
            *HEADLESS,
            f"--user-data-dir={scratch}/profile",
            f"--screenshot={page}",
            html.as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True)
    for picture in (plot, page):
        write_numbers(picture, numbers_of(explanation))
        print(f"wrote {picture}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
