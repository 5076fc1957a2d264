"""Explanations of many rows as arrays: a few hundred bytes a row, from which each explanation can be made again.

Numbers stand in arrays, words once in a list that codes point into, and what is left of a row (its warnings, the
model's answer, a text in pieces, a picture) as one line of JSON; the lines of some hundred rows are compressed
together, since they say much the same.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lime.engine.links import IDENTITY
from lime.results.explanation import Explanation
from lime.results.mapper import describe_feature, instance_block, instance_features
from lime.results.serialize import SCHEMA, _encode, plain, stored_target
from lime.results.stored import StoredMapper

__all__ = ["NO_IDS", "VALUE_TYPES", "Columns", "Filled", "Piece", "Word", "as_ids", "columns_of", "to_columns"]

NO_IDS: NDArray[np.int64] = np.empty(0, dtype=np.int64)
"""The ids of no rows, whole numbers."""

VALUE_TYPES = ("", "float", "int", "str", "bool")
"""What a feature's value is; the first stands for none. A code is a position in this."""

Word = tuple[str, str, float | None, float | None]
"""What the same feature is called in many rows: feature, name, low, high."""

_EXACT_INTEGERS = 2**53
_STRICT = json.JSONEncoder(allow_nan=False)
_NUMBERS = ("prediction", "intercept", "score", "held_out_score", "local_prediction", "degrees", "baseline")
_COMMON = frozenset({"feature", "index", "name", "value", "low", "high"})
_IN_COLUMNS = frozenset({"schema", "labels", "features", "trust"})


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
            label_start=_starts(np.diff(self.label_start)[chosen]),
            feature_start=_starts(np.diff(self.feature_start)[entries]),
            **{name: getattr(self, name)[entries] for name in ("label", *_NUMBERS)},
            **{
                name: getattr(self, name)[features]
                for name in ("index", "word", "value_type", "value", "weight", "standard_error", "contribution")
            },
            words=self.words,
            texts=self.texts,
            errors={place: self.errors[int(row)] for place, row in enumerate(chosen) if int(row) in self.errors},
            details=_squeeze([every[row] for row in chosen]),
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


def to_columns(
    results: Iterable[Explanation | BaseException],
    positions: Sequence[int] | NDArray[np.int64],
    ids: Sequence[Any] | NDArray[Any],
) -> Columns:
    """Put explanations, and what was raised instead of them, into arrays.

    Parameters
    ----------
    results : iterable of Explanation or exception
    positions : sequence of int
        Where the rows stand in the data.
    ids : sequence
        What the data calls them, see `as_ids`.

    Notes
    -----
    Kept are numbers, names and values of the features that have weight, and everything else that `to_dict` writes.
    Values of features without weight are not kept, nor are attributes that a user set.
    """
    words: dict[Word, int] = {}
    texts: dict[str, int] = {}
    lines: list[str] = []
    errors: dict[int, str] = {}
    label_count: list[int] = []
    feature_count: list[int] = []
    entries: list[tuple[float, ...]] = []
    cells: list[tuple[int, int, int, float, float, float, float]] = []
    for row, exp in enumerate(results):
        if isinstance(exp, BaseException):
            errors[row] = f"{type(exp).__name__}: {exp}"
            label_count.append(0)
            lines.append('{"mode": "classification"}')
            continue
        labels = exp.explained_labels()
        label_count.append(len(labels))
        described: dict[Any, tuple[int, int, float]] = {}
        more: dict[int, dict[str, Any]] = {}
        mapper = exp.domain_mapper
        in_brief = getattr(mapper, "in_brief", None)
        brief = None if in_brief is None else in_brief()
        for label in labels:
            pairs = exp.local_exp[label]
            spread = exp.standard_errors.get(label, {})
            added = exp.contributions_by_label.get(label, {})
            feature_count.append(len(pairs))
            entries.append(
                (
                    int(label),
                    _number(exp.model_preds.get(label)),
                    _number(exp.intercept.get(label)),
                    _number(exp.scores.get(label)),
                    _number(exp.held_out_scores.get(label)),
                    _number(exp.local_preds.get(label)),
                    _number(exp.degrees_of_freedom.get(label)),
                    _number(exp.baseline_values.get(label)),
                )
            )
            for feature_id, weight in pairs:
                known = described.get(feature_id)
                if known is None:
                    if brief is not None:
                        word, value = brief(feature_id)
                    else:
                        found = describe_feature(mapper, feature_id)
                        word = (found["feature"], found["name"], _bound(found["low"]), _bound(found["high"]))
                        value = found["value"]
                        if len(found) > len(_COMMON):
                            more[int(feature_id)] = {
                                key: plain(value) for key, value in found.items() if key not in _COMMON
                            }
                    known = (words.setdefault(word, len(words)), *_typed(value, texts))
                    described[feature_id] = known
                cells.append(
                    (
                        int(feature_id),
                        *known,
                        float(weight),
                        _number(spread.get(feature_id)),
                        _number(added.get(feature_id)),
                    )
                )
        lines.append(_line(exp, described, more))
    label_table = np.array(entries, dtype=np.float64).reshape(-1, 1 + len(_NUMBERS))
    cell_table = np.array(cells, dtype=np.float64).reshape(-1, 7)
    return Columns(
        positions=np.asarray(positions, dtype=np.int64),
        ids=as_ids(ids),
        label_start=_starts(label_count),
        label=label_table[:, 0].astype(np.int64),
        **{name: np.ascontiguousarray(label_table[:, k]) for k, name in enumerate(_NUMBERS, 1)},
        feature_start=_starts(feature_count),
        index=cell_table[:, 0].astype(np.int64),
        word=cell_table[:, 1].astype(np.int32),
        value_type=cell_table[:, 2].astype(np.uint8),
        value=np.ascontiguousarray(cell_table[:, 3]),
        weight=np.ascontiguousarray(cell_table[:, 4]),
        standard_error=np.ascontiguousarray(cell_table[:, 5]),
        contribution=np.ascontiguousarray(cell_table[:, 6]),
        words=list(words),
        texts=list(texts),
        errors=errors,
        details=_squeeze(lines),
    )


@dataclass(frozen=True)
class Filled:
    """Explanations of r rows in arrays, each with l labels of m features.

    Attributes
    ----------
    label : ndarray of int, shape (r, l)
    numbers : dict of str -> ndarray of float, shape (r, l)
        By the names that `Columns` has for them; NaN where one is left out.
    index, word, value_type : ndarray of int, shape (r, l, m)
    value, weight, standard_error, contribution : ndarray of float, shape (r, l, m)
    words : list of Word
    texts : list of str
    contents : list of dict
        What the arrays do not hold of each row; see `Columns.lines`.
    """

    label: NDArray[Any]
    numbers: dict[str, NDArray[np.float64]]
    index: NDArray[Any]
    word: NDArray[Any]
    value_type: NDArray[Any]
    value: NDArray[np.float64]
    weight: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    contribution: NDArray[np.float64]
    words: list[Word]
    texts: list[str]
    contents: list[dict[str, Any]]


def columns_of(
    filled: Filled, positions: Sequence[int] | NDArray[np.int64], ids: Sequence[Any] | NDArray[Any]
) -> Columns:
    """Put arrays together as `to_columns` would do it from explanations.

    Parameters
    ----------
    filled : Filled
    positions : sequence of int
        Where the rows stand in the data.
    ids : sequence
        What the data calls them, see `as_ids`.
    """
    rows, labels, features = filled.index.shape
    unknown = np.full(rows * labels, np.nan)
    return Columns(
        positions=np.asarray(positions, dtype=np.int64),
        ids=as_ids(ids),
        label_start=_starts(np.full(rows, labels)),
        label=filled.label.reshape(-1).astype(np.int64),
        **{name: np.asarray(filled.numbers.get(name, unknown)).reshape(-1) for name in _NUMBERS},
        feature_start=_starts(np.full(rows * labels, features)),
        index=filled.index.reshape(-1).astype(np.int64),
        word=filled.word.reshape(-1).astype(np.int32),
        value_type=filled.value_type.reshape(-1).astype(np.uint8),
        value=np.ascontiguousarray(filled.value.reshape(-1)),
        weight=np.ascontiguousarray(filled.weight.reshape(-1)),
        standard_error=np.ascontiguousarray(filled.standard_error.reshape(-1)),
        contribution=np.ascontiguousarray(filled.contribution.reshape(-1)),
        words=filled.words,
        texts=filled.texts,
        errors={},
        details=_squeeze([_encoded(content) for content in filled.contents]),
    )


def _line(exp: Explanation, described: dict[Any, Any], more: dict[int, dict[str, Any]]) -> str:
    """What the arrays do not hold of an explanation, as JSON."""
    content: dict[str, Any]
    order = [plain(feature) for feature in instance_features(exp.domain_mapper) if feature in described]
    if type(exp).to_dict is not Explanation.to_dict:
        content = {key: value for key, value in exp.to_dict().items() if key not in _IN_COLUMNS}
        content["instance_features"] = order
    else:
        content = {
            "mode": exp.mode,
            "class_names": plain(exp.class_names),
            "score": plain(exp.score),
            "local_pred": plain(exp.local_pred),
            "num_model_calls": plain(exp.num_model_calls),
            "num_samples": plain(exp.num_samples),
            "sampling_method": exp.sampling_method,
            "effective_samples": plain(exp.effective_samples),
            "warnings": plain(exp.warnings),
            "instance_features": order,
            "instance_block": plain(instance_block(exp.domain_mapper, exp)),
        }
        if exp.mode == "classification":
            content["predict_proba"] = plain(exp.predict_proba)
            content["top_labels"] = plain(exp.top_labels)
        else:
            for name in ("predicted_value", "min_value", "max_value", "dummy_label"):
                content[name] = plain(getattr(exp, name))
        if exp.settled is not None:
            content.update(settled=exp.settled, stopping=exp.stopping, looks=exp.looks, error_share=exp.error_share)
        if exp.exact:
            content["exact"] = True
        if exp.anchored:
            content["anchored"] = True
        if exp.kernel_width is not None:
            content["kernel_width"] = exp.kernel_width
        concerned = exp.labels_of_warnings()
        if concerned is not None:
            content["concerned"] = plain(concerned)
    if exp.mode == "regression":
        content["mirrored"] = exp.is_single_output()
    if exp.more_warnings:
        content["more_warnings"] = plain(exp.more_warnings)
    if exp.target is not None:
        content["target"] = plain(stored_target(exp.target))
    if exp.link != IDENTITY:
        content["link"] = exp.link
    if exp.sampling_reason:
        content["sampling_reason"] = exp.sampling_reason
    if exp.neighborhood is not None:
        content.update(neighborhood=exp.neighborhood, neighborhood_scores=plain(exp.neighborhood_scores))
    if exp.local_fit:
        content["local_fit"] = [[plain(label), plain(asdict(fit))] for label, fit in exp.local_fit.items()]
    if exp.ranges:
        content["ranges"] = [[plain(label), plain(bounds)] for label, bounds in exp.ranges.items()]
    if more:
        content["described"] = more
    return _encoded(content)


def _encoded(content: dict[str, Any]) -> str:
    try:
        return _STRICT.encode(content)
    except ValueError:  # a number that JSON has none for, which is rare
        return _STRICT.encode(_encode(content))


def _typed(value: Any, texts: dict[str, int]) -> tuple[int, float]:
    """The type of a value, and a float that stands for it."""
    if type(value) is float:
        return 1, value
    value = plain(value)
    if value is None:
        return 0, np.nan
    if isinstance(value, bool):
        return 4, float(value)
    if isinstance(value, float):
        return 1, value
    if isinstance(value, int) and abs(value) <= _EXACT_INTEGERS:
        return 2, float(value)
    return 3, float(texts.setdefault(str(value), len(texts)))


def as_ids(ids: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    """Return names of rows as whole numbers of 64 bits with a sign, or as text where one of them is none.

    Returns
    -------
    ndarray of int64 or of object that holds str, shape (r,)
    """
    array = np.asarray(ids)
    if array.ndim == 1 and array.dtype.kind in "iu" and (array <= np.iinfo(np.int64).max).all():
        return array.astype(np.int64)
    result = np.empty(len(ids), dtype=object)
    result[:] = [str(plain(name)) for name in ids]
    return result


def _squeeze(lines: Sequence[str]) -> bytes:
    return zlib.compress("\n".join(lines).encode("ascii"), 1)


def _starts(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
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


def _bound(value: Any) -> float | None:
    return None if value is None else float(value)


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    return np.nan if value is None else float(np.ravel(value)[0])


def _known(value: Any) -> float | None:
    return None if value != value else float(value)


class Piece(Protocol):
    """Some rows that are read when they are asked for, such as `lime.results.parquet.PartFile`."""

    def __len__(self) -> int: ...

    def load(self) -> Columns:
        """Read the rows."""
