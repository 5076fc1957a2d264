"""Sparse rows: the same adapter as `Table`, for scipy's matrices and arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lime.domains.tabular.forms import ColumnInfo
from lime.domains.tabular.naming import names_of
from lime.engine.inspection import is_sparse
from lime.engine.lazy import cached_property


class SparseTable:
    """What the model was trained on, where that was a sparse matrix.

    Attributes
    ----------
    kind : str
        ``'sparse'``.
    names : list of str
    categorical_features : list of int
        Empty: a missing entry is the number 0 and never a category.
    mean, std : ndarray of float, shape (d,)
        Of the training columns, zeros counted as in dense rows.
    """

    kind = "sparse"

    @classmethod
    def read(
        cls, data: Any, feature_names: Iterable[Any] | None, categorical_features: Iterable[Any] | None
    ) -> SparseTable:
        """Learn from a sparse matrix or array, shape (n, d), which is not kept.

        Raises
        ------
        ValueError
            If it is empty, holds anything but finite real numbers, or names and categories do not fit it.
        """
        if data.ndim != 2 or 0 in data.shape:
            raise ValueError(f"training_data has shape {data.shape}: expected at least one row and one column")
        names = names_of(list(range(data.shape[1])), feature_names)
        if categorical_features is not None and list(categorical_features):
            raise ValueError(
                "categorical_features came with sparse training_data: expected dense training_data, "
                "since a missing entry of a sparse row is the number 0 and never a category"
            )
        if data.dtype.kind not in "biuf":
            raise ValueError(f"training_data has dtype {data.dtype}: expected real numbers")
        if not np.isfinite(data.tocoo().data).all():
            raise ValueError("training_data holds NaN or infinite values: expected finite numbers in a sparse matrix")
        return cls(data, names)

    def __init__(self, data: Any, names: list[str]) -> None:
        self.names = names
        self.categorical_features: list[int] = []
        self.dtype = data.dtype if data.dtype.kind == "f" else np.dtype(np.float64)
        self._container: Any = sparse.csr_array if isinstance(data, sparse.sparray) else sparse.csr_matrix
        columns = data.tocsc().astype(np.float64)
        self.mean = np.asarray(columns.mean(axis=0)).ravel()
        square = np.asarray(columns.multiply(columns).mean(axis=0)).ravel()
        self.std = np.sqrt(np.maximum(square - np.square(self.mean), 0.0))

    @cached_property  # it is asked for once a drawn column, and a hashed text has tens of thousands of columns
    def columns(self) -> tuple[ColumnInfo, ...]:
        """The columns, all numeric."""
        return tuple(ColumnInfo(name, False, None, False, False) for name in self.names)

    def read_row(self, row: Any) -> tuple[NDArray[np.float64], dict[int, Any]]:
        """Values of one row, shape (d,), and an empty dict: nothing in a sparse row is a category.

        Raises
        ------
        ValueError
            If the row has another width, or holds anything but finite numbers.
        """
        values = np.asarray(row.toarray() if is_sparse(row) else row)
        if values.ndim == 2 and len(values) == 1:
            values = values[0]
        if values.shape != (len(self.names),):
            raise ValueError(
                f"data_row has shape {values.shape}, but the training data has {len(self.names)} columns: "
                f"expected one row of {len(self.names)} values"
            )
        if values.dtype.kind not in "biuf" or not np.isfinite(values.astype(np.float64)).all():
            raise ValueError("data_row holds values that are not finite numbers: expected real numbers")
        return values.astype(np.float64), {}

    def build_at(self, matrix: NDArray[np.float64], columns: NDArray[np.intp]) -> Any:
        """The model's input from values (n, m) at some columns, all others empty."""
        n, m = matrix.shape
        pointers = np.arange(0, n * m + 1, m) if m else np.zeros(n + 1, dtype=np.intp)
        indices = np.tile(columns, n)
        return self._container(
            (matrix.ravel().astype(self.dtype, copy=False), indices, pointers), shape=(n, len(self.names))
        )

    def bound(self, j: int, edge: float) -> float:
        """Return an edge between bins as it is."""
        return edge

    def written(self, j: int, number: float) -> str:
        """Write a number as short text."""
        return f"{number:.2f}"

    def value(self, j: int, code: float, unseen: Mapping[int, Any] | None = None) -> float:
        """The number that stands in a column."""
        return float(code)
