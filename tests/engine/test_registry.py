"""Samplers, selectors and column distributions of users' own: names, workers, checkpoints, settings, targets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

import lime
from lime import LimeError, LimeTabularExplainer, LimeTextExplainer
from lime.engine import registry

ROWS = np.random.default_rng(0).normal(size=(200, 3))
SMALL: dict[str, Any] = {"num_samples": 200, "num_features": 3}


@pytest.fixture(autouse=True)
def a_registry_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def settings_as_before() -> Iterator[None]:
    before = lime.get_config()
    yield
    lime.set_config(**before)


def predict(x: NDArray[np.float64]) -> NDArray[np.float64]:
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - x[:, 1])))
    return np.column_stack([1.0 - p, p])


def of_texts(texts: list[str]) -> NDArray[np.float64]:
    p = np.array([0.2 + 0.6 * ("good" in text.split()) for text in texts])
    return np.column_stack([1.0 - p, p])


def sampler_with(shift: float) -> Any:
    """A sampler that is pickled with its code: points that are shifted, each column by as much."""

    def sampler(n: int, d: int, rng: np.random.Generator) -> NDArray[np.float64]:
        return 1e-9 + (1.0 - 2e-9) * ((rng.random((n, d)) + shift) % 1.0)

    return sampler


def coins(n: int, d: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random((n, d)) < 0.5


def first_ones(moments: Any, output: int, instance: NDArray[np.float64], num_features: int) -> list[int]:
    return list(range(num_features))


class Uniform:
    """Uniform between two bounds, whatever the training column is."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, values: NDArray[np.float64]) -> Uniform:
        return self

    def quantile(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.low + (self.high - self.low) * u


# ---- names


REGISTER: dict[str, Any] = {
    "sampler": lime.register_sampler,
    "selector": lime.register_selector,
    "column distribution": lime.register_column_distribution,
}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        *(("sampler", name) for name in ("auto", "classic", "sobol", "gaussian", "lhs")),
        *(("selector", name) for name in ("auto", "forward_selection", "lasso_path", "highest_weights", "none")),
        *(("column distribution", name) for name in ("auto", "binned", "discrete", "normal")),
    ],
)
def test_a_name_of_ours_is_refused(what: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"name='{name}' is a {what} of lime: expected another name"):
        REGISTER[what](name, first_ones)


@pytest.mark.parametrize("name", ["auto", "classic", "pairs", "balanced", "gaussian", "enumeration"])
def test_a_name_of_our_masks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is a sampler of lime"):
        lime.register_sampler(name, coins, kind="masks")


@pytest.mark.parametrize("what", REGISTER)
def test_a_name_stands_for_one_function(what: str) -> None:
    REGISTER[what]("mine", first_ones)
    REGISTER[what]("mine", first_ones)  # a cell that runs again
    with pytest.raises(ValueError, match=f"name='mine' is registered for another {what}"):
        REGISTER[what]("mine", coins)
    assert registry.find(what, "mine", "points" if what == "sampler" else "") is first_ones


def test_a_name_may_stand_for_points_and_for_masks() -> None:
    lime.register_sampler("mine", sampler_with(0.0))
    lime.register_sampler("mine", coins, kind="masks")
    assert registry.sampler_names("points") == registry.sampler_names("masks") == ("mine",)


@pytest.mark.parametrize("what", REGISTER)
def test_what_is_no_function_or_no_name_is_refused(what: str) -> None:
    with pytest.raises(TypeError, match="fn='sobol': expected a function"):
        REGISTER[what]("mine", "sobol")
    for name in ("", None, 3):
        with pytest.raises(ValueError, match="expected a str that is not empty"):
            REGISTER[what](name, first_ones)
    with pytest.raises(ValueError, match="kind='rows': expected 'points' or 'masks'"):
        lime.register_sampler("mine", coins, kind="rows")


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    lime.register_sampler("mine", sampler_with(0.0))
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    with pytest.raises(ValueError, match=r"sampling_method='yours' is not a design for tables.*'mine', or a function"):
        explainer.explain_instance(ROWS[0], predict, sampling_method="yours")
    with pytest.raises(ValueError, match="sampling_method='mine'"):
        LimeTextExplainer(random_state=0).explain_instance("a good one", of_texts, sampling_method="mine")


# ---- what comes back


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda n, d, rng: rng.random((n - 1, d)), "returned points of shape"),
        (lambda n, d, rng: rng.random((n, d, 1)), "returned points of shape"),
        (lambda n, d, rng: np.zeros((n, d)), "outside the open unit cube"),
        (lambda n, d, rng: np.full((n, d), np.nan), "outside the open unit cube"),
        (lambda n, d, rng: np.ones((n, d)), "outside the open unit cube"),
    ],
)
def test_points_that_are_none_are_refused(returned: Any, message: str) -> None:
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    with pytest.raises(ValueError, match=message):
        explainer.explain_instance(ROWS[0], predict, sampling_method=returned, **SMALL)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda n, d, rng: coins(n, d + 1, rng), "returned masks of shape"),
        (lambda n, d, rng: rng.random((n, d)), "other values than 0 and 1"),
    ],
)
def test_masks_that_are_none_are_refused(returned: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LimeTextExplainer(random_state=0).explain_instance("a good one", of_texts, sampling_method=returned)


def test_masks_of_a_users_own_reach_texts() -> None:
    lime.register_sampler("coins", coins, kind="masks")
    explainer = LimeTextExplainer(random_state=0)
    exp = explainer.explain_instance("a good one", of_texts, sampling_method="coins", num_samples=500)
    assert exp.sampling_method == "coins"
    # The model is linear in the masks, so that every sample gives its weights, but for the ridge's penalty.
    assert dict(exp.as_list())["good"] == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize(
    "chosen", [[0, 0], [3], [-1], [0.5], [[0], [1]], ["x0"], [0, 1, 2], None, np.array([True, False])]
)
def test_a_selection_that_is_none_is_refused(chosen: Any) -> None:
    lime.register_selector("odd", lambda *given: chosen)
    explainer = LimeTabularExplainer(ROWS, random_state=0, feature_selection="odd")
    with pytest.raises(ValueError, match="expected at most 2 different ids from 0 to 2"):
        explainer.explain_instance(ROWS[0], predict, num_samples=200, num_features=2)


@pytest.mark.parametrize("by_name", [True, False])
def test_a_selection_of_a_users_own_is_kept(by_name: bool) -> None:
    lime.register_selector("first", first_ones)
    explainer = LimeTabularExplainer(ROWS, random_state=0, feature_selection="first" if by_name else first_ones)
    exp = explainer.explain_instance(ROWS[0], predict, num_samples=200, num_features=2)
    assert {i for i, _ in exp.as_map()[1]} == {0, 1}


# ---- processes, folders, settings


def weights(exp: Any) -> dict[int, float]:
    return dict(exp.as_map()[1])


def test_workers_have_what_is_registered() -> None:
    lime.register_sampler("mine", sampler_with(0.25))
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    alone = [explainer.explain_instance(row, predict, sampling_method="mine", **SMALL) for row in ROWS[:4]]
    many = explainer.explain_instances(ROWS[:4], predict, n_jobs=2, sampling_method="mine", **SMALL)
    for one, other in zip(alone, many, strict=True):
        assert weights(other) == pytest.approx(weights(one), rel=1e-9)
        assert other.sampling_method == "mine"


def test_a_checkpoint_knows_the_function_behind_a_name(tmp_path: Path) -> None:
    def run() -> Any:
        explainer = LimeTabularExplainer(ROWS, random_state=0)
        return explainer.explain_instances(
            ROWS[:4], predict, checkpoint=tmp_path / "run", sampling_method="mine", **SMALL
        )

    lime.register_sampler("mine", sampler_with(0.25))
    first = run().to_frame()
    assert run().to_frame().equals(first)
    # What another process would have: the same name, another function.
    registry.restore({("sampler", "points", "mine"): sampler_with(0.5)})
    with pytest.raises(LimeError, match="made with other settings of the call"):
        run()


@pytest.mark.usefixtures("settings_as_before")
def test_settings_take_a_registered_name() -> None:
    sampler = sampler_with(0.25)
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    with pytest.raises(ValueError, match="mine"):
        lime.set_config(sampling_method="mine")
    lime.register_sampler("mine", sampler)
    lime.set_config(sampling_method="mine")
    exp = explainer.explain_instance(ROWS[0], predict, **SMALL)
    assert exp.sampling_method == "mine"
    assert weights(exp) == weights(explainer.explain_instance(ROWS[0], predict, sampling_method=sampler, **SMALL))
    # A sampler for tables leaves texts with their own best.
    text = LimeTextExplainer(random_state=0).explain_instance("a good one", of_texts)
    assert text.sampling_method == "enumeration"


# ---- column distributions reach their target


def squares(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(x[:, 0] ** 2)


def explain_squares(distribution: Any, value: float, discretize: bool) -> tuple[float, Any]:
    """Weight of column 0 with all samples alike, by least squares; and the explainer."""
    explainer = LimeTabularExplainer(
        ROWS,
        mode="regression",
        random_state=0,
        kernel=lambda distances, kernel_width: np.ones(len(distances)),
        discretize_continuous=discretize,
        column_distributions={0: distribution},
    )
    row = np.array([value, 0.0, 0.0])
    exp = explainer.explain_instance(
        row, squares, num_features=3, num_samples=2**15 + 1, model_regressor=LinearRegression()
    )
    return {i: w for weights in exp.local_exp.values() for i, w in weights}[0], explainer


@pytest.mark.parametrize("by_name", [True, False])
def test_a_column_that_is_not_cut_has_the_slope_of_its_distribution(by_name: bool) -> None:
    # The slope of x^2 on x is Cov(x^2, x) / Var(x) = low + high where x is uniform; features are in deviations.
    lime.register_column_distribution("wide", Uniform(1.0, 4.0))
    found, explainer = explain_squares("wide" if by_name else Uniform(1.0, 4.0), 2.0, discretize=False)
    assert found == pytest.approx(5.0 * explainer.scaler.scale_[0], rel=2e-3)


def test_a_column_that_is_cut_compares_its_bin_with_the_others() -> None:
    # E[x^2 | in the bin] - E[x^2 | in another], where x is uniform and the bin is everything above the upper quartile.
    low, high = -3.0, 3.0
    found, _ = explain_squares(Uniform(low, high), 2.5, discretize=True)
    edge = float(np.percentile(ROWS[:, 0], 75))
    inside = (high**3 - edge**3) / (3.0 * (high - edge))
    outside = (edge**3 - low**3) / (3.0 * (edge - low))
    assert found == pytest.approx(inside - outside, rel=5e-3)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("unknown", ValueError, "expected a registered name"),
        (lambda values: object(), TypeError, r"expected an object with quantile\(u\)"),
        (3, ValueError, "expected a registered name"),
    ],
)
def test_a_column_distribution_that_is_none_is_refused(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LimeTabularExplainer(ROWS, column_distributions={0: given})
