"""What is said of the inputs where a model's prediction cannot be used."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from lime import LimeTabularExplainer
from lime.models.calling import call_model
from lime.models.error_notes import note_on_missing

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(80, 3))
HOLES = np.where(np.arange(240).reshape(80, 3) % 12 == 1, np.nan, NUMBERS)
COLUMNS = {"age": [1.0, 2.0], "income": [None, 3.0], "town": ["a", None]}
DAYS = [datetime.datetime(2020, 1, 1), None]


@pytest.mark.parametrize(
    ("batch", "which"),
    [
        (HOLES, "in column 1:"),
        (HOLES.astype(object), "in column 1:"),
        (sparse.csr_matrix(HOLES), "in column 1:"),
        (pd.DataFrame(COLUMNS), "in columns 'income', 'town':"),
        (pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "m": [1, 2]}), "in column 'n':"),
        (pd.DataFrame({"m": [1, 2], "day": DAYS}), "in column 'day':"),
        (pl.DataFrame(COLUMNS), "in columns 'income', 'town':"),
        (pl.DataFrame({"day": DAYS, "m": [1, 2]}), "in column 'day':"),
        (pa.table(COLUMNS), "in columns 'income', 'town':"),
        (pa.RecordBatch.from_pydict(COLUMNS), "in columns 'income', 'town':"),
        (np.full((2, 10), np.nan), "in columns 0, 1, 2, 3, 4, 5, 6, 7 and 2 more:"),
    ],
)
def test_columns_with_missing_values_are_named(batch: Any, which: str) -> None:
    note = note_on_missing(batch)
    assert note is not None
    assert which in note
    assert "SimpleImputer" in note


@pytest.mark.parametrize("batch", [NUMBERS, pd.DataFrame(NUMBERS), pl.DataFrame(NUMBERS), ["a text"], np.ones(3)])
def test_nothing_is_said_of_whole_inputs(batch: Any) -> None:
    assert note_on_missing(batch) is None


def sums(rows: Any) -> Any:
    return np.asarray(rows).sum(axis=1)


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize("together", [False, True])
def test_a_model_that_answers_nan_to_missing_values(form: Any, together: bool) -> None:
    explainer = LimeTabularExplainer(form(HOLES), mode="regression", random_state=0)
    explain = explainer.explain_instances if together else explainer.explain_instance
    rows = form(HOLES[:3]) if together else HOLES[1]
    with pytest.raises(ValueError, match="NaN") as caught:
        explain(rows, sums, num_samples=50)
    (note,) = [note for note in caught.value.__notes__ if "missing" in note]
    assert re.search("in column '?1'?:", note)


def test_a_model_that_answers_nan_of_its_own_is_to_blame() -> None:
    with pytest.raises(ValueError, match="NaN") as caught:
        call_model(lambda rows: np.full(len(rows), np.nan), lambda i, j: NUMBERS[i:j], 80, "regression")
    assert not hasattr(caught.value, "__notes__")
