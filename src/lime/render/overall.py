"""What matters over many rows, in one reading of them: for all labels together and for each alone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lime.render.numbers import decimals_for, written_number
from lime.results.columns import Columns
from lime.results.explanations import Explanations
from lime.results.importance import summed

__all__ = ["Overall", "all_add_up", "importance_table", "label_name"]

_SHOWN = 12


@dataclass
class Overall:
    """Sums over the weights, or the contributions, of many rows.

    Attributes
    ----------
    mode : {"classification", "regression"}
    names : dict of label -> str
        What the first row in which it is explained calls it.
    counts : dict of label -> int
        In how many rows it is explained.
    sums : dict of label -> dict of feature's name -> [size, square, count]
        Summed sizes of the weights, their squares, and how many are not 0.
    """

    mode: str = "classification"
    names: dict[int, str] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    sums: dict[int, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(dict))

    contributions: bool = False
    """Whether contributions are summed, and not weights."""

    @classmethod
    def of(cls, exps: Explanations, contributions: bool = False) -> Overall:
        """Read all rows once, however they are stored."""
        found = cls(contributions=contributions)
        for columns in exps.arrays():
            found._add(columns)
        return found

    def _add(self, columns: Columns) -> None:
        labels, first, counts = np.unique(columns.label, return_index=True, return_counts=True)
        rows = columns.row_of_entries()
        lines = columns.lines()
        for label, entry, count in zip(labels.tolist(), first.tolist(), counts.tolist(), strict=True):
            self.counts[label] += count
            if label not in self.names:
                content = json.loads(lines[rows[entry]])
                self.mode, self.names[label] = content["mode"], label_name(content, label)
        codes: dict[str, int] = {}
        own = np.array([codes.setdefault(word[1], len(codes)) for word in columns.words], dtype=np.int64)
        if not len(own):
            return
        sizes = columns.contribution if self.contributions else columns.weight
        kept = np.isfinite(sizes)
        # What stands several times in one explanation counts once with its sum, as in `Explanations.weigh`.
        entry, code, weight = summed(
            columns.entry_of_features()[kept], own[columns.word[kept]], sizes[kept], len(codes)
        )
        pairs, inverse = np.unique(columns.label[entry] * len(codes) + code, return_inverse=True)
        words = list(codes)
        parts = (np.bincount(inverse.ravel(), one, len(pairs)) for one in (np.abs(weight), weight**2, weight != 0))
        for pair, *more in zip(pairs.tolist(), *(part.tolist() for part in parts), strict=True):
            kept_sums = self.sums[pair // len(codes)].setdefault(words[pair % len(codes)], [0.0, 0.0, 0.0])
            for k, one in enumerate(more):
                kept_sums[k] += one

    def table(self, label: int | None = None) -> dict[str, Any]:
        """Return what `importance_table` makes for one label, or for all of them together."""
        if label is not None:
            return importance_table(self.sums[label].items(), self.counts[label])
        every: dict[str, list[float]] = {}
        for sums in self.sums.values():
            for name, more in sums.items():
                every[name] = [a + b for a, b in zip(every.get(name, (0.0, 0.0, 0.0)), more, strict=True)]
        return importance_table(every.items(), sum(self.counts.values()))


def all_add_up(exps: Explanations) -> bool:
    """Whether contributions of all explained rows sum to the model's prediction, so that they are shown."""
    some = False
    for columns in exps.arrays():
        explained = np.unique(columns.row_of_entries())
        some |= bool(len(explained))
        lines = columns.lines()
        # A key of the row's JSON: in the texts of others a quotation mark has a stroke before it.
        if any('"anchored":' not in lines[row] for row in explained.tolist()):
            return False
        if not np.isfinite(columns.contribution[np.isfinite(columns.weight)]).all():
            return False
    return some


def importance_table(sums: Iterable[tuple[str, list[float]]], n: int) -> dict[str, Any]:
    """Write the heaviest features of `n` explanations in words, with how many others there are."""
    heavy = sorted(((name, more) for name, more in sums if more[0] > 0), key=lambda one: -one[1][0])
    shown = [
        (name, size / n, float(max(square / n - (size / n) ** 2, 0.0)) ** 0.5, count / n)
        for name, (size, square, count) in heavy[:_SHOWN]
    ]
    decimals = decimals_for([importance for _, importance, *_ in shown])
    return {
        "features": [
            {
                "name": name,
                "width": f"{100.0 * importance / shown[0][1]:.2f}",
                "importance": written_number(importance, decimals),
                "spread": written_number(spread, decimals),
                "share": f"{100.0 * share:.0f}%",
            }
            for name, importance, spread, share in shown
        ],
        "others": len(heavy) - len(shown),
    }


def label_name(content: dict[str, Any], label: int) -> str:
    """Return what a reader calls a label, as `Explanation.label_name` does, from a row's JSON."""
    names = content.get("class_names")
    if content["mode"] == "regression" and content.get("mirrored"):
        return str((content.get("target") or {}).get("name", "value"))
    if names is not None and -len(names) <= label < len(names):
        return str(names[label])
    return f"{'class' if content['mode'] == 'classification' else 'output'} {label}"
