"""Lines of JSON of many rows that say much the same, written faster than an encoder writes them one by one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

from lime.results.serialize import encode_numbers

ORDER = (
    "mode",
    "class_names",
    "score",
    "local_pred",
    "num_model_calls",
    "num_samples",
    "sampling_method",
    "effective_samples",
    "warnings",
    "instance_features",
    "instance_block",
    "predict_proba",
    "top_labels",
    "predicted_value",
    "min_value",
    "max_value",
    "dummy_label",
    "settled",
    "stopping",
    "looks",
    "error_share",
    "exact",
    "anchored",
    "kernel_width",
    "concerned",
    "mirrored",
    "link",
    "sampling_reason",
    "more_warnings",
    "representation",
    "compared",
    "surrogates",
    "target",
    "neighborhood",
    "neighborhood_scores",
    "local_fit",
    "ranges",
    "described",
)
"""Keys of a line in their order; others come last."""

_RANKS = {key: rank for rank, key in enumerate(ORDER)}


def lines_of(contents: Iterable[Mapping[str, Any]], common: Mapping[str, Any]) -> Iterator[str]:
    """Write the line of each row.

    Parameters
    ----------
    contents : iterable of mapping
        What each row says of its own.
    common : mapping
        What all say, under other keys.

    Yields
    ------
    str
        JSON in ASCII.
    """
    said = {key: _item(key, value) for key, value in common.items()}
    orders: dict[tuple[str, ...], list[str]] = {}
    for content in contents:
        own = tuple(content)
        order = orders.get(own)
        if order is None:
            order = orders[own] = sorted([*own, *said], key=lambda key: _RANKS.get(key, len(ORDER)))
        items = [_item(key, content[key]) if key in content else said[key] for key in order]
        yield "{" + ", ".join(items) + "}"


def _item(key: str, value: Any) -> str:
    return f"{encode_basestring_ascii(key)}: {_text(value)}"


def _text(value: Any) -> str:
    """As `json` writes it."""
    kind = type(value)
    if kind is float:
        return float.__repr__(value) if math.isfinite(value) else json.dumps(encode_numbers(value))
    if kind is list:
        return _list(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is int:
        return int.__repr__(value)
    if value is None:
        return "null"
    if kind is dict:
        return "{" + ", ".join([_item(key, one) for key, one in value.items()]) + "}"
    return json.dumps(encode_numbers(value), allow_nan=False)


def _list(values: Sequence[Any]) -> str:
    return "[" + ", ".join([_text(one) for one in values]) + "]"
