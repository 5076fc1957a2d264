"""What a model tells of itself is known behind everything that stands around its function."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer
from lime.domains.image.input import on_images
from lime.domains.image.pixels import read_image
from lime.domains.tabular.arrays import with_arrays_where_needed
from lime.domains.tabular.table import Table
from lime.models.calling import WrappedFunction, classes_of, resolve_predict

FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=list("abc"))


class Telling:
    """A model's function that tells of its model as the adapters do, and asks for arrays where it is asked to."""

    def __init__(self, wants_arrays: bool = False) -> None:
        self.classes_ = np.array(["no", "yes"])
        self.notes: list[str] = []
        self.device = "here"
        self.wants_arrays = wants_arrays

    @property
    def __self__(self) -> Any:
        return self

    def __call__(self, batch: Any) -> Any:
        if not self.notes:
            self.notes.append("The module was in training mode.")
        first = batch[:, 0] if self.wants_arrays else np.asarray(pd.DataFrame(batch).iloc[:, 0], dtype=float)
        p = 1 / (1 + np.exp(-first))
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("form", ["frame", "array", "objects"])
def test_notes_of_a_model_are_told_whatever_the_table(form: str) -> None:
    mixed = FRAME.assign(c=np.where(FRAME.c > 0, "x", "y")).to_numpy(dtype=object)
    data = {"frame": FRAME, "array": FRAME.to_numpy(), "objects": mixed}[form]
    explainer = LimeTabularExplainer(data, categorical_features=[2] if form == "objects" else None, random_state=0)
    row = FRAME.iloc[0] if form == "frame" else data[0]
    exp = explainer.explain_instance(row, Telling(), num_samples=50)
    assert "The module was in training mode." in exp.warnings
    (one,) = explainer.explain_instances(data[:1], Telling(), num_samples=50)
    assert "The module was in training mode." in one.warnings


def test_notes_of_a_function_of_arrays_beside_a_frame() -> None:
    explainer = LimeTabularExplainer(FRAME, random_state=0)
    with pytest.warns(UserWarning, match="it is handed these, as by lime"):
        exp = explainer.explain_instance(FRAME.iloc[0], Telling(wants_arrays=True), num_samples=50)
    assert "The module was in training mode." in exp.warnings
    assert exp.class_names == ["no", "yes"]


def test_notes_in_the_other_explainers() -> None:
    class Texts(Telling):
        def __call__(self, batch: Any) -> Any:
            return super().__call__(np.array([[len(text)] for text in batch], dtype=float))

    class Flat(Telling):
        def __call__(self, batch: Any) -> Any:
            return super().__call__(np.asarray(batch).reshape(len(batch), -1))

    series = np.random.default_rng(0).normal(size=(40, 3, 2))
    of_series = RecurrentTabularExplainer(series, random_state=0).explain_instance(series[0], Flat(), num_samples=50)
    of_text = LimeTextExplainer(random_state=0).explain_instance("one two three", Texts(), num_samples=50)
    image = np.random.default_rng(0).random((4, 4))
    halves = np.repeat([[0, 0, 1, 1]], 4, axis=0)
    of_image = LimeImageExplainer(random_state=0).explain_instance(
        image, Flat(), segmentation_fn=lambda _: halves, num_samples=50, progress_bar=False
    )
    for exp in (of_series, of_text, of_image):
        assert "The module was in training mode." in exp.warnings


def functions(model: Any) -> dict[str, Any]:
    table = Table.read(FRAME)[0]
    picture = read_image(np.zeros((2, 2)))
    rows = copy.copy(model)
    rows.n_features_in_ = 4
    return {
        "frame": with_arrays_where_needed(table, model, "predict_fn"),
        "grey": on_images(model, picture),
        "rows": on_images(rows, picture),
    }


@pytest.mark.parametrize("name", ["frame", "grey", "rows"])
def test_what_stands_around_a_function_tells_of_its_model(name: str) -> None:
    around = functions(Telling())[name]
    assert isinstance(around, WrappedFunction)
    assert around.device == "here"
    assert around.notes == []
    assert classes_of(around) == ["no", "yes"]
    with pytest.raises(AttributeError, match="warmth"):
        _ = around.warmth
    plain = functions(type("Bare", (), {"__call__": lambda self, batch: batch})())[name]
    assert getattr(plain, "device", None) is None
    assert list(getattr(plain, "notes", [])) == []


def test_it_travels() -> None:
    for around in functions(Telling()).values():
        for other in (pickle.loads(pickle.dumps(around)), copy.deepcopy(around)):
            assert other.device == "here"


def test_names_of_answers_tell_of_the_model_too() -> None:
    class Named:
        def __init__(self) -> None:
            self.notes = ["as said"]

        def __call__(self, batch: Any) -> Any:
            return [{"no": 0.25, "yes": 0.75} for _ in batch]

    around = resolve_predict(Named(), "classification", class_names=["yes", "no"])
    assert isinstance(around, WrappedFunction)
    assert around.notes == ["as said"]
    np.testing.assert_allclose(around([0, 1]), [[0.75, 0.25]] * 2)
