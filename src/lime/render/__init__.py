"""How results look: in a terminal (`console`), on a plot (`plot`), on a page and in a notebook (`html`, `notebook`).

Every renderer starts from the same `view`, plain names and numbers with the scale and the rounding already chosen,
so that all pictures of one explanation say the same. Names, values and texts are taken for hostile everywhere.
Importing this package loads neither matplotlib nor jinja2; each is loaded by the renderer that needs it.
"""

from __future__ import annotations

from lime.render.console import render_console

__all__ = ["render_console"]
