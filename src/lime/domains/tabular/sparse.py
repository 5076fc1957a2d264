"""Sparse rows: the same adapter as `Table`, for scipy's matrices and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lime.domains.tabular.table import Column


class SparseTable:
    """What the model was trained on, where that was a sparse matrix.

    Parameters
    ----------
    data : sparse matrix or array, shape (n, d)
        Training data; not kept.
    names : sequence of str, shape (d,)
        Column names.

    Attributes
    ----------
    kind : str
        ``'sparse'``.
    names : list of str
    mean, std : ndarray of float, shape (d,)
        Of the training columns, zeros counted as in dense rows.
    """

    kind = "sparse"

    def __init__(self, data: Any, names: list[str]) -> None:
        if data.ndim != 2 or 0 in data.shape:
            raise ValueError(f"training_data has shape {data.shape}: expected at least one row and one column")
        if data.dtype.kind not in "biuf":
            raise ValueError(f"training_data has dtype {data.dtype}: expected real numbers")
        if not np.isfinite(data.tocoo().data).all():
            raise ValueError("training_data holds NaN or infinite values: expected finite numbers in a sparse matrix")
        self.names = names
        self.dtype = data.dtype if data.dtype.kind == "f" else np.dtype(np.float64)
        self._container: Any = sparse.csr_array if isinstance(data, sparse.sparray) else sparse.csr_matrix
        columns = data.tocsc().astype(np.float64)
        self.mean = np.asarray(columns.mean(axis=0)).ravel()
        square = np.asarray(columns.multiply(columns).mean(axis=0)).ravel()
        self.std = np.sqrt(np.maximum(square - np.square(self.mean), 0.0))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, all numeric."""
        return tuple(Column(name, False, None, False, False) for name in self.names)

    def read_row(self, row: Any) -> tuple[NDArray[np.float64], dict[int, Any]]:
        """Values of one row, shape (d,), and an empty dict: nothing in a sparse row is a category.

        Raises
        ------
        ValueError
            If the row has another width, or holds anything but finite numbers.
        """
        values = np.asarray(row.toarray() if sparse.issparse(row) else row)
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

    def value(self, j: int, code: float, unseen: Mapping[int, Any] | None = None) -> float:
        """The number that stands in a column."""
        return float(code)
