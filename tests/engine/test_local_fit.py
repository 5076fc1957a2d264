"""The fit of a surrogate where it matters."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.local_fit import local_fit


def test_local_fit_by_hand() -> None:
    found = local_fit(np.array([1.0, 2.0, 9.0]), np.array([1.0, 3.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    # The mean is 2, the sum of squares 2, and 1 of it is missed.
    assert (found.score, found.error, found.rows) == (pytest.approx(0.5), pytest.approx(np.sqrt(0.5)), 2.0)
    assert np.isnan(local_fit(np.zeros(3), np.full(3, 0.7), np.ones(3)).score)
    huge = local_fit(np.array([1e200, 2e200]), np.array([1e200, 3e200]), np.ones(2))
    assert (huge.score, huge.error) == (pytest.approx(0.5), pytest.approx(np.sqrt(0.5) * 1e200))
