"""Some inputs of a batch, in its own form."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from lime.models.batches import count_inputs, take_inputs

TABLE = np.arange(12.0).reshape(4, 3)
PLACES = np.array([2, 0, 2])


def dense(batch):
    return batch.toarray() if hasattr(batch, "toarray") else np.asarray(batch)


@pytest.mark.parametrize(
    "batch",
    [
        TABLE,
        TABLE.tolist(),
        tuple(TABLE.tolist()),
        pd.DataFrame(TABLE, index=[7, 7, 8, 9]),
        pl.DataFrame(TABLE),
        pl.DataFrame(TABLE).to_arrow(),
        sparse.csr_matrix(TABLE),
        sparse.coo_array(TABLE),
    ],
    ids=lambda batch: type(batch).__module__ + type(batch).__name__,
)
def test_rows_are_taken_in_the_order_that_is_wanted(batch):
    assert count_inputs(batch) == 4
    np.testing.assert_array_equal(dense(take_inputs(batch, PLACES)), TABLE[PLACES])
    assert take_inputs(batch, np.arange(4)) is batch
    assert not hasattr(batch, "columns") or type(take_inputs(batch, PLACES)) is type(batch)


def test_columns_are_taken_each_by_itself():
    batch = {"ids": TABLE, "text": ["a", "b", "c", "d"]}
    assert count_inputs(batch) == 4
    assert count_inputs({}) == 0
    found = take_inputs(batch, PLACES)
    np.testing.assert_array_equal(found["ids"], TABLE[PLACES])
    assert found["text"] == ["c", "a", "c"]


def test_a_series_keeps_its_type():
    assert take_inputs(pd.Series(["a", "b", "c"]), np.array([2])).tolist() == ["c"]
