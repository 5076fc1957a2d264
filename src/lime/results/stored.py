"""The mapper of an explanation that was read from JSON: names and values, and nothing they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lime.results.exceptions import LimeError
from lime.results.mapper import DomainMapper, refuse_keywords

__all__ = ["StoredMapper"]


class StoredMapper(DomainMapper):
    """Knows what the original mapper said about each feature of one instance.

    Parameters
    ----------
    features : sequence of dict
        One description a feature, as `DomainMapper.describe` gives it.
    order : sequence of int
        The ids that a table of the instance shows, in column order.
    block : dict or None
        The original mapper's own picture of the instance.
    """

    def __init__(
        self,
        features: Sequence[dict[str, Any]],
        order: Sequence[int] = (),
        block: dict[str, Any] | None = None,
    ) -> None:
        self.features = {feature["index"]: dict(feature) for feature in features}
        self.order = list(order)
        self.block = block

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace feature ids by the stored names.

        Raises
        ------
        LimeError
            A keyword asks for another naming (such as `positions`), which is not stored.
        """
        asked = sorted(key for key, value in kwargs.items() if value)
        if asked:
            raise LimeError(
                f"cannot honour {', '.join(asked)}: this explanation was read from JSON, which keeps the plain "
                "feature names only; ask the original explanation"
            )
        return [(self.describe(feature_id)["feature"], weight) for feature_id, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Return the stored description of a feature."""
        if feature_id not in self.features:
            raise KeyError(f"feature id {feature_id!r} is not stored; stored are {sorted(self.features)}")
        return dict(self.features[feature_id])

    def instance_features(self) -> list[int]:
        """Return the stored column order."""
        return list(self.order)

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the stored picture of the instance, None for the table.

        Raises
        ------
        TypeError
            A keyword came; what is stored cannot be chosen any more.
        """
        if kwargs:
            refuse_keywords(kwargs)
        return self.block
