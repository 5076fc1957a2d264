"""An explanation as plain values and as JSON, and read back from these."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lime import _upper
from lime.results.mapper import DomainMapper
from lime.results.numbers import ExplanationNumbers

if TYPE_CHECKING:
    from lime.results.explanation import Explanation


class StorableNumbers(ExplanationNumbers):
    """Numbers and names that can be written and read; see `lime.Explanation`."""

    def to_dict(self: Any) -> dict[str, Any]:
        """Return everything a reader needs as plain values, with a schema version; see `from_dict`.

        The model, the training data and attributes that a user set are not part of it.

        Returns
        -------
        dict
            Of str, bool, int, float, None, and lists and dicts of these; NaN and infinities as ``{"float": "nan"}``.
        """
        explanation_to_dict = _upper.explanation_to_dict

        return explanation_to_dict(self)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return `to_dict` as strict JSON, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or path, optional
            A file to write, in ASCII; one that is there is replaced.

        Returns
        -------
        str
            Of JSON without NaN and infinities, for which it has no numbers.
        """
        write_json = _upper.write_json

        return write_json(self.to_dict(), path)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Explanation:
        """Return the explanation that `to_dict` wrote: it prints, plots and renders the same.

        Parameters
        ----------
        content : dict
            As `to_dict` or `json.loads` gives it.

        Returns
        -------
        Explanation
            Of the kind that was written, such as `ImageExplanation`.

        Raises
        ------
        LimeError
            This is no explanation, or one of a schema that this release does not know, or it is damaged.
        """
        explanation_from_dict = _upper.explanation_from_dict

        made: Explanation = explanation_from_dict(content, cls.from_stored)
        return made

    @classmethod
    def from_stored(cls, content: dict[str, Any], mapper: DomainMapper) -> Explanation:
        """Make the explanation that a stored dict describes, with no label in it yet.

        Parameters
        ----------
        content : dict
            As `to_dict` gives it.
        mapper : DomainMapper
            Names and values of its features.

        Returns
        -------
        Explanation
            Of the kind that was written, such as `ImageExplanation`.
        """
        if content.get("domain") == "image":
            ImageExplanation = _upper.ImageExplanation

            return ImageExplanation.from_stored(content, mapper)
        if content.get("domain") == "timeseries":
            TimeSeriesExplanation = _upper.TimeSeriesExplanation

            return TimeSeriesExplanation.from_stored(content, mapper)
        if content.get("domain") == "volume":
            VolumeExplanation = _upper.VolumeExplanation

            return VolumeExplanation.from_stored(content, mapper)
        if content.get("domain") == "parts":
            MultiInputExplanation = _upper.MultiInputExplanation

            return MultiInputExplanation.from_stored(content, mapper)
        made: Explanation = cls(mapper, mode=content["mode"], class_names=content["class_names"])  # type: ignore[assignment]
        return made

    @classmethod
    def from_json(cls, text_or_path: str | bytes | os.PathLike[str]) -> Explanation:
        """Return the explanation that `to_json` wrote, from its text or from a file.

        Parameters
        ----------
        text_or_path : str, bytes or path
            JSON; a str that begins with neither ``{`` nor ``[`` is taken for a path.

        Returns
        -------
        Explanation
            Of the kind that was written, such as `ImageExplanation`.

        Raises
        ------
        LimeError
            This is no JSON, no explanation, or one of a schema that this release does not know, or it is damaged.
        FileNotFoundError
            There is no such file.
        """
        read_json = _upper.read_json

        return cls.from_dict(read_json(text_or_path))
