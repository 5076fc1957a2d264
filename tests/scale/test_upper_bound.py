"""`n_jobs` is an upper bound: workers start where they save more time than that takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lime import LimeTabularExplainer
from lime.scale import workers

pytestmark = pytest.mark.usefixtures("fresh_workers")

SMALL: dict[str, Any] = {"num_samples": 128, "num_features": 3}


class Marked:
    """Leaves the number of each process that asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, x: Any) -> np.ndarray:
        (self.folder / str(os.getpid())).touch()
        p = 1.0 / (1.0 + np.exp(-np.asarray(x)[:, 0]))
        return np.column_stack([1.0 - p, p])

    def others(self) -> set[int]:
        """Processes but this one."""
        return {int(one.name) for one in self.folder.iterdir()} - {os.getpid()}


@pytest.fixture
def table() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(90, 4))


def explained(table: np.ndarray, model: Any, **settings: Any) -> list[Any]:
    found = LimeTabularExplainer(table, random_state=0).explain_instances(table, model, **SMALL, **settings)
    return [exp.to_dict() for exp in found]


def test_little_work_is_done_here(table: np.ndarray, tmp_path: Path) -> None:
    model = Marked(tmp_path)
    assert explained(table, model, n_jobs=2) == explained(table, model)
    assert model.others() == set()


def test_much_work_goes_to_workers(table: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Marked(tmp_path)
    monkeypatch.setattr(workers, "START", 0.0)
    assert explained(table, model, n_jobs=2) == explained(table, model)
    assert model.others()


def test_rows_whose_end_is_to_be_recorded_go_to_workers(table: np.ndarray, tmp_path: Path) -> None:
    model = Marked(tmp_path)
    assert explained(table[:6], model, n_jobs=2, errors="record") == explained(table[:6], model)
    assert model.others()


@pytest.mark.parametrize("start", [0.0, 1e9])
def test_the_row_that_fails_is_named(
    table: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: float
) -> None:
    monkeypatch.setattr(workers, "START", start)

    def fragile(x: Any) -> np.ndarray:
        if (np.asarray(x)[:, 0] > 90.0).any():
            raise RuntimeError("too much")
        return Marked(tmp_path)(x)

    for place in (2, 60):
        rows = table.copy()
        rows[place, 0] = 99.0
        explainer = LimeTabularExplainer(table, random_state=0)
        with pytest.raises(RuntimeError, match="too much") as caught:
            explainer.explain_instances(rows, fragile, n_jobs=2, **SMALL)
        assert f"raised while row {place} of the data was explained" in caught.value.__notes__


@pytest.mark.parametrize("start", [0.0, 1e9])
def test_checkpoints_hold_the_same(
    table: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: float
) -> None:
    monkeypatch.setattr(workers, "START", start)
    (tmp_path / "asked").mkdir()
    model = Marked(tmp_path / "asked")
    once = explained(table, model, n_jobs=2, checkpoint=tmp_path / "run")
    assert once == explained(table, model)
    assert once == explained(table, model, checkpoint=tmp_path / "run")
