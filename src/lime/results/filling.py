"""Explanations put into columns, as many rows are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.links import IDENTITY
from lime.results.columns import NUMBERS, Columns, Word, squeeze, starts
from lime.results.explanation import Explanation
from lime.results.lines import lines_of
from lime.results.mapper import describe_feature, instance_block, instance_features
from lime.results.serialize import encode_numbers, plain, stored_surrogates, stored_target

_EXACT_INTEGERS = 2**53
_STRICT = json.JSONEncoder(allow_nan=False)
_COMMON = frozenset({"feature", "index", "name", "value", "low", "high"})
_IN_COLUMNS = frozenset({"schema", "labels", "features", "trust"})


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
    label_table = np.array(entries, dtype=np.float64).reshape(-1, 1 + len(NUMBERS))
    cell_table = np.array(cells, dtype=np.float64).reshape(-1, 7)
    return Columns(
        positions=np.asarray(positions, dtype=np.int64),
        ids=as_ids(ids),
        label_start=starts(label_count),
        label=label_table[:, 0].astype(np.int64),
        **{name: np.ascontiguousarray(label_table[:, k]) for k, name in enumerate(NUMBERS, 1)},
        feature_start=starts(feature_count),
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
        details=squeeze(lines),
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
    common : dict
        What all of them say alike, under other keys.
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
    common: dict[str, Any] = field(default_factory=dict)


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
        label_start=starts(np.full(rows, labels)),
        label=filled.label.reshape(-1).astype(np.int64),
        **{name: np.asarray(filled.numbers.get(name, unknown)).reshape(-1) for name in NUMBERS},
        feature_start=starts(np.full(rows * labels, features)),
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
        details=squeeze(list(lines_of(filled.contents, filled.common))),
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
    if exp.link != IDENTITY:
        content["link"] = exp.link
    if exp.sampling_reason:
        content["sampling_reason"] = exp.sampling_reason
    if exp.more_warnings:
        content["more_warnings"] = plain(exp.more_warnings)
    if exp.representation is not None:
        content.update(representation=exp.representation, compared=plain(exp.compared))
    elif exp.compared is not None:
        content["compared"] = plain(exp.compared)
    if exp.surrogates:
        content["surrogates"] = plain(stored_surrogates(exp))
    if exp.target is not None:
        content["target"] = plain(stored_target(exp.target))
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
        return _STRICT.encode(encode_numbers(content))


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


def _bound(value: Any) -> float | None:
    return None if value is None else float(value)


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    return np.nan if value is None else float(np.ravel(value)[0])
