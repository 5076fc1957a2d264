"""Names and places of a text's units, for whoever shows an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lime.domains.text.units import Units
from lime.results.explanation import DomainMapper


class TextDomainMapper(DomainMapper):
    """Maps feature ids to words.

    Parameters
    ----------
    indexed_string : IndexedString or IndexedCharacters
        The explained text.
    """

    warns_once = True

    def __init__(self, indexed_string: Units) -> None:
        super().__init__()
        self.indexed_string = indexed_string

    def map_exp_ids(
        self, exp: Sequence[tuple[Any, float]], positions: bool = False, **kwargs: Any
    ) -> list[tuple[Any, float]]:
        """Replace feature ids by words.

        Parameters
        ----------
        exp : sequence of (feature id, weight)
            Pairs of one label.
        positions : bool
            Whether to add where a word starts, as in ``'bad_3-6-12'``.
        **kwargs
            Without effect here.

        Returns
        -------
        list of (str, weight)
            In the order of `exp`.
        """
        words = [self.indexed_string.word(feature) for feature, _ in exp]
        if positions:
            starts = [self.indexed_string.string_position(feature).tolist() for feature, _ in exp]
            words = [f"{word}_{'-'.join(map(str, places))}" for word, places in zip(words, starts, strict=True)]
        return [(word, weight) for word, (_, weight) in zip(words, exp, strict=True)]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """What is known of one unit; with ``bow=False`` its value is the position at which it starts.

        Parameters
        ----------
        feature_id : int
            A unit's id.

        Returns
        -------
        dict
            What `DomainMapper.describe` has, and positions: list of int, where its occurrences start in the text, in
            characters.

        Raises
        ------
        IndexError
            There is no such unit.
        """
        word = self.indexed_string.word(feature_id)
        positions = [int(start) for start in self.indexed_string.string_position(feature_id)]
        return {
            "feature": word,
            "index": int(feature_id),
            "name": word,
            "value": None if self.indexed_string.bow else positions[0],
            "low": None,
            "high": None,
            "positions": positions,
        }

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """The text in pieces, those of explained units with their ids.

        Parameters
        ----------
        exp : Explanation
            The explanation that is shown.
        **kwargs
            Without effect here.

        Returns
        -------
        dict
            ``{"kind": "text", "pieces": [{"text": str, "feature": feature id or None}, ...]}``; all pieces together are
            the text.
        """
        explained = {int(feature) for pairs in exp.local_exp.values() for feature, _ in pairs}
        pieces: list[dict[str, Any]] = []
        for text, unit in self.indexed_string.pieces():
            feature = unit if unit in explained else None
            if feature is None and pieces and pieces[-1]["feature"] is None:
                pieces[-1]["text"] += text
            else:
                pieces.append({"text": text, "feature": feature})
        return {"kind": "text", "pieces": pieces}
