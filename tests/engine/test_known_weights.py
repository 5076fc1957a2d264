"""What is known of one instance, as a surrogate."""

from __future__ import annotations

import numpy as np
import pytest

from lime.engine.known_weights import KnownWeights
from lime.engine.measures import Expectations


def test_a_surrogate_of_known_weights() -> None:
    found = Expectations(
        np.array([[[1.0, -1.0], [3.0, -3.0]]]), np.array([[0.5, 0.5]]), np.array([[0.4, 0.6]]), np.full((1, 2), 0.24)
    )
    known = KnownWeights(found, (0, 2), 3, np.ones(2))
    assert known.select(-1, 1, "highest_weights").tolist() == [1]
    z = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    exact = 0.5 + (z - [0.4, 0.6]) @ [-1.0, -3.0]
    whole = known.surrogate(2, np.array([0, 1]), z, exact, np.ones(4))
    assert whole.score == pytest.approx(1.0)
    assert whole.coefficients.tolist() == [-1.0, -3.0]
    assert whole.prediction == pytest.approx(exact[-1])
    assert whole.standard_errors is not None
    assert whole.standard_errors.tolist() == [0.0, 0.0]
    part = known.surrogate(2, np.array([1]), z, exact, np.ones(4))
    assert part.score == pytest.approx(0.9)
    assert part.intercept == pytest.approx(0.5 + 3.0 * 0.6)
