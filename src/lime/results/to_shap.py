"""Contributions as shap's `Explanation`: its plots then work on them. shap is imported here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lime._optional import require
from lime.results.mapper import describe_feature, instance_features
from lime.results.serialize import plain

if TYPE_CHECKING:
    from lime.results.explanation import Explanation
    from lime.results.explanations import Explanations

__all__ = ["explanation_to_shap", "explanations_to_shap"]


def explanation_to_shap(exp: Explanation, label: Any = None) -> Any:
    """Return one explanation's contributions; see `Explanation.to_shap`."""
    added = exp.contributions(label)
    order = list(dict.fromkeys([*map(plain, instance_features(exp.domain_mapper)), *added]))
    described = [describe_feature(exp.domain_mapper, feature_id) for feature_id in order]
    return _shap().Explanation(
        values=np.array([added.get(feature_id, 0.0) for feature_id in order], dtype=np.float64),
        base_values=float(exp.baseline_values[exp.resolve_label(label)]),
        data=_values([_shown(found) for found in described]),
        feature_names=[found["name"] for found in described],
    )


def explanations_to_shap(exps: Explanations, label: Any = None) -> Any:
    """Return the contributions of many rows; see `Explanations.to_shap`."""
    columns: dict[Any, int] = {}
    names: list[str] = []
    cells: list[tuple[int, int, float, Any]] = []
    baselines: list[float] = []
    for row, exp in enumerate(exps):
        added, baseline = _of_row(exp, row, label)
        baselines.append(baseline)
        for feature_id, value in added.items():
            found = describe_feature(exp.domain_mapper, feature_id)
            # Of texts, a feature's number means another word in every row.
            key = (-1 if _is_word(found) else feature_id, found["name"])
            if key not in columns:
                columns[key] = len(names)
                names.append(found["name"])
            cells.append((row, columns[key], value, _shown(found)))
    keys = list(columns)
    order = sorted(range(len(names)), key=lambda k: keys[k][0])
    place = {old: new for new, old in enumerate(order)}
    values = np.zeros((len(baselines), len(names)))
    data = np.full(values.shape, None, dtype=object)
    for row, column, value, shown in cells:
        values[row, place[column]] += value  # a word may stand in several places
        data[row, place[column]] = shown
    return _shap().Explanation(
        values=values,
        base_values=np.array(baselines),
        data=_values(data.ravel().tolist()).reshape(values.shape),
        feature_names=[names[k] for k in order],
    )


def _of_row(exp: Explanation, row: int, label: Any) -> tuple[dict[int, float], float]:
    """Contributions and baseline of one row of many; the row is named where it has none."""
    try:
        return exp.contributions(label), float(exp.baseline_values[exp.resolve_label(label)])
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"row {row} of these explanations has no contributions ({error.args[0]}). Leave it out: exps[mask], with "
            "a mask that is False there"
        ) from error


def _shown(found: dict[str, Any]) -> Any:
    """The instance's value of a feature; a word or a segment, which has none, by its name."""
    return found["name"] if _is_word(found) else plain(found["value"])


def _is_word(found: dict[str, Any]) -> bool:
    return found["value"] is None and found["feature"] == found["name"]


def _values(values: Sequence[Any]) -> NDArray[Any]:
    """The instance's values: floats where all of them are numbers or missing, else as they are."""
    if all(value is None or isinstance(value, bool | int | float) for value in values):
        return np.array([np.nan if value is None else float(value) for value in values])
    kept = np.empty(len(values), dtype=object)
    kept[:] = values
    return kept


def _shap() -> Any:
    return require("shap", "to_shap")
