"""Explanations as plain dicts and strict JSON, under a version of their own, and back.

Numpy scalars and arrays become plain Python; NaN and infinities, which JSON has no number for, are written as
``{"float": "nan"}``, ``{"float": "inf"}`` and ``{"float": "-inf"}``, so that they cannot be taken for a string that
happens to read the same.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lime.engine.links import IDENTITY
from lime.engine.local_fit import LocalFit
from lime.engine.targets import Target
from lime.results.checksums import CHECKSUM, checked_json, with_checksum
from lime.results.exceptions import LimeError
from lime.results.files import write_text
from lime.results.finding import MEASURED, Finding
from lime.results.form import check_form
from lime.results.mapper import describe_feature, instance_block, instance_features
from lime.results.stored import StoredMapper
from lime.results.surrogates import surrogate_from_dict, surrogate_to_dict

if TYPE_CHECKING:
    from lime.results.explanation import Explanation

__all__ = ["SCHEMA", "explanation_from_dict", "explanation_to_dict", "plain", "read_json", "write_json"]

SCHEMA = "lime.explanation/1"
_FAMILY = SCHEMA.split("/")[0]


_PLAIN = frozenset({str, bool, int, float})


def plain(value: Any) -> Any:
    """Turn a value into str, bool, int, float, None, or lists and dicts of these.

    Anything else, such as a date, becomes its `str`.
    """
    kind: Any = type(value)
    if value is None or kind in _PLAIN:
        return value
    if kind is list:
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "biuU" or value.dtype in (np.float64, np.float32):
            return value.tolist()
        return [plain(item) for item in value] if value.ndim else plain(value[()])
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    for kind in (str, bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | range):
        return [plain(item) for item in value]
    return str(value)


def encode_numbers(value: Any) -> Any:
    """Replace the floats that JSON cannot hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, dict):
        return {key: encode_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encode_numbers(item) for item in value]
    return value


def _decode(value: Any) -> Any:
    """Undo `encode_numbers`."""
    if isinstance(value, dict):
        if value.keys() == {"float"}:
            return float(value["float"])
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return value


def explanation_to_dict(exp: Explanation) -> dict[str, Any]:
    """Write an explanation as a dict that `json.dumps(..., allow_nan=False)` accepts.

    Attributes that a user set are not part of it; they travel by pickle.
    """
    mapper = exp.domain_mapper
    order = instance_features(mapper)
    ids = list(order)
    known = set(ids)
    for pairs in exp.local_exp.values():
        for feature_id, _ in pairs:
            if feature_id not in known:
                known.add(feature_id)
                ids.append(feature_id)
    labels = []
    for label, pairs in exp.local_exp.items():
        errors, added = exp.standard_errors.get(label, {}), exp.contributions_by_label.get(label, {})
        labels.append(
            {
                "label": label,
                "intercept": exp.intercept.get(label),
                "score": exp.scores.get(label),
                "held_out_score": exp.held_out_scores.get(label),
                "local_pred": exp.local_preds.get(label),
                "model_pred": exp.model_preds.get(label),
                "degrees_of_freedom": exp.degrees_of_freedom.get(label),
                "range": exp.ranges.get(label),
                "baseline": exp.baseline_values.get(label),
                "local_fit": None if label not in exp.local_fit else asdict(exp.local_fit[label]),
                "weights": [
                    {
                        "index": feature_id,
                        "weight": weight,
                        "standard_error": errors.get(feature_id),
                        "contribution": added.get(feature_id),
                    }
                    for feature_id, weight in pairs
                ],
            }
        )
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "mode": exp.mode,
        "class_names": exp.class_names,
        "labels": labels,
        "settled": exp.settled,
        "stopping": exp.stopping,
        "looks": exp.looks,
        "error_share": exp.error_share,
        "exact": exp.exact,
        "anchored": exp.anchored,
        "kernel_width": exp.kernel_width,
        "neighborhood": exp.neighborhood,
        "neighborhood_scores": exp.neighborhood_scores,
        "score": exp.score,
        "local_pred": exp.local_pred,
        "num_model_calls": exp.num_model_calls,
        "num_samples": exp.num_samples,
        "sampling_method": exp.sampling_method,
        "effective_samples": exp.effective_samples,
        "warnings": exp.warnings,
        "more_warnings": exp.more_warnings,
        "trust": [exp.known_trust(label).to_dict() for label in exp.explained_labels()],
        "features": [{**describe_feature(mapper, feature_id), "index": feature_id} for feature_id in ids],
        "instance_features": order,
        "instance_block": instance_block(mapper, exp),
    }
    if exp.mode == "classification":
        content["predict_proba"] = exp.predict_proba
        content["top_labels"] = exp.top_labels
    else:
        content["predicted_value"] = exp.predicted_value
        content["min_value"] = exp.min_value
        content["max_value"] = exp.max_value
        content["dummy_label"] = exp.dummy_label
        content["mirrored"] = exp.mirrored
    if exp.representation is not None or exp.compared is not None:
        content.update(representation=exp.representation, compared=exp.compared)
    # Of weights that are not held to the prediction nobody is told for which difference they stand.
    differences = {label: exp.differences(label) for label in exp.explained_labels()} if exp.anchored else {}
    if any(differences.values()):
        content["differences"] = [[label, list(words.items())] for label, words in differences.items()]
    if exp.surrogates:
        content["surrogates"] = stored_surrogates(exp)
    if exp.target is not None:
        content["target"] = stored_target(exp.target)
    if exp.link != IDENTITY:
        content["link"] = exp.link
    if exp.sampling_reason:
        content["sampling_reason"] = exp.sampling_reason
    concerned = exp.labels_of_warnings()
    if concerned is not None:
        content["concerned"] = concerned
    encoded: dict[str, Any] = encode_numbers(plain(content))
    return encoded


def explanation_from_dict(content: Any, make: Callable[[dict[str, Any], StoredMapper], Explanation]) -> Explanation:
    """Read what `explanation_to_dict` wrote.

    Parameters
    ----------
    content : dict
    make : callable
        Takes the content and the mapper, and returns an explanation that holds no label yet.

    Raises
    ------
    LimeError
        `content` is no explanation, or one of a version that this release does not know, or it is damaged.
    """
    schema = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(schema, str) or schema.split("/")[0] != _FAMILY:
        raise LimeError(f"not an explanation: expected a JSON object whose schema is {SCHEMA!r}, got schema {schema!r}")
    if schema != SCHEMA:
        raise LimeError(
            f"cannot read schema {schema!r}: this release of lime reads {SCHEMA!r}; "
            "install the release of lime that wrote the file, or a later one"
        )
    try:
        decoded = _decode(content)
        check_form(decoded)
        return _build(decoded, make)
    except LimeError:
        raise
    except Exception as error:  # whatever a stranger's content makes a reader raise
        raise LimeError(f"damaged explanation: {type(error).__name__}: {error}") from error


def stored_target(target: Target) -> dict[str, Any]:
    """What a file holds of a target: all but a function."""
    return {"name": target.name, "coefficients": target.coefficients, "detail": target.detail}


def stored_surrogates(exp: Explanation) -> list[list[Any]]:
    """What a file holds of surrogates that are not linear: labels, and one of them each."""
    return [[label, surrogate_to_dict(found)] for label, found in exp.surrogates.items()]


def _target(content: dict[str, Any]) -> Target:
    parts = content["coefficients"]
    return Target(content["name"], None if parts is None else tuple(map(float, parts)), detail=content["detail"])


def _array(value: Any) -> Any:
    """Give a list back as a float array, and leave numbers and None as they are."""
    return np.asarray(value, dtype=float) if isinstance(value, list) else value


def _local_fit(entry: dict[str, Any]) -> LocalFit:
    return LocalFit(float(entry["score"]), float(entry["error"]), float(entry["rows"]), str(entry["source"]))


def _build(content: dict[str, Any], make: Callable[[dict[str, Any], StoredMapper], Explanation]) -> Explanation:
    mapper = StoredMapper(content["features"], content["instance_features"], content["instance_block"])
    exp = make(content, mapper)
    for entry in content["labels"]:
        label = entry["label"]
        exp.local_exp[label] = [(item["index"], np.float64(item["weight"])) for item in entry["weights"]]
        exp.standard_errors[label] = {
            item["index"]: float(item["standard_error"])
            for item in entry["weights"]
            if item["standard_error"] is not None
        }
        for key, target in (
            ("intercept", exp.intercept),
            ("score", exp.scores),
            ("local_pred", exp.local_preds),
            ("model_pred", exp.model_preds),
            ("degrees_of_freedom", exp.degrees_of_freedom),
        ):
            if entry[key] is not None:
                target[label] = float(entry[key])
        if entry.get("held_out_score") is not None:
            exp.held_out_scores[label] = float(entry["held_out_score"])
        if entry.get("baseline") is not None:
            exp.baseline_values[label] = float(entry["baseline"])
            exp.contributions_by_label[label] = {
                item["index"]: float(item["contribution"])
                for item in entry["weights"]
                if item.get("contribution") is not None
            }
        # Explanations were stored without ranges and flag at first.
        if entry.get("range") is not None:
            low, high = entry["range"]
            exp.ranges[label] = (float(low), float(high))
        if entry.get("local_fit") is not None:
            exp.local_fit[label] = _local_fit(entry["local_fit"])
    exp.score = content["score"]
    exp.local_pred = _array(content["local_pred"])
    exp.num_model_calls = content["num_model_calls"]
    exp.num_samples = content["num_samples"]
    exp.sampling_method = content["sampling_method"]
    exp.effective_samples = content["effective_samples"]
    exp.settled, exp.stopping = content.get("settled"), content.get("stopping", "")
    exp.looks, exp.error_share = int(content.get("looks", 1)), float(content.get("error_share", 1.0))
    exp.exact = bool(content.get("exact", False))
    exp.anchored = bool(content.get("anchored", False))
    if content.get("kernel_width") is not None:
        exp.kernel_width = float(content["kernel_width"])
    exp.neighborhood = content.get("neighborhood")
    scores = content.get("neighborhood_scores")
    exp.neighborhood_scores = None if scores is None else {name: float(score) for name, score in scores.items()}
    exp.warnings = list(content["warnings"])
    exp.more_warnings = [str(sentence) for sentence in content.get("more_warnings") or []]
    # Written only where several labels were explained.
    concerned = content.get("concerned") or []
    exp.warned_labels = {
        sentence: labels for sentence, labels in zip(exp.warnings, concerned, strict=False) if labels is not None
    }
    exp.findings = {card["label"]: _measured(card["findings"]) for card in content.get("trust", ())}
    if exp.mode == "classification":
        exp.predict_proba = _array(content["predict_proba"])
        exp.top_labels = content["top_labels"]
        if exp.top_labels:  # in the order of 0.2.0.1, from the lowest to the highest
            exp.local_exp = {label: exp.local_exp[label] for label in reversed(exp.explained_labels())}
    else:
        exp.predicted_value = _array(content["predicted_value"])
        exp.min_value = _array(content["min_value"])
        exp.max_value = _array(content["max_value"])
        exp.dummy_label = content["dummy_label"]
        exp.mirrored = bool(content.get("mirrored", False))
    if content.get("target") is not None:
        exp.target = _target(content["target"])
    exp.representation = content.get("representation")
    found = content.get("compared")
    exp.compared = None if found is None else {name: float(score) for name, score in found.items()}
    told = content.get("differences") or ()
    exp.stored_differences = {int(label): {int(i): str(words) for i, words in pairs} for label, pairs in told}
    exp.surrogates = {int(label): surrogate_from_dict(one) for label, one in content.get("surrogates") or ()}
    exp.link = content.get("link", IDENTITY)
    exp.sampling_reason = content.get("sampling_reason", "")
    return exp


def _measured(findings: dict[str, dict[str, Any]]) -> dict[str, Finding]:
    """The parts of a trust card that explicit calls measured; all others follow from the explanation's numbers."""
    return {
        key: Finding(
            key,
            found["name"],
            found["value"],
            found["sentence"],
            {name: value for name, value in found.items() if name not in ("name", "value", "sentence")},
        )
        for key, found in findings.items()
        if key in MEASURED and found is not None
    }


def write_json(content: dict[str, Any], path: str | os.PathLike[str] | None = None) -> str:
    """Write a dict as strict JSON in ASCII, to a file as well if a path is given; return the text.

    An explanation, which is read again, has a checksum of its content in it.
    """
    checked = str(content.get("schema")).split("/")[0] == _FAMILY
    text = json.dumps(with_checksum(content) if checked else content, allow_nan=False)
    if path is not None:
        write_text(path, text + "\n")
    return text


def read_json(text_or_path: str | bytes | os.PathLike[str]) -> Any:
    """Read JSON from a text, or from a file where the text does not begin with a brace.

    Raises
    ------
    LimeError
        The text is not JSON, or damaged.
    FileNotFoundError
        It is taken for a path, and there is no such file.
    """
    name = "the text"
    try:
        if isinstance(text_or_path, os.PathLike) or (
            isinstance(text_or_path, str) and not text_or_path.lstrip().startswith(("{", "["))
        ):
            name = os.fsdecode(text_or_path)
            content = json.loads(Path(text_or_path).read_bytes())
        else:
            content = json.loads(text_or_path)
        return checked_json(
            content,
            f"{name} is damaged, or was changed: its content does not have the checksum that it was written with; "
            f"whoever changed it on purpose removes its {CHECKSUM!r}",
        )
    except (ValueError, RecursionError) as error:
        said = f"{type(error).__name__}: {error}"[:200]
        raise LimeError(f"not an explanation: {name} is no JSON, or damaged ({said})") from error
