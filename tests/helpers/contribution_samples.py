"""Explanations with contributions: made by hand for pictures, and by explainers of all data types for what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from explanation_samples import house, wine
from lime import (
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    RecurrentTabularExplainer,
)


def with_contributions(exp: Any, share: float = 0.6, anchored: bool = False) -> Any:
    """Let each feature add a share of its weight; the baseline makes up the rest of what they must sum to."""
    for label in exp.explained_labels():
        added = {i: share * float(weight) for i, weight in exp.local_exp[label]}
        end = exp.model_preds[label] if anchored else exp.local_preds[label]
        exp.contributions_by_label[label] = added
        exp.baseline_values[label] = end - sum(added.values())
    exp.anchored = anchored
    return exp


def anchored_wine(labels=(1,)):
    """A wine whose contributions lead to the model's prediction."""
    return with_contributions(wine(labels), anchored=True)


def classic_house():
    """A price whose contributions lead to the surrogate's."""
    return with_contributions(house())


def _rows() -> tuple[LimeTabularExplainer, Any, Any]:
    data = np.random.default_rng(0).normal(size=(200, 4))
    return (
        LimeTabularExplainer(data, mode="regression", discretize_continuous=False, random_state=0),
        data[:3],
        lambda rows: 3.0 * rows[:, 0] - rows[:, 1] * rows[:, 2] + 10.0,
    )


def _classes() -> tuple[LimeTabularExplainer, Any, Any]:
    data = np.random.default_rng(1).normal(size=(200, 4))

    def model(rows: Any) -> Any:
        p = 1.0 / (1.0 + np.exp(-rows[:, 0] + rows[:, 1]))
        return np.column_stack([1.0 - p, p])

    return LimeTabularExplainer(data, random_state=0), data[:3], model


def _texts() -> tuple[LimeTextExplainer, Any, Any]:
    def model(texts: Any) -> Any:
        p = np.array([0.5 + 0.3 * ("good" in text) - 0.2 * ("slow" in text) for text in texts])
        return np.column_stack([1.0 - p, p])

    return LimeTextExplainer(random_state=0), ["a good but slow film", "good music", "slow start"], model


def _pictures() -> tuple[LimeImageExplainer, Any, Any]:
    picture = (np.indices((16, 16)).sum(axis=0)[..., None] * np.array([8, 4, 2])).astype(np.uint8)

    def model(images: Any) -> Any:
        p = np.array([image[:8].mean() / 255.0 for image in images])
        return np.column_stack([1.0 - p, p])

    return LimeImageExplainer(random_state=0), [picture, picture[::-1].copy()], model


def _series() -> tuple[RecurrentTabularExplainer, Any, Any]:
    data = np.random.default_rng(2).normal(size=(60, 3, 2))

    def model(series: Any) -> Any:
        p = 1.0 / (1.0 + np.exp(-series[:, -1, 0]))
        return np.column_stack([1.0 - p, p])

    return RecurrentTabularExplainer(data, feature_names=["a", "b"], random_state=0), data[:2], model


MADE: dict[str, Any] = {
    "regression": _rows,
    "classes": _classes,
    "texts": _texts,
    "pictures": _pictures,
    "series": _series,
}


def settings_of(name: str) -> dict[str, Any]:
    """What a quick explanation of a data type is asked with."""
    if name == "pictures":
        return {"num_samples": 64, "segmentation_fn": quarters, "progress_bar": False}
    return {"num_samples": 256}


def quarters(image: Any) -> Any:
    """Segment a picture into four."""
    rows, columns = np.indices(image.shape[:2])
    return 2 * (rows >= image.shape[0] // 2) + (columns >= image.shape[1] // 2)


def one_of(name: str, anchored: bool = True) -> Any:
    """Explain the first instance of a data type."""
    explainer, instances, model = MADE[name]()
    return explainer.explain_instance(instances[0], model, anchored=anchored, **settings_of(name))


def many_of(name: str, anchored: bool = True, **more: Any) -> Any:
    """Explain a few instances of a data type."""
    explainer, instances, model = MADE[name]()
    return explainer.explain_instances(instances, model, anchored=anchored, **settings_of(name), **more)
