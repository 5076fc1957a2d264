"""Boosters of XGBoost and their scikit-learn wrappers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.trees import ANY, SAME, CategorySet, ModelColumns, TreeArrays, Unreadable, join
from lime.models.arrays import ModelArrays, Output, Part
from lime.models.boundaries import below_in_single

IDENTITY = (
    "reg:squarederror",
    "reg:linear",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "reg:squaredlogerror",
    "binary:logitraw",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
)
LOGISTIC = ("binary:logistic", "reg:logistic")
SOFTMAX = ("multi:softprob", "multi:softmax")


def read_xgboost(model: Any, method: str) -> ModelArrays:
    """A booster, or a wrapper of one."""
    wrapped = hasattr(model, "get_booster")
    booster = model.get_booster() if wrapped else model
    learner = json.loads(bytes(booster.save_raw(raw_format="json")))["learner"]
    objective = learner["objective"]["name"]
    output = _output(objective, method, wrapped)
    gradient = learner["gradient_booster"]
    if gradient["name"] != "gbtree":
        raise Unreadable(f"XGBoost's booster {gradient['name']!r} is no plain sum of trees")
    stored = gradient["model"]
    trees, of_class = stored["trees"], np.asarray(stored["tree_info"], dtype=np.intp)
    best = getattr(model, "best_iteration", None) if wrapped else None
    if best is not None:
        if "iteration_indptr" in stored:
            trees = trees[: stored["iteration_indptr"][best + 1]]
        else:
            each = max(1, int(stored["gbtree_model_param"]["num_parallel_tree"])) * (int(of_class.max(initial=0)) + 1)
            trees = trees[: (best + 1) * each]
    base = _base(learner["learner_model_param"], objective, int(of_class.max(initial=0)) + 1)
    parts = [_tree(one, int(of_class[i]), len(base)) for i, one in enumerate(trees)]
    if not parts:
        raise Unreadable("the model has no tree")
    width = int(learner["learner_model_param"]["num_feature"])
    kinds = list(learner.get("feature_types") or [])
    shape = np.array([ANY if kind == "c" else SAME for kind in kinds] or [SAME] * width)
    transform = _codes_of if (shape == ANY).any() else None
    columns = ModelColumns(np.arange(width), shape, {})
    return ModelArrays((Part(join(parts, base), columns, transform),), output, single=True)


def _output(objective: str, method: str, wrapped: bool) -> Output:
    if objective in IDENTITY or method == "margin":
        return "value"
    if objective in (*LOGISTIC, *SOFTMAX) and (method == "predict_proba" or not wrapped):
        return "margin"
    if objective == "reg:logistic":
        raise Unreadable("predictions of XGBoost's objective 'reg:logistic' are no sum of leaves")
    raise Unreadable(f"predictions of XGBoost's objective {objective!r} are no sum of leaves")


def _base(parameters: dict[str, Any], objective: str, outputs: int) -> NDArray[np.float64]:
    """What the trees are added to, one number for each output."""
    text = str(parameters["base_score"])
    score = np.asarray(json.loads(text if text.startswith("[") else f"[{text}]"), dtype=np.float32).astype(np.float64)
    if objective in LOGISTIC or objective == "binary:logitraw":
        score = np.log(score / (1.0 - score)) if objective != "binary:logitraw" else score
    return np.broadcast_to(score, outputs).copy() if len(score) == 1 else score


def _tree(stored: dict[str, Any], of_class: int, outputs: int) -> TreeArrays:
    if int(stored["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise Unreadable("XGBoost's trees with several outputs in a leaf (multi_strategy) are not read")
    left = np.asarray(stored["left_children"], dtype=np.intp)
    right = np.asarray(stored["right_children"], dtype=np.intp)
    numbers = np.asarray(stored["split_conditions"], dtype=np.float32)
    leaf = left < 0
    values = np.zeros((len(left), outputs))
    values[leaf, of_class if outputs > 1 else 0] = numbers[leaf]
    missing_left = np.asarray(stored["default_left"]).astype(bool)
    category = np.full(len(left), -1, dtype=np.intp)
    sets: list[CategorySet] = []
    every = stored.get("categories") or []
    pieces = zip(
        stored.get("categories_nodes") or [],
        stored.get("categories_segments") or [],
        stored.get("categories_sizes") or [],
        strict=True,
    )
    for node, start, size in pieces:
        category[node] = len(sets)
        sets.append(CategorySet(np.asarray(every[start : start + size], dtype=np.float64)))
        # What is in the set goes right.
        left[node], right[node] = right[node], left[node]
        missing_left[node] = not missing_left[node]
    return TreeArrays.of_one(
        left,
        right,
        np.where(leaf, -1, np.asarray(stored["split_indices"], dtype=np.intp)),
        below_in_single(numbers),
        values,
        missing_left=missing_left,
        category=category,
        sets=sets,
        output=of_class if outputs > 1 else -1,
    )


def _codes_of(rows: Any) -> NDArray[np.float64]:
    """Rows with categories of a pandas frame replaced by their codes."""
    if not hasattr(rows, "columns"):
        return np.asarray(rows, dtype=np.float64)
    result = np.empty(rows.shape)
    for j in range(rows.shape[1]):
        column = rows.iloc[:, j]
        if hasattr(column, "cat"):
            codes = np.asarray(column.cat.codes, dtype=np.float64)
            result[:, j] = np.where(codes < 0, np.nan, codes)
        else:
            result[:, j] = np.asarray(column, dtype=np.float64)
    return result
