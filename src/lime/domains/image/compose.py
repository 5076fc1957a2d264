"""Pictures in which some segments are hidden, batch by batch, in the picture's own layout, type and kind."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lime.domains.image.pixels import Picture
from lime.models.networks import is_tensor

BYTES_AT_ONCE = 200_000
"""Bytes of a picture that are written at a time: few enough to stay in a processor's caches with the same part of the
others, and so many that threads do not wait for the interpreter between two of them."""

BITS = 16
"""Pictures whose masks are looked up together, one bit each."""

WORTH_THREADS = 4_000_000
"""Bytes of a batch from which on more than one thread writes it."""

MOST_THREADS = 4

_Run = tuple[slice, slice | None]


class Composer(Protocol):
    """Makes the pictures that a model is asked about."""

    def batch(self, start: int, stop: int) -> Any:
        """Pictures start .. stop - 1 as one array or tensor, shape (stop - start, ...)."""
        ...


@contextmanager
def composer(
    picture: Picture, hidden: NDArray[Any], codes: NDArray[np.intp], z: NDArray[np.bool_], device: Any = None
) -> Iterator[Composer]:
    """Give what makes pictures of one picture.

    Parameters
    ----------
    picture : Picture
    hidden : ndarray
        The picture with all segments hidden, in its layout and type.
    codes : ndarray of int, shape (height * width,)
        Segment of each pixel, numbered from 0.
    z : ndarray of bool, shape (n, d)
        Which segments each picture shows.
    device : torch.device, optional
        Where the pictures of a tensor shall be; on its own device where None.
    """
    if is_tensor(picture.given):
        yield TensorComposer(picture, hidden, codes, z, device)
        return
    arrays = ArrayComposer(picture.values, hidden, _cells(picture, codes), z)
    try:
        yield arrays
    finally:
        arrays.close()


def _cells(picture: Picture, codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Segment of each cell: of each pixel where its channels lie side by side, else of each number."""
    if picture.channel_axis in (None, 2):
        return codes
    every = np.expand_dims(codes.reshape(picture.size), picture.channel_axis or 0)
    return np.broadcast_to(every, picture.values.shape).ravel()


class ArrayComposer:
    """Writes batches of pictures for numpy.

    A batch's memory is used for the next one if nobody holds on to it by then: a model that keeps its input keeps
    it unchanged, and one that overwrites its input spoils no later one.

    Parameters
    ----------
    image, hidden : ndarray
        The picture with all segments shown, and with all hidden; of one shape and type.
    cells : ndarray of int, shape (c,)
        Segment of each cell; a cell is an equal share of the picture's numbers, in their order.
    z : ndarray of bool, shape (n, d)
    """

    def __init__(
        self, image: NDArray[Any], hidden: NDArray[Any], cells: NDArray[np.intp], z: NDArray[np.bool_]
    ) -> None:
        self._shape, self._dtype = image.shape, image.dtype
        self._cells, self._z = cells, z
        self._cell = np.dtype((np.void, image.nbytes // len(cells)))
        self._image = np.ascontiguousarray(image).reshape(-1).view(self._cell)
        self._hidden = np.ascontiguousarray(hidden).reshape(-1).view(self._cell)
        # What is shown where another picture hides, and hidden where it shows, is that picture with these bits turned.
        self._both = self._image.view(np.uint8) ^ self._hidden.view(np.uint8)
        self._memory = memoryview(b"")
        self._handed_out: weakref.ref[NDArray[Any]] | None = None
        self._pool: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """End the threads and let go of the memory."""
        if self._pool is not None:
            self._pool.shutdown()
        self._pool, self._memory = None, memoryview(b"")

    def batch(self, start: int, stop: int) -> NDArray[Any]:
        """Pictures start .. stop - 1, shape (stop - start, ...)."""
        z = self._z[start:stop]
        flat = self._room(len(z))
        pictures = flat.reshape(len(z), -1)
        # A cell's masks in several pictures are the bits of one number, so that one look-up serves them all.
        bits = np.left_shift(1, np.arange(BITS)).astype(np.uint16)
        for first in range(0, len(z), BITS):
            some = z[first : first + BITS]
            hides = (~some * bits[: len(some), None]).sum(axis=0, dtype=np.uint16)
            self._write(pictures[first : first + BITS], hides, bits[: len(some), None], _runs(some))
        return flat.reshape(len(z), *self._shape)

    def _write(
        self, pictures: NDArray[Any], hides: NDArray[np.uint16], bits: NDArray[np.uint16], runs: list[_Run]
    ) -> None:
        step = max(1, BYTES_AT_ONCE // self._cell.itemsize)
        starts = range(0, len(self._cells), step)
        threads = min(self._threads(pictures.nbytes), len(starts))
        cells, raw, size = pictures.view(self._cell), pictures.view(np.uint8), self._cell.itemsize

        def write(worker: int) -> None:
            for start in starts[worker::threads]:
                part, there = slice(start, start + step), slice(start * size, (start + step) * size)
                code, both = hides[self._cells[part]], self._both[there]
                for rows, turned in runs:
                    cells[rows, part] = self._image[part]
                    np.copyto(cells[rows, part], self._hidden[part], where=(code & bits[rows]) != 0)
                    if turned is not None:
                        np.bitwise_xor(both, raw[rows, there], out=raw[turned, there])

        if threads == 1:
            write(0)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="lime-images")
        others = [self._pool.submit(write, worker) for worker in range(1, threads)]
        write(0)
        for other in others:
            other.result()

    def _threads(self, size: int) -> int:
        if size < WORTH_THREADS:
            return 1
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, MOST_THREADS)

    def _room(self, count: int) -> NDArray[Any]:
        """An array for a batch, in memory that nobody uses any more or in new memory."""
        size = count * self._image.nbytes
        if len(self._memory) < size or (self._handed_out is not None and self._handed_out() is not None):
            self._memory = np.empty(size, dtype=np.uint8).data
        # All views of this array keep it alive, and so do tensors that share its memory: once it is gone, nobody
        # reads the memory.
        array: NDArray[Any] = np.frombuffer(self._memory[:size], dtype=self._dtype)
        self._handed_out = weakref.ref(array)
        return array


def _runs(z: NDArray[np.bool_]) -> list[_Run]:
    """Pictures in groups that are written alike: some, and with them those right after each that show what it hides.

    Designs draw masks in such pairs; where a batch begins in the middle of one, its first picture stands alone.
    """
    opposite = [*(z[1:] != z[:-1]).all(axis=1).tolist(), False]
    runs: list[_Run] = []
    k = 0
    while k < len(z):
        start, paired = k, opposite[k]
        step = 2 if paired else 1
        while k < len(z) and opposite[k] == paired:
            k += step
        runs.append((slice(start, k, step), slice(start + 1, k, 2) if paired else None))
    return runs


class TensorComposer:
    """Writes batches of pictures for torch; pixels, and which of them are shown, stay on one device.

    Parameters as in `composer`.
    """

    def __init__(
        self, picture: Picture, hidden: NDArray[Any], codes: NDArray[np.intp], z: NDArray[np.bool_], device: Any
    ) -> None:
        torch = sys.modules["torch"]
        self._torch = torch
        image = picture.given.detach()
        self._image = image if device is None else image.to(device)
        self._hidden = torch.as_tensor(hidden, device=self._image.device).to(image.dtype)
        self._codes = torch.as_tensor(codes, device=self._image.device)
        self._bits = torch.as_tensor(1 << np.arange(8, dtype=np.uint8), device=self._image.device)[:, None]
        self._z, self._size, self._axis = z, picture.size, picture.channel_axis

    def batch(self, start: int, stop: int) -> Any:
        """Pictures start .. stop - 1, shape (stop - start, ...)."""
        # As in `ArrayComposer`, eight masks are looked up at a time.
        packed = np.packbits(self._z[start:stop], axis=0, bitorder="little")
        coded = self._torch.as_tensor(packed, device=self._image.device).index_select(1, self._codes)
        shown = (coded[:, None, :] & self._bits) != 0
        shown = shown.reshape(-1, *self._size)[: stop - start]
        if self._axis is not None:
            shown = shown.unsqueeze(self._axis + 1)
        return self._torch.where(shown, self._image, self._hidden)
