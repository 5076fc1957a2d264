"""What every report on an explanation has: a title, plain sentences, a table, and the ways out of Python."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from lime import _upper
from lime.results.serialize import plain, write_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Report", "ReportColumn"]


@dataclass(frozen=True)
class ReportColumn:
    """A column of a report's table.

    Attributes
    ----------
    name : str
        In frames and dicts.
    heading : str
        Above the column where a person reads it; '' keeps it to frames and dicts.
    cells : sequence
        One a row; None and NaN are unknown.
    kind : {"text", "int", "float", "share", "fit"}
        A share is a float that people read in per cent; a fit is an R², which has no lower end.
    """

    name: str
    heading: str
    cells: Sequence[Any]
    kind: str = "float"


class Report(ABC):
    """Numbers about an explanation, with the sentences that say what they mean.

    A report prints, shows itself in a notebook, and becomes a frame, a dict or JSON. It gives no overall score: what
    the numbers weigh against each other is for its reader to say.
    """

    schema: ClassVar[str]

    @property
    @abstractmethod
    def title(self) -> str:
        """What the report is about, in one line."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """What the numbers say, each finding in one or two sentences.

        Returns
        -------
        list of str
        """

    @abstractmethod
    def numbers(self) -> dict[str, Any]:
        """The numbers of the whole report by name.

        Returns
        -------
        dict
            Of str to numbers, words, bools and arrays.
        """

    @abstractmethod
    def columns(self) -> list[ReportColumn]:
        """The report's table, column by column.

        Returns
        -------
        list of ReportColumn
            All of one length.
        """

    @property
    def rows_to_read(self) -> int | None:
        """How many rows of the table a person is shown; all when None. Frames and dicts have all."""
        return None

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the report.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.

        Returns
        -------
        Axes

        Raises
        ------
        TypeError
            `ax` is no Axes.
        """

    def __str__(self) -> str:
        render_text = _upper.render_text

        return render_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        render_html = _upper.render_html

        return render_html(self)

    def to_frame(self, backend: str | None = None) -> Any:
        """Return the table as a data frame.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or None
            None takes the first of these that is installed.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            A row a row of the table, under the names of `columns`; shares as floats from 0 to 1.

        Raises
        ------
        ValueError
            An unknown backend.
        ImportError
            The backend is not installed, or none is.
        """
        columns_to_frame = _upper.columns_to_frame

        kinds = {"text": "text", "int": "int", "float": "float", "share": "float", "fit": "float"}
        return columns_to_frame(
            {column.name: (kinds[column.kind], _known(column.cells)) for column in self.columns()}, backend
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values under a schema version; what is unknown or infinite is None.

        Returns
        -------
        dict
            ``schema``, ``title``, what `numbers` gives, ``table`` (a list of one dict a row) and ``sentences``.
        """
        columns = {column.name: _known(column.cells) for column in self.columns()}
        rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
        numbers = {name: _known_value(value) for name, value in self.numbers().items()}
        return {"schema": self.schema, "title": self.title, **numbers, "table": rows, "sentences": self.sentences()}

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return `to_dict` as strict JSON, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or path, optional
            A file to write, in ASCII; one that is there is replaced.

        Returns
        -------
        str
        """
        return write_json(self.to_dict(), path)


def _known(cells: Sequence[Any]) -> list[Any]:
    return [_known_value(cell) for cell in cells]


def _known_value(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_known_value(item) for item in value]
    return value
