"""Explanations of many rows as arrays: a few hundred bytes a row, from which each explanation can be made again.

Numbers stand in arrays, words once in a list that codes point into, and what is left of a row (its warnings, the
model's prediction, a text in pieces, a picture) as one line of JSON; the lines of some hundred rows are compressed
together, since they say much the same.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lime.results.explanation import Explanation
from lime.results.serialize import SCHEMA
from lime.results.stored import StoredMapper

__all__ = ["NO_IDS", "NUMBERS", "VALUE_TYPES", "Columns", "Piece", "Word", "squeeze", "starts"]

NO_IDS: NDArray[np.int64] = np.empty(0, dtype=np.int64)
"""The ids of no rows, whole numbers."""

VALUE_TYPES = ("", "float", "int", "str", "bool")
"""What a feature's value is; the first stands for none. A code is a position in this."""

Word = tuple[str, str, float | None, float | None]
"""What the same feature is called in many rows: feature, name, low, high."""
NUMBERS = ("prediction", "intercept", "score", "held_out_score", "local_prediction", "degrees", "baseline")


@dataclass(eq=False)
class Columns:
    """Some rows: r of them, with l explained labels and f weights in all.

    Attributes
    ----------
    positions : ndarray of int, shape (r,)
        Where the rows stand in the data.
    ids : ndarray of int or object, shape (r,)
        What the data calls them, whole numbers or text.
    label_start : ndarray of int, shape (r + 1,)
        The labels of row i are ``label_start[i] .. label_start[i + 1] - 1``.
    label : ndarray of int, shape (l,)
    prediction, intercept, score, held_out_score, local_prediction, degrees, baseline : ndarray of float, shape (l,)
        As the attributes of an explanation that are called so or nearly so; NaN where unknown.
    feature_start : ndarray of int, shape (l + 1,)
        The weights of label e are ``feature_start[e] .. feature_start[e + 1] - 1``.
    index : ndarray of int, shape (f,)
        Feature ids.
    word : ndarray of int, shape (f,)
        Positions in `words`.
    value_type : ndarray of int, shape (f,)
        Positions in `VALUE_TYPES`.
    value : ndarray of float, shape (f,)
        The value where it is a number or a truth value; a position in `texts` where it is text.
    weight, standard_error, contribution : ndarray of float, shape (f,)
        NaN where the error or the contribution is unknown.
    words : list of Word
    texts : list of str
    errors : dict of int -> str
        Rows, by their place here, that could not be explained, and why.
    details : bytes
        One line of JSON a row, compressed.
    """

    positions: NDArray[np.int64]
    ids: NDArray[Any]
    label_start: NDArray[np.int64]
    label: NDArray[np.int64]
    prediction: NDArray[np.float64]
    intercept: NDArray[np.float64]
    score: NDArray[np.float64]
    held_out_score: NDArray[np.float64]
    local_prediction: NDArray[np.float64]
    degrees: NDArray[np.float64]
    baseline: NDArray[np.float64]
    feature_start: NDArray[np.int64]
    index: NDArray[np.int64]
    word: NDArray[np.int32]
    value_type: NDArray[np.uint8]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    contribution: NDArray[np.float64]
    words: list[Word]
    texts: list[str]
    errors: dict[int, str]
    details: bytes

    def __len__(self) -> int:
        return len(self.positions)

    def lines(self) -> list[str]:
        """Return the JSON of each row."""
        return zlib.decompress(self.details).decode("ascii").split("\n") if len(self) else []

    def values(self) -> list[Any]:
        """Return the values of all features as plain Python objects, None where there is none."""
        return [self._value(k) for k in range(len(self.value))]

    def entry_of_features(self) -> NDArray[np.int64]:
        """Return for each weight which label it belongs to, shape (f,)."""
        return np.repeat(np.arange(len(self.label)), np.diff(self.feature_start))

    def row_of_entries(self) -> NDArray[np.int64]:
        """Return for each label which row it belongs to, shape (l,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.label_start))

    def take(self, rows: Sequence[int] | NDArray[np.int64], lines: Sequence[str] | None = None) -> Columns:
        """Return some of the rows, in the order that is asked for."""
        chosen = np.asarray(rows, dtype=np.int64)
        entries = _ranges(self.label_start, chosen)
        features = _ranges(self.feature_start, entries)
        every = self.lines() if lines is None else lines
        return Columns(
            positions=self.positions[chosen],
            ids=self.ids[chosen],
            label_start=starts(np.diff(self.label_start)[chosen]),
            feature_start=starts(np.diff(self.feature_start)[entries]),
            **{name: getattr(self, name)[entries] for name in ("label", *NUMBERS)},
            **{
                name: getattr(self, name)[features]
                for name in ("index", "word", "value_type", "value", "weight", "standard_error", "contribution")
            },
            words=self.words,
            texts=self.texts,
            errors={place: self.errors[int(row)] for place, row in enumerate(chosen) if int(row) in self.errors},
            details=squeeze([every[row] for row in chosen]),
        )

    def explanation(self, row: int, line: str) -> Explanation:
        """Make one explanation again; `line` is its JSON.

        A row that could not be explained gives an explanation without labels, whose warnings say why.
        """
        content = json.loads(line)
        if row in self.errors:
            empty = Explanation(StoredMapper([]), mode=content["mode"])
            empty.warnings = [f"This row could not be explained: {self.errors[row]}"]
            return empty
        more = {int(key): extra for key, extra in content.pop("described", {}).items()}
        ranges = dict(content.pop("ranges", []))
        near = dict(content.pop("local_fit", []))
        labels, features = [], {}
        for entry in range(self.label_start[row], self.label_start[row + 1]):
            weights = []
            for k in range(self.feature_start[entry], self.feature_start[entry + 1]):
                index = int(self.index[k])
                weights.append(
                    {
                        "index": index,
                        "weight": float(self.weight[k]),
                        "standard_error": _known(self.standard_error[k]),
                        "contribution": _known(self.contribution[k]),
                    }
                )
                if index not in features:
                    feature, name, low, high = self.words[self.word[k]]
                    features[index] = {
                        "feature": feature,
                        "index": index,
                        "name": name,
                        "value": self._value(k),
                        "low": low,
                        "high": high,
                        **more.get(index, {}),
                    }
            label = int(self.label[entry])
            labels.append(
                {
                    "label": label,
                    "intercept": _known(self.intercept[entry]),
                    "score": _known(self.score[entry]),
                    "held_out_score": _known(self.held_out_score[entry]),
                    "local_pred": _known(self.local_prediction[entry]),
                    "model_pred": _known(self.prediction[entry]),
                    "degrees_of_freedom": _known(self.degrees[entry]),
                    "range": ranges.get(label),
                    "local_fit": near.get(label),
                    "baseline": _known(self.baseline[entry]),
                    "weights": weights,
                }
            )
        if content.get("mirrored"):
            labels = [{**_mirror(labels[0]), "range": ranges.get(0), "local_fit": near.get(0)}, *labels]
        content.update(schema=SCHEMA, labels=labels, features=list(features.values()))
        return Explanation.from_dict(content)

    def _value(self, k: int) -> Any:
        kind, value = VALUE_TYPES[self.value_type[k]], self.value[k]
        if kind == "":
            return None
        if kind == "float":
            return float(value)
        if kind == "int":
            return int(value)
        return bool(value) if kind == "bool" else self.texts[int(value)]


def squeeze(lines: Sequence[str]) -> bytes:
    """Lines of JSON as `Columns.details` holds them."""
    return zlib.compress("\n".join(lines).encode("ascii"), 1)


def starts(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of several neighbours starts, and the last one ends; `counts` are their lengths."""
    result = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=result[1:])
    return result


def _ranges(starts: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """All positions from ``starts[i]`` to ``starts[i + 1] - 1`` for each chosen i, in their order."""
    counts = np.diff(starts)[chosen]
    before = np.cumsum(counts) - counts
    result: NDArray[np.int64] = np.arange(counts.sum()) + np.repeat(starts[chosen] - before, counts)
    return result


def _mirror(entry: dict[str, Any]) -> dict[str, Any]:
    """Label 0 of a regression with one output: label 1 with its weights negated."""
    negated = [{**item, "weight": -item["weight"], "contribution": None} for item in entry["weights"]]
    return {**entry, "label": 0, "weights": negated, "baseline": None}


def _known(value: Any) -> float | None:
    return None if value != value else float(value)


class Piece(Protocol):
    """Some rows that are read when they are asked for, such as `lime.results.parquet.PartFile`."""

    def __len__(self) -> int: ...

    def load(self) -> Columns:
        """Read the rows."""
