"""A table that is read, and built again from what was read."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa

from lime.domains.tabular.table import Table


def same(left: Any, right: Any) -> None:
    """Refuse any difference in type, columns, dtypes or values."""
    assert type(left) is type(right)
    if isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    elif isinstance(left, pl.DataFrame):
        polars.testing.assert_frame_equal(left, right, categorical_as_str=True)
    elif isinstance(left, pa.Table):
        assert left.schema.equals(right.schema)
        assert left.to_pylist() == right.to_pylist()
    else:
        assert left.dtype == right.dtype
        if left.dtype == object:
            # NaN is not equal to itself; what is printed tells 1 from 1.0 and None from NaN, too.
            left, right = np.array(repr(left.tolist())), np.array(repr(right.tolist()))
        np.testing.assert_array_equal(left, right)


def round_trip(data: Any, **settings: Any) -> Table:
    table, matrix = Table.read(data, **settings)
    assert matrix.dtype == np.float64
    same(table.build(matrix), data)
    np.testing.assert_array_equal(table.read_rows(data), matrix)
    again = pickle.loads(pickle.dumps(table))
    same(again.build(matrix), data)
    same(copy.deepcopy(table).build(matrix), data)
    assert again.columns == table.columns
    return table
