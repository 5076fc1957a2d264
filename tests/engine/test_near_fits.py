"""Fits of many rows to near ones are those of each row alone, to the digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lime.engine.anchored import WeightedSamples, contributions_to, fit_through, left_out_through
from lime.engine.few_rows import shrinkage
from lime.engine.leave_one_out import groups_of, inseparable, leave_one_out, select_correlated
from lime.engine.local_fit import local_fit
from lime.engine.moments import Moments
from lime.engine.near_fits import NearFits, NearRows, fit_near
from lime.engine.stacked import first_of_groups

ROWS, D, N = 5, 8, 60


def rows(seed: int = 0) -> NearRows:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, D)) @ rng.normal(size=(D, D))
    z[:, 5] = z[:, 2] + 0.01 * rng.normal(size=N)  # cannot be told apart
    z[:, 6] = 3.0  # never varies
    y = np.tile(np.tanh(z[:, 0]) + z[:, 2], (ROWS, 1)) + 0.1 * rng.normal(size=(ROWS, N))
    own = z[:ROWS].copy()
    weights, near = rng.random((ROWS, N)), rng.random((ROWS, N))
    return NearRows(np.ascontiguousarray(z.T), own, weights, near, y, y[np.arange(ROWS), np.arange(ROWS)])


def alone(given: NearRows, k: int, num_features: int, method: str) -> dict[str, Any]:
    """What the row's own way gives, step by step."""
    z = np.ascontiguousarray((given.z if given.z.ndim == 2 else given.z[k]).T)
    moments = Moments(z, given.y[k][:, None], given.weights[k])
    features = select_correlated(moments, 0, num_features, method)
    left = leave_one_out(moments, 0, features)
    samples = WeightedSamples(z, given.y[k], given.weights[k])
    fitted = fit_through(samples, features, given.own[k], float(given.prediction[k]), alpha=left.penalty)
    held = left_out_through(samples, features, given.own[k], float(given.prediction[k]), alpha=left.penalty)
    local = local_fit(held, given.y[k], given.near[k])
    off = moments.z_mean[features] - given.own[k][features]
    gram = moments.gram_of(features) + moments.total * np.outer(off, off)
    assert fitted.means is not None
    assert fitted.standard_errors is not None
    baseline, contributions = contributions_to(
        fitted.coefficients, given.own[k][features], fitted.means, fitted.prediction
    )
    return {
        "features": features,
        "coefficients": fitted.coefficients,
        "errors": np.hypot(fitted.standard_errors, shrinkage(gram, fitted.coefficients, left.penalty)),
        "contributions": contributions,
        "intercept": fitted.intercept,
        "score": fitted.score,
        "held_out": fitted.held_out_score,
        "baseline": baseline,
        "local_score": local.score,
        "local_error": local.error,
        "local_rows": local.rows,
        "groups": inseparable(moments, features),
    }


@pytest.mark.parametrize(("num_features", "method"), [(3, "auto"), (7, "auto"), (4, "highest_weights"), (8, "none")])
def test_each_row_has_the_numbers_that_it_has_alone(num_features: int, method: str) -> None:
    given = rows()
    found = fit_near(given, num_features, method)
    for k in range(ROWS):
        expected = alone(given, k, num_features, method)
        np.testing.assert_array_equal(found.features[k], expected.pop("features"))
        assert groups_of(found.together[k]) == expected.pop("groups")
        for name, value in expected.items():
            np.testing.assert_allclose(getattr(found, name)[k], value, rtol=1e-10, atol=1e-12, err_msg=name)
    assert not found.flat.any()


def test_company_changes_no_digit() -> None:
    given = rows()
    together = fit_near(given, 4, "highest_weights")
    for k in range(ROWS):
        some = slice(k, k + 1)
        parts = (getattr(given, name)[some] for name in ("own", "weights", "near", "y", "prediction"))
        one = fit_near(NearRows(given.z, *parts), 4, "highest_weights")
        for name in vars(one):
            np.testing.assert_array_equal(getattr(one, name)[0], getattr(together, name)[k], err_msg=name)


def test_features_may_differ_from_row_to_row() -> None:
    given = rows()
    each = np.repeat(given.z[None], ROWS, axis=0)
    each[:, 1] = np.random.default_rng(1).random((ROWS, N)) < 0.5
    own = given.own.copy()
    own[:, 1] = 1.0
    other = NearRows(each, own, given.weights, given.near, given.y, given.prediction)
    found = fit_near(other, 4, "highest_weights")
    for k in range(ROWS):
        expected = alone(other, k, 4, "highest_weights")
        np.testing.assert_array_equal(found.features[k], expected["features"])
        np.testing.assert_allclose(found.coefficients[k], expected["coefficients"], rtol=1e-10)


def test_predictions_that_do_not_vary_are_told() -> None:
    given = rows()
    y = given.y.copy()
    y[2] = 0.3
    found = fit_near(NearRows(given.z, given.own, given.weights, given.near, y, given.prediction), 4, "none")
    assert isinstance(found, NearFits)
    assert found.flat.tolist() == [False, False, True, False, False]


def test_groups_reach_from_one_to_the_next() -> None:
    together = np.zeros((2, 5, 5), dtype=bool)
    for one, other in ((0, 3), (3, 4)):
        together[0, one, other] = together[0, other, one] = True
    assert first_of_groups(together).tolist() == [[0, 1, 2, 0, 0], [0, 1, 2, 3, 4]]
    together[0] |= np.eye(5, dtype=bool)
    assert groups_of(together[0]) == [[0, 3, 4]]
    assert groups_of(np.eye(5, dtype=bool)) == []
