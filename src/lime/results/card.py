"""The trust card: what is known of how good one explanation is, part by part, without an overall score."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any, ClassVar

from lime import _upper
from lime.results.finding import Finding
from lime.results.serialize import plain, write_json

__all__ = ["TrustCard"]


@dataclass(frozen=True, repr=False)
class TrustCard:
    """What is known of how good the explanation of one label is; the same in a terminal, on a page and in JSON.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it; "value" for the only output of a regression.
    findings : tuple of Finding
        The parts that are known; ``card[key]`` gives one, ``key in card`` tells whether it is there.
    open : tuple of str
        What is not known, and what it takes to know it.
    """

    schema: ClassVar[str] = "lime.trust/1"

    label: Any
    label_name: str
    findings: tuple[Finding, ...]
    open: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the card is about, in one line."""
        what = "this explanation" if self.label_name == "value" else f"the explanation of {self.label_name}"
        return f"How far to trust {what}"

    def __getitem__(self, key: str) -> Finding:
        for finding in self.findings:
            if finding.key == key:
                return finding
        raise KeyError(f"{key!r} is not on this card; it has {[finding.key for finding in self.findings]}")

    def __contains__(self, key: object) -> bool:
        return any(finding.key == key for finding in self.findings)

    def __str__(self) -> str:
        card_text = _upper.card_text

        return card_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        card_html = _upper.card_html

        return card_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values under a schema version; what is unknown or infinite is None.

        Returns
        -------
        dict
            ``schema``, ``title``, ``label``, ``label_name``, ``findings`` (a dict by key: name, value, sentence and the
            numbers behind it) and ``open``.
        """
        return {
            "schema": self.schema,
            "title": self.title,
            "label": plain(self.label),
            "label_name": self.label_name,
            "findings": {
                finding.key: {
                    "name": finding.name,
                    "value": finding.value,
                    "sentence": finding.sentence,
                    **{name: _known(plain(value)) for name, value in finding.numbers.items()},
                }
                for finding in self.findings
            },
            "open": list(self.open),
        }

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

    def to_frame(self, backend: str | None = None) -> Any:
        """Return one row a finding, with its name, value and sentence, as a data frame.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or None
            None takes the first of these that is installed.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            With the columns ``finding``, ``value`` and ``sentence``, all of text.

        Raises
        ------
        ValueError
            An unknown backend.
        ImportError
            The backend is not installed, or none is.
        """
        columns_to_frame = _upper.columns_to_frame

        of = self.findings
        return columns_to_frame(
            {
                "finding": ("text", [finding.name for finding in of]),
                "value": ("text", [finding.value for finding in of]),
                "sentence": ("text", [finding.sentence for finding in of]),
            },
            backend,
        )


def _known(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value
