"""What models of images are given, by the forms that models have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression

from lime import LimeImageExplainer
from segment_samples import PICTURE, QUIET, RNG, SEEN, SLOPES, linear, two, watching, weights


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", "?"])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((32, 40), None),
        ((32, 40, 1), None),
        ((32, 40, 4), None),
        ((32, 40, 10), -1),
        ((3, 32, 40), None),
        ((7, 32, 40), 0),
    ],
)
def test_the_model_sees_images_as_the_image_is(shape: tuple[int, ...], axis: int | None, dtype: str) -> None:
    SEEN.clear()
    image = (RNG.random(shape) * 250).astype(dtype)
    original = image.copy()
    exp = LimeImageExplainer(random_state=0).explain_instance(
        image, watching, channel_axis=axis, num_samples=60, batch_size=7, **{**QUIET, "hide_color": None}
    )
    assert {one.shape[1:] for one in SEEN} == {shape}
    assert {one.dtype for one in SEEN} == {image.dtype}
    assert max(map(len, SEEN)) == 7
    np.testing.assert_array_equal(SEEN[0][0], image)
    np.testing.assert_array_equal(image, original)
    assert np.concatenate(SEEN).max() <= image.max()
    assert exp.image.shape == shape


def test_a_model_that_wants_three_channels_gets_a_grey_image_in_three() -> None:
    def model(images: np.ndarray) -> np.ndarray:
        assert images.ndim == 4
        assert (images[..., 0] == images[..., 2]).all()
        return two(images.mean(axis=(1, 2, 3)) / 255)

    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE[:, :, 0], model, **QUIET)
    assert any("three equal channels" in sentence for sentence in exp.warnings)
    as_it_is = LimeImageExplainer(random_state=0).explain_instance(
        PICTURE[:, :, 0], lambda images: two(images.mean(axis=(1, 2)) / 255), **QUIET
    )
    np.testing.assert_allclose(weights(exp), weights(as_it_is), atol=1e-12)
    assert not any("channels" in sentence for sentence in as_it_is.warnings)


def test_the_error_of_a_model_that_takes_neither_form_is_its_own() -> None:
    def model(images: np.ndarray) -> np.ndarray:
        raise RuntimeError(f"no such rank: {images.ndim}")

    with pytest.raises(RuntimeError, match="rank: 3"):
        LimeImageExplainer().explain_instance(PICTURE[:, :, 0], model, **QUIET)


def test_scikit_learn_models_get_flat_rows() -> None:
    digits = load_digits()
    rows, target = digits.data[:150], digits.target[:150]
    model = LogisticRegression(C=1e-3, max_iter=50).fit(rows / 16, target)
    image = digits.images[0]
    grid = np.arange(64).reshape(8, 8) // 4
    for classifier in (model, model.predict_proba):
        exp = LimeImageExplainer(random_state=0).explain_instance(
            image, classifier, segmentation_fn=grid, progress_bar=False, top_labels=2
        )
        np.testing.assert_allclose(exp.predict_proba, model.predict_proba(digits.data[:1])[0])
    assert exp.class_names == [str(i) for i in range(10)]
    values = LinearRegression().fit(rows, target)
    exp = LimeImageExplainer(random_state=0, mode="regression").explain_instance(
        image, values, segmentation_fn=grid, progress_bar=False
    )
    assert exp.predicted_value == pytest.approx(values.predict(digits.data[:1])[0])
    assert sorted(exp.local_exp) == [0, 1]


def test_a_batch_that_does_not_fit_is_halved() -> None:
    sizes = []

    class OutOfMemoryError(RuntimeError):
        pass

    def model(images: np.ndarray) -> np.ndarray:
        sizes.append(len(images))
        if len(images) > 6:
            raise OutOfMemoryError("no room")
        return linear(images)

    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE, model, batch_size=25, **QUIET)
    assert sizes[:4] == [25, 12, 6, 6]
    np.testing.assert_allclose(weights(exp), SLOPES, atol=1e-6)

    def never(images: np.ndarray) -> np.ndarray:
        raise OutOfMemoryError("no room at all")

    with pytest.raises(OutOfMemoryError, match="at all"):
        LimeImageExplainer().explain_instance(PICTURE, never, **QUIET)


def test_onnx_sessions_are_asked_in_their_own_type_and_batch_size() -> None:
    sizes = []

    class InferenceSession:
        __module__ = "onnxruntime.capi.onnxruntime_inference_collection"

        def get_inputs(self) -> list[Any]:
            return [SimpleNamespace(name="x", type="tensor(float)", shape=[8, 32, 40, 3])]

        def get_outputs(self) -> list[Any]:
            named = {"label": "tensor(int64)", "probabilities": "tensor(float)"}
            return [SimpleNamespace(name=name, type=kind) for name, kind in named.items()]

        def run(self, names: list[str], feed: dict[str, np.ndarray]) -> list[Any]:
            assert names == ["probabilities"]
            assert feed["x"].dtype == np.float32
            sizes.append(len(feed["x"]))
            return [linear(feed["x"])]

    exp = LimeImageExplainer(random_state=0).explain_instance(PICTURE, InferenceSession(), num_samples=101, **QUIET)
    assert set(sizes) == {8}
    np.testing.assert_allclose(weights(exp), SLOPES, atol=1e-6)


def test_keras_models_are_asked_batch_by_batch() -> None:
    class Model:
        __module__ = "keras.src.models.model"

        def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
            return linear(images)

        def predict(self, images: np.ndarray) -> np.ndarray:
            raise AssertionError("prints a bar for each batch")

    for mode in ("classification", "regression"):
        explainer = LimeImageExplainer(random_state=0, mode=mode)
        exp = explainer.explain_instance(PICTURE, Model(), num_samples=101, labels=(1,), top_labels=None, **QUIET)
        np.testing.assert_allclose(weights(exp), SLOPES, atol=1e-6)
