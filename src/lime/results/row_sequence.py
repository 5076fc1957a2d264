"""Explanations of many rows as a sequence: held as arrays, in pieces that may lie in files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from lime.results.columns import Columns, Piece
from lime.results.explanation import Explanation
from lime.results.places import one_place, places_of

T = TypeVar("T")

_IN_MEMORY = 4
"""Pieces whose text and, where they come from a file, arrays are kept at hand."""


class ExplanationSequence(Sequence[Explanation]):
    """Explanations of rows, each made again when it is asked for; `lime.Explanations` tells how they are reached.

    Parameters
    ----------
    pieces : iterable of Columns or of what can `load` them
        In the order of the rows.
    """

    def __init__(self, pieces: Iterable[Columns | Piece] = ()) -> None:
        self._pieces: list[Columns | Piece] = [piece for piece in pieces if len(piece)]
        self._ends = np.cumsum([len(piece) for piece in self._pieces], dtype=np.int64)
        self._loaded: OrderedDict[int, Columns] = OrderedDict()
        self._lines: OrderedDict[int, list[str]] = OrderedDict()

    # ---- a sequence

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @overload
    def __getitem__(self, place: int | str) -> Explanation: ...
    @overload
    def __getitem__(self, place: slice | list[Any] | NDArray[Any]) -> Self: ...
    def __getitem__(self, place: Any) -> Any:
        places = places_of(place, len(self), lambda: self.ids)
        if places is not None:
            return self._select(places)
        piece, row = self._locate(one_place(place, len(self), lambda: self.ids))
        return self._columns(piece).explanation(row, self._text(piece)[row])

    def __iter__(self) -> Iterator[Explanation]:
        for columns in self.arrays():
            for row, line in enumerate(columns.lines()):
                yield columns.explanation(row, line)

    def _locate(self, place: int) -> tuple[int, int]:
        piece = int(np.searchsorted(self._ends, place, side="right"))
        return piece, place - (int(self._ends[piece - 1]) if piece else 0)

    def _select(self, places: NDArray[np.int64]) -> Self:
        """Rows in any order; neighbours from the same piece stay together."""
        if not len(places):
            return type(self)()
        owner = np.searchsorted(self._ends, places, side="right")
        before = np.append(0, self._ends)[owner]
        cuts = np.flatnonzero(np.diff(owner)) + 1
        return type(self)(
            self._columns(int(piece[0])).take(rows, self._text(int(piece[0])))
            for piece, rows in zip(np.split(owner, cuts), np.split(places - before, cuts), strict=True)
        )

    def _columns(self, piece: int) -> Columns:
        found = self._pieces[piece]
        if isinstance(found, Columns):
            return found
        return _remember(self._loaded, piece, found.load)

    def _text(self, piece: int) -> list[str]:
        return _remember(self._lines, piece, self._columns(piece).lines)

    def arrays(self) -> Iterator[Columns]:
        """Read all rows, one piece after the other.

        Yields
        ------
        Columns
        """
        for piece in self._pieces:
            yield piece if isinstance(piece, Columns) else piece.load()

    # ---- rows

    @property
    def positions(self) -> NDArray[np.int64]:
        """Where the explained rows stand in the data, shape (n,)."""
        return _joined([columns.positions for columns in self.arrays()], np.int64)

    @property
    def ids(self) -> NDArray[Any]:
        """What the data calls the explained rows, shape (n,): a frame's index, else their numbers."""
        return _joined([columns.ids for columns in self.arrays()], np.int64)

    @property
    def errors(self) -> dict[int, str]:
        """Positions of the rows that could not be explained, and why."""
        found: dict[int, str] = {}
        for columns in self.arrays():
            found.update({int(columns.positions[row]): reason for row, reason in columns.errors.items()})
        return dict(sorted(found.items()))

    @property
    def labels(self) -> list[int]:
        """The labels that were explained in any row, rising."""
        found: set[int] = set()
        for columns in self.arrays():
            found.update(np.unique(columns.label).tolist())
        return sorted(found)

    def find_label(self, label: Any) -> int:
        """Return the label that is meant, by its number or by the name of the class in the first rows that have it.

        Parameters
        ----------
        label : int or str
            A position may count from the end, as Python's do.

        Returns
        -------
        int
            One of `labels`.

        Raises
        ------
        ValueError
            No row was explained for it, or no class or several have this name.
        """
        labels = self.labels
        if not isinstance(label, str) and label in labels:
            return int(label)
        reason = f"label={label!r} was not explained in any row; the explained labels are {labels}"
        for one in labels:
            exp = next(exp for exp in self if one in exp.local_exp)
            try:
                if exp.find_label(label) == one:
                    return one
            except KeyError as error:
                if isinstance(label, str):
                    reason = f"label={label!r} was not explained in any row: {error.args[0]}"
        raise ValueError(reason)

    def __getstate__(self) -> dict[str, Any]:
        # A pickle travels to where the files are not.
        return {"_pieces": list(self.arrays())}

    def __setstate__(self, state: dict[str, Any]) -> None:
        ExplanationSequence.__init__(self, state["_pieces"])


def _remember(kept: OrderedDict[int, T], key: int, make: Callable[[], T]) -> T:
    if key in kept:
        kept.move_to_end(key)
        return kept[key]
    made = kept[key] = make()
    if len(kept) > _IN_MEMORY:
        kept.popitem(last=False)
    return made


def _joined(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)
