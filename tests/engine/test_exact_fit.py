"""Selection, intercept and R² from exact weights are those of a weighted regression on a whole table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lime.engine.exact_columns import CodedColumn
from lime.engine.exact_fit import added, check_selection, chosen_features, fit_features, left_over
from lime.engine.exact_linear import ExactLinear
from lime.engine.measures import Expectations
from lime.engine.trees import LinearArrays, ModelColumns, Unreadable


class Known:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def expectations(self, codes: np.ndarray, numbers: np.ndarray, kernel_width: float) -> Expectations:
        n = len(codes)
        return Expectations(
            np.full((n, 2, 1), self.scale), np.full((n, 1), self.scale), np.zeros((n, 2)), np.ones((n, 2))
        )


def test_sums_of_functions_have_the_sums_of_their_weights() -> None:
    found = added([Known(1.0), Known(2.5)], np.zeros((3, 2), dtype=int), np.zeros((3, 2)), 1.0)
    assert found.weights[:, :, 0].tolist() == [[3.5, 3.5]] * 3
    assert found.mean[:, 0].tolist() == [3.5] * 3


def test_a_fit_on_some_features_is_that_of_the_whole_table() -> None:
    rng = np.random.default_rng(0)
    laws = [CodedColumn.of_values(np.arange(3.0), rng.dirichlet(np.ones(3))) for _ in range(3)]
    line = LinearArrays(rng.normal(size=(3, 1)), np.array([0.7]))
    own = np.array([0, 2, 1])
    found = ExactLinear(line, ModelColumns.same(3), laws, lambda rows: rows).expectations(own[None], own[None], 1.1)
    rows = np.array(list(itertools.product(range(3), repeat=3)), dtype=float)
    z = (rows == own).astype(float)
    w = np.prod([law.probability[rows[:, j].astype(int)] for j, law in enumerate(laws)], axis=0)
    w = w * np.exp(-0.5 * (1.0 - z).sum(axis=1) / 1.1**2)
    f = line.predict(rows)[:, 0]
    left = left_over(found, 0, lambda j: z[:, j][None], f, w[None])
    features = chosen_features(found.weights[:, :, 0], found.z_variance, np.ones((1, 3)), 2, method="forward_selection")
    fit = fit_features(found, 0, features, np.ones((1, 3)), left)
    design = np.column_stack([np.ones(len(z)), z[:, features[0]]])
    solution = np.linalg.lstsq(design * np.sqrt(w)[:, None], f * np.sqrt(w), rcond=None)[0]
    assert [fit.intercept[0], *fit.coefficients[0]] == pytest.approx(solution)
    gap, spread = f - design @ solution, f - w @ f / w.sum()
    assert fit.score[0] == pytest.approx(1.0 - (w @ gap**2) / (w @ spread**2))
    assert fit.local_prediction[0] == pytest.approx(solution.sum())


@pytest.mark.parametrize(
    ("method", "first"), [("none", 0), ("forward_selection", 1), ("highest_weights", 2), ("lasso_path", 0), ("auto", 1)]
)
def test_each_method_ranks_in_its_own_way(method: str, first: int) -> None:
    weights = np.array([[1.0, 2.0, 3.0]])
    variance = np.array([[0.25, 0.1, 0.04]]) if method != "forward_selection" else np.array([[0.25, 0.2, 0.04]])
    if method == "auto":
        variance = np.array([[0.25, 0.2, 0.04]])
    found = chosen_features(weights, variance, np.ones((1, 3)), 1, method=method)
    assert found[0, 0] == first


def test_a_selector_of_ones_own_needs_samples() -> None:
    check_selection("auto")
    with pytest.raises(Unreadable, match="looks at samples"):
        check_selection(lambda *_: [0])
