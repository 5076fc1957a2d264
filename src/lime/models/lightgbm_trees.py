"""Boosters of LightGBM and their scikit-learn wrappers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.trees import ANY, SAME, CategorySet, ModelColumns, TreeArrays, Unreadable, join
from lime.models.arrays import ModelArrays, Output, Part
from lime.models.boundaries import at_most

IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg", "custom")
ZERO, NAN = 1, 2
"""Kinds of missing values, beside none."""

TINY = float(np.float32(1e-35))
"""LightGBM takes numbers up to this size for 0."""


def read_lightgbm(model: Any, method: str) -> ModelArrays:
    """A booster, or a wrapper of one."""
    wrapped = hasattr(model, "booster_")
    booster = model.booster_ if wrapped else model
    best = booster.best_iteration
    head, *stored = booster.model_to_string(num_iteration=best if best and best > 0 else -1).split("\nTree=")
    header = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    objective = header.get("objective", "custom").split()
    output = _output(objective, method, wrapped)
    each = int(header["num_tree_per_iteration"])
    average = "average_output" in head.splitlines()
    parts = [_tree(_fields(text), k % each, each) for k, text in enumerate(stored)]
    if not parts:
        raise Unreadable("the model has no tree")
    if output == "margin" and average:
        raise Unreadable("LightGBM's random forests average before they take the logistic function")
    factor = each / len(parts) if average else 1.0
    infos = header["feature_infos"].split()
    shape = np.array([SAME if info.startswith("[") or info == "none" else ANY for info in infos])
    named = booster.pandas_categorical
    columns = ModelColumns(np.arange(len(infos)), shape, {})
    scale = 1.0
    if objective[0] == "binary" and output == "margin":
        scale = _sigmoid(objective)
    arrays = join(parts).scaled(factor * scale)
    return ModelArrays((Part(arrays, columns, _Coding(named) if named else None),), output)


def _output(objective: list[str], method: str, wrapped: bool) -> Output:
    name = objective[0]
    if method == "margin" or (name in IDENTITY and "sqrt" not in objective):
        return "value"
    if name in ("binary", "multiclass", "cross_entropy") and (method == "predict_proba" or not wrapped):
        return "margin"
    if name == "multiclassova":
        raise Unreadable("LightGBM's one-versus-all probabilities have no log-odds that are a sum of leaves")
    raise Unreadable(f"predictions of LightGBM's objective {' '.join(objective)!r} are no sum of leaves")


def _sigmoid(objective: list[str]) -> float:
    found = [float(word.split(":")[1]) for word in objective if word.startswith("sigmoid:")]
    return found[0] if found else 1.0


def _fields(text: str) -> dict[str, str]:
    """The lines of one tree, up to the first empty one."""
    lines = text.split("\n\n")[0].splitlines()[1:]
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _numbers(fields: dict[str, str], name: str, dtype: Any) -> NDArray[Any]:
    return np.array(fields.get(name, "").split(), dtype=dtype)


def _tree(fields: dict[str, str], output: int, outputs: int) -> TreeArrays:
    if fields.get("is_linear", "0").strip() != "0":
        raise Unreadable("LightGBM's linear trees have functions in their leaves")
    leaves = _numbers(fields, "leaf_value", np.float64)
    split = _numbers(fields, "split_feature", np.intp)
    m = len(split)
    values = np.zeros((m + len(leaves), outputs))
    values[m:, output] = leaves
    blank = np.full(len(leaves), -1, dtype=np.intp)
    if m == 0:
        nothing = np.full(1, np.nan)
        return TreeArrays.of_one(blank, blank, blank, nothing, values, output=output if outputs > 1 else -1)
    # Inner nodes first, then leaves, which children name by ~leaf.
    children = [_numbers(fields, name, np.intp) for name in ("left_child", "right_child")]
    left, right = (np.where(one < 0, m + ~one, one) for one in children)
    kind = _numbers(fields, "decision_type", np.int64)
    threshold = _numbers(fields, "threshold", np.float64)
    categorical, default_left, missing = (kind & 1) > 0, (kind & 2) > 0, (kind >> 2) & 3
    if ((missing == ZERO) & ~categorical).any():
        raise Unreadable("LightGBM took zeros for missing values (zero_as_missing)")
    # Where training knew no missing value, one counts as 0.
    missing_left = np.where(missing == NAN, default_left, threshold >= 0.0) & ~categorical
    category = np.full(m, -1, dtype=np.intp)
    sets: list[CategorySet] = []
    bounds, words = _numbers(fields, "cat_boundaries", np.intp), _numbers(fields, "cat_threshold", np.uint32)
    for node in np.flatnonzero(categorical):
        which = int(threshold[node])
        category[node] = len(sets)
        sets.append(CategorySet(_bits(words[bounds[which] : bounds[which + 1]])))
    rest = len(leaves)
    return TreeArrays.of_one(
        np.append(left, blank),
        np.append(right, blank),
        np.append(split, blank),
        np.append(_above_tiny(threshold), np.full(rest, np.nan)),
        values,
        missing_left=np.append(missing_left, np.zeros(rest, dtype=bool)),
        category=np.append(category, blank),
        sets=sets,
        output=output if outputs > 1 else -1,
    )


def _above_tiny(threshold: NDArray[np.float64]) -> NDArray[np.float64]:
    """Thresholds below which a number goes left; one that is as good as 0 goes where 0 goes."""
    result = at_most(threshold)
    near = np.abs(threshold) <= TINY
    result[near] = np.where(threshold[near] >= 0.0, np.nextafter(TINY, 1.0), -TINY)
    return result


def _bits(words: NDArray[np.uint32]) -> NDArray[np.float64]:
    bits = (words[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    return np.flatnonzero(bits.ravel()).astype(np.float64)


class _Coding:
    """Rows with categories of a pandas frame replaced by the numbers that LightGBM gave them."""

    def __init__(self, categories: list[list[Any]]) -> None:
        self.places = [{value: place for place, value in enumerate(one)} for one in categories]

    def __call__(self, rows: Any) -> NDArray[np.float64]:
        """Rows as numbers."""
        if not hasattr(rows, "columns"):
            return np.asarray(rows, dtype=np.float64)
        places = iter(self.places)
        result = np.empty(rows.shape)
        for j in range(rows.shape[1]):
            column = rows.iloc[:, j]
            if hasattr(column, "cat"):
                known = next(places)
                result[:, j] = [known.get(value, np.nan) for value in column.astype(object)]
            else:
                result[:, j] = np.asarray(column, dtype=np.float64)
        return result
