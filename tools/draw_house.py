"""Draw the two pictures of ``docs/architecture.md``: an instance's way, and who may import whom.

``python tools/draw_house.py`` writes ``docs/images/way.svg`` and ``docs/images/house.svg``. The arrows of the house are
the rules of ``tests/test_house.py``, which holds the code to them: an arrow that follows from others is left out.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
INK, LINE, PAPER, ROOM, BLUE = "#1d2530", "#5a6473", "#ffffff", "#eef3fa", "#2a6fbb"

STYLE = f"""text {{ font: 14px system-ui, sans-serif; fill: {INK}; text-anchor: middle; }}
.small {{ font-size: 11.5px; fill: {LINE}; }} .name {{ font-weight: 600; }} .side {{ text-anchor: start; }}
.box {{ fill: {ROOM}; stroke: {BLUE}; stroke-width: 1.2; }}
.group {{ fill: none; stroke: {LINE}; stroke-dasharray: 3 3; }}
.arrow {{ fill: none; stroke: {LINE}; stroke-width: 1.4; marker-end: url(#head); }}
.later {{ stroke-dasharray: 5 4; stroke: {BLUE}; }}"""


@dataclass(frozen=True)
class Box:
    """A box by its centre; its first line is its name."""

    x: float
    y: float
    lines: tuple[str, ...]
    width: float = 150.0

    @property
    def height(self) -> float:
        return 22.0 + 17.0 * len(self.lines)

    def border(self, other: Box, offset: float = 0.0) -> tuple[float, float]:
        """Where the line to another box leaves this one, moved along the border by `offset`."""
        dx, dy = other.x - self.x, other.y - self.y
        reach = min(
            0.5 * self.width / abs(dx) if dx else float("inf"), 0.5 * self.height / abs(dy) if dy else float("inf")
        )
        at_the_side = dy == 0
        return self.x + dx * reach + offset * (not at_the_side), self.y + dy * reach + offset * at_the_side


def svg(width: float, height: float, label: str, parts: list[str]) -> str:
    """A whole picture."""
    head = (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0 0 L10 5 L0 10 z" fill="{LINE}"/></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'aria-label="{escape(label)}"><style>{STYLE}</style>{head}'
        f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def draw_box(box: Box) -> str:
    """A box with its lines of text."""
    top = box.y - 0.5 * box.height
    texts = "".join(
        f'<text class="{"name" if k == 0 else "small"}" x="{box.x:g}" y="{top + 25 + 17 * k:g}">{escape(line)}</text>'
        for k, line in enumerate(box.lines)
    )
    x = box.x - 0.5 * box.width
    return f'<rect class="box" x="{x:g}" y="{top:g}" width="{box.width:g}" height="{box.height:g}" rx="7"/>{texts}'


def draw_arrow(start: Box, end: Box, later: bool = False, offset: float = 0.0) -> str:
    """An arrow between two boxes."""
    (a, b), (c, d) = start.border(end, offset), end.border(start, offset)
    kind = "arrow later" if later else "arrow"
    return f'<path class="{kind}" d="M{a:.1f} {b:.1f} L{c:.1f} {d:.1f}"/>'


def draw_group(name: str, x: float, y: float, width: float, height: float) -> str:
    """A frame with a name at its top."""
    return (
        f'<rect class="group" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10"/>'
        f'<text class="small side" x="{x + 12:g}" y="{y + 18:g}">{escape(name)}</text>'
    )


def way() -> str:
    """An instance's way, from the row to the page."""
    steps = {
        "row": Box(70, 95, ("a row", "as users have it"), 110),
        "table": Box(250, 95, ("table", "the row as floats")),
        "columns": Box(440, 95, ("columns", "the law of each column")),
        "z": Box(630, 95, ("z", "same bin or category?")),
        "draws": Box(250, 195, ("table", "draws as the model", "knows rows")),
        "designs": Box(440, 325, ("designs", "points in the cube")),
        "model": Box(250, 325, ("model", "asks, checks, coerces")),
        "kernels": Box(630, 325, ("kernels", "distances to weights")),
        "moments": Box(440, 410, ("moments", "one weighted Gram matrix"), 170),
        "selection": Box(250, 410, ("selection",)),
        "surrogate": Box(250, 480, ("surrogate", "ridge and its fit")),
        "errors": Box(440, 480, ("errors",)),
        "explanation": Box(440, 575, ("Explanation", "numbers and names")),
        "render": Box(630, 575, ("render", "terminal, plot, page")),
    }
    arrows = "row>table table>columns columns>z designs>columns columns>draws draws>model z>kernels model>moments"
    arrows += " kernels>moments moments>selection selection>surrogate surrogate>errors errors>explanation"
    arrows += " explanation>render"
    parts = [
        draw_group("domains/tabular", 150, 40, 570, 205),
        draw_group("engine", 150, 270, 570, 250),
        *(draw_arrow(steps[one], steps[other]) for one, other in (pair.split(">") for pair in arrows.split())),
        *map(draw_box, steps.values()),
    ]
    return svg(750, 625, "The way of a row through the package, from explainer to page", parts)


def house(may: dict[str, set[str]], inside: dict[str, set[str]]) -> str:
    """The rooms, and who may import whom."""
    rooms = {
        "cli": Box(180, 50, ("cli", "the lime command"), 170),
        "classic": Box(540, 50, ("lime_tabular.py, …", "addresses of 0.2.0.1"), 190),
        "scale": Box(180, 160, ("scale", "many rows"), 150),
        "trust": Box(480, 160, ("trust", "how good it is"), 150),
        "domains": Box(320, 265, ("domains", "tables, texts, images, series", "explainers"), 210),
        "render": Box(655, 370, ("render", "terminal, plot, page"), 150),
        "results": Box(460, 370, ("results", "numbers and names"), 150),
        "config": Box(95, 370, ("_config.py", "how draws are made"), 150),
        "models": Box(270, 370, ("models", "readers of models"), 140),
        "engine": Box(350, 470, ("engine", "the method, over arrays"), 190),
    }

    def below(name: str) -> set[str]:
        return set().union(*({one, *below(one)} for one in may[name] if one in rooms)) if may[name] else set()

    parts = []
    for name in rooms:
        known = may[name] & rooms.keys()
        direct = [one for one in sorted(known) if not any(one in below(other) for other in known - {one})]
        parts += [draw_arrow(rooms[name], rooms[target]) for target in direct]
    for name, targets in inside.items():
        for target in sorted(targets & rooms.keys()) if name in rooms else ():
            back = name in may[target]
            parts.append(draw_arrow(rooms[name], rooms[target], later=True, offset=14.0 if back else 0.0))
    legend = (
        '<path class="arrow" d="M20 535 L60 535"/><text class="small" x="140" y="539">may import (and all</text>'
        '<text class="small" x="143" y="554">below what it imports)</text>'
        '<path class="arrow later" d="M240 535 L280 535"/>'
        '<text class="small" x="383" y="539">only inside a method, when called</text>'
    )
    parts += [*map(draw_box, rooms.values()), legend]
    return svg(740, 570, "The rooms of the package and who may import whom", parts)


def main() -> None:
    """Write both pictures."""
    sys.path.insert(0, str(ROOT / "tests"))
    from test_house import MAY_IMPORT, MAY_IMPORT_INSIDE  # type: ignore[import-not-found]

    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / "way.svg").write_text(way(), encoding="utf-8")
    (IMAGES / "house.svg").write_text(house(MAY_IMPORT, MAY_IMPORT_INSIDE), encoding="utf-8")


if __name__ == "__main__":
    main()
