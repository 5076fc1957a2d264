"""Units: a power of two in the answers or in a column of a table changes nothing but the unit of the weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lime import LimeTabularExplainer
from lime.discretize import EntropyDiscretizer
from lime.engine.base import LimeBase
from lime.engine.interactions import pair_effects
from lime.engine.kernels import exponential_kernel, kernel_weights
from lime.engine.moments import Moments
from lime.engine.surrogate import is_flat

TABLE = np.random.default_rng(0).normal(size=(120, 4))
TRUTH = np.array([1.0, -2.0, 0.5, 0.0])


def explain(columns=1.0, answers=1.0, offset=0.0, **given):
    explainer = LimeTabularExplainer(TABLE * columns, mode="regression", random_state=0, **given)

    def predict(rows):
        return offset + answers * np.tanh(rows / columns @ TRUTH)

    exp = explainer.explain_instance(TABLE[3] * columns, predict, num_samples=300)
    return exp, dict(exp.as_map()[1])


@pytest.mark.parametrize("cut", [True, False])
@given(exponents=st.lists(st.integers(-400, 400), min_size=4, max_size=4))
@settings(max_examples=10, deadline=None)
def test_the_unit_of_a_column_changes_no_weight(cut, exponents):
    _, usual = explain(discretize_continuous=cut)
    _, other = explain(columns=np.ldexp(1.0, exponents), discretize_continuous=cut)
    assert other.keys() == usual.keys()
    for feature, weight in usual.items():
        assert other[feature] == pytest.approx(weight, rel=1e-9, abs=1e-12)


@given(exponent=st.integers(-900, 1000))
@settings(max_examples=15, deadline=None)
def test_the_unit_of_the_answers_is_that_of_the_weights(exponent):
    before, usual = explain()
    exp, other = explain(answers=2.0**exponent)
    assert other == {feature: np.ldexp(weight, exponent) for feature, weight in usual.items()}
    assert exp.standard_errors[1] == {k: np.ldexp(error, exponent) for k, error in before.standard_errors[1].items()}
    assert (exp.score, exp.held_out_scores) == (before.score, before.held_out_scores)
    assert len(exp.warnings) == len(before.warnings)


@pytest.mark.parametrize("offset", [1e9, 1e12])
def test_what_varies_beside_a_large_number_is_explained(offset):
    exp, found = explain(offset=offset)
    _, usual = explain()
    assert not any("does not vary" in one for one in exp.warnings)
    for feature, weight in usual.items():
        # Answers that are rounded to 2^-13 have errors of at most 2^-14, a draw.
        assert found[feature] == pytest.approx(weight, abs=2.0**-13)


@pytest.mark.parametrize("value", [0.1, 1e-200, 1e12 + 0.3, -3e300])
@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_an_answer_that_differs_by_rounding_alone_is_flat(value, precision):
    z = np.random.default_rng(0).random((200, 3)) < 0.5
    with np.errstate(over="ignore"):
        one = precision(value)
    if not 0 < abs(one) < np.inf:
        one = precision(0.7)
    y = np.where(z[:, 0], one, np.nextafter(one, precision(np.inf))).astype(np.float64)
    weights = np.ones(200)
    unit = 2.0 ** np.frexp(y[0])[1]
    assert is_flat(Moments(z, y[:, None] / unit, weights), 0)
    assert not is_flat(Moments(z, (y / unit + 1e-5 * z[:, 0])[:, None], weights), 0)


def test_whole_numbers_are_not_rounded():
    z = np.random.default_rng(0).random((200, 3)) < 0.5
    assert not is_flat(Moments(z, (1e7 + z[:, :1]), np.ones(200)), 0)  # type: ignore[arg-type]


def test_pairs_have_the_unit_of_the_answers():
    rng = np.random.default_rng(0)
    z = rng.random((300, 3)) < 0.5
    y = z[:, 0] + 2.0 * (z[:, 0] & z[:, 1]) + 0.1 * rng.normal(size=300)
    usual = pair_effects(z, y, np.ones(300), np.arange(3))
    for exponent in (-900, 900):
        other = pair_effects(z, np.ldexp(y, exponent), np.ones(300), np.arange(3))
        np.testing.assert_array_equal(other.sizes, np.ldexp(usual.sizes, exponent))
        np.testing.assert_array_equal(other.errors, np.ldexp(usual.errors, exponent))
        np.testing.assert_array_equal(other.p_values, usual.p_values)


@pytest.mark.parametrize("exponent", [-900, 900])
def test_a_base_of_its_own_has_the_unit_of_the_answers(exponent):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(100, 4)), rng.normal(size=(100, 1))
    base = LimeBase(np.exp)
    usual = base.explain_instance_with_data(z, y, np.zeros(100), 0, 2)
    other = base.explain_instance_with_data(z, np.ldexp(y, exponent), np.zeros(100), 0, 2)
    assert other[1] == [(feature, np.ldexp(weight, exponent)) for feature, weight in usual[1]]
    assert other[2] == usual[2]


@pytest.mark.parametrize("exponent", [-400, -30, 300])
def test_a_tree_cuts_a_column_at_the_same_places_in_any_unit(exponent):
    labels = (TABLE[:, 0] > 0.3).astype(int)
    names = list("abcd")
    usual = EntropyDiscretizer(TABLE, [], names, labels, random_state=0).bins(TABLE, labels)
    other = np.ldexp(TABLE, exponent)
    found = EntropyDiscretizer(other, [], names, labels, random_state=0).bins(other, labels)
    for one, cut in zip(found, usual, strict=True):
        np.testing.assert_array_equal(one, np.ldexp(cut, exponent))


def test_widths_of_any_size_weigh():
    far = np.array([0.0, 1.0, 3.0])
    np.testing.assert_array_equal(exponential_kernel(far, 1e300), 1.0)
    np.testing.assert_array_equal(exponential_kernel(far, 1e-300), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(exponential_kernel(far, np.float32(2.0)), np.exp(-(far**2) / 8.0))  # type: ignore[arg-type]
    _, wide = explain(kernel_width=1e300)
    _, large = explain(kernel_width=1e9)
    assert wide == pytest.approx(large)
    with pytest.raises(ValueError, match="gave weight 0, or nearly 0, to every sample"):
        explain(kernel_width=1e-300, discretize_continuous=False)


@pytest.mark.parametrize("width", [0, np.nan, "wide", [1.0, 2.0], 10**400])
def test_what_is_no_width_is_refused_by_name(width):
    with pytest.raises(ValueError, match=r"kernel_width=.*: expected a number above 0"):
        LimeTabularExplainer(TABLE, kernel_width=width)


def test_kernels_may_return_lists_and_single_precision():
    far = np.array([0.0, 1.0])
    np.testing.assert_array_equal(kernel_weights(lambda d: [1, 0.5], far), [1.0, 0.5])
    assert kernel_weights(lambda d: np.float32([1, 0.5]), far).dtype == np.float64  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"weights up to 1e\+200"):
        kernel_weights(lambda d: [1e200, 1.0], far)


@pytest.mark.parametrize("many", [5, 2**63 - 1, np.int8(100), np.int64(2**62)])
@pytest.mark.parametrize("method", ["auto", "highest_weights", "forward_selection", "lasso_path"])
def test_more_features_than_there_are_is_all_of_them(many, method):
    explainer = LimeTabularExplainer(TABLE, mode="regression", random_state=0, feature_selection=method)
    exp = explainer.explain_instance(TABLE[0], lambda x: x @ TRUTH + x[:, 3], num_features=many, num_samples=200)
    assert len(exp.as_list()) == 4
