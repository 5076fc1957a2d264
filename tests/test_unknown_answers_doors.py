"""NaN and infinities in a class that is not explained change nothing, in many rows, files and diagnostics either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lime import (
    Explanations,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    RecurrentTabularExplainer,
)
from lime.exceptions import LimeError
from lime.trust import deletion, infidelity, insertion, sensitivity

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(120, 3))
SERIES = RNG.normal(size=(120, 3, 2))
PICTURE = RNG.uniform(size=(8, 8, 3))
TEXTS = ["a good film", "a bad long film of good", "one", "good morning all of you"]

EXPLAINERS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "table": (LimeTabularExplainer(ROWS, random_state=0), ROWS[:4], {}),
    "series": (RecurrentTabularExplainer(SERIES, random_state=0), SERIES[:4], {}),
    "text": (LimeTextExplainer(random_state=0), TEXTS, {}),
    "image": (
        LimeImageExplainer(random_state=0),
        [PICTURE, PICTURE[::-1], PICTURE**2],
        {
            "segmentation_fn": np.arange(64).reshape(8, 8) // 8,
            "hide_color": 0,
            "top_labels": None,
            "progress_bar": False,
        },
    ),
}


def two_of(batch: Any) -> Any:
    if isinstance(batch, list):
        found = np.array([3.0 * ("good" in text) - 1.0 + len(text) / 100 for text in batch])
    else:
        batch = np.asarray(batch)
        found = batch[:, :, :4].mean(axis=(1, 2, 3)) if batch.ndim == 4 else batch.reshape(len(batch), -1)[:, 0]
    p = 1 / (1 + np.exp(-found))
    return np.column_stack([1 - p, p])


class Three:
    """Two probabilities, and a third class that is odd: always, or where the first one is likely."""

    def __init__(self, odd: float, always: bool = True) -> None:
        self.odd, self.always = odd, always

    def __call__(self, batch: Any) -> Any:
        two = two_of(batch)
        return np.c_[two, np.full(len(two), self.odd) if self.always else np.where(two[:, 0] > 0.4, self.odd, 0.1)]


ODD = [Three(np.nan), Three(np.inf), Three(-np.inf, always=False), Three(np.nan, always=False)]


def weights_of(exps: Any) -> list[Any]:
    return [{label: dict(pairs) for label, pairs in exp.local_exp.items()} for exp in exps]


def many(kind: str, model: Any, **more: Any) -> Any:
    explainer, data, settings = EXPLAINERS[kind]
    return explainer.explain_instances(data, model, **{"labels": (1,), "num_samples": 100, **settings, **more})


def is_told(exps: Any) -> bool:
    return all(any("hold NaN or infinite" in one for one in exp.warnings) for exp in exps)


@pytest.mark.parametrize("kind", EXPLAINERS)
class TestEachExplainer:
    def test_many_rows_and_workers(self, kind: str) -> None:
        expected = weights_of(many(kind, two_of))
        for model in ODD[:2]:
            for jobs in (1, 2):
                found = many(kind, model, n_jobs=jobs)
                assert weights_of(found) == expected
                assert is_told(found)

    def test_a_class_that_is_odd_somewhere(self, kind: str) -> None:
        # The third class is finite in some rows: the two others are explained as beside any third class.
        beside = weights_of(many(kind, Three(0.1)))
        for model in ODD[2:]:
            for found, expected in zip(weights_of(many(kind, model)), beside, strict=True):
                assert found.keys() == expected.keys() == {1}
                assert found[1] == pytest.approx(expected[1], abs=0.02)

    def test_checkpoints_and_files(self, kind: str, tmp_path: Path) -> None:
        expected = weights_of(many(kind, two_of))
        for number, model in enumerate(ODD[:2]):
            for _ in range(2):  # the second run reads what the first one wrote, and compares the model's predictions
                found = many(kind, model, checkpoint=tmp_path / str(number))
                assert weights_of(found) == expected
                assert is_told(found)
            found.to_parquet(tmp_path / "rows.parquet")
            read = Explanations.from_parquet(tmp_path / "rows.parquet")
            assert weights_of(read) == expected
            assert is_told(read)
            for before, after in zip(found, read, strict=True):
                np.testing.assert_array_equal(before.predict_proba, after.predict_proba)

    def test_a_checkpoint_goes_on_where_it_stopped(self, kind: str, tmp_path: Path) -> None:
        explainer, data, settings = EXPLAINERS[kind]
        whole = {"labels": (1,), "num_samples": 100, **settings}
        asked: list[int] = []

        def model(batch: Any) -> Any:
            asked.append(len(batch))
            return ODD[0](batch)

        first = explainer.explain_instances(data, model, checkpoint=tmp_path / "kept", **whole)
        before = sum(asked)
        again = explainer.explain_instances(data, model, checkpoint=tmp_path / "kept", **whole)
        assert weights_of(again) == weights_of(first)
        assert sum(asked) - before < before
        with pytest.raises(Exception, match=r"another (kind of )?model"):
            explainer.explain_instances(data, Three(0.1), checkpoint=tmp_path / "kept", **whole)

    def test_diagnostics(self, kind: str) -> None:
        explainer, data, settings = EXPLAINERS[kind]
        whole = {"labels": (1,), "num_samples": 100, **settings}
        for model in (ODD[0], ODD[2]):
            exp = explainer.explain_instance(data[0], model, **whole)
            plain = explainer.explain_instance(data[0], two_of, **whole)
            for curve in (deletion, insertion):
                ours, theirs = curve(explainer, data[0], model, exp), curve(explainer, data[0], two_of, plain)
                np.testing.assert_allclose(ours.predictions, theirs.predictions)
            assert np.isfinite(infidelity(explainer, data[0], model, exp).value)
            assert np.isfinite(sensitivity(explainer, data[0], model, samples=2, **whole).maximum)
            assert 0 <= explainer.stability(data[0], model, repeats=2, **whole).vsi <= 100
            assert str(exp.trust())

    def test_until_it_is_settled_and_in_the_old_way(self, kind: str) -> None:
        explainer, data, settings = EXPLAINERS[kind]
        for more in ({"num_samples": "auto"}, {"num_samples": 100, "sampling_method": "classic"}):
            exp = explainer.explain_instance(data[0], ODD[0], labels=(1,), **settings, **more)
            assert list(exp.local_exp) == ([0, 1] if 0 in exp.local_exp else [1])
            assert is_told([exp])


class Noisy:
    """A third class that is odd, beside probabilities that are never twice the same."""

    def __init__(self, odd: float) -> None:
        self.odd, self.rng = odd, np.random.default_rng(0)

    def __call__(self, batch: Any) -> Any:
        p = self.rng.random(len(batch))
        return np.c_[1 - p, p, np.full(len(p), self.odd)]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_checkpoint_tells_models_apart_by_odd_answers_too(odd: float, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 100}
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    kept: dict[str, Any] = {"checkpoint": tmp_path / "kept", **settings}
    explainer.explain_instances(ROWS[:3], Three(odd), **kept)
    explainer.explain_instances(ROWS[:3], Three(odd), **kept)
    for other in (Three(odd, always=False), Three(0.1), Three(-odd if np.isinf(odd) else np.inf)):
        with pytest.raises(LimeError, match="was made with another model"):
            explainer.explain_instances(ROWS[:3], other, **kept)
    # A column with one odd answer says what its others say.
    partly: dict[str, Any] = {"checkpoint": tmp_path / "partly", **settings}
    explainer.explain_instances(ROWS[:3], Three(odd, always=False), **partly)
    with pytest.raises(LimeError, match="was made with another model"):
        explainer.explain_instances(ROWS[:3], Moved(odd), **partly)


class Moved(Three):
    """Another third class where it is finite."""

    def __init__(self, odd: float) -> None:
        super().__init__(odd, always=False)

    def __call__(self, batch: Any) -> Any:
        found = super().__call__(batch)
        found[np.isfinite(found[:, 2]), 2] = 0.2
        return found


Moved.__name__ = Moved.__qualname__ = "Three"  # of the same kind, as a model that was trained anew


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_a_stochastic_model_goes_on_beside_odd_answers(odd: float, tmp_path: Path) -> None:
    explainer = LimeTabularExplainer(ROWS, random_state=0)
    settings: dict[str, Any] = {"labels": (1,), "num_samples": 100, "checkpoint": tmp_path / "kept"}
    explainer.explain_instances(ROWS[:3], Noisy(odd), **settings)
    again = Noisy(odd)
    again.rng = np.random.default_rng(1)
    with pytest.warns(UserWarning, match="the model is stochastic"):
        assert len(explainer.explain_instances(ROWS[:3], again, **settings)) == 3
