"""The styles of pages and fragments, made strong enough to hold inside of any page of somebody else's."""

from __future__ import annotations

import functools
import importlib.resources
import re

__all__ = ["UNSTYLED", "read_template", "style"]

UNSTYLED = (
    "Colours and drawings are missing here: this notebook is not trusted. Trust it (in JupyterLab: Trust Notebook) "
    "to see them."
)
"""What a fragment says where a front end took its styles away; its own style hides it."""


def read_template(name: str) -> str:
    """Return the text of a file in `templates`."""
    return importlib.resources.files("lime.render").joinpath("templates").joinpath(name).read_text(encoding="utf-8")


@functools.cache
def style(*names: str) -> str:
    """Return the named style sheets as one, on one line.

    Every rule weighs as much as one with an id: a host's rules for tables, rows and headings, which often name
    several classes, must not win over those of the fragment.
    """
    text = re.sub(r"/\*.*?\*/", "", "".join(map(read_template, names)), flags=re.DOTALL)
    text = re.sub(r"(?<![\w-])\.lime(?![\w-])", ".lime:not(#_)", text)
    return "".join(line.strip() for line in text.splitlines())
