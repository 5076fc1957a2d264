"""Models of CatBoost over numbers, whose trees ask the same question at all nodes of a level."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.trees import ModelColumns, TreeArrays, Unreadable, join
from lime.models.arrays import ModelArrays, Output, Part
from lime.models.boundaries import at_most_in_single

IDENTITY = ("RMSE", "MAE", "Quantile", "MAPE", "Huber", "LogCosh", "Lq", "Expectile", "MultiRMSE")
LOGISTIC = ("Logloss", "CrossEntropy")


def read_catboost(model: Any, method: str) -> ModelArrays:
    """A fitted model."""
    if model.get_cat_feature_indices() or model.get_text_feature_indices() or model.get_embedding_feature_indices():
        raise Unreadable("CatBoost replaces categories, texts and embeddings by statistics of several columns")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        stored = json.loads(path.read_text(encoding="utf-8"))
    if "oblivious_trees" not in stored:
        raise Unreadable("CatBoost's trees of other shapes than oblivious ones are not read (grow_policy)")
    loss = str(model.get_all_params().get("loss_function", "")).split(":")[0]
    output = _output(loss, method)
    scale, bias = stored["scale_and_bias"]
    base = np.asarray(bias, dtype=np.float64).ravel()
    outputs = len(base)
    features = stored["features_info"]["float_features"]
    flat = {one["feature_index"]: one["flat_feature_index"] for one in features}
    always = {one["feature_index"]: one.get("nan_value_treatment", "AsIs") == "AsTrue" for one in features}
    parts = [_tree(one, flat, always, outputs) for one in stored["oblivious_trees"]]
    if not parts:
        raise Unreadable("the model has no tree")
    arrays = join([part.scaled(float(scale)) for part in parts], base)
    return ModelArrays((Part(arrays, ModelColumns.same(len(model.feature_names_))),), output)


def _output(loss: str, method: str) -> Output:
    if loss in IDENTITY or method == "margin":
        return "value"
    if loss in (*LOGISTIC, "MultiClass") and method == "predict_proba":
        return "margin"
    raise Unreadable(f"predictions under CatBoost's loss {loss!r} are no sum of leaves")


def _tree(stored: dict[str, Any], flat: dict[int, int], always: dict[int, bool], outputs: int) -> TreeArrays:
    splits = stored["splits"] or []
    if any(one["split_type"] != "FloatFeature" for one in splits):
        raise Unreadable("CatBoost replaces categories by statistics of several columns")
    depth = len(splits)
    inner = 2**depth - 1
    border = at_most_in_single(np.array([one["border"] for one in splits], dtype=np.float32))
    feature = np.array([flat[one["float_feature_index"]] for one in splits], dtype=np.intp)
    # Missing values are above the border where they count as large.
    missing_left = np.array([not always[one["float_feature_index"]] for one in splits], dtype=bool)
    at = np.arange(inner)
    # The nodes of a heap: the last split is asked first, so that leaves stand in the order of their numbers.
    level = np.floor(np.log2(at + 1.0)).astype(np.intp)
    question = depth - 1 - level
    leaves = np.asarray(stored["leaf_values"], dtype=np.float64).reshape(2**depth, outputs)
    blank = np.full(2**depth, -1, dtype=np.intp)
    values: NDArray[np.float64] = np.concatenate([np.zeros((inner, outputs)), leaves])
    return TreeArrays.of_one(
        np.append(2 * at + 1, blank),
        np.append(2 * at + 2, blank),
        np.append(feature[question], blank),
        np.append(border[question], np.full(2**depth, np.nan)),
        values,
        missing_left=np.append(missing_left[question], np.zeros(2**depth, dtype=bool)),
    )
