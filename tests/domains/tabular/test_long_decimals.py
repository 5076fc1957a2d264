"""Decimals with more digits than floats have, and decimals among other numbers, are numbers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lime import LimeTabularExplainer

N = 80
SEVENTHS = [Decimal(k) / 7 for k in range(N)]
X = np.random.default_rng(0).normal(size=N)
COLUMNS: dict[str, list[Any]] = {
    "sevenths": SEVENTHS,
    "large": [Decimal(k) * 10**20 / 7 for k in range(N)],
    "small": [Decimal(k) / 7 / 10**30 for k in range(1, N + 1)],
    "whole": [Decimal(k) * 10**30 for k in range(N)],
    "missing": [None, *SEVENTHS[1:]],
    "floats": [k / 7 if k % 2 else Decimal(k) / 4 for k in range(N)],
    "integers": [k if k % 2 else Decimal(k) + Decimal("0.001") for k in range(N)],
}


class Model:
    """Adds up, and keeps what it saw."""

    def __call__(self, rows: Any) -> Any:
        frame = rows if isinstance(rows, pd.DataFrame) else rows.to_pandas()
        self.seen = frame["c"].tolist()
        numbers = np.array([0.0 if value is None else float(value) for value in self.seen])
        return numbers / numbers.std() + frame["x"].to_numpy(dtype=float)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("discretize", [True, False])
def test_they_are_drawn_as_numbers_and_handed_on_as_decimals(name: str, discretize: bool, tmp_path: Path) -> None:
    data = pd.DataFrame({"c": pd.Series(COLUMNS[name], dtype=object), "x": X})
    explainer = LimeTabularExplainer(data, mode="regression", discretize_continuous=discretize, random_state=0)
    explainer.save(tmp_path / "one.lime")
    loaded = LimeTabularExplainer.load(tmp_path / "one.lime")
    model = Model()
    exp = explainer.explain_instance(data.iloc[70], model, num_samples=400)
    first = model.seen[0]
    assert {type(value) for value in model.seen} <= {Decimal, type(None)}
    assert len(set(model.seen)) > 50  # amounts, not categories
    assert float(first) == pytest.approx(float(COLUMNS[name][70]), rel=1e-15, abs=0)
    assert exp.as_map()[1]
    assert exp.as_list()[0][1] > 0
    again = loaded.explain_instance(data.iloc[70], Model(), num_samples=400)
    assert again.as_list() == exp.as_list()


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("c", SEVENTHS, dtype=pl.Decimal(38, 28)),
        pa.array([round(value, 24) for value in SEVENTHS], pa.decimal128(38, 24)),
    ],
)
def test_frames_with_a_type_for_decimals(column: Any) -> None:
    x = pl.Series("x", X) if isinstance(column, pl.Series) else pa.array(X)
    data = pl.DataFrame([column, x]) if isinstance(column, pl.Series) else pa.table({"c": column, "x": x})
    model = Model()
    explainer = LimeTabularExplainer(data, mode="regression", random_state=0)
    exp = explainer.explain_instance(data[3:4] if isinstance(data, pl.DataFrame) else data.slice(3, 1), model)
    assert exp.as_list()
    assert {type(value) for value in model.seen} == {Decimal}
    assert float(model.seen[0]) == pytest.approx(3 / 7, rel=1e-15)


def test_a_row_may_lie_beyond_the_training_data() -> None:
    data = pd.DataFrame({"c": pd.Series(SEVENTHS, dtype=object), "x": X})
    model = Model()
    row = {"c": Decimal(10**25) / 3, "x": 0.0}
    LimeTabularExplainer(data, mode="regression", random_state=0).explain_instance(row, model, num_samples=50)
    assert float(model.seen[0]) == pytest.approx(10**25 / 3)
