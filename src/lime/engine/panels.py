"""Fast products of many numbers in single precision, exact to six digits: for the Gram matrix that ranks features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PANEL, PANEL_CELLS, PANELS_AT_MOST = 1024, 1_000_000, 34
"""Most samples, and most multiplications, in one panel of a product, and the rows up to which panels pay. BLAS
multiplies matrices this small as they lie, where it would rearrange larger ones first; and sums of this many numbers of
single precision keep six digits, even where all are equal and each addition is rounded to the same side."""

LINE = 16
"""Numbers of single precision in a line of the cache, 64 bytes."""


class Panels:
    """Room for m rows of n numbers in single precision, cut into panels of samples for the product of the rows.

    Each row begins with a line of the cache, and so does its part of a panel: products read whole lines.

    Parameters
    ----------
    m, n : int
        Rows, and numbers in each of them.

    Attributes
    ----------
    rows : ndarray of float32, shape (m, n)
        To be filled.
    """

    def __init__(self, m: int, n: int) -> None:
        count = -(-n // min(PANEL, max(LINE, PANEL_CELLS // (m * m))))
        length = -(-n // (count * LINE)) * LINE
        room = np.empty(m * count * length + LINE, dtype=np.float32)
        start = -(room.__array_interface__["data"][0] // room.itemsize) % LINE
        padded = room[start : start + m * count * length].reshape(m, count * length)
        padded[:, n:] = 0.0
        self.rows, self._panels = padded[:, :n], padded.reshape(m, count, length).transpose(1, 0, 2)

    def products(self, first: int) -> NDArray[np.float64]:
        """Products of the `first` of the rows with all of them.

        Parameters
        ----------
        first : int
            How many rows.

        Returns
        -------
        ndarray of float, shape (first, m)
        """
        if len(self.rows) > PANELS_AT_MOST:
            every = self.rows @ self.rows.T  # symmetric: BLAS computes one half
            return every[:first].astype(np.float64)
        # Symmetric too: of the lower half the part beside the diagonal is that of the upper half.
        half = first // 2
        result = np.empty((first, len(self.rows)))
        upper, lower = self._panels[:, :half], self._panels[:, half:first]
        np.add.reduce(upper @ self._panels.transpose(0, 2, 1), dtype=np.float64, out=result[:half])
        np.add.reduce(lower @ self._panels[:, half:].transpose(0, 2, 1), dtype=np.float64, out=result[half:, half:])
        result[half:, :half] = result[:half, half:first].T
        return result
