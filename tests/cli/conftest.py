"""What several tests of the command are given."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from batch_samples import MODULE


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "person": rng.permutation(1000)[:60],
            "age": rng.normal(0, 10, 60).round(1),
            "town": rng.choice(["Bern", "Basel", "Chur"], 60),
        }
    )


@pytest.fixture
def folder(tmp_path: Path, people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "batch_model.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "batch_model", raising=False)
    people.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path
