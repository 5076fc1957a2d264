"""The directive ``{measured}``: the tables of one group of `measurements.json`, and the commands that print them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

SOURCE = "measurements.json"


def read(folder: Path) -> dict[str, Any]:
    """Read the figures and check their form.

    Raises
    ------
    ValueError
        A table has a row of another length than its head, or no script.
    """
    content: dict[str, Any] = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
    for name, group in content["groups"].items():
        for table in group["tables"]:
            if not table.get("script"):
                raise ValueError(f"{SOURCE}: group {name!r}, table {table.get('title')!r}: expected a script")
            wrong = [row for row in table["rows"] if len(row) != len(table["columns"])]
            if wrong:
                raise ValueError(
                    f"{SOURCE}: group {name!r}, table {table['title']!r}: row {wrong[0]} has {len(wrong[0])} cells, "
                    f"expected {len(table['columns'])}"
                )
    return content


def markdown(group: dict[str, Any]) -> list[str]:
    """Write a group as lines of Markdown."""
    lines: list[str] = []
    for table in group["tables"]:
        lines += [f"**{table['title']}**", ""]
        if table["rows"]:
            lines.append("| " + " | ".join(table["columns"]) + " |")
            lines.append("|" + "|".join(["---"] + ["---:"] * (len(table["columns"]) - 1)) + "|")
            lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in table["rows"]]
        else:
            lines.append("No figures of this release are recorded here yet; the command prints them.")
        lines += ["", f"`python {table['script']}`" + (f": {table['note']}" if table.get("note") else ""), ""]
    return lines


class Measured(SphinxDirective):
    """Put the tables of a group here."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the group's Markdown where the directive stands."""
        self.env.note_dependency(SOURCE)
        groups = read(Path(self.env.srcdir))["groups"]
        name = self.arguments[0]
        if name not in groups:
            raise self.error(f"{SOURCE} has no group {name!r}: expected one of {', '.join(groups)}")
        node = nodes.container(classes=["measured"])
        self.state.nested_parse(StringList(markdown(groups[name]), SOURCE), self.content_offset, node)
        return [node]


def setup(app: Any) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("measured", Measured)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
