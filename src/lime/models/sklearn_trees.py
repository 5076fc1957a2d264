"""Trees of scikit-learn: single ones, forests, gradient boosting and histogram gradient boosting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.trees import ANY, SAME, CategorySet, ModelColumns, TreeArrays, Unreadable, join
from lime.models.arrays import ModelArrays, Output, Part
from lime.models.boundaries import at_most, at_most_in_single

SINGLE_TREES = ("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor")
FORESTS = ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor")
BOOSTED = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAM = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")

IDENTITY_LOSSES = ("squared_error", "absolute_error", "quantile", "huber")


def read_tree(model: Any) -> ModelArrays:
    """A single tree."""
    return _averaged([model], model.n_features_in_)


def read_forest(model: Any) -> ModelArrays:
    """The mean of trees."""
    return _averaged(model.estimators_, model.n_features_in_)


def _averaged(trees: list[Any], columns: int) -> ModelArrays:
    classifies = hasattr(trees[0], "classes_")
    if classifies and np.ndim(trees[0].n_classes_) > 0 and np.size(trees[0].n_classes_) > 1:
        raise Unreadable("a classifier of several targets returns several tables")
    parts = [_tree_of(one.tree_, classifies) for one in trees]
    arrays = join(parts).scaled(1.0 / len(parts))
    return ModelArrays((Part(arrays, ModelColumns.same(columns)),), "probability" if classifies else "value")


def _tree_of(
    tree: Any, classifies: bool, factor: float = 1.0, output: int = -1, outputs: int | None = None
) -> TreeArrays:
    """One of scikit-learn's trees; with `output` its values go to one of several outputs."""
    values = tree.value[:, 0, :] if classifies else tree.value[:, :, 0]
    if classifies:
        values = values / values.sum(axis=1, keepdims=True)
    if outputs is not None:
        whole = np.zeros((len(values), outputs))
        whole[:, max(output, 0)] = values[:, 0]
        values = whole
    inner = tree.children_left >= 0
    missing = getattr(tree, "missing_go_to_left", np.zeros(len(inner)))
    return TreeArrays.of_one(
        np.where(inner, tree.children_left, -1),
        np.where(inner, tree.children_right, -1),
        np.where(inner, tree.feature, -1),
        at_most_in_single(tree.threshold),
        np.where(inner[:, None], 0.0, values * factor),
        missing_left=np.asarray(missing, dtype=bool),
        output=output,
    )


def read_boosted(model: Any, method: str) -> ModelArrays:
    """Gradient boosting."""
    constant = isinstance(model.init_, str) or type(model.init_).__name__ in ("DummyClassifier", "DummyRegressor")
    if not constant:
        raise Unreadable("the boosting starts from a model of its own (init=)")
    stages, outputs = model.estimators_.shape
    base = np.asarray(model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32)))[0]  # noqa: SLF001 (the library's own, with no public name)
    parts = [
        _tree_of(model.estimators_[i, k].tree_, False, model.learning_rate, k if outputs > 1 else -1, outputs)
        for i in range(stages)
        for k in range(outputs)
    ]
    columns = ModelColumns.same(model.n_features_in_)
    if method == "predict_proba" and getattr(model, "loss", None) == "exponential":
        raise Unreadable("the boosting minimises an exponential loss, whose margin is not the log-odds")
    output: Output = "margin" if method == "predict_proba" else "value"
    return ModelArrays((Part(join(parts, base.reshape(outputs)), columns),), output)


def read_histogram(model: Any, method: str) -> ModelArrays:
    """Histogram gradient boosting."""
    if method == "predict" and getattr(model, "loss", None) not in IDENTITY_LOSSES:
        raise Unreadable(f"predictions under loss={model.loss!r} are exponentials of what the trees add up to")
    base = np.asarray(model._baseline_prediction, dtype=np.float64).ravel()  # noqa: SLF001 (the library's own, with no public name)
    known, place = model._bin_mapper.make_known_categories_bitsets()  # noqa: SLF001 (the library's own, with no public name)
    parts = [
        _histogram_tree(predictor, known, place, k if len(base) > 1 else -1, len(base))
        for stage in model._predictors  # noqa: SLF001 (the library's own, with no public name)
        for k, predictor in enumerate(stage)
    ]
    categorical = model.is_categorical_
    if categorical is None:
        columns, transform = ModelColumns.same(model.n_features_in_), None
    else:
        mask = np.asarray(categorical, dtype=bool)
        source = np.concatenate([np.flatnonzero(mask), np.flatnonzero(~mask)])
        shape = np.where(np.arange(len(mask)) < mask.sum(), ANY, SAME)
        columns = ModelColumns(source, shape, {})

        def transform(rows: Any) -> NDArray[np.float64]:
            return np.asarray(model._preprocess_X(rows, reset=False), dtype=np.float64)  # noqa: SLF001 (the library's own, with no public name)

    output: Output = "margin" if method == "predict_proba" else "value"
    return ModelArrays((Part(join(parts, base), columns, transform),), output)


def _histogram_tree(predictor: Any, known: Any, place: Any, output: int, outputs: int) -> TreeArrays:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    values = np.zeros((len(nodes), outputs))
    values[leaf, max(output, 0)] = nodes["value"][leaf]
    categorical = nodes["is_categorical"].astype(bool) & ~leaf
    category = np.full(len(nodes), -1, dtype=np.intp)
    sets: list[CategorySet] = []
    for node in np.flatnonzero(categorical):
        category[node] = len(sets)
        left = _bits(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
        sets.append(CategorySet(left, _bits(known[place[nodes["feature_idx"][node]]])))
    return TreeArrays.of_one(
        np.where(leaf, -1, nodes["left"].astype(np.intp)),
        np.where(leaf, -1, nodes["right"].astype(np.intp)),
        np.where(leaf, -1, nodes["feature_idx"].astype(np.intp)),
        at_most(nodes["num_threshold"]),
        values,
        missing_left=nodes["missing_go_to_left"].astype(bool),
        category=category,
        sets=sets,
        output=output,
    )


def _bits(words: Any) -> NDArray[np.float64]:
    """Numbers of the bits that are set in words of 32."""
    bits = (np.asarray(words, dtype=np.uint32)[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    return np.flatnonzero(bits.ravel()).astype(np.float64)
