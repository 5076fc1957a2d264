"""Contributions as shap's `Explanation`: its plots then work on them. shap is imported here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
        data=_values([plain(found["value"]) for found in described]),
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
            # Of texts and pictures, a feature's number means another word or segment in every row.
            key = (feature_id, found["name"])
            if key not in columns:
                columns[key] = len(names)
                names.append(found["name"])
            cells.append((row, columns[key], value, plain(found["value"])))
    order = sorted(range(len(names)), key=lambda k: list(columns)[k])
    place = {old: new for new, old in enumerate(order)}
    values = np.zeros((len(baselines), len(names)))
    data = np.full(values.shape, None, dtype=object)
    for row, column, value, shown in cells:
        values[row, place[column]], data[row, place[column]] = value, shown
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


def _values(values: Sequence[Any]) -> NDArray[Any]:
    """The instance's values: floats where all of them are numbers or missing, else as they are."""
    if all(value is None or isinstance(value, bool | int | float) for value in values):
        return np.array([np.nan if value is None else float(value) for value in values])
    kept = np.empty(len(values), dtype=object)
    kept[:] = values
    return kept


def _shap() -> Any:
    try:
        import shap
    except ImportError as error:
        raise ImportError("to_shap needs shap, which is not installed: pip install shap") from error
    return shap
