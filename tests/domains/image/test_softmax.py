"""Pictures of three and more classes: a softmax that fits the model takes nearly all of the error away."""

import numpy as np
import pytest
from scipy.special import softmax

import lime

RNG = np.random.default_rng(2)
IMAGE = RNG.uniform(0.3, 1.0, size=(12, 12, 3))
SEGMENTS = np.arange(144).reshape(12, 12) // 6
SLOPES = RNG.normal(size=(432, 4)) / 8


def linear(images):
    return softmax(images.reshape(len(images), -1) @ SLOPES, axis=1)


def bent(images):
    """Something that no softmax of linear functions fits."""
    return softmax(3 * np.sin(images.reshape(len(images), -1) @ SLOPES), axis=1)


def explain(model, seed, n, estimator=None):
    exp = lime.LimeImageExplainer(random_state=seed).explain_instance(
        IMAGE,
        model,
        labels=(2,),
        top_labels=None,
        num_features=1000,
        num_samples=n,
        hide_color=0,
        segmentation_fn=lambda _: SEGMENTS,
        progress_bar=False,
        estimator=estimator,
    )
    weights = np.array([weight for _, weight in sorted(exp.local_exp[2])])
    return weights, np.array([exp.standard_errors[2][i] for i in sorted(exp.standard_errors[2])]), exp


def test_a_model_of_that_form_needs_few_calls():
    target, noise, _ = explain(linear, 99, 20_000)
    helped = [explain(linear, seed, 300) for seed in range(6)]
    plain = [explain(linear, seed, 300, "plain") for seed in range(6)]
    assert all(exp.estimators[2] == "softmax" for _, _, exp in helped)
    gained = np.mean([np.square(one[0] - target) for one in helped]) / np.mean(
        [np.square(one[0] - target) for one in plain]
    )
    assert gained < 0.1
    z = np.array([(one[0] - target) / np.hypot(one[1], noise) for one in helped])
    assert np.sqrt(np.square(z).mean()) < 1.3  # 144 numbers


@pytest.mark.parametrize("n", [300, 1000])
def test_another_model_is_none_the_worse(n):
    target, noise, _ = explain(bent, 99, 20_000)
    helped = [explain(bent, seed, n) for seed in range(6)]
    plain = [explain(bent, seed, n, "plain") for seed in range(6)]
    errors = [np.mean([np.square(one[0] - target) for one in some]) for some in (helped, plain)]
    assert errors[0] < 1.15 * errors[1]
    z = np.array([(one[0] - target) / np.hypot(one[1], noise) for one in helped])
    assert np.sqrt(np.square(z).mean()) < 1.3
