"""What 0.2.0.1's fit decides by rounding errors."""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.linear_model import Ridge

from lime.engine import classic
from lime.engine.kernels import exponential_kernel
from lime.engine.moments import Moments

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(60, 6))
DISTANCES = np.linalg.norm(Z - 1.0, axis=1)
KERNEL = partial(exponential_kernel, kernel_width=2.0)


def refits(y: np.ndarray) -> classic.Refits:
    return classic.Refits(Z, y, KERNEL, DISTANCES)


def test_weights_are_written_as_they_were() -> None:
    np.testing.assert_array_equal(refits(Z[:, 0]).weights(), np.sqrt(np.exp(-(DISTANCES**2) / 2.0**2)))
    own = classic.Refits(Z, Z[:, 0], lambda d: 1.0 / (1.0 + d), DISTANCES)
    np.testing.assert_array_equal(own.weights(), 1.0 / (1.0 + DISTANCES))


def test_forward_selection_takes_the_best_of_a_fit_for_each_candidate() -> None:
    y = 3.0 * Z[:, 4] - 2.0 * Z[:, 1] + Z[:, 2] * Z[:, 3]
    kept: list[int] = []
    weights = refits(y).weights()
    for _ in range(3):
        scores = {
            j: Ridge(alpha=0).fit(Z[:, [*kept, j]], y, weights).score(Z[:, [*kept, j]], y, weights)
            for j in range(6)
            if j not in kept
        }
        kept.append(max(scores, key=lambda j: scores[j]))
    assert refits(y).forward_selection(3).tolist() == kept
    assert kept[:2] == [4, 1]


def test_refits_are_made_only_where_fewer_features_reproduce_the_answer() -> None:
    def selected(y: np.ndarray, method: str, chosen: list[int]) -> list[int]:
        moments = Moments(Z, y[:, None], refits(y).weights())
        return classic.select(np.array(chosen), moments, 0, refits(y), len(chosen), method=method).tolist()

    noisy = Z[:, 4] + 0.1 * Z[:, 1] * Z[:, 2]
    assert selected(noisy, "auto", [4, 5]) == [4, 5], "the second gains something"
    reproduced = selected(Z[:, 4].copy(), "auto", [4, 5])
    assert reproduced == refits(Z[:, 4].copy()).forward_selection(2).tolist()
    assert reproduced[0] == 4
    assert selected(Z[:, 4].copy(), "highest_weights", [4, 5]) == [4, 5]
    assert selected(np.full(60, 0.5), "auto", [4, 5]) == [4, 5], "nothing varies"
