"""Many rows go from arrays to columns without an object for each, and say what each row's own explanation says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lime
from lime import LimeTabularExplainer
from lime.domains.tabular import sampled_rows
from lime.domains.tabular.neighborhoods import in_columns
from lime.results.columns import Columns
from lime.results.explanation import Explanation

SMALL: dict[str, Any] = {"num_samples": 2000, "num_features": 3}


def table(n: int = 120) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 5))
    x[:, 4] = x[:, 0] + 0.05 * rng.normal(size=n)
    return x


def frame(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, size=n),
            "kind": rng.choice(["red", "green", "blue"], size=n),
            "income": rng.normal(3.0, 1.0, size=n),
            "owner": rng.random(n) < 0.4,
        }
    )


def classes(x: Any) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    odds = np.exp(np.stack([x[:, 0], np.sin(x[:, 1]) + x[:, 2], 0.4 * x[:, 3] * (x[:, 0] > 0)], axis=1))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def values(x: Any) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    return np.asarray(40.0 + 3.0 * x[:, 0] - x[:, 1] * x[:, 2])


def of_frame(data: Any) -> np.ndarray:
    known = data["income"].fillna(0.0).to_numpy()
    p = 1.0 / (1.0 + np.exp(-1.0 * (data["kind"] == "red").to_numpy() - known + 0.02 * data["age"].to_numpy()))
    return np.column_stack([1.0 - p, p])


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each chunk went straight into columns."""
    found: list[bool] = []

    def noting(straight: Callable[..., Columns | None]) -> Callable[..., Columns | None]:
        def noted(*arguments: Any, **more: Any) -> Columns | None:
            result = straight(*arguments, **more)
            found.append(result is not None)
            return result

        return noted

    monkeypatch.setattr("lime.domains.tabular.table_explainer.explain_sampled", noting(sampled_rows.explain_sampled))
    monkeypatch.setattr("lime.domains.tabular.table_explainer.explain_chunk", noting(in_columns.explain_chunk))
    return found


def said(exp: Explanation) -> dict[str, Any]:
    """Everything that is kept of a row among many; what would fit better is told of a row alone."""
    content = exp.to_dict()
    for key in ("features", "instance_features", "trust", "num_model_calls", "differences"):
        content.pop(key, None)
    for key in ("warnings", "more_warnings"):
        if key in content:
            content[key] = [re.sub(r" (Slopes in place|A narrower kernel).*", "", one) for one in content[key]]
    return content


def check(explainer: LimeTabularExplainer, rows: Any, model: Any, **settings: Any) -> None:
    many = explainer.explain_instances(rows, model, **settings)
    for k, exp in enumerate(many):
        row = rows.iloc[k] if hasattr(rows, "iloc") else rows[k]
        own = explainer.explain_instance(row, model, **settings)
        assert exp.as_list(exp.explained_labels()[0]) == own.as_list(own.explained_labels()[0])
        assert said(exp) == said(own)


WAYS: list[dict[str, Any]] = [
    {"labels": (2,)},
    {"top_labels": 1},
    {"top_labels": 1, "num_features": 8},
    {"top_labels": 1, "anchored": True},
]


@pytest.mark.parametrize("settings", WAYS)
def test_shared_samples(taken: list[bool], settings: dict[str, Any]) -> None:
    check(LimeTabularExplainer(table(), random_state=0), table()[:9], classes, **{**SMALL, **settings})
    assert taken == [True]


@pytest.mark.parametrize("settings", [way | {"anchored": True} for way in WAYS])
@pytest.mark.parametrize("selection", ["auto", "none", "highest_weights"])
def test_training_rows(taken: list[bool], settings: dict[str, Any], selection: str) -> None:
    explainer = LimeTabularExplainer(table(), random_state=0, neighborhood="rows", feature_selection=selection)
    check(explainer, table()[:9], classes, **{**SMALL, **settings})
    assert taken == [True]


@pytest.mark.parametrize("neighborhood", ["independent", "rows"])
def test_regressions(taken: list[bool], neighborhood: str) -> None:
    explainer = LimeTabularExplainer(table(), mode="regression", random_state=0, neighborhood=neighborhood)
    check(explainer, table()[:9], values, anchored=True, **SMALL)
    assert taken == [True]


@pytest.mark.parametrize("neighborhood", ["independent", "rows"])
def test_frames_with_rows_that_are_out_of_the_ordinary(taken: list[bool], neighborhood: str) -> None:
    data = frame()
    rows = data.iloc[:9].copy()
    rows.loc[0, "income"] = np.nan
    rows.loc[4, "income"] = np.nan
    explainer = LimeTabularExplainer(data, random_state=0, neighborhood=neighborhood)
    check(explainer, rows, of_frame, anchored=True, **SMALL)
    assert taken == [True]


def test_the_door_takes_it(taken: list[bool]) -> None:
    explain = lime.Explainer(classes, table(), neighborhood="rows")
    exps = explain(table()[:12])
    assert taken == [True]
    for k, exp in enumerate(exps):
        assert said(exp) == said(explain(table()[k]))
        (label,) = exp.explained_labels()
        total = exp.baseline_values[label] + sum(exp.contributions(label).values())
        assert total == pytest.approx(exp.model_preds[label], abs=1e-12)


@pytest.mark.parametrize("neighborhood", ["independent", "rows"])
def test_chunks_and_order_change_no_digit(
    monkeypatch: pytest.MonkeyPatch, taken: list[bool], neighborhood: str
) -> None:
    explainer = LimeTabularExplainer(table(), random_state=0, neighborhood=neighborhood)
    settings = {**SMALL, "top_labels": 1, "anchored": True}
    whole = [said(exp) for exp in explainer.explain_instances(table()[:20], classes, **settings)]
    monkeypatch.setattr("lime.scale.run.LARGE_CHUNK", 7)
    backwards = explainer.explain_instances(table()[:20][::-1], classes, **settings)
    assert [said(exp) for exp in backwards][::-1] == whole
    assert taken == [True] * 4


def narrow(distances: np.ndarray, kernel_width: float) -> np.ndarray:
    return np.asarray(np.exp(-np.square(distances) / (1.2 * kernel_width**2)))


@pytest.mark.parametrize("neighborhood", ["independent", "rows"])
def test_kernels_of_a_users_own(taken: list[bool], neighborhood: str) -> None:
    explainer = LimeTabularExplainer(table(), random_state=0, neighborhood=neighborhood, kernel=narrow)
    check(explainer, table()[:4], classes, top_labels=1, anchored=True, **SMALL)
    assert taken == [True]


@pytest.mark.parametrize(
    "settings",
    [{"top_labels": 2}, {"num_samples": 12, "labels": (1,)}, {"labels": (1,), "top_labels": 1, "num_features": 2}],
)
def test_what_is_not_for_all_rows_alike_is_explained_row_by_row(taken: list[bool], settings: dict[str, Any]) -> None:
    check(LimeTabularExplainer(table(), random_state=0), table()[:3], classes, **{**SMALL, **settings})
    assert taken == [False]


def test_a_model_that_fails_at_a_row_is_known_by_it() -> None:
    def fragile(x: Any) -> np.ndarray:
        if (np.asarray(x)[:, 0] > 90.0).any():
            raise RuntimeError("too much")
        return classes(x)

    rows = table()[:6].copy()
    rows[4, 0] = 99.0
    explainer = LimeTabularExplainer(table(), random_state=0, neighborhood="rows")
    found = explainer.explain_instances(rows, fragile, errors="record", top_labels=1, anchored=True)
    assert list(found.errors) == [4]
    assert "too much" in found.errors[4]
