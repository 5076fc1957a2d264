"""The form of a stored explanation: which parts it has, and what kind of thing each of them is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lime.engine.links import LINKS

__all__ = ["check_form"]

Kind = Callable[[Any], bool]

_BEYOND_FLOATS = 10**308


def check_form(content: dict[str, Any]) -> None:
    """Raise ValueError where a part of an explanation is of another kind than it can be; missing ones are told later.

    Parameters
    ----------
    content : dict
        What `lime.results.serialize.explanation_to_dict` gives, with its numbers decoded.
    """
    _check(content, _EXPLANATION, "the explanation")
    for name, parts, needed in (("labels", _LABEL, ()), ("features", _FEATURE, _NAMED), ("trust", _CARD, ())):
        for k, part in enumerate(content.get(name, ())):
            _check(part, parts, f"{name}[{k}]", needed)
    for k, entry in enumerate(content["labels"]):
        for j, weight in enumerate(entry["weights"]):
            _check(weight, _WEIGHT, f"labels[{k}].weights[{j}]")
    for card in content.get("trust", ()):
        for key, finding in card["findings"].items():
            if not isinstance(finding, dict):
                raise ValueError(f"finding {key!r} is {_brief(finding)}")
            _check(finding, _FINDING, f"finding {key!r}")
    block = content.get("instance_block")
    if block is not None and block.get("kind") == "text":
        _check(block, {"pieces": _list_of(_is_dict)}, "instance_block", needed=("pieces",))
        for k, piece in enumerate(block["pieces"]):
            _check(piece, _PIECE, f"instance_block.pieces[{k}]", needed=("text", "feature"))
    known = {feature["index"] for feature in content["features"]}
    shown = [weight["index"] for entry in content["labels"] for weight in entry["weights"]]
    strangers = [index for index in [*shown, *content["instance_features"]] if index not in known]
    if strangers:
        raise ValueError(f"feature {strangers[0]!r} has no description")


def _check(part: Any, kinds: dict[str, Kind], where: str, needed: Sequence[str] = ()) -> None:
    if not isinstance(part, dict):
        raise ValueError(f"{where} is {_brief(part)}: expected an object")
    lost = [name for name in needed if name not in part]
    if lost:
        raise ValueError(f"{where} has no {lost[0]!r}")
    for name, is_kind in kinds.items():
        if name in part and not is_kind(part[name]):
            raise ValueError(f"{name} of {where} is {_brief(part[name])}")


def _brief(value: Any) -> str:
    return f"{type(value).__name__} {str(value)[:40]!r}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _is_in_range(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_in_range(value)


def _is_in_range(value: Any) -> bool:
    """Whether a number is none that floats do not reach: whole numbers of JSON have any number of digits."""
    return not isinstance(value, int) or abs(value) < _BEYOND_FLOATS


def _is_plain(value: Any) -> bool:
    return value is None or (isinstance(value, str | int | float) and _is_in_range(value))


def _or_none(kind: Kind) -> Kind:
    return lambda value: value is None or kind(value)


def _list_of(kind: Kind) -> Kind:
    return lambda value: isinstance(value, list) and all(map(kind, value))


def _numbers(value: Any) -> bool:
    """A number, or an array of them as lists in lists."""
    if isinstance(value, list):
        return all(map(_numbers, value))
    return value is None or _is_number(value)


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_target(value: Any) -> bool:
    words = _is_dict(value) and _is_text(value.get("name")) and _is_text(value.get("detail"))
    return words and _or_none(_list_of(_is_number))(value.get("coefficients"))


def _is_local_fit(value: Any) -> bool:
    numbers = ("score", "error", "rows")
    return _is_dict(value) and _is_text(value.get("source")) and all(_is_number(value.get(name)) for name in numbers)


_EXPLANATION: dict[str, Kind] = {
    "mode": lambda value: value in ("classification", "regression"),
    "class_names": _or_none(_list_of(_is_plain)),
    "labels": _list_of(_is_dict),
    "features": _list_of(_is_dict),
    "trust": _list_of(_is_dict),
    "instance_features": _list_of(_is_whole),
    "instance_block": _or_none(_is_dict),
    "settled": _or_none(_is_flag),
    "stopping": _is_text,
    "looks": _is_whole,
    "error_share": _is_number,
    "exact": _is_flag,
    "anchored": _is_flag,
    "mirrored": _is_flag,
    "kernel_width": _or_none(_is_number),
    "neighborhood": _or_none(_is_text),
    "neighborhood_scores": _or_none(lambda value: _is_dict(value) and all(map(_is_number, value.values()))),
    "score": _numbers,
    "local_pred": _numbers,
    "num_model_calls": _or_none(_is_whole),
    "num_samples": _or_none(_is_whole),
    "sampling_method": _or_none(_is_text),
    "effective_samples": _or_none(_is_number),
    "warnings": _list_of(_is_text),
    "concerned": _or_none(_list_of(_or_none(_list_of(_is_whole)))),
    "predict_proba": _numbers,
    "top_labels": _or_none(_list_of(_is_whole)),
    "predicted_value": _numbers,
    "min_value": _numbers,
    "max_value": _numbers,
    "dummy_label": _or_none(_is_whole),
    "representation": _or_none(_is_text),
    "compared": _or_none(lambda value: _is_dict(value) and all(map(_is_number, value.values()))),
    "target": _or_none(_is_target),
    "differences": _list_of(lambda value: isinstance(value, list) and len(value) == 2),
    "surrogates": _list_of(lambda value: isinstance(value, list) and len(value) == 2 and _is_dict(value[1])),
    "sampling_reason": _is_text,
    "link": lambda value: value in LINKS,
    "domain": _is_text,
    "channel_axis": _or_none(_is_whole),
    "image": _or_none(_is_dict),
    "segments": _or_none(_is_dict),
    "series": _or_none(_is_dict),
    "channel_names": _or_none(_list_of(_is_text)),
    "times": _or_none(_list_of(_is_plain)),
}
_LABEL: dict[str, Kind] = {
    "label": _is_whole,
    "weights": _list_of(_is_dict),
    "local_fit": _or_none(_is_local_fit),
    "range": _or_none(lambda value: _list_of(_is_number)(value) and len(value) == 2),
    **{
        name: _or_none(_is_number)
        for name in (
            *("intercept", "score", "held_out_score", "local_pred", "model_pred"),
            *("degrees_of_freedom", "baseline"),
        )
    },
}
_WEIGHT: dict[str, Kind] = {
    "index": _is_whole,
    "weight": _is_number,
    "standard_error": _or_none(_is_number),
    "contribution": _or_none(_is_number),
}
_FEATURE: dict[str, Kind] = {
    "index": _is_whole,
    "feature": _is_text,
    "name": _is_text,
    "low": _or_none(_is_number),
    "high": _or_none(_is_number),
    "value": lambda value: not isinstance(value, dict) and _is_in_range(value),
    "share": _or_none(_is_number),  # of pictures
}
_NAMED = ("feature", "name", "value", "low", "high")
_FINDING: dict[str, Kind] = dict.fromkeys(("name", "value", "sentence"), _is_text)
_PIECE: dict[str, Kind] = {"text": _is_text, "feature": _or_none(_is_whole)}
_CARD: dict[str, Kind] = {"label": _is_whole, "findings": _is_dict}
